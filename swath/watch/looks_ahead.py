"""Who looks at a place next? Every pass within reach of a camera: what could be, what is planned, what was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.claim.motion import late_states
from swath.claim.overflights import Overflights, overflights_of
from swath.claim.subjects import known_subject, picture_kind
from swath.errors import InputError
from swath.frames import EarthOrientation, geodetic_from_itrf, geodetic_up, itrf_from_geodetic
from swath.model import Elements, Place
from swath.plan.looks import ClearSky
from swath.spacecraft.catalog import number_of
from swath.table import Table, column
from swath.time import seconds
from swath.watch.published import PlannedTake, PublishedPlan
from swath.watch.wrs import path_and_row

__all__ = ["LooksAhead", "Taken", "able_to_see", "looks_ahead"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_SLACK_S = 60.0
"""a look belongs to a planned take that holds it, give or take so much: outlines and orbits are both predicted"""
_TAKEN_SLACK_S = 400.0
"""items often state the start of a whole datatake, minutes before the place is passed"""
LANDSATS = (39084, 49260)
"""those that fly Landsat's grid now: 8 and 9"""
_CALENDAR_SLACK_S = 43200.0
"""a calendar's day is that of the path's beginning"""
_DARK_DEG = 0.0
_LEAST_INCIDENCE_DEG = 15.0
"""of a radar of which no source says it: published ones begin between 15 and 25"""


@dataclass(frozen=True)
class Taken:
    """A scene that an archive holds of the place."""

    id: str
    platform: str
    start: np.datetime64
    stop: np.datetime64
    cloud_share: float | None = None


@dataclass(frozen=True)
class LooksAhead(Table):
    """Closest approaches within a camera's reach, one row each, in the order of time."""

    time: npt.NDArray[np.datetime64] = column(
        "datetime64[ns]", "UTC", "closest approach; of a scene, when it was taken"
    )
    satellite: npt.NDArray[np.str_] = column("U", "-", "its name in the catalogue, or that of its elements")
    norad_id: npt.NDArray[np.int64] = column("i8", "-", "catalogue number; 0 where it is not known")
    kind: npt.NDArray[np.str_] = column("U", "-", "optical, radar, or picture: several or unknown")
    state: npt.NDArray[np.str_] = column(
        "U", "-", "could, planned, not planned (a published plan speaks of that time and leaves it out), or taken"
    )
    off_nadir_deg: Floats = column("f8", "deg", "of the place, from the geodetic nadir")
    limit_deg: Floats = column("f8", "deg", "how far its camera looks")
    limit_known: Bools = column("?", "-", "whether a source says so; else 45 deg are assumed")
    elevation_deg: Floats = column("f8", "deg", "of the satellite above the place's horizon")
    azimuth_deg: Floats = column("f8", "deg", "where it stands then, from north through east")
    track_lon_deg: Floats = column("f8", "deg", "below it")
    track_lat_deg: Floats = column("f8", "deg", "below it")
    gsd_m: Floats = column("f8", "m", "finest pixel at that look; not a number where unknown")
    sun_elevation_deg: Floats = column("f8", "deg", "at the place")
    p_clear: Floats = column("f8", "-", "chance of a clear sky; 1 for radar, not a number where no forecast was given")
    along_track_90_s: Floats = column("f8", "s", "early or late by less, nine times in ten")
    because: npt.NDArray[np.str_] = column("U", "-", "the plan and its mode, the scene, or nothing")


def able_to_see(looks: LooksAhead) -> Bools:
    """Which of them can show the place? Radars at any time, cameras with the Sun above the horizon."""
    return np.asarray((looks.kind == "radar") | (looks.sun_elevation_deg > _DARK_DEG))


