"""Flies a plan that was made before, and sets it against what the plan foresaw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from swath.access.accesses import find_eclipses
from swath.access.passes import find_passes
from swath.errors import DataError, InputError
from swath.fly.faults import Faults, check_faults, faults_for, faults_left
from swath.fly.outcomes import Outcomes, furthest_apart
from swath.fly.sending import LossyLink
from swath.fly.signal import flows_of
from swath.fly.spacecraft import FlightLog, fly_plan
from swath.fly.surroundings import surroundings
from swath.frames import EarthOrientation
from swath.model import Grid, Plan, Windows
from swath.operate.commanding import command_day, uplink_passes
from swath.operate.downlink import link_terms
from swath.operate.files import SCENES
from swath.operate.flown_day import flown_day, spread
from swath.operate.planning import ephemerides_of
from swath.orbit.ephemeris import Ephemeris
from swath.plan.form import plan_from_json
from swath.report.flown import STAGES, FlownDay, outcome_counts, waits
from swath.report.outcome import Links, QuickLook
from swath.sources.eop import packaged_eop
from swath.store.manifest import INPUTS
from swath.store.mission import Mission, read_mission
from swath.time import format_utc

__all__ = ["FlownPlan", "fly_file"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class FlownPlan:
    """A plan, its flight, and the two beside each other. Simulated."""

    mission: Mission
    plan: Plan
    log: FlightLog
    day: FlownDay

    @property
    def outcomes(self) -> Outcomes:
        """What became of each picture."""
        return self.day.outcomes

    def counts(self) -> dict[str, int]:
        """How many pictures were done, late, blurred and lost?"""
        return outcome_counts(self.outcomes)

    def latency_min(self) -> dict[str, dict[str, float | None]]:
        """Minutes from the order to each stage: median and 90th percentile."""
        found: dict[str, dict[str, float | None]] = {stage: {"median": None, "p90": None} for stage in STAGES}
        for wait in waits(self.day.times):
            found[wait.stage] = {"median": wait.median_s / 60.0, "p90": wait.p90_s / 60.0}
        return found

    def to_json(self) -> dict[str, Any]:
        """Everything but the telemetry, as plain values."""
        return {
            "simulated": True,
            "mission": self.mission.name,
            "counts": self.counts(),
            "latency_min": self.latency_min(),
            "furthest_from_plan": furthest_apart(self.day.foreseen, self.log.telemetry),
            "pictures": self.outcomes.to_json(),
            "orders": self.day.times.to_json(),
            "commands": self.day.commands.to_json(),
            "flown": self.log.flown.to_json(),
            "contacts": self.log.contacts.to_json(),
            "deliveries": self.log.deliveries.to_json(),
        }


def fly_file(
    plan: Path,
    mission: Path | None = None,
    *,
    seed: int | None = None,
    faults: Faults | None = None,
    progress: Progress = lambda what, share: None,
) -> FlownPlan:
    """Fly the plan of a file with the fleet of a mission file, through penumbra, with its buses, chance and faults.

    ``plan`` is a ``plan.json`` or the folder of a run, whose pictures are then shown. Without ``mission`` it is the
    file that the run was made from, or ``mission.toml`` beside the plan. The plan goes up as commands in the last pass
    of each satellite before the day; frames that the link loses are sent again. Raises :class:`DataError` where a
    file is missing and :class:`InputError` where the two do not fit together.
    """
    file = plan / "plan.json" if plan.is_dir() else plan
    made = _read_plan(file)
    fleet = read_mission(mission or _mission_beside(file))
    fleet = fleet if seed is None else replace(fleet, seed=seed)
    eop = packaged_eop()
    start, stop = fleet.start, fleet.stop
    asked = faults_for(Faults() if faults is None else faults, made)
    check_faults(fleet.satellites, made, asked)
    progress("orbits", 0.05)
    ephemerides = ephemerides_of(fleet.satellites, start - _MARGIN, stop + _MARGIN, eop)
    eclipses = find_eclipses(ephemerides, start, stop, eop)
    commands = command_day(
        fleet.satellites, (made,), _passes(fleet, ephemerides, eop), fleet.operations,
        start=start, stop=stop, seed=fleet.seed, faults=asked,
    )  # fmt: skip
    around = {}
    for number, satellite in enumerate(fleet.satellites):
        progress(f"surroundings of {satellite.id}", 0.1 + 0.4 * number / len(fleet.satellites))
        around[satellite.id] = surroundings(ephemerides[satellite.id], eop, start, stop)
    progress("flight", 0.5)
    flows = flows_of(commands.plan, fleet.satellites, fleet.stations, ephemerides, start)
    link = LossyLink(link_terms(fleet.operations, 0.0).channel, fleet.seed, flows)
    log = fly_plan(
        fleet.satellites, commands.plan, eclipses, start, stop, seed=fleet.seed,
        faults=faults_left(asked, commands.plan), around=around,
        link=link,
    )  # fmt: skip
    progress("comparison", 0.9)
    day = flown_day(fleet, (made,), commands, log, eclipses, links=_links(link))
    if plan.is_dir():
        day = replace(day, strip=_strip(plan, day))
    return FlownPlan(fleet, made, log, day)


_MARGIN = np.timedelta64(60, "s")


def _read_plan(file: Path) -> Plan:
    try:
        return plan_from_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read the plan: {error.strerror}", where=str(file), fix="Name a plan.json") from error
    except UnicodeDecodeError as error:
        raise InputError("the plan is not text", where=str(file), fix="Name a plan.json") from error


def _passes(fleet: Mission, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation) -> Windows:
    """In which passes the plan can go up."""
    found = find_passes(ephemerides, fleet.stations, fleet.start, fleet.stop, eop)
    return uplink_passes(fleet, Windows(found.satellite, found.station, found.start, found.stop), eop)


def _links(link: LossyLink) -> Links:
    """What the contacts carried; one that a restart cut in two is one."""
    rows: dict[str, dict[str, Any]] = {}
    for one in link.carried:
        row = rows.setdefault(one.contact, {"contact": one.contact, "requests": 0, "up_bit": 0.0})
        counted = {
            "frames_sent": one.frames_sent,
            "frames_lost": one.frames_lost,
            "frames_resent": one.frames_lost,
            "received_bit": one.sent_bit,
            "files_whole": one.pictures_whole,
        }
        row |= {name: row.get(name, 0) + value for name, value in counted.items()}
    return Links.from_rows(list(rows.values()))


def _strip(folder: Path, day: FlownDay) -> dict[str, QuickLook]:
    """Of the pictures that a run took, those that this flight brought down sharp, in the order of time."""
    looks = day.plan.acquisitions.sort_by("start", "id")
    sharp = set(day.outcomes.acquisition[np.isin(day.outcomes.outcome, ("done", "late"))].tolist())
    shown = {}
    at = dict(zip(looks.id.tolist(), looks.start, strict=True))
    files = {id: next((folder / "stac" / SCENES / id).glob("*_SIMULATED.png"), None) for id in at if id in sharp}
    for id in spread([id for id, file in files.items() if file is not None]):
        file = files[id]
        if file is not None:
            said = f"{id}, {format_utc(at[id])}, as the run took it"
            shown[id] = QuickLook(file.read_bytes(), Grid(0, 0.0, 0.0, 1.0, 1, 1), at[id], said)
    return shown


def _mission_beside(plan: Path) -> Path:
    for beside in (plan.parent / INPUTS / "mission.toml", plan.parent / "mission.toml"):
        if beside.is_file():
            return beside
    raise DataError("whose plan is this?", where=str(plan), fix="Name the mission file with --mission")
