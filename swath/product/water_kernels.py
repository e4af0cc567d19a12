"""Hot loops of the flood map: water likelihood, mixed edge pixels, flooded share, sums by block. Arrays in and out.

A likelihood is the expected share of a pixel under water in percent, ``uint8``; ``UNSEEN`` where nothing is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "NOT_SEEN_SHARE",
    "UNSEEN",
    "block_sums",
    "blur",
    "flood_mask",
    "flood_shares",
    "ndwi_histograms",
    "open_water",
    "sharpen_edges",
]

Array = npt.NDArray[Any]

UNSEEN = 255
NOT_SEEN_SHARE = -128
_LOGIT_LIMIT = 6.0
_NIR_SLOPE = 40.0
_PURE = 0.12
"""a shore pixel with less of one kind is taken as the other kind only: so much may be texture"""


@njit(cache=True)
def _ndwi(green: Array, nir: Array, row: int, column: int) -> float:
    g, n = float(green[row, column]), float(nir[row, column])
    return (g - n) / (g + n) if g + n > 0 else 0.0


@njit(cache=True)
def ndwi_histograms(
    green: Array, nir: Array, seen: Array, corners: Array, size: int, bins: int, even_ndwi: float
) -> tuple[Array, Array]:
    """Histograms ``(n, bins)`` of NDWI (-1 to 1) in the ``size`` x ``size`` tiles whose corners are given ``(n, 2)``.

    First of all seen pixels, then of those that differ from their four neighbours by less than ``even_ndwi``:
    mixed pixels do not.
    """
    rows, columns = green.shape
    every = np.zeros((len(corners), bins), np.int64)
    even = np.zeros((len(corners), bins), np.int64)
    for tile in range(len(corners)):
        top, left = corners[tile, 0], corners[tile, 1]
        for row in range(max(top, 1), min(top + size, rows - 1)):
            for column in range(max(left, 1), min(left + size, columns - 1)):
                if not seen[row, column]:
                    continue
                here = _ndwi(green, nir, row, column)
                place = min(max(int((here + 1.0) * 0.5 * bins), 0), bins - 1)
                every[tile, place] += 1
                if (
                    abs(_ndwi(green, nir, row, column + 1) - here) < even_ndwi
                    and abs(_ndwi(green, nir, row + 1, column) - here) < even_ndwi
                    and abs(_ndwi(green, nir, row, column - 1) - here) < even_ndwi
                    and abs(_ndwi(green, nir, row - 1, column) - here) < even_ndwi
                ):
                    even[tile, place] += 1
    return every, even


@njit(cache=True)
def _logits_of_row(
    green: Array, nir: Array, seen: Array, ndwi: float, slope: float, limit: float, logits: Array
) -> None:
    """Log-odds of water of one row of pixels, 0 where not seen."""
    for column in range(len(logits)):
        logits[column] = 0.0
        if seen[column]:
            g, n = float(green[column]), float(nir[column])
            logit = slope * ((g - n) / (g + n) - ndwi) if g + n > 0 else 0.0
            logit = min(logit, (limit - n) * _NIR_SLOPE / limit)
            logits[column] = min(max(logit, -_LOGIT_LIMIT), _LOGIT_LIMIT)


@njit(cache=True)
def open_water(
    green: Array, nir: Array, seen: Array, ndwi_threshold: float, ndwi_slope: float, reflectance_limit: float
) -> Array:
    """Likelihood of open water: a logistic of NDWI about a threshold, no water where nir exceeds a limit.

    The mean evidence of the eight neighbours, as far as they are seen, is added to a pixel's own.
    ``reflectance_limit`` is in the pixels' own units.
    """
    rows, columns = green.shape
    result = np.empty((rows, columns), np.uint8)
    logits = np.zeros((3, columns), np.float32)
    total, count = np.zeros(columns + 2, np.float32), np.zeros(columns + 2, np.int64)
    for row in range(rows):
        for fresh in range(0 if row == 0 else row + 1, min(row + 2, rows)):
            _logits_of_row(
                green[fresh], nir[fresh], seen[fresh], ndwi_threshold, ndwi_slope, reflectance_limit, logits[fresh % 3]
            )
        total[:], count[:] = 0.0, 0
        for near in range(max(row - 1, 0), min(row + 2, rows)):
            for column in range(columns):
                total[column + 1] += logits[near % 3, column]
                count[column + 1] += seen[near, column]
        for column in range(columns):
            if not seen[row, column]:
                result[row, column] = UNSEEN
                continue
            own = logits[row % 3, column]
            others = count[column] + count[column + 1] + count[column + 2] - 1
            logit = own
            if others > 0:
                logit += (total[column] + total[column + 1] + total[column + 2] - own) / others
            result[row, column] = np.uint8(100.0 / (1.0 + np.exp(-logit)) + 0.5)
    return result


@njit(cache=True)
def _uniform(likelihood: Array, row: int, column: int, reach: int) -> bool:
    """Do all seen pixels within ``reach`` agree with this one on being water?"""
    water = likelihood[row, column] >= 50
    for i in range(max(row - reach, 0), min(row + reach + 1, likelihood.shape[0])):
        for j in range(max(column - reach, 0), min(column + reach + 1, likelihood.shape[1])):
            if likelihood[i, j] != UNSEEN and (likelihood[i, j] >= 50) != water:
                return False
    return True


@njit(cache=True)
def _edge_map(likelihood: Array) -> Array:
    """0 far from any shore, 1 next to pixels that touch it, 2 at the shore (the other kind is one of 8 neighbours)."""
    rows, columns = likelihood.shape
    edge = np.zeros((rows, columns), np.uint8)
    for row in range(rows):
        for column in range(columns):
            if likelihood[row, column] == UNSEEN or _uniform(likelihood, row, column, 1):
                continue
            edge[row, column] = 2
            for i in range(max(row - 1, 0), min(row + 2, rows)):
                for j in range(max(column - 1, 0), min(column + 2, columns)):
                    if edge[i, j] == 0:
                        edge[i, j] = 1
    return edge


@njit(cache=True)
def sharpen_edges(likelihood: Array, nir: Array, contrast: float) -> Array:
    """Likelihood with shore pixels replaced by the share of water that explains their nir.

    At the shore a pixel is a mixture: share = (land - nir) / (land - water), with the means of the pure pixels of
    both kinds within 5 pixels. Kept as it was where one kind is not there or they differ by less than ``contrast``.
    """
    rows, columns = likelihood.shape
    edge = _edge_map(likelihood)
    result = likelihood.copy()
    for row in range(rows):
        for column in range(columns):
            if edge[row, column] == 0 or likelihood[row, column] == UNSEEN:
                continue
            land, water, lands, waters = 0.0, 0.0, 0, 0
            for i in range(max(row - 5, 0), min(row + 6, rows)):
                for j in range(max(column - 5, 0), min(column + 6, columns)):
                    if edge[i, j] != 0 or likelihood[i, j] == UNSEEN:
                        continue
                    if likelihood[i, j] >= 50:
                        water += nir[i, j]
                        waters += 1
                    else:
                        land += nir[i, j]
                        lands += 1
            if lands < 3 or waters < 3:
                continue
            land, water = land / lands, water / waters
            if land - water >= contrast:
                share = (land - nir[row, column]) / (land - water)
                share = 0.0 if share < _PURE else (1.0 if share > 1.0 - _PURE else share)
                result[row, column] = np.uint8(100.0 * share + 0.5)
    return result


@njit(cache=True)
def blur(likelihood: Array, sigma_px: float) -> Array:
    """Likelihood at places known to ``sigma_px`` only: normal-weighted mean of the seen pixels around each seen one."""
    rows, columns = likelihood.shape
    reach = min(max(int(np.ceil(2.0 * sigma_px)), 1), 6)
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma_px, 1e-3)) ** 2).astype(np.float32)
    total = np.zeros((2 * reach + 1, columns), np.float32)
    known = np.zeros((2 * reach + 1, columns), np.float32)
    result = likelihood.copy()
    for fresh in range(rows + reach):
        if fresh < rows:
            slot = fresh % (2 * reach + 1)
            total[slot], known[slot] = 0.0, 0.0
            for column in range(columns):
                if likelihood[fresh, column] != UNSEEN:
                    for j in range(max(column - reach, 0), min(column + reach + 1, columns)):
                        total[slot, j] += weight[j - column + reach] * likelihood[fresh, column]
                        known[slot, j] += weight[j - column + reach]
        row = fresh - reach
        if row < 0:
            continue
        for column in range(columns):
            if likelihood[row, column] != UNSEEN:
                above, below = np.float32(0.0), np.float32(0.0)
                for i in range(max(row - reach, 0), min(row + reach + 1, rows)):
                    above += weight[i - row + reach] * total[i % (2 * reach + 1), column]
                    below += weight[i - row + reach] * known[i % (2 * reach + 1), column]
                result[row, column] = np.uint8(above / below + 0.5)
    return result


@njit(cache=True)
def _near(likelihood: Array, row: int, column: int, reach: int) -> bool:
    """Is there water within ``reach`` pixels?"""
    for i in range(max(row - reach, 0), min(row + reach + 1, likelihood.shape[0])):
        for j in range(max(column - reach, 0), min(column + reach + 1, likelihood.shape[1])):
            if likelihood[i, j] != UNSEEN and likelihood[i, j] >= 50:
                return True
    return False


@njit(cache=True)
def flood_shares(now: Array, before: Array, normal_share: float, reach: int) -> Array:
    """Expected share of each pixel newly under water, percent, ``int8``; ``NOT_SEEN_SHARE`` where now is not seen.

    Within ``reach`` of both normal water and water now it is the signed difference now - before: a shift between the
    two pictures then adds on one bank what it takes from the other. Elsewhere it is what now exceeds before: ground
    that looks a little like water does so in both.
    Where before is not seen, ``normal_share`` of the water is taken for normal.
    """
    rows, columns = now.shape
    shares = np.empty((rows, columns), np.int8)
    for row in range(rows):
        for column in range(columns):
            wet, old = now[row, column], before[row, column]
            if wet == UNSEEN:
                shares[row, column] = NOT_SEEN_SHARE
            elif old == UNSEEN:
                shares[row, column] = np.int8(wet * (1.0 - normal_share) + 0.5)
            elif wet == 0 and old == 0:
                shares[row, column] = 0
            elif _near(before, row, column, reach) and _near(now, row, column, reach):
                shares[row, column] = np.int8(np.int64(wet) - np.int64(old))
            else:
                shares[row, column] = wet - old if wet > old else 0
    return shares


@njit(cache=True)
def flood_mask(shares: Array) -> Array:
    """Where is it more likely flooded than not? 1 or 0; slivers (fewer than 11 of 25 pixels around) are left out."""
    rows, columns = shares.shape
    mask = np.zeros((rows, columns), np.uint8)
    for row in range(rows):
        for column in range(columns):
            if shares[row, column] < 50:
                continue
            count = 0
            for i in range(max(row - 2, 0), min(row + 3, rows)):
                for j in range(max(column - 2, 0), min(column + 3, columns)):
                    count += shares[i, j] >= 50
            mask[row, column] = count >= 11
    return mask


@njit(cache=True)
def block_sums(shares: Array, before: Array, area: Array, block: int, normal_share: float) -> tuple[Array, Array]:
    """Sums over the area of interest: by block, and over all.

    By block ``(block rows, block columns, 4)``, in pixels: seen land, flooded, unseen land, share (1 - share). Land
    means without the expected normal water. Over all ``(4,)``: length of the flood's outline in pixel sides, change of
    the flooded area with a shift of one pixel right and one down, flooded pixels whose past (``before``) is unknown.
    """
    rows, columns = shares.shape
    sums = np.zeros(((rows + block - 1) // block, (columns + block - 1) // block, 4))
    totals = np.zeros(4)
    for row in range(rows):
        for column in range(columns):
            share = shares[row, column] * 0.01
            seen = shares[row, column] != NOT_SEEN_SHARE
            inside = area[row, column]
            if seen and column + 1 < columns and shares[row, column + 1] != NOT_SEEN_SHARE:
                if inside != area[row, column + 1]:
                    middle = 0.5 * (share + 0.01 * shares[row, column + 1])
                    totals[1] += -middle if inside else middle
                elif inside and (shares[row, column] >= 50) != (shares[row, column + 1] >= 50):
                    totals[0] += 1.0
            if seen and row + 1 < rows and shares[row + 1, column] != NOT_SEEN_SHARE:
                if inside != area[row + 1, column]:
                    middle = 0.5 * (share + 0.01 * shares[row + 1, column])
                    totals[2] += -middle if inside else middle
                elif inside and (shares[row, column] >= 50) != (shares[row + 1, column] >= 50):
                    totals[0] += 1.0
            if not inside:
                continue
            known = before[row, column] != UNSEEN
            land = 1.0 - before[row, column] * 0.01 if known else 1.0 - normal_share
            cell = sums[row // block, column // block]
            if seen:
                cell[0] += land
                cell[1] += share
                if known:
                    cell[3] += abs(share) * (1.0 - abs(share))
                elif share > 0.0:
                    totals[3] += 1.0
            else:
                cell[2] += land
    return sums, totals
