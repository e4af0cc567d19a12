"""How large is a pixel on the ground, what does a photo cover, and how far may photos be apart?

    ground sampling distance = height x pixel pitch / focal length          (a camera that looks straight down)
    spacing = footprint x (1 - overlap)

With 13.2 mm over 5472 pixels and f = 8.8 mm at 100 m: 2.741 cm, 150.0 x 100.0 m, lines 45.0 m apart at 70 %
(QGroundControl's camera calculation gives the same; tests/survey/test_camera.py).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from swath.errors import InputError

__all__ = ["Camera", "Drone", "catalogue", "drone_of", "find_drone"]

_CAMERA = ("sensor_width_mm", "sensor_height_mm", "focal_mm", "image_width_px", "image_height_px", "least_interval_s")
_DRONE = ("top_speed_m_s", "climb_m_s", "descent_m_s", "endurance_s", "wind_limit_m_s")


@dataclass(frozen=True)
class Camera:
    """A frame camera that looks straight down, the long side of its picture across the line of flight."""

    sensor_width_m: float
    sensor_height_m: float
    focal_m: float
    image_width_px: int
    image_height_px: int
    least_interval_s: float
    """between two photos"""

    @property
    def tan_across(self) -> float:
        """Tangent of half the angle of view across the line; likewise :attr:`tan_along`."""
        return self.sensor_width_m / (2.0 * self.focal_m)

    @property
    def tan_along(self) -> float:
        """Along the line."""
        return self.sensor_height_m / (2.0 * self.focal_m)

    def gsd_m(self, height_m: float) -> float:
        """Size of a pixel on level ground ``height_m`` below."""
        return height_m * self.sensor_width_m / (self.image_width_px * self.focal_m)

    def height_m(self, gsd_m: float) -> float:
        """Height above level ground for pixels of that size."""
        return gsd_m * self.image_width_px * self.focal_m / self.sensor_width_m

    def footprint_m(self, height_m: float) -> tuple[float, float]:
        """Across and along the line, on level ground."""
        return 2.0 * height_m * self.tan_across, 2.0 * height_m * self.tan_along


@dataclass(frozen=True)
class Drone:
    """A multicopter and its camera."""

    name: str
    camera: Camera
    top_speed_m_s: float
    """through the air"""
    climb_m_s: float
    descent_m_s: float
    endurance_s: float
    """in the air with a full battery, no wind, nothing left"""
    wind_limit_m_s: float
    wpml: tuple[int, int, int, int] | None = None
    """numbers of aircraft and payload in DJI's waypoint files, where it can read them"""


def catalogue() -> tuple[str, ...]:
    """Names that :func:`find_drone` knows."""
    return tuple(sorted(p.name.removesuffix(".toml") for p in files(__package__).joinpath("catalog").iterdir()))


def find_drone(name: str) -> Drone:
    """A drone of the catalogue by its name: ``mavic3e``. :class:`InputError` with the known ones otherwise."""
    if name not in catalogue():
        raise InputError(
            f"no drone is called {name!r}",
            where="--camera",
            fix=f"Give one of {', '.join(catalogue())}, or a TOML file like theirs",
        )
    return drone_of(tomllib.loads(files(__package__).joinpath("catalog", f"{name}.toml").read_text("utf-8")), name)


def drone_of(table: Mapping[str, Any], where: str) -> Drone:
    """The drone that a TOML file describes; :class:`InputError` names what is missing or no positive number."""
    camera = _numbers(table, "camera", _CAMERA, where)
    drone = _numbers(table, "drone", _DRONE, where)
    name = table.get("name", where)
    wpml = table["drone"].get("wpml")
    if not isinstance(name, str) or not (wpml is None or (isinstance(wpml, list) and len(wpml) == 4)):
        raise InputError("name is a text and wpml four numbers", where=where, fix="See docs/how-to/drone-survey.md")
    return Drone(
        name=name,
        camera=Camera(
            sensor_width_m=camera["sensor_width_mm"] / 1e3,
            sensor_height_m=camera["sensor_height_mm"] / 1e3,
            focal_m=camera["focal_mm"] / 1e3,
            image_width_px=int(camera["image_width_px"]),
            image_height_px=int(camera["image_height_px"]),
            least_interval_s=camera["least_interval_s"],
        ),
        **drone,
        wpml=None if wpml is None else tuple(int(n) for n in wpml),  # type: ignore[arg-type]
    )


def _numbers(table: Mapping[str, Any], section: str, keys: tuple[str, ...], where: str) -> dict[str, float]:
    part = table.get(section)
    if not isinstance(part, Mapping):
        raise InputError(f"there is no [{section}]", where=where, fix="See docs/how-to/drone-survey.md")
    found = {}
    for key in keys:
        value = part.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
            raise InputError(
                f"{section}.{key} is {'missing' if value is None else repr(value)}",
                where=where,
                fix="Give a positive number from the manufacturer's data sheet",
            )
        found[key] = float(value)
    return found
