"""How green each field is, and how sure that is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy import ndimage

from swath.errors import InputError
from swath.model import Estimate, Grid, Product, Scene
from swath.product.fields import cover_polygons, zonal_statistics
from swath.product.vegetation import NDVI_NOT_SEEN, vegetation_product
from tests.product.simulated import scene_of

GRID = Grid(32632, 6e5, 5e6, 5.0, 120, 100)
WEST, _, _, NORTH = GRID.bounds_m
KEYS = {
    *("field", "area_m2", "ndvi_mean", "ndvi_low", "ndvi_high", "ndvi_sd"),
    *("count_px", "seen_share", "because"),
}


def patchwork(seed: int = 1) -> Scene:
    """Four quarters of different green, with noise."""
    rng = np.random.default_rng(seed)
    red, nir = np.full(GRID.shape, 500.0), np.full(GRID.shape, 4500.0)
    red[50:], nir[50:] = 1500.0, 2500.0
    nir[:, 60:] *= 0.8
    pixels = np.stack([np.full(GRID.shape, 600.0), np.full(GRID.shape, 800.0), red, nir])
    return scene_of((pixels * rng.normal(1.0, 0.02, pixels.shape)).astype(np.uint16), GRID, "v", 3.0)


def box(left: float, top: float, right: float, bottom: float) -> shapely.Polygon:
    """By pixels from the upper left corner."""
    return shapely.box(WEST + 5.0 * left, NORTH - 5.0 * bottom, WEST + 5.0 * right, NORTH - 5.0 * top)


def sound(product: Product) -> None:
    ndvi, unseen = product.layers["ndvi"], product.layers["unseen"]
    assert ndvi.dtype == np.int16
    np.testing.assert_array_equal(ndvi == NDVI_NOT_SEEN, unseen > 0)
    assert np.abs(ndvi[unseen == 0]).max(initial=0) <= 10000
    for row in product.rows:
        assert set(row) == KEYS
        assert 0.0 <= row["seen_share"] <= 1.0
        assert (row["ndvi_mean"] is None) == (row["count_px"] <= 0.0) == row["because"].startswith("not seen")
        if row["ndvi_mean"] is not None:
            assert -1.0 <= row["ndvi_low"] <= row["ndvi_mean"] <= row["ndvi_high"] <= 1.0
            assert np.isfinite(row["ndvi_sd"])


def test_fields_have_the_ndvi_of_their_pixels() -> None:
    """(4500 - 500) / (4500 + 500) = 0.8 in one quarter, (2500 - 1500) / 4000 = 0.25 in another."""
    product = vegetation_product(patchwork(), {"green": box(5, 5, 55, 45), "bare": box(5.5, 55.5, 50, 95)})
    sound(product)
    green, bare = product.rows
    assert green["ndvi_mean"] == pytest.approx(0.8, abs=0.002)
    assert bare["ndvi_mean"] == pytest.approx(0.25, abs=0.002)
    assert green["ndvi_low"] < 0.8 < green["ndvi_high"] < 0.85
    assert green["area_m2"] == pytest.approx(50 * 40 * 25)
    assert green["count_px"] == pytest.approx(2000.0)
    assert green["seen_share"] == 1.0
    assert product.estimates["fields_seen"].value == 2.0
    mean = product.estimates["ndvi_mean"]
    assert isinstance(mean, Estimate)
    assert mean.low < mean.value < mean.high


def test_statistics_are_those_of_the_layer() -> None:
    """Whoever has the layer and the polygons can make the rows again."""
    polygon = box(3.3, 4.7, 61.1, 46.9)
    scene = patchwork()
    product = vegetation_product(scene, {"f": polygon})
    layer = product.layers["ndvi"] / 10000.0
    weights = np.array(
        [
            [shapely.intersection(polygon, box(j, i, j + 1, i + 1)).area / 25.0 for j in range(GRID.width)]
            for i in range(GRID.height)
        ]
    )
    (row,) = product.rows
    mean = np.average(layer, weights=weights)
    assert row["ndvi_sd"] == pytest.approx(np.sqrt(np.average((layer - mean) ** 2, weights=weights)), abs=1e-9)
    assert row["count_px"] == pytest.approx(weights.sum())
    core = ndimage.binary_erosion(weights > 1.0 - 1e-9, np.ones((3, 3)))
    inner = layer[core].mean()
    sides = [layer[np.roll(core, *by)].mean() - inner for by in ((1, 0), (-1, 0), (1, 1), (-1, 1))]
    assert row["ndvi_mean"] == pytest.approx(inner - 0.4 * (scene.gsd_m / GRID.pixel_m) ** 2 * sum(sides), abs=1e-9)


def blurred_strips(ce90_m: float = 0.5) -> tuple[Scene, dict[str, shapely.Polygon], dict[str, float]]:
    """Strips of 0.1 to 0.9 NDVI side by side, six pixels wide and less, under a blur of 0.6 pixel one sigma."""
    rng = np.random.default_rng(4)
    edges = np.concatenate([[0], np.cumsum(rng.choice([3.0, 4.3, 6.0, 9.7], 40))])
    edges = edges[edges < GRID.width]
    true = rng.uniform(0.1, 0.9, len(edges) - 1)
    at = (np.arange(GRID.width * 20) + 0.5) / 20.0
    number = np.clip(np.searchsorted(edges, at) - 1, 0, len(true) - 1)
    red = ndimage.gaussian_filter1d(0.2 * (1.0 - true[number]), 12.0).reshape(-1, 20).mean(1)
    nir = ndimage.gaussian_filter1d(0.2 * (1.0 + true[number]), 12.0).reshape(-1, 20).mean(1)
    rows = [np.broadcast_to(1e4 * band, GRID.shape) for band in (0.05 + 0.5 * red, 0.05 + 0.5 * red, red, nir)]
    scene = replace(scene_of(np.stack(rows).astype(np.uint16), GRID, "v", ce90_m), gsd_m=GRID.pixel_m)
    fields = {str(n): box(edges[n], 10, edges[n + 1], 90) for n in range(1, len(true) - 1)}
    return scene, fields, {str(n): float(true[n]) for n in range(1, len(true) - 1)}


def test_what_lies_beside_a_field_is_no_part_of_its_value() -> None:
    """Fields with a core are within 0.015, those of three pixels within 0.08; means of their pixels are 0.03 off."""
    scene, fields, true = blurred_strips()
    product = vegetation_product(scene, fields)
    plain = zonal_statistics(
        product.layers["ndvi"] / 10000.0, np.ones(GRID.shape, bool), cover_polygons(list(fields.values()), GRID)
    )
    assert np.sqrt(np.mean(np.square(plain.mean[0] - list(true.values())))) > 0.03
    inside = []
    for row in product.rows:
        truth, has_core = true[row["field"]], row["area_m2"] > 5.5 * 5.0 * 400.0
        assert row["ndvi_mean"] == pytest.approx(truth, abs=0.015 if has_core else 0.08)
        inside.append(row["ndvi_low"] <= truth <= row["ndvi_high"])
    assert len(inside) >= 15 and np.mean(inside) >= 0.85


def test_fields_are_looked_for_where_the_picture_shows_them() -> None:
    """A picture 10 m off to the east and 5 to the south by its own measure: the values are those of one in place."""
    scene, fields, _ = blurred_strips(ce90_m=11.5)
    moved = np.roll(scene.pixels, (1, 2), (1, 2))
    off = replace(scene, pixels=moved, properties={**scene.properties, "shift_east_m": 10.0, "shift_north_m": -5.0})
    there = [row for row in vegetation_product(off, fields).rows if (fields[row["field"]].bounds[0] - WEST) > 15.0]
    placed = {
        row["field"]: row
        for row in vegetation_product(replace(scene, ce90_m=Estimate(0.5, "m", because="given")), fields).rows
    }
    assert len(there) > 10
    for row in there:
        assert row["ndvi_mean"] == pytest.approx(placed[row["field"]]["ndvi_mean"], abs=1e-6)
        assert row["ndvi_high"] - row["ndvi_low"] < (0.03 if row["area_m2"] > 5.5 * 5.0 * 400.0 else 0.3)


def test_a_field_half_hidden_is_less_sure_and_one_hidden_has_no_value() -> None:
    scene, ignore = patchwork(), np.zeros(GRID.shape, bool)
    ignore[:50, 30:] = True
    fields = {"half": box(5, 5, 55, 45), "hidden": box(70, 5, 110, 45), "away": box(200, 200, 210, 210)}
    clear = vegetation_product(scene, fields)
    product = vegetation_product(scene, fields, ignore=ignore)
    sound(product)
    half, hidden, away = product.rows
    assert half["seen_share"] == pytest.approx(0.5)
    assert half["ndvi_high"] - half["ndvi_low"] > 1.5 * (clear.rows[0]["ndvi_high"] - clear.rows[0]["ndvi_low"])
    assert hidden["because"] == "not seen: cloud or no data"
    assert away["because"] == "not seen: it lies off the picture"
    assert hidden["ndvi_mean"] is hidden["ndvi_low"] is hidden["ndvi_sd"] is None
    assert product.estimates["fields_seen"].value == 1.0


def test_position_matters_where_neighbours_differ() -> None:
    """The interval of a field between others grows with the position error; in the midst of its like it does not."""
    fields = {"edge": box(5, 40, 55, 60), "midst": box(10, 10, 50, 40)}

    def widths(ce90_m: float) -> list[float]:
        scene = replace(patchwork(), ce90_m=Estimate(ce90_m, "m", because="given"))
        return [row["ndvi_high"] - row["ndvi_low"] for row in vegetation_product(scene, fields).rows]

    (edge, midst), (edge_off, midst_off) = widths(0.1), widths(10.0)
    assert edge_off > 1.2 * edge
    assert midst_off == pytest.approx(midst, rel=0.05)


def test_the_interval_holds_means_of_fields_with_texture_and_mixed_borders() -> None:
    """150 strips of random green, blurred and shifted by 3 m: true means lie inside (85 % at least)."""
    rng = np.random.default_rng(1003)
    inside = number = 0
    for _ in range(15):
        width = 12
        true = rng.uniform(0.1, 0.85, GRID.width // width)
        fine = np.repeat(true, width * 5)[None] + rng.normal(0.0, 0.03, (1, GRID.width * 5))
        moved = np.roll(fine, rng.choice([-3, 3]), axis=1)
        seen = np.convolve(moved[0], np.ones(7) / 7.0, "same").reshape(-1, 5).mean(1)
        nir = 3000.0
        red = np.broadcast_to(nir * (1.0 - seen) / (1.0 + seen), GRID.shape)
        pixels = np.stack([np.full(GRID.shape, 600.0), np.full(GRID.shape, 800.0), red, np.full(GRID.shape, nir)])
        pixels = pixels * rng.normal(1.0, 0.02, pixels.shape)
        scene = scene_of(pixels.astype(np.uint16), GRID, "v", 3.0)
        fields = {str(k): box(k * width, 10, (k + 1) * width, 90) for k in range(len(true))}
        means = fine.reshape(len(true), -1).mean(1)
        for row, mean in zip(vegetation_product(scene, fields).rows, means, strict=True):
            inside += row["ndvi_low"] <= mean <= row["ndvi_high"]
            number += 1
    print(f"{inside} of {number} fields inside the 90 % interval")
    assert inside >= 0.85 * number


def test_no_fields_and_nothing_seen() -> None:
    sound(vegetation_product(patchwork(), {}))
    dark = replace(patchwork(), pixels=np.zeros((4, *GRID.shape), np.uint16))
    product = vegetation_product(dark, {"f": box(5, 5, 55, 45)})
    sound(product)
    assert product.because.startswith("not seen")
    assert "ndvi_mean" not in product.estimates


def test_one_pixel() -> None:
    grid = replace(GRID, width=1, height=1)
    scene = replace(patchwork(), grid=grid, pixels=np.array([600, 800, 500, 4500], np.uint16).reshape(4, 1, 1))
    product = vegetation_product(scene, {"f": box(0, 0, 1, 1)})
    sound(product)
    assert product.rows[0]["ndvi_mean"] == pytest.approx(0.8)


def test_a_bad_field_is_named() -> None:
    bow_tie = np.add([(0.0, 0.0), (40.0, 40.0), (40.0, 0.0), (0.0, 30.0)], (WEST, NORTH - 100.0))
    with pytest.raises(InputError, match="field f7: a polygon is not valid"):
        vegetation_product(patchwork(), {"f1": box(5, 5, 55, 45), "f7": bow_tie})
    with pytest.raises(InputError, match="no band is called red"):
        vegetation_product(replace(patchwork(), bands=("blue", "green", "amber", "nir")), {})
