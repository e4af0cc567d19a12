"""Sentinel-1 GRD products in SAFE form: sigma nought in dB on the map, thermal noise removed, speckle filtered at wish.

Sources: Sentinel-1 Product Specification (S1-RS-MDA-52-7441) for the XML; :mod:`swath.archive.sigma` for the numbers;
:mod:`swath.archive.grd_grid` for the place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import Affine

from swath.archive.grd_grid import RadarGrid, radar_grid
from swath.archive.grd_kernels import LEE_MARGIN, intensity_db, refined_lee
from swath.archive.grids import map_from_geodetic, map_to_geodetic
from swath.archive.heights import Terrain, open_terrain
from swath.archive.node_kernels import resample_nodes
from swath.archive.outside import Hints, OutsideAsset, OutsideBand, OutsideScene, Placed
from swath.archive.package import Package, open_package, zip_names
from swath.archive.raster_file import RasterFile, open_raster, read_window, require_plausible
from swath.archive.sigma import Radiometry, radiometry, sigma_nought
from swath.archive.xml_in import Node, read_xml
from swath.errors import DataError, InputError
from swath.model import Grid
from swath.time import parse_utc

__all__ = ["DB_STEP", "FLOOR_DB", "LOOKS", "Sentinel1", "sentinel1_scene"]

DB_STEP = 0.01
"""stored steps of sigma nought, dB"""
FLOOR_DB = -50.0
"""what is left of a pixel whose noise is larger than itself"""
_NODATA = -32768
_BLOCK_PX, _SPACING_PX, _TERRAIN_SPACING_PX, _MARGIN_PX = 1024, 16, 4, 4
LOOKS = {"IW": 4.4, "EW": 2.8, "SM": 3.7, "S": 3.7}
"""equivalent number of looks of GRD by mode (product definition, high resolution; EW medium)"""


@dataclass(frozen=True)
class Sentinel1:
    """Sentinel-1 GRD SAFE, folder or zip."""

    name: str = "Sentinel-1 GRD SAFE"
    rank: int = 11

    def claims(self, path: Path) -> bool:
        """By its annotations and manifest."""
        if path.is_dir():
            return (path / "manifest.safe").is_file() and any(path.glob("annotation/s1*.xml"))
        return path.suffix.lower() == ".zip" and any("annotation/s1" in n.lower() for n in zip_names(path))

    def files(self, path: Path) -> tuple[Path, ...]:
        """The folder or zip file."""
        return (path,)

    def identify(self, path: Path, hints: Hints) -> tuple[str, str]:
        """By the name of its folder."""
        with open_package(path, path) as package:
            return package.title, "sentinel-1-grd"

    def read(self, path: Path, scratch: Path, hints: Hints) -> OutsideScene:
        """See :func:`sentinel1_scene`."""
        with open_package(path, scratch) as package:
            return sentinel1_scene(package, hints)


SENTINEL1 = Sentinel1()


@dataclass(frozen=True)
class _Channel:
    """One polarisation: its counts, what they mean, and where they are."""

    file: RasterFile
    known: Radiometry
    radar: RadarGrid
    grid: Grid
    looks: float
    terrain: Terrain | None
    filtered: bool


def sentinel1_scene(package: Package, hints: Hints) -> OutsideScene:
    """What a GRD product holds: one asset a polarisation, on a UTM grid of the product's own pixel spacing.

    Ground heights are those of the geolocation grid, or of a terrain model (``hints.dem``, above the ellipsoid), whose
    slopes then lie at their place (to the first order: h / tan(incidence)); layover and shadow are not marked. Raises
    :class:`DataError` where files or elements are missing, :class:`InputError` for an unknown filter.
    """
    if hints.speckle not in ("none", "refined-lee"):
        raise InputError(f"no speckle filter {hints.speckle!r}", where="--speckle", fix="Give none or refined-lee")
    names = [n for n in package.matching("annotation/s1*.xml") if n.count("/") == 1]
    annotations = [(name, _xml(package, name)) for name in names]
    if not annotations:
        raise DataError("there is no annotation in it", where=str(package.path), fix="Get the product again, whole")
    first = annotations[0][1]
    for _, node in annotations:
        if (kind := node.word("productType")) != "GRD":
            raise DataError(f"is a {kind} product", where=node.where, fix="Give ground range (GRD) products")
    terrain = open_terrain(hints.dem) if hints.dem else None
    assets = tuple(_asset(package, name, node, terrain, hints) for name, node in annotations)
    radar = radar_grid(first)
    edge = _edge(radar)
    if terrain:
        terrain.at(radar.lon_deg, radar.lat_deg, require=True)
    start, stop = (parse_utc(first.word(name) + "Z", where=first.where) for name in ("startTime", "stopTime"))
    return OutsideScene(
        id=package.title,
        collection="sentinel-1-grd",
        start=start,
        stop=stop,
        assets=assets,
        platform={"S1": "sentinel-1"}.get(first.word("missionId")[:2], "") + first.word("missionId")[2:].lower(),
        instruments=("c-sar",),
        constellation="sentinel-1",
        geometry=edge,
        properties=_properties(first, annotations, radar, hints),
        notes=() if terrain else ("no terrain model was given: slopes are displaced towards the satellite",),
    )


def _xml(package: Package, name: str) -> Node:
    return read_xml(package.content(name), where=f"{package.path}/{name}")


def _edge(radar: RadarGrid) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The outline: the outermost points of the geolocation grid."""
    rings = []
    for values in (radar.lon_deg, radar.lat_deg):
        rings.append(np.concatenate([values[0, :-1], values[:-1, -1], values[-1, :0:-1], values[:0:-1, 0]]))
    return rings[0], rings[1]


