"""What moves on the console's globe? Satellites, stations, pictures and contacts of the plan in force, as CZML."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np
from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from swath.model import Contacts
from swath.operate.day_in_motion import day_in_motion
from swath.plan.form import plan_from_json
from swath.report.czml import plan_czml
from swath.serve.answers import text_answer
from swath.serve.auth import Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, obj
from swath.serve.service import Service
from swath.store.orders_book import order_of
from swath.store.plans import current_plan

__all__ = ["router"]


def router(service: Service) -> APIRouter:
    """``/page/motion.czml``."""
    routes = APIRouter(prefix="/page", tags=["console"])

    @lru_cache(maxsize=4)
    def made(text: str, own: tuple[str, ...] | None) -> str:
        plan = plan_from_json(text)
        if own is not None:
            kept = plan.acquisitions.take(np.isin(plan.acquisitions.request, own))
            plan = replace(plan, acquisitions=kept, contacts=Contacts.empty())
        return plan_czml(day_in_motion(service.mission, plan))

    @routes.get(
        "/motion.czml",
        summary="The plan in motion",
        responses={**answers(array(obj({"id": "string"}))), **problems(404)},
    )
    def motion(request: Request, caller: Readers) -> Response:
        with service.db.reading() as connection:
            found = current_plan(connection)
            if found is None:
                raise Problem(404, "there is no plan yet")
            own = None if caller.viewer is None else _own(connection, found[1], caller.viewer)
        return text_answer(request, made(found[1], own), media="application/json")

    return routes


def _own(connection: Connection, text: str, viewer: str) -> tuple[str, ...]:
    """The requests that a customer may see: orders and elements are everybody's, pictures are their owners'."""
    asked = sorted({str(row["request"]) for row in json.loads(text)["acquisitions"]})
    return tuple(id for id in asked if order_of(connection, id, viewer=viewer))
