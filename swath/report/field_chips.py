"""Small pictures of one field on one date, its outline on them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from swath.archive.field_looks import Look
from swath.archive.grids import map_from_geodetic
from swath.archive.raster_file import open_raster, read_window
from swath.product.indices import INDICES

__all__ = ["chip_png"]

_SIDE_PX = 220
_GREENS = np.array(
    [(120, 72, 40), (196, 160, 110), (236, 226, 160), (150, 196, 100), (60, 142, 60), (16, 84, 40)], np.float64
)
"""of an index from 0 to 0.9"""
_HIDDEN = (196, 200, 206)


def chip_png(look: Look, shape: Any, hidden: npt.NDArray[np.bool_]) -> bytes | None:
    """The field and what lies round it, 220 pixels wide: true colours where blue, green and red are there, else NDVI.

    ``shape`` in degrees; what is ``hidden`` ``(row, column)`` of the look's grid is grey. None where the picture does
    not reach it or lacks the bands.
    """
    grid = look.grid
    there = shapely.transform(
        shape, lambda at: np.column_stack(map_from_geodetic(grid.epsg, lon_deg=at[:, 0], lat_deg=at[:, 1]))
    )
    west, south, east, north = there.bounds
    half_m = max(1.6 * max(east - west, north - south) / 2.0, 12 * grid.pixel_m)
    middle = ((west + east) / 2.0, (south + north) / 2.0)
    left, top = (
        int((middle[0] - half_m - grid.west_m) // grid.pixel_m),
        int((grid.north_m - middle[1] - half_m) // grid.pixel_m),
    )
    size = int(2 * half_m // grid.pixel_m) + 1
    inside = (max(left, 0), max(top, 0), min(left + size, grid.width), min(top + size, grid.height))
    if inside[2] - inside[0] < size // 3 or inside[3] - inside[1] < size // 3:
        return None
    colours = _colours(look, inside)
    if colours is None:
        return None
    colours[hidden[inside[1] : inside[3], inside[0] : inside[2]]] = _HIDDEN
    canvas = np.full((size, size, 3), 225, np.uint8)
    canvas[inside[1] - top : inside[3] - top, inside[0] - left : inside[2] - left] = colours
    picture = Image.fromarray(canvas).resize((_SIDE_PX, _SIDE_PX), Image.Resampling.NEAREST)
    draw, scale = ImageDraw.Draw(picture), _SIDE_PX / size
    for ring in shapely.get_rings(there):
        at = shapely.get_coordinates(ring)
        x = ((at[:, 0] - grid.west_m) / grid.pixel_m - left) * scale
        y = ((grid.north_m - at[:, 1]) / grid.pixel_m - top) * scale
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=(20, 20, 20), width=3)
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=(255, 255, 255), width=1)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _colours(look: Look, window: tuple[int, int, int, int]) -> npt.NDArray[np.uint8] | None:
    def band(name: str) -> npt.NDArray[np.float64]:
        place = look.bands[name]
        left, top, right, bottom = window
        stored = read_window(open_raster(place.path), top, left, bottom - top, right - left, bands=[place.band])[0]
        return np.asarray(stored * place.scale_ratio + place.offset_reflectance, np.float64)

    if all(name in look.bands for name in ("red", "green", "blue")):
        stack = np.stack([band(name) for name in ("red", "green", "blue")], axis=-1)
        return np.asarray(np.clip((np.clip(stack / 0.28, 0.0, 1.0) ** 0.6) * 255.0, 0, 255), np.uint8)
    if not all(name in look.bands for name in INDICES["ndvi"].bands):
        return None
    ndvi = np.asarray(INDICES["ndvi"].function(red=1e4 * band("red"), nir=1e4 * band("nir")), np.float64)
    at = np.clip(ndvi / 0.9, 0.0, 1.0) * (len(_GREENS) - 1)
    return np.stack([np.interp(at, np.arange(len(_GREENS)), _GREENS[:, k]) for k in range(3)], axis=-1).astype(np.uint8)
