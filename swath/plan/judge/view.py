"""The judge's eye: where does a line of sight meet the ground, and what passes through the field of view?

Rays go from the satellite to the ellipsoid, the other way round from the planner's ``look_angles``, at finer times and
on the exact ephemeris. Of ``swath.plan`` it knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic, orbital_axes, ray_to_ellipsoid
from swath.model import Place, Request
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_direction_itrf
from swath.spacecraft.sar import Radar
from swath.spacecraft.satellite import Satellite

__all__ = ["ANGLE_DEG", "convergences_deg", "faults_of_view"]

Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]

ANGLE_DEG = 0.02
"""angles may be off by this much"""
_MISS_M = 50.0
_SHARE = 0.02
_RADAR_BITS = 12
_RELIEF_M = 400.0
"""distances that a radar may listen to beyond the place's own: relief moves echoes"""


def faults_of_view(
    row: Row, satellite: Satellite, request: Request, ephemeris: Ephemeris, eop: EarthOrientation
) -> Iterator[tuple[str, str]]:
    """Which rules of looking does a row of ``Acquisitions`` break, and how?

    The boresight is shot at the ground at the middle and must hit the place; its neighbours give the pixel size.
    """
    place = request.place
    at = np.append(row["start"] + np.linspace(0.0, 1.0, 17) * (row["stop"] - row["start"]), row["middle"])
    r_m, v_m_s = ephemeris.states(at)
    axes, (sight, across, ahead) = orbital_axes(r_m, v_m_s), _camera(row)
    apart_rad = 1e-5 if satellite.optics is None else satellite.optics.ifov_rad
    rays = (sight + apart_rad * np.array([np.zeros(3), across, ahead])) @ axes[-1]
    hit_m = ray_to_ellipsoid(r_m[-1], rays, altitude_m=place.altitude_m)
    centre_m = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    miss_m = float(np.linalg.norm(hit_m[0] - centre_m))
    if not miss_m <= _MISS_M:
        yield "pointing", f"the line of sight passes {miss_m:.0f} m from {place.id}"
        return
    off_deg = float(np.degrees(np.arccos(np.clip(sight[2], -1.0, 1.0))))
    limit_deg = min(request.max_off_nadir_deg, satellite.agility.max_off_nadir_deg)
    if abs(off_deg - row["off_nadir_deg"]) > ANGLE_DEG or off_deg > limit_deg + ANGLE_DEG:
        yield "off_nadir", f"{off_deg:.2f} deg, stated {row['off_nadir_deg']:.2f}, allowed {limit_deg:g}"
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    sun_deg = float(np.degrees(np.arcsin(sun_direction_itrf(at[-1], eop) @ up)))
    least_deg = request.min_sun_elevation_deg
    dark = satellite.radar is None and sun_deg < least_deg - ANGLE_DEG
    if abs(sun_deg - row["sun_elevation_deg"]) > ANGLE_DEG or dark:
        yield "sun", f"{sun_deg:.2f} deg high, stated {row['sun_elevation_deg']:.2f}, asked {least_deg:g}"
    gsd_m = float(np.sqrt(np.linalg.norm(np.cross(hit_m[1] - hit_m[0], hit_m[2] - hit_m[0]))))
    if satellite.radar is not None:
        way = r_m[-1] - centre_m
        incidence = float(np.arccos(np.clip(way @ up / np.linalg.norm(way), -1.0, 1.0)))
        gsd_m = satellite.radar.range_spacing_m / max(float(np.sin(incidence)), 1e-3)
        yield from _slant(np.degrees(incidence), satellite.radar)
    if abs(gsd_m - row["gsd_m"]) > _SHARE * gsd_m or gsd_m > request.max_gsd_m * (1.0 + _SHARE):
        yield "gsd", f"{gsd_m:.2f} m, stated {row['gsd_m']:.2f} m, allowed {request.max_gsd_m:g} m"
    if request.side != "any" and (sight[1] > 1e-3) != (request.side == "right") and abs(sight[1]) > 1e-3:
        yield "side", f"looks {'right' if sight[1] > 0 else 'left'}, asked is {request.side}"
    if satellite.radar is None:
        yield from _coverage(row, satellite, request, r_m[:-1], axes[:-1])
    else:
        yield from _heard(row, satellite, satellite.radar, request, (r_m[:-1], v_m_s[:-1]))


def _camera(row: Row) -> Floats:
    """Line of sight, row of detectors and the direction of flight across both, in (forward, right, down)."""
    roll, pitch = np.radians(row["roll_deg"]), np.radians(row["pitch_deg"])
    sight = np.array([np.sin(pitch), np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)])
    across = np.array([0.0, np.cos(roll), -np.sin(roll)])
    return np.array([sight, across, np.cross(across, sight)])


def _corners_m(request: Request) -> Floats:
    """Corners of what is to be pictured."""
    place = request.place
    if not place.ring:
        side = request.extent_m
        place = Place.box("", lon_deg=place.lon_deg, lat_deg=place.lat_deg, width_m=side, height_m=side)
    lon_deg, lat_deg = np.array(place.ring).T
    return itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=request.place.altitude_m)


