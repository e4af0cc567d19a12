"""What is planned with? The book of orders, orbits, sky and what went wrong: as they are now, or as a plan found them.

With each plan the loop notes what it was made with (:class:`Basis`). So whoever asks about the plan in force, at the
planners' desk or in a what-if, gets the problem that it solves, whatever came into the book since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from swath.errors import InputError
from swath.model import Plan, Windows
from swath.operate.asked_order import asked_order
from swath.operate.bring_in import mission_file
from swath.operate.loop.arriving import ELEMENTS, FORECAST, USABLE_AHEAD
from swath.operate.loop.following import looks_of
from swath.operate.loop.horizon import carried, charged, rolled
from swath.operate.plan_only import PlannedMission, prepared
from swath.orbit.forms import parse_elements
from swath.plan.form import plan_from_json
from swath.plan.orders import Order
from swath.plan.problem import Problem
from swath.plan.replan import lost_contact, picture_failed
from swath.store.database import Database, Writing
from swath.store.forecast import read_forecast
from swath.store.history import history_before, last_seq
from swath.store.locks import locked
from swath.store.mission import Mission, read_mission
from swath.store.moments import moment
from swath.store.notes import note, recall
from swath.store.orders_book import OPEN, Ordered, order_of, orders
from swath.store.plans import current_plan, plan_of
from swath.time import seconds

__all__ = [
    "CHARGES",
    "Basis",
    "Known",
    "asked_of",
    "basis_of",
    "commanded",
    "failed_picture",
    "keep_basis",
    "known_now",
    "moved_on",
    "standing",
    "stretch_of",
    "went_wrong",
]

CHARGES = "loop.charges"
_BASIS = "loop.basis"
_PAGE = 500
_GOOD = (*OPEN, "completed")


@dataclass(frozen=True)
class Known:
    """What the database said when planning began."""

    orders: tuple[Ordered, ...]
    plan_id: str
    """of the plan that was in force; empty where there was none"""
    plan: Plan | None
    elements: tuple[str, ...]
    forecast: str
    lost: tuple[str, ...]
    failed: tuple[str, ...]
    charges: Mapping[str, Mapping[str, float]]
    locked: tuple[str, ...]
    """requests whose pictures a planner holds where they are"""
    seq: int
    """the last line of the history"""


@dataclass(frozen=True)
class Basis:
    """What a plan was made with; what is long is named, not repeated."""

    plan: str
    before: str
    """the plan that it began with"""
    at_us: int
    orders: tuple[str, ...]
    elements: tuple[str, ...]
    forecast: str
    charges: Mapping[str, Mapping[str, float]]
    seq: int


def known_now(db: Database) -> Known:
    """Everything, as it is."""
    with db.reading() as connection:
        found: list[Ordered] = []
        after = ""
        while True:
            page, after = orders(connection, codes=_GOOD, limit=_PAGE, after=after)
            found += page
            if not after:
                break
        plan = current_plan(connection)
        texts = tuple(one["text"] for one in recall(connection, ELEMENTS, []))
        forecast, charges = str(recall(connection, FORECAST, "")), recall(connection, CHARGES, {})
        return _known(connection, found, plan, texts, forecast, charges, last_seq(connection))


def _known(
    connection: Connection,
    found: list[Ordered],
    plan: tuple[str, str] | None,
    elements: tuple[str, ...],
    forecast: str,
    charges: Mapping[str, Mapping[str, float]],
    seq: int,
) -> Known:
    events = history_before(connection, seq + 1, kinds=("contact", "picture"), most=2000)
    return Known(
        orders=tuple(found),
        plan_id="" if plan is None else plan[0],
        plan=None if plan is None else plan_from_json(plan[1]),
        elements=elements,
        forecast=forecast,
        lost=tuple(event.subject for event in events if event.kind == "contact"),
        failed=tuple(event.subject for event in events if event.kind == "picture"),
        charges=charges,
        locked=locked(connection),
        seq=seq,
    )


def keep_basis(write: Writing, plan: str, known: Known, asked: list[Order], at: np.datetime64) -> None:
    """Note what a plan was made with, in the transaction that puts it in force."""
    ids = tuple(order.id for order in asked)
    made = Basis(plan, known.plan_id, moment(at), ids, known.elements, known.forecast, known.charges, known.seq)
    note(write, _BASIS, asdict(made))


def basis_of(connection: Connection, plan: str) -> Basis | None:
    """What a plan was made with; ``None`` for one that came from the mission's folder."""
    told: Any = recall(connection, _BASIS, {})
    if told.get("plan") != plan:
        return None
    lists = {name: tuple(told[name]) for name in ("orders", "elements")}
    return Basis(**{**told, **lists})


