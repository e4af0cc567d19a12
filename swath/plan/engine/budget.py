"""How long may a solver go on? It asks; the answer comes from a clock or from a count."""

from __future__ import annotations

from math import inf
from typing import Protocol

__all__ = ["Budget", "Rounds"]


class Budget(Protocol):
    """What is left of the time or of the rounds. A solver asks often and stops soon after ``used()`` reaches 1."""

    def used(self) -> float:
        """The share that is gone, 1 when it is time to stop."""

    def left_s(self) -> float:
        """Seconds that are left; infinite where rounds are counted."""


class Rounds:
    """A budget of so many rounds: the same problem, seed and rounds give the same plan on every machine."""

    def __init__(self, rounds: int) -> None:
        self._rounds, self._asked = max(rounds, 1), 0

    def used(self) -> float:
        """The share of the rounds that is gone. Asking is what counts as a round."""
        self._asked += 1
        return (self._asked - 1) / self._rounds

    def left_s(self) -> float:
        """Infinite: no clock is asked."""
        return inf
