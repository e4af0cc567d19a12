"""What the ground makes of one picture: a scene on the map, its files, its products. Runs in worker processes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from swath.archive.cog import read_cog, write_cog
from swath.archive.geolocation import measure_geolocation
from swath.archive.grids import map_from_geodetic, place_grid
from swath.archive.ortho import orthorectify, picture_outline
from swath.archive.picture import picture_counts
from swath.archive.quicklook import natural_colour, write_quicklook
from swath.fly.truth import FieldTruth, field_places, field_truth, reference_picture, truth_on
from swath.fly.world import Site, make_site
from swath.frames import EarthOrientation
from swath.model import SIMULATED, Estimate, Grid, Product, Scene
from swath.operate.downlink import Arrival
from swath.operate.shot import site_seed, sky_of
from swath.orbit.sun import sun_angles_deg
from swath.product.flood import flood_product
from swath.product.vegetation import vegetation_product
from swath.report.outcome import Comparison, QuickLook
from swath.sources.eop import packaged_eop
from swath.spacecraft.agility import placement_ce90_m
from swath.time import format_utc

__all__ = ["Mapped", "map_picture"]

PIXEL_M = 5.0


@dataclass(frozen=True)
class Mapped:
    """One picture, mapped. Pixels and layers stay on disk, but for the layers of a flood."""

    scene: Scene
    products: tuple[Product, ...]
    quicklook: QuickLook
    footprint: tuple[tuple[float, float], ...]
    truth: tuple[Comparison, ...]
    fields_inside: int
    """fields whose true NDVI lies in the interval, of ``fields_seen``"""
    fields_seen: int
    faults: tuple[str, ...]
    files: Mapping[str, str]
    """asset name -> path in the folder"""


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
    grid = place_grid(request.place, request.extent_m, pixel_m=PIXEL_M)
    ortho = orthorectify(arrival.picture, grid, eop=_eop())
    scene = _scene(arrival, ortho.pixels, grid, site)
    files = _write_scene(scene, folder)
    faults = []
    if arrival.picture.complete and zlib.crc32(picture_counts(arrival.picture)) != arrival.crc32:
        faults.append(f"{scene.id}: the pixels received are not those taken")
    products, truth, inside, seen = _products(scene, site, arrival, before, folder)
    for product in products:
        files |= _write_product(product, folder)
    look = _quicklook(scene, folder / files["preview"])
    lon_deg, lat_deg = picture_outline(ortho.camera)
    ring = tuple(zip(lon_deg.tolist(), lat_deg.tolist(), strict=True))
    light = replace(scene, pixels=np.empty((0, 0, 0), np.uint16))
    kept = tuple(p if p.kind == "flood" else replace(p, layers={}) for p in products)
    return Mapped(light, kept, look, ring, truth, inside, seen, tuple(faults), files)


def _scene(arrival: Arrival, pixels: np.ndarray, grid: Grid, site: Site) -> Scene:
    shot = arrival.shot
    elevation, azimuth = sun_angles_deg(shot.request.place.lon_deg, shot.request.place.lat_deg, shot.middle, _eop())
    range_m = shot.gsd_m / shot.satellite.optics.ifov_rad
    placed = measure_geolocation(
        pixels[3],
        reference_picture(site, grid, bands=("nir",))[0],
        grid,
        expected_ce90_m=placement_ce90_m(shot.satellite.agility, range_m, shot.off_nadir_deg),
        seed=shot.seed,
    )
    return Scene(
        id=shot.acquisition,
        request=shot.request.id,
        acquisition=shot.acquisition,
        satellite=shot.satellite.id,
        station=arrival.landed.station,
        start=shot.start,
        stop=shot.middle + (shot.middle - shot.start),
        received=arrival.landed.received,
        grid=grid,
        bands=shot.satellite.optics.bands,
        pixels=pixels,
        gsd_m=shot.gsd_m,
        off_nadir_deg=shot.off_nadir_deg,
        sun_elevation_deg=float(elevation),
        sun_azimuth_deg=float(azimuth),
        ce90_m=placed.ce90_m,
        missing_fraction=float(arrival.picture.missing_fraction),
        simulated=True,
        properties={"swath:p_clear": round(shot.p_clear, 4), "swath:control_tiles": placed.tiles_used},
    )


def _products(
    scene: Scene, site: Site, arrival: Arrival, before: Scene | None, folder: Path
) -> tuple[tuple[Product, ...], tuple[Comparison, ...], int, int]:
    kind = arrival.shot.request.kind
    if kind == "watch":
        return (), (), 0, 0
    fields = {place.id: _ring_m(place.ring, scene.grid) for place in field_places(site)}
    vegetation = vegetation_product(scene, fields)
    inside, seen = _fields_inside(vegetation, field_truth(site)) if not arrival.shot.flooded else (0, 0)
    if kind != "flood" or not arrival.shot.flooded:
        return (vegetation,), (), inside, seen
    pixels = None if before is None else _with_pixels(before, folder)
    flood = flood_product(scene, before=pixels)
    return (vegetation, flood), (_compare_flood(flood, site, arrival),), inside, seen


def _with_pixels(scene: Scene, folder: Path) -> Scene:
    """A scene whose pixels were left on disk, whole again."""
    layers = read_cog(folder / scene_file(scene)).layers
    return replace(scene, pixels=np.stack([layers[band] for band in scene.bands]))


def _ring_m(ring: tuple[tuple[float, float], ...], grid: Grid) -> np.ndarray:
    lon_deg, lat_deg = np.array(ring).T
    return np.column_stack(map_from_geodetic(grid.epsg, lon_deg=lon_deg, lat_deg=lat_deg))


def _fields_inside(vegetation: Product, truth: FieldTruth) -> tuple[int, int]:
    """Fields whose true NDVI lies in the product's interval, and fields that have one."""
    true_ndvi = dict(zip(truth.field.tolist(), truth.ndvi_toa.tolist(), strict=True))
    held = [
        row["ndvi_low"] <= true_ndvi[row["field"]] <= row["ndvi_high"]
        for row in vegetation.rows
        if row.get("ndvi_low") is not None
    ]
    return sum(held), len(held)


