"""What is under water: counts, metres and areas by hand, and intervals that hold when a whole map is wrong at once."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import InputError
from swath.model import Grid
from swath.product import exposure
from swath.product.exposure import Samples, cut_lines, expose, sample_raster, sample_shapes

GRID = Grid(32632, 0.0, 1000.0, 10.0, 100, 100)


def half() -> np.ndarray:
    """West is water, east is dry."""
    likelihood = np.zeros(GRID.shape, np.uint8)
    likelihood[:, :50] = 100
    return likelihood


def test_points_lines_and_polygons_by_hand() -> None:
    homes = [shapely.box(x, 300, x + 8, 308) for x in (101.0, 203.0, 305.0, 701.0)]
    counted = expose(sample_shapes(homes, GRID, "homes", counted=True), half(), grid=GRID, logit_sigma=0.5)
    assert counted.features is not None and counted.features.value == 3
    assert counted.affected.value == pytest.approx(3.0, abs=0.02)
    np.testing.assert_allclose(counted.per_feature, [1, 1, 1, 0], atol=0.01)
    road = expose(
        sample_shapes([shapely.LineString([(0, 505), (1000, 505)])], GRID, "road"), half(), grid=GRID, logit_sigma=0.5
    )
    assert road.affected.value == pytest.approx(500.0, abs=5.0) and road.total.value == pytest.approx(1000.0)
    field = shapely.box(433.3, 400.0, 566.6, 433.3)
    area = expose(sample_shapes([field], GRID, "field"), half(), grid=GRID, logit_sigma=0.5)
    assert area.affected.value == pytest.approx((500.0 - 433.3) * 33.3, rel=0.01)
    wells = expose(
        sample_shapes([shapely.Point(5, 5), shapely.Point(905, 5), shapely.Point(-50, 5)], GRID, "wells"),
        half(),
        grid=GRID,
        logit_sigma=0.5,
    )
    assert wells.features is not None and wells.features.value == 1 and wells.total.value == 3
    people = expose(sample_raster(np.full(GRID.shape, 0.5), "people"), half(), grid=GRID, logit_sigma=0.5)
    assert people.affected.value == pytest.approx(2500.0, rel=0.01)


def test_normal_water_and_what_is_not_seen_do_not_count() -> None:
    likelihood, normal = half(), np.zeros(GRID.shape, np.uint8)
    likelihood[:50] = 255
    normal[:, :10] = 100
    found = expose(sample_raster(np.ones(GRID.shape), "people"), likelihood, grid=GRID, logit_sigma=0.5, normal=normal)
    assert found.affected.value == pytest.approx(50 * 40, rel=0.01)
    assert found.unseen.value == 5000
    assert found.affected.high is not None and found.affected.high > 1.5 * found.affected.value


def test_the_interval_holds_when_the_whole_map_errs_together() -> None:
    """100 maps whose log-odds are all off by one draw of the declared doubt: the truth lies inside in 80 to 100."""
    rng = np.random.default_rng(4)
    logits = np.clip(np.cumsum(rng.normal(0, 0.6, GRID.shape), axis=1), -5, 5)
    samples = sample_raster(np.ones(GRID.shape), "people")
    inside = 0
    for _ in range(100):
        share = 1.0 / (1.0 + np.exp(-(logits + rng.normal(0, 0.7))))
        blocks = rng.random((10, 10)).repeat(10, 0).repeat(10, 1)
        truth = float((blocks < share).sum())
        said = np.rint(100.0 / (1.0 + np.exp(-logits))).astype(np.uint8)
        found = expose(samples, said, grid=GRID, logit_sigma=0.7).affected
        assert found.low is not None and found.high is not None
        inside += found.low <= truth <= found.high
    print(f"{inside} of 100")
    assert 80 <= inside <= 100


def by_words(samples: Samples, likelihood: np.ndarray, normal: np.ndarray, sigma: float) -> tuple[float, ...]:
    """The same question once more for the whole map at once, in the words of the module: no bands, no sums kept."""
    at, amount, _ = samples.rows(0, GRID.height)
    percent, usual = likelihood.ravel()[at].astype(float), normal.ravel()[at] / 100.0
    seen, usual = percent != 255, np.where(usual > 1.0, 0.0, usual)
    odds = np.log(np.clip(percent / 100, 0.002, 0.998) / (1 - np.clip(percent / 100, 0.002, 0.998)))
    patch = (at // GRID.width // 10) * 11 + at % GRID.width // 10
    draws = []
    for k in range(41):
        shift = NormalDist().inv_cdf((k + 0.5) / 41)
        wet = np.where(seen, np.maximum(1.0 / (1.0 + np.exp(-(odds + sigma * shift))) - usual, 0.0), 0.0)
        spread = np.linalg.norm(np.bincount(patch, amount * np.sqrt(wet * (1.0 - wet))))
        draws += [(wet * amount).sum() + spread * NormalDist().inv_cdf((m + 0.5) / 9) for m in range(9)]
    value = (np.where(seen, np.maximum(percent / 100 - usual, 0.0), 0.0) * amount).sum()
    return value, amount[~seen].sum(), max(min(np.quantile(draws, 0.05), value), 0.0)


@pytest.mark.parametrize("band_px", [1, 1000, 3500, 1_000_000])
def test_bands_of_the_map_say_what_the_whole_says(band_px: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is that of a band: what is asked of a map at once changes no number but by rounding."""
    monkeypatch.setattr(exposure, "BAND_PX", band_px)
    rng = np.random.default_rng(5)
    likelihood, normal = (rng.integers(0, 101, GRID.shape).astype(np.uint8) for _ in range(2))
    likelihood[rng.random(GRID.shape) < 0.2] = 255
    normal[rng.random(GRID.shape) < 0.7] = 255
    corners = rng.uniform(-50, 950, (40, 2))
    boxes = [shapely.box(x, y, x + 137.0, y + 88.0) for x, y in corners]
    lines = [shapely.LineString(rng.uniform(0, 1000, (4, 2))) for _ in range(9)]
    people = np.where(rng.random(GRID.shape) < 0.3, np.nan, rng.exponential(2.0, GRID.shape))
    for samples in (
        sample_raster(people, "people"), sample_shapes(boxes, GRID, "fields"), sample_shapes(lines, GRID, "roads"),
        sample_shapes([shapely.Point(p) for p in corners], GRID, "wells"),
    ):  # fmt: skip
        found = expose(samples, likelihood, grid=GRID, logit_sigma=0.7, normal=normal)
        told = found.affected.value, found.unseen.value, found.affected.low
        assert told == pytest.approx(by_words(samples, likelihood, normal, 0.7), rel=1e-9)
        if samples.count:
            at, amount, of = samples.rows(0, GRID.height)
            percent, usual = likelihood.ravel()[at], np.where(normal.ravel()[at] > 100, 0, normal.ravel()[at])
            seen = percent != 255
            wet = np.maximum(percent / 100.0 - usual / 100.0, 0.0)
            weight = np.bincount(of[seen], amount[seen], samples.count)
            with np.errstate(invalid="ignore"):
                mean = np.bincount(of[seen], (amount * wet)[seen], samples.count) / weight
            np.testing.assert_allclose(found.per_feature, mean, rtol=1e-9)


