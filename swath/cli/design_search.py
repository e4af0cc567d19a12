"""``swath design search``: which constellation of so many satellites serves a region best?"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from swath.cli.design_options import Budget, Candidates, Effort, OrbitOptions, Sight, Stations, Tries, Where
from swath.cli.design_shape import parse_clock_h
from swath.cli.options import ElementsOption, JsonOption, SatelliteOption, StartOption
from swath.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.design.atlas import Slot
    from swath.design.optimise import Optimum, Wish
    from swath.design.regions import Region
    from swath.design.shapes import OrbitShape
    from swath.design.worth import Terms

__all__ = ["search"]

Goal = Literal["response_p95", "response_mean", "gap_mean", "gap_p95", "gap_largest", "delivery_p95", "delivery_mean"]


def search(
    *,
    start: StartOption,
    tries: Tries | None = None,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    days: float = 30.0,
    where: Where | None = None,
    sight: Sight | None = None,
    goal: Goal = "response_p95",
    cloud_fraction: list[float] | None = None,
    stations: Stations | None = None,
    candidates: Candidates | None = None,
    budget: Budget | None = None,
    effort: Effort | None = None,
    fleet: Path | None = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Which altitude, inclination, planes and places serve a region best, for each number of satellites?

    Example: swath design search --satellites 1-8 --places country.geojson --max-off-nadir-deg 30
    --min-sun-elevation-deg 10 --start 2027-01-01T00:00:00Z --out best.html

    Never worse than the best Walker pattern or the best even plane, which stand beside it. FOUND is the goal in hours,
    9 IN 10 the same constellation over other longitudes (and under weather that was not searched). Satellites of
    --elements fly and stay where they are.

    Parameters
    ----------
    days
        Length of the span that is looked at.
    goal
        What is to be least: time to the picture (response), gap, or time until it is on the ground (delivery).
    cloud_fraction
        Share of days with cloud; twelve times for the months. Three skies (seeds 0 to 2) are searched under.
    fleet
        Write the element sets of the last constellation here: .json .xml .kvn .csv (OMM) or .tle.
    out
        Write to this file instead: .json or .csv, .html or .pdf (a report), .png.
    """
    from swath.cli.design_orbit import check_sets
    from swath.cli.design_search_files import FORMS, search_answer
    from swath.cli.orbits import check_form
    from swath.cli.progress import progress_bar
    from swath.operate.design_search import searched

    check_form(out, FORMS)
    check_sets(fleet)
    tried, run, held, more = tries or Tries(), effort or Effort(), stations or Stations(), candidates or Candidates()
    counts = _counts(tried.satellites, run.generations)
    asked = _asked(start, days, where or Where(), sight or Sight())
    with progress_bar("search") as progress:
        progress("orbits", 0.0)
        shapes, flying = _shapes(tried), _flying(elements, satellite or [], asked)
        spots = _stations(held, more, asked, shapes[0])
        terms = _terms(asked, [*flying[0], *shapes], goal, cloud_fraction, spots, held)
        wish = _wish(terms, flying, tried, more.more_stations, run)
        found = searched(wish, counts, seed=run.seed, workers=run.workers, address=run.cluster, progress=progress)
    answer = search_answer(wish, found, spots[0], {"seed": run.seed, "days": days}, budget or Budget())
    _give(answer, wish, found, (out, fleet), json)
    return 0


