"""SPOT5: proven optima of other people, exhaustive search on small instances, bad files and plans."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.plan.bench.spot5 import Selection, judge_choices, read_selection
from swath.plan.bench.spot5_set import SPOT5
from swath.plan.engine.budget import Rounds

# Proven optima: the data README of the instances (CP-SAT and toulbar2 runs, literature from Vasquez and Hao 2001 on).
OPTIMA = {
    8: 10,
    54: 70,
    29: 12032,
    42: 108067,
    28: 56053,
    5: 115,
    404: 49,
    408: 3082,
    412: 16102,
    11: 22120,
    503: 9096,
    505: 13100,
    507: 15137,
    509: 19125,
    1502: 61158,
    1504: 124243,
}


def solved(case: Selection) -> tuple[float, float]:
    answer = SPOT5.solve(case, budget=Rounds(1), seed=1, told=lambda what, value, bound: None)
    verdict = SPOT5.judge(case, answer.text)
    assert verdict.broken == ()
    return verdict.value, answer.bound


@pytest.mark.needs_shared_data
@pytest.mark.parametrize("number", [*sorted(set(OPTIMA) - {1504}), pytest.param(1504, marks=pytest.mark.slow)])
def test_the_optimum_is_found_and_proven(number: int, shared_data: Path) -> None:
    path = shared_data / "planning" / "spot5" / f"{number}.spot"
    case = SPOT5.read({path.name: path.read_text("utf-8")})
    assert solved(case) == (OPTIMA[number], OPTIMA[number])


class _Ample:
    """A budget of which nothing goes: 400 s are left."""

    def used(self) -> float:
        return 0.0

    def left_s(self) -> float:
        return 400.0


@pytest.mark.slow
@pytest.mark.needs_shared_data
def test_what_is_nearly_proven_is_proven(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole program goes on beyond its share of the time, four seconds here, where little is left to prove."""
    monkeypatch.setattr("swath.plan.bench.spot5_model._WHOLE_SHARE", 0.01)
    path = shared_data / "planning" / "spot5" / "1504.spot"
    case = SPOT5.read({path.name: path.read_text("utf-8")})
    answer = SPOT5.solve(case, budget=_Ample(), seed=1, told=lambda what, value, bound: None)
    assert SPOT5.judge(case, answer.text).value == answer.bound == OPTIMA[1504]


def lookalike(seed: int, photos: int = 9, *, multi: bool = False) -> str:
    """A text of the form of the set, with pairs, triples and stereo photographs."""
    rng = np.random.default_rng(seed)
    lines, choices = [str(photos)], []
    for photo in range(photos):
        own = [13] if rng.uniform() < 0.3 else [1, 2, 3]
        choices.append(own)
        use = 451.15 * int(rng.integers(1, 40)) if multi else 0
        lines.append(f"{photo} {rng.integers(1, 50)} {len(own)} " + " ".join(f"{value} {use}" for value in own))
    rules = []
    for _ in range(photos * 2):
        arity = int(rng.choice([2, 2, 3]))
        ids = rng.choice(photos, arity, replace=False)
        every = list(product(*(choices[id] for id in ids)))
        some = rng.choice(len(every), int(rng.integers(1, min(len(every), 6) + 1)), replace=False)
        tuples = [str(value) for k in some for value in every[k]]
        rules.append(" ".join([str(arity), *map(str, ids), *tuples]))
    return "\n".join([*lines, str(len(rules)), *rules, *(["90000"] if multi else [])]) + "\n"


@pytest.mark.parametrize("seed", range(12))
def test_small_instances_are_solved_as_by_trying_everything(seed: int) -> None:
    case = read_selection(lookalike(seed, 7, multi=seed % 2 == 0), name="1999.spot" if seed % 2 == 0 else "9.spot")
    domains = [[0, *(value for value, _ in photo.choices)] for photo in case.photos]
    best = max(judge_choices(case, chosen).value for chosen in product(*domains))
    assert solved(case) == (best, best)


def test_a_large_lookalike_with_memory_has_a_plan_and_a_bound() -> None:
    case = read_selection(lookalike(1, 120, multi=True), name="1999.spot")
    value, bound = solved(case)
    assert 0 < value <= bound
    assert case.capacity == 200


def test_the_judge_finds_every_kind_of_fault() -> None:
    case = read_selection("3\n0 5 1 1 90200\n1 6 1 1 90200\n2 7 1 13 451\n1\n2 0 1 1 1\n90000\n", name="1001.spot")
    assert judge_choices(case, [0, 1, 13]).broken[0].startswith("the memory holds 200")
    assert "no choice 2" in judge_choices(case, [2, 0, 0]).broken[0]
    assert "may not be (1, 1)" in judge_choices(case, [1, 1, 0]).broken[0]
    assert judge_choices(case, [0, 0, 13]).value == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2\n0 1 1 1 0\n",
        "1\n0 1 1 7 0\n0\n",
        "1\n0 1 1 1 0\n1\n2 0 5 1 1\n",
        "1\n0 1 1 1 0\n1\n4 0 0 1 1\n",
        "1\n5 1 1 1 0\n0\n",
    ],
)
def test_bad_files_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_selection(text, name="9.spot")


@given(st.text(alphabet='0123456789 \n.x{}[]":assignments', max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InputError):
        read_selection(text, name="9.spot")
    with suppress(InputError):
        SPOT5.judge(read_selection(lookalike(1, 3), name="9.spot"), text)
