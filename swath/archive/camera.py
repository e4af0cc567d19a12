"""Where did each pixel look, and which pixel saw a place? The exact geometry of a received picture.

Only what came down is used: line records and the header's IFOV, by the angles that ``spacecraft.link_format`` defines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from swath.archive.ortho_kernels import find_lines
from swath.archive.picture import LineRecords, ReceivedPicture, require_header
from swath.errors import DataError
from swath.frames import cross, orbital_axes, ray_to_ellipsoid
from swath.spacecraft.agility import boresight

__all__ = ["Camera", "camera_of", "ground_points", "image_points", "line_times", "orbit_at", "sight_axes"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Camera:
    """The geometry of one picture over ground at one height."""

    records: LineRecords
    lines: int
    columns: int
    ifov_rad: float
    altitude_m: float
    """of the ground above the WGS84 ellipsoid"""
    ahead_rad: float = 0.0
    """tangent by which the row of detectors looks ahead of the boresight"""
    lead_px: float = 0.0
    """lines by which the row is read earlier than the records say"""

    @cached_property
    def table(self) -> Floats:
        """A row per line: position, normal of the detectors' plane, line of sight, detector axis, ITRF."""
        r_itrf_m, sight, axis = _axes(self.records, np.arange(self.lines, dtype=np.float64) - self.lead_px)
        # The plane in which the row sees; depth is still measured along the boresight, as columns are.
        normal = cross(axis, sight + self.ahead_rad * cross(axis, sight))
        return np.concatenate([r_itrf_m, normal, sight, axis], -1)


def camera_of(picture: ReceivedPicture, *, altitude_m: float = 0.0, band: int | None = None) -> Camera:
    """The camera of a received picture: of one ``band``'s row of detectors, or of the boresight, which all stand round.

    Raises :class:`DataError` where fewer than two line records have arrived, their times do not rise, or the picture
    is a single line or column: nothing then says where it lies.
    """
    header, records = require_header(picture), picture.records
    where = f"picture {header.acquisition}"
    if len(records) < 2:
        raise DataError("fewer than two line records have arrived", where=where, fix="Ask for the line records again")
    if (np.diff(records.utc_ns) <= 0).any():
        raise DataError("the line records' times do not rise", where=where, fix="Check the clock on board")
    if min(header.lines, header.columns) < 2:
        raise DataError("a picture of one line or column cannot be placed", where=where, fix="Take a larger one")
    ahead_rad = 0.0 if band is None else header.band_row_px[band] * header.ifov_rad
    lead_px = 0.0 if band is None else header.band_lead_lines[band]
    return Camera(records, header.lines, header.columns, header.ifov_rad, altitude_m, ahead_rad, lead_px)


def line_times(camera: Camera, line: npt.ArrayLike) -> Times:
    """UTC of the middle of lines (fractions allowed), interpolated between the records."""
    at_s = _seconds(camera.records, np.asarray(line, np.float64) - camera.lead_px)
    return np.asarray(np.round(at_s * 1e9).astype(np.int64) + camera.records.utc_ns[0], "datetime64[ns]")


def sight_axes(camera: Camera, line: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Position, line of sight of the row's middle and detector axis at lines ``(...)``: ITRF ``(..., 3)`` each."""
    r_itrf_m, sight, axis = _axes(camera.records, np.asarray(line, np.float64) - camera.lead_px)
    return r_itrf_m, sight + camera.ahead_rad * cross(axis, sight), axis


def ground_points(camera: Camera, line: npt.ArrayLike, column: npt.ArrayLike) -> Floats:
    """Where on the ground does a pixel look? ITRF ``(..., 3)``; NaN where it sees none. Fractions of pixels allowed."""
    at, across = np.broadcast_arrays(np.asarray(line, np.float64), np.asarray(column, np.float64))
    r_itrf_m, sight, axis = sight_axes(camera, at)
    angle = (across - (camera.columns - 1) / 2.0) * camera.ifov_rad
    return ray_to_ellipsoid(r_itrf_m, sight + angle[..., None] * axis, altitude_m=camera.altitude_m)


def image_points(camera: Camera, points_itrf_m: Floats) -> tuple[Floats, Floats]:
    """Which line and column see ground points ``(..., 3)``? Outside the picture extrapolated, NaN behind the camera.

    The inverse of :func:`ground_points` to 1e-4 pixel (tests/archive/test_camera.py).
    """
    points = np.ascontiguousarray(points_itrf_m, np.float64)
    line, column = np.empty(points.shape[:-1]), np.empty(points.shape[:-1])
    middle = (camera.columns - 1) / 2.0
    find_lines(points.reshape(-1, 3), camera.table, 1.0 / camera.ifov_rad, middle, line.reshape(-1), column.reshape(-1))
    return line, column


def _seconds(records: LineRecords, line: Floats) -> Floats:
    """Seconds since the first record at lines; beyond the records at their mean rate."""
    at_s = (records.utc_ns - records.utc_ns[0]) * 1e-9
    rate = at_s[-1] / (records.line[-1] - records.line[0])
    inside = np.interp(line, records.line, at_s)
    return np.asarray(inside + (line - np.clip(line, records.line[0], records.line[-1])) * rate, np.float64)


def _axes(records: LineRecords, line: Floats) -> tuple[Floats, Floats, Floats]:
    r_itrf_m, v_itrf_m_s = orbit_at(records, line)
    roll, pitch, yaw = (
        np.interp(line, records.line, angle) for angle in (records.roll_deg, records.pitch_deg, records.yaw_deg)
    )
    sight = boresight(roll, pitch)
    right = np.stack([np.zeros_like(roll), np.cos(np.radians(roll)), -np.sin(np.radians(roll))], -1)
    turn = np.radians(yaw)[..., None]
    axis = right * np.cos(turn) - cross(right, sight) * np.sin(turn)
    frame = orbital_axes(r_itrf_m, v_itrf_m_s)
    return r_itrf_m, np.einsum("...ij,...i->...j", frame, sight), np.einsum("...ij,...i->...j", frame, axis)


def orbit_at(records: LineRecords, line: Floats) -> tuple[Floats, Floats]:
    """Where was the satellite at lines ``(...)``? Position (cubic Hermite) and velocity (linear), ``(..., 3)``.

    Beyond the records with their mean acceleration.
    """
    known_s, at_s = _seconds(records, records.line.astype(np.float64)), _seconds(records, line)
    k = np.clip(np.searchsorted(known_s, at_s, side="right") - 1, 0, len(known_s) - 2)
    step_s = (known_s[k + 1] - known_s[k])[..., None]
    inside_s = np.clip(at_s, known_s[0], known_s[-1])
    beyond_s = (at_s - inside_s)[..., None]
    u = (inside_s - known_s[k])[..., None] / step_s
    r, v = records.r_itrf_m, records.v_itrf_m_s
    position = (
        (1.0 + 2.0 * u) * (1.0 - u) ** 2 * r[k]
        + u * (1.0 - u) ** 2 * step_s * v[k]
        + u**2 * (3.0 - 2.0 * u) * r[k + 1]
        + u**2 * (u - 1.0) * step_s * v[k + 1]
    )
    velocity = v[k] + (v[k + 1] - v[k]) * u
    acceleration = (v[-1] - v[0]) / (known_s[-1] - known_s[0])
    return (
        position + velocity * beyond_s + acceleration * beyond_s**2 / 2.0,
        velocity + acceleration * beyond_s,
    )
