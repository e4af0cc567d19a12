"""What an instance set and a planner must answer to, so that one command compares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from swath.plan.engine.budget import Budget

__all__ = ["Answer", "InstanceSet", "Planner", "Told", "Verdict"]

Told = Callable[[str, float, float], None]
"""what is being done, value of the best plan so far, bound so far"""


@dataclass(frozen=True)
class Answer:
    """A plan in the form of its instance set, and what no plan can exceed."""

    text: str
    """what goes to the file of the plan"""
    bound: float
    """infinite where a planner proves nothing"""
    because: str
    """how the bound was found and for which model it holds"""
    more: Mapping[str, Any] = field(default_factory=dict)
    """further numbers worth printing"""


@dataclass(frozen=True)
class Verdict:
    """What an independent judge says about a plan."""

    valid: bool
    value: float
    """what the plan is worth by the rules of its set; 0 where one is broken"""
    broken: tuple[str, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    """the set's other measures, fairness say"""


class Planner(Protocol):
    """A function that plans a case: entry point group ``swath.planners``."""

    def __call__(self, case: Any, *, budget: Budget, seed: int, told: Told) -> Answer:
        """A plan of a case within a budget."""


class InstanceSet(Protocol):
    """A family of cases with rules: an object named by an entry point of the group ``swath.instances``."""

    files: tuple[str, ...]
    """names of the files of a case's folder; none where a case is a single file"""

    def read(self, texts: Mapping[str, str]) -> Any:
        """The case that the texts of its files describe, by file name. Raises ``InputError``."""

    def solve(self, case: Any, *, budget: Budget, seed: int, told: Told) -> Answer:
        """The plan that swath itself makes of a case."""

    def judge(self, case: Any, text: str) -> Verdict:
        """Does anybody's plan keep the rules, and what is it worth? Raises ``InputError`` for what is no plan."""
