"""How wrong is a position from an element set of a given age?

The numbers come from the dense 2026 element histories of 34 Earth-observation satellites (500 to 1,340 km, about 200
sets each): every set was carried to the epochs of later ones and compared with them (``tle_error_growth.csv`` of the
reference data). Each satellite's median and 90th percentile, read as a lognormal, give the pooled 90th percentile
below. Lower orbits, and satellites that manoeuvre, do worse.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.model import Elements
from swath.time import elapsed_s, format_utc

__all__ = ["MAX_AGE_DAYS", "WARN_AGE_DAYS", "age_days", "along_track_sigma_s", "check_age", "position_error_90_m"]

Floats = npt.NDArray[np.float64]

MAX_AGE_DAYS = 30.0
"""beyond this SGP4 says nothing useful about a low orbit"""
WARN_AGE_DAYS = 3.0

_AGE_DAYS = np.array([1.0, 3.0, 7.0, 14.0])
_ALONG_90_S = np.array([0.13, 0.75, 4.5, 19.0])
_CROSS_90_M = np.array([60.0, 155.0, 370.0, 810.0])
_SIGMAS_90 = 1.6449
_SPEED_M_S = 7500.0


def age_days(elements: Elements, at: npt.ArrayLike) -> Floats:
    """Days from the epoch to the times; negative before the epoch."""
    return np.asarray(elapsed_s(elements.epoch, at) / 86400.0, np.float64)


def along_track_sigma_s(age_days: npt.ArrayLike) -> Floats:
    """How early or late may the satellite be, one sigma? The 90 % half-width is 1.645 times this.

    Younger than a day counts as a day; the sign of the age does not matter; older than 14 days goes on with the power
    law from 7 to 14 days, which nothing here has tested.
    """
    return _grown(age_days, _ALONG_90_S) / _SIGMAS_90


def position_error_90_m(age_days: npt.ArrayLike) -> Floats:
    """Within how many metres is the true position, 9 times in 10? Along track at 7.5 km/s, and across it."""
    return np.hypot(_grown(age_days, _ALONG_90_S) * _SPEED_M_S, _grown(age_days, _CROSS_90_M))


def check_age(elements: Elements, start: np.datetime64, stop: np.datetime64) -> list[str]:
    """Are the elements fit for ``start`` to ``stop``? Warnings that state the expected error; none below 3 days.

    Raises :class:`DataError` where the span reaches more than 30 days from the epoch.
    """
    ages = age_days(elements, np.array([start, stop], "datetime64[ns]"))
    worst = float(ages[np.argmax(np.abs(ages))])
    if abs(worst) > MAX_AGE_DAYS:
        raise DataError(
            f"elements of {elements.name} are from {format_utc(elements.epoch)}, {abs(worst):.1f} days "
            f"{'before' if worst > 0 else 'after'} the time asked for; they are good for {MAX_AGE_DAYS:.0f}",
            where=elements.source,
            fix="Use a set from nearer to that time",
        )
    if abs(worst) <= WARN_AGE_DAYS:
        return []
    age = f"{worst:.1f} days old" if worst > 0 else f"from {-worst:.1f} days later"
    late_s, wrong_km = (
        np.format_float_positional(value, precision=2, fractional=False, trim="-")
        for value in (float(along_track_sigma_s(worst)) * _SIGMAS_90, float(position_error_90_m(worst)) / 1e3)
    )
    return [f"elements of {elements.name} are {age}: expect {late_s} s (90 %) along track, {wrong_km} km"]


def _grown(age_days: npt.ArrayLike, error_at_age: Floats) -> Floats:
    """Power laws between the measured ages."""
    age = np.log(np.maximum(np.abs(np.asarray(age_days, np.float64)), _AGE_DAYS[0]))
    knots, errors = np.log(_AGE_DAYS), np.log(error_at_age)
    beyond = np.maximum(age - knots[-1], 0.0) * (errors[-1] - errors[-2]) / (knots[-1] - knots[-2])
    return np.asarray(np.exp(np.interp(age, knots, errors) + beyond), np.float64)
