"""A picture as its camera saw it becomes a map in the archive. The maker ``ortho``.

``inputs``: ``scene`` (the item and its pictures), ``dem`` and ``geoid`` (or none), ``other`` (an item on the map, or
with RPC itself, to refine on; or none).
``parameters``: ``pixel_m`` (0: the picture's own), ``height_m`` (of flat ground).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from swath.archive.cog_stream import write_asset
from swath.archive.heights import Terrain, open_terrain
from swath.archive.map_read import read_on_grid
from swath.archive.outside import OutsideAsset, OutsideScene
from swath.archive.outside_item import asset_gsd_m, outside_item
from swath.archive.readers.stac_item import stac_scene
from swath.archive.rpc_in import rpc_of_tags
from swath.archive.rpc_ortho import RpcPicture, map_block, on_map, refine_bias, rpc_grid
from swath.archive.stac_check import problems
from swath.errors import DataError, InputError
from swath.model import SIMULATED, Grid
from swath.store.folder import write_json
from swath.store.lineage import Recipe

__all__ = ["make_ortho", "ortho_id"]

Progress = Callable[[str, float], None]

_MATCH_SIDE_PX = 1500


def ortho_id(id: str) -> str:
    """What the map of an item is called."""
    return f"{id}_ortho"


def make_ortho(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``ortho``, see the module.

    Raises :class:`DataError` where no picture of the item has RPC, the terrain model lies elsewhere, too few tiles of
    the other picture agree, or the finished item is not sound.
    """
    path = recipe.inputs["scene"][0]
    source = stac_scene(path)
    pixel_m, height_m = (recipe.parameters.get(name) for name in ("pixel_m", "height_m"))
    terrain = _terrain(recipe)
    pictures = [_picture(asset, terrain, height_m) for asset in source.assets if asset.placed.rpc is not None]
    if not pictures:
        raise DataError("it lies on the map already: no picture of it has RPC", where=str(path), fix="Use it as it is")
    said: dict[str, Any] = {"swath:terrain": terrain.file.path.name if terrain else "flat ground"}
    notes = list(source.notes)
    if terrain is None:
        notes.append(f"no terrain model was given: the ground is taken at {pictures[0].height_m:.0f} m")
    written, assets = [], []
    for number, first in enumerate(pictures):
        grid = rpc_grid(first, pixel_m=float(pixel_m or _round_pixel(asset_gsd_m(first.asset))))
        others = recipe.inputs.get("other", ())
        picture, refined = _refined(first, others[0], grid) if others else (first, {})
        said |= refined
        asset = on_map(picture, grid)
        name = f"{ortho_id(source.id)}_{asset.key}{_mark(source)}.tif"
        written.append(
            write_asset(out / name, asset, progress=lambda s, n=number: progress("ortho", (n + s) / len(pictures)))  # type: ignore[misc]
        )
        assets.append(asset)
    scene = replace(
        source,
        id=ortho_id(source.id),
        assets=tuple(assets),
        geometry=None,
        properties={**source.properties, **said},
        notes=tuple(notes),
    )
    item = outside_item(scene, written, out, id=scene.id, created=recipe.made)
    write_json(out / f"{scene.id}.json", item)
    if wrong := problems(item, out, checksums=False):
        raise DataError(f"the item is not sound: {'; '.join(wrong[:3])}", where=str(path), fix="Tell the developers")


def _mark(scene: OutsideScene) -> str:
    return f"_{SIMULATED}" if scene.simulated and SIMULATED not in scene.id else ""


def _terrain(recipe: Recipe) -> Terrain | None:
    dem, geoid = (list(recipe.inputs.get(name, ())) for name in ("dem", "geoid"))
    if geoid and not dem:
        raise InputError("a geoid without a terrain model", where="--geoid", fix="Give --dem, or --height-m")
    return open_terrain(dem[0], geoid[0] if geoid else None) if dem else None


def _picture(asset: OutsideAsset, terrain: Terrain | None, height_m: Any) -> RpcPicture:
    assert asset.placed.rpc is not None
    rpc = rpc_of_tags(asset.placed.rpc, where=asset.key)
    if height_m is not None and not (isinstance(height_m, int | float) and math.isfinite(height_m)):
        raise InputError(f"a height of {height_m!r}", where="--height-m", fix="Give metres above the ellipsoid")
    return RpcPicture(asset, rpc, terrain, rpc.height_offset_m if height_m is None else float(height_m))


def _round_pixel(gsd_m: float) -> float:
    """The picture's own pixel to one digit and a half: 0.5, 0.6, 1, 1.5, 5, 10 ..."""
    step = 10.0 ** math.floor(math.log10(gsd_m)) / 2.0
    return float(f"{max(round(gsd_m / step), 1) * step:.6g}")


def _refined(picture: RpcPicture, other: Path, grid: Grid) -> tuple[RpcPicture, dict[str, Any]]:
    """The picture laid over another item, in the middle of what both show."""
    scene = stac_scene(other)
    asset = scene.assets[0]
    shared = _shared(picture, asset, grid)

    def reference(part: Grid) -> npt.NDArray[Any]:
        if asset.placed.rpc is None:
            return read_on_grid(asset, part)
        block = map_block(_picture(asset, picture.terrain, picture.height_m), part, 0, 0, part.height, part.width)
        if block is None:
            raise DataError("the pictures share no ground", where=str(other), fix="Give one of the same place")
        return np.asarray(block[0])

    moved, found = refine_bias(picture, reference, shared)
    return moved, {
        "swath:refined_on": scene.id,
        "swath:bias_px": {"line": round(found.line_px, 4), "sample": round(found.sample_px, 4)},
        "swath:ce90_to_other": {
            "before_m": round(found.before.ce90_m.value, 3),
            "after_m": round(found.after.ce90_m.value, 3),
        },
    }


def _shared(picture: RpcPicture, asset: OutsideAsset, grid: Grid) -> Grid:
    """A grid over what both show, at most some 1500 pixels on a side, in its middle."""
    if asset.placed.rpc is not None:
        there = rpc_grid(_picture(asset, picture.terrain, picture.height_m), pixel_m=grid.pixel_m)
        bounds, crs = there.bounds_m, f"EPSG:{there.epsg}"
    else:
        assert asset.placed.transform is not None
        corners = [asset.placed.transform * (x, y) for x in (0, asset.width) for y in (0, asset.height)]
        east, north = zip(*corners, strict=True)
        bounds, crs = (min(east), min(north), max(east), max(north)), asset.placed.crs
    west, south, east_, north_ = pyproj.Transformer.from_crs(crs, f"EPSG:{grid.epsg}", always_xy=True).transform_bounds(
        *bounds
    )
    mine = grid.bounds_m
    west, south, east_, north_ = max(west, mine[0]), max(south, mine[1]), min(east_, mine[2]), min(north_, mine[3])
    if west >= east_ or south >= north_:
        raise DataError("the pictures share no ground", where=picture.asset.key, fix="Give one of the same place")
    size = grid.pixel_m
    width, height = (min(int((b - a) / size), _MATCH_SIDE_PX) for a, b in ((west, east_), (south, north_)))
    left = grid.west_m + round(((west + east_) / 2 - grid.west_m) / size - width / 2) * size
    top = grid.north_m - round((grid.north_m - (south + north_) / 2) / size - height / 2) * size
    return Grid(grid.epsg, left, top, size, max(width, 1), max(height, 1))
