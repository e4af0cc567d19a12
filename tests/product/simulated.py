"""A small generator of flooded scenes with known truth, for the tests of products alone.

It knows nothing of ``swath.fly``: a second, independent idea of what a flood looks like (relief, a river that
overflows, fields, roads, roofs, wet soil, muddy water, clouds with shadows, blur, noise, sub-pixel shifts).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.model import Estimate, Grid, Scene

Floats = npt.NDArray[np.float64]
FINE = 3
"""truth pixels per picture pixel along an axis"""
BANDS = ("blue", "green", "red", "nir")
SUN_AZIMUTH_DEG, SUN_ELEVATION_DEG = 140.0, 45.0


@dataclass(frozen=True)
class Flood:
    """A pair of pictures and what is true under them."""

    now: Scene
    before: Scene
    water: Floats
    """share of each pixel under water now"""
    normal: Floats
    """share of each pixel under water before"""
    flood: Floats
    cloud: npt.NDArray[np.bool_]
    shadow: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]
    """field number on the fine grid"""


def smooth_noise(shape: tuple[int, int], length: float, rng: np.random.Generator, slope: float = 2.5) -> Floats:
    """A random field of mean 0 and deviation 1 whose power falls beyond wavelength ``length`` (pixels)."""
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    power = (1.0 / length**2 + fx**2 + fy**2) ** (-slope / 2.0)
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(shape)) * power, shape)
    return (field - field.mean()) / field.std()


def shares(fine: npt.NDArray[np.bool_] | Floats) -> Floats:
    """Mean over the truth pixels of each picture pixel."""
    rows, columns = fine.shape
    return fine.reshape(rows // FINE, FINE, columns // FINE, FINE).mean((1, 3))


def fields_of(shape: tuple[int, int], size: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A patchwork of slanted rectangular fields, numbered."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    angle = rng.uniform(0.0, np.pi)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    strip = np.floor(u / size).astype(int)
    strip -= strip.min()
    offset, stretch = rng.uniform(0.0, size, strip.max() + 1), rng.uniform(0.7, 2.5, strip.max() + 1)
    block = np.floor((v + offset[strip]) / (size * stretch[strip])).astype(int)
    block -= block.min()
    return strip * (block.max() + 1) + block


def _land(labels: npt.NDArray[np.int64], rng: np.random.Generator, dryness: float) -> Floats:
    number = labels.max() + 1
    cover = np.clip(rng.beta(1.2, 1.0, number) * dryness, 0.0, 1.0)
    soil = np.array([0.08, 0.11, 0.15, 0.22]) * rng.uniform(0.6, 1.5, (number, 1))
    crop = np.array([0.035, 0.065, 0.035, 0.42]) * rng.uniform(0.8, 1.2, (number, 1))
    spectrum = (soil * (1 - cover[:, None]) + crop * cover[:, None]).T
    texture = 1.0 + 0.06 * smooth_noise(labels.shape, 12.0, rng, 2.0)
    land = spectrum[:, labels] * texture
    roofs = (smooth_noise(labels.shape, 20.0, rng, 2.0) > 2.3) & (smooth_noise(labels.shape, 400.0, rng) > 0.7)
    return np.where(roofs, np.array([0.17, 0.18, 0.19, 0.22])[:, None, None], land)


def _water(shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    mud = np.clip(0.5 + 0.35 * smooth_noise(shape, 300.0, rng), 0.0, 1.2)
    clear, muddy = np.array([0.045, 0.05, 0.03, 0.015]), np.array([0.09, 0.12, 0.13, 0.075])
    return clear[:, None, None] * (1 - mud) + muddy[:, None, None] * mud


def _observe(
    ground: Floats, rng: np.random.Generator, shift_px: tuple[float, float], cloud: Floats, shadow: Floats
) -> npt.NDArray[np.uint16]:
    """Blur, shift, average to picture pixels, light, clouds, haze, noise; reflectance x 10000."""
    rows, columns = ground.shape[1:]
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None]
    optics = np.exp(-2.0 * (np.pi * 0.35 * FINE) ** 2 * (fx**2 + fy**2))
    move = np.exp(-2j * np.pi * FINE * (fx * shift_px[1] + fy * shift_px[0]))
    picture = np.empty((4, rows // FINE, columns // FINE))
    diffuse, haze = (0.5, 0.42, 0.36, 0.28), (0.02, 0.012, 0.008, 0.004)
    for band in range(4):
        lit = ground[band] * (1.0 - shadow * (1.0 - diffuse[band]))
        seen = lit * (1.0 - cloud) + (0.62 + 0.02 * band) * cloud
        picture[band] = shares(np.fft.irfft2(np.fft.rfft2(seen) * optics * move, (rows, columns))) + haze[band]
    picture += rng.normal(0.0, 0.002, picture.shape) + rng.normal(0.0, 0.012, picture.shape) * picture
    return np.clip(np.rint(picture * 10000.0), 1, 65535).astype(np.uint16)


def _clouds(shape: tuple[int, int], cover: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Opacity of clouds and of their shadows, from clouds 900 m up."""
    if cover <= 0.0:
        return np.zeros(shape), np.zeros(shape)
    field = smooth_noise(shape, 220.0, rng, 2.8)
    opacity = np.clip((field - np.quantile(field, 1.0 - cover)) / 0.25 + 0.5, 0.0, 1.0)
    reach = 900.0 / np.tan(np.radians(SUN_ELEVATION_DEG)) * FINE / 5.0
    away = np.radians(SUN_AZIMUTH_DEG + 180.0)
    down, right = round(-np.cos(away) * reach), round(np.sin(away) * reach)
    return opacity, np.roll(opacity, (down, right), (0, 1))


