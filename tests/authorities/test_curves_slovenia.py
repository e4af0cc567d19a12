"""Hidden clear looks of a real series fall in the 90 % interval as often as it says.

Sentinel-2, 68 dates of 2015-07 to 2017-12 over 1 km2 in Slovenia (example patch of eo-learn, MIT; Copernicus data),
with its cloud masks and land use. Protocol: the dates are dealt to five hands (seed 0); each is hidden in turn, for all
pixels at once, law and intervals are learnt from the other dates alone, and every look that the mask calls clear on a
hidden date is asked for. Every third pixel both ways (1,156 of 10,100).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swath.product.curves import fit_curves

pytestmark = pytest.mark.needs_shared_data


def series(folder: Path) -> tuple[Any, Any, Any, Any]:
    ndvi, mask, data, valid, use = (
        np.load(folder / f"{name}.npy").squeeze(-1) for name in ("NDVI", "CLM", "IS_DATA", "IS_VALID", "LULC")
    )
    time = np.array(json.loads((folder / "timestamps.json").read_text("utf-8")), "datetime64[s]")
    clear = (mask == 0) & (data > 0) & (valid > 0)
    values = ndvi[:, ::3, ::3].reshape(len(time), -1).T.astype(np.float64)
    return time, values, clear[:, ::3, ::3].reshape(len(time), -1).T, use[::3, ::3].ravel()


def hidden(time: Any, values: Any, clear: Any, seed: int = 0) -> tuple[Any, Any]:
    """Whether each hidden clear look lay in its interval, and how far it was from the curve; NaN for all others."""
    hands = np.random.default_rng(seed).permutation(len(time)) % 5
    inside, off = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for hand in range(5):
        away = hands == hand
        curves = fit_curves(time, values, clear & ~away, at=time[away])
        asked = np.where(clear[:, away], 1.0, np.nan)
        within = (values[:, away] >= curves.low) & (values[:, away] <= curves.high)
        inside[:, away], off[:, away] = within * asked, (values[:, away] - curves.mean) * asked
    return inside, off


@pytest.mark.slow
def test_hidden_clear_looks_fall_in_the_interval(shared_data: Path) -> None:
    time, values, clear, use = series(shared_data / "imagery" / "sentinel2_slovenia")
    inside, off = hidden(time, values, clear)
    share = float(np.nanmean(inside))
    by_class = {int(c): float(np.nanmean(inside[use == c])) for c in np.unique(use) if (use == c).sum() >= 5}
    by_pixel = np.nanmean(inside, axis=1)
    print(f"inside {share:.3f}; by class {by_class}; by pixel {np.quantile(by_pixel, [0.1, 0.5, 0.9])}")
    print(f"rms {np.sqrt(np.nanmean(off**2)):.3f} of NDVI, median {np.nanmedian(np.abs(off)):.3f}")
    assert 0.85 <= share <= 0.95
    assert all(0.85 <= one <= 0.95 for one in by_class.values()), by_class
    assert 0.85 <= np.median(by_pixel) <= 0.95
    assert np.sqrt(np.nanmean(off**2)) < 0.11, "of NDVI"
