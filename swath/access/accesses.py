"""When can which satellite see which place?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from swath.access.bulk import base_windows, extremes
from swath.access.conditions import All, Condition, Limit, limit, satellites_named
from swath.access.look import Nadir
from swath.access.many import Ground, ground_of
from swath.access.polygons import samples_of
from swath.access.search import Spans, positive_spans
from swath.access.signals import Camera, Situation
from swath.access.span_sets import joined
from swath.errors import InputError
from swath.frames import WGS84_A_M, WGS84_B_M, EarthOrientation
from swath.model import Elements, Place, Windows
from swath.orbit.ephemeris import Ephemeris, TabulatedEphemeris, good_step_s, tabulate
from swath.orbit.sun import sun_direction_itrf, sunlit_signal
from swath.table import Table, column
from swath.time import later

__all__ = [
    "Accesses",
    "Looking",
    "accesses_under",
    "epoch_of",
    "find_accesses",
    "find_eclipses",
    "looking",
    "parts_of",
    "motion_table",
    "tabulated_others",
    "windows_of",
]

Floats = npt.NDArray[np.float64]

_POINTS_AT_ONCE, _AREAS_AT_ONCE = 50_000, 5_000
_OTHER_STEP_S = 30.0
"""between the states of a motion that has no elements to tell from"""
_SLACK_DEG = 1.0
"""two nadirs are up to 0.2 deg apart, and a table's lowest state may lie between two of its own"""
Cover = Literal["any", "whole", "centre"]
"""what of an area must be seen"""