def _compare_flood(flood: Product, site: Site, arrival: Arrival) -> Comparison:
    """The flooded area beside the simulated truth over the same pixels, clouds put aside."""
    percent = truth_on(site, flood.grid, sky=sky_of(site, arrival.shot), flooded=True).flood_percent
    true_km2 = float(percent.sum(dtype=np.float64)) / 100.0 * flood.grid.pixel_area_km2
    found = flood.estimates["flooded_km2"]
    return Comparison("flooded_km2", found, true_km2, _holds(found, true_km2))


def _holds(estimate: Estimate, truth: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high


def scene_file(scene: Scene) -> str:
    """Path of a scene's picture in a run's folder."""
    return f"stac/{scene.id}/{scene.id}_{SIMULATED}.tif"


def _write_scene(scene: Scene, folder: Path) -> dict[str, str]:
    data, preview = scene_file(scene), f"stac/{scene.id}/{scene.id}_{SIMULATED}.png"
    (folder / data).parent.mkdir(parents=True, exist_ok=True)
    said = f"{scene.satellite} {format_utc(scene.start)}, simulated"
    layers = dict(zip(scene.bands, scene.pixels, strict=True))
    write_cog(folder / data, layers, scene.grid, nodata=0, simulated=True, description=f"{said} reflectance x 10000")
    write_quicklook(folder / preview, natural_colour(scene.pixels, scene.bands), simulated=True, description=said)
    return {"data": data, "preview": preview}


_LAYERS: Mapping[str, tuple[float, bool]] = {
    "flood": (255, True),
    "likelihood": (255, False),
    "unseen": (255, True),
    "ndvi": (-32768, False),
}
"""no-data value, and whether the numbers are classes"""


def _write_product(product: Product, folder: Path) -> dict[str, str]:
    """One file a layer, under ``products/``."""
    files = {}
    for name, layer in product.layers.items():
        nodata, categorical = _LAYERS[name]
        files[name] = f"products/{product.scenes[0]}-{name}_{SIMULATED}.tif"
        (folder / files[name]).parent.mkdir(parents=True, exist_ok=True)
        said = f"{name} of {product.request}, {product.kind}, simulated"
        write_cog(
            folder / files[name],
            {name: layer},
            product.grid,
            nodata=nodata,
            simulated=True,
            description=said,
            categorical=categorical,
        )
    return files


def _quicklook(scene: Scene, png: Path) -> QuickLook:
    content = png.read_bytes()
    size = -(-max(scene.grid.shape) // 1024)
    rows, columns = (-(-length // size) for length in scene.grid.shape)
    grid = replace(scene.grid, pixel_m=scene.grid.pixel_m * size, width=columns, height=rows)
    return QuickLook(content, grid, scene.start, f"{scene.request} by {scene.satellite}, {format_utc(scene.start)}")
