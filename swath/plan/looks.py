"""Which looks does each request have, and why has another none?

Every pass over a place is cut into slots of equal time, the moment of closest approach among them. A slot is a look
if it keeps the limits of its request (off-nadir angle, Sun, side, pixel size, cloud), lies in its window with all its
lines, and if the place fits into the swath of the camera.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swath.access.accesses import Accesses
from swath.access.look import Look, look_angles
from swath.frames import EarthOrientation, itrf_from_geodetic
from swath.model import Opportunities, Refusal, Request
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.plan.problem import quality, worth
from swath.spacecraft.picture import PictureShape, outline_itrf_m, picture_bit, picture_shape
from swath.spacecraft.satellite import Satellite
from swath.time import format_utc, seconds

__all__ = ["ClearSky", "find_looks"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]
Mask = npt.NDArray[np.bool_]

_MS = np.timedelta64(1_000_000, "ns")


class ClearSky(Protocol):
    """A forecast: the probability of a clear sky over places at times, arrays of one shape."""

    def __call__(self, *, lon_deg: Floats, lat_deg: Floats, at: Times) -> Floats:
        """Probability of a clear sky, 0 to 1."""


@dataclass(frozen=True)
class _Slots:
    """Candidate looks of one satellite, some of which break a limit."""

    request: npt.NDArray[np.int64]
    window: npt.NDArray[np.int64]
    middle: Times


_CODES = {
    "near": "no_access",
    "lit": "no_daylight",
    "fits": "too_wide",
    "clear": "too_cloudy",
    "sharp": "too_coarse",
    "side": "wrong_side",
    "slant": "too_steep",
}
"""what a slot must keep to be a look, and the reason where that stands in the way"""


@dataclass(frozen=True)
class _Judged:
    """Candidate looks of one satellite with what each keeps; ``looks`` holds the values of all."""

    request: npt.NDArray[np.int64]
    looks: Opportunities
    keeps: Mapping[str, Mask]
    """by condition in ``_CODES``"""
    filled: Floats
    """share of the camera's row that the place takes"""
    swath_m: Floats
    inside: Mask
    """all lines lie in the request's window and in the plan"""

    @property
    def good(self) -> Mask:
        """Which candidates keep every condition?"""
        return np.asarray(np.logical_and.reduce([self.inside, *self.keeps.values()]), np.bool_)

    @cached_property
    def _by_request(self) -> npt.NDArray[np.intp]:
        return np.argsort(self.request, kind="stable")

    def inside_of(self, number: int) -> npt.NDArray[np.intp]:
        """The candidates of one request that lie in its window, in their order."""
        low, high = np.searchsorted(self.request, [number, number + 1], sorter=self._by_request)
        rows = self._by_request[low:high]
        return rows[self.inside[rows]]


def find_looks(
    satellites: Sequence[Satellite],
    ephemerides: Mapping[str, Ephemeris],
    requests: Sequence[Request],
    accesses: Accesses,
    p_clear: ClearSky,
    eop: EarthOrientation,
    *,
    start: np.datetime64,
    stop: np.datetime64,
    slot_s: float = 5.0,
) -> tuple[Opportunities, dict[str, Refusal]]:
    """Every look of every request between ``start`` and ``stop``, and for each request without any the reason.

    ``accesses`` (places by the id of ``Request.place``) should be found with the widest off-nadir angle that any
    satellite allows and without a limit on the Sun: each request's own limits are applied here, and what they cost is
    told in the refusals: the least set of conditions without which it would have a look (``no_access``,
    ``no_daylight``, ``too_wide``, ``too_cloudy``, ``too_coarse``, ``wrong_side``, joined by ``+``). Times are whole
    milliseconds.
    """
    judged = [
        _judge(satellite, ephemerides[satellite.id], requests, slots, p_clear, eop, (start, stop))
        for satellite in satellites
        if len((slots := _slots(satellite, requests, accesses, start, stop, slot_s)).request)
    ]
    looks = Opportunities.join([part.looks.take(part.good) for part in judged])
    found = set(looks.request.tolist())
    refusals = {
        request.id: _refusal(number, requests, judged, start, stop)
        for number, request in enumerate(requests)
        if request.id not in found
    }
    return looks, refusals


def _slots(
    satellite: Satellite,
    requests: Sequence[Request],
    accesses: Accesses,
    start: np.datetime64,
    stop: np.datetime64,
    slot_s: float,
) -> _Slots:
    by_place: dict[str, list[int]] = {}
    for number, request in enumerate(requests):
        by_place.setdefault(request.place.id, []).append(number)
    owner, window, middle = [], [], []
    step = seconds(slot_s)
    for row in np.flatnonzero(accesses.satellite == satellite.id):
        closest = accesses.closest[row] - (accesses.closest[row] - start) % _MS
        for number in by_place.get(str(accesses.place[row]), ()):
            if not _may(satellite, requests[number]):
                continue
            first = max(accesses.start[row], requests[number].start, start)
            last = min(accesses.stop[row], requests[number].stop, stop)
            if first > last:
                continue
            low, high = -((closest - first) // step), (last - closest) // step
            if satellite.radar is not None:  # sees what is abeam, at no other moment
                low, high = max(low, 0), min(high, 0)
            times = closest + np.arange(low, high + 1) * step
            owner.append(np.full(len(times), number))
            window.append(np.full(len(times), row))
            middle.append(times)
    if not owner:
        return _Slots(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, "datetime64[ns]"))
    return _Slots(np.concatenate(owner), np.concatenate(window), np.concatenate(middle))


