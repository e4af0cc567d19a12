"""How good is a map against the truth? One place that fixes what each number means.

Three things are called "mean IoU" in papers and differ by 20 points: the intersection over union of all pixels pooled,
the mean of the chips', and the mean of the classes' (water and dry). All three are given, always under their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate

__all__ = ["Reliability", "Score", "reliability_of", "score_maps"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

BLOCK_PX, DRAWS = 64, 1000
"""blocks that are drawn anew for the intervals: neighbouring pixels err together"""
TENTHS = 11
_COUNTS = ("true_yes", "false_yes", "false_no", "true_no")


@dataclass(frozen=True)
class Reliability:
    """Of places that are said to be so likely, how many are it?"""

    said_share: tuple[float, ...]
    """mean likelihood of the pixels of each tenth (0 to 1) that has any"""
    true_share: tuple[float, ...]
    count_px: tuple[int, ...]
    mean_error_share: float
    """mean over pixels of the difference between said and true of their tenth"""
    worst_error_share: float
    """largest difference of a tenth that holds at least 1 % of the doubtful pixels (5 to 95 %), or of all"""


@dataclass(frozen=True)
class Score:
    """A map against the truth, on pixels where both are known."""

    estimates: dict[str, Estimate]
    """``iou_pooled``, ``iou_chips``, ``iou_classes``, ``precision``, ``recall``, ``f1``, ``accuracy`` (1, with 90 %
    intervals by drawing blocks anew), ``area_error`` (called / true - 1)"""
    chips: tuple[float, ...]
    """intersection over union of each chip in which truth or map has the class"""
    count_px: int
    """pixels judged"""
    unknown_px: int
    """pixels left out: truth or map not known"""
    reliability: Reliability | None


def score_maps(
    called: list[Array], true: list[Array], known: list[Mask], *, likelihood: list[Array] | None = None, seed: int = 0
) -> Score:
    """Score chips of a map (bool: called so) against the truth (bool), where ``known`` (bool); all ``(row, column)``.

    ``likelihood``: percent, 255 not seen, for the reliability. Where a class has no pixel at all in truth and map, its
    intersection over union is 1. Intervals hold how the blocks of these chips differ, not how other places would: with
    fewer than 4 blocks there is none. Raises :class:`InputError` where shapes differ or nothing is known.
    """
    if not called or len({len(called), len(true), len(known)}) != 1:
        raise InputError("as many chips of map, truth and mask are needed", fix="Give at least one of each")
    for number, (a, b, c) in enumerate(zip(called, true, known, strict=True)):
        if not a.shape == b.shape == c.shape:
            raise InputError(f"map {a.shape}, truth {b.shape}, mask {c.shape}", where=f"chip {number}", fix="Warp them")
    chips = [_blocks(a.astype(bool), b.astype(bool), c) for a, b, c in zip(called, true, known, strict=True)]
    total = np.concatenate(chips).sum(0)
    if total.sum() == 0:
        raise InputError("no pixel is known in both map and truth", fix="Give truth of the same place and time")
    sums = [part.sum(0) for part in chips]
    values = _numbers(total, sums)
    spread = _spread(chips, seed)
    words = f"of {len(np.concatenate(chips))} blocks of {BLOCK_PX} pixels, drawn anew {DRAWS} times"
    estimates = {
        name: Estimate(value, "1", *spread[name], because=words)
        if name in spread
        else Estimate(value, "1", because="too few blocks for an interval")
        for name, value in values.items()
    }
    unknown = sum(int(np.count_nonzero(~c)) for c in known)
    found = tuple(_iou(s) for s in sums if s[:3].sum() > 0)
    likely = None if likelihood is None else reliability_of(likelihood, true, known)
    return Score(estimates, found, int(total.sum()), unknown, likely)


def _blocks(called: Mask, true: Mask, known: Mask) -> npt.NDArray[np.float64]:
    """Counts (:data:`_COUNTS`) of each block of a chip, ``(n, 4)``; blocks without a known pixel are left out."""
    kinds = np.where(called, np.where(true, 0, 1), np.where(true, 2, 3))
    rows, columns = (np.arange(0, max(size, 1), BLOCK_PX) for size in called.shape)
    out = []
    for number in range(4):
        hits = (kinds == number) & known
        out.append(np.add.reduceat(np.add.reduceat(hits, rows, axis=0, dtype=np.int64), columns, axis=1).ravel())
    counts = np.stack(out, 1).astype(np.float64)
    return np.asarray(counts[counts.sum(1) > 0])


def _iou(counts: Array) -> float:
    union = float(counts[:3].sum())
    return float(counts[0]) / union if union > 0 else 1.0


def _numbers(total: Array, chips: list[Array]) -> dict[str, float]:
    yes, wrong, missed, no = (float(v) for v in total)
    dry_union = no + wrong + missed
    found = [_iou(s) for s in chips if s[:3].sum() > 0]
    numbers = {
        "iou_pooled": _iou(total),
        "iou_chips": float(np.mean(found)) if found else 1.0,
        "iou_classes": 0.5 * (_iou(total) + (no / dry_union if dry_union else 1.0)),
        "precision": yes / (yes + wrong) if yes + wrong else 1.0,
        "recall": yes / (yes + missed) if yes + missed else 1.0,
        "f1": 2 * yes / (2 * yes + wrong + missed) if yes + wrong + missed else 1.0,
        "accuracy": (yes + no) / float(total.sum()),
    }
    if yes + missed > 0:
        numbers["area_error"] = (yes + wrong) / (yes + missed) - 1.0
    return numbers


def _spread(chips: list[Array], seed: int) -> dict[str, tuple[float, float]]:
    """90 % intervals by drawing the blocks of each chip anew, and the chips where there are several."""
    if sum(len(part) for part in chips) < 4:
        return {}
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(DRAWS):
        which = rng.integers(0, len(chips), len(chips)) if len(chips) > 1 else [0]
        parts = [chips[k] for k in which if len(chips[k])]
        sums = [part[rng.integers(0, len(part), len(part))].sum(0) for part in parts]
        if not sums:
            continue
        for name, value in _numbers(np.sum(sums, 0), sums).items():
            drawn.setdefault(name, []).append(value)
    return {name: tuple(float(q) for q in np.quantile(v, [0.05, 0.95])) for name, v in drawn.items()}  # type: ignore[misc]


def reliability_of(likelihood: list[Array], true: list[Array], known: list[Mask]) -> Reliability:
    """Of places called x % likely, are x %? By tenths. Percent, 255 not seen; truth bool or a share of each pixel."""
    said = np.concatenate([p[k & (p <= 100)] for p, k in zip(likelihood, known, strict=True)]) / 100.0
    is_so = np.concatenate([t[k & (p <= 100)] for p, t, k in zip(likelihood, true, known, strict=True)])
    tenth = np.rint(said * 10.0).astype(int)
    count = np.bincount(tenth, minlength=TENTHS)
    there = count > 0
    mean_said = np.bincount(tenth, said, TENTHS)[there] / count[there]
    mean_true = np.bincount(tenth, is_so.astype(np.float64), TENTHS)[there] / count[there]
    error, number = np.abs(mean_said - mean_true), count[there]
    doubtful = (mean_said > 0.05) & (mean_said < 0.95)
    enough = ~doubtful | (number >= 0.01 * number[doubtful].sum())
    return Reliability(
        tuple(float(v) for v in mean_said),
        tuple(float(v) for v in mean_true),
        tuple(int(v) for v in number),
        float((error * number).sum() / max(int(number.sum()), 1)),
        float(error[enough].max(initial=0.0)),
    )
