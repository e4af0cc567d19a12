"""How many lines and columns does a picture of a place take, and how long? Plan, fly and archive all ask here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.frames import EARTH_ROTATION_RAD_S, itrf_from_geodetic, orbital_axes, ray_to_ellipsoid
from swath.model import Place
from swath.spacecraft.agility import boresight
from swath.spacecraft.sar import Radar
from swath.spacecraft.satellite import Satellite

__all__ = ["PictureShape", "abeam", "outline_itrf_m", "picture_bit", "picture_shape", "radar_ranges_m"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_GM_M3_S2 = 3.986004418e14
_STEP_S = 1.0
_RADAR_MARGIN_M = 150.0
"""round what a radar is asked for: relief moves echoes towards it"""
_RADAR_BITS = 12


@dataclass(frozen=True)
class PictureShape:
    """Size of pictures ``(...)``, each centred in time and across track on the middle of its place."""

    lines: Whole
    columns: Whole
    """detector columns that are read out, the middle ones; of a radar its samples. More than there are: too wide"""
    line_period_s: Floats

    @property
    def duration_s(self) -> Floats:
        """From the first line to the end of the last; imaging starts half of it before the middle."""
        return np.asarray(self.lines * self.line_period_s, np.float64)


def outline_itrf_m(place: Place, extent_m: float) -> Floats:
    """Corners ``(k, 3)`` of what is to be pictured: the place's ring, or a square of side ``extent_m`` at a point."""
    ring = place.ring
    if not ring:
        ring = Place.box("", lon_deg=place.lon_deg, lat_deg=place.lat_deg, width_m=extent_m, height_m=extent_m).ring
    lon_deg, lat_deg = np.array(ring).T
    return itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=place.altitude_m)


def picture_shape(
    satellite: Satellite,
    r_itrf_m: Floats,
    v_itrf_m_s: Floats,
    *,
    roll_deg: npt.ArrayLike,
    pitch_deg: npt.ArrayLike,
    outline_m: Floats,
) -> PictureShape:
    """How many lines and columns cover an outline, attitude held and the boresight on its centre at the middle?

    ``r_itrf_m``, ``v_itrf_m_s`` ``(..., 3)`` at the middle of imaging, ``outline_m`` ITRF corners ``(..., k, 3)``. Each
    corner is followed through the field of view from one second before to one after: where it crosses the row of
    detectors gives its line and column (skew of the rows when rolled and pitched included). Lines are as long on the
    ground as IFOV x range. On each side comes a margin of three sigma of pointing and two pixels. The motion is taken
    as even: good to 0.5 % of the picture up to 60 km of track (tests/spacecraft/test_picture.py). A radar's lines are
    as long as it takes until the last corner has been abeam, its samples hold the nearest and the farthest corner.
    """
    if satellite.radar is not None:
        return _radar_shape(satellite.radar, r_itrf_m, v_itrf_m_s, outline_m)
    optics = satellite.camera
    axis, row, normal = _camera(roll_deg, pitch_deg)
    along, across, ground = [], [], []
    for offset_s in (-_STEP_S, _STEP_S):
        r_m, v_m_s = _moved(r_itrf_m, v_itrf_m_s, offset_s)
        frame = orbital_axes(r_m, v_m_s)
        sight = np.einsum("...ij,...kj->...ki", frame, outline_m - r_m[..., None, :])
        depth = np.sum(sight * axis[..., None, :], -1)
        along.append(np.sum(sight * normal[..., None, :], -1) / depth)
        across.append(np.sum(sight * row[..., None, :], -1) / depth)
        ground.append(ray_to_ellipsoid(r_m, np.einsum("...ij,...i->...j", frame, axis)))
    rate = (along[1] - along[0]) / 2.0
    share = -along[0] / (along[1] - along[0])
    crossing_s = (2.0 * share - 1.0) * _STEP_S
    column_rad = across[0] + share * (across[1] - across[0])
    margin_rad = np.radians(3.0 * satellite.agility.pointing_sigma_deg) + 2.0 * optics.ifov_rad
    half_s = np.max(np.abs(crossing_s) + margin_rad / np.abs(rate) * _STEP_S, -1)
    half_rad = np.max(np.abs(column_rad), -1) + margin_rad
    speed_m_s = np.linalg.norm(ground[1] - ground[0], axis=-1) / (2.0 * _STEP_S)
    range_m = np.linalg.norm((ground[0] + ground[1]) / 2.0 - r_itrf_m, axis=-1)
    period_s = optics.ifov_rad * range_m / speed_m_s
    return PictureShape(
        lines=np.ceil(2.0 * half_s / period_s).astype(np.int64),
        columns=2 * np.ceil(half_rad / optics.ifov_rad).astype(np.int64),
        line_period_s=period_s,
    )


