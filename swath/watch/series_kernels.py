"""Hot loops of watching: what looks are off together, over how large a patch, look after look. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["box_means", "calm_season", "patch_peaks", "push_look", "run_scores"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def box_means(values: Array, seen: Array, reach: int, least_share: float) -> Array:
    """Mean of the seen values ``(row, column)`` within ``reach`` rows and columns; NaN where less than a share is seen.

    Only seen pixels have one: a patch is told by the looks at its own pixels.
    """
    rows, columns = values.shape
    total, known = np.zeros((rows + 1, columns + 1), np.float64), np.zeros((rows + 1, columns + 1), np.int32)
    for i in range(rows):
        line, count = 0.0, 0
        for j in range(columns):
            if seen[i, j]:
                line += values[i, j]
                count += 1
            total[i + 1, j + 1] = total[i, j + 1] + line
            known[i + 1, j + 1] = known[i, j + 1] + count
    out = np.full((rows, columns), np.nan, np.float32)
    least = least_share * (2 * reach + 1) ** 2
    for i in range(rows):
        a, b = max(i - reach, 0), min(i + reach + 1, rows)
        for j in range(columns):
            if not seen[i, j]:
                continue
            c, d = max(j - reach, 0), min(j + reach + 1, columns)
            n = known[b, d] - known[a, d] - known[b, c] + known[a, c]
            if n >= least or reach == 0:
                out[i, j] = (total[b, d] - total[a, d] - total[b, c] + total[a, c]) / n
    return out


@njit(cache=True, nogil=True)
def push_look(now: Array, ring: Array, held: Array) -> None:
    """A look ``(band, pixel)`` into the last ones ``(look, band, pixel)``, newest first; NaN: not seen, nothing moves.

    ``held`` ``(pixel,)``: looks in the ring.
    """
    looks, bands, pixels = ring.shape
    for p in range(pixels):
        if not np.isfinite(now[0, p]):
            continue
        for k in range(looks - 1, 0, -1):
            for band in range(bands):
                ring[k, band, p] = ring[k - 1, band, p]
        for band in range(bands):
            ring[0, band, p] = now[band, p]
        held[p] = min(held[p] + 1, looks)


@njit(cache=True, nogil=True)
def run_scores(ring: Array, held: Array, fresh: Array) -> Array:
    """How far off is the least of the last looks, along the way all of them are off? ``(pixel,)``, 0 where unknown.

    One look that is far off alone (a cloud that no mask found) scores nothing. ``fresh``: pixels seen in this look.
    """
    looks, bands, pixels = ring.shape
    score, way = np.zeros(pixels, np.float32), np.zeros(bands)
    for p in range(pixels):
        if not fresh[p] or held[p] < looks:
            continue
        length = 0.0
        for band in range(bands):
            way[band] = 0.0
            for k in range(looks):
                way[band] += ring[k, band, p]
            length += way[band] ** 2
        length = np.sqrt(length)
        if length <= 0.0:
            continue
        least = np.inf
        for k in range(looks):
            along = 0.0
            for band in range(bands):
                along += ring[k, band, p] * way[band]
            least = min(least, along / length)
        score[p] = max(least, 0.0)
    return score


@njit(cache=True, nogil=True)
def patch_peaks(label: Array, score: Array, count: int) -> tuple[Array, Array, Array]:
    """Of patches numbered from 1: highest score, where it is (flat index), and pixels."""
    peak, at, size = np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64)
    rows, columns = label.shape
    for i in range(rows):
        for j in range(columns):
            n = label[i, j] - 1
            if n < 0:
                continue
            size[n] += 1
            if score[i, j] > peak[n]:
                peak[n], at[n] = score[i, j], i * columns + j
    return peak, at, size


@njit(cache=True, nogil=True)
def calm_season(errors: Array, sigma: Array, way: Array, doubt: float) -> None:
    """Errors ``(band, pixel)`` in deviations, with what a doubtful season does taken back, in place.

    ``way`` is what one unit of doubt (a day, a share of the swing) changes in the bands' own unit, ``sigma`` their
    deviation. The part of an error along it is as likely as its variance with the doubt says (one whitened
    direction): what a season explains counts little, what goes another way counts in full.
    """
    bands, pixels = errors.shape
    for p in range(pixels):
        size = along = 0.0
        for band in range(bands):
            part = way[band, p] / sigma[band, p]
            size += part * part
            along += part * errors[band, p]
        if not size > 1e-12:
            continue
        less = (1.0 - 1.0 / np.sqrt(1.0 + doubt * doubt * size)) * along / size
        for band in range(bands):
            errors[band, p] -= less * way[band, p] / sigma[band, p]
