"""A small flight for the ground to work on: a circular orbit, a camera, and a pattern on the map with known truth.

The rays are written here once more, from the words of link_format, so that the archive's camera is not its own judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyproj
import pytest

from swath.archive.picture import ReceivedPicture
from swath.archive.source_packets import picture_in
from swath.fly.picture import LineStates, Picture, picture_header
from swath.fly.source_packets import encode_picture
from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_teme, orbital_axes, ray_to_ellipsoid
from swath.sources.eop import packaged_eop
from swath.spacecraft.link_format import SECONDARY
from swath.spacecraft.satellite import Satellite

Floats = npt.NDArray[np.float64]
Angles = Callable[[Floats], Floats]
Pattern = Callable[[Floats, Floats, int], Floats]

START = np.datetime64("2026-05-08T09:41:22", "ns")
BANDS = ("blue", "green", "red", "nir")
GM_M3_S2 = 3.986004418e14
SATELLITE = cast(Satellite, SimpleNamespace(radio=SimpleNamespace(spacecraft_id=77, apid=100)))
COUNTS_PER_REFLECTANCE = 3000.0
OFFSET = 40


def smooth_pattern(east_m: Floats, north_m: Floats, band: int) -> Floats:
    """Reflectance x cos(zenith) of a pattern without sharp edges: waves of 90 to 400 m, each band another mixture."""
    waves = [(110.0, 90.0), (-160.0, 240.0), (400.0, 130.0), (95.0, -300.0)]
    value = 0.35 + 0.02 * band
    for k, (along_m, across_m) in enumerate(waves):
        value = value + 0.05 * np.sin(2 * np.pi * (east_m / along_m + north_m / across_m) + k + 0.3 * band)
    return cast(Floats, value)


def orbit(
    at: npt.NDArray[np.datetime64],
    *,
    eop: EarthOrientation,
    latitude_deg: float,
    lon_deg: float,
    start: np.datetime64 = START,
) -> tuple[Floats, Floats]:
    """ITRF states of a circular sun-synchronous-like orbit at 520 km, near a place (descending) at ``start``."""
    radius_m, inclination = 6378137.0 + 520e3, np.radians(97.5)
    rate = np.sqrt(GM_M3_S2 / radius_m**3)
    begin = np.pi - np.arcsin(np.clip(np.sin(np.radians(latitude_deg)) / np.sin(inclination), -1, 1))
    u = begin + rate * (at - start).astype(np.int64) * 1e-9

    def inertial(node: float, u: Floats) -> tuple[Floats, Floats]:
        p = np.array([np.cos(node), np.sin(node), 0.0])
        q = np.array([-np.sin(node) * np.cos(inclination), np.cos(node) * np.cos(inclination), np.sin(inclination)])
        c, s = np.cos(u)[:, None], np.sin(u)[:, None]
        return radius_m * (c * p + s * q), radius_m * rate * (c * q - s * p)

    there, _ = itrf_from_teme(*inertial(0.0, np.array([begin])), at=np.array([start]), eop=eop)
    node = np.radians(lon_deg - geodetic_from_itrf(there)[0][0])
    return itrf_from_teme(*inertial(float(node), u), at=at, eop=eop)


@dataclass(frozen=True)
class Flight:
    """One pass over a pattern. Angles are functions of the line."""

    lines: int = 400
    columns: int = 400
    line_step: int = 32
    lat_deg: float = 44.95
    lon_deg: float = 11.9
    roll_deg: Angles = lambda line: 8.0 + 0.0 * line
    pitch_deg: Angles = lambda line: 3.0 + 0.0 * line
    yaw_deg: Angles = lambda line: 0.2 + 0.0 * line
    pattern: Pattern = smooth_pattern
    bands: int = 4
    ifov_rad: float = 1e-5
    line_period_s: float = 0.72e-3
    start: np.datetime64 = START

    def at(self, line: Floats) -> npt.NDArray[np.datetime64]:
        middle = (self.lines - 1) / 2
        return self.start + np.round((line - middle) * self.line_period_s * 1e9).astype("timedelta64[ns]")

    def ground(self, line: Floats, column: Floats, eop: EarthOrientation) -> tuple[Floats, Floats]:
        """Longitude and latitude that pixels look at: forward model by the words of link_format. ``line`` is 1-D."""
        r, v = orbit(self.at(line), eop=eop, latitude_deg=self.lat_deg, lon_deg=self.lon_deg, start=self.start)
        roll, pitch, yaw = (np.radians(f(line)) for f in (self.roll_deg, self.pitch_deg, self.yaw_deg))
        sight = np.stack([np.sin(pitch), np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)], -1)
        row = np.stack([0 * roll, np.cos(roll), -np.sin(roll)], -1)
        row = row * np.cos(yaw)[:, None] - np.cross(row, sight) * np.sin(yaw)[:, None]
        frame = orbital_axes(r, v)
        angle = (column - (self.columns - 1) / 2) * self.ifov_rad
        ray = sight[:, None, :] + angle[None, :, None] * row[:, None, :]
        points = ray_to_ellipsoid(r[:, None, :], np.einsum("lij,lci->lcj", frame, ray))
        lon, lat, _ = geodetic_from_itrf(points)
        return lon, lat

    def map_points(self, line: Floats, column: Floats, eop: EarthOrientation, epsg: int) -> tuple[Floats, Floats]:
        east, north = pyproj.Proj(f"EPSG:{epsg}")(*self.ground(line, column, eop))
        return np.asarray(east), np.asarray(north)

    def states(self, eop: EarthOrientation) -> LineStates:
        line = np.append(np.arange(0, self.lines - 1, self.line_step), self.lines - 1)
        at = self.at(line.astype(float))
        r, v = orbit(at, eop=eop, latitude_deg=self.lat_deg, lon_deg=self.lon_deg, start=self.start)
        angles = (f(line.astype(float)) for f in (self.roll_deg, self.pitch_deg, self.yaw_deg))
        return LineStates(line, at.astype(np.int64), r, v, *angles)

    def picture(self, eop: EarthOrientation, epsg: int = 32632) -> Picture:
        pixels = np.empty((self.bands, self.lines, self.columns), np.uint16)
        column = np.arange(self.columns, dtype=float)
        for first in range(0, self.lines, 256):
            line = np.arange(first, min(first + 256, self.lines), dtype=float)
            east, north = self.map_points(line, column, eop, epsg)
            for band in range(self.bands):
                counts = OFFSET + COUNTS_PER_REFLECTANCE * self.pattern(east, north, band)
                pixels[band, first : first + len(line)] = np.clip(np.round(counts), 1, 4095)
        states = self.states(eop)
        header = picture_header(
            acquisition="a-1", request="r-1", satellite="SW-1", bands=BANDS[: self.bands], lines=self.lines,
            columns=self.columns, line_step=self.line_step, records=len(states), ifov_rad=self.ifov_rad,
            reflectance_per_count=1 / COUNTS_PER_REFLECTANCE, offset_count=OFFSET, gsd_m=5.3,
        )  # fmt: skip
        return Picture(pixels, states, header)


def bring_down(
    picture: Picture, number: int = 1, *, without: Callable[[int, int], bool] | None = None
) -> ReceivedPicture:
    """As the file that comes down, with zeros in place of the packets (kind, chunk) that are to be without."""
    packets = encode_picture(picture, SATELLITE, number)
    holed = (bytes(len(p)) if without is not None and without(*packet_name(p)[1:]) else p for p in packets)
    return picture_in(b"".join(holed), spacecraft=SATELLITE.radio.spacecraft_id)


def packet_name(packet: bytes) -> tuple[int, int, int]:
    """Picture number, kind and chunk."""
    _, _, number, kind, chunk = SECONDARY.unpack_from(packet, 6)
    return number, kind, chunk


@pytest.fixture(scope="session")
def eop() -> EarthOrientation:
    return packaged_eop()


@pytest.fixture(scope="session")
def flight() -> Any:
    """The names above, for tests: Flight, bring_down, smooth_pattern, START, SATELLITE ..."""
    return SimpleNamespace(**{k: v for k, v in globals().items() if not k.startswith("_")})


@pytest.fixture(scope="session")
def received(eop: EarthOrientation) -> ReceivedPicture:
    """A point picture of 400 x 400 pixels, whole."""
    return bring_down(Flight().picture(eop))
