"""How warm is a part of the satellite? One mass that is heated and tends to its surroundings."""

from __future__ import annotations

from math import exp

import numpy as np
import numpy.typing as npt

from swath.spacecraft.power import Thermal

__all__ = ["Node"]

Floats = npt.NDArray[np.float64]


class Node:
    """Temperature as a function of seconds since the start of the flight, exact between changes of the heating."""

    def __init__(self, thermal: Thermal) -> None:
        self.thermal = thermal
        self.now_k = thermal.rest_k
        self._since: list[tuple[float, float, float]] = [(0.0, self.now_k, self.now_k)]
        """from when, the temperature then, and the one it tends to"""

    def tend(self, begin_s: float, until_s: float, share: float) -> None:
        """Heated from one time to another by a share of what would raise it by ``rise_k`` for ever."""
        if until_s <= begin_s:
            return
        aim_k = self.thermal.rest_k + self.thermal.rise_k * share
        if self._since[-1][2] != aim_k:
            self._since.append((begin_s, self.now_k, aim_k))
        self.now_k = aim_k + (self.now_k - aim_k) * exp(-(until_s - begin_s) / self.thermal.settles_s)

    def at(self, at_s: Floats) -> Floats:
        """Temperatures at some times, kelvin."""
        since_s, warm_k, aim_k = np.array(self._since).T
        row = np.clip(np.searchsorted(since_s, at_s, "right") - 1, 0, None)
        fading = np.exp(-np.maximum(at_s - since_s[row], 0.0) / self.thermal.settles_s)
        return np.asarray(aim_k[row] + (warm_k[row] - aim_k[row]) * fading, np.float64)
