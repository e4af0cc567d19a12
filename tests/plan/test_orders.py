"""Orders of every kind become the right requests; contradictory ones are refused with a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Place
from swath.plan.build import build_problem, with_orders
from swath.plan.orders import Order
from swath.plan.problem import Bundle
from swath.plan.solve import solve
from swath.plan.verify import verify
from swath.time import seconds
from tests.plan.fleet import START, satellite, station
from tests.plan.wide import STOP, box, outlook, request

HOUR = 3600.0
FLEET = tuple(satellite(id, n) for n, id in enumerate(("SW-1", "SW-2", "SW-3", "SW-4")))
GROUND = tuple(station(id) for id in ("svalbard", "inuvik", "awarua"))


def problem_of(*orders: Order, fleet=FLEET):
    return build_problem(fleet, GROUND, orders, outlook()[0], start=START, stop=STOP)


def planned(problem):
    plan = solve(problem, seed=1, made=START, rounds=200)
    _, eop, exact = outlook()
    assert verify(problem, plan, exact, eop) == ()
    return plan


def test_an_area_is_cut_for_every_pass_and_credited_in_part() -> None:
    order = Order("area", request("a", 9.0, 48.0, 50.0, place=box("a", 9.0, 48.0, 90e3, 70e3)))
    problem = problem_of(order)
    (bundle,) = problem.bundles
    by_pass = {}
    for id, cells in zip(bundle.requests, bundle.cells, strict=True):
        by_pass.setdefault(id.split(".")[1], set()).update(cells)
    assert all(cells == set(range(bundle.count)) for cells in by_pass.values())  # each pass could cover all of it
    assert len({r.satellites for r in problem.requests}) > 1
    plan = planned(problem)
    assert 0.3 * 50.0 < plan.value < 50.0
    fewer = planned(problem_of(replace(order, request=replace(order.request, satellites=("SW-1",)))))
    assert set(fewer.acquisitions.satellite) <= {"SW-1"}
    assert fewer.value < plan.value


def test_stereo_is_both_or_nothing_and_converges() -> None:
    asked = request("s", 12.0, 44.5, 20.0, looks=2, convergence_deg=(15.0, 40.0))
    problem = problem_of(Order("stereo", asked))
    assert len(problem.groups) > 10
    assert (problem.groups.convergence_deg >= 15.0).all() and (problem.groups.convergence_deg <= 40.0).all()
    plan = planned(problem)
    assert len(plan.acquisitions) == 2
    assert len(set(plan.acquisitions.satellite)) == 1
    wide = problem_of(Order("stereo", replace(asked, convergence_deg=(120.0, 150.0))))
    (refusal,) = solve(wide, seed=1, made=START, rounds=10).refused
    assert refusal.reason == "no_stereo"
    assert "converge" in refusal.because
    three = planned(problem_of(Order("tristereo", replace(asked, looks=3, convergence_deg=(8.0, 30.0)))))
    assert len(three.acquisitions) == 3


def test_a_series_has_an_occasion_every_so_often() -> None:
    asked = request("w", 7.0, 45.0, 9.0, stop=START + seconds(48 * HOUR), deadline=START + seconds(50 * HOUR))
    problem = problem_of(Order("series", asked, every_s=12 * HOUR, tolerance_s=4 * HOUR))
    (bundle,) = problem.bundles
    assert bundle.count == 4
    assert [r.id for r in problem.requests] == ["w.1", "w.2", "w.3"]  # the fourth lies beyond this plan
    for number, part in enumerate(problem.requests):
        due = START + seconds(number * 12 * HOUR)
        assert max(due - seconds(4 * HOUR), START) == part.start
        assert part.stop == due + seconds(4 * HOUR)
        assert part.deadline == part.stop + seconds(2 * HOUR)
    plan = planned(problem)
    assert plan.value <= 9.0 * len(plan.acquisitions) / 4.0


def test_one_of_several_alternatives_is_enough() -> None:
    places = tuple(Place.point(f"x{n}", lon_deg=-100.0 + 5 * n, lat_deg=40.0) for n in range(3))
    plan = planned(problem_of(Order("alternatives", request("any", -100.0, 40.0, 5.0), places=places)))
    assert len(plan.acquisitions) == 1


def test_more_looks_of_a_cloudy_place_are_worth_more_in_different_passes() -> None:
    asked = request("c", 9.0, 46.0, 10.0, min_sun_elevation_deg=-90.0)
    once = planned(problem_of(Order("point", asked)))
    twice = planned(problem_of(Order("point", asked, most=2)))
    assert len(twice.acquisitions) == 2
    assert abs(twice.acquisitions.start[1] - twice.acquisitions.start[0]) > seconds(600.0)
    s = twice.acquisitions.value / 10.0
    assert twice.value == pytest.approx(10.0 * (1.0 - (1.0 - s[0]) * (1.0 - s[1])))
    assert twice.value > once.value


def test_orders_can_come_later() -> None:
    problem = problem_of(Order("point", request("one", 9.0, 46.0)))
    more = with_orders(problem, [Order("point", request("two", 9.5, 46.0))], outlook()[0])
    assert [r.id for r in more.requests] == ["one", "two"]
    with pytest.raises(InputError, match="'two' is used twice"):
        with_orders(more, [Order("point", request("two", 9.5, 46.0))], outlook()[0])


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"side": "left", "satellites": ("SW-1",)}, {"wrong_side", "no_access", "wrong_side+no_daylight"}),
        ({"min_p_clear": 0.99}, {"too_cloudy"}),
        ({"max_gsd_m": 1.0}, {"too_coarse"}),
        ({"sensor": "radar"}, {"no_access"}),
        ({"start": START + seconds(HOUR), "stop": START + seconds(HOUR + 60.0)}, {"no_access"}),
        ({"min_p_clear": 0.99, "max_gsd_m": 1.0}, {"too_cloudy+too_coarse"}),
        ({"start": START - seconds(9 * HOUR), "stop": START - seconds(HOUR)}, {"no_access"}),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(conditions: dict, reason: set[str]) -> None:
    problem = problem_of(Order("point", request("p", 9.0, 46.0, **conditions)))
    (refusal,) = solve(problem, seed=1, made=START, rounds=10).refused
    assert refusal.reason in reason, refusal
    assert any(c.isdigit() for c in refusal.because)


def _box(**conditions: object) -> object:
    place = Place.box("x", lon_deg=9.0, lat_deg=46.0, width_m=40e3, height_m=40e3)
    return replace(request("x", 9.0, 46.0, **conditions), place=place)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Order("photo", request("x", 0.0, 0.0)), "kind 'photo'"),
        (lambda: Order("point", request("x", 0.0, 0.0, stop=START, start=STOP)), "window opens"),
        (lambda: Order("area", request("x", 0.0, 0.0)), "outline"),
        (lambda: Order("alternatives", request("x", 0.0, 0.0)), "two places"),
        (lambda: Order("series", request("x", 0.0, 0.0)), "every 0 s"),
        (lambda: Order("series", request("x", 0.0, 0.0), every_s=10.0, tolerance_s=9.0), "tolerance"),
        (lambda: Order("point", request("x", 0.0, 0.0), most=0), "0 pictures"),
        (lambda: problem_of(Order("series", request("x", 0.0, 0.0), every_s=60.0)), "more than 64 occasions"),
        (lambda: problem_of(Order("point", request("x", 0.0, 0.0, value=-1.0))), "not a positive"),
        (lambda: problem_of(Order("point", request("x", 0.0, 0.0, value=np.nan))), "not a positive"),
        (lambda: problem_of(Order("point", request("x", 0.0, 0.0, priority=7))), "no class"),
        (lambda: problem_of(Order("point", request("x", 0.0, 0.0, satellites=("X",)))), "unknown satellite"),
        (lambda: problem_of(Order("area", _box(satellites=("X",)))), "unknown satellite"),
        (lambda: problem_of(Order("point", request("x", 0.0, 0.0, apart=(("y", 9.0),)))), "unknown order"),
        (lambda: problem_of(Order("point", request("x", 0.0, 0.0, looks=4))), "4 looks"),
        (lambda: Bundle("b", 1.0, (), (), gain=((0.0, 0.0), (0.5, 0.1), (1.0, 1.0))), "concave"),
        (lambda: Bundle("b", 0.0, (), ()), "not positive"),
        (lambda: Bundle("b", 1.0, ("r",), ((5,),)), "cells"),
    ],
)
def test_contradictions_are_said(make, what: str) -> None:
    with pytest.raises(InputError, match=what):
        make()
