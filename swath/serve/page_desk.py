"""What does the planners' desk have before it? The problem behind the plan in force, ready for quick answers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from swath.errors import InputError, SwathError
from swath.frames import EarthOrientation
from swath.model import Place, Plan, Request
from swath.operate.plan_only import PlannedMission, prepared
from swath.orbit.ephemeris import Ephemeris
from swath.plan.arrays import Indexed, index
from swath.plan.build import Outlook, with_orders
from swath.plan.form import plan_from_json
from swath.plan.layout import State
from swath.plan.moves import move
from swath.plan.orders import Order
from swath.plan.replan import lock
from swath.plan.state import planned_state
from swath.serve.problems import Problem as Told
from swath.serve.service import Service
from swath.store.locks import locked
from swath.store.plans import current_plan

__all__ = ["Board", "Desk"]


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
    """Keeps one board: the problem is worked out once, the board again whenever another plan is in force."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._ready: PlannedMission | None = None
        self._board: Board | None = None
        self._warm = False

    def board(self) -> Board:
        """The board of the plan in force. :class:`Problem` 404 where there is none, 409 where it is of other orders."""
        with self._service.db.reading() as connection:
            current, held = current_plan(connection), locked(connection)
        if current is None:
            raise Told(404, "there is no plan in force", fix="Make one: swath plan MISSION --out DIR")
        with self._lock:
            if self._board is None or (self._board.id, self._board.locked) != (current[0], held):
                self._board = self._made(*current, held)
            return self._board

    def _made(self, id: str, text: str, held: tuple[str, ...]) -> Board:
        if self._ready is None:
            self._ready = prepared(self._service.mission)
        plan = plan_from_json(text)
        there = set(plan.acquisitions.request.tolist())
        try:
            problem = lock(self._ready.problem, plan, [id for id in held if id in there])
            indexed = index(problem)
            state = planned_state(indexed, plan)
        except InputError as error:
            raise Told(
                409,
                f"the plan in force is not one of this mission's orders: {error.what}",
                fix="Plan anew, then ask again",
            ) from error
        return Board(id, plan, indexed, state, self._ready.outlook, held)

    def warm(self) -> None:
        """Try one move for nothing: the first one of a process waits for its kernels."""
        board = self.board()
        if self._warm or not len(board.plan.acquisitions):
            return
        self._warm = True
        row = next(board.plan.acquisitions.rows())
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
