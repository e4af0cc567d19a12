"""How likely is water, from a picture with short-wave infrared? Sentinel-2, Landsat and the like.

Water of any depth and load of mud takes up nearly all short-wave infrared, while mud brightens its visible light and
near infrared: where there is such a band it is a better witness than the near infrared alone. A pixel is water if it is
dark there against green (MNDWI: Xu 2006, Int. J. Remote Sens. 27, 3025-3033), and carries no living plants (NDVI below
0.2: Sobrino et al. 2004, Remote Sens. Environ. 90, 434-440), and is not as bright as snow. The first limit is sought in
the picture, about the value that Bonafilia et al. 2020 (CVPRW, 835-845) label floods of all continents with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.split import Known, histograms, split_threshold
from swath.product.wet_kernels import short_wave_index, vegetation_index, wet_logits

__all__ = ["SwirRule", "calibrated_swir", "fit_swir_rule", "swir_logits"]

Array = npt.NDArray[Any]
Floats32 = npt.NDArray[np.float32]

TILE_PX, BINS = 32, 200
KNOWN = {
    "swir22": Known(0.30, 0.06, 0.05, 0.55, 0.25),
    "swir16": Known(0.10, 0.08, -0.20, 0.40, 0.25),
}
"""of MNDWI with the band at 2.2 and at 1.6 um"""
INDEX_SLOPE = 45.0
"""of the log-odds with MNDWI"""
NDVI_LIMIT, NDVI_SLOPE = 0.20, 60.0
SNOW_GREEN, SNOW_SLOPE = 0.32, 60.0
"""reflectance of green: the muddiest flood water reaches 0.25, snow and thick cloud begin at 0.4"""
CALIBRATION = (
    (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 98.0, 100.0),
    (0.2, 19.9, 19.9, 19.9, 19.9, 19.9, 26.4, 39.1, 51.6, 63.9, 76.4, 93.3, 94.6, 94.6, 94.6, 99.7),
)
"""likelihood as the rule gives it, and as it is: found by benchmarks/calibrate_floods.py on simulated floods"""
LOGIT_SIGMA_NDVI = 0.5
"""systematic doubt of the log-odds besides that of the threshold: plants in water, wet soil"""


@dataclass(frozen=True)
class SwirRule:
    """Log-odds of water from green, red, near infrared and one short-wave infrared band."""

    band: str
    index_ratio: float
    logit_sigma: float
    """systematic error of the log-odds over the whole picture"""
    because: str


def fit_swir_rule(green: Array, swir: Array, seen: npt.NDArray[np.bool_], band: str) -> SwirRule:
    """Where does this picture divide water from land in MNDWI? ``band``: ``swir22`` or ``swir16``."""
    counts = histograms(short_wave_index, green, swir, seen, size_px=TILE_PX, low=-1.0, high=1.0, bins=BINS)
    middles = (np.arange(BINS) + 0.5) * 2.0 / BINS - 1.0
    split = split_threshold(counts, middles, KNOWN[band], "MNDWI")
    sigma = float(np.hypot(0.25 * INDEX_SLOPE * split.sigma, LOGIT_SIGMA_NDVI))
    return SwirRule(band, split.value, sigma, f"water above {split.because}, and NDVI below {NDVI_LIMIT:g}")


def swir_logits(
    green: Array, red: Array, nir: Array, swir: Array, seen: npt.NDArray[np.bool_], rule: SwirRule
) -> Floats32:
    """Log-odds of water of each pixel (reflectance x 10000 in), float32; NaN where not seen."""
    logits: Floats32 = wet_logits(
        short_wave_index(green, swir, seen), vegetation_index(red, nir, seen), green, rule.index_ratio, INDEX_SLOPE,
        NDVI_LIMIT, NDVI_SLOPE, SNOW_GREEN * 1e4, SNOW_SLOPE * 1e-4,
    )  # fmt: skip
    return logits


def calibrated_swir(percent: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What likelihood does a place deserve that the rule and its shores give so many percent? 255 stays."""
    table = np.full(256, 255, np.uint8)
    table[:101] = np.rint(np.interp(np.arange(101), *CALIBRATION)).astype(np.uint8)
    return table[percent]
