"""May a run of steps be one burn, seen by sets that were each fitted to observations of several days?

A set fitted across a burn follows neither orbit. Where the fit is a least-squares polynomial of the place along the
orbit over the last so many days, a burn within them gives it a part of the new pace, and a place that is off by a part
of what was flown since; both are known once the length of the fit and the moment of the burn are. Two numbers for a
whole run.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["one_burn"]

Floats = npt.NDArray[np.float64]

_FITS_DAYS = np.geomspace(0.3, 8.0, 30)
_MOMENTS = 60
_NEAR = 0.1
"""of the whole change: real burns on three days of their own are off by a quarter, five by two fifths"""
_DEGREES = (1, 2)
"""of the fitted polynomial: a pace, or a pace and a drag"""


def one_burn(days: Floats, risen: Floats, paces: Floats) -> bool:
    """Does one burn explain sets at ``days`` ``(n + 1,)``, the first of which knows nothing of it and the last all?

    ``risen``: the share ``(n,)`` of the change that each set after the first shows; ``paces``: by how much more than
    the set at its beginning says was flown in each interval ``(n,)``, in shares of the change. Simulated histories of
    sets fitted over 3 days: tests/orbit/test_maneuver.py.
    """
    shown = np.concatenate([[0.0], risen])
    for degree in _DEGREES:
        for fit_days in _FITS_DAYS.tolist():
            burnt = np.linspace(days[0] - fit_days, days[-1], _MOMENTS)
            since = days - burnt[:, None]
            part, wrong_days = _as_fitted(since, fit_days, degree)
            flown = np.diff(np.maximum(since, 0.0) + wrong_days, axis=1) / np.diff(days)
            off = np.abs(part - shown).max(axis=1)
            off = np.maximum(off, np.abs(flown - part[:, :-1] - paces).max(axis=1))
            if off.min() < _NEAR:
                return True
    return False


def _as_fitted(since_days: Floats, fit_days: float, degree: int) -> tuple[Floats, Floats]:
    """What share of a burn's change of pace does a set so many days after it show, and how far is its place off?

    The second in days at the new pace.
    """
    known, wrong, slope = _ramp(degree)
    unseen = 1.0 - np.clip(since_days / fit_days, 0.0, 1.0)
    within = (since_days > 0.0) & (since_days < fit_days)
    part = np.where(within, np.interp(unseen, known, slope), np.where(since_days > 0.0, 1.0, 0.0))
    return part, np.where(within, np.interp(unseen, known, wrong) * fit_days, 0.0)


@lru_cache
def _ramp(degree: int) -> tuple[Floats, Floats, Floats]:
    """Of a ramp that begins at a share of the fit's length: error of the value and the slope, fitted, at the end."""
    at = (np.arange(200) + 0.5) / 200.0
    begins = np.linspace(0.0, 1.0, 101)
    powers = np.vander(2.0 * at - 1.0, degree + 1, increasing=True)
    fitted = np.linalg.pinv(powers) @ np.maximum(at[:, None] - begins, 0.0)
    slope = sum(2.0 * k * fitted[k] for k in range(1, degree + 1))
    return begins, fitted.sum(axis=0) - (1.0 - begins), np.asarray(slope, np.float64)
