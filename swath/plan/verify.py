"""The judge: does a plan keep the rules of its problem? It knows no solver, only ``problem.py``.

Everything is worked out anew and by another way than the planner's: lines of sight are shot at the ground and must hit
the place; its corners are followed through the field of view; elevation, Sun and eclipse come from the exact
ephemerides in finer steps; memory and battery are simulated. Tolerances: 50 m of pointing, 0.02 deg of angles, 2 % of
pixel size and data, 2 ms of time, 0.1 Wh (eclipse edges between steps of 10 s), 1e-6 of values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

import numpy as np

from swath.frames import EarthOrientation
from swath.model import Plan
from swath.orbit.ephemeris import Ephemeris
from swath.plan.judge.case import TIME, Case, Violation, told
from swath.plan.judge.craft import judge_battery, judge_camera, judge_memory, judge_order, judge_sun
from swath.plan.judge.ground import judge_antennas, judge_contacts, judge_deliveries
from swath.plan.judge.worth import (
    judge_allowed,
    judge_answers,
    judge_bundles,
    judge_offers,
    judge_stereo,
    judge_values,
    judge_views,
)
from swath.plan.problem import Problem
from swath.table import Table
from swath.time import seconds

__all__ = ["RULES", "Violation", "verify", "verify_moved"]

RULES = {
    "number": "every value is a finite number or a time",
    "duplicate_id": "ids are unique",
    "unknown_id": "requests, satellites, stations and contacts exist",
    "request_twice": "a request is pictured once, in stereo with so many looks",
    "satellite": "a satellite and a sensor that the request allows",
    "times": "start, middle and stop follow one another",
    "window": "a picture lies in its request's window",
    "horizon": "everything lies in the plan's span",
    "commanding": "nothing new before the satellite can be told",
    "frozen": "what is fixed stays as it was",
    "offered": "the look is one of the opportunities' passes",
    "pointing": "the line of sight meets the place",
    "off_nadir": "off-nadir angle as stated and within its limits",
    "sun": "Sun elevation as stated and above the limit",
    "gsd": "pixel size as stated and within the limit",
    "side": "on the side of the track that is asked for",
    "cloud": "P(clear) above the limit",
    "stereo": "all looks of a stereo picture or none, in one pass, as far apart as asked",
    "apart": "requests keep the distance in time that they ask for",
    "quota": "owners take no more than is theirs",
    "share": "what a plan tells of its owners' shares, and of what is beyond them, is so",
    "most": "no more pictures of a bundle than asked",
    "cells": "a picture covers the points of its area that it is credited with",
    "coverage": "the whole place is seen while imaging",
    "data": "data volume fits the picture",
    "forecast": "P(clear) is the forecast's",
    "look_value": "value is request value x quality x P(clear) x what delivery leaves of it",
    "plan_value": "the plan's value is what its pictures earn less what its contacts cost",
    "bound": "no plan exceeds the bound",
    "overlap": "one picture at a time",
    "slew": "time to turn between activities",
    "sun_keep_out": "no look nearer to the Sun than the camera may",
    "imaging_in_contact": "no picture in contact",
    "contact_overlap": "one contact at a time",
    "antenna": "an antenna serves one satellite, after its set-up",
    "maintenance": "no contact while the station is in maintenance",
    "visibility": "in contact the satellite stands above the station's least elevation",
    "rate": "no faster than station and radio can",
    "volume": "a contact carries its pictures",
    "delivery": "a picture comes down after it was taken, in a contact of its satellite",
    "on_ground": "the last bit arrives when it can",
    "deadline": "on the ground in time",
    "memory": "the recorder never overflows",
    "battery": "the battery never falls below its floor",
    "duty": "the camera images no longer within an orbit than it may",
    "heat": "the camera never gets warmer than it may",
    "unanswered": "every request is planned or refused",
    "refusal": "a refusal names a request that is not planned, once, with a reason",
}
"""the rules by name"""


def verify(
    problem: Problem, plan: Plan, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation
) -> tuple[Violation, ...]:
    """Every rule of ``swath.plan.problem`` that a plan breaks; empty: it is valid.

    ``ephemerides`` by satellite should be exact ones (``sgp4_ephemeris``). Tables with missing numbers or unknown ids
    are judged no further than that.
    """
    broken = [*_numbers(plan), *_ids(problem, plan)]
    if broken:
        return tuple(broken)
    case = Case.of(problem, plan, ephemerides, eop)
    rules = (
        _times,
        _fixed,
        judge_offers,
        judge_views,
        judge_stereo,
        judge_allowed,
        judge_bundles,
        judge_values,
        judge_order,
        judge_sun,
        judge_antennas,
        judge_contacts,
        judge_deliveries,
        judge_memory,
        judge_camera,
        judge_battery,
        judge_answers,
    )
    return tuple(violation for rule in rules for violation in rule(case))


def verify_moved(
    problem: Problem,
    plan: Plan,
    ephemerides: Mapping[str, Ephemeris],
    eop: EarthOrientation,
    acquisition: str,
    *,
    delivery: bool = True,
) -> tuple[Violation, ...]:
    """The rules that moving one picture can break, of an otherwise valid plan: a fiftieth of a second for a day's.

    Other pictures' views and values are not looked at again. Without ``delivery`` contacts are left out: for a picture
    whose way down is not settled yet.
    """
    case = Case.of(problem, plan, ephemerides, eop)
    look = next(row for row in case.looks if row["id"] == acquisition)
    alone = replace(case, looks=(look,))
    craft = {str(look["satellite"]): case.satellites[str(look["satellite"])]}
    mine = replace(case, satellites=craft, looks=tuple(r for r in case.looks if r["satellite"] == look["satellite"]))
    found = [v for rule in (_times, judge_offers, judge_views) for v in rule(alone) if v.subject == acquisition]
    own = (judge_order, judge_sun, judge_camera, judge_battery)
    found += [v for rule in own for v in rule(mine)]
    found += [v for rule in (_fixed, judge_allowed) for v in rule(case)]
    if delivery:
        rules = (judge_antennas, judge_contacts, judge_deliveries, judge_memory)
        found += [v for rule in rules for v in rule(case)]
    return tuple(dict.fromkeys(found))


def _numbers(plan: Plan) -> Iterator[Violation]:
    for table in (plan.acquisitions, plan.contacts):
        for column in fields(table):
            values = getattr(table, column.name)
            bad = ~np.isfinite(values) if values.dtype.kind in "fM" else np.zeros(len(table), bool)
            for row in np.flatnonzero(bad):
                yield Violation("number", str(table.id[row]), f"{column.name} is {values[row]}")
    for name in ("value", "bound"):
        if not np.isfinite(getattr(plan, name)):
            yield Violation("number", "plan", f"{name} is {getattr(plan, name)}")


def _ids(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {
        "satellite": {satellite.id for satellite in problem.satellites},
        "request": {request.id for request in problem.requests},
        "station": {station.id for station in problem.stations},
        "contact": set(plan.contacts.id.tolist()),
    }
    for table in (plan.acquisitions, plan.contacts):
        for id in _twice(table.id.tolist()):
            yield Violation("duplicate_id", id, "used more than once")
        for row in table.rows():
            for name, ids in known.items():
                if name in row and row[name] not in ids:
                    yield Violation("unknown_id", str(row["id"]), f"there is no {name} {row[name]!r}")
    looks = {request.id: request.looks for request in problem.requests}
    for id, count in Counter(plan.acquisitions.request.tolist()).items():
        if count > looks.get(id, count):
            yield Violation("request_twice", id, f"pictured by {count} looks, {looks[id]} are asked")


def _twice(ids: list[str]) -> list[str]:
    return [id for id, count in Counter(ids).items() if count > 1]


def _times(case: Case) -> Iterator[Violation]:
    problem = case.problem
    fixed = {*problem.frozen.id.tolist(), *problem.frozen_contacts.id.tolist()}
    setup_s = {station.id: station.setup_s for station in problem.stations}
    for row in (*case.looks, *case.contacts):
        id, start, stop = str(row["id"]), row["start"], row["stop"]
        middle = row.get("middle", start + (stop - start) / 2)
        if not start < middle < stop:
            yield Violation("times", id, f"starts {told(start)}, middle {told(middle)}, stops {told(stop)}")
        if id not in fixed and (start < problem.start or stop > problem.stop):
            yield Violation("horizon", id, f"{told(start)} to {told(stop)} leaves the plan's span")
        can_be = problem.commandable_from(str(row["satellite"]))
        before_s = setup_s.get(str(row.get("station")), case.satellites[str(row["satellite"])].duty.warm_up_s)
        if id not in fixed and start - seconds(before_s) < can_be - TIME:
            because = f"would begin at {told(start)}, {before_s:g} s of preparation before it, its satellite can be "
            yield Violation("commanding", id, because + f"told from {told(can_be)} on")
        if "request" in row:
            request = case.requests[str(row["request"])]
            if start < request.start or stop > request.stop:
                yield Violation(
                    "window", id, f"{told(start)} to {told(stop)} leaves {told(request.start)} to {told(request.stop)}"
                )


def _fixed(case: Case) -> Iterator[Violation]:
    kept = set(case.problem.frozen_contacts.id.tolist())
    pairs: tuple[tuple[Table, Table], ...] = (
        (case.problem.frozen, case.plan.acquisitions),
        (case.problem.frozen_contacts, case.plan.contacts),
    )
    for before, now in pairs:
        rows = {row["id"]: row for row in now.rows()}
        for row in before.rows():
            other = rows.get(row["id"], {})
            # sent another way it may come later and be worth less, which judge_values looks at
            free = {"contact", "on_ground", "value"} if "contact" in row and row["contact"] not in kept else set()
            changed = [name for name in row if name not in free and row[name] != other.get(name)]
            if changed:
                yield Violation("frozen", str(row["id"]), f"{', '.join(changed)} changed" if other else "is missing")
