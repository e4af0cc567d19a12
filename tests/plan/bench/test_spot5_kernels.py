"""Annealing: whatever it gives keeps pairs, triples and memory, and on small cases it is the optimum."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from swath.plan.bench.spot5 import Forbidden, Photo, Selection, judge_choices
from swath.plan.bench.spot5_model import solve_selection
from swath.plan.engine.budget import Rounds


def random_selection(seed: int, photos: int, capacity: int) -> Selection:
    rng = np.random.default_rng(seed)
    kinds = (((1, 1), (2, 1), (3, 1)), ((13, 2),), ((2, 2),))
    chosen = tuple(Photo(int(rng.choice([1, 2, 5, 1000])), kinds[rng.integers(3)]) for _ in range(photos))
    rules = []
    for size, count in ((2, photos * 2), (3, photos)):
        for _ in range(count):
            at = tuple(rng.permutation(photos)[:size].tolist())
            values = [[value for value, _ in chosen[p].choices] for p in at]
            every = list(product(*values))
            some = frozenset(every[n] for n in rng.permutation(len(every))[: max(len(every) // 2, 1)])
            rules.append(Forbidden(at, some))
    return Selection(chosen, tuple(rules), capacity)


@given(st.integers(0, 10_000), st.integers(3, 7), st.integers(1, 9))
def test_small_cases_are_solved_and_every_rule_is_kept(seed: int, photos: int, capacity: int) -> None:
    selection = random_selection(seed, photos, capacity)
    best = 0.0
    for chosen in product(*([0, *(value for value, _ in photo.choices)] for photo in selection.photos)):
        best = max(best, judge_choices(selection, chosen).value)
    said: list[float] = []
    solved = solve_selection(
        selection, budget=Rounds(100), seed=seed, told=lambda what, value, bound: said.append(value)
    )
    verdict = judge_choices(selection, solved.chosen)
    assert verdict.broken == () and verdict.value == best == solved.bound
    assert said and max(said) <= best
    if best:
        assert said[0] >= 0.99 * best
