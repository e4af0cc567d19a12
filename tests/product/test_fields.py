"""Exact shares of pixels and statistics weighted by them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swath.errors import InputError
from swath.model import Grid
from swath.product.fields import Block, Coverages, cover_polygons, stream_statistics, zonal_statistics

GRID = Grid(32632, 600000.0, 5000000.0, 5.0, 12, 9)


def clipped_shares(polygon: shapely.Geometry, grid: Grid) -> np.ndarray:
    """The truth by another road: each pixel's square cut with the polygon by GEOS."""
    west, _, _, north = grid.bounds_m
    shares = np.zeros(grid.shape)
    for row in range(grid.height):
        for column in range(grid.width):
            x, y = west + column * grid.pixel_m, north - row * grid.pixel_m
            pixel = shapely.box(x, y - grid.pixel_m, x + grid.pixel_m, y)
            shares[row, column] = shapely.intersection(polygon, pixel).area / grid.pixel_m**2
    return shares


def on_grid(coverages: Coverages, grid: Grid, polygon: int = 0) -> np.ndarray:
    full = np.zeros(grid.shape)
    top, left, shares = coverages.window(polygon)
    rows, columns = shares.shape
    full[top : top + rows, left : left + columns] = shares
    return full


def star(radii: np.ndarray, east_m: float, north_m: float) -> shapely.Polygon:
    angle = np.linspace(0.0, 2.0 * np.pi, len(radii), endpoint=False)
    return shapely.Polygon(np.column_stack([east_m + radii * np.cos(angle), north_m + radii * np.sin(angle)]))


@given(
    arrays(np.float64, st.integers(3, 11), elements=st.floats(0.5, 40.0)),
    st.floats(-30.0, 90.0),
    st.floats(-70.0, 30.0),
)
def test_shares_equal_pixels_cut_by_geos(radii: np.ndarray, right_m: float, up_m: float) -> None:
    """Stars of any shape, inside the grid, half off it or wholly off it."""
    polygon = star(radii, GRID.west_m + right_m, GRID.north_m + up_m)
    if not polygon.is_valid or polygon.area < 1e-3:
        return
    coverage = cover_polygons([polygon], GRID)
    np.testing.assert_allclose(on_grid(coverage, GRID), clipped_shares(polygon, GRID), atol=2e-9)
    assert coverage.area_px[0] == pytest.approx(polygon.area / 25.0)


def test_holes_and_several_parts_are_left_out_and_added() -> None:
    outer = shapely.box(600003.0, 4999962.0, 600031.0, 4999996.0)
    shape = shapely.union(
        outer.difference(shapely.box(600011.0, 4999971.0, 600019.5, 4999983.0)),
        shapely.box(600040, 4999970, 600057, 4999999),
    )
    assert shape.geom_type == "MultiPolygon"
    coverage = cover_polygons([shape], GRID)
    np.testing.assert_allclose(on_grid(coverage, GRID), clipped_shares(shape, GRID), atol=2e-9)


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_vertices_may_run_either_way_and_be_closed(closed: bool, backwards: bool) -> None:
    ring = [(600005.0, 4999990.0), (600020.0, 4999990.0), (600020.0, 4999980.0), (600005.0, 4999980.0)]
    ring = (ring + ring[:1] if closed else ring)[:: -1 if backwards else 1]
    full = on_grid(cover_polygons([np.array(ring)], GRID), GRID)
    expected = np.zeros(GRID.shape)
    expected[2:4, 1:4] = 1.0
    np.testing.assert_array_equal(full, expected)


def test_statistics_are_weighted_by_share() -> None:
    """Half of the first pixel (value 2) and the whole second (value 8): mean (1 + 8) / 1.5 = 6, sd by hand."""
    values, seen = np.zeros(GRID.shape), np.ones(GRID.shape, bool)
    values[0, 0], values[0, 1] = 2.0, 8.0
    coverage = cover_polygons([shapely.box(600002.5, 4999995.0, 600010.0, 5000000.0)], GRID)
    found = zonal_statistics(values, seen, coverage)
    assert found.count_px[0, 0] == pytest.approx(1.5)
    assert found.mean[0, 0] == pytest.approx(6.0)
    assert found.sd[0, 0] == pytest.approx(np.sqrt((0.5 * 16.0 + 1.0 * 4.0) / 1.5))
    assert (found.low[0, 0], found.high[0, 0], found.sum[0, 0]) == pytest.approx((2.0, 8.0, 9.0))
    seen[0, 1] = False
    found = zonal_statistics(values, seen, coverage)
    assert (found.count_px[0, 0], found.mean[0, 0], found.sd[0, 0]) == pytest.approx((0.5, 2.0, 0.0))
    assert found.seen_share[0, 0] == pytest.approx(1.0 / 3.0)


