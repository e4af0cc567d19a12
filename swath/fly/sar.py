"""What does a side-looking radar record of a world? Amplitudes in distance and time, day or night, through cloud.

Right in geometry and statistics, simple in physics: every step of the ground returns its echo at its true distance, so
slopes that face the radar are short and bright, steeper ones lie over, what is hidden is dark; water is smooth, walls
are corners; speckle is a gamma variable of so many looks.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.fly import materials as looks
from swath.fly.growth import looks_green
from swath.fly.motion import LINE_STEP, Disturbance, measure_orbit
from swath.fly.picture import LineStates, Picture, radar_header
from swath.fly.sar_kernels import echoes
from swath.fly.terrain import CELL_M
from swath.fly.world import Room, World, draw_patch, to_world
from swath.fly.world_kernels import Frame
from swath.frames import geodetic_from_itrf
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.sar import Radar, incidence_deg, radar_ground

__all__ = ["RadarExposure", "scan_radar"]

Floats = npt.NDArray[np.float64]

_STEPS = 4
"""of the ground per sample"""
_STRIP_LINES = 48
_NODES = 24
_GAMMA_DB = {
    looks.WATER: -22.0,
    looks.FLOOD_WATER: -20.0,
    looks.VERGE: -11.0,
    looks.TRACK: -13.5,
    looks.ROAD: -17.0,
    looks.FOREST: -6.5,
    looks.MEADOW: -12.0,
    looks.GARDEN: -7.0,
    looks.PLOT: -9.0,
    looks.SAND: -16.0,
    **dict.fromkeys(looks.ROOFS, -4.0),
    looks.BURNT: -14.0,
    looks.SCORCHED: -12.0,
    looks.SCAR: -10.0,
    looks.STUBBLE: -13.0,
    looks.DECK: 8.0,
    looks.WAKE: -15.0,
    looks.CAR: 5.0,
    looks.BUILDING_SITE: -12.0,
    **dict.fromkeys(looks.PANELS, -18.0),
}
"""gamma nought, C band, VV: the order of Ulaby and Dobson, Handbook of Radar Scattering Statistics (1989)"""
_FIELD_DB, _GREEN_DB = -14.0, 5.0
"""bare field, and what full vegetation adds"""


@dataclass(frozen=True)
class RadarExposure:
    """One radar picture as it is taken."""

    acquisition: str
    request: str
    start: np.datetime64
    """line i is at ``start`` + i ``line_period_s``"""
    lines: int
    samples: int
    line_period_s: float
    near_range_m: float
    """distance of the first sample"""
    right: bool = True


def scan_radar(
    world: World,
    satellite: str,
    ephemeris: Ephemeris,
    exposure: RadarExposure,
    radar: Radar,
    *,
    seed: int,
    disturbance: Disturbance | None = None,
) -> Picture:
    """Take one radar picture of a world; the same arguments give the same bytes.

    Its counts are amplitudes, its records have the errors of the satellite's receiver (``disturbance``); it goes to the
    radio like any other. Ground is walked in steps of a quarter sample, lines as far apart as they are; objects count
    at the truth's resolution. Raises :class:`DataError` where the range does not reach the ground or the picture misses
    the land, :class:`InputError` for an empty picture. Speckle, incidence, displacement by height and shadow:
    tests/fly/test_sar.py. Phase, azimuth blur and range ambiguity are not simulated.
    """
    if exposure.lines < 2 or exposure.samples < 2 or exposure.line_period_s <= 0.0:
        raise InputError(f"a radar picture of {exposure.lines} x {exposure.samples}", fix="Give at least two of each")
    r, v = ephemeris.states(_utc(exposure, np.arange(exposure.lines)))
    lattice = _lattice(world, exposure, radar, r, v)
    rng = np.random.default_rng([seed & 0x7FFFFFFF, zlib.crc32(exposure.acquisition.encode()), 0x5A2])
    gamma = _gamma(world, exposure.start)
    pixels, room = np.empty((exposure.lines, exposure.samples), np.uint16), Room()
    for first in range(0, exposure.lines, _STRIP_LINES):
        lines = np.arange(first, min(first + _STRIP_LINES, exposure.lines))
        power = _strip(world, exposure, lattice, lines, gamma, room) + radar.noise_ratio
        power *= rng.gamma(radar.looks, 1.0 / radar.looks, power.shape)
        counts = np.sqrt(power) * radar.counts_per_amplitude
        # 0 would be a sample that has not arrived.
        pixels[lines] = np.clip(np.round(counts), 1, 4095).astype(np.uint16)
    states = _measured(rng, ephemeris, exposure, disturbance or Disturbance())
    return Picture(pixels[None], states, _header(world, satellite, exposure, radar, r, v, len(states)))


def _utc(exposure: RadarExposure, lines: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    after_ns = np.round(lines * exposure.line_period_s * 1e9).astype("timedelta64[ns]")
    return np.asarray(exposure.start.astype("datetime64[ns]") + after_ns)


def _measured(
    rng: np.random.Generator, ephemeris: Ephemeris, exposure: RadarExposure, flaws: Disturbance
) -> LineStates:
    """What the satellite's receiver says of every ``LINE_STEP``-th line and the last."""
    line = np.unique(np.append(np.arange(0, exposure.lines, LINE_STEP), exposure.lines - 1))
    utc, still = _utc(exposure, line), np.zeros(len(line))
    r_itrf_m, v_itrf_m_s = measure_orbit(rng, ephemeris, utc, flaws)
    return LineStates(line, utc.astype(np.int64), r_itrf_m, v_itrf_m_s, still, still, still)


