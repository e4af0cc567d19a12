"""Where is land? Coastlines for maps on paper, 3 km fine.

``land.npz`` was traced from GLOBE (NOAA, public domain) by ``tests/report/make_land.py``: rings of land and of lakes in
hundredths of a degree, largest first, so that a fill by the even-odd rule is land.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["land_rings"]

Floats = npt.NDArray[np.float64]


@lru_cache(maxsize=1)
def _rings() -> tuple[Floats, ...]:
    with (files("swath.report") / "land.npz").open("rb") as stream, np.load(stream) as stored:
        points, lengths = stored["points"] / 100.0, stored["lengths"]
    return tuple(np.split(points, np.cumsum(lengths)[:-1]))


def land_rings(
    west_deg: float, south_deg: float, east_deg: float, north_deg: float, *, tolerance_deg: float
) -> list[Floats]:
    """Rings ``(n, 2)`` (longitude, latitude) inside a box, simplified, without islands under the tolerance."""
    found = []
    for ring in _rings():
        low, high = ring.min(axis=0), ring.max(axis=0)
        outside = low[0] > east_deg or high[0] < west_deg or low[1] > north_deg or high[1] < south_deg
        if outside or max(high - low) < 2.0 * tolerance_deg:
            continue
        polygon = shapely.simplify(shapely.make_valid(shapely.polygons(ring)), tolerance_deg)
        for part in shapely.get_parts(shapely.clip_by_rect(polygon, west_deg, south_deg, east_deg, north_deg)):
            if shapely.get_type_id(part) == 3 and not shapely.is_empty(part):
                found += [shapely.get_coordinates(r) for r in (part.exterior, *part.interiors)]
    return found