def _may(satellite: Satellite, request: Request) -> bool:
    """Is this one of the satellites and sensors that the request allows?"""
    named = not request.satellites or satellite.id in request.satellites
    return named and request.sensor in ("any", satellite.sensor)


def _judge(
    satellite: Satellite,
    ephemeris: Ephemeris,
    requests: Sequence[Request],
    slots: _Slots,
    p_clear: ClearSky,
    eop: EarthOrientation,
    span: tuple[np.datetime64, np.datetime64],
) -> _Judged:
    places = [request.place for request in requests]
    lon_deg, lat_deg, altitude_m = (_each(places, name, slots) for name in ("lon_deg", "lat_deg", "altitude_m"))
    r_m, v_m_s = ephemeris.states(slots.middle)
    look = look_angles(r_m, v_m_s, itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m))
    shape = _shapes(satellite, requests, slots, (r_m, v_m_s), look)
    half = np.ceil(shape.duration_s / 2.0 * 1e3).astype(np.int64) * _MS
    sun_deg = sun_angles_deg(lon_deg, lat_deg, slots.middle, eop)[0]
    gsd_m = satellite.instrument.gsd_m(look.range_m, look.incidence_deg)
    clear, aside_deg = np.ones(len(half)), np.zeros(len(half))  # a radar's: looking aside is what it does
    if satellite.radar is None:
        clear = np.asarray(p_clear(lon_deg=lon_deg, lat_deg=lat_deg, at=slots.middle), np.float64)
        aside_deg = look.off_nadir_deg
    good = quality(aside_deg, gsd_m, _each(requests, "good_gsd_m", slots))
    looks = Opportunities(
        request=np.array([request.id for request in requests])[slots.request],
        satellite=np.full(len(half), satellite.id),
        window=slots.window.astype(np.int32),
        start=slots.middle - half,
        middle=slots.middle,
        stop=slots.middle + half,
        roll_deg=look.roll_deg,
        pitch_deg=look.pitch_deg,
        off_nadir_deg=look.off_nadir_deg,
        sun_elevation_deg=sun_deg,
        gsd_m=gsd_m,
        p_clear=clear,
        value=np.array([worth(request) for request in requests])[slots.request] * good * clear,
        data_bit=picture_bit(satellite, shape.lines, shape.columns),
    )
    inside = _inside(slots.request, looks, requests, *span)
    return _Judged(slots.request, looks, *_kept(satellite, requests, slots, looks, shape, look), inside)


def _kept(
    satellite: Satellite,
    requests: Sequence[Request],
    slots: _Slots,
    looks: Opportunities,
    shape: PictureShape,
    look: Look,
) -> tuple[dict[str, Mask], Floats, Floats]:
    """Which conditions does each candidate keep, how much of the camera's row does it take, and how wide is that?"""
    radar, instrument = satellite.radar, satellite.instrument
    most_deg = np.minimum(_each(requests, "max_off_nadir_deg", slots), satellite.agility.max_off_nadir_deg)
    sign = np.array([{"left": -1.0, "right": 1.0}.get(r.side, 0.0) for r in requests])[slots.request]
    swath_m = instrument.swath_m(look.range_m, look.incidence_deg)
    if radar is None:
        swath_m = satellite.camera.ifov_rad * satellite.camera.detectors * look.range_m
        filled, reach = shape.columns / satellite.camera.detectors, np.ones(len(swath_m), np.bool_)
    else:
        filled = shape.columns * looks.gsd_m / swath_m
        reach = (look.incidence_deg >= radar.min_incidence_deg) & (look.incidence_deg <= radar.max_incidence_deg)
    keeps = {
        "near": look.off_nadir_deg <= most_deg,
        "lit": (looks.sun_elevation_deg >= _each(requests, "min_sun_elevation_deg", slots)) | (radar is not None),
        "fits": filled <= 1.0,
        "clear": looks.p_clear >= _each(requests, "min_p_clear", slots),
        "sharp": looks.gsd_m <= _each(requests, "max_gsd_m", slots),
        "side": look.roll_deg * sign >= 0.0,
        "slant": reach,
    }
    return keeps, filled, swath_m


def _each(owners: Sequence[object], name: str, slots: _Slots) -> Floats:
    """A number of each slot's request or place."""
    return np.array([getattr(owner, name) for owner in owners], np.float64)[slots.request]


