"""How many vehicles, roofs or stacks stand on open ground, and how large? Spots that differ from what is around them.

A spot of a size is where the mean of a square of that size differs from its frame by more than the picture's texture
does at that size; each spot is taken at the size that shows it best, and none overlaps another. Counts and sizes with
intervals: kinds are not told apart, no vehicle is followed or named, and pictures finer than 0.25 m are refused.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.blob_kernels import frame_contrast, local_peaks
from swath.product.ships import Objects

__all__ = ["FINEST_M", "find_spots"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

FINEST_M = 0.25
"""people are not counted"""
_STEP = 1.3


def find_spots(
    brightness: Array, seen: Mask, pixel_m: float, *, least_m: float, most_m: float, least_deviations: float = 6.0
) -> Objects:
    """Spots between two sizes (sides of squares) on ground: brightness of one band and where it is seen.

    Darker and brighter ones alike. ``least_deviations``: of the contrasts of squares of that size over the picture,
    robustly. What is found of seeded ones and how many are false: tests/product/test_ships.py. :class:`InputError`
    for sizes below two pixels and pictures finer than 0.25 m.
    """
    if pixel_m < FINEST_M:
        raise InputError(f"pixels of {pixel_m} m", fix=f"Average to {FINEST_M} m or more: people are not counted")
    if brightness.shape != seen.shape or not 2.0 * pixel_m <= least_m <= most_m:
        raise InputError(
            f"spots of {least_m} to {most_m} m in pixels of {pixel_m} m, seen {seen.shape} of {brightness.shape}",
            fix="Give sizes of two pixels and more, and a mask on the same grid",
        )
    known = seen & np.isfinite(brightness)
    image = np.where(known, brightness, 0.0).astype(np.float64)
    sides: list[int] = []
    side = least_m / pixel_m
    while side <= most_m / pixel_m * 1.001:
        if round(side) not in sides:
            sides.append(round(side))
        side *= _STEP
    score = np.zeros((len(sides), *image.shape), np.float32)
    for n, px in enumerate(sides):
        contrast = frame_contrast(image, known, px)
        values = np.abs(contrast[np.isfinite(contrast)])
        usual = 1.4826 * float(np.median(values)) if len(values) else 1.0
        score[n] = np.nan_to_num(np.abs(contrast) / max(usual, 1e-12))
    rows = []
    for n, i, j in _apart(score, sides, least_deviations):
        length = sides[n] * pixel_m
        low = length / math.sqrt(_STEP) - 0.5 * pixel_m
        rows.append(
            {
                "row_px": float(i), "column_px": float(j), "length_m": length, "length_low_m": max(low, 0.0),
                "length_high_m": length * _STEP + 0.5 * pixel_m, "width_m": length,
                "contrast_ratio": float(score[n, i, j]) / least_deviations,
            }
        )  # fmt: skip
    return Objects.from_rows(rows)


def _apart(score: Array, sides: list[int], least: float) -> list[tuple[int, int, int]]:
    """Scale, row and column of peaks, the highest first, none on a higher one or its frame (that is its own shadow)."""
    found = [np.argwhere(local_peaks(score[n], max(side // 2, 1), least)) for n, side in enumerate(sides)]
    peaks, scale = np.concatenate(found), np.repeat(np.arange(len(sides)), [len(f) for f in found])
    taken, kept = np.zeros(score.shape[1:], np.bool_), []
    for k in np.argsort(-score[scale, peaks[:, 0], peaks[:, 1]], kind="stable"):
        n, (i, j) = int(scale[k]), peaks[k]
        a, c = i - sides[n] // 2, j - sides[n] // 2
        if taken[max(a, 0) : a + sides[n], max(c, 0) : c + sides[n]].any():
            continue
        grow = max(sides[n] // 3, 1) + 1
        taken[max(a - grow, 0) : a + sides[n] + grow, max(c - grow, 0) : c + sides[n] + grow] = True
        kept.append((n, int(i), int(j)))
    return kept
