"""What does a STAPI payload ask for? A datetime, a geometry, a CQL2 filter and parameters, as a request to the planner.

A plan can hold limits, so an order's filter may be comparisons joined by AND: of ``view:off_nadir`` (at most),
``view:sun_elevation`` (at least), ``gsd`` (at most), ``swath:p_clear`` (at least) and ``platform`` (one, or some).
Opportunities may be searched with any CQL2 filter over these properties.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import cql2
import numpy as np
import shapely
from pydantic import AwareDatetime, Field, ValidationError
from stapi_pydantic import OrderParameters

from swath.errors import InputError
from swath.model import Place, Request
from swath.operate.asked_order import limits_of
from swath.operate.asking import checked_span
from swath.operate.offers import Offer
from swath.serve.questions import interval_of
from swath.store.features import checked_geometry
from swath.store.filters import parse_filter
from swath.store.mission import Mission
from swath.store.moments import FIRST_US, LAST_US, moment, moment_text
from swath.time import to_datetime64

__all__ = ["Parameters", "Wanted", "fits", "wanted_of"]

_LARGEST_M = 60_000.0
_M_PER_DEG = 111_320.0


class Parameters(OrderParameters):
    """What an order says besides where, when and how."""

    value: float = Field(1.0, gt=0, le=1e6, description="What a perfect picture is worth, beside other orders")
    urgent: bool = Field(False, description="Plan at once")
    priority: int = Field(3, ge=1, le=4, description="Class: 1 counts most")
    deadline: AwareDatetime | None = Field(None, description="The data is on the ground by then")
    extent_m: float = Field(
        2000.0, ge=100, le=_LARGEST_M, description="Side of the square to be pictured round a point"
    )


@dataclass(frozen=True)
class Wanted:
    """A payload, understood."""

    request: Request
    start: np.datetime64
    stop: np.datetime64
    datetime: str
    """as it is told: both ends"""
    geometry: Mapping[str, Any]
    filter: Mapping[str, Any] | None
    parameters: Mapping[str, Any]

    @property
    def search_parameters(self) -> dict[str, Any]:
        """STAPI's."""
        told = {"datetime": self.datetime, "geometry": dict(self.geometry)}
        return told if self.filter is None else {**told, "filter": dict(self.filter)}


def wanted_of(
    body: Any, offer: Offer, mission: Mission, *, id: str, now: np.datetime64, owner: str, exact: bool
) -> Wanted:
    """A payload as a request of an offer. ``exact``: its filter must be one a plan can hold. :class:`InputError`."""
    if not isinstance(body, Mapping):
        raise InputError("the body is no object", where="body", fix="Give datetime, geometry, filter")
    asked_start, asked_stop = _asked_span(body.get("datetime"), mission)
    start, stop = checked_span(mission, asked_start, asked_stop)
    filter = parse_filter(body["filter"], "cql2-json") if body.get("filter") not in (None, {}) else None
    limits, whole = limits_of(filter)
    if exact and not whole:
        raise InputError(
            "no plan can hold this filter",
            where="filter",
            fix="Join by AND: view:off_nadir <=, view:sun_elevation >=, gsd <=, swath:p_clear >=, platform =",
        )
    given = _parameters(body.get("order_parameters"), exact)
    place = _place(id, body.get("geometry"))
    deadline = min(stop, to_datetime64(given.deadline)) if given.deadline else stop
    request = Request(
        id=id,
        place=place,
        kind=offer.id,
        value=given.value,
        ordered=min(now, start),
        start=start,
        stop=stop,
        deadline=max(deadline, start),
        min_sun_elevation_deg=10.0,
        max_off_nadir_deg=30.0,
        extent_m=given.extent_m,
        urgent=given.urgent or offer.urgent,
        owner=owner,
        priority=given.priority,
    )
    told = f"{moment_text(moment(asked_start))}/{moment_text(moment(asked_stop))}"
    known = {**given.model_dump(mode="json", exclude_none=True), "urgent": request.urgent}
    return Wanted(_limited(request, limits, mission), start, stop, told, dict(body["geometry"]), filter, known)


