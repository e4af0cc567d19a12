"""The flood map against a hand-made label: Sen1Floods11 (Bonafilia et al. 2020), chip Spain_7370579, its western half.

Sentinel-2 level 1C, bands 2, 3, 4 and 8, about 10 m. Nothing was trained on it. The label is coarse and follows the
short-wave infrared: even the best fixed threshold of NDWI, chosen knowing the label, reaches an intersection over
union of 0.59 here, and NDWI > 0 reaches 0.50.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from swath.model import Grid, Scene
from swath.product.flood import flood_product
from tests.product.simulated import scene_of

pytestmark = pytest.mark.needs_shared_data


@pytest.fixture(scope="module")
def chip(shared_data: Path) -> tuple[Scene, np.ndarray]:
    """Blue, green, red, nir; and the label: 1 water, 0 dry, -1 unknown."""
    folder = shared_data / "imagery" / "flood_spain"
    with rasterio.open(folder / "s2_l1c_13bands.tif") as file:
        pixels = file.read([2, 3, 4, 8]).astype(np.uint16)
    with rasterio.open(folder / "label_hand.tif") as file:
        label = file.read(1)
    rows, columns = label.shape
    return scene_of(pixels, Grid(32630, 0.0, 0.0, 10.0, columns, rows), "spain", 3.0), label


def test_intersection_over_union_beats_the_simple_threshold(chip: tuple[Scene, np.ndarray]) -> None:
    scene, label = chip
    product = flood_product(scene)
    likelihood, known = product.layers["likelihood"], label >= 0
    green, nir = scene.pixels[1].astype(float), scene.pixels[3].astype(float)

    def iou(water: np.ndarray, what: int = 1) -> float:
        true = label == what
        return float(np.count_nonzero(water & true & known) / np.count_nonzero((water | true) & known))

    ours, simple = product.layers["flood"] == 1, green > nir
    print(f"water {iou(ours):.3f}, dry {iou(~ours, 0):.3f}; NDWI > 0: water {iou(simple):.3f}")
    assert iou(ours) > 0.54 > iou(simple)
    assert (likelihood <= 100).mean() > 0.98, "no cloud is seen where there is none"


def test_likelihood_is_calibrated_on_a_real_picture(chip: tuple[Scene, np.ndarray]) -> None:
    """Of places called x % likely x % are labelled water, to 15 points in every tenth."""
    scene, label = chip
    likelihood = flood_product(scene).layers["likelihood"]
    seen = (label >= 0) & (likelihood <= 100)
    tenth = np.rint(likelihood[seen] / 10.0).astype(int)
    number = np.bincount(tenth, minlength=11)
    wet = np.bincount(tenth, label[seen] == 1, 11) / number
    print("labelled water by tenths of likelihood:", np.round(wet, 2))
    assert (number > 500).all()
    assert np.abs(wet - np.arange(11) / 10.0).max() < 0.15
