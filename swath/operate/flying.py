"""Flies a plan that was made before, and sets it against what the plan foresaw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swath.access.accesses import find_eclipses
from swath.errors import DataError, InputError
from swath.fly.faults import Faults
from swath.fly.outcomes import Outcomes, furthest_apart, outcomes
from swath.fly.spacecraft import FlightLog, fly_plan
from swath.fly.surroundings import surroundings
from swath.model import Plan, Request
from swath.operate.planning import ephemerides_of
from swath.plan.form import plan_from_json
from swath.sources.eop import packaged_eop
from swath.store.manifest import INPUTS
from swath.store.mission import Mission, read_mission

__all__ = ["FlownPlan", "fly_file"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class FlownPlan:
    """A plan, its flight, and the flight that the plan foresaw. Simulated."""

    mission: Mission
    plan: Plan
    log: FlightLog
    foreseen: FlightLog
    """the same plan without chance, faults, penumbra and bus"""
    outcomes: Outcomes

    def counts(self) -> dict[str, int]:
        """How many pictures were done, late, blurred and lost?"""
        return {name: int((self.outcomes.outcome == name).sum()) for name in ("done", "late", "blurred", "lost")}

    def latency_min(self) -> dict[str, dict[str, float | None]]:
        """Minutes from the order to the picture and to its last bit on the ground: median and 90th percentile."""
        orders = {request.id: request for request in (*self.mission.routine, *self.mission.urgent)}
        waits: dict[str, list[float]] = {"imaged": [], "down": []}
        for row, told in enumerate(self.outcomes.rows()):
            order = orders.get(str(told["request"]))
            if order is None or told["outcome"] == "lost":
                continue
            waits["imaged"].append(_minutes(order, self.log.flown.stop[row]))
            waits["down"].append(_minutes(order, told["down"]))
        return {
            name: {
                "median": float(np.median(values)) if values else None,
                "p90": float(np.quantile(values, 0.9)) if values else None,
            }
            for name, values in waits.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Everything but the telemetry, as plain values."""
        return {
            "simulated": True,
            "mission": self.mission.name,
            "counts": self.counts(),
            "latency_min": self.latency_min(),
            "furthest_from_plan": furthest_apart(self.foreseen.telemetry, self.log.telemetry),
            "pictures": self.outcomes.to_json(),
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

    ``plan`` is a ``plan.json`` or the folder of a run. Without ``mission`` it is the file that the run was made from,
    or ``mission.toml`` beside the plan. Raises :class:`DataError` where a file is missing and :class:`InputError` where
    the two do not fit together.
    """
    file = plan / "plan.json" if plan.is_dir() else plan
    try:
        made = plan_from_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read the plan: {error.strerror}", where=str(file), fix="Name a plan.json") from error
    except UnicodeDecodeError as error:
        raise InputError("the plan is not text", where=str(file), fix="Name a plan.json") from error
    fleet = read_mission(mission or _mission_beside(file))
    eop = packaged_eop()
    start, stop = fleet.start, fleet.stop
    progress("orbits", 0.05)
    ephemerides = ephemerides_of(fleet.satellites, start - _MARGIN, stop + _MARGIN, eop)
    eclipses = find_eclipses(ephemerides, start, stop, eop)
    around = {}
    for number, satellite in enumerate(fleet.satellites):
        progress(f"surroundings of {satellite.id}", 0.1 + 0.4 * number / len(fleet.satellites))
        around[satellite.id] = surroundings(ephemerides[satellite.id], eop, start, stop)
    chance = fleet.seed if seed is None else seed
    calm = Faults(scatter_share=0.0)
    progress("flight as planned", 0.5)
    foreseen = fly_plan(fleet.satellites, made, eclipses, start, stop, seed=chance, faults=calm)
    progress("flight", 0.6)
    log = fly_plan(fleet.satellites, made, eclipses, start, stop, seed=chance, faults=faults, around=around)
    progress("comparison", 0.95)
    return FlownPlan(fleet, made, log, foreseen, outcomes(made, log))


_MARGIN = np.timedelta64(60, "s")


def _mission_beside(plan: Path) -> Path:
    for beside in (plan.parent / INPUTS / "mission.toml", plan.parent / "mission.toml"):
        if beside.is_file():
            return beside
    raise DataError("whose plan is this?", where=str(plan), fix="Name the mission file with --mission")


def _minutes(order: Request, then: np.datetime64) -> float:
    return float((then - order.ordered) / np.timedelta64(60, "s"))
