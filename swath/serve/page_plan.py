"""What do planners ask at their desk? The day as a timeline, why and why not, a picture moved, an urgent order put in.

Every number comes from the library: ``plan.levels``, ``plan.why``, ``plan.moves``. Trying is free; what is kept becomes
the plan in force, with who did it and why in the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from fastapi import APIRouter, BackgroundTasks, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from swath.errors import InputError
from swath.model import Place, Plan
from swath.operate.loop.known import moved_on
from swath.operate.loop.supposing import WHAT_IF
from swath.operate.plan_only import changed_fleet
from swath.plan.form import plan_to_json
from swath.plan.levels import Levels, levels
from swath.plan.moves import insert, move
from swath.plan.replan import changes
from swath.plan.why import limits, why_planned
from swath.serve.answers import json_answer, read_json
from swath.serve.auth import Planners
from swath.serve.page_desk import Board, Desk
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, body, obj
from swath.serve.service import Service
from swath.spacecraft.catalog import stations as known_stations
from swath.store.jobs import enqueue
from swath.store.locks import free, lock
from swath.store.plans import current_plan, put_plan
from swath.time import format_utc, parse_utc

__all__ = ["router"]

_STEP_S = 120.0
_VIOLATION = obj({"rule": "string", "subject": "string", "because": "string"})
_TRIED = obj({"possible": "boolean", "gain": "number", "look": "object", "violations": array(_VIOLATION)})
_MOVE = obj({"acquisition": "string", "satellite": "string", "at": "string"}, {"keep": "boolean", "why": "string"})
_LOCK = obj({"requests": array("string"), "locked": "boolean"}, {"why": "string"})
_URGENT = obj(
    {"lon_deg": "number", "lat_deg": "number"},
    {"value": "number", "max_off_nadir_deg": "number", "min_sun_elevation_deg": "number", "extent_m": "number"},
)
_WHAT_IF = obj(
    {},
    {name: array("string") for name in ("add_stations", "add_satellites", "drop_stations", "drop_satellites")},
)
_USUAL = {"value": 60.0, "max_off_nadir_deg": 35.0, "min_sun_elevation_deg": 5.0, "extent_m": 5000.0}
"""of an urgent order that does not say"""


def router(service: Service, desk: Desk) -> APIRouter:
    """``/page/plan/...``: for planners."""
    routes = APIRouter(prefix="/page/plan", tags=["console"])
    _asked(routes, desk)
    _supposed(routes, service)
    _changed(routes, service, desk)
    return routes


def _asked(routes: APIRouter, desk: Desk) -> None:
    """Routes that change nothing."""

    @routes.get(
        "/day", summary="The plan as a timeline", responses={**answers(obj({"id": "string"})), **problems(404, 409)}
    )
    def day(request: Request, caller: Planners, later: BackgroundTasks) -> Response:
        answer = json_answer(request, _day(desk.board()))
        later.add_task(desk.warm)
        answer.background = later
        return answer

    @routes.get(
        "/ready",
        summary="How far is the desk? Its first answer waits for looks and kernels",
        responses={**answers(obj({"what": "string", "share": "number"})), **problems()},
    )
    def ready(request: Request, caller: Planners) -> Response:
        what, share = desk.stage
        return json_answer(request, {"what": what, "share": share})

    @routes.get(
        "/why/{request_id:path}",
        summary="Why is it planned so, and what else could it have?",
        responses={**answers(obj({"request": "string", "looks": array("object")})), **problems(404, 409)},
    )
    def why(request: Request, caller: Planners, request_id: str) -> Response:
        return json_answer(request, _why(desk.board(), request_id))

    @routes.post(
        "/urgent",
        summary="What would an urgent order do to the plan? Nothing is kept",
        responses={
            **answers(obj({"look": "object", "dropped": array("object"), "moved": array("object"), "gain": "number"})),
            **problems(404, 409, 415),
        },
        openapi_extra=body(_URGENT),
    )
    async def urgent(request: Request, caller: Planners) -> Response:
        asked = _fields(await read_json(request), _URGENT)
        return json_answer(request, await run_in_threadpool(_urgent, desk, asked))


def _supposed(routes: APIRouter, service: Service) -> None:
    """Questions that take longer: a worker answers them."""

    @routes.get(
        "/fleets",
        summary="What a what-if may add and drop",
        responses={**answers(obj({"satellites": array("string"), "stations": array("string")})), **problems()},
    )
    def fleets(request: Request, caller: Planners) -> Response:
        mission = service.mission
        have = {station.id for station in mission.stations}
        told = {
            "satellites": [one.id for one in mission.satellites],
            "stations": [one.id for one in mission.stations],
            "more_stations": [one.id for one in known_stations() if one.id not in have],
        }
        return json_answer(request, told)

    @routes.post(
        "/what-if",
        status_code=202,
        summary="Value and bound of the plan with another fleet: a worker answers, see /page/jobs",
        responses={**answers(obj({"id": "integer"}), status=202, description="it will be answered"), **problems(415)},
        openapi_extra=body(_WHAT_IF),
    )
    async def what_if(request: Request, caller: Planners) -> Response:
        asked = _fields(await read_json(request), _WHAT_IF)
        return await run_in_threadpool(_ask_what_if, service, request, caller.person, asked)


def _ask_what_if(service: Service, request: Request, who: str, asked: Mapping[str, Any]) -> Response:
    changed = changed_fleet(service.mission, **{name: tuple(ids) for name, ids in asked.items()})
    if changed == service.mission:
        raise Problem(400, "nothing is changed", fix="Add or drop a station or satellite")
    with service.db.writing(who=who, why="what if") as write:
        id = enqueue(write, WHAT_IF, asked, owner=who, priority=2, most_attempts=1)
    return json_answer(request, {"id": id}, status=202)


def _changed(routes: APIRouter, service: Service, desk: Desk) -> None:
    """Routes that may change the plan in force."""

    @routes.post(
        "/moves",
        summary="A picture elsewhere: what it breaks; kept where it breaks nothing and `keep` is set",
        responses={**answers(_TRIED), **problems(404, 409, 415)},
        openapi_extra=body(_MOVE),
    )
    async def moves(request: Request, caller: Planners) -> Response:
        asked = _fields(await read_json(request), _MOVE)
        return json_answer(request, await run_in_threadpool(_moved, service, desk, caller.person, asked))

    @routes.post(
        "/locks",
        summary="Pictures that stay where they are, or no longer",
        responses={**answers(obj({"locked": array("string")})), **problems(404, 409, 415)},
        openapi_extra=body(_LOCK),
    )
    async def locks(request: Request, caller: Planners) -> Response:
        asked = _fields(await read_json(request), _LOCK)
        return json_answer(request, await run_in_threadpool(_locks, service, desk, caller.person, asked))


def _fields(given: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a body, each of its kind. :class:`Problem` 400 for what is missing or of another kind."""
    if not isinstance(given, dict):
        raise Problem(400, "an object is expected")
    kinds: Mapping[str, Any] = {"string": str, "boolean": bool, "number": (int, float), "array": list}
    found = {}
    for name, told in schema["properties"].items():
        if name not in given:
            if name in schema["required"]:
                raise Problem(400, f"{name} is missing", fix=f"Send {', '.join(schema['required'])}")
            continue
        value, kind = given[name], told["type"]
        wrong = not isinstance(value, kinds[kind]) or (kind == "number" and isinstance(value, bool))
        wrong = wrong or (kind == "array" and not all(isinstance(one, str) for one in value))
        if wrong or (kind == "number" and not np.isfinite(value)):
            raise Problem(400, f"{name} is no {kind}")
        found[name] = value
    return found


