"""Composites: the median to the bit as numpy has it, medoids and best pixels by brute force."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.product.composites import (
    best_pixel_composite,
    median_composite,
    medoid_composite,
    sorting_network,
)


def numpys(stack: np.ndarray, seen: np.ndarray, dtype: type) -> np.ndarray:
    masked = np.where(seen[:, None] & np.isfinite(stack), stack, np.nan).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all of a pixel's dates unseen
        return np.nanmedian(masked, axis=0)


@pytest.mark.parametrize("size", range(1, 13))
def test_networks_sort_everything(size: int) -> None:
    """A network that sorts all sequences of 0 and 1 sorts all others: Knuth, vol. 3, 5.3.4, theorem Z."""
    values = np.array(list(itertools.product((0, 1), repeat=size)), np.int8).T.copy()
    for a, b in sorting_network(size):
        values[a], values[b] = np.minimum(values[a], values[b]), np.maximum(values[a], values[b])
    assert (np.diff(values, axis=0) >= 0).all()


@given(
    st.sampled_from([np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64]),
    st.integers(1, 40),
    st.integers(0, 2**31),
    st.floats(0.0, 1.0),
)
def test_the_median_is_numpys_to_the_bit(dtype: type, dates: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    stack = rng.integers(0, 255, (dates, 2, 5, 300)) * (1.0 if np.dtype(dtype).kind in "iu" else 1.234567)
    stack = stack.astype(dtype)
    seen = rng.uniform(size=(dates, 5, 300)) < share
    if np.dtype(dtype).kind == "f":
        stack[:, :, 2, 5:9], stack[0, 0, 3], stack[-1, 1, 4] = np.nan, np.inf, -np.inf
    else:
        stack[rng.uniform(size=stack.shape) < 0.1] = np.iinfo(dtype).max
    small = np.dtype(dtype).itemsize <= 2 or dtype == np.float32
    found = median_composite(stack, seen)
    expected = numpys(stack, seen, np.float32 if small else np.float64)
    assert found.pixels.dtype == expected.dtype
    np.testing.assert_array_equal(found.pixels, expected)
    if np.dtype(dtype).kind in "iu":
        np.testing.assert_array_equal(found.count, seen.sum(0))
        kept = median_composite(stack, seen, nodata=77)
        rounded = np.where(np.isnan(expected), 77, np.floor(np.nan_to_num(expected) + 0.5))
        np.testing.assert_array_equal(kept.pixels, rounded.astype(dtype))


@given(st.integers(1, 7), st.integers(0, 2**31))
def test_medoid_and_best_pixel_are_those_of_brute_force(dates: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    stack, seen = rng.normal(size=(dates, 3, 4, 5)), rng.uniform(size=(dates, 4, 5)) < 0.6
    scores = rng.integers(0, 4, (dates, 4, 5)).astype(np.float32)
    medoid = medoid_composite(stack, seen, nodata=-1.0)
    best = best_pixel_composite(stack, seen, scores, nodata=-1.0)
    for i, j in np.ndindex(4, 5):
        known = np.flatnonzero(seen[:, i, j])
        assert medoid.count[i, j] == best.count[i, j] == len(known)
        if not len(known):
            assert medoid.chosen[i, j] == best.chosen[i, j] == -1
            assert (medoid.pixels[:, i, j] == -1.0).all() and (best.pixels[:, i, j] == -1.0).all()
            continue
        vectors = stack[known][:, :, i, j]
        distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2).sum(1)
        assert distances[known.tolist().index(medoid.chosen[i, j])] == pytest.approx(distances.min())
        assert best.chosen[i, j] == known[np.argmax(scores[known, i, j])]
        np.testing.assert_array_equal(best.pixels[:, i, j], stack[best.chosen[i, j], :, i, j])


def test_one_score_a_date_and_stacks_that_do_not_fit() -> None:
    stack, seen = np.arange(12, dtype=np.uint16).reshape(3, 1, 2, 2), np.ones((3, 2, 2), bool)
    seen[1, 0, 0] = False
    best = best_pixel_composite(stack, seen, np.array([0.1, 0.9, 0.5]), nodata=0)
    assert best.chosen.tolist() == [[2, 1], [1, 1]]
    with pytest.raises(InputError, match="one date at least"):
        median_composite(stack, seen[:2])
    with pytest.raises(InputError, match="one date at least"):
        median_composite(stack[:0], seen[:0])
