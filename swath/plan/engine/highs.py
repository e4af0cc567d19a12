"""HiGHS as it is used here: quiet, on one thread, repeatable."""

from __future__ import annotations

from typing import Any

import highspy

from swath.errors import DataError

__all__ = ["quiet_solver", "run"]


def quiet_solver() -> Any:
    """HiGHS, repeatable and silent: ``Highs()`` itself prints a banner before it can be told not to."""
    solver: Any = highspy.Highs.__mro__[1]()
    for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        solver.setOptionValue(name, setting)
    return solver


def run(solver: Any) -> None:
    """Solve, whatever anybody in this process did with HiGHS before.

    HiGHS keeps one pool of threads in a process and refuses to run with another number than the first one asked for.
    Raises :class:`DataError` where it cannot solve at all.
    """
    if solver.run() == highspy.HighsStatus.kError:
        solver.resetGlobalScheduler(True)
        if solver.run() == highspy.HighsStatus.kError:
            raise DataError("HiGHS failed on a program", where="plan.engine", fix="Report the case: this is a defect")
