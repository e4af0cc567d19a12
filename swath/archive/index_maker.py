"""Spectral indices of a picture, from file to file. The maker ``index``.

``inputs``: ``picture_01``. ``parameters``, beside those of :mod:`derived`: ``indices`` (names), ``clouds`` (``none``,
or as of :func:`sky_masks.hidden_view`). Normalised differences are ``int16`` x 10000, others ``float32``.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.derived import Progress, band_asset, pictures_of, write_derived
from swath.archive.index_kernels import difference_counts
from swath.archive.on_grid import Part, View, asset_grid, asset_on_grid, common_grid, read_part
from swath.archive.outside import OutsideAsset, OutsideBand, OutsideScene
from swath.archive.sky_masks import hidden_view
from swath.errors import InputError
from swath.model import Grid
from swath.product.indices import Index, index_of
from swath.store.lineage import Recipe

__all__ = ["INDEX_SCALE", "make_index"]

Array = npt.NDArray[Any]

INDEX_SCALE, _MISSING = 1e-4, -32768
_ROWS = 64
"""evaluated at once: what is between the operations stays in the cache"""


def make_index(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``index``, see the module. Raises :class:`InputError` for an unknown index or a missing band."""
    entries = [index_of(str(name)) for name in recipe.parameters.get("indices", ())]
    if not entries:
        raise InputError("no index is named", where="--index", fix="Give ndvi, or others of swath product indices")
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out.parent) as scratch:
        scene = pictures_of(recipe, Path(scratch))[0]
        notes: list[str] = []
        assets = [_asset(entry, scene, str(recipe.parameters.get("clouds", "none")), notes) for entry in entries]
        write_derived([scene], assets, recipe, out, progress, collection="indices", properties={}, notes=notes)


def _prepared(entry: Index, scene: OutsideScene, notes: list[str]) -> tuple[Part, Grid]:
    """What makes parts of an index, and the grid they are of."""
    places = [band_asset(scene, name) for name in entry.bands]
    finest = max((asset for asset, _ in places), key=lambda asset: asset.width)
    grid = asset_grid(finest) or common_grid([finest])
    scales = [_scale(asset, number, entry, notes) for asset, number in places]
    make = _counts_part if _plain(entry, places, grid) else _part
    return make(entry, places, scales, grid), grid


def _asset(entry: Index, scene: OutsideScene, clouds: str, notes: list[str]) -> OutsideAsset:
    part, grid = _prepared(entry, scene, notes)
    hidden = hidden_view(scene, grid, by=clouds, notes=notes)
    missing: float = _MISSING if entry.difference else math.nan

    def cleared(*tile: int) -> Array:
        pixels = part(*tile)
        if hidden is not None:
            pixels[:, hidden(*tile)] = missing
        return pixels

    more = {"swath:formula": entry.formula, "swath:source": entry.source}
    band = OutsideBand(entry.name, "index", "", scale=INDEX_SCALE if entry.difference else 1.0, more=more)
    return asset_on_grid(
        cleared, grid, key=entry.name, title=entry.question, bands=[band], nodata=missing, simulated=scene.simulated,
        dtype="int16" if entry.difference else "float32",
    )  # fmt: skip


def _scale(asset: OutsideAsset, number: int, entry: Index, notes: list[str]) -> tuple[float, float]:
    """Scale and offset to reflectance; counts that say neither are taken as reflectance x 10000."""
    band = asset.bands[number]
    if band.scale == 1.0 and band.offset == 0.0 and not asset.dtype.startswith("float"):
        if not entry.difference:
            notes.append(f"{entry.name}: counts that say no scale are taken as reflectance x 10000")
        return 1e-4, 0.0
    return band.scale, band.offset


Places = list[tuple[OutsideAsset, int]]
Scales = list[tuple[float, float]]


def _plain(entry: Index, places: Places, grid: Grid) -> bool:
    """May counts be taken as they are stored: a normalised difference of bands that lie on the grid?"""
    return entry.difference is not None and all(asset_grid(asset) == grid and not asset.alpha for asset, _ in places)


def _counts_part(entry: Index, places: Places, scales: Scales, grid: Grid) -> Part:
    assert entry.difference is not None
    order = [entry.bands.index(name) for name in entry.difference]
    numbers = np.array([value for at in order for value in scales[at]], np.float32)
    (one, first), (two, second) = (places[at] for at in order)
    none = [math.nan if asset.nodata is None else float(asset.nodata) for asset in (one, two)]

    def part(top: int, left: int, rows: int, columns: int) -> Array:
        tile = (top, left, rows, columns)
        a, b = read_part(one, *tile, bands=(first,))[0], read_part(two, *tile, bands=(second,))[0]
        out = np.empty((1, rows, columns), np.int16)
        difference_counts(a, b, none[0], none[1], numbers, _MISSING, out[0])
        return out

    return part


def _part(entry: Index, places: Places, scales: Scales, grid: Grid) -> Part:
    views = [(View(asset, grid, "bilinear"), number) for asset, number in places]

    def part(top: int, left: int, rows: int, columns: int) -> Array:
        known, bands = np.ones((rows, columns), np.bool_), {}
        for name, (view, number), (scale, offset) in zip(entry.bands, views, scales, strict=True):
            pixels, there = view.part(top, left, rows, columns)
            known &= there
            bands[name] = pixels[number].astype(np.float32) * np.float32(scale) + np.float32(offset)
        out = np.empty((1, rows, columns), np.int16 if entry.difference else np.float32)
        for first in range(0, rows, _ROWS):
            cut = slice(first, first + _ROWS)
            found = entry.of_reflectance(**{name: band[cut] for name, band in bands.items()})
            if entry.difference:
                found = np.rint(np.clip(found / np.float32(INDEX_SCALE), -32767, 32767))
            out[0, cut] = np.where(known[cut], found, _MISSING if entry.difference else math.nan)
        return out

    return part
