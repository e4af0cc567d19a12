"""Is a change that a satellite showed there in a sharper picture, and as large? Numbers, not a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.model import Estimate

__all__ = ["Held", "hold_against"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_FEWEST = 50
_SEPARABLE_SHARE = 0.7
"""less is hardly more than chance: then an area means nothing"""
_RIM_SHARE = 0.5
"""of a satellite's pixel: so much of the outline's rim may be either"""


@dataclass(frozen=True)
class Held:
    """An outline held against a sharper picture."""

    alert: str
    scene: str
    separable_share: float
    """chance that a pixel inside looks less like the ground around than one outside does: 0.5 is none"""
    area_m2: Estimate
    """of what looks like the inside, in and about the outline"""
    stated_m2: Estimate
    """as the alert says"""
    overlap_share: float
    """of what looks changed and the outline together, that both share"""
    pixel_m: float
    because: str = ""

    @property
    def agrees(self) -> bool:
        """Does the outline tell inside from outside, and do the two intervals of the area meet?"""
        a, b = self.area_m2, self.stated_m2
        if a.low is None or a.high is None or b.low is None or b.high is None:
            return False
        return self.separable_share >= _SEPARABLE_SHARE and a.low <= b.high and b.low <= a.high

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "alert": self.alert, "scene": self.scene, "separable_share": self.separable_share,
            "area_m2": self.area_m2.to_json(), "stated_m2": self.stated_m2.to_json(),
            "overlap_share": self.overlap_share, "pixel_m": self.pixel_m, "agrees": self.agrees,
            "because": self.because,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """In words."""
        a, b = self.area_m2, self.stated_m2
        return [
            f"{self.alert} against {self.scene} at {self.pixel_m:.2g} m",
            f"inside tells from outside: {self.separable_share:.0%} of pairs (50 % would be chance)",
            f"area there {a.value:,.0f} m2 ({a.low or 0:,.0f} to {a.high or 0:,.0f})",
            f"the alert said {b.value:,.0f} m2 ({b.low or 0:,.0f} to {b.high or 0:,.0f})",
            f"overlap {self.overlap_share:.0%}: {'they agree' if self.agrees else 'they differ'}",
        ]  # fmt: skip


def hold_against(
    values: Floats,
    inside: Mask,
    near: Mask,
    *,
    alert: str,
    scene: str,
    stated_m2: Estimate,
    pixel_m: float,
    rim_m: float,
) -> Held:
    """Hold an outline against a picture ``(band, row, column)`` of pixels ``pixel_m``, NaN where it shows nothing.

    ``inside`` is the outline, ``near`` the ground about it. Fisher's direction between the two tells how each pixel
    looks; half-way between their medians divides. The interval of the area is what half a rim of ``rim_m`` (the
    satellite's pixel) adds or takes. :class:`DataError` where the picture shows less than 50 pixels of either.
    """
    known = np.isfinite(values).all(0)
    a, b = values[:, inside & known].T, values[:, near & ~inside & known].T
    if len(a) < _FEWEST or len(b) < _FEWEST:
        raise DataError(
            f"the picture shows {len(a)} pixels of the change and {len(b)} about it",
            where=scene,
            fix="Fly a larger area",
        )
    spread = np.atleast_2d(np.cov(a.T)) + np.atleast_2d(np.cov(b.T))
    way = np.linalg.lstsq(spread + 1e-9 * np.trace(spread) * np.eye(len(spread)), a.mean(0) - b.mean(0), rcond=None)[0]
    score = np.tensordot(way, np.where(known, values, 0.0), axes=1)
    one, other = np.sort(score[inside & known]), np.sort(score[near & ~inside & known])
    share = float(np.mean(np.searchsorted(other, one, side="left") + np.searchsorted(other, one, side="right")) / 2.0)
    share /= len(other)
    bound = (np.median(one) + np.median(other)) / 2.0
    like = known & (near | inside) & (score > bound)
    rim_pixels = _RIM_SHARE * rim_m / pixel_m * _edge(like)
    area, rim = float(like.sum()) * pixel_m**2, float(rim_pixels) * pixel_m**2
    both, either = int((like & inside).sum()), int((like | (inside & known)).sum())
    estimate = Estimate(area, "m2", max(area - rim, 0.0), area + rim)
    return Held(alert, scene, share, estimate, stated_m2, both / max(either, 1), pixel_m)


def _edge(mask: Mask) -> int:
    """Pixels of a mask that touch one outside it."""
    grown = np.pad(mask, 1)
    full = grown[:-2, 1:-1] & grown[2:, 1:-1] & grown[1:-1, :-2] & grown[1:-1, 2:]
    return int((mask & ~full).sum())
