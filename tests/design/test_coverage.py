"""Gaps and waiting times against a brute-force clock, and what clouds and stations do to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access.accesses import find_accesses
from swath.design.coverage import coverage_of, deliveries, with_clouds
from swath.design.looks import Looks, looks_of, passes_of
from swath.design.motion import tables_of
from swath.design.patterns import walker
from swath.design.regions import Region, area, globe, latitude_band, parallel, point
from swath.design.sensors import Sensor
from swath.design.shapes import sun_synchronous
from swath.errors import InputError
from swath.frames import EarthOrientation
from swath.model import Place
from swath.orbit.ephemeris import sgp4_ephemeris

START = np.datetime64("2026-03-01T00:00:00", "ns")
SSO = sun_synchronous(6_880e3)
FLEET = walker(SSO, 3, 1, 0, raan_deg=120.0, epoch=START)


def made(rows: list[tuple[float, float]], span_s: float = 10_000.0) -> Looks:
    rows.sort()
    start, stop = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    region = Region("one", np.zeros(1), np.zeros(1), np.ones(1), "made up")
    zero = np.zeros(len(rows), np.int64)
    return Looks(region, START, span_s, zero, zero, start, (start + stop) / 2.0, stop)


looks = st.lists(
    st.tuples(st.integers(0, 9_000), st.integers(1, 900)).map(lambda r: (float(r[0]), float(r[0] + r[1]))),
    min_size=2,
    max_size=8,
)


@given(looks)
@settings(max_examples=40)
def test_gaps_and_waits_are_those_of_a_clock(rows: list[tuple[float, float]]) -> None:
    found = coverage_of(made(rows))
    tick = np.arange(0.5, 10_000.0)
    seen = np.any([(tick >= start) & (tick <= stop) for start, stop in rows], axis=0)
    last = int(np.flatnonzero(seen)[-1])
    following = np.searchsorted(np.flatnonzero(seen), np.arange(last + 1))
    waits = np.flatnonzero(seen)[following] - np.arange(last + 1)
    assert found.response is not None
    assert found.response.mean_days * 86400.0 == pytest.approx(waits.mean(), abs=2.0)
    assert found.response.p95_days * 86400.0 == pytest.approx(np.quantile(waits, 0.95), abs=3.0)
    lengths = np.diff(np.flatnonzero(np.diff(np.r_[0, ~seen, 0].astype(int))))[::2]
    assert found.point_largest_days[0] * 86400.0 == pytest.approx(max(lengths, default=0), abs=1.5)


def test_the_looks_are_those_of_the_access_command() -> None:
    places = [Place.point(str(n), lon_deg=lon, lat_deg=lat) for n, (lon, lat) in enumerate([(10, 45), (-70, 5)])]
    for place in places:
        mine = looks_of(tables_of(FLEET, START, 5.0), point(place), [Sensor(35.0)])
        motion = {one.name: sgp4_ephemeris(one, EarthOrientation.zero()) for one in FLEET}
        stop = START + np.timedelta64(5, "D")
        theirs = find_accesses(motion, [place], START, stop, EarthOrientation.zero(), max_off_nadir_deg=35.0)
        assert len(mine) == len(theirs) > 3
        begun_s = np.sort((theirs.start - START) / np.timedelta64(1, "ns") * 1e-9)
        assert np.allclose(np.sort(mine.start_s), begun_s, atol=2e-3)


def test_night_is_left_out_and_the_sun_is_where_it_is() -> None:
    region = parallel("45 N", 45.0)
    tables = tables_of(FLEET, START, 10.0)
    every, day = (looks_of(tables, region, [Sensor(35.0, limit)]) for limit in (None, 5.0))
    night = looks_of(tables, region, [Sensor(35.0, -90.0)])
    assert len(night) == len(every) > len(day) > 0.3 * len(every)


def test_clouds_take_their_share_and_a_day_is_one_trial() -> None:
    every = looks_of(tables_of(FLEET, START, 30.0), parallel("60 N", 60.0), [Sensor(45.0)])
    draws = with_clouds(every, [0.6], range(5))
    assert np.mean([len(draw) / len(every) for draw in draws]) == pytest.approx(0.4, abs=0.02)
    assert len(with_clouds(every, [0.0], [1])[0]) == len(every) and not len(with_clouds(every, [1.0], [1])[0])
    assert len(with_clouds(every, [0.6], [3])[0]) == len(draws[3])
    worse = coverage_of(draws[0])
    assert worse.response is not None and coverage_of(every).response is not None
    assert worse.response.mean_days > coverage_of(every).response.mean_days  # type: ignore[union-attr]
    local = every.closest_s + 240.0 * every.region.lon_deg[every.point]
    kept = set(zip(draws[0].point.tolist(), draws[0].start_s.tolist(), strict=True))
    for number in range(20):
        mine = every.point == number
        days = np.floor(local[mine] / 86400.0)
        clear = np.array([(number, s) in kept for s in every.start_s[mine].tolist()])
        for day in np.unique(days):
            assert len(set(clear[days == day].tolist())) == 1
    with pytest.raises(InputError):
        with_clouds(every, [0.1, 0.2], [0])


def test_a_picture_comes_down_in_the_next_pass_that_has_time_left() -> None:
    tables = tables_of(FLEET, START, 5.0)
    seen = looks_of(tables, parallel("40 S", -40.0), [Sensor(30.0)])
    stations = parallel("station", 70.0).ground
    passes = passes_of(tables, stations, 5.0)
    ready = deliveries(seen, passes, download_s=60.0)
    for row in range(0, len(seen), 17):
        rise, fall, _ = passes[int(seen.satellite[row])]
        begun = np.maximum(rise, seen.stop_s[row])
        fits = begun + 60.0 <= fall
        wanted = begun[fits].min() + 60.0 if fits.any() else np.inf
        assert ready[row] == pytest.approx(wanted)
    found = coverage_of(seen, ready)
    assert found.delivery is not None and found.response is not None
    assert found.delivery.mean_days > found.response.mean_days


@given(looks, st.integers(1, 500))
@settings(max_examples=40)
def test_waits_to_the_ground_are_those_of_a_clock(rows: list[tuple[float, float]], lag_s: int) -> None:
    given_looks = made(rows)
    ready = given_looks.stop_s + np.where(np.arange(len(given_looks)) % 2, 10.0, float(lag_s))
    found = coverage_of(given_looks, ready)
    asked = np.arange(0.5, given_looks.stop_s.max(), 1.0)
    usable = given_looks.stop_s[:, None] > asked
    best = np.where(usable, ready[:, None], np.inf).min(0)
    assert found.delivery is not None
    assert found.delivery.mean_days * 86400.0 == pytest.approx((best - asked).mean(), abs=1.0)


def test_regions() -> None:
    for region in (globe(rows=12), latitude_band("band", 30.0, 50.0), parallel("p", 3.0)):
        assert region.weight.sum() == pytest.approx(1.0)
    assert np.sum(globe().weight * np.sin(np.radians(globe().lat_deg)) ** 2) == pytest.approx(1 / 3, abs=2e-3)
    box = Place.box("box", lon_deg=20.0, lat_deg=50.0, width_m=300e3, height_m=300e3)
    inside = area(box)
    assert 40 < len(inside.lon_deg) < 80 and abs(inside.lon_deg.mean() - 20.0) < 0.3
    with pytest.raises(InputError, match="area of no size"):
        area(Place.point("x", lon_deg=1.0, lat_deg=2.0))
    with pytest.raises(InputError, match="36 at least"):
        parallel("few", 10.0, 12)
    with pytest.raises(InputError, match="South first"):
        latitude_band("none", 10.0, 10.0)
    with pytest.raises(InputError):
        tables_of([], START, 1.0)
    with pytest.raises(InputError):
        tables_of([FLEET[0], FLEET[0]], START, 1.0)