def _header(
    world: World, satellite: str, exposure: RadarExposure, radar: Radar, r: Floats, v: Floats, records: int
) -> dict[str, Any]:
    middle, range_m = len(r) // 2, _ranges(exposure, radar)[exposure.samples // 2]
    place = radar_ground(r[middle], v[middle], range_m, world.place.altitude_m, right=exposure.right)
    angle_deg = float(incidence_deg(r[middle], place))
    return radar_header(
        acquisition=exposure.acquisition,
        request=exposure.request,
        satellite=satellite,
        lines=exposure.lines,
        columns=exposure.samples,
        line_step=LINE_STEP,
        records=records,
        near_range_m=exposure.near_range_m,
        range_spacing_m=radar.range_spacing_m,
        right=exposure.right,
        looks=radar.looks,
        counts_per_amplitude=radar.counts_per_amplitude,
        incidence_deg=angle_deg,
        gsd_m=radar.range_spacing_m / float(np.sin(np.radians(angle_deg))),
    )


def _ranges(exposure: RadarExposure, radar: Radar) -> Floats:
    return np.asarray(exposure.near_range_m + np.arange(exposure.samples) * radar.range_spacing_m)


def _gamma(world: World, at: np.datetime64) -> Floats:
    """Gamma nought of each look at a date."""
    green = looks_green(world.looks.crop, world.looks.green, at, lat_deg=world.place.lat_deg)
    decibel = _FIELD_DB + _GREEN_DB * green.astype(np.float64)
    for look, value in _GAMMA_DB.items():
        decibel[look] = value
    return np.asarray(10.0 ** (decibel / 10.0))


@dataclass(frozen=True)
class _Lattice:
    """Where the ground lies on a lattice of lines and distances, at height 0 over the datum."""

    lines: Floats
    steps: Floats
    """samples, from beyond the near end to beyond the far end"""
    fields: Floats
    """``(7, line, step)``: east, south, samples nearer per metre up, tangent of incidence, metres out, and the unit
    vector away from the radar (east, south) in the last two rows"""


