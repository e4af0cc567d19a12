"""Which map grid does a picture go on? UTM zones, and grids that snap to whole pixels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj

from swath.errors import DataError
from swath.model import Grid, Place

__all__ = ["covering_grid", "map_epsg", "map_from_geodetic", "map_to_geodetic", "place_grid"]

Floats = npt.NDArray[np.float64]


def map_epsg(*, lon_deg: float, lat_deg: float) -> int:
    """Which projection does a place use? Its UTM zone (Norway and Svalbard as everywhere); UPS beyond 84 N and 80 S."""
    if lat_deg > 84.0:
        return 5041
    if lat_deg < -80.0:
        return 5042
    return (32600 if lat_deg >= 0.0 else 32700) + int((lon_deg + 180.0) // 6.0) % 60 + 1


@lru_cache(maxsize=8)
def _projection(epsg: int) -> pyproj.Proj:
    return pyproj.Proj(f"EPSG:{epsg}")


def map_from_geodetic(epsg: int, *, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> tuple[Floats, Floats]:
    """East and north (m) of places, by PROJ."""
    east_m, north_m = _projection(epsg)(np.asarray(lon_deg, np.float64), np.asarray(lat_deg, np.float64))
    return np.asarray(east_m, np.float64), np.asarray(north_m, np.float64)


def map_to_geodetic(epsg: int, east_m: Floats, north_m: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude (deg) of map points, by PROJ."""
    lon_deg, lat_deg = _projection(epsg)(east_m, north_m, inverse=True)
    return np.asarray(lon_deg, np.float64), np.asarray(lat_deg, np.float64)


def covering_grid(lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, *, pixel_m: float) -> Grid:
    """The smallest grid over some points whose edges are whole multiples of its pixels, in the zone of their middle.

    Raises :class:`DataError` where one map cannot show them all.
    """
    lon, lat = np.radians(np.ravel(lon_deg)), np.radians(np.ravel(lat_deg))
    # The middle as a direction: longitudes beside the antimeridian have no mean.
    x, y, z = (np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()
    middle_lon_deg, middle_lat_deg = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    epsg = map_epsg(lon_deg=float(middle_lon_deg), lat_deg=float(middle_lat_deg))
    return _grid_over(epsg, *map_from_geodetic(epsg, lon_deg=np.degrees(lon), lat_deg=np.degrees(lat)), pixel_m)


def place_grid(place: Place, extent_m: float, *, pixel_m: float, epsg: int | None = None) -> Grid:
    """The grid of a place: over its ring, or over a square of side ``extent_m`` round a point. Snapped to pixels.

    In the zone of its middle, or in the projection ``epsg`` of the larger place that it is a part of.
    """
    epsg = epsg or map_epsg(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    if place.ring:
        lon_deg, lat_deg = np.array(place.ring).T
        return _grid_over(epsg, *map_from_geodetic(epsg, lon_deg=lon_deg, lat_deg=lat_deg), pixel_m)
    east_m, north_m = map_from_geodetic(epsg, lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    half = np.array([-extent_m / 2.0, extent_m / 2.0])
    return _grid_over(epsg, east_m + half, north_m + half, pixel_m)


def _grid_over(epsg: int, east_m: Floats, north_m: Floats, pixel_m: float) -> Grid:
    if not (np.isfinite(east_m).all() and np.isfinite(north_m).all()):
        raise DataError("points lie beyond the reach of one map projection", fix="Ask for a smaller area")
    west, south = np.floor(east_m.min() / pixel_m) * pixel_m, np.floor(north_m.min() / pixel_m) * pixel_m
    width, height = np.ceil((east_m.max() - west) / pixel_m), np.ceil((north_m.max() - south) / pixel_m)
    return Grid(epsg, float(west), float(south + height * pixel_m), pixel_m, max(int(width), 1), max(int(height), 1))
