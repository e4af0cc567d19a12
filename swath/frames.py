"""TEME, GCRF, ITRF, geodetic and local frames: the only rotations in the program.

Vectors are ``(..., 3)`` in metres; a name says frame and unit. Rotations follow Vallado et al., AIAA 2006-6753
(TEME by GMST of 1982 and polar motion) and IAU SOFA through pyerfa (GCRF by IAU 2006/2000A).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import erfa
import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.time import hourly, julian_date, modified_julian_day, terrestrial_julian_date

__all__ = [
    "EARTH_ROTATION_RAD_S",
    "EarthOrientation",
    "FRAMES",
    "WGS84_A_M",
    "WGS84_B_M",
    "cross",
    "geodetic_from_itrf",
    "geodetic_up",
    "itrf_from_gcrf",
    "itrf_from_gcrf_matrices",
    "itrf_from_geodetic",
    "itrf_from_teme",
    "itrf_from_teme_matrices",
    "itrf_states",
    "orbital_axes",
    "ray_to_ellipsoid",
    "ray_to_height",
    "rotate",
    "states_from_itrf",
]

Floats = npt.NDArray[np.float64]

WGS84_A_M = 6378137.0
WGS84_F = 1.0 / 298.257223563
WGS84_B_M = WGS84_A_M * (1.0 - WGS84_F)
FRAMES = ("ITRF", "TEME", "GCRF", "EME2000")
"""in which states are published: Earth-fixed; SGP4's own; among the stars; mean equator and equinox of J2000"""
EARTH_ROTATION_RAD_S = 7.292115146706979e-5
_ARCSEC_RAD = np.pi / 648000.0


