"""Places, alerts, verdicts, days and messages: what holds whatever the numbers are."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from swath.errors import InputError
from swath.model import Place
from swath.time import seconds
from swath.watch.days import DAY_STATES, LookState, days_of
from swath.watch.file import parse_watch, place_text, round_place
from swath.watch.outbox import MOST_ATTEMPTS, after_failure, after_success, due, message_for, put_back
from swath.watch.pairs import PictureLook, apart_deg, best_before
from swath.watch.records import Alert, Target, Verdict, WatchedPlace, WatchFile, alert_id, area_km2, revise
from swath.watch.verdicts import Exposure, asked_rate, false_rate, precision
from tests.watch.made_alerts import NOTICED, made_alert

NOW = np.datetime64("2026-05-18T12:00:00", "ns")
HOOK = Target("ops", "webhook", "https://example.org/hook", secret="S")


def read(text: str) -> WatchFile:
    return parse_watch(text, where="w.toml", places_of=lambda name: ())


@settings(max_examples=30)
@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(50.0, 50_000.0))
def test_a_circle_has_its_area_and_its_middle_and_survives_the_file(lon: float, lat: float, radius_m: float) -> None:
    place = round_place("c", lon, lat, radius_m)
    ring = np.array(place.ring)
    ring[:, 0] = lon + (ring[:, 0] - lon + 180.0) % 360.0 - 180.0
    geod_km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.Polygon(ring))[0]) / 1e6
    assert area_km2(place) == pytest.approx(math.pi * radius_m**2 / 1e6, rel=0.01)
    assert area_km2(place) == pytest.approx(geod_km2, rel=0.02)
    watched = WatchedPlace(place, deliver=("a",), false_alarms_per_unit=0.25, note='a "note"\n', follow_up=True)
    text = 'title = "t"\n[[deliveries]]\nid="a"\nkind="atom"\naddress="f.xml"\n' + place_text(watched, radius_m)
    again = read(text).places[0]
    assert again.place == place and again.note == 'a "note" ' and again.false_alarms_per_unit == 0.25


@pytest.mark.parametrize(
    ("ring", "why"),
    [
        ("[[0,0],[1,1],[1,0],[0,1]]", "cross"),
        ("[[0,0],[1,1]]", "three corners"),
        ("[[0,0],[0.0001,0],[0.0001,0.0001]]", "area of"),
        ("[[0,0],[1,0],[2,0]]", "area"),
        ("[[0,0],[200,0],[1,1]]", "outside the world"),
        ("[[-60,-60],[60,-60],[60,60],[-60,60]]", "area of"),
    ],
)
def test_outlines_that_cannot_be_watched_are_refused_with_why(ring: str, why: str) -> None:
    with pytest.raises(InputError, match=why if why != "cross" else "(?i)intersect|cross|no area"):
        read(f'title = "t"\n[[places]]\nid = "p"\npolygon = {ring}\n')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "title"),
        ('title = "t"\nwhat = 1', "what"),
        ('title = "t"\n[[places]]\nid = "p"\nlon_deg = 1\nlat_deg = 1', "radius_m"),
        ('title = "t"\n[[places]]\nid = "p"\nlon_deg = 1\nlat_deg = 1\nradius_m = 1', "radius_m"),
        ('title = "t"\n[[places]]\nid = "p"\nlon_deg = 1\nlat_deg = 89.99\nradius_m = 9000', "pole"),
        ('title = "t"\n[[places]]\nid="p"\nlon_deg=1\nlat_deg=1\nradius_m=99\nlook_for=["faces"]', "faces"),
        ('title = "t"\n[[places]]\nid="p"\nlon_deg=1\nlat_deg=1\nradius_m=99\ndeliver=["x"]', "'x'"),
        ('title = "t"\nfalse_alarms = 0', "false_alarms"),
        ('title = "t"\n[[deliveries]]\nid="d"\nkind="fax"\naddress="1"', "fax"),
        ('title = "t"\n[[deliveries]]\nid="d"\nkind="email"\naddress="a@b"', "e-mail"),
        ('title = "t"\n' + '[[deliveries]]\nid="d"\nkind="atom"\naddress="f"\n' * 2, "two are called"),
        ("title = ", "TOML"),
    ],
)
def test_a_watch_file_that_is_wrong_says_where_and_what_to_do(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read(text)
    assert caught.value.fix and caught.value.where


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_no_text_breaks_the_watch_file(text: str) -> None:
    with suppress(InputError):
        read(text)


def test_an_alert_is_the_same_after_json_and_each_change_is_a_revision() -> None:
    alert = revise(made_alert(simulated=True), NOW, status="confirmed", answer="still there")
    again = Alert.from_json(json.loads(json.dumps(alert.to_json())))
    assert again == alert and again.revision == 2 and again.changed == NOW and made_alert().changed == NOTICED
    assert alert.lonlat == pytest.approx((32.882, 23.9715))
    assert alert_id("p", "cover", "s", 1.00001, 2.0) == alert_id("p", "cover", "s", 1.00002, 2.0)
    assert len({alert_id("p", k, s, x, 2.0) for k in ("a", "b") for s in ("s", "t") for x in (1.0, 1.1)}) == 8


def test_dismissed_alerts_make_a_place_stricter_and_confirmed_ones_never_laxer() -> None:
    def said(right: int, wrong: int) -> list[Verdict]:
        words = ["confirmed"] * right + ["dismissed"] * wrong
        return [Verdict(f"a{n}", "p", word, NOW) for n, word in enumerate(words)]  # type: ignore[arg-type]

    exposure = Exposure(500.0, 365.25)  # half a thousand km2 for a year
    assert asked_rate([], exposure, 1.0) == 1.0
    rates = [asked_rate(said(0, n), exposure, 1.0) for n in range(12)]
    assert rates[0] == 1.0 and all(b <= a for a, b in pairwise(rates)) and rates[11] < 0.25
    assert asked_rate(said(50, 0), exposure, 1.0) == 1.0
    # Many more than promised: the rate found tends to what was seen, and what is asked falls by that factor.
    assert false_rate(said(0, 400), Exposure(1000.0, 10 * 365.25), 1.0) == pytest.approx(402 / 12)
    found = precision(said(8, 2))
    assert found.value == 0.8 and found.low is not None and found.high is not None
    assert found.low == pytest.approx(0.541, abs=0.001) and found.high == pytest.approx(
        0.931, abs=0.001
    )  # Wilson, 90 %
    assert precision([]).because and precision(said(3, 0)).low > 0.4  # type: ignore[operator]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(DAY_STATES)), max_size=30), st.data())
def test_every_day_has_one_state_and_none_without_a_picture_is_no_change(
    looks: list[tuple[int, str]], data: st.DataObject
) -> None:
    first = np.datetime64("2026-03-01")
    given_looks = [LookState(first + np.timedelta64(24 * d + 9, "h"), f"s{n}", s) for n, (d, s) in enumerate(looks)]
    passes = {first + n: data.draw(st.integers(0, 2)) for n in range(41)}
    days = days_of(given_looks, first, first + 40, passes=passes)
    assert len(days) == 41
    for n, row in enumerate(days.rows()):
        mine = {state for day, state in looks if day == n}
        want = next((state for state in DAY_STATES if state in mine), "not seen")
        assert row["state"] == want
        if not mine:
            assert row["because"] and ("nobody passed" in row["because"]) == (passes[first + n] == 0)


def test_a_message_is_sent_again_later_and_later_whatever_the_clock_does() -> None:
    one = message_for(made_alert(), HOOK)
    assert one == message_for(made_alert(), HOOK) and due([one], NOW) == [one]
    failed = after_failure(one, NOW, "HTTP 500")
    assert due([failed], NOW + seconds(29.0)) == [] and due([failed], NOW + seconds(30.0)) == [failed]
    # Set back by a year, the clock must not keep it waiting for a year; set forward it is only sooner.
    assert due([failed], NOW - np.timedelta64(365, "D")) == [failed]
    assert due([failed], NOW + np.timedelta64(365, "D")) == [failed]
    at, tries = NOW, 0
    while failed.state == "waiting":
        at, tries = at + seconds(failed.pause_s), tries + 1
        failed = after_failure(failed, at, "HTTP 500")
        assert failed.pause_s <= 3600.0
    assert failed.attempts == MOST_ATTEMPTS and at - NOW > np.timedelta64(5, "D") and due([failed], at) == []
    assert due([put_back(failed)], at) == [put_back(failed)]
    assert after_success(one, NOW).state == "sent" and due([after_success(one, NOW)], NOW) == []


def test_only_the_last_revision_goes_and_each_has_its_own_id() -> None:
    old, new = made_alert(), revise(made_alert(), NOW, status="confirmed")
    messages = [message_for(alert, HOOK) for alert in (old, new)]
    assert len({one.id for one in messages}) == 2 and due(messages, NOW) == [messages[1]]
    assert message_for(old, replace(HOOK, id="other")).id != messages[0].id


def test_the_earlier_picture_is_the_one_most_alike() -> None:
    after = PictureLook("b", NOW, "optical", 10.0, 100.0, 50.0, 150.0)
    day = np.timedelta64(1, "D")
    same = replace(after, scene="same", at=NOW - 20 * day)
    other_side = replace(after, scene="other", at=NOW - 2 * day, azimuth_deg=280.0)
    radar = replace(after, scene="radar", at=NOW - day, sensor="radar")
    later = replace(after, scene="later", at=NOW + day)
    assert best_before(after, [other_side, radar, later, same]) == same
    assert best_before(after, [radar, later]) is None
    assert apart_deg(after, other_side) == pytest.approx((20.0, 0.0), abs=1e-4)
    unknown = replace(after, azimuth_deg=np.nan, sun_azimuth_deg=np.nan, scene="u", at=NOW - day)
    assert apart_deg(after, unknown) == pytest.approx((0.0, 8.0), abs=1e-4)


def test_a_place_is_refused_by_its_size_and_its_rate() -> None:
    with pytest.raises(InputError, match="area of"):
        WatchedPlace(Place.point("p", lon_deg=1.0, lat_deg=1.0))
    with pytest.raises(InputError, match="false alarms"):
        WatchedPlace(round_place("p", 1.0, 1.0, 500.0), false_alarms_per_unit=0.0)
