"""The battery of an AEOSSP satellite: does a chain of looks keep it, and if not, which looks draw too much together?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.plan.bench.aeossp import Craft
from swath.plan.bench.aeossp_kernels import battery_walk
from swath.plan.engine.net import Cut

__all__ = ["Battery"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_MARGIN_WH = 1.0
"""plans stay so far above empty: a terminator falls inside a segment, and the judge asks only its middle"""


@dataclass(frozen=True)
class Battery:
    """What one satellite can store, gets and draws; ``sunlit`` by instant of a grid of ``step_s``."""

    craft: Craft
    sunlit: npt.NDArray[np.bool_]
    step_s: float

    def broken(
        self,
        start_s: Floats,
        stop_s: Floats,
        turn_s: Floats,
        mine: Whole,
        all_start_s: Floats,
        all_stop_s: Floats,
    ) -> list[Cut]:
        """The cut that a chain of looks breaks, if its battery would run empty.

        The looks in the order of time, with the turn (and settling) right before each; ``mine``: all looks of this
        satellite with their times, over which the cut is laid.
        """
        craft = self.craft
        low_wh, at, full = battery_walk(
            start_s,
            stop_s,
            turn_s,
            self.sunlit,
            self.step_s,
            craft.capacity_wh,
            craft.initial_wh,
            craft.charge_w,
            craft.idle_w,
            craft.imaging_w,
            craft.slew_w,
            _MARGIN_WH,
        )
        if low_wh >= _MARGIN_WH or not len(start_s):
            return []
        mean_turn_s = float(turn_s.mean())

        def drawn_wh(begin_s: Floats, end_s: Floats) -> Floats:
            return (craft.imaging_w * (end_s - begin_s) + craft.slew_w * mean_turn_s) / 3600.0

        begin_s, end_s = full * self.step_s, at * self.step_s
        inside = (start_s >= begin_s) & (start_s < end_s)
        limit = float(drawn_wh(start_s[inside], stop_s[inside]).sum()) - (_MARGIN_WH - low_wh)
        over = (all_start_s >= begin_s) & (all_start_s < end_s)
        return [Cut(mine[over], drawn_wh(all_start_s[over], all_stop_s[over]), max(limit, 0.0))]
