"""Stated times: what a span of UTC they are, and what is refused."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.claim.moments import moment_of, zone_of
from swath.errors import InputError


@pytest.mark.parametrize(
    ("stated", "zone", "first", "last"),
    [
        ("2023-11-22 09:21", "Asia/Pyongyang", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("2016-06-01 10:00", "Asia/Pyongyang", "2016-06-01T01:30:00", "2016-06-01T01:30:59"),  # +08:30 in those years
        ("2023-11-24 10:15 to 10:27", "KST", "2023-11-24T01:15:00", "2023-11-24T01:27:59"),
        ("2023-11-24 10:15-10:27", "+09:00", "2023-11-24T01:15:00", "2023-11-24T01:27:59"),
        ("2023-11-24 23:50 to 00:10", "UTC", "2023-11-24T23:50:00", "2023-11-25T00:10:59"),
        ("2023-11-22T00:25:27Z", "", "2023-11-22T00:25:27", "2023-11-22T00:25:27"),
        ("2023-11-22T09:25:27+09:00", "", "2023-11-22T00:25:27", "2023-11-22T00:25:27"),
        ("2023-11-27 11:35 pm KST", "", "2023-11-27T14:35:00", "2023-11-27T14:35:59"),
        ("2023-11-27 12:05 am", "UTC", "2023-11-27T00:05:00", "2023-11-27T00:05:59"),
        ("2023-11-22 around ten in the morning", "Asia/Seoul", "2023-11-22T00:30:00", "2023-11-22T01:30:00"),
        ("2023-11-22 about 10:20", "JST", "2023-11-22T01:05:00", "2023-11-22T01:35:00"),
        ("2022-04-01 late morning", "Europe/Kyiv", "2022-04-01T07:00:00", "2022-04-01T09:00:00"),
        ("2023-11-22", "UTC", "2023-11-22T00:00:00", "2023-11-22T23:59:59"),
    ],
)
def test_what_people_write(stated: str, zone: str, first: str, last: str) -> None:
    moment = moment_of(stated, zone=zone)
    assert (moment.earliest, moment.latest) == (np.datetime64(first), np.datetime64(last))


def test_the_width_of_rough_words_is_told() -> None:
    assert "30 min either way" in moment_of("2023-11-22 around ten in the morning", zone="KST").because
    assert "whole day" in moment_of("2023-11-22", zone="KST").because
    assert moment_of("2023-11-22T00:25:27Z", within_s=3.0).half_width_s == 3.0


@pytest.mark.parametrize(
    ("stated", "zone", "said"),
    [
        ("2023-11-22 09:21", "", "no time zone"),
        ("2023-11-22 09:21", "CST", "several zones"),
        ("2023-11-22 09:21", "Mars/Olympus", "no zone"),
        ("2023-03-26 02:30", "Europe/Berlin", "did not exist"),
        ("2023-10-29 02:30", "Europe/Berlin", "happened twice"),
        ("2011-12-30 12:00", "Pacific/Apia", "did not exist"),  # the day that Samoa left out
        ("2023-02-30 10:00", "Z", "out of range"),
        ("2023-11-22 25:00", "Z", "no time of day"),
        ("yesterday", "Z", "not a time"),
        ("", "Z", "no time"),
        (None, "Z", "no time"),
        (12.5, "Z", "no time"),
        ("2023-11-22T10:00:00/2023-11-21T10:00:00", "Z", "ends before"),
    ],
)
def test_what_is_refused(stated: object, zone: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        moment_of(stated, zone=zone)


LOCAL = st.datetimes(min_value=datetime(1960, 1, 1), max_value=datetime(2100, 1, 1))  # noqa: DTZ001


@given(LOCAL, st.integers(-14 * 4, 14 * 4))
def test_an_offset_is_taken_off(local: datetime, quarters: int) -> None:
    local = local.replace(microsecond=0)
    sign, minutes = "-" if quarters < 0 else "+", abs(quarters) * 15
    offset = f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    moment = moment_of(local.isoformat(sep=" "), zone=offset)
    assert moment.earliest == np.datetime64(local) - np.timedelta64(quarters * 15, "m")
    assert moment.exact


@given(st.text(max_size=40), st.text(max_size=20))
def test_whatever_is_written_is_a_time_or_an_error(stated: str, zone: str) -> None:
    try:
        moment = moment_of(stated, zone=zone)
    except InputError:
        return
    assert moment.earliest <= moment.latest


def test_zones_of_a_clear_name() -> None:
    at = datetime(2023, 11, 22)  # noqa: DTZ001
    assert zone_of("KST").utcoffset(at) == zone_of("+09:00").utcoffset(at) == zone_of("Asia/Seoul").utcoffset(at)