def _slant(incidence_deg: float, radar: Radar) -> Iterator[tuple[str, str]]:
    """A radar sees neither what is too steep under it nor what is too flat."""
    low_deg, high_deg = radar.min_incidence_deg, radar.max_incidence_deg
    if not low_deg - ANGLE_DEG <= incidence_deg <= high_deg + ANGLE_DEG:
        yield "off_nadir", f"incidence {incidence_deg:.2f} deg, the radar sees {low_deg:g} to {high_deg:g}"


def _heard(
    row: Row, satellite: Satellite, radar: Radar, request: Request, states: tuple[Floats, Floats]
) -> Iterator[tuple[str, str]]:
    """Is each corner abeam between the first line and the last, and do their distances fit into the swath?"""
    (r_m, v_m_s), corners_m = states, _corners_m(request)
    way = corners_m - r_m[:, None]
    ahead = np.sum(way * v_m_s[:, None], -1)
    if not ((ahead[0] > 0.0) & (ahead[-1] < 0.0)).all():
        yield "coverage", "imaging starts too late or stops too early for the whole place"
        return
    away_m = np.linalg.norm(way, axis=-1).min(0)
    at = 8
    up = corners_m[0] / np.linalg.norm(corners_m[0])
    incidence = float(np.arccos(np.clip(-way[at, 0] @ up / np.linalg.norm(way[at, 0]), -1.0, 1.0)))
    wide_m = float(np.ptp(away_m)) / np.sin(incidence)
    if wide_m > radar.swath_width_m * (1.0 + _SHARE):
        yield "coverage", f"the place takes {wide_m / 1e3:.1f} km across, the radar has {radar.swath_width_m / 1e3:.1f}"
    track_m = np.linalg.norm(r_m[-1] - r_m[0]) * np.linalg.norm(corners_m[0]) / np.linalg.norm(r_m[at])
    bit = _RADAR_BITS * satellite.radio.overhead * track_m / radar.line_spacing_m / radar.range_spacing_m
    least_bit, most_bit = bit * np.ptp(away_m), bit * (np.ptp(away_m) + _RELIEF_M)
    if not (1.0 - _SHARE) * least_bit <= row["data_bit"] <= (1.0 + _SHARE) * most_bit:
        yield "data", f"{row['data_bit']:.0f} bit, the place takes {least_bit:.0f} to {most_bit:.0f}"


def _coverage(row: Row, satellite: Satellite, request: Request, r_m: Floats, axes: Floats) -> Iterator[tuple[str, str]]:
    """Follows each corner of the place from the first line to the last: where does it cross the row of detectors?"""
    optics, corners_m = satellite.camera, _corners_m(request)
    seen = np.einsum("ci,tij,tkj->tkc", _camera(row), axes, corners_m - r_m[:, None])
    ahead, column = seen[..., 2] / seen[..., 0], seen[..., 1] / seen[..., 0] / optics.ifov_rad
    if not ((ahead[0] > 0.0) & (ahead[-1] < 0.0)).all():
        yield "coverage", "imaging starts too late or stops too early for the whole place"
        return
    last = (ahead > 0.0).sum(0) - 1
    corner = np.arange(len(last))
    share = ahead[last, corner] / (ahead[last, corner] - ahead[last + 1, corner])
    line = last + share
    columns = 2.0 * np.abs(column[last, corner] * (1.0 - share) + column[last + 1, corner] * share).max()
    if columns > optics.detectors:
        yield "coverage", f"the place takes {columns:.0f} columns, the camera has {optics.detectors}"
    track_m = ray_to_ellipsoid(r_m, np.einsum("i,tij->tj", _camera(row)[0], axes))
    lines = np.linalg.norm(track_m[-1] - track_m[0]) / np.linalg.norm(track_m[8] - r_m[8]) / optics.ifov_rad
    bit = len(optics.bands) * optics.bits_per_sample * satellite.radio.overhead
    least_bit, most_bit = bit * lines * np.ptp(line) / 16.0 * columns, bit * lines * optics.detectors
    if not (1.0 - _SHARE) * least_bit <= row["data_bit"] <= (1.0 + _SHARE) * most_bit:
        yield "data", f"{row['data_bit']:.0f} bit, the place takes {least_bit:.0f} to {most_bit:.0f}"


def convergences_deg(rows: Sequence[Row], place: Place, ephemeris: Ephemeris) -> Floats:
    """Angles at a place between neighbouring looks, in order of time."""
    up_m = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    way = ephemeris.states(np.sort(np.array([row["middle"] for row in rows])))[0] - up_m
    cross = np.linalg.norm(np.cross(way[1:], way[:-1]), axis=-1)
    return np.asarray(np.degrees(np.arctan2(cross, np.sum(way[1:] * way[:-1], -1))), np.float64)
