"""Where on the map does each pixel belong? Orthorectification from the received bytes alone.

For each pixel of the map grid the place on the ellipsoid is looked up in the picture by the exact camera, on nodes some
pixels apart and bilinear in between, the nodes as dense as 0.01 pixel asks for; then bilinear resampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.calibrate import reflectance_gain
from swath.archive.camera import Camera, camera_of, ground_points, image_points, line_times
from swath.archive.grids import covering_grid, map_to_geodetic
from swath.archive.ortho_kernels import resample
from swath.archive.picture import ReceivedPicture, band_counts, require_header
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_geodetic
from swath.model import Grid

__all__ = ["MAX_GRID_PIXELS", "Nodes", "Ortho", "find_nodes", "orthorectify", "picture_grid", "picture_outline"]

Floats = npt.NDArray[np.float64]

MAX_GRID_PIXELS = 2**28
"""Larger grids are refused; records that lie could ask for any."""
_COARSEST_PX, _FINEST_PX = 32, 2
_GOOD_PX = 0.01
_PROBES = 2000


@dataclass(frozen=True)
class Nodes:
    """Where in the picture the pixels of a grid are seen, at every ``spacing_px``-th row and column."""

    spacing_px: int
    line: Floats
    """``(rows, columns)``; node (i, j) is the centre of pixel (i x spacing, j x spacing)"""
    column: Floats
    lon_deg: Floats
    lat_deg: Floats
    error_px: float
    """largest difference between interpolated and exact position found at 2000 pixels spread over the picture"""


@dataclass(frozen=True)
class Ortho:
    """A picture on the map."""

    grid: Grid
    bands: tuple[str, ...]
    pixels: npt.NDArray[np.uint16]
    """``(band, row, column)`` top-of-atmosphere reflectance x 10000; 0 is no data"""
    camera: Camera
    error_px: float
    """of the interpolated mapping, see :class:`Nodes`; not of the camera's knowledge of where it looked"""


def orthorectify(
    picture: ReceivedPicture,
    grid: Grid | None = None,
    *,
    eop: EarthOrientation,
    altitude_m: float = 0.0,
    pixel_m: float = 5.0,
    shift_m: tuple[float, float] = (0.0, 0.0),
) -> Ortho:
    """Put a received picture on the map as reflectance.

    ``grid`` is what was asked for; without one, all that was seen in pixels of ``pixel_m``. The ground is taken at
    ``altitude_m`` above the ellipsoid. ``shift_m`` (east, north) is taken off: what the records place that far off
    comes to its place. The default is none, for a shift measured against control belongs to the scene's accuracy and
    is not corrected in silence. Holes, dead samples and ground that was not seen are 0. Raises :class:`DataError`
    where the header or line records are missing, no pixels have arrived or the picture saw none of the grid.

    The mapping is good to 0.02 pixel (tests/archive/test_ortho.py). Memory: output, one band's counts, little else.
    """
    header = require_header(picture)
    where = f"picture {header.acquisition}"
    if not picture.pixel_chunks:
        raise DataError("no pixels have arrived", where=where, fix="Ask for the picture again")
    camera = camera_of(picture, altitude_m=altitude_m)
    grid = grid or picture_grid(camera, pixel_m=pixel_m)
    if grid.width * grid.height > MAX_GRID_PIXELS:
        raise DataError(
            f"a grid of {grid.width} x {grid.height} pixels is too large", where=where, fix="Ask for a smaller area"
        )
    nodes = find_nodes(camera, grid, shift_m=shift_m)
    # Nodes up to a cell away from a pixel that was seen need a gain; the rest of the world may lie in the dark.
    seen = _inside(camera, nodes.line, nodes.column, 2.0 * _COARSEST_PX * max(1.0, grid.pixel_m / header.gsd_m))
    if not seen.any():
        raise DataError("the picture shows nothing of the grid", where=where, fix="Ask for a grid where it looked")
    gain = np.ones_like(nodes.line)
    middle = line_times(camera, (camera.lines - 1) / 2.0)
    gain[seen] = reflectance_gain(header, lon_deg=nodes.lon_deg[seen], lat_deg=nodes.lat_deg[seen], at=middle, eop=eop)
    pixels = np.zeros((len(header.bands), *grid.shape), np.uint16)
    for band, out in enumerate(pixels):
        counts = band_counts(picture, band)
        resample(counts, nodes.line, nodes.column, gain, nodes.spacing_px, float(header.offset_count), out)
    return Ortho(grid, header.bands, pixels, camera, nodes.error_px)