def scene_of(pixels: npt.NDArray[np.uint16], grid: Grid, id: str, ce90_m: float = 5.0) -> Scene:
    """A scene record around pixels."""
    at = np.datetime64("2026-05-08T09:00:00", "ns")
    return Scene(
        id=id,
        request="flood-01",
        acquisition="a1",
        satellite="S1",
        station="st",
        start=at,
        stop=at,
        received=at,
        grid=grid,
        bands=BANDS,
        pixels=pixels,
        gsd_m=5.0,
        off_nadir_deg=5.0,
        sun_elevation_deg=SUN_ELEVATION_DEG,
        sun_azimuth_deg=SUN_AZIMUTH_DEG,
        ce90_m=Estimate(ce90_m, "m", because="given"),
        missing_fraction=0.0,
        simulated=True,
    )


def make_flood(
    seed: int,
    size: int = 400,
    cover: float = 0.15,
    level: float | None = None,
    shift_px: float = 0.4,
    before_cover: float = 0.0,
) -> Flood:
    """A flooded square of ``size`` pixels of 5 m; ``level`` of the flood above the river's bank in relief units."""
    rng = np.random.default_rng((seed, 77))
    shape = (size * FINE, size * FINE)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    relief = smooth_noise(shape, 700.0, rng, 3.2)
    course = shape[0] * (0.5 + 0.12 * np.sin(x / shape[1] * rng.uniform(3.0, 9.0) + rng.uniform(0.0, 6.0)))
    distance = np.abs(y - course)
    bed = 3.5 * distance / shape[0] + 0.6 * relief
    normal = (distance < rng.uniform(15.0, 45.0)) | (smooth_noise(shape, 60.0, rng) > 3.0)
    level = rng.uniform(-0.6, 1.2) if level is None else level
    labels = fields_of(shape, 110.0, rng)
    road = np.abs(smooth_noise(shape, 900.0, rng, 3.5)) < 0.01
    flooded = (bed < level) & ~normal & ~road
    dryness = rng.uniform(0.7, 1.2)
    land = _land(labels, rng, dryness)
    land = np.where(road, np.array([0.12, 0.13, 0.14, 0.16])[:, None, None], land)
    wet = np.clip(1.0 - 0.35 * np.clip(1.5 - 4.0 * (bed - level), 0.0, 1.0), 0.0, 1.0)
    cloud, shadow = _clouds(shape, cover, rng)
    old_cloud, old_shadow = _clouds(shape, before_cover, rng)
    shifts = rng.normal(0.0, shift_px, 4)
    water = normal | flooded
    then = _observe(np.where(normal, _water(shape, rng), land), rng, tuple(shifts[:2]), old_cloud, old_shadow)
    now = _observe(np.where(water, _water(shape, rng), land * wet), rng, tuple(shifts[2:]), cloud, shadow)
    grid = Grid(32632, 700000.0, 5000000.0, 5.0, size, size)
    return Flood(
        now=scene_of(now, grid, "now", 5.0 * float(np.hypot(*shifts[2:]))),
        before=scene_of(then, grid, "before", 5.0 * float(np.hypot(*shifts[:2]))),
        water=shares(water),
        normal=shares(normal),
        flood=shares(flooded),
        cloud=shares(cloud) > 0.1,
        shadow=shares(shadow) > 0.3,
        labels=labels,
    )
