"""A plan survives its text, and no other text gets past as a plan."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.model import Plan
from swath.plan.form import plan_from_json, plan_to_json
from swath.plan.solve import solve
from swath.table import Table
from tests.plan.toy import toy


@cache
def text() -> str:
    problem = toy(4, requests=8)
    return plan_to_json(solve(problem, seed=7, made=problem.start, rounds=50))


def same(a: Plan, b: Plan) -> bool:
    for field in fields(Plan):
        one, other = getattr(a, field.name), getattr(b, field.name)
        if isinstance(one, Table):
            if not all(np.array_equal(getattr(one, c.name), getattr(other, c.name)) for c in fields(one)):
                return False
        elif one != other:
            return False
    return True


def test_nothing_is_lost() -> None:
    for seed in range(30):
        problem = toy(seed, scarce=False)
        plan = solve(problem, seed=seed, made=problem.start + np.timedelta64(1, "ms"), rounds=20)
        assert len(plan.acquisitions) > 0
        assert same(plan_from_json(plan_to_json(plan)), plan)


def test_an_empty_plan_has_a_text_too() -> None:
    problem = toy(4)
    plan = solve(problem, seed=1, made=problem.start, rounds=0)
    empty = Plan(plan.acquisitions.take(slice(0)), plan.contacts.take(slice(0)), (), 0.0, 0.0, "", "s", 1, plan.made)
    assert same(plan_from_json(plan_to_json(empty)), empty)


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\t"])
def test_an_empty_text_is_called_empty(blank: str) -> None:
    with pytest.raises(InputError, match="the plan is empty"):
        plan_from_json(blank)


def test_every_cut_is_noticed() -> None:
    whole = text()
    for length in range(1, len(whole.rstrip()), 37):
        with pytest.raises(InputError) as caught:
            plan_from_json(whole[:length])
        assert caught.value.fix


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d: d.pop("contacts"), "contacts is missing"),
        (lambda d: d.update(format="swath plan 99"), "format is"),
        (lambda d: d.update(seed=1.5), "seed is"),
        (lambda d: d.update(value="much"), "value is"),
        (lambda d: d.update(value=True), "value is"),
        (lambda d: d.update(made="yesterday"), "is not a time"),
        (lambda d: d["acquisitions"][0].pop("roll_deg"), "roll_deg is"),
        (lambda d: d["acquisitions"][0].update(roll_deg=None), "roll_deg is"),
        (lambda d: d["acquisitions"][0].update(roll_deg=10**400), "roll_deg is"),
        (lambda d: d["multipliers"][0].update(value="dear"), "value is"),
        (lambda d: d["multipliers"][0].pop("at"), "at is"),
        (lambda d: d["acquisitions"][0].update(start="2026-05-08T00:00:00"), "time zone"),
        (lambda d: d["acquisitions"][0].update(yaw_deg=1.0), "unknown key 'yaw_deg'"),
        (lambda d: d["acquisitions"].append([]), "list where an object is needed"),
        (lambda d: d.update(refused={}), "refused is missing or no list"),
        (lambda d: d["refused"].append({"request": 1}), "request is"),
    ],
)
def test_what_is_wrong_is_said(change, what: str) -> None:
    entry = json.loads(text())
    change(entry)
    with pytest.raises(InputError, match=what):
        plan_from_json(json.dumps(entry))


@pytest.mark.parametrize("bad", ["NaN", "[]", "3", "null", '"plan"', "[" * 100_000, '{"format": Infinity}'])
def test_other_json_is_no_plan(bad: str) -> None:
    with pytest.raises(InputError):
        plan_from_json(bad)


@given(st.text(max_size=200))
def test_any_text_is_a_plan_or_an_input_error(garbage: str) -> None:
    with pytest.raises(InputError):
        plan_from_json(garbage)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_a_plan_with_anything_anywhere_is_a_plan_or_an_input_error(data: st.DataObject) -> None:
    entry = json.loads(text())
    key = data.draw(st.sampled_from(sorted(entry)))
    rows = entry[key]
    if isinstance(rows, list) and rows and data.draw(st.booleans()):
        row = data.draw(st.sampled_from(range(len(rows))))
        rows[row][data.draw(st.sampled_from(sorted(rows[row])))] = data.draw(JSON)
    else:
        entry[key] = data.draw(JSON)
    try:
        plan = plan_from_json(json.dumps(entry))
    except InputError:
        return
    assert np.isfinite(plan.value)


@given(st.data())
def test_a_damaged_text_is_a_plan_or_an_input_error(data: st.DataObject) -> None:
    whole = text()
    at = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 30))
    with contextlib.suppress(InputError):
        plan_from_json(whole[:at] + data.draw(st.text(max_size=5)) + whole[at + length :])
