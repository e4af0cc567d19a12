"""Prices of rows from one planning to the next: told by what each row is about, found again by that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from swath.model import Multipliers
from swath.plan.arrays import Indexed
from swath.plan.bound.ledger import RowName
from swath.plan.bound.rules import PICTURE
from swath.plan.bound.stores import BATTERY, RECORDER
from swath.plan.engine.net import Task

__all__ = ["begin_at", "multipliers_of"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_MOST = 1e30
"""no limit is worth more a unit, whatever a file says"""


def multipliers_of(indexed: Indexed, names: Sequence[RowName], task: Task, price: Floats) -> Multipliers:
    """What one unit more of each limit would add to the bound.

    Rows that have a price; at 0 also stores, and pictures that somebody could take, which are no new ones next time.
    """
    told = np.flatnonzero((price > 0.0) | _levels(names) | (_pictures(names) & (_most(task) > 0.0)))
    return Multipliers(
        rule=np.array([names[n].rule for n in told.tolist()], "U"),
        at=_times(indexed, names)[told],
        value=price[told] / np.array([names[n].amount_per_one for n in told.tolist()], np.float64),
    )


def begin_at(indexed: Indexed, names: Sequence[RowName], task: Task, known: Multipliers) -> Floats:
    """Where prices begin that an earlier planning knew; 0 for rows that it had not.

    A row of a store that it had not, because a contact was lost, say, begins like the one before it. A picture is
    priced at no more than its best look is worth now, and at that if it is new.
    """
    always = dict(zip(known.rule.tolist(), known.value.tolist(), strict=True))
    price_of = dict(zip(zip(known.rule.tolist(), known.at.tolist(), strict=True), known.value.tolist(), strict=True))
    at = _times(indexed, names).tolist()
    found = np.array(
        [
            # what holds always is found again by its rule alone, also in a plan that starts at another time
            price_of.get((name.rule, t), always.get(name.rule, -1.0) if name.at_s == 0.0 else -1.0)
            for name, t in zip(names, at, strict=True)
        ],
        np.float64,
    )
    last: dict[str, float] = {}
    for n in np.flatnonzero(_levels(names)).tolist():
        if found[n] < 0.0:
            found[n] = last.get(names[n].rule, 0.0)
        last[names[n].rule] = found[n]
    pictures, most = _pictures(names), _most(task)
    unit = np.array([name.amount_per_one for name in names], np.float64)
    price = np.where((found < 0.0) & pictures, most, np.clip(found, 0.0, _MOST) * unit)
    return np.asarray(np.where(pictures, np.minimum(price, most), price), np.float64)


def _most(task: Task) -> Floats:
    """By row: the most that a node is worth that draws on it."""
    most = np.zeros(len(task.rows.limit))
    np.maximum.at(most, task.rows.row, np.repeat(task.value, np.diff(task.rows.first)))
    return most


def _levels(names: Sequence[RowName]) -> npt.NDArray[np.bool_]:
    """Rows that say what is held from one time to the next."""
    return np.array([name.rule.startswith((RECORDER, BATTERY)) for name in names], np.bool_)


def _pictures(names: Sequence[RowName]) -> npt.NDArray[np.bool_]:
    """Rows that say that a request is pictured once."""
    return np.array([name.rule.startswith(PICTURE) for name in names], np.bool_)


def _times(indexed: Indexed, names: Sequence[RowName]) -> Times:
    """From when rows count, to the millisecond as a plan file has it."""
    after_ms = np.round(np.array([name.at_s for name in names], np.float64) * 1e3)
    return np.asarray(indexed.problem.start + after_ms.astype("timedelta64[ms]").astype("timedelta64[ns]"))
