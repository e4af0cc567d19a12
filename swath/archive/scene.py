"""From a received picture to a scene: on the map, calibrated, with its angles and its measured accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.camera import Camera, ground_points, line_times, sight_axes
from swath.archive.footprint import geojson_outline, seen_outline
from swath.archive.geolocation import CE90_PER_SIGMA, Geolocation, measure_geolocation
from swath.archive.ortho import Ortho, orthorectify, picture_outline
from swath.archive.picture import ReceivedPicture, require_header
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_from_itrf, geodetic_up
from swath.model import SIMULATED, Estimate, Grid, Scene
from swath.orbit.sun import sun_angles_deg

__all__ = ["build_scene", "file_stem"]

Floats = npt.NDArray[np.float64]


def file_stem(id: str, *, simulated: bool) -> str:
    """How files of a scene or product are named: simulated ones say so."""
    return f"{id}_{SIMULATED}" if simulated else id


def build_scene(
    picture: ReceivedPicture,
    *,
    station: str,
    received: np.datetime64,
    eop: EarthOrientation,
    knowledge_sigma_deg: float,
    grid: Grid | None = None,
    altitude_m: float = 0.0,
    heights_m: npt.NDArray[np.floating[Any]] | None = None,
    control: npt.NDArray[np.uint16] | None = None,
    control_band: str = "red",
    p_clear: float | None = None,
) -> Scene:
    """Make a scene of what has arrived, holes and all.

    ``knowledge_sigma_deg`` is the attitude's error the spacecraft is specified for, one sigma an axis. ``heights_m``
    is the relief on ``grid``, as in :func:`ortho.orthorectify`. ``control`` is a reference picture ``(row, column)`` of
    ``control_band`` on ``grid``, 0 no data; with it the accuracy is measured, else it is the one to expect and says so.
    What is measured is reported, never corrected. ``properties`` hold ``geometry`` and ``bbox`` (GeoJSON of what was
    seen), ``seen_fraction`` of the grid, angles of view, and the shift found. Raises :class:`DataError` where the
    picture cannot be placed, see :func:`ortho.orthorectify`.
    """
    header = require_header(picture)
    ortho = orthorectify(picture, grid, eop=eop, altitude_m=altitude_m, heights_m=heights_m)
    view = _view(ortho.camera, eop)
    times = line_times(ortho.camera, np.array([0.0, header.lines - 1.0]))
    found = _located(ortho, control, control_band, _expected_ce90_m(view, knowledge_sigma_deg))
    return Scene(
        id=header.acquisition,
        request=header.request,
        acquisition=header.acquisition,
        satellite=header.satellite,
        station=station,
        start=times[0],
        stop=times[1],
        received=received,
        grid=ortho.grid,
        bands=ortho.bands,
        pixels=ortho.pixels,
        gsd_m=view["gsd_m"],
        off_nadir_deg=view["off_nadir_deg"],
        sun_elevation_deg=view["sun_elevation_deg"],
        sun_azimuth_deg=view["sun_azimuth_deg"],
        ce90_m=found.ce90_m,
        missing_fraction=picture.missing_fraction,
        simulated=header.simulated,
        properties={**_properties(picture, ortho, view, found), "p_clear": p_clear},
    )


def _properties(
    picture: ReceivedPicture, ortho: Ortho, view: Mapping[str, float], found: Geolocation
) -> dict[str, Any]:
    geometry, bbox = geojson_outline(*seen_outline(ortho.grid, *picture_outline(ortho.camera)))
    return {
        "geometry": geometry,
        "bbox": bbox,
        "seen_fraction": float(np.count_nonzero(ortho.pixels.all(0)) / ortho.pixels[0].size),
        "incidence_deg": view["incidence_deg"],
        "view_azimuth_deg": view["azimuth_deg"],
        "shift_east_m": found.shift_east_m,
        "shift_north_m": found.shift_north_m,
        "control_tiles": found.tiles_used,
        "spacecraft_id": picture.spacecraft,
        "picture_number": picture.number,
    }


def _expected_ce90_m(view: Mapping[str, float], knowledge_sigma_deg: float) -> float:
    """The attitude's error on the ground: stretched on one of two axes by the slant."""
    sigma_m = np.radians(knowledge_sigma_deg) * view["range_m"] / np.sqrt(np.cos(np.radians(view["incidence_deg"])))
    return float(CE90_PER_SIGMA * sigma_m)


def _located(ortho: Ortho, control: npt.NDArray[np.uint16] | None, band: str, expected_ce90_m: float) -> Geolocation:
    if control is None:
        because = "not measured: no control picture; the value is what the attitude's knowledge lets expect"
        return Geolocation(Estimate(expected_ce90_m, "m", because=because), None, None, 0, 0, np.empty((0, 2)))
    if band not in ortho.bands:
        raise DataError(f"the picture has no band {band}", fix=f"Give control in one of {', '.join(ortho.bands)}")
    pixels = ortho.pixels[ortho.bands.index(band)]
    return measure_geolocation(pixels, control, ortho.grid, expected_ce90_m=expected_ce90_m)


def _view(camera: Camera, eop: EarthOrientation) -> dict[str, float]:
    """Place, distance and angles of the middle of the picture, and where the Sun stands there."""
    line, column = (camera.lines - 1) / 2.0, (camera.columns - 1) / 2.0
    points = ground_points(camera, np.array([line, line + 1.0, line]), np.array([column, column, column + 1.0]))
    if not np.isfinite(points).all():
        raise DataError("the middle of the picture looks past the Earth", fix="Check the attitude records")
    r_itrf_m, _, _ = sight_axes(camera, line)
    (lon, below_lon), (lat, below_lat), _ = geodetic_from_itrf(np.stack([points[0], r_itrf_m]))
    away = points[0] - r_itrf_m
    range_m = float(np.linalg.norm(away))
    east, north, up = _local(below_lon, below_lat)
    cos_off_nadir = -np.dot(away, up) / range_m
    cos_incidence = -np.dot(away, geodetic_up(lon_deg=lon, lat_deg=lat)) / range_m
    sun_deg = sun_angles_deg(float(lon), float(lat), line_times(camera, np.array([line]))[0], eop)
    along_m, across_m = np.linalg.norm(points[1:] - points[0], axis=1)
    return {
        "lon_deg": float(lon),
        "lat_deg": float(lat),
        "range_m": range_m,
        "sun_elevation_deg": float(sun_deg[0]),
        "sun_azimuth_deg": float(sun_deg[1]),
        "gsd_m": float(np.sqrt(along_m * across_m)),
        "off_nadir_deg": float(np.degrees(np.arccos(np.clip(cos_off_nadir, -1.0, 1.0)))),
        "incidence_deg": float(np.degrees(np.arccos(np.clip(cos_incidence, -1.0, 1.0)))),
        "azimuth_deg": float(np.degrees(np.arctan2(np.dot(away, east), np.dot(away, north))) % 360.0),
    }


def _local(lon_deg: float, lat_deg: float) -> tuple[Floats, Floats, Floats]:
    up, north = geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg), geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg + 90.0)
    return np.cross(north, up), north, up
