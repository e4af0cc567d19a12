"""Hot loops of quality numbers. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["edge_blur", "moments", "moments_whole", "noise_of_blocks", "slopes_of"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def moments(image: Array, known: Array, top: float, out: Array) -> None:
    """Adds to ``out``: count, sum, sum of squares, least, most of what is below ``top``, and how many reach it."""
    for i in range(image.shape[0]):
        count, total, square, high = 0, 0.0, 0.0, 0
        low, most = out[3], out[4]
        for j in range(image.shape[1]):
            if known[i, j]:
                value = float(image[i, j])
                count += 1
                if value >= top:
                    high += 1
                    continue
                total += value
                square += value * value
                low = min(low, value)
                most = max(most, value)
        out[0] += count
        out[1] += total
        out[2] += square
        out[3], out[4] = low, most
        out[5] += high


@njit(cache=True, nogil=True)
def moments_whole(image: Array, known: Array, out: Array) -> None:
    """As :func:`moments`, of numbers of at most 16 bits of which none is too high: whole sums, several at once."""
    for i in range(image.shape[0]):
        count, total, square = np.int64(0), np.int64(0), np.int64(0)
        low, most = np.int32(65536), np.int32(-32769)
        for j in range(image.shape[1]):
            value = np.int32(image[i, j])
            there = np.int32(known[i, j])
            count += there
            total += value * there
            square += np.int64(value * there) * np.int64(value)
            low = min(low, value if there else np.int32(65536))
            most = max(most, value if there else np.int32(-32769))
        out[0] += count
        out[1] += total
        out[2] += square
        if count:
            out[3], out[4] = min(out[3], float(low)), max(out[4], float(most))


@njit(cache=True, nogil=True)
def noise_of_blocks(image: Array, known: Array, size: int, out: Array) -> int:
    """Noise (standard deviation) of each whole block: |N * image| with N the difference of two Laplacians.

    Immerkaer (1996), Computer Vision and Image Understanding 64, 300: the mask [[1,-2,1],[-2,4,-2],[1,-2,1]] is blind
    to planes and to edges along rows and columns; sigma = sqrt(pi/2) mean|.| / 6. Returns how many blocks there were.
    """
    blocks = 0
    for top in range(1, image.shape[0] - size, size):
        for left in range(1, image.shape[1] - size, size):
            whole = True
            for i in range(top - 1, top + size + 1):
                for j in range(left - 1, left + size + 1):
                    whole = whole and known[i, j]
            if not whole or blocks >= len(out):
                continue
            total = 0.0
            for i in range(top, top + size):
                for j in range(left, left + size):
                    middle = 4.0 * image[i, j]
                    sides = image[i - 1, j] * 1.0 + image[i + 1, j] + image[i, j - 1] + image[i, j + 1]
                    corners = (
                        image[i - 1, j - 1] * 1.0 + image[i - 1, j + 1] + image[i + 1, j - 1] + image[i + 1, j + 1]
                    )
                    total += abs(middle - 2.0 * sides + corners)
            out[blocks] = np.sqrt(np.pi / 2.0) * total / (6.0 * size * size)
            blocks += 1
    return blocks


@njit(cache=True, nogil=True)
def _smooth(image: Array, weights: Array, across: bool, out: Array) -> None:
    """Edges are repeated outwards. Row by row and weight by weight, so that sums are made several at once."""
    half = len(weights) // 2
    rows, columns = image.shape
    wide = np.empty(columns + 2 * half)
    for i in range(rows):
        row = out[i]
        row[:] = 0.0
        if across:
            wide[:half], wide[half : half + columns], wide[half + columns :] = image[i, 0], image[i], image[i, -1]
        for k in range(len(weights)):
            weight = weights[k]
            line = wide[k : k + columns] if across else image[min(max(i + k - half, 0), rows - 1)]
            for j in range(columns):
                row[j] += weight * line[j]


@njit(cache=True, nogil=True)
def slopes_of(image: Array, out: Array) -> None:
    """Steepness of each pixel: central differences, one-sided at the rim, as ``np.gradient`` makes them."""
    rows, columns = image.shape
    for i in range(rows):
        up, down, row = image[max(i - 1, 0)], image[min(i + 1, rows - 1)], image[i]
        scale = 0.5 if 0 < i < rows - 1 else 1.0
        for j in range(1, columns - 1):
            y, x = (down[j] - up[j]) * scale, (row[j + 1] - row[j - 1]) * 0.5
            out[i, j] = np.sqrt(y * y + x * x)
        for j in (0, columns - 1):
            y, x = (down[j] - up[j]) * scale, row[min(j + 1, columns - 1)] - row[max(j - 1, 0)]
            out[i, j] = np.sqrt(y * y + x * x)


@njit(cache=True, nogil=True)
def edge_blur(image: Array, known: Array, weights: Array, sigma: float, floor: float, out: Array) -> int:
    """Blur (sigma, pixels) at each strong edge: by how much blurring it again flattens its steepest place.

    At a step blurred by s the steepest slope falls from 1/s to 1/sqrt(s^2 + ``sigma``^2) when ``weights``, a Gaussian
    of ``sigma``, blur it once more. Edges: slopes above ``floor`` that are the steepest along their own direction.
    Returns how many went to ``out``.
    """
    rows, columns = image.shape
    half, again = np.empty((rows, columns)), np.empty((rows, columns))
    _smooth(image, weights, True, half)
    _smooth(half, weights, False, again)
    margin, found = len(weights) // 2 + 2, 0
    for i in range(margin, rows - margin):
        for j in range(margin, columns - margin):
            gx, gy = (image[i, j + 1] - image[i, j - 1]) / 2.0, (image[i + 1, j] - image[i - 1, j]) / 2.0
            if gx * gx + gy * gy <= floor * floor or found >= len(out):
                continue
            slope = np.hypot(gx, gy)
            whole = True
            for a in range(-margin, margin + 1, margin):
                for b in range(-margin, margin + 1, margin):
                    whole = whole and known[i + a, j + b]
            along_x = abs(gx) >= abs(gy)
            before = after = 0.0
            if along_x:
                before = np.hypot(
                    (image[i, j] - image[i, j - 2]) / 2.0, (image[i + 1, j - 1] - image[i - 1, j - 1]) / 2.0
                )
                after = np.hypot(
                    (image[i, j + 2] - image[i, j]) / 2.0, (image[i + 1, j + 1] - image[i - 1, j + 1]) / 2.0
                )
            else:
                before = np.hypot(
                    (image[i - 1, j + 1] - image[i - 1, j - 1]) / 2.0, (image[i, j] - image[i - 2, j]) / 2.0
                )
                after = np.hypot(
                    (image[i + 1, j + 1] - image[i + 1, j - 1]) / 2.0, (image[i + 2, j] - image[i, j]) / 2.0
                )
            if not whole or slope < before or slope < after:
                continue
            less = np.hypot((again[i, j + 1] - again[i, j - 1]) / 2.0, (again[i + 1, j] - again[i - 1, j]) / 2.0)
            if less > 0.0 and slope > 1.005 * less:  # else blurred beyond ten pixels: no edge
                ratio = slope / less
                out[found] = sigma / np.sqrt(ratio * ratio - 1.0)
                found += 1
    return found
