"""A case of growing - what flies, what is wanted, what is to be launched - from a TOML file.

In the form of examples/one-to-four/case.toml.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swath.design.altitudes import semi_major_axis_m
from swath.design.atlas import Slot
from swath.design.expansion import Expansion, Need
from swath.design.growth import GOALS
from swath.design.launch import Site
from swath.design.planes import node_of_local_time_deg
from swath.design.regions import Region, area
from swath.design.sensors import Sensor
from swath.design.shapes import OrbitShape, exact_repeat, sun_synchronous
from swath.design.sites import site_named
from swath.errors import DataError, InputError
from swath.model import Place
from swath.spacecraft.catalog import station as known_station
from swath.store.section import Section

__all__ = ["Case", "parse_case", "read_case"]

_EXAMPLE = "See examples/one-to-four/case.toml"
_GOALS = (*GOALS, "delivery_p95", "delivery_mean")
_MOST_NEEDS, _MOST_LAUNCHES = 4, 8


@dataclass(frozen=True, eq=False)
class Case:
    """The case, and the mission whose planner is asked what each launch delivers."""

    expansion: Expansion
    mission: Path | None
    skies: int


def read_case(path: Path) -> Case:
    """The case of a file. :class:`DataError` where it cannot be read, :class:`InputError` for its faults."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix=_EXAMPLE) from error
    return parse_case(text, where=str(path), folder=path.parent)


def parse_case(text: str, *, where: str = "", folder: Path = Path()) -> Case:
    """The same from the text itself; ``folder`` is what the mission's path starts from."""
    try:
        top = Section(tomllib.loads(text), where or "case")
    except (ValueError, RecursionError) as error:
        raise InputError(f"not TOML: {error}", where=where, fix=_EXAMPLE) from error
    region, start = _region(top.table("region")), top.time("start")
    shape, slot = _flying(top.table("flying"), start)
    launches, prices, planner = top.table("launches"), top.table("prices"), top.optional_table("planner")
    needs = _needs(top)
    found = Expansion(
        title=top.text("title"),
        about=top.text("about"),
        known=top.texts("known"),
        assumed=top.texts("assumed"),
        region=region,
        shape=shape,
        flying=slot,
        launches=launches.whole("count", low=1, high=_MOST_LAUNCHES),
        needs=needs,
        stations=_stations(top.texts("stations")),
        site=_site(launches),
        start=start,
        days=top.number("days", 30.0, low=2.0, high=120.0),
        first_launch=launches.time("first"),
        season_days=launches.whole("season_days", low=1, high=3660),
        spacing_days=launches.number("spacing_days", low=0.0, high=1000.0),
        ascent_offset_s=launches.number("ascent_offset_s", 1440.0, low=0.0, high=3600.0),
        repair_days=launches.number("repair_days", 30.0, low=1.0, high=1000.0),
        prices=(prices.number("satellite", low=0.0), prices.number("launch", low=0.0)),
        drag_m2_kg=top.number("drag_m2_kg", 0.022, low=1e-5, high=99.0),
        seed=top.whole("seed", 0, low=0, high=2**31),
    )
    mission = folder / planner.text("mission") if planner.values else None
    skies = planner.whole("skies", 3, low=1, high=20) if planner.values else 0
    for part in (launches, prices, planner, top):
        part.done()
    return Case(found, mission, skies)


def _region(given: Section) -> Region:
    name, ring = given.text("name"), given.pairs("outline")
    points = given.whole("points", 40, low=4, high=200)
    given.done()
    if len(ring) < 3 or not all(-360.0 <= lon <= 360.0 and -90.0 <= lat <= 90.0 for lon, lat in ring):
        fix = "Give 3 corners or more, longitude first"
        raise InputError("an outline that is no area", where=given.where, fix=fix)
    return area(Place(name, *ring[0], ring=ring), points=points)


def _flying(given: Section, start: np.datetime64) -> tuple[OrbitShape, Slot]:
    if "repeat" in given.values:
        given.text("repeat")
        orbits, days = (int(part) for part in _two(given))
        shape = exact_repeat(orbits, days)
    else:
        shape = sun_synchronous(semi_major_axis_m(given.number("altitude_m"), "equatorial"))
    hours = given.number("local_time_h", low=0.0, high=24.0)
    slot = Slot(0, node_of_local_time_deg(hours, start), given.number("argument_of_latitude_deg", 0.0))
    given.done()
    return shape, slot


def _two(given: Section) -> list[str]:
    parts = given.text("repeat").split("/")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise InputError(f"{given.text('repeat')!r}", where=given.where, fix="Give ORBITS/DAYS, such as 76/5")
    return parts


def _site(launches: Section) -> Site:
    site = site_named(launches.text("site"))
    if "min_azimuth_deg" not in launches.values:
        return site
    low, high = (launches.number(key, low=0.0, high=360.0) for key in ("min_azimuth_deg", "max_azimuth_deg"))
    return replace(site, min_azimuth_deg=low, max_azimuth_deg=high, source="the user")


def _needs(top: Section) -> tuple[Need, ...]:
    needs = tuple(_need(one) for one in top.tables("needs", name="name")[:_MOST_NEEDS])
    if not needs or needs[0].goal not in GOALS:
        fix = f"The first of [[needs]] chooses the orbits: {', '.join(GOALS)}"
        raise InputError("nothing that orbits could be chosen for", where=top.where, fix=fix)
    return needs


def _need(given: Section) -> Need:
    goal = given.text("goal")
    if goal not in _GOALS:
        raise InputError(f"the goal {goal!r}", where=given.where, fix=f"Say one of {', '.join(_GOALS)}")
    sun = (
        given.number("min_sun_elevation_deg", low=-90.0, high=80.0) if "min_sun_elevation_deg" in given.values else None
    )
    sensor = Sensor(given.number("max_off_nadir_deg", low=1.0, high=60.0), sun)
    shares = given.values.get("cloud_fraction", [])
    many = 12 if isinstance(shares, list) and len(shares) == 12 else 1
    cloud = given.numbers("cloud_fraction", many, low=0.0, high=1.0) if "cloud_fraction" in given.values else ()
    need = Need(given.text("name"), given.text("words"), goal, sensor, tuple(cloud))
    given.done()
    return need


def _stations(names: tuple[str, ...]) -> Region:
    spots = [known_station(name).station(min_elevation_deg=5.0) for name in names]
    lon, lat = (np.array([getattr(one, key) for one in spots]) for key in ("lon_deg", "lat_deg"))
    return Region("stations", lon, lat, np.full(len(spots), 1.0 / len(spots)), " + ".join(one.id for one in spots))
