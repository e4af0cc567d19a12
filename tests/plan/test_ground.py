"""Rates of passes from the link budget: what is planned can always be flown, and a judge finds what cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.access.rates import rates_of_pass
from swath.model import Receiver, Station, Windows
from swath.plan.ground import pass_rates
from swath.plan.problem import Problem, Rates
from swath.plan.solve import solve
from swath.plan.verify import verify
from swath.spacecraft import Satellite
from swath.spacecraft.radio import Transmitter
from swath.spacecraft.satellite import link_between
from tests.plan import fleet
from tests.plan.fleet import Case

SENDER = Transmitter(8.2e9, 2.0, 6.0, 10e6)
DISHES = (Receiver(5.0, 150.0), Receiver(2.4, 200.0), Receiver(11.3, 120.0))


@pytest.fixture(scope="module")
def case() -> Case:
    return fleet.case(count=60)


@pytest.fixture(scope="module")
def wired(case: Case) -> tuple[tuple[Satellite, ...], tuple[Station, ...], Rates]:
    """The fleet with a link budget for every pair, each station with another dish, and the rates of its passes."""
    craft = tuple(
        replace(s, radio=replace(s.radio, transmitter=SENDER, max_rate_bit_s=40e6)) for s in case.problem.satellites
    )
    ground = tuple(
        replace(s, receiver=dish, rate_bit_s=1e9) for s, dish in zip(case.problem.stations, DISHES, strict=True)
    )
    return craft, ground, pass_rates(craft, ground, case.problem.passes, case.ephemerides)


def _planned_and_flown_bit(
    case: Case, craft: dict[str, Satellite], ground: dict[str, Station], passes: Windows, rates: Rates
) -> list[tuple[float, float]]:
    found = []
    for row in passes.rows():
        satellite, station = craft[str(row["satellite"])], ground[str(row["subject"])]
        link = link_between(satellite, station)
        assert link is not None
        flown = rates_of_pass(link, case.ephemerides[satellite.id], station, row["start"], row["stop"])
        now_bit_s = np.minimum(flown.rate_bit_s, 40e6)
        mine = (rates.satellite == satellite.id) & (rates.station == station.id)
        at, rate = rates.time[mine], rates.rate_bit_s[mine]
        inside = (at >= row["start"]) & (at < row["stop"])
        planned_bit_s = rate[inside][np.searchsorted(at[inside], flown.time, "right") - 1]
        assert (planned_bit_s[:-1] <= now_bit_s[:-1] + 1e-3).all(), (satellite.id, station.id)
        step_s = np.diff(flown.time).astype(np.int64) * 1e-9
        found.append((float(planned_bit_s[:-1] @ step_s), float(now_bit_s[:-1] @ step_s)))
    return found


def test_what_is_planned_can_be_flown_in_every_second(
    case: Case, wired: tuple[tuple[Satellite, ...], tuple[Station, ...], Rates]
) -> None:
    craft, ground, rates = wired
    volumes = _planned_and_flown_bit(
        case, {s.id: s for s in craft}, {s.id: s for s in ground}, case.problem.passes, rates
    )
    planned_bit, flown_bit = np.array(volumes).T
    assert len(volumes) > 40 and (planned_bit <= flown_bit).all()
    assert planned_bit.sum() > 0.85 * flown_bit.sum()  # hysteresis, the lowest elevation of 10 s, a round Earth


def test_a_bigger_dish_brings_more_until_the_radio_is_at_its_fastest(
    case: Case, wired: tuple[tuple[Satellite, ...], tuple[Station, ...], Rates]
) -> None:
    craft, ground, _ = wired
    totals = []
    for dish_m in (0.6, 1.2, 2.4, 30.0):
        stations = [replace(s, receiver=Receiver(dish_m, 150.0)) for s in ground]
        rates = pass_rates(craft, stations, case.problem.passes, case.ephemerides)
        totals.append(float(rates.rate_bit_s.sum()))
    assert totals == sorted(totals) and totals[0] < 0.5 * totals[2]
    assert rates.rate_bit_s.max() == 40e6


def test_without_both_ends_there_is_no_budget(case: Case) -> None:
    satellite, station = case.problem.satellites[0], case.problem.stations[0]
    sender = replace(satellite, radio=replace(satellite.radio, transmitter=SENDER))
    assert link_between(satellite, replace(station, receiver=DISHES[0])) is None
    assert link_between(sender, station) is None
    assert not len(pass_rates([sender], [station], case.problem.passes.take(np.zeros(0, np.int64)), case.ephemerides))


def test_plans_on_link_budgets_keep_every_rule_and_too_much_is_found(
    case: Case, wired: tuple[tuple[Satellite, ...], tuple[Station, ...], Rates]
) -> None:
    craft, ground, _ = wired
    slow = tuple(replace(s, radio=replace(s.radio, transmitter=replace(SENDER, symbol_rate_per_s=1e6))) for s in craft)
    problem: Problem = replace(
        case.problem,
        satellites=slow,
        stations=ground,
        rates=pass_rates(slow, ground, case.problem.passes, case.ephemerides),
    )
    plan = solve(problem, seed=1, made=problem.start, rounds=200)
    assert len(plan.acquisitions) > 5 and verify(problem, plan, case.ephemerides, case.eop) == ()
    weaker = tuple(replace(s, receiver=Receiver(0.4, 300.0)) for s in ground)
    found = verify(replace(problem, stations=weaker), plan, case.ephemerides, case.eop)
    assert {"rate", "on_ground"} & {violation.rule for violation in found}
