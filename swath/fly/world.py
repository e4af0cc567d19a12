"""The world, simulated: a large piece of land at a real place, drawn from a seed, known in every detail at any date.

Relief with valleys and rivers, fields that grow, woods of single trees, villages, roads; a list of edits says what has
changed by when. Truth is drawn patch by patch where a camera looks, so memory does not grow with the land.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly import world_kernels as kernels
from swath.fly.edits import Edit, Pieces, is_active
from swath.fly.growth import looks_green
from swath.fly.landscape import Character, Parcels, fractal_noise, lay_out
from swath.fly.terrain import CELL_M, River, Terrain, draw_terrain, height_at
from swath.model import Place

__all__ = [
    "Patch",
    "Room",
    "TALLEST_M",
    "World",
    "check_size",
    "draw_patch",
    "look_table",
    "make_world",
    "map_epsg",
    "place_box_m",
    "to_geodetic",
    "to_world",
]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

TALLEST_M = 255 * kernels.STEP_M
"""of anything that stands on the ground"""
_MARGIN_M = 2500.0
_LARGEST_M, _LARGEST_KM2 = 150e3, 6000.0
_COUNTRY = Character(0.07, (250.0, 900.0), 0.09, 42e3)
_ROOF_M = {10: (4.0, 9.0), 11: (4.0, 9.0), 12: (5.0, 14.0), 13: (6.0, 13.0), 14: (6.0, 16.0)}
"""least and greatest height of the kinds of roofs"""


@dataclass(frozen=True)
class World:
    """A simulated land with known truth. Positions inside are metres east and south of its upper left corner."""

    place: Place
    seed: int
    epsg: int
    west_m: float
    """map coordinates of the upper left corner"""
    north_m: float
    width_m: float
    height_m: float
    inside_m: tuple[float, float, float, float]
    """west, south, east, north of the place itself, in map coordinates; around it is margin"""
    pixel_m: float
    """of the truth"""
    terrain: Terrain
    layers: tuple[Pieces, ...]
    """what is painted, lowest first"""
    parcels: Parcels
    looks: looks.Looks
    vigour: Singles
    """smooth noise of mean 0 and deviation 1 on the terrain's cells"""
    edits: tuple[Edit, ...] = ()

    @cached_property
    def projection(self) -> pyproj.Proj:
        """Longitude, latitude to map metres and back."""
        return pyproj.Proj(f"EPSG:{self.epsg}")

    def with_edits(self, edits: Iterable[Edit]) -> World:
        """The same land with more changes. Raises :class:`InputError` for an id that is there already."""
        more = tuple(edits)
        ids = [edit.id for edit in (*self.edits, *more)]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise InputError(f"edits of the same id: {', '.join(twice)}", where=self.place.id, fix="Name each its own")
        return replace(self, edits=(*self.edits, *more))

    def rise_m(self, at: np.datetime64) -> float:
        """How far do the rivers stand over their banks at a moment? 0 without a flood."""
        return max((edit.rise_m for edit in self.edits if edit.kind == "flood" and is_active(edit, at)), default=0.0)


@dataclass(frozen=True)
class Patch:
    """The truth of a rectangle of the world at a moment."""

    row: int
    """of its first truth pixel in the world; likewise ``column``"""
    column: int
    cover: npt.NDArray[np.uint8]
    """``(row, column)`` number of the look; the bit ``materials.FLOODED`` where a flood is"""
    height: npt.NDArray[np.uint8]
    """of what stands on the ground, in steps of ``world_kernels.STEP_M``"""


