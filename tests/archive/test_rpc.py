"""Rational polynomials against the exact camera, and GDAL's own transformer as the judge of what is written."""

from __future__ import annotations

import dataclasses
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import RPCTransformer

from swath.archive.camera import Camera, camera_of, image_points
from swath.archive.mark import FRAME_TAG, is_marked
from swath.archive.rpc import Rpc, fit_rpc, rpc_ground, rpc_image, rpc_text
from swath.archive.sensor_picture import rpc_path, sensor_assets, write_sensor_picture
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation, itrf_from_geodetic


def camera_for(flight: Any, eop: EarthOrientation, **given: Any) -> Camera:
    return camera_of(flight.bring_down(flight.Flight(bands=1, **given).picture(eop)))


@pytest.fixture(scope="module")
def camera(flight: Any, eop: EarthOrientation) -> Camera:
    """2,000 lines of 60 x 400 pixels' worth of turning: roll drifts, pitch and yaw too."""
    return camera_for(
        flight,
        eop,
        lines=2000,
        columns=500,
        roll_deg=lambda line: 18.0 + 2e-6 * line,
        pitch_deg=lambda line: -5.0 - 3e-6 * line,
        yaw_deg=lambda line: 0.1 + 1e-6 * line,
    )


@settings(max_examples=5)
@given(st.floats(-30, 30), st.floats(-15, 15), st.floats(-60, 60), st.floats(-180, 179.9))
def test_smooth_attitude_is_met_within_a_twentieth_of_a_pixel(
    flight: Any, eop: EarthOrientation, roll: float, pitch: float, lat: float, lon: float
) -> None:
    camera = camera_for(
        flight,
        eop,
        lines=300,
        columns=300,
        lat_deg=lat,
        lon_deg=lon,
        roll_deg=lambda line: roll + 1e-6 * line,
        pitch_deg=lambda line: pitch + 0.0 * line,
    )
    rpc = fit_rpc(camera, low_m=-50.0, high_m=1500.0)
    assert rpc.residual_max_px < 0.05


def test_a_large_picture_with_drift_is_met_on_points_that_were_not_fitted(camera: Camera) -> None:
    rpc = fit_rpc(camera, low_m=0.0, high_m=2500.0)
    assert rpc.residual_rms_px <= rpc.residual_max_px < 0.05
    rng = np.random.default_rng(1)
    lon, lat = rpc_ground(rpc, rng.uniform(0, 1999, 500), rng.uniform(0, 499, 500), height_m=1234.0)
    exact = image_points(camera, itrf_from_geodetic(lon_deg=lon, lat_deg=lat, altitude_m=1234.0))
    assert np.hypot(*np.subtract(exact, rpc_image(rpc, lon_deg=lon, lat_deg=lat, height_m=1234.0))).max() < 0.05


def test_pixel_to_ground_and_back_closes_within_a_hundredth_of_a_pixel(camera: Camera) -> None:
    rpc = fit_rpc(camera, low_m=0.0, high_m=2500.0)
    rng = np.random.default_rng(2)
    line, column, height = rng.uniform(-20, 2020, 2000), rng.uniform(-20, 520, 2000), rng.uniform(0, 2500, 2000)
    lon, lat = rpc_ground(rpc, line, column, height_m=height)
    again = rpc_image(rpc, lon_deg=lon, lat_deg=lat, height_m=height)
    assert np.abs(np.subtract(again, (line, column))).max() < 1e-4


def test_attitude_that_trembles_shows_in_the_residual(flight: Any, eop: EarthOrientation) -> None:
    trembling = camera_for(
        flight, eop, lines=2000, columns=300, roll_deg=lambda line: 5.0 + 1e-3 * np.sin(2 * np.pi * line / 500.0)
    )
    rpc = fit_rpc(trembling, low_m=0.0, high_m=500.0)
    # 1e-3 deg are 1.7 pixels of 1e-5 rad: no cubic follows six waves, and the report says so.
    assert 1.0 < rpc.residual_max_px < 2.5


def test_gdal_reads_the_file_and_agrees(flight: Any, eop: EarthOrientation, camera: Camera, tmp_path: Path) -> None:
    received = flight.bring_down(flight.Flight().picture(eop))
    small = camera_of(received)
    rpc = fit_rpc(small, low_m=0.0, high_m=1000.0)
    path = write_sensor_picture(tmp_path / "a-1_SIMULATED.tif", received, rpc, simulated=True)
    assert is_marked(path)
    rng = np.random.default_rng(3)
    line, column, height = rng.uniform(0, 399, 200), rng.uniform(0, 399, 200), rng.uniform(0, 1000, 200)
    lon, lat = rpc_ground(rpc, line, column, height_m=height)
    wide, pixels = 0, np.zeros(0)
    for number in range(2):
        if number:  # without the tags GDAL must read the file beside it
            path = tmp_path / "bare_SIMULATED.tif"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with rasterio.open(path, "w", driver="GTiff", dtype="uint16", count=4, height=9, width=9) as file:
                    file.update_tags(**{FRAME_TAG: wide})
            shutil.copy(tmp_path / "a-1_SIMULATED_RPC.TXT", rpc_path(path))
        with rasterio.open(path) as file:
            assert file.rpcs is not None
            wide = int(file.tags()[FRAME_TAG])
            pixels = pixels if number else file.read()
            with RPCTransformer(file.rpcs) as judge:
                rows, columns = judge.rowcol(lon.tolist(), lat.tolist(), zs=height.tolist(), op=lambda value: value)
        # GDAL counts from the corner of the first pixel.
        assert np.subtract(rows, 0.5 + wide) == pytest.approx(line, abs=1e-3)
        assert np.subtract(columns, 0.5 + wide) == pytest.approx(column, abs=1e-3)
    inner = pixels[:, wide:-wide, wide:-wide]
    assert inner.shape == (4, 400, 400) and inner.min() > 0
    assets = sensor_assets(tmp_path / "a-1_SIMULATED.tif", received, rpc, simulated=True)
    assert {asset["href"] for asset in assets.values()} == {"./a-1_SIMULATED.tif", "./a-1_SIMULATED_RPC.TXT"}
    assert all("SIMULATED" in asset["href"] for asset in assets.values())
    with pytest.raises(InputError, match="named so"):
        write_sensor_picture(tmp_path / "a-1.tif", received, rpc, simulated=True)


def test_the_text_form_holds_every_number_exactly(camera: Camera) -> None:
    rpc = fit_rpc(camera, low_m=0.0, high_m=300.0)
    read = dict(line.split(": ") for line in rpc_text(rpc).splitlines())
    assert len(read) == 90
    assert float(read["LAT_OFF"].split()[0]) == rpc.lat_offset_deg
    assert [float(read[f"SAMP_DEN_COEFF_{k}"]) for k in range(1, 21)] == list(rpc.sample_denominator)


def test_what_cannot_be_fitted_says_why(flight: Any, eop: EarthOrientation, camera: Camera) -> None:
    with pytest.raises(InputError, match="heights from"):
        fit_rpc(camera, low_m=100.0, high_m=100.0)
    with pytest.raises(DataError, match="past the Earth"):
        fit_rpc(dataclasses.replace(camera, ifov_rad=0.02), low_m=0.0, high_m=100.0)
    rpc: Rpc = fit_rpc(camera, low_m=0.0, high_m=300.0)
    with pytest.raises(DataError, match="turned round"):
        rpc_ground(dataclasses.replace(rpc, line_numerator=(0.0,) * 20), 5e6, 5e6, height_m=0.0)
