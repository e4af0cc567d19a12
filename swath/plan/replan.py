"""A life of plans: what is commanded stays, the rest is planned again when something happens, and changes are told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Acquisitions, Plan, Refusal, Windows
from swath.plan.looks import ClearSky
from swath.plan.problem import Problem, quality, with_frozen, worth
from swath.plan.solve import Stop, solve
from swath.time import format_utc, seconds

__all__ = ["Change", "changes", "forbid", "lock", "lost_contact", "picture_failed", "replan", "with_forecast"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Change:
    """What became of a request from one plan to the next."""

    request: str
    what: str
    """``new``, ``moved`` (another satellite or time) or ``dropped``"""
    because: str


def replan(
    problem: Problem,
    plan: Plan,
    *,
    seed: int,
    made: np.datetime64,
    churn_loss: float = 0.0,
    rounds: int | None = None,
    stop: Stop = lambda: False,
    late: Stop | None = None,
) -> tuple[Problem, Plan, tuple[Change, ...]]:
    """The problem with what is commanded held fixed, a new plan that starts from the old one, and what changed.

    A picture of the old plan gives way only to ``churn_loss`` more value. ``problem`` is the present one: with the new
    orders (``with_orders``), without the lost contact, and so on; its ``commandable`` times say what is commanded.
    """
    fixed = with_frozen(problem, plan)
    frozen = Acquisitions.join([fixed.frozen, _locked(problem, fixed)])
    fixed = replace(fixed, frozen=frozen, former=plan.acquisitions, churn_loss=churn_loss, multipliers=plan.multipliers)
    after = solve(fixed, seed=seed, made=made, rounds=rounds, stop=stop, late=late)
    return fixed, after, changes(problem, plan, after)


def _locked(problem: Problem, fixed: Problem) -> Acquisitions:
    """Pictures that the problem held fixed before and that are not so because of their time."""
    return problem.frozen.take(~np.isin(problem.frozen.id, fixed.frozen.id))


def changes(problem: Problem, before: Plan, after: Plan) -> tuple[Change, ...]:
    """Every request that is new, moved or dropped, and why; those dropped first."""
    refused = {refusal.request: refusal for refusal in after.refused}
    of_bundle = {id: bundle.id for bundle in problem.bundles for id in bundle.requests}
    old, new = _where(before), _where(after)
    found: list[tuple[int, Change]] = []
    for id in sorted(old.keys() | new.keys()):
        if old.get(id) == new.get(id):
            continue
        if id not in new:
            why = refused.get(id) or refused.get(of_bundle.get(id, ""))
            because = f"was to be pictured {_told(old[id])}; "
            because += why.because if why else "the others of its order are worth more together without it"
            found.append((0, Change(id, "dropped", because)))
        elif id in old:
            found.append((1, Change(id, "moved", f"{_told(old[id])} before, now {_told(new[id])}")))
        else:
            found.append((2, Change(id, "new", f"to be pictured {_told(new[id])}")))
    return tuple(change for _, change in sorted(found, key=lambda pair: (pair[0], pair[1].request)))


def _where(plan: Plan) -> dict[str, tuple[tuple[str, np.datetime64], ...]]:
    found: dict[str, tuple[tuple[str, np.datetime64], ...]] = {}
    for row in plan.acquisitions.rows():
        found[str(row["request"])] = (*found.get(str(row["request"]), ()), (str(row["satellite"]), row["start"]))
    return found


def _told(looks: tuple[tuple[str, np.datetime64], ...]) -> str:
    return " and ".join(f"by {satellite} at {format_utc(at)}" for satellite, at in looks)


def lost_contact(problem: Problem, plan: Plan, contact: str) -> Problem:
    """The problem when a planned contact will not take place: its pass is gone, its pictures need another way down."""
    rows = np.flatnonzero(plan.contacts.id == contact)
    if not len(rows):
        raise InputError(f"there is no contact {contact!r}", where="plan", fix="Give an id of the plan's contacts")
    row = next(plan.contacts.take(rows[:1]).rows())
    setup = seconds(next(s.setup_s for s in problem.stations if s.id == row["station"]))
    cut = [piece for one in problem.passes.rows() for piece in _without(one, row, setup)]
    fixed = problem.frozen_contacts
    return replace(problem, passes=Windows.from_rows(cut), frozen_contacts=fixed.take(fixed.id != contact))


def _without(
    one: dict[str, np.datetime64], row: dict[str, np.datetime64], setup: np.timedelta64
) -> list[dict[str, object]]:
    """What is left of a pass when a contact in it is lost: nothing before the contact's end."""
    same = one["satellite"] == row["satellite"] and one["subject"] == row["station"]
    if not same or one["start"] > row["stop"] or one["stop"] < row["start"]:
        return [dict(one)]
    later = row["stop"] + setup
    return [{**one, "start": later}] if later < one["stop"] else []


