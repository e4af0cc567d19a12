"""Every look that a fleet has at the points of a region, and which of them count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.access.bulk import base_windows_of_many
from swath.access.many import Ground
from swath.design.regions import Region
from swath.design.sensors import Sensor
from swath.errors import InputError
from swath.frames import EarthOrientation, geodetic_up
from swath.orbit.ephemeris import TabulatedEphemeris
from swath.orbit.sun import sun_direction_itrf
from swath.time import seconds

__all__ = ["Looks", "clear_looks", "looks_of", "passes_of", "sun_elevation_deg"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SUN_STEP_S = 600.0


@dataclass(frozen=True, eq=False)
class Looks:
    """Stretches in which a satellite can see a point; by point, then by start. Seconds count from ``start``."""

    region: Region
    start: np.datetime64
    span_s: float
    point: Ints
    satellite: Ints
    """its number in the fleet"""
    start_s: Floats
    closest_s: Floats
    stop_s: Floats

    def __len__(self) -> int:
        return len(self.point)

    def take(self, rows: npt.NDArray[Any]) -> Looks:
        """Some of them: a mask, or their numbers in order."""
        columns = (self.point, self.satellite, self.start_s, self.closest_s, self.stop_s)
        point, satellite, start_s, closest_s, stop_s = (values[rows] for values in columns)
        return Looks(self.region, self.start, self.span_s, point, satellite, start_s, closest_s, stop_s)

    @property
    def first(self) -> Ints:
        """Where each point's looks begin, ``(points + 1,)``."""
        return np.searchsorted(self.point, np.arange(len(self.region.lon_deg) + 1)).astype(np.int64)


def looks_of(
    tables: Sequence[TabulatedEphemeris],
    region: Region,
    sensors: Sequence[Sensor],
) -> Looks:
    """When can each satellite look at each point? ``sensors`` has one for each satellite, or one for all.

    The search is that of ``access.bulk``: no window is missed. Light is judged at the closest approach.
    """
    if len(sensors) not in (1, len(tables)):
        raise InputError(f"{len(sensors)} sensors for {len(tables)} satellites", fix="Give one, or one for each")
    each = list(sensors) if len(sensors) > 1 else list(sensors) * len(tables)
    ground = region.ground
    parts = []
    for number, (table, sensor) in enumerate(zip(tables, each, strict=True)):
        limits = sensor.min_elevation_deg, sensor.middle_off_nadir_deg, sensor.nadir
        (found,) = base_windows_of_many([table], ground, *limits)
        point = found.place.astype(np.int64)
        keep = np.ones(len(point), bool)
        if sensor.min_sun_elevation_deg is not None:
            sun = sun_elevation_deg(region, point, tables[0].start, found.closest_s)
            keep = sun >= sensor.min_sun_elevation_deg
        columns = (point, np.full(len(point), number), found.start_s, found.closest_s, found.stop_s)
        parts.append([values[keep] for values in columns])
    point, satellite, start_s, closest_s, stop_s = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    span_s = min(table.duration_s for table in tables)
    looks = Looks(region, tables[0].start, span_s, point, satellite, start_s, closest_s, stop_s)
    return looks.take(np.lexsort((start_s, point)))


def sun_elevation_deg(region: Region, point: Ints, start: np.datetime64, after_s: Floats) -> Floats:
    """How high does the Sun stand at points of a region, at seconds after a start? To 0.01 deg."""
    if not len(after_s):
        return np.empty(0)
    knots = np.arange(0.0, float(after_s.max()) + 2.0 * _SUN_STEP_S, _SUN_STEP_S)
    sun = sun_direction_itrf(start + seconds(knots), EarthOrientation.zero())
    lon = np.unwrap(np.arctan2(sun[:, 1], sun[:, 0]))
    at_lon, height = np.interp(after_s, knots, lon), np.interp(after_s, knots, sun[:, 2])
    wide = np.sqrt(1.0 - height**2)
    up = geodetic_up(lon_deg=region.lon_deg, lat_deg=region.lat_deg)[point]
    sine = up[:, 0] * wide * np.cos(at_lon) + up[:, 1] * wide * np.sin(at_lon) + up[:, 2] * height
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), np.float64)


def clear_looks(looks: Looks, cloud_fraction: Sequence[float], seed: int) -> Looks:
    """The looks that find no cloud, in one draw. Several looks at a point in one local day are one trial.

    ``cloud_fraction``: one number, or twelve, one for each month. Raises :class:`InputError` for anything else.
    """
    if len(cloud_fraction) not in (1, 12) or not all(0.0 <= share <= 1.0 for share in cloud_fraction):
        raise InputError(
            f"cloud fractions {list(cloud_fraction)}", where="cloud", fix="Give one share of one, or twelve by month"
        )
    local_s = looks.closest_s + 240.0 * looks.region.lon_deg[looks.point]
    midnight = looks.start.astype("datetime64[D]").astype("datetime64[ns]")
    into_s = float((looks.start - midnight) / np.timedelta64(1, "ns")) * 1e-9
    day = np.floor((into_s + local_s) / 86400.0).astype(np.int64) + 1
    days = int(looks.span_s // 86400.0) + 4
    drawn = np.random.default_rng(seed).random((len(looks.region.lon_deg), days))
    months = (midnight + day * np.timedelta64(86_400_000_000_000, "ns")).astype("datetime64[M]").astype(np.int64) % 12
    share = np.resize(np.asarray(cloud_fraction, np.float64), 12)[months]
    return looks.take(drawn[looks.point, day] >= share)


def passes_of(
    tables: Sequence[TabulatedEphemeris], stations: Ground, min_elevation_deg: npt.ArrayLike
) -> list[tuple[Floats, Floats, Ints]]:
    """When is each satellite above a station's least elevation? Rises, sets (s) and the station, by rise."""
    found = []
    for table in tables:
        (windows,) = base_windows_of_many([table], stations, min_elevation_deg, None, "geodetic")
        order = np.argsort(windows.start_s, kind="stable")
        found.append((windows.start_s[order], windows.stop_s[order], windows.place[order].astype(np.int64)))
    return found
