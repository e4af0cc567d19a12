"""Faults to put into a valid plan, each with the rule that must be found broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from swath.model import Contacts, Plan, Refusal
from swath.plan.problem import Problem
from swath.table import Table
from swath.time import seconds
from tests.plan.fleet import changed

Rows = TypeVar("Rows", bound=Table)
Faulty = tuple[Problem, Plan]
Fault = Callable[[Problem, Plan, np.random.Generator], Faulty]


def edit(table: Rows, row: int, **values: object) -> Rows:
    """The table with other values in one row."""
    rows = list(table.rows())
    rows[row] |= values
    return type(table).from_rows(rows)


def looks(**make: Callable[[dict], object]) -> Fault:
    """Changes columns of a random picture."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        row = int(rng.integers(len(plan.acquisitions)))
        old = list(plan.acquisitions.rows())[row]
        values = {name: f(old) for name, f in make.items()}
        return problem, replace(plan, acquisitions=edit(plan.acquisitions, row, **values))

    return fault


def contacts(**make: Callable[[dict], object]) -> Fault:
    """Changes columns of a random contact."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        row = int(rng.integers(len(plan.contacts)))
        old = list(plan.contacts.rows())[row]
        values = {name: f(old) for name, f in make.items()}
        return problem, replace(plan, contacts=edit(plan.contacts, row, **values))

    return fault


def asked(**make: Callable[[dict], object]) -> Fault:
    """Changes what a pictured request asks for, so that its picture no longer fits."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        old = list(plan.acquisitions.rows())[int(rng.integers(len(plan.acquisitions)))]
        values = {name: f(old) for name, f in make.items()}
        requests = tuple(replace(r, **values) if r.id == old["request"] else r for r in problem.requests)
        return replace(problem, requests=requests), plan

    return fault


def craft(**make: Callable[[object], object]) -> Fault:
    """Changes a part of the satellite that takes most pictures."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        ids, counts = np.unique(plan.acquisitions.satellite, return_counts=True)
        busy = next(s for s in problem.satellites if s.id == ids[counts.argmax()])
        return changed(problem, busy.id, **{name: f(getattr(busy, name)) for name, f in make.items()}), plan

    return fault


def again(table: str, **values: Callable[[dict], object]) -> Fault:
    """A row once more, with other values."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        rows = getattr(plan, table)
        row = dict(list(rows.rows())[int(rng.integers(len(rows)))])
        row |= {name: f(row) for name, f in values.items()}
        return problem, replace(plan, **{table: type(rows).join([rows, type(rows).from_rows([row])])})

    return fault


def overall(**make: Callable[[Plan], object]) -> Fault:
    """Changes a number of the plan."""
    return lambda problem, plan, rng: (problem, replace(plan, **{name: f(plan) for name, f in make.items()}))


def refused(make: Callable[[Plan, np.random.Generator], tuple[Refusal, ...]]) -> Fault:
    """Changes the list of refusals."""
    return lambda problem, plan, rng: (problem, replace(plan, refused=make(plan, rng)))


def shifted(after_s: float) -> dict[str, Callable[[dict], object]]:
    """Moves the times of a row that it has."""
    return {name: lambda r, name=name: r[name] + seconds(after_s) for name in ("start", "stop")}


