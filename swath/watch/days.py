"""What is known of a place, day by day: changed, no change, or not seen, and then why not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.table import Table, column

__all__ = ["DAY_STATES", "Days", "LookState", "days_of"]

DAY_STATES = ("changed", "no change", "not seen")
_RANK = {name: rank for rank, name in enumerate(DAY_STATES)}
_WHY = {
    "cloud": "clouds lay over it",
    "shadow": "shadow lay over it",
    "angle": "no look is like enough in angle to compare with",
    "sun": "the Sun stood too low",
    "history": "there is too little from before to compare with",
    "partly": "the picture shows only part of it",
    "no pass": "nobody passed over it",
    "no scene": "somebody passed, no picture of it is in the archive",
    "no data": "no picture of it is in the archive",
}
"""why nothing can be told, from a short word"""


@dataclass(frozen=True)
class LookState:
    """What one picture said of a place."""

    at: np.datetime64
    scene: str
    state: str
    """of :data:`DAY_STATES`"""
    why: str = ""
    """where it is not seen: a short word; else what was found"""
    simulated: bool = False

    def __post_init__(self) -> None:
        if self.state not in DAY_STATES:
            raise InputError(f"no state is called {self.state!r}", fix=f"Give one of {', '.join(DAY_STATES)}")


@dataclass(frozen=True)
class Days(Table):
    """One row a day, every day there."""

    day: npt.NDArray[np.datetime64] = column("datetime64[D]", "UTC", "")
    state: npt.NDArray[np.str_] = column("U", "-", "changed, no change or not seen")
    because: npt.NDArray[np.str_] = column("U", "-", "why it was not seen, else what was found")
    looks: npt.NDArray[np.int64] = column("i8", "-", "pictures of that day")
    scene: npt.NDArray[np.str_] = column("U", "-", "the picture that decided")


def days_of(
    looks: Sequence[LookState],
    first: np.datetime64,
    last: np.datetime64,
    *,
    passes: Mapping[np.datetime64, int] | None = None,
) -> Days:
    """The state of each day from ``first`` to ``last``, both in it.

    The look that tells most decides: a change before no change before not seen; of several that saw nothing the last.
    ``passes``, by day, are looks that were possible: a day without one says ``no pass``, else ``no scene``; where it is
    not given, ``no data``: a day without a picture is never a day without change.
    """
    days = np.arange(first.astype("datetime64[D]"), last.astype("datetime64[D]") + 1)
    if not len(days):
        raise InputError("the last day is before the first", fix="Give them in order")
    by_day: dict[np.datetime64, list[LookState]] = {}
    for look in looks:
        by_day.setdefault(look.at.astype("datetime64[D]"), []).append(look)
    rows = []
    for day in days:
        mine = sorted(by_day.get(day, ()), key=lambda look: look.at)
        if mine:
            best = min(reversed(mine), key=lambda look: _RANK[look.state])
            rows.append((day, best.state, _told(best.why), len(mine), best.scene))
            continue
        why = "no data" if passes is None else "no scene" if passes.get(day, 0) else "no pass"
        rows.append((day, "not seen", _WHY[why], 0, ""))
    columns = [list(values) for values in zip(*rows, strict=True)]
    return Days(np.array(columns[0], "datetime64[D]"), *(np.array(values) for values in columns[1:]))


def _told(why: str) -> str:
    return _WHY.get(why, why)
