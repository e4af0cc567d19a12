"""Element sets written and read back; the TLE against the lines that were published, and against the sgp4 package."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgp4 import omm
from sgp4.api import WGS72, Satrec

from swath.errors import InputError
from swath.model import Elements
from swath.orbit.element_text import FORMS, elements_text, to_tle
from swath.orbit.elements import apsides_m, parse_tle
from swath.orbit.forms import form_of, parse_elements
from tests.orbit.test_elements import ONE, TWO

NOW = np.datetime64("2026-05-08T06:00:00", "ns")
ISS = parse_tle(f"ISS (ZARYA)\n{ONE}\n{TWO}").elements[0]


def angles() -> st.SearchStrategy[float]:
    return st.floats(0.1001, 179.9).filter(lambda angle: round(angle, 4) % 1.0 != 0.0)


SETS = st.builds(
    Elements,
    name=st.text(st.characters(whitelist_categories=("Lu", "Nd")), min_size=1, max_size=24),
    norad_id=st.integers(1, 999_999_999),
    epoch=st.integers(0, 2_000_000_000_000).map(lambda ms: np.datetime64(ms * 1_000_000 + 864_000, "ns")),
    mean_motion_rev_day=st.floats(0.5, 15.0),
    eccentricity=st.floats(0.0, 0.05),
    inclination_deg=angles(),
    raan_deg=angles(),
    argument_of_perigee_deg=angles(),
    mean_anomaly_deg=angles(),
    bstar=st.floats(-0.1, 0.1),
    mean_motion_dot=st.floats(-0.5, 0.5),
    mean_motion_ddot=st.floats(-1e-3, 1e-3),
    cospar_id=st.sampled_from(["1998-067A", "2015-028AB", ""]),
)


@given(st.lists(SETS, min_size=1, max_size=4), st.sampled_from(sorted(set(FORMS) - {"tle"})))
def test_messages_keep_every_digit(sets: list[Elements], form: str) -> None:
    text = elements_text(sets, form, created=NOW)
    assert form_of(text) == form
    loaded = parse_elements(text)
    assert not loaded.rejected
    assert list(loaded.elements) == sets


@pytest.mark.parametrize(("form", "read"), [("csv", omm.parse_csv), ("xml", omm.parse_xml)])
def test_the_sgp4_package_reads_our_messages(form: str, read) -> None:
    text = elements_text([ISS], form, created=NOW)
    (fields,) = read(io.StringIO(text, newline=""))
    omm.initialize(judge := Satrec(), fields)
    want = Satrec.twoline2rv(ONE, TWO)
    assert (judge.satnum, judge.no_kozai, judge.bstar) == (25544, pytest.approx(want.no_kozai), want.bstar)
    np.testing.assert_allclose(judge.sgp4_tsince(90.0)[1], want.sgp4_tsince(90.0)[1], atol=1e-6)  # km


@given(SETS)
@settings(max_examples=200)
def test_lines_keep_what_they_have_room_for(one: Elements) -> None:
    if one.norad_id > 339_999:
        with pytest.raises(InputError, match="no room for the catalogue number"):
            to_tle(one)
        return
    text = to_tle(one)
    assert [len(line) for line in text.splitlines()[1:]] == [69, 69]
    loaded = parse_tle(text)
    assert not loaded.rejected, (text, loaded.rejected)
    (back,) = loaded.elements
    assert (back.name, back.norad_id, back.cospar_id) == (one.name, one.norad_id, one.cospar_id)
    assert abs(back.epoch - one.epoch) <= np.timedelta64(432_000, "ns")
    assert back.mean_motion_rev_day == pytest.approx(one.mean_motion_rev_day, abs=5.1e-9)
    assert back.eccentricity == pytest.approx(one.eccentricity, abs=5.1e-8)
    for angle in ("inclination_deg", "raan_deg", "argument_of_perigee_deg", "mean_anomaly_deg"):
        assert getattr(back, angle) == pytest.approx(getattr(one, angle), abs=5.1e-5)
    assert back.bstar == pytest.approx(one.bstar, rel=5.1e-5, abs=1e-10)
    assert back.mean_motion_dot == pytest.approx(one.mean_motion_dot, abs=5.1e-9)
    assert back.mean_motion_ddot == pytest.approx(one.mean_motion_ddot, rel=5.1e-5, abs=1e-10)
    assert to_tle(back) == text


@pytest.mark.needs_shared_data
def test_published_lines_come_back_as_they_were(shared_data: Path) -> None:
    text = (shared_data / "orbits" / "active_catalogue.tle").read_text("utf-8")
    sets = parse_tle(text).elements
    assert parse_tle(elements_text(sets, "tle", created=NOW)).elements == sets
    lines = text.splitlines()
    ours = "".join(to_tle(one) for one in sets[:3000]).splitlines()
    # All columns but those that are not read: element set and revolution number, and so the checksum
    # CelesTrak writes a nought exponent as +0 or -0
    noughts = [re.sub(r"([0-9]{5})\+0", r"\1-0", line[:64]) for line in lines[1:9000:3]]
    assert [line[:64] for line in ours[1::3]] == noughts
    assert [line[:63] for line in ours[2::3]] == [line[:63] for line in lines[2:9000:3]]


def test_what_a_line_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError, match="no room for 1e"):
        to_tle(replace(ISS, bstar=1e10))
    with pytest.raises(InputError, match="cannot be written as 'yaml'"):
        elements_text([ISS], "yaml", created=NOW)


def test_apsides_are_those_of_the_published_satellite() -> None:
    # Malligyong-1, set of 6 June 2024. Marco Langbroek gave 488 to 497 km for perigee before and after the raises of
    # February 2024, apogee about 510 km (sattrackcam.blogspot.com, February 2024)
    (one,) = parse_tle(
        "1 58400U 23179A   24158.19566690  .00000871  00000-0  41535-4 0  9999\n"
        "2 58400  97.4052  45.2326 0002221 305.1745  54.9283 15.21704003 30052\n"
    ).elements
    perigee_m, apogee_m = apsides_m(one)
    assert 488e3 < perigee_m < apogee_m < 512e3
    judge = Satrec.twoline2rv(*to_tle(one).splitlines()[1:], WGS72)
    assert perigee_m == pytest.approx(judge.altp * 6378135.0, abs=0.1)
    assert apogee_m == pytest.approx(judge.alta * 6378135.0, abs=0.1)
