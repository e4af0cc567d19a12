"""What changed between two dates? All bands at once, whatever the light, the haze and the gain of either picture.

Iteratively reweighted multivariate alteration detection (Nielsen 2007, IEEE Trans. Image Process. 16, 463-478):
canonical variates of the two pictures differ by noise where nothing happened, whatever linear change of units either
has; pixels count by how likely they did not change, until the variates stand still. The pictures must lie over each
other to a fraction of a pixel (``swath.archive.coregister``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.tails import chi_square_above

__all__ = ["PairChange", "normalise_pair", "pair_change"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]

_ROUNDS, _STILL = 40, 1e-4
_RIDGE = 1e-9
_LEAST_PX_PER_BAND = 20
_SURE = 0.95
"""chance of no change from which a pixel tells how the pictures are related"""


@dataclass(frozen=True)
class PairChange:
    """Two dates beside each other."""

    statistic: Float32s
    """``(row, column)`` sum of squared variates in deviations: chi-square with as many degrees as bands where nothing
    changed; NaN not seen"""
    chance: Float32s
    """``(row, column)`` of a value so large if nothing changed; NaN not seen"""
    variates: Float32s
    """``(band, row, column)`` differences of the canonical variates in deviations, the most alike last"""
    correlations: Floats
    """``(band,)`` of the canonical variates"""
    gain: Floats
    """``(band,)`` with ``offset``: ``after`` is ``gain * before + offset`` where nothing changed"""
    offset: Floats


def pair_change(before: Array, after: Array, seen: Mask) -> PairChange:
    """Change between two pictures ``(band, row, column)`` of the same ground; ``seen`` ``(row, column)`` in both.

    Any units, and not the same ones. NaN and infinite values are not seen. False alarms on noise alone and what is
    found of seeded changes: tests/product/test_pair_change.py. :class:`InputError` where shapes differ, or where
    fewer than 20 pixels a band are seen in both.
    """
    if before.ndim != 3 or before.shape != after.shape or seen.shape != before.shape[1:]:
        raise InputError(
            f"pictures of {before.shape} and {after.shape}, seen {seen.shape}", fix="Give both on one grid, same bands"
        )
    known = seen & np.isfinite(before).all(0) & np.isfinite(after).all(0)
    bands = len(before)
    if int(known.sum()) < _LEAST_PX_PER_BAND * bands:
        raise InputError(
            f"{int(known.sum())} pixels are seen in both pictures", fix=f"{_LEAST_PX_PER_BAND} a band are needed"
        )
    x, y = before[:, known].astype(np.float64), after[:, known].astype(np.float64)
    difference, rho, weight = _altered(x, y)
    statistic = (difference**2).sum(0)
    gain, offset = _relation(x, y, weight)
    shape = seen.shape
    return PairChange(
        _spread(statistic, known, shape),
        _spread(chi_square_above(statistic, bands), known, shape),
        np.stack([_spread(row, known, shape) for row in difference]),
        rho,
        gain,
        offset,
    )


def _spread(values: Floats, known: Mask, shape: tuple[int, ...]) -> Float32s:
    out = np.full(shape, np.nan, np.float32)
    out[known] = values
    return out


def _altered(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Differences of canonical variates in deviations ``(band, pixel)``, correlations, chance of no change."""
    bands = len(x)
    weight, rho = np.ones(x.shape[1]), np.zeros(bands)
    both = np.vstack([x, y])
    for _ in range(_ROUNDS):
        total = weight.sum()
        mean = (both * weight).sum(1) / total
        centred = both - mean[:, None]
        cover = (centred * weight) @ centred.T / total
        scale = np.sqrt(np.maximum(np.diag(cover), 1e-30))
        cover = cover / np.outer(scale, scale) + _RIDGE * np.eye(2 * bands)
        a, b = np.linalg.cholesky(cover[:bands, :bands]), np.linalg.cholesky(cover[bands:, bands:])
        half = np.linalg.solve(b, np.linalg.solve(a, cover[:bands, bands:]).T).T
        u, now, v = np.linalg.svd(half)
        one = np.linalg.solve(a.T, u).T @ (centred[:bands] / scale[:bands, None])
        two = np.linalg.solve(b.T, v.T).T @ (centred[bands:] / scale[bands:, None])
        difference = (one - two)[::-1]
        sigma = np.sqrt(np.maximum((difference**2 * weight).sum(1) / total, 1e-30))
        difference = difference / sigma[:, None]
        weight = np.maximum(chi_square_above((difference**2).sum(0), bands), 1e-12)
        still = np.abs(now - rho).max() < _STILL
        rho = now
        if still:
            break
    # weights leave out the tails of what did not change: the middle of the statistic says by how much
    middle = np.median((difference**2).sum(0))
    return difference * np.sqrt(_median_of(bands) / max(float(middle), 1e-12)), rho, weight


def _median_of(degrees: int) -> float:
    low, high = 0.0, 10.0 * degrees
    for _ in range(60):
        m = 0.5 * (low + high)
        low, high = (m, high) if float(chi_square_above(m, degrees)) > 0.5 else (low, m)
    return low


def _relation(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Orthogonal regression of each band over what did not change (Canty and Nielsen 2008)."""
    sure = weight > _SURE if (weight > _SURE).sum() >= _LEAST_PX_PER_BAND else weight >= np.quantile(weight, 0.7)
    gain, offset = np.empty(len(x)), np.empty(len(x))
    for band, (a, b) in enumerate(zip(x[:, sure], y[:, sure], strict=True)):
        c = np.cov(a, b)
        slope = c[1, 1] - c[0, 0]
        gain[band] = (slope + np.sqrt(slope**2 + 4.0 * c[0, 1] ** 2)) / (2.0 * c[0, 1]) if abs(c[0, 1]) > 1e-30 else 1.0
        offset[band] = b.mean() - gain[band] * a.mean()
    return gain, offset


def normalise_pair(before: Array, change: PairChange) -> Float32s:
    """``before`` as it would look with the light and the gain of ``after`` (relative normalisation)."""
    return np.asarray(change.gain[:, None, None] * before + change.offset[:, None, None], np.float32)