@dataclass(frozen=True)
class EarthOrientation:
    """How the Earth turns under the stars: daily UT1-UTC and polar motion, interpolated linearly.

    ``mjd`` (UTC days), ``ut1_minus_utc_s``, ``pole_x_arcsec``, ``pole_y_arcsec`` are equal-length arrays. Within
    published data the linear interpolation is good to 0.1 ms and 1 mas (5 cm and 3 cm on the ground).
    """

    mjd: Floats
    ut1_minus_utc_s: Floats
    pole_x_arcsec: Floats
    pole_y_arcsec: Floats
    source: str = field(default="")

    @classmethod
    def zero(cls) -> EarthOrientation:
        """No correction at all, as some published rules demand; wrong by up to 0.9 s of Earth rotation."""
        days, nought = np.array([-1e9, 1e9]), np.zeros(2)
        return cls(days, nought, nought, nought, "all values zero")

    def at(self, at: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
        """UT1-UTC (s) and the pole's x, y (rad) at UTC times. Raises :class:`DataError` outside the table."""
        day = modified_julian_day(at)
        if day.size and (day.min() < self.mjd[0] or day.max() > self.mjd[-1]):
            raise DataError(
                f"Earth orientation is known for MJD {self.mjd[0]:.0f} to {self.mjd[-1]:.0f}, "
                f"asked for {day.min():.1f} to {day.max():.1f}",
                where=self.source,
                fix="Update the astropy-iers-data package or ask for another time",
            )
        # UT1-UTC jumps by a second at a leap second: interpolate UT1-TAI-like continuity by unwrapping.
        steps = np.round(np.diff(self.ut1_minus_utc_s, prepend=self.ut1_minus_utc_s[0]))
        leaps = np.cumsum(steps)
        smooth = np.interp(day, self.mjd, self.ut1_minus_utc_s - leaps)
        jumped = leaps[np.clip(np.searchsorted(self.mjd, day, side="right") - 1, 0, len(leaps) - 1)]
        return (
            smooth + jumped,
            np.interp(day, self.mjd, self.pole_x_arcsec) * _ARCSEC_RAD,
            np.interp(day, self.mjd, self.pole_y_arcsec) * _ARCSEC_RAD,
        )


def rotate(matrix: Floats, vector: Floats) -> Floats:
    """``matrix @ vector`` for stacks: ``(..., 3, 3)`` with ``(..., 3)``."""
    return np.asarray(np.einsum("...ij,...j->...i", matrix, vector), np.float64)


def _about_z(angle_rad: Floats) -> Floats:
    c, s, o, i = np.cos(angle_rad), np.sin(angle_rad), np.zeros_like(angle_rad), np.ones_like(angle_rad)
    return np.stack([np.stack([c, s, o], -1), np.stack([-s, c, o], -1), np.stack([o, o, i], -1)], -2)


def _polar_motion(x_rad: Floats, y_rad: Floats) -> Floats:
    """Terrestrial from pseudo-Earth-fixed axes; the second-order terms are below 1e-11."""
    o, i = np.zeros_like(x_rad), np.ones_like(x_rad)
    return np.stack([np.stack([i, o, x_rad], -1), np.stack([o, i, -y_rad], -1), np.stack([-x_rad, y_rad, i], -1)], -2)


def itrf_from_teme(
    r_teme_m: Floats, v_teme_m_s: Floats, *, at: npt.ArrayLike, eop: EarthOrientation
) -> tuple[Floats, Floats]:
    """Where is a satellite over the turning Earth, given SGP4's position and velocity?

    ``(..., 3)`` TEME metres and m/s at UTC times ``(...)`` give ITRF metres and Earth-fixed m/s (the Earth's turning
    taken off). Vallado et al. 2006, appendix C; agrees with skyfield to 0.05 m (tests/authorities).
    """
    return itrf_states("TEME", r_teme_m, v_teme_m_s, at=at, eop=eop)


def itrf_from_teme_matrices(at: npt.ArrayLike, eop: EarthOrientation) -> Floats:
    """The rotations that :func:`itrf_from_teme` turns positions by, ``(..., 3, 3)``: for many satellites at once."""
    spin, wobble = _spin_and_polar_motion("TEME", at, eop)
    return wobble @ spin


def _turning(r_pef_m: Floats) -> Floats:
    x, y = r_pef_m[..., 0], r_pef_m[..., 1]
    return np.stack([-EARTH_ROTATION_RAD_S * y, EARTH_ROTATION_RAD_S * x, np.zeros_like(x)], -1)


def itrf_from_gcrf(r_gcrf_m: Floats, *, at: npt.ArrayLike, eop: EarthOrientation) -> Floats:
    """A direction or position among the stars, seen from the turning Earth (IAU 2006/2000A).

    Precession and nutation are worked out hourly and linear between, which is good to 1e-9 rad; the turning is exact.
    """
    ut1_utc_s, x_rad, y_rad = eop.at(at)
    jd, fraction = julian_date(at)
    intermediate = rotate(hourly(lambda t: erfa.c2i06a(*terrestrial_julian_date(t)), at), r_gcrf_m)
    spin = _about_z(np.asarray(erfa.era00(jd, fraction + ut1_utc_s / 86400.0), np.float64))
    return rotate(_polar_motion(x_rad, y_rad), rotate(spin, intermediate))


def itrf_states(
    frame: str, r_m: Floats, v_m_s: Floats, *, at: npt.ArrayLike, eop: EarthOrientation
) -> tuple[Floats, Floats]:
    """Where is a satellite over the turning Earth, given its state in one of :data:`FRAMES`?

    ``(..., 3)`` metres and m/s at UTC times ``(...)`` give ITRF metres and Earth-fixed m/s. All realisations of the
    ITRF count as one: they differ by centimetres. GCRF and ICRF axes are the same. Against astropy within 0.03 m and
    2e-4 m/s in a low orbit (tests/authorities/test_frames.py). Raises :class:`InputError` for another frame.
    """
    if frame == "ITRF":
        return r_m, v_m_s
    spin, wobble = _spin_and_polar_motion(frame, at, eop)
    r_pef = rotate(spin, r_m)
    return rotate(wobble, r_pef), rotate(wobble, rotate(spin, v_m_s) - _turning(r_pef))


def itrf_from_gcrf_matrices(at: npt.ArrayLike, eop: EarthOrientation) -> Floats:
    """The rotations from GCRF to ITRF at UTC times ``(...)``, as matrices ``(..., 3, 3)``."""
    spin, wobble = _spin_and_polar_motion("GCRF", at, eop)
    return wobble @ spin


def states_from_itrf(
    frame: str, r_itrf_m: Floats, v_itrf_m_s: Floats, *, at: npt.ArrayLike, eop: EarthOrientation
) -> tuple[Floats, Floats]:
    """The inverse of :func:`itrf_states`: a state over the turning Earth as seen in one of :data:`FRAMES`."""
    if frame == "ITRF":
        return r_itrf_m, v_itrf_m_s
    spin, wobble = (np.swapaxes(m, -1, -2) for m in _spin_and_polar_motion(frame, at, eop))
    r_pef = rotate(wobble, r_itrf_m)
    return rotate(spin, r_pef), rotate(spin, rotate(wobble, v_itrf_m_s) + _turning(r_pef))


def _spin_and_polar_motion(frame: str, at: npt.ArrayLike, eop: EarthOrientation) -> tuple[Floats, Floats]:
    if frame not in FRAMES:
        raise InputError(f"no rotation is known for the frame {frame!r}", fix=f"Use {', '.join(FRAMES)}")
    ut1_utc_s, x_rad, y_rad = eop.at(at)
    jd, fraction = julian_date(at)
    if frame == "TEME":
        spin = _about_z(np.asarray(erfa.gmst82(jd, fraction + ut1_utc_s / 86400.0), np.float64))
        return spin, _polar_motion(x_rad, y_rad)
    turned = _about_z(np.asarray(erfa.era00(jd, fraction + ut1_utc_s / 86400.0), np.float64))
    spin = turned @ hourly(lambda t: erfa.c2i06a(*terrestrial_julian_date(t)), at)
    if frame == "EME2000":
        spin = spin @ np.asarray(erfa.bp06(2451545.0, 0.0)[0], np.float64).T  # the frame bias, 23 mas
    return spin, _polar_motion(x_rad, y_rad)


def itrf_from_geodetic(*, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, altitude_m: npt.ArrayLike = 0.0) -> Floats:
    """WGS84 longitude, latitude and height above the ellipsoid as ITRF metres ``(..., 3)``."""
    lon, lat, height = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in (lon_deg, lat_deg, altitude_m)))
    return np.asarray(erfa.gd2gc(1, np.radians(lon), np.radians(lat), height), np.float64)