def _give(
    answer: dict[str, Any], wish: Wish, found: list[Optimum], files: tuple[Path | None, Path | None], as_json: bool
) -> None:
    from json import dumps

    from swath.cli.design_orbit import write_sets
    from swath.cli.design_search_files import search_file, search_lines, sets_of

    out, fleet = files
    if out is not None:
        search_file(out, answer)
        print(f"{len(found)} constellations -> {out}", file=sys.stderr)
    if fleet is not None:
        write_sets(fleet, sets_of(wish, found[-1]))
        print(f"{found[-1].satellites} satellites -> {fleet}", file=sys.stderr)
    if as_json:
        print(dumps(answer, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(search_lines(answer)))
    for note in answer["warnings"] if not as_json else ():
        print(f"swath: {note}", file=sys.stderr)


@dataclass(frozen=True, eq=False)
class _Asked:
    """The region, the span and which looks count."""

    region: Region
    start: np.datetime64
    days: float
    sight: Sight


def _counts(text: str, generations: int) -> list[int]:
    """``4``, ``1-8`` or ``1,2,4``."""
    if not 1 <= generations <= 1000:
        raise InputError(f"{generations} generations", where="--generations", fix="Give 1 to 1000")
    if match := re.fullmatch(r"\s*(\d{1,3})\s*-\s*(\d{1,3})\s*", text):
        low, high = int(match[1]), int(match[2])
        found = list(range(low, high + 1))
    elif re.fullmatch(r"\s*\d{1,3}(\s*,\s*\d{1,3})*\s*", text):
        found = sorted({int(part) for part in text.split(",")})
    else:
        found = []
    if not found or found[0] < 1:
        raise InputError(f"{text!r} satellites", where="--satellites", fix="Give 4, or 1-8, or 1,2,4")
    return found


def _range(text: str, option: str, example: str) -> list[float]:
    try:
        low, high, step = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{text!r}", where=option, fix=f"Give LOW,HIGH,STEP as {example}") from error
    if not (low <= high and step > 0.0) or (high - low) / step > 40.0:
        raise InputError(f"from {low:g} to {high:g} by {step:g}", where=option, fix="Give at most 40 steps upwards")
    return [low + step * n for n in range(int((high - low) / step + 1e-9) + 1)]


def _shapes(tries: Tries) -> list[OrbitShape]:
    from swath.design.altitudes import semi_major_axis_m
    from swath.design.shapes import OrbitShape, sun_synchronous

    altitudes = _range(tries.altitudes_m, "--altitudes-m", "450e3,650e3,50e3")
    axes = [semi_major_axis_m(each, tries.above) for each in altitudes]
    said = tries.inclinations_deg
    tilts = [] if said is None else _range(said, "--inclinations-deg", "40,60,5")
    found = [sun_synchronous(axis) for axis in axes] + [OrbitShape(axis, tilt) for axis in axes for tilt in tilts]
    if len(found) > 60:
        fix = "Take larger steps: 60 at most"
        raise InputError(f"{len(found)} orbits to try", where="--altitudes-m", fix=fix)
    return found


def _asked(start: str, days: float, where: Where, sight: Sight) -> _Asked:
    from swath.cli.design_fleet import regions_for
    from swath.cli.design_grow import one_region
    from swath.time import parse_utc

    return _Asked(one_region(regions_for(where)), parse_utc(start, where="--start"), days, sight)


_Flying = tuple[list["OrbitShape"], tuple["Slot", ...]]


def _flying(elements: str | None, names: list[str], asked: _Asked) -> _Flying:
    from swath.cli.design_grow import flying_slots

    return ([], ()) if elements is None else flying_slots(elements, names, OrbitOptions(), asked.start, "0:00")


def _wish(terms: Terms, flying: _Flying, tries: Tries, more_stations: int, run: Effort) -> Wish:
    from swath.design.optimise import Wish
    from swath.design.planes import node_of_local_time_deg

    clock, held = tries.local_time, len(flying[0])
    node = None if clock is None else node_of_local_time_deg(parse_clock_h(clock), terms.atlases[0].start)
    return Wish(terms, tuple(range(held, len(terms.atlases))), flying[1], node, more_stations, run.generations)


_Spots = tuple[list[str], tuple[int, ...], "Region | None"]
"""names of all stations, numbers of those in use, and where all are"""


_MOST_STATIONS = 16


def _stations(stations: Stations, candidates: Candidates, asked: _Asked, shape: OrbitShape) -> _Spots:
    from dataclasses import replace

    import numpy as np

    from swath.cli.design_fleet import stations_for
    from swath.design.regions import Region
    from swath.design.stations import shortlist
    from swath.frames import geodetic_from_itrf
    from swath.spacecraft.catalog import stations as known

    have, more = stations.station or [], candidates.more_stations
    if not 0 <= more <= 10:
        raise InputError(f"{more} more", where="--more-stations", fix="Give 0 to 10")
    if len(have) + len(candidates.candidate or []) > _MOST_STATIONS:
        what = f"{len(have)} stations and {len(candidates.candidate or [])} candidates"
        raise InputError(what, where="--candidate", fix=f"Give {_MOST_STATIONS} together at most")
    every = [one.id for one in known() if one.lon_deg is not None and one.id not in have] if more else []
    grounds = stations_for(replace(stations, station=[*have, *(candidates.candidate or every)]))
    if grounds is None:
        return [], (), None
    lon_deg, lat_deg, _ = geodetic_from_itrf(grounds[0].at_itrf_m)
    spots = Region("stations", lon_deg, lat_deg, np.full(len(lon_deg), 1.0 / len(lon_deg)), "")
    least_deg = stations.min_station_elevation_deg
    kept = shortlist(
        spots, asked.region, shape, asked.start, len(have), most=_MOST_STATIONS, min_elevation_deg=least_deg
    )  # fmt: skip
    weight = np.full(len(kept), 1.0 / len(kept))
    few = Region("stations", lon_deg[kept], lat_deg[kept], weight, "")
    return [grounds[1][number] for number in kept], tuple(range(len(have))), few


def _terms(
    asked: _Asked,
    shapes: list[OrbitShape],
    goal: Goal,
    cloud_fraction: list[float] | None,
    spots: _Spots,
    stations: Stations,
) -> Terms:
    from swath.cli.design_fleet import sensor_for
    from swath.design.atlas import atlas_of
    from swath.design.sensors import Sensor
    from swath.design.shapes import elements_of
    from swath.design.worth import Terms

    sensors = sensor_for([elements_of(one) for one in shapes], asked.sight)
    span, region = (asked.start, asked.days), spots[2]
    pairs = zip(shapes, sensors, strict=True)
    atlases = tuple(atlas_of(shape, sensor, asked.region, *span) for shape, sensor in pairs)
    heard = Sensor(90.0, None, stations.min_station_elevation_deg)
    down = () if region is None else tuple(atlas_of(shape, heard, region, *span) for shape in shapes)
    return Terms(atlases, goal, down, spots[1], tuple(cloud_fraction or ()), download_s=stations.download_s)
