"""What is the same for every part of a picture? Light, air, electronics and weights, worked out before the first."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.fly import light_kernels
from swath.fly import materials as looks
from swath.fly.blur import pixel_weights
from swath.fly.chance import normal_table
from swath.fly.clouds import CLEAR, Clouds
from swath.fly.detector_kernels import Electronics, Veil
from swath.fly.motion import Exposure
from swath.fly.sightlines import View
from swath.fly.terrain import CELL_M
from swath.fly.world import World, look_table
from swath.spacecraft.imager import Imager
from swath.spacecraft.light import AirLight, Atmosphere, air_light, full_scale_electrons

__all__ = ["Job", "prepare_job", "sun_vector", "under_clear_sky"]

Singles = npt.NDArray[np.float32]

_TREES_M = 20.0


@dataclass(frozen=True)
class Job:
    """All that is the same for every block of a picture."""

    world: World
    exposure: Exposure
    imager: Imager
    view: View
    table: Singles
    direct: Singles
    fields: Singles
    sky: Veil
    along: Singles
    across: Singles
    electronics: Electronics
    sun: tuple[float, float, float]
    """unit vector to the Sun: east, north, up"""
    tallest_m: float
    steepest_ratio: float
    """rise per metre of the ground, at most"""
    apart: bool
    """bands look so differently that each must find out what stands in its way"""


def sun_vector(exposure: Exposure) -> tuple[float, float, float]:
    """Unit vector to the Sun: east, north, up."""
    elevation, azimuth = np.radians(exposure.sun_elevation_deg), np.radians(exposure.sun_azimuth_deg)
    flat = np.cos(elevation)
    return float(flat * np.sin(azimuth)), float(flat * np.cos(azimuth)), float(np.sin(elevation))


def prepare_job(
    rng: np.random.Generator,
    camera: str,
    world: World,
    exposure: Exposure,
    view: View,
    imager: Imager,
    clouds: Clouds,
    atmosphere: Atmosphere,
) -> Job:
    """Everything that the parts of one picture share; ``camera`` names the one whose detectors they are."""
    sun = sun_vector(exposure)
    air = _air(world, exposure, view, imager, atmosphere, sun)
    weights = [pixel_weights(imager, band) for band in imager.bands]
    chosen = [looks.BANDS.index(band.name) for band in imager.bands]
    filled = [chosen[number % len(chosen)] for number in range(4)]
    table = look_table(world, exposure.start)
    tallest_m = _tallest_m(world)
    rows = [band.row_px for band in imager.bands]
    return Job(
        world=world,
        exposure=exposure,
        imager=imager,
        view=view,
        table=np.ascontiguousarray(table[:, [*filled, *(4 + number for number in filled), *range(8, table.shape[1])]]),
        direct=np.array([air[number % len(air)].direct_share for number in range(4)], np.float32),
        fields=_fields(world, clouds, sun),
        sky=Veil(clouds.opacity, clouds.cell_m, clouds.height_m),
        along=np.stack([along for along, _ in weights]).astype(np.float32),
        across=np.stack([across for _, across in weights]).astype(np.float32),
        electronics=_electronics(rng, camera, exposure, imager, sun[2], air),
        sun=sun,
        tallest_m=tallest_m,
        steepest_ratio=_steepest_ratio(world.terrain.height_m),
        apart=(max(rows) - min(rows)) * imager.ifov_rad * tallest_m > 0.2 * world.pixel_m,
    )


def under_clear_sky(job: Job) -> Job:
    """The same picture's land without the shadows of clouds: what its light would be."""
    return replace(job, fields=_fields(job.world, CLEAR, job.sun))


def _fields(world: World, clouds: Clouds, sun: tuple[float, float, float]) -> Singles:
    """Direct sunlight per that on level ground, and how well things grow, on the terrain's cells."""
    sunlight = light_kernels.shade_terrain(world.terrain.height_m, CELL_M, *sun)
    return np.stack([sunlight * (1.0 - _cloud_shadow(world, clouds, sun)), world.vigour]).astype(np.float32)


def _steepest_ratio(height_m: Singles) -> float:
    """Greatest rise per metre of heights that are bilinear between the middles of cells."""
    east, south = np.abs(np.diff(height_m, axis=1)).max(), np.abs(np.diff(height_m, axis=0)).max()
    return float(np.hypot(east, south)) / CELL_M


