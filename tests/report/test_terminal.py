"""The summary fits its terminal whatever happened, and says first what matters most."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.model import Estimate, Refusal
from swath.report.outcome import Check, Outcome
from swath.report.terminal import COLUMNS, LINES, summary_lines
from swath.time import seconds
from tests.report.synthetic import outcome, stopped

LABELS = ("ANSWER", "order", "accepted", "imaged", "on ground", "mapped", "PLAN", "refused", "CHECKS", "FILES", "NEXT")


def assert_fits(lines: list[str]) -> None:
    assert len(lines) <= LINES
    assert all(len(line) <= COLUMNS and line.isprintable() for line in lines), lines


def test_a_good_run_tells_its_story_in_order() -> None:
    lines = summary_lines(outcome())
    assert_fits(lines)
    assert lines[0] == "ANSWER    41.8 km2 flooded (38.2-45.9, 90 %), 3.1 km2 could not be seen"
    assert "after the order" in lines[1] and "earliest possible" in lines[1]
    assert "SIMULATED" in lines[2]
    starts = [next(n for n, line in enumerate(lines) if line.startswith(label)) for label in LABELS]
    assert starts == sorted(starts)
    assert lines[-1] == "done in 41 s on 2 cores, seed 7"


def test_refused_orders_are_counted_by_reason() -> None:
    text = " ".join(" ".join(summary_lines(outcome())).split())
    refused = outcome().plan.refused
    assert f"refused {len(refused)}: " in text
    assert f"{sum(r.reason == 'no_daylight' for r in refused)} no daylight look" in text


@pytest.mark.parametrize("stage", ["not_planned", "not_imaged", "not_delivered", "not_mapped", "nothing_seen"])
def test_a_failure_comes_first_with_its_reason(stage: str) -> None:
    lines = summary_lines(stopped(stage))
    assert_fits(lines)
    said = {
        "not_planned": "could not be planned",
        "not_imaged": "planned but not pictured",
        "not_delivered": "did not come down",
        "not_mapped": "not mapped",
        "nothing_seen": "nothing of it could be seen",
    }[stage]
    assert said in lines[0]
    assert "a stated reason" in lines[1]
    assert not any("km2 flooded" in line for line in lines)


def test_without_an_urgent_order_the_routine_is_the_answer() -> None:
    lines = summary_lines(dataclasses.replace(outcome(), urgent=()))
    assert_fits(lines)
    assert lines[0] == "ANSWER    188 of 201 orders pictured and delivered"


def test_a_red_check_is_named_with_its_first_detail() -> None:
    red = Check("replay", False, "2 violations", ("A007: a turn of 12.1 s needs 14.3 s", "C003 overlaps C004"))
    text = "\n".join(summary_lines(dataclasses.replace(outcome(), checks=(red, *outcome().checks[1:]))))
    assert "replay RED: 2 violations" in text
    assert "A007: a turn of 12.1 s needs 14.3 s" in text


long_text = st.text(min_size=0, max_size=400)
number = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def wild(draw: st.DrawFn) -> Outcome:
    """The good run with every text and number of the summary replaced by something unkind."""
    base = outcome()
    story = dataclasses.replace(
        base.urgent[0],
        request=draw(st.sampled_from(["flood-01", draw(long_text)])),
        looks_offered=draw(st.integers(0, 10**9)),
        station=draw(long_text),
        received_bit=draw(st.floats(0, 1e30)),
        frames_sent=draw(st.integers(0, 10**12)),
        mapped=draw(st.sampled_from([None, base.urgent[0].mapped, base.stop + seconds(1e8)])),
        because=draw(long_text),
    )
    low, high = sorted([draw(st.floats(-1e30, 1e30)), draw(st.floats(-1e30, 1e30))])
    flooded = Estimate(draw(number), draw(long_text), low, high)
    unseen = Estimate(draw(number), "km2", because="x")
    flood = dataclasses.replace(base.products[0], estimates={"flooded_km2": flooded, "unseen_km2": unseen})
    refused = tuple(Refusal(f"r{n}", draw(long_text), "because") for n in range(draw(st.sampled_from([0, 1, 30]))))
    checks = tuple(
        Check(draw(long_text), draw(st.booleans()), draw(long_text), (draw(long_text),))
        for _ in range(draw(st.integers(0, 9)))
    )
    return dataclasses.replace(
        base,
        urgent=(story,) * draw(st.integers(0, 3)),
        products=(flood, *base.products[1:3]),
        plan=dataclasses.replace(base.plan, refused=refused, value=draw(number), bound=draw(number)),
        checks=checks,
        warnings=tuple(draw(st.lists(long_text, max_size=5))),
        files=tuple(draw(st.lists(long_text, max_size=40))),
        folder=draw(long_text),
        wall_s=draw(st.floats(0, 1e12)),
        seed=draw(st.integers(0, 2**63)),
    )


@given(wild())
def test_it_always_fits(run: Outcome) -> None:
    assert_fits(summary_lines(run))
