"""From a received picture to a scene, with accuracy measured against control."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pyproj
import pytest

from swath.archive.grids import map_from_geodetic
from swath.archive.ortho import orthorectify
from swath.archive.picture import ReceivedPicture
from swath.archive.scene import build_scene
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_geodetic
from swath.model import Scene
from swath.orbit.sun import sun_angles_deg
from swath.spacecraft.link_format import KIND_PIXELS

RECEIVED = np.datetime64("2026-05-08T10:33:07", "ns")


def scene_of(picture: ReceivedPicture, eop: EarthOrientation, **options: Any) -> Scene:
    return build_scene(picture, station="SVAL", received=RECEIVED, eop=eop, **{"knowledge_sigma_deg": 0.001} | options)


def test_a_scene_knows_how_it_was_taken(flight: Any, eop: EarthOrientation, received: ReceivedPicture) -> None:
    scene = scene_of(received, eop)
    one = flight.Flight()
    assert (scene.id, scene.request, scene.satellite, scene.bands) == ("a-1", "r-1", "SW-1", flight.BANDS)
    ends = one.at(np.array([0.0, 399.0]))
    late_ns = np.array([scene.start, scene.stop]).astype(np.int64) - ends.astype(np.int64)
    assert np.abs(late_ns).max() <= 2
    lon, lat = (float(x[0, 0]) for x in one.ground(np.array([199.5]), np.array([199.5]), eop))
    elevation_deg, azimuth_deg = sun_angles_deg(lon, lat, flight.START, eop)
    assert scene.sun_elevation_deg == pytest.approx(float(elevation_deg), abs=1e-3)
    assert scene.sun_azimuth_deg == pytest.approx(float(azimuth_deg), abs=1e-3)
    r, _ = flight.orbit(np.array([flight.START]), eop=eop, latitude_deg=one.lat_deg, lon_deg=one.lon_deg)
    away = itrf_from_geodetic(lon_deg=lon, lat_deg=lat) - r[0]
    below_lon, below_lat, height = geodetic_from_itrf(r[0])
    below = itrf_from_geodetic(lon_deg=below_lon, lat_deg=below_lat)
    down = (below - r[0]) / height
    assert scene.off_nadir_deg == pytest.approx(np.degrees(np.arccos(away @ down / np.linalg.norm(away))), abs=1e-4)
    lons, lats = one.ground(np.array([199.0, 200.0]), np.array([199.0, 200.0]), eop)
    corner = itrf_from_geodetic(lon_deg=lons, lat_deg=lats)
    along_m, across_m = np.linalg.norm(corner[1, 0] - corner[0, 0]), np.linalg.norm(corner[0, 1] - corner[0, 0])
    assert scene.gsd_m == pytest.approx(np.sqrt(along_m * across_m), rel=1e-4)
    azimuth, _, _ = pyproj.Geod(ellps="WGS84").inv(below_lon, below_lat, lon, lat)
    assert scene.properties["view_azimuth_deg"] == pytest.approx(azimuth % 360.0, abs=0.05)
    assert 0.65 < scene.properties["seen_fraction"] < 0.8


def test_accuracy_is_measured_against_control_and_not_corrected(flight: Any, eop: EarthOrientation) -> None:
    """The records say 0.003 deg of roll too much: 27 m to one side. The map is 27 m off, and the scene says so."""
    true = flight.Flight(roll_deg=lambda line: 8.0 + 0 * line, pattern=field_pattern)
    lying = dataclasses.replace(true, roll_deg=lambda line: 8.003 + 0 * line)
    taken = true.picture(eop)
    received = flight.bring_down(dataclasses.replace(taken, states=lying.states(eop)))
    grid = orthorectify(received, eop=eop).grid
    control = orthorectify(flight.bring_down(taken), grid, eop=eop)
    scene = scene_of(received, eop, grid=grid, control=control.pixels[2])
    lon, lat = (
        np.concatenate([f.ground(np.array([199.5]), np.array([199.5]), eop)[k].ravel() for f in (true, lying)])
        for k in (0, 1)
    )
    east, north = map_from_geodetic(32632, lon_deg=lon, lat_deg=lat)
    truth_m = float(np.hypot(np.diff(east), np.diff(north))[0])
    assert truth_m == pytest.approx(27.0, abs=2.0)
    assert scene.properties["shift_east_m"] == pytest.approx(float(np.diff(east)[0]), abs=0.25)
    assert scene.properties["shift_north_m"] == pytest.approx(float(np.diff(north)[0]), abs=0.25)
    assert scene.ce90_m.low is not None and scene.ce90_m.value == pytest.approx(truth_m, abs=0.5)
    shift = scene.properties["shift_east_m"], scene.properties["shift_north_m"]
    corrected = orthorectify(received, grid, eop=eop, shift_m=shift)
    both = (corrected.pixels[2] > 0) & (control.pixels[2] > 0)
    apart = np.abs(corrected.pixels[2].astype(int) - control.pixels[2])[both]
    plain = np.abs(scene.pixels[2].astype(int) - control.pixels[2])[both]
    assert apart.mean() < 0.15 * plain.mean()


def field_pattern(east: Any, north: Any, band: int) -> Any:
    """Irregular fields: cells of a jittered lattice, each of its own brightness."""
    u, v = east / 70.0 + 0.3 * np.sin(north / 90.0), north / 85.0 + 0.3 * np.sin(east / 110.0)
    key = np.floor(u) * 12.9898 + np.floor(v) * 78.233 + band
    return 0.2 + 0.4 * (np.sin(key) * 43758.5453 % 1.0)


def test_without_control_the_expectation_is_stated_as_such(eop: EarthOrientation, received: ReceivedPicture) -> None:
    """0.001 deg over 530 km is 9.2 m an axis; a circle of 90 % is 2.146 times as wide."""
    ce90_m = scene_of(received, eop).ce90_m
    assert ce90_m.value == pytest.approx(2.146 * np.radians(0.001) * 530e3, rel=0.05)
    assert ce90_m.low is None and "not measured" in ce90_m.because


def test_a_picture_that_never_completes_is_delivered_with_its_holes(flight: Any, eop: EarthOrientation) -> None:
    received = flight.bring_down(
        flight.Flight().picture(eop), without=lambda kind, chunk: kind == KIND_PIXELS and chunk % 9 == 0
    )
    scene = scene_of(received, eop)
    assert scene.missing_fraction == pytest.approx(1 / 9, abs=0.01)
    whole = scene_of(flight.bring_down(flight.Flight().picture(eop)), eop)
    assert scene.properties["seen_fraction"] < 0.9 * whole.properties["seen_fraction"]
    apart = (scene.pixels.astype(int) - whole.pixels)[scene.pixels > 0]
    assert np.abs(apart).max() <= 1  # a missing neighbour of less than 1e-4 weight is passed over


def test_control_of_a_band_that_is_not_there(eop: EarthOrientation, received: ReceivedPicture) -> None:
    with pytest.raises(DataError, match="no band swir"):
        scene_of(received, eop, control=np.ones((2, 2), np.uint16), control_band="swir")
