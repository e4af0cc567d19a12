"""Places under watch: how each stands, its days (changed, no change, not seen), who looks next, and a new one."""

from __future__ import annotations

import functools
import re
from threading import Lock
from typing import Annotated, Any

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from swath.errors import InputError
from swath.operate.watch_book import DatabaseBook
from swath.operate.watching import WATCH_FILE, add_place, standing_of
from swath.report.looks_ahead import looks_ics
from swath.serve.answers import base_of, json_answer, read_json, text_answer
from swath.serve.auth import Planners, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import LINK, answers, array, body, nullable, obj
from swath.serve.service import Service
from swath.serve.stapi_opportunities import mission_now
from swath.serve.watch_next import MOST_DAYS, Ahead
from swath.serve.watching import watch_of
from swath.time import parse_utc
from swath.watch.days import DAY_STATES, days_of
from swath.watch.file import place_text, round_place
from swath.watch.records import LOOK_FOR, USUAL, WatchedPlace, WatchFile, area_km2

__all__ = ["router"]

_PLACE = obj(
    {
        "id": "string", "geometry": "object", "area_km2": "number", "look_for": array("string"),
        "follow_up": "boolean", "deliver": array("string"), "note": "string", "last": nullable("string"),
        "state": {"enum": [*DAY_STATES, None]}, "looks": "integer", "alerts": "integer", "open": "integer",
        "precision": "object", "false_alarms": "number", "rate": "number", "links": array(LINK),
    }
)  # fmt: skip
_DAY = obj({"day": "string", "state": {"enum": list(DAY_STATES)}, "because": "string", "looks": "integer"})
_LOOK = obj(
    {
        "time": "string", "satellite": "string", "kind": "string", "off_nadir_deg": nullable("number"),
        "gsd_m": nullable("number"), "sun_elevation_deg": nullable("number"), "p_clear": nullable("number"),
        "state": {"enum": ["could", "planned", "not planned", "taken"]}, "because": "string",
    }
)  # fmt: skip
_NEXT = obj({"place": "string", "start": "string", "stop": "string", "looks": array(_LOOK), "notes": array("string")})
_NEW = obj(
    {"id": {"type": "string", "maxLength": 64}, "lon_deg": "number", "lat_deg": "number", "radius_m": "number"},
    {"look_for": array({"enum": list(LOOK_FOR)}), "false_alarms": "number", "follow_up": "boolean", "note": "string"},
)
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_MOST_DAYS = 1500
Start = Annotated[str, Query(max_length=40, description="beginning, ISO 8601; without it the mission's now")]
DaysAhead = Annotated[float, Query(gt=0, le=MOST_DAYS)]
_NOTE = 500


def router(service: Service, ahead: Ahead) -> APIRouter:
    """``/watch/places``."""
    routes = APIRouter(prefix="/watch/places", tags=["watch"])
    _standing(routes, service)
    _days(routes, service)
    _next(routes, service, ahead)
    return routes


def _standing(routes: APIRouter, service: Service) -> None:
    writing = Lock()  # the file is read, added to and written: one at a time
    kinds = dict(LOOK_FOR)

    @routes.get(
        "",
        summary="Places under watch, and how each stands",
        responses={**answers(obj({"places": array(_PLACE), "look_for": "object"})), **problems()},
    )
    def many(request: Request, caller: Readers) -> Response:
        watch, base = watch_of(service), base_of(request, service)
        told = [_told(service, watch, one, base) for one in watch.places]
        return json_answer(request, {"places": told, "look_for": kinds})

    @routes.post(
        "",
        status_code=201,
        summary="Put a place under watch: a circle about a point",
        responses={**answers(_PLACE, status=201, description="watched"), **problems(409, 415)},
        openapi_extra=body(_NEW),
    )
    async def add(request: Request, caller: Planners) -> Response:
        given = await read_json(request)
        new = functools.partial(_added, service, given, caller.person, writing)
        watch, place = await anyio.to_thread.run_sync(new)
        told = _told(service, watch, place, base_of(request, service))
        return json_answer(request, told, status=201, headers={"Location": told["links"][0]["href"]})

    @routes.get("/{place}", summary="A place under watch", responses={**answers(_PLACE), **problems(404)})
    def one(request: Request, caller: Readers, place: str) -> Response:
        watch, found = _need(service, place)
        return json_answer(request, _told(service, watch, found, base_of(request, service)))


