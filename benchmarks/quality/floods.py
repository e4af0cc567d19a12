"""How good are the flood maps beside simple thresholds? ``python benchmarks/quality/floods.py --chips DIR...``

Each DIR holds ``s2_l1c_13bands.tif``, ``s1_vv_vh_db.tif`` and ``label_hand.tif`` as a chip of Sen1Floods11 has them (1
water, 0 dry, -1 unknown). On the same pixels: swath, and Otsu's threshold (scikit-image) on MNDWI and on VV after a
median of 5 x 5, the usual baselines. All three means of intersection over union; then swath alone on simulated floods
that no constant was found on. Writes benchmarks/results/quality-floods.json. No times.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from scipy.ndimage import median_filter
from skimage.filters import threshold_otsu

from benchmarks.calibrate_floods import both_sights
from swath.model import Grid
from swath.product.clouds import average_cells, find_unseen
from swath.product.flood import optical_sight
from swath.product.score import reliability_of, score_maps
from swath.product.sight import join_sights
from swath.product.water_radar import RadarLook, radar_sight
from tests.product.simulated import scene_of
from tests.product.simulated_disasters import BANDS, make_seen

RESULT = Path(__file__).resolve().parents[1] / "results" / "quality-floods.json"
NAMES = ("iou_pooled", "iou_chips", "iou_classes", "precision", "recall")

Maps = dict[str, np.ndarray]


def read(folder: Path, name: str) -> np.ndarray:
    """All bands of a chip's file."""
    with rasterio.open(folder / name) as file:
        return np.asarray(file.read())


def maps_of(folder: Path) -> tuple[Maps, np.ndarray]:
    """Water by each method, and the label."""
    camera, radar = read(folder, "s2_l1c_13bands.tif"), read(folder, "s1_vv_vh_db.tif")
    label = read(folder, "label_hand.tif")[0]
    grid = Grid(32630, 0.0, 0.0, 10.0, label.shape[1], label.shape[0])
    pixels = camera[[1, 2, 3, 7, 11, 12]].astype(np.uint16)
    scene = replace(scene_of(pixels[:4], grid, folder.name, 3.0), bands=BANDS, pixels=pixels)
    a = optical_sight(scene, find_unseen(average_cells(scene)))
    b = radar_sight(RadarLook(folder.name, grid, {"vv": radar[0], "vh": radar[1]}, 3.0, False))
    green, swir = camera[2].astype(float), camera[11].astype(float)
    mndwi = (green - swir) / np.maximum(green + swir, 1.0)
    smooth = median_filter(np.nan_to_num(radar[0], nan=0.0), 5)
    return {
        "camera, swath": a.water,
        "camera, Otsu on MNDWI": mndwi > threshold_otsu(mndwi),
        "radar, swath": b.water,
        "radar, Otsu on VV and median": smooth < threshold_otsu(smooth),
        "both, swath": join_sights(a, b).water,
    }, label


def main() -> None:
    """Score every method on every chip, pooled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chips", nargs="+", type=Path, required=True)
    parser.add_argument("--floods", type=int, default=60)
    asked = parser.parse_args()
    chips = [maps_of(folder) for folder in asked.chips]
    rows: dict[str, dict[str, object]] = {}
    for name in chips[0][0]:
        labels = [label for _, label in chips]
        score = score_maps([m[name] for m, _ in chips], [t == 1 for t in labels], [t >= 0 for t in labels])
        rows[name] = {key: [e.value, e.low, e.high] for key, e in score.estimates.items() if key in NAMES}
        print(f"{name:30}", *(f"{key} {score.estimates[key].value:.3f}" for key in NAMES))
    simulated = [make_seen(5000 + k, size=192, share=(None, None, None, None, 0.0)[k % 5]) for k in range(asked.floods)]
    for name, sights in zip(("camera", "radar"), zip(*map(both_sights, simulated), strict=True), strict=True):
        known = [s.unseen == 0 for s in sights]
        score = score_maps([s.water for s in sights], [f.water > 0.5 for f in simulated], known)
        said = reliability_of([s.likelihood for s in sights], [f.water for f in simulated], known)
        row = {key: score.estimates[key].value for key in NAMES}
        row |= {"reliability_mean_error": said.mean_error_share, "reliability_worst_tenth": said.worst_error_share}
        rows[f"{asked.floods} simulated floods, {name}"] = row
        print(f"simulated, {name:20}", *(f"{key} {value:.3f}" for key, value in row.items()))
    RESULT.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
