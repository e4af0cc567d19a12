"""A plan and what is needed to show it: the part of an outcome that exists before anything has flown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from swath.model import Plan, Request, Station
from swath.report.outcome import Tracks
from swath.spacecraft.satellite import Satellite

__all__ = ["PlannedDay"]


@dataclass(frozen=True)
class PlannedDay:
    """A plan before its flight."""

    title: str
    start: np.datetime64
    stop: np.datetime64
    seed: int
    plan: Plan
    satellites: tuple[Satellite, ...]
    stations: tuple[Station, ...]
    requests: tuple[Request, ...]
    tracks: Tracks
    footprints: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = False
    banner: str = "plan; nothing has flown"
