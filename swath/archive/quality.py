"""How good are these pixels? Numbers that go with every band, found while it is written.

``valid_share`` of all pixels; ``saturated_share`` of the valid; ``minimum``, ``maximum``, ``mean`` (of decibels: that
of their power) and ``sd`` of the others' values (scaled, in the band's unit); ``noise``, the standard deviation from
pixel to pixel where the scene is quiet; ``blur_px``, the sigma of a Gaussian that blurs a sharp edge as much as the
sharpest tenth of edges here. Each says null where it cannot be told. Sources: :func:`quality_kernels.noise_of_blocks`,
:func:`quality_kernels.edge_blur`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.archive.outside import SURFACE, TOA, OutsideAsset
from swath.archive.quality_kernels import edge_blur, moments, moments_whole, noise_of_blocks, slopes_of
from swath.archive.toa import dark_object_offset

__all__ = ["Inspector", "blur_px", "noise_sd"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_COARSE_PX = 64
_PATCH_PX, _MOST_PATCHES = 256, 24
_NOISE_BLOCK_PX = 16
_QUIET_SHARE = 0.1
_AGAIN_PX = 1.0
_FEWEST_EDGES = 50


def noise_sd(image: Array, known: Mask) -> float | None:
    """Noise of a picture: the tenth part of its blocks that are quietest. None with fewer than ten blocks.

    Of a flat picture with normal noise it finds the noise within 10 % (tests/archive/test_quality.py); texture as fine
    as a pixel cannot be told from noise and adds to it.
    """
    out = np.empty(max((image.shape[0] // _NOISE_BLOCK_PX) * (image.shape[1] // _NOISE_BLOCK_PX), 1))
    count = noise_of_blocks(image, known, _NOISE_BLOCK_PX, out)
    return _quiet(out[:count])


def _quiet(blocks: Floats) -> float | None:
    """What the quietest blocks say; the tenth quietest of many equal ones lies 1.28 of their spread below the mean."""
    if len(blocks) < 10:
        return None
    # |N * image| of one block of 16 x 16 scatters by some 7 %, as measured on normal noise.
    return float(np.quantile(blocks, _QUIET_SHARE) * 1.09)


def blur_px(image: Array, known: Mask, noise: float) -> float | None:
    """Blur of the sharpest edges, see the module. None where fewer than 50 edges stand out of the noise."""
    found = _blurs(image, known, noise)
    return float(np.quantile(found, 0.1)) if len(found) >= _FEWEST_EDGES else None


def _blurs(image: Array, known: Mask, noise: float) -> Floats:
    values = np.where(known, image, 0.0).astype(np.float64)
    offsets = np.arange(-4, 5)
    weights = np.exp(-0.5 * (offsets / _AGAIN_PX) ** 2)
    slopes = np.empty(values.shape)
    slopes_of(values, slopes)
    slopes = slopes[known]
    floor = max(8.0 * noise, float(np.quantile(slopes, 0.95)) if slopes.size else 0.0, 1e-12)
    out = np.empty(20_000)
    return out[: edge_blur(values, known, weights / weights.sum(), _AGAIN_PX, floor, out)].copy()


class Inspector:
    """Looks at an asset's strips as they go by, and sums up at the end."""

    def __init__(self, asset: OutsideAsset, *, find_haze: bool = False) -> None:
        self._asset = asset
        hazy = [find_haze and band.quantity == TOA and asset.dtype in ("uint8", "uint16") for band in asset.bands]
        self._counts = [np.zeros(65536, np.int64) if wanted else None for wanted in hazy]
        self._sums = np.array([[0.0, 0.0, 0.0, math.inf, -math.inf, 0.0]] * len(asset.bands))
        self._power = np.zeros(len(asset.bands))
        self._noise: list[list[Floats]] = [[] for _ in asset.bands]
        self._blur: list[list[Floats]] = [[] for _ in asset.bands]
        self._seen = np.zeros((-(-asset.height // _COARSE_PX), -(-asset.width // _COARSE_PX)), bool)
        self._all = True
        strips = max(asset.height // 1024, 1)
        self._patches = max(_MOST_PATCHES // strips, 1)

    def look(self, first: int, strip: Array) -> None:
        """One more strip ``(band, row, column)``, from row ``first``."""
        asset, wide = self._asset, self._asset.frame_px
        inside = np.zeros(strip.shape[1:], bool)
        top, bottom = max(wide - first, 0), min(asset.height - wide - first, strip.shape[1])
        inside[top : max(bottom, top), wide : asset.width - wide] = True
        for number, (band, image) in enumerate(zip(asset.bands, strip, strict=True)):
            known = self._known(strip, image)
            if wide:
                known &= inside
            if band.saturated is None and image.dtype.kind in "iu" and image.dtype.itemsize <= 2:
                moments_whole(image, known, self._sums[number])
            else:
                moments(image, known, math.inf if band.saturated is None else band.saturated, self._sums[number])
            if not band.averaging.plain and not asset.categorical:
                self._power[number] += float(band.averaging.power(image)[known].sum(dtype=np.float64))
            counts = self._counts[number]
            if counts is not None:
                counts += np.bincount(image[known], minlength=len(counts))
            if number == 0:
                self._mark(first, known)
            if not asset.categorical and not (asset.alpha and number == len(asset.bands) - 1):
                self._patch(number, image, known)

    def _known(self, strip: Array, image: Array) -> Mask:
        nodata = self._asset.nodata
        if nodata is None or math.isnan(nodata):
            known = np.isfinite(image) if image.dtype.kind == "f" else np.ones(image.shape, bool)
        else:
            known = image != (int(nodata) if float(nodata).is_integer() else nodata)
            if image.dtype.kind == "f":
                known &= np.isfinite(image)
        if self._asset.alpha:
            known &= strip[-1] != 0
        return np.asarray(known)

    def _mark(self, first: int, known: Mask) -> None:
        if known.all():
            self._seen[first // _COARSE_PX : (first + len(known) - 1) // _COARSE_PX + 1] = True
            return
        self._all = False
        rows, columns = -(-known.shape[0] // _COARSE_PX), self._seen.shape[1]
        padded = np.zeros((rows * _COARSE_PX, columns * _COARSE_PX), bool)
        padded[: known.shape[0], : known.shape[1]] = known
        blocks = padded.reshape(rows, _COARSE_PX, columns, _COARSE_PX).any((1, 3))
        top = first // _COARSE_PX
        self._seen[top : top + rows] |= blocks

    def _patch(self, number: int, image: Array, known: Mask) -> None:
        """Patches spread evenly along the strip."""
        width, rows = image.shape[1], image.shape[0]
        size = min(_PATCH_PX, width)
        top = max((rows - _PATCH_PX) // 2, 0)
        for left in np.unique(np.linspace(0, width - size, self._patches).astype(int)):
            part = image[top : top + _PATCH_PX, left : left + size].astype(np.float64)
            good = known[top : top + _PATCH_PX, left : left + size]
            out = np.empty(max(part.size // _NOISE_BLOCK_PX**2, 1))
            count = noise_of_blocks(part, good, _NOISE_BLOCK_PX, out)
            self._noise[number].append(out[:count].copy())
            quiet = _quiet(out[:count])
            if quiet is not None:
                self._blur[number].append(_blurs(part, good, quiet))

    def clear_of_haze(self) -> OutsideAsset:
        """The asset with what the air adds taken off the offset of every reflectance band: surface, roughly.

        Counts stay as they are. See :func:`toa.dark_object_offset`; bands without a pixel stay as they are too.
        """
        bands = list(self._asset.bands)
        for number, counts in enumerate(self._counts):
            if counts is not None and counts.any():
                band = bands[number]
                haze = dark_object_offset(counts, scale=band.scale, offset=band.offset)
                said = {**band.more, "swath:haze": round(haze, 6)}
                bands[number] = replace(band, quantity=SURFACE, offset=band.offset - haze, more=said)
        self._asset = replace(self._asset, bands=tuple(bands))
        return self._asset

    def quality(self) -> tuple[Mapping[str, Any], ...]:
        """The numbers of each band."""
        asset = self._asset
        pixels = (asset.height - 2 * asset.frame_px) * (asset.width - 2 * asset.frame_px)
        return tuple(self._band(number, pixels) for number in range(len(asset.bands)))

    def _band(self, number: int, pixels: int) -> Mapping[str, Any]:
        band, (count, total, square, low, most, high) = self._asset.bands[number], self._sums[number]
        found: dict[str, Any] = {"valid_share": round(count / pixels, 6)}
        measured = count - high
        if not measured or self._asset.categorical:
            return found
        mean = total / measured
        sd = math.sqrt(max(square / measured - mean * mean, 0.0)) * abs(band.scale)
        ends = sorted(value * band.scale + band.offset for value in (low, most))
        noise = _quiet(np.concatenate(self._noise[number] or [np.empty(0)]))
        blurs = np.concatenate(self._blur[number] or [np.empty(0)])
        return found | {
            "saturated_share": None if band.saturated is None else round(high / count, 6),
            "minimum": _short(ends[0]),
            "maximum": _short(ends[1]),
            "mean": _short(self._mean(number, mean) * band.scale + band.offset),
            "sd": _short(sd),
            "noise": None if noise is None else _short(noise * abs(band.scale)),
            "blur_px": round(float(np.quantile(blurs, 0.1)), 3) if len(blurs) >= _FEWEST_EDGES else None,
        }

    def _mean(self, number: int, mean: float) -> float:
        """The mean as stored: of decibels and amplitudes, that of their power."""
        of = self._asset.bands[number].averaging
        if of.plain:
            return mean
        count, high = self._sums[number][[0, 5]]
        return float(of.stored(np.array([self._power[number] / (count - high)]), np.float64, math.nan)[0])

    def outline(self) -> tuple[Floats, Floats] | None:
        """Columns and rows (edges of pixels) of the convex outline of what has data; None where all has or nothing."""
        if self._all or not self._seen.any():
            return None
        rows, columns = np.nonzero(self._seen)
        edges = [(c + a, r + b) for a in (0, 1) for b in (0, 1) for r, c in zip(rows, columns, strict=True)]
        hull = shapely.convex_hull(shapely.MultiPoint(np.array(edges) * float(_COARSE_PX)))
        cut = shapely.intersection(hull, shapely.box(0, 0, self._asset.width, self._asset.height))
        if not isinstance(cut, shapely.Polygon) or cut.is_empty:
            return None
        column, row = np.array(
            shapely.segmentize(cut, max(self._asset.width, self._asset.height) / 4.0).exterior.coords
        )[:-1].T
        return column, row


def _short(value: float) -> float | None:
    """Seven digits are more than the numbers bear; what has overflowed cannot be told."""
    return float(f"{value:.7g}") if math.isfinite(value) else None
