"""How far off does one date lie from another, and what does it look like once laid over it? To a tenth of a pixel.

Square tiles of the picture are found in the reference by correlation, then by least squares with free gain and offset,
each with its own sigma from texture and residuals; most of them have to agree on a shift, an affine map or a smooth
field (:mod:`displacement`). Pictures whose contrast is another (bands, seasons) are matched by the strength of their
edges. Nothing is trained. Cloud, water and change spoil single tiles; where too few are left, or the doubt that is left
is too large, it is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.averaging import PLAIN, Averaging
from swath.archive.displacement import MODELS, Displacement, Fit, fit_displacement
from swath.archive.geolocation import CE90_PER_SIGMA
from swath.archive.match_kernels import binomial, coarse_sums, edge_strength, match_point
from swath.archive.warp import displaced_places, grid_place, warp_pixels
from swath.errors import DataError, InputError
from swath.model import Grid

__all__ = ["Look", "Points", "Registration", "align", "array_look", "coregister", "coregister_looks"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Look = Callable[[int, int, int, int], Floats32]
"""``look(top, left, rows, columns)``: one band, NaN where nothing is known, outside the picture too"""

_MARGIN_PX = 3
_SIZES_PX = ((320, 64), (160, 48), (72, 32))
"""tiles by the shorter side of the picture"""
_FIRST_TILES, _MOST_TILES = 100, 324
_FEW_TILES = 36
_REACH_PX, _NEAR_PX = 16, 3
_CORRELATION = {"light": 0.6, "edges": 0.5}
_MOST_SIGMA_PX = 0.3
_TOGETHER_PX, _TURN_PX_PER_PX = 1.5, 0.03
"""two points of one displacement differ by no more, and so much more per pixel between them"""
_FEWEST_SHARE, _AGREE_SHARE = 0.1, 0.5
_FEWEST = 6
_COARSE_PX = 512
_COARSE_PEAK = 8.0
_FLOOR_PX = 0.02
"""what interpolation and the search itself leave, one sigma of an axis (tests/archive/test_coregister.py)"""


@dataclass(frozen=True)
class Points:
    """The tiles that were tried: where they are, what they say, whether they were believed."""

    rows: Floats
    """of their middles in the reference, pixels from the middle of the first"""
    columns: Floats
    down_px: Floats
    across_px: Floats
    sigma_px: Floats
    """of an axis; infinite where nothing was found"""
    correlation: Floats
    """-1 to 1 with the reference, 0 nothing found"""
    used: Mask


@dataclass(frozen=True)
class Registration:
    """Where a picture lies against a reference, and how sure that is."""

    displacement: Displacement
    """the picture shows at (row, column) + it what the reference shows at (row, column)"""
    grid: Grid
    """of the reference"""
    matched_on: str
    """``light``, or ``edges`` where contrast differs"""
    points: Points
    residual_px: float
    """root mean square of one axis over the tiles used"""
    doubt_px: float
    """circle that holds the true displacement at 90 %, in the mean over the picture"""
    worst_doubt_px: float
    """the same where it is largest"""

    @property
    def shift_east_m(self) -> float:
        """How far east of where the reference has them the picture's features lie, in the middle."""
        return float(self._middle()[1] * self.grid.pixel_m)

    @property
    def shift_north_m(self) -> float:
        """The same, north."""
        return float(-self._middle()[0] * self.grid.pixel_m)

    def _middle(self) -> Floats:
        return self.displacement.at((self.grid.height - 1) / 2.0, (self.grid.width - 1) / 2.0)


def array_look(pixels: Array, seen: Mask | None = None, *, nodata: float | None = None) -> Look:
    """An array ``(row, column)`` as something to look at; not seen, ``nodata``, NaN and infinite pixels are unknown."""
    known = np.isfinite(pixels) if pixels.dtype.kind == "f" else np.ones(pixels.shape, np.bool_)
    if seen is not None:
        known &= seen
    if nodata is not None:
        known &= pixels != nodata

    def look(top: int, left: int, rows: int, columns: int) -> Floats32:
        out = np.full((rows, columns), np.nan, np.float32)
        first_row, first_column = max(top, 0), max(left, 0)
        last_row, last_column = min(top + rows, pixels.shape[0]), min(left + columns, pixels.shape[1])
        if last_row > first_row and last_column > first_column:
            there = np.s_[first_row:last_row, first_column:last_column]
            here = np.s_[first_row - top : last_row - top, first_column - left : last_column - left]
            out[here] = np.where(known[there], pixels[there], np.nan)
        return out

    return look


