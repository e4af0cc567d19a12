"""Where do the constants of the flood and field products come from? Run this to find them again (about 10 minutes).

Floods and farms of ``swath.fly`` (pictured from orbit and put on the map) and the plainer floods of the tests, floods
with seeds from 1000, farms from 2000: the tests judge with other seeds. The farms' constants were weighed on all fields
of two days of the demo's farms too (its mission with the seeds 101 and 102), whose skies are often overcast. Printed
beside each constant is what it stands for.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from swath.model import Product
from swath.product.area import BLUR_SIGMA, KRIGING_INFLATION, OUTLINE_SIGMA_M
from swath.product.clouds import SEEN, average_cells, find_unseen
from swath.product.field_values import (
    ALL_SIGMA,
    CORE_SIGMA,
    FRINGE_UP,
    NOISE_PATCHES_PX,
    NORMAL_90,
    SHARPEN_ALL,
    SHARPEN_CORE,
)
from swath.product.fields import cover_polygons, zonal_statistics
from swath.product.flood import flood_product
from swath.product.vegetation import NDVI_SCALE, vegetation_product
from swath.product.veils import find_veiled
from tests.product.flights import fly_fields, fly_flood
from tests.product.simulated import make_flood

__all__ = ["main", "outline_m"]

SKIES = (0.2, 0.0, 0.05)
"""covered share above the farms, in turn"""


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
    """What do blur, margins of clouds and whatever is left do to the NDVI of fields?"""
    found = np.concatenate([field_parts(seed, SKIES[seed % len(SKIES)]) for seed in range(2000, 2000 + farms)])
    core, bend, whole, whole_bend, spread, count, hidden = found.T
    clear = (hidden < 1e-4) & np.isfinite(core)
    for name, error, moved, taken in (
        ("core", core, bend, SHARPEN_CORE), ("whole", whole, whole_bend, SHARPEN_ALL)
    ):  # fmt: skip
        e, m = error[clear], moved[clear]
        left = e - taken * m
        print(
            f"{name:5}: error {np.median(np.abs(e)):.4f}, of the moved differences {(e @ m) / (m @ m):.2f} "
            f"(taken {taken}), left {1.4826 * np.median(np.abs(left - np.median(left))):.4f} one sigma"
        )
    print(f"  taken: CORE_SIGMA {CORE_SIGMA}, ALL_SIGMA {ALL_SIGMA}, NOISE_PATCHES_PX {NOISE_PATCHES_PX}")
    noise = NORMAL_90 * np.sqrt(CORE_SIGMA**2 + NOISE_PATCHES_PX * spread**2 / np.maximum(count, 1.0))
    for low, high in ((0.1, 0.3), (0.3, 0.6), (0.6, 0.9)):
        part = (hidden > low) & (hidden <= high) & (count >= 100)
        down, up = np.quantile((core - SHARPEN_CORE * bend)[part], [0.95, 0.05])
        more = np.sqrt(max(up**2 - float(np.median(noise[part])) ** 2, 0.0)) / NORMAL_90 / hidden[part].mean()
        print(f"hidden {low} to {high}: truth from {-down:+.4f} to {-up:+.4f} of the value; upwards {more:.3f} a share")
    print(f"  taken: FRINGE_UP {FRINGE_UP}")
    inside = number = 0
    for seed in range(2000, 2000 + farms):
        scene, outlines, truth = fly_fields(seed, cover=SKIES[seed % len(SKIES)])
        for row in vegetation_product(scene, outlines).rows:
            if row["ndvi_mean"] is not None:
                inside += row["ndvi_low"] <= truth[row["field"]] <= row["ndvi_high"]
                number += 1
    print(f"{100 * inside / number:.1f} % of {number} fields inside 90 %")


def field_parts(seed: int, cover: float) -> np.ndarray:
    """Of each field: error and moved differences (times blur) of core and whole; spread, pixels, what was hidden."""
    scene, outlines, truth = fly_fields(seed, cover=cover)
    cells = average_cells(scene)
    unseen = find_unseen(cells, keep_dark_water=False)
    sure = (unseen == SEEN) & ~find_veiled(cells, unseen)
    layer = vegetation_product(scene, {}).layers["ndvi"] / NDVI_SCALE
    east_m, north_m = (scene.properties.get(f"shift_{side}_m") or 0.0 for side in ("east", "north"))
    grid = replace(scene.grid, west_m=scene.grid.west_m - east_m, north_m=scene.grid.north_m - north_m)
    covered, blur = cover_polygons(list(outlines.values()), grid), (scene.gsd_m / scene.grid.pixel_m) ** 2
    columns, true = [], np.array([truth[id] for id in outlines])
    for part in (covered.core(), covered):
        of = zonal_statistics(layer, sure, part)
        sides = [zonal_statistics(layer, sure, part.shift(*by)) for by in ((1, 0), (-1, 0), (0, 1), (0, -1))]
        bend = sum(np.where(side.seen[0] & of.seen[0], side.mean[0] - of.mean[0], 0.0) for side in sides)
        columns += [np.where(of.seen[0], of.mean[0] - true, np.nan), blur * bend]
        if part is not covered:
            spread, count = of.sd[0], of.count_px[0]
    rows = np.stack([*columns, spread, count, 1.0 - of.seen_share[0]], -1)
    return rows[of.seen[0] & (count > 0.0)]


def main() -> None:
    """Print what each constant was found from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--floods", type=int, default=40, help="of each kind")
    parser.add_argument("--farms", type=int, default=60, help="a third of each amount of cloud")
    asked = parser.parse_args()
    if asked.floods:
        shore_offsets(asked.floods)
        hidden_parts(asked.floods)
    fields(asked.farms)


if __name__ == "__main__":
    main()
