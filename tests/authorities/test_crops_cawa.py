"""Crops of a region that nobody visited, against a random forest on series whose gaps are filled straight.

6,063 real parcels in three regions of Uzbekistan, NDVI at 23 steps of 16 days, 28 % of the values missing (CAWa crop
type data set, Remelgado et al. 2020, doi 10.1038/s41597-020-00591-2, CC BY-SA 4.0, as in cropharvest). Protocol: two
regions are learnt, the third is mapped; crops of 30 parcels or more in the two; parcels of other crops, and those
labelled unclear, are left out for both methods. The rival: scikit-learn's forest of 300 trees, its defaults, on NDVI
interpolated straight in time and level beyond the ends; the mean of two seeds.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swath.product.crop_scores import accuracy_of, expected_calibration_error, macro_f1
from swath.product.crops import map_crops, train_crops

pytestmark = [pytest.mark.needs_shared_data, pytest.mark.slow]

REGIONS = ("Fergana", "Khorezm", "Samarkand")


def parcels(folder: Path) -> tuple[Any, Any, dict[str, Any]]:
    with (folder / "imagery" / "crops_cawa" / "parcels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = [name for name in rows[0] if name.startswith("ndvi_doy_")]
    values = np.array([[float(row[s]) if row[s] not in ("", "NA") else np.nan for s in steps] for row in rows])
    labels = {
        name: np.array(["" if row[name] == "unclear" else row[name] for row in rows]) for name in ("label_1", "label_2")
    }
    return values, np.array([row["region"] for row in rows]), labels


def filled_straight(values: Any) -> Any:
    steps = np.arange(values.shape[1])
    return np.array(
        [
            np.interp(steps, steps[np.isfinite(v)], v[np.isfinite(v)]) if np.isfinite(v).any() else 0 * steps
            for v in values
        ]
    )


def forest_scores(train: Any, label: Any, asked: Any, truth: Any) -> tuple[float, float]:
    ensemble = pytest.importorskip("sklearn.ensemble")
    scores = []
    for seed in (0, 1):
        forest = ensemble.RandomForestClassifier(300, random_state=seed).fit(filled_straight(train), label)
        found = forest.predict(filled_straight(asked))
        scores.append((accuracy_of(found, truth), macro_f1(found, truth)))
    accuracy, f1 = np.mean(scores, axis=0)
    return float(accuracy), float(f1)


@pytest.mark.parametrize("label", ["label_1", "label_2"])
@pytest.mark.parametrize("region", REGIONS)
def test_better_than_a_forest_in_accuracy_and_f1_and_calibrated(region: str, label: str, shared_data: Path) -> None:
    values, regions, labels = parcels(shared_data)
    crop, away = labels[label], regions == region
    model = train_crops(values[~away], crop[~away], regions[~away], asked=values[away], seed=0)
    found = map_crops(model, values[away])
    known = np.isin(crop[away], model.classes)
    truth, chosen = crop[away][known], found.crop[known]
    ours = accuracy_of(chosen, truth), macro_f1(chosen, truth)
    error = expected_calibration_error(found.likelihood[known].max(axis=1), chosen == truth)
    used = ~away & np.isin(crop, model.classes)
    theirs = forest_scores(values[used], crop[used], values[away][known], truth)
    print(
        f"{label} {region}: accuracy {ours[0]:.3f} against {theirs[0]:.3f}, macro-F1 {ours[1]:.3f} against "
        f"{theirs[1]:.3f}, calibration error {error:.3f}; {model.because}"
    )
    assert ours[0] > theirs[0] and ours[1] > theirs[1]
    assert error < 0.06