def coregister(
    pixels: Array,
    reference: Array,
    grid: Grid,
    *,
    seen: Mask | None = None,
    reference_seen: Mask | None = None,
    nodata: float | None = 0.0,
    model: str = "auto",
    most_doubt_px: float = 0.1,
) -> Registration:
    """How far off does a picture lie from a reference of the same place on the same grid?

    ``pixels`` and ``reference``: one band ``(row, column)`` each, any type; not seen (cloud, shadow), ``nodata`` and
    NaN are left out. Bands may differ. ``model``: ``shift``, ``affine``, ``field``, or ``auto`` for the simplest that
    holds. Displacements up to some 40 % of the picture are searched. Raises :class:`DataError` where it cannot tell:
    fewer than 6 tiles or a tenth of those with data are found, they do not agree, or the doubt is above
    ``most_doubt_px``. Accuracy: within 0.1 pixel, mostly 0.03 (tests/archive/test_coregister.py).
    """
    for image in (pixels, reference, *(mask for mask in (seen, reference_seen) if mask is not None)):
        if image.shape != grid.shape:
            raise InputError(f"{image.shape} is not the grid's {grid.shape}", fix="Put both on one grid")
    return coregister_looks(
        array_look(pixels, seen, nodata=nodata),
        array_look(reference, reference_seen, nodata=nodata),
        grid,
        model=model,
        most_doubt_px=most_doubt_px,
    )


def align(
    pixels: Array, registration: Registration, *, nodata: float, method: str = "cubic", seen: Mask | None = None,
    averaging: Averaging = PLAIN,
) -> Array:  # fmt: skip
    """What does a picture look like laid over the reference? Bands ``(band, row, column)``, resampled once.

    ``seen`` ``(row, column)``, ``nodata`` and NaN say what is known; the result is ``nodata`` where that is moved in
    from. ``method`` and ``averaging`` (of every band) as of :func:`warp.warp_pixels`: ``nearest`` for classes.
    """
    grid = registration.grid
    if pixels.ndim != 3 or pixels.shape[1:] != grid.shape:
        raise InputError(f"{pixels.shape} is no (band, row, column) on {grid.shape}", fix="Give bands on the grid")
    known = pixels != pixels.dtype.type(nodata) if nodata == nodata else np.ones(pixels.shape, np.bool_)
    if pixels.dtype.kind == "f":
        known &= np.isfinite(pixels)
    if seen is not None:
        known &= seen
    sampling = displaced_places(grid_place(grid), grid, (0, 0, *grid.shape), registration.displacement)
    return warp_pixels(
        pixels, sampling, grid.shape, method=method, nodata=nodata, seen=known, averaging=[averaging] * len(pixels)
    )


def coregister_looks(
    picture: Look, reference: Look, grid: Grid, *, model: str = "auto", most_doubt_px: float = 0.1
) -> Registration:
    """As :func:`coregister`, of pictures of any size that are read piece by piece; ``grid`` is the reference's."""
    if model not in ("auto", *MODELS):
        raise InputError(f"no model is called {model!r}", fix=f"Known: auto, {', '.join(MODELS)}")
    sizes = [size for side, size in _SIZES_PX if min(grid.shape) >= side]
    if not sizes:
        raise DataError(
            f"{grid.width} x {grid.height} pixels are too few to match", fix=f"Give {_SIZES_PX[-1][0]} pixels a side"
        )
    refused: list[tuple[float, str]] = []
    for kind, size in [(kind, size) for kind in ("light", "edges") for size in dict.fromkeys((sizes[0], sizes[-1]))]:
        found, why = _by(kind, picture, reference, grid, size, model)
        if found is not None and found.doubt_px <= most_doubt_px:
            return found
        left = np.inf if found is None else found.doubt_px
        refused.append(
            (left, why if found is None else f"{left:.2f} pixel of doubt are left, {most_doubt_px:g} allowed")
        )
    raise DataError(
        f"cannot tell how the pictures lie: {min(refused, key=lambda one: one[0])[1]}",
        fix="Take clearer dates, a band with more texture, or leave the picture as it is",
    )


def _by(
    kind: str, picture: Look, reference: Look, grid: Grid, size: int, model: str
) -> tuple[Registration | None, str]:
    """Both passes on one kind of picture: roughly with few tiles, then all tiles where the first says they are."""
    corners = _corners(grid, size, _FIRST_TILES)
    first, why = _rough(kind, picture, reference, grid, corners, size, np.zeros(2), _REACH_PX)
    if first is None:
        start = _coarse(kind, picture, reference, grid)
        if start is not None:
            reach = _REACH_PX + max(grid.shape) // _COARSE_PX
            first, why = _rough(kind, picture, reference, grid, corners, size, start, reach)
    if first is None:
        return None, why
    corners = _corners(grid, size, _MOST_TILES)
    middles = _middles(corners, size)
    where = first.displacement.at(middles[:, 0], middles[:, 1])
    found, tried = _match(kind, picture, reference, corners, where, size, _NEAR_PX)
    fit, why = _agreed(kind, middles, found, tried, model, grid.shape, size)
    return (None, why) if fit is None else (_registration(kind, fit, middles, found, grid, size), "")


