"""Many dates as one picture: masked median, medoid or best pixel, larger than memory. The maker ``composite``.

``inputs`` and ``parameters`` as of :mod:`mosaic_maker`, without ``level``; ``how`` is ``median``, ``medoid`` or
``best`` (the date that is furthest from clouds and edges, up to 500 m; of equals the one nearest to ``near``, a time,
or the first). What every date hides is no data. ``count`` says how many dates saw each pixel, ``source`` which one it
is of.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.derived import Progress, write_derived
from swath.archive.mosaic_maker import source_asset, stacked
from swath.archive.on_grid import asset_on_grid
from swath.archive.outside import OutsideAsset, OutsideBand, OutsideScene
from swath.archive.stack import Layer
from swath.errors import InputError
from swath.product.composites import Composite, best_pixel_composite, median_composite, medoid_composite
from swath.store.lineage import Recipe
from swath.time import parse_utc

__all__ = ["HOWS", "make_composite"]

Array = npt.NDArray[Any]
HOWS = ("median", "medoid", "best")
_MOST_BYTES = 128_000_000
_FAR_M = 500.0
_DAYS = 3650.0


def make_composite(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``composite``, see the module."""
    how = str(recipe.parameters.get("how", "median"))
    if how not in HOWS:
        raise InputError(f"no composite is called {how!r}", where="--how", fix=f"Give {', '.join(HOWS)}")
    near = recipe.parameters.get("near")
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out.parent) as scratch:
        scenes, layers, notes = stacked(recipe, Path(scratch), progress)
        bonus = _bonus(scenes, str(near) if near else "")
        if how == "best":
            for layer in layers:
                layer.measure()
        simulated = any(scene.simulated for scene in scenes)
        assets = [_asset(layer, how, bonus, simulated) for layer in layers]
        finest = max(layers, key=lambda one: one.grid.width)
        assets.append(_counts(finest, len(scenes), simulated))
        if how != "median":
            assets.append(
                source_asset(
                    lambda *tile: (_made(finest, how, bonus, *tile).chosen + 1)[None], finest.grid, scenes,
                    simulated=simulated,
                )
            )  # fmt: skip
        properties = {"swath:pictures": [scene.id for scene in scenes], "swath:composite": how}
        write_derived(
            scenes, assets, recipe, out, progress, collection="composites", properties=properties, notes=notes
        )


def _bonus(scenes: list[OutsideScene], near: str) -> npt.NDArray[np.float64]:
    """A little for each date, so that of equals the nearest to a time, or the first, is taken."""
    if not near:
        return np.zeros(len(scenes))
    at = parse_utc(near, where="--near")
    days = np.array([abs((scene.start - at) / np.timedelta64(1, "D")) for scene in scenes])
    return np.asarray(-np.minimum(days / _DAYS, 1.0))


def _asset(layer: Layer, how: str, bonus: npt.NDArray[np.float64], simulated: bool) -> OutsideAsset:
    return asset_on_grid(
        lambda *tile: _made(layer, how, bonus, *tile).pixels, layer.grid, key=layer.key, title=layer.title,
        bands=layer.bands, dtype=layer.dtype, nodata=layer.nodata, simulated=simulated,
    )  # fmt: skip


def _counts(layer: Layer, dates: int, simulated: bool) -> OutsideAsset:
    dtype = "uint8" if dates < 256 else "uint16"

    def part(*tile: int) -> Array:
        count = np.zeros(tile[2:], dtype)
        for number, view in enumerate(layer.views):
            count += layer.seen(number, view.part(*tile)[1], *tile)
        return count[None]

    return asset_on_grid(
        part, layer.grid, key="count", title="How many dates saw each pixel", bands=[OutsideBand("count", "dates", "")],
        dtype=dtype, nodata=None, simulated=simulated,
    )  # fmt: skip


def _made(layer: Layer, how: str, bonus: npt.NDArray[np.float64], *tile: int) -> Composite:
    """A part of the composite, in pieces of rows that bound memory."""
    top, left, rows, columns = tile
    one_row = len(layer.views) * len(layer.bands) * columns * np.dtype(layer.dtype).itemsize
    step = max(min(rows, _MOST_BYTES // max(one_row, 1)), 1)
    parts = [
        _piece(layer, how, bonus, t, left, min(step, top + rows - t), columns) for t in range(top, top + rows, step)
    ]
    if len(parts) == 1:
        return parts[0]
    return Composite(
        np.concatenate([one.pixels for one in parts], axis=1),
        np.concatenate([one.count for one in parts]),
        np.concatenate([one.chosen for one in parts]),
    )


def _median(layer: Layer, stack: Array, seen: npt.NDArray[np.bool_]) -> Composite:
    """Of an even number of dates it is a mean of two: in decibels, of their power."""
    ways = [band.averaging for band in layer.bands]
    if all(of.plain for of in ways):
        return median_composite(stack, seen, nodata=layer.nodata)
    parts = []
    for k, of in enumerate(ways):
        values = stack[:, k : k + 1] if of.plain else of.power(stack[:, k : k + 1])
        found = median_composite(values, seen, nodata=layer.nodata if of.plain else math.nan)
        parts.append(found if of.plain else replace(found, pixels=of.stored(found.pixels, layer.dtype, layer.nodata)))
    return replace(parts[0], pixels=np.concatenate([one.pixels for one in parts]))


def _piece(layer: Layer, how: str, bonus: npt.NDArray[np.float64], *tile: int) -> Composite:
    shape = (len(layer.views), len(layer.bands), *tile[2:])
    stack, seen = np.empty(shape, layer.dtype), np.empty((shape[0], *shape[2:]), np.bool_)
    for number in range(shape[0]):
        stack[number], known = layer.part(number, *tile)
        seen[number] = layer.seen(number, known, *tile)
    if how == "median":
        return _median(layer, stack, seen)
    if how == "medoid":
        return medoid_composite(stack, seen, nodata=layer.nodata)
    scores = np.stack([np.minimum(layer.distance_m(n, *tile), _FAR_M) + np.float32(bonus[n]) for n in range(shape[0])])
    return best_pixel_composite(stack, seen, scores, nodata=layer.nodata)