def _lattice(world: World, exposure: RadarExposure, radar: Radar, r: Floats, v: Floats) -> _Lattice:
    line = np.unique(np.linspace(0, exposure.lines - 1, max(2, exposure.lines // 64 + 2)).astype(int))
    relief_m = float(np.abs(world.terrain.height_m).max()) + 70.0
    beyond = relief_m / radar.range_spacing_m + 4.0
    steps = np.linspace(-beyond, exposure.samples - 1 + beyond, max(_NODES, exposure.samples // 48))
    far = exposure.near_range_m + steps * radar.range_spacing_m
    base = world.place.altitude_m
    low, high, out = (
        radar_ground(r[line][:, None], v[line][:, None], far + more, base + up, right=exposure.right)
        for more, up in ((0.0, 0.0), (0.0, 100.0), (100.0, 0.0))
    )
    if not (np.isfinite(low).all() and np.isfinite(high).all() and np.isfinite(out).all()):
        raise DataError(
            f"the radar's range of {far[0] / 1e3:.0f} km does not reach the ground",
            where=f"acquisition {exposure.acquisition}",
            fix="Give a near range above the height of the orbit",
        )
    x, y = _local(world, low)
    if x.max() < 0 or y.max() < 0 or x.min() > world.width_m or y.min() > world.height_m:
        raise DataError(
            "the radar picture misses the land", where=f"acquisition {exposure.acquisition}", fix="Aim again"
        )
    outward = np.array(_local(world, out)) - (x, y)
    upward = np.array(_local(world, high)) - (x, y)
    length = np.linalg.norm(outward, axis=0)
    unit = outward / length
    # At one place, a metre up is nearer by what a metre up moves the place out, in ranges per metre out.
    nearer_m = (upward * unit).sum(0) / 100.0 / (length / 100.0)
    tangent = np.tan(np.radians(incidence_deg(r[line][:, None], low)))
    distance = np.cumsum(np.pad(np.hypot(np.diff(x, axis=1), np.diff(y, axis=1)), ((0, 0), (1, 0))), axis=1)
    fields = np.stack([x, y, nearer_m / radar.range_spacing_m, tangent, distance, unit[0], unit[1]])
    return _Lattice(line.astype(float), steps, fields)


def _local(world: World, points_itrf_m: Floats) -> tuple[Floats, Floats]:
    lon, lat, _ = geodetic_from_itrf(points_itrf_m)
    return to_world(world, lon_deg=lon, lat_deg=lat)


def _strip(
    world: World, exposure: RadarExposure, lattice: _Lattice, lines: npt.NDArray[np.intp], gamma: Floats, room: Room
) -> Floats:
    """Mean power (sigma nought) of some lines ``(line, sample)``, without noise and speckle."""
    steps = np.arange(lattice.steps[0], lattice.steps[-1], 1.0 / _STEPS)
    places = np.stack([_places(lattice, float(line), steps) for line in lines])
    pixel_m = world.pixel_m
    low, high = places[..., :2].min((0, 1)) / pixel_m - 2, places[..., :2].max((0, 1)) / pixel_m + 2
    column, row = (max(int(edge), -8) for edge in low)
    width = min(int(high[0]), int(world.width_m / pixel_m) + 8) - column
    rows = min(int(high[1]), int(world.height_m / pixel_m) + 8) - row
    patch = draw_patch(
        world, row=row, column=column, rows=max(rows, 1), columns=max(width, 1), at=exposure.start, room=room
    )
    frame, power = Frame(row, column, pixel_m, CELL_M / pixel_m), np.zeros((len(lines), exposure.samples))
    water = np.array([gamma[looks.WATER], -2.5])
    for place, out in zip(places, power, strict=True):
        echoes(place, world.terrain.height_m, CELL_M, patch.cover, patch.height, frame, gamma, water, 1.0 / _STEPS, out)
    return power


def _places(lattice: _Lattice, line: float, steps: Floats) -> Floats:
    """What :func:`sar_kernels.echoes` needs of one line ``(step, 8)``."""
    k = int(np.clip(np.searchsorted(lattice.lines, line, side="right") - 1, 0, len(lattice.lines) - 2))
    f = (line - lattice.lines[k]) / (lattice.lines[k + 1] - lattice.lines[k])
    here = lattice.fields[:, k] * (1.0 - f) + lattice.fields[:, k + 1] * f
    x, y, nearer, tangent, out, east, south = (np.interp(steps, lattice.steps, field) for field in here)
    return np.stack([x, y, steps, nearer, tangent, out, east, south], -1)
