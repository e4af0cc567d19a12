"""Made-up places that hold still, with all that misleads: seasons that shift, haze, missed clouds, moved edges."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from swath.model import Grid
from swath.watch.state import Look

BANDS = ("green", "red", "nir", "swir16")
DAY_0 = np.datetime64("2018-01-03T10:30:00", "ns")

# mean, yearly swing, and how far the season moves from year to year (days), by class: woods, crops, grass, bare, roofs
MEANS = np.array(
    [
        [500, 350, 2800, 1400],
        [700, 650, 2600, 2000],
        [750, 600, 2900, 1900],
        [1300, 1600, 2300, 3000],
        [1500, 1600, 2000, 2300],
    ]
)
SWINGS = np.array(
    [[60, 50, 450, 150], [-180, -350, 1300, -500], [-100, -150, 700, -250], [40, 50, 60, 90], [20, 20, 30, 30]]
)
SHIFTS = np.array([6.0, 18.0, 9.0, 3.0, 0.0])


def ground(side: int, rng: np.random.Generator) -> np.ndarray:
    """Class of every pixel: some hundred patches a square kilometre."""
    count = max(int(side * side / 150), 4)
    points = rng.uniform(0, side, (count, 2))
    kinds = rng.choice(5, count, p=[0.35, 0.3, 0.2, 0.08, 0.07])
    rows, columns = np.mgrid[0:side, 0:side]
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(points).query(np.column_stack([rows.ravel(), columns.ravel()]))
    return np.asarray(kinds[nearest].reshape(side, side)), np.asarray(nearest.reshape(side, side))


def smooth_noise(shape: tuple[int, ...], sigma_px: float, rng: np.random.Generator) -> np.ndarray:
    """Unit noise with a correlation length."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape), (0,) * (len(shape) - 2) + (sigma_px, sigma_px))
    return field / max(field.std(), 1e-9)


