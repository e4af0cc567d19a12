"""What the ground makes of one picture: a scene on the map, its products and their files. Runs in worker processes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.camera import camera_of
from swath.archive.cog import read_cog
from swath.archive.ortho import picture_outline
from swath.archive.picture import ReceivedPicture, band_counts
from swath.archive.radar import by_radar
from swath.archive.scene import build_scene
from swath.fly.field_truth import FieldTruth
from swath.frames import EarthOrientation
from swath.model import Product, Scene
from swath.operate.downlink import Arrival
from swath.operate.files import scene_file, write_product, write_scene
from swath.operate.radar_ground import place_by_radar, water_of
from swath.operate.shot import CONTROL_BAND, Known, Shot, rings_m
from swath.product.flood import flood_product
from swath.product.flood_map import flood_of
from swath.product.vegetation import vegetation_product
from swath.report.outcome import Comparison, QuickLook
from swath.sources.eop import packaged_eop
from swath.time import format_utc

__all__ = ["Mapped", "map_picture"]

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Mapped:
    """One picture, mapped. Pixels and layers stay on disk, but for the layers of a flood."""

    scene: Scene
    products: tuple[Product, ...]
    items: tuple[dict[str, Any], ...]
    """the STAC items written, the scene's first"""
    quicklook: QuickLook
    footprint: Ring
    truth: tuple[Comparison, ...]
    fields_inside: int
    """fields whose true NDVI lies in the interval, of ``fields_seen``"""
    fields_seen: int
    faults: tuple[str, ...]


@cache
def _eop() -> EarthOrientation:
    return packaged_eop()


def map_picture(arrival: Arrival, folder: Path, before: Scene | None) -> Mapped:
    """Put a picture on the map, measure how well it lies there, make its products and write its files.

    ``before``: the scene of the same place before a flood; its pixels are read from its file. Raises
    :class:`DataError` where too little of the picture came down to place it.
    """
    shot, known, picture = arrival.shot, arrival.known(), arrival.picture()
    radar = shot.satellite.radar is not None
    scene, footprint = place_by_radar(picture, arrival, known, _eop()) if radar else _place(arrival, picture, known)
    faults: tuple[str, ...] = ()
    if picture.complete and _crc32(picture) != arrival.crc32:
        faults = (f"{shot.acquisition}: the pixels received are not those taken",)
    heights_m = float(known.heights_m.min()), float(known.heights_m.max())
    item, preview = write_scene(scene, folder, picture=picture, heights_m=heights_m)
    arrival.file.unlink()
    quicklook = _quicklook(scene, preview)
    products, items = [], [item]
    for make in _products(scene, known, shot, before, folder):
        product = make()
        items.append(write_product(product, scene, before, folder))
        products.append(product if product.kind == "flood" else replace(product, layers={}))
    inside, seen = _fields_inside(products, known.fields_true)
    return Mapped(
        scene=replace(scene, pixels=np.empty((0, 0, 0), np.uint16)),
        products=tuple(products),
        items=tuple(items),
        quicklook=quicklook,
        footprint=footprint,
        truth=_compared(products, known.flood_km2),
        fields_inside=inside,
        fields_seen=seen,
        faults=faults,
    )


def _place(arrival: Arrival, picture: ReceivedPicture, known: Known) -> tuple[Scene, Ring]:
    """The scene, and the outline of what the camera swept."""
    shot = arrival.shot
    altitude_m = shot.request.place.altitude_m
    scene = build_scene(
        picture,
        station=arrival.landed.station,
        received=arrival.landed.received,
        eop=_eop(),
        knowledge_sigma_deg=shot.satellite.agility.knowledge_sigma_deg,
        grid=shot.grid,
        altitude_m=altitude_m,
        heights_m=known.heights_m,
        control=known.control,
        control_band=CONTROL_BAND,
        p_clear=shot.p_clear,
    )
    lon_deg, lat_deg = picture_outline(camera_of(picture, altitude_m=altitude_m))
    return scene, tuple(zip(lon_deg.tolist(), lat_deg.tolist(), strict=True))


def _crc32(picture: ReceivedPicture) -> tuple[int, ...]:
    """Of the pixels, band by band, as ``shot.shoot`` takes it."""
    bands = 0 if picture.header is None else len(picture.header.bands)
    return tuple(zlib.crc32(band_counts(picture, band).data) for band in range(bands))


def _products(
    scene: Scene, known: Known, shot: Shot, before: Scene | None, folder: Path
) -> list[Callable[[], Product]]:
    """What is to be made of a scene, made one after the other so that only one lies in memory."""
    if shot.request.kind == "watch":
        return []
    vegetation = partial(vegetation_product, scene, rings_m(known.fields, scene.grid))
    also: list[Callable[[], Product]] = [] if by_radar(scene) else [vegetation]
    if not shot.flooded:
        return also

    def flood() -> Product:
        earlier = None
        if before is not None:
            earlier = replace(before, pixels=read_cog(folder / scene_file(before)).pixels)
        if not any(by_radar(one) for one in (scene, earlier) if one is not None):
            return flood_product(scene, before=earlier, area=shot.area)
        then = None if earlier is None else water_of(earlier, known.heights_m)
        now = water_of(scene, known.heights_m)
        return flood_of(now, before=then, area=shot.area, id=f"{scene.id}-flood", request=scene.request)

    return [flood, *also]


def _fields_inside(products: Sequence[Product], truth: FieldTruth) -> tuple[int, int]:
    """Of fields whose true NDVI from space is known: how many have it in their interval, how many have an interval."""
    true_ndvi = dict(zip(truth.field.tolist(), truth.ndvi_toa.tolist(), strict=True))
    rows = [row for product in products for row in product.rows if row.get("field") in true_ndvi]
    rows = [row for row in rows if row["ndvi_mean"] is not None]
    return sum(row["ndvi_low"] <= true_ndvi[row["field"]] <= row["ndvi_high"] for row in rows), len(rows)


def _compared(products: Sequence[Product], true_km2: float | None) -> tuple[Comparison, ...]:
    """Flooded areas beside the simulated truth."""
    compared = []
    for flood in products:
        if flood.kind != "flood" or true_km2 is None:
            continue
        found = flood.estimates["flooded_km2"]
        inside = found.low is not None and found.high is not None and found.low <= true_km2 <= found.high
        compared.append(Comparison(f"flooded area of {flood.request}", found, true_km2, inside))
    return tuple(compared)


def _quicklook(scene: Scene, png: Path) -> QuickLook:
    size = -(-max(scene.grid.shape) // 1024)
    rows, columns = (-(-length // size) for length in scene.grid.shape)
    grid = replace(scene.grid, pixel_m=scene.grid.pixel_m * size, width=columns, height=rows)
    said = f"{scene.request} by {scene.satellite}, {format_utc(scene.start)}"
    return QuickLook(png.read_bytes(), grid, scene.start, said)
