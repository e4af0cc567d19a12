"""Crop maps: gaps, odd input, the same seed twice, scores by hand, the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.cli.main import main
from swath.errors import InputError
from swath.product.crop_scores import accuracy_of, expected_calibration_error, log_loss, macro_f1
from swath.product.crop_series import class_laws, complete, log_densities
from swath.product.crops import map_crops, train_crops
from tests.cli.schemas import errors

STEPS = np.arange(23)


def region(count: int, *, seed: int, shift: float, gaps: float) -> tuple[Any, Any]:
    """Three crops: summer, winter, and both; another region's calendar and gaps."""
    chance = np.random.default_rng(seed)
    crop = np.array(["summer", "winter", "double"])[chance.integers(3, size=count)]
    at = {"summer": ((14.0, 0.55),), "winter": ((7.0, 0.5),), "double": ((7.0, 0.45), (15.0, 0.4))}
    values = np.full((count, 23), 0.14) + chance.normal(0, 0.02, (count, 23))
    for n in range(count):
        for middle, height in at[str(crop[n])]:
            values[n] += height * np.exp(-0.5 * ((STEPS - middle - shift - chance.normal(0, 0.5)) / 2.0) ** 2)
    values[chance.random((count, 23)) < gaps] = np.nan
    return values, crop


def test_another_region_with_other_gaps_and_an_empty_spring_is_mapped() -> None:
    train = [region(200, seed=1, shift=0.0, gaps=0.1), region(200, seed=2, shift=1.0, gaps=0.3)]
    values, crop = region(200, seed=3, shift=-0.5, gaps=0.2)
    values[:, :6] = np.nan
    names = np.repeat(["a", "b"], 200)
    model = train_crops(
        np.vstack([v for v, _ in train]), np.concatenate([c for _, c in train]), names, asked=values, trees=40
    )
    found = map_crops(model, values)
    assert accuracy_of(found.crop, crop) > 0.93
    np.testing.assert_allclose(found.likelihood.sum(axis=1), 1.0)
    assert "2 regions left out" in model.because


def test_the_same_seed_gives_the_same_map_and_nothing_seen_gives_the_shares() -> None:
    values, crop = region(120, seed=5, shift=0.0, gaps=0.2)
    values[3] = np.nan
    one, two = (map_crops(train_crops(values, crop, trees=20, seed=4), values) for _ in range(2))
    np.testing.assert_array_equal(one.likelihood, two.likelihood)
    assert one.looks[3] == 0 and one.likelihood[3].max() < 0.6


@given(st.integers(0, 10_000), st.floats(0.0, 0.95))
@settings(max_examples=15, deadline=None)
def test_laws_leave_what_was_seen_and_never_break(seed: int, gaps: float) -> None:
    values, crop = region(60, seed=seed, shift=0.0, gaps=gaps)
    label = np.unique(crop, return_inverse=True)[1]
    classes = int(label.max()) + 1
    laws = class_laws(values, label, classes)
    whole = complete(values, label, laws, np.random.default_rng(0))
    seen = np.isfinite(values)
    assert np.isfinite(whole).all() and (whole[seen] == values[seen]).all()
    dense = log_densities(values, laws)
    assert np.isfinite(dense).all() and (dense[~seen.any(axis=1)] == 0.0).all()


def test_odd_input_is_refused_or_counts_as_not_seen() -> None:
    values, crop = region(120, seed=5, shift=0.0, gaps=0.2)
    values[0, 0], values[1, 1] = np.inf, 1e9
    model = train_crops(values, crop, trees=10)
    assert np.isfinite(map_crops(model, values).likelihood).all()
    with pytest.raises(InputError, match="steps"):
        map_crops(model, values[:, :20])
    with pytest.raises(InputError, match="30 parcels or more"):
        train_crops(values, np.full(120, "wheat"))
    with pytest.raises(InputError, match="shape"):
        train_crops(values[0], crop)


def test_scores_by_hand() -> None:
    truth, found = np.array(["a", "a", "a", "b", "c"]), np.array(["a", "a", "b", "b", "b"])
    assert accuracy_of(found, truth) == pytest.approx(0.6)
    assert macro_f1(found, truth) == pytest.approx((4 / 5 + 2 / 4 + 0) / 3)
    likelihood = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert log_loss(likelihood, np.array([0, 1])) == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2)
    assert expected_calibration_error(np.array([0.75] * 4), np.array([True, True, True, False])) == pytest.approx(0.0)
    assert expected_calibration_error(np.array([0.95] * 2), np.array([False, False])) == pytest.approx(0.95)


def write(path: Path, values: Any, crop: Any, name: str) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["parcel", "crop", "region", *(f"ndvi_doy_{1 + 16 * s:03d}" for s in STEPS)])
        for n, series in enumerate(values):
            rows.writerow([f"p{n}", crop[n], name, *("" if np.isnan(v) else f"{v:.4f}" for v in series)])
    return path


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = write(tmp_path / "known.csv", *region(100, seed=1, shift=0.0, gaps=0.1), "a")
    new = write(tmp_path / "new.csv", *region(90, seed=2, shift=0.5, gaps=0.3), "b")
    asked = ["product", "crops", "--train", str(known), "--on", str(new), "--id", "parcel"]
    assert main([*asked, "--out", str(tmp_path / "map.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and "Known (90 fields)" in lines[-1]
    rows = list(csv.DictReader((tmp_path / "map.csv").read_text("utf-8").splitlines()))
    assert len(rows) == 90 and sum(float(rows[0][f"p_{c}"]) for c in ("summer", "winter", "double")) == pytest.approx(
        1.0
    )
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not errors("field-products.json", told, "crops") and told["scores"]["accuracy"] > 0.9
    assert main(["product", "crops", "--train", str(known), "--on", str(tmp_path / "none.csv")]) == 3
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    assert main(["product", "crops", "--train", str(tmp_path / "odd.csv"), "--on", str(new)]) == 2
