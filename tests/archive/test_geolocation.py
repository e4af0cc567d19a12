"""Position measured against control: known shifts found, cloud and flood survived, nothing claimed without grounds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from swath.archive.geolocation import CE90_PER_SIGMA, measure_geolocation
from swath.errors import InputError
from swath.model import Grid

Counts = npt.NDArray[np.uint16]
FINE = 4
MARGIN = 40


def land(size: int, seed: int) -> npt.NDArray[np.float32]:
    """Fields with edges and grain, four times finer than the pictures."""
    rng = np.random.default_rng(seed)
    image = np.full((size * FINE, size * FINE), 900.0, np.float32)
    for _ in range(size * size // 400):
        row, column = rng.integers(0, size * FINE, 2)
        height, width = rng.integers(10 * FINE, 40 * FINE, 2)
        image[row : row + height, column : column + width] = rng.uniform(400, 3000)
    return image + rng.normal(0, 60, image.shape).astype(np.float32)


def look(image: npt.NDArray[np.float32], south: int, east: int, noise: float = 0.0, seed: int = 0) -> Counts:
    """A picture whose features lie ``south`` and ``east`` quarter pixels off."""
    size = image.shape[0] // FINE - 2 * MARGIN
    part = image[MARGIN * FINE - south :, MARGIN * FINE - east :][: size * FINE, : size * FINE]
    mean = part.reshape(size, FINE, size, FINE).mean((1, 3))
    return np.clip(mean + np.random.default_rng(seed).normal(0, noise, mean.shape), 1, 65535).astype(np.uint16)


@pytest.fixture(scope="module")
def image() -> npt.NDArray[np.float32]:
    return land(480, 3)


GRID = Grid(32632, 0.0, 0.0, 5.0, 400, 400)


@pytest.mark.parametrize(("south", "east"), [(0, 0), (1, 2), (7, -13), (-33, 50), (60, 60)])
def test_a_known_shift_is_found_to_a_fiftieth_of_a_pixel(image: npt.NDArray[np.float32], south: int, east: int) -> None:
    found = measure_geolocation(look(image, south, east, 20.0), look(image, 0, 0), GRID, expected_ce90_m=20.0)
    assert found.shift_east_m == pytest.approx(east * 1.25, abs=0.1)
    assert found.shift_north_m == pytest.approx(-south * 1.25, abs=0.1)
    assert found.tiles_used >= 0.9 * found.tiles_tried == 0.9 * 36
    assert found.ce90_m.low is not None and found.ce90_m.high is not None
    assert found.ce90_m.low <= found.ce90_m.value <= found.ce90_m.high
    assert found.ce90_m.value == pytest.approx(np.hypot(south, east) * 1.25, abs=0.2)
    assert len(found.errors_m) == found.tiles_used


def test_another_brightness_and_contrast_do_not_matter(image: npt.NDArray[np.float32]) -> None:
    dim = (look(image, 5, -3) * 0.4 + 300).astype(np.uint16)
    found = measure_geolocation(dim, look(image, 0, 0), GRID, expected_ce90_m=20.0)
    assert (found.shift_east_m, found.shift_north_m) == pytest.approx((-3.75, -6.25), abs=0.1)


def test_cloud_flood_and_holes_do_not_mislead(image: npt.NDArray[np.float32]) -> None:
    """A third under cloud, a quarter under smooth water, a strip missing: 0.08 pixel."""
    pixels = look(image, 6, 9, 20.0).astype(float)
    rows, columns = np.mgrid[:400, :400]
    soft = np.random.default_rng(5).normal(0, 40, (400, 400))
    cloud = 0.5 + 0.5 * np.sin(rows / 61.0) * np.sin(columns / 47.0 + 1.0)
    pixels = np.where(cloud > 0.66, 7000 + 2000 * cloud + soft, pixels)
    pixels = np.where((rows > 280) & (columns < 330), 500 + soft, pixels)
    pixels[:, 100:120] = 0
    found = measure_geolocation(pixels.astype(np.uint16), look(image, 0, 0), GRID, expected_ce90_m=20.0)
    assert 6 <= found.tiles_used < 30
    assert (found.shift_east_m, found.shift_north_m) == pytest.approx((11.25, -7.5), abs=0.4)
    assert found.ce90_m.value == pytest.approx(np.hypot(11.25, 7.5), abs=0.6)


def test_a_turned_picture_has_the_errors_of_its_edges(image: npt.NDArray[np.float32]) -> None:
    """A stretch of 1 % from the middle: errors from 0 to 2 pixels, the 90th percentile by area, not the mean."""
    reference = look(image, 0, 0)
    rows, columns = np.mgrid[:400, :400]
    y, x = 199.5 + (rows - 199.5) * 1.01, 199.5 + (columns - 199.5) * 1.01
    k, m = np.clip(y.astype(int), 0, 398), np.clip(x.astype(int), 0, 398)
    f, g = y - k, x - m
    full = reference.astype(float)
    stretched = (full[k, m] * (1 - g) + full[k, m + 1] * g) * (1 - f)
    stretched += (full[k + 1, m] * (1 - g) + full[k + 1, m + 1] * g) * f
    stretched[(y > 399) | (x > 399) | (y < 0) | (x < 0)] = 0
    found = measure_geolocation(stretched.astype(np.uint16), reference, GRID, expected_ce90_m=20.0)
    assert found.tiles_used >= 30
    centres = 31.5 + 64 * np.arange(6) - 199.5
    truth_m = np.quantile(np.hypot(centres[:, None], centres[None, :]).ravel(), 0.9) * 0.01 / 1.01 * 5.0
    assert found.ce90_m.value == pytest.approx(truth_m, rel=0.1)
    assert found.shift_east_m == pytest.approx(-centres.mean() * 0.01 / 1.01 * 5.0, abs=0.1)


@pytest.mark.parametrize("what", ["another place", "cloud", "nothing", "flat", "too far"])
def test_what_cannot_be_measured_says_so(image: npt.NDArray[np.float32], what: str) -> None:
    rng = np.random.default_rng(7)
    pixels = {
        "another place": look(land(480, 99), 0, 0),
        "cloud": rng.integers(6000, 9000, (400, 400)).astype(np.uint16),
        "nothing": np.zeros((400, 400), np.uint16),
        "flat": np.full((400, 400), 800, np.uint16),
        "too far": look(image, 100, -110),
    }[what]
    found = measure_geolocation(pixels, look(image, 0, 0), GRID, expected_ce90_m=17.5)
    assert found.shift_east_m is None and found.shift_north_m is None
    assert (found.ce90_m.value, found.ce90_m.low, found.ce90_m.high) == (17.5, None, None)
    assert "not measured" in found.ce90_m.because


def test_a_picture_smaller_than_a_tile_is_not_measured(image: npt.NDArray[np.float32]) -> None:
    small = look(image, 0, 0)[:50, :60]
    found = measure_geolocation(small, small, Grid(32632, 0, 0, 5.0, 60, 50), expected_ce90_m=3.0)
    assert (found.tiles_tried, found.ce90_m.value) == (0, 3.0)


def test_both_must_lie_on_the_grid(image: npt.NDArray[np.float32]) -> None:
    with pytest.raises(InputError, match="not on the grid"):
        measure_geolocation(look(image, 0, 0)[:-1], look(image, 0, 0), GRID, expected_ce90_m=1.0)


def test_the_factor_of_a_circular_gaussian() -> None:
    """2.1460: the radius that holds 90 % of a circular Gaussian of unit sigma (Rayleigh distribution)."""
    draws = np.random.default_rng(0).normal(size=(400_000, 2))
    assert pytest.approx(2.1460, abs=1e-4) == CE90_PER_SIGMA
    assert np.quantile(np.hypot(*draws.T), 0.9) == pytest.approx(CE90_PER_SIGMA, abs=0.01)


@pytest.mark.parametrize("quarters", [-2, -1, 1, 2])
def test_noise_as_strong_as_the_texture_does_not_pull_towards_half_pixels(
    image: npt.NDArray[np.float32], quarters: int
) -> None:
    """Noise of 300 in both pictures where fields differ by 750: each axis to 0.03 pixel in the mean of 36 tiles."""
    found = measure_geolocation(
        look(image, quarters, -quarters, 300.0, 11), look(image, 0, 0, 300.0, 12), GRID, expected_ce90_m=20.0
    )
    assert found.tiles_used >= 20 and found.shift_east_m is not None and found.shift_north_m is not None
    assert found.shift_east_m / 5.0 == pytest.approx(-quarters / 4, abs=0.03)
    assert found.shift_north_m / 5.0 == pytest.approx(-quarters / 4, abs=0.03)
