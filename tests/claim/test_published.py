"""An ephemeris as the orbit of a claim: the same answers as from the elements that it was made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.claim.check import check_claims
from swath.claim.looks import approaches
from swath.claim.moments import moment_of
from swath.claim.motion import best_track, history_of, late_states
from swath.claim.published import ASSUMED_90_S, published_orbit
from swath.claim.records import Claim, ClaimFile, Subject
from swath.errors import DataError
from swath.model import Elements, Place
from swath.orbit.elements import parse_tle
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.oem import Oem
from swath.orbit.oem_write import made_oem
from swath.sources.eop import packaged_eop

TLE = """1 58400U 23179A   23343.17766162  .00004660  00000-0  21022-3 0  9996
2 58400  97.4270 227.7225 0014685 211.9163 148.1185 15.21407416  2676"""
START, STOP = np.datetime64("2023-12-09T00:00:00", "ns"), np.datetime64("2023-12-10T00:00:00", "ns")
PLACE = Place.point("Seoul", lon_deg=126.98, lat_deg=37.57)
EOP = packaged_eop()


@pytest.fixture(scope="module")
def elements() -> Elements:
    return parse_tle(TLE).elements[0]


@pytest.fixture(scope="module", params=["ITRF", "TEME"])
def oem(request: pytest.FixtureRequest, elements: Elements) -> Oem:
    motion = sgp4_ephemeris(elements, EOP)
    return made_oem(motion, START, STOP, EOP, name="MALLIGYONG-1", id="2023-179A", frame=request.param)


def claim(at: str, name: str = "Malligyong-1") -> Claim:
    return Claim("a", "picture", moment_of(at), Subject(name, 58400), PLACE)


def test_late_means_the_same_as_of_elements(elements: Elements, oem: Oem) -> None:
    """The place among the stars of so many seconds ago, over an Earth that turned on: to a metre."""
    orbit = published_orbit(oem, EOP)
    at = START + np.arange(3600, 80000, 4000).astype("timedelta64[s]")
    for late_s in (0.0, 3.0, -45.0, 120.0):
        one, two = (late_states(path, at, late_s, EOP)[0] for path in (elements, orbit))
        assert np.abs(one - two).max() < 1.0
    assert abs(orbit.mean_motion_rev_day - elements.mean_motion_rev_day) < 0.05  # osculating, not mean


def test_verdicts_are_those_of_the_elements(elements: Elements, oem: Oem) -> None:
    near = approaches(elements, PLACE, START + np.timedelta64(1, "h"), STOP - np.timedelta64(1, "h"), EOP)
    day = [one for one in near if one.off_nadir_deg < 45.0]
    assert near
    for one in [*near, *day]:
        asked = ClaimFile("x", (claim(f"{np.datetime_as_string(one.time, unit='s')}Z"),))
        (by_set,) = check_claims(asked, (elements,), EOP).verdicts
        (by_oem,) = check_claims(asked, (), EOP, (oem,)).verdicts
        assert by_oem.off_nadir_deg == pytest.approx(by_set.off_nadir_deg, abs=0.01)
        assert by_oem.miss_s == pytest.approx(by_set.miss_s, abs=0.01)
        assert by_oem.closest_90_s == ASSUMED_90_S
        assert "assumed" in by_oem.orbit_because


def test_outside_its_span_it_says_nothing(oem: Oem) -> None:
    for at in ("2023-12-12T01:00:00Z", "2023-12-09T00:01:00Z"):
        (verdict,) = check_claims(ClaimFile("x", (claim(at),)), (), EOP, (oem,)).verdicts
        assert verdict.verdict == "undetermined"
        assert "covers 2023-12-09T00:00:00Z to 2023-12-10T00:00:00Z" in verdict.because[0]


def test_it_goes_before_a_set_where_it_covers_the_moment(elements: Elements, oem: Oem) -> None:
    old = replace(elements, epoch=elements.epoch - np.timedelta64(10, "D"))
    history = history_of((old,), (published_orbit(oem, EOP),))
    assert best_track(history, np.datetime64("2023-12-09T12:00:00", "ns"), EOP).elements is history.published[0]
    assert best_track(history, np.datetime64("2023-12-02T12:00:00", "ns"), EOP).elements == old
    with pytest.raises(DataError, match="covers"):
        best_track(history_of((), history.published), np.datetime64("2023-12-02T12:00:00", "ns"), EOP)


def test_another_satellites_ephemeris_is_not_taken(oem: Oem) -> None:
    other = Claim("a", "picture", moment_of("2023-12-09T12:00:00Z"), Subject("Landsat 8", 39084), PLACE)
    (verdict,) = check_claims(ClaimFile("x", (other,)), (), EOP, (oem,)).verdicts
    assert verdict.verdict == "undetermined"
