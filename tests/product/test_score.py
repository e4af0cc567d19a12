"""Scores: the three means of intersection over union, by hand; intervals; what is unknown is left out."""

from __future__ import annotations

import numpy as np
import pytest

from swath.errors import InputError
from swath.product.score import reliability_of, score_maps


def test_the_three_means_by_hand() -> None:
    """Chip 1: 4 yes, 1 false yes, 1 missed of 16 (4/6). Chip 2: 1 yes, 3 missed (1/4). Chip 3: nothing anywhere."""
    shape = (4, 4)
    true, called = [np.zeros(shape, bool) for _ in range(3)], [np.zeros(shape, bool) for _ in range(3)]
    true[0].flat[:5] = True
    called[0].flat[1:6] = True
    true[1].flat[:4] = True
    called[1].flat[0] = True
    known = [np.ones(shape, bool)] * 3
    score = score_maps(called, true, known)
    values = {name: e.value for name, e in score.estimates.items()}
    assert values["iou_pooled"] == pytest.approx(5 / 10)
    assert values["iou_chips"] == pytest.approx((4 / 6 + 1 / 4) / 2)
    assert values["iou_classes"] == pytest.approx((5 / 10 + 38 / 43) / 2)
    assert values["precision"] == pytest.approx(5 / 6) and values["recall"] == pytest.approx(5 / 9)
    assert values["f1"] == pytest.approx(10 / 15) and values["accuracy"] == pytest.approx(43 / 48)
    assert values["area_error"] == pytest.approx(6 / 9 - 1)
    assert score.count_px == 48 and score.unknown_px == 0 and len(score.chips) == 2
    assert all(e.low is None for e in score.estimates.values()), "three blocks are too few for an interval"


def test_intervals_hold_the_value_and_narrow_with_more_blocks() -> None:
    rng = np.random.default_rng(3)
    widths = []
    for size in (256, 1024):
        true = rng.random((size // 64, size // 64)).repeat(64, 0).repeat(64, 1) > 0.5
        called = true ^ (rng.random(true.shape) < 0.1)
        found = score_maps([called], [true], [np.ones(true.shape, bool)]).estimates["iou_pooled"]
        assert found.low is not None and found.high is not None
        assert found.low <= found.value <= found.high
        widths.append(found.high - found.low)
    assert widths[1] < 0.6 * widths[0]


def test_no_class_anywhere_and_nothing_known() -> None:
    empty, all_known = np.zeros((8, 8), bool), np.ones((8, 8), bool)
    assert score_maps([empty], [empty], [all_known]).estimates["iou_pooled"].value == 1.0
    with pytest.raises(InputError, match="no pixel is known"):
        score_maps([empty], [empty], [~all_known])
    with pytest.raises(InputError, match="truth"):
        score_maps([empty], [empty[:4]], [all_known])
    with pytest.raises(InputError, match="chips"):
        score_maps([], [], [])


def test_reliability_of_a_likelihood_that_is_right_and_of_one_that_is_not() -> None:
    rng = np.random.default_rng(5)
    percent = rng.integers(0, 101, (400, 400)).astype(np.uint8)
    true = rng.random(percent.shape) < percent / 100.0
    known = np.ones(percent.shape, bool)
    good = reliability_of([percent], [true], [known])
    assert good.mean_error_share < 0.01 and good.worst_error_share < 0.02 and sum(good.count_px) == percent.size
    bad = reliability_of([percent], [np.ones(percent.shape, bool)], [known])
    assert bad.worst_error_share == pytest.approx(1.0, abs=0.03)
    percent[:200] = 255
    assert sum(reliability_of([percent], [true], [known]).count_px) == percent.size // 2
