"""The plan for other programs: CZML, KML, iCalendar, commands for Yamcs, observations as SatNOGS lists them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from swath.operate.asking import Asking
from swath.operate.showing import plan_commands, planned_day
from swath.report.czml import plan_czml
from swath.report.ics import plan_ics
from swath.report.plan_forms import observations, plan_kml, yamcs_stack
from swath.report.planned import PlannedDay
from swath.serve.answers import json_answer, text_answer
from swath.serve.auth import Planners, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, obj
from swath.serve.service import Service
from swath.store.orders_book import order_of
from swath.store.plans import current_plan

__all__ = ["day_of", "router"]

_CZML, _KML, _ICS = "application/json", "application/vnd.google-earth.kml+xml", "text/calendar"


def router(service: Service, asking: Asking) -> APIRouter:
    """``/exports``: for everybody who sees all of the plan."""
    routes = APIRouter(prefix="/exports", tags=["exports"])
    forms: tuple[tuple[str, str, Callable[[PlannedDay], str]], ...] = (
        ("plan.czml", _CZML, plan_czml),
        ("plan.kml", _KML, plan_kml),
        ("plan.ics", _ICS, plan_ics),
    )
    for name, media, make in forms:
        _add(routes, service, asking, name, media, make)
    stack = answers(obj({"commands": array(obj({"name": "string"}))}))

    @routes.get("/commands.json", summary="Commands, as a Yamcs stack", responses={**stack, **problems(404)})
    def commands(request: Request, caller: Planners) -> Response:
        _, text = _plan(service)
        told = yamcs_stack(plan_commands(asking, text), title=service.mission.title, simulated=service.simulated)
        return json_answer(request, told)

    listed = answers(array(obj({"start": "string", "end": "string"})))

    @routes.get("/observations.json", summary="Contacts, as SatNOGS lists them", responses={**listed, **problems(404)})
    def contacts(request: Request, caller: Planners) -> Response:
        return json_answer(request, observations(day_of(service, asking)))

    return routes


def _add(
    routes: APIRouter, service: Service, asking: Asking, name: str, media: str, make: Callable[[PlannedDay], str]
) -> None:
    told: dict[int | str, dict[str, Any]] = {
        200: {"description": "the plan", "content": {media: {}}},
        304: {"description": "you have it already"},
    }

    @routes.get(f"/{name}", summary=f"The plan: {name}", responses={**told, **problems(404)}, name=name)
    def export(request: Request, caller: Readers) -> Response:
        return text_answer(request, make(day_of(service, asking, caller.viewer)), media=media)


def _plan(service: Service) -> tuple[str, str]:
    with service.db.reading() as connection:
        found = current_plan(connection)
    if found is None:
        raise Problem(404, "there is no plan yet")
    return found


def day_of(service: Service, asking: Asking, viewer: str | None = None) -> PlannedDay:
    """The plan in force; to a ``viewer`` its own pictures only. :class:`Problem` 404 where there is none."""
    _, text = _plan(service)
    plan: dict[str, Any] = json.loads(text)
    with service.db.reading() as connection:
        ids = {row["request"] for row in plan["acquisitions"]}
        ordered = {id: order for id in ids if (order := order_of(connection, id, viewer=viewer)) is not None}
    if viewer is not None:
        mine = [row for row in plan["acquisitions"] if row["request"] in ordered]
        none: dict[str, Any] = {name: [] for name in ("contacts", "refused", "shares", "multipliers")}
        text = json.dumps({**plan, **none, "acquisitions": mine})
    return planned_day(asking, text, ordered, simulated=service.simulated)
