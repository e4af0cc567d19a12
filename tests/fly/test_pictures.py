"""One call from an acquisition to a picture, by camera and by radar."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from swath.errors import InputError
from swath.fly.pictures import radar_exposure, take_picture
from swath.fly.world import World, make_world
from swath.frames import itrf_from_geodetic
from swath.model import Acquisitions
from swath.sources.eop import packaged_eop
from swath.spacecraft.sar import Radar, radar_image
from tests.fly.craft import START, Circle, exposure, place_in_view
from tests.fly.test_scanner import craft

ORBIT, EOP = Circle(), packaged_eop()
RADAR = Radar(4.0, 6.0, 4)


def row(roll_deg: float = 25.0) -> Acquisitions:
    moments = {"start": START, "middle": START, "stop": START, "on_ground": START}
    numbers = dict.fromkeys(
        ("pitch_deg", "off_nadir_deg", "sun_elevation_deg", "gsd_m", "p_clear", "value", "data_bit"), 0.0
    )
    names = {"id": "a-7", "request": "r-7", "satellite": "S-1", "contact": "c"}
    return Acquisitions.from_rows([moments | numbers | names | {"roll_deg": roll_deg}])


@cache
def land() -> World:
    """What the camera sees at START, rolled by 25 deg."""
    at_once = replace(exposure(lines=2, columns=2, roll_deg=25.0), line_period_s=1e-6)
    return make_world(place_in_view(at_once, ORBIT), extent_m=500.0, seed=2, margin_m=700.0, relief_m=60.0)


def test_a_row_of_a_plan_becomes_a_picture_of_its_place() -> None:
    taken = take_picture(land(), craft(), row(), ephemeris=ORBIT, eop=EOP, extent_m=500.0, seed=1, cloud_share=0.2)
    assert not taken.by_radar
    assert (taken.header["acquisition"], taken.header["request"], taken.header["simulated"]) == ("a-7", "r-7", True)
    lines, columns = taken.pixels.shape[1:]
    assert 200 < lines < 500 and 200 < columns < 500
    # The middle line is exposed at the acquisition's middle.
    middle = (taken.states.utc_ns[0] + taken.states.utc_ns[-1]) / 2
    assert abs(middle - START.astype(np.int64)) < 1e6
    again = take_picture(land(), craft(), row(), ephemeris=ORBIT, eop=EOP, extent_m=500.0, seed=1, cloud_share=0.2)
    assert (again.pixels == taken.pixels).all()


def test_the_radar_pictures_the_same_place_from_the_same_row() -> None:
    asked = {"ephemeris": ORBIT, "eop": EOP, "extent_m": 500.0, "seed": 1}
    taken = take_picture(land(), craft(), row(), radar=RADAR, **asked)  # type: ignore[arg-type]
    assert taken.by_radar
    assert taken.header["simulated"] is True and taken.header["right"] is True
    place = land().place
    point = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    _, lines, samples = taken.pixels.shape
    step_s = (taken.states.utc_ns[-1] - taken.states.utc_ns[0]) * 1e-9 / (lines - 1)
    at = taken.states.utc_ns[0] + np.round(np.arange(lines) * step_s * 1e9).astype(np.int64)
    line, distance = radar_image(*ORBIT.states(at.astype("datetime64[ns]")), step_s, point[None])
    assert line[0] == pytest.approx((lines - 1) / 2, abs=0.6)
    assert (distance[0] - taken.header["near_range_m"]) / 4.0 == pytest.approx((samples - 1) / 2, abs=0.6)
    assert 24.0 < taken.header["incidence_deg"] < 32.0


def test_what_cannot_be_asked_for_says_why() -> None:
    with pytest.raises(InputError, match="2 acquisitions"):
        take_picture(
            land(), craft(), Acquisitions.join([row(), row()]), ephemeris=ORBIT, eop=EOP, extent_m=500.0, seed=1
        )
    below = replace(land(), place=place_in_view(exposure(lines=2, columns=2), ORBIT))
    with pytest.raises(InputError, match="incidence"):
        radar_exposure(below, row(), ORBIT, RADAR, extent_m=500.0)