def _shapes(
    satellite: Satellite, requests: Sequence[Request], slots: _Slots, states: tuple[Floats, Floats], look: Look
) -> PictureShape:
    """The picture of every slot; requests whose outlines have equally many corners go together."""
    outlines = {n: outline_itrf_m(requests[n].place, requests[n].extent_m) for n in np.unique(slots.request).tolist()}
    corners = np.array([len(outlines.get(number, ())) for number in range(len(requests))])
    count = len(slots.request)
    shape = PictureShape(np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count))
    for many in np.unique(corners[corners > 0]):
        at = np.flatnonzero(corners[slots.request] == many)
        group = np.flatnonzero(corners == many)
        stack = np.stack([outlines[number] for number in group.tolist()])[np.searchsorted(group, slots.request[at])]
        r_m, v_m_s = (state[at] for state in states)
        part = picture_shape(
            satellite, r_m, v_m_s, roll_deg=look.roll_deg[at], pitch_deg=look.pitch_deg[at], outline_m=stack
        )
        shape.lines[at], shape.columns[at], shape.line_period_s[at] = part.lines, part.columns, part.line_period_s
    return shape


def _inside(
    owner: npt.NDArray[np.int64],
    looks: Opportunities,
    requests: Sequence[Request],
    start: np.datetime64,
    stop: np.datetime64,
) -> Mask:
    """Do all lines lie in the request's window and in the plan?"""
    opens = np.array([max(request.start, start) for request in requests])[owner]
    closes = np.array([min(request.stop, stop) for request in requests])[owner]
    return np.asarray((looks.start >= opens) & (looks.stop <= closes), np.bool_)


def _refusal(
    number: int, requests: Sequence[Request], judged: Sequence[_Judged], start: np.datetime64, stop: np.datetime64
) -> Refusal:
    """The least set of conditions that stand in the way: dropping them would give the request a look."""
    request = requests[number]
    span = f"between {format_utc(max(request.start, start))} and {format_utc(min(request.stop, stop))}"
    mine = [(part, part.inside_of(number)) for part in judged]
    mine = [(part, rows) for part, rows in mine if len(rows)]
    if not mine:
        what = "no satellite" if not request.satellites and request.sensor == "any" else "none of its satellites"
        words = f"{what} passes within {request.max_off_nadir_deg:g} deg off nadir {span}"
        return Refusal(request.id, "no_access", words)
    keeps = {name: np.concatenate([part.keeps[name][rows] for part, rows in mine]) for name in _CODES}
    for size in range(1, len(_CODES) + 1):
        for dropped in combinations(_CODES, size):
            rest = np.logical_and.reduce(
                [np.ones(len(keeps["near"]), bool), *(keeps[n] for n in keeps.keys() - dropped)]
            )
            if rest.any():
                words = ", and ".join(_words(name, request, mine, rest, span) for name in dropped)
                return Refusal(request.id, "+".join(_CODES[name] for name in dropped), words)
    raise AssertionError("without any condition every slot is a look")


def _words(
    name: str, request: Request, mine: Sequence[tuple[_Judged, npt.NDArray[np.intp]]], rest: Mask, span: str
) -> str:
    """How far from being kept a condition is, over the slots that keep the rest."""

    def over(column: str) -> Floats:
        return np.asarray(np.concatenate([getattr(part.looks, column)[rows] for part, rows in mine])[rest], np.float64)

    if name == "near":
        allowed = f"{request.max_off_nadir_deg:g} are allowed"
        return f"the closest pass {span} is {over('off_nadir_deg').min():.1f} deg off nadir, {allowed}"
    if name == "lit":
        highest_deg, asked_deg = over("sun_elevation_deg").max(), request.min_sun_elevation_deg
        return f"the Sun is at most {highest_deg:.1f} deg high at its passes {span}, {asked_deg:g} are asked"
    if name == "clear":
        best, asked = over("p_clear").max(), request.min_p_clear
        return f"P(clear) is at most {best:.2f} at its passes {span}, {asked:g} is asked"
    if name == "sharp":
        return (
            f"pixels are at least {over('gsd_m').min():.2f} m at its passes {span}, {request.max_gsd_m:g} m are allowed"
        )
    if name == "side":
        other = "right" if request.side == "left" else "left"
        return f"its passes {span} see it only from the other side: it lies {other} of the track"
    if name == "slant":
        return f"its passes {span} see it too steeply or too flatly for a radar"
    filled, swath_km = (
        np.concatenate([values[rows] for values, rows in pairs])[rest]
        for pairs in (
            [(part.filled, rows) for part, rows in mine],
            [(part.swath_m / 1e3, rows) for part, rows in mine],
        )
    )
    best = int(np.argmin(filled))
    return f"it takes a swath of {filled[best] * swath_km[best]:.1f} km, the camera has {swath_km[best]:.1f} km"
