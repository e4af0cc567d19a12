"""Which looks does each request have, and why has another none?

Every pass over a place is cut into slots of equal time, the moment of closest approach among them. A slot is a look if
it keeps the request's limits of off-nadir angle and Sun, lies in the request's window with all its lines, and if the
place fits into the camera's swath.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from swath.access.accesses import Accesses
from swath.access.look import Look, look_angles
from swath.frames import EarthOrientation, itrf_from_geodetic
from swath.model import Opportunities, Refusal, Request
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.plan.problem import quality
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


@dataclass(frozen=True)
class _Judged:
    """Candidate looks of one satellite with what each keeps; ``looks`` holds the values of all."""

    request: npt.NDArray[np.int64]
    looks: Opportunities
    near: Mask
    lit: Mask
    filled: Floats
    """share of the camera's row that the place takes"""
    swath_m: Floats

    @property
    def fits(self) -> Mask:
        """Is the place no wider than the camera's row?"""
        return self.filled <= 1.0


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
    told in the refusals (``no_access``, ``no_daylight``, ``too_wide``). Times are whole milliseconds.
    """
    judged = [
        _judge(satellite, ephemerides[satellite.id], requests, slots, p_clear, eop)
        for satellite in satellites
        if len((slots := _slots(satellite, requests, accesses, start, stop, slot_s)).request)
    ]
    good = [part.near & part.lit & part.fits & _inside(part, requests, start, stop) for part in judged]
    looks = Opportunities.join([part.looks.take(mask) for part, mask in zip(judged, good, strict=True)])
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
            first = max(accesses.start[row], requests[number].start, start)
            last = min(accesses.stop[row], requests[number].stop, stop)
            if first > last:
                continue
            low, high = -((closest - first) // step), (last - closest) // step
            times = closest + np.arange(low, high + 1) * step
            owner.append(np.full(len(times), number))
            window.append(np.full(len(times), row))
            middle.append(times)
    if not owner:
        return _Slots(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, "datetime64[ns]"))
    return _Slots(np.concatenate(owner), np.concatenate(window), np.concatenate(middle))


def _judge(
    satellite: Satellite,
    ephemeris: Ephemeris,
    requests: Sequence[Request],
    slots: _Slots,
    p_clear: ClearSky,
    eop: EarthOrientation,
) -> _Judged:
    places = [request.place for request in requests]
    lon_deg, lat_deg, altitude_m = (_each(places, name, slots) for name in ("lon_deg", "lat_deg", "altitude_m"))
    r_m, v_m_s = ephemeris.states(slots.middle)
    look = look_angles(r_m, v_m_s, itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m))
    shape = _shapes(satellite, requests, slots, (r_m, v_m_s), look)
    half = np.ceil(shape.duration_s / 2.0 * 1e3).astype(np.int64) * _MS
    sun_deg = sun_angles_deg(lon_deg, lat_deg, slots.middle, eop)[0]
    clear = np.asarray(p_clear(lon_deg=lon_deg, lat_deg=lat_deg, at=slots.middle), np.float64)
    optics = satellite.optics
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
        gsd_m=optics.gsd_m(look.range_m, look.incidence_deg),
        p_clear=clear,
        value=_each(requests, "value", slots) * quality(look.off_nadir_deg) * clear,
        data_bit=picture_bit(satellite, shape.lines, shape.columns),
    )
    most_deg = np.minimum(_each(requests, "max_off_nadir_deg", slots), satellite.agility.max_off_nadir_deg)
    lit = sun_deg >= _each(requests, "min_sun_elevation_deg", slots)
    swath_m = optics.ifov_rad * optics.detectors * look.range_m
    return _Judged(slots.request, looks, look.off_nadir_deg <= most_deg, lit, shape.columns / optics.detectors, swath_m)


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


def _inside(part: _Judged, requests: Sequence[Request], start: np.datetime64, stop: np.datetime64) -> Mask:
    """Do all lines lie in the request's window and in the plan?"""
    opens = np.array([max(request.start, start) for request in requests])[part.request]
    closes = np.array([min(request.stop, stop) for request in requests])[part.request]
    return np.asarray((part.looks.start >= opens) & (part.looks.stop <= closes), np.bool_)


def _refusal(
    number: int, requests: Sequence[Request], judged: Sequence[_Judged], start: np.datetime64, stop: np.datetime64
) -> Refusal:
    """The one condition that stands in the way, if there is one: dropping it would give the request a look."""
    request = requests[number]
    span = f"between {format_utc(max(request.start, start))} and {format_utc(min(request.stop, stop))}"
    mine = [(part, np.flatnonzero((part.request == number) & _inside(part, requests, start, stop))) for part in judged]

    def of_all(name: str) -> Any:
        return np.concatenate([getattr(part, name)[rows] for part, rows in mine] or [np.empty(0)])

    near, lit, fits = (of_all(name).astype(bool) for name in ("near", "lit", "fits"))
    if not len(near):
        words = f"no satellite passes within {request.max_off_nadir_deg:g} deg off nadir {span}"
        return Refusal(request.id, "no_access", words)
    if not near.any():
        off_deg = min(float(part.looks.off_nadir_deg[rows].min()) for part, rows in mine if len(rows))
        words = f"the closest pass {span} is {off_deg:.1f} deg off nadir, {request.max_off_nadir_deg:g} are allowed"
        return Refusal(request.id, "no_access", words)
    if (near & fits).any():
        sun_deg = np.concatenate([part.looks.sun_elevation_deg[rows] for part, rows in mine])[near & fits].max()
        least_deg = request.min_sun_elevation_deg
        words = f"the Sun is at most {sun_deg:.1f} deg high at its passes {span}, {least_deg:g} are asked"
        return Refusal(request.id, "no_daylight", words)
    filled, swath_km = of_all("filled"), of_all("swath_m") / 1e3
    best = np.argmin(np.where(near, filled, np.inf))
    words = f"it takes a swath of {filled[best] * swath_km[best]:.1f} km, the camera has {swath_km[best]:.1f} km"
    return Refusal(request.id, "too_wide", words + ("" if (near & lit).any() else ", and its passes are too dark"))
