"""How cloudy was it over a place, by a mask or scene of about that time?

A mask is a GeoTIFF (0 clear, anything else cloud; a share from 0 to 1 or per cent; Sentinel-2's SCL and Landsat's
QA_PIXEL by the name of band or file), a GeoJSON file of cloud polygons, or a STAC item beside its pictures, whose own
mask is taken or, where it has none, what :mod:`swath.product.clouds` finds in its bands.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.transform import Affine
from rasterio.warp import transform

from swath.archive.field_looks import find_looks, hidden_codes, stamp_in, unseen_mask
from swath.archive.raster_file import open_raster, read_window
from swath.errors import DataError, InputError
from swath.model import Place

__all__ = ["CloudView", "cloud_view", "mask_time"]

Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float64]
"""cloud at points: 0 to 1, not a number where the mask does not say"""

_HERE_M = 1000.0
_RINGS, _SPOKES = 16, 32
_EARTH_M = 6371008.8
_MOST_BYTES = 50_000_000
_MOST_PIXELS = 50_000_000
_MASK_NAMES = ("scl", "qa_pixel")


@dataclass(frozen=True)
class CloudView:
    """Shares of cloud about a place in one mask; ``None`` where it does not say."""

    here_share: float | None
    """within a kilometre"""
    near_share: float | None
    """within the distance that was asked for"""
    known_share: float
    """of that area of which the mask says something"""
    kind: str
    """``mask``, ``scl``, ``qa_pixel``, ``rules``, ``polygons``"""


def mask_time(path: Path) -> np.datetime64 | None:
    """When was the sky like that? From the item, the GeoJSON, the tags or the name of a file; ``None`` untold.

    Raises :class:`DataError` where the file cannot be read.
    """
    if path.suffix.lower() not in (".json", ".geojson"):
        open_raster(path)
        return stamp_in(path.name)
    data = _json(path)
    found = data.get("properties")
    own = found if isinstance(found, dict) else {}
    for told in (own.get("datetime"), own.get("start_datetime"), data.get("datetime"), path.name):
        if isinstance(told, str) and (at := stamp_in(told)) is not None:
            return at
    return None


def cloud_view(path: Path, place: Place, reach_m: float) -> CloudView:
    """How much cloud does a mask show at a place and within ``reach_m`` of it?

    Raises :class:`DataError` for a file that cannot be read and :class:`InputError` for one that is no mask.
    """
    lon, lat, here = _points(place, reach_m)
    if path.suffix.lower() in (".json", ".geojson"):
        data = _json(path)
        kind, at = _scene(path) if isinstance(data.get("assets"), dict) else ("polygons", _polygons(data, path))
    else:
        kind, at = _raster(path)
    shares = at(lon, lat)
    known = np.isfinite(shares)
    return CloudView(_mean(shares[here & known]), _mean(shares[known]), float(known.mean()), kind)


def _mean(values: Shares) -> float | None:
    return float(values.mean()) if values.size else None


def _points(place: Place, reach_m: float) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Points that stand for equal areas of the disc about a place, a third of them within a kilometre."""
    far = max(reach_m, _HERE_M)
    inner = _HERE_M * np.sqrt((np.arange(_RINGS // 2) + 0.5) / (_RINGS // 2))
    outer = far * np.sqrt((np.arange(_RINGS) + 0.5) / _RINGS)
    distance = np.concatenate([inner, outer])[:, None]
    turn = 2.0 * np.pi * (np.arange(_SPOKES) + 0.5 * (np.arange(len(distance)) % 2)[:, None]) / _SPOKES
    north, east = distance * np.cos(turn), distance * np.sin(turn)
    lat = np.clip(place.lat_deg + np.degrees(north / _EARTH_M), -90.0, 90.0)
    squeeze = max(math.cos(math.radians(place.lat_deg)), 0.01)
    lon = (place.lon_deg + np.degrees(east / (_EARTH_M * squeeze)) + 180.0) % 360.0 - 180.0
    here = np.broadcast_to(distance <= _HERE_M, lon.shape)
    return lon.ravel(), lat.ravel(), here.ravel()


Sampler = Callable[[Floats, Floats], Shares]


def _raster(path: Path, band: int = 0, kind: str = "") -> tuple[str, Sampler]:
    raster = open_raster(path)
    told = f"{raster.names[band]} {path.name}".lower()
    kind = kind or next((name for name in _MASK_NAMES if name in told), "mask")
    if not raster.crs:
        raise InputError("the mask does not say where it lies", where=str(path), fix="Give it a CRS")

    def at(lon: Floats, lat: Floats) -> Shares:
        column, row = _pixels(raster.crs, raster.affine, lon, lat, path)
        inside = (column >= 0) & (column < raster.width) & (row >= 0) & (row < raster.height)
        found = np.full(lon.shape, np.nan)
        if not inside.any():
            return found
        left, top = int(column[inside].min()), int(row[inside].min())
        wide, high = int(column[inside].max()) - left + 1, int(row[inside].max()) - top + 1
        if wide * high > _MOST_PIXELS:
            raise InputError("the mask is too fine for so large an area", where=str(path), fix="Make it coarser")
        codes = read_window(raster, top, left, high, wide, bands=[band])[0]
        values = codes[row[inside] - top, column[inside] - left]
        shares = hidden_codes(kind, values).astype(np.float64) if kind in _MASK_NAMES else _shares(values, codes)
        no_data = {"scl": 0.0, "qa_pixel": 1.0}.get(kind, raster.nodata)
        found[inside] = np.where(values == no_data, np.nan, shares) if no_data is not None else shares
        return found

    return kind, at


def _shares(values: npt.NDArray[Any], all_values: npt.NDArray[Any]) -> Shares:
    """0 and 1, shares, or per cent, by the largest value there is."""
    known = all_values[np.isfinite(all_values)] if all_values.dtype.kind == "f" else all_values
    largest = float(known.max()) if known.size else 0.0
    if all_values.dtype.kind == "f" or largest > 1.0:
        return np.asarray(values, np.float64) / (1.0 if largest <= 1.0 else 100.0 if largest <= 100.0 else largest)
    return np.asarray(values != 0, np.float64)


def _pixels(
    crs: str, affine: tuple[float, ...], lon: Floats, lat: Floats, path: Path
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    try:
        x, y = transform(CRS.from_epsg(4326), CRS.from_user_input(crs), lon.tolist(), lat.tolist())
    except (RasterioError, ValueError) as error:
        raise DataError(f"cannot be laid on the map: {error}", where=str(path), fix="Give it in EPSG:4326") from error
    column, row = ~Affine(*affine) * (np.asarray(x), np.asarray(y))
    good = np.isfinite(column) & np.isfinite(row)
    column, row = (np.where(good, value, -1.0) for value in (column, row))
    column, row = (np.floor(np.clip(value, -1.0, 2.0**31)).astype(np.int64) for value in (column, row))
    return column, row


def _scene(path: Path) -> tuple[str, Sampler]:
    """A STAC item: by the mask beside it, or by its bands."""
    (look,), _ = find_looks([path])
    if look.mask is not None:
        kind, band = look.mask
        return _raster(band.path, band.band, kind if kind in _MASK_NAMES else "mask")
    hidden, kind = unseen_mask(look)
    if kind == "no mask":
        raise InputError("no mask, and not the bands to find clouds in", where=str(path), fix="Give its cloud mask")
    grid = look.grid

    def at(lon: Floats, lat: Floats) -> Shares:
        affine = (grid.pixel_m, 0.0, grid.west_m, 0.0, -grid.pixel_m, grid.north_m)
        column, row = _pixels(f"EPSG:{grid.epsg}", affine, lon, lat, path)
        inside = (column >= 0) & (column < grid.width) & (row >= 0) & (row < grid.height)
        found = np.full(lon.shape, np.nan)
        found[inside] = hidden[row[inside], column[inside]]
        return found

    return kind, at


def _polygons(data: dict[str, Any], path: Path) -> Sampler:
    """Clouds as polygons. What they say nothing about lies outside the file's ``bbox``, or the box about them all."""
    features = data.get("features") if data.get("type") == "FeatureCollection" else [data]
    shapes = []
    for one in features if isinstance(features, list) else []:
        geometry = one.get("geometry", one) if isinstance(one, dict) else None
        if isinstance(geometry, dict) and geometry.get("type") in ("Polygon", "MultiPolygon"):
            try:
                shapes.append(shapely.make_valid(shapely.geometry.shape(geometry)))
            except (ValueError, TypeError, AttributeError, shapely.errors.ShapelyError) as error:
                raise DataError(
                    f"a polygon of it is none: {error}", where=str(path), fix="Get the file again"
                ) from error
    given = data.get("bbox")
    box = [float(edge) for edge in given if isinstance(edge, int | float)] if isinstance(given, list) else []
    if not shapes and len(box) != 4:
        raise InputError(
            "there is no polygon in it", where=str(path), fix='Give polygons of clouds, and "bbox" where it was clear'
        )
    clouds = shapely.union_all(shapes) if shapes else shapely.Polygon()
    west, south, east, north = box if len(box) == 4 else clouds.bounds
    extent = shapely.box(west, south, east, north)

    def at(lon: Floats, lat: Floats) -> Shares:
        points = shapely.points(lon, lat)
        hidden = shapely.intersects(clouds, points).astype(np.float64)
        return np.where(shapely.intersects(extent, points), hidden, np.nan)

    return at


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError("more than 50 MB of polygons", where=str(path), fix="Cut out the area about the place")
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix="Give a GeoJSON file or STAC item") from error
    if not isinstance(data, dict):
        raise DataError("is no GeoJSON", where=str(path), fix="Give a GeoJSON file or STAC item")
    return data
