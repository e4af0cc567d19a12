"""What can be asked of a satellite and a place at a moment? Every quantity that a condition may set limits to.

A constraint on looking is added here: one function ``(situation, which, t_s) -> values`` and its row in
:data:`QUANTITIES`. ``which`` numbers the places, ``t_s`` counts seconds from the motion's start, both ``(n,)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swath.access.look import look_angles, nadir_direction, sin_elevation
from swath.access.many import Ground
from swath.errors import InputError
from swath.frames import EarthOrientation, geodetic_from_itrf
from swath.orbit.eclipse import penumbra_signal, umbra_signal
from swath.orbit.moon import moon_lit_share, moon_position_itrf
from swath.orbit.sun import sun_direction_itrf
from swath.time import elapsed_s, later

__all__ = ["Camera", "Motion", "QUANTITIES", "Quantity", "Situation"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


class Motion(Protocol):
    """A satellite's way over the turning Earth, for any second of a span (``orbit.ephemeris.TabulatedEphemeris``)."""

    @property
    def start(self) -> np.datetime64:
        """UTC of second nought."""

    @property
    def duration_s(self) -> float:
        """SI seconds to the end of the span."""

    def positions_after(self, after_s: Floats) -> Floats:
        """ITRF positions (m), ``(..., 3)``."""

    def states_after(self, after_s: Floats) -> tuple[Floats, Floats]:
        """ITRF positions (m) and Earth-fixed velocities (m/s)."""


class Camera(Protocol):
    """Anything that knows the size of its pixels on the ground (``spacecraft.optics.Optics``)."""

    def gsd_m(self, range_m: npt.ArrayLike, incidence_deg: npt.ArrayLike) -> Floats:
        """Ground sample distance at a slant range and an angle of incidence."""


@dataclass(frozen=True, eq=False)
class Situation:
    """One satellite, many places, and whatever else a condition may ask about."""

    motion: Motion
    ground: Ground
    eop: EarthOrientation
    epoch: np.datetime64 | None = None
    """of the satellite's elements"""
    camera: Camera | None = None
    others: Mapping[str, Motion] = field(default_factory=dict)
    """other satellites by name, over the same span"""

    def sun(self, t_s: Floats) -> Floats:
        """Unit vectors to the Sun, ITRF."""
        return sun_direction_itrf(later(self.motion.start, t_s), self.eop)

    def sight(self, which: Ints, t_s: Floats) -> Floats:
        """From the place to the satellite (m), ITRF."""
        return self.motion.positions_after(t_s) - self.ground.at_itrf_m[which]

    def other(self, name: str) -> Motion:
        """Another satellite by its name."""
        if name not in self.others:
            known = ", ".join(list(self.others)[:5]) or "none"
            raise InputError(f"no other satellite {name!r} to compare with", fix=f"Known here: {known}")
        return self.others[name]


@dataclass(frozen=True)
class Quantity:
    """A number that changes in time and that limits can be set to."""

    unit: str
    doc: str
    of: Callable[[Situation, Ints, Floats, str], Floats]
    """the fourth argument names the other satellite, where there is one"""
    step_s: float = 30.0
    """samples so far apart miss no more than one extremum between them"""
    turn: int = 0
    """for values on a circle: what is added by going round once"""
    named: bool = False
    """does it take the name of another satellite?"""


def _angle_deg(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, -1))), np.float64)


def _elevation(s: Situation, which: Ints, t_s: Floats, _: str = "") -> Floats:
    sine = sin_elevation(s.motion.positions_after(t_s), s.ground.at_itrf_m[which], s.ground.up[which])
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), np.float64)