def _tallest_m(world: World) -> float:
    """Height of the tallest thing that stands on the land."""
    standing = [float(layer.height_m.max()) for layer in world.layers if len(layer)]
    standing += [float(e.pieces.height_m.max()) for e in world.edits if e.pieces is not None and len(e.pieces)]
    return max([*standing, _TREES_M])


def _air(
    world: World,
    exposure: Exposure,
    view: View,
    imager: Imager,
    atmosphere: Atmosphere,
    sun: tuple[float, float, float],
) -> list[AirLight]:
    """The air in each band, between the Sun, the middle of the picture and the camera."""
    up, away = np.radians(view.elevation_deg), np.radians(view.azimuth_deg)
    camera = (np.cos(up) * np.sin(away), np.cos(up) * np.cos(away), np.sin(up))
    scattering_deg = float(np.degrees(np.arccos(np.clip(-np.dot(sun, camera), -1.0, 1.0))))
    return [
        air_light(
            atmosphere,
            wavelength_m=band.wavelength_m,
            sun_elevation_deg=exposure.sun_elevation_deg,
            view_elevation_deg=view.elevation_deg,
            scattering_deg=scattering_deg,
            altitude_m=world.place.altitude_m,
        )
        for band in imager.bands
    ]


def _detectors(
    camera: str, imager: Imager, columns: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of the middle detectors of each band's row: fate from 0 to 1, and gain and dark level in standard deviations.

    The same in every picture by a camera: they were made so.
    """
    rng = np.random.default_rng([zlib.crc32(camera.encode()), 0xDE])
    shape, first = (len(imager.bands), imager.detectors), (imager.detectors - columns) // 2
    made = rng.uniform(size=shape), rng.normal(0.0, 1.0, shape), rng.normal(0.0, 1.0, shape)
    fate, gain, dark = (one[:, first : first + columns] for one in made)
    return fate, gain, dark


def _electronics(
    rng: np.random.Generator, camera: str, exposure: Exposure, imager: Imager, sun_up: float, air: list[AirLight]
) -> Electronics:
    """Gains, offsets and noise of every column."""
    period_s = exposure.line_period_s
    full = np.array([full_scale_electrons(imager, band, line_period_s=period_s) for band in imager.bands])
    stages = np.array([band.tdi_stages for band in imager.bands])
    fate, gain, dark = _detectors(camera, imager, exposure.columns)
    gain = np.maximum(1.0 + imager.prnu_share * gain, 0.01)
    gain[fate < imager.hot_share] = -1.0
    gain[fate > 1.0 - imager.dead_share] = 0.0
    return Electronics(
        electrons_per_unit=(full / imager.full_scale_reflectance * sun_up).astype(np.float32),
        path=np.array([light.path_reflectance for light in air], np.float32),
        passes=np.array([light.transmission_share for light in air], np.float32),
        dark=(imager.dsnu_electron_count * dark).astype(np.float32),
        gain=gain.astype(np.float32),
        per_count=(full / (imager.top_count - imager.offset_count)).astype(np.float32),
        read2=(imager.read_electron_count**2 + imager.dark_electrons_per_s * period_s * stages).astype(np.float32),
        offset=float(imager.offset_count),
        top=float(imager.top_count),
        normal=normal_table(),
        seed=int(rng.integers(2**31)),
    )


def _cloud_shadow(world: World, clouds: Clouds, sun: tuple[float, float, float]) -> Singles:
    """Opacity of the cloud between each terrain cell and the Sun."""
    field = world.terrain.height_m
    if clouds.opacity.size == 1:
        return np.zeros_like(field)
    rise = np.maximum(clouds.height_m - field, 0.0) / sun[2]
    y, x = np.indices(field.shape, np.float32)
    column = ((x + 0.5) * CELL_M + rise * sun[0]) / clouds.cell_m - 0.5
    row = ((y + 0.5) * CELL_M - rise * sun[1]) / clouds.cell_m - 0.5
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    fy, fx = row - i, column - j
    rows, columns = clouds.opacity.shape
    k, m = (i + 1) % rows, (j + 1) % columns
    i, j = i % rows, j % columns
    top = clouds.opacity[i, j] * (1 - fx) + clouds.opacity[i, m] * fx
    bottom = clouds.opacity[k, j] * (1 - fx) + clouds.opacity[k, m] * fx
    return np.asarray(top * (1 - fy) + bottom * fy, np.float32)
