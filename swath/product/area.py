"""How large is the flood, with what could not be seen, and how sure is that?

    area = sum over seen pixels of the expected flooded share
         + unseen land x the flooded share expected there (kriging of the seen blocks)

The interval adds four independent doubts of the seen part (classification, outline, position, unknown past), taken
as normal, to the doubt about the unseen part, a beta distribution between "none" and "all of it".
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.model import Estimate

__all__ = ["BlockSums", "Doubts", "beta_quantiles", "estimate_area", "krige_unseen"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

OUTLINE_SIGMA_M = 0.6
"""systematic error of where a sharp picture's shores are drawn"""
BLUR_SIGMA = 0.5
"""of shores that a camera blurs, per sum of share x (1 - share), which is a sixth of the width that is mixed; both
constants found by benchmarks/calibrate_products.py while shores were looked for once and lay 1.5 m inside (0 to 3)"""
NORMAL_SHARE_SIGMA = 0.35
"""of the share of normal water among water whose past is unknown"""
SHARE_SIGMA = 0.01
"""least doubt about the flooded share of unseen land"""
PRIOR_SHARE, PRIOR_SIGMA = 0.2, 0.15
"""of the land of an area of interest, what a flood that somebody orders a map of usually covers"""
PRIOR_VARIANCE, PRIOR_PATCHES = 0.08, 3.0
"""between blocks of a flood map, and how many patches of seen land it counts for"""
PATCHINESS = 0.5
"""of the variance inside a block, what is left for the unseen part of it as a whole"""
KRIGING_INFLATION = 1.4
"""of the standard deviation, for the correlation itself is estimated from the same picture; found on 30 floods
(tests/product/flights.py, seeds 200 to 229)"""


@dataclass(frozen=True)
class BlockSums:
    """Sums over square blocks of the area of interest, in pixels; land is what normal water does not cover."""

    seen: Floats
    """``(rows, columns)`` seen land; likewise the next two"""
    flooded: Floats
    unseen: Floats
    block_m: float
    """side of a block"""


@dataclass(frozen=True)
class Doubts:
    """What the uncertainty of the seen part is made of."""

    threshold_px: float
    """of a systematic error of the log-odds of water: its sigma x sum of share x (1 - share)"""
    outline_m: float
    """length of the flood's outline"""
    shift_px_per_px: tuple[float, float]
    """change of the flooded area inside the area of interest with a shift of one pixel right, down"""
    position_sigma_px: float
    """of the picture, per axis"""
    unknown_past_px: float
    """water now whose past the earlier picture does not show"""
    mixed_px: float = 0.0
    """sum of share x (1 - share) over seen pixels; 0: all shores are sharp"""

    def sigma_px(self, pixel_m: float) -> float:
        """Standard deviation of the seen flooded area, in pixels."""
        parts = (
            self.threshold_px,
            OUTLINE_SIGMA_M / pixel_m * self.outline_m / pixel_m,
            BLUR_SIGMA * self.mixed_px,
            self.position_sigma_px * float(np.hypot(*self.shift_px_per_px)),
            NORMAL_SHARE_SIGMA * self.unknown_past_px,
        )
        return float(np.linalg.norm(parts))


def krige_unseen(sums: BlockSums) -> tuple[float, float]:
    """Which share of the unseen land is flooded, judged from the seen blocks around? Mean and standard deviation.

    Kriging of the flooded share of blocks with an exponential correlation, its length and strength fitted to the seen
    blocks (Cressie, Statistics for Spatial Data, 1993, 2.4 and 3.2), and a prior for the mean that counts where little
    is seen. 0.5 and 0.5 where nothing is.
    """
    full = float(np.max(sums.seen + sums.unseen, initial=0.0))
    known = sums.seen > 0.25 * full
    hidden = sums.unseen > 0.0
    if not known.any() or not hidden.any():
        return (0.5, 0.5) if hidden.any() else (0.0, 0.0)
    share = np.clip(sums.flooded[known] / sums.seen[known], 0.0, 1.0)
    weight = sums.unseen[hidden] / sums.unseen[hidden].sum()
    at, to = np.argwhere(known) * sums.block_m, np.argwhere(hidden) * sums.block_m
    apart = _distances(at, at)
    length_m, nugget = _fit_correlation(apart, share, sums.block_m)
    variance = _shrunk_variance(share, length_m / sums.block_m)
    smooth = variance * (1.0 - nugget)
    covariance = smooth * np.exp(-apart / length_m)
    covariance[np.diag_indices_from(covariance)] += variance * nugget + 1e-6
    cross = smooth * np.exp(-_distances(at, to) / length_m) @ weight
    inside_block = PATCHINESS * float((share * (1.0 - share)).mean()) + variance * nugget
    own = float(weight @ (smooth * np.exp(-_distances(to, to) / length_m)) @ weight) + inside_block * float(
        weight @ weight
    )
    solved = np.linalg.solve(covariance, np.column_stack([cross, share, np.ones(len(share))]))
    ones = float(solved[:, 2].sum()) + 1.0 / PRIOR_SIGMA**2
    mean = (float(solved[:, 1].sum()) + PRIOR_SHARE / PRIOR_SIGMA**2) / ones
    expected = mean + float(cross @ (solved[:, 1] - mean * solved[:, 2]))
    left = own - float(cross @ solved[:, 0]) + (1.0 - float(cross @ solved[:, 2])) ** 2 / ones
    sigma = KRIGING_INFLATION * float(np.sqrt(max(left, 0.0)))
    return float(np.clip(expected, 0.0, 1.0)), max(sigma, SHARE_SIGMA)


