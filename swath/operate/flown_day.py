"""Sets a day that was flown beside what was planned, for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from swath.fly.faults import Faults
from swath.fly.outcomes import Outcomes, outcomes
from swath.fly.spacecraft import FlightLog, fly_plan
from swath.model import Plan, Request, Windows
from swath.operate.commanding import CommandDay
from swath.report.flown import FlownDay, OrderTimes
from swath.report.outcome import Links, QuickLook
from swath.store.mission import Mission
from swath.time import seconds

__all__ = ["STRIP", "flown_day", "spread"]

STRIP = 24
"""pictures in a strip"""
_NEVER = np.datetime64("NaT", "ns")


def flown_day(
    mission: Mission,
    plans: Sequence[Plan],
    commands: CommandDay,
    log: FlightLog,
    eclipses: Windows,
    *,
    down: Mapping[str, np.datetime64] | None = None,
    mapped: Sequence[str] | None = None,
    links: Links | None = None,
    strip: Mapping[str, QuickLook] | None = None,
) -> FlownDay:
    """Planned beside flown.

    ``plans`` in the order in which they were made. ``down``: when each acquisition was whole on the ground, where files
    were sent (else the flight's deliveries count); ``mapped``: those that were put on the map, by default all that came
    down.
    """
    plan = plans[-1]
    told = outcomes(plan, log, down=down, not_commanded=commands.missing())
    calm = Faults(scatter_share=0.0)
    foreseen = fly_plan(mission.satellites, plan, eclipses, mission.start, mission.stop, seed=mission.seed, faults=calm)
    return FlownDay(
        title=mission.title,
        start=mission.start,
        stop=mission.stop,
        satellites=mission.satellites,
        plan=plan,
        outcomes=told,
        times=_times(mission, plans, log, told, mapped),
        telemetry=log.telemetry,
        foreseen=foreseen.telemetry,
        contacts=log.contacts,
        commands=commands.contacts,
        eclipses=eclipses,
        links=Links.empty() if links is None else links,
        strip=dict(strip or {}),
    )


def spread(ids: Sequence[str], most: int = STRIP) -> list[str]:
    """At most so many of a list, evenly over it."""
    chosen = np.linspace(0, len(ids) - 1, min(most, len(ids))).round().astype(np.int64)
    return [ids[k] for k in np.unique(chosen).tolist()]


def _times(
    mission: Mission, plans: Sequence[Plan], log: FlightLog, told: Outcomes, mapped: Sequence[str] | None
) -> OrderTimes:
    orders: dict[str, Request] = {request.id: request for request in (*mission.routine, *mission.urgent)}
    stops = dict(zip(log.flown.acquisition.tolist(), log.flown.stop, strict=True))
    taken = {
        id for id, status in zip(log.flown.acquisition.tolist(), log.flown.status, strict=True) if status != "skipped"
    }
    processing, rows = seconds(mission.operations.processing_s), []
    pictures: dict[str, list[dict[str, Any]]] = {}
    for row in told.rows():
        pictures.setdefault(str(row["request"]), []).append(row)
    for id, mine in pictures.items():
        order = orders.get(id)
        if order is None:
            continue
        imaged = [stops[str(row["acquisition"])] for row in mine if str(row["acquisition"]) in taken]
        down = [row["down"] for row in mine if not np.isnat(row["down"])]
        on_map = [
            row["down"] + processing
            for row in mine
            if not np.isnat(row["down"]) and (mapped is None or row["acquisition"] in mapped)
        ]
        rows.append(
            {
                "request": id,
                "urgent": order.urgent,
                "ordered": order.ordered,
                "accepted": next((p.made for p in plans if (p.acquisitions.request == id).any()), _NEVER),
                "imaged": min(imaged, default=_NEVER),
                "down": min(down, default=_NEVER),
                "mapped": min(on_map, default=_NEVER),
            }
        )
    return OrderTimes.from_rows(rows)
