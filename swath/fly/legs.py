"""How a satellite was turned at any moment of its flight: a list of legs, each with a law of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from swath.fly.attitude import Turn, facing, looking
from swath.fly.surroundings import Surroundings
from swath.frames import rotate

__all__ = ["Legs", "sunward"]

Floats = npt.NDArray[np.float64]


class Legs:
    """Attitude as a function of seconds since the start of the flight; straight down at first. Legs come in order."""

    def __init__(self) -> None:
        self._begin_s = [-np.inf]
        self._law: list[Callable[[Floats], Floats]] = [_held(looking(0.0, 0.0))]
        self.now = looking(0.0, 0.0)
        """where the last leg ends"""

    def turn(self, turn: Turn) -> None:
        """A turn, and hold where it ends."""
        self._begin_s.append(turn.begin_s)
        self._law.append(turn.body_at)
        self.now = turn.to_body

    def face_sun(
        self, begin_s: float, until_s: float, around: Surroundings, normal: tuple[float, float, float]
    ) -> None:
        """Keep a body axis on the Sun; ``until_s`` tells which attitude the leg ends in."""
        self._begin_s.append(begin_s)
        self._law.append(lambda at_s: sunward(at_s, around, normal))
        self.now = sunward(np.array([until_s]), around, normal)[0]

    def body_at(self, at_s: Floats) -> Floats:
        """Attitudes ``(n, 3, 3)`` at rising times ``(n,)``."""
        found = np.empty((len(at_s), 3, 3))
        leg = np.searchsorted(self._begin_s, at_s, side="right") - 1
        for number in np.unique(leg):
            rows = leg == number
            found[rows] = self._law[number](at_s[rows])
        return found


def sunward(at_s: Floats, around: Surroundings, normal: tuple[float, float, float]) -> Floats:
    """Attitudes with a body axis on the Sun, ``(n, 3, 3)``."""
    rows = around.rows(at_s)
    return facing(rotate(around.orbital_axes[rows], around.sun[rows]), normal)


def _held(body: Floats) -> Callable[[Floats], Floats]:
    return lambda at_s: np.broadcast_to(body, (len(at_s), 3, 3))
