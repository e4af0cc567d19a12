"""Which columns of a picture say nothing? Those of broken detectors: dead ones read 0, hot ones full scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FULL_COUNT", "Broken", "clear_broken"]

FULL_COUNT = 4095
"""of samples of 12 bits"""
_LEAST_LINES = 32
"""fewer at full scale may be something bright"""
_LOOKS = 16


@dataclass(frozen=True)
class Broken:
    """Columns of one band, from 0, in which nothing was seen."""

    dead: tuple[int, ...] = ()
    hot: tuple[int, ...] = ()


def clear_broken(counts: npt.NDArray[np.uint16]) -> Broken:
    """Which columns of a band ``(line, column)`` are broken? Hot ones are set to 0, as dead ones are: holes.

    Hot is a column of which at least 32 samples have arrived, all at full scale; dead one of which none has but 0,
    where others saw something. What was hidden so is told, and everything after takes it for a hole
    (tests/archive/test_columns.py). A few lines are looked at first, so a picture without broken columns costs little.
    """
    lines = counts[:: max(counts.shape[0] // _LOOKS, 1)]
    doubtful = np.flatnonzero(((lines == 0) | (lines == FULL_COUNT)).all(0))
    if not len(doubtful) or not counts.any():
        return Broken()
    there = counts[:, doubtful] > 0
    full = counts[:, doubtful] == FULL_COUNT
    hot = doubtful[(full == there).all(0) & (there.sum(0) >= _LEAST_LINES)]
    dead = doubtful[~there.any(0)]
    counts[:, hot] = 0
    return Broken(tuple(dead.tolist()), tuple(hot.tolist()))
