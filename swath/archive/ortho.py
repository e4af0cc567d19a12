"""Where on the map does each pixel belong? Orthorectification from the received bytes alone.

Each pixel of the map grid is a point on the ellipsoid; the exact camera says at which line and column it was seen,
whatever the attitude did in between; the count there is bilinear between four samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.calibrate import reflectance_gain
from swath.archive.camera import Camera, camera_of, ground_points, image_points, line_times
from swath.archive.columns import clear_broken
from swath.archive.grids import covering_grid, map_to_geodetic
from swath.archive.ortho_kernels import resample
from swath.archive.picture import PictureHeader, ReceivedPicture, band_counts, require_header
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_geodetic
from swath.model import Grid

__all__ = ["MAX_GRID_PIXELS", "Ortho", "orthorectify", "picture_grid", "picture_outline"]

Floats = npt.NDArray[np.float64]

MAX_GRID_PIXELS = 2**28
"""Larger grids are refused; records that lie could ask for any."""
_SPACING_PX, _RELIEF_SPACING_PX = 32, 4
_COUNTS_AT_ONCE = 2**25
"""Bands are unpacked together up to 64 MB: the geometry is found once for all of them."""


@dataclass(frozen=True)
class Ortho:
    """A picture on the map."""

    grid: Grid
    bands: tuple[str, ...]
    pixels: npt.NDArray[np.uint16]
    """``(band, row, column)`` top-of-atmosphere reflectance x 10000; 0 is no data"""
    camera: Camera


def orthorectify(
    picture: ReceivedPicture,
    grid: Grid | None = None,
    *,
    eop: EarthOrientation,
    altitude_m: float = 0.0,
    pixel_m: float = 5.0,
    shift_m: tuple[float, float] = (0.0, 0.0),
    heights_m: npt.NDArray[np.floating[Any]] | None = None,
) -> Ortho:
    """Put a received picture on the map as reflectance.

    ``grid`` is what was asked for; without one, all that was seen in pixels of ``pixel_m``. The ground is taken at
    ``altitude_m`` above the ellipsoid, or at ``heights_m`` (row, column) above it on ``grid``, a model of the relief,
    which is followed at every fourth pixel and bilinear between. Each band is placed by its own row of detectors.
    ``shift_m`` (east, north) is taken off: what the records place that far off comes to its place. The default is none,
    for a shift measured against control belongs to the scene's accuracy and is not corrected in silence. Holes, what
    dead and hot columns saw and ground that was not seen are 0. Raises :class:`InputError` for heights without their
    grid, :class:`DataError` where the header or line records are missing, no pixels have arrived or the picture saw
    none of the grid.

    The mapping is exact to 0.001 pixel (tests/archive/test_ortho.py). Memory: output and at most 64 MB, or one band.
    """
    header = require_header(picture)
    where = f"picture {header.acquisition}"
    if picture.empty:
        raise DataError("no pixels have arrived", where=where, fix="Ask for the picture again")
    camera = camera_of(picture, altitude_m=altitude_m)
    if heights_m is not None and (grid is None or heights_m.shape != grid.shape):
        raise InputError("heights without their grid", where=where, fix="Give heights of each pixel of the grid given")
    grid = grid or picture_grid(camera, pixel_m=pixel_m)
    spacing = _SPACING_PX if heights_m is None else _RELIEF_SPACING_PX
    if grid.width * grid.height > MAX_GRID_PIXELS:
        raise DataError(
            f"a grid of {grid.width} x {grid.height} pixels is too large", where=where, fix="Ask for a smaller area"
        )
    points, lon_deg, lat_deg = _nodes(camera, grid, shift_m, spacing, heights_m)
    # Nodes up to a cell away from a pixel that was seen need a gain; the rest of the world may lie in the dark.
    seen = _inside(camera, points, 2.0 * spacing * max(1.0, grid.pixel_m / header.gsd_m))
    if not seen.any():
        raise DataError("the picture shows nothing of the grid", where=where, fix="Ask for a grid where it looked")
    gain = np.ones(seen.shape)
    middle = line_times(camera, (camera.lines - 1) / 2.0)
    gain[seen] = reflectance_gain(header, lon_deg=lon_deg[seen], lat_deg=lat_deg[seen], at=middle, eop=eop)
    pixels = np.zeros((len(header.bands), *grid.shape), np.uint16)
    offset, per_rad = float(header.offset_count), 1.0 / camera.ifov_rad
    for bands in _together(header):
        counts = np.empty((bands.stop - bands.start, header.lines, header.columns), np.uint16)
        for band, out in enumerate(counts, bands.start):
            clear_broken(band_counts(picture, band, out=out))
        table = camera_of(picture, band=bands.start).table
        resample(counts, points, gain, spacing, table, per_rad, offset, pixels[bands.start : bands.stop])
    return Ortho(grid, header.bands, pixels, camera)


def _together(header: PictureHeader) -> list[range]:
    """Runs of bands whose rows of detectors are one: their geometry is found once, for as many as memory allows."""
    rows = list(zip(header.band_row_px, header.band_lead_lines, strict=True))
    most, runs = max(1, _COUNTS_AT_ONCE // (header.lines * header.columns)), [range(1)]
    for band in range(1, len(rows)):
        last = runs[-1]
        if rows[band] == rows[last.start] and len(last) < most:
            runs[-1] = range(last.start, band + 1)
        else:
            runs.append(range(band, band + 1))
    return runs


def _nodes(
    camera: Camera,
    grid: Grid,
    shift_m: tuple[float, float],
    spacing: int,
    heights_m: npt.NDArray[np.floating[Any]] | None,
) -> tuple[Floats, Floats, Floats]:
    """Points on the ground (ITRF), longitudes and latitudes at every so many pixels, to beyond the grid's last."""
    rows = np.arange(0, grid.height + spacing, spacing)
    columns = np.arange(0, grid.width + spacing, spacing)
    east, north = np.meshgrid(
        grid.west_m + (columns + 0.5) * grid.pixel_m + shift_m[0],
        grid.north_m - (rows + 0.5) * grid.pixel_m + shift_m[1],
    )
    lon_deg, lat_deg = map_to_geodetic(grid.epsg, east, north)
    height: npt.ArrayLike = camera.altitude_m
    if heights_m is not None:
        height = heights_m[np.ix_(np.minimum(rows, grid.height - 1), np.minimum(columns, grid.width - 1))]
    return itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=height), lon_deg, lat_deg


