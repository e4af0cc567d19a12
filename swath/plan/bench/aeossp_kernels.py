"""Which start times of which task keep the rules of looking?"""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["battery_walk", "visible_starts"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def _sees(r: Floats, place: Floats, up: Floats, cos_limit: float) -> bool:
    """Is a place above the horizon plane and within the cone about the direction to the Earth's centre?"""
    x, y, z = place[0] - r[0], place[1] - r[1], place[2] - r[2]
    if x * up[0] + y * up[1] + z * up[2] >= 0.0:
        return False
    along = -(x * r[0] + y * r[1] + z * r[2])
    size = sqrt((x * x + y * y + z * z) * (r[0] * r[0] + r[1] * r[1] + r[2] * r[2]))
    return bool(along >= cos_limit * size)


@njit(cache=True, nogil=True)
def visible_starts(
    r_m: Floats,
    place_m: Floats,
    up: Floats,
    cos_limit: float,
    first: Whole,
    last: Whole,
    length: Whole,
    action_every: int,
    sample_every: int,
) -> tuple[Whole, Whole]:
    """All (task, start) whose whole interval sees its place, for one satellite.

    ``r_m``: (instants, 3) Earth-fixed, on the finest grid; ``first``, ``last``: by task, the instants between which an
    action must lie; ``length``: in instants. Samples are the start, every ``sample_every``-th instant inside and the
    end. Starts are every ``action_every``-th instant.
    """
    tasks, starts = [0 for _ in range(0)], [0 for _ in range(0)]
    for q in range(len(first)):
        if last[q] - first[q] < length[q]:
            continue
        count = last[q] - first[q] + 1
        seen = np.zeros(count + 1, np.int64)  # samples on the grid that fail, running total
        fine = np.zeros(count, np.bool_)
        for k in range(count):
            fine[k] = _sees(r_m[first[q] + k], place_m[q], up[q], cos_limit)
            on_grid = (first[q] + k) % sample_every == 0
            seen[k + 1] = seen[k] + (1 if on_grid and not fine[k] else 0)
        k = (-first[q]) % action_every
        while k + length[q] < count:
            end = k + length[q]
            if fine[k] and fine[end] and seen[end] - seen[k + 1] == 0 and (first[q] + end) % action_every == 0:
                tasks.append(q)
                starts.append(first[q] + k)
            k += action_every
    return np.array(tasks, np.int64), np.array(starts, np.int64)


@njit(cache=True, nogil=True)
def battery_walk(
    start_s: Floats,
    stop_s: Floats,
    turn_s: Floats,
    sunlit: npt.NDArray[np.bool_],
    step_s: float,
    capacity_wh: float,
    initial_wh: float,
    charge_w: float,
    idle_w: float,
    imaging_w: float,
    slew_w: float,
    margin_wh: float,
) -> tuple[float, int, int]:
    """The lowest level of the first stretch in which the battery falls below the margin, or of all where there is none.

    Returns the level, the instant at which it stands and the last instant before it at which the battery was full (0:
    the beginning).
    """
    level, low, low_at, low_full, full = initial_wh, initial_wh, 0, 0, 0
    drawn = np.zeros(len(sunlit))
    for k in range(len(start_s)):
        for part in range(2):
            a = start_s[k] if part == 0 else start_s[k] - turn_s[k]
            b = stop_s[k] if part == 0 else start_s[k]
            load = imaging_w if part == 0 else slew_w
            i = max(int(a / step_s), 0)
            while i < len(drawn) and i * step_s < b:
                drawn[i] += load * max(min(b, (i + 1) * step_s) - max(a, i * step_s), 0.0)
                i += 1
    for i in range(len(sunlit) - 1):
        light = 0.5 * ((1.0 if sunlit[i] else 0.0) + (1.0 if sunlit[i + 1] else 0.0))
        level += (light * charge_w * step_s - idle_w * step_s - drawn[i]) / 3600.0
        if level >= capacity_wh:
            level, full = capacity_wh, i + 1
            if low < margin_wh:
                break
        if level < low:
            low, low_at, low_full = level, i + 1, full
    return low, low_at, low_full
