"""What hides the ground in a scene? By its own classes, by our rules, or by a plug-in; as an asset that can be viewed.

A plug-in is an entry point of ``swath.masks`` that names a :class:`MaskRule`. Two are adapters of packages that are
not installed with swath: ``s2cloudless`` (Sinergise; Sentinel-2 level 1C, ten bands) and ``omnicloudmask`` (red, green,
near infrared of any sensor); each is imported when it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from swath.archive.derived import data_assets
from swath.archive.on_grid import View, asset_grid, common_grid
from swath.archive.outside import OutsideAsset, OutsideBand, OutsideScene, Placed
from swath.errors import InputError, PluginError
from swath.model import Grid
from swath.product.cloud_kernels import mean_cells
from swath.product.cloud_mask import (
    CLOUD,
    NOT_PICTURED,
    SEEN,
    SHADOW,
    SNOW,
    CloudMask,
    Sky,
    find_clouds,
    suitable_cell_px,
)
from swath.registry import find

__all__ = [
    "OMNICLOUDMASK",
    "RULES",
    "S2CLOUDLESS",
    "MaskRule",
    "SceneMask",
    "hidden_view",
    "mask_scene",
    "own_classes",
    "sky_of",
]

Array = npt.NDArray[Any]
Floats32 = npt.NDArray[np.float32]
Cells = Mapping[str, Floats32]

_STRIP_PX = 1024
_SCL = {0: NOT_PICTURED, 1: NOT_PICTURED, 3: SHADOW, 8: CLOUD, 9: CLOUD, 10: CLOUD, 11: SNOW}
"""classes of Sentinel-2 level 2A; the others are clear"""
_QA_BITS = ((1 << 5, SNOW), (1 << 4, SHADOW), (0b1110, CLOUD), (1, NOT_PICTURED))
"""of Landsat's QA_PIXEL, the later ones stronger: snow, shadow, dilated cloud or cirrus or cloud, fill"""
_WANTED = (*("coastal", "blue", "green", "red", "rededge071", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22"),)
_BRIGHTEST = 2.5
"""reflectance; counts above it that say no scale are taken as reflectance x 10000"""


@dataclass(frozen=True)
class MaskRule:
    """One way to find clouds, on means of cells by common band name."""

    name: str
    needs: tuple[str, ...]
    """bands without which it cannot work"""
    find: Callable[[Cells, float, Sky | None, float], CloudMask]
    """``find(cells, cell_m, sky, buffer_m)``, cells in reflectance 0 to 1 (``temperature`` in K), NaN unknown"""
    source: str


def _by_rules(cells: Cells, cell_m: float, sky: Sky | None, buffer_m: float) -> CloudMask:
    return find_clouds(cells, cell_m, sky, buffer_m=buffer_m)


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise PluginError(
            f"the package {name} is not installed: {error}", where="--by", fix=f"pip install {name}, or use --by rules"
        ) from error


def _by_s2cloudless(cells: Cells, cell_m: float, sky: Sky | None, buffer_m: float) -> CloudMask:
    module = _imported("s2cloudless")
    stack = np.stack([cells[name] for name in S2CLOUDLESS.needs], axis=-1)
    known = np.isfinite(stack).all(-1)
    detector = module.S2PixelCloudDetector(threshold=0.4, average_over=1, dilation_size=1, all_bands=False)
    said = np.asarray(detector.get_cloud_probability_maps(np.nan_to_num(stack)[None]))
    if said.shape != (1, *known.shape):
        raise PluginError(f"s2cloudless answered {said.shape}", where="s2cloudless", fix="Use the release 1.7 of it")
    likely = np.where(known, said[0], np.nan).astype(np.float32)
    return find_clouds(cells, cell_m, sky, buffer_m=buffer_m, likely=likely)


def _by_omnicloudmask(cells: Cells, cell_m: float, sky: Sky | None, buffer_m: float) -> CloudMask:
    module = _imported("omnicloudmask")
    stack = np.stack([cells[name] for name in OMNICLOUDMASK.needs])
    known = np.isfinite(stack).all(0)
    said = np.squeeze(np.asarray(module.predict_from_array(np.nan_to_num(stack).astype(np.float32))))
    if said.shape != known.shape:
        raise PluginError(
            f"omnicloudmask answered {said.shape}", where="omnicloudmask", fix="Use the release 1.8 of it"
        )
    likely = np.where(known, np.where(np.isin(said, (1, 2)), 1.0, 0.0), np.nan).astype(np.float32)
    return find_clouds(cells, cell_m, sky, buffer_m=buffer_m, likely=likely, shadow=np.asarray(said == 3))


RULES = MaskRule("rules", (), _by_rules, "swath.product.cloud_mask")
S2CLOUDLESS = MaskRule(
    "s2cloudless",
    ("coastal", "blue", "red", "rededge071", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22"),
    _by_s2cloudless,
    "Skakun et al. 2022, Remote Sens. Environ. 274, 112990; the package s2cloudless",
)
OMNICLOUDMASK = MaskRule(
    "omnicloudmask",
    ("red", "green", "nir"),
    _by_omnicloudmask,
    "Wright et al. 2025, Remote Sens. Environ. 322, 114694; the package omnicloudmask",
)


@dataclass(frozen=True)
class SceneMask:
    """What hides the ground in a scene, in cells, and where they lie."""

    grid: Grid
    """of the finest visible band"""
    cell_px: int
    """pixels of it on a side of a cell"""
    cells: CloudMask
    by: str
    pictured: View
    """the visible band whose data say what is pictured"""
    notes: tuple[str, ...] = ()

    def codes_asset(self) -> OutsideAsset:
        """The codes of the cells as an asset of classes, to be viewed on any grid."""
        codes, size = self.cells.codes, self.grid.pixel_m * self.cell_px

        def window(top: int, left: int, rows: int, columns: int, bands: Sequence[int] | None = None) -> Array:
            return codes[None, top : top + rows, left : left + columns]

        place = Placed(Affine(size, 0.0, self.grid.west_m, 0.0, -size, self.grid.north_m), f"EPSG:{self.grid.epsg}")
        return OutsideAsset(
            key="mask",
            title="what hides the ground",
            bands=(OutsideBand("mask", "class", ""),),
            width=codes.shape[1],
            height=codes.shape[0],
            dtype="uint8",
            placed=place,
            strip=lambda first, rows: window(first, 0, rows, codes.shape[1]),
            window=window,
            nodata=NOT_PICTURED,
            categorical=True,
        )


def sky_of(scene: OutsideScene) -> Sky | None:
    """Where the Sun and the satellite stood, as the product says; None where it does not say where the Sun was."""
    said = scene.properties
    sun = [said.get(name) for name in ("view:sun_elevation", "view:sun_azimuth")]
    if not all(isinstance(angle, int | float) and math.isfinite(angle) for angle in sun):
        return None
    view, azimuth = said.get("view:incidence_angle", said.get("view:off_nadir", 0.0)), said.get("view:azimuth", 0.0)
    return Sky(float(sun[0]), float(sun[1]), float(view), float(azimuth))  # type: ignore[arg-type]


def mask_scene(scene: OutsideScene, *, by: str = "rules", buffer_m: float = 60.0) -> SceneMask:
    """Which parts of a scene are cloud, shadow or snow? Read strip by strip; memory for some 8 million cells.

    ``by``: an entry point of ``swath.masks``. Raises :class:`InputError` for bands that it needs and the scene lacks.
    """
    rule = find("swath.masks", by)
    if not isinstance(rule, MaskRule):
        raise PluginError(f"mask {by!r} is a {type(rule).__name__}", where="swath.masks", fix="Name a MaskRule")
    places = _places(scene)
    missing = [name for name in rule.needs if name not in places]
    visible = [name for name in ("red", "green", "blue") if name in places]
    if missing or len(visible) < 2:
        raise InputError(
            f"{by} needs {', '.join(rule.needs) or 'two of blue, green and red'}; the scene has "
            f"{', '.join(places) or 'no band that is known'}",
            where=scene.id,
            fix="Name its bands (--bands), or choose another way (--by)",
        )
    first = min((places[name][0] for name in visible), key=lambda asset: -asset.width)
    grid = asset_grid(first) or common_grid([first])
    cell_px = suitable_cell_px(grid)
    notes: list[str] = []
    cells = {
        name: _cells(View(asset, grid, "bilinear"), number, cell_px, notes) for name, (asset, number) in places.items()
    }
    found = rule.find(cells, cell_px * grid.pixel_m, sky_of(scene), buffer_m)
    return SceneMask(grid, cell_px, found, by, View(first, grid, "nearest"), tuple(dict.fromkeys(notes)))


def _places(scene: OutsideScene) -> dict[str, tuple[OutsideAsset, int]]:
    """Reflectance by common name, the finest pixels of each; brightness temperature as ``temperature``."""
    found: dict[str, tuple[OutsideAsset, int]] = {}
    for asset in sorted(data_assets(scene), key=lambda one: -one.width):
        for number, band in enumerate(asset.bands):
            if band.quantity == "brightness temperature":
                found.setdefault("temperature", (asset, number))
            name = band.common_name or band.name.lower()
            if name in _WANTED:
                found.setdefault(name, (asset, number))
    if "nir" not in found and "nir08" in found:
        found["nir"] = found["nir08"]
    return found


def _cells(view: View, number: int, cell_px: int, notes: list[str]) -> Floats32:
    """One band's means of cells, in what its numbers mean."""
    grid, band = view.grid, view.bands[number]
    out = np.empty((-(-grid.height // cell_px), -(-grid.width // cell_px)), np.float32)
    step = max(_STRIP_PX // cell_px, 1) * cell_px
    for top in range(0, grid.height, step):
        rows = min(step, grid.height - top)
        pixels, known = view.part(top, 0, rows, grid.width)
        values = np.where(known, pixels[number].astype(np.float32), np.nan)
        mean_cells(values, cell_px, out[top // cell_px : top // cell_px - (-rows // cell_px)])
    out = out * np.float32(band.scale) + np.float32(band.offset)
    if (
        band.scale == 1.0
        and np.isfinite(out).any()
        and float(np.nanquantile(out, 0.5)) > _BRIGHTEST
        and "temp" not in band.quantity
    ):
        top_value = 255.0 if view.asset.dtype == "uint8" else 10_000.0
        notes.append(f"counts that say no scale are taken as reflectance x {top_value:g}: calibrate them to be sure")
        out = out / np.float32(top_value)
    return out


def own_classes(scene: OutsideScene) -> tuple[OutsideAsset, Callable[[Array], npt.NDArray[np.uint8]]] | None:
    """The scene's own classes, and how they read as codes of :mod:`product.cloud_mask`; None where it has none."""
    for asset in scene.assets:
        if asset.categorical and asset.key.lower() in ("scl", "qa_pixel", "mask"):
            return asset, {"scl": _of_scl, "qa_pixel": _of_qa, "mask": _of_mask}[asset.key.lower()]
    return None


def hidden_view(
    scene: OutsideScene, grid: Grid, *, by: str = "auto", notes: list[str] | None = None
) -> Callable[[int, int, int, int], npt.NDArray[np.bool_]] | None:
    """What hides the ground of a scene, part by part on a grid; None where nothing can be said, or nothing is asked.

    ``by``: ``auto`` takes the scene's own classes, else our rules where its bands allow them; ``none``; or an entry
    point of ``swath.masks``. What was taken is added to ``notes``. Snow hides nothing.
    """
    told = notes if notes is not None else []
    if by == "none":
        return None
    own = own_classes(scene) if by == "auto" else None
    if own is not None:
        asset, read = own
        told.append(f"{scene.id}: clouds by its own {asset.key}")
    else:
        try:
            found = mask_scene(scene, by="rules" if by == "auto" else by)
        except InputError:
            if by != "auto":
                raise
            told.append(f"{scene.id}: no mask of clouds, and too few bands to make one")
            return None
        asset, read = found.codes_asset(), _of_mask
        told.append(f"{scene.id}: clouds by {found.by}")
    view = View(asset, grid, "nearest")

    def hidden(top: int, left: int, rows: int, columns: int) -> npt.NDArray[np.bool_]:
        pixels, known = view.part(top, left, rows, columns)
        return np.asarray(np.isin(read(pixels[0]), (CLOUD, SHADOW)) & known)

    return hidden


def _of_scl(classes: Array) -> npt.NDArray[np.uint8]:
    table = np.full(256, SEEN, np.uint8)
    for value, code in _SCL.items():
        table[value] = code
    table[12:] = NOT_PICTURED
    return table[np.clip(classes, 0, 255).astype(np.uint8)]


def _of_qa(flags: Array) -> npt.NDArray[np.uint8]:
    codes = np.full(flags.shape, SEEN, np.uint8)
    for bits, code in _QA_BITS:
        codes[(flags.astype(np.uint32) & bits) != 0] = code
    return codes


def _of_mask(codes: Array) -> npt.NDArray[np.uint8]:
    return np.where(codes > SNOW, NOT_PICTURED, codes).astype(np.uint8)
