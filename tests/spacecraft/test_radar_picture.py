"""How large is a radar's picture? Against the exact orbit and the two equations by which space and ground place it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access.look import look_angles
from swath.errors import InputError
from swath.frames import itrf_from_geodetic
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from swath.spacecraft import Radar, outline_itrf_m, picture_bit, picture_shape
from swath.spacecraft.picture import radar_ranges_m
from swath.spacecraft.sar import radar_image
from swath.time import seconds
from tests.plan.fleet import START, satellite
from tests.spacecraft.test_picture import place_at

RADAR = Radar(3.0, 5.0, 4)
SAR = replace(satellite("SW-1", 0), optics=None, radar=RADAR, sensor="radar")
ORBIT = sgp4_ephemeris(SAR.elements, packaged_eop())


@settings(max_examples=25, deadline=None)
@given(
    after_s=st.floats(0, 80000),
    aside=st.floats(22, 40),
    right=st.booleans(),
    width=st.floats(500, 25e3),
    height=st.floats(500, 25e3),
)
def test_lines_and_samples_hold_every_corner(
    after_s: float, aside: float, right: bool, width: float, height: float
) -> None:
    """Corners placed by ``radar_image`` on the exact orbit lie inside, the farthest within 2 % and the margins."""
    place = place_at(after_s, aside if right else -aside, 0.0, width, height)
    if abs(place.lat_deg) > 80:
        return
    at = START + seconds(after_s)
    r_m, v_m_s = ORBIT.states(np.array([at]))
    outline_m = outline_itrf_m(place, 2000.0)
    look = look_angles(r_m, v_m_s, itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg))
    shape = picture_shape(SAR, r_m, v_m_s, roll_deg=look.roll_deg, pitch_deg=look.pitch_deg, outline_m=outline_m[None])
    half_s, step_s = float(shape.duration_s[0]) / 2.0, 0.01
    rows = np.arange(-int(half_s / step_s) - 200, int(half_s / step_s) + 201)
    line, away_m = radar_image(*ORBIT.states(at + seconds(rows * step_s)), step_s, outline_m)
    abeam_s = (line + rows[0]) * step_s
    near_m, far_m = (edge[0] for edge in radar_ranges_m(r_m, v_m_s, outline_m[None]))
    assert np.abs(abeam_s).max() <= half_s <= 1.02 * np.abs(abeam_s).max() + 0.05
    assert near_m <= away_m.min() <= near_m + 160.0 and far_m - 160.0 <= away_m.max() <= far_m
    assert shape.columns[0] == int(np.ceil((far_m - near_m) / 3.0)) + 1
    assert picture_bit(SAR, shape.lines, shape.columns)[0] == pytest.approx(
        shape.lines[0] * shape.columns[0] * 12 * SAR.radio.overhead
    )


def test_pixels_on_the_ground_are_longest_where_it_looks_steeply() -> None:
    assert RADAR.gsd_m(8e5, [20.0, 30.0, 50.0]) == pytest.approx([8.771, 6.0, 3.916], abs=1e-3)
    assert (RADAR.swath_m(8e5, [20.0, 50.0]) == 30e3).all()


def test_a_satellite_has_a_camera_or_a_radar() -> None:
    assert SAR.instrument is RADAR
    for both in ({"optics": None, "radar": None}, {"optics": satellite("SW-1", 0).optics, "radar": RADAR}):
        with pytest.raises(InputError, match="a camera or a radar"):
            replace(SAR, **both)
    with pytest.raises(InputError, match="no camera"):
        _ = SAR.camera
    with pytest.raises(InputError):
        Radar(3.0, 5.0, 4, min_incidence_deg=50.0, max_incidence_deg=40.0)
