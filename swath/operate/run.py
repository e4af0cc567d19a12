"""One run: from a mission file to a folder of answers. Each step is one call; what is decided lies in the rooms."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swath import registry
from swath.errors import DataError
from swath.fly.faults import check_faults, faults_for, faults_left
from swath.fly.flight import Flight
from swath.fly.signal import flows_of
from swath.fly.spacecraft import FlightLog, log_of, prepare_flights
from swath.fly.surroundings import surroundings
from swath.fly.weather import SimulatedWeather
from swath.frames import EarthOrientation
from swath.model import Place
from swath.operate import checks
from swath.operate.before import map_before, shot_before
from swath.operate.commanding import command_day, uplink_passes
from swath.operate.downlink import GROUND, DayOfContacts, Landed
from swath.operate.ground import Mapped, map_picture
from swath.operate.memory import give_back_memory
from swath.operate.planning import Planned, plan_day
from swath.operate.shot import Shot, can_draw, check_land, disturbance_after
from swath.operate.telemetry import check_commands, write_telemetry
from swath.operate.telling import Run, outcome_of
from swath.operate.workers import worker_pool
from swath.operate.writing import write_catalogue, write_plan, write_report
from swath.orbit.sun import sun_angles_deg
from swath.report.outcome import Check, Outcome
from swath.report.terminal import summary_lines
from swath.sources.eop import packaged_eop
from swath.sources.land import land_rings
from swath.store.folder import new_folder, write_json
from swath.store.manifest import write_manifest
from swath.store.mission import Mission, checked_seed, read_mission

__all__ = ["judge", "run_mission", "summary"]

ShotOf = Callable[[int, Mapping[str, Any], float], Shot]
Progress = Callable[[str, float], None]


class _Clock:
    """Times the stages of a run and passes them on as progress; the only thing here that asks what time it is."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.stages: list[dict[str, object]] = []
        self.since = time.monotonic()

    def done(self, name: str, share: float) -> None:
        now = time.monotonic()
        self.stages.append({"name": name, "wall_s": round(now - self.since, 3)})
        self.since = now
        self.progress(name, share)


def run_mission(
    path: Path, out: Path, *, seed: int | None = None, progress: Progress = lambda what, share: None
) -> Outcome:
    """Run a mission file and write everything it gives to ``out``, whole or not at all.

    ``seed`` replaces the mission's own. ``progress`` is told what is being done and which share of the whole is over.
    Raises :class:`InputError` or :class:`DataError` for what is wrong with the mission, before anything is written.
    """
    give_back_memory()
    clock = _Clock(progress)
    mission = read_mission(path)
    if seed is not None:
        mission = replace(mission, seed=checked_seed(seed))
    registry.find("swath.solvers", mission.operations.solver)  # a wrong name is told before any process is started
    eop, weather = packaged_eop(), SimulatedWeather(seed=mission.seed, forecast=mission.forecast)
    with (
        new_folder(out) as folder,
        tempfile.TemporaryDirectory(prefix="swath-") as scratch,
        worker_pool() as pool,
    ):
        desk = _Desk(pool, folder, Path(scratch), clock)
        land = pool.submit(land_rings)
        early = _take_early(mission, eop, desk)
        planned = plan_day(mission, eop, weather)
        clock.done("plan", 0.15)
        run = _start(mission, planned, land, desk, eop)
        flights = _flights(run, eop)
        clock.done("commands", 0.17)
        run = _bring_home(run, flights, _shots(run, eop, weather), early, desk)
        clock.done("pictures", 0.9)
        write_plan(run, folder)
        write_telemetry(desk.scratch / GROUND, folder, mission.satellites, run.commands)
        write_catalogue(run, folder)
        clock.done("catalogue", 0.93)
        found = judge(run, folder, eop)
        clock.done("checks", 0.97)
        outcome = outcome_of(run, found)
        write_report(outcome, folder)
        clock.done("report", 1.0)
        write_json(folder / "evidence" / "timings.json", {"stages": clock.stages})
        write_manifest(folder, mission.files, mission.seed)
    return outcome


def _start(mission: Mission, planned: Planned, land: Future[Any], desk: _Desk, eop: EarthOrientation) -> Run:
    """The run as it stands when the plans have gone up."""
    passes = uplink_passes(mission, planned.problem.passes, eop)
    faults = faults_for(mission.operations.faults, planned.plan)
    check_faults(mission.satellites, planned.plan, faults)
    commands = command_day(
        mission.satellites, planned.plans, passes, mission.operations,
        start=mission.start, stop=mission.stop, seed=mission.seed, faults=faults,
    )  # fmt: skip
    return Run(mission, planned, commands, FlightLog.empty(), {}, land.result(), desk.folder)


def _flights(run: Run, eop: EarthOrientation) -> dict[str, Flight]:
    """Satellites with a bus fly through their surroundings, the others as their agility says."""
    mission, planned = run.mission, run.planned
    start, stop = mission.start, mission.stop
    around = {
        craft.id: surroundings(planned.ephemerides[craft.id], eop, start, stop)
        for craft in mission.satellites
        if craft.bus is not None
    }
    flown, eclipses = run.commands.plan, planned.problem.eclipses
    faults = faults_left(faults_for(mission.operations.faults, planned.plan), flown)
    return prepare_flights(mission.satellites, flown, eclipses, start, seed=mission.seed, around=around, faults=faults)


