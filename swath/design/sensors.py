"""From how far can a camera look, given its pixel and the pixel that is wanted?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.look import Nadir
from swath.design.altitudes import MEAN_RADIUS_M
from swath.errors import Infeasible, InputError

__all__ = ["Sensor", "off_nadir_of_gsd_deg", "pixel_m", "reach_m"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sensor:
    """Under which limits does a look count?"""

    max_off_nadir_deg: float
    """from the nadir, to either side"""
    min_sun_elevation_deg: float | None = None
    """at the place, at the closest approach; ``None`` for a sensor that needs no light"""
    min_elevation_deg: float = 0.0
    """of the satellite at the place"""
    field_deg: float = 0.0
    """of the camera, across: more than 0 asks for the whole image within the limit, with the place in its middle"""
    nadir: Nadir = "geodetic"
    """down along the ellipsoid's normal, or to the Earth's centre"""

    def __post_init__(self) -> None:
        if not 0.0 < self.max_off_nadir_deg <= 90.0:
            raise InputError(
                f"an off-nadir angle of {self.max_off_nadir_deg:g} deg", where="sensor", fix="Give 0 to 90 degrees"
            )
        if not -90.0 <= (self.min_sun_elevation_deg or 0.0) <= 90.0 or not -90.0 <= self.min_elevation_deg < 90.0:
            raise InputError("an elevation that no place sees", where="sensor", fix="Give -90 to 90 degrees")
        if not 0.0 <= self.field_deg < 2.0 * self.max_off_nadir_deg:
            what = f"a field of {self.field_deg:g} deg within {self.max_off_nadir_deg:g} deg of the nadir"
            fix = f"Its whole width must fit: less than {2.0 * self.max_off_nadir_deg:g} deg"
            raise InputError(what, where="sensor", fix=fix)

    @property
    def middle_off_nadir_deg(self) -> float:
        """How far from the nadir may the middle of the image lie? Data sheets mean the whole image by "or less"."""
        return self.max_off_nadir_deg - self.field_deg / 2.0


def _geometry(altitude_m: float, off_nadir_deg: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Range over altitude, and the cosine of the incidence; NaN beyond the horizon."""
    eta = np.radians(np.asarray(off_nadir_deg, np.float64))
    sine = np.sin(eta) * (MEAN_RADIUS_M + altitude_m) / MEAN_RADIUS_M
    incidence = np.arcsin(np.where(sine <= 1.0, sine, np.nan))
    reach = incidence - eta
    range_m = np.sqrt(
        MEAN_RADIUS_M**2
        + (MEAN_RADIUS_M + altitude_m) ** 2
        - 2.0 * MEAN_RADIUS_M * (MEAN_RADIUS_M + altitude_m) * np.cos(reach)
    )
    return np.asarray(range_m / altitude_m, np.float64), np.asarray(np.cos(incidence), np.float64)


def pixel_m(nadir_gsd_m: float, altitude_m: float, off_nadir_deg: npt.ArrayLike) -> Floats:
    """How large is a pixel away from the nadir? The geometric mean of along and across, as vendors give it.

    WorldView-1: 0.50 m becomes 0.555 at 20 deg (published 0.55), WorldView-2: 0.46 becomes 0.514 (published 0.52;
    tests/authorities/test_design_revisit.py). A sphere; ``altitude_m`` is above the ground. Infinite beyond the
    horizon.
    """
    longer, cosine = _geometry(altitude_m, off_nadir_deg)
    return np.asarray(np.nan_to_num(nadir_gsd_m * longer / np.sqrt(cosine), nan=np.inf), np.float64)


def off_nadir_of_gsd_deg(nadir_gsd_m: float, altitude_m: float, max_gsd_m: float) -> float:
    """How far from the nadir may it look before the pixel is too large? Degrees.

    WorldView-1, 1 m: 47.5 deg. Raises :class:`Infeasible` where the pixel below is too large already.
    """
    if not (nadir_gsd_m > 0.0 and max_gsd_m > 0.0):
        raise InputError(f"pixels of {nadir_gsd_m:g} and {max_gsd_m:g} m", where="pixel", fix="Give metres above zero")
    if max_gsd_m < nadir_gsd_m:
        raise Infeasible(
            f"its pixel is {nadir_gsd_m:g} m straight below, {max_gsd_m:g} m is wanted",
            fix=f"Fly at {altitude_m * max_gsd_m / nadir_gsd_m / 1e3:.0f} km, or accept {nadir_gsd_m:g} m",
        )
    low, high = 0.0, float(np.degrees(np.arcsin(MEAN_RADIUS_M / (MEAN_RADIUS_M + altitude_m))))
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if pixel_m(nadir_gsd_m, altitude_m, middle) <= max_gsd_m else (low, middle)
    return low


def reach_m(altitude_m: float, off_nadir_deg: float) -> float:
    """How wide is the strip of ground that can be looked at, from one side to the other? 500 km, 30 deg: 585 km."""
    sine = np.sin(np.radians(off_nadir_deg)) * (MEAN_RADIUS_M + altitude_m) / MEAN_RADIUS_M
    if sine >= 1.0:
        return float(2.0 * MEAN_RADIUS_M * np.arccos(MEAN_RADIUS_M / (MEAN_RADIUS_M + altitude_m)))
    return float(2.0 * MEAN_RADIUS_M * (np.arcsin(sine) - np.radians(off_nadir_deg)))
