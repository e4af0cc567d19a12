"""Suspects on simulated fields with known troubles: how many of the first 20 are right, how many are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from swath.errors import InputError
from swath.product.field_check import Suspect, check_fields
from swath.product.field_table import FieldSeries
from swath.product.field_verdicts import START, Thresholds, Verdict, parse_verdicts, thresholds_from
from tests.product.field_years import FIRST, years

NOTHING = Thresholds({}, {})


def day(number: float) -> np.datetime64:
    return FIRST + np.timedelta64(round(number * 86400), "s")


def region(
    count: int = 300, troubled: int = 15, *, seed: int, size: float = 0.2, at: float = 170.0
) -> tuple[FieldSeries, Any, set[str]]:
    """Fields of three crops with their own calendars; ``troubled`` of them lose ``size`` from a day before ``at`` on.

    A third of the troubles come at once, a third grow over a month, a third hit a part of the field only.
    """
    chance = np.random.default_rng(seed)
    world = years(count, seed=seed, stop_day=at + 1, cloudy=0.5, missed=0.01, noise=0.015, spread_days=6.0)
    crop = np.array(["wheat", "maize", "beet"])[np.arange(count) % 3]
    moved = {"wheat": 0.0, "maize": 20.0, "beet": 10.0}
    days = (world.time - FIRST) / np.timedelta64(86400, "s")
    values = world.values.copy()
    for n in range(count):
        values[n] += world.truth(n, days - moved[crop[n]]) - world.truth(n, days)
    weather = chance.normal(0, 0.015, len(days))  # haze and air of a date, the same for all
    values += weather
    sd = 0.04 * np.exp(chance.normal(0, 0.15, values.shape)) * np.exp(chance.normal(0, 0.2, (count, 1)))
    ill = chance.permutation(count)[:troubled]
    for number, n in enumerate(ill):
        begin = at - chance.uniform(12, 20)
        after = days >= begin
        if number % 3 == 0:
            values[n, after] -= size
        elif number % 3 == 1:
            values[n, after] -= size * np.minimum((days[after] - begin) / 10.0, 1.0)
        else:
            values[n, after] -= 0.4 * size
            sd[n, after] *= 1.0 + 8.0 * size
    names = np.array([f"f{n:03d}" for n in range(count)])
    share = np.where(world.seen, 1.0, 0.0)
    return FieldSeries(names, world.time, names[: len(days)], values, sd, share), crop, {str(names[n]) for n in ill}


def found(seed: int, **settings: Any) -> tuple[list[Suspect], set[str]]:
    series, crop, ill = region(seed=seed, **settings)
    return check_fields(series, crop, now=day(171), thresholds=NOTHING), ill


@pytest.mark.slow
@pytest.mark.parametrize(("size", "precision", "recall"), [(0.2, 0.65, 0.45), (0.3, 0.75, 0.65)])
def test_the_first_twenty_are_mostly_right(size: float, precision: float, recall: float) -> None:
    rights, listed, all_ill, false = 0, 0, 0, 0
    for seed in range(8):
        suspects, ill = found(seed, size=size)
        rights, listed = rights + sum(one.field in ill for one in suspects), listed + len(suspects)
        all_ill += len(ill)
        false += len(found(seed + 100, troubled=0)[0])
    print(f"{size}: right {rights / listed:.2f}, found {rights / all_ill:.2f}, false {false / 8 / 300:.4f} a field")
    assert rights / listed >= precision
    assert rights / all_ill >= recall
    assert false / 8 / 300 <= 0.02, "of the fields of a region without trouble"


def test_greater_troubles_come_first_and_kinds_are_told_apart() -> None:
    suspects, ill = found(3, size=0.35)
    assert {one.field for one in suspects[:10]} <= ill
    assert {"drop", "patch"} <= {one.kind for one in suspects}
    scores = [one.score_ratio - one.threshold_ratio for one in suspects]
    assert scores == sorted(scores, reverse=True)
    for one in suspects:
        assert one.before < one.time and one.index_low < one.index_expected < one.index_high
        assert len(one.tests) == 5
        assert all(made.result in ("points to it", "does not", "cannot tell") for made in one.tests)


def test_what_befalls_all_is_no_suspect_but_what_befalls_one_is_tested() -> None:
    series, crop, _ = region(120, 0, seed=5)
    clear = np.flatnonzero(series.seen.sum(axis=0) > 40)
    night = int(clear[-1])
    field = int(np.flatnonzero(series.seen[:, night] & series.seen[:, clear[-2]])[0])
    series.mean[:, night:] -= 0.25
    series.mean[field, night:] -= 0.5
    suspects = check_fields(series, crop, now=day(171), thresholds=NOTHING)
    assert len(suspects) <= 4, "neighbours fell as much"
    (one,) = [suspect for suspect in suspects if suspect.field == series.field[field]]
    assert {test.test: test.result for test in one.tests}["frost, drought or haze over all"] == "points to it"


def test_mowing_and_water_are_pointed_to_but_not_asserted() -> None:
    series, crop, _ = region(120, 0, seed=6)
    last = series.time >= day(158)
    series.share[np.ix_([0, 9], last)] = 1.0
    series.mean[0, last], series.sd[0, last] = 0.25, 0.03
    series.mean[9, last], series.sd[9, last] = -0.2, 0.05
    wet = FieldSeries(
        series.field, series.time, series.scene, np.where(series.mean < 0, 0.4, -0.4), series.sd, series.share
    )
    suspects = {
        one.field: one for one in check_fields(series, crop, now=day(171), thresholds=NOTHING, other={"ndwi": wet})
    }
    results = {name: {t.test: t.result for t in suspects[name].tests} for name in ("f000", "f009")}
    assert results["f000"]["mowing or harvest"] == "points to it" and results["f000"]["water"] == "does not"
    assert results["f009"]["water"] == "points to it"


def test_a_dismissed_field_has_to_be_more_unusual_and_its_crop_a_little() -> None:
    series, crop, _ = region(seed=2, size=0.3)
    first = check_fields(series, crop, now=day(171), thresholds=NOTHING)
    top = first[0]
    verdict = Verdict(top.field, top.crop, top.kind, "dismissed", top.score_ratio, "2025-06-20T00:00:00Z")
    learnt = thresholds_from([verdict])
    again = check_fields(series, crop, now=day(171), thresholds=learnt)
    assert top.field not in [one.field for one in again]
    assert learnt.of("another", top.crop, top.kind) == pytest.approx(START + 0.3)
    assert learnt.of("another", "rye", top.kind) == START
    assert len(again) >= len(first) - 4, "one dismissal does not silence the others"
    back = thresholds_from([verdict, Verdict(top.field, top.crop, top.kind, "confirmed", 5.0, "2025-06-25T00:00:00Z")])
    assert back.of(top.field, top.crop, top.kind) == START
    many = thresholds_from([verdict] * 100)
    assert many.of("another", top.crop, top.kind) <= 8.0, "never deaf"


def test_verdicts_come_back_and_nonsense_is_refused() -> None:
    one = Verdict("a", "wheat", "drop", "dismissed", 4.2, "2026-05-01T00:00:00Z", "hail net")
    assert parse_verdicts([one.to_json()]) == (one,)
    for bad in ({}, [1], [{**one.to_json(), "verdict": "maybe"}], [{**one.to_json(), "score": "x"}], 7):
        with pytest.raises(InputError):
            parse_verdicts(bad)


def test_old_pictures_only_are_refused() -> None:
    series, crop, _ = region(30, 0, seed=1)
    with pytest.raises(InputError, match="25 days"):
        check_fields(series, crop, now=day(300), thresholds=NOTHING)


def test_fields_without_crop_are_judged_by_their_own_past() -> None:
    series, _, _ = region(60, 0, seed=4)
    series.mean[3, series.time >= day(155)] -= 0.4
    suspects = check_fields(series, np.full(60, ""), now=day(171), thresholds=NOTHING)
    assert "f003" in [one.field for one in suspects[:3]]
    assert all(one.peers == 0 for one in suspects)
