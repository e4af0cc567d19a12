"""What are the fields of a world really like, and what would a perfect camera see of them? Boundaries, crops, NDVI."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from swath.fly import materials as looks
from swath.fly import world_kernels as kernels
from swath.fly.blocks import light_patch, shadow_reach
from swath.fly.job import Job, under_clear_sky
from swath.fly.terrain import CELL_M
from swath.fly.world import Room, World, draw_patch, to_geodetic
from swath.model import Place
from swath.table import Table, column

__all__ = ["FieldTruth", "fields_of", "true_fields"]

Floats = npt.NDArray[np.float64]

_LEAST_M2 = 3000.0
_OWN_SHARE = 0.99
"""of a field that nothing else lies on: rivers, roads and villages are painted over some"""
_TILE_PX = 2048


@dataclass(frozen=True)
class FieldTruth(Table):
    """The fields of a place as they really are, and as the light of a picture's moment shows them."""

    field: npt.NDArray[np.str_] = column("U", "-", "id of the field, that of its Place")
    crop: npt.NDArray[np.str_] = column("U", "-", "")
    area_m2: npt.NDArray[np.float64] = column("f8", "m2", "on the map")
    ndvi_toa: npt.NDArray[np.float64] = column("f8", "-", "of all its truth pixels, lit, through the clear air")


def true_fields(job: Job, box_m: tuple[float, float, float, float]) -> tuple[tuple[Place, ...], FieldTruth]:
    """Which fields lie in a box of the map, and which NDVI do they have from space at the moment of a picture?

    ``job`` is the picture's (:func:`swath.fly.scanner.aim`); clouds are left away, theirs is no light of the land. The
    fields are those of :func:`fields_of`. The light is that of slopes and shadows; what a camera adds (blur, noise,
    oblique view) is not in it. Time grows with the area, memory does not.
    """
    world, job = job.world, under_clear_sky(job)
    numbers, sums = _summed(world, box_m, partial(_lit_tile, job))
    mean = sums[:, 2:] / np.maximum(sums[:, :1], 1.0) / 32768.0
    parcels = world.parcels
    return _places(world, numbers), FieldTruth(
        field=np.array([_id(world, number) for number in numbers], "U"),
        crop=world.looks.crop[parcels.parcel_looks[numbers]],
        area_m2=_areas(parcels.vertices[numbers], parcels.counts[numbers]),
        ndvi_toa=_ndvi(job, mean),
    )


