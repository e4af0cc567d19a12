"""Overlapping pictures as one. The maker ``mosaic``.

``inputs``: ``picture_01`` ...; ``reference`` for its grid, or none. ``parameters``, beside those of :mod:`derived`:
``keep`` (bands), ``method``, ``clouds``, ``level`` (``gain`` or ``none``), ``epsg``, ``pixel_m``. Writes every layer
that all pictures have, and ``source``: which picture each pixel is of.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from swath.archive.derived import Progress, data_assets, open_picture, pictures_of, write_derived
from swath.archive.on_grid import asset_grid, asset_on_grid, common_grid
from swath.archive.outside import OutsideAsset, OutsideBand, OutsideScene
from swath.archive.stack import Layer, layers_of, level, take_chosen
from swath.archive.warp import METHODS
from swath.errors import InputError
from swath.model import Grid
from swath.store.lineage import Recipe

__all__ = ["make_mosaic", "reference_grid", "source_asset", "stacked"]

Array = npt.NDArray[Any]


def make_mosaic(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``mosaic``, see the module."""
    how = str(recipe.parameters.get("level", "gain"))
    if how not in ("gain", "none"):
        raise InputError(f"no way {how!r} to level", where="--level", fix="Give gain or none")
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out.parent) as scratch:
        scenes, layers, notes = stacked(recipe, Path(scratch), progress)
        simulated = any(scene.simulated for scene in scenes)
        assets, told = [], {}
        for number, layer in enumerate(layers):
            progress("looking", number / len(layers))
            cells = layer.measure()
            levelled = level(layer, cells) if how == "gain" else layer
            if levelled.levels is not None:
                told[layer.key] = _told(levelled, scenes)
            assets.append(_mosaic_asset(levelled, simulated))
        assets.append(_sources(max(layers, key=lambda one: one.grid.width), scenes, simulated))
        properties = {"swath:pictures": [scene.id for scene in scenes], **({"swath:levelling": told} if told else {})}
        write_derived(scenes, assets, recipe, out, progress, collection="mosaics", properties=properties, notes=notes)


def stacked(recipe: Recipe, scratch: Path, progress: Progress) -> tuple[list[OutsideScene], list[Layer], list[str]]:
    """The pictures of a recipe and their layers, as mosaic and composite ask for them."""
    said = recipe.parameters
    method = str(said.get("method", "bilinear"))
    if method not in METHODS:
        raise InputError(f"no way {method!r} to resample", where="--method", fix=f"Give {', '.join(METHODS)}")
    pixel_m, epsg = said.get("pixel_m"), said.get("epsg")
    if pixel_m is not None and not 0.0 < float(pixel_m) < 1e6:
        raise InputError(f"pixels of {pixel_m} m", where="--pixel-m", fix="Give more than 0")
    scenes = pictures_of(recipe, scratch)
    progress("looking", 0.0)
    layers, notes = layers_of(
        scenes,
        method=method,
        clouds=str(said.get("clouds", "auto")),
        epsg=None if epsg is None else int(epsg),
        pixel_m=None if pixel_m is None else float(pixel_m),
        grid=reference_grid(recipe, scratch),
        bands=tuple(said.get("keep") or ()),
    )
    return scenes, layers, notes


def reference_grid(recipe: Recipe, scratch: Path) -> Grid | None:
    """The grid of the picture that the result is to lie on; None where none is named."""
    paths = recipe.inputs.get("reference", ())
    if not paths:
        return None
    assets = data_assets(open_picture(paths[0], scratch / "reference", recipe.parameters))
    finest = max(assets, key=lambda asset: asset.width)
    return asset_grid(finest) or common_grid([finest])


def _told(layer: Layer, scenes: Sequence[OutsideScene]) -> dict[str, Any]:
    levels = layer.levels
    assert levels is not None
    return {
        "pairs": levels.pairs,
        "bands": [band.common_name or band.name for band in layer.bands],
        "additive": list(levels.additive),
        "factors": {scene.id: [round(float(v), 6) for v in levels.factor[n]] for n, scene in enumerate(scenes)},
        "apart_before": [round(float(v), 6) for v in levels.before],
        "apart_after": [round(float(v), 6) for v in levels.after],
    }


def _mosaic_asset(layer: Layer, simulated: bool) -> OutsideAsset:
    return asset_on_grid(
        lambda *tile: take_chosen(layer, *tile, fill=True)[0], layer.grid, key=layer.key, title=layer.title,
        bands=layer.bands, dtype=layer.dtype, nodata=layer.nodata, simulated=simulated,
    )  # fmt: skip


def _sources(layer: Layer, scenes: Sequence[OutsideScene], simulated: bool) -> OutsideAsset:
    return source_asset(
        lambda *tile: take_chosen(layer, *tile, fill=True)[1][None], layer.grid, scenes, simulated=simulated
    )


def source_asset(part: Any, grid: Grid, scenes: Sequence[OutsideScene], *, simulated: bool) -> OutsideAsset:
    """Which picture each pixel is of, as classes: 0 none, then the pictures in their order."""
    dtype = "uint8" if len(scenes) < 255 else "uint16"
    codes = [{"value": n, "name": scene.id} for n, scene in enumerate(scenes, 1)]
    return asset_on_grid(
        lambda *tile: part(*tile).astype(dtype), grid, key="source", title="Which picture each pixel is of",
        bands=[OutsideBand("source", "class", "", more={"swath:codes": codes})], dtype=dtype, nodata=0,
        simulated=simulated, categorical=True, roles=("data", "classification"),
    )  # fmt: skip
