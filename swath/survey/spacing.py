"""How far may two lines be apart, and two photos of a line, so that each photo overlaps its neighbour enough?

On level ground footprint x (1 - overlap). On a slope the photo that hangs above the lower neighbour sees less of what
that one sees: the ground rises towards the camera. So cross sections of the terrain are looked at, both ways.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import Infeasible
from swath.survey.ground import Terrain
from swath.survey.overlap_kernels import pair_overlaps

__all__ = ["Overlap", "offsets_of_lines", "permitted_m"]

Floats = npt.NDArray[np.float64]

_RAYS, _SECTIONS = 120, 24
_LEAST_SHARE = 0.15
"""of the spacing on level ground: below it the ground is too steep for a drone at this height"""


@dataclass(frozen=True)
class Overlap:
    """What is asked of two neighbouring photos: shares of a photo, 0 to below 1."""

    front_share: float
    side_share: float


def permitted_m(
    terrain: Terrain, origin_m: Floats, along: Floats, *, height_m: float, tangent: float, overlap_share: float
) -> float:
    """Largest distance from the photos at ``origin_m`` ``(n, 2)`` to neighbours in the direction ``along`` ``(2,)``.

    Both fly ``height_m`` above the ground under them; ``tangent`` is of half the angle of view in that direction.
    :class:`Infeasible` where the ground is so steep that the distance is below 15 % of that on level ground.
    """
    level_m = 2.0 * height_m * tangent * (1.0 - overlap_share)
    if terrain.is_level():
        return level_m
    chosen = origin_m[np.unique(np.linspace(0, len(origin_m) - 1, min(len(origin_m), _SECTIONS)).astype(int))]
    reach = 2.0 * height_m * max(tangent, 0.3) + level_m
    step = max(min(terrain.step_m, reach / 20.0), reach / 200.0)
    across = np.arange(-reach, reach + step, step)
    profiles = terrain.at(chosen[:, None, :] + across[None, :, None] * along)

    def enough(distance: float) -> bool:
        return bool(pair_overlaps(profiles, step, -reach, height_m, tangent, distance, _RAYS, overlap_share))

    low, high = _LEAST_SHARE * level_m, level_m
    if not enough(low):
        raise Infeasible(
            f"the ground is too steep for {overlap_share:.0%} overlap at {height_m:.0f} m",
            fix="Fly higher (a larger --gsd), ask for less overlap, or cut the steep part out",
        )
    for _ in range(10):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low


def offsets_of_lines(low_m: float, high_m: float, permitted: Callable[[float], float]) -> Floats:
    """Where lines go across a strip from ``low_m`` to ``high_m``: as few as ``permitted(offset)`` metres apart allow.

    The outer ones lie half a spacing inside, so level ground takes ceil(width / spacing) lines, evenly spaced.
    """
    spacing = permitted(low_m)
    found = [low_m + 0.5 * spacing]
    while True:
        spacing = permitted(min(found[-1], high_m))
        if found[-1] + 0.5 * spacing >= high_m - 1e-6:
            break
        found.append(found[-1] + spacing)
        if len(found) > 2000:
            raise Infeasible("more than 2,000 lines", fix="Fly higher (a larger --gsd) or cut the area")
    covered = found[-1] + 0.5 * spacing - low_m
    squeeze = (high_m - low_m) / covered if math.isfinite(covered) else 1.0
    return low_m + (np.array(found) - low_m) * squeeze