def picture_bit(satellite: Satellite, lines: npt.ArrayLike, columns: npt.ArrayLike) -> Floats:
    """Bits that pictures take in memory and on the link: samples of all bands, and what packets and frames add."""
    bit = _RADAR_BITS if satellite.optics is None else len(satellite.optics.bands) * satellite.optics.bits_per_sample
    return np.asarray(lines, np.float64) * np.asarray(columns, np.float64) * bit * satellite.radio.overhead


def abeam(r_itrf_m: Floats, v_itrf_m_s: Floats, points_m: Floats) -> tuple[Floats, Floats]:
    """When are ground points ``(..., k, 3)`` abeam, in seconds from the state ``(..., 3)``, and how far away (m)?

    The motion is taken as even over a second: a picture of 30 km has its ends right to a millisecond.
    """
    past = []
    for offset_s in (-_STEP_S, _STEP_S):
        r_m, v_m_s = _moved(r_itrf_m, v_itrf_m_s, offset_s)
        past.append(np.sum((points_m - r_m[..., None, :]) * v_m_s[..., None, :], -1))
    at_s = (2.0 * past[0] / (past[0] - past[1]) - 1.0) * _STEP_S
    r_m, _ = _moved(r_itrf_m[..., None, :], v_itrf_m_s[..., None, :], at_s[..., None])
    return at_s, np.asarray(np.linalg.norm(points_m - r_m, axis=-1))


def radar_ranges_m(r_itrf_m: Floats, v_itrf_m_s: Floats, outline_m: Floats) -> tuple[Floats, Floats]:
    """Between which distances must a radar listen to see a whole outline, relief included?"""
    away_m = abeam(r_itrf_m, v_itrf_m_s, outline_m)[1]
    return away_m.min(-1) - _RADAR_MARGIN_M, away_m.max(-1) + _RADAR_MARGIN_M


def _radar_shape(radar: Radar, r_itrf_m: Floats, v_itrf_m_s: Floats, outline_m: Floats) -> PictureShape:
    at_s = abeam(r_itrf_m, v_itrf_m_s, outline_m)[0]
    near_m, far_m = radar_ranges_m(r_itrf_m, v_itrf_m_s, outline_m)
    lower = np.linalg.norm(outline_m[..., 0, :], axis=-1) / np.linalg.norm(r_itrf_m, axis=-1)
    speed_m_s = np.linalg.norm(v_itrf_m_s, axis=-1) * lower
    period_s = radar.line_spacing_m / speed_m_s
    half_s = np.abs(at_s).max(-1) + _RADAR_MARGIN_M / speed_m_s
    return PictureShape(
        lines=np.ceil(2.0 * half_s / period_s).astype(np.int64),
        columns=np.ceil((far_m - near_m) / radar.range_spacing_m).astype(np.int64) + 1,
        line_period_s=np.asarray(period_s),
    )


def _camera(roll_deg: npt.ArrayLike, pitch_deg: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Line of sight, row of detectors and the direction across it, in (forward, right, down)."""
    axis = boresight(roll_deg, pitch_deg)
    roll = np.radians(np.asarray(roll_deg, np.float64))
    row = np.stack([np.zeros_like(roll), np.cos(roll), -np.sin(roll)], -1)
    return axis, row, np.cross(axis, row)


def _moved(r_itrf_m: Floats, v_itrf_m_s: Floats, offset_s: float | Floats) -> tuple[Floats, Floats]:
    """State a second away: gravity of a sphere and the turning frame; 2 cm off after one second."""
    spin = np.array([0.0, 0.0, EARTH_ROTATION_RAD_S])
    distance = np.linalg.norm(r_itrf_m, axis=-1, keepdims=True)
    pull = (
        -_GM_M3_S2 * r_itrf_m / distance**3
        - 2.0 * np.cross(spin, v_itrf_m_s)
        - np.cross(spin, np.cross(spin, r_itrf_m))
    )
    return r_itrf_m + v_itrf_m_s * offset_s + pull * offset_s**2 / 2.0, v_itrf_m_s + pull * offset_s