def picture_failed(problem: Problem, plan: Plan, acquisition: str) -> Problem:
    """The problem when a picture was not taken or is spoiled: its request is open again for every other look."""
    rows = np.flatnonzero(plan.acquisitions.id == acquisition)
    if not len(rows):
        raise InputError(f"there is no picture {acquisition!r}", where="plan", fix="Give an id of the plan's pictures")
    row = next(plan.acquisitions.take(rows[:1]).rows())
    looks = problem.opportunities
    gone = (looks.request == row["request"]) & (looks.satellite == row["satellite"]) & (looks.start <= row["stop"])
    return replace(
        problem,
        opportunities=looks.take(~gone),
        frozen=problem.frozen.take(problem.frozen.request != row["request"]),
    )


def with_forecast(problem: Problem, p_clear: ClearSky) -> Problem:
    """The problem under a new forecast: P(clear) and value of every camera's look anew; those below cloud limits go."""
    looks = problem.opportunities
    requests = {request.id: request for request in problem.requests}
    asked = [requests[str(id)] for id in looks.request]
    lon, lat = (np.array([getattr(r.place, name) for r in asked], np.float64) for name in ("lon_deg", "lat_deg"))
    clear = np.asarray(p_clear(lon_deg=lon, lat_deg=lat, at=looks.middle), np.float64)
    radar = np.isin(looks.satellite, [satellite.id for satellite in problem.satellites if satellite.radar is not None])
    clear = np.where(radar, 1.0, clear)
    good = quality(
        np.where(radar, 0.0, looks.off_nadir_deg), looks.gsd_m, np.array([r.good_gsd_m for r in asked], np.float64)
    )
    value = np.array([worth(r) for r in asked], np.float64) * good * clear
    kept = clear >= np.array([r.min_p_clear for r in asked], np.float64)
    offered = replace(looks, p_clear=clear, value=value).take(kept)
    dark = set(looks.request.tolist()) - set(offered.request.tolist())
    refused = {
        id: Refusal(id, "too_cloudy", f"P(clear) is below {requests[id].min_p_clear:g} at all of its passes now")
        for id in dark
    }
    return replace(problem, opportunities=offered, unoffered={**problem.unoffered, **refused})


def lock(problem: Problem, plan: Plan, requests: Collection[str]) -> Problem:
    """The problem in which pictures of a plan stay as they are, whatever else changes (their way down may)."""
    planned = set(plan.acquisitions.request.tolist())
    strange = sorted(set(requests) - planned)
    if strange:
        raise InputError(f"request {strange[0]!r} is not in the plan", where="lock", fix="Lock what is planned")
    free = ~np.isin(plan.acquisitions.request, problem.frozen.request)
    kept = plan.acquisitions.take(np.isin(plan.acquisitions.request, list(requests)) & free)
    return replace(problem, frozen=Acquisitions.join([problem.frozen, kept]))


def forbid(problem: Problem, request: str, satellite: str = "") -> Problem:
    """The problem without the looks of a request (or bundle), all of them or those of one satellite."""
    members = next((bundle.requests for bundle in problem.bundles if bundle.id == request), (request,))
    if not set(members) <= {r.id for r in problem.requests}:
        raise InputError(f"there is no order {request!r}", where="forbid", fix="Give its id")
    looks = problem.opportunities
    gone = np.isin(looks.request, members) & ((looks.satellite == satellite) | (not satellite))
    left = set(looks.request[~gone].tolist())
    refused = {
        id: Refusal(id, "forbidden", f"forbidden by hand{' for ' + satellite if satellite else ''}: 0 looks are left")
        for id in members
        if id not in left and id not in problem.unoffered
    }
    return replace(problem, opportunities=looks.take(~gone), unoffered={**problem.unoffered, **refused})
