"""Cuts coastlines to what a map shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["land_within"]

Floats = npt.NDArray[np.float64]


def land_within(
    rings: Sequence[Floats],
    west_deg: float,
    south_deg: float,
    east_deg: float,
    north_deg: float,
    *,
    tolerance_deg: float,
) -> list[Floats]:
    """Rings ``(n, 2)`` (longitude, latitude) inside a box, simplified; islands below the tolerance are left out."""
    found = []
    for ring in rings:
        low, high = ring.min(axis=0), ring.max(axis=0)
        outside = low[0] > east_deg or high[0] < west_deg or low[1] > north_deg or high[1] < south_deg
        if outside or max(high - low) < 2.0 * tolerance_deg:
            continue
        polygon = shapely.simplify(shapely.make_valid(shapely.polygons(ring)), tolerance_deg)
        for part in shapely.get_parts(shapely.clip_by_rect(polygon, west_deg, south_deg, east_deg, north_deg)):
            if shapely.get_type_id(part) == 3 and not shapely.is_empty(part):
                found += [shapely.get_coordinates(r) for r in (part.exterior, *part.interiors)]
    return found
