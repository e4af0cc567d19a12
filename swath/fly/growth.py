"""How green is a crop on a day of the year? Growth curves, to draw the fields of one world at any date."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.materials import CROPS, FIRST_EDIT, FIRST_FIELD

__all__ = ["crop_green", "looks_green"]

Singles = npt.NDArray[np.float32]

_CURVES = {
    # crop: least, most, day of rising, its slope, day of falling, its slope (days of a northern year)
    "wheat": (0.08, 0.90, 85.0, 12.0, 172.0, 7.0),
    "maize": (0.05, 0.92, 160.0, 9.0, 262.0, 8.0),
    "soybean": (0.04, 0.88, 170.0, 10.0, 255.0, 8.0),
    "alfalfa": (0.30, 0.88, 75.0, 14.0, 305.0, 12.0),
    "sugar beet": (0.06, 0.88, 135.0, 14.0, 288.0, 12.0),
    "orchard": (0.28, 0.72, 100.0, 12.0, 300.0, 14.0),
    "bare soil": (0.02, 0.05, 120.0, 10.0, 280.0, 10.0),
}
"""round numbers for the plains at 45 N; alfalfa is cut every 35 days, winter wheat shows green before spring"""
_CUT_DAYS = 35.0


def crop_green(crop: str, day_of_year: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Share of the ground that green leaves cover, 0 to 1, on days of a northern year.

    A double logistic (Beck et al., Remote Sens. Environ. 100 (2006) 321); cut alfalfa grows back between cuts.
    Simulated: the form is that of real series, the dates are round. Raises :class:`InputError` for an unknown crop.
    """
    if crop not in _CURVES:
        raise InputError(f"no growth curve for {crop!r}", where="crop_green", fix=f"Choose {', '.join(_CURVES)}")
    low, high, rise, rise_slope, fall, fall_slope = _CURVES[crop]
    day = np.asarray(day_of_year, np.float64)
    up, down = 1.0 / (1.0 + np.exp(-(day - rise) / rise_slope)), 1.0 / (1.0 + np.exp((day - fall) / fall_slope))
    green = low + (high - low) * up * down
    if crop == "wheat":
        winter = np.cos((day - 20.0) / 365.25 * 2.0 * np.pi) > 0.6
        green = np.maximum(green, np.where(winter, 0.22, 0.0))
    if crop == "alfalfa":
        since = np.mod(day - rise - 60.0, _CUT_DAYS)
        cut = (day > rise + 60.0) & (day < fall)
        green = np.where(cut, low + (green - low) * (1.0 - np.exp(-since / 9.0)), green)
    return np.asarray(green, np.float64)


def looks_green(crop: npt.NDArray[np.str_], base: Singles, at: np.datetime64, *, lat_deg: float) -> Singles:
    """The share of vegetation of all looks at a date: fields by their growth, each look sown some days early or late.

    South of the equator the year is shifted by half; woods and meadows keep a tenth of a season.
    """
    day = float((at.astype("datetime64[D]") - at.astype("datetime64[Y]")).astype(int)) + 1.0
    if lat_deg < 0.0:
        day = (day + 182.6) % 365.25
    season = 0.5 - 0.5 * np.cos((day - 20.0) / 365.25 * 2.0 * np.pi)
    green = (base * (0.78 + 0.22 * season)).astype(np.float32)
    for look in range(FIRST_FIELD, FIRST_EDIT):
        if str(crop[look]) in CROPS:
            early = 12.0 * np.sin(look * 2.399963)  # the golden angle: neighbours in the table differ
            dense = 1.0 - 0.10 * (0.5 + 0.5 * np.sin(look * 5.1))
            green[look] = dense * float(crop_green(str(crop[look]), (day + early) % 365.25))
    return np.asarray(green, np.float32)
