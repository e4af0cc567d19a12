"""A picture in another projection, of other pixels, or on another picture's grid. The maker ``warp``.

``inputs``: ``picture_01``; ``reference`` for its grid, or none. ``parameters``, beside those of :mod:`derived`:
``epsg``, ``pixel_m``, ``method``. Within 0.001 source pixel of exact (:mod:`warp`); classes by the nearest pixel.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from swath.archive.derived import Progress, pictures_of, write_derived
from swath.archive.mosaic_maker import reference_grid
from swath.archive.on_grid import View, asset_grid, asset_on_grid, common_grid
from swath.archive.outside import OutsideAsset
from swath.archive.warp import METHODS
from swath.errors import InputError
from swath.model import Grid
from swath.store.lineage import Recipe

__all__ = ["make_warp"]


def make_warp(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``warp``, see the module."""
    said = recipe.parameters
    method = str(said.get("method", "bilinear"))
    epsg, pixel_m = said.get("epsg"), said.get("pixel_m")
    if method not in METHODS:
        raise InputError(f"no way {method!r} to resample", where="--method", fix=f"Give {', '.join(METHODS)}")
    if pixel_m is not None and not 0.0 < float(pixel_m) < 1e6:
        raise InputError(f"pixels of {pixel_m} m", where="--pixel-m", fix="Give more than 0")
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out.parent) as scratch:
        scene = pictures_of(recipe, Path(scratch))[0]
        like = reference_grid(recipe, Path(scratch))
        assets = []
        for asset in scene.assets:
            grid = _grid(asset, like, None if epsg is None else int(epsg), None if pixel_m is None else float(pixel_m))
            view = View(asset, grid, method)
            assets.append(
                asset_on_grid(
                    lambda *tile, view=view: view.part(*tile)[0], grid, key=asset.key, title=asset.title,
                    bands=view.bands, dtype=asset.dtype, nodata=view.nodata, simulated=scene.simulated,
                    categorical=asset.categorical, roles=asset.roles,
                )
            )  # fmt: skip
        write_derived([scene], assets, recipe, out, progress, collection=scene.collection, properties={})


def _grid(asset: OutsideAsset, like: Grid | None, epsg: int | None, pixel_m: float | None) -> Grid:
    if like is None:
        return common_grid([asset], epsg=epsg, pixel_m=pixel_m)
    own = asset_grid(asset)
    size = pixel_m or (own.pixel_m if own is not None and own.epsg == like.epsg else like.pixel_m)
    width, height = (int(np.ceil(n * like.pixel_m / size - 1e-6)) for n in (like.width, like.height))
    return Grid(like.epsg, like.west_m, like.north_m, size, width, height)
