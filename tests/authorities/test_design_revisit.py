"""Revisit as vendors and agencies publish it, set beside what the coverage of a design says.

"Revisit" of the vendors is days for each daylight look at 40 deg N, averaged over longitudes. WorldView-1 1.7 d at 1 m
and 5.9 d "at 20 deg off nadir or less", 0.50 m growing to 0.55 at 20 deg, 496 km, a field of 2.12 deg (eoportal);
WorldView-2 1.1 d at 1 m and 3.7 d at 20 deg (the latter not read again), 0.46 m to 0.52, 770 km, a field of 1.28 deg;
WorldView-3 4.5 d at 20 deg and under 1 d at 1 m, 617 km (International Charter), 13.1 km wide (eoportal), which is a
field of 1.2 deg. Sentinel-2 10 and 5 days, Landsat 16 and 8 with one and two satellites (ESA, USGS). TROPICS: median
30 min (tropics.ll.mit.edu). Read 2026-11.
Growth in one plane: research of 2026-11 on a sphere, J2 only: 3.46, 1.73, 1.15, 0.865 d at 39 deg N, 30 deg, 500 km.
"""

from __future__ import annotations

import numpy as np
import pytest

from swath.design.altitudes import Above, semi_major_axis_m
from swath.design.coverage import Coverage, coverage_of
from swath.design.looks import looks_of
from swath.design.motion import tables_of
from swath.design.patterns import plane_of, walker
from swath.design.regions import Region, latitude_band, parallel
from swath.design.sensors import Sensor, off_nadir_of_gsd_deg, pixel_m
from swath.design.shapes import OrbitShape, exact_repeat, sun_synchronous

START = np.datetime64("2026-03-01T00:00:00", "ns")


def seen(shape: OrbitShape, pattern: tuple[int, int, int], region: Region, sensor: Sensor, days: float) -> Coverage:
    plane_deg = plane_of(START, local_time_h=22.5)
    fleet = walker(shape, *pattern, raan_deg=plane_deg, epoch=START)
    return coverage_of(looks_of(tables_of(fleet, START, days), region, [sensor]))


def circle(altitude_m: float, above: Above = "mean") -> OrbitShape:
    return sun_synchronous(semi_major_axis_m(altitude_m, above))


VIEWS = {"WorldView-1": (496e3, 2.12), "WorldView-2": (770e3, 1.28), "WorldView-3": (617e3, 1.2)}


def days_per_look(satellite: str, off_nadir_deg: float, field_deg: float) -> float:
    sensor = Sensor(off_nadir_deg, 0.0, field_deg=field_deg)
    found = seen(circle(VIEWS[satellite][0]), (1, 1, 0), parallel("40 N", 40.0), sensor, 60.0)
    assert found.days_per_look is not None
    return found.days_per_look


@pytest.mark.parametrize(
    ("satellite", "off_nadir_deg", "days"),
    [
        ("WorldView-3", 20.0, 4.5),
        ("WorldView-1", 47.5, 1.7),
        ("WorldView-1", 20.0, 5.9),
        ("WorldView-2", 47.9, 1.1),
        ("WorldView-2", 20.0, 3.7),
    ],
)
def test_revisit_of_data_sheets(satellite: str, off_nadir_deg: float, days: float) -> None:
    """Every image "at 20 deg or less", "at 1 m or less": the whole of it, with the place in its middle."""
    assert days_per_look(satellite, off_nadir_deg, VIEWS[satellite][1]) == pytest.approx(days, rel=0.06)


def test_the_place_alone_is_seen_more_often_than_a_whole_image_of_it() -> None:
    """Where only the line of sight to the place must keep 20 deg, WorldView-1 makes 5.4 d: 8 % below its sheet."""
    # A strip of 363 km across tracks that lean 12.5 deg at 40 deg N, 15.22 of them a day, by hand: 5.416 d.
    assert days_per_look("WorldView-1", 20.0, 0.0) == pytest.approx(5.416, rel=0.005)


@pytest.mark.parametrize("field_deg", [0.0, 1.2])
def test_worldview_3_at_one_metre_is_daily(field_deg: float) -> None:
    assert 0.9 < days_per_look("WorldView-3", 56.3, field_deg) < 1.0


def test_pixels_away_from_the_nadir() -> None:
    assert float(pixel_m(0.50, 496e3, 20.0)) == pytest.approx(0.55, rel=0.02)
    assert float(pixel_m(0.46, 770e3, 20.0)) == pytest.approx(0.52, rel=0.02)
    assert off_nadir_of_gsd_deg(0.50, 496e3, 1.0) == pytest.approx(47.5, abs=0.1)
    assert off_nadir_of_gsd_deg(0.46, 770e3, 1.0) == pytest.approx(47.9, abs=0.1)


@pytest.mark.parametrize(
    ("repeat", "strip_m", "days"), [((143, 10), 290e3, (10.0, 5.0)), ((233, 16), 185e3, (16.0, 8.0))]
)
def test_largest_gap_at_the_equator(repeat: tuple[int, int], strip_m: float, days: tuple[float, float]) -> None:
    shape = exact_repeat(*repeat)
    half = strip_m / 2.0 / 6378137.0
    off_nadir_deg = float(np.degrees(np.arctan2(np.sin(half), shape.sma_m / 6378137.0 - np.cos(half))))
    for satellites, wanted in zip((1, 2), days, strict=True):
        region = parallel("equator", 0.0, 120)
        found = seen(shape, (satellites, 1, 0), region, Sensor(off_nadir_deg, 0.0), 4.0 * repeat[1])
        assert found.gap is not None
        assert found.gap.largest_days == pytest.approx(wanted, abs=0.05)


def test_growth_in_one_plane() -> None:
    for satellites, wanted in ((1, 3.46), (2, 1.73), (3, 1.15), (4, 0.865)):
        sensor = Sensor(30.0, 10.0)
        found = seen(circle(500e3), (satellites, 1, 0), parallel("39 N", 39.0, 48), sensor, 40.0)
        assert found.days_per_look == pytest.approx(wanted, rel=0.025)


def test_tropics_every_half_hour() -> None:
    shape = OrbitShape(semi_major_axis_m(600e3, "equatorial"), 30.0)
    fleet = walker(shape, 12, 3, 1, raan_deg=0.0, epoch=START)
    region = latitude_band("tropics", 0.0, 30.0, rows=5)
    found = coverage_of(looks_of(tables_of(fleet, START, 5.0), region, [Sensor(60.0)]))
    assert found.revisit is not None
    assert found.revisit.p50_days * 1440.0 == pytest.approx(30.0, rel=0.20)