def _asked_span(value: Any, mission: Mission) -> tuple[np.datetime64, np.datetime64]:
    """Both ends of a datetime; an open one is the mission's."""
    if not isinstance(value, str):
        raise InputError("datetime is missing", where="datetime", fix="Write START/STOP; one may be ..")
    span = interval_of(value)
    assert span is not None
    start = mission.start if span[0] == FIRST_US else _at(span[0])
    return start, mission.stop if span[1] == LAST_US else _at(span[1])


def _at(us: int) -> np.datetime64:
    if not -9_000_000_000_000_000 < us < 9_000_000_000_000_000:
        raise InputError("the time is out of range", where="datetime", fix="Give a year near ours")
    at: np.datetime64 = np.datetime64(us, "us").astype("datetime64[ns]")
    return at


def _parameters(value: Any, exact: bool) -> Parameters:
    if value is None and not exact:
        return Parameters.model_validate({})
    try:
        return Parameters.model_validate({} if value is None else value)
    except (ValidationError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": "too deep"}
        where = ".".join(["order_parameters", *(str(part) for part in first["loc"])])
        raise InputError(str(first["msg"])[:200], where=where, fix="See the offer's order-parameters") from error


def _place(id: str, geometry: Any) -> Place:
    """A point, or an area of up to 60 km across, as the planner knows places."""
    shape = checked_geometry(geometry, where="geometry")
    if isinstance(shape, shapely.Point):
        return Place.point(id, lon_deg=shape.x, lat_deg=shape.y)
    if isinstance(shape, shapely.MultiPolygon) and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if not isinstance(shape, shapely.Polygon) or shape.interiors:
        raise InputError(
            f"{shape.geom_type} with what it holds", where="geometry", fix="Give a Point, or a Polygon without holes"
        )
    if not shape.is_valid or len(shape.exterior.coords) > 500:
        raise InputError("its ring crosses itself, or is too long", where="geometry", fix="Simplify it")
    west, south, east, north = shape.bounds
    middle = math.radians((south + north) / 2.0)
    if max((north - south) * _M_PER_DEG, (east - west) * _M_PER_DEG * math.cos(middle)) > _LARGEST_M:
        raise InputError("the area is more than 60 km across", where="geometry", fix="Divide it into several orders")
    if shape.area == 0.0:
        raise InputError("the area has no extent", where="geometry", fix="Give a Point instead")
    ring = tuple((float(x), float(y)) for x, y in shape.exterior.coords[:-1])
    return Place(id, (west + east) / 2.0, (south + north) / 2.0, ring=ring)


_RANGES = {
    "max_off_nadir_deg": (0.1, 60.0),
    "max_gsd_m": (0.01, 1e4),
    "min_sun_elevation_deg": (-90.0, 90.0),
    "min_p_clear": (0.0, 1.0),
}


def _limited(request: Request, limits: Mapping[str, Any], mission: Mission) -> Request:
    for name, (low, high) in _RANGES.items():
        if name in limits and not low <= limits[name] <= high:
            raise InputError(f"{name} {limits[name]:g}", where="filter", fix=f"Give {low:g} to {high:g}")
    known = {satellite.id for satellite in mission.satellites}
    if strange := sorted(set(limits.get("satellites", ())) - known):
        raise InputError(
            f"there is no satellite {strange[0][:40]!r}", where="filter", fix=f"There are {', '.join(sorted(known))}"
        )
    return replace(request, **limits)


def fits(filter: Mapping[str, Any] | None, properties: Mapping[str, Any]) -> bool:
    """Does an opportunity fit a filter? What the filter cannot be asked of, does not."""
    if filter is None:
        return True
    try:
        return bool(cql2.Expr(dict(filter)).matches({"properties": dict(properties), **properties}))
    except Exception:  # the evaluator is another language's, and raises for a property that is not there
        return False
