"""Make a change of the land: a building, a fire, a flood, a landslide, a harvest, a ship. Each gives an ``Edit``.

Places are longitude and latitude; sizes metres. What was changed where and when is known to the corner, so every
picture of ``world.with_edits([...])`` has its truth (``world_truth.edit_shares``, ``Edit.ring``).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly.edits import Edit, Pieces, fan, pieces
from swath.fly.kernels import MAX_VERTICES
from swath.fly.terrain import CELL_M, height_at
from swath.fly.world import World, to_geodetic, to_world

__all__ = [
    "add_building",
    "burn",
    "fell",
    "harvest",
    "lay_panel",
    "put_ship",
    "put_truck",
    "raise_water",
    "rise_to_cover_m",
    "slide",
]

Floats = npt.NDArray[np.float64]


def _edit(
    world: World, kind: str, id: str, since: np.datetime64, until: np.datetime64 | None, ring_m: Floats, parts: Pieces
) -> Edit:
    lon_deg, lat_deg = to_geodetic(world, ring_m[:, 0], ring_m[:, 1])
    ring = tuple(zip(lon_deg.tolist(), lat_deg.tolist(), strict=True))
    return Edit(kind, id, since, until, ring, parts)


def _middle(world: World, id: str, lon_deg: float, lat_deg: float) -> Floats:
    east, south = to_world(world, lon_deg=lon_deg, lat_deg=lat_deg)
    if not (0.0 <= east <= world.width_m and 0.0 <= south <= world.height_m):
        raise InputError(
            f"{lon_deg}, {lat_deg} is outside the world", where=f"edit {id}", fix="Move it, or make a larger world"
        )
    return np.array([float(east), float(south)])


def _rectangle(middle: Floats, length_m: float, width_m: float, heading_deg: float) -> Floats:
    """Corners of a rectangle whose length lies along a heading (from north by east), in metres east and south."""
    along = np.array([np.sin(np.radians(heading_deg)), -np.cos(np.radians(heading_deg))])
    side = np.array([-along[1], along[0]])
    ends = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
    return np.array([middle + a * along * length_m / 2.0 + b * side * width_m / 2.0 for a, b in ends])


def add_building(
    world: World,
    id: str,
    *,
    lon_deg: float,
    lat_deg: float,
    length_m: float,
    width_m: float,
    height_m: float,
    heading_deg: float = 0.0,
    since: np.datetime64,
    until: np.datetime64 | None = None,
) -> Edit:
    """A flat-roofed hall of up to 63 m, with a bare yard of 6 m round it."""
    if not (0.0 < height_m <= 63.0 and min(length_m, width_m) > 0.0):
        raise InputError(f"a building of {length_m} x {width_m} x {height_m} m", where=f"edit {id}", fix="Up to 63 m")
    middle = _middle(world, id, lon_deg, lat_deg)
    yard = _rectangle(middle, length_m + 12.0, width_m + 12.0, heading_deg)
    roof = _rectangle(middle, length_m, width_m, heading_deg)
    parts = pieces([yard, roof], [looks.BUILDING_SITE, 13], [0.0, height_m])
    return _edit(world, "building", id, since, until, roof, parts)


def burn(
    world: World,
    id: str,
    *,
    lon_deg: float,
    lat_deg: float,
    radius_m: float,
    since: np.datetime64,
    until: np.datetime64 | None = None,
) -> Edit:
    """A burn scar with a ragged edge, about ``radius_m`` wide, burnt black inside and scorched at its rim."""
    middle = _middle(world, id, lon_deg, lat_deg)
    rng = np.random.default_rng([world.seed & 0x7FFFFFFF, zlib.crc32(id.encode())])
    bearing = np.linspace(0.0, 2.0 * np.pi, 180, endpoint=False)
    # Fire spreads in fingers: roughness that falls slowly with size.
    turns = (1, 2, 3, 5, 8, 13, 21, 34, 55)
    waves = sum(rng.normal(0.0, 0.22 / k**0.75) * np.cos(k * bearing + rng.uniform(0.0, 6.3)) for k in turns)
    reach = radius_m * np.clip(1.0 + np.asarray(waves), 0.35, 1.8)
    out = np.stack([np.cos(bearing), np.sin(bearing)], -1)
    inner = reach * np.clip(
        0.86 + 0.03 * sum(np.cos(k * bearing + rng.uniform(0.0, 6.3)) for k in turns[2:]), 0.6, 0.97
    )
    rim, core = middle + reach[:, None] * out, middle + inner[:, None] * out
    parts = [*fan(rim, middle), *fan(core, middle)]
    given = [looks.SCORCHED] * len(rim) + [looks.BURNT] * len(core)
    return _edit(world, "burn", id, since, until, rim, pieces(parts, given))


def slide(
    world: World,
    id: str,
    *,
    lon_deg: float,
    lat_deg: float,
    length_m: float,
    width_m: float,
    since: np.datetime64,
    until: np.datetime64 | None = None,
) -> Edit:
    """A landslide: from its upper end down the steepest way, widening, bare soil all along."""
    place, step = _middle(world, id, lon_deg, lat_deg), 8.0
    line = [place]
    for _ in range(max(int(length_m / step), 2)):
        probe = line[-1] + step * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        east, west, south, north = height_at(world.terrain, probe[:, 0], probe[:, 1])
        down = np.array([west - east, north - south])
        steep = float(np.linalg.norm(down))
        if steep < 0.01 * step:  # the foot of the slope: debris comes to rest
            break
        line.append(line[-1] + down / steep * step)
    if len(line) < 4:
        raise InputError("the land is too flat for a landslide", where=f"edit {id}", fix="Start it on a slope")
    course = np.array(line)
    along = np.gradient(course, axis=0)
    side = np.stack([-along[:, 1], along[:, 0]], -1) / np.linalg.norm(along, axis=-1, keepdims=True)
    # It spreads on its way down and comes to rest in a lobe; the edges are rough.
    way = np.linspace(0.0, 1.0, len(course))
    rng = np.random.default_rng([world.seed & 0x7FFFFFFF, zlib.crc32(id.encode())])
    wide = width_m / 2.0 * (0.45 + 0.55 * way**0.6) * np.sqrt(np.clip((1.04 - way) / 0.12, 0.1, 1.0))
    rough = np.convolve(rng.normal(0.0, 1.0, len(course) + 2), np.full(3, 3.0**-0.5), "valid")
    wide = wide * (1.0 + 0.10 * rough)
    left, right = course + side * wide[:, None], course - side * wide[:, None]
    quads = [np.stack([left[k], left[k + 1], right[k + 1], right[k]]) for k in range(len(course) - 1)]
    return _edit(world, "landslide", id, since, until, np.concatenate([left, right[::-1]]), pieces(quads, looks.SCAR))


def harvest(
    world: World, id: str, *, lon_deg: float, lat_deg: float, since: np.datetime64, until: np.datetime64 | None = None
) -> Edit:
    """The field at a place is cut: stubble from then on. Raises :class:`InputError` where there is no field."""
    return _parcel(world, "harvest", id, lon_deg, lat_deg, since, until)


def fell(
    world: World, id: str, *, lon_deg: float, lat_deg: float, since: np.datetime64, until: np.datetime64 | None = None
) -> Edit:
    """The wood at a place is felled: bare ground from then on. Raises :class:`InputError` where there is no wood."""
    return _parcel(world, "felling", id, lon_deg, lat_deg, since, until)


def _parcel(
    world: World, kind: str, id: str, lon_deg: float, lat_deg: float, since: np.datetime64, until: np.datetime64 | None
) -> Edit:
    place, parcels = _middle(world, id, lon_deg, lat_deg), world.parcels
    wood = kind == "felling"
    fits = parcels.parcel_looks == looks.FOREST if wood else parcels.parcel_looks >= looks.FIRST_FIELD
    for number in np.flatnonzero(fits & (parcels.counts >= 3)):
        ring = parcels.vertices[number, : parcels.counts[number]]
        if (np.abs(ring - place).max(1) < 3000.0).all() and _inside(ring, place):
            given = looks.BUILDING_SITE if wood else looks.STUBBLE
            return _edit(world, kind, id, since, until, ring, pieces([ring], given))
    what = "wood" if wood else "field"
    raise InputError(f"there is no {what} at {lon_deg}, {lat_deg}", where=f"edit {id}", fix=f"Point into a {what}")


def _inside(ring: Floats, place: Floats) -> bool:
    """Is a point inside a convex ring?"""
    edge, to = np.roll(ring, -1, axis=0) - ring, place - ring
    turn = edge[:, 0] * to[:, 1] - edge[:, 1] * to[:, 0]
    return bool((turn >= 0.0).all() or (turn <= 0.0).all())


def put_ship(
    world: World,
    id: str,
    *,
    lon_deg: float,
    lat_deg: float,
    length_m: float,
    heading_deg: float,
    speed_m_s: float = 0.0,
    since: np.datetime64,
    until: np.datetime64 | None = None,
) -> Edit:
    """A ship, a sixth as wide as long; under way it draws a wake behind it."""
    middle = _middle(world, id, lon_deg, lat_deg)
    hull, height_m = _rectangle(middle, length_m, length_m / 6.0, heading_deg), 0.06 * length_m + 1.5
    along = np.array([np.sin(np.radians(heading_deg)), -np.cos(np.radians(heading_deg))])
    side = np.array([-along[1], along[0]]) * length_m / 12.0
    bow = np.array([hull[1], hull[1] + 0.5 * (hull[2] - hull[1]) + along * length_m * 0.12, hull[2]])
    parts, given, high = [hull, bow], [looks.DECK, looks.DECK], [height_m, height_m]
    if speed_m_s > 0.0:
        stern, tail = middle - along * length_m / 2.0, middle - along * length_m * (0.5 + 0.35 * speed_m_s)
        parts.insert(0, np.array([stern - 0.6 * side, stern + 0.6 * side, tail + 2.2 * side, tail - 2.2 * side]))
        given.insert(0, looks.WAKE)
        high.insert(0, 0.0)
    return _edit(
        world,
        "ship",
        id,
        since,
        until,
        np.concatenate([hull[:1], hull[1:2], bow[1:2], hull[2:]]),
        pieces(parts, given, high),
    )


def put_truck(
    world: World,
    id: str,
    *,
    lon_deg: float,
    lat_deg: float,
    heading_deg: float,
    since: np.datetime64,
    until: np.datetime64 | None = None,
) -> Edit:
    """A lorry of 16 x 2.6 m, 4 m high."""
    body = _rectangle(_middle(world, id, lon_deg, lat_deg), 16.0, 2.6, heading_deg)
    return _edit(world, "truck", id, since, until, body, pieces([body], looks.CAR, 4.0))


def lay_panel(
    world: World,
    id: str,
    *,
    ring_m: Sequence[tuple[float, float]] | Floats,
    reflectance: float,
    since: np.datetime64,
    until: np.datetime64 | None = None,
) -> Edit:
    """A calibration panel: a convex polygon (metres east and south in the world) of one reflectance in all bands.

    ``reflectance`` is one of ``materials.PANEL_REFLECTANCES``. Slanted edges and grey steps for measuring cameras.
    """
    ring = np.asarray(ring_m, np.float64)
    if reflectance not in looks.PANEL_REFLECTANCES or not 3 <= len(ring) <= MAX_VERTICES:
        raise InputError(
            f"a panel of {len(ring)} corners and reflectance {reflectance}",
            where=f"edit {id}",
            fix=f"Give 3 to {MAX_VERTICES} corners and one of {looks.PANEL_REFLECTANCES}",
        )
    look = looks.PANELS[looks.PANEL_REFLECTANCES.index(reflectance)]
    return _edit(world, "panel", id, since, until, ring, pieces([ring], look))


def raise_water(
    world: World, id: str, *, rise_m: float, since: np.datetime64, until: np.datetime64 | None = None
) -> Edit:
    """A flood: all land that lies less than ``rise_m`` over the river it drains to is under water."""
    if not 0.0 < rise_m <= 50.0:
        raise InputError(f"a rise of {rise_m} m", where=f"edit {id}", fix="Give 0 to 50 m")
    return replace(Edit("flood", id, since, until, (), None), rise_m=rise_m)


def rise_to_cover_m(world: World, share: float) -> float:
    """How far must the rivers rise until they have flooded a share (0 to 1) of the dry land of a world's place?

    By the land's height alone: what stands high on it (woods, houses, roads) stays dry, so somewhat less is covered.
    """
    west, south, east, north = world.inside_m
    rows = slice(int((world.north_m - north) / CELL_M), int((world.north_m - south) / CELL_M))
    columns = slice(int((west - world.west_m) / CELL_M), int((east - world.west_m) / CELL_M))
    above_m = (world.terrain.height_m - world.terrain.water_m)[rows, columns]
    return float(np.clip(np.quantile(above_m, share), 0.05, 50.0))
