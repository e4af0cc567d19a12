"""What the ground makes of one picture: a scene on the map, its products and their files. Runs in worker processes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.camera import camera_of
from swath.archive.cog import read_cog
from swath.archive.grids import map_from_geodetic, place_grid
from swath.archive.ortho import picture_outline
from swath.archive.picture import picture_counts
from swath.archive.scene import build_scene
from swath.fly.truth import FieldTruth, field_places, field_truth, reference_picture, truth_on
from swath.fly.world import Site, make_site
from swath.frames import EarthOrientation
from swath.model import Grid, Product, Scene
from swath.operate.downlink import Arrival
from swath.operate.files import scene_file, write_product, write_scene
from swath.operate.shot import Shot, site_seed, sky_of
from swath.product.flood import flood_product
from swath.product.vegetation import vegetation_product
from swath.report.outcome import Comparison, QuickLook
from swath.sources.eop import packaged_eop
from swath.time import format_utc

__all__ = ["Mapped", "map_picture"]

Ring = tuple[tuple[float, float], ...]

PIXEL_M = 5.0
CONTROL_BAND = "nir"
"""shows shores and fields best, through haze"""


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

    ``before``: the scene of the same place before a flood; its pixels are read from its file.
    """
    shot = arrival.shot
    request = shot.request
    site = make_site(request.place, request.kind, request.extent_m, site_seed(request, shot.seed))
    scene = _scene(arrival, place_grid(request.place, request.extent_m, pixel_m=PIXEL_M), site)
    faults = []
    if arrival.picture.complete and zlib.crc32(picture_counts(arrival.picture)) != arrival.crc32:
        faults.append(f"{scene.id}: the pixels received are not those taken")
    item, preview = write_scene(scene, folder)
    products = _products(scene, site, shot, before, folder)
    items = (item, *(write_product(product, scene, before, folder) for product in products))
    floods = [product for product in products if product.kind == "flood"]
    inside, seen = (0, 0) if floods else _fields_inside(products, field_truth(site))
    lon_deg, lat_deg = picture_outline(camera_of(arrival.picture))
    return Mapped(
        scene=replace(scene, pixels=np.empty((0, 0, 0), np.uint16)),
        products=tuple(p if p.kind == "flood" else replace(p, layers={}) for p in products),
        items=items,
        quicklook=_quicklook(scene, preview),
        footprint=tuple(zip(lon_deg.tolist(), lat_deg.tolist(), strict=True)),
        truth=tuple(_compare_flood(flood, site, shot) for flood in floods),
        fields_inside=inside,
        fields_seen=seen,
        faults=tuple(faults),
    )


def _scene(arrival: Arrival, grid: Grid, site: Site) -> Scene:
    """The scene on the place's grid, held against the simulated map."""
    return build_scene(
        arrival.picture,
        station=arrival.landed.station,
        received=arrival.landed.received,
        eop=_eop(),
        knowledge_sigma_deg=arrival.shot.satellite.agility.knowledge_sigma_deg,
        grid=grid,
        control=reference_picture(site, grid, bands=(CONTROL_BAND,))[0],
        control_band=CONTROL_BAND,
        p_clear=arrival.shot.p_clear,
    )


def _products(scene: Scene, site: Site, shot: Shot, before: Scene | None, folder: Path) -> tuple[Product, ...]:
    if shot.request.kind == "watch":
        return ()
    fields = {place.id: _ring_m(place.ring, scene.grid) for place in field_places(site)}
    vegetation = vegetation_product(scene, fields)
    if not shot.flooded:
        return (vegetation,)
    earlier = None if before is None else replace(before, pixels=_pixels(folder / scene_file(before), before.bands))
    return (flood_product(scene, before=earlier), vegetation)


def _pixels(path: Path, bands: tuple[str, ...]) -> npt.NDArray[np.uint16]:
    layers = read_cog(path).layers
    return np.stack([layers[band] for band in bands])


def _ring_m(ring: Ring, grid: Grid) -> npt.NDArray[np.float64]:
    lon_deg, lat_deg = np.array(ring).T
    return np.column_stack(map_from_geodetic(grid.epsg, lon_deg=lon_deg, lat_deg=lat_deg))


def _fields_inside(products: tuple[Product, ...], truth: FieldTruth) -> tuple[int, int]:
    """Fields whose true NDVI, as seen from space, lies in its interval; and fields that have an interval."""
    true_ndvi = dict(zip(truth.field.tolist(), truth.ndvi_toa.tolist(), strict=True))
    rows = [row for product in products for row in product.rows if row["ndvi_mean"] is not None]
    return sum(row["ndvi_low"] <= true_ndvi[row["field"]] <= row["ndvi_high"] for row in rows), len(rows)


def _compare_flood(flood: Product, site: Site, shot: Shot) -> Comparison:
    """The flooded area beside the simulated truth over the same pixels, whether clouds hide them or not."""
    percent = truth_on(site, flood.grid, sky=sky_of(site, shot)).flood_percent
    true_km2 = float(percent.sum(dtype=np.float64)) / 100.0 * flood.grid.pixel_area_km2
    found = flood.estimates["flooded_km2"]
    inside = found.low is not None and found.high is not None and found.low <= true_km2 <= found.high
    return Comparison(f"flooded area of {shot.request.id}", found, true_km2, inside)


def _quicklook(scene: Scene, png: Path) -> QuickLook:
    size = -(-max(scene.grid.shape) // 1024)
    rows, columns = (-(-length // size) for length in scene.grid.shape)
    grid = replace(scene.grid, pixel_m=scene.grid.pixel_m * size, width=columns, height=rows)
    said = f"{scene.request} by {scene.satellite}, {format_utc(scene.start)}"
    return QuickLook(png.read_bytes(), grid, scene.start, said)
