"""Stations to add: every set holds the one before it, and more stations are never slower."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from swath.access.many import ground_of
from swath.design.looks import looks_of, passes_of
from swath.design.motion import tables_of
from swath.design.patterns import walker
from swath.design.regions import Region, parallel
from swath.design.sensors import Sensor
from swath.design.shapes import sun_synchronous
from swath.design.stations import best_stations, latency_of, shortlist
from swath.errors import InputError
from swath.model import Place

START = np.datetime64("2026-03-01T00:00:00", "ns")
SPOTS = {"svalbard": (15.4, 78.2), "troll": (2.5, -72.0), "awarua": (168.4, -46.5), "dongara": (115.3, -29.0)}


def test_sets_grow_and_never_get_slower() -> None:
    fleet = walker(sun_synchronous(6_880e3), 2, 1, 0, raan_deg=120.0, epoch=START)
    tables = tables_of(fleet, START, 4.0)
    looks = looks_of(tables, parallel("40 N", 40.0, 36), [Sensor(35.0)])
    ground = ground_of([Place.point(name, lon_deg=lon, lat_deg=lat) for name, (lon, lat) in SPOTS.items()])
    names = list(SPOTS)
    sets, first = best_stations(looks, tables, ground, names, 1, more=3)
    assert [len(one.stations) for one in sets] == [1, 2, 3, 4] and sets[0].stations == ("svalbard",)
    for fewer, more in pairwise(sets):
        assert more.stations[: len(fewer.stations)] == fewer.stations
        assert more.p90_s <= fewer.p90_s and more.contact_s_per_day > fewer.contact_s_per_day
        assert more.undelivered_fraction <= fewer.undelivered_fraction
    assert sets[1] == first[0] and first == sorted(first, key=lambda one: (one.p90_s, one.p50_s))
    passes = passes_of(tables, ground, 5.0)
    tried = [latency_of(looks, passes, names, [0, n], 60.0).p90_s for n in (1, 2, 3)]
    assert first[0].p90_s == min(tried)
    # Over the poles a satellite is seen on every revolution: none waits longer than one of them and a half.
    assert sets[-1].p90_s < 1.5 * 5_700.0
    with pytest.raises(InputError):
        best_stations(looks, tables, ground, names, 4)


def test_a_shortlist_keeps_what_is_there_and_takes_the_best_seen_and_the_nearest() -> None:
    lon = np.array([0.0, 10.0, 15.4, 2.5, *np.linspace(-180.0, 170.0, 30)])
    lat = np.array([0.0, 45.0, 78.2, -72.0, *np.full(30, 5.0)])
    spots = Region("spots", lon, lat, np.full(len(lon), 1.0 / len(lon)), "")
    region, shape = parallel("x", 45.0, 36), sun_synchronous(6_880e3)
    here = Region("here", np.array([10.0]), np.array([46.0]), np.ones(1), "")
    few = shortlist(spots, here, shape, START, 1, most=5)
    assert len(few) == 5 and few == sorted(few) and {0, 1, 2, 3} <= set(few)
    assert shortlist(spots, region, shape, START, 2, most=40) == list(range(len(lon)))