def other_satellite(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    row = int(rng.integers(len(plan.acquisitions)))
    mine = plan.acquisitions.satellite[row]
    other = next(s.id for s in problem.satellites if s.id != mine)
    return problem, replace(plan, acquisitions=edit(plan.acquisitions, row, satellite=other))


def other_contact(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    row = int(rng.integers(len(plan.acquisitions)))
    wrong = np.flatnonzero(plan.contacts.satellite != plan.acquisitions.satellite[row])
    name = str(plan.contacts.id[rng.choice(wrong)])
    return problem, replace(plan, acquisitions=edit(plan.acquisitions, row, contact=name))


def sent_before_taken(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    for row in rng.permutation(len(plan.acquisitions)):
        taken = list(plan.acquisitions.rows())[row]
        sooner = plan.contacts.take(
            (plan.contacts.satellite == taken["satellite"]) & (plan.contacts.stop < taken["start"])
        )
        if len(sooner):
            values = {"contact": sooner.id[0], "on_ground": sooner.stop[0]}
            return problem, replace(plan, acquisitions=edit(plan.acquisitions, int(row), **values))
    raise AssertionError("no picture follows a contact")


def close_pair(gap_s: float) -> Fault:
    """Moves a picture to so many seconds after the one before it on the same satellite."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        table = plan.acquisitions
        pairs = [(i, i + 1) for i in range(len(table) - 1) if table.satellite[i] == table.satellite[i + 1]]
        first, second = pairs[rng.integers(len(pairs))]
        move = table.stop[first] + seconds(gap_s) - table.start[second]
        values = {name: getattr(table, name)[second] + move for name in ("start", "middle", "stop")}
        return problem, replace(plan, acquisitions=edit(table, second, **values))

    return fault


def contact_over_picture(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    row = list(plan.acquisitions.rows())[int(rng.integers(len(plan.acquisitions)))]
    mine = np.flatnonzero(plan.contacts.satellite == row["satellite"])
    values = {"start": row["start"] - seconds(5.0), "stop": row["stop"] + seconds(5.0)}
    return problem, replace(plan, contacts=edit(plan.contacts, int(mine[0]), **values))


def antenna_taken(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    row = dict(list(plan.contacts.rows())[int(rng.integers(len(plan.contacts)))])
    other = next(s.id for s in problem.satellites if s.id != row["satellite"])
    start = row["stop"] + seconds(10.0)
    row |= {"id": "next", "satellite": other, "start": start, "stop": start + seconds(60.0), "volume_bit": 0.0}
    return problem, replace(plan, contacts=Contacts.join([plan.contacts, Contacts.from_rows([row])]))


def fixed_one(**make: Callable[[dict], object]) -> Fault:
    """A picture that was already commanded and is not in the plan as it was."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        row = int(rng.integers(len(plan.acquisitions)))
        old = list(plan.acquisitions.rows())[row]
        return replace(
            problem,
            frozen=edit(plan.acquisitions, row, **{n: f(old) for n, f in make.items()}).take(np.array([row])),
        ), plan

    return fault


def fixed_contact(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    row = int(rng.integers(len(plan.contacts)))
    return replace(problem, frozen_contacts=edit(plan.contacts, row, id="commanded").take(np.array([row]))), plan


NAT = np.datetime64("NaT", "ns")

FAULTS: dict[str, tuple[str, Fault]] = {
    "value is no number": ("number", looks(value=lambda r: np.nan)),
    "no time": ("number", looks(middle=lambda r: NAT)),
    "contact without a rate": ("number", contacts(rate_bit_s=lambda r: np.inf)),
    "bound is no number": ("number", overall(bound=lambda p: np.nan)),
    "picture id twice": ("duplicate_id", again("acquisitions", request=lambda r: "nobody")),
    "contact id twice": ("duplicate_id", again("contacts")),
    "unknown request": ("unknown_id", looks(request=lambda r: "nobody")),
    "unknown satellite": ("unknown_id", looks(satellite=lambda r: "SW-9")),
    "unknown station": ("unknown_id", contacts(station=lambda r: "atlantis")),
    "unknown contact": ("unknown_id", looks(contact=lambda r: "none")),
    "request pictured twice": ("request_twice", again("acquisitions", id=lambda r: "again")),
    "stops before it starts": ("times", looks(start=lambda r: r["stop"], stop=lambda r: r["start"])),
    "middle outside": ("times", looks(middle=lambda r: r["stop"] + seconds(1.0))),
    "window over": ("window", asked(stop=lambda r: r["stop"] - seconds(0.01))),
    "window not yet open": ("window", asked(start=lambda r: r["start"] + seconds(0.01))),
    "contact after the end": ("horizon", contacts(**shifted(86400.0))),
    "picture before the start": ("horizon", looks(**shifted(-86400.0))),
    "not yet commandable": (
        "commanding",
        lambda problem, plan, rng: (
            replace(problem, commandable={s.id: plan.acquisitions.start[3] + seconds(1.0) for s in problem.satellites}),
            plan,
        ),
    ),
    "commanded picture missing": ("frozen", fixed_one(id=lambda r: "commanded")),
    "commanded picture turned": ("frozen", fixed_one(roll_deg=lambda r: r["roll_deg"] + 1.0)),
    "commanded contact missing": ("frozen", fixed_contact),
    "taken by another satellite": ("offered", other_satellite),
    "roll 0.05 deg off": ("pointing", looks(roll_deg=lambda r: r["roll_deg"] + 0.05)),
    "pitch 0.05 deg off": ("pointing", looks(pitch_deg=lambda r: r["pitch_deg"] - 0.05)),
    "0.1 s late": ("pointing", looks(middle=lambda r: r["middle"] + seconds(0.1))),
    "off-nadir misstated": ("off_nadir", looks(off_nadir_deg=lambda r: r["off_nadir_deg"] - 1.0)),
    "off-nadir over the limit": ("off_nadir", asked(max_off_nadir_deg=lambda r: r["off_nadir_deg"] - 0.1)),
    "Sun misstated": ("sun", looks(sun_elevation_deg=lambda r: r["sun_elevation_deg"] + 1.0)),
    "Sun too low": ("sun", asked(min_sun_elevation_deg=lambda r: r["sun_elevation_deg"] + 0.1)),
    "pixel size misstated": ("gsd", looks(gsd_m=lambda r: r["gsd_m"] * 1.1)),
    "starts late": ("coverage", looks(start=lambda r: r["start"] + (r["middle"] - r["start"]) / 3)),
    "place too wide": ("coverage", craft(optics=lambda o: replace(o, detectors=100))),
    "half the data": ("data", looks(data_bit=lambda r: r["data_bit"] / 2.0)),
    "twenty times the data": ("data", looks(data_bit=lambda r: r["data_bit"] * 20.0)),
    "brighter forecast": ("forecast", looks(p_clear=lambda r: r["p_clear"] + 0.05)),
    "value misstated": ("look_value", looks(value=lambda r: r["value"] + 0.01)),
    "plan value misstated": ("plan_value", overall(value=lambda p: p.value + 0.01)),
    "bound below the value": ("bound", overall(bound=lambda p: p.value - 0.01)),
    "two pictures at once": ("overlap", close_pair(-0.1)),
    "no time to turn": ("slew", close_pair(3.0)),
    "a slower satellite": ("slew", craft(agility=lambda a: replace(a, settling_s=a.settling_s + 600.0))),
    "picture in contact": ("imaging_in_contact", contact_over_picture),
    "two contacts at once": ("contact_overlap", again("contacts", id=lambda r: "twin", volume_bit=lambda r: 0.0)),
    "antenna not set up": ("antenna", antenna_taken),
    "below the horizon": ("visibility", contacts(**shifted(1500.0))),
    "faster than the radio": ("rate", contacts(rate_bit_s=lambda r: r["rate_bit_s"] * 2.0)),
    "volume misstated": ("volume", contacts(volume_bit=lambda r: r["volume_bit"] + 1e6)),
    "contact too short": ("volume", contacts(stop=lambda r: r["start"] + seconds(0.01))),
    "another satellite's contact": ("delivery", other_contact),
    "sent before it was taken": ("delivery", sent_before_taken),
    "received too early": ("on_ground", looks(on_ground=lambda r: r["on_ground"] - seconds(120.0))),
    "received after the contact": ("on_ground", looks(on_ground=lambda r: r["on_ground"] + seconds(900.0))),
    "deadline missed": ("deadline", asked(deadline=lambda r: r["on_ground"] - seconds(1.0))),
    "memory too small": ("memory", craft(memory=lambda m: replace(m, capacity_bit=1.5e7))),
    "battery too low at first": ("battery", craft(power=lambda p: replace(p, initial_wh=p.min_wh + 0.5))),
    "battery too small": ("battery", craft(power=lambda p: replace(p, min_wh=p.battery_wh - 3.0))),
    "unanswered request": ("unanswered", refused(lambda plan, rng: plan.refused[1:])),
    "refused and planned": (
        "refusal",
        refused(lambda plan, rng: (*plan.refused, Refusal(str(plan.acquisitions.request[0]), "memory", "full"))),
    ),
    "refused though not asked": (
        "refusal",
        refused(lambda plan, rng: (*plan.refused, Refusal("nobody", "memory", "full"))),
    ),
    "refused without a reason": (
        "refusal",
        refused(lambda plan, rng: (replace(plan.refused[0], because=" "), *plan.refused[1:])),
    ),
    "refused twice": ("refusal", refused(lambda plan, rng: (*plan.refused, plan.refused[0]))),
}
"""by a name for people: the rule it breaks, and how it is done"""
