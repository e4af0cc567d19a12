"""Faults that need orders and satellites of every kind, each with the rule that must be found broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from swath.model import Plan
from swath.plan.problem import Problem
from swath.time import seconds
from tests.plan.faults import Fault, Faulty, asked, craft, edit, looks


def of(prefix: str, **make: Callable[[dict], object]) -> Fault:
    """Changes columns of a random picture of requests whose id starts so."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        rows = np.flatnonzero(np.char.startswith(plan.acquisitions.request, prefix))
        row = int(rng.choice(rows))
        old = list(plan.acquisitions.rows())[row]
        return problem, replace(
            plan, acquisitions=edit(plan.acquisitions, row, **{name: f(old) for name, f in make.items()})
        )

    return fault


def without(prefix: str) -> Fault:
    """Takes one picture of such a request out."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        rows = np.flatnonzero(np.char.startswith(plan.acquisitions.request, prefix))
        keep = np.arange(len(plan.acquisitions)) != rng.choice(rows)
        return problem, replace(plan, acquisitions=plan.acquisitions.take(keep))

    return fault


def wanted(prefix: str, **values: object) -> Fault:
    """Changes what planned requests of that name ask for."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        have = set(plan.acquisitions.request.tolist())
        requests = tuple(
            replace(r, **values) if r.id.startswith(prefix) and r.id in have else r for r in problem.requests
        )
        return replace(problem, requests=requests), plan

    return fault


def told_share(**make: Callable[[Any], Any]) -> Fault:
    """Changes what is told of one owner's share."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        n = int(rng.integers(len(plan.shares)))
        wrong = replace(plan.shares[n], **{name: f(getattr(plan.shares[n], name)) for name, f in make.items()})
        return problem, replace(plan, shares=(*plan.shares[:n], wrong, *plan.shares[n + 1 :]))

    return fault


def owned(**values: float) -> Fault:
    """Takes away from the owner who has most."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        of_request = {r.id: r.owner for r in problem.requests}
        names, counts = np.unique([of_request[str(id)] or "a" for id in plan.acquisitions.request], return_counts=True)
        busy = names[counts.argmax()]
        owners = tuple(replace(o, **values) if o.id == busy else o for o in problem.owners)
        return replace(problem, owners=owners), plan

    return fault


def bundled(change: Callable[[object], dict[str, object]]) -> Fault:
    """Changes a bundle that is in the plan several times."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        have = set(plan.acquisitions.request.tolist())
        busy = max(problem.bundles, key=lambda b: len(have & set(b.requests)))
        changed = tuple(replace(b, **change(b)) if b is busy else b for b in problem.bundles)
        return replace(problem, bundles=changed), plan

    return fault


def closed(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    row = list(plan.contacts.rows())[int(rng.integers(len(plan.contacts)))]
    shut = ((row["stop"] - seconds(1.0), row["stop"] + seconds(60.0)),)
    stations = tuple(replace(s, maintenance=shut) if s.id == row["station"] else s for s in problem.stations)
    return replace(problem, stations=stations), plan


def station_with(**values: object) -> Fault:
    """Changes all stations."""
    return lambda problem, plan, rng: (
        replace(problem, stations=tuple(replace(s, **values) for s in problem.stations)),
        plan,
    )


def every(**make: Callable[[object], object]) -> Fault:
    """Changes a part of all satellites."""
    return some(lambda problem, one: True, **make)


def sunned(**make: Callable[[object], object]) -> Fault:
    """Changes a part of the satellites of which the problem says where the Sun is."""
    return some(lambda problem, one: bool(np.isin(one.id, problem.sun.satellite)), **make)


def some(which: Callable[[Problem, object], bool], **make: Callable[[object], object]) -> Fault:
    """Changes a part of some satellites."""

    def fault(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
        fleet = tuple(
            replace(s, **{n: f(getattr(s, n)) for n, f in make.items()}) if which(problem, s) else s
            for s in problem.satellites
        )
        return replace(problem, satellites=fleet), plan

    return fault


def another_only(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    """A picture's request allows all satellites but the one that takes it."""
    row = list(plan.acquisitions.rows())[int(rng.integers(len(plan.acquisitions)))]
    others = tuple(s.id for s in problem.satellites if s.id != row["satellite"])
    requests = tuple(replace(r, satellites=others) if r.id == row["request"] else r for r in problem.requests)
    return replace(problem, requests=requests), plan


def near_each_other(problem: Problem, plan: Plan, rng: np.random.Generator) -> Faulty:
    """Two pictures of one satellite are asked to be farther apart than they are."""
    first, second = plan.acquisitions.request[:2]
    gap_s = abs((plan.acquisitions.start[1] - plan.acquisitions.start[0]) / np.timedelta64(1, "s"))
    asked = {str(first): ((str(second), gap_s + 1.0),)}
    requests = tuple(replace(r, apart=asked.get(r.id, r.apart)) for r in problem.requests)
    return replace(problem, requests=requests), plan


