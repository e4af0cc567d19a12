"""Planning without flying: from a mission file to a plan, its reasons, and what would change it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swath import registry
from swath.errors import DataError, InputError
from swath.fly.weather import SimulatedWeather, clear_probability
from swath.frames import geodetic_from_itrf
from swath.model import Place, Plan, Request, Station
from swath.operate.planning import ephemerides_of, problem_of
from swath.orbit.forms import parse_elements
from swath.orbit.uncertainty import check_age
from swath.plan.build import Outlook
from swath.plan.commands import commands_of
from swath.plan.feasible import Feasibility, feasibility
from swath.plan.form import plan_from_json, plan_to_json
from swath.plan.looks import ClearSky
from swath.plan.orders import Order
from swath.plan.problem import Problem
from swath.report.czml import plan_czml
from swath.report.ics import plan_ics
from swath.report.outcome import Tracks
from swath.report.plan_picture import timeline_png
from swath.report.planned import PlannedDay
from swath.report.sheet import plan_csv
from swath.sources.eop import packaged_eop
from swath.spacecraft import Satellite
from swath.spacecraft.catalog import station as known_station
from swath.store.folder import write_whole
from swath.store.manifest import versions
from swath.store.mission import Mission, checked_seed, read_mission
from swath.time import seconds, time_grid

__all__ = [
    "PlannedMission",
    "chances_of",
    "changed_fleet",
    "like",
    "planned_mission",
    "prepared",
    "read_plan",
    "write_planned",
]

_MARGIN = seconds(3600.0)
_TRACK_STEP_S = 60.0
_MOST_DAYS = 30.0
_TWIN = re.compile(r"(?P<id>[^\s+]+?)(?P<deg>[+-]\d{1,3}(\.\d{1,3})?)")


@dataclass(frozen=True)
class PlannedMission:
    """A mission, what is known of the days ahead, and the plan once it is made."""

    mission: Mission
    outlook: Outlook
    problem: Problem
    warnings: tuple[str, ...]
    plan: Plan | None = None


def prepared(mission: Mission | Path, *, seed: int | None = None) -> PlannedMission:
    """The planning problem of a mission: routine and urgent orders together, as if all were known from the start.

    The forecast is the mission's own, or the simulated one of its seed.
    """
    if isinstance(mission, Path):
        mission = read_mission(mission)
    if seed is not None:
        mission = replace(mission, seed=checked_seed(seed))
    warnings = [w for s in mission.satellites for w in check_age(s.elements, mission.start, mission.stop)]
    eop = packaged_eop()
    ephemerides = ephemerides_of(mission.satellites, mission.start - _MARGIN, mission.stop + _MARGIN, eop)
    outlook = Outlook(ephemerides, eop, _sky(mission))
    asked = replace(mission, orders=(*mission.orders, *(Order("point", request) for request in mission.urgent)))
    return PlannedMission(mission, outlook, problem_of(asked, outlook), tuple(warnings))


def _sky(mission: Mission) -> ClearSky:
    weather = SimulatedWeather(seed=mission.seed, forecast=mission.forecast)
    return lambda **where: clear_probability(weather, **where)


def planned_mission(
    ready: PlannedMission, *, stop: Callable[[], bool] = lambda: False, late: Callable[[], bool] | None = None
) -> PlannedMission:
    """The same with a plan, made by the mission's solver. ``stop`` ends its search, ``late`` its reasons."""
    solve = registry.find("swath.solvers", ready.mission.operations.solver)
    plan = solve(ready.problem, seed=ready.mission.seed, made=ready.mission.start, stop=stop, late=late)
    return replace(ready, plan=plan)


def like(ready: PlannedMission, other: PlannedMission) -> PlannedMission:
    """The same, to be planned beginning at another's plan and multipliers: so two fleets differ by what they can do."""
    assert other.plan is not None
    former, known = other.plan.acquisitions, other.plan.multipliers
    return replace(ready, problem=replace(ready.problem, former=former, multipliers=known))


