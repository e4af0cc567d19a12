"""For the tests of flight: a satellite, an orbit written down from scratch, and the way from ground to pixel again,
by rotation matrices and PROJ instead of the formulas under test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj

from swath.fly.motion import Exposure
from swath.model import Elements, Place
from swath.spacecraft import Agility, Memory, Optics, Power, Radio, Satellite

START = np.datetime64("2026-05-08T10:00:00", "ns")
_ECEF = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)

ELEMENTS = Elements("none", 1, START, 15.0, 0.0, 97.5, 0.0, 0.0, 0.0, 0.0)


def satellite(id: str = "S-1", *, signal_to_noise: float = 1e9, power: Power | None = None) -> Satellite:
    return Satellite(
        id=id,
        elements=ELEMENTS,
        optics=Optics(1.0, 8e-6, 6000, ("blue", "green", "red", "nir"), 12, 0.9, signal_to_noise),
        agility=Agility(2.0, 0.4, 4.0, 40.0, 0.004, 0.0003),
        power=power or Power(160.0, 120.0, 80.0, 150.0, 55.0, 25.0, 60.0, 45.0),
        memory=Memory(32e9),
        radio=Radio(40e6, 1, 1),
    )


@dataclass(frozen=True)
class Circle:
    """A circular orbit over a turning Earth: inclination, and where it is at START."""

    height_m: float = 620e3
    inclination_deg: float = 97.8
    node_deg: float = 20.0
    phase_deg: float = 45.0

    def states(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after_s = (np.asarray(at, "datetime64[ns]") - START) / np.timedelta64(1, "ns") * 1e-9
        a, spin = 6378137.0 + self.height_m, 7.292115e-5
        n = np.sqrt(3.986004418e14 / a**3)
        u, i = np.radians(self.phase_deg) + n * after_s, np.radians(self.inclination_deg)
        node = np.radians(self.node_deg) - spin * after_s
        c, s = np.cos(node), np.sin(node)
        x, y, z = a * np.cos(u), a * np.sin(u) * np.cos(i), a * np.sin(u) * np.sin(i)
        dx, dy, dz = -a * n * np.sin(u), a * n * np.cos(u) * np.cos(i), a * n * np.cos(u) * np.sin(i)
        r = np.stack([c * x - s * y, s * x + c * y, z], -1)
        v = np.stack([c * dx - s * dy, s * dx + c * dy, dz], -1)
        return r, v + spin * np.stack([r[..., 1], -r[..., 0], 0 * z], -1)


def exposure(
    *, lines: int, columns: int, roll_deg: float = 0.0, pitch_deg: float = 0.0, yaw_deg: float = 0.0
) -> Exposure:
    return Exposure("a-1", "r-1", START, lines, columns, 7e-4, roll_deg, pitch_deg, yaw_deg, 40.0)


def _about(axis: np.ndarray, angle_rad: float) -> np.ndarray:
    x, y, z = axis / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle_rad) * k + (1 - np.cos(angle_rad)) * (k @ k))


def camera_axes(r_m: np.ndarray, v_m_s: np.ndarray, attitude_deg: tuple[float, float, float]) -> np.ndarray:
    """Rows: line of sight, detector row, third axis; by three turns one after another."""
    lon, lat, _ = _ECEF.transform(*r_m, direction="INVERSE")
    lon, lat = np.radians(lon), np.radians(lat)
    down = -np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    right = np.cross(down, v_m_s)
    right /= np.linalg.norm(right)
    forward = np.cross(right, down)
    roll, pitch, yaw = np.radians(attitude_deg)
    # To look right is to turn "down" towards "right": against the screw about forward (forward x right = down).
    turn = _about(forward, -roll)
    down, right = turn @ down, turn @ right
    turn = _about(right, pitch)
    down = turn @ down
    turn = _about(down, yaw)
    right = turn @ right
    return np.stack([down, right, np.cross(down, right)])


def pixel_of(exposure: Exposure, orbit: Circle, ifov_rad: float, ground_m: np.ndarray) -> tuple[float, float]:
    """Line and column in which a ground point is seen, by halving the time."""

    def sight(line: float) -> np.ndarray:
        at = START + np.timedelta64(round((line + 0.5) * exposure.line_period_s * 1e9), "ns")
        r, v = orbit.states(np.array(at))
        return camera_axes(r, v, (exposure.roll_deg, exposure.pitch_deg, exposure.yaw_deg)) @ (ground_m - r)

    low, high = -2000.0, exposure.lines + 2000.0
    sign = np.sign(sight(low)[2])
    assert sign != np.sign(sight(high)[2])
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sign(sight(middle)[2]) == sign else (low, middle)
    along, across, _ = sight(low)
    return low, across / along / ifov_rad + (exposure.columns - 1) / 2


def ecef_m(lon_deg: float, lat_deg: float, altitude_m: float = 0.0) -> np.ndarray:
    return np.array(_ECEF.transform(lon_deg, lat_deg, altitude_m))


def place_in_view(exposure: Exposure, orbit: Circle, altitude_m: float = 0.0) -> Place:
    """The place that the middle of the picture shows: by walking down the line of sight."""
    middle_s = exposure.lines / 2 * exposure.line_period_s
    r, v = orbit.states(np.array(START + np.timedelta64(round(middle_s * 1e9), "ns")))
    axis = camera_axes(r, v, (exposure.roll_deg, exposure.pitch_deg, exposure.yaw_deg))[0]
    near, far = 0.0, 2000e3
    for _ in range(60):
        middle = (near + far) / 2
        height = _ECEF.transform(*(r + middle * axis), direction="INVERSE")[2]
        near, far = (middle, far) if height > altitude_m else (near, middle)
    lon, lat, _ = _ECEF.transform(*(r + near * axis), direction="INVERSE")
    return Place.point("p", lon_deg=lon, lat_deg=lat, altitude_m=altitude_m)
