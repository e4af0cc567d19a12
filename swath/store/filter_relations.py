"""Which outlines and times stand in a relation of CQL2 to a shape or an interval?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from sqlalchemy import Boolean as Truth
from sqlalchemy import ColumnElement, and_, cast, func, literal_column, or_, true

from swath.errors import InputError
from swath.store.schema import FEATURE

__all__ = ["SPATIAL", "between_moments", "meets"]

Clause = ColumnElement[Any]
_GEOM: Clause = literal_column("feature.geom")
_POSTGIS = {
    "intersects": "ST_Intersects",
    "within": "ST_Within",
    "contains": "ST_Contains",
    "disjoint": "ST_Disjoint",
    "touches": "ST_Touches",
    "crosses": "ST_Crosses",
    "overlaps": "ST_Overlaps",
    "equals": "ST_Equals",
}
SPATIAL = tuple(_POSTGIS)
"""the relations of an outline to a shape"""


def meets(relation: str, shape: shapely.Geometry, dialect: str) -> Clause:
    """A feature's outline in a relation (``intersects``, ``within`` ...) to a shape."""
    wkb = shapely.to_wkb(shape)
    if dialect == "postgresql":
        other = func.ST_SetSRID(func.ST_GeomFromWKB(wkb), 4326)
        found: Clause = getattr(func, _POSTGIS[relation])(_GEOM, other)
        return found
    return cast(func.swath_meets(relation, FEATURE.c.shape, wkb), Truth) == true()


def between_moments(relation: str, start: Clause, stop: Clause, first: int, last: int) -> Clause:
    """What lasts from ``start`` to ``stop`` in a relation (``after``, ``during`` ...) to an interval."""
    relations: Mapping[str, Clause] = {
        "after": start > last,
        "before": stop < first,
        "during": and_(start > first, stop < last),
        "contains": and_(start < first, stop > last),
        "equals": and_(start == first, stop == last),
        "disjoint": or_(start > last, stop < first),
        "intersects": and_(start <= last, stop >= first),
        "meets": stop == first,
        "metby": start == last,
        "overlaps": and_(start < first, stop > first, stop < last),
        "overlappedby": and_(start > first, start < last, stop > last),
        "starts": and_(start == first, stop < last),
        "startedby": and_(start == first, stop > last),
        "finishes": and_(start > first, stop == last),
        "finishedby": and_(start < first, stop == last),
    }
    if relation not in relations:
        raise InputError(f"operator t_{relation[:20]}", where="filter", fix="See OGC 21-065 for CQL2")
    return relations[relation]
