"""Where does a picture divide two kinds of ground? Thresholds from the tiles that show both (split-based thresholding).

A threshold of a whole picture fails where one kind is rare. Tiles that fall into two clear classes are asked instead
(Martinis et al. 2009, Nat. Hazards Earth Syst. Sci. 9, 303-314), and what they say is held against what is known of
the quantity from elsewhere, each by its doubt: a picture without both kinds leaves the known value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.room import strips
from swath.product.wet_kernels import tile_histograms

__all__ = ["Known", "Split", "histograms", "otsu", "split_threshold"]

Array = npt.NDArray[Any]

SEPARATION, SMALLER_SHARE = 0.65, 0.1
"""A tile shows both kinds if two classes explain so much of its variance and the smaller has so much of it."""
MOST_TILES = 1500
POOLED = 0.60
"""least share of variance explained by two classes over all tiles asked"""


@dataclass(frozen=True)
class Known:
    """What is known of a threshold before a picture is seen. All in the unit of the quantity."""

    value: float
    sigma: float
    """of the right threshold from picture to picture"""
    low: float
    """a threshold found below is no border between these two kinds; ``high`` likewise"""
    high: float
    contrast: float
    """least difference of the means of the two kinds"""


@dataclass(frozen=True)
class Split:
    """A threshold, and how sure it is."""

    value: float
    sigma: float
    tiles: int
    """that showed both kinds"""
    because: str


def _tile_corners(shape: tuple[int, int], size_px: int) -> npt.NDArray[np.int64]:
    """Upper left corners ``(n, 2)`` of square tiles over a picture, at most 1,500, evenly spread."""
    rows, columns = shape
    corners = np.array([(r, c) for r in range(0, rows, size_px) for c in range(0, columns, size_px)], np.int64)
    return corners[:: max(1, -(-len(corners) // MOST_TILES))]


def histograms(
    work: Callable[..., Array], *layers: Array, size_px: int, low: float, high: float, bins: int
) -> npt.NDArray[np.int64]:
    """Histograms ``(tiles, bins)`` of what ``work`` makes of layers ``(row, column)``, over :func:`_tile_corners`.

    ``work`` gets strips of the layers, of which each begins with a tile.
    """
    shape, counts = layers[0].shape, []
    corners = _tile_corners((shape[0], shape[1]), size_px)
    for _, _, rows in strips(shape, 0):
        here = corners[(corners[:, 0] >= rows.start) & (corners[:, 0] < rows.stop)] - np.array([rows.start, 0])
        counts.append(tile_histograms(work(*(layer[rows] for layer in layers)), here, size_px, low, high, bins))
    return np.concatenate(counts)


def otsu(counts: Array, middles: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Best division of histograms ``(n, bins)`` in two, bins about ``middles`` (Otsu 1979).

    Threshold, share of the variance that the two classes explain, share of the smaller class, and the difference of
    the means of the two, and their mean standard deviation, ``(n,)`` each.
    """
    total = np.maximum(counts.sum(1, keepdims=True), 1)
    below = np.cumsum(counts, 1) / total
    moment = np.cumsum(counts * middles, 1) / total
    mean = moment[:, -1:]
    variance = np.maximum((counts * (middles - mean) ** 2).sum(1) / total[:, 0], 1e-12)
    between = (mean * below - moment) ** 2 / np.maximum(below * (1.0 - below), 1e-9)
    # Between two classes with nothing in between every threshold is as good: the middle one is taken.
    best = between >= between.max(1, keepdims=True) * (1.0 - 1e-9)
    first, last = best.argmax(1), counts.shape[1] - 1 - best[:, ::-1].argmax(1)
    at = np.arange(len(counts))
    share = below[at, first]
    mixed = np.maximum(share * (1.0 - share), 1e-9)
    apart = np.sqrt(between.max(1) / mixed)
    half_bin = 0.5 * float(middles[1] - middles[0])
    threshold = 0.5 * (middles[first] + middles[last]) + half_bin
    within = np.sqrt(np.maximum(variance - between.max(1), 0.0))
    return threshold, between.max(1) / variance, np.minimum(share, 1.0 - share), apart, within


def split_threshold(counts: Array, middles: Array, known: Known, what: str) -> Split:
    """The threshold of a picture from histograms of its tiles ``(n, bins)``, and what is known of it beforehand.

    ``what`` names the quantity in the reason. The doubt of what the tiles say is their own spread, at least a fifth
    of what is known beforehand.
    """
    value, separation, smaller, apart, _ = otsu(counts, middles)
    enough = counts.sum(1) > 0.25 * max(float(counts.sum(1).max(initial=0)), 1.0)
    plausible = (value > known.low) & (value < known.high) & (apart > known.contrast) & enough
    both = plausible & (separation > SEPARATION) & (smaller > SMALLER_SHARE)
    tiles = int(both.sum())
    prior = f"{what} {known.value:.3g} as known from other pictures"
    if tiles == 0:
        return Split(known.value, known.sigma, 0, f"{prior}: no tile shows both kinds")
    pooled, explained, _, pooled_apart, _ = (float(v[0]) for v in otsu(counts[both].sum(0)[None], middles))
    if not known.low < pooled < known.high or explained < POOLED or pooled_apart < known.contrast:
        return Split(known.value, known.sigma, 0, f"{prior}: the tiles do not agree")
    spread = float(np.std(value[both])) / np.sqrt(tiles) if tiles > 2 else known.sigma
    own = float(np.hypot(0.6 * known.sigma, spread))
    weight = known.sigma**2 / (known.sigma**2 + own**2)
    found = weight * pooled + (1.0 - weight) * known.value
    sigma = known.sigma * own / float(np.hypot(known.sigma, own))
    words = f"{what} {found:.3g}, from {tiles} of {len(counts)} tiles that show both kinds ({pooled:.3g}) and {prior}"
    return Split(found, sigma, tiles, words)