def _properties(first: Node, annotations: list[tuple[str, Node]], radar: RadarGrid, hints: Hints) -> dict[str, Any]:
    mode = first.word("mode")
    spacing = [first.number(f"{way}PixelSpacing") for way in ("range", "azimuth")]
    heading = first.number("platformHeading") % 360.0
    middle = radar.incidence_deg[radar.incidence_deg.shape[0] // 2]
    return {
        "processing:level": "L1",
        "processing:lineage": "sigma nought, thermal noise removed"
        + (", refined Lee filter" if hints.speckle != "none" else ""),
        "sar:instrument_mode": mode,
        "sar:frequency_band": "C",
        "sar:center_frequency": round(first.number("radarFrequency") / 1e9, 6),
        "sar:polarizations": [node.word("polarisation").upper() for _, node in annotations],
        "sar:product_type": "GRD",
        "sar:pixel_spacing_range": spacing[0],
        "sar:pixel_spacing_azimuth": spacing[1],
        "sar:looks_equivalent_number": LOOKS.get(mode, LOOKS.get(mode[:1], 1.0)),
        "sar:observation_direction": "right",
        "sat:orbit_state": first.word("pass").lower(),
        "sat:absolute_orbit": int(first.number("absoluteOrbitNumber")),
        "view:incidence_angle": round(float(middle[len(middle) // 2]), 4),
        "view:azimuth": round((heading - 90.0) % 360.0, 4),
        "swath:geolocation_residual_px": round(radar.residual_px, 4),
        "swath:terrain": hints.dem.name if hints.dem else "heights of the geolocation grid",
    }


def _partner(package: Package, name: str, kind: str) -> str | None:
    """The calibration or noise annotation of a channel, by the channel's file name."""
    found = package.matching(f"annotation/calibration/{kind}-{Path(name).name}")
    return found[0] if found else None


def _asset(package: Package, name: str, node: Node, terrain: Terrain | None, hints: Hints) -> OutsideAsset:
    calibration, noise = (_partner(package, name, kind) for kind in ("calibration", "noise"))
    if calibration is None:
        raise DataError(f"no calibration annotation for {name}", where=str(package.path), fix="Get it again, whole")
    stem = Path(name).stem
    image = package.one(f"measurement/{stem}*.tif*")
    file = open_raster(package.file(image))
    require_plausible(file)
    told = int(node.number("numberOfSamples")), int(node.number("numberOfLines"))
    if told != (file.width, file.height):
        raise DataError(
            f"{file.width} x {file.height} pixels, annotated are {told}", where=str(file.path), fix="Get it again"
        )
    known = radiometry(_xml(package, calibration), _xml(package, noise) if noise else None, width=file.width)
    radar = radar_grid(node)
    pixel = float(max(round(min(node.number("rangePixelSpacing"), node.number("azimuthPixelSpacing"))), 1))
    grid = _map_grid(radar, pixel)
    mode = node.word("mode")
    looks = LOOKS.get(mode, LOOKS.get(mode[:1], 1.0))
    channel = _Channel(file, known, radar, grid, looks, terrain, hints.speckle != "none")
    polarisation = node.word("polarisation").upper()
    band = OutsideBand(polarisation, "sigma nought", "dB", DB_STEP, 0.0)
    return OutsideAsset(
        key=polarisation.lower(),
        title=f"{polarisation}, sigma nought" + ("" if noise else ", thermal noise not removed: no annotation of it"),
        bands=(band,),
        width=grid.width,
        height=grid.height,
        dtype="int16",
        placed=Placed(
            Affine(pixel, 0.0, grid.west_m, 0.0, -pixel, grid.north_m), rasterio.crs.CRS.from_epsg(grid.epsg).to_wkt()
        ),
        strip=_strips(channel),
        nodata=float(_NODATA),
        roles=("data", "sigma0"),
    )


def _map_grid(radar: RadarGrid, pixel: float) -> Grid:
    lon, lat = _edge(radar)
    east, north = map_from_geodetic(radar.epsg, lon_deg=lon, lat_deg=lat)
    west, south = np.floor(east.min() / pixel) * pixel, np.floor(north.min() / pixel) * pixel
    width, height = np.ceil((east.max() - west) / pixel), np.ceil((north.max() - south) / pixel)
    return Grid(radar.epsg, float(west), float(south + height * pixel), pixel, int(width), int(height))


def _strips(channel: _Channel) -> Callable[[int, int], npt.NDArray[Any]]:
    grid = channel.grid

    def strip(first: int, rows: int) -> npt.NDArray[Any]:
        out = np.full((1, rows, grid.width), _NODATA, np.int16)
        for left in range(0, grid.width, _BLOCK_PX):
            width = min(_BLOCK_PX, grid.width - left)
            power = _block(channel, first, left, rows, width)
            if power is not None:
                part = np.empty(power.shape, np.int16)
                intensity_db(power, 10.0 ** (FLOOR_DB / 10.0), DB_STEP, _NODATA, part)
                out[0, :, left : left + width] = part
        return out

    return strip


def _block(channel: _Channel, top: int, left: int, rows: int, columns: int) -> npt.NDArray[np.float32] | None:
    """Sigma nought of a part of the map; None where the picture shows nothing of it."""
    grid, file = channel.grid, channel.file
    spacing = _TERRAIN_SPACING_PX if channel.terrain else _SPACING_PX
    east, north = np.meshgrid(
        grid.west_m + (left + np.arange(0, columns + spacing, spacing) + 0.5) * grid.pixel_m,
        grid.north_m - (top + np.arange(0, rows + spacing, spacing) + 0.5) * grid.pixel_m,
    )
    line, pixel = channel.radar.find(east, north, _heights(channel, east, north))
    margin = _MARGIN_PX + (LEE_MARGIN if channel.filtered else 0)
    low = max(int(line.min()) - margin, 0), max(int(pixel.min()) - margin, 0)
    high = min(int(line.max()) + margin + 1, file.height), min(int(pixel.max()) + margin + 1, file.width)
    if high[0] <= low[0] or high[1] <= low[1]:
        return None
    counts = read_window(file, low[0], low[1], high[0] - low[0], high[1] - low[1], bands=[0])[0]
    power = sigma_nought(counts, channel.known, first_line=low[0], first_column=low[1])
    if channel.filtered:
        filtered = np.empty_like(power)
        refined_lee(power, channel.looks, filtered)
        power = filtered
    out = np.empty((rows, columns), np.float32)
    resample_nodes(power, -1.0, line - low[0], pixel - low[1], spacing, -1.0, False, out)
    return out


def _heights(
    channel: _Channel, east: npt.NDArray[np.float64], north: npt.NDArray[np.float64]
) -> Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]] | None:
    if channel.terrain is None:
        return None
    lon, lat = map_to_geodetic(channel.grid.epsg, east, north)
    height = channel.terrain.at(lon, lat)
    return lambda line, pixel: height
