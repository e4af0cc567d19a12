"""What does a count of an optical sensor mean at the top of the atmosphere, and roughly below it?

Reflectance from radiance: rho = pi L d^2 / (E cos(zenith)) (Chander, Markham and Helder 2009, Remote Sensing of
Environment 113, 893, eq. 5); from Landsat's reflectance scaling: rho = (M Q + A) / sin(sun elevation) (USGS, Landsat 8
Data Users Handbook, section 5.3). Brightness temperature: T = K2 / ln(K1 / L + 1) (same, eq. 7 and section 5.4).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from swath.errors import DataError

__all__ = [
    "ESUN_W_M2_UM",
    "THERMAL",
    "brightness_temperature_k",
    "dark_object_offset",
    "earth_sun_ratio",
    "reflectance_from_radiance",
    "reflectance_from_scaling",
]

Floats = npt.NDArray[np.float64]

ESUN_W_M2_UM = {
    ("LANDSAT_4", "TM"): {"1": 1983.0, "2": 1795.0, "3": 1539.0, "4": 1028.0, "5": 219.8, "7": 83.49},
    ("LANDSAT_5", "TM"): {"1": 1983.0, "2": 1796.0, "3": 1536.0, "4": 1031.0, "5": 220.0, "7": 83.44},
    ("LANDSAT_7", "ETM"): {"1": 1997.0, "2": 1812.0, "3": 1533.0, "4": 1039.0, "5": 230.8, "7": 84.90, "8": 1362.0},
}
"""mean solar irradiance outside the atmosphere by spacecraft, sensor and band, W/m2/um (Chander et al. 2009, tables 3
and 4)"""
THERMAL = {
    ("LANDSAT_4", "TM"): {"6": (671.62, 1284.30)},
    ("LANDSAT_5", "TM"): {"6": (607.76, 1260.56)},
    ("LANDSAT_7", "ETM"): dict.fromkeys(("6", "6_VCID_1", "6_VCID_2"), (666.09, 1282.71)),
}
"""K1 (W/m2/sr/um) and K2 (K), same source, table 7"""

_LOWEST_SUN_DEG = 2.0


def earth_sun_ratio(at: np.datetime64) -> float:
    """How far is the sun? Astronomical units, to 1e-4 (tests/authorities/test_landsat.py).

    d = 1 - 0.01672 cos(0.9856 (day - 4)) is what handbooks give; this keeps the second term of the ellipse and counts
    the anomaly from J2000 (Astronomical Almanac, low precision): 1.00014 - 0.01671 cos g - 0.00014 cos 2g.
    """
    days = (at.astype("datetime64[s]") - np.datetime64("2000-01-01T12:00:00")) / np.timedelta64(86400, "s")
    g = math.radians(357.528 + 0.9856003 * float(days))
    return 1.00014 - 0.01671 * math.cos(g) - 0.00014 * math.cos(2.0 * g)


def _sine(sun_elevation_deg: float) -> float:
    if not _LOWEST_SUN_DEG <= sun_elevation_deg <= 90.0:
        raise DataError(
            f"the sun stands {sun_elevation_deg:.1f} deg high: no reflectance can be told from that",
            fix=f"Use scenes with the sun between {_LOWEST_SUN_DEG:.0f} and 90 deg",
        )
    return math.sin(math.radians(sun_elevation_deg))


def reflectance_from_radiance(
    gain: float, bias: float, *, esun_w_m2_um: float, distance_ratio: float, sun_elevation_deg: float
) -> tuple[float, float]:
    """Scale and offset that make reflectance of counts, from those that make radiance (W/m2/sr/um)."""
    per_radiance = math.pi * distance_ratio**2 / (esun_w_m2_um * _sine(sun_elevation_deg))
    return gain * per_radiance, bias * per_radiance


def reflectance_from_scaling(multiply: float, add: float, *, sun_elevation_deg: float) -> tuple[float, float]:
    """Scale and offset that make reflectance of counts, from Landsat's own, which leave the sun's height out."""
    sine = _sine(sun_elevation_deg)
    return multiply / sine, add / sine


def brightness_temperature_k(radiance: npt.ArrayLike, *, k1: float, k2_k: float) -> Floats:
    """How warm is a black body of this radiance (W/m2/sr/um)? NaN where there is none."""
    value = np.asarray(radiance, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(value > 0.0, k2_k / np.log1p(k1 / value), np.nan)


def dark_object_offset(
    counts: npt.NDArray[np.int64], *, scale: float, offset: float, dark_reflectance: float = 0.01
) -> float:
    """What does the air add to a band? The reflectance to subtract, by the darkest objects (Chavez 1988).

    ``counts`` is the histogram of stored values, no data left out. The haze is the value at which the first ten
    thousandth of the scene has been passed, less the ``dark_reflectance`` that a dark object has itself (1 %); never
    negative. Raises :class:`DataError` where the histogram is empty. It leaves out what the air takes away: surface
    reflectance by it is good to some hundredths in clear air, and no better (stated, not tested on real truth).
    """
    total = int(counts.sum())
    if total <= 0:
        raise DataError("there are no pixels to find dark objects among", fix="Use a scene with data")
    dark = int(np.searchsorted(np.cumsum(counts), max(1, round(total * 1e-4))))
    return max(0.0, dark * scale + offset - dark_reflectance)
