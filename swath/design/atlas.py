"""One orbit's looks from every plane and place along it, found once.

The Earth's field is taken as even round its axis (SGP4 near the Earth has zonal terms only), so a satellite of the same
shape in another plane, or further along, sees what the first one sees at another longitude and another time. So the
looks of one satellite at every longitude hold those of all: a search asks thousands of them a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.design.looks import Looks, looks_of
from swath.design.motion import tables_of
from swath.design.regions import Region
from swath.design.sensors import Sensor
from swath.design.shapes import OrbitShape, elements_of, node_rate_deg_day, period_s
from swath.errors import InputError
from swath.frames import EARTH_ROTATION_RAD_S, EarthOrientation, geodetic_up
from swath.model import Elements
from swath.orbit.sun import sun_direction_itrf
from swath.time import seconds

__all__ = ["Atlas", "Columns", "Slot", "atlas_of", "elements_at", "fleet_looks", "own_columns", "slot_columns"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Columns = tuple[Ints, Floats, Floats, Floats]
"""point, start, closest and stop (s) of looks"""

_LONGITUDES = 720
_MOST_ROWS = 40
_SUN_STEP_S = 600.0


@dataclass(frozen=True)
class Slot:
    """A place for a satellite: which of the shapes looked at, and where at the start."""

    shape: int
    raan_deg: float
    phase_deg: float
    """argument of latitude"""


@dataclass(frozen=True, eq=False)
class Atlas:
    """The looks of one satellite whose node stands at 0 and that is at its node at ``start``, at every longitude."""

    shape: OrbitShape
    sensor: Sensor
    region: Region
    start: np.datetime64
    span_s: float
    row: Ints
    """of each point of the region: its latitude among the atlas's"""
    first: Ints
    """where the looks of a cell (row, longitude) begin"""
    start_s: Floats
    closest_s: Floats
    stop_s: Floats
    period_s: float
    node_deg_s: float
    sun: Floats
    """direction every 600 s, ``(n, 3)``"""
    up: Floats
    """verticals of the region's points"""


def atlas_of(shape: OrbitShape, sensor: Sensor, region: Region, start: np.datetime64, days: float) -> Atlas:
    """The atlas of a shape over a region. Raises :class:`InputError` for a region of more than 40 latitudes."""
    lats, row = np.unique(np.round(region.lat_deg, 6), return_inverse=True)
    if len(lats) > _MOST_ROWS:
        fix = f"Take {_MOST_ROWS} at most: a coarser region is as good for a search"
        raise InputError(f"{len(lats)} latitudes", where=region.name, fix=fix)
    lon = -180.0 + 360.0 * np.arange(_LONGITUDES) / _LONGITUDES
    every = Region(
        "atlas",
        np.tile(lon, len(lats)),
        np.repeat(lats, _LONGITUDES),
        np.full(len(lats) * _LONGITUDES, 1.0 / (len(lats) * _LONGITUDES)),
        "",
    )
    whole_s = days * 86400.0
    turn_s = period_s(shape)
    base = elements_of(shape, raan_deg=0.0, mean_anomaly_deg=-shape.argument_of_perigee_deg, epoch=start)
    blind = replace(sensor, min_sun_elevation_deg=None)
    looks = looks_of(tables_of([base], start, days + turn_s / 86400.0), every, [blind])
    knots = np.arange(0.0, whole_s + 2.0 * _SUN_STEP_S, _SUN_STEP_S)
    return Atlas(
        shape,
        sensor,
        region,
        start,
        whole_s,
        row.astype(np.int64),
        looks.first,
        looks.start_s,
        looks.closest_s,
        looks.stop_s,
        turn_s,
        node_rate_deg_day(shape) / 86400.0,
        sun_direction_itrf(start + seconds(knots), EarthOrientation.zero()),
        geodetic_up(lon_deg=region.lon_deg, lat_deg=region.lat_deg).reshape(-1, 3),
    )


def slot_columns(atlas: Atlas, raan_deg: float, phase_deg: float) -> Columns:
    """The looks of a satellite in a plane and at a place along it, at the points of the atlas's region.

    Longitudes are rounded to half a degree: the looks are those of a place up to a quarter of a degree away
    (tests/design/test_growth.py).
    """
    late_s = (phase_deg % 360.0) / 360.0 * atlas.period_s
    turned = raan_deg + (np.degrees(EARTH_ROTATION_RAD_S) - atlas.node_deg_s) * late_s
    around = (atlas.region.lon_deg - turned + 180.0) / 360.0
    column = np.round(around * _LONGITUDES).astype(np.int64) % _LONGITUDES
    cell = atlas.row * _LONGITUDES + column
    begin, many = atlas.first[cell], atlas.first[cell + 1] - atlas.first[cell]
    point = np.repeat(np.arange(len(cell)), many)
    offset = np.arange(len(point)) - np.repeat(np.cumsum(many) - many, many)
    rows = np.repeat(begin, many) + offset
    closest = atlas.closest_s[rows] - late_s
    keep = (closest >= 0.0) & (closest <= atlas.span_s)
    if atlas.sensor.min_sun_elevation_deg is not None:
        step = np.minimum((np.maximum(closest, 0.0) / _SUN_STEP_S).astype(np.int64), len(atlas.sun) - 2)
        share = (closest / _SUN_STEP_S - step)[:, None]
        sun = atlas.sun[step] * (1.0 - share) + atlas.sun[step + 1] * share
        sine = np.sum(sun * atlas.up[point], -1) / np.linalg.norm(sun, axis=-1)
        keep &= sine >= np.sin(np.radians(atlas.sensor.min_sun_elevation_deg))
    rows, point = rows[keep], point[keep]
    begins = np.maximum(atlas.start_s[rows] - late_s, 0.0)
    return point, begins, closest[keep], np.minimum(atlas.stop_s[rows] - late_s, atlas.span_s)


def own_columns(atlas: Atlas, slot: Slot) -> Columns:
    """The same from the satellite's own motion, nothing rounded: a thousand times slower."""
    tables = tables_of([elements_at(atlas, slot, "one", 99_000)], atlas.start, atlas.span_s / 86400.0)
    looks = looks_of(tables, atlas.region, [atlas.sensor])
    return looks.point, looks.start_s, looks.closest_s, looks.stop_s


def fleet_looks(atlas: Atlas, parts: Sequence[Columns]) -> Looks:
    """The looks of several satellites together."""
    point, begins, closest, ends = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    satellite = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    looks = Looks(atlas.region, atlas.start, atlas.span_s, point, satellite, begins, closest, ends)
    return looks.take(np.lexsort((begins, point)))


def elements_at(atlas: Atlas, slot: Slot, name: str, number: int) -> Elements:
    """The element set of a slot."""
    return elements_of(
        atlas.shape,
        name,
        raan_deg=slot.raan_deg,
        mean_anomaly_deg=slot.phase_deg - atlas.shape.argument_of_perigee_deg,
        epoch=atlas.start,
        number=number,
    )
