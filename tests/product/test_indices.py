"""Spectral indices by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swath.errors import InputError
from swath.product.indices import INDICES, compute_index, ndti, ndvi, ndwi

BANDS = (
    *("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078"),
    *("nir", "nir08", "swir16", "swir22"),
)
ALWAYS_SOUND = ("ndvi", "gndvi", "ndwi", "ndti", "savi", "evi2")
"""their denominators vanish with their numerators, or never"""
pictures = arrays(np.uint16, st.tuples(st.just(len(BANDS)), st.integers(1, 5), st.integers(1, 5)))


def by_hand(formula: str, pixels: np.ndarray) -> np.ndarray:
    """The catalogue's own formula, evaluated in double precision on reflectances 0 to 1."""
    values = dict(zip(BANDS, pixels.astype(float) * 1e-4, strict=True))
    with np.errstate(all="ignore"):
        found = eval(formula, {"__builtins__": {}}, values)
        return np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0)


@given(pictures, st.sampled_from(sorted(INDICES)))
def test_every_index_computes_the_formula_it_states(pixels: np.ndarray, name: str) -> None:
    found = compute_index(name, pixels, BANDS)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    own = by_hand(INDICES[name].formula, pixels)
    if name in ALWAYS_SOUND:
        np.testing.assert_allclose(found, own, atol=2e-6)
    # Where a denominator nearly vanishes single precision is not enough: there the index says nothing either.
    sound = (np.abs(own) < 50.0) & (np.abs(found) < 50.0)
    np.testing.assert_allclose(found[sound], own[sound], atol=2e-4, rtol=2e-3)


def test_differences_are_exact_to_single_precision() -> None:
    pixels = np.random.default_rng(3).integers(1, 9999, (len(BANDS), 40, 40)).astype(np.uint16)
    for name, entry in INDICES.items():
        if entry.difference:
            np.testing.assert_allclose(
                compute_index(name, pixels, BANDS), by_hand(entry.formula, pixels), atol=2e-7, rtol=2e-7
            )


# Worked by hand, from the formulas as the papers and the list of the Awesome Spectral Indices project have them (commit
# 00a6d80 of its tables, read 2026-11-26), for coastal 0.03, blue 0.04, green 0.08, red 0.05, red edges 0.12, 0.30 and
# 0.40, nir 0.45, swir 0.20 and 0.10.
LEAF = dict(zip(BANDS, (300, 400, 800, 500, 1200, 3000, 4000, 4500, 4500, 2000, 1000), strict=True))
WORKED = {
    "ndvi": 0.8, "gndvi": 0.37 / 0.53, "evi": 1.0 / 1.45, "evi2": 1.0 / 1.57, "savi": 0.6, "osavi": 0.4 / 0.66,
    "msavi": (1.9 - 0.41**0.5) / 2, "arvi": 0.39 / 0.51, "dvi": 0.4, "sr": 9.0, "nirv": 0.36, "vari": 0.03 / 0.09,
    "ngrdi": 0.03 / 0.13, "ndre": 0.33 / 0.57, "cire": 2.75, "cig": 4.625, "mcari": 0.0620 * 2.4, "tcari": 0.1524,
    "mtci": 0.18 / 0.07, "ireci": 0.875, "psri": 0.01 / 0.3, "sipi": 0.42 / 0.4, "ndci": 0.07 / 0.17,
    "ndwi": -0.37 / 0.53, "mndwi": -0.12 / 0.28, "awei_nsh": -0.8675, "awei_sh": -0.76, "ndti": -0.03 / 0.13,
    "ndmi": 0.25 / 0.65, "msi": 0.2 / 0.45, "nbr": 0.35 / 0.55, "nbr2": 0.1 / 0.3, "bsi": -0.24 / 0.74,
    "ndbi": -0.25 / 0.65, "ndsi": -0.12 / 0.28,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(INDICES))
def test_a_leaf_worked_by_hand(name: str) -> None:
    bands = {band: np.array([[value]], np.uint16) for band, value in LEAF.items()}
    assert INDICES[name].function(**bands)[0, 0] == pytest.approx(WORKED[name], rel=1e-5)


def test_textbook_values() -> None:
    """A leaf (red 0.04, nir 0.46) has NDVI 0.84; clear water (green 0.06, nir 0.02) has NDWI 0.5; mud reflects red."""
    red, green, nir = (np.array([[v]], np.uint16) for v in (400, 600, 4600))
    assert ndvi(red=red, nir=nir)[0, 0] == pytest.approx(0.84)
    assert ndwi(green=green, nir=np.array([[200]], np.uint16))[0, 0] == pytest.approx(0.5)
    assert ndti(green=green, red=np.array([[900]], np.uint16))[0, 0] == pytest.approx(0.2)


def test_no_data_gives_zero_and_order_of_bands_does_not_matter() -> None:
    pixels = np.zeros((len(BANDS), 2, 2), np.uint16)
    for name in INDICES:
        assert (compute_index(name, pixels, BANDS) == 0.0).all()
    pixels = np.arange(4 * len(BANDS), dtype=np.uint16).reshape(-1, 2, 2) + 100
    turned = compute_index("ndvi", pixels[::-1], BANDS[::-1])
    np.testing.assert_array_equal(turned, compute_index("ndvi", pixels, BANDS))


def test_what_cannot_be_computed_is_refused_with_what_there_is() -> None:
    pixels = np.ones((len(BANDS), 2, 2), np.uint16)
    with pytest.raises(InputError, match="evi2, gndvi"):
        compute_index("magic", pixels, BANDS)
    with pytest.raises(InputError, match="needs red, nir"):
        compute_index("ndvi", pixels[:2], ("blue", "green"))
    with pytest.raises(InputError, match="3 bands"):
        compute_index("ndvi", pixels[:3], BANDS)
    with pytest.raises(InputError, match="one shape"):
        ndvi(red=np.ones((2, 2)), nir=np.ones((2, 3)))