def _rough(
    kind: str,
    picture: Look,
    reference: Look,
    grid: Grid,
    corners: npt.NDArray[np.int64],
    size: int,
    start: Floats,
    reach: int,
) -> tuple[Fit | None, str]:
    found, tried = _match(kind, picture, reference, corners, np.broadcast_to(start, (len(corners), 2)), size, reach)
    middles, fit, why = _middles(corners, size), None, ""
    for model in ("affine", "shift"):
        fit, why = _agreed(kind, middles, found, tried, model, grid.shape, size)
        if fit is not None:
            break
    return fit, why


def _middles(corners: npt.NDArray[np.int64], size: int) -> Floats:
    return np.asarray(corners + (size - 1) / 2.0, np.float64)


def _corners(grid: Grid, size: int, most: int) -> npt.NDArray[np.int64]:
    """Upper left corners of tiles spread evenly over the reference; they overlap by half where few fit."""
    counts = [max(length // size, 1) for length in grid.shape]
    if counts[0] * counts[1] < _FEW_TILES:
        counts = [max(2 * (length // size) - 1, 1) for length in grid.shape]
    thin = max(1.0, np.sqrt(counts[0] * counts[1] / most))
    rows, columns = (
        np.unique(np.linspace(0, length - size, max(int(count / thin), 1)).astype(np.int64))
        for length, count in zip(grid.shape, counts, strict=True)
    )
    return np.array([(row, column) for row in rows for column in columns], np.int64).reshape(-1, 2)


def _prepared(kind: str, look: Look, top: int, left: int, rows: int, columns: int) -> Floats32:
    """A part as it is compared: smoothed light, or smoothed strength of its edges."""
    wide = _MARGIN_PX
    image = np.ascontiguousarray(look(top - wide, left - wide, rows + 2 * wide, columns + 2 * wide))
    smoothed = np.empty_like(image)
    binomial(image, smoothed)
    if kind == "edges":
        edge_strength(smoothed, image)
        # The root: one bright roof or road is not to outweigh all the others.
        binomial(np.sqrt(image), smoothed)
    return np.ascontiguousarray(smoothed[wide:-wide, wide:-wide])


def _match(
    kind: str, picture: Look, reference: Look, corners: npt.NDArray[np.int64], where: Floats, size: int, reach: int
) -> tuple[Floats, Mask]:
    """Down, across, sigmas and correlation of each tile, and which had enough data in both to be tried."""
    found, tried = np.zeros((len(corners), 5)), np.zeros(len(corners), np.bool_)
    found[:, 2:4] = np.inf
    wide = reach + 4
    for number, ((row, column), expected) in enumerate(zip(corners, where, strict=True)):
        fixed = _prepared(kind, reference, int(row) - 1, int(column) - 1, size + 2, size + 2)
        if 2 * np.count_nonzero(np.isfinite(fixed)) < fixed.size:
            continue
        down, across = (int(np.rint(value)) for value in expected)
        top, left = int(row) + down - wide, int(column) + across - wide
        moving = _prepared(kind, picture, top, left, size + 2 * wide, size + 2 * wide)
        inner = moving[wide:-wide, wide:-wide]
        if 2 * np.count_nonzero(np.isfinite(inner)) < inner.size:
            continue
        tried[number] = True
        match_point(fixed, moving, wide, wide, reach, kind == "light", found[number])
        found[number, 0] += down
        found[number, 1] += across
    return found, tried


def _agreed(
    kind: str, middles: Floats, found: Floats, tried: Mask, model: str, shape: tuple[int, int], size: int
) -> tuple[Fit | None, str]:
    """What most of the tiles that were found say, or why nothing can be said."""
    sigma, correlation = np.sqrt((found[:, 2] ** 2 + found[:, 3] ** 2) / 2.0), found[:, 4]
    good = tried & (np.abs(correlation) >= _CORRELATION[kind]) & (sigma <= _MOST_SIGMA_PX)
    good &= (correlation > 0) == (np.sum(np.sign(correlation[good])) >= 0)
    fewest = max(_FEWEST, _FEWEST_SHARE * tried.sum())
    if good.sum() < fewest:
        if tried.sum() < _FEWEST:
            return None, f"only {tried.sum()} tiles have data in both"
        return None, f"too few tiles are found again ({good.sum()} of {tried.sum()} with data: cloud, water, change?)"
    points, shifts = middles[good], found[good, :2]
    apart = np.hypot(*(shifts[:, None] - shifts[None]).T)
    between = np.hypot(*(points[:, None] - points[None]).T)
    together = apart <= _TOGETHER_PX + _TURN_PX_PER_PX * between
    near = together[int(np.argmax(together.sum(1)))]
    if near.sum() < max(fewest, _AGREE_SHARE * good.sum()):
        return None, f"the tiles do not agree ({near.sum()} of {good.sum()})"
    fit = fit_displacement(points, shifts, sigma[good], near, model=model, shape=shape, apart_px=0.75 * size)
    if fit is None or fit.used.sum() < max(fewest, _AGREE_SHARE * good.sum()):
        return None, f"the tiles do not agree on one {'displacement' if model == 'auto' else model}"
    used = np.zeros(len(middles), np.bool_)
    used[np.flatnonzero(good)[fit.used]] = True
    return replace(fit, used=used), ""


def _registration(kind: str, fit: Fit, middles: Floats, found: Floats, grid: Grid, size: int) -> Registration:
    steps = [np.diff(np.unique(middles[:, axis])) for axis in range(2)]
    share = np.prod([min(float(step.min()) / size, 1.0) if len(step) else 1.0 for step in steps])
    rows, columns = np.meshgrid(*(np.linspace(0, length - 1, 9) for length in grid.shape), indexing="ij")
    # Tiles that overlap say the same thing twice: so many fewer of them there are.
    sigma = np.sqrt(fit.sigma_px(rows, columns) ** 2 / share + _FLOOR_PX**2)
    points = Points(
        middles[:, 0], middles[:, 1], found[:, 0], found[:, 1], np.sqrt((found[:, 2] ** 2 + found[:, 3] ** 2) / 2.0),
        found[:, 4], fit.used,
    )  # fmt: skip
    return Registration(
        fit.displacement,
        grid,
        kind,
        points,
        fit.residual_px,
        float(CE90_PER_SIGMA * np.sqrt((sigma**2).mean())),
        float(CE90_PER_SIGMA * sigma.max()),
    )


def _coarse(kind: str, picture: Look, reference: Look, grid: Grid) -> Floats | None:
    """The displacement of the whole by phase correlation of small pictures of both; None without a clear peak.

    Kuglin and Hines 1975, Proc. IEEE Conf. Cybernetics and Society, 163-165.
    """
    block = -(-max(grid.shape) // _COARSE_PX)
    parts = [_small(kind, look, grid, block) for look in (picture, reference)]
    if any(part is None for part in parts):
        return None
    spectra = [np.fft.rfft2(part, s=[2 * length for length in part.shape]) for part in parts if part is not None]
    cross = spectra[0] * np.conj(spectra[1])
    length = np.abs(cross)
    if not length.max() > 0.0:
        return None
    surface = np.fft.irfft2(cross / np.maximum(length, 1e-6 * length.max()), s=[2 * n for n in parts[0].shape])  # type: ignore[union-attr]
    if kind == "light":
        surface = np.abs(surface)
    peak = np.unravel_index(int(np.argmax(surface)), surface.shape)
    if surface[peak] < _COARSE_PEAK * np.std(surface):
        return None
    moved = [int(at) - n if at >= n // 2 else int(at) for at, n in zip(peak, surface.shape, strict=True)]
    return np.array(moved, np.float64) * block


def _small(kind: str, look: Look, grid: Grid, block: int) -> Floats | None:
    """The whole picture in blocks, its mean taken off, faded out to the sides; None where too little is known."""
    shape = -(-grid.height // block), -(-grid.width // block)
    total, known = np.zeros(shape), np.zeros(shape, np.int64)
    step = max(256 // block, 1) * block
    for top in range(0, grid.height, step):
        rows = min(step, grid.height - top)
        part = slice(top // block, top // block - (-rows // block))
        coarse_sums(look(top, 0, rows, grid.width), block, total[part], known[part])
    with np.errstate(invalid="ignore"):
        image = np.where(2 * known > block * block, total / known, np.nan).astype(np.float32)
    if kind == "edges":
        strength = np.empty_like(image)
        edge_strength(image, strength)
        image = np.sqrt(strength)
    good = np.isfinite(image)
    if good.mean() < 0.1:
        return None
    faded = np.outer(*(np.hanning(length + 2)[1:-1] for length in shape))
    return np.where(good, image - image[good].mean(), 0.0) * faded