def moved_on(write: Writing, before: str, after: str) -> None:
    """A plan that was changed by hand is made with what the one before it was made with."""
    there = basis_of(write.connection, before)
    if there is not None:
        note(write, _BASIS, asdict(replace(there, plan=after)))


def standing(db: Database, folder: Path, mission: Mission, plan: str) -> tuple[PlannedMission, Problem]:
    """The mission and the problem that a plan is of: the orders, the stretch, the orbits that it was made with.

    A plan from the mission's folder is one of the mission's own orders.
    """
    with db.reading() as connection:
        basis = basis_of(connection, plan)
        if basis is None:
            ready = prepared(mission)
            return ready, ready.problem
        found = [one for id in basis.orders if (one := order_of(connection, id)) is not None]
        before = plan_of(connection, basis.before)
        former = None if before is None else (basis.before, before)
        known = _known(connection, found, former, basis.elements, basis.forecast, basis.charges, basis.seq)
    stretch = stretch_of(folder, known, np.datetime64(basis.at_us * 1000, "ns"))
    ready = prepared(replace(stretch, orders=tuple(asked_order(one, stretch) for one in found), urgent=()))
    if known.plan is None:
        return ready, ready.problem
    return ready, went_wrong(ready.problem, carried(known.plan, ready.problem), known)[0]


def stretch_of(folder: Path, known: Known, now: np.datetime64) -> Mission:
    """The mission over the stretch that is planned at a time.

    Its element sets are the newest that are not of the future, its forecast the last one, its batteries as they are
    when the stretch begins.
    """
    mission = charged(rolled(read_mission(mission_file(folder)), now), known.charges)
    newest = {s.elements.norad_id: s.elements for s in mission.satellites}
    for text in known.elements:
        for one in parse_elements(text, source="inbox").elements:
            old = newest.get(one.norad_id)
            if old is not None and old.epoch < one.epoch <= now + USABLE_AHEAD:
                newest[one.norad_id] = one
    satellites = tuple(replace(s, elements=newest[s.elements.norad_id]) for s in mission.satellites)
    forecast = mission.forecast
    if known.forecast and (folder / known.forecast).is_file():
        forecast = read_forecast(folder / known.forecast)
    return replace(mission, satellites=satellites, forecast=forecast)


def asked_of(known: Known, mission: Mission) -> tuple[list[Order], dict[str, InputError]]:
    """What of the book meets the stretch that is planned, and what nobody can plan, with the reason.

    Orders that were pictured stay as long as their picture lies in the stretch: it takes its time and its memory.
    """
    asked, strange = [], {}
    planned: set[str] = set()
    if known.plan is not None:
        looks = known.plan.acquisitions
        planned = set(looks.request[looks.start >= mission.start].tolist())
    for ordered in known.orders:
        try:
            order = asked_order(ordered, mission)
        except InputError as error:
            strange[ordered.id] = error
            continue
        over = ordered.status.code in ("completed", "tasked") and not failed_picture(ordered, known)
        inside = _pictured(order.id, planned) if over else True
        if inside and order.request.start < mission.stop and order.request.stop > mission.start:
            asked.append(order)
    return asked, strange


def failed_picture(order: Ordered, known: Known) -> bool:
    """Did a picture of an order fail?"""
    return any(look.get("swath:acquisition") in known.failed for look in looks_of(order))


def _pictured(order: str, planned: set[str]) -> bool:
    return order in planned or any(id.startswith(f"{order}.") for id in planned)


def commanded(problem: Problem, mission: Mission, now: np.datetime64) -> dict[str, np.datetime64]:
    """From when on each satellite can be told something new: in its next pass over a station after a plan is made."""
    made = now + seconds(mission.operations.planning_s)
    return {s.id: _next(problem.passes, s.id, made, mission) for s in mission.satellites}


def _next(passes: Windows, satellite: str, made: np.datetime64, mission: Mission) -> np.datetime64:
    if made < mission.start:
        return mission.start
    return min(passes.start[(passes.satellite == satellite) & (passes.start >= made)], default=mission.stop)


def went_wrong(problem: Problem, before: Plan, known: Known) -> tuple[Problem, Plan]:
    """The problem, and the plan in force, without contacts that were lost and pictures that failed."""
    looks, contacts = before.acquisitions, before.contacts
    for id in known.lost:
        if id in contacts.id:
            problem = lost_contact(problem, before, id)
    for id in known.failed:
        if id in looks.id:
            problem = picture_failed(problem, before, id)
    looks = looks.take(~np.isin(looks.id, known.failed))
    return problem, replace(before, acquisitions=looks, contacts=contacts.take(~np.isin(contacts.id, known.lost)))
