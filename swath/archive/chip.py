"""Small pictures of one spot out of several items, on one grid and in the same tones, to be compared by eye."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from swath.archive.given import Given, open_given
from swath.archive.grids import map_epsg, map_from_geodetic
from swath.archive.looks import POLARISATIONS, read_bands, read_radar, read_values
from swath.archive.mark import burn_diagonal
from swath.errors import DataError
from swath.model import Grid

__all__ = ["ChipImage", "chips_of"]

Array = npt.NDArray[Any]

_SIDE_PX = 460
_AROUND = 2.2
_LEAST_PX = 24
"""of the pictures, that a chip is wide at least"""
_GAMMA = 1.4
_VOID = np.array([196, 200, 206], np.uint8)


@dataclass(frozen=True)
class ChipImage:
    """One of them."""

    png: bytes
    grid: Grid
    outline: npt.NDArray[np.float64]
    """``(n, 2)`` of what it is about, in shares of width and height from the upper left"""
    colours: str
    gsd_m: float
    simulated: bool


def chips_of(items: Sequence[Path], ring: Sequence[tuple[float, float]]) -> list[ChipImage]:
    """What each item (its STAC file) shows about a ring of longitude and latitude, in the order given.

    Red, green and blue where every item has them, a polarisation in dB, else the first band in grey; black and white
    are the 1st and the 98th percentile of all of them together. Raises :class:`DataError` where one cannot be read.
    """
    given = [open_given(item) for item in items]
    grid, outline = _grid(given, ring)
    kind = _kind(given)
    stacks = [_stack(one, grid, kind) for one in given]
    known = np.concatenate([stack[:, np.isfinite(stack).all(0)] for stack in stacks], axis=1)
    if not known.shape[1]:
        raise DataError("none of the pictures shows the spot", where=str(items[0]), fix="Look at their outlines")
    low, high = np.quantile(known, 0.01, axis=1), float(np.quantile(known, 0.98))
    words = {"colour": "natural colour", "grey": f"{next((b for b in given[0].bands if b), 'first band')} in grey"}.get(
        kind, f"{kind.upper()} backscatter from {low[0]:.0f} dB (black) to {high:.0f} dB (white)"
    )
    gamma = 1.0 if kind in POLARISATIONS else _GAMMA
    return [
        ChipImage(
            _png(stack, low, high, gamma, one.simulated), grid, outline, words, _pixel_m(one, grid), one.simulated
        )
        for stack, one in zip(stacks, given, strict=True)
    ]


def _grid(given: Sequence[Given], ring: Sequence[tuple[float, float]]) -> tuple[Grid, npt.NDArray[np.float64]]:
    lon = np.degrees(np.unwrap(np.radians([point[0] for point in ring])))
    lat = np.array([point[1] for point in ring])
    epsg = map_epsg(lon_deg=float((lon.mean() + 180.0) % 360.0 - 180.0), lat_deg=float(lat.mean()))
    east, north = map_from_geodetic(epsg, lon_deg=lon, lat_deg=lat)
    middle = (east.min() + east.max()) / 2.0, (north.min() + north.max()) / 2.0
    rough = Grid(epsg, middle[0], middle[1], 1.0, 1, 1)
    coarse_m = max(_pixel_m(one, rough) for one in given)
    half_m = max(_AROUND * max(np.ptp(east), np.ptp(north)) / 2.0, _LEAST_PX / 2.0 * coarse_m)
    pixel_m = 2.0 * half_m / _SIDE_PX
    grid = Grid(epsg, float(middle[0] - half_m), float(middle[1] + half_m), float(pixel_m), _SIDE_PX, _SIDE_PX)
    outline = np.column_stack([(east - grid.west_m) / (2 * half_m), (grid.north_m - north) / (2 * half_m)])
    return grid, outline


def _pixel_m(given: Given, grid: Grid) -> float:
    """Size of the picture's pixels near the grid, whatever its own unit is."""
    import pyproj

    a, b, c, d, e, f = given.raster.affine
    det = a * e - b * d
    to_file = pyproj.Transformer.from_crs(f"EPSG:{grid.epsg}", given.raster.crs, always_xy=True)
    x, y = to_file.transform(
        [grid.west_m, grid.west_m + 100.0, grid.west_m], [grid.north_m, grid.north_m, grid.north_m - 100.0]
    )
    u, v = (e * (np.array(x) - c) - b * (np.array(y) - f)) / det, (a * (np.array(y) - f) - d * (np.array(x) - c)) / det
    area = abs((u[1] - u[0]) * (v[2] - v[0]) - (u[2] - u[0]) * (v[1] - v[0]))
    if not np.isfinite(area) or area <= 0.0:
        raise DataError("it lies nowhere near the spot", where=str(given.raster.path), fix="Look at its CRS")
    return float(100.0 / np.sqrt(area))


def _kind(given: Sequence[Given]) -> str:
    """``colour``, the polarisation that all of them have, or ``grey``."""
    if all({"red", "green", "blue"} <= set(one.bands) for one in given):
        return "colour"
    return next((p for p in POLARISATIONS if all(p in one.bands for one in given)), "grey")


def _stack(given: Given, grid: Grid, kind: str) -> Array:
    if kind in POLARISATIONS:
        return read_radar(given, grid, nearest=True).db[kind][None]
    if kind == "colour":
        bands = read_bands(given, grid, ("red", "green", "blue"), nearest=True)
        stack = np.stack([bands[name] for name in ("red", "green", "blue")])
    else:
        stack = read_values(given, grid, nearest=True)[None]
    stack[:, (stack == 0.0).all(0)] = np.nan
    return stack


def _png(stack: Array, low: Array, high: float, gamma: float, simulated: bool) -> bytes:
    known = np.isfinite(stack).all(0)
    scaled = (np.nan_to_num(stack) - low[:, None, None]) / np.maximum(high - low, 1e-9)[:, None, None]
    tones = np.round(255.0 * np.clip(scaled, 0.0, 1.0) ** (1.0 / gamma)).astype(np.uint8)
    image = np.moveaxis(np.broadcast_to(tones, (3, *tones.shape[1:])), 0, -1).copy()
    image[~known] = _VOID
    if simulated:
        image = burn_diagonal(image)
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG", optimize=True)
    return content.getvalue()
