"""The engine's bound is one, its plans keep everything, and both are as good as they can be on small tasks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.plan.engine.budget import Part, Rounds
from swath.plan.engine.certificate import certify
from swath.plan.engine.master import Columns
from swath.plan.engine.net import Cut, Task
from swath.plan.engine.plans import Judge
from swath.plan.engine.pricing import Pricer
from swath.plan.engine.search import Search
from swath.plan.engine.solve import Found, _prices, prove, solve_task
from tests.plan.engine.random_tasks import all_arcs, exact_optimum, random_task, with_limits

TINY = 1e-6
"""relative: prices are found to 1e-7, the margin for rounding is 1e-9"""


def solved(task: Task, *, rounds: int = 120, seed: int = 1) -> Found:
    """Planned with a count of rounds; nodes come in no special times."""
    start_s = np.concatenate(
        [np.arange(n, dtype=np.float64) * 10.0 for n in np.diff(task.net.chain_first)] or [np.zeros(0)]
    )
    return solve_task(task, start_s, budget=Rounds(rounds), seed=seed)


def check_against_the_optimum(seeds: range) -> int:
    """How many plans are optimal."""
    optimal = 0
    for seed in seeds:
        task = random_task(seed)
        best, found = exact_optimum(task), solved(task)
        assert found.certificate.bound >= best - 1e-9, seed
        assert found.value <= best + 1e-6, seed
        assert Judge.of(task).broken(found.taken) == "", seed
        assert found.value == pytest.approx(task.value[found.taken].sum())
        optimal += found.value >= best - 1e-6
    return optimal


def test_no_bound_lies_below_the_optimum_of_12_tasks() -> None:
    assert check_against_the_optimum(range(12)) == 12


@pytest.mark.slow
def test_no_bound_lies_below_the_optimum_of_500_tasks() -> None:
    assert check_against_the_optimum(range(1000, 1500)) == 500


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_any_prices_prove_a_bound(seed: int, prices: int) -> None:
    task = random_task(seed)
    price = np.random.default_rng(prices).exponential(2.0, len(task.rows.limit))
    assert certify(task, price).bound >= exact_optimum(task) - 1e-9


@given(st.integers(0, 10_000))
def test_more_of_anything_never_lowers_the_bound(seed: int) -> None:
    task = random_task(seed, chains=3)
    bound = prove(task, budget=Rounds(4000)).bound
    more = prove(with_limits(task, 1.4), budget=Rounds(4000)).bound
    assert more >= bound * (1.0 - TINY)
    cut = int(task.net.chain_first[2])
    fewer = replace(task, value=np.where(np.arange(len(task.value)) < cut, task.value, 0.0))
    assert prove(fewer, budget=Rounds(4000)).bound <= bound * (1.0 + TINY) + TINY


@given(st.integers(0, 10_000))
def test_the_certificate_is_no_more_than_the_search_knew(seed: int) -> None:
    task = random_task(seed, nodes=40)
    price = np.random.default_rng(seed).exponential(1.0, len(task.rows.limit))
    known = Pricer(task, task.outer).sweep(price)
    proven = certify(task, price).bound
    # Over whole chains an order cannot follow itself from one block to the next either.
    assert proven <= known * (1.0 + 1e-8) + 1e-6
    assert proven >= 0.8 * known - 0.5  # values of some tasks are rounded down to halves


@given(st.integers(0, 10_000))
def test_paths_through_a_node_are_the_best_ones(seed: int) -> None:
    task = random_task(seed, nodes=9, groups=4)
    own = task.net._replace(group=np.arange(len(task.value)))  # else blocks know less than chains about repeats
    task = replace(task, net=own, outer=own)
    price = np.random.default_rng(seed).exponential(1.0, len(task.rows.limit))
    pricer = Pricer(task, task.outer)
    pricer.sweep(price)
    pricer.look_ahead()
    arcs = all_arcs(task)
    best = np.full(len(task.value), -np.inf)

    def walk(path: list[int], worth: float) -> None:
        best[path] = np.maximum(best[path], worth)
        for a, b in arcs:
            if a == path[-1]:
                walk([*path, b], worth + pricer.worth[b])

    for j in np.flatnonzero(task.net.opens):
        walk([int(j)], pricer.worth[j])
    # a block's best through a node, and the best of the chain's other blocks with it
    block = np.repeat(np.arange(pricer.blocks), np.diff(pricer.block))
    chain = np.repeat(np.arange(len(task.net.chain_first) - 1), np.diff(task.net.chain_first))
    rest = np.array([pricer.total[np.unique(block[chain == c])].sum() for c in chain]) - pricer.total[block]
    through = pricer.gain + pricer.after + rest
    for j in np.flatnonzero(np.isfinite(best)):
        assert through[j] == pytest.approx(best[j])
        path = pricer.path_through(int(j))
        assert pricer.worth[list(path)].sum() == pytest.approx(pricer.gain[j] + pricer.after[j])


def test_the_same_seed_and_rounds_give_the_same_plan() -> None:
    task = random_task(5, chains=3, nodes=60, groups=40)
    assert solved(task, seed=3).taken.tolist() == solved(task, seed=3).taken.tolist()


def test_a_rule_that_rows_cannot_say_is_kept() -> None:
    task = random_task(7, scarce=False, chains=2, nodes=40, groups=40)
    everything = np.arange(len(task.value))
    free = solved(task)

    def rule(taken: np.ndarray) -> list[Cut]:
        return [Cut(everything, np.ones(len(everything)), 5.0)] if len(taken) > 5 else []

    held = solved(replace(task, rule=rule))
    assert len(free.taken) > 5
    assert 0 < len(held.taken) <= 5
    assert held.certificate.bound == pytest.approx(free.certificate.bound)


def test_an_empty_task_has_an_empty_plan() -> None:
    task = random_task(1, chains=1, nodes=0)
    found = solved(task)
    assert (len(found.taken), found.value, found.certificate.bound, found.gap) == (0, 0.0, 0.0, 0.0)


def test_a_task_that_nothing_fits_is_refused() -> None:
    task = random_task(1)
    with pytest.raises(InputError, match="negative"):
        replace(task, rows=task.rows._replace(limit=-task.rows.limit))
    with pytest.raises(InputError, match="finite"):
        replace(task, value=task.value * np.nan)


def test_a_budget_that_is_gone_still_gives_a_plan_and_a_bound() -> None:
    task = random_task(9, chains=3, nodes=60, groups=40)
    found = solved(task, rounds=1)
    assert found.value > 0.0
    assert np.isfinite(found.certificate.bound)
    assert Judge.of(task).broken(found.taken) == ""


class _Gone:
    """A budget whose time is over before anything begins."""

    def used(self) -> float:
        return 1.0

    def left_s(self) -> float:
        return 0.0


def test_nothing_long_is_begun_after_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    task, sweeps, plain = random_task(9, chains=3, nodes=60, groups=40), [], Pricer.sweep
    monkeypatch.setattr("swath.plan.engine.master.run", lambda *_, **__: pytest.fail("a program was solved"))
    monkeypatch.setattr(Pricer, "sweep", lambda self, *given: (sweeps.append(1), plain(self, *given))[1])
    found = solve_task(task, np.arange(len(task.value)) * 10.0, budget=_Gone(), seed=1)
    assert len(sweeps) <= 2
    assert 0.0 < found.value <= found.certificate.bound < np.inf


class _Tenth:
    """A budget of which a tenth is gone and stays gone: 90 s are left."""

    def used(self) -> float:
        return 0.1

    def left_s(self) -> float:
        return 90.0


def test_a_large_program_leaves_time_for_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices may take 0.3 of what is left, 27 s here, however long the program that gives them would run."""
    given: list[float] = []

    def prices(self: object, most_s: float, heeded: object) -> None:
        given.append(most_s)

    monkeypatch.setattr("swath.plan.engine.master._Program.prices", prices)
    prove(random_task(9, chains=3, nodes=60, groups=40), budget=Part(_Tenth(), 1.0))
    monkeypatch.setattr("swath.plan.engine.solve._DESCENT", 1)
    task = random_task(9, chains=3, nodes=60, groups=40)
    _prices(Search(task, budget=Part(_Tenth(), 1.0), seed=1, told=lambda *_: None), Pricer(task, task.outer),
            Columns(task), None, until=0.3)  # fmt: skip
    assert given == [pytest.approx(90.0), pytest.approx(27.0)]
