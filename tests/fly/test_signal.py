"""Contacts flown on the link budget: what was planned with the same tables comes down in them, and in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.access.rates import rates_of_pass
from swath.fly.channel import Channel
from swath.fly.sending import LossyLink
from swath.fly.signal import Flow, flows_of
from swath.fly.spacecraft import Faults, FlightLog, fly_plan
from swath.model import Plan, Receiver
from swath.plan.ground import pass_rates
from swath.plan.problem import Problem
from swath.plan.solve import solve
from swath.spacecraft.radio import Transmitter
from swath.spacecraft.satellite import link_between
from tests.plan import fleet
from tests.plan.fleet import Case

SLOW = Transmitter(8.2e9, 2.0, 6.0, 1.2e6)
DISHES = (Receiver(5.0, 150.0), Receiver(2.4, 200.0), Receiver(3.7, 120.0))


@pytest.fixture(scope="module")
def day() -> tuple[Case, Problem, Plan]:
    """A day whose link budgets fill the contacts, and its plan."""
    case = fleet.case(count=40)
    craft = tuple(replace(s, radio=replace(s.radio, transmitter=SLOW)) for s in case.problem.satellites)
    ground = tuple(
        replace(s, receiver=dish, rate_bit_s=1e9) for s, dish in zip(case.problem.stations, DISHES, strict=True)
    )
    rates = pass_rates(craft, ground, case.problem.passes, case.ephemerides)
    problem = replace(case.problem, satellites=craft, stations=ground, rates=rates)
    return case, problem, solve(problem, seed=1, made=problem.start, rounds=100)


def flown(case: Case, problem: Problem, plan: Plan, channel: Channel) -> tuple[FlightLog, LossyLink]:
    flows = flows_of(plan, problem.satellites, problem.stations, case.ephemerides, problem.start)
    link = LossyLink(channel, 1, flows)
    log = fly_plan(
        problem.satellites, plan, problem.eclipses, problem.start, problem.stop, seed=1,
        faults=Faults(scatter_share=0.0), link=link,
    )  # fmt: skip
    return log, link


def test_what_was_planned_with_the_same_tables_comes_down_in_its_contact_and_in_time(
    day: tuple[Case, Problem, Plan],
) -> None:
    case, problem, plan = day
    assert len(plan.acquisitions) > 10 and len(plan.contacts) > 3
    log, _ = flown(case, problem, plan, Channel())
    down = {str(row["acquisition"]): row for row in log.deliveries.rows()}
    for look in plan.acquisitions.rows():
        part = down[str(look["id"])]
        assert part["sent_bit"] == pytest.approx(look["data_bit"]) and part["contact"] == look["contact"]
        assert part["stop"] <= look["on_ground"] + np.timedelta64(20, "ms")  # a frame at the least rate
    sent = dict(zip(log.contacts.contact.tolist(), log.contacts.sent_bit.tolist(), strict=True))
    assert [sent[id] for id in plan.contacts.id.tolist()] == pytest.approx(plan.contacts.volume_bit.tolist(), rel=1e-9)


def test_the_flow_is_that_of_the_link_budget_and_never_less_than_the_plan_s(day: tuple[Case, Problem, Plan]) -> None:
    case, problem, plan = day
    flows = flows_of(plan, problem.satellites, problem.stations, case.ephemerides, problem.start)
    assert set(flows) == set(plan.contacts.id.tolist())
    craft, ground = {s.id: s for s in problem.satellites}, {s.id: s for s in problem.stations}
    steps = 0
    for row in plan.contacts.rows():
        flow, link = flows[str(row["id"])], link_between(craft[str(row["satellite"])], ground[str(row["station"])])
        assert link is not None
        rates = rates_of_pass(
            link, case.ephemerides[str(row["satellite"])], ground[str(row["station"])], row["start"], row["stop"]
        )
        most = min(ground[str(row["station"])].rate_bit_s, craft[str(row["satellite"])].radio.max_rate_bit_s)
        assert flow.rate_bit_s == pytest.approx(np.minimum(rates.rate_bit_s, most))
        lasts_s = (row["stop"] - row["start"]) / np.timedelta64(1, "s")
        assert flow.bit_until(flow.at_s[-1]) >= row["rate_bit_s"] * lasts_s * (1.0 - 1e-6)
        steps += len(set(flow.rate_bit_s.tolist())) - 1
    assert steps >= 2  # contacts step through codings


def test_losses_cost_a_budget_s_contact_frames_that_are_sent_again(day: tuple[Case, Problem, Plan]) -> None:
    case, problem, plan = day
    log, link = flown(case, problem, plan, Channel(0.1, 4.0))
    sent, lost = (sum(getattr(one, name) for one in link.carried) for name in ("frames_sent", "frames_lost"))
    assert lost / sent == pytest.approx(0.1, abs=0.03)
    assert log.deliveries.sent_bit.sum() == pytest.approx(plan.acquisitions.data_bit.sum(), rel=0.1)


def test_a_flow_tells_bits_from_times_and_back() -> None:
    flow = Flow(np.array([10.0, 20.0, 30.0, 40.0]), np.array([5.0, 0.0, 20.0, 99.0]))
    assert [flow.rate_at(at_s) for at_s in (9.0, 10.0, 25.0, 30.0, 40.0)] == [0.0, 5.0, 0.0, 20.0, 0.0]
    assert [flow.bit_until(at_s) for at_s in (0.0, 20.0, 25.0, 35.0, 50.0)] == [0.0, 50.0, 50.0, 150.0, 250.0]
    assert flow.when_s(np.array([25.0, 150.0, 999.0])).tolist() == [15.0, 35.0, 40.0]


def test_rates_by_elevation_are_flown_too_and_a_plain_rate_is_the_plan_s(day: tuple[Case, Problem, Plan]) -> None:
    case, problem, plan = day
    stepped = tuple(
        replace(s, radio=replace(s.radio, transmitter=None, rates=((0.0, 1e6), (12.0, 3e6))))
        for s in problem.satellites
    )
    flows = flows_of(plan, stepped, problem.stations, case.ephemerides, problem.start)
    assert {rate for flow in flows.values() for rate in flow.rate_bit_s.tolist()} == {1e6, 3e6}
    plain = tuple(replace(s, radio=replace(s.radio, transmitter=None)) for s in problem.satellites)
    assert flows_of(plan, plain, problem.stations, case.ephemerides, problem.start) == {}
