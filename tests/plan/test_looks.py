"""Looks are slots of passes that keep the request's limits; a request without any has the reason that is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.access.accesses import find_accesses
from swath.access.look import look_angles
from swath.frames import itrf_from_geodetic
from swath.model import Place, Request
from swath.orbit.ephemeris import sgp4_ephemeris, tabulate
from swath.orbit.sun import sun_angles_deg
from swath.plan.looks import find_looks
from swath.plan.problem import quality
from swath.sources.eop import packaged_eop
from swath.time import seconds
from tests.plan.fleet import START, cloudy, satellite

EOP = packaged_eop()
STOP = START + seconds(86400.0)
FLEET = (satellite("SW-1", 0), satellite("SW-4", 1))
QUICK = {s.id: tabulate(sgp4_ephemeris(s.elements, EOP), START - seconds(600), STOP + seconds(600)) for s in FLEET}
FIELD = Request(
    "field",
    Place.point("field", lon_deg=11.0, lat_deg=45.0),
    "field",
    4.0,
    START,
    START,
    STOP,
    STOP,
    15.0,
    38.0,
    2000.0,
)


def looks_of(*requests: Request, slot_s: float = 5.0):
    places = list({r.place.id: r.place for r in requests}.values())
    accesses = find_accesses(QUICK, places, START, STOP, EOP, max_off_nadir_deg=40.0)
    found = find_looks(FLEET, QUICK, requests, accesses, cloudy, EOP, start=START, stop=STOP, slot_s=slot_s)
    return accesses, *found


def test_a_look_is_where_and_when_it_says() -> None:
    accesses, looks, unoffered = looks_of(FIELD)
    assert len(looks) > 10
    assert unoffered == {}
    place_m = itrf_from_geodetic(lon_deg=11.0, lat_deg=45.0)
    for row in looks.rows():
        r_m, v_m_s = QUICK[row["satellite"]].states(np.array([row["middle"]]))
        look = look_angles(r_m, v_m_s, place_m)
        assert (look.roll_deg[0], look.pitch_deg[0]) == pytest.approx((row["roll_deg"], row["pitch_deg"]), abs=1e-9)
        assert row["off_nadir_deg"] <= 38.0
        sun_deg = sun_angles_deg(11.0, 45.0, np.array([row["middle"]]), EOP)[0][0]
        assert row["sun_elevation_deg"] == pytest.approx(sun_deg, abs=1e-6)
        assert sun_deg >= 15.0
        clear = cloudy(lon_deg=np.array([11.0]), lat_deg=np.array([45.0]), at=np.array([row["middle"]]))[0]
        assert row["p_clear"] == pytest.approx(clear)
        assert row["value"] == pytest.approx(4.0 * np.cos(np.radians(row["off_nadir_deg"])) ** 1.5 * clear)
        assert row["middle"] - row["start"] == row["stop"] - row["middle"]
        within = (
            (accesses.satellite == row["satellite"])
            & (accesses.start <= row["middle"])
            & (row["middle"] <= accesses.stop)
        )
        assert within.sum() == 1
    for name in ("start", "middle", "stop"):
        assert ((getattr(looks, name) - START) % np.timedelta64(1, "ms") == np.timedelta64(0)).all()


def test_slots_are_evenly_spaced_with_the_closest_moment_among_them() -> None:
    accesses, looks, _ = looks_of(FIELD, slot_s=7.0)
    for window in np.unique(looks.window):
        middle = looks.middle[looks.window == window]
        assert (np.diff(middle) == np.timedelta64(7, "s")).all()
        assert np.abs(middle - accesses.closest[window]).min() < np.timedelta64(1, "ms")


def test_quality_falls_with_the_angle() -> None:
    assert quality([0.0, 30.0, 40.0]) == pytest.approx([1.0, 0.8059, 0.6705], abs=1e-4)


def test_each_request_has_its_own_limits_over_one_place() -> None:
    wide, narrow = FIELD, replace(FIELD, id="narrow", max_off_nadir_deg=20.0)
    morning = replace(FIELD, id="morning", stop=START + seconds(10 * 3600.0))
    _, looks, _ = looks_of(wide, narrow, morning)
    count = {id: (looks.request == id).sum() for id in ("field", "narrow", "morning")}
    assert count["field"] > max(count["narrow"], count["morning"])
    assert looks.off_nadir_deg[looks.request == "narrow"].max(initial=0.0) <= 20.0
    assert (looks.stop[looks.request == "morning"] <= morning.stop).all()


def polygon(corners: int, width_m: float) -> Place:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    half_deg = width_m / 2 / 111e3
    ring = tuple((11.0 + half_deg * 1.4 * np.cos(a), 45.0 + half_deg * np.sin(a)) for a in angle)
    return Place("polygon", 11.0, 45.0, ring=ring)


@pytest.mark.parametrize("corners", [3, 5, 1000])
def test_polygons_of_any_number_of_corners(corners: int) -> None:
    round_one = replace(FIELD, id="round", place=polygon(corners, 10e3))
    _, looks, unoffered = looks_of(FIELD, round_one)
    assert unoffered == {}
    field, area = (looks.take(looks.request == id) for id in ("field", "round"))
    assert area.data_bit.min() > 5 * field.data_bit.max()


@pytest.mark.parametrize(
    ("reason", "asked", "granted"),
    [
        ("no_access", {"max_off_nadir_deg": 0.5}, {"max_off_nadir_deg": 38.0}),
        ("no_access", {"stop": START + seconds(600.0)}, {"stop": STOP}),
        ("no_access", {"start": STOP, "stop": START}, {"start": START, "stop": STOP}),
        ("no_access", {"start": START - seconds(9e5), "stop": START - seconds(8e5)}, {"start": START, "stop": STOP}),
        ("no_daylight", {"min_sun_elevation_deg": 80.0}, {"min_sun_elevation_deg": 15.0}),
        ("too_wide", {"place": polygon(8, 80e3)}, {"place": polygon(8, 8e3)}),
    ],
)
def test_a_refused_request_is_offered_once_the_reason_is_gone(reason: str, asked: dict, granted: dict) -> None:
    request = replace(FIELD, **asked)
    _, looks, unoffered = looks_of(request)
    assert len(looks) == 0
    assert unoffered["field"].reason == reason
    assert any(c.isdigit() for c in unoffered["field"].because)
    assert len(looks_of(replace(request, **granted))[1]) > 0


def test_too_dark_and_too_wide_says_both() -> None:
    _, _, unoffered = looks_of(replace(FIELD, place=polygon(8, 80e3), min_sun_elevation_deg=80.0))
    assert unoffered["field"].reason == "no_daylight+too_wide"
    assert "Sun" in unoffered["field"].because
    assert "swath" in unoffered["field"].because


def test_no_requests_no_looks() -> None:
    _, looks, unoffered = looks_of()
    assert (len(looks), unoffered) == (0, {})