def find_nodes(camera: Camera, grid: Grid, *, shift_m: tuple[float, float] = (0.0, 0.0)) -> Nodes:
    """Exact lines and columns of a grid on nodes dense enough that bilinear interpolation is good to 0.01 pixel.

    Starts 32 pixels apart and halves until a probe of 2000 pixels agrees, at least 2: attitude records that jump
    need it, smooth ones do not.
    """
    rows, columns = _spread(grid)
    line, column, _, _ = _seen_at(camera, grid, rows, columns, shift_m)
    inside = _inside(camera, line, column, 0.0)
    spacing = _COARSEST_PX
    while True:
        nodes = _nodes(camera, grid, spacing, shift_m)
        off_line = _between(nodes.line, spacing, rows, columns) - line
        off_column = _between(nodes.column, spacing, rows, columns) - column
        error_px = float(np.max(np.hypot(off_line, off_column)[inside], initial=0.0))
        if error_px <= _GOOD_PX or spacing <= _FINEST_PX:
            return Nodes(spacing, nodes.line, nodes.column, nodes.lon_deg, nodes.lat_deg, error_px)
        spacing //= 2


def _nodes(camera: Camera, grid: Grid, spacing: int, shift_m: tuple[float, float]) -> Nodes:
    rows = np.arange(0, grid.height + spacing, spacing, dtype=np.float64)
    columns = np.arange(0, grid.width + spacing, spacing, dtype=np.float64)
    line, column, lon_deg, lat_deg = _seen_at(camera, grid, rows[:, None], columns[None, :], shift_m)
    return Nodes(spacing, line, column, lon_deg, lat_deg, 0.0)


def _seen_at(
    camera: Camera, grid: Grid, rows: Floats, columns: Floats, shift_m: tuple[float, float]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Line, column, longitude and latitude of grid pixels."""
    east, north = np.broadcast_arrays(
        grid.west_m + (columns + 0.5) * grid.pixel_m + shift_m[0],
        grid.north_m - (rows + 0.5) * grid.pixel_m + shift_m[1],
    )
    lon_deg, lat_deg = map_to_geodetic(grid.epsg, east, north)
    points = itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=camera.altitude_m)
    return (*image_points(camera, points), lon_deg, lat_deg)


def _spread(grid: Grid) -> tuple[Floats, Floats]:
    """Pixels spread evenly over a grid, in step with nothing (Roberts' R2 sequence)."""
    k = np.arange(1, _PROBES + 1)
    return (
        np.floor(k * 0.7548776662466927 % 1.0 * grid.height),
        np.floor(k * 0.5698402909980532 % 1.0 * grid.width),
    )


def _between(values: Floats, spacing: int, rows: Floats, columns: Floats) -> Floats:
    i, j = (rows // spacing).astype(np.intp), (columns // spacing).astype(np.intp)
    f, g = rows / spacing - i, columns / spacing - j
    upper = values[i, j] * (1 - g) + values[i, j + 1] * g
    lower = values[i + 1, j] * (1 - g) + values[i + 1, j + 1] * g
    return np.asarray(upper * (1 - f) + lower * f, np.float64)


def _inside(camera: Camera, line: Floats, column: Floats, margin_px: float) -> npt.NDArray[np.bool_]:
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