def _shrunk_variance(share: Floats, length_blocks: float) -> float:
    """Variance of the flooded share between blocks, drawn to what floods usually have when few patches are seen."""
    patches = len(share) / (1.0 + np.pi * length_blocks**2)
    return float((patches * share.var() + PRIOR_PATCHES * PRIOR_VARIANCE) / (patches + PRIOR_PATCHES))


def _distances(a: Array, b: Array) -> Floats:
    return np.asarray(np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]), np.float64)


def _fit_correlation(apart: Floats, share: Floats, block_m: float) -> tuple[float, float]:
    """Correlation length and share of uncorrelated variance that fit the seen blocks' variogram best."""
    lag = np.minimum((apart / block_m + 0.5).astype(np.int64), 24).ravel()
    half = 0.5 * (share[:, None] - share[None, :]).ravel() ** 2
    pairs = np.bincount(lag, minlength=25)[1:24].astype(np.float64)
    gamma = np.bincount(lag, half, minlength=25)[1:24] / np.maximum(pairs, 1.0) / max(share.var(), 1e-9)
    distance = np.arange(1, 24, dtype=np.float64)
    weight = pairs / distance**2
    best, length, nugget = np.inf, 1.0, 0.0
    for candidate in 0.5 * 1.3 ** np.arange(16):
        for floor in (0.0, 0.1, 0.25, 0.5):
            model = floor + (1.0 - floor) * (1.0 - np.exp(-distance / candidate))
            misfit = float((weight * (gamma - model) ** 2).sum())
            if misfit < best:
                best, length, nugget = misfit, float(candidate), floor
    return length * block_m, nugget


def beta_quantiles(mean: float, sigma: float, count: int = 400) -> Floats:
    """``count`` equally likely values between 0 and 1 of the beta distribution with that mean and deviation.

    A mean nearer to 0 or 1 than half the deviation is taken as that far off, for the distribution could not be wide.
    """
    sigma = float(np.clip(sigma, 1e-4, 0.49))
    mean = float(np.clip(mean, 0.5 * sigma, 1.0 - 0.5 * sigma))
    sigma = min(sigma, 0.98 * float(np.sqrt(mean * (1.0 - mean))))
    total = mean * (1.0 - mean) / sigma**2 - 1.0
    a, b = mean * total, (1.0 - mean) * total
    # In log-odds the density has no poles, however small a and b, and falls as exp(-b x) and exp(a x).
    logit = np.linspace(-1.0, 1.0, 8001) * max(40.0, 12.0 / min(a, b))
    log_density = -a * np.logaddexp(0.0, -logit) - b * np.logaddexp(0.0, logit)
    density = np.exp(log_density - log_density.max())
    below = np.cumsum(density) - 0.5 * density
    at = np.interp((np.arange(count) + 0.5) / count, below / density.sum(), logit)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(at, -700.0, 700.0))), np.float64)


def estimate_area(sums: BlockSums, doubts: Doubts, pixel_m: float, confidence: float = 0.9) -> Estimate:
    """The flooded area in km2, the unseen part included, with its interval and what it was added up from."""
    pixel_km2 = pixel_m**2 / 1e6
    known, unseen = float(sums.seen.sum()), float(sums.unseen.sum())
    seen = float(sums.flooded.sum())
    mean, spread = krige_unseen(sums)
    rank = (np.arange(400) + 0.5) / 400.0
    normal = seen + doubts.sigma_px(pixel_m) * np.array([NormalDist().inv_cdf(float(p)) for p in rank])
    hidden = unseen * beta_quantiles(mean, spread) if unseen > 0.0 else np.zeros(1)
    possible = np.clip(np.add.outer(normal, hidden).ravel(), 0.0, known + unseen)
    low, high = np.quantile(possible, [0.5 - confidence / 2.0, 0.5 + confidence / 2.0])
    value = float(np.clip(seen + unseen * mean, low, high))
    seen_km2, unseen_km2 = seen * pixel_km2, unseen * pixel_km2
    because = (
        f"{seen_km2:.3f} km2 in what is seen, the sum of expected shares of pixels; and of {unseen_km2:.3f} km2 of "
        f"unseen land {unseen_km2 * mean:.3f} km2, after the shares seen around it"
    )
    return Estimate(value * pixel_km2, "km2", float(low) * pixel_km2, float(high) * pixel_km2, confidence, because)
