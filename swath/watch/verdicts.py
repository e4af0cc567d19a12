"""How good are a place's alerts, and how strict must its thresholds be to keep what was promised?

A person confirms or dismisses. Dismissed alerts over the area and time watched say how many false alarms the place
really gives. Where that is more than was asked, detectors are asked for fewer: the rate they are given falls by the
factor by which the place exceeds it. They are never asked for more than the user wants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swath.errors import InputError
from swath.model import Estimate
from swath.watch.records import Verdict

__all__ = ["Exposure", "asked_rate", "false_rate", "precision"]

_PRIOR_ALARMS = 2.0
"""the detector's own calibration is worth as much as so many false alarms seen at the rate it promises"""
_LEAST_SHARE = 0.01
_LEVEL = 1.6448536269514722
"""nine in ten of a normal distribution lie within so many standard deviations"""


@dataclass(frozen=True)
class Exposure:
    """How much was watched: area and time, counting looks that could tell."""

    area_km2: float
    time_days: float

    @property
    def units(self) -> float:
        """Thousands of km2 times years."""
        return self.area_km2 / 1000.0 * self.time_days / 365.25


def precision(verdicts: Sequence[Verdict]) -> Estimate:
    """Which share of a place's alerts was right? Of those judged, with Wilson's interval (1927), 90 %."""
    judged = len(verdicts)
    right = sum(one.word == "confirmed" for one in verdicts)
    if not judged:
        return Estimate(0.0, "1", because="nobody has judged an alert of this place yet")
    share, z2 = right / judged, _LEVEL**2
    middle = (share + z2 / (2 * judged)) / (1 + z2 / judged)
    half = _LEVEL * np.sqrt(share * (1 - share) / judged + z2 / (4 * judged**2)) / (1 + z2 / judged)
    return Estimate(share, "1", max(float(middle - half), 0.0), min(float(middle + half), 1.0))


def false_rate(verdicts: Sequence[Verdict], exposure: Exposure, promised_per_unit: float) -> float:
    """False alarms per 1,000 km2 and year that the place seems to give.

    The mean of a gamma distribution whose prior is that the detector keeps its promise, worth two false alarms, after
    the dismissed ones (Gelman et al., Bayesian Data Analysis, 2.6).
    """
    if not promised_per_unit > 0.0 or exposure.units < 0.0:
        raise InputError("a promised rate and an exposure are above 0", fix="Give both")
    dismissed = sum(one.word == "dismissed" for one in verdicts)
    return float((_PRIOR_ALARMS + dismissed) / (_PRIOR_ALARMS / promised_per_unit + exposure.units))


def asked_rate(verdicts: Sequence[Verdict], exposure: Exposure, promised_per_unit: float) -> float:
    """The rate to give to the detectors so that the place keeps what was promised; never above it, never below 1 %."""
    found = false_rate(verdicts, exposure, promised_per_unit)
    share = np.clip(promised_per_unit / found, _LEAST_SHARE, 1.0)
    return float(promised_per_unit * share)
