"""SatNet: valid plans below a bound that holds at any times, the judge's faults, published weeks."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.plan.bench.protocol import Answer
from swath.plan.bench.satnet import Track, Week, judge_tracks, tracks_from_json, tracks_to_json
from swath.plan.bench.satnet_set import SATNET
from swath.plan.engine.budget import Rounds

START = 1_520_000_000


def week_texts(seed: int, asks: int = 25) -> dict[str, str]:
    rng = np.random.default_rng(seed)
    entries = []
    for number in range(asks):
        wanted = float(rng.choice([1.0, 2.5, 4.0, 8.0, 10.0]))
        keys = rng.choice(["DSS-14", "DSS-24", "DSS-34", "DSS-14_DSS-24"], int(rng.integers(1, 4)), replace=False)
        keys = ["DSS-14_DSS-24"] if number == 0 else keys
        views = {}
        for key in keys:
            on = START + rng.integers(0, 2 * 86400, 2)
            views[str(key)] = [
                {
                    "RISE": int(a),
                    "SET": int(a + 40_000),
                    "TRX ON": int(a),
                    "TRX OFF": int(a + rng.integers(15_000, 40_000)),
                }
                for a in on
            ]
        entries.append(
            {
                "subject": number % 4,
                "user": "u",
                "week": 1,
                "year": 2018,
                "track_id": f"ask-{number}",
                "duration": wanted,
                "duration_min": 0.8 * wanted if wanted >= 8 else wanted,
                "setup_time": 60,
                "teardown_time": 15,
                "resources": [],
                "resource_vp_dict": views,
                "time_window_start": START,
                "time_window_end": START + 3 * 86400,
            }
        )
    closed = f"week,year,starttime,endtime,antenna\n1.0,2018,{START + 30_000},{START + 50_000},DSS-14\n"
    return {"problem.json": json.dumps(entries), "maintenance.csv": closed}


@cache
def planned(seed: int = 1) -> tuple[Week, Answer]:
    week = SATNET.read(week_texts(seed))
    return week, SATNET.solve(week, budget=Rounds(120), seed=1, told=lambda what, value, bound: None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_plans_are_valid_and_below_the_bound(seed: int) -> None:
    week, answer = planned(seed)
    verdict = SATNET.judge(week, answer.text)
    assert verdict.broken == ()
    assert 0.6 * answer.bound < verdict.value <= answer.bound
    assert verdict.measures["U_rms"] <= verdict.measures["U_max"] <= 1.0


def test_no_greedy_plan_at_any_times_beats_the_bound() -> None:
    for seed in (1, 2, 3):
        week, answer = planned(seed)
        rng = np.random.default_rng(seed)
        tracks: list[Track] = []
        for n in rng.permutation(len(week.asks)).tolist() * 3:
            ask = week.asks[n]
            key = str(rng.choice(sorted(ask.views)))
            on, off = ask.views[key][int(rng.integers(len(ask.views[key])))]
            length = int(rng.integers(ask.shortest_s, ask.wanted_s + 1))
            if off - on < length:
                continue
            at = int(rng.integers(on, off - length + 1))
            more = [
                Track(ask.id, a, at - ask.setup_s, at, at + length, at + length + ask.teardown_s)
                for a in key.split("_")
            ]
            if judge_tracks(week, [*tracks, *more]).valid:
                tracks += more
        assert judge_tracks(week, tracks).value <= answer.bound


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("unknown request", {"ask": "nothing"}),
        ("is not offered", {"antenna": "DSS-99"}),
        (
            "does not see it",
            {"start": START - 90_000, "on": START - 86_400, "off": START - 60_000, "stop": START - 59_100},
        ),
        ("set-up takes", {"start": START}),
        ("teardown takes", {"stop": START + 10**6}),
    ],
)
def test_the_judge_finds(words: str, change: dict[str, object]) -> None:
    week, answer = planned()
    tracks = tracks_from_json(answer.text)
    lone = next(t for t in tracks if sum(o.ask == t.ask for o in tracks) == 1)
    verdict = judge_tracks(week, [replace(lone, **change)])  # type: ignore[arg-type]
    assert any(words in line for line in verdict.broken)


def test_the_judge_finds_overlap_maintenance_and_short_tracks() -> None:
    week, answer = planned()
    tracks = tracks_from_json(answer.text)
    lone = next(t for t in tracks if sum(o.ask == t.ask for o in tracks) == 1)
    assert any("overlap" in line for line in judge_tracks(week, [lone, replace(lone, ask=tracks[-1].ask)]).broken)
    shut = replace(week, closed={lone.antenna: ((lone.start, lone.stop),)})
    assert any("maintenance" in line for line in judge_tracks(shut, [lone]).broken)
    short = replace(lone, off=lone.on + 60, stop=lone.on + 60 + lone.stop - lone.off)
    assert any("shorter" in line for line in judge_tracks(week, [short]).broken)


def test_more_than_wanted_earns_nothing() -> None:
    week, answer = planned()
    verdict = SATNET.judge(week, answer.text)
    halved = replace(week, asks=tuple(replace(a, wanted_s=a.wanted_s // 2, least_s=a.least_s // 2) for a in week.asks))
    assert judge_tracks(halved, tracks_from_json(answer.text)).value <= 0.5 * sum(a.wanted_s for a in week.asks) / 3600
    assert verdict.value > 0


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '[{"track_id": 1}]'])
def test_bad_weeks_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        SATNET.read({"problem.json": text, "maintenance.csv": ""})


@given(st.text(max_size=200))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    week, _ = planned()
    with suppress(InputError):
        SATNET.judge(week, text)


def test_plans_are_written_and_read_alike() -> None:
    week, answer = planned()
    assert tracks_to_json(week, tracks_from_json(answer.text)) == answer.text


PUBLISHED = {
    "W10_2018": ((822.0, 0.26, 0.48), (886.0, 0.28, 0.71)),
    "W30_2018": ((983.0, 0.29, 0.64), (1100.0, 0.28, 0.85)),
}
"""hours, U_rms, U_max: Claudet et al. 2022 (Delta-MILP), table 4; Goh et al. 2021 (PPO, the best of 1,000), table 3"""


@pytest.mark.slow
@pytest.mark.needs_shared_data
@pytest.mark.parametrize("week", PUBLISHED)
def test_more_hours_than_anybody_published_and_fairer(week: str, shared_data: Path) -> None:
    folder = shared_data / "planning" / "satnet" / week
    case = SATNET.read({name: (folder / name).read_text("utf-8") for name in SATNET.files})
    answer = SATNET.solve(case, budget=Rounds(1500), seed=1, told=lambda what, value, bound: None)
    verdict = SATNET.judge(case, answer.text)
    assert verdict.broken == ()
    hours, rms, worst = zip(*PUBLISHED[week], strict=True)
    assert max(hours) < verdict.value <= answer.bound
    assert verdict.measures["U_rms"] <= min(rms) and verdict.measures["U_max"] <= min(worst)
