"""Dates, clocks and zones as people write them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.claim.moments import moment_of
from swath.claim.written import plain_time


@pytest.mark.parametrize(
    ("stated", "zone", "first", "last"),
    [
        ("24 Nov 2023 10:20", "KST", "2023-11-24T01:20:00", "2023-11-24T01:20:59"),
        ("Nov. 22, 2023 at 9:21 am Pyongyang time", "", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("11:36:25 p.m. on November 27, 2023", "KST", "2023-11-27T14:36:25", "2023-11-27T14:36:25"),
        ("22.11.2023 09:21", "KST", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("2023/11/22 00:21", "UTC", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("20231122T002100Z", "", "2023-11-22T00:21:00", "2023-11-22T00:21:00"),
        ("2023-326T00:21:00Z", "", "2023-11-22T00:21:00", "2023-11-22T00:21:00"),
        ("2023-11-22 0921Z", "", "2023-11-22T09:21:00", "2023-11-22T09:21:59"),
        ("2023-11-22 0921 KST", "", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("2023-11-22 9.21 am", "KST", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("2023-11-22 09h21", "KST", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("2023-11-24 between 10:15 and 10:27 KST", "", "2023-11-24T01:15:00", "2023-11-24T01:27:59"),
        ("2023-11-24T01:15:00Z/2023-11-24T01:27:00Z", "", "2023-11-24T01:15:00", "2023-11-24T01:27:00"),
        ("2023-11-22 9am to 10:30 am", "KST", "2023-11-22T00:00:00", "2023-11-22T01:30:59"),
        ("2023-11-22 shortly after 9:21", "KST", "2023-11-22T00:21:00", "2023-11-22T00:36:00"),
        ("2023-11-22 just before 9:21", "KST", "2023-11-22T00:06:59", "2023-11-22T00:21:59"),
        ("2023-11-22 09:21 local time", "KST", "2023-11-22T00:21:00", "2023-11-22T00:21:59"),
        ("2023-11-22 09:21 Kiev time", "", "2023-11-22T07:21:00", "2023-11-22T07:21:59"),
        ("2023-11-24T10:20+09", "", "2023-11-24T01:20:00", "2023-11-24T01:20:59"),
        ("around ten in the morning on 22 November 2023", "KST", "2023-11-22T00:30:00", "2023-11-22T01:30:00"),
    ],
)
def test_what_people_write(stated: str, zone: str, first: str, last: str) -> None:
    moment = moment_of(stated, zone=zone)
    assert (moment.earliest, moment.latest) == (np.datetime64(first), np.datetime64(last))


@given(st.dates(), st.sampled_from(["%d %B %Y", "%B %d, %Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y", "%Y-%j"]))
def test_a_date_is_the_same_in_every_form(day: object, form: str) -> None:
    import datetime

    assert isinstance(day, datetime.date)
    if 1900 <= day.year < 2100:
        assert plain_time(f"{day.strftime(form)} 10:15") == f"{day.isoformat()} 10:15"