def read_plan(path: Path) -> Plan:
    """A plan file, or a folder that holds one. Raises :class:`DataError` or :class:`InputError` with what to do."""
    path = path / "plan.json" if path.is_dir() else path
    if not path.is_file():
        raise DataError("there is no such plan", where=str(path), fix="Make one: swath plan MISSION --out DIR")
    try:
        return plan_from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"the plan is no text: {error}", where=str(path), fix="Write it again") from error
    except InputError as error:
        raise InputError(error.what, where=f"{path} {error.where}", fix=error.fix) from error


def write_planned(made: PlannedMission, folder: Path) -> tuple[str, ...]:
    """Everything about a plan, each file whole: its names."""
    assert made.plan is not None
    day = _day(made, made.plan)
    files: dict[str, str | bytes] = {
        "plan.json": plan_to_json(made.plan),
        "plan.csv": plan_csv(day),
        "plan.czml": plan_czml(day),
        "plan.ics": plan_ics(day),
        "commands.csv": _commands(made.problem, made.plan),
        "refused.json": _refused(made.plan),
        "timeline.png": timeline_png(day, made.problem),
    }
    if folder.exists() and not folder.is_dir():
        raise InputError("this is a file, not a folder", where=str(folder), fix="Name another --out")
    try:
        for name, content in files.items():
            write_whole(folder / name, content)
    except OSError as error:
        raise InputError(f"cannot write there: {error}", where=str(folder), fix="Name another --out") from error
    return tuple(files)


def _day(made: PlannedMission, plan: Plan) -> PlannedDay:
    mission, parts = made.mission, []
    for id, ephemeris in made.outlook.ephemerides.items():
        times = time_grid(mission.start, mission.stop, _TRACK_STEP_S)
        lon_deg, lat_deg, altitude_m = geodetic_from_itrf(ephemeris.states(times)[0])
        parts.append(Tracks(np.full(len(times), id), times, lon_deg, lat_deg, altitude_m))
    return PlannedDay(
        title=mission.title,
        start=mission.start,
        stop=mission.stop,
        seed=mission.seed,
        plan=plan,
        satellites=mission.satellites,
        stations=mission.stations,
        requests=made.problem.requests,
        tracks=Tracks.join(parts),
        versions=versions(),
    )


def _commands(problem: Problem, plan: Plan) -> str:
    stream = io.StringIO()
    rows = commands_of(problem, plan).to_json()
    writer = csv.DictWriter(stream, ("time", "satellite", "command", "subject", "roll_deg", "pitch_deg"))
    writer.writeheader()
    for row in rows:
        turns = row["command"] == "turn"
        angles = {name: f"{row[name]:.4f}" if turns else "" for name in ("roll_deg", "pitch_deg")}
        writer.writerow({**row, **angles})
    return stream.getvalue()


def _refused(plan: Plan) -> str:
    rows = [{"order": r.request, "reason": r.reason, "because": r.because} for r in plan.refused]
    return json.dumps({"refused": rows}, indent=2, ensure_ascii=False) + "\n"


def changed_fleet(
    mission: Mission,
    *,
    add_stations: Sequence[str] = (),
    add_satellites: Sequence[str] = (),
    drop_satellites: Sequence[str] = (),
    drop_stations: Sequence[str] = (),
) -> Mission:
    """The mission with more or fewer satellites and stations.

    A station is one of the catalogue, or ``LON,LAT[,ALT_M]``; it receives as fast as the fastest of the mission's own.
    A satellite is ``ID+DEG``, a twin of one of the mission so many degrees ahead of it in its orbit, or one element set
    (its text), built like the first of the mission.
    """
    satellites, stations = list(mission.satellites), list(mission.stations)
    for kind, drop, have in (("satellite", drop_satellites, satellites), ("station", drop_stations, stations)):
        for id in drop:
            if id not in {one.id for one in have}:
                known = ", ".join(one.id for one in have)
                raise InputError(f"there is no {kind} {id!r}", where=f"--drop-{kind}", fix=f"There are {known}")
    satellites = [s for s in satellites if s.id not in drop_satellites]
    stations = [s for s in stations if s.id not in drop_stations]
    for number, text in enumerate(add_stations):
        new = _station(mission, text, number)
        if new.id in {station.id for station in stations}:
            raise InputError(f"{new.id} is there already", where="--add-station", fix="Name a station that is not")
        stations.append(new)
    for number, text in enumerate(add_satellites):
        new_craft = _craft(mission, text, number)
        if new_craft.id in {one.id for one in satellites}:
            raise InputError(f"{new_craft.id} is there already", where="--add-satellite", fix="Give another angle")
        satellites.append(new_craft)
    if not satellites or not stations:
        raise InputError("nothing is left to plan with", where="what-if", fix="Keep a satellite and a station")
    gone = tuple(dict.fromkeys(id for id in drop_satellites if id not in {one.id for one in satellites}))
    return replace(mission, satellites=tuple(satellites), stations=tuple(stations), gone=(*mission.gone, *gone))


