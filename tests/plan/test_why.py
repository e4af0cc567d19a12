"""Changes said to get an order in do so in a problem made anew; a price is what others would gain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Place
from swath.plan.build import build_problem
from swath.plan.commands import commands_of
from swath.plan.explain import can_add
from swath.plan.feasible import feasibility
from swath.plan.helping import cheapest_help, with_station
from swath.plan.orders import Order
from swath.plan.solve import solve
from swath.plan.why import limits, why_planned
from swath.time import seconds
from tests.plan.fleet import START, satellite, station
from tests.plan.wide import STOP, outlook, request, wide

HOUR = 3600.0
FLEET = tuple(satellite(id, n) for n, id in enumerate(("SW-1", "SW-2", "SW-3", "SW-4")))


@pytest.fixture(scope="module")
def day():
    problem = wide().problem
    return problem, solve(problem, seed=1, made=START, rounds=500)


def small(*orders: Order, stations=("svalbard", "inuvik", "awarua")):
    ground = tuple(station(id) for id in stations)
    problem = build_problem(FLEET, ground, orders, outlook()[0], start=START, stop=STOP)
    return problem, solve(problem, seed=1, made=START, rounds=50)


def test_every_change_that_is_named_gets_the_order_in(day) -> None:
    problem, plan = day
    helps = cheapest_help(problem, plan, outlook()[0])
    assert set(helps) == {r.request for r in plan.refused}
    found = {id: help for id, help in helps.items() if help is not None}
    assert len(found) >= 8
    members = {b.id: b.requests for b in problem.bundles}
    for order, help in found.items():
        if help.what in ("priority", "value", "quota", "station"):
            continue
        changed = {r.id: r for r in help.changed}
        asked = [Order("stereo" if r.looks == 2 else "point", changed.get(r.id, r)) for r in problem.requests]
        anew = build_problem(
            problem.satellites, problem.stations, asked, outlook()[0], start=START, stop=STOP, owners=problem.owners
        )
        anew = replace(anew, bundles=problem.bundles)
        assert any(can_add(anew, plan, id) for id in changed), help
        assert order in members or order in changed
    assert {"off_nadir", "quota", "value"} <= {help.what for help in found.values()}
    # Five of them would get a look with the Sun 6 to 9 deg below the horizon: a camera shows nothing then.
    assert all(r.min_sun_elevation_deg >= 0.0 for help in found.values() for r in help.changed)


@pytest.mark.parametrize(
    ("conditions", "what"),
    [
        ({"max_off_nadir_deg": 1.5}, "off_nadir"),
        ({"max_gsd_m": 4.0}, "pixel"),
        ({"min_p_clear": 0.99}, "cloud"),
        ({"start": START + seconds(HOUR), "stop": START + seconds(1.1 * HOUR)}, "window"),
        ({"stop": START + seconds(7.73 * HOUR), "deadline": START + seconds(7.73 * HOUR)}, "deadline"),
        ({"min_sun_elevation_deg": 70.0}, "sun"),
    ],
)
def test_the_change_is_the_least_of_its_kind(conditions: dict, what: str) -> None:
    problem, plan = small(Order("point", request("o", 9.0, 46.0, **conditions)))
    (help,) = cheapest_help(problem, plan, outlook()[0]).values()
    assert help is not None and help.what == what
    (changed,) = help.changed
    again, planned = small(Order("point", changed))
    assert "o" in planned.acquisitions.request
    if help.what == "off_nadir":
        less = replace(changed, max_off_nadir_deg=changed.max_off_nadir_deg - 0.2)
        assert "o" not in small(Order("point", less))[1].acquisitions.request
    assert again.requests[0].id == "o"


def test_another_satellite_or_sensor_or_less_distance_helps_too() -> None:
    narrow = request("o", 9.0, 46.0, satellites=("SW-2",), max_off_nadir_deg=10.0)  # SW-2 passes 35 deg aside
    other = request("s", 9.0, 46.0, sensor="radar")
    first, second = request("a", 9.0, 46.0, value=9.0), request("b", 9.2, 46.1, value=1.0, apart=(("a", 20 * HOUR),))
    for asked, what in (((narrow,), "satellite"), ((other,), "sensor"), ((first, second), "apart")):
        problem, plan = small(*(Order("point", one) for one in asked))
        (help,) = cheapest_help(problem, plan, outlook()[0]).values()
        assert help is not None and help.what == what, help
        (changed,) = help.changed
        anew = small(*(Order("point", changed if one.id == changed.id else one) for one in asked))
        assert not anew[1].refused
        assert changed.satellites == ("SW-2", "SW-3") or what != "satellite"
        assert what != "apart" or 3 * HOUR < changed.apart[0][1] < 20 * HOUR  # as far as another pass is


@pytest.mark.parametrize(
    ("conditions", "what"),
    [
        ({"start": START + seconds(HOUR), "stop": START + seconds(1.5 * HOUR)}, "window"),
        ({"satellites": ("SW-2",), "max_off_nadir_deg": 15.0}, "satellite"),
    ],
)
def test_orders_that_are_cut_into_pictures_are_cut_anew(conditions: dict, what: str) -> None:
    place = Place.box("o", lon_deg=9.0, lat_deg=46.0, width_m=60e3, height_m=60e3)
    order = Order("area", request("o", 9.0, 46.0, place=place, **conditions))
    problem, plan = small(order)
    assert [refusal.request for refusal in plan.refused] == ["o"]
    # What a strip was cut for is nothing that its customer asked for.
    alone = cheapest_help(problem, plan, outlook()[0])["o"]
    assert alone is None or alone.what not in ("window", "satellite")
    help = cheapest_help(problem, plan, outlook()[0], asked=[order])["o"]
    assert help is not None and help.what == what, help
    again = small(replace(order, request=help.changed[0]))[1]
    assert not again.refused


def test_a_higher_class_wins_what_was_lost(day) -> None:
    problem, plan = day
    helps = [h for h in cheapest_help(problem, plan, outlook()[0]).values() if h and h.what in ("priority", "value")]
    for help in helps[:2]:
        (changed,) = help.changed
        looks = problem.opportunities
        (old,) = [r for r in problem.requests if r.id == changed.id]
        weight = {1: 100.0, 2: 10.0, 3: 1.0, 4: 0.1}
        factor = changed.value * weight[changed.priority] / (old.value * weight[old.priority])
        value = np.where(looks.request == changed.id, looks.value * factor, looks.value)
        again = replace(
            problem,
            requests=tuple(changed if r.id == changed.id else r for r in problem.requests),
            opportunities=replace(looks, value=value),
            former=plan.acquisitions,
        )
        assert changed.id in solve(again, seed=1, made=START, rounds=0).acquisitions.request


def test_another_station_helps_what_cannot_come_down() -> None:
    asked = request("o", 9.0, 46.0, deadline=START + seconds(8.0 * HOUR))
    problem, plan = small(Order("point", asked), stations=("awarua",))
    if not plan.refused:
        pytest.skip("it is planned")
    (help,) = cheapest_help(problem, plan, outlook()[0], stations=[station("svalbard")]).values()
    assert help is not None
    if help.what == "station":
        more = with_station(problem, station("svalbard"), outlook()[0])
        assert can_add(more, plan, "o")


def test_what_a_planned_picture_displaced_is_worth_its_price(day) -> None:
    problem, plan = day
    busy = 0
    for id in dict.fromkeys(plan.acquisitions.request.tolist()):
        found = why_planned(problem, plan, id)
        assert found.price.value >= -1e-9
        assert 0.0 <= found.clear_chance <= 1.0
        assert found.on_ground <= found.on_ground_latest
        assert (found.price.value > 1e-6) == bool(found.displaced)
        if found.displaced:
            busy += 1
            assert can_add(problem, plan, found.displaced[0], without=[id])
        if found.next_best:
            assert found.next_best[2] <= found.value + 1e-6 or id.split(".")[0] in {b.id for b in problem.bundles}
    assert busy >= 2
    with pytest.raises(InputError, match="not in the plan"):
        why_planned(problem, plan, "nobody")


def test_limits_name_what_holds_back_most(day) -> None:
    rows = limits(*day)
    assert rows and [r.value for r in rows] == sorted((r.value for r in rows), reverse=True)
    assert any("quota" in r.what for r in rows)


def test_commands_carry_the_plan_out(day) -> None:
    problem, plan = day
    commands = commands_of(problem, plan)
    for word, table in (("image_on", plan.acquisitions), ("send_on", plan.contacts)):
        assert (commands.command == word).sum() == len(table)
    assert (np.diff(commands.time) >= np.timedelta64(0)).all()
    warm = commands.take(commands.command == "warm_up")
    on = {row["subject"]: row["time"] for row in commands.take(commands.command == "image_on").rows()}
    assert all(row["time"] <= on[row["subject"]] for row in warm.rows())


def test_chances_of_a_new_order_are_one_a_pass_and_ranked() -> None:
    found = feasibility(request("new", 9.0, 46.0), FLEET, outlook()[0], start=START, stop=STOP)
    assert len(found.chances) >= 3
    assert (np.diff(found.chances.value) <= 0.0).all()
    passes = list(zip(found.chances.satellite, found.chances.window, strict=True))
    assert len(set(passes)) == len(passes)
    assert found.clear_chance == pytest.approx(1.0 - np.prod(1.0 - found.chances.p_clear))
    none = feasibility(request("new", 9.0, 46.0, max_gsd_m=0.1), FLEET, outlook()[0], start=START, stop=STOP)
    assert len(none.chances) == 0
    assert none.refusal is not None and none.refusal.reason == "too_coarse"