def _inside(camera: Camera, points: Floats, margin_px: float) -> npt.NDArray[np.bool_]:
    line, column = image_points(camera, points)
    beyond_line = np.abs(line - (camera.lines - 1) / 2.0) - (camera.lines - 1) / 2.0
    beyond_column = np.abs(column - (camera.columns - 1) / 2.0) - (camera.columns - 1) / 2.0
    return np.asarray((beyond_line <= margin_px) & (beyond_column <= margin_px))


def picture_outline(camera: Camera, *, points_a_side: int = 9) -> tuple[Floats, Floats]:
    """Longitude and latitude of the ring round all pixels (their outer edges), first line first, not closed.

    Raises :class:`DataError` where part of the picture looks past the Earth.
    """
    along = np.linspace(-0.5, camera.lines - 0.5, points_a_side)[:-1]
    across = np.linspace(-0.5, camera.columns - 0.5, points_a_side)[:-1]
    first, one = np.full(points_a_side - 1, -0.5), np.ones(points_a_side - 1)
    line = np.concatenate([first, along, (camera.lines - 0.5) * one, camera.lines - 1 - along])
    column = np.concatenate([across, (camera.columns - 0.5) * one, camera.columns - 1 - across, first])
    points = ground_points(camera, line, column)
    if not np.isfinite(points).all():
        raise DataError("part of the picture looks past the Earth", fix="Check the attitude records")
    lon_deg, lat_deg, _ = geodetic_from_itrf(points)
    return lon_deg, lat_deg


def picture_grid(camera: Camera, *, pixel_m: float) -> Grid:
    """The grid over all that a picture saw, in the UTM zone of its middle, snapped to whole pixels."""
    return covering_grid(*picture_outline(camera), pixel_m=pixel_m)
