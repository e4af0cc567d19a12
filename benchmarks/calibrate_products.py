"""Where do the constants of the flood and field products come from? Run this to find them again (about 10 minutes).

Floods and farms of ``swath.fly`` (pictured from orbit and put on the map) and the plainer floods of the tests, all with
seeds from 1000: the tests judge with other seeds. Printed beside each constant is what it stands for.
"""

from __future__ import annotations

import argparse

import numpy as np

from swath.model import Product
from swath.product.area import BLUR_SIGMA, KRIGING_INFLATION, OUTLINE_SIGMA_M
from swath.product.flood import flood_product
from swath.product.vegetation import CLOUDY_SIGMA, FRINGE_SIGMA, vegetation_product
from tests.product.flights import fly_fields, fly_flood
from tests.product.simulated import make_flood

__all__ = ["main", "outline_m"]


def outline_m(product: Product) -> float:
    """Length of the flood's outline: sides between pixels, less the excess of steps over slants (pi / 4)."""
    flood = product.layers["flood"].astype(np.int8)
    sides = np.abs(np.diff(flood, axis=0)).sum() + np.abs(np.diff(flood, axis=1)).sum()
    return float(sides) * product.grid.pixel_m * np.pi / 4.0


def shore_offsets(floods: int) -> None:
    """In the clear, how far outside of where it is drawn does the shore lie, on average over each flood?"""
    flown, plain = [], []
    for seed in range(1000, 1000 + floods):
        flight = fly_flood(seed, 6000.0, 4500.0, cover=0.0)
        product = flood_product(flight.scene, before=flight.before, area=flight.area)
        flown.append((flight.flooded_km2 - product.estimates["flooded_km2"].value) * 1e6 / outline_m(product))
        flood = make_flood(seed, 300, cover=0.0)
        product = flood_product(flood.now, before=flood.before)
        error_km2 = flood.flood.sum() * product.grid.pixel_area_km2 - product.estimates["flooded_km2"].value
        plain.append(error_km2 * 1e6 / outline_m(product))
    for name, found in (("swath.fly", flown), ("plain", plain)):
        print(f"shore offset, {name:9}: median {np.median(found):5.2f} m, spread {np.std(found):.2f} m")
    print(f"  taken: OUTLINE_SIGMA_M {OUTLINE_SIGMA_M}, BLUR_SIGMA {BLUR_SIGMA} about 0")


def hidden_parts(floods: int) -> None:
    """Under clouds, how many standard deviations is the truth off?"""
    off = []
    for seed in range(1000, 1000 + floods):
        flight = fly_flood(seed, 8000.0, 6000.0, cover=float(np.random.default_rng(seed).uniform(0.1, 0.9)))
        found = flood_product(flight.scene, before=flight.before, area=flight.area).estimates["flooded_km2"]
        assert found.low is not None
        assert found.high is not None
        off.append((flight.flooded_km2 - found.value) / ((found.high - found.low) / 2.0 / 1.645))
    inside = np.mean(np.abs(off) < 1.645)
    print(f"under clouds: {100 * inside:.0f} % inside 90 %, rms {np.sqrt(np.mean(np.square(off))):.2f} sigma")
    print(f"  taken: KRIGING_INFLATION {KRIGING_INFLATION}")


def fields(farms: int) -> None:
    """How many true NDVI lie inside the interval, by how cloudy it was?"""
    for cover in (0.0, 0.05, 0.2):
        inside = number = 0
        for seed in range(1000, 1000 + farms):
            scene, outlines, truth = fly_fields(seed, cover=cover)
            for row in vegetation_product(scene, outlines).rows:
                if row["ndvi_mean"] is not None:
                    inside += row["ndvi_low"] <= truth[row["field"]] <= row["ndvi_high"]
                    number += 1
        print(f"fields under {100 * cover:.0f} % of cloud: {100 * inside / number:.1f} % of {number} inside 90 %")
    print(f"  taken: FRINGE_SIGMA {FRINGE_SIGMA}, CLOUDY_SIGMA {CLOUDY_SIGMA}")


def main() -> None:
    """Print what each constant was found from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--floods", type=int, default=40, help="of each kind")
    parser.add_argument("--farms", type=int, default=20, help="for each amount of cloud")
    asked = parser.parse_args()
    shore_offsets(asked.floods)
    hidden_parts(asked.floods)
    fields(asked.farms)


if __name__ == "__main__":
    main()
