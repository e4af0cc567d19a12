"""What do the bands say about a pixel, as one number? Spectral indices by name, with formula and source.

Every function takes reflectance x 10000 (``uint16`` as in ``model.Scene``, or float) of one shape and returns
``float32`` of that shape. Where a denominator is zero the index is 0: the result is always finite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["INDICES", "Index", "compute_index", "evi2", "gndvi", "ndti", "ndvi", "ndwi", "savi"]

Values = npt.NDArray[Any]
Floats32 = npt.NDArray[np.float32]
REFLECTANCE_SCALE = np.float32(1e-4)


def _ratio(numerator: Floats32, denominator: Floats32) -> Floats32:
    safe = np.where(denominator != 0.0, denominator, np.float32(1.0))
    return np.where(denominator != 0.0, numerator / safe, np.float32(0.0)).astype(np.float32, copy=False)


def _pair(a: Values, b: Values) -> tuple[Floats32, Floats32]:
    if np.shape(a) != np.shape(b):
        raise InputError(f"bands have shapes {np.shape(a)} and {np.shape(b)}", fix="Give bands of one shape")
    return np.asarray(a, np.float32), np.asarray(b, np.float32)


def _difference(a: Values, b: Values) -> Floats32:
    first, second = _pair(a, b)
    return _ratio(first - second, first + second)


def ndvi(*, red: Values, nir: Values) -> Floats32:
    """How green? (nir - red) / (nir + red), -1 to 1. Rouse et al. 1974, NASA SP-351, 309-317."""
    return _difference(nir, red)


def gndvi(*, green: Values, nir: Values) -> Floats32:
    """How much chlorophyll? (nir - green) / (nir + green). Gitelson et al. 1996, Remote Sens. Environ. 58, 289-298."""
    return _difference(nir, green)


def ndwi(*, green: Values, nir: Values) -> Floats32:
    """Is it open water? (green - nir) / (green + nir), water above about 0. McFeeters 1996, Int. J. Remote Sens. 17."""
    return _difference(green, nir)


def ndti(*, green: Values, red: Values) -> Floats32:
    """How muddy is the water? (red - green) / (red + green). Lacaux et al. 2007, Remote Sens. Environ. 106, 66-74."""
    return _difference(red, green)


def savi(*, red: Values, nir: Values) -> Floats32:
    """How green, over bare soil? 1.5 (nir - red) / (nir + red + 0.5). Huete 1988, Remote Sens. Environ. 25, 295-309."""
    n, r = _pair(nir, red)
    n, r = n * REFLECTANCE_SCALE, r * REFLECTANCE_SCALE
    return _ratio(np.float32(1.5) * (n - r), n + r + np.float32(0.5))


def evi2(*, red: Values, nir: Values) -> Floats32:
    """How green, where NDVI saturates? 2.5 (nir - red) / (nir + 2.4 red + 1). Jiang et al. 2008, RSE 112, 3833-3845."""
    n, r = _pair(nir, red)
    n, r = n * REFLECTANCE_SCALE, r * REFLECTANCE_SCALE
    return _ratio(np.float32(2.5) * (n - r), n + np.float32(2.4) * r + np.float32(1.0))


@dataclass(frozen=True)
class Index:
    """A spectral index as a catalogue entry."""

    name: str
    bands: tuple[str, ...]
    formula: str
    """of reflectances 0 to 1"""
    source: str
    function: Callable[..., Floats32]


INDICES: Mapping[str, Index] = {
    entry.name: entry
    for entry in (
        Index("ndvi", ("red", "nir"), "(nir - red) / (nir + red)", "Rouse et al. 1974", ndvi),
        Index("gndvi", ("green", "nir"), "(nir - green) / (nir + green)", "Gitelson et al. 1996", gndvi),
        Index("ndwi", ("green", "nir"), "(green - nir) / (green + nir)", "McFeeters 1996", ndwi),
        Index("ndti", ("green", "red"), "(red - green) / (red + green)", "Lacaux et al. 2007", ndti),
        Index("savi", ("red", "nir"), "1.5 * (nir - red) / (nir + red + 0.5)", "Huete 1988", savi),
        Index("evi2", ("red", "nir"), "2.5 * (nir - red) / (nir + 2.4 * red + 1)", "Jiang et al. 2008", evi2),
    )
}


def compute_index(name: str, pixels: Values, bands: tuple[str, ...]) -> Floats32:
    """The named index of ``pixels`` ``(band, row, column)`` with bands called ``bands``: float32 ``(row, column)``.

    :class:`InputError` for an unknown index or a band that the picture does not have.
    """
    if name not in INDICES:
        raise InputError(f"no index is called {name!r}", fix=f"Known: {', '.join(sorted(INDICES))}")
    entry = INDICES[name]
    missing = [band for band in entry.bands if band not in bands]
    if missing or len(bands) != len(pixels):
        raise InputError(
            f"{name} needs {', '.join(entry.bands)}; the picture has {len(pixels)} bands called {', '.join(bands)}",
            fix="Give a picture with these bands, one name for each",
        )
    return entry.function(**{band: pixels[bands.index(band)] for band in entry.bands})
