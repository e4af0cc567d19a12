"""What has one satellite to do, and when? Its part of a plan in the order of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.fly.attitude import looking
from swath.model import Plan

__all__ = ["Activity", "activities", "span_s"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Activity:
    """A picture or a contact of one satellite, times in seconds since the start of the flight."""

    row: int
    """in the plan's table"""
    id: str
    contact: bool
    start_s: float
    stop_s: float
    body: Floats
    """the attitude it needs"""
    bit: float
    """size of the picture; for a contact its rate, bit/s"""


def span_s(origin: np.datetime64, start: np.datetime64, stop: np.datetime64) -> tuple[float, float]:
    """Seconds from ``origin`` to two moments."""
    first, last = ((t - origin).astype("timedelta64[ns]").astype(np.int64) for t in (start, stop))
    return float(first) * 1e-9, float(last) * 1e-9


def activities(satellite: str, plan: Plan, origin: np.datetime64) -> list[Activity]:
    """What one satellite has to do, in the order of time."""
    looks, contacts = plan.acquisitions, plan.contacts
    found = []
    for row in np.flatnonzero(looks.satellite == satellite):
        span = span_s(origin, looks.start[row], looks.stop[row])
        body = looking(float(looks.roll_deg[row]), float(looks.pitch_deg[row]))
        found.append(Activity(int(row), str(looks.id[row]), False, *span, body, float(looks.data_bit[row])))
    for row in np.flatnonzero(contacts.satellite == satellite):
        span = span_s(origin, contacts.start[row], contacts.stop[row])
        rate_bit_s = float(contacts.rate_bit_s[row])
        found.append(Activity(int(row), str(contacts.id[row]), True, *span, looking(0.0, 0.0), rate_bit_s))
    return sorted(found, key=lambda activity: (activity.start_s, activity.id))
