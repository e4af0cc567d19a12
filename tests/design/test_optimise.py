"""The search: never worse than any pattern, the same with any executor; clouds, stations, satellites that fly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from swath.design.atlas import Atlas, Slot, atlas_of, elements_at
from swath.design.coverage import coverage_of, deliveries
from swath.design.growth import value_of
from swath.design.looks import clear_looks, looks_of, passes_of
from swath.design.motion import tables_of
from swath.design.optimise import Optimum, Wish, optimise, patterns_of
from swath.design.patterns import walker
from swath.design.regions import Region, area
from swath.design.sensors import Sensor
from swath.design.shapes import sun_synchronous
from swath.design.worth import Terms, spread_days, worth_of
from swath.errors import InputError
from swath.model import Place
from swath.operate.workers import cluster

START = np.datetime64("2027-03-01T00:00:00", "ns")
COUNTRY = area(Place.box("country", lon_deg=127.0, lat_deg=40.0, width_m=500e3, height_m=600e3), points=8)
SHAPES = [sun_synchronous(6_878_137.0), sun_synchronous(6_978_137.0)]
SPOTS = Region("stations", np.array([15.4, 127.0, 168.4]), np.array([78.2, 37.0, -46.5]), np.full(3, 1 / 3), "")


@pytest.fixture(scope="module")
def atlases() -> tuple[Atlas, ...]:
    return tuple(atlas_of(shape, Sensor(30.0, 10.0), COUNTRY, START, 10.0) for shape in SHAPES)


@pytest.fixture(scope="module")
def down() -> tuple[Atlas, ...]:
    return tuple(atlas_of(shape, Sensor(90.0, None, 5.0), SPOTS, START, 10.0) for shape in SHAPES)


@pytest.fixture(scope="module")
def wish(atlases: tuple[Atlas, ...]) -> Wish:
    return Wish(Terms(atlases, "response_p95"), (0, 1), generations=4)


@pytest.fixture(scope="module")
def found(wish: Wish) -> list[Optimum]:
    return optimise(wish, [1, 2, 4], seed=3)


def test_never_worse_than_any_walker_pattern_or_plane(wish: Wish, found: list[Optimum]) -> None:
    """By their own motion, on every orbit, in every plane that was tried."""
    for one in found:
        held: dict[Slot, object] = {}
        rivals = {
            name: worth_of(wish.terms, slots, held=held)
            for shape in wish.shapes
            for node_deg in (0.0, 90.0)
            for name, slots in patterns_of(one.satellites, shape, node_deg)
        }
        assert one.found.days <= min(rivals.values())
        assert one.found.days <= one.walker.days <= one.plane.days
        assert one.found.days == worth_of(wish.terms, one.found.slots, held={})
        assert one.low_days <= one.found.days <= one.high_days
        assert len(one.losses_days) == len(one.found.slots) == one.satellites
        assert min(one.losses_days) >= one.found.days - 1e-9
        assert one.largest_gap_days > one.found.days / 2.0
    days = [one.found.days for one in found]
    assert days == sorted(days, reverse=True)


def test_the_patterns_are_walkers() -> None:
    for name, slots in patterns_of(6, 0, 20.0, 5.0):
        if "star" not in name:
            total, planes, phasing = map(int, name.split("/"))
            fleet = walker(SHAPES[0], total, planes, phasing, raan_deg=20.0, epoch=START, phase_deg=5.0)
            want = sorted((one.raan_deg % 360.0, one.mean_anomaly_deg % 360.0) for one in fleet)
            have = sorted((slot.raan_deg, slot.phase_deg) for slot in slots)
            apart = (np.array(want) - np.array(have) + 180.0) % 360.0 - 180.0
            assert np.abs(apart).max() < 1e-6, name


def test_same_seed_same_answer_with_any_executor(wish: Wish, found: list[Optimum]) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert optimise(wish, [1, 2], seed=3, executor=pool) == found[:2]


@pytest.mark.slow
def test_a_cluster_gives_the_same(wish: Wish, found: list[Optimum]) -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    options |= {"host": "127.0.0.1", "protocol": "tcp://"}
    with distributed.LocalCluster(**options) as made, cluster(made.scheduler_address) as client:
        assert optimise(wish, [1, 2], seed=3, executor=client) == found[:2]


def test_clouds_cost_and_are_judged_under_other_skies(wish: Wish) -> None:
    cloudy = replace(wish, terms=replace(wish.terms, cloud_fraction=(0.5,)))
    slots = next(patterns_of(2, 0, 90.0))[1]
    held: dict[Slot, object] = {}
    clear, grey = worth_of(wish.terms, slots, held=held), worth_of(cloudy.terms, slots, held=held)
    assert grey > 1.2 * clear
    fleet = [elements_at(wish.terms.atlases[0], slot, str(n), n) for n, slot in enumerate(slots)]
    looks = looks_of(tables_of(fleet, START, 10.0), COUNTRY, [Sensor(30.0, 10.0)])
    skies = [value_of(coverage_of(clear_looks(looks, [0.5], seed)), "response_p95") for seed in (0, 1, 2)]
    assert grey == pytest.approx(np.mean(skies), rel=1e-6)
    low, high = spread_days(cloudy.terms, slots, grey)
    assert high - low > 0.2 * grey


def test_the_way_to_the_ground_and_where_the_next_station_goes(wish: Wish, down: tuple[Atlas, ...]) -> None:
    terms = replace(wish.terms, goal="delivery_p95", stations=down, chosen=(2,))
    slots = next(patterns_of(2, 0, 90.0))[1]
    fleet = [elements_at(terms.atlases[0], slot, str(n), n) for n, slot in enumerate(slots)]
    tables = tables_of(fleet, START, 10.0)
    looks = looks_of(tables, COUNTRY, [Sensor(30.0, 10.0)])
    passes = passes_of(tables, SPOTS.ground.take(np.array([2])), 5.0)
    ready = deliveries(looks, passes, download_s=60.0)
    assert worth_of(terms, slots, held={}) == pytest.approx(
        value_of(coverage_of(looks, ready), "delivery_p95"), rel=1e-4
    )
    (one,) = optimise(replace(wish, terms=terms, more_stations=1), [1], seed=1)
    assert one.stations[0] == 2 and len(one.stations) == 2
    alone = worth_of(terms, one.found.slots, held={})
    assert one.found.days <= alone
    (least,) = optimise(replace(wish, terms=replace(terms, chosen=()), more_stations=5), [1], seed=1)
    assert sorted(least.stations) == [0, 1, 2]


def test_what_flies_stays_and_a_local_time_is_kept(wish: Wish) -> None:
    flying = (Slot(0, 77.0, 11.0),)
    (one,) = optimise(replace(wish, flying=flying, shapes=(1,), node_deg=100.0), [3], seed=1)
    assert one.found.slots[0] == flying[0] and one.satellites == 3
    assert one.found.slots[1].raan_deg == pytest.approx(100.0) and {slot.shape for slot in one.found.slots[1:]} == {1}


def test_refusals(wish: Wish) -> None:
    with pytest.raises(InputError, match="Give 1 to 24"):
        optimise(wish, [0])
    with pytest.raises(InputError, match="Give 2 to 24"):
        optimise(replace(wish, flying=(Slot(0, 0.0, 0.0),)), [1])
    with pytest.raises(InputError, match="--station"):
        optimise(replace(wish, terms=replace(wish.terms, goal="delivery_p95")), [1])
    with pytest.raises(InputError, match="altitudes"):
        optimise(replace(wish, shapes=()), [1])
    with pytest.raises(InputError, match="no address"), cluster("nowhere at all"):
        pass
