"""Own instances: the same for the same seed, planned near their bound, judged by exact SGP4."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.plan.bench.own import OwnCase, Spec, Taken, generate, looks_from_json, looks_to_json, spec_from_toml
from swath.plan.bench.own_judge import judge_looks
from swath.plan.bench.own_model import continuous_task, own_model
from swath.plan.bench.own_set import OWN
from swath.plan.bench.protocol import Answer
from swath.plan.engine.budget import Rounds
from swath.plan.engine.solve import prove


@cache
def planned() -> tuple[OwnCase, Answer]:
    case = generate(Spec(satellites=2, orders=150, seed=3))
    return case, OWN.solve(case, budget=Rounds(700), seed=1, told=lambda what, value, bound: None)


def test_a_plan_is_valid_and_within_a_hundredth_of_its_bound() -> None:
    case, answer = planned()
    verdict = OWN.judge(case, answer.text)
    assert verdict.broken == ()
    assert verdict.measures["looks"] > 50
    assert 0.99 * answer.bound <= verdict.value <= answer.bound


@pytest.mark.parametrize(("satellites", "orders", "step_s"), [(1, 500, 5), (3, 40, 1), (30, 4000, 5)])
def test_a_plan_stands_before_the_task_does(satellites: int, orders: int, step_s: int) -> None:
    case = generate(Spec(satellites=satellites, orders=orders, seed=4, step_s=step_s))
    said: list[tuple[str, float]] = []
    answer = OWN.solve(case, budget=Rounds(1), seed=1, told=lambda what, value, bound: said.append((what, value)))
    verdict = OWN.judge(case, answer.text)
    assert verdict.broken == () and verdict.measures["looks"] > 10
    assert said[-1] == ("first", pytest.approx(verdict.value, rel=1e-6)) and verdict.value < answer.bound
    assert [what for what, _ in said] == ["first"] * satellites and 0.0 < said[0][1] <= said[-1][1]


def test_the_judge_and_the_model_see_the_same_looks() -> None:
    case, _ = planned()
    model = own_model(case)
    rng = np.random.default_rng(1)
    for node in rng.permutation(len(model.satellite))[:40]:
        verdict = judge_looks(case, model.taken(np.array([node])))
        assert verdict.valid
        assert verdict.value == pytest.approx(model.task.value[node], rel=1e-6)


def _first_two(looks: list[Taken]) -> list[Taken]:
    mine = sorted((look for look in looks if look.satellite == looks[0].satellite), key=lambda look: look.start_s)
    return [mine[0], replace(mine[1], start_s=mine[0].start_s + 5.0)]


@pytest.mark.parametrize(
    ("words", "spoil"),
    [
        ("is taken 2 times", lambda looks: [*looks, replace(looks[0], start_s=looks[0].start_s + 40_000.0)]),
        ("off the grid", lambda looks: [replace(looks[0], start_s=looks[0].start_s + 1.0)]),
        ("outside the horizon", lambda looks: [replace(looks[0], start_s=90_000.0)]),
        ("out of reach", lambda looks: [replace(looks[0], start_s=looks[0].start_s + 900.0)]),
        ("no time to turn", _first_two),
    ],
)
def test_the_judge_finds(words: str, spoil: object) -> None:
    case, answer = planned()
    looks = looks_from_json(case, answer.text)
    verdict = judge_looks(case, spoil(looks))  # type: ignore[operator]
    assert any(words in line for line in verdict.broken)
    assert verdict.value == 0.0


def test_a_bound_for_any_times_is_no_less_than_one_for_the_grid() -> None:
    case = generate(Spec(satellites=1, orders=60, seed=3, step_s=5))
    grid = prove(own_model(case).task, budget=Rounds(2000)).bound
    any_times = [prove(continuous_task(case, bin_s), budget=Rounds(2000)).bound for bin_s in (1.0, 4.0)]
    assert grid <= any_times[0] * (1 + 1e-6) <= any_times[1] * (1 + 2e-6)
    assert any_times[0] < 1.1 * grid
    fine = generate(replace(case.spec, step_s=1))
    plan = OWN.solve(fine, budget=Rounds(300), seed=1, told=lambda what, value, bound: None)
    assert OWN.judge(fine, plan.text).value <= any_times[0]
    with pytest.raises(InputError, match="bins"):
        continuous_task(case, 20.0)


def test_more_satellites_never_lower_the_bound() -> None:
    bounds = []
    for satellites in (1, 2, 3):
        case = generate(Spec(satellites=satellites, orders=100, seed=5))
        bounds.append(prove(own_model(case).task, budget=Rounds(2000)).bound)
    assert bounds == sorted(bounds)


def test_the_same_seed_gives_the_same_case() -> None:
    one, other, third = (generate(Spec(satellites=1, orders=50, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.lon_deg, other.lon_deg)
    assert not np.array_equal(one.lon_deg, third.lon_deg)
    assert generate(Spec(satellites=3, orders=50)).satellites[:1] == one.satellites


def test_slots_are_spread_and_hold_the_best() -> None:
    every = own_model(generate(Spec(orders=60, seed=2)))
    few = own_model(generate(Spec(orders=60, seed=2, slots=3)))
    best = {g: every.task.value[every.looks.group == g].max() for g in np.unique(every.looks.group)}
    for g in np.unique(few.looks.group):
        assert few.task.value[few.looks.group == g].max() >= 0.995 * best[g]
    assert len(few.task.value) < 0.4 * len(every.task.value)


@pytest.mark.parametrize("text", ["satellites = 0", "orders = -1", "seed = 1.5", "colour = 1", "x", "slots = true"])
def test_bad_specs_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        spec_from_toml(text)


@given(st.text(max_size=200))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    case, _ = planned()
    with suppress(InputError):
        OWN.judge(case, text)


def test_plans_are_written_and_read_alike() -> None:
    case, answer = planned()
    assert looks_to_json(case, looks_from_json(case, answer.text)) == answer.text