@given(st.integers(-30, 30), st.integers(-30, 30))
def test_a_shifted_window_sees_what_a_shifted_picture_shows(down: int, right: int) -> None:
    rng = np.random.default_rng(5)
    values, seen = rng.normal(size=GRID.shape), rng.uniform(size=GRID.shape) < 0.7
    coverage = cover_polygons([shapely.box(600012.0, 4999971.0, 600033.0, 4999984.0)], GRID)
    moved = zonal_statistics(values, seen, coverage.shift(down, right))
    shares, weights = on_grid(coverage, GRID), np.zeros(GRID.shape)
    for row, column in np.ndindex(GRID.shape):
        i, j = row + down, column + right
        if 0 <= i < GRID.height and 0 <= j < GRID.width and seen[i, j]:
            weights[i, j] = shares[row, column]
    assert moved.count_px[0, 0] == pytest.approx(weights.sum())
    if weights.sum() > 0:
        assert moved.mean[0, 0] == pytest.approx(np.average(values, weights=weights))


def test_a_polygon_off_the_grid_covers_nothing() -> None:
    coverage = cover_polygons([shapely.box(0.0, 0.0, 10.0, 10.0)], GRID)
    found = zonal_statistics(np.ones(GRID.shape), np.ones(GRID.shape, bool), coverage)
    assert (found.count_px[0, 0], found.seen_share[0, 0], found.mean[0, 0]) == (0.0, 0.0, 0.0)
    assert not found.seen.any()
    assert coverage.area_px[0] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("polygon", "words"),
    [
        (np.zeros((2, 2)), "vertices of shape"),
        (np.zeros((4, 3)), "vertices of shape"),
        (np.zeros((4, 2)), "no area"),
        (np.array([[0, 0], [1, 0], [np.nan, 1]]), "no area"),
        (shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 3)]), "not valid"),
        (shapely.Polygon(), "no area"),
    ],
)
def test_what_is_no_area_is_refused(polygon: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        cover_polygons([polygon], GRID)


def test_layers_of_another_shape_are_refused() -> None:
    coverage = cover_polygons([shapely.box(600012.0, 4999971.0, 600033.0, 4999984.0)], GRID)
    with pytest.raises(InputError, match="Give arrays of one grid"):
        zonal_statistics(np.ones((3, 3)), np.ones((4, 4), bool), coverage)


def many(seed: int, number: int) -> list[shapely.Polygon]:
    """Stars anywhere on the grid and off it, some smaller than a pixel."""
    rng = np.random.default_rng(seed)
    made = []
    while len(made) < number:
        radii = rng.uniform(0.3, 1.0, rng.integers(3, 12)) * np.exp(rng.uniform(0.0, 4.0))
        shape = star(radii, GRID.west_m + rng.uniform(-10.0, 70.0), GRID.north_m - rng.uniform(-10.0, 55.0))
        if shape.is_valid and shape.area > 1e-2:
            made.append(shape)
    return made


def test_polygons_together_are_what_each_is_alone() -> None:
    shapes = many(11, 60)
    together = cover_polygons(shapes, GRID)
    for number, shape in enumerate(shapes):
        alone = cover_polygons([shape], GRID)
        np.testing.assert_array_equal(on_grid(together, GRID, number), on_grid(alone, GRID))
    chosen = together.take([41, 3, 3])
    np.testing.assert_array_equal(on_grid(chosen, GRID, 1), on_grid(together, GRID, 3))
    assert chosen.area_px.tolist() == together.area_px[[41, 3, 3]].tolist()
    assert together.counts_px().tolist() == [np.count_nonzero(on_grid(together, GRID, n)) for n in range(60)]
    for number, (first, end) in enumerate(together.rows()):
        rows = np.flatnonzero(on_grid(together, GRID, number).any(1))
        assert (first, end) == ((rows[0], rows[-1] + 1) if len(rows) else (0, 0))


def test_the_core_is_whole_with_all_its_neighbours() -> None:
    shapes = [*many(12, 20), shapely.box(600000, 4999955, 600060, 5000000)]
    core = cover_polygons(shapes, GRID).core()
    for number, shape in enumerate(shapes):
        whole = np.pad(clipped_shares(shape, GRID) > 1.0 - 1e-9, 1)
        inner = np.all([whole[i : i + 9, j : j + 12] for i in range(3) for j in range(3)], axis=0)
        np.testing.assert_array_equal(on_grid(core, GRID, number), inner)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_all_statistics_are_those_of_plain_weights(dtype: type) -> None:
    """By hand with numpy, two bands, a third of the pixels unseen; for floats some of them NaN or infinite."""
    rng = np.random.default_rng(5)
    values, seen = rng.uniform(0, 200, (2, *GRID.shape)).astype(dtype), rng.uniform(size=GRID.shape) < 0.67
    known = np.broadcast_to(seen, values.shape).copy()
    if np.dtype(dtype).kind == "f":
        values[0, 2:4, 3:9], values[1, 5, :] = np.nan, np.inf
        known &= np.isfinite(values)
    shapes = many(13, 40)
    covered = cover_polygons(shapes, GRID)
    found = zonal_statistics(values, seen, covered, quantiles=(0.0, 0.5, 1.0))
    for band, number in np.ndindex(2, 40):
        weights = np.where(known[band], on_grid(covered, GRID, number), 0.0)
        used = weights > 0
        w, v = weights[used], values[band][used].astype(np.float64)
        assert found.count_px[band, number] == pytest.approx(w.sum())
        if not len(v):
            assert not found.seen[band, number]
            assert found.mean[band, number] == found.low[band, number] == found.quantiles[band, number].max() == 0.0
            continue
        mean = np.average(v, weights=w)
        assert found.mean[band, number] == pytest.approx(mean, rel=1e-12)
        assert found.sum[band, number] == pytest.approx((w * v).sum(), rel=1e-12)
        assert found.sd[band, number] == pytest.approx(np.sqrt(np.average((v - mean) ** 2, weights=w)), abs=1e-9)
        assert (found.low[band, number], found.high[band, number]) == (v.min(), v.max())
        assert found.quantiles[band, number, [0, 2]] == pytest.approx((v.min(), v.max()))
        assert v.min() <= found.quantiles[band, number, 1] <= v.max()


@given(st.integers(1, 9), st.integers(1, 12))
def test_blocks_of_any_size_give_the_same(rows: int, columns: int) -> None:
    """Read in blocks, only those that are touched, in any order, and the quantiles too."""
    rng = np.random.default_rng(rows * 100 + columns)
    values, seen = rng.normal(1e6, 1.0, (1, *GRID.shape)), rng.uniform(size=GRID.shape) < 0.8
    covered = cover_polygons(many(14, 12)[::3], GRID)

    def read(coverages: Coverages):
        needed = coverages.blocks(rows, columns)
        for i, j in rng.permutation(np.argwhere(needed)):
            part = np.s_[i * rows : (i + 1) * rows, j * columns : (j + 1) * columns]
            yield Block(i * rows, j * columns, values[(slice(None), *part)], seen[part])

    whole = zonal_statistics(values, seen, covered, quantiles=[0.25, 0.5])
    found = stream_statistics(read, covered, bands=1, quantiles=[0.25, 0.5])
    for name in ("count_px", "mean", "low", "high", "quantiles", "seen_share"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-12)
    np.testing.assert_allclose(found.sd, whole.sd, atol=1e-9)


def test_large_polygons_are_swept_in_bands() -> None:
    """A window of 9 million pixels is more than is swept at once; its area is right to rounding."""
    grid = Grid(32632, 0.0, 30000.0, 10.0, 3000, 3000)
    ring = star(np.linspace(9000.0, 14900.0, 50), 15000.0, 15000.0)
    covered = cover_polygons([ring], grid)
    found = zonal_statistics(np.ones(grid.shape, np.uint8), np.ones(grid.shape, bool), covered)
    assert found.count_px[0, 0] == pytest.approx(ring.area / 100.0, rel=1e-12)
    assert found.seen_share[0, 0] == pytest.approx(1.0)


def test_errors_name_the_polygon_and_quantiles_are_shares() -> None:
    good, bad = shapely.box(600012.0, 4999971.0, 600033.0, 4999984.0), shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 3)])
    with pytest.raises(InputError, match="polygon 1: a polygon is not valid"):
        cover_polygons([good, bad], GRID)
    with pytest.raises(InputError, match="field 7b: a polygon is not valid"):
        cover_polygons([good, bad], GRID, names=["1", "field 7b"])
    with pytest.raises(InputError, match="from 0 to 1"):
        zonal_statistics(np.ones(GRID.shape), np.ones(GRID.shape, bool), cover_polygons([good], GRID), quantiles=[50])
    none = zonal_statistics(np.ones(GRID.shape), np.ones(GRID.shape, bool), cover_polygons([], GRID), quantiles=[0.5])
    assert none.mean.shape == (1, 0)
