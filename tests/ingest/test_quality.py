"""Noise and blur are found where they are known; shares are counted exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rasterio.transform import Affine

from swath.archive.outside import OutsideAsset, OutsideBand, Placed
from swath.archive.quality import Inspector, blur_px, noise_sd
from swath.archive.quality_kernels import moments, moments_whole

ALL = np.ones((512, 512), bool)


def edges(sigma: float, seed: int = 3) -> np.ndarray:
    """Fields of different brightness with slanted borders, blurred by a Gaussian in ten-fold finer pixels' stead."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:512, :512] + 0.5
    image = np.full((512, 512), 500.0)
    from math import erf

    step = np.vectorize(erf)
    for _ in range(6):
        angle, at, high = rng.uniform(0, np.pi), rng.uniform(100, 400), rng.uniform(300, 900)
        along = (x - 256) * np.cos(angle) + (y - 256) * np.sin(angle) - (at - 256)
        image += high * 0.5 * (1 + step(along / (sigma * np.sqrt(2))))
    return image


@pytest.mark.parametrize("sigma", [2.0, 7.5, 40.0])
def test_noise_is_found_within_a_tenth(sigma: float) -> None:
    slope = np.add.outer(np.arange(512.0), 2 * np.arange(512.0))
    image = slope + np.random.default_rng(1).normal(0, sigma, (512, 512))
    found = noise_sd(image, ALL)
    assert found == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("sigma", [0.6, 0.9, 1.4])
def test_blur_is_found_within_an_eighth_of_a_pixel(sigma: float) -> None:
    image = edges(sigma) + np.random.default_rng(2).normal(0, 1.0, (512, 512))
    found = blur_px(image, ALL, 1.0)
    # A pixel's own width adds its variance of 1/12, and so does the slope over two pixels.
    assert found == pytest.approx(sigma, abs=0.25) and (blur_px(edges(sigma + 0.5), ALL, 0.0) or 0) > found


def test_what_cannot_be_told_is_none() -> None:
    assert noise_sd(np.ones((20, 20)), np.ones((20, 20), bool)) is None
    assert blur_px(np.random.default_rng(0).normal(size=(512, 512)), ALL, 1.0) is None
    assert noise_sd(np.ones((512, 512)), np.zeros((512, 512), bool)) is None


def asset(pixels: np.ndarray, **more: object) -> OutsideAsset:
    bands = tuple(OutsideBand(f"b{k}", "counts", scale=2.0, offset=1.0, saturated=255.0) for k in range(len(pixels)))
    return OutsideAsset(
        "data", "", bands, pixels.shape[2], pixels.shape[1], pixels.dtype.name, Placed(Affine.identity(), ""),
        lambda first, rows: pixels[:, first : first + rows], **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_shares_and_moments_over_strips_are_those_of_the_whole() -> None:
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (2, 2300, 130)).astype(np.uint8)
    pixels[:, :200] = 0
    inspector = Inspector(asset(pixels, nodata=0.0))
    for first in range(0, 2300, 1024):
        inspector.look(first, pixels[:, first : first + 1024])
    for band, told in zip(pixels, inspector.quality(), strict=True):
        known = band[band != 0].astype(float)
        good = known[known < 255]
        assert told["valid_share"] == pytest.approx(len(known) / band.size, abs=1e-6)
        assert told["saturated_share"] == pytest.approx(np.mean(known == 255), abs=1e-6)
        assert told["mean"] == pytest.approx(2 * good.mean() + 1, rel=1e-6)
        assert told["sd"] == pytest.approx(2 * good.std(), rel=1e-5)
        assert (told["minimum"], told["maximum"]) == (2 * good.min() + 1, 2 * good.max() + 1)
    column, row = inspector.outline() or (np.empty(0), np.empty(0))
    assert column.min() == 0 and column.max() == 130 and row.max() == 2300 and 128 <= row.min() <= 200


def test_a_frame_and_an_alpha_band_are_no_data() -> None:
    pixels = np.full((2, 64, 64), 7, np.uint8)
    pixels[1, :, :32] = 0
    inspector = Inspector(asset(pixels, alpha=True, frame_px=8))
    inspector.look(0, pixels)
    assert inspector.quality()[0]["valid_share"] == 0.5


@settings(max_examples=60, deadline=None)
@given(
    pixels=arrays(np.int16, (5, 9), elements=st.integers(-32768, 32767)), known=arrays(np.bool_, (5, 9)),
    more=arrays(np.uint16, (3, 4), elements=st.integers(0, 65535)),
)  # fmt: skip
def test_sums_of_whole_numbers_are_those_of_real_ones(pixels: np.ndarray, known: np.ndarray, more: np.ndarray) -> None:
    plain, whole = (np.array([0.0, 0.0, 0.0, math.inf, -math.inf, 0.0]) for _ in range(2))
    for image, there in ((pixels, known), (more, np.ones(more.shape, np.bool_))):
        moments(image, there, math.inf, plain)
        moments_whole(image, there, whole)
    np.testing.assert_array_equal(whole, plain)
