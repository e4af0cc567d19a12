"""Many pictures on one grid, part by part: what each shows, what hides it, how far from its edges; levelled if asked.

Numbers of different scale and offset are brought to those of the first picture. Seams run where two pictures are
equally far from the edges of what they show (clouds are edges too), on cells of some 64 pixels, smoothly between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.averaging import value_range
from swath.archive.derived import data_assets
from swath.archive.on_grid import View, asset_grid, common_grid
from swath.archive.outside import OutsideAsset, OutsideBand, OutsideScene
from swath.archive.seam_kernels import edge_distance
from swath.archive.sky_masks import hidden_view
from swath.errors import InputError
from swath.model import Grid

__all__ = ["Layer", "Levels", "layers_of", "level", "take_chosen"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Hidden = Callable[[int, int, int, int], Mask]

_CELL_PX, _MOST_CELLS = 64, 4_000_000
_MOST_DISTANCE = 1e6
_STRIP_CELLS = 8
_FEWEST_CELLS = 10
_RIDGE = 1e-3
_LEAST_SHARE = 0.5
_MOST_EMPTY, _SMALL_PX = 200, 100_000_000


@dataclass(frozen=True)
class Levels:
    """What each picture is multiplied by (dB: raised by), band by band, so that overlaps agree."""

    factor: Floats
    """``(picture, band)``; 1 (0) where nothing is levelled"""
    additive: tuple[bool, ...]
    """of each band: decibels are raised"""
    before: Floats
    """``(band,)`` root mean square of the logarithm (dB: difference) between overlapping pictures"""
    after: Floats
    pairs: int
    """of pictures that overlap"""


@dataclass(frozen=True)
class Layer:
    """Assets of the same bands, one a picture, on one grid."""

    key: str
    title: str
    grid: Grid
    views: tuple[View, ...]
    hidden: tuple[Hidden | None, ...]
    bands: tuple[OutsideBand, ...]
    """as the first picture has them"""
    dtype: str
    nodata: float
    levels: Levels | None = None
    _edges: list[Floats32] = field(default_factory=list)

    def part(self, number: int, *tile: int) -> tuple[Array, Mask]:
        """One picture's values as the first counts them, levelled; where they are seen."""
        view = self.views[number]
        pixels, known = view.part(*tile)
        if self.levels is not None or self._differs(view):
            pixels = self._counted(view, pixels, known, number)
        return pixels, known

    def seen(self, number: int, known: Mask, *tile: int) -> Mask:
        """What of the known pixels nothing hides."""
        hidden = self.hidden[number]
        return known if hidden is None else known & ~hidden(*tile)

    def _differs(self, view: View) -> bool:
        same = all((a.scale, a.offset) == (b.scale, b.offset) for a, b in zip(view.bands, self.bands, strict=True))
        return not same or view.asset.dtype != self.dtype or not _equal(view.nodata, self.nodata)

    def _counted(self, view: View, pixels: Array, known: Mask, number: int) -> Array:
        out = np.full(pixels.shape, self.nodata, self.dtype)
        low, high = value_range(np.dtype(self.dtype), self.nodata)
        for k, (own, first) in enumerate(zip(view.bands, self.bands, strict=True)):
            values = pixels[k].astype(np.float64) * own.scale + own.offset
            if self.levels is not None:
                factor = self.levels.factor[number, k]
                values = values + factor if self.levels.additive[k] else values * factor
            stored = (values - first.offset) / first.scale
            if out.dtype.kind in "iu":
                stored = np.clip(np.rint(np.nan_to_num(stored)), low, high)
            out[k] = np.where(known, stored, self.nodata)
        return out

    @property
    def cell_px(self) -> int:
        """Pixels on a side of the cells that distances and levels are told in."""
        return max(_CELL_PX, int(np.ceil(np.sqrt(self.grid.width * self.grid.height / _MOST_CELLS))))

    def cells(self, number: int) -> tuple[Floats, Floats]:
        """Share of each cell that is seen, and the bands' means there ``(band, row, column)`` in their own meaning."""
        size, grid = self.cell_px, self.grid
        shape = -(-grid.height // size), -(-grid.width // size)
        share, mean = np.zeros(shape), np.full((len(self.bands), *shape), np.nan)
        step = size * _STRIP_CELLS
        for top in range(0, grid.height, step):
            for left in range(0, grid.width, step):
                tile = (top, left, min(step, grid.height - top), min(step, grid.width - left))
                pixels, known = self.views[number].part(*tile)
                seen = self.seen(number, known, *tile)
                there = np.s_[
                    top // size : top // size - (-tile[2] // size), left // size : left // size - (-tile[3] // size)
                ]
                count = _sums(seen.astype(np.float64), size)
                share[there] = count / _sums(np.ones(seen.shape), size)
                for k, band in enumerate(self.views[number].bands):
                    of = band.averaging
                    values = pixels[k] if of.plain else of.power(pixels[k])
                    total = _sums(np.where(seen, values, 0.0), size)
                    with np.errstate(invalid="ignore", divide="ignore"):
                        middle = total / count if of.plain else of.stored(total / count, np.float64, np.nan)
                        mean[k][there] = middle * band.scale + band.offset
        return share, mean

    def measure(self) -> list[tuple[Floats, Floats]]:
        """Cells of every picture; keeps how far each is from the edges of what is seen."""
        found = [self.cells(number) for number in range(len(self.views))]
        self._edges.clear()
        for share, _ in found:
            distance = np.empty(share.shape, np.float32)
            edge_distance(share >= _LEAST_SHARE, _MOST_DISTANCE, distance)
            # Within a cell at the edge, what is more of it seen is the further from it.
            self._edges.append(distance + share.astype(np.float32))
        return found

    def distance_m(self, number: int, *tile: int) -> Floats32:
        """How far from the edge of what is seen, smoothly between the middles of cells; :meth:`measure` goes before."""
        top, left, rows, columns = tile
        cells, size = self._edges[number], self.cell_px
        y = np.clip((top + np.arange(rows) + 0.5) / size - 0.5, 0, cells.shape[0] - 1)
        x = np.clip((left + np.arange(columns) + 0.5) / size - 0.5, 0, cells.shape[1] - 1)
        i, j = np.floor(y).astype(int), np.floor(x).astype(int)
        i1, j1 = np.minimum(i + 1, cells.shape[0] - 1), np.minimum(j + 1, cells.shape[1] - 1)
        v, u = (y - i)[:, None].astype(np.float32), (x - j)[None, :].astype(np.float32)
        upper = cells[i][:, j] * (1 - u) + cells[i][:, j1] * u
        lower = cells[i1][:, j] * (1 - u) + cells[i1][:, j1] * u
        return np.asarray((upper * (1 - v) + lower * v) * np.float32(size * self.grid.pixel_m), np.float32)


def _equal(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _sums(values: Floats, size: int) -> Floats:
    """Sums of blocks; the last ones may be smaller."""
    across = np.add.reduceat(values, np.arange(0, values.shape[1], size), axis=1)
    return np.asarray(np.add.reduceat(across, np.arange(0, values.shape[0], size), axis=0))


def layers_of(
    scenes: Sequence[OutsideScene],
    *,
    method: str,
    clouds: str,
    epsg: int | None = None,
    pixel_m: float | None = None,
    grid: Grid | None = None,
    bands: Sequence[str] = (),
) -> tuple[list[Layer], list[str]]:
    """The layers that all pictures have, on grids over all of them (or over ``grid``), and what was noted.

    ``bands`` keeps assets that hold one of them. ``clouds`` as of :func:`sky_masks.hidden_view`. Raises
    :class:`InputError` where the pictures have no bands in common.
    """
    layers, notes = [], []
    for first in data_assets(scenes[0]):
        names = _names(first)
        if bands and not set(names) & {band.lower() for band in bands}:
            continue
        same = [next((asset for asset in data_assets(scene) if _names(asset) == names), None) for scene in scenes]
        if any(asset is None for asset in same):
            notes.append(f"{first.key} is not in every picture: left out")
            continue
        assets = [asset for asset in same if asset is not None]
        over = _over(assets, grid, epsg, pixel_m)
        if grid is None:
            _require_near(assets, over, scenes)
        hidden = tuple(hidden_view(scene, over, by=clouds, notes=notes) for scene in scenes)
        views = tuple(View(asset, over, method) for asset in assets)
        floats = any(asset.dtype.startswith("float") for asset in assets)
        dtype = np.result_type(*(asset.dtype for asset in assets)).name if floats else first.dtype
        layers.append(Layer(first.key, first.title, over, views, hidden, views[0].bands, dtype, views[0].nodata))
    if not layers:
        have = "; ".join(
            f"{scene.id}: {', '.join(n for a in data_assets(scene) for n in _names(a))}" for scene in scenes
        )
        raise InputError(f"the pictures have no bands in common ({have[:200]})", fix="Name their bands with --bands")
    return layers, list(dict.fromkeys(notes))


def _require_near(assets: Sequence[OutsideAsset], over: Grid, scenes: Sequence[OutsideScene]) -> None:
    """:class:`InputError` where next to nothing of a grid would hold a picture."""
    pixels = over.width * over.height
    filled = sum(asset.width * asset.height for asset in assets)
    if pixels > _MOST_EMPTY * filled and pixels > _SMALL_PX:
        raise InputError(
            f"the pictures lie so far apart that a grid over all of them has {pixels:.3g} pixels, of which they fill "
            f"{100.0 * filled / pixels:.2g} %",
            where=", ".join(scene.id for scene in scenes)[:120],
            fix="Leave out those that lie elsewhere, or give the grid: --like",
        )


def _names(asset: OutsideAsset) -> tuple[str, ...]:
    kept = asset.bands[:-1] if asset.alpha else asset.bands
    return tuple(band.common_name or band.name.lower() for band in kept)


def _over(assets: Sequence[OutsideAsset], grid: Grid | None, epsg: int | None, pixel_m: float | None) -> Grid:
    if grid is None:
        return common_grid(assets, epsg=epsg, pixel_m=pixel_m)
    own = asset_grid(assets[0])
    size = pixel_m or (own.pixel_m if own is not None and own.epsg == grid.epsg else grid.pixel_m)
    width, height = grid.width * grid.pixel_m / size, grid.height * grid.pixel_m / size
    return Grid(grid.epsg, grid.west_m, grid.north_m, size, int(np.ceil(width - 1e-6)), int(np.ceil(height - 1e-6)))


def level(layer: Layer, cells: Sequence[tuple[Floats, Floats]]) -> Layer:
    """The layer with factors for every picture and band that make overlaps agree best; their mean stays as it is.

    Weighted least squares on the middle logarithm of the ratio (dB: difference) of each overlapping pair, as in block
    adjustment; pictures that overlap no other keep their numbers.
    """
    count, width = len(layer.views), len(layer.bands)
    additive = tuple(band.unit == "dB" for band in layer.bands)
    factor = np.array([[0.0 if plain else 1.0 for plain in additive] for _ in range(count)])
    before, after, pairs = np.zeros(width), np.zeros(width), 0
    for k in range(width):
        rows, values, weights = [], [], []
        for a in range(count):
            for b in range(a + 1, count):
                both = (cells[a][0] > 0.9) & (cells[b][0] > 0.9)
                x, y = cells[a][1][k][both], cells[b][1][k][both]
                good = np.isfinite(x) & np.isfinite(y) & (additive[k] | ((x > 0) & (y > 0)))
                if good.sum() < _FEWEST_CELLS:
                    continue
                apart = x[good] - y[good] if additive[k] else np.log(x[good]) - np.log(y[good])
                row = np.zeros(count)
                row[a], row[b] = -1.0, 1.0
                rows.append(row)
                values.append(float(np.median(apart)))
                weights.append(np.sqrt(good.sum()))
        if not rows:
            continue
        pairs, design, target, weight = len(rows), np.array(rows), np.array(values), np.array(weights)
        system = np.vstack([design * weight[:, None], _RIDGE * weight.mean() * np.eye(count)])
        found = np.linalg.lstsq(system, np.concatenate([target * weight, np.zeros(count)]), rcond=None)[0]
        touched = np.abs(design).sum(0) > 0
        found = np.where(touched, found - found[touched].mean(), 0.0)
        factor[:, k] = found if additive[k] else np.exp(found)
        before[k], after[k] = (np.sqrt((part**2).mean()) for part in (target, target - design @ found))
    return replace(layer, levels=Levels(factor, additive, before, after, pairs))


def take_chosen(layer: Layer, *tile: int, fill: bool) -> tuple[Array, npt.NDArray[np.uint16]]:
    """Of each pixel the picture that is furthest from its edges; numbers of pictures from 1, 0 none.

    ``fill``: where every picture is hidden, one that has data there.
    """
    rows, columns = tile[2:]
    out = np.full((len(layer.bands), rows, columns), layer.nodata, layer.dtype)
    chosen, best = np.zeros((rows, columns), np.uint16), np.full((rows, columns), -1.0, np.float32)
    for number in range(len(layer.views)):
        pixels, known = layer.part(number, *tile)
        if not known.any():
            continue
        seen = layer.seen(number, known, *tile)
        score = np.where(seen, layer.distance_m(number, *tile) + np.float32(1.0), np.float32(0.0))
        better = (seen | (known if fill else seen)) & (score > best)
        out[:, better] = pixels[:, better]
        chosen[better], best[better] = number + 1, score[better]
    return out, chosen
