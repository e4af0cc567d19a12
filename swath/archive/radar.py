"""Where on the map does a radar picture belong? Each map pixel is sought by its time abeam and its distance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.archive.grids import map_to_geodetic
from swath.errors import DataError, InputError
from swath.frames import itrf_from_geodetic
from swath.model import Grid
from swath.spacecraft.sar import radar_image

__all__ = ["map_radar"]

Floats = npt.NDArray[np.float64]

_ROWS = 256


def map_radar(
    pixels: npt.NDArray[np.uint16],
    grid: Grid,
    *,
    r_itrf_m: Floats,
    v_itrf_m_s: Floats,
    line_period_s: float,
    near_range_m: float,
    range_spacing_m: float,
    heights_m: npt.NDArray[np.floating[npt.NBitBase]] | float,
) -> npt.NDArray[np.uint16]:
    """A radar picture ``(line, sample)`` of amplitudes on a map grid; 0 where it saw nothing.

    States are one a line. ``heights_m`` above the ellipsoid, of each pixel of the grid or one for all: with the relief,
    foreshortening is taken out of the positions (what lay over each other stays mixed, what was hidden dark). Powers
    are interpolated, not amplitudes: bilinear between four samples. Position: tests/fly/test_sar.py.
    Raises :class:`InputError` for arrays that do not belong together, :class:`DataError` where nothing is seen.
    """
    if pixels.ndim != 2 or r_itrf_m.shape != (len(pixels), 3) or v_itrf_m_s.shape != r_itrf_m.shape:
        raise InputError(f"pixels {pixels.shape} and states {r_itrf_m.shape}", fix="Give one state for each line")
    heights = np.broadcast_to(np.asarray(heights_m, np.float64), grid.shape)
    out = np.zeros(grid.shape, np.uint16)
    east, north = grid.centres_m()
    for top in range(0, grid.height, _ROWS):
        rows = slice(top, min(top + _ROWS, grid.height))
        lon, lat = map_to_geodetic(grid.epsg, *np.meshgrid(east, north[rows]))
        points = itrf_from_geodetic(lon_deg=lon, lat_deg=lat, altitude_m=heights[rows])
        line, distance = radar_image(r_itrf_m, v_itrf_m_s, line_period_s, points)
        out[rows] = _sampled(pixels, line, (distance - near_range_m) / range_spacing_m)
    if not out.any():
        raise DataError("the radar saw nothing of the grid", fix="Ask for a grid where it looked")
    return out


def _sampled(pixels: npt.NDArray[np.uint16], line: Floats, sample: Floats) -> npt.NDArray[np.uint16]:
    seen = (line >= 0) & (line <= pixels.shape[0] - 1) & (sample >= 0) & (sample <= pixels.shape[1] - 1)
    i = np.clip(np.floor(line), 0, pixels.shape[0] - 2).astype(int)
    j = np.clip(np.floor(sample), 0, pixels.shape[1] - 2).astype(int)
    f, g = line - i, sample - j
    a, b, c, d = (pixels[i + k, j + m].astype(np.float64) ** 2 for k in (0, 1) for m in (0, 1))
    power = (a * (1 - g) + b * g) * (1 - f) + (c * (1 - g) + d * g) * f
    value = np.sqrt(np.where(seen, power, 0.0))
    return np.where(seen, np.clip(np.round(value), 1, 65535), 0).astype(np.uint16)
