"""The numbers of a camera over level ground, as QGroundControl's camera calculation gives them."""

from __future__ import annotations

import tomllib

import pytest

from swath.errors import InputError
from swath.survey.camera import catalogue, drone_of, find_drone


def test_the_numbers_of_a_one_inch_camera() -> None:
    """13.2 x 8.8 mm, 5472 x 3648, f 8.8 mm at 100 m (formula of QGroundControl's CameraCalc.cc)."""
    camera = find_drone("phantom4pro").camera
    assert camera.gsd_m(100.0) == pytest.approx(0.02741, abs=5e-6)
    across, along = camera.footprint_m(100.0)
    assert (across, along) == pytest.approx((150.0, 100.0), abs=1e-9)
    assert across * (1 - 0.7) == pytest.approx(45.0)
    assert along * (1 - 0.8) == pytest.approx(20.0)


def test_the_numbers_of_a_four_thirds_camera() -> None:
    """17.3 x 13 mm, 5280 x 3956, f 12.29 mm at 100 m: 2.666 cm and 140.8 x 105.8 m."""
    camera = find_drone("mavic3e").camera
    assert camera.gsd_m(100.0) == pytest.approx(0.02666, abs=5e-6)
    assert camera.footprint_m(100.0) == pytest.approx((140.8, 105.8), abs=0.05)
    assert camera.height_m(camera.gsd_m(77.0)) == pytest.approx(77.0)


def test_every_drone_of_the_catalogue_is_read() -> None:
    assert {find_drone(name).name for name in catalogue()} == {"DJI Mavic 3E", "DJI Phantom 4 Pro"}


def test_an_unknown_drone_is_told_the_known_ones() -> None:
    with pytest.raises(InputError, match="mavic3e, phantom4pro"):
        find_drone("kite")


CAMERA = """
[camera]
sensor_width_mm = 13.2
sensor_height_mm = 8.8
focal_mm = 8.8
image_width_px = 5472
image_height_px = 3648
least_interval_s = 2.0
[drone]
top_speed_m_s = 10
climb_m_s = 3
descent_m_s = 2
endurance_s = 1200
wind_limit_m_s = 8
"""


@pytest.mark.parametrize("key", [line.split(" =")[0] for line in CAMERA.splitlines() if "=" in line])
@pytest.mark.parametrize("value", [None, 0, -1.0, float("nan"), float("inf"), "8.8", True])
def test_what_is_missing_or_no_positive_number_is_named(key: str, value: object) -> None:
    table = tomllib.loads(CAMERA)
    section = table["camera"] if key in table["camera"] else table["drone"]
    if value is None:
        del section[key]
    else:
        section[key] = value
    with pytest.raises(InputError, match=rf"\.{key} is"):
        drone_of(table, "own.toml")


@pytest.mark.parametrize("table", [{}, {"camera": 3}, {"camera": {}}])
def test_a_file_without_sections_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(InputError):
        drone_of(table, "own.toml")
