"""An outsider's view of a programme: what could one satellite see, and what more of them, from public facts only?

Facts, assumptions and what nobody outside knows are kept apart; the numbers rest on the first two. Two ways to fly more
satellites are set side by side: all in the plane of the first, evenly, and each in a plane of its own. Planes and
places in the sky only: what a picture would show, and for what, is not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from swath.access.many import ground_of
from swath.design.coverage import Coverage, coverage_of, deliveries
from swath.design.launch import Site, Window, launch_windows
from swath.design.looks import looks_of, passes_of
from swath.design.motion import carried, tables_of
from swath.design.regions import parallel
from swath.design.sensors import Sensor
from swath.design.shapes import shape_of
from swath.errors import Infeasible
from swath.model import Elements, Place
from swath.time import elapsed_s

__all__ = ["WAYS", "Fact", "Outlook", "Programme", "Reach", "Way", "fleet_of", "outlook"]

Way = Literal["one plane", "own planes"]
WAYS: tuple[Way, ...] = ("one plane", "own planes")


@dataclass(frozen=True)
class Fact:
    """Something that is said of a programme, and by whom."""

    text: str
    source: str = ""


@dataclass(frozen=True)
class Programme:
    """What is publicly said of it, and the terms under which it is looked at."""

    title: str
    about: str
    known: tuple[Fact, ...]
    assumed: tuple[Fact, ...]
    unknown: tuple[Fact, ...]
    satellite: Elements
    more: int
    """satellites announced beside it"""
    plane_step_deg: float
    """of the nodes of planes of their own; 45 deg are three hours of local time"""
    places: tuple[Place, ...]
    station: Place
    sites: tuple[Site, ...]
    max_off_nadir_deg: float
    min_sun_elevation_deg: float
    min_station_elevation_deg: float
    start: np.datetime64
    days: float
    season_days: int
    ascent_offset_s: float


@dataclass(frozen=True)
class Reach:
    """How often a place could be seen, and how soon the picture could be at the control centre."""

    place: str
    way: Way
    satellites: int
    coverage: Coverage


@dataclass(frozen=True)
class Outlook:
    """All numbers of the page."""

    programme: Programme
    reaches: tuple[Reach, ...]
    windows: tuple[tuple[Site, tuple[Window, ...], str], ...]
    """of each site the windows of the season for the plane of the first, or why there are none"""


def fleet_of(programme: Programme, way: Way, count: int) -> list[Elements]:
    """So many satellites like the first: evenly in its plane, or each in a plane of its own, at the start."""
    first = carried(programme.satellite, float(elapsed_s(programme.satellite.epoch, programme.start)))
    found = []
    for number in range(count):
        one = replace(first, name=f"{first.name}-{number + 1}", norad_id=99_000 + number)
        along = (first.mean_anomaly_deg + 360.0 * number / count) % 360.0
        side = (number + 1) // 2 * (1 if number % 2 else -1)  # later and earlier in turn: the light stays useful
        step = 0.0 if way == "one plane" else programme.plane_step_deg * side
        found.append(replace(one, mean_anomaly_deg=along, raan_deg=(first.raan_deg + step) % 360.0))
    return found


def outlook(programme: Programme, *, progress: Callable[[str, float], None] = lambda what, share: None) -> Outlook:
    """How often could each place be seen by 1, 2, ... satellites, how soon, and when could the next be launched?

    Places are sampled along their parallels. A picture comes down in the first pass over the control centre that has a
    minute left. Orbits count as kept; weather, queues and the satellite's own limits are left out.
    """
    reaches = []
    jobs = [(way, count) for count in range(1, programme.more + 2) for way in (WAYS if count > 1 else WAYS[:1])]
    ground = ground_of([programme.station])
    for number, (way, count) in enumerate(jobs):
        progress(f"{count} satellites, {way}", number / len(jobs))
        fleet = fleet_of(programme, way, count)
        sensors = [Sensor(programme.max_off_nadir_deg, programme.min_sun_elevation_deg)] * count
        tables = tables_of(fleet, programme.start, programme.days)
        passes = passes_of(tables, ground, programme.min_station_elevation_deg)
        for place in programme.places:
            looks = looks_of(tables, parallel(place.id, place.lat_deg, 36), sensors)
            reaches.append(Reach(place.id, way, count, coverage_of(looks, deliveries(looks, passes))))
    return Outlook(programme, tuple(reaches), tuple(_windows(programme, site) for site in programme.sites))


def _windows(programme: Programme, site: Site) -> tuple[Site, tuple[Window, ...], str]:
    first = fleet_of(programme, "one plane", 1)[0]
    try:
        found = launch_windows(
            site,
            shape_of(first),
            programme.start,
            programme.season_days,
            raan_deg=first.raan_deg,
            raan_at=programme.start,
            ascent_offset_min=programme.ascent_offset_s / 60.0,
        )
    except Infeasible as error:
        return site, (), str(error)
    return site, tuple(found), ""
