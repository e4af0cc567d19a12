"""How long may a solver go on? It asks; the answer comes from a clock or from a count."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Protocol, runtime_checkable

__all__ = ["Budget", "Deadline", "Over", "Part", "Rounds", "Until", "seconds_until"]


class Over(Exception):
    """A budget was used up before there was anything to show for it."""


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


class Part:
    """What is left of a budget until a share of the whole is gone, as a budget of its own."""

    def __init__(self, budget: Budget, until: float) -> None:
        self._budget, self._begin, self._until = budget, budget.used(), until

    def used(self) -> float:
        """The share of this part that is gone."""
        span = self._until - self._begin
        return (self._budget.used() - self._begin) / span if span > 0.0 else 1.0

    def left_s(self) -> float:
        """Seconds that are left of this part."""
        return seconds_until(self._budget, self._until)


def seconds_until(budget: Budget, share: float) -> float:
    """Seconds until so large a share of a budget is gone; infinite, and no round spent, where rounds are counted."""
    left_s = budget.left_s()
    if left_s == inf or (used := budget.used()) >= 1.0:
        return left_s
    return max(left_s * (share - used) / (1.0 - used), 0.0)


@runtime_checkable
class Deadline(Protocol):
    """Somebody who says stop and knows when: whoever is asked seldom can make haste."""

    def __call__(self) -> bool:
        """Is it time to stop?"""

    def left_s(self) -> float:
        """Seconds until then."""


class Until:
    """A budget that lasts until somebody says stop, a :class:`Deadline` perhaps."""

    def __init__(self, stop: Callable[[], bool]) -> None:
        self._stop = stop
        self._left_s = stop.left_s if isinstance(stop, Deadline) else lambda: inf  # asked once: it is slow to tell

    def used(self) -> float:
        """0, and 1 from then on."""
        return 1.0 if self._stop() else 0.0

    def left_s(self) -> float:
        """Endless, or what a deadline says; 0 from then on."""
        return 0.0 if self._stop() else self._left_s()