def _day(board: Board) -> dict[str, Any]:
    problem, plan = board.indexed.problem, board.plan
    flow = levels(problem, plan, board.ephemerides, board.eop, step_s=_STEP_S)
    return {
        "id": board.id,
        "start": format_utc(problem.start),
        "stop": format_utc(problem.stop),
        "made": format_utc(plan.made, decimals=3),
        "solver": plan.solver,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "bound_because": plan.bound_because,
        "step_s": _STEP_S,
        "locked": list(board.locked),
        "satellites": [
            {
                "id": s.id,
                "capacity_bit": s.memory.capacity_bit,
                "battery_wh": s.power.battery_wh,
                "min_wh": s.power.min_wh,
                **_curves(flow, s.id),
            }
            for s in problem.satellites
        ],
        "stations": [{"id": s.id} for s in problem.stations],
        "pictures": plan.acquisitions.to_json(),
        "contacts": plan.contacts.to_json(),
        "passes": problem.passes.to_json(),
        "eclipses": problem.eclipses.to_json(),
        "refused": [asdict(refusal) for refusal in plan.refused],
        "limits": [asdict(limit) for limit in limits(problem, plan)],
    }


def _curves(flow: Levels, satellite: str) -> dict[str, list[float]]:
    mine = flow.take(flow.satellite == satellite)
    return {
        "stored_wh": np.round(mine.battery_wh, 2).tolist(),
        "held_bit": np.round(mine.memory_bit).tolist(),
    }