def geodetic_from_itrf(r_itrf_m: Floats) -> tuple[Floats, Floats, Floats]:
    """Longitude (deg, -180 to 180), latitude (deg) and height above WGS84 (m) of ITRF points.

    Good to 2 um of position up to 800 km and 1 mm at 40,000 km (tests/frames/test_frames.py).
    """
    lon, lat, height = erfa.gc2gd(1, np.asarray(r_itrf_m, np.float64))
    return np.degrees(lon), np.degrees(lat), np.asarray(height, np.float64)


def geodetic_up(*, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> Floats:
    """Unit normal of the ellipsoid, ITRF ``(..., 3)``."""
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat) + 0 * lon], -1)


def cross(a: Floats, b: Floats) -> Floats:
    """Cross product of vectors ``(..., 3)``, which broadcast; to the bit what numpy's gives, several times as fast.

    For some hundred vectors numpy's spends most of its time on turning axes round (tests/frames/test_frames.py).
    """
    (ax, ay, az), (bx, by, bz) = (tuple(v[..., axis] for axis in range(3)) for v in (a, b))
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], -1)


def orbital_axes(r_itrf_m: Floats, v_itrf_m_s: Floats) -> Floats:
    """Which ways are forward, right and down for a satellite? Rows of a ``(..., 3, 3)`` matrix in ITRF.

    Down is the geodetic nadir (along the ellipsoid's normal), forward the Earth-fixed velocity made perpendicular to
    it (so a nadir-pointing line scanner is yaw-steered), right completes them. ``axes @ vector_itrf`` gives
    components (forward, right, down).
    """
    lon_deg, lat_deg, _ = geodetic_from_itrf(r_itrf_m)
    down = -geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
    along = v_itrf_m_s - np.sum(v_itrf_m_s * down, -1, keepdims=True) * down
    forward = along / np.linalg.norm(along, axis=-1, keepdims=True)
    return np.stack([forward, cross(down, forward), down], -2)


def ray_to_ellipsoid(origin_itrf_m: Floats, direction_itrf: Floats, *, altitude_m: float = 0.0) -> Floats:
    """Where does a line of sight meet the Earth? First point on the ellipsoid raised by ``altitude_m``.

    ``(..., 3)`` in and out; rays that miss give NaN points, which callers must treat as "sees no ground". Exact for
    ``altitude_m = 0``; the raised surface is the ellipsoid with both axes lengthened (error under 1 % of the height).
    """
    scale = 1.0 / np.array([WGS84_A_M + altitude_m, WGS84_A_M + altitude_m, WGS84_B_M + altitude_m])
    p, d = origin_itrf_m * scale, direction_itrf * scale
    a, b, c = np.sum(d * d, -1), np.sum(p * d, -1), np.sum(p * p, -1) - 1.0
    inside = b * b - a * c
    with np.errstate(invalid="ignore"):
        distance = (-b - np.sqrt(np.where(inside >= 0, inside, np.nan))) / a
    distance = np.where(distance > 0, distance, np.nan)
    return origin_itrf_m + distance[..., None] * direction_itrf


def ray_to_height(origin_itrf_m: Floats, direction_itrf: Floats, *, altitude_m: npt.ArrayLike) -> Floats:
    """Where does a line of sight come down to a height above the ellipsoid, to a millimetre?

    ``(..., 3)`` in and out, heights ``(...)`` below the origin; rays that miss the ellipsoid give NaN points, as in
    :func:`ray_to_ellipsoid`. Newton's steps along the ray (tests/frames/test_frames.py).
    """
    point = ray_to_ellipsoid(origin_itrf_m, direction_itrf)
    seen = np.asarray(np.isfinite(point).all(-1))
    for _ in range(4):
        lon_deg, lat_deg, height = geodetic_from_itrf(np.where(seen[..., None], point, WGS84_A_M))
        climbing = np.sum(direction_itrf * geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg), -1)
        step = (np.asarray(altitude_m, np.float64) - height) / np.where(seen, climbing, 1.0)
        point = point + step[..., None] * direction_itrf
    return point
