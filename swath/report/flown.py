"""What a flight amounts to: planned beside flown, on board and on the way, as the report and ``swath fly`` tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from swath.fly.outcomes import Outcomes
from swath.fly.spacecraft import FlownContacts
from swath.model import Plan, Telemetry, Windows
from swath.report.outcome import Links, QuickLook
from swath.spacecraft.satellite import Satellite
from swath.table import Table, column

__all__ = ["STAGES", "CommandContacts", "FlownDay", "OrderTimes", "Wait", "outcome_counts", "waits"]

STAGES = ("accepted", "imaged", "down", "mapped")
"""what an order waits for, in order"""


@dataclass(frozen=True)
class CommandContacts(Table):
    """What went up in each pass for which something waited; nothing at all where none of it got through."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "of the pass")
    commands: npt.NDArray[np.int64] = column("i8", "-", "that waited to go up")
    frames: npt.NDArray[np.int64] = column("i8", "-", "sent up, repeats included")
    acknowledged: npt.NDArray[np.int64] = column("i8", "-", "commands that the control word confirmed in it")


@dataclass(frozen=True)
class OrderTimes(Table):
    """The moments of each planned order; no time where one did not happen."""

    request: npt.NDArray[np.str_] = column("U", "-", "request id")
    urgent: npt.NDArray[np.bool_] = column("?", "-", "came in during the day")
    ordered: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    accepted: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "the first plan that holds it was made")
    imaged: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last line of its first picture")
    down: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "its first picture was whole on the ground")
    mapped: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "and on the map")


@dataclass(frozen=True)
class Wait:
    """How long orders waited for one stage."""

    stage: str
    orders: int
    median_s: float
    p90_s: float
    """nine in ten waited no longer"""


@dataclass(frozen=True)
class FlownDay:
    """One day, planned and flown. Simulated."""

    title: str
    start: np.datetime64
    stop: np.datetime64
    satellites: tuple[Satellite, ...]
    plan: Plan
    outcomes: Outcomes
    times: OrderTimes
    telemetry: Telemetry
    foreseen: Telemetry
    """of the same plan flown without chance, faults, penumbra and bus"""
    contacts: FlownContacts
    commands: CommandContacts
    eclipses: Windows
    links: Links = field(default_factory=Links.empty)
    """what each contact carried; empty where no bytes were sent"""
    strip: Mapping[str, QuickLook] = field(default_factory=dict)
    """small pictures by acquisition, in the order of time"""
    compression_ratio: float | None = None
    """of the pictures that came down: bits of their samples over bits that were made of them on board, without loss"""


def outcome_counts(told: Outcomes) -> dict[str, int]:
    """How many pictures were done, late, blurred and lost?"""
    return {name: int((told.outcome == name).sum()) for name in ("done", "late", "blurred", "lost")}


def waits(times: OrderTimes) -> tuple[Wait, ...]:
    """How long did orders wait, from the order to each stage? Stages that no order reached are left out."""
    found = []
    for stage in STAGES:
        reached = getattr(times, stage)
        waited_s = (reached - times.ordered)[~np.isnat(reached)] / np.timedelta64(1, "s")
        if len(waited_s):
            found.append(Wait(stage, len(waited_s), float(np.median(waited_s)), float(np.quantile(waited_s, 0.9))))
    return tuple(found)
