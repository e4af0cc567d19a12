"""Burns, slides, debris and damage against simulated truth (no real sample with a free licence was at hand)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Product
from swath.product.burn import burn_product
from swath.product.damage import GRADES, damage_product
from swath.product.debris import debris_product
from swath.product.flood import optical_sight
from swath.product.landslide import landslide_product
from swath.product.score import reliability_of, score_maps
from tests.product.simulated_changes import make_burn, make_debris, make_slides, make_town


def f1(called: np.ndarray, true: np.ndarray, product: Product) -> float:
    return score_maps([called], [true], [product.layers["unseen"] == 0]).estimates["f1"].value


@pytest.mark.parametrize("seed", range(5))
def test_a_burn_is_drawn_with_its_islands(seed: int) -> None:
    pair = make_burn(seed)
    product = burn_product(pair.after, pair.before)
    true_km2 = float(pair.true.sum()) * product.grid.pixel_area_km2
    found = product.estimates["burned_km2"]
    score = score_maps([product.layers["burn"] == 1], [pair.true], [product.layers["unseen"] == 0])
    print({k: round(e.value, 3) for k, e in score.estimates.items()}, found.low, true_km2, found.high)
    assert score.estimates["iou_pooled"].value > 0.85
    assert found.low is not None and found.high is not None
    assert found.low * 0.97 <= true_km2 <= found.high * 1.03
    severity = product.layers["severity"][pair.true & (product.layers["burn"] == 1)]
    share = pair.share[pair.true & (product.layers["burn"] == 1)]
    assert np.corrcoef(severity, share)[0, 1] > 0.6
    assert not (product.layers["island"].astype(bool) & (product.layers["burn"] == 1)).any()
    parts = sum(product.estimates[f"severity_{k}_km2"].value for k in range(1, 5))
    assert parts == pytest.approx(found.value, rel=0.1)


def test_likelihood_of_burns_is_reliable_and_no_fire_is_none() -> None:
    pairs = [make_burn(seed) for seed in range(20, 26)]
    products = [burn_product(p.after, p.before) for p in pairs]
    found = reliability_of(
        [p.layers["likelihood"] for p in products], [p.true for p in pairs], [p.layers["unseen"] == 0 for p in products]
    )
    print(found)
    assert found.mean_error_share < 0.02
    quiet = make_burn(30, share=0.0)
    assert burn_product(quiet.after, quiet.before).layers["burn"].mean() < 0.001


def test_slides_are_found_on_slopes_and_fields_are_not_slides() -> None:
    scores, cleared = [], []
    for seed in range(4):
        pair, height = make_slides(seed)
        product = landslide_product(pair.after, pair.before, height_m=height)
        scores.append(f1(product.layers["landslide"] == 1, pair.true, product))
        field = (pair.share > 0) & ~pair.true
        cleared.append(float((product.layers["landslide"][field] == 1).mean()) if field.any() else 0.0)
        blind = landslide_product(pair.after, pair.before)
        assert "cannot be told" in blind.because
        if field.sum() > 50:
            assert (blind.layers["landslide"][field] == 1).mean() > 0.5, "without heights a field looks like a slide"
    print("F1", np.round(scores, 2), "fields called slides", np.round(cleared, 3))
    assert min(scores) > 0.75 and max(cleared) < 0.05
    calm, height = make_slides(9, number=0)
    assert landslide_product(calm.after, calm.before, height_m=height).layers["landslide"].mean() < 0.001


def test_debris_stands_out_from_the_water() -> None:
    scores = []
    for seed in range(4):
        pair = make_debris(seed)
        water = optical_sight(pair.after, np.zeros(pair.after.grid.shape, np.uint8))
        product = debris_product(pair.after, water)
        on_water = np.isfinite(pair.share) & (product.layers["unseen"] == 0)
        found = score_maps([product.layers["debris"] == 1], [pair.true], [on_water]).estimates
        scores.append((found["precision"].value, found["recall"].value))
    print("precision, recall", np.round(scores, 2))
    assert np.mean(scores, 0)[0] > 0.75 and np.mean(scores, 0)[1] > 0.6
    clean = make_debris(9, patches=0)
    water = optical_sight(clean.after, np.zeros(clean.after.grid.shape, np.uint8))
    assert debris_product(clean.after, water).layers["debris"].mean() < 0.004


def test_damaged_roofs_are_told_from_standing_ones() -> None:
    hits, misses, false, number = 0, 0, 0, 0
    for seed in range(4):
        before, after, homes, hit, grid = make_town(seed)
        product = damage_product(before, after, homes, grid)
        bad = [row["grade"] in GRADES[2:4] for row in product.rows]
        hits += sum(b and h for b, h in zip(bad, hit, strict=True))
        misses += sum(h and not b for b, h in zip(bad, hit, strict=True))
        false += sum(b and not h for b, h in zip(bad, hit, strict=True))
        number += len(hit)
        found = product.estimates["damaged_count"]
        assert found.low is not None and found.high is not None and found.low - 2 <= sum(hit) <= found.high + 2
    print(f"{hits} found, {misses} missed, {false} false, of {number}")
    assert hits / (hits + misses) > 0.9 and false / number < 0.03


def test_a_roof_that_is_not_seen_cannot_be_told() -> None:
    before, after, homes, _, grid = make_town(7)
    after[:200] = np.nan
    product = damage_product(before, after, homes, grid, ids=[f"h{k}" for k in range(len(homes))])
    lost = [row for row, home in zip(product.rows, homes, strict=True) if home.bounds[1] > 5e6 - 95]
    assert lost and all(row["grade"] == "cannot tell" and row["likelihood"] is None for row in lost)
    assert product.rows[3]["building"] == "h3"
    with pytest.raises(InputError, match="no building"):
        damage_product(before, after, [], grid)
    with pytest.raises(InputError, match="Warp"):
        damage_product(before[:5], after, homes, grid)


def test_pictures_in_the_wrong_order_or_without_bands_are_refused() -> None:
    pair = make_burn(40, size=64)
    with pytest.raises(InputError, match="later one"):
        burn_product(pair.before, pair.after)
    bare = replace(pair.after, bands=pair.after.bands[:4], pixels=pair.after.pixels[:4])
    with pytest.raises(InputError, match="swir"):
        burn_product(bare, pair.before)
    with pytest.raises(InputError, match="swir"):
        debris_product(bare, optical_sight(bare, np.zeros(bare.grid.shape, np.uint8)))
    with pytest.raises(InputError, match="heights"):
        landslide_product(pair.after, pair.before, height_m=np.zeros((3, 3)))
    with pytest.raises(InputError, match="severity"):
        burn_product(pair.after, pair.before, by="nbr")
    nothing = replace(pair.after, pixels=np.zeros_like(pair.after.pixels))
    product = burn_product(nothing, pair.before)
    assert (product.layers["likelihood"] == 255).all() and product.estimates["seen_share"].value == 0.0
