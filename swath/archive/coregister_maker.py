"""A picture laid over another date of the same place. The maker ``coregister``.

``inputs``: ``picture_01``, ``reference``. ``parameters``, beside those of :mod:`derived`: ``band`` (of both; or
``reference_band`` for the other), ``model``, ``most_doubt_px``, ``method`` of resampling. The result lies on the
reference's grid, each asset in pixels of its own size; pixels are resampled once. ``matches.json`` holds every tile.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.coregister import Look, Registration, coregister_looks
from swath.archive.derived import Progress, band_asset, data_assets, open_picture, pictures_of, write_derived
from swath.archive.match_kernels import Array
from swath.archive.on_grid import View, asset_grid, asset_on_grid, common_grid
from swath.archive.outside import OutsideAsset, OutsideScene
from swath.archive.sky_masks import hidden_view
from swath.archive.warp import METHODS
from swath.errors import InputError
from swath.model import Grid
from swath.store.folder import write_json
from swath.store.lineage import Recipe

__all__ = ["make_coregister"]

_BANDS = ("red", "nir", "green", "pan", "vv")
"""which is matched where none is named: the first that both have"""


def make_coregister(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``coregister``, see the module. Raises what :func:`coregister.coregister_looks` raises."""
    said = recipe.parameters
    method = str(said.get("method", "cubic"))
    if method not in METHODS or method == "average":
        raise InputError(f"no way {method!r} to resample", where="--method", fix="Give cubic, bilinear or nearest")
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out.parent) as scratch:
        scene = pictures_of(recipe, Path(scratch))[0]
        reference = open_picture(recipe.inputs["reference"][0], Path(scratch) / "reference", said)
        band, other = _bands(scene, reference, str(said.get("band") or ""), str(said.get("reference_band") or ""))
        first, _ = band_asset(reference, other)
        grid = asset_grid(first) or common_grid([first])
        progress("matching", 0.0)
        found = coregister_looks(
            _look(scene, band, grid),
            _look(reference, other, grid),
            grid,
            model=str(said.get("model", "auto")),
            most_doubt_px=float(said.get("most_doubt_px", 0.1)),
        )
        assets = [_laid(asset, found, method, scene) for asset in scene.assets]
        properties = {"swath:registration": _told(found, reference.id, band, other)}
        write_derived(
            [scene], assets, recipe, out, progress, collection=scene.collection, properties=properties,
        )  # fmt: skip
        write_json(out / "matches.json", {"matches": _matches(found)})


def _bands(scene: OutsideScene, reference: OutsideScene, band: str, other: str) -> tuple[str, str]:
    if band or other:
        return band or other, other or band
    names = [
        {band.common_name or band.name.lower() for asset in data_assets(one) for band in asset.bands}
        for one in (scene, reference)
    ]
    both = [name for name in _BANDS if all(name in there for there in names)]
    if both:
        return both[0], both[0]
    firsts = [data_assets(one)[0].bands[0].name for one in (scene, reference)]
    if all(sum(len(asset.bands) for asset in data_assets(one)) == 1 for one in (scene, reference)):
        return firsts[0], firsts[1]
    raise InputError(
        "which bands are to be matched is not plain", where=scene.id, fix="Name them: --band red --reference-band B4"
    )


def _look(scene: OutsideScene, name: str, grid: Grid) -> Look:
    """One band on a grid as what is to be matched, what the scene's own classes or the rules hide left out."""
    asset, number = band_asset(scene, name)
    view, hidden = View(asset, grid, "bilinear"), hidden_view(scene, grid)

    def look(top: int, left: int, rows: int, columns: int) -> Array:
        out = np.full((rows, columns), np.nan, np.float32)
        a, b = max(top, 0), min(top + rows, grid.height)
        c, d = max(left, 0), min(left + columns, grid.width)
        if b > a and d > c:
            pixels, known = view.part(a, c, b - a, d - c)
            if hidden is not None:
                known &= ~hidden(a, c, b - a, d - c)
            out[a - top : b - top, c - left : d - left] = np.where(known, pixels[number], np.nan)
        return out

    return look


def _laid(asset: OutsideAsset, found: Registration, method: str, scene: OutsideScene) -> OutsideAsset:
    own = asset_grid(asset)
    whole = found.grid
    size = own.pixel_m if own is not None and own.epsg == whole.epsg else whole.pixel_m
    ratio = size / whole.pixel_m
    grid = Grid(
        whole.epsg, whole.west_m, whole.north_m, size, math.ceil(whole.width / ratio), math.ceil(whole.height / ratio)
    )
    view = View(asset, grid, method, found.displacement.in_pixels_of(ratio))
    return asset_on_grid(
        lambda *tile: view.part(*tile)[0], grid, key=asset.key, title=asset.title, bands=view.bands, dtype=asset.dtype,
        nodata=view.nodata, simulated=scene.simulated, categorical=asset.categorical, roles=asset.roles,
    )  # fmt: skip


def _told(found: Registration, reference: str, band: str, other: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "bands": [band, other],
        "model": found.displacement.model,
        "matched_on": found.matched_on,
        "shift_east_m": round(found.shift_east_m, 3),
        "shift_north_m": round(found.shift_north_m, 3),
        "pixel_m": found.grid.pixel_m,
        "residual_px": round(found.residual_px, 4),
        "doubt_px": round(found.doubt_px, 4),
        "worst_doubt_px": round(found.worst_doubt_px, 4),
        "tiles_used": int(found.points.used.sum()),
        "tiles_found": int((found.points.correlation != 0).sum()),
        "tiles_tried": len(found.points.used),
    }


def _matches(found: Registration) -> list[dict[str, Any]]:
    points, grid = found.points, found.grid
    rows = []
    for k in np.flatnonzero(points.correlation != 0):
        rows.append(
            {
                "east_m": round(grid.west_m + (points.columns[k] + 0.5) * grid.pixel_m, 3),
                "north_m": round(grid.north_m - (points.rows[k] + 0.5) * grid.pixel_m, 3),
                "down_px": round(points.down_px[k], 4),
                "across_px": round(points.across_px[k], 4),
                "sigma_px": round(points.sigma_px[k], 4) if np.isfinite(points.sigma_px[k]) else None,
                "correlation": round(points.correlation[k], 4),
                "used": bool(points.used[k]),
            }
        )
    return rows
