"""How far is any place on Earth from the nearest satellite of a constellation, at worst?"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["largest_hole_deg", "walker_radius_deg"]

Floats = npt.NDArray[np.float64]

_MOST = 72


def largest_hole_deg(direction: Floats) -> float:
    """The radius of the largest circle on a sphere that holds none of the unit vectors ``(n, 3)`` inside. Degrees.

    It goes through three of them: all threes are tried, exact to rounding. Raises :class:`InputError` for fewer than
    four or more than 72 of them.
    """
    if not 4 <= len(direction) <= _MOST:
        raise InputError(f"{len(direction)} satellites", where="walker", fix=f"Give 4 to {_MOST}")
    a, b, c = (direction[list(numbers)] for numbers in np.array(list(combinations(range(len(direction)), 3))).T)
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=-1)
    good = length > 1e-12
    centre = normal[good] / length[good, None]
    centre = np.concatenate([centre, -centre])
    near = np.sum(centre * np.concatenate([a[good], a[good]]), -1)
    empty = (centre @ direction.T).max(-1) <= near + 1e-9
    return float(np.degrees(np.arccos(np.clip(near[empty].min(), -1.0, 1.0))))


def walker_radius_deg(total: int, planes: int, phasing: int, inclination_deg: float, *, moments: int = 60) -> float:
    """How far, seen from the Earth's centre, can a place be from the nearest satellite of a delta pattern, ever?

    A cone of that reach sees every place all the time. Over ``moments`` of the time after which the pattern repeats.
    5/5/1 at 43.66 deg: 69.15; 12/3/1 at 50.73: 47.90 (tests/authorities/test_design_orbits.py).
    """
    if not (total > 0 and planes > 0 and total % planes == 0):
        raise InputError(f"{total} satellites in {planes} planes", where="walker", fix="Planes divide the satellites")
    plane, place = np.divmod(np.arange(total), total // planes)
    node = 2.0 * np.pi * plane / planes
    first = 2.0 * np.pi * (place * planes / total + phasing * plane / total)
    tilt = np.radians(inclination_deg)
    worst = 0.0
    for moment in range(moments):
        along = first + 2.0 * np.pi / total * moment / moments
        x, y, z = np.cos(along), np.sin(along) * np.cos(tilt), np.sin(along) * np.sin(tilt)
        east, north = x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node)
        worst = max(worst, largest_hole_deg(np.stack([east, north, z], -1)))
    return worst
