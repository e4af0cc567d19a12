"""A mission planned again at some moment: what is commanded stays, what went wrong is heeded, changes are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from swath.errors import InputError
from swath.model import Plan
from swath.operate.loop.horizon import carried
from swath.operate.loop.known import commanded
from swath.operate.plan_only import PlannedMission
from swath.plan.replan import Change, forbid, lock, lost_contact, picture_failed, replan
from swath.time import format_utc

__all__ = ["planned_again"]


def planned_again(
    ready: PlannedMission,
    before: Plan,
    at: np.datetime64,
    *,
    lost: Sequence[str] = (),
    failed: Sequence[str] = (),
    locked: Sequence[str] = (),
    forbidden: Sequence[str] = (),
    churn_loss: float = 0.0,
    stop: Callable[[], bool] = lambda: False,
    late: Callable[[], bool] | None = None,
) -> tuple[PlannedMission, tuple[Change, ...]]:
    """The next plan of a mission whose plan ``before`` is in force at ``at``, and every request that is changed by it.

    The mission's orders are those it has now: new ones are planned, those that are gone are not. ``lost`` contacts and
    ``failed`` pictures are ids of ``before``; ``locked`` requests stay as they are, ``forbidden`` orders are not taken.
    Raises :class:`InputError` for ids that are not there and a moment outside the mission.
    """
    mission = ready.mission
    if not mission.start <= at < mission.stop:
        raise InputError(
            f"{format_utc(at)} lies outside the mission",
            where="--at",
            fix=f"Name a time from {format_utc(mission.start)} to {format_utc(mission.stop)}",
        )
    problem = replace(ready.problem, commandable=commanded(ready.problem, mission, at))
    before = carried(before, problem)
    for contact in lost:
        problem = lost_contact(problem, before, contact)
    for picture in failed:
        problem = picture_failed(problem, before, picture)
    looks, contacts = before.acquisitions, before.contacts
    kept = replace(
        before,
        acquisitions=looks.take(~np.isin(looks.id, list(failed))),
        contacts=contacts.take(~np.isin(contacts.id, list(lost))),
    )
    problem = lock(problem, kept, locked) if locked else problem
    for order in forbidden:
        problem = forbid(problem, order)
    problem, plan, changes = replan(
        problem, kept, seed=mission.seed, made=at, churn_loss=churn_loss, stop=stop, late=late
    )
    return replace(ready, problem=problem, plan=plan), changes
