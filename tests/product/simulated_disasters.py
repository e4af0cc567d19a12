"""Floods as a camera with short-wave infrared and a C-band radar see them, with known truth, for the tests of products.

It knows nothing of ``swath.fly`` and shares no constant with ``swath.product``: spectra and backscatter are typical
values of the literature (ranges, drawn anew for each seed), relief, fields, towns, woods, roads, mud, plants in water,
wet soil, wind, speckle of 4.4 looks with the correlation of resampled pictures, blur and noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.model import Grid, Scene
from tests.product.simulated import fields_of, smooth_noise
from tests.product.simulated import scene_of as simple_scene

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
FINE = 2
PIXEL_M = 10.0
BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")
SOIL, CROP = (0.09, 0.12, 0.16, 0.23, 0.29, 0.24), (0.045, 0.075, 0.045, 0.40, 0.20, 0.10)
WOOD, ROOF, ROAD = (
    (0.03, 0.045, 0.03, 0.28, 0.12, 0.055),
    (0.17, 0.18, 0.20, 0.24, 0.26, 0.24),
    (0.11, 0.12, 0.13, 0.16, 0.19, 0.18),
)
CLEAR, MUDDY = (0.045, 0.045, 0.025, 0.012, 0.004, 0.003), (0.10, 0.14, 0.16, 0.09, 0.012, 0.008)
VV_VH_DB = {
    "soil": (-12.5, -20.5), "crop": (-10.5, -16.5), "wood": (-8.0, -13.5), "town": (-2.0, -9.0), "road": (-17.0, -25.0),
    "calm": (-21.0, -28.0), "windy": (-15.0, -26.0),
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A flood as two instruments see it, and what is true."""

    grid: Grid
    optical: npt.NDArray[np.uint16]
    """``(6, row, column)`` in the order of :data:`BANDS`, reflectance x 10000"""
    vv_db: npt.NDArray[np.float32]
    vh_db: npt.NDArray[np.float32]
    water: Floats
    """share of each pixel under water"""
    hidden: Floats
    """share under water below trees or between houses"""
    kind: str