def _days(routes: APIRouter, service: Service) -> None:
    @routes.get(
        "/{place}/days",
        summary="Day by day: changed, no change, or not seen and why",
        responses={**answers(obj({"place": "string", "simulated": "boolean", "days": array(_DAY)})), **problems(404)},
    )
    def days(
        request: Request,
        caller: Readers,
        place: str,
        first: Annotated[str, Query(max_length=40, description="day, 2026-05-01")] = "",
        last: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        _need(service, place)
        looks = DatabaseBook(service.db).looks(place)
        if not looks:
            return json_answer(request, {"place": place, "simulated": service.simulated, "days": []})
        stop = _day(last, "last") if last else looks[-1].at.astype("datetime64[D]")
        start = _day(first, "first") if first else max(looks[0].at.astype("datetime64[D]"), stop - 365)
        if not 0 <= int((stop - start).astype(int)) < _MOST_DAYS:
            raise Problem(400, f"from {start} to {stop}", fix=f"Ask for 1 to {_MOST_DAYS} days")
        told = days_of(looks, start, stop).to_json()
        simulated = any(one.simulated for one in looks)
        return json_answer(request, {"place": place, "simulated": simulated, "days": told})


def _next(routes: APIRouter, service: Service, ahead: Ahead) -> None:
    @routes.get(
        "/{place}/next",
        summary="Who looks next: could, planned, or taken",
        responses={**answers(_NEXT), **problems(404)},
    )
    def next(
        request: Request,
        caller: Readers,
        place: str,
        start: Start = "",
        days: DaysAhead = 14.0,
    ) -> Response:
        watch, _ = _need(service, place)
        return json_answer(request, ahead(watch, place, _start(service, start), days).to_json(place))

    @routes.get(
        "/{place}/next.ics",
        summary="Who looks next, as a calendar",
        responses={
            200: {"description": "the calendar", "content": {"text/calendar": {}}},
            304: {"description": "you have it already"},
            **problems(404),
        },
    )
    def calendar(
        request: Request,
        caller: Readers,
        place: str,
        start: Start = "",
        days: DaysAhead = 14.0,
    ) -> Response:
        watch, found = _need(service, place)
        answer = ahead(watch, place, _start(service, start), days)
        return text_answer(request, looks_ics([(found.place, answer.looks)], answer.start), media="text/calendar")


def _start(service: Service, text: str) -> np.datetime64:
    return parse_utc(text, where="start").astype("datetime64[ns]") if text else mission_now(service)


def _day(text: str, where: str) -> np.datetime64:
    try:
        day = np.datetime64(text[:10], "D")
    except ValueError as error:
        raise Problem(400, f"{where}: {text!r} is no day", fix="Write 2026-05-01") from error
    if np.isnat(day) or not np.datetime64("1950-01-01") < day < np.datetime64("2150-01-01"):
        raise Problem(400, f"{where}: {text!r} is no day", fix="Write 2026-05-01")
    return day


def _need(service: Service, place: str) -> tuple[WatchFile, WatchedPlace]:
    watch = watch_of(service)
    found = next((one for one in watch.places if one.place.id == place), None)
    if found is None:
        raise Problem(404, "no such place is watched")
    return watch, found


def _told(service: Service, watch: WatchFile, one: WatchedPlace, base: str) -> dict[str, Any]:
    place, here = one.place, f"{base}/watch/places/{one.place.id}"
    rings = [[[[*p] for p in (*ring, ring[0])] for ring in polygon] for polygon in place.polygons]
    standing = standing_of(watch, DatabaseBook(service.db), place.id)
    del standing["place"]
    return {
        "id": place.id,
        "geometry": {"type": "MultiPolygon", "coordinates": rings},
        "area_km2": area_km2(place),
        "look_for": list(one.look_for),
        "follow_up": one.follow_up,
        "deliver": list(one.deliver),
        "note": one.note,
        **standing,
        "links": [
            {"rel": "self", "type": "application/json", "href": here},
            {"rel": "alerts", "type": "application/json", "href": f"{base}/watch/alerts?place={place.id}"},
            {"rel": "days", "type": "application/json", "href": f"{here}/days"},
            {"rel": "next", "type": "application/json", "href": f"{here}/next"},
        ],
    }


def _added(service: Service, given: Any, who: str, writing: Lock) -> tuple[WatchFile, WatchedPlace]:
    """Write a new place into the watch file, and that it was. :class:`Problem` 409 where it is there already."""
    new, radius_m = _asked(given)
    with writing:
        if any(one.place.id == new.place.id for one in watch_of(service).places):
            raise Problem(409, f"{new.place.id} is watched already")
        watch = add_place(service.folder / WATCH_FILE, place_text(new, radius_m))
        with service.db.writing(who=who, why="in the console", at_us=service.clock()) as write:
            write.record("place", new.place.id, "watched", {"false_alarms": new.false_alarms_per_unit})
    return watch, watch.place(new.place.id)


def _asked(given: Any) -> tuple[WatchedPlace, float]:
    if not isinstance(given, dict):
        raise Problem(400, "an object is expected")
    id = given.get("id")
    if not isinstance(id, str) or not _NAME.fullmatch(id):
        raise Problem(400, "id is no name", fix="Up to 64 letters, digits, - _ .")
    lon_deg, lat_deg, radius_m = (
        _number(given, name, low, high)
        for name, low, high in (("lon_deg", -180.0, 180.0), ("lat_deg", -90.0, 90.0), ("radius_m", 10.0, 200_000.0))
    )
    look_for, note = given.get("look_for", list(USUAL)), given.get("note", "")
    if not (isinstance(look_for, list) and look_for and set(map(str, look_for)) <= set(LOOK_FOR)):
        raise Problem(400, "nothing looks for that", fix=f"Give some of {', '.join(LOOK_FOR)}")
    if not isinstance(note, str) or len(note) > _NOTE or not isinstance(given.get("follow_up", False), bool):
        raise Problem(400, "note is a text, follow_up true or false")
    rate = _number({"false_alarms": 1.0, **given}, "false_alarms", 1e-3, 1e4)
    try:
        place = round_place(id, lon_deg, lat_deg, radius_m)
        kinds = tuple(dict.fromkeys(look_for))
        return WatchedPlace(place, kinds, rate, follow_up=given.get("follow_up", False), note=note), radius_m
    except InputError as error:
        raise Problem(400, error.what, fix=error.fix) from error


def _number(given: dict[str, Any], name: str, low: float, high: float) -> float:
    value = given.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise Problem(400, f"{name} is no number from {low:g} to {high:g}")
