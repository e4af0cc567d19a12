"""What was ordered and what was on offer, as GeoJSON in the form of STAPI 0.1 (stapi-spec/stapi-spec on GitHub)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from swath.model import Opportunities, Place, Request
from swath.report.facts import reason_words, rows_of_orders
from swath.report.outcome import Outcome
from swath.time import format_utc

__all__ = ["STAPI_VERSION", "opportunities_geojson", "orders_json", "outline", "refused_json"]

STAPI_VERSION = "0.1.0"

Json = dict[str, Any]


def orders_json(outcome: Outcome) -> str:
    """``orders.json``: every order with what became of it, a STAPI order collection."""
    rows = rows_of_orders(outcome)
    return _text(
        {
            "type": "FeatureCollection",
            "features": [_order(outcome, order.request, rows.get(order.request.id, [])) for order in outcome.orders],
            "links": [],
            "numberMatched": len(outcome.orders),
            "swath:notice": outcome.banner,
        }
    )


def opportunities_geojson(outcome: Outcome) -> str:
    """``opportunities.geojson``: one feature per pass in which an order could be pictured, properties as ranges."""
    requests = {request.id: request for request in outcome.requests}
    table = outcome.opportunities.sort_by("request", "satellite", "window", "start")
    keys = np.char.add(
        np.char.add(table.request, "\0"), np.char.add(np.char.add(table.satellite, "\0"), table.window.astype("U"))
    )
    firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(table) else np.empty(0, np.intp)
    lasts = np.append(firsts, len(table))[1:]
    features = [
        _opportunity(table.take(slice(first, last)), requests[str(table.request[first])])
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
    ]
    return _text({"type": "FeatureCollection", "features": features, "links": [], "swath:notice": outcome.banner})


def refused_json(outcome: Outcome) -> str:
    """``refused.json``: every order that is not in the plan, with its reason."""
    kinds = {order.request.id: order.request for order in outcome.orders}
    rows = [
        {
            "request": refusal.request,
            "kind": kinds[refusal.request].kind if refusal.request in kinds else None,
            "reason": refusal.reason,
            "text": reason_words(refusal.reason),
            "because": refusal.because,
        }
        for refusal in sorted(outcome.plan.refused, key=lambda r: r.request)
    ]
    return _text({"simulated": outcome.simulated, "refused": rows})


def outline(request: Request) -> tuple[tuple[float, float], ...]:
    """The open ring of what is to be pictured, counter-clockwise; a point gets its square."""
    place = request.place
    if not place.ring:
        side = max(request.extent_m, 1.0)
        place = Place.box(place.id, lon_deg=place.lon_deg, lat_deg=place.lat_deg, width_m=side, height_m=side)
    lon, lat = np.array(place.ring, np.float64).T
    clockwise = np.sum(lon * np.roll(lat, -1) - np.roll(lon, -1) * lat) < 0
    return place.ring[::-1] if clockwise else place.ring


def _text(value: Json) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _polygon(request: Request) -> Json:
    ring = [[round(lon, 6), round(lat, 6)] for lon, lat in outline(request)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _interval(start: np.datetime64, stop: np.datetime64) -> str:
    return f"{format_utc(start, decimals=3)}/{format_utc(stop, decimals=3)}"


def _order(outcome: Outcome, request: Request, rows: list[int]) -> Json:
    """``rows``: those of ``plan.acquisitions`` that serve the order."""
    geometry = _polygon(request)
    return {
        "id": request.id,
        "type": "Feature",
        "stapi_type": "Order",
        "stapi_version": STAPI_VERSION,
        "geometry": geometry,
        "properties": {
            "product_id": request.kind,
            "created": format_utc(request.ordered, decimals=3),
            "status": _status(outcome, request, rows),
            "search_parameters": {
                "datetime": _interval(request.start, request.stop),
                "geometry": geometry,
                "filter": {
                    "op": "and",
                    "args": [
                        {"op": "<=", "args": [{"property": "view:off_nadir"}, request.max_off_nadir_deg]},
                        {"op": ">=", "args": [{"property": "view:sun_elevation"}, request.min_sun_elevation_deg]},
                    ],
                },
            },
            "opportunity_properties": _taken(outcome, rows),
            "order_parameters": {
                "value": request.value,
                "urgent": request.urgent,
                "deadline": format_utc(request.deadline, decimals=3),
            },
            "swath:simulated": outcome.simulated,
        },
        "links": [],
    }


def _status(outcome: Outcome, request: Request, rows: list[int]) -> Json:
    """STAPI's status codes for what became of an order by the end of the run, by the least of its pictures."""
    refusal = next((r for r in outcome.plan.refused if r.request == request.id), None)
    if refusal is not None and not rows:
        return _state(outcome.plan.made, "rejected", refusal.reason, refusal.because)
    if not rows:
        return _state(request.ordered, "received", None, "neither planned nor refused")
    states = [_picture_state(outcome, row) for row in rows]
    least = min(states, key=lambda state: _STATES.index(state["status_code"]))
    if len(states) > 1:
        down = sum(state["status_code"] == "completed" for state in states)
        if down == len(states):
            least = max(states, key=lambda state: state["timestamp"])
        return least | {"reason_text": f"{down} of {len(states)} pictures received; {least['reason_text']}"}
    return least


