"""How good are crop maps of a region that was not learnt, beside a random forest on series filled straight?

    PYTHONPATH=. python benchmarks/quality/crops.py PARCELS_FOLDER

PARCELS_FOLDER holds ``imagery/crops_cawa/parcels.csv`` (6,063 parcels of three regions, CAWa data set). Protocol and
rival are those of tests/authorities/test_crops_cawa.py: two regions learnt, the third mapped, all three in turn,
crops and seasons. Accuracy, macro-F1, calibration error and CPU seconds of both go to benchmarks/results/crops.json.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from swath.product.crop_scores import accuracy_of, expected_calibration_error, macro_f1
from swath.product.crops import map_crops, train_crops
from tests.authorities.test_crops_cawa import REGIONS, forest_scores, parcels

RESULTS = Path(__file__).parents[1] / "results" / "crops.json"


def main() -> None:
    """All six rows."""
    values, regions, labels = parcels(Path(sys.argv[1]))
    rows = []
    for label, crop in labels.items():
        for region in REGIONS:
            away, began = regions == region, time.process_time()
            model = train_crops(values[~away], crop[~away], regions[~away], asked=values[away], seed=0)
            found = map_crops(model, values[away])
            ours_s = time.process_time() - began
            known = np.isin(crop[away], model.classes)
            truth, chosen = crop[away][known], found.crop[known]
            error = expected_calibration_error(found.likelihood[known].max(axis=1), chosen == truth)
            used, began = ~away & np.isin(crop, model.classes), time.process_time()
            theirs = forest_scores(values[used], crop[used], values[away][known], truth)
            row = {
                "label": label, "mapped": region, "parcels": int(known.sum()), "classes": len(model.classes),
                "accuracy": accuracy_of(chosen, truth), "macro_f1": macro_f1(chosen, truth), "calibration_error": error,
                "forest_accuracy": theirs[0], "forest_macro_f1": theirs[1], "cpu_s": ours_s,
                "forest_cpu_s": (time.process_time() - began) / 2,
            }  # fmt: skip
            rows.append(row)
            print(" ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
