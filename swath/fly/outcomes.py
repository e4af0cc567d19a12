"""What became of each planned picture: done, late, blurred or lost, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.fly.spacecraft import FlightLog
from swath.model import Plan, Telemetry
from swath.table import Table, column

__all__ = ["Outcomes", "furthest_apart", "outcomes"]

_LATE = np.timedelta64(60, "s")
"""a picture that comes down so much later than planned is late"""


@dataclass(frozen=True)
class Outcomes(Table):
    """Planned against flown, one row for each planned acquisition."""

    request: npt.NDArray[np.str_] = column("U", "-", "request id")
    acquisition: npt.NDArray[np.str_] = column("U", "-", "acquisition id")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    outcome: npt.NDArray[np.str_] = column("U", "-", "done, late, blurred or lost")
    because: npt.NDArray[np.str_] = column("U", "-", "why, where not done")
    planned: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit on the ground, as planned")
    down: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit on the ground; no time where never")


def outcomes(
    plan: Plan,
    log: FlightLog,
    *,
    down: Mapping[str, np.datetime64] | None = None,
    not_commanded: Mapping[str, str] | None = None,
) -> Outcomes:
    """What became of each picture of a plan in a flight? In the plan's order.

    ``lost`` is a picture not taken, not kept or not sent whole; ``blurred`` one that came down but was taken before the
    turn had settled; ``late`` one whose last bit came more than a minute after the planned moment. ``down``: when each
    acquisition was whole on the ground, where more is known of it than the flight's own deliveries say;
    ``not_commanded``: why some were never flown.
    """
    became = dict(zip(log.flown.acquisition.tolist(), log.flown.rows(), strict=True))
    missed = not_commanded or {}
    rows = []
    for look in plan.acquisitions.rows():
        id = str(look["id"])
        flown = became.get(id, {"status": "skipped", "because": missed.get(id, "it was not commanded")})
        arrived = _delivered(look, log) if down is None else down.get(id, np.datetime64("NaT", "ns"))
        outcome, because = _judge(str(flown["status"]), str(flown["because"]), look, arrived, log)
        rows.append(
            {
                "request": look["request"],
                "acquisition": look["id"],
                "satellite": look["satellite"],
                "outcome": outcome,
                "because": because,
                "planned": look["on_ground"],
                "down": arrived,
            }
        )
    return Outcomes.from_rows(rows)


def _delivered(look: Mapping[str, Any], log: FlightLog) -> np.datetime64:
    """When the last bit of a picture left memory; not a time where it never did."""
    parts = log.deliveries.take(log.deliveries.acquisition == look["id"])
    whole = float(parts.sent_bit.sum()) >= look["data_bit"] * (1.0 - 1e-9) - 1.0
    return parts.stop.max() if len(parts) and whole else np.datetime64("NaT", "ns")


def furthest_apart(planned: Telemetry, flown: Telemetry) -> dict[str, dict[str, float]]:
    """By how much did battery and memory differ at most from what was predicted? By satellite.

    ``planned`` is the telemetry of the same plan flown without chance, faults and bus. Both are linear between rows.
    """
    found = {}
    for satellite in dict.fromkeys(planned.satellite.tolist()):
        book, true = (t.take(t.satellite == satellite) for t in (planned, flown))
        at = np.union1d(book.time, true.time)
        found[satellite] = {
            name: float(np.abs(_at(true, name, at) - _at(book, name, at)).max())
            for name in ("battery_wh", "memory_bit")
        }
    return found


def _at(telemetry: Telemetry, name: str, at: npt.NDArray[np.datetime64]) -> npt.NDArray[np.float64]:
    values = getattr(telemetry, name)
    between: npt.NDArray[np.float64] = np.interp(at.astype(np.int64), telemetry.time.astype(np.int64), values)
    return between


def _judge(status: str, because: str, look: dict[str, object], down: np.datetime64, log: FlightLog) -> tuple[str, str]:
    if status in ("skipped", "lost"):
        return "lost", because
    if np.isnat(down):
        missed = log.contacts.take(log.contacts.contact == look["contact"])
        why = f"contact {look['contact']} was {missed.status[0]}: {missed.because[0]}" if len(missed) else ""
        return "lost", (why if len(missed) and missed.status[0] != "done" else "") or "it was still on board at the end"
    if status == "blurred":
        return "blurred", because
    if down > look["on_ground"] + _LATE:  # type: ignore[operator]
        wait_min = (down - look["on_ground"]) / np.timedelta64(60, "s")  # type: ignore[operator]
        missed = log.contacts.take((log.contacts.contact == look["contact"]) & (log.contacts.status != "done"))
        why = f": contact {look['contact']}: {missed.because[0]}" if len(missed) else ""
        return "late", f"on the ground {wait_min:.0f} min after the plan{why}"
    return "done", ""
