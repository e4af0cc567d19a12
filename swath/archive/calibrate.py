"""What does a count mean? From counts to top-of-atmosphere reflectance x 10000."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.archive.picture import PictureHeader
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_up
from swath.orbit.sun import sun_direction_itrf

__all__ = ["REFLECTANCE_SCALE", "calibrate", "reflectance_gain"]

Floats = npt.NDArray[np.float64]

REFLECTANCE_SCALE = 10_000
"""stored value of reflectance 1; 0 is no data"""
_LOWEST_SUN_DEG = 2.0


def reflectance_gain(
    header: PictureHeader,
    *,
    lon_deg: npt.ArrayLike,
    lat_deg: npt.ArrayLike,
    at: npt.ArrayLike,
    eop: EarthOrientation,
) -> Floats:
    """What is one count worth at places ``(...)`` of a picture, as stored reflectance: scale x factor / cos(zenith)?

    The sun's zenith angle is computed here, on the ground, for each place at the picture's time ``at``; a level surface
    and no refraction are taken. Raises :class:`DataError` where the sun stands lower than 2 deg: dividing by its height
    would make light of nothing.
    """
    cosine = np.sum(geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg) * sun_direction_itrf(at, eop), -1)
    if np.min(cosine) < np.sin(np.radians(_LOWEST_SUN_DEG)):
        raise DataError(
            f"the sun stands {np.degrees(np.arcsin(np.min(cosine))):.1f} deg high, too low to calibrate a picture",
            where=f"picture {header.acquisition}",
            fix=f"Take it with the sun above {_LOWEST_SUN_DEG:.0f} deg",
        )
    return np.asarray(REFLECTANCE_SCALE * header.reflectance_per_count / cosine, np.float64)


def calibrate(counts: npt.NDArray[np.uint16], header: PictureHeader, gain: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Counts as stored reflectance, before any resampling; ``gain`` from :func:`reflectance_gain` broadcasts.

    Count 0 stays 0, no data; all else is at least 1. :func:`ortho.orthorectify` does the same as it resamples.
    """
    value = (counts.astype(np.float64) - header.offset_count) * np.asarray(gain, np.float64)
    return np.where(counts == 0, 0, np.clip(np.round(value), 1, 65535)).astype(np.uint16)
