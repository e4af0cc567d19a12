"""When on a day is the Sun high enough for photos?"""

from __future__ import annotations

import numpy as np

from swath.errors import InputError
from swath.frames import EarthOrientation
from swath.orbit.sun import sun_angles_deg

__all__ = ["sun_windows"]


def sun_windows(
    lon_deg: float, lat_deg: float, day: np.datetime64, least_deg: float, eop: EarthOrientation
) -> tuple[tuple[np.datetime64, np.datetime64], ...]:
    """Stretches (start, stop, UTC) of the local day, by the mean Sun, with the Sun at ``least_deg`` or higher.

    To 1 s. Empty where it never gets so high; the whole day where it never gets lower. :class:`InputError` for an
    elevation that is none.
    """
    if not -90.0 <= least_deg <= 90.0:
        raise InputError(f"a Sun elevation of {least_deg:g} degrees", where="--sun", fix="Give -90 to 90")
    midnight = day.astype("datetime64[ns]") - np.timedelta64(round(lon_deg / 360.0 * 86400.0), "s")
    coarse = midnight + np.arange(0, 86401, 60).astype("timedelta64[s]")
    high = sun_angles_deg(lon_deg, lat_deg, coarse, eop)[0] >= least_deg
    edges = [_edge(lon_deg, lat_deg, coarse[i], least_deg, eop) for i in np.flatnonzero(np.diff(high.astype(int)))]
    marks = [*([coarse[0]] if high[0] else []), *edges, *([coarse[-1]] if high[-1] else [])]
    return tuple(zip(marks[::2], marks[1::2], strict=True))


def _edge(
    lon_deg: float, lat_deg: float, minute: np.datetime64, least_deg: float, eop: EarthOrientation
) -> np.datetime64:
    fine = minute + np.arange(61).astype("timedelta64[s]")
    high = sun_angles_deg(lon_deg, lat_deg, fine, eop)[0] >= least_deg
    return np.datetime64(fine[int(np.argmax(high != high[0]))])
