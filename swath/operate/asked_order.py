"""What does an order in the book ask of the planner? STAPI's words become the mission's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from swath.errors import InputError
from swath.plan.orders import Order
from swath.store.mission import Mission
from swath.store.moments import moment_text
from swath.store.orders import order_of_feature
from swath.store.orders_book import Ordered
from swath.time import parse_utc

__all__ = ["PROPERTIES", "order_of"]

PROPERTIES: Mapping[tuple[str, str], str] = {
    ("<=", "view:off_nadir"): "max_off_nadir_deg",
    (">=", "view:sun_elevation"): "min_sun_elevation_deg",
    ("<=", "gsd"): "max_gsd_m",
    (">=", "swath:p_clear"): "min_p_clear",
}
"""which conditions of a filter the planner keeps: operator and property, and what an orders file calls it"""
_TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "=": "="}


def order_of(ordered: Ordered, mission: Mission) -> Order:
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
    known = {owner.id for owner in mission.owners}
    properties = {
        **parameters,
        "id": ordered.id,
        "ordered": moment_text(ordered.created_us),
        "owner": ordered.owner if ordered.owner in known else "",
        **dict(_conditions(ordered.asked.get("filter"), where)),
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


def _conditions(filter: Any, where: str) -> Iterator[tuple[str, float]]:
    """The conditions of a CQL2-JSON filter that is a conjunction of comparisons."""
    if filter is None:
        return
    op, args = (filter.get("op"), filter.get("args")) if isinstance(filter, Mapping) else (None, None)
    if not isinstance(args, list) or not isinstance(op, str):
        raise InputError("the filter is no CQL2 JSON", where=where, fix='Give {"op": "<=", "args": [...]}')
    if op == "and":
        for part in args:
            yield from _conditions(part, where)
        return
    if len(args) == 2 and isinstance(args[1], Mapping):
        args, op = [args[1], args[0]], _TURNED.get(op, op)
    name = args[0].get("property") if args and isinstance(args[0], Mapping) else None
    known = PROPERTIES.get((op, str(name)))
    number = args[1] if len(args) == 2 else None
    if known is None or isinstance(number, bool) or not isinstance(number, int | float):
        allowed = ", ".join(f"{name} {op}" for op, name in PROPERTIES)
        raise InputError(f"the filter asks for {name} {op[:20]}", where=where, fix=f"It may ask for {allowed} a number")
    yield known, float(number)