def place_looks(
    side: int, years: float, seed: int, *, per_year: float = 30.0, changes: list[dict] | None = None
) -> tuple[Grid, list[Look]]:
    """Looks at a square of ``side`` pixels of 10 m. ``changes``: row, column, size_px, day, values (band,) added."""
    rng = np.random.default_rng(seed)
    kinds, patch = ground(side, rng)
    own = rng.normal(1.0, 0.08, (patch.max() + 1, 1))[patch][..., 0]
    texture = 1.0 + 0.04 * smooth_noise((side, side), 0.7, rng)
    days = np.sort(rng.choice(np.arange(2, int(years * 365.25)), int(per_year * years), replace=False))
    moves = rng.normal(0.0, 1.0, (int(years) + 3, patch.max() + 1))
    looks = []
    for number, day in enumerate(days):
        share = 0.5 + 0.5 * np.cos(2 * np.pi * (day - 200.0) / 365.25)
        shift = moves[int(day // 365.25)][patch] * SHIFTS[kinds]
        season = np.cos(2.0 * np.pi * (day - 190.0 - shift) / 365.25)
        values = MEANS[kinds].transpose(2, 0, 1) * own * texture + SWINGS[kinds].transpose(2, 0, 1) * season
        for one in changes or ():
            if day >= one["day"]:
                box = np.s_[one["row"] : one["row"] + one["size_px"], one["column"] : one["column"] + one["size_px"]]
                values[(slice(None), *box)] += np.asarray(one["values"])[:, None, None]
        values = np.stack([ndimage.shift(v, rng.normal(0, 0.12, 2), order=1, mode="nearest") for v in values])
        haze = max(rng.normal(0.0, 60.0), -40.0) * np.array([1.0, 0.8, 0.4, 0.15])
        haze = haze[:, None, None] * (1.0 + 0.3 * smooth_noise((side, side), side / 6, rng))
        values = values * rng.normal(1.0, 0.015) + haze
        values += rng.normal(0, 1.0, values.shape) * np.array([25, 25, 60, 45])[:, None, None]
        unseen = np.zeros((side, side), np.uint8)
        if rng.uniform() < 0.35 + 0.2 * (1 - share):
            cover = smooth_noise((side, side), side / 8, rng) > rng.normal(0.4, 0.8)
            values += 3500.0 * ndimage.gaussian_filter(cover.astype(float), 2.0)
            unseen[ndimage.binary_dilation(cover, iterations=3)] = 1
        if rng.uniform() < 0.25:  # small clouds and shadows that no mask finds
            for _ in range(rng.poisson(side * side / 2e4) + 1):
                r, c, s = *rng.integers(0, side, 2), int(rng.integers(2, 9))
                values[:, r : r + s, c : c + s] += rng.choice([1800.0, -250.0])
        looks.append(
            Look(
                f"look-{number:03d}",
                DAY_0 + np.timedelta64(int(day), "D"),
                "optical",
                BANDS,
                values.clip(1, 12000).astype(np.uint16),
                unseen,
                0.0,
                simulated=True,
            )
        )
    return Grid(32633, 500000.0, 5100000.0, 10.0, side, side), looks


def radar_looks(
    side: int, years: float, seed: int, *, per_year: float = 30.0, changes: list[dict] | None = None
) -> tuple[Grid, list[Look]]:
    """A radar's looks (vv, vh) at a square of ``side`` pixels of 10 m that holds still: speckle of 4.4 looks that hangs
    together over neighbours, rain that lifts the whole place, fields that move by themselves, edges that shift.

    ``changes``: row, column, size_px, day, and ``db`` that both polarisations gain or ``pattern``: another texture of
    the same strength and mean.
    """
    rng = np.random.default_rng([seed, 1])
    kinds, patch = ground(side, rng)
    texture = np.where(kinds == 4, 5.0, 0.7) * smooth_noise((side, side), 0.8, rng)
    mean = np.array([-10.0, -12.5, -13.0, -15.0, -6.0])[kinds] + rng.normal(0.0, 0.8, patch.max() + 1)[patch] + texture
    days = np.sort(rng.choice(np.arange(2, int(years * 365.25)), int(per_year * years), replace=False))
    grown = np.array([0.3, 1.0, 0.7, 0.3, 0.1])[kinds]
    looks = []
    for number, day in enumerate(days):
        wet = rng.gamma(0.7, 1.0) * np.where(kinds == 4, 0.2, 1.0)
        own = rng.normal(0.0, 0.5, patch.max() + 1)[patch] * grown
        db = mean + wet + own + grown * np.cos(2 * np.pi * (day - 190.0) / 365.25)
        other = 5.0 * smooth_noise((side, side), 0.8, np.random.default_rng([seed, 2]))
        for one in changes or ():
            if day >= one["day"]:
                box = np.s_[one["row"] : one["row"] + one["size_px"], one["column"] : one["column"] + one["size_px"]]
                db[box] = (mean[box].mean() + other[box]) if one.get("pattern") else db[box] + one["db"]
        values = np.stack([db, db - 6.5 + 0.4 * texture])
        values = np.stack([ndimage.shift(v, rng.normal(0.0, 0.12, 2), order=1, mode="nearest") for v in values])
        looks.append(_speckled(f"s{seed}-radar-{number}", DAY_0 + np.timedelta64(int(day), "D"), values, rng))
    return Grid(32633, 500_000.0, 5_000_000.0, 10.0, side, side), looks


def _speckled(id: str, at: np.datetime64, db: np.ndarray, rng: np.random.Generator) -> Look:
    shape = db.shape
    # Four looks and a bit: gamma noise that leaks into neighbours, as an oversampled detected picture has it.
    raw = ndimage.uniform_filter(rng.gamma(1.6, 1.0 / 1.6, shape), (0, 2, 2))
    power = 10.0 ** (db / 10.0) * raw
    unseen = np.zeros(shape[1:], np.uint8)
    return Look(id, at, "radar", ("vv", "vh"), (10.0 * np.log10(power)).astype(np.float32), unseen, 38.0, 100.0)
