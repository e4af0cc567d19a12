from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import erfa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath import time
from swath.errors import InputError

NS_OF_SPACE_AGE = st.integers(-400_000_000 * 10**9, 4_000_000_000 * 10**9)  # 1957 to 2096


def utc(text: str) -> np.datetime64:
    return np.datetime64(text, "ns")


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_any_offset_names_the_same_instant(moment: datetime, offset: int) -> None:
    moment = moment.replace(year=1901 + moment.year % 298, day=min(moment.day, 28))
    elsewhere = moment.astimezone(timezone(timedelta(minutes=offset)))
    assert time.parse_utc(elsewhere.isoformat()) == time.to_datetime64(moment)
    assert time.to_datetime(time.to_datetime64(elsewhere)) == moment


@given(NS_OF_SPACE_AGE)
def test_text_and_back_keeps_nine_digits(ns: int) -> None:
    at = np.datetime64(ns, "ns")
    text = time.format_utc(at, decimals=9)
    assert text.endswith("Z")
    assert np.datetime64(text[:-1], "ns") == at
    rounded = np.datetime64(time.format_utc(at, decimals=3)[:-1], "ns")
    assert abs(rounded - at) <= np.timedelta64(500_000, "ns")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-05-08T06:00:00", "no time zone"),
        ("yesterday", "not a time"),
        ("2026-02-30T00:00:00Z", "not a time"),
        ("2016-12-31T23:59:60Z", "not a time"),
        ("0001-01-01T00:00:00+05:00", "year 1 is outside"),
        ("9999-12-31T23:59:59-05:00", "year 9999 is outside"),
        ("1677-01-01T00:00:00Z", "year 1677 is outside"),
        ("", "not a time"),
    ],
)
def test_times_that_are_none_are_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        time.parse_utc(text, where="--at")


def test_the_leap_second_of_2016_counts() -> None:
    assert time.elapsed_s(utc("2016-12-31T23:59:59"), utc("2017-01-01T00:00:00")) == 2.0
    assert time.elapsed_s(utc("2017-01-01T00:00:00"), utc("2016-12-31T23:59:59")) == -2.0
    assert time.elapsed_s(utc("2017-01-01T00:00:00"), utc("2017-01-01T00:00:01")) == 1.0
    # 27 leap seconds from 1972-01-01 (TAI - UTC = 10 s) to 2017-01-01 (37 s): IERS Bulletin C 52
    days = (utc("2017-01-01") - utc("1972-01-01")) / np.timedelta64(1, "D")
    assert time.elapsed_s(utc("1972-01-01"), utc("2017-01-01")) == days * 86400.0 + 27.0


def test_terrestrial_time_runs_evenly_through_a_leap_second() -> None:
    at = utc("2016-12-31T12:00:00") + np.arange(0, 86_400, 600).astype("timedelta64[s]")
    tt1, tt2 = time.terrestrial_julian_date(at)
    after_s = ((tt1 - tt1[0]) + (tt2 - tt2[0])) * 86400.0
    np.testing.assert_allclose(after_s, time.elapsed_s(at[0], at), rtol=0, atol=1e-9)


@given(st.integers(2 * 365 * 86_400 * 10**9, 1_600_000_000 * 10**9))  # 1972 to 2020: erfa warns of later years
def test_terrestrial_time_is_erfas(ns: int) -> None:
    at = np.datetime64(ns, "ns")
    day, ms = str(at)[:10], (at - at.astype("datetime64[D]")) / np.timedelta64(1, "s")
    year, month, dom = (int(part) for part in day.split("-"))
    tai = erfa.utctai(*erfa.dtf2d("UTC", year, month, dom, int(ms // 3600), int(ms % 3600 // 60), ms % 60))
    want1, want2 = erfa.taitt(*tai)
    tt1, tt2 = time.terrestrial_julian_date(at)
    assert abs((tt1 - want1) + (tt2 - want2)) * 86400.0 < 2e-9


@given(NS_OF_SPACE_AGE, st.floats(0.0, 3e6))
def test_later_undoes_elapsed(ns: int, after_s: float) -> None:
    start = np.datetime64(ns, "ns")
    back_s = float(time.elapsed_s(start, time.later(start, after_s)))
    # inside a leap second the clock has no stamp of its own and shows the midnight after
    assert -1e-8 <= back_s - after_s <= 1e-8 or 0 < back_s - after_s <= 1.0 + 1e-8


def test_later_crosses_the_leap_second() -> None:
    start = utc("2016-12-31T23:59:50")
    shown = time.later(start, np.array([0.0, 9.5, 10.0, 10.5, 11.0, 12.0]))
    want = [
        "2016-12-31T23:59:50",
        "2016-12-31T23:59:59.5",
        "2017-01-01",
        "2017-01-01",
        "2017-01-01",
        "2017-01-01T00:00:01",
    ]
    assert list(shown) == [utc(t) for t in want]


@given(NS_OF_SPACE_AGE)
def test_two_part_julian_dates_lose_nothing(ns: int) -> None:
    day, fraction = time.julian_date(np.datetime64(ns, "ns"))
    assert day % 1.0 == 0.5
    back = round((float(day) - 2440587.5) * 86_400) * 10**9 + round(float(fraction) * 86_400e9)
    assert abs(back - ns) <= 10  # 1.1e-16 of a day is 0.01 ns; the product rounds


@given(NS_OF_SPACE_AGE, st.floats(0.001, 1e4), st.integers(1, 500))
def test_a_grid_holds_both_ends_in_equal_steps(ns: int, step_s: float, steps: int) -> None:
    start = np.datetime64(ns, "ns")
    stop = start + time.seconds(step_s) * steps - np.timedelta64(1, "ns")
    grid = time.time_grid(start, stop, step_s)
    assert grid[0] == start
    assert grid[-2] < stop <= grid[-1] or len(grid) == 2
    assert len(set(np.diff(grid).tolist())) == 1


def test_hourly_is_exact_for_what_is_linear_and_asks_only_needed_hours() -> None:
    asked = []

    def slow(at: np.ndarray) -> np.ndarray:
        asked.append(at)
        hours = at.astype("datetime64[h]").astype(float)
        return np.stack([hours, -2.0 * hours], -1)

    at = np.array(["2026-05-08T06:15", "1969-12-31T23:30", "2026-05-08T06:45"], "datetime64[ns]").reshape(3, 1)
    got = time.hourly(slow, at)
    hours = at.astype(np.int64) / 3.6e12
    np.testing.assert_allclose(got, np.stack([hours, -2.0 * hours], -1), rtol=1e-14)
    assert got.shape == (3, 1, 2)
    assert len(asked[0]) == 4
