"""How a planning problem and a plan lie in memory for the kernels: records by number, times in seconds.

A *picture code* stands for one look of a request's picture: ``LOOKS`` x request + which of its looks (0 but in stereo).
An *item* of a satellite's sequence is a picture code, or -1 - pass for a contact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "BUNDLE",
    "CONTACT",
    "DARK",
    "FLOW",
    "Fleet",
    "LOOK",
    "LOOKS",
    "NEAR",
    "PASS",
    "REQUEST",
    "SATELLITE",
    "SHOT",
    "State",
]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]

LOOKS = 3
"""looks that one picture consists of, at most"""

SATELLITE = np.dtype(
    [
        *((name, "f8") for name in ("horizon_s", "rate_deg_s", "acceleration_deg_s2", "settling_s", "capacity_bit")),
        *((name, "f8") for name in ("battery_wh", "initial_wh", "min_wh")),
        *((name, "f8") for name in ("charge_w", "idle_w", "slew_w", "image_w", "contact_w")),
        *((name, "f8") for name in ("duty_s", "window_s", "warm_up_s", "warm_up_w")),
        *((name, "f8") for name in ("rise_k", "settles_s", "room_k", "keep_out_cos")),
        ("array_follows_sun", "?"),
        *((name, "i8") for name in ("dark_first", "dark_last", "pass_first", "pass_last")),
    ]
)
"""``first`` .. ``last`` - 1: its rows of ``Fleet.dark`` and ``Fleet.passes``; ``horizon_s`` is the plan's length;
``room_k``: from rest to the hottest it may get; ``keep_out_cos``: 2 where it need not keep out of the Sun"""
DARK = np.dtype([("start", "f8"), ("stop", "f8")])
PASS = np.dtype(
    [
        *((name, "i8") for name in ("satellite", "station", "flow_first", "flow_last")),
        *((name, "f8") for name in ("start", "stop", "setup_s", "teardown_s", "cost_per_s")),
        ("fixed", "?"),
    ]
)
FLOW = np.dtype([("at_s", "f8"), ("bit", "f8")])
"""how much could have come down since the first row of a pass, linear between rows"""
LOOK = np.dtype(
    [
        *((name, "i8") for name in ("request", "satellite", "window", "count")),
        *((name, "f8") for name in ("start", "stop", "x", "y", "z", "value", "share", "bit")),
    ]
)
"""x, y, z: line of sight in the orbital frame. A stereo picture's looks are ``count`` rows one after the other; value
(of the request alone, delivered at once) and share of the whole picture stand in the first"""
REQUEST = np.dtype(
    [
        *((name, "f8") for name in ("due_s", "ordered_s", "halves_s")),
        *((name, "?") for name in ("urgent", "fixed")),
        *((name, "i8") for name in ("first", "last", "bundle", "owner", "near_first", "near_last", "former")),
        ("cells", "u8"),
    ]
)
"""``first`` .. ``last`` - 1: its rows of ``Fleet.choice``; ``fixed``: pictured or commanded already, never moved;
``bundle``, ``owner``: -1 where there is none; ``former``: its look in the plan before; ``cells``: a bit for each"""
BUNDLE = np.dtype(
    [("value", "f8"), *((name, "i8") for name in ("count", "most", "first", "last", "gain_first", "gain_last"))]
)
"""``first`` .. ``last`` - 1: its rows of ``Fleet.member``; likewise ``Fleet.gain``"""
NEAR = np.dtype([("request", "i8"), ("apart_s", "f8")])
SHOT = np.dtype([("sent", "i8"), ("ground_s", "f8")])
CONTACT = np.dtype([("begin_s", "f8"), ("end_s", "f8"), ("loads", "i8")])


class Fleet(NamedTuple):
    """What does not change while planning; rows by satellite and time where they belong to one."""

    satellite: Records
    dark: Records
    passes: Records
    """those of fixed contacts take nothing new"""
    flow: Records
    look: Records
    request: Records
    choice: Whole
    """first looks of each request, the best first"""
    near: Records
    """of each request, which others stay how far away"""
    bundle: Records
    member: Whole
    """requests of each bundle"""
    gain: Floats
    """``(rows, 2)`` share and gain"""
    allowed: Floats
    """``(owners, 2)`` pictures and seconds of imaging"""
    fair: Floats
    """by owner: the share of the imaging in the plan that counts in full"""
    sun: Floats
    """``(satellites, times, 3)`` towards the Sun in the orbital frame, every ``sun_step_s``"""
    sun_step_s: float
    churn_loss: float


class State(NamedTuple):
    """A plan in the making."""

    length: Whole
    """activities of each satellite"""
    item: Whole
    """``(satellites, most)`` in order of time"""
    look: Whole
    """by request: the first look of its picture, or -1"""
    shot: Records
    """by picture code: the pass it comes down in or -1, and when"""
    contact: Records
    """by pass: from when to when, if ``loads`` > 0"""
    load: Whole
    """``(passes, most)`` picture codes in the order they are sent"""
    used: Floats
    """``(owners + 1, 2)`` pictures and seconds of imaging; the last row: of nobody"""
