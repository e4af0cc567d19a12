"""How a planning problem and a plan lie in memory for the kernels: records by number, times in seconds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["CONTACT", "DARK", "Fleet", "LOOK", "PASS", "REQUEST", "SATELLITE", "State", "TAKEN"]

Whole = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]

SATELLITE = np.dtype(
    [
        *((name, "f8") for name in ("horizon_s", "rate_deg_s", "acceleration_deg_s2", "settling_s", "capacity_bit")),
        *((name, "f8") for name in ("battery_wh", "initial_wh", "min_wh")),
        *((name, "f8") for name in ("charge_w", "idle_w", "slew_w", "image_w", "contact_w")),
        *((name, "i8") for name in ("dark_first", "dark_last", "pass_first", "pass_last")),
    ]
)
"""``first`` .. ``last`` - 1: its rows of ``Fleet.dark`` and ``Fleet.passes``; ``horizon_s`` is the plan's length"""
DARK = np.dtype([("start", "f8"), ("stop", "f8")])
PASS = np.dtype(
    [
        *((name, "i8") for name in ("satellite", "station")),
        *((name, "f8") for name in ("start", "stop", "rate_bit_s", "setup_s")),
        ("fixed", "?"),
    ]
)
LOOK = np.dtype(
    [
        *((name, "i8") for name in ("request", "satellite", "window")),
        *((name, "f8") for name in ("start", "stop", "x", "y", "z", "value", "bit")),
    ]
)
"""x, y, z: line of sight in the orbital frame"""
REQUEST = np.dtype([("due_s", "f8"), ("urgent", "?"), ("fixed", "?"), ("first", "i8"), ("last", "i8")])
"""``first`` .. ``last`` - 1: its rows of ``Fleet.choice``; ``fixed``: pictured or commanded already, never moved"""
TAKEN = np.dtype([("look", "i8"), ("sent", "i8"), ("ground_s", "f8")])
CONTACT = np.dtype([("begin_s", "f8"), ("end_s", "f8"), ("loads", "i8")])


class Fleet(NamedTuple):
    """What does not change while planning; rows by satellite and time where they belong to one."""

    satellite: Records
    dark: Records
    passes: Records
    """those of fixed contacts take nothing new"""
    look: Records
    request: Records
    choice: Whole
    """looks of each request, the best first"""


class State(NamedTuple):
    """A plan in the making."""

    length: Whole
    """activities of each satellite"""
    item: Whole
    """``(satellites, most)`` in order of time: a request's number, or -1 - pass for a contact"""
    request: Records
    """chosen look or -1, the pass it comes down in or -1, and when"""
    contact: Records
    """by pass: from when to when, if ``loads`` > 0"""
    load: Whole
    """``(passes, most)`` requests in the order they are sent"""
