"""Pairs of pictures with a burn, slides, debris or damaged buildings in them, and what is true. No clean-licensed real
sample of these was at hand: all numbers of tests/product/test_changes.py are of simulations like these."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from shapely.geometry import Polygon, box

from swath.model import Grid, Scene
from tests.product.simulated import scene_of as simple_scene
from tests.product.simulated import smooth_noise
from tests.product.simulated_disasters import BANDS, CLEAR, CROP, SOIL, WOOD

Floats = npt.NDArray[np.float64]
ASH = (0.045, 0.05, 0.06, 0.09, 0.20, 0.22)
SCAR = (0.11, 0.15, 0.20, 0.27, 0.33, 0.30)
WRECK = (0.07, 0.09, 0.10, 0.22, 0.16, 0.10)


@dataclass(frozen=True)
class Pair:
    before: Scene
    after: Scene
    true: npt.NDArray[np.bool_]
    share: Floats
    """how much of the change each pixel has"""


def _scene(picture: Floats, grid: Grid, id: str, rng: np.random.Generator, at: str) -> Scene:
    picture = picture + rng.normal(0, 0.0015, picture.shape) + rng.normal(0, 0.01, picture.shape) * picture
    pixels = np.clip(np.rint(picture * 1e4), 1, 65535).astype(np.uint16)
    plain = simple_scene(pixels[:4], grid, id, 0.1)
    time = np.datetime64(at, "ns")
    return replace(plain, bands=BANDS, pixels=pixels, start=time, stop=time)


def _land(rng: np.random.Generator, shape: tuple[int, int], wooded: float) -> Floats:
    cover = np.clip(0.75 + 0.25 * smooth_noise(shape, 40.0, rng), 0.0, 1.0)
    wood = smooth_noise(shape, 60.0, rng) > wooded
    texture = 1.0 + 0.06 * smooth_noise(shape, 8.0, rng, 2.0)
    land = [(s * (1 - cover) + c * cover) * texture for s, c in zip(SOIL, CROP, strict=True)]
    return np.stack([np.where(wood, w * texture, one) for w, one in zip(WOOD, land, strict=True)])


def _mix(land: Floats, colour: tuple[float, ...], share: Floats) -> Floats:
    return np.stack([one * (1 - share) + c * share for one, c in zip(land, colour, strict=True)])


def make_burn(seed: int, *, size: int = 200, share: float = 0.25) -> Pair:
    """A burn of ragged outline with unburned islands and severities from low to high, on a drier later date."""
    rng = np.random.default_rng((seed, 1))
    shape, grid = (size, size), Grid(32632, 500000.0, 5000000.0, 20.0, size, size)
    land = _land(rng, shape, -0.3)
    field = smooth_noise(shape, 90.0, rng, 3.2)
    inside = field > np.quantile(field, 1.0 - share) if share > 0 else np.zeros(shape, bool)
    island = smooth_noise(shape, 25.0, rng, 3.0) > 1.8
    severity = np.clip(0.75 + 0.2 * smooth_noise(shape, 40.0, rng), 0.35, 1.0) * (inside & ~island)
    dry = 1.0 + rng.uniform(-0.05, 0.05) * np.array([1, 1, 1, -1, 1, 1])[:, None, None]
    return Pair(
        _scene(land, grid, "before", rng, "2026-07-01T10:00:00"),
        _scene(_mix(land * dry, ASH, severity), grid, "after", rng, "2026-08-01T10:00:00"),
        inside & ~island,
        severity,
    )


def make_slides(seed: int, *, size: int = 200, number: int = 12) -> tuple[Pair, Floats]:
    """Strips of bare ground down the slopes of hills, some cleared fields on the flat, and the heights."""
    rng = np.random.default_rng((seed, 2))
    shape, grid = (size, size), Grid(32632, 500000.0, 5000000.0, 10.0, size, size)
    height = 120.0 * smooth_noise(shape, 80.0, rng, 4.0)
    down, right = np.gradient(height, 10.0)
    steep = np.degrees(np.arctan(np.hypot(down, right)))
    land = _land(rng, shape, -1.0)
    true = np.zeros(shape, bool)
    starts = np.argwhere(steep > 22.0)
    for row, column in starts[rng.integers(0, len(starts), number)] if number else ():
        r, c, width = float(row), float(column), rng.integers(1, 4)
        for _ in range(rng.integers(8, 25)):
            i, j = round(r), round(c)
            if not (3 <= i < size - 3 and 3 <= j < size - 3) or steep[i, j] < 14.0:
                break
            true[i - width : i + width + 1, j - width : j + width + 1] = True
            r, c = (
                r - down[i, j] / np.hypot(down[i, j], right[i, j]),
                c - right[i, j] / np.hypot(down[i, j], right[i, j]),
            )
    cleared = (smooth_noise(shape, 30.0, rng) > 2.0) & (steep < 6.0)
    share = np.where(true | cleared, 0.9, 0.0)
    pair = Pair(
        _scene(land, grid, "before", rng, "2026-07-01T10:00:00"),
        _scene(_mix(land, SCAR, share), grid, "after", rng, "2026-07-11T10:00:00"),
        true,
        share,
    )
    return pair, height


def make_debris(seed: int, *, size: int = 160, patches: int = 25) -> Pair:
    """A lake and a shore with rafts of wood and plants on the water, each a part of some pixels."""
    rng = np.random.default_rng((seed, 3))
    shape, grid = (size, size), Grid(32632, 500000.0, 5000000.0, 10.0, size, size)
    land = _land(rng, shape, 0.5)
    water = smooth_noise(shape, 120.0, rng, 3.0) < 0.6
    waves = 1.0 + 0.05 * smooth_noise(shape, 30.0, rng)
    ground = np.stack([np.where(water, c * waves, one) for c, one in zip(CLEAR, land, strict=True)])
    share = np.zeros(shape)
    far = np.argwhere(water)
    for row, column in far[rng.integers(0, len(far), patches)] if patches else ():
        for _ in range(rng.integers(2, 8)):
            i, j = (
                int(np.clip(row + rng.integers(-2, 3), 0, size - 1)),
                int(np.clip(column + rng.integers(-2, 3), 0, size - 1)),
            )
            share[i, j] = max(share[i, j], rng.uniform(0.3, 0.9)) if water[i, j] else share[i, j]
    scene = _scene(_mix(ground, WRECK, share), grid, "after", rng, "2026-07-11T10:00:00")
    return Pair(scene, scene, share > 0.2, np.where(water, share, np.nan))


def make_town(seed: int, *, damaged: float = 0.25) -> tuple[Floats, Floats, list[Polygon], list[bool], Grid]:
    """Roofs with pattern before and after under another light; some are rubble afterwards. Pictures of 0.5 m."""
    rng = np.random.default_rng((seed, 4))
    size = 400
    grid = Grid(32632, 500000.0, 5000000.0, 0.5, size, size)
    ground = 0.15 + 0.02 * smooth_noise((size, size), 15.0, rng)
    before, after = ground.copy(), ground.copy() * 1.02
    homes, hit = [], []
    for row in range(10, size - 50, 45):
        for column in range(10, size - 50, 45):
            h, w = rng.integers(16, 34, 2)
            tone, ridge = rng.uniform(0.15, 0.35), rng.uniform(0.6, 0.9)
            roof = np.full((h, w), tone)
            roof[: h // 2] *= ridge
            roof = roof * (1.0 + 0.06 * smooth_noise((h, w), 4.0, rng, 1.5))
            cells = slice(row, row + h), slice(column, column + w)
            before[cells] = roof
            bad = bool(rng.random() < damaged)
            after[cells] = 0.18 * (1.0 + 0.35 * smooth_noise((h, w), 3.0, rng, 1.5)) if bad else roof
            homes.append(box(5e5 + column * 0.5, 5e6 - (row + h) * 0.5, 5e5 + (column + w) * 0.5, 5e6 - row * 0.5))
            hit.append(bad)
    light = rng.uniform(0.8, 1.2) * (1.0 + 0.1 * smooth_noise((size, size), 150.0, rng))
    after = np.roll(after, tuple(rng.integers(-1, 2, 2)), (0, 1)) * light
    noise = rng.normal(0, 0.004, (2, size, size))
    return before + noise[0], after + noise[1], homes, hit, grid
