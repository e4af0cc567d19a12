"""What if a satellite or a station were lost or added? The plan in force against one of another fleet, both bounded."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from swath.errors import InputError
from swath.operate.bring_in import mission_file
from swath.operate.loop.known import standing
from swath.operate.loop.work import Commit, Shift, Told
from swath.operate.plan_only import PlannedMission, changed_fleet, like, planned_mission, prepared
from swath.plan.form import plan_from_json
from swath.store.jobs import Job
from swath.store.mission import read_mission
from swath.store.plans import current_plan

__all__ = ["WHAT_IF", "suppose"]

WHAT_IF = "what-if"
_PLAN_S, _SEARCH = 30.0, 0.75
"""of planning for each of the two fleets, and the share of it for the search: the best plan so far then counts, with
its bound; the rest is for the reasons of what is refused"""
_CHANGES = ("add_stations", "add_satellites", "drop_stations", "drop_satellites")
_MOST_TOLD = 200


def suppose(shift: Shift, job: Job, told: Told) -> Commit:
    """Plan the stretch of the plan in force with its fleet and with another one; nothing of it is kept but the answer.

    ``job.asked`` holds ``add_stations``, ``add_satellites``, ``drop_stations`` and ``drop_satellites`` as
    :func:`swath.operate.plan_only.changed_fleet` takes them.
    Both plans begin at the one in force and may take 30 s each, reasons and all, so that they differ by what the fleets
    can do.
    """
    with shift.db.reading() as connection:
        current = current_plan(connection)
    if current is None:
        raise InputError("there is no plan in force", where="what-if", fix="Make one: swath plan MISSION --out DIR")
    told("looks", 0.05)
    ready, problem = standing(shift.db, shift.folder, read_mission(mission_file(shift.folder)), current[0])
    asked: dict[str, Sequence[str]] = {name: tuple(job.asked.get(name, ())) for name in _CHANGES}
    other = changed_fleet(ready.mission, **asked)
    if other == ready.mission:
        raise InputError("nothing is changed", where="what-if", fix="Add or drop a station or satellite")
    plan = plan_from_json(current[1])
    there = like(replace(ready, problem=problem), replace(ready, plan=plan))
    told("as it is", 0.2)
    before = planned_mission(there, stop=_after(_SEARCH * _PLAN_S), late=_after(_PLAN_S))
    told("changed", 0.6)
    ready = like(prepared(other), before)
    after = planned_mission(ready, stop=_after(_SEARCH * _PLAN_S), late=_after(_PLAN_S))
    answer = {"asked": {name: list(ids) for name, ids in asked.items()}, "plan": current[0], **_compared(before, after)}
    return lambda write: answer


def _after(limit_s: float) -> Any:
    end = time.monotonic() + limit_s
    return lambda: time.monotonic() > end


def _compared(before: PlannedMission, after: PlannedMission) -> Mapping[str, Any]:
    assert before.plan is not None
    assert after.plan is not None
    there = {one.request for one in before.plan.refused}
    lost = [one for one in after.plan.refused if one.request not in there]
    still = {one.request for one in after.plan.refused}
    return {
        "before": _worth(before),
        "after": _worth(after),
        "newly_refused": [{"request": one.request, "because": one.because} for one in lost[:_MOST_TOLD]],
        "newly_planned": sorted(there - still)[:_MOST_TOLD],
    }


def _worth(made: PlannedMission) -> Mapping[str, float]:
    plan = made.plan
    assert plan is not None
    counts = {"pictures": len(plan.acquisitions), "contacts": len(plan.contacts), "refused": len(plan.refused)}
    return {"value": plan.value, "bound": plan.bound, "gap": plan.gap, **counts}
