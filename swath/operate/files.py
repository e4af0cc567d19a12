"""Where a scene's and a product's files lie in a run's folder, and writing them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swath.archive.averaging import AMPLITUDE, PLAIN
from swath.archive.camera import camera_of
from swath.archive.cog import write_cog
from swath.archive.picture import ReceivedPicture
from swath.archive.quicklook import natural_colour, radar_grey, write_quicklook
from swath.archive.radar import by_radar
from swath.archive.rpc import fit_rpc
from swath.archive.scene import file_stem
from swath.archive.sensor_picture import sensor_assets, write_sensor_picture
from swath.archive.stac import (
    amplitude_bands,
    file_asset,
    item,
    item_path,
    layer_band,
    product_item,
    raster_asset,
    reflectance_bands,
)
from swath.model import Product, Scene
from swath.product.vegetation import NDVI_NOT_SEEN, NDVI_SCALE
from swath.store.folder import write_json
from swath.time import format_utc

__all__ = ["PRODUCTS", "SCENES", "scene_file", "write_product", "write_scene"]

SCENES, PRODUCTS = "scenes", "products"
"""the STAC collections"""

_CAMERA_TITLES = ("reflectance on the map", "natural colour")
_BEYOND_M = 50.0
"""an RPC holds for heights so much lower and higher than the land's"""


@dataclass(frozen=True)
class _Layer:
    nodata: float
    classes: bool
    meaning: str
    """of what is stored"""
    scale: float = 1.0
    """what a stored value counts"""
    title: str = ""
    """for people; otherwise the meaning"""


_LAYERS = {
    "flood": _Layer(255, True, "1 flooded, 0 not"),
    "likelihood": _Layer(
        255, False, "likelihood of water now, per cent; 255 not seen", 0.01, "likelihood of water now"
    ),
    "normal": _Layer(255, False, "normal water, per cent; 255 not known", 0.01, "share of normal water"),
    "unseen": _Layer(255, True, "0 seen, 1 cloud, 2 cloud shadow, 3 not pictured"),
    "ndvi": _Layer(NDVI_NOT_SEEN, False, "NDVI x 10000; -32768 not seen", 1.0 / NDVI_SCALE, "vegetation index (NDVI)"),
}


def scene_file(scene: Scene) -> Path:
    """Path of a scene's raster in a run's folder."""
    folder = Path("stac") / item_path(SCENES, scene.id).parent
    return folder / f"{file_stem(scene.id, simulated=scene.simulated)}.tif"


def write_scene(
    scene: Scene, folder: Path, *, picture: ReceivedPicture, heights_m: tuple[float, float]
) -> tuple[dict[str, Any], Path]:
    """Write a scene's raster, preview and STAC item; returns the item and the preview's path.

    Beside it, in ``sensor/``, the picture as the camera saw it with its RPC, which holds between ``heights_m``; none of
    a radar's.
    """
    raster = folder / scene_file(scene)
    preview = raster.with_suffix(".png")
    raster.parent.mkdir(parents=True, exist_ok=True)
    made = "simulated " if scene.simulated else ""
    said = f"{made}picture of {scene.request} by {scene.satellite} at {format_utc(scene.start)}"
    radar = by_radar(scene)
    layers = dict(zip(scene.bands, scene.pixels, strict=True))
    averaging = AMPLITUDE if radar else PLAIN
    write_cog(raster, layers, scene.grid, nodata=0, simulated=scene.simulated, description=said, averaging=averaging)
    look = radar_grey(scene.pixels[0]) if radar else natural_colour(scene.pixels, scene.bands)
    write_quicklook(preview, look, simulated=scene.simulated, description=said)
    bands = amplitude_bands(scene) if radar else reflectance_bands(scene.bands)
    titles = ("amplitude on the map: sigma nought is its square", "decibels") if radar else _CAMERA_TITLES
    assets = {
        "data": raster_asset(raster, raster.parent, scene.grid, bands, simulated=scene.simulated, title=titles[0]),
        "preview": file_asset(preview, raster.parent, title=titles[1], roles=["overview"]),
    }
    if not radar:
        assets |= _sensor(raster, picture, heights_m, simulated=scene.simulated)
    entry = item(scene, assets, collection_id=SCENES, created=scene.received)
    write_json(folder / "stac" / item_path(SCENES, scene.id), entry)
    return entry, preview


def _sensor(
    raster: Path, picture: ReceivedPicture, heights_m: tuple[float, float], *, simulated: bool
) -> dict[str, dict[str, Any]]:
    """Write the sensor picture of a scene; returns its assets."""
    path = raster.parent / "sensor" / raster.name
    path.parent.mkdir(exist_ok=True)
    rpc = fit_rpc(camera_of(picture), low_m=heights_m[0] - _BEYOND_M, high_m=heights_m[1] + _BEYOND_M)
    write_sensor_picture(path, picture, rpc, simulated=simulated)
    assets = sensor_assets(path, picture, rpc, simulated=simulated)
    return {key: asset | {"href": f"./sensor/{Path(asset['href']).name}"} for key, asset in assets.items()}


def write_product(product: Product, scene: Scene, before: Scene | None, folder: Path) -> dict[str, Any]:
    """Write a product's layers to ``products/`` and its STAC item; returns the item."""
    place = folder / "stac" / item_path(PRODUCTS, product.id)
    place.parent.mkdir(parents=True, exist_ok=True)
    assets = {}
    said = f"{'simulated ' if product.simulated else ''}{product.kind} of {product.request}"
    for name, layer in product.layers.items():
        told = _LAYERS[name]
        path = folder / "products" / f"{file_stem(f'{product.id}-{name}', simulated=product.simulated)}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_cog(
            path,
            {name: layer},
            product.grid,
            nodata=told.nodata,
            simulated=product.simulated,
            description=f"{said}: {told.meaning}",
            categorical=told.classes,
        )
        band = layer_band(name, layer, nodata=told.nodata, description=told.meaning, scale=told.scale)
        assets[name] = raster_asset(
            path, place.parent, product.grid, [band], simulated=product.simulated, title=told.title or told.meaning
        )
    used = [s for s in (scene, before) if s is not None and s.id in product.scenes]
    entry = product_item(
        product,
        used,
        assets,
        collection_id=PRODUCTS,
        created=scene.received,
        derived_from={f"../../{item_path(SCENES, s.id).as_posix()}": s.id for s in used},
    )
    write_json(place, entry)
    return entry