def looks_ahead(
    fleet: Mapping[str, Elements],
    place: Place,
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    plans: Sequence[PublishedPlan] = (),
    taken: Sequence[Taken] = (),
    p_clear: ClearSky | None = None,
) -> tuple[LooksAhead, list[dict[str, str]]]:
    """All looks at the centre of a place from ``start`` to ``stop``, and the satellites left out, with why.

    A look is ``planned`` where a published plan has its satellite image the place then, ``not planned`` where a plan
    speaks of that satellite at that time and leaves the place out, ``taken`` where a scene of it is in ``taken``, else
    ``could``. A planned take or a scene without a look (no elements, or a satellite that turned further than is known)
    is a row of its own without angles. Angles as in :mod:`swath.claim.overflights`, whose accuracy they have.
    """
    flights, failed = overflights_of(fleet, place, start, stop, eop)
    flights = flights.take(~_below_a_radar(flights))
    by_number = {one.norad_id: one for one in fleet.values()}
    azimuth, lon, lat = _stands(flights, place, by_number, eop)
    state, because, used_takes, used_scenes = _states(flights, place, by_number, eop, plans, taken)
    clear = _clear(flights, place, p_clear)
    rows = [
        {
            **{name: row[name] for name in _SHARED},
            "state": state[k], "azimuth_deg": azimuth[k], "track_lon_deg": lon[k], "track_lat_deg": lat[k],
            "p_clear": clear[k], "because": because[k],
        }
        for k, row in enumerate(flights.rows())
    ]  # fmt: skip
    rows += _bare(place, plans, taken, used_takes, used_scenes, start, stop)
    return LooksAhead.from_rows(rows).sort_by("time", "satellite") if rows else LooksAhead.empty(), failed


def _below_a_radar(flights: Overflights) -> Bools:
    """Radars look aside: what lies steeper below one than its least incidence is not pictured."""
    least = np.zeros(len(flights))
    for number in np.unique(flights.norad_id[flights.kind == "radar"]).tolist():
        _, entry = known_subject("", number)
        known = [one.min_incidence_deg for one in entry.instruments if one.min_incidence_deg] if entry else []
        least[flights.norad_id == number] = min(known, default=_LEAST_INCIDENCE_DEG)
    return np.asarray(90.0 - flights.elevation_deg < least)


_SHARED = (
    "time", "satellite", "norad_id", "kind", "off_nadir_deg", "limit_deg", "limit_known", "elevation_deg", "gsd_m",
    "sun_elevation_deg", "along_track_90_s",
)  # fmt: skip


def _stands(
    flights: Overflights, place: Place, by_number: Mapping[int, Elements], eop: EarthOrientation
) -> tuple[Floats, Floats, Floats]:
    """Where each satellite stands from the place, and over which point, at the moment of its row."""
    azimuth, lon, lat = (np.full(len(flights), np.nan) for _ in range(3))
    ground = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    north = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg + 90.0)
    east = np.cross(north, geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg))
    for number in np.unique(flights.norad_id).tolist():
        rows = np.flatnonzero(flights.norad_id == number)
        r_m, _ = late_states(by_number[number], flights.time[rows], 0.0, eop)
        away = r_m - ground
        azimuth[rows] = np.degrees(np.arctan2(away @ east, away @ north)) % 360.0
        lon[rows], lat[rows], _ = geodetic_from_itrf(r_m)
    return azimuth, lon, lat


