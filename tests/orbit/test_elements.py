from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from swath.orbit.elements import Loaded, newest_for, parse_tle

ONE = "1 25544U 98067A   26127.76405751  .00016717  00000-0  30074-3 0  9997"
TWO = "2 25544  51.6334 104.3245 0007417 341.5741  18.5069 15.49060134565432"


def signed(line: str) -> str:
    """The line with its checksum made right."""
    digits = sum(1 if c == "-" else int(c) for c in line[:68] if c in "-0123456789")
    return line[:68] + str(digits % 10)


ONE, TWO = signed(ONE), signed(TWO)


def changed(line: str, at: int, text: str) -> str:
    return signed(line[:at] + text + line[at + len(text) :])


def only_reason(text: str) -> str:
    loaded = parse_tle(text)
    assert not loaded.elements
    assert len(loaded.rejected) == 1, loaded.rejected
    return loaded.rejected[0].what


def test_every_field_is_read() -> None:
    (iss,) = parse_tle(f"ISS (ZARYA)\n{ONE}\n{TWO}\n", source="typed").elements
    assert (iss.name, iss.norad_id, iss.cospar_id, iss.source) == ("ISS (ZARYA)", 25544, "1998-067A", "typed")
    # day 127 of 2026 is 7 May; 0.76405751 x 86400 s = 66014.568864 s
    assert iss.epoch == np.datetime64("2026-05-07T18:20:14.568864", "ns")
    assert (iss.inclination_deg, iss.raan_deg, iss.eccentricity) == (51.6334, 104.3245, 0.0007417)
    assert (iss.argument_of_perigee_deg, iss.mean_anomaly_deg, iss.mean_motion_rev_day) == (
        341.5741,
        18.5069,
        15.49060134,
    )
    assert (iss.bstar, iss.mean_motion_dot, iss.mean_motion_ddot) == (0.30074e-3, 0.00016717, 0.0)


def test_two_and_three_line_sets_mix_with_comments_and_odd_line_ends() -> None:
    text = f"\ufeff# comment\r\n0 NAMED\r\n{ONE}\r\n{TWO}   \r\n\r\n{ONE}\n{TWO}\nOTHER\n{ONE}\n\n{TWO}"
    loaded = parse_tle(text)
    assert [e.name for e in loaded.elements] == ["NAMED", "25544", "OTHER"]
    assert not loaded.rejected


@pytest.mark.parametrize(("field", "number"), [("T0002", 270002), ("A0000", 100000), ("Z9999", 339999), ("    5", 5)])
def test_alpha_5_numbers(field: str, number: int) -> None:
    # Space-Track, "Alpha-5": T0002 is 270002; I and O are not used
    (one,) = parse_tle(changed(ONE, 2, field) + "\n" + changed(TWO, 2, field)).elements
    assert one.norad_id == number


def test_plus_signs_and_leading_zeros_as_old_archives_print_them() -> None:
    # Landsat 8 of 24 July 2017, archived by github Bill-Gray/tles
    one = "1 39084U 13008A   17205.30848742 +.00000033 +00000-0 +17378-4 0  9993"
    two = "2 39084 098.2214 275.2839 0001486 093.6058 266.5310 14.57103248224633"
    (landsat,) = parse_tle(f"{one}\n{two}").elements
    assert (landsat.bstar, landsat.inclination_deg, landsat.mean_motion_dot) == (0.17378e-4, 98.2214, 3.3e-7)


@pytest.mark.parametrize(
    ("one", "two", "line", "why"),
    [
        (ONE[:68] + "5", TWO, 1, "line 1 has checksum '5', its digits give"),
        (ONE, TWO[:68] + "5", 2, "line 2 has checksum '5', its digits give"),
        (ONE[:-1], TWO, 1, "line 1 has 68 characters, not 69"),
        (ONE, TWO + "1", 2, "line 2 has 70 characters, not 69"),
        (ONE, changed(TWO, 2, "25545"), 2, "line 1 is of object 25544, line 2 of 25545"),
        (changed(ONE, 62, "4"), TWO, 1, "SGP4-XP"),
        (changed(ONE, 18, "26127.50000000"), TWO, 1, "exactly noon"),
        (changed(ONE, 18, "26127.00000000"), TWO, 1, "exactly midnight"),
        (ONE, changed(TWO, 8, " 51.0000 104.0000 0007417  90.0000"), 2, "3 of its four angles are whole degrees"),
        (changed(ONE, 18, "26366.12345678"), TWO, 1, "day 366 of 2026, which has 365"),
        (changed(ONE, 18, "26000.12345678"), TWO, 1, "day 000 of 2026"),
        (changed(ONE, 18, "26x27.12345678"), TWO, 1, "not a year, day and fraction"),
        (ONE, changed(TWO, 8, "181.6334"), 2, "inclination 181.6334 is outside 0 to 180"),
        (ONE, changed(TWO, 17, "361.0000"), 2, "node 361.0000 is outside 0 to 360"),
        (ONE, changed(TWO, 52, "19.00000001"), 2, "mean motion 19.00000001 is outside"),
        (ONE, changed(TWO, 52, "00.00000000"), 2, "mean motion 00.00000000 is outside"),
        (ONE, changed(TWO, 43, " 18.5x69"), 2, "mean anomaly '18.5x69' is not a number"),
        (ONE, changed(TWO, 26, "00x7417"), 2, "eccentricity '.00x7417' is not a number"),
        (ONE, changed(TWO, 26, "5000000"), 2, "its perigee would lie 2979 km below the ground"),
        (changed(ONE, 53, " 30074 3"), TWO, 1, "drag term ' 30074 3' is not of the form"),
        (changed(ONE, 2, "I5544"), changed(TWO, 2, "I5544"), 1, "neither a number nor alpha-5"),
    ],
)
def test_bad_sets_are_refused_with_line_and_reason(one: str, two: str, line: int, why: str) -> None:
    loaded = parse_tle(f"{one}\n{two}")
    assert not loaded.elements
    ((rejected),) = loaded.rejected
    assert rejected.line == line
    assert why in rejected.what