WIDE_FAULTS: dict[str, tuple[str, Fault]] = {
    "a satellite that may not": ("satellite", another_only),
    "another sensor": ("satellite", asked(sensor=lambda r: "radar")),
    "clearer sky asked": ("cloud", asked(min_p_clear=lambda r: r["p_clear"] + 0.01)),
    "finer pixels asked": ("gsd", asked(max_gsd_m=lambda r: 0.9 * r["gsd_m"])),
    "the other side asked": ("side", asked(side=lambda r: "left" if r["roll_deg"] > 0 else "right")),
    "one look of a pair": ("stereo", without("stereo")),
    "two looks of three": ("stereo", without("tri")),
    "wider convergence asked": ("stereo", wanted("stereo", convergence_deg=(75.0, 90.0))),
    "narrower convergence asked": ("stereo", wanted("tri", convergence_deg=(0.0, 5.0))),
    "three looks asked": ("stereo", wanted("stereo", looks=3)),
    "two looks where one is asked": ("request_twice", wanted("stereo", looks=1)),
    "too near in time": ("apart", near_each_other),
    "pictures over the quota": ("quota", owned(max_pictures=1)),
    "a share told too large": ("share", told_share(image_s=lambda s: s + 1.0)),
    "pictures told of another": ("share", told_share(pictures=lambda n: n + 1)),
    "a fair share told larger": ("share", told_share(fair_share=lambda s: s / 2.0)),
    "a share of the imaging told too large": ("share", told_share(share=lambda s: s + 0.1)),
    "a due told too small": ("share", told_share(due_s=lambda s: s - 1.0)),
    "left over and not told": ("share", told_share(left_over=lambda ids: ids[1:] or ("nobody",))),
    "imaging over the quota": ("quota", owned(max_image_s=1.0)),
    "more pictures than asked": ("most", bundled(lambda b: {"most": 1})),
    "credited with the whole area": ("cells", bundled(lambda b: {"cells": (tuple(range(b.count)),) * len(b.cells)})),
    "another gain": ("plan_value", bundled(lambda b: {"gain": ((0.0, 0.0), (0.1, 0.9), (1.0, 1.0))})),
    "a smaller bundle": ("plan_value", bundled(lambda b: {"value": b.value / 2.0})),
    "another priority": ("look_value", wanted("p-", priority=1)),
    "faster decay": ("look_value", asked(halves_s=lambda r: 600.0)),
    "quality of coarse pixels": ("look_value", asked(good_gsd_m=lambda r: r["gsd_m"] / 2.0)),
    "late but worth as much": ("look_value", of("series", value=lambda r: r["value"] * 1.2)),
    "contacts that cost": ("plan_value", station_with(cost_per_min=1.0)),
    "longer tear-down": ("antenna", station_with(teardown_s=20000.0)),
    "hills round the station": ("visibility", station_with(mask=((0.0, 85.0), (180.0, 80.0)))),
    "a least elevation that is higher": ("visibility", station_with(min_elevation_deg=85.0)),
    "in maintenance": ("maintenance", closed),
    "nearer to the Sun than allowed": ("sun_keep_out", sunned(agility=lambda a: replace(a, sun_keep_out_deg=120.0))),
    "round the Sun takes longer": ("slew", sunned(agility=lambda a: replace(a, sun_keep_out_deg=175.0))),
    "longer than its duty": ("duty", every(duty=lambda d: replace(d, image_s=3.0))),
    "duty of a longer orbit": ("duty", every(duty=lambda d: replace(d, window_s=86400.0, image_s=5.0))),
    "hotter than allowed": ("heat", every(thermal=lambda t: replace(t, max_k=t.rest_k + 0.2))),
    "slower cooling": ("heat", every(thermal=lambda t: replace(t, settles_s=36000.0, rise_k=60000.0))),
    "longer warm-up": ("commanding", every(duty=lambda d: replace(d, warm_up_s=86400.0))),
    "warm-up that costs power": ("battery", every(duty=lambda d: replace(d, warm_up_w=3000.0))),
    "a fixed array": (
        "battery",
        sunned(power=lambda p: replace(p, array_follows_sun=False, charge_w=60.0)),
    ),
    "slower link when low": (
        "on_ground",
        every(radio=lambda r: replace(r, rates=((0.0, 1e4), (89.0, 40e6)))),
    ),
    "no link when low": ("rate", every(radio=lambda r: replace(r, rates=((89.0, 40e6),)))),
    "a weak satellite": ("slew", craft(agility=lambda a: replace(a, max_rate_deg_s=0.05))),
    "brighter than it is": ("forecast", looks(p_clear=lambda r: min(1.0, r["p_clear"] + 0.08))),
}
"""by a name for people: the rule it breaks, and how it is done"""
