"""HiGHS as it is used here: quiet, on one thread, repeatable."""

from __future__ import annotations

from math import inf
from typing import Any

import highspy

from swath.errors import DataError
from swath.plan.engine.budget import Budget

__all__ = ["quiet_solver", "run"]


def quiet_solver() -> Any:
    """HiGHS, repeatable and silent: ``Highs()`` itself prints a banner before it can be told not to."""
    solver: Any = highspy.Highs.__mro__[1]()
    for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        solver.setOptionValue(name, setting)
    return solver


def run(solver: Any, budget: Budget | None = None, *, most_s: float = inf, close: float = 0.0) -> None:
    """Solve, in at most so many seconds and while the budget lasts, whatever anybody in this process did before.

    An integer program whose gap is no more than ``close`` by then goes on: to prove what is nearly proven is worth
    all that is left of the budget.
    HiGHS keeps one pool of threads in a process and refuses to run with another number than the first one asked for.
    Raises :class:`DataError` where it cannot solve at all.
    """
    if budget is not None:
        share_s = most_s if close > 0.0 else inf
        most_s = budget.left_s() if close > 0.0 else min(most_s, budget.left_s())

        def heed(kind: Any, message: str, out: Any, into: Any, user: Any) -> None:
            """An interrupt is heard within a node."""
            if budget.left_s() <= 0.0 or (out.running_time > share_s and out.mip_gap > close):
                into.user_interrupt = True

        solver.setCallback(heed, None)
        for kind in ("kCallbackMipInterrupt", "kCallbackSimplexInterrupt"):
            solver.startCallback(getattr(highspy.cb.HighsCallbackType, kind))
    if most_s < inf:
        solver.setOptionValue("time_limit", solver.getRunTime() + max(most_s, 0.01))
    if solver.run() == highspy.HighsStatus.kError:
        solver.resetGlobalScheduler(True)
        if solver.run() == highspy.HighsStatus.kError:
            raise DataError("HiGHS failed on a program", where="plan.engine", fix="Report the case: this is a defect")