@dataclass(frozen=True)
class Accesses(Table):
    """Windows in which a satellite can see a place under the conditions asked for; one row a window."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    place: npt.NDArray[np.str_] = column("U", "-", "place id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "the conditions begin to hold")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "one of them ends")
    closest: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "least range inside the window")
    min_off_nadir_deg: npt.NDArray[np.float64] = column(
        "f8", "deg", "least inside the window, from the nadir asked for"
    )
    max_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "of the satellite, highest inside the window")
    sun_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "at the place, at the closest approach")


def find_accesses(
    ephemerides: Mapping[str, Ephemeris],
    places: Sequence[Place],
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    max_off_nadir_deg: float | None = None,
    min_elevation_deg: float | None = None,
    min_sun_elevation_deg: float | None = None,
    nadir: Nadir = "geodetic",
    where: Condition | None = None,
    others: Mapping[str, Ephemeris] | None = None,
    cameras: Mapping[str, Camera] | None = None,
    cover: Cover = "any",
    step_s: float | None = None,
) -> Accesses:
    """When, from ``start`` to ``stop``, can each satellite see each place under all the conditions given?

    A satellite always has to stand above the place's horizon, or above ``min_elevation_deg``. ``where`` is any
    condition of ``access.conditions``; the satellites it names are among ``ephemerides`` or ``others``, and
    ``cameras`` know the pixel size by satellite. Of a place that is an area, ``cover`` says what must be seen: ``any``
    part of it, the ``whole`` of it at one time, or its ``centre``; areas are sampled (``access.polygons``), and the
    angles are those of the part that is seen best. Rows come in the order of their start; a window that reaches the
    end of the span is cut there.

    Every window is found; 2,000 edges of random orbits lay within 0.3 ms of a brute-force search on the same ephemeris,
    grazing ones within what 0.1 m of orbit does to them (tests/access/test_accesses.py, test_conditions.py).
    ``step_s`` is the spacing of the states that are interpolated between: unless given that of
    :func:`~swath.orbit.ephemeris.good_step_s` for elements, and 30 s for other motions. Raises :class:`InputError` for
    limits that cannot hold, and what the ephemerides raise.

    >>> accesses = find_accesses({"SW-1": orbit}, [place], start, stop, eop, max_off_nadir_deg=30.0)  # doctest: +SKIP
    """
    asked = looking(
        max_off_nadir_deg=max_off_nadir_deg,
        min_elevation_deg=min_elevation_deg,
        min_sun_elevation_deg=min_sun_elevation_deg,
        nadir=nadir,
        where=where,
    )
    return accesses_under(
        asked, ephemerides, places, start, stop, eop, others=others, cameras=cameras, cover=cover, step_s=step_s
    )


def accesses_under(
    asked: Looking,
    ephemerides: Mapping[str, Ephemeris],
    places: Sequence[Place],
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    others: Mapping[str, Ephemeris] | None = None,
    cameras: Mapping[str, Camera] | None = None,
    cover: Cover = "any",
    step_s: float | None = None,
) -> Accesses:
    """The same as :func:`find_accesses` under what :func:`looking` made of the limits and conditions."""
    if cover not in ("any", "whole", "centre"):
        raise InputError(f"cover is {cover!r}", fix="Say any, whole or centre")
    ground_of(places)  # refuses two of one name
    beside = tabulated_others(asked.further, {**(others or {}), **ephemerides}, start, stop)
    tables = {name: motion_table(name, motion, start, stop, step_s) for name, motion in ephemerides.items()}
    found = []
    for part in parts_of(places, cover):
        samples = samples_of(part, centre=cover == "centre")
        for satellite, table in tables.items():
            camera, epoch = (cameras or {}).get(satellite), epoch_of(ephemerides[satellite])
            situation = Situation(table, samples.ground, eop, epoch, camera, beside)
            pieces = windows_of(asked, situation, table)
            windows, window, pieces = joined(pieces, samples.owner, whole=cover == "whole")
            found.append(_rows(table, part, samples.ground, windows, window, pieces, eop, asked.nadir))
    return Accesses.join(found).sort_by("start", "satellite", "place")


def parts_of(places: Sequence[Place], cover: Cover) -> list[Sequence[Place]]:
    """Places in lots that fit the memory: an area is hundreds of points."""
    points = cover == "centre" or not any(place.ring for place in places)
    most = _POINTS_AT_ONCE if points else _AREAS_AT_ONCE
    return [places[first : first + most] for first in range(0, len(places), most)]


def motion_table(
    name: str, motion: Ephemeris, start: np.datetime64, stop: np.datetime64, step_s: float | None = None
) -> TabulatedEphemeris:
    """The table that a motion is searched on."""
    if step_s is None:
        elements = getattr(motion, "elements", None)
        step_s = good_step_s(elements) if isinstance(elements, Elements) else _OTHER_STEP_S
    return tabulate(motion, start, stop, step_s, name=name)


@dataclass(frozen=True)
class Looking:
    """What is asked of every window; made by :func:`looking`."""

    min_elevation_deg: float
    max_off_nadir_deg: float | None
    nadir: Nadir
    further: All
    """what else must hold"""

    @property
    def plain(self) -> bool:
        """Is nothing asked but elevation and off-nadir angle?"""
        return not self.further.parts

    def implied_off_nadir_deg(self, low_m: float) -> float:
        """How far from the nadir can a place be, given limits to roll and pitch, or to the distance from the track?

        ``low_m``: least distance of the satellite from the Earth's centre.
        """

        def reach(quantity: str) -> float:
            ends = [
                max(abs(part.low), abs(part.high))
                for part in _flat(self.further)
                if isinstance(part, Limit)
                and part.quantity == quantity
                and part.low is not None
                and part.high is not None
            ]
            return min(ends, default=np.inf)

        turned, found = (reach("roll_deg"), reach("pitch_deg")), 90.0
        if max(turned) < 90.0:
            found = float(np.degrees(np.arccos(np.prod(np.cos(np.radians(turned))))))
        away_rad = float(np.hypot(reach("across_m"), reach("along_m"))) / WGS84_B_M
        if away_rad < 0.5:
            sideways, down = WGS84_A_M * np.sin(away_rad), low_m - WGS84_A_M * np.cos(away_rad)
            found = min(found, float(np.degrees(np.arctan2(sideways, max(down, 0.0)))))
        return found + _SLACK_DEG


def looking(
    *,
    max_off_nadir_deg: float | None = None,
    min_elevation_deg: float | None = None,
    min_sun_elevation_deg: float | None = None,
    nadir: Nadir = "geodetic",
    where: Condition | None = None,
) -> Looking:
    """The limits that nearly everybody asks for, and any further condition, checked.

    Without a limit to the elevation, here or as a part of ``where``, the satellite has to stand above the horizon.
    """
    _check("max_off_nadir_deg", max_off_nadir_deg, 0.0, 90.0)
    _check("min_elevation_deg", min_elevation_deg, -90.0, 90.0)
    _check("min_sun_elevation_deg", min_sun_elevation_deg, -90.0, 90.0)
    if nadir not in ("geodetic", "geocentric"):
        raise InputError(f"{nadir!r} is no nadir", fix="Say geodetic or geocentric")
    further = _flat(where) if isinstance(where, All) else [] if where is None else [where]
    # Bounds that rule out nearly everything are worth knowing before the search, wherever they are said.
    bounds = [part for part in further if isinstance(part, Limit)]
    lows = {part: part.low for part in bounds if part.quantity == "elevation_deg" and part.low is not None}
    lows |= {part: 90.0 - part.high for part in bounds if part.quantity == "incidence_deg" and part.high is not None}
    given = [] if min_elevation_deg is None else [min_elevation_deg]
    lowest_deg = max([*given, *lows.values()], default=0.0)
    highs = {part: part.high for part in bounds if part.quantity == "off_nadir_deg" and part.high is not None}
    highs = {part: high for part, high in highs.items() if high <= 90.0 and nadir == "geodetic"}
    widest_deg = min([*([] if max_off_nadir_deg is None else [max_off_nadir_deg]), *highs.values()], default=None)
    one_sided = [part for part in (*lows, *highs) if part.low is None or part.high is None]
    further = [part for part in further if part not in one_sided]
    if min_sun_elevation_deg is not None:
        further = [limit("sun_elevation_deg", low=min_sun_elevation_deg), *further]
    return Looking(lowest_deg, widest_deg, nadir, All(tuple(further)))


def windows_of(asked: Looking, situation: Situation, table: TabulatedEphemeris) -> Spans:
    """Windows of one satellite and many places: elevation and off-nadir first, the rest inside what they leave."""
    widest_deg, nadir = asked.max_off_nadir_deg, asked.nadir
    low_m = float(np.linalg.norm(table.r_itrf_m, axis=-1).min())
    if widest_deg is None and (implied_deg := asked.implied_off_nadir_deg(low_m)) < 65.0:
        widest_deg, nadir = implied_deg, "geodetic"
    base = base_windows(
        table,
        situation.ground,
        min_elevation_deg=asked.min_elevation_deg,
        max_off_nadir_deg=widest_deg,
        nadir=nadir,
    )
    spans = Spans(base.place.astype(np.intp), base.start_s, base.stop_s)
    return asked.further.within(situation, spans)


def _flat(condition: All) -> list[Condition]:
    """The parts of all that must hold, those of parts that are of this kind among them."""
    return [leaf for part in condition.parts for leaf in (_flat(part) if isinstance(part, All) else [part])]


def epoch_of(ephemeris: Ephemeris) -> np.datetime64 | None:
    """When were the elements of this orbit made? ``None`` for an orbit that is not from elements."""
    elements = getattr(ephemeris, "elements", None)
    return elements.epoch if isinstance(elements, Elements) else None


def tabulated_others(
    condition: Condition,
    known: Mapping[str, Ephemeris],
    start: np.datetime64,
    stop: np.datetime64,
) -> dict[str, TabulatedEphemeris]:
    """The satellites that a condition compares with, over the span. Raises :class:`InputError` for an unknown one."""
    found = {}
    for name in sorted(satellites_named(condition)):
        if name not in known:
            raise InputError(f"a condition names the satellite {name!r}, which is not here", fix="Give its orbit too")
        found[name] = motion_table(name, known[name], start, stop)
    return found


def find_eclipses(
    ephemerides: Mapping[str, Ephemeris], start: np.datetime64, stop: np.datetime64, eop: EarthOrientation
) -> Windows:
    """When is each satellite in the Earth's umbra? Windows with the subject ``eclipse``, in the order of their start.

    Cut at the ends of the span. The edges are those of a rigid Earth without air (``orbit.sun.sunlit_signal``).
    """
    found = []
    for satellite, ephemeris in ephemerides.items():
        table = tabulate(ephemeris, start, stop, name=satellite)

        def dark(_: npt.NDArray[np.intp], t_s: Floats, table: TabulatedEphemeris = table) -> Floats:
            return -sunlit_signal(table.positions_after(t_s), sun_direction_itrf(later(table.start, t_s), eop))

        whole = Spans(np.zeros(1, np.intp), np.zeros(1), np.array([table.duration_s]))
        spans = positive_spans(dark, whole, step_s=60.0)
        found.append(
            Windows(
                satellite=np.full(len(spans), satellite),
                subject=np.full(len(spans), "eclipse"),
                start=later(table.start, spans.start_s),
                stop=later(table.start, spans.stop_s),
            )
        )
    return Windows.join(found).sort_by("start", "satellite")


def _check(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InputError(f"{name} is {value}", fix=f"Give {low:g} to {high:g} degrees")


def _rows(
    table: TabulatedEphemeris,
    places: Sequence[Place],
    ground: Ground,
    windows: Spans,
    window: npt.NDArray[np.intp],
    pieces: Spans,
    eop: EarthOrientation,
    nadir: Nadir,
) -> Accesses:
    """One row a window; ``pieces`` are stretches in which a sample is seen, ``window`` numbers the window of each."""
    reached = extremes(table, ground, pieces, nadir)

    def best(values: Floats) -> npt.NDArray[np.intp]:
        """The piece of each window that has the least value."""
        order = np.lexsort((values, window))
        return np.asarray(order[np.append(True, np.diff(window[order]) > 0)[: len(order)]], np.intp)

    nearest = best(reached.range_m)
    closest = later(table.start, reached.closest_s[nearest])
    sun = np.sum(sun_direction_itrf(closest, eop) * ground.up[pieces.signal[nearest]], -1)
    return Accesses(
        satellite=np.full(len(windows), table.name),
        place=np.array([place.id for place in places], "U")[windows.signal],
        start=later(table.start, windows.start_s),
        stop=later(table.start, windows.stop_s),
        closest=closest,
        min_off_nadir_deg=reached.min_off_nadir_deg[best(reached.min_off_nadir_deg)],
        max_elevation_deg=reached.max_elevation_deg[best(-reached.max_elevation_deg)],
        sun_elevation_deg=np.degrees(np.arcsin(np.clip(sun, -1.0, 1.0))),
    )
