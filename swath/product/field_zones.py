"""Which parts of a field are alike, year after year? Zones for spreading and sowing, none too small for a machine.

Each clear look is brought to ranks within the field, so that every date counts alike whatever the season; their mean is
what lasts. It is smoothed over a machine's width, cut at equal shares of the area, and parts smaller than the least
zone go to the neighbour they touch most. No chance is in it: the same looks give the same zones, and one look more
changes little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import InputError
from swath.product.zone_kernels import label_parts, merge_small, smooth_inside

__all__ = ["FieldZones", "field_zones", "zone_outlines"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_LEAST_SEEN = 0.8
"""of the field's pixels in a look that counts"""


@dataclass(frozen=True)
class FieldZones:
    """Zones on a window of pixels."""

    zone: npt.NDArray[np.int64]
    """``(row, column)`` 1 for the weakest, 0 outside the field"""
    level: Floats
    """``(row, column)`` mean rank, 0 weakest to 1 strongest, smoothed; NaN outside"""
    looks: int
    """that counted"""
    agreement_share: float
    """of the field's area that is in the same zone or the next one when every second look is left out"""


def field_zones(
    values: Floats, seen: Mask, inside: Mask, *, zones: int = 4, least_px: float = 25.0, smooth_px: float = 1.5
) -> FieldZones:
    """Zones of one field from its looks.

    ``values``, ``seen`` ``(look, row, column)`` of an index, ``inside`` ``(row, column)`` pixels of the field.
    ``zones`` 3 to 5; no part of a zone is smaller than ``least_px`` pixels; ``smooth_px``: sigma of the smoothing,
    half a machine's width. :class:`InputError` where no look shows four fifths of the field, or the field has no room.
    """
    if not 2 <= zones <= 5:
        raise InputError(f"{zones} zones", fix="Give 3 to 5")
    size = int(inside.sum())
    if size < 2 * least_px:
        raise InputError(
            f"{size} pixels and zones of {least_px:.0f}", fix="Give a smaller --least-m2, or finer pictures"
        )
    seen = seen & inside & np.isfinite(values)
    good = np.flatnonzero(seen.sum(axis=(1, 2)) >= _LEAST_SEEN * size)
    if not len(good):
        raise InputError("no look shows four fifths of the field", fix="Give more pictures")
    made = [
        _cut(_lasting(values[part], seen[part], inside, smooth_px), inside, zones, least_px) for part in _halves(good)
    ]
    level = _lasting(values[good], seen[good], inside, smooth_px)
    zone = _cut(level, inside, zones, least_px)
    near = np.abs(made[0] - made[1])[inside] <= 1 if len(good) > 1 else np.zeros(0)
    return FieldZones(zone, level, len(good), float(near.mean()) if len(near) else 0.0)


def _halves(good: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return good[::2], good[1::2] if len(good) > 1 else good


def _lasting(values: Floats, seen: Mask, inside: Mask, smooth_px: float) -> Floats:
    """Mean rank of every pixel over the looks that saw it, smoothed inside the field."""
    total, count = np.zeros(inside.shape), np.zeros(inside.shape)
    for look, there in zip(values, seen, strict=True):
        order = np.argsort(np.argsort(look[there], kind="stable"), kind="stable")
        total[there] += (order + 0.5) / len(order)
        count[there] += 1.0
    mean = np.where(count > 0, total / np.maximum(count, 1.0), 0.5)
    return np.where(inside, smooth_inside(mean, inside, smooth_px), np.nan)


def _cut(level: Floats, inside: Mask, zones: int, least_px: float) -> npt.NDArray[np.int64]:
    cuts = np.quantile(level[inside], np.arange(1, zones) / zones)
    zone = np.where(inside, 1 + np.searchsorted(cuts, np.nan_to_num(level), side="right"), 0).astype(np.int64)
    while True:  # each round leaves a part less
        part, count = label_parts(zone)
        if not merge_small(zone, part, count, least_px):
            return zone


def zone_outlines(
    zone: npt.NDArray[np.int64], field: Any, west_m: float, north_m: float, pixel_m: float
) -> dict[int, Any]:
    """Outlines of the zones in the map's metres, cut to the field's own outline; what no pixel's middle covers goes to
    the zone beside it.
    """
    found: dict[int, Any] = {}
    taken = shapely.Polygon()
    for number in [int(n) for n in np.unique(zone) if n > 0]:
        rows, columns = np.nonzero(zone == number)
        x, y = west_m + columns * pixel_m, north_m - rows * pixel_m
        whole = shapely.unary_union(shapely.box(x, y - pixel_m, x + pixel_m, y))
        found[number] = shapely.intersection(whole, field)
        taken = shapely.union(taken, whole)
    rest = shapely.get_parts(shapely.difference(field, taken))
    for piece in rest:
        if piece.area > 0.0:
            nearest = min(
                found,
                key=lambda n: (
                    shapely.distance(found[n], piece),
                    -shapely.length(shapely.intersection(found[n].boundary, piece.boundary)),
                ),
            )
            found[nearest] = shapely.union(found[nearest], piece)
    return {number: _areal(shape) for number, shape in found.items()}


def _areal(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0.0]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
