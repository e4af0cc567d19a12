"""Which earlier picture is most like a later one in angle and light? For two side by side that a person can trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["SAME_VIEW_DEG", "PictureLook", "apart_deg", "best_before", "view_apart_deg"]

_DAYS_PER_DEG = 20.0
"""a picture that is so many days older counts as one that is seen a degree further off"""
_UNKNOWN_DEG = 8.0
"""what an angle that an item does not state counts for"""

SAME_VIEW_DEG = 5.0
"""directions of view no further apart show what stands alike"""


@dataclass(frozen=True)
class PictureLook:
    """How a picture was taken; an angle that nobody states is not a number."""

    scene: str
    at: np.datetime64
    sensor: str
    """``optical`` or ``radar``"""
    incidence_deg: float = np.nan
    azimuth_deg: float = np.nan
    """from which the satellite looked"""
    sun_elevation_deg: float = np.nan
    sun_azimuth_deg: float = np.nan


def apart_deg(one: PictureLook, other: PictureLook) -> tuple[float, float]:
    """Angles between the two directions of view, and between the two directions to the Sun; unknown ones count 8."""
    view = _between(one.incidence_deg, one.azimuth_deg, other.incidence_deg, other.azimuth_deg)
    if np.isnan(view):
        both = abs(one.incidence_deg - other.incidence_deg)
        view = float(both) if np.isfinite(both) else _UNKNOWN_DEG
    sun = _between(
        90.0 - one.sun_elevation_deg, one.sun_azimuth_deg, 90.0 - other.sun_elevation_deg, other.sun_azimuth_deg
    )
    return view, _UNKNOWN_DEG if np.isnan(sun) else sun


def view_apart_deg(one: PictureLook, other: PictureLook) -> float | None:
    """Angle between the two directions of view, as far as both say from where they looked; ``None`` where not."""
    known = np.isfinite([one.incidence_deg, other.incidence_deg]).all()
    return apart_deg(one, other)[0] if known else None


def _between(tilt_deg: float, azimuth_deg: float, other_tilt_deg: float, other_azimuth_deg: float) -> float:
    a, b, turn = np.radians([tilt_deg, other_tilt_deg, azimuth_deg - other_azimuth_deg])
    cosine = np.cos(a) * np.cos(b) + np.sin(a) * np.sin(b) * np.cos(turn)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def best_before(after: PictureLook, candidates: Sequence[PictureLook]) -> PictureLook | None:
    """The earlier picture of the same kind that is most alike: degrees of view and Sun apart, and its age, summed."""

    def cost(one: PictureLook) -> float:
        view, sun = apart_deg(after, one)
        age_days = float((after.at - one.at) / np.timedelta64(1, "s")) / 86400.0
        return view + (0.0 if after.sensor == "radar" else sun) + age_days / _DAYS_PER_DEG

    earlier = [one for one in candidates if one.sensor == after.sensor and one.at < after.at]
    return min(earlier, key=cost, default=None)
