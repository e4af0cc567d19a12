"""Lines along a river, a road, a dike: as many beside one another as a strip of that width takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import Infeasible, InputError
from swath.survey.lines import Leg, Permitted
from swath.survey.spacing import offsets_of_lines

__all__ = ["corridor_legs"]

Floats = npt.NDArray[np.float64]
_STATION_M = 20.0


def corridor_legs(middle: Any, width_m: float, permitted: Permitted, start: tuple[float, float]) -> tuple[Leg, ...]:
    """Legs to and fro along a LineString in metres, from the end nearer to ``start``.

    :class:`InputError` for a line without length or width; :class:`Infeasible` where the line bends so sharply that
    the strip beside it falls into pieces.
    """
    if not isinstance(middle, shapely.LineString) or middle.length < 1.0 or not 0.0 < width_m <= 5000.0:
        raise InputError(
            "a corridor is a line and a width of up to 5 km", fix="Give a LineString and --corridor METRES"
        )
    points = shapely.get_coordinates(middle.segmentize(_STATION_M))
    ahead = np.diff(points, axis=0)
    ahead = np.concatenate([ahead, ahead[-1:]]) / np.hypot(*np.concatenate([ahead, ahead[-1:]]).T)[:, None]
    left = np.stack([-ahead[:, 1], ahead[:, 0]], 1)

    def spacing(offset: float) -> float:
        """The least over the directions that the corridor takes."""
        beside = points + left * offset
        return min(permitted(beside[i : i + 8], left[i]) for i in range(0, len(points), 8))

    found = [_beside(middle, float(y)) for y in offsets_of_lines(-width_m / 2.0, width_m / 2.0, spacing)]
    backwards = np.hypot(*(found[0][0] - start)) > np.hypot(*(found[0][-1] - start))
    legs: list[Leg] = []
    for i, xy in enumerate(found):
        flown = xy[::-1] if backwards != (i % 2 == 1) else xy
        if legs:
            legs.append(Leg(np.stack([legs[-1].xy_m[-1], flown[0]]), -1))
        legs.append(Leg(flown, i))
    return tuple(legs)


def _beside(middle: Any, offset_m: float) -> Floats:
    """The line that far to the left (negative: right) of the middle, in the middle's direction."""
    if abs(offset_m) < 1e-6:
        return np.asarray(shapely.get_coordinates(middle))
    line = shapely.offset_curve(middle, offset_m, join_style="mitre", mitre_limit=3.0)
    if not isinstance(line, shapely.LineString) or line.is_empty:
        raise Infeasible("the line bends too sharply for a strip of that width", fix="Smooth it, or map it as an area")
    xy = shapely.get_coordinates(line)
    ends = shapely.get_coordinates(middle)[[0, -1]]
    return np.asarray(xy if np.hypot(*(xy[0] - ends[0])) <= np.hypot(*(xy[-1] - ends[0])) else xy[::-1])