def _states(
    flights: Overflights,
    place: Place,
    by_number: Mapping[int, Elements],
    eop: EarthOrientation,
    plans: Sequence[PublishedPlan],
    taken: Sequence[Taken],
) -> tuple[list[str], list[str], set[int], set[int]]:
    """State and reason of each look, and which takes and scenes are accounted for."""
    takes = [(one, plan) for plan in plans for one in plan.takes]
    spans = [(plan, number, plan.span(number)) for plan in plans for number in {one.norad_id for one in plan.takes}]
    numbers = [number_of(one.platform) for one in taken]
    state, because = ["could"] * len(flights), [""] * len(flights)
    used_takes: set[int] = set()
    used_scenes: set[int] = set()
    for k, (at, number) in enumerate(zip(flights.time, flights.norad_id.tolist(), strict=True)):
        there = path_and_row(by_number[number], at, eop) if number in LANDSATS and takes else None
        for n, (one, plan) in enumerate(takes):
            if one.norad_id == number and _fits(one, at, place, there):
                used_takes.add(n)
                state[k], because[k] = "planned", f"{plan.source} {one.mode}".strip()
        if state[k] == "could":
            spoken = [plan for plan, whose, span in spans if whose == number and span and span[0] <= at <= span[1]]
            if spoken:
                state[k], because[k] = "not planned", f"{spoken[0].source} has nothing of it here then"
        for n, scene in enumerate(taken):
            slack = seconds(_TAKEN_SLACK_S)
            if numbers[n] == number and scene.start - slack <= at <= scene.stop + slack:
                used_scenes.add(n)
                state[k], because[k] = "taken", _scene(scene)
    return state, because, used_takes, used_scenes


def _fits(one: PlannedTake, at: np.datetime64, place: Place, there: tuple[int, int] | None) -> bool:
    if one.path is None:
        slack = seconds(_SLACK_S)
        return bool(one.start - slack <= at <= one.stop + slack) and one.covers(place.lon_deg, place.lat_deg)
    slack = seconds(_CALENDAR_SLACK_S)
    if there is None or not one.start - slack <= at <= one.stop + slack:
        return False
    return there[0] == one.path and (one.row is None or abs(there[1] - one.row) <= 1)


def _scene(scene: Taken) -> str:
    cloud = "" if scene.cloud_share is None else f", {scene.cloud_share:.0%} cloud"
    return f"{scene.id}{cloud}"


def _clear(flights: Overflights, place: Place, p_clear: ClearSky | None) -> Floats:
    if p_clear is None or not len(flights):
        clear = np.full(len(flights), np.nan)
    else:
        lon, lat = np.full(len(flights), place.lon_deg), np.full(len(flights), place.lat_deg)
        clear = np.asarray(p_clear(lon_deg=lon, lat_deg=lat, at=flights.time), np.float64)
    return np.where(flights.kind == "radar", 1.0, clear)


def _bare(
    place: Place,
    plans: Sequence[PublishedPlan],
    taken: Sequence[Taken],
    used_takes: set[int],
    used_scenes: set[int],
    start: np.datetime64,
    stop: np.datetime64,
) -> list[dict[str, object]]:
    """Rows of takes over the place and of scenes that no look accounts for."""
    rows: list[dict[str, object]] = []
    takes = [(one, plan) for plan in plans for one in plan.takes]
    for n, (one, plan) in enumerate(takes):
        middle = one.start + (one.stop - one.start) // 2
        if n not in used_takes and one.rings and start <= middle <= stop and one.covers(place.lon_deg, place.lat_deg):
            rows.append(_row(middle, one.norad_id, "", "planned", f"{plan.source} {one.mode}".strip()))
    for n, scene in enumerate(taken):
        middle = scene.start + (scene.stop - scene.start) // 2
        if n not in used_scenes and start <= middle <= stop:
            rows.append(_row(middle, number_of(scene.platform) or 0, scene.platform, "taken", _scene(scene)))
    return rows


def _row(at: np.datetime64, number: int, name: str, state: str, because: str) -> dict[str, object]:
    try:
        _, entry = known_subject("", number)
    except InputError:
        entry = None
    unknown = ("off_nadir_deg", "limit_deg", "elevation_deg", "azimuth_deg", "track_lon_deg", "track_lat_deg")
    return {
        **dict.fromkeys((*unknown, "gsd_m", "sun_elevation_deg", "p_clear", "along_track_90_s"), np.nan),
        "time": at, "satellite": entry.name if entry else name or str(number), "norad_id": number,
        "kind": picture_kind(entry), "state": state, "limit_known": False, "because": because,
    }  # fmt: skip