def test_a_set_that_the_web_passes_on() -> None:
    # A pasted example of the kind that programs ship with: round epoch, and the checksum of another line.
    assert "checksum" in only_reason(
        "1 25544U 98067A   24001.50000000  .00016717  00000-0  10270-3 0  9003\n"
        "2 25544  51.6400 208.9163 0006317  69.9862  25.2906 15.49560722999999"
    )


def test_stray_lines_are_named() -> None:
    loaded = parse_tle(f"<html>\nISS\n{TWO}\n{ONE}\nSAT\n{ONE}\n{TWO}\n{ONE}\n{ONE}")
    assert len(loaded.elements) == 1
    assert [(r.line, r.what) for r in loaded.rejected] == [
        (1, "not part of an element set: '<html>'"),
        (3, "line 2 of a set without its line 1"),
        (4, "line 1 of a set without its line 2"),
        (8, "line 1 of a set without its line 2"),
        (9, "line 1 of a set without its line 2"),
    ]


MUTATION = st.tuples(st.integers(0, 150), st.characters())


@given(st.text())
@example("1 " + "\u0661" * 67 + "\n2 " + "\u0661" * 67)
@example("1 \n2 ")
def test_any_text_never_raises(text: str) -> None:
    loaded = parse_tle(text)
    assert isinstance(loaded, Loaded)
    if any(line.strip() and not line.startswith("#") for line in text.removeprefix("\ufeff").split("\n")):
        assert loaded.elements or loaded.rejected


@given(st.lists(MUTATION, max_size=4), st.booleans())
def test_a_damaged_set_is_read_as_it_stands_or_refused(mutations: list[tuple[int, str]], sign_again: bool) -> None:
    lines = [list(ONE), list(TWO)]
    for at, char in mutations:
        lines[at % 2][at // 2 % 69] = char
    one, two = ("".join(line) for line in lines)
    if sign_again and "\n" not in one + two:
        one, two = signed(one), signed(two)
    loaded = parse_tle(f"{one}\n{two}", source="fuzz")
    assert len(loaded.elements) + len(loaded.rejected) >= 1
    for elements in loaded.elements:
        assert 0.0 <= elements.eccentricity < 1.0
        assert 0.0 < elements.mean_motion_rev_day <= 18.0
        assert not np.isnat(elements.epoch)
    assert all(r.line >= 1 and r.what for r in loaded.rejected)


def test_newest_for_takes_the_nearest_epoch_and_keeps_names_apart() -> None:
    def at_day(day: int, number: str, name: str) -> str:
        one = changed(changed(ONE, 18, f"26{day:03d}.12345678"), 2, number)
        return f"{name}\n{one}\n{changed(TWO, 2, number)}\n"

    text = at_day(100, "10001", "A") + at_day(120, "10001", "A") + at_day(140, "10001", "A")
    text += at_day(110, "10002", "OBJECT") + at_day(110, "10003", "OBJECT")
    fleet = newest_for(parse_tle(text).elements, np.datetime64("2026-05-02"))  # day 122
    assert list(fleet) == ["A", "OBJECT 10002", "OBJECT 10003"]
    assert str(fleet["A"].epoch)[:10] == "2026-04-30"


@pytest.mark.needs_shared_data
def test_a_whole_catalogue_is_read(shared_data) -> None:
    loaded = parse_tle((shared_data / "orbits" / "active_catalogue.tle").read_text("utf-8"))
    assert len(loaded.elements) == 15_347  # counted in the data's README
    assert not loaded.rejected