_STATES = ("failed", "scheduled", "processing", "completed")


def _picture_state(outcome: Outcome, row: int) -> Json:
    id = outcome.plan.acquisitions.id[row]
    scene = next((s for s in outcome.delivered if s.acquisition == id), None)
    if scene is not None:
        return _state(scene.received, "completed", None, f"scene {scene.id}, received at {scene.station}")
    flown = np.flatnonzero(outcome.flown.acquisition == id)
    if not len(flown):
        return _state(outcome.plan.made, "scheduled", None, f"planned as {id}")
    at = outcome.flown.stop[int(flown[0])]
    if outcome.flown.status[int(flown[0])] == "skipped":
        return _state(at, "failed", "skipped", str(outcome.flown.because[int(flown[0])]))
    return _state(at, "processing", None, "pictured, not yet on the ground")


def _state(at: np.datetime64, code: str, reason: str | None, text: str) -> Json:
    state: Json = {"timestamp": format_utc(at, decimals=3), "status_code": code}
    if reason:
        state["reason_code"] = reason
    return {**state, "reason_text": text, "links": []}


def _taken(outcome: Outcome, rows: list[int]) -> Json:
    """The first picture of an order."""
    if not rows:
        return {}
    acquisitions, row = outcome.plan.acquisitions, rows[0]
    return {
        "datetime": _interval(acquisitions.start[row], acquisitions.stop[row]),
        "platform": str(acquisitions.satellite[row]),
        "view:off_nadir": round(float(acquisitions.off_nadir_deg[row]), 3),
        "view:sun_elevation": round(float(acquisitions.sun_elevation_deg[row]), 3),
        "gsd": round(float(acquisitions.gsd_m[row]), 3),
        "swath:acquisition": str(acquisitions.id[row]),
        "swath:contact": str(acquisitions.contact[row]),
    }


def _opportunity(slots: Opportunities, request: Request) -> Json:
    def span(values: Any, decimals: int) -> Json:
        return {"minimum": round(float(values.min()), decimals), "maximum": round(float(values.max()), decimals)}

    return {
        "id": f"{request.id}/{slots.satellite[0]}/{slots.window[0]}",
        "type": "Feature",
        "geometry": _polygon(request),
        "properties": {
            "datetime": _interval(slots.start.min(), slots.stop.max()),
            "product_id": request.kind,
            "platform": str(slots.satellite[0]),
            "view:off_nadir": span(slots.off_nadir_deg, 3),
            "view:sun_elevation": span(slots.sun_elevation_deg, 3),
            "gsd": span(slots.gsd_m, 3),
            "swath:request": request.id,
            "swath:p_clear": span(slots.p_clear, 4),
            "swath:value": span(slots.value, 4),
            "swath:slots": len(slots),
        },
        "links": [],
    }
