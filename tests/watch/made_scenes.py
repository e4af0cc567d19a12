"""An archive of small pictures of one place: a course of seasons, noise, clouds, and a change from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

from swath.archive.outside import Hints
from swath.operate.archive import Adding, add_scenes

EPSG, WEST_M, NORTH_M, PIXEL_M, SIZE = 32633, 500_000.0, 4_980_000.0, 10.0, 48
"""48 x 48 pixels of 10 m about 15.003 E, 44.971 N"""
LON_DEG, LAT_DEG = 15.00304, 44.97128
BANDS = ("blue", "green", "red", "nir")
CHANGE = (slice(18, 30), slice(20, 32))
"""12 x 12 pixels: 1.44 ha"""


def picture(day: int, *, seed: int = 0, changed: bool = False, cloudy: bool = False, offset: float = 0.0) -> np.ndarray:
    """Reflectance x 10000 ``(band, row, column)`` of a meadow with a season, day by day of the year."""
    ground = np.random.default_rng(seed)
    base = np.array([500.0, 800.0, 700.0, 3000.0])[:, None, None] * (1.0 + 0.15 * ground.normal(size=(SIZE, SIZE)))
    season = np.cos(2.0 * np.pi * (day - 180) / 365.25)
    swing = np.array([-60.0, 0.0, -150.0, 700.0])[:, None, None] * season
    noise = np.random.default_rng([seed, day]).normal(0.0, 40.0, (4, SIZE, SIZE))
    values = base + swing + noise + offset
    if changed:
        values[(slice(None), *CHANGE)] = np.array([1200.0, 1500.0, 1900.0, 2300.0])[:, None, None]
    if cloudy:
        values = np.random.default_rng([seed, day, 7]).normal(6000.0, 300.0, (4, SIZE, SIZE))
    return np.clip(np.round(values), 1, 65535).astype(np.uint16)


def write_picture(folder: Path, at: np.datetime64, values: np.ndarray) -> Path:
    """A GeoTIFF of it."""
    path = folder / f"look_{str(at.astype('datetime64[D]')).replace('-', '')}_SIMULATED.tif"
    transform = Affine(PIXEL_M, 0.0, WEST_M, 0.0, -PIXEL_M, NORTH_M)
    profile = {"driver": "GTiff", "width": SIZE, "height": SIZE, "count": 4, "dtype": "uint16", "nodata": 0}
    with rasterio.open(path, "w", crs=f"EPSG:{EPSG}", transform=transform, **profile) as file:
        file.write(values)
        for number, name in enumerate(BANDS, 1):
            file.set_band_description(number, name)
    return path


def archive_of(
    folder: Path,
    archive: Path,
    start: np.datetime64,
    days: Sequence[int],
    *,
    change_from: int | None = None,
    cloudy: Sequence[int] = (),
    seed: int = 3,
) -> Path:
    """Adds a picture for each day after ``start`` to an archive."""
    folder.mkdir(parents=True, exist_ok=True)
    for day in days:
        at = start + np.timedelta64(day, "D") + np.timedelta64(10 * 3600, "s")
        year_day = int((at.astype("datetime64[D]") - at.astype("datetime64[Y]")).astype(np.int64))
        changed = change_from is not None and day >= change_from
        values = picture(year_day + 365 * 0, seed=seed, changed=changed, cloudy=day in cloudy)
        # Noise of its own each day, whatever the year.
        extra = np.random.default_rng([seed, day]).normal(0.0, 25.0, values.shape)
        values = np.clip(values + extra, 1, 65535).astype(np.uint16)
        path = write_picture(folder, at, values)
        stamp = f"{np.datetime_as_string(at.astype('datetime64[s]'))}Z"
        how = Adding(
            archive, Hints(time=stamp, bands=BANDS, quantity="surface reflectance", platform="made-up", scale=1e-4), at
        )
        (outcome,) = add_scenes([str(path)], how)
        assert outcome.status == "added", outcome.because
    return archive