def map_epsg(*, lon_deg: float, lat_deg: float) -> int:
    """Which map projection does the land at a place use? Its UTM zone; UPS beyond 84 N and 80 S.

    The special zones of Norway and Svalbard are not used.
    """
    if lat_deg > 84.0:
        return 5041
    if lat_deg < -80.0:
        return 5042
    zone = int((lon_deg + 180.0) // 6.0) % 60 + 1
    return (32600 if lat_deg >= 0 else 32700) + zone


def place_box_m(place: Place, extent_m: float) -> tuple[float, float, float, float]:
    """West, south, east, north of a place on its map: of its ring, or a square of side ``extent_m`` round a point."""
    projection = pyproj.Proj(f"EPSG:{map_epsg(lon_deg=place.lon_deg, lat_deg=place.lat_deg)}")
    if place.ring:
        east, north = projection(*np.array(place.ring).T)
        return float(np.min(east)), float(np.min(north)), float(np.max(east)), float(np.max(north))
    east, north = projection(place.lon_deg, place.lat_deg)
    return east - extent_m / 2.0, north - extent_m / 2.0, east + extent_m / 2.0, north + extent_m / 2.0


def check_size(place: Place, extent_m: float, *, margin_m: float = _MARGIN_M) -> None:
    """Can the land round a place be drawn? Raises :class:`InputError` where it is too small or too large."""
    west, south, east, north = place_box_m(place, extent_m)
    width_m, height_m = east - west + 2.0 * margin_m, north - south + 2.0 * margin_m
    if not (
        min(width_m, height_m) >= 500.0
        and max(width_m, height_m) <= _LARGEST_M
        and width_m * height_m <= _LARGEST_KM2 * 1e6
    ):
        raise InputError(
            f"a world of {width_m / 1e3:.1f} x {height_m / 1e3:.1f} km with margins",
            where=f"place {place.id}",
            fix=f"Ask for 0.5 to {_LARGEST_M / 1e3:.0f} km a side and at most {_LARGEST_KM2:.0f} km2 in one order",
        )


def make_world(
    place: Place,
    *,
    extent_m: float = 0.0,
    seed: int,
    relief_m: float = 120.0,
    pixel_m: float = 0.5,
    margin_m: float = _MARGIN_M,
) -> World:
    """Draw the land round a place: its ring's box or a square of side ``extent_m``, and ``margin_m`` more on each side.

    ``relief_m``: highest hill over lowest valley. ``pixel_m``: size of the truth pixels, best a quarter of the
    pictures' pixels. The same arguments give the same land for ever; 25 x 25 km take some 1 s and 150 MB, the truth
    itself is drawn where and when a camera looks. Raises :class:`InputError` for sizes that cannot be drawn.
    """
    check_size(place, extent_m, margin_m=margin_m)
    if not (0.1 <= pixel_m <= 10.0 and 0.0 <= relief_m <= 3000.0):
        what, fix = f"truth of {pixel_m} m and relief of {relief_m} m", "Ask for 0.1 to 10 m and up to 3000 m of relief"
        raise InputError(what, where=f"place {place.id}", fix=fix)
    inside = west, south, east, north = place_box_m(place, extent_m)
    width_m, height_m = (
        float(np.ceil((length + 2.0 * margin_m) / CELL_M) * CELL_M) for length in (east - west, north - south)
    )
    west_m = np.floor((west + east - width_m) / 2.0 / CELL_M) * CELL_M
    north_m = np.ceil((south + north + height_m) / 2.0 / CELL_M) * CELL_M
    rng = np.random.default_rng([seed & 0x7FFFFFFF, 0x3A47])
    terrain = draw_terrain(rng, width_m, height_m, relief_m=relief_m)
    layers, parcels = _layers(rng, terrain, (int(height_m), int(width_m)))
    return World(
        place=place,
        seed=seed,
        epsg=map_epsg(lon_deg=place.lon_deg, lat_deg=place.lat_deg),
        west_m=float(west_m),
        north_m=float(north_m),
        width_m=width_m,
        height_m=height_m,
        inside_m=inside,
        pixel_m=pixel_m,
        terrain=terrain,
        layers=layers,
        parcels=parcels,
        looks=looks.draw_looks(rng, pixel_m),
        vigour=fractal_noise(rng, terrain.height_m.shape, CELL_M, 900.0, 45.0, 1.5),
    )


def _layers(rng: np.random.Generator, terrain: Terrain, shape: tuple[int, int]) -> tuple[tuple[Pieces, ...], Parcels]:
    """What is painted, lowest first: villages, parcels, tracks, rivers, and the roads that cross them."""
    layers: list[Pieces] = []
    drawn: list[Floats] = []

    def keep(vertices: Floats, counts: npt.NDArray[np.int64], given: npt.NDArray[np.uint8]) -> None:
        layers.append(_raised(rng, vertices, counts, given))
        drawn.append(vertices)

    parcels = lay_out(rng, shape, 1.0, _COUNTRY, keep)
    chosen = _suited(rng, terrain, parcels)
    layers = [
        replace(layer, look=chosen) if vertices is parcels.vertices else layer
        for layer, vertices in zip(layers, drawn, strict=True)
    ]
    rivers = [_river(river) for river in terrain.rivers]
    return (*layers[:-1], *rivers, layers[-1]), replace(parcels, parcel_looks=chosen)


def _raised(
    rng: np.random.Generator, vertices: Floats, counts: npt.NDArray[np.int64], given: npt.NDArray[np.uint8]
) -> Pieces:
    """Polygons with heights: roofs stand up, each its own height."""
    height = np.zeros(len(given), np.float32)
    for look, (low, high) in _ROOF_M.items():
        height[given == look] = rng.uniform(low, high, int((given == look).sum()))
    return Pieces(vertices, counts, given, height)


def _suited(rng: np.random.Generator, terrain: Terrain, parcels: Parcels) -> npt.NDArray[np.uint8]:
    """What grows on each parcel: woods on steep slopes, meadows on lesser ones, fields on the rest."""
    given = parcels.parcel_looks
    used = np.arange(parcels.vertices.shape[1])[None, :, None] < parcels.counts[:, None, None]
    middle = np.where(used, parcels.vertices, 0.0).sum(1) / np.maximum(parcels.counts, 1)[:, None]
    step = 40.0
    east = height_at(terrain, middle[:, 0] + step, middle[:, 1]) - height_at(terrain, middle[:, 0] - step, middle[:, 1])
    south = height_at(terrain, middle[:, 0], middle[:, 1] + step) - height_at(
        terrain, middle[:, 0], middle[:, 1] - step
    )
    slope = np.hypot(east, south) / (2.0 * step) * rng.uniform(0.75, 1.35, len(given))
    given = np.where(slope > 0.14, looks.MEADOW, given)
    return np.where(slope > 0.20, looks.FOREST, given).astype(np.uint8)


def _river(river: River) -> Pieces:
    """A watercourse as quadrilaterals."""
    line = np.stack([river.east_m, river.south_m], -1)
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    side = np.stack([-along[:, 1], along[:, 0]], -1) * river.width_m[:, None] / 2.0
    left, right = line + side, line - side
    vertices = np.zeros((len(line) - 1, 12, 2))
    vertices[:, :4] = np.stack([left[:-1], left[1:] + along[1:], right[1:] + along[1:], right[:-1]], 1)
    number = len(vertices)
    return Pieces(vertices, np.full(number, 4), np.full(number, looks.WATER, np.uint8), np.zeros(number, np.float32))


def to_world(world: World, *, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Metres east and south of the world's upper left corner of points on the map."""
    east, north = world.projection(np.asarray(lon_deg, np.float64), np.asarray(lat_deg, np.float64))
    return np.asarray(east) - world.west_m, world.north_m - np.asarray(north)


def to_geodetic(world: World, east_m: npt.ArrayLike, south_m: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude of positions in the world; the way back from :func:`to_world`."""
    lon_deg, lat_deg = world.projection(
        world.west_m + np.asarray(east_m, np.float64), world.north_m - np.asarray(south_m, np.float64), inverse=True
    )
    return np.asarray(lon_deg), np.asarray(lat_deg)


class Room:
    """Memory that is used again from patch to patch: asking the system for it anew takes as long as drawing."""

    def __init__(self) -> None:
        self._parts: dict[str, npt.NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An array of whatever was left in it; the one asked for by this name before is no longer valid."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if name not in self._parts or len(self._parts[name]) < size:
            self._parts[name] = np.empty(size + size // 8, np.uint8)
        return self._parts[name][:size].view(dtype).reshape(shape)


def draw_patch(
    world: World, *, row: int, column: int, rows: int, columns: int, at: np.datetime64, room: Room | None = None
) -> Patch:
    """What covers a rectangle of truth pixels at a moment, and how high does it stand?

    ``row``, ``column`` may lie outside the land, which is verge there. The same pixel is the same in every patch.
    A patch drawn in a ``room`` holds until the next is drawn there.
    """
    pixel_m = world.pixel_m
    room = room or Room()
    cover, height = (room.array(name, (rows, columns), np.uint8) for name in ("cover", "height"))
    cover[:], height[:] = looks.VERGE, 0
    box_m = np.array([[column, row], [column + columns, row + rows]]) * pixel_m

    def paint(layer: Pieces) -> None:
        near = layer.near(*box_m)
        steps = np.clip(np.round(layer.height_m[near] / kernels.STEP_M), 0, 255).astype(np.uint8)
        corners = (layer.vertices[near] - box_m[0]) / pixel_m
        kernels.paint_raised(cover, height, corners, layer.counts[near], layer.look[near], steps)

    for layer in world.layers:
        paint(layer)
    kernels.grow_trees(cover, height, row, column, pixel_m, world.seed & 0x7FFFFFFF, looks.FOREST, looks.GARDEN)
    for edit in world.edits:
        if edit.pieces is not None and is_active(edit, at):
            paint(edit.pieces)
    rise_m = world.rise_m(at)
    if rise_m > 0.0:
        above_m = world.terrain.height_m - world.terrain.water_m
        raised = world.looks.raised_m
        kernels.drown(cover, above_m, row, column, CELL_M / pixel_m, raised, rise_m, looks.WATER)
    return Patch(row, column, cover, height)


def look_table(world: World, at: np.datetime64) -> Singles:
    """The looks as the kernels take them (``light_kernels.shine``), grown to a date."""
    table = world.looks
    green = looks_green(table.crop, table.green, at, lat_deg=world.place.lat_deg)
    columns = np.column_stack(
        [table.bare, table.leaf, green, table.vigour, table.stripes, table.grain, table.row_x, table.row_y]
    )
    return np.asarray(columns, np.float32)
