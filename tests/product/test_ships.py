"""Ships on simulated seas and spots on simulated ground: false alarms at the rate asked, counts, lengths."""

from __future__ import annotations

import numpy as np
import pytest

from swath.errors import InputError
from swath.product.blobs import find_spots
from swath.product.ships import count_of, find_ships


def sea(seed: int, side: int, looks: float, order: float) -> np.ndarray:
    """K clutter about -22 dB; independent pixels."""
    rng = np.random.default_rng(seed)
    texture = rng.gamma(order, 1 / order, (side, side)) if np.isfinite(order) else 1.0
    return 10 * np.log10(10**-2.2 * texture * rng.gamma(looks, 1 / looks, (side, side)))


@pytest.mark.parametrize("order", [np.inf, 4.0, 1.0])
def test_a_rough_sea_gives_the_false_alarms_asked(order: float) -> None:
    """At a rate of 5,000 in 1,000 km2 some 80 are asked of 16 km2 of water; a rough sea's may be half again as many."""
    picture = sea(1, 400, 4.4, order)
    found = find_ships(picture, np.ones(picture.shape, bool), 10.0, looks=4.4, false_alarms_1000_km2=5000.0)
    assert 0.4 * 80 < len(found) < 1.6 * 80


def test_ships_are_counted_and_measured() -> None:
    rng = np.random.default_rng(2)
    picture = sea(3, 400, 4.4, 4.0)
    truth = [(40 + 90 * (k // 4), 40 + 90 * (k % 4), 6 + 4 * (k % 4)) for k in range(16)]
    for row, col, length in truth:
        picture[row : row + 2, col : col + length] = -5.0 + rng.normal(0, 1.5, (2, length))
    land = np.zeros(picture.shape, bool)
    land[:, 380:] = True
    picture[:, 380:] = 0.0
    found = find_ships(picture, ~land, 10.0, looks=4.4, false_alarms_1000_km2=10.0)
    assert len(found) == 16
    inside = 0
    for row, col, length in truth:
        n = int(np.argmin(np.hypot(found.row_px - row - 0.5, found.column_px - col - length / 2 + 0.5)))
        assert np.hypot(found.row_px[n] - row - 0.5, found.column_px[n] - col - length / 2 + 0.5) < 2.0
        inside += found.length_low_m[n] <= 10.0 * length <= found.length_high_m[n]
    assert inside >= 13
    number = count_of(found, false_alarms=10.0 * 15.2 / 1000.0)
    assert number.low is not None and number.high is not None and number.low <= 16 <= number.high


def test_unseen_water_and_land_hold_no_ships() -> None:
    picture = sea(4, 120, 4.4, np.inf)
    picture[60, 60] = 20.0
    water = np.ones(picture.shape, bool)
    water[55:65, 55:65] = False
    picture[:20] = np.nan
    assert len(find_ships(picture, water, 10.0, looks=4.4)) == 0
    assert len(find_ships(picture, np.zeros_like(water), 10.0, looks=4.4)) == 0


def test_spots_on_ground_are_counted_and_sized() -> None:
    """Vehicles of 2.5 x 5 m in pixels of half a metre on textured ground, darker and brighter than it."""
    rng = np.random.default_rng(5)
    ground = 100.0 + rng.normal(0, 4, (400, 400)) + 6.0 * np.sin(np.arange(400) / 40.0)
    truth = [(30 + 60 * (k // 6), 30 + 60 * (k % 6)) for k in range(36)]
    for k, (row, col) in enumerate(truth):
        ground[row : row + 6, col : col + 8] += 40.0 if k % 2 else -35.0
    found = find_spots(ground, np.ones(ground.shape, bool), 0.5, least_m=2.0, most_m=6.0)
    near = [np.hypot(found.row_px - r - 2.5, found.column_px - c - 3.5).min() < 3.0 for r, c in truth]
    assert np.mean(near) > 0.95 and len(found) <= 38
    assert 2.0 <= np.median(found.length_m) <= 4.5
    empty = 100.0 + rng.normal(0, 4, (400, 400))
    assert len(find_spots(empty, np.ones(empty.shape, bool), 0.5, least_m=2.0, most_m=6.0)) <= 2


def test_wrong_input_is_told() -> None:
    picture = sea(6, 40, 4.4, np.inf)
    with pytest.raises(InputError, match="one grid"):
        find_ships(picture, np.ones((3, 3), bool), 10.0, looks=4.4)
    with pytest.raises(InputError, match="people are not counted"):
        find_spots(picture, np.ones(picture.shape, bool), 0.1, least_m=1.0, most_m=2.0)
    with pytest.raises(InputError, match="two pixels and more"):
        find_spots(picture, np.ones(picture.shape, bool), 1.0, least_m=1.0, most_m=5.0)
    with pytest.raises(InputError, match="0 or more"):
        count_of(find_ships(picture, np.ones(picture.shape, bool), 10.0, looks=4.4), false_alarms=-1.0)
