"""What does an order in the book ask of the planner? STAPI's words become the mission's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from swath.errors import InputError
from swath.plan.orders import Order
from swath.store.mission import Mission
from swath.store.moments import moment_text
from swath.store.orders import order_of_feature
from swath.store.orders_book import Ordered
from swath.time import format_utc, parse_utc

__all__ = ["asked_order", "limits_of"]


def asked_order(ordered: Ordered, mission: Mission) -> Order:
    """The order that the planner works on: the mission's own of that id, or what STAPI's parameters say.

    ``order_parameters`` may hold every key of an order in an orders file (docs/reference/orders-file.md). Raises
    :class:`InputError` for conditions that nobody could keep or a form that has no meaning for the planner.
    """
    for order in mission.orders:
        if order.id == ordered.id:
            return order
    for request in mission.urgent:
        if request.id == ordered.id:
            return Order("point", request)
    where = f"order {ordered.id}"
    parameters = dict(ordered.parameters)
    parameters.setdefault("kind", _kind(ordered.geometry, where))
    parameters.setdefault("value", 1.0)
    if parameters.get("owner", ordered.owner) != ordered.owner:
        raise InputError("owner is who signs in", where=where, fix="Leave owner out")
    start, stop = _window(str(ordered.asked.get("datetime", "")), ordered, mission)
    limits, whole = limits_of(ordered.asked.get("filter"))
    if not whole:
        allowed = ", ".join(sorted({f"{name} {op}" for name, op in _LIMITS if len(op) == 2}))
        raise InputError("no plan can hold its filter", where=where, fix=f"It may ask for {allowed}, platform =")
    known = {owner.id for owner in mission.owners}
    properties = {
        **parameters,
        "id": ordered.id,
        "ordered": min(moment_text(ordered.created_us), format_utc(start)),
        "owner": ordered.owner if ordered.owner in known else "",
        **limits,
    }
    feature = {"type": "Feature", "geometry": ordered.geometry, "properties": properties}
    try:
        return order_of_feature(feature, start, stop)
    except ValueError as error:
        raise InputError(str(error), where=where, fix="See /stapi/products for what may be asked") from error


def _kind(geometry: Mapping[str, Any], where: str) -> str:
    kinds = {"Point": "point", "Polygon": "area", "LineString": "strip", "MultiPoint": "alternatives"}
    form = str(geometry.get("type"))
    if form not in kinds:
        raise InputError(f"geometry {form[:30]}", where=where, fix=f"Give one of {', '.join(kinds)}")
    return kinds[form]


def _window(text: str, ordered: Ordered, mission: Mission) -> tuple[np.datetime64, np.datetime64]:
    """``start/stop``; an open end is now, or one mission's length later."""
    where = f"order {ordered.id}"
    first, slash, last = text.partition("/")
    if not slash:
        raise InputError(f"datetime {text[:60]!r}", where=where, fix="Give an interval: start/stop, with Z")
    begin = parse_utc(first, where=where) if first not in ("", "..") else parse_utc(moment_text(ordered.created_us))
    end = parse_utc(last, where=where) if last not in ("", "..") else begin + (mission.stop - mission.start)
    return begin, end


def limits_of(filter: Mapping[str, Any] | None) -> tuple[dict[str, Any], bool]:
    """The limits that a filter sets, and whether that is all it says."""
    if filter is None:
        return {}, True
    parts = _joined(filter)
    limits: dict[str, Any] = {}
    whole = True
    for part in parts:
        one = _limit(part)
        if one is None:
            whole = False
            continue
        name, value = one
        if name == "max_off_nadir_deg" or name == "max_gsd_m":
            value = min(value, limits.get(name, math.inf))
        elif name != "satellites":
            value = max(value, limits.get(name, -math.inf))
        elif name in limits:
            value = tuple(id for id in value if id in limits[name])
            whole = whole and bool(value)
        limits[name] = value
    return limits, whole


def _joined(filter: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if filter.get("op") == "and" and isinstance(filter.get("args"), list):
        return [part for one in filter["args"] if isinstance(one, Mapping) for part in _joined(one)]
    return [filter]


_LIMITS = {
    ("view:off_nadir", "<="): "max_off_nadir_deg",
    ("view:off_nadir", "<"): "max_off_nadir_deg",
    ("gsd", "<="): "max_gsd_m",
    ("gsd", "<"): "max_gsd_m",
    ("view:sun_elevation", ">="): "min_sun_elevation_deg",
    ("view:sun_elevation", ">"): "min_sun_elevation_deg",
    ("swath:p_clear", ">="): "min_p_clear",
    ("swath:p_clear", ">"): "min_p_clear",
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def _limit(part: Mapping[str, Any]) -> tuple[str, Any] | None:
    op, args = part.get("op"), part.get("args")
    if not isinstance(op, str) or not isinstance(args, list) or len(args) != 2:
        return None
    left, right = args
    if not isinstance(left, Mapping) and isinstance(right, Mapping) and op in _TURNED:
        left, right, op = right, left, _TURNED[op]
    name = left.get("property") if isinstance(left, Mapping) else None
    if name == "platform" and op == "=" and isinstance(right, str):
        return "satellites", (right,)
    if name == "platform" and op == "in" and isinstance(right, list) and all(isinstance(id, str) for id in right):
        return "satellites", tuple(right)
    limit = _LIMITS.get((str(name), op))
    if limit is None or isinstance(right, bool) or not isinstance(right, int | float) or not math.isfinite(right):
        return None
    return limit, float(right)
