"""What a judge has before it, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from swath.frames import EarthOrientation
from swath.model import Plan, Request, Station
from swath.orbit.ephemeris import Ephemeris
from swath.plan.problem import Problem
from swath.spacecraft.satellite import Satellite
from swath.time import format_utc, seconds

__all__ = ["TIME", "Case", "Row", "Violation", "activities", "since_s", "told"]

Row = Mapping[str, Any]

TIME = seconds(0.002)
"""times may be off by this much"""


@dataclass(frozen=True)
class Violation:
    """A broken rule: its name in ``verify.RULES``, what breaks it (an id) and how, with numbers."""

    rule: str
    subject: str
    because: str


@dataclass(frozen=True)
class Case:
    """A plan and all that it is judged by, rows as dictionaries."""

    problem: Problem
    plan: Plan
    ephemerides: Mapping[str, Ephemeris]
    eop: EarthOrientation
    satellites: Mapping[str, Satellite]
    requests: Mapping[str, Request]
    stations: Mapping[str, Station]
    looks: tuple[dict[str, Any], ...]
    contacts: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, problem: Problem, plan: Plan, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation) -> Case:
        """The case of a plan whose ids are known to exist."""
        return cls(
            problem,
            plan,
            ephemerides,
            eop,
            {satellite.id: satellite for satellite in problem.satellites},
            {request.id: request for request in problem.requests},
            {station.id: station for station in problem.stations},
            tuple(plan.acquisitions.rows()),
            tuple(plan.contacts.rows()),
        )


def activities(case: Case, satellite: str) -> list[dict[str, Any]]:
    """Pictures and contacts of a satellite in order of time; in contact it looks straight down."""
    level = {"roll_deg": 0.0, "pitch_deg": 0.0}
    rows = [row for row in (*case.looks, *case.contacts) if row["satellite"] == satellite]
    return sorted(({**level, **row} for row in rows), key=lambda row: (row["start"], row["stop"]))


def since_s(case: Case, at: Any) -> Any:
    """Seconds since the plan's start."""
    return (np.asarray(at) - case.problem.start) / np.timedelta64(1, "ns") * 1e-9


def told(at: np.datetime64) -> str:
    """A time in words."""
    return format_utc(at, decimals=3)
