"""Which part of the Earth does a picture show? Outlines as GeoJSON, also across the antimeridian."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import shapely.affinity
import shapely.geometry

from swath.archive.grids import map_from_geodetic, map_to_geodetic
from swath.errors import DataError
from swath.model import Grid

__all__ = ["geojson_outline", "grid_outline", "seen_outline"]

Floats = npt.NDArray[np.float64]

_DECIMALS = 7
"""of a degree: 1 cm"""


def seen_outline(grid: Grid, lon_deg: Floats, lat_deg: Floats) -> tuple[Floats, Floats]:
    """The part of a ring that lies on a grid, as a ring of longitudes and latitudes (not closed).

    Raises :class:`DataError` where they have no area in common or the ring crosses itself.
    """
    ring = shapely.Polygon(np.column_stack(map_from_geodetic(grid.epsg, lon_deg=lon_deg, lat_deg=lat_deg)))
    seen = ring.intersection(shapely.box(*grid.bounds_m)) if ring.is_valid else shapely.Polygon()
    if seen.is_empty or not isinstance(seen, shapely.Polygon):
        raise DataError("the outline of what was seen has no simple area on the grid", fix="Check the attitude records")
    # Straight lines on the map are not straight in degrees: points each few kilometres keep them to a metre.
    dense = shapely.segmentize(seen, max(grid.width, grid.height) * grid.pixel_m / 8.0)
    east_m, north_m = np.array(dense.exterior.coords)[:-1].T
    return map_to_geodetic(grid.epsg, east_m, north_m)


def grid_outline(grid: Grid) -> tuple[Floats, Floats]:
    """The border of a grid as a ring of longitudes and latitudes (not closed)."""
    west, south, east, north = grid.bounds_m
    ring = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south) / 4.0)
    east_m, north_m = np.array(ring.exterior.coords)[:-1].T
    return map_to_geodetic(grid.epsg, east_m, north_m)


def geojson_outline(lon_deg: Floats, lat_deg: Floats) -> tuple[dict[str, Any], list[float]]:
    """A ring as a GeoJSON geometry and bounding box (RFC 7946: counter-clockwise, cut at the antimeridian).

    A box across the antimeridian has a west greater than its east. Rings round a pole are not for this. Raises
    :class:`DataError` for a ring without a simple area.
    """
    turned = lon_deg[0] + (lon_deg - lon_deg[0] + 180.0) % 360.0 - 180.0
    ring = shapely.Polygon(np.round(np.column_stack([turned, lat_deg]), _DECIMALS))
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        try:
            part = ring.intersection(shapely.box(-180.0 - turn, -90.0, 180.0 - turn, 90.0))
        except shapely.errors.GEOSException:  # it crosses itself: a wrong transform, or the wrong system for it
            continue
        parts += [shapely.affinity.translate(p, turn) for p in getattr(part, "geoms", [part]) if p.area > 0.0]
    if not parts:
        raise DataError("its outline has no simple area on Earth", fix="Check its reference system and its transform")
    polygons = sorted((shapely.geometry.polygon.orient(part) for part in parts), key=lambda p: float(p.bounds[0]))
    rings = [[[round(x, _DECIMALS), round(y, _DECIMALS)] for x, y in polygon.exterior.coords] for polygon in polygons]
    edges = np.array([polygon.bounds for polygon in polygons])
    # Cut in two, the western part of the world is the eastern part of the picture.
    west, east = (edges[:, 0].min(), edges[:, 2].max()) if len(rings) == 1 else (edges[-1, 0], edges[0, 2])
    box = [round(float(edge), _DECIMALS) for edge in (west, edges[:, 1].min(), east, edges[:, 3].max())]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}, box
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}, box