def _why(board: Board, request: str) -> dict[str, Any]:
    problem, plan = board.indexed.problem, board.plan
    looks = problem.opportunities
    offered = looks.take(looks.request == request)
    best: dict[tuple[str, int], int] = {}
    for row in np.argsort(-offered.value, kind="stable").tolist():
        best.setdefault((str(offered.satellite[row]), int(offered.window[row])), row)
    chosen = offered.take(np.array(sorted(best.values()), np.int64))
    answer: dict[str, Any] = {"request": request, "looks": chosen.to_json(), "planned": None, "refused": None}
    if request in plan.acquisitions.request:
        found = why_planned(problem, plan, request)
        answer["planned"] = {
            "value": float(found.value),
            "price": found.price.value,
            "price_because": found.price.because,
            "displaced": list(found.displaced),
            "next_best": None
            if found.next_best is None
            else {
                "satellite": found.next_best[0],
                "start": format_utc(found.next_best[1], decimals=3),
                "value": found.next_best[2],
            },
            "clear_chance": found.clear_chance,
            "on_ground": format_utc(found.on_ground, decimals=3),
            "on_ground_latest": format_utc(found.on_ground_latest, decimals=3),
            "because": found.because,
        }
        return answer
    refusal = next((one for one in plan.refused if one.request == request), None)
    if refusal is None:
        raise Problem(404, f"there is no request {request[:80]!r} in the plan or among the refused")
    return {**answer, "refused": asdict(refusal)}


def _moved(service: Service, desk: Desk, who: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    board = desk.board()
    at = parse_utc(asked["at"])
    tried = move(
        board.indexed,
        board.state,
        board.plan,
        asked["acquisition"],
        satellite=asked["satellite"],
        at=at,
        ephemerides=board.ephemerides,
        eop=board.eop,
    )
    possible = tried.plan is not None and not tried.violations
    if possible and asked.get("keep"):
        assert tried.plan is not None
        request = str(tried.look.request[0])
        _keep(service, board, tried.plan, who, asked.get("why", "") or f"{request} moved by hand", (request,))
    return {
        "possible": possible,
        "gain": tried.value,
        "look": tried.look.to_json()[0],
        "violations": [asdict(violation) for violation in tried.violations],
    }


def _keep(service: Service, board: Board, plan: Plan, who: str, why: str, held: tuple[str, ...]) -> None:
    """Put a plan in force unless another one is by now; what was moved by hand stays there from now on."""
    text = plan_to_json(replace(plan, solver=_by_hand(plan.solver)))
    stations = {station.id: station for station in service.mission.stations}
    with service.db.writing(who=who, why=why) as write:
        now = current_plan(write.connection)
        if now is None or now[0] != board.id:
            raise Problem(409, "another plan is in force by now", fix="Look at it and try again")
        moved_on(write, board.id, put_plan(write, text, stations, simulated=service.simulated))
        lock(write, held)


def _by_hand(solver: str) -> str:
    return solver if solver.endswith("changed by hand") else f"{solver}, changed by hand"


def _locks(service: Service, desk: Desk, who: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    board = desk.board()
    planned = set(board.plan.acquisitions.request.tolist())
    strange = sorted(set(asked["requests"]) - planned) if asked["locked"] else []
    if strange:
        raise InputError(
            f"request {strange[0][:80]!r} is not in the plan", where="requests", fix="Lock what is planned"
        )
    with service.db.writing(who=who, why=asked.get("why", "")) as write:
        (lock if asked["locked"] else free)(write, asked["requests"])
    return {"locked": list(desk.board().locked)}


def _urgent(desk: Desk, asked: Mapping[str, Any]) -> dict[str, Any]:
    board = desk.board()
    lon_deg, lat_deg = float(asked["lon_deg"]), float(asked["lat_deg"])
    id, indexed, state = desk.with_urgent(
        board, Place.point("urgent", lon_deg=lon_deg, lat_deg=lat_deg), {**_USUAL, **asked}
    )
    found = insert(indexed, state, board.plan, id)
    told = {change.request: change.because for change in changes(indexed.problem, board.plan, found.plan)}
    row = found.plan.acquisitions.take(found.plan.acquisitions.request == id).to_json()[0]
    return {
        "look": row,
        "gain": found.value,
        "dropped": [{"request": one, "because": told.get(one, "")} for one in found.dropped],
        "moved": [{"request": one, "because": told.get(one, "")} for one in found.moved],
    }
