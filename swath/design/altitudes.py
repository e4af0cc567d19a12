"""An altitude above what? Every number that is called so says it here."""

from __future__ import annotations

from typing import Literal

from swath.errors import InputError
from swath.frames import WGS84_A_M

__all__ = ["ABOVE", "Above", "MEAN_RADIUS_M", "altitude_notes", "semi_major_axis_m"]

Above = Literal["sma", "equatorial", "mean"]
"""the number is the semi-major axis itself, above the equator's radius, or above the Earth's mean radius"""

MEAN_RADIUS_M = 6371008.8
"""IUGG mean radius R1 (Moritz, Geodetic Reference System 1980, J. Geod. 74 (2000) 128)"""
ABOVE: dict[Above, float] = {"sma": 0.0, "equatorial": WGS84_A_M, "mean": MEAN_RADIUS_M}
LOWEST_M = 150e3
HIGHEST_M = 50_000e3


def semi_major_axis_m(value_m: float, above: Above) -> float:
    """Which semi-major axis is meant by a number of metres above something?

    Sentinel-2's 786 km is above the equatorial radius; Landsat's 705 km is nearly above the mean one: the two readings
    of one number are 7.1 km apart (docs/explanation/design.md). Raises :class:`InputError` for an axis less than
    150 km above the equator's radius or beyond 50,000 km, and for another word.
    """
    if above not in ABOVE:
        raise InputError(f"an altitude above {above!r}", where="above", fix=f"Say one of {', '.join(ABOVE)}")
    sma_m = value_m + ABOVE[above]
    if not LOWEST_M <= sma_m - WGS84_A_M <= HIGHEST_M:
        what = f"an orbit {(sma_m - WGS84_A_M) / 1e3:.0f} km above the equatorial radius"
        least_m = LOWEST_M + WGS84_A_M - ABOVE[above]
        fix = f"The lowest that lasts some revolutions is {least_m / 1e3:.0f} km ({above}); is the number in metres?"
        raise InputError(what, where="altitude", fix=fix)
    return sma_m


def altitude_notes(sma_m: float) -> list[str]:
    """What is the altitude above each, and what is to be minded when it is set beside a published one?"""
    equatorial_km, mean_km = (sma_m - WGS84_A_M) / 1e3, (sma_m - MEAN_RADIUS_M) / 1e3
    return [
        f"semi-major axis {sma_m / 1e3:.3f} km: {equatorial_km:.1f} km above the equatorial radius, {mean_km:.1f} km "
        "above the mean one; published altitudes seldom say which (7.1 km apart), and over a pole the ground is "
        "21 km further away"
    ]
