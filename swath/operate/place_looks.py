"""Pictures of an archive on a place's own grid: read, masked, laid over the first one, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.archive.coregister import align, coregister
from swath.archive.field_looks import find_looks, unseen_mask
from swath.archive.given import open_given
from swath.archive.grids import map_epsg, map_from_geodetic, map_to_geodetic
from swath.archive.looks import POLARISATIONS, read_bands, read_radar
from swath.errors import DataError, InputError, SwathError
from swath.model import Grid, Place
from swath.operate.alert_evidence import look_of
from swath.product.clouds import CLOUD, NOT_PICTURED, SEEN
from swath.store.shelf import Found as Item
from swath.time import parse_utc
from swath.watch.days import LookState
from swath.watch.state import Look, series_key

__all__ = ["LEAST_SHIFT_PX", "Reference", "inside_mask", "laid_over", "place_grid_of", "place_look", "read_looks"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_BANDS = ("blue", "green", "red", "nir")
_MOST_PIXELS = 1_000_000
LEAST_SHIFT_PX = 0.1
"""a picture that lies closer than this is left as it is: laying it over costs sharpness"""
_CLEAR_SHARE = 0.6


def place_grid_of(place: Place, scenes: Sequence[Item]) -> Grid:
    """The grid a place is watched on: the finest pixels that half of its pictures have, at most a million of them."""
    points = np.array([point for polygon in place.polygons for point in polygon[0]])
    lon = np.degrees(np.unwrap(np.radians(points[:, 0])))
    epsg = map_epsg(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    east, north = map_from_geodetic(epsg, lon_deg=lon, lat_deg=points[:, 1])
    pixel = float(np.median([one.gsd_m for one in scenes]))
    pixel = max(pixel, float(np.sqrt(np.ptp(east) * np.ptp(north) / _MOST_PIXELS)))
    pixel = float(f"{pixel:.2g}")
    west, top = np.floor(east.min() / pixel) * pixel, np.ceil(north.max() / pixel) * pixel
    width, height = np.ceil((east.max() - west) / pixel), np.ceil((top - north.min()) / pixel)
    return Grid(epsg, float(west), float(top), pixel, max(int(width), 1), max(int(height), 1))


def inside_mask(place: Place, grid: Grid) -> Mask:
    """Which pixels of a grid have their middle in a place; the nearest one where it is smaller than a pixel."""
    shapes = []
    for outer, *holes in place.polygons:
        rings = [np.column_stack(map_from_geodetic(grid.epsg, lon_deg=r[:, 0], lat_deg=r[:, 1]))
                 for r in (np.array(ring) for ring in (outer, *holes))]  # fmt: skip
        shapes.append(shapely.Polygon(rings[0], rings[1:]))
    whole = shapely.union_all(shapes)
    east, north = grid.centres_m()
    x, y = np.meshgrid(east, north)
    inside = np.asarray(shapely.contains_xy(whole, x, y), np.bool_)
    if not inside.any():
        at = whole.representative_point()
        inside[np.unravel_index(int(np.argmin(np.hypot(x - at.x, y - at.y))), grid.shape)] = True
    return inside


@dataclass(frozen=True)
class Reference:
    """The first clear look of a kind, over which later ones are laid."""

    id: str
    light: Array
    """``(row, column)`` mean of its bands"""
    seen: Mask


def read_looks(
    scenes: Sequence[Item], grid: Grid, references: dict[str, Reference]
) -> tuple[list[Look], list[LookState]]:
    """Looks in order of time; a picture that cannot be read is not seen, with why.

    ``references``, by kind (:func:`swath.watch.state.series_key`), gets those that are missing.
    """
    looks: list[Look] = []
    failed: list[LookState] = []
    for scene in sorted(scenes, key=lambda one: (one.start, one.id)):
        try:
            looks.append(laid_over(place_look(scene, grid), references, grid))
        except SwathError as error:
            at = parse_utc(scene.start)
            failed.append(LookState(at, scene.id, "not seen", str(error)[:300], scene.simulated))
    return sorted(looks, key=lambda one: (one.at, one.id)), failed


def laid_over(look: Look, references: dict[str, Reference], grid: Grid) -> Look:
    """A camera's look moved onto the first clear one of its kind, which it becomes where there is none.

    As it is where it lies within a tenth of a pixel, or where it cannot be told how the two lie (too small, too cloudy,
    too different), and for radar, whose pictures are laid on the ground by their own geometry.
    """
    key, seen = series_key(look), look.unseen == SEEN
    if look.sensor != "optical":
        return look
    if key not in references:
        if seen.mean() >= _CLEAR_SHARE:
            references[key] = Reference(look.id, look.values.mean(0).astype(np.float32), seen)
        return look
    first = references[key]
    try:
        found = coregister(
            look.values.mean(0), first.light, grid, seen=seen, reference_seen=first.seen, nodata=None, model="shift"
        )
    except SwathError:
        return look
    if np.hypot(found.shift_east_m, found.shift_north_m) < LEAST_SHIFT_PX * grid.pixel_m:
        return look
    nan = float("nan")
    values = align(look.values.astype(np.float32), found, nodata=nan)
    codes = align(look.unseen[None].astype(np.float32), found, nodata=nan, method="nearest")[0]
    unseen = np.where(np.isfinite(codes) & np.isfinite(values).all(0), np.nan_to_num(codes), NOT_PICTURED)
    return replace(look, values=values, unseen=unseen.astype(np.uint8))


def place_look(scene: Item, grid: Grid) -> Look:
    """A picture of the archive on a place's grid: reflectance x 10000 or decibels, and what cannot be seen.

    Clouds and shadows as the picture's own mask says, else by the rules of ``product.clouds``. Raises
    :class:`DataError` where it has neither two bands that are known nor a polarisation.
    """
    given, seen = open_given(scene.path), look_of(scene)
    bands = tuple(name for name in _BANDS if name in given.bands)
    if len(bands) >= 2:
        read = read_bands(given, grid, bands)
        factor = 1e4 if given.scaled or given.raster.dtype.kind == "f" else 1.0
        values = np.stack([read[name] * np.float32(factor) for name in bands])
        values[:, (values <= 0.0).all(0)] = np.nan
        sensor, hidden = "optical", _clouds(scene, grid)
    elif set(given.bands) & set(POLARISATIONS):
        radar = read_radar(given, grid)
        bands = tuple(name for name in POLARISATIONS if name in radar.db)
        values, sensor = np.stack([radar.db[name] for name in bands]), "radar"
        hidden = np.zeros(grid.shape, np.bool_)
    else:
        raise DataError("no two bands of a camera and no polarisation are named", where=scene.id, fix="Name its bands")
    unseen = np.full(grid.shape, SEEN, np.uint8)
    unseen[hidden] = CLOUD
    unseen[~np.isfinite(values).all(0)] = NOT_PICTURED
    view = seen.incidence_deg if np.isfinite(seen.incidence_deg) else 0.0
    azimuth = seen.azimuth_deg if np.isfinite(seen.azimuth_deg) else 0.0
    return Look(
        scene.id,
        seen.at,
        sensor,
        bands,
        values.astype(np.float32),
        unseen,
        float(view),
        float(azimuth),
        given.simulated,
    )


def _clouds(scene: Item, grid: Grid) -> Mask:
    """The picture's mask on the place's grid, the nearest pixel of it."""
    try:
        (look,), _ = find_looks([scene.path])
        mask, _ = unseen_mask(look)
    except (DataError, InputError, ValueError):
        return np.zeros(grid.shape, np.bool_)
    east, north = grid.centres_m()
    if look.grid.epsg != grid.epsg:
        x, y = np.meshgrid(east, north)
        lon, lat = map_to_geodetic(grid.epsg, x, y)
        x, y = map_from_geodetic(look.grid.epsg, lon_deg=lon, lat_deg=lat)
    else:
        x, y = np.meshgrid(east, north)
    column = np.floor((x - look.grid.west_m) / look.grid.pixel_m).astype(np.int64)
    row = np.floor((look.grid.north_m - y) / look.grid.pixel_m).astype(np.int64)
    good = (row >= 0) & (column >= 0) & (row < look.grid.height) & (column < look.grid.width)
    hidden = np.zeros(grid.shape, np.bool_)
    hidden[good] = mask[row[good], column[good]]
    return hidden
