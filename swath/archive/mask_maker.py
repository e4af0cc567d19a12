"""Clouds, shadows and snow of a picture as classes on its own grid. The maker ``mask``.

``inputs``: ``picture_01``. ``parameters``, beside those of :mod:`derived`: ``by`` (an entry point of ``swath.masks``),
``buffer_m``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.derived import Progress, pictures_of, write_derived
from swath.archive.on_grid import asset_on_grid
from swath.archive.outside import OutsideBand
from swath.archive.sky_masks import SceneMask, mask_scene
from swath.errors import InputError
from swath.product.cloud_mask import CLOUD, CODES, NOT_PICTURED, SHADOW, SNOW, UNKNOWN
from swath.store.lineage import Recipe

__all__ = ["make_mask"]

Array = npt.NDArray[Any]


def make_mask(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``mask``, see the module. Raises what :func:`sky_masks.mask_scene` raises."""
    buffer_m = float(recipe.parameters.get("buffer_m", 60.0))
    if not 0.0 <= buffer_m <= 10_000.0:
        raise InputError(f"a buffer of {buffer_m:g} m", where="--buffer-m", fix="Give 0 to 10000")
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out.parent) as scratch:
        scene = pictures_of(recipe, Path(scratch))[0]
        progress("looking", 0.0)
        found = mask_scene(scene, by=str(recipe.parameters.get("by", "rules")), buffer_m=buffer_m)
        codes = [{"value": code, "name": word} for code, word in CODES.items()]
        assets = [
            asset_on_grid(
                lambda *tile: _painted(found, found.cells.codes, NOT_PICTURED, *tile), found.grid, key="mask",
                title="What hides the ground", bands=[OutsideBand("mask", "class", "", more={"swath:codes": codes})],
                dtype="uint8", nodata=NOT_PICTURED, simulated=scene.simulated, categorical=True,
                roles=("data", "classification"),
            ),
            asset_on_grid(
                lambda *tile: _painted(found, found.cells.likelihood, UNKNOWN, *tile), found.grid,
                key="cloud_likelihood", title="Likelihood of cloud",
                bands=[OutsideBand("cloud_likelihood", "likelihood of cloud", "%")], dtype="uint8", nodata=UNKNOWN,
                simulated=scene.simulated,
            ),
        ]  # fmt: skip
        shares = {
            word: found.cells.share(code) for code, word in ((CLOUD, "cloud"), (SHADOW, "shadow"), (SNOW, "snow"))
        }
        write_derived(
            [scene], assets, recipe, out, progress, collection="masks",
            properties={
                "eo:cloud_cover": round(100.0 * shares["cloud"], 2),
                "swath:shadow_share": round(shares["shadow"], 4),
                "swath:snow_share": round(shares["snow"], 4),
                "swath:masked_by": found.by,
                "swath:mask_of": scene.id,
            },
            notes=[*found.cells.because, *found.notes],
        )  # fmt: skip


def _painted(found: SceneMask, cells: Array, missing: int, top: int, left: int, rows: int, columns: int) -> Array:
    """Values of cells, pixel by pixel; ``missing`` where the picture has no data."""
    _, known = found.pictured.part(top, left, rows, columns)
    i, j = (top + np.arange(rows)) // found.cell_px, (left + np.arange(columns)) // found.cell_px
    return np.where(known, cells[i[:, None], j[None, :]], np.uint8(missing))[None].astype(np.uint8)
