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
from swath.product.fields import cover_polygon, zonal_statistics

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


def on_grid(coverage, grid: Grid) -> np.ndarray:
    full = np.zeros(grid.shape)
    rows, columns = coverage.weights.shape
    full[coverage.top : coverage.top + rows, coverage.left : coverage.left + columns] = coverage.weights
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
    coverage = cover_polygon(polygon, GRID)
    np.testing.assert_allclose(on_grid(coverage, GRID), clipped_shares(polygon, GRID), atol=2e-9)
    assert coverage.polygon_px == pytest.approx(polygon.area / 25.0)


def test_holes_and_several_parts_are_left_out_and_added() -> None:
    outer = shapely.box(600003.0, 4999962.0, 600031.0, 4999996.0)
    shape = shapely.union(
        outer.difference(shapely.box(600011.0, 4999971.0, 600019.5, 4999983.0)),
        shapely.box(600040, 4999970, 600057, 4999999),
    )
    assert shape.geom_type == "MultiPolygon"
    coverage = cover_polygon(shape, GRID)
    np.testing.assert_allclose(on_grid(coverage, GRID), clipped_shares(shape, GRID), atol=2e-9)


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_vertices_may_run_either_way_and_be_closed(closed: bool, backwards: bool) -> None:
    ring = [(600005.0, 4999990.0), (600020.0, 4999990.0), (600020.0, 4999980.0), (600005.0, 4999980.0)]
    ring = (ring + ring[:1] if closed else ring)[:: -1 if backwards else 1]
    full = on_grid(cover_polygon(np.array(ring), GRID), GRID)
    expected = np.zeros(GRID.shape)
    expected[2:4, 1:4] = 1.0
    np.testing.assert_array_equal(full, expected)


def test_statistics_are_weighted_by_share() -> None:
    """Half of the first pixel (value 2) and the whole second (value 8): mean (1 + 8) / 1.5 = 6, sd by hand."""
    values, seen = np.zeros(GRID.shape), np.ones(GRID.shape, bool)
    values[0, 0], values[0, 1] = 2.0, 8.0
    coverage = cover_polygon(shapely.box(600002.5, 4999995.0, 600010.0, 5000000.0), GRID)
    found = zonal_statistics(values, seen, coverage)
    assert found.count_px == pytest.approx(1.5)
    assert found.mean == pytest.approx(6.0)
    assert found.sd == pytest.approx(np.sqrt((0.5 * 16.0 + 1.0 * 4.0) / 1.5))
    seen[0, 1] = False
    found = zonal_statistics(values, seen, coverage)
    assert (found.count_px, found.mean, found.sd) == pytest.approx((0.5, 2.0, 0.0))
    assert found.seen_share == pytest.approx(1.0 / 3.0)


@given(st.integers(-30, 30), st.integers(-30, 30))
def test_a_shifted_window_sees_what_a_shifted_picture_shows(down: int, right: int) -> None:
    rng = np.random.default_rng(5)
    values, seen = rng.normal(size=GRID.shape), rng.uniform(size=GRID.shape) < 0.7
    coverage = cover_polygon(shapely.box(600012.0, 4999971.0, 600033.0, 4999984.0), GRID)
    moved = zonal_statistics(values, seen, coverage.shift(down, right))
    weights = np.zeros(GRID.shape)
    for row, column in np.ndindex(coverage.weights.shape):
        i, j = row + coverage.top + down, column + coverage.left + right
        if 0 <= i < GRID.height and 0 <= j < GRID.width and seen[i, j]:
            weights[i, j] = coverage.weights[row, column]
    assert moved.count_px == pytest.approx(weights.sum())
    if weights.sum() > 0:
        assert moved.mean == pytest.approx(np.average(values, weights=weights))


def test_a_polygon_off_the_grid_covers_nothing() -> None:
    coverage = cover_polygon(shapely.box(0.0, 0.0, 10.0, 10.0), GRID)
    found = zonal_statistics(np.ones(GRID.shape), np.ones(GRID.shape, bool), coverage)
    assert (found.count_px, found.seen_share) == (0.0, 0.0)
    assert coverage.polygon_px == pytest.approx(4.0)


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
        cover_polygon(polygon, GRID)


def test_layers_of_another_shape_are_refused() -> None:
    coverage = cover_polygon(shapely.box(600012.0, 4999971.0, 600033.0, 4999984.0), GRID)
    with pytest.raises(InputError, match="Give arrays of one grid"):
        zonal_statistics(np.ones((3, 3)), np.ones((4, 4), bool), coverage)