def judge(run: Run, folder: Path, eop: EarthOrientation) -> tuple[Check, ...]:
    """All checks of a run on what lies in its folder, two at a time: most of them read and hash files."""
    ways: tuple[Callable[[], Check], ...] = (
        lambda: checks.check_plan(folder, run.planned.problem, eop),
        lambda: checks.check_ccsds(folder, run.links, [m.scene.id for m in run.before.values()], run.faults),
        lambda: check_commands(folder, run.mission.satellites, run.commands),
        lambda: checks.check_stac(folder),
        lambda: checks.check_marks(folder),
        lambda: checks.check_truth(run.truth, run.mapped),
    )
    with ThreadPoolExecutor(2) as threads:
        return tuple(threads.map(lambda check: check(), ways))


def summary(outcome: Outcome, out: Path, *, wall_s: float) -> list[str]:
    """The lines that the terminal shows."""
    return summary_lines(replace(outcome, folder=str(out), wall_s=wall_s, cores=os.cpu_count() or 1))


@dataclass(frozen=True)
class _Desk:
    """What the steps of a run work with."""

    pool: ProcessPoolExecutor
    folder: Path
    scratch: Path
    clock: _Clock


def _take_early(mission: Mission, eop: EarthOrientation, desk: _Desk) -> dict[str, Future[Mapped]]:
    """The pictures from before the urgent orders' events, taken and mapped while the day is planned and begins."""
    return {
        order.id: desk.pool.submit(map_before, shot, desk.folder, desk.scratch)
        for number, order in enumerate(mission.urgent)
        if (shot := shot_before(mission, order, eop, 900_000 + number)) is not None
    }


def _bring_home(
    run: Run, flights: Mapping[str, Flight], shot: ShotOf, early: Mapping[str, Future[Mapped]], desk: _Desk
) -> Run:
    """Fly the day, bring the pictures down and map each as soon as it is on the ground.

    An urgent order's wait for the picture from before, others do not.
    """
    mission = run.mission
    flown, orbits = run.commands.plan, run.planned.ephemerides
    day = DayOfContacts(
        flights, run.commands, mission.operations, shot, desk.folder, desk.scratch,
        start=mission.start, stop=mission.stop, seed=mission.seed,
        flows=flows_of(flown, mission.satellites, mission.stations, orbits, mission.start),
    )  # fmt: skip
    landed: dict[str, Landed] = {}
    mapping: dict[str, Future[Mapped]] = {}
    for arrival in day.arrivals(desk.pool, lambda share: desk.clock.progress("pictures", 0.17 + 0.6 * share)):
        earlier = early.get(arrival.shot.request.id)
        scene = earlier.result().scene if earlier else None
        mapping[arrival.shot.acquisition] = desk.pool.submit(map_picture, arrival, desk.folder, scene)
        landed[arrival.shot.acquisition] = arrival.landed
    holes = list(day.holes)
    mapped: dict[str, Mapped] = {}
    for acquisition, future in mapping.items():
        try:
            mapped[acquisition] = future.result()
        except DataError as error:  # too little of it came down
            holes.append(f"{acquisition}: not mapped, {error}")
    flight = log_of(flights.values(), mission.start)
    before = {order: future.result() for order, future in early.items()}
    return replace(
        run, flight=flight, before=before, landed=landed, mapped=mapped, links=day.links(), holes=tuple(holes)
    )


def _lands(mission: Mission, planned: Planned) -> dict[str, Place]:
    """The land of each request; of parts of an area that of the whole order, if it can be drawn: all show the same.

    Raises :class:`InputError` for what is too large to be simulated even by itself.
    """
    areas = {order.id: order.request.place for order in mission.orders if order.kind == "area"}
    bundles = (bundle for bundle in planned.problem.bundles if bundle.id in areas)
    whole = {request: areas[bundle.id] for bundle in bundles for request in bundle.requests}
    lands = {}
    for request in planned.problem.requests:
        land = whole.get(request.id, request.place)
        lands[request.id] = land if can_draw(request, land) else request.place
        check_land(request, lands[request.id])
    return lands


def _shots(
    run: Run, eop: EarthOrientation, weather: SimulatedWeather
) -> Callable[[int, Mapping[str, Any], float], Shot]:
    """What makes of a flown picture all that its worker needs."""
    mission, planned, looks = run.mission, run.planned, run.commands.plan.acquisitions
    requests = {request.id: request for request in planned.problem.requests}
    satellites = {satellite.id: satellite for satellite in mission.satellites}
    lands = _lands(mission, planned)

    def shot(row: int, flown: Mapping[str, Any], since_turn_s: float) -> Shot:
        (look,) = looks.take([row]).rows()
        place, satellite = requests[str(look["request"])].place, satellites[str(look["satellite"])]
        sun = sun_angles_deg(place.lon_deg, place.lat_deg, look["middle"], eop)
        return Shot(
            acquisition=str(look["id"]),
            request=requests[str(look["request"])],
            land=lands[str(look["request"])],
            satellite=satellite,
            ephemeris=planned.ephemerides[str(look["satellite"])],
            number=row,
            start=flown["start"],
            middle=look["middle"],
            commanded_deg=(float(look["roll_deg"]), float(look["pitch_deg"])),
            true_deg=(float(flown["roll_deg"]), float(flown["pitch_deg"]), float(flown["yaw_deg"])),
            disturbance=disturbance_after(satellite, since_turn_s),
            sun_deg=(float(sun[0]), float(sun[1])),
            gsd_m=float(look["gsd_m"]),
            p_clear=float(look["p_clear"]),
            weather=weather,
            flooded=requests[str(look["request"])].kind == "flood",
            seed=mission.seed,
            changes=mission.changes,
        )

    return shot
