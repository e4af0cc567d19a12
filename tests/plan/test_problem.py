"""What does not fit together is said before anything is planned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Windows
from swath.plan.problem import Problem, with_frozen
from swath.plan.solve import solve
from swath.time import seconds
from tests.plan.faults import edit
from tests.plan.toy import toy

GOOD = toy(4)
LOOKS = GOOD.opportunities


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"stop": GOOD.start}, "would start at"),
        ({"satellites": GOOD.satellites * 2}, "satellite id 'T-0' is used twice"),
        ({"requests": (*GOOD.requests, GOOD.requests[0])}, "request id 'r0' is used twice"),
        ({"stations": GOOD.stations * 2}, "station id 'S' is used twice"),
        ({"satellites": ()}, "unknown satellite"),
        ({"stations": ()}, "unknown subject"),
        ({"opportunities": edit(LOOKS, 0, request="nobody")}, "unknown request: 'nobody'"),
        ({"opportunities": edit(LOOKS, 0, value=np.nan)}, "value of an opportunity"),
        ({"opportunities": edit(LOOKS, 0, value=-1.0)}, "value of an opportunity"),
        ({"opportunities": edit(LOOKS, 0, data_bit=-1.0)}, "data_bit of an opportunity"),
        ({"opportunities": edit(LOOKS, 0, roll_deg=np.inf)}, "roll_deg of an opportunity"),
        ({"requests": (replace(GOOD.requests[0], value=0.0), *GOOD.requests[1:])}, "value 0 is not a positive number"),
        ({"requests": (replace(GOOD.requests[0], value=np.nan), *GOOD.requests[1:])}, "value nan"),
        ({"eclipses": Windows(["X"], ["eclipse"], [GOOD.start], [GOOD.stop])}, "unknown satellite: 'X'"),
    ],
)
def test_a_problem_that_does_not_fit_together(change: dict, what: str) -> None:
    with pytest.raises(InputError, match=what):
        replace(GOOD, **change)


def test_a_satellite_nobody_named_can_be_told_from_the_start() -> None:
    later = GOOD.start + seconds(60.0)
    problem = replace(GOOD, commandable={"T-0": later, "T-1": GOOD.start - seconds(60.0)})
    assert problem.commandable_from("T-0") == later
    assert problem.commandable_from("T-1") == GOOD.start


def test_what_is_told_stays_with_all_it_needs() -> None:
    problem = toy(5, scarce=False)
    plan = solve(problem, seed=1, made=problem.start, rounds=10)
    contact = plan.contacts.start[0]
    told = contact - seconds(15.0)  # the antenna is being set up

    def at(moment: np.datetime64) -> Problem:
        return with_frozen(replace(problem, commandable={s.id: moment for s in problem.satellites}), plan)

    fixed = at(told)
    assert plan.contacts.id[0] in fixed.frozen_contacts.id
    carried = plan.acquisitions.id[plan.acquisitions.contact == plan.contacts.id[0]]
    assert set(carried) <= set(fixed.frozen.id)
    assert len(at(problem.start).frozen) == 0
    assert len(at(problem.stop).frozen) == len(plan.acquisitions)


def test_two_fixed_pictures_of_one_request() -> None:
    problem = toy(5, scarce=False)
    plan = solve(problem, seed=1, made=problem.start, rounds=10)
    fixed = with_frozen(replace(problem, commandable={s.id: problem.stop for s in problem.satellites}), plan)
    double = replace(fixed, frozen=type(fixed.frozen).join([fixed.frozen, edit(fixed.frozen, 0, id="again").take([0])]))
    with pytest.raises(InputError, match="two fixed pictures"):
        solve(double, seed=1, made=problem.start)
