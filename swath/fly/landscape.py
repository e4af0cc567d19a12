"""How is the simulated ground laid out? Blocks, fields, woods, villages and roads, from one seed.

A lattice of irregular blocks is cut into parcels; parcels become fields, woods or meadows, blocks near a centre become
built-up (x = column, y = row).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.fly import kernels
from swath.fly import materials as looks

__all__ = ["Character", "Paint", "Parcels", "fractal_noise", "lay_out"]

Floats = npt.NDArray[np.float64]
Paint = Callable[[Floats, npt.NDArray[np.int64], npt.NDArray[np.uint8]], None]
"""takes polygons ``(m, MAX_VERTICES, 2)``, their vertex counts and looks; later ones lie on top"""


@dataclass(frozen=True)
class Character:
    """What kind of country is it?"""

    village_per_km2: float
    village_radius_m: tuple[float, float]
    wood_share: float
    field_m2: float


@dataclass(frozen=True)
class Parcels:
    """The polygons behind the fields, woods and meadows."""

    vertices: Floats
    """``(parcel, MAX_VERTICES, 2)`` cultivated area of each parcel, x and y in truth pixels"""
    counts: npt.NDArray[np.int64]
    parcel_looks: npt.NDArray[np.uint8]


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, ...], pixel_m: float, longest_m: float, shortest_m: float, slope: float
) -> npt.NDArray[np.float32]:
    """Smooth noise of mean 0 and deviation 1 whose amplitude falls as wavelength**slope; it repeats at its edges."""
    fy, fx = np.fft.fftfreq(shape[0], pixel_m)[:, None], np.fft.rfftfreq(shape[1], pixel_m)[None, :]
    frequency = np.hypot(fy, fx).astype(np.float32)
    band = np.exp(-((frequency * shortest_m) ** 2)) * (frequency > 0)
    weight = band * (frequency + 1.0 / longest_m) ** -slope
    spectrum = np.fft.rfft2(rng.standard_normal(shape, dtype=np.float32)) * weight
    noise = np.fft.irfft2(spectrum, shape).astype(np.float32)
    deviation = noise.std()
    return np.asarray((noise - noise.mean()) / (deviation if deviation > 0 else 1.0), np.float32)


def lay_out(
    rng: np.random.Generator, shape: tuple[int, int], pixel_m: float, character: Character, paint: Paint
) -> Parcels:
    """Draw the polygons of a land of ``shape`` truth pixels and hand them to ``paint``, lowest first, roads last."""
    centre = np.array([shape[1] / 2.0, shape[0] / 2.0])
    corners = _lattice(rng, centre, 0.5 * float(np.hypot(*shape)), rng.uniform(520.0, 780.0) / pixel_m)
    quads = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], 2).reshape(-1, 4, 2)
    blocks = _padded(quads[_touches(quads, shape)])
    sides = np.full(len(blocks), 4)
    near, built = _built_up(rng, blocks, shape, pixel_m, character)
    parts, counts, _ = kernels.split(blocks[near], sides[near], np.full(near.sum(), 20000.0 / pixel_m**2), _seed(rng))
    town = built(parts[:, :3].mean(1))
    _paint_village(rng, paint, parts[town], counts[town], pixel_m)
    blocks, sides = np.concatenate([blocks[~near], parts[~town]]), np.concatenate([sides[~near], counts[~town]])
    parcels = _paint_parcels(rng, paint, blocks, sides, pixel_m, character)
    _paint_one(paint, _strips(corners, 5.0 / pixel_m), looks.TRACK)
    _paint_one(paint, _strips(corners, 8.5 / pixel_m, every=4, first=int(rng.integers(4))), looks.ROAD)
    return parcels


def _lattice(rng: np.random.Generator, centre: Floats, reach: float, cell: float) -> Floats:
    """Corners ``(n, n, 2)`` of irregular blocks: a turned square lattice, bent smoothly and shaken a little."""
    n = int(np.ceil(2.0 * reach / cell)) + 4
    index = np.arange(n) - (n - 1) / 2.0
    grid = np.stack(np.meshgrid(index * rng.uniform(1.0, 1.35), index), -1)
    phase, wave = rng.uniform(0.0, 2.0 * np.pi, (2, 2)), rng.uniform(0.5, 0.9, (2, 2))
    bend = 0.35 * np.sin(grid[..., None, :] * wave + phase).sum(-1)
    shaken = grid + bend + np.clip(rng.normal(0.0, 0.09, grid.shape), -0.17, 0.17)
    angle = rng.uniform(0.0, np.pi / 2.0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(centre + cell * (shaken @ turn), np.float64)


def _touches(quads: Floats, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    low, high = quads.min(1), quads.max(1)
    return np.asarray((high[:, 0] > 0) & (high[:, 1] > 0) & (low[:, 0] < shape[1]) & (low[:, 1] < shape[0]))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _padded(polygons: Floats) -> Floats:
    """Polygons ``(m, k, 2)`` in the form the kernels take."""
    vertices = np.zeros((len(polygons), kernels.MAX_VERTICES, 2))
    vertices[:, : polygons.shape[1]] = polygons
    return vertices


def _built_up(
    rng: np.random.Generator, blocks: Floats, shape: tuple[int, int], pixel_m: float, character: Character
) -> tuple[npt.NDArray[np.bool_], Callable[[Floats], npt.NDArray[np.bool_]]]:
    """Which blocks are near a village, and a function that tells for points whether they are in one.

    A village reaches from a drawn centre to a drawn radius that changes with the bearing.
    """
    number = int(rng.poisson(character.village_per_km2 * shape[0] * shape[1] * pixel_m**2 / 1e6))
    centres = rng.uniform((0.0, 0.0), (shape[1], shape[0]), (number, 2))
    radii = rng.uniform(*character.village_radius_m, number) / pixel_m
    phases = rng.uniform(0.0, 2.0 * np.pi, (number, 2))

    def inside(points: Floats, spread: float = 0.0) -> npt.NDArray[np.bool_]:
        away = points[:, None] - centres
        bearing = np.arctan2(away[..., 1], away[..., 0])
        ragged = 0.22 * np.sin(2.0 * bearing + phases[:, 0]) + 0.15 * np.sin(5.0 * bearing + phases[:, 1])
        reach = radii * (1.0 + ragged)
        return np.asarray((np.hypot(away[..., 0], away[..., 1]) < reach + spread).any(1))

    return inside(blocks[:, :4].mean(1), 500.0 / pixel_m), inside


def _paint_one(paint: Paint, polygons: Floats, look: int) -> None:
    """Paint polygons ``(m, k, 2)`` of equal vertex counts with one look."""
    number, corners = polygons.shape[:2]
    paint(_padded(polygons), np.full(number, corners), np.full(number, look, np.uint8))


def _paint_village(
    rng: np.random.Generator,
    paint: Paint,
    quarters: Floats,
    sides: npt.NDArray[np.int64],
    pixel_m: float,
) -> None:
    """Streets between quarters, lots in them, a house on each lot; now and then a hall instead of many houses."""
    paint(quarters, sides, np.full(len(quarters), looks.PLOT, np.uint8))
    quarters, sides = kernels.inset(quarters, sides, np.full(len(quarters), 3.0 / pixel_m))
    trade = rng.uniform(size=len(quarters)) < 0.12
    target = np.where(trade, 7000.0, rng.uniform(550.0, 1300.0, len(quarters))) / pixel_m**2
    lots, counts, origin = kernels.split(quarters, sides, target, _seed(rng))
    hall = trade[origin]
    ground = np.where(hall | (rng.uniform(size=len(lots)) < 0.12), looks.PLOT, looks.GARDEN).astype(np.uint8)
    paint(lots, counts, ground)
    margin = np.where(hall, 9.0, rng.uniform(5.0, 8.0, len(lots))) / pixel_m
    roofs, counts = kernels.inset(lots, counts, margin)
    tiled = rng.choice([10, 11, 12], len(lots), p=[0.5, 0.3, 0.2])
    paint(roofs, counts, np.where(hall, rng.choice([12, 13, 14], len(lots)), tiled).astype(np.uint8))


def _paint_parcels(
    rng: np.random.Generator,
    paint: Paint,
    blocks: Floats,
    sides: npt.NDArray[np.int64],
    pixel_m: float,
    character: Character,
) -> Parcels:
    """Fields, woods and meadows: parcels set apart by verges."""
    target = character.field_m2 * np.exp(rng.normal(0.0, 0.45, len(blocks))) / pixel_m**2
    vertices, counts, _ = kernels.split(blocks, sides, target, _seed(rng))
    gap = rng.choice([0.8, 1.4, 2.6], len(vertices), p=[0.45, 0.35, 0.2])
    vertices, counts = kernels.inset(vertices, counts, gap / pixel_m * 1.25)
    given = rng.integers(looks.FIRST_FIELD, looks.FIRST_EDIT, len(vertices)).astype(np.uint8)
    chance = rng.uniform(size=len(vertices))
    given[chance < character.wood_share] = looks.FOREST
    given[chance > 0.96] = looks.MEADOW
    paint(vertices, counts, given)
    return Parcels(vertices, counts, given)


def _strips(corners: Floats, width: float, *, every: int = 1, first: int = 0) -> Floats:
    """The lattice lines as thin quadrilaterals: all of them, or every so many."""
    rows, columns = corners[first::every], corners[:, first::every].swapaxes(0, 1)
    ends = [np.stack([lines[:, :-1], lines[:, 1:]], 2).reshape(-1, 2, 2) for lines in (rows, columns)]
    return _ribbons(np.concatenate(ends), width)


def _ribbons(segments: Floats, width: float) -> Floats:
    """Segments ``(m, 2, 2)`` as quadrilaterals, a little longer than the segment so that joints close."""
    along = segments[:, 1] - segments[:, 0]
    along = along / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9) * (width / 2.0)
    side = np.stack([-along[:, 1], along[:, 0]], -1)
    start, stop = segments[:, 0] - along * 0.5, segments[:, 1] + along * 0.5
    return np.stack([start - side, stop - side, stop + side, start + side], 1)