def chances_of(
    path: Path, lon_deg: float, lat_deg: float, days: float, max_off_nadir_deg: float, min_sun_elevation_deg: float
) -> Feasibility:
    """What a new order of a place could have from a mission's fleet in the days from its start on."""
    if not 0.0 < days <= _MOST_DAYS:
        raise InputError(f"{days:g} days", where="--days", fix=f"Give more than 0 and at most {_MOST_DAYS:g}")
    mission = read_mission(path)
    start, stop = mission.start, mission.start + seconds(86400.0 * days)
    eop = packaged_eop()
    orbits = ephemerides_of(mission.satellites, start - _MARGIN, stop + _MARGIN, eop)
    place = Place.point("new", lon_deg=lon_deg, lat_deg=lat_deg)
    asked = Request("new", place, "watch", 1.0, start, start, stop, stop, min_sun_elevation_deg, max_off_nadir_deg, 2e3)
    outlook = Outlook(orbits, eop, _sky(mission))
    return feasibility(asked, mission.satellites, outlook, start=start, stop=stop)


def _craft(mission: Mission, text: str, number: int) -> Satellite:
    """A satellite more: a twin on the orbit of another, or one of an element set."""
    twin = _TWIN.fullmatch(text.strip())
    if twin is not None:
        like = next((one for one in mission.satellites if one.id == twin["id"]), None)
        if like is None:
            known = ", ".join(one.id for one in mission.satellites)
            raise InputError(f"there is no satellite {twin['id']!r}", where="--add-satellite", fix=f"There are {known}")
        ahead_deg = float(twin["deg"])
        turned = replace(like.elements, mean_anomaly_deg=(like.elements.mean_anomaly_deg + ahead_deg) % 360.0)
        id, elements = f"{like.id}{ahead_deg:+g}", replace(turned, name=f"{like.elements.name} {ahead_deg:+g} deg")
    else:
        loaded = parse_elements(text, source="--add-satellite")
        if len(loaded.elements) != 1:
            fix = "Give ID+DEG (a twin so far ahead), or one element set"
            raise InputError(f"{len(loaded.elements)} element sets", where="--add-satellite", fix=fix)
        like, elements = mission.satellites[0], loaded.elements[0]
        id = elements.name.replace(" ", "-") or f"new-{number + 1}"
    radio = replace(like.radio, spacecraft_id=900 + number, apid=900 + number)
    return replace(like, id=id, elements=elements, radio=radio)


def _station(mission: Mission, text: str, number: int) -> Station:
    best = max(mission.stations, key=lambda station: station.rate_bit_s)
    parts = text.split(",")
    if len(parts) in (2, 3):
        try:
            lon_deg, lat_deg, *rest = (float(part) for part in parts)
        except ValueError as error:
            raise InputError(
                f"{text!r}", where="--add-station", fix="Give a known station or LON,LAT[,ALT_M]"
            ) from error
        altitude_m = rest[0] if rest else 0.0
        return replace(best, id=f"new-{number + 1}", lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    known = known_station(text)
    fact = known.station(min_elevation_deg=best.min_elevation_deg)
    return replace(fact, rate_bit_s=best.rate_bit_s, setup_s=best.setup_s, teardown_s=best.teardown_s)
