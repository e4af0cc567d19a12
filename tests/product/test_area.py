"""The flooded area with what is hidden, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.product.area import BlockSums, Doubts, beta_quantiles, estimate_area, krige_unseen
from tests.product.simulated import smooth_noise

SURE = Doubts(0.0, 0.0, (0.0, 0.0), 0.0, 0.0)


def blocks(share: np.ndarray, seen: np.ndarray, size_px: float = 100.0) -> BlockSums:
    return BlockSums(seen * size_px, share * seen * size_px, (1.0 - seen) * size_px, 500.0)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.9))
def test_beta_values_have_the_mean_and_deviation_asked_for(mean: float, part: float) -> None:
    sigma = min(part * np.sqrt(mean * (1.0 - mean)), 2.0 * mean, 2.0 * (1.0 - mean), 0.49)
    values = beta_quantiles(mean, sigma, 4000)
    assert ((values >= 0.0) & (values <= 1.0)).all()
    assert values.mean() == pytest.approx(mean, abs=2e-3)
    assert values.std() == pytest.approx(sigma, abs=5e-3)


def test_beta_quantiles_equal_the_uniform_distribution() -> None:
    """Mean 1/2 and variance 1/12 is the uniform distribution."""
    np.testing.assert_allclose(beta_quantiles(0.5, 12**-0.5, 5), [0.1, 0.3, 0.5, 0.7, 0.9], atol=1e-4)


def test_all_seen_and_no_doubt_is_a_number() -> None:
    share = np.random.default_rng(1).uniform(size=(9, 11))
    found = estimate_area(blocks(share, np.ones((9, 11))), SURE, pixel_m=10.0)
    assert found.low == pytest.approx(found.value) == pytest.approx(found.high)
    assert found.value == pytest.approx(share.sum() * 100.0 * 1e-4)


def test_each_doubt_widens_the_interval() -> None:
    sums = blocks(np.full((9, 11), 0.5), np.ones((9, 11)))
    for doubts in (
        Doubts(300.0, 0.0, (0.0, 0.0), 0.0, 0.0),
        Doubts(0.0, 9e4, (0.0, 0.0), 0.0, 0.0),
        Doubts(0.0, 0.0, (100.0, -200.0), 1.0, 0.0),
        Doubts(0.0, 0.0, (0.0, 0.0), 0.0, 800.0),
    ):
        found = estimate_area(sums, doubts, pixel_m=10.0)
        assert found.low < found.value < found.high
    half = (found.high - found.low) / 2.0
    assert half == pytest.approx(1.645 * doubts.sigma_px(10.0) * 1e-4, rel=0.01)


def test_unseen_land_takes_after_its_neighbours() -> None:
    """Half of the country is flooded. What is hidden in the midst of the flood is flooded, what is far from it dry."""
    share = np.zeros((30, 40))
    share[:, :20] = 1.0
    wet, dry = np.ones((30, 40)), np.ones((30, 40))
    wet[10:14, 8:12] = dry[10:14, 30:34] = 0.0
    assert krige_unseen(blocks(share, wet))[0] > 0.95
    assert krige_unseen(blocks(share, dry))[0] < 0.05
    near = np.ones((30, 40))
    near[10:14, 18:22] = 0.0
    assert krige_unseen(blocks(share, near))[0] == pytest.approx(0.5, abs=0.1)


def test_nothing_seen_says_anything_is_possible() -> None:
    found = estimate_area(blocks(np.zeros((5, 5)), np.zeros((5, 5))), SURE, pixel_m=10.0)
    assert found.low < 0.01 * 0.25
    assert found.high > 0.99 * 0.25
    assert np.isfinite(found.value)


def test_hidden_parts_of_random_floods_lie_in_the_interval() -> None:
    """30 random flood maps under random clouds: about 90 % of the hidden shares lie inside (here 80 to 100 %)."""
    inside = 0
    for seed in range(1000, 1030):
        rng = np.random.default_rng(seed)
        fine = smooth_noise((300, 400), rng.uniform(60.0, 200.0), rng, 3.0)
        flood = fine > np.quantile(fine, rng.uniform(0.6, 0.95))
        sky = smooth_noise((300, 400), rng.uniform(40.0, 150.0), rng, 3.0)
        seen = sky < np.quantile(sky, rng.uniform(0.3, 0.95))

        def total(mask: np.ndarray) -> np.ndarray:
            return mask.reshape(30, 10, 40, 10).sum((1, 3)).astype(float)

        found = estimate_area(BlockSums(total(seen), total(flood & seen), total(~seen), 100.0), SURE, pixel_m=10.0)
        inside += found.low <= flood.sum() * 1e-4 <= found.high
    print(f"{inside} of 30 inside the 90 % interval")
    assert 24 <= inside <= 30
