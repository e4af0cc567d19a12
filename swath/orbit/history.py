"""What does a satellite's own history of element sets say about them?

Every set is carried to the epochs of the others and compared with them there. A published set is at its best at its own
epoch, so the difference is, nearly, the error that the first set had grown to by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Elements
from swath.orbit.sgp4 import propagate, propagate_where_possible
from swath.table import Table, column
from swath.time import elapsed_s

__all__ = ["Comparisons", "compare", "histories", "own_axes", "split_along"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SAME_SET_S = 1800.0
"""sets closer together than this share nearly all of their observations: the later one of the file is kept"""
_MOST_PAIRS = 100_000


@dataclass(frozen=True)
class Comparisons(Table):
    """How far each set of a history was from each other one at that one's epoch."""

    held: npt.NDArray[np.int64] = column("i8", "-", "number of the set that is carried to another epoch")
    later: npt.NDArray[np.int64] = column("i8", "-", "number of the set it is compared with, at that one's epoch")
    age_days: npt.NDArray[np.float64] = column("f8", "days", "from the first one's epoch; negative: carried back")
    along_track_s: npt.NDArray[np.float64] = column("f8", "s", "the carried position is ahead by so much")
    radial_m: npt.NDArray[np.float64] = column("f8", "m", "the carried position is higher by so much")
    cross_track_m: npt.NDArray[np.float64] = column("f8", "m", "to the side of the orbit's angular momentum")


def histories(elements: Iterable[Elements]) -> dict[int, tuple[Elements, ...]]:
    """Which sets does each object have, oldest first? Of sets within half an hour of each other the last one counts."""
    found: dict[int, list[Elements]] = {}
    for one in elements:
        found.setdefault(one.norad_id, []).append(one)
    kept: dict[int, tuple[Elements, ...]] = {}
    for norad_id, sets in found.items():
        ordered: list[Elements] = []
        for one in sorted(sets, key=lambda e: e.epoch):  # stable: the file's order decides between equal epochs
            if ordered and float(elapsed_s(ordered[-1].epoch, one.epoch)) < _SAME_SET_S:
                ordered.pop()
            ordered.append(one)
        kept[norad_id] = tuple(ordered)
    return kept


def compare(history: Sequence[Elements], *, max_age_days: float = 30.0) -> Comparisons:
    """How well did the sets of one satellite foretell, and hindcast, one another?

    ``history`` is in the order of the epochs. All pairs up to ``max_age_days`` apart, thinned evenly beyond 100,000;
    pairs that SGP4 cannot carry are left out. Along-track differences are exact however large (angles in the orbital
    plane); a whole revolution cannot be told from none. Raises :class:`InputError` for sets of more than one object or
    out of order.
    """
    epochs = np.array([one.epoch for one in history], "datetime64[ns]")
    if len({one.norad_id for one in history}) > 1 or (np.diff(epochs) < np.timedelta64(0)).any():
        raise InputError("not the sets of one satellite in the order of their epochs", fix="Sort them with histories()")
    if len(history) < 2:
        return Comparisons.empty()
    r_m, v_m_s = (np.stack(rows) for rows in zip(*(_own_state(one) for one in history), strict=True))
    parts = [_carried(number, history, epochs, r_m, v_m_s, max_age_days) for number in range(len(history))]
    every = Comparisons.join(parts)
    return every if len(every) <= _MOST_PAIRS else every.take(slice(None, None, -(-len(every) // _MOST_PAIRS)))


def _own_state(one: Elements) -> tuple[Floats, Floats]:
    return propagate(one, one.epoch)


def _carried(
    number: int,
    history: Sequence[Elements],
    epochs: npt.NDArray[np.datetime64],
    r_m: Floats,
    v_m_s: Floats,
    max_age_days: float,
) -> Comparisons:
    age_days = elapsed_s(epochs[number], epochs) / 86400.0
    others = np.flatnonzero((np.abs(age_days) <= max_age_days) & (np.arange(len(epochs)) != number))
    carried_m, _, good = propagate_where_possible(history[number], epochs[others])
    others, carried_m = others[good], carried_m[good]
    along_s, radial_m, cross_m = split_along(carried_m, r_m[others], v_m_s[others])
    return Comparisons(np.full(len(others), number), others, age_days[others], along_s, radial_m, cross_m)


def own_axes(r_m: Floats, v_m_s: Floats) -> Floats:
    """Which ways are up, forward and sideways in an orbit? Rows of ``(..., 3, 3)``: radial, transverse, normal."""
    up = r_m / np.linalg.norm(r_m, axis=-1, keepdims=True)
    normal = np.cross(r_m, v_m_s)
    normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.stack([up, np.cross(normal, up), normal], -2)


def split_along(carried_m: Floats, r_m: Floats, v_m_s: Floats) -> tuple[Floats, Floats, Floats]:
    """How far is a position ahead of (s), above and beside (m) a state? All ``(..., 3)`` in one inertial frame.

    Ahead is the angle in the orbital plane over the angular speed; exact however large the angle, as long as the orbit
    is near to circular (to 1 % for eccentricities up to 0.01).
    """
    axes = own_axes(r_m, v_m_s)
    up_m, ahead_m, beside_m = np.moveaxis(np.einsum("...ij,...j->...i", axes, carried_m), -1, 0)
    distance_m = np.linalg.norm(r_m, axis=-1)
    forward_m_s = np.sum(axes[..., 1, :] * v_m_s, -1)
    along_s = np.arctan2(ahead_m, up_m) * distance_m / forward_m_s
    return along_s, np.linalg.norm(carried_m, axis=-1) - distance_m, beside_m
