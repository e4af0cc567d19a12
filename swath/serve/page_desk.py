"""What does the planners' desk have before it? The problem behind the plan in force, ready for quick answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np

from swath.errors import InputError, SwathError
from swath.frames import EarthOrientation
from swath.model import Place, Plan, Request
from swath.operate.loop.known import commanded, standing
from swath.operate.plan_only import PlannedMission
from swath.orbit.ephemeris import Ephemeris
from swath.plan.arrays import Indexed, index
from swath.plan.build import Outlook, with_orders
from swath.plan.form import plan_from_json
from swath.plan.layout import State
from swath.plan.moves import move
from swath.plan.orders import Order
from swath.plan.problem import Problem, with_frozen
from swath.plan.replan import lock
from swath.plan.state import planned_state
from swath.serve.problems import Problem as Told
from swath.serve.service import Service
from swath.serve.stapi_opportunities import mission_now
from swath.store.locks import locked
from swath.store.plans import current_plan

__all__ = ["Board", "Desk"]

_LOG = logging.getLogger("swath.serve")


@dataclass(frozen=True)
class Board:
    """The plan in force and all that a question about it needs."""

    id: str
    plan: Plan
    indexed: Indexed
    state: State
    outlook: Outlook
    locked: tuple[str, ...]

    @property
    def ephemerides(self) -> Mapping[str, Ephemeris]:
        """Where every satellite is."""
        return self.outlook.ephemerides

    @property
    def eop(self) -> EarthOrientation:
        """How the Earth is turned."""
        return self.outlook.eop


class Desk:
    """Keeps one board, made again whenever another plan is in force, a lock is set, or a satellite has been told."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._ready: tuple[str, PlannedMission, Problem] | None = None
        self._board: Board | None = None
        self._key: tuple[object, ...] = ()
        self._warm = False
        self.stage: tuple[str, float] = ("waiting", 0.0)
        """what is being made ready, and how far it is: 1 when a question is answered at once"""

    def board(self) -> Board:
        """The board of the plan in force. :class:`Problem` 404 where there is none, 409 where it is of other orders."""
        with self._service.db.reading() as connection:
            current, held = current_plan(connection), locked(connection)
        if current is None:
            raise Told(404, "there is no plan in force", fix="Make one: swath plan MISSION --out DIR")
        with self._lock:
            ready, problem = self._standing(current[0])
            told = commanded(problem, ready.mission, mission_now(self._service))
            key = current[0], held, tuple(told.values())
            if self._board is None or self._key != key:
                self._board, self._key = self._made(ready, replace(problem, commandable=told), *current, held), key
            return self._board

    def _standing(self, id: str) -> tuple[PlannedMission, Problem]:
        if self._ready is None or self._ready[0] != id:
            self.stage = ("looks", 0.1)
            service = self._service
            self._ready = (id, *standing(service.db, service.folder, service.mission, id))
        return self._ready[1:]

    def _made(self, ready: PlannedMission, problem: Problem, id: str, text: str, held: tuple[str, ...]) -> Board:
        self.stage = ("arrays", 0.5)
        plan = plan_from_json(text)
        there = set(plan.acquisitions.request.tolist())
        try:
            told = with_frozen(problem, plan)
            problem = lock(told, plan, [*(id for id in held if id in there), *_not_offered(told, plan)])
            indexed = index(problem)
            state = planned_state(indexed, plan)
        except InputError as error:
            raise Told(
                409,
                f"the plan in force is not one of this mission's orders: {error.what}",
                fix="Plan anew, then ask again",
            ) from error
        self.stage = ("ready", 1.0) if self._warm else ("kernels", 0.7)
        return Board(id, plan, indexed, state, ready.outlook, held)

    def warm_up(self) -> None:
        """The same where nobody asked yet: without a plan, or with one that cannot be asked, there is nothing to do."""
        try:
            self.warm()
            _LOG.info("the planners' desk is ready")
        except Exception as error:  # it is tried again when somebody asks, and told then
            self.stage = ("waiting", 0.0)
            _LOG.info("the planners' desk: %s", error)

    def warm(self) -> None:
        """Try one move for nothing: the first one of a process waits for its kernels."""
        board = self.board()
        if not self._warm and len(board.plan.acquisitions):
            free = ~np.isin(board.plan.acquisitions.request, board.indexed.problem.frozen.request)
            row = next(board.plan.acquisitions.take(free if free.any() else ~free).rows())
            where = {"satellite": str(row["satellite"]), "at": row["middle"]}
            with suppress(SwathError):
                move(
                    board.indexed,
                    board.state,
                    board.plan,
                    str(row["id"]),
                    **where,
                    ephemerides=board.ephemerides,
                    eop=board.eop,
                )
        self._warm, self.stage = True, ("ready", 1.0)

    def with_urgent(self, board: Board, place: Place, asked: Mapping[str, Any]) -> tuple[str, Indexed, State]:
        """The board's problem with one urgent order more: its id, the arrays, the plan in them."""
        problem = board.indexed.problem
        id = "urgent"
        request = Request(
            id,
            place,
            "flood",
            float(asked["value"]),
            ordered=problem.start,
            start=problem.start,
            stop=problem.stop,
            deadline=problem.stop,
            min_sun_elevation_deg=float(asked["min_sun_elevation_deg"]),
            max_off_nadir_deg=float(asked["max_off_nadir_deg"]),
            extent_m=float(asked["extent_m"]),
            urgent=True,
        )
        indexed = index(with_orders(problem, [Order("point", request)], board.outlook))
        return id, indexed, planned_state(indexed, board.plan)


def _not_offered(problem: Problem, plan: Plan) -> set[str]:
    """Requests whose planned look is none of those that are offered now: planned with other orbits. They stay there."""
    names = "request", "satellite", "start"
    offered = set(zip(*(getattr(problem.opportunities, name).tolist() for name in names), strict=True))
    planned = zip(*(getattr(plan.acquisitions, name).tolist() for name in names), strict=True)
    known = {request.id for request in problem.requests}
    return {row[0] for row in planned if row not in offered and row[0] in known}