def _azimuth(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    east, north = s.ground.level(which)
    sight = s.sight(which, t_s)
    return np.asarray(np.degrees(np.arctan2(np.sum(sight * east, -1), np.sum(sight * north, -1))) % 360.0, np.float64)


def _off_nadir(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    r = s.motion.positions_after(t_s)
    return _angle_deg(s.ground.at_itrf_m[which] - r, nadir_direction(r))


def _off_nadir_geocentric(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    r = s.motion.positions_after(t_s)
    return _angle_deg(s.ground.at_itrf_m[which] - r, -r)


def _roll(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return look_angles(*s.motion.states_after(t_s), s.ground.at_itrf_m[which]).roll_deg


def _pitch(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return look_angles(*s.motion.states_after(t_s), s.ground.at_itrf_m[which]).pitch_deg


def _on_ground(s: Situation, which: Ints, t_s: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The place in the axes (forward, right, up) of the track on a sphere through the place, and its radius."""
    r, v = s.motion.states_after(t_s)
    at = s.ground.at_itrf_m[which]
    right = np.cross(v, r)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    up = r / np.linalg.norm(r, axis=-1, keepdims=True)
    axes = np.stack([np.cross(right, up) * -1.0, right, up], -2)
    forward, across, above = np.moveaxis(np.einsum("...ij,...j->...i", axes, at), -1, 0)
    return forward, across, above, np.linalg.norm(at, axis=-1)


def _across(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    across, radius = _on_ground(s, which, t_s)[1::2]
    return np.asarray(radius * np.arcsin(np.clip(across / radius, -1.0, 1.0)), np.float64)


def _along(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    forward, above, radius = (_on_ground(s, which, t_s)[axis] for axis in (0, 2, 3))
    return np.asarray(radius * np.arctan2(forward, above), np.float64)


def _incidence(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return np.asarray(90.0 - _elevation(s, which, t_s), np.float64)


def _range(s: Situation, which: Ints, t_s: Floats, _: str = "") -> Floats:
    return np.asarray(np.linalg.norm(s.sight(which, t_s), axis=-1), np.float64)


def _gsd(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    if s.camera is None:
        raise InputError("a limit to the pixel size needs the camera", fix="Name the instrument, or leave out gsd_m")
    elevation_deg = np.maximum(_elevation(s, which, t_s), 1e-3)  # behind the horizon there is no pixel
    return np.asarray(s.camera.gsd_m(_range(s, which, t_s), 90.0 - elevation_deg), np.float64)


def _sun_elevation(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return np.asarray(
        np.degrees(np.arcsin(np.clip(np.sum(s.sun(t_s) * s.ground.up[which], -1), -1.0, 1.0))), np.float64
    )


def _solar_time(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    sun, up = s.sun(t_s), s.ground.up[which]
    hour_angle = np.arctan2(up[..., 1], up[..., 0]) - np.arctan2(sun[..., 1], sun[..., 0])
    return np.asarray((12.0 + np.degrees(hour_angle) / 15.0) % 24.0, np.float64)


def _mean_time(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    at, up = later(s.motion.start, t_s), s.ground.up[which]
    of_day_h = (at - at.astype("datetime64[D]")) / np.timedelta64(1, "h")
    return np.asarray((of_day_h + np.degrees(np.arctan2(up[..., 1], up[..., 0])) / 15.0) % 24.0, np.float64)


def _glint(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    sun, up = s.sun(t_s), s.ground.up[which]
    mirrored = 2.0 * np.sum(sun * up, -1, keepdims=True) * up - sun
    return _angle_deg(mirrored, s.sight(which, t_s))


def _umbra(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return -np.degrees(umbra_signal(s.motion.positions_after(t_s), s.sun(t_s)))


def _penumbra(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return -np.degrees(penumbra_signal(s.motion.positions_after(t_s), s.sun(t_s)))


def _moon_itrf_m(s: Situation, t_s: Floats) -> Floats:
    return moon_position_itrf(later(s.motion.start, t_s), s.eop)


def _moon_elevation(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    towards = _moon_itrf_m(s, t_s) - s.ground.at_itrf_m[which]
    sine = np.sum(towards * s.ground.up[which], -1) / np.linalg.norm(towards, axis=-1)
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), np.float64)


def _moon_lit(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return moon_lit_share(later(s.motion.start, t_s), s.eop)


def _moon_separation(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return _angle_deg(_moon_itrf_m(s, t_s) - s.ground.at_itrf_m[which], s.sight(which, t_s))


def _sun_separation(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return _angle_deg(s.sun(t_s), s.sight(which, t_s))


def _separation(s: Situation, which: Ints, t_s: Floats, name: str) -> Floats:
    other = s.other(name).positions_after(t_s) - s.ground.at_itrf_m[which]
    return _angle_deg(other, s.sight(which, t_s))


def _distance(s: Situation, which: Ints, t_s: Floats, name: str) -> Floats:
    apart = s.other(name).positions_after(t_s) - s.motion.positions_after(t_s)
    return np.asarray(np.linalg.norm(apart, axis=-1), np.float64)


def _age(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    if s.epoch is None:
        raise InputError("the age of elements is asked for, but the orbit has no epoch", fix="Leave out age_days")
    return np.asarray(np.abs(elapsed_s(s.epoch, s.motion.start) + t_s) / 86400.0, np.float64)


def _northward(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return np.asarray(s.motion.states_after(t_s)[1][..., 2], np.float64)


def _altitude(s: Situation, which: Ints, t_s: Floats, _: str) -> Floats:
    return geodetic_from_itrf(s.motion.positions_after(t_s))[2]


_SLOW_S = 600.0
"""the Sun, the Moon and the clock"""
_FAST_S = 10.0
"""directions to which two things move"""

QUANTITIES: Mapping[str, Quantity] = {
    "elevation_deg": Quantity("deg", "of the satellite above the place's horizon", _elevation),
    "azimuth_deg": Quantity("deg", "from the place to the satellite, from north through east", _azimuth, turn=360),
    "off_nadir_deg": Quantity("deg", "at the satellite, from the normal of the ellipsoid to the place", _off_nadir),
    "off_nadir_geocentric_deg": Quantity("deg", "the same from the Earth's centre", _off_nadir_geocentric),
    "roll_deg": Quantity("deg", "turn to see the place, right is positive", _roll),
    "pitch_deg": Quantity("deg", "turn to see the place, forward is positive", _pitch),
    "across_m": Quantity("m", "distance of the place from the ground track, right is positive", _across),
    "along_m": Quantity("m", "distance of the place ahead of the satellite along the track", _along),
    "incidence_deg": Quantity("deg", "between the line of sight and the place's vertical", _incidence),
    "range_m": Quantity("m", "straight from the satellite to the place", _range),
    "gsd_m": Quantity("m", "size of the camera's pixels at the place", _gsd),
    "sun_elevation_deg": Quantity("deg", "of the Sun at the place, no refraction", _sun_elevation, _SLOW_S),
    "local_solar_time_h": Quantity(
        "h", "at the place, by the true Sun: 12 when it is highest", _solar_time, _SLOW_S, 24
    ),
    "local_mean_time_h": Quantity("h", "at the place, by the mean Sun: UTC + longitude / 15", _mean_time, _SLOW_S, 24),
    "glint_deg": Quantity("deg", "between the satellite and the Sun's mirror image in calm water", _glint, _FAST_S),
    "umbra_deg": Quantity("deg", "of the satellite outside the Earth's full shadow, negative inside", _umbra),
    "penumbra_deg": Quantity("deg", "of the satellite outside the Earth's half shadow, negative inside", _penumbra),
    "moon_elevation_deg": Quantity("deg", "of the Moon at the place", _moon_elevation, _SLOW_S),
    "moon_lit_fraction": Quantity("-", "of the Moon's disc that is lit: 0 new, 1 full", _moon_lit, _SLOW_S),
    "moon_separation_deg": Quantity(
        "deg", "between the satellite and the Moon, from the place", _moon_separation, _FAST_S
    ),
    "sun_separation_deg": Quantity(
        "deg", "between the satellite and the Sun, from the place", _sun_separation, _FAST_S
    ),
    "separation_deg": Quantity("deg", "to another satellite, as seen from the place", _separation, _FAST_S, named=True),
    "distance_m": Quantity("m", "from this satellite to another one", _distance, _FAST_S, named=True),
    "age_days": Quantity("days", "from the epoch of the elements, before or after", _age, _SLOW_S),
    "northward_m_s": Quantity("m/s", "along the Earth's axis: positive when ascending", _northward),
    "altitude_m": Quantity("m", "of the satellite above the ellipsoid", _altitude),
}
"""by name; a name ends with its unit"""