def test_bad_shapes_are_refused_or_repaired() -> None:
    with pytest.raises(InputError, match="no shape"):
        sample_shapes([None], GRID, "x")
    with pytest.raises(InputError, match="mixed"):
        sample_shapes([shapely.Point(1, 1), shapely.box(0, 0, 1, 1)], GRID, "x")
    bow = shapely.Polygon([(100, 100), (200, 200), (200, 100), (100, 200)])
    found = sample_shapes([bow], GRID, "x")
    assert found.total_count == pytest.approx(5000.0)
    with pytest.raises(InputError, match="grid"):
        expose(found, np.zeros((2, 2), np.uint8), grid=GRID, logit_sigma=1.0)


@settings(max_examples=40, deadline=None)
@given(
    corners=st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=2, max_size=6, unique=True),
    most_m=st.floats(20.0, 400.0),
)
def test_a_line_is_cut_into_equal_pieces_that_are_the_line(corners: list[tuple[float, float]], most_m: float) -> None:
    lines = np.array([shapely.LineString(corners), shapely.LineString([(0, 0), (950, 0)])], object)
    pieces, of = cut_lines(lines, most_m)
    for number, line in enumerate(lines):
        own = pieces[of == number]
        length = shapely.length(own)
        assert length.sum() == pytest.approx(line.length, abs=1e-6) and length.max() <= most_m + 1e-6
        assert length.max() - length.min() < 1e-6
        assert shapely.distance(shapely.get_point(own, 0), line).max() < 1e-6
