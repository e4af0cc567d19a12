"""Spectral indices by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swath.errors import InputError
from swath.product.indices import INDICES, compute_index, ndti, ndvi, ndwi

BANDS = ("blue", "green", "red", "nir")
pictures = arrays(np.uint16, st.tuples(st.just(4), st.integers(1, 5), st.integers(1, 5)))


def by_hand(formula: str, pixels: np.ndarray) -> np.ndarray:
    """The catalogue's own formula, evaluated in double precision on reflectances 0 to 1."""
    values = dict(zip(BANDS, pixels.astype(float) * 1e-4, strict=True))
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(eval(formula, {"__builtins__": {}}, values), nan=0.0)


@given(pictures, st.sampled_from(sorted(INDICES)))
def test_every_index_computes_the_formula_it_states(pixels: np.ndarray, name: str) -> None:
    found = compute_index(name, pixels, BANDS)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, by_hand(INDICES[name].formula, pixels), atol=2e-6)


def test_textbook_values() -> None:
    """A leaf (red 0.04, nir 0.46) has NDVI 0.84; clear water (green 0.06, nir 0.02) has NDWI 0.5; mud reflects red."""
    red, green, nir = (np.array([[v]], np.uint16) for v in (400, 600, 4600))
    assert ndvi(red=red, nir=nir)[0, 0] == pytest.approx(0.84)
    assert ndwi(green=green, nir=np.array([[200]], np.uint16))[0, 0] == pytest.approx(0.5)
    assert ndti(green=green, red=np.array([[900]], np.uint16))[0, 0] == pytest.approx(0.2)


def test_no_data_gives_zero_and_order_of_bands_does_not_matter() -> None:
    pixels = np.zeros((4, 2, 2), np.uint16)
    for name in INDICES:
        assert (compute_index(name, pixels, BANDS) == 0.0).all()
    pixels = np.arange(16, dtype=np.uint16).reshape(4, 2, 2) + 100
    turned = compute_index("ndvi", pixels[::-1], BANDS[::-1])
    np.testing.assert_array_equal(turned, compute_index("ndvi", pixels, BANDS))


def test_what_cannot_be_computed_is_refused_with_what_there_is() -> None:
    pixels = np.ones((4, 2, 2), np.uint16)
    with pytest.raises(InputError, match="evi2, gndvi"):
        compute_index("magic", pixels, BANDS)
    with pytest.raises(InputError, match="needs red, nir"):
        compute_index("ndvi", pixels[:2], ("blue", "green"))
    with pytest.raises(InputError, match="3 bands"):
        compute_index("ndvi", pixels[:3], BANDS)
    with pytest.raises(InputError, match="one shape"):
        ndvi(red=np.ones((2, 2)), nir=np.ones((2, 3)))