def fields_of(world: World, box_m: tuple[float, float, float, float], at: np.datetime64) -> tuple[Place, ...]:
    """Which fields lie in a box of the map (west, south, east, north in the world's projection) at a moment?

    Crops wholly inside the box, 0.3 ha or more, at least 99 % of them uncovered: the cadastre that a user of the ground
    system would hand in, with ids ``<place>-f00001`` and on.
    """

    def drawn(row: int, column_: int, rows: int, columns: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
        patch = draw_patch(world, row=row, column=column_, rows=rows, columns=columns, at=at)
        return patch.cover, np.empty((rows, columns, 0), np.uint16)

    return _places(world, _summed(world, box_m, drawn)[0])


def _summed(
    world: World,
    box_m: tuple[float, float, float, float],
    tile: Callable[[int, int, int, int], tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]],
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Numbers of the fields in a box, and over their truth pixels: how many, how many uncovered, light of each band."""
    numbers = _candidates(world, box_m)
    parcels = world.parcels
    counts = parcels.counts[numbers]
    vertices = _used(parcels.vertices[numbers], counts) / world.pixel_m
    sums = np.zeros((len(numbers), 6))
    for row, column_, rows, columns in _tiles(vertices, counts):
        cover, light = tile(row, column_, rows, columns)
        kernels.sum_parcels(cover, light, row, column_, vertices, counts, parcels.parcel_looks[numbers], sums)
    kept = sums[:, 1] >= _OWN_SHARE * np.maximum(sums[:, 0], 1.0)
    return numbers[kept], sums[kept]


def _candidates(world: World, box_m: tuple[float, float, float, float]) -> npt.NDArray[np.intp]:
    """Numbers of the parcels that are crops of some size and lie wholly in a box."""
    parcels, (west, south, east, north) = world.parcels, box_m
    used = np.arange(parcels.vertices.shape[1]) < parcels.counts[:, None]
    corners = _used(parcels.vertices, parcels.counts)
    x, y = world.west_m + corners[..., 0], world.north_m - corners[..., 1]
    inside = (~used | ((x > west) & (x < east) & (y > south) & (y < north))).all(1)
    crop = (parcels.parcel_looks >= looks.FIRST_FIELD) & (parcels.parcel_looks < looks.FIRST_EDIT)
    numbers = np.flatnonzero(inside & crop & (parcels.counts >= 3))
    return numbers[_areas(parcels.vertices[numbers], parcels.counts[numbers]) >= _LEAST_M2]


def _used(vertices: Floats, counts: npt.NDArray[np.int64]) -> Floats:
    """The same padded polygons with zeros behind their corners, where whatever was in memory stands."""
    return np.where((np.arange(vertices.shape[1]) < counts[:, None])[..., None], vertices, 0.0)


def _areas(vertices: Floats, counts: npt.NDArray[np.int64]) -> Floats:
    """Areas of padded polygons ``(m, k, 2)`` with ``counts`` used vertices each."""
    index = np.minimum(np.arange(vertices.shape[1]), np.maximum(counts[:, None] - 1, 0))
    closed = np.take_along_axis(vertices, index[..., None], 1)
    following = np.roll(closed, -1, 1)
    twice = closed[..., 0] * following[..., 1] - following[..., 0] * closed[..., 1]
    return np.asarray(np.abs(twice.sum(1)) / 2.0, np.float64)


def _tiles(vertices: Floats, counts: npt.NDArray[np.int64]) -> Iterator[tuple[int, int, int, int]]:
    """First row and column, rows and columns of the tiles that polygons lie on."""
    if not len(vertices):
        return
    used = np.arange(vertices.shape[1])[None, :, None] < counts[:, None, None]
    left, top = np.floor(np.where(used, vertices, np.inf).min((0, 1))).astype(int)
    right, bottom = np.ceil(np.where(used, vertices, -np.inf).max((0, 1))).astype(int)
    for row in range(top, bottom, _TILE_PX):
        for column_ in range(left, right, _TILE_PX):
            yield row, column_, min(_TILE_PX, bottom - row), min(_TILE_PX, right - column_)


def _lit_tile(
    job: Job, row: int, column_: int, rows: int, columns: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
    """Looks of a tile and the light that leaves it; what shades it from beside it is drawn with it."""
    pixel_m = job.world.pixel_m
    east, south = (int(np.ceil(abs(reach) / pixel_m)) * (1 if reach > 0.0 else -1) for reach in shadow_reach(job))
    top, left, room = row + min(south, 0), column_ + min(east, 0), Room()
    shape = rows + abs(south), columns + abs(east)
    patch = draw_patch(
        job.world, row=top, column=left, rows=shape[0], columns=shape[1], at=job.exposure.start, room=room
    )
    spans = np.zeros((shape[0], 2), np.int64)
    spans[row - top : row - top + rows] = column_ - left, column_ - left + columns
    light = light_patch(job, patch, kernels.Frame(top, left, pixel_m, CELL_M / pixel_m), spans, room)
    own = slice(row - top, row - top + rows), slice(column_ - left, column_ - left + columns)
    return patch.cover[own], light[own]


def _ndvi(job: Job, light: Floats) -> Floats:
    """From the mean light of red and near infrared, with the air's share."""
    names = [band.name for band in job.imager.bands]
    red, nir = (
        job.electronics.path[number] + job.electronics.passes[number] * light[:, number]
        for number in (names.index("red"), names.index("nir"))
    )
    return np.asarray((nir - red) / (nir + red), np.float64)


def _places(world: World, numbers: npt.NDArray[np.intp]) -> tuple[Place, ...]:
    parcels, places = world.parcels, []
    counts = parcels.counts[numbers]
    used = np.arange(parcels.vertices.shape[1]) < counts[:, None]
    # All corners in one call: asking for a few at a time takes forty times as long.
    lon_deg, lat_deg = to_geodetic(world, *parcels.vertices[numbers][used].T)
    ends = np.cumsum(counts)
    for number, first, stop in zip(numbers, ends - counts, ends, strict=True):
        ring = tuple(zip(lon_deg[first:stop].tolist(), lat_deg[first:stop].tolist(), strict=True))
        middle = float(lon_deg[first:stop].mean()), float(lat_deg[first:stop].mean())
        places.append(Place(_id(world, number), *middle, ring=ring))
    return tuple(places)


def _id(world: World, number: np.intp) -> str:
    return f"{world.place.id}-f{int(number):05d}"
