"""Where do the calibration tables of the likelihoods come from? Run this to find them again (ten minutes; no times).

Simulated floods of tests/product/simulated_disasters.py with seeds from 20,000, which no test judges with: what share
of places that the rules give so many percent is water? A rising curve through it (isotonic regression), at some knots.
"""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import IsotonicRegression

from swath.product import water_radar, water_swir
from swath.product.flood import optical_sight
from swath.product.sight import Sight
from swath.product.water_radar import RadarLook, radar_sight
from tests.product.simulated_disasters import Seen, make_seen, scene_of_seen

__all__ = ["both_sights", "main"]

KNOTS = np.array([0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 96, 97, 98, 99, 100.0])


def both_sights(seen: Seen) -> tuple[Sight, Sight]:
    """What a camera and a radar see of a simulated flood."""
    camera = optical_sight(scene_of_seen(seen), np.zeros(seen.grid.shape, np.uint8))
    radar = radar_sight(RadarLook("radar", seen.grid, {"vv": seen.vv_db, "vh": seen.vh_db}, 0.0, True))
    return camera, radar


def main(floods: int = 500) -> None:
    """Print both tables."""
    water_swir.CALIBRATION = water_radar.CALIBRATION = ((0.0, 100.0), (0.0, 100.0))
    called: dict[str, list[np.ndarray]] = {"camera": [], "radar": []}
    true: dict[str, list[np.ndarray]] = {"camera": [], "radar": []}
    for number in range(floods):
        seen = make_seen(20_000 + number, size=192, share=0.0 if number % 5 == 4 else None)
        for name, sight in zip(called, both_sights(seen), strict=True):
            known = sight.likelihood <= 100
            called[name].append(sight.likelihood[known])
            true[name].append(seen.water[known])
    print("likelihood as the rule gives it", tuple(KNOTS.tolist()))
    for name, parts in called.items():
        curve = IsotonicRegression().fit(np.concatenate(parts), np.concatenate(true[name]))
        print(name, tuple(np.round(100.0 * curve.predict(KNOTS), 1).tolist()))


if __name__ == "__main__":
    main()