def mean_of(fine: Floats) -> Floats:
    """Mean over the truth pixels of each picture pixel."""
    rows, columns = fine.shape
    return np.asarray(fine.reshape(rows // FINE, FINE, columns // FINE, FINE).mean((1, 3)))


def _wet(
    kind: str, shape: tuple[int, int], share: float, labels: npt.NDArray[np.int64], rng: np.random.Generator
) -> Mask:
    """Where water stands: along a river, a coast, in paddies, in hollows; ``share`` of the whole."""
    y, x = np.mgrid[: shape[0], : shape[1]] / shape[0]
    relief = 0.10 * smooth_noise(shape, 260.0, rng, 3.0)
    if kind == "river":
        level = np.abs(y - 0.5 - 0.1 * np.sin(rng.uniform(3, 9) * x + rng.uniform(0, 6))) + relief
    elif kind == "coast":
        level = y + relief
    elif kind == "paddy":
        level = rng.random(labels.max() + 1)[labels] + 0.3 * relief
    else:
        level = smooth_noise(shape, 120.0, rng, 3.0)
    return np.asarray(level < np.quantile(level, share)) if share < 1.0 else np.ones(shape, np.bool_)


def make_seen(seed: int, *, size: int = 256, share: float | None = None, wind: float | None = None) -> Seen:
    """A flooded square of ``size`` pixels of 10 m; ``share`` of it under water, ``wind`` from 0 (calm) to 1 (rough)."""
    rng = np.random.default_rng((seed, 4711))
    shape = (size * FINE, size * FINE)
    kind = ("river", "coast", "paddy", "hollow")[seed % 4]
    share = float(rng.uniform(0.03, 0.6)) if share is None else share
    labels = fields_of(shape, float(rng.uniform(14, 50)) * FINE, rng)
    cover = np.clip(rng.beta(1.0, 1.0, labels.max() + 1) * rng.uniform(0.6, 1.3), 0, 1)[labels]
    wood = smooth_noise(shape, 100.0, rng, 2.6) > rng.uniform(0.9, 2.2)
    town = smooth_noise(shape, 160.0, rng, 2.4) > rng.uniform(1.5, 2.5)
    road = np.abs(smooth_noise(shape, 300.0, rng, 3.5)) < 0.008
    wet = _wet(kind, shape, share, labels, rng) & ~road if share > 0.0 else np.zeros(shape, np.bool_)
    masks = {"wood": wood & ~town & ~road, "town": town & ~road, "road": road}
    open_water = wet & ~masks["wood"] & ~masks["town"]
    damp = np.clip(smooth_noise(shape, 80.0, rng) * 0.5, 0, 1) * rng.uniform(0.0, 0.5)
    optical = _optical(rng, shape, cover, masks, open_water, damp)
    vv, vh = _radar(rng, shape, cover, labels, masks, open_water, rng.uniform(0, 0.8) if wind is None else wind)
    grid = Grid(32632, 500000.0, 5000000.0, PIXEL_M, size, size)
    return Seen(grid, optical, vv, vh, mean_of(open_water * 1.0), mean_of((wet & ~open_water) * 1.0), kind)


def _optical(
    rng: np.random.Generator, shape: tuple[int, int], cover: Floats, masks: dict[str, Mask], water: Mask, damp: Floats
) -> npt.NDArray[np.uint16]:
    mud = np.clip(rng.uniform(0.1, 0.9) + 0.3 * smooth_noise(shape, 120.0, rng), 0.0, 1.1)
    plants = np.clip(0.3 * smooth_noise(shape, 50.0, rng) - rng.uniform(0.2, 0.6), 0.0, 0.12)
    texture = 1.0 + 0.07 * smooth_noise(shape, 10.0, rng, 2.0)
    tone = rng.uniform(0.7, 1.3)
    haze = np.array([0.055, 0.03, 0.016, 0.007, 0.002, 0.001]) * rng.uniform(0.3, 1.3)
    picture = np.empty((6, shape[0] // FINE, shape[1] // FINE))
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    for band in range(6):
        dark = 1.0 - damp * (0.35, 0.35, 0.35, 0.4, 0.55, 0.6)[band]
        land = (SOIL[band] * tone * dark * (1 - cover) + CROP[band] * cover) * texture
        for name, colour in (("wood", WOOD), ("town", ROOF), ("road", ROAD)):
            land = np.where(masks[name], colour[band] * texture, land)
        wet = (CLEAR[band] * (1 - mud) + MUDDY[band] * mud) * (1 - plants) + CROP[band] * plants
        wide = 0.35 if band < 4 else 0.7
        optics = np.exp(-2.0 * (np.pi * wide * FINE) ** 2 * (fx**2 + fy**2))
        seen = np.fft.irfft2(np.fft.rfft2(np.where(water, wet, land)) * optics, shape)
        picture[band] = mean_of(seen) * (1.0 - haze[band]) + haze[band]
    picture += rng.normal(0.0, 0.0015, picture.shape) + rng.normal(0.0, 0.008, picture.shape) * picture
    return np.clip(np.rint(picture * 1e4), 1, 65535).astype(np.uint16)


def _radar(
    rng: np.random.Generator, shape: tuple[int, int], cover: Floats, labels: npt.NDArray[np.int64],
    masks: dict[str, Mask], water: Mask, wind: float,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:  # fmt: skip
    rough = np.clip(wind + 0.15 * smooth_noise(shape, 200.0, rng), 0.0, 1.0)
    field_db = rng.normal(0.0, 1.0, labels.max() + 1)[labels]
    bright = np.where(smooth_noise(shape, 4.0, rng, 2.0) > 1.2, 9.0, 0.0)
    out = []
    for number in (0, 1):
        db = VV_VH_DB["soil"][number] * (1 - cover) + VV_VH_DB["crop"][number] * cover + field_db
        db = np.where(masks["wood"], VV_VH_DB["wood"][number], db)
        db = np.where(masks["town"], VV_VH_DB["town"][number] + bright - 4.0, db)
        db = np.where(masks["road"], VV_VH_DB["road"][number], db)
        calm, windy = VV_VH_DB["calm"][number], VV_VH_DB["windy"][number]
        db = np.where(water, calm * (1 - rough) + windy * rough, db)
        power = mean_of(10.0 ** (db / 10.0))
        speckle = rng.gamma(4.4, 1.0 / 4.4, power.shape)
        power = _together(power * speckle) + 10.0 ** ((-26.0, -33.0)[number] / 10.0) * rng.gamma(
            4.4, 1 / 4.4, power.shape
        )
        out.append((10.0 * np.log10(np.maximum(power, 1e-6))).astype(np.float32))
    return out[0], out[1]


def _together(power: Floats) -> Floats:
    """A little of each neighbour, as resampling leaves it."""
    wide = np.pad(power, 1, mode="edge")
    return np.asarray(0.76 * power + 0.06 * (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]))


def scene_of_seen(seen: Seen, id: str = "camera") -> Scene:
    """The camera's picture as a scene."""
    plain = simple_scene(seen.optical[:4], seen.grid, id, 0.1)
    return replace(plain, bands=BANDS, pixels=seen.optical)
