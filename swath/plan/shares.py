"""Who has how much of the fleet, and how much is theirs?

An owner's ``fair_share`` is a share of the imaging in the plan. While others wait it has no more; what is left over in
the end goes to anybody, and stands in nobody's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from swath.model import Share
from swath.plan.arrays import Indexed
from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.search.kernels import admits, holds
from swath.plan.sequence_kernels import activity, copy_state
from swath.plan.state import copy_of

__all__ = ["fair_fleet", "imaging_s", "left_over", "left_to", "make_room", "shares"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_SECOND = 1e-6


def fair_fleet(indexed: Indexed, image_s: Callable[[], float]) -> Fleet:
    """The fleet in which no owner has more than a fair share of so much imaging; the same where all may have all."""
    fleet, fair = indexed.fleet, _fair(indexed)
    if (fair >= 1.0).all():
        return fleet
    allowed = fleet.allowed.copy()
    allowed[:, 1] = np.where(fair < 1.0, np.minimum(allowed[:, 1], fair * image_s()), allowed[:, 1])
    return fleet._replace(allowed=allowed)


def left_to(indexed: Indexed, state: State) -> Iterator[Fleet]:
    """For each owner with a fair share the fleet in which it may have more, but nobody else's picture ever leaves."""
    fleet = indexed.fleet
    for n in np.flatnonzero(_fair(indexed) < 1.0).tolist():
        request = fleet.request.copy()
        request["urgent"] |= (state.look >= 0) & (request["owner"] != n)
        yield fleet._replace(request=request)


def make_room(indexed: Indexed, state: State) -> None:
    """Let every waiting request of somebody below a fair share have the place of a picture that is left over."""
    fleet, trial = indexed.fleet, copy_of(indexed.fleet, state)
    for _ in range(len(fleet.request)):
        for spare, look in _exchanges(indexed, state):
            if admits(fleet, trial, state, np.array([spare]), look) and holds(fleet, trial):
                copy_state(state, trial)
                break
        else:
            return


def _exchanges(indexed: Indexed, state: State) -> Iterator[tuple[int, int]]:
    """A picture that is left over, and a look that could stand in its place: the most valuable first."""
    fleet, over = indexed.fleet, left_over(indexed, state)
    spare = [q for qs in over for q in qs if fleet.look[state.look[q]]["count"] == 1]
    if not spare:
        return
    fair = np.append(_fair(indexed), 1.0)  # the last: of nobody
    has_s = np.append(state.used[:, 1], 0.0)
    owner = fleet.request["owner"][fleet.look["request"][fleet.choice]]
    length = fleet.look["stop"] - fleet.look["start"]
    below = has_s[owner] + length[fleet.choice] <= fair[owner] * imaging_s(indexed, state) + _SECOND
    waits = below & (state.look[fleet.look["request"][fleet.choice]] < 0)
    looks = fleet.choice[waits & (fleet.look["count"][fleet.choice] == 1)]
    looks = looks[(fleet.request["bundle"][fleet.look["request"][looks]] < 0) & (fleet.look["value"][looks] > 0.0)]
    looks = looks[np.argsort(-fleet.look["value"][looks], kind="stable")]
    for q in spare:
        taken = fleet.look[state.look[q]]
        begin_s, end_s = _place(fleet, state, int(taken["satellite"]), LOOKS * q)
        one = fleet.look[looks]
        fits = (one["satellite"] == taken["satellite"]) & (one["start"] > begin_s) & (one["stop"] < end_s)
        fits &= (one["bit"] <= taken["bit"]) & (one["stop"] - one["start"] <= taken["stop"] - taken["start"] + _SECOND)
        fits &= fleet.request["owner"][one["request"]] != fleet.request["owner"][q]
        for look in looks[fits].tolist():
            yield q, look


def _place(fleet: Fleet, state: State, s: int, code: int) -> tuple[float, float]:
    """From the end of what a satellite does before a picture to the beginning of what it does after it."""
    items = state.item[s, : state.length[s]].tolist()
    at = items.index(code)
    before = activity(fleet, state, items[at - 1])[1] if at else 0.0
    after = activity(fleet, state, items[at + 1])[0] if at + 1 < len(items) else np.inf
    return float(before), float(after)


def left_over(indexed: Indexed, state: State) -> list[list[int]]:
    """By owner: the requests, the least valuable first, without which it has a fair share; no fixed or urgent ones."""
    fleet, fair = indexed.fleet, _fair(indexed)
    total_s, length = imaging_s(indexed, state), fleet.look["stop"] - fleet.look["start"]
    found: list[list[int]] = []
    bound = fleet.request["fixed"] | fleet.request["urgent"]
    for n in range(len(fair)):
        over_s = float(state.used[n, 1]) - fair[n] * total_s
        mine = np.flatnonzero((fleet.request["owner"] == n) & (state.look >= 0) & ~bound)
        some: list[int] = []
        for q in (
            mine[np.argsort(fleet.look["value"][state.look[mine]], kind="stable")].tolist() if fair[n] < 1.0 else ()
        ):
            if over_s <= _SECOND:
                break
            some.append(q)
            look = int(state.look[q])
            over_s -= float(length[look : look + int(fleet.look[look]["count"])].sum())
        found.append(some)
    return found


def imaging_s(indexed: Indexed, state: State) -> float:
    """Seconds of imaging in a plan, whoever's they are."""
    fleet = indexed.fleet
    length = np.append(fleet.look["stop"] - fleet.look["start"], np.zeros(LOOKS))
    first = state.look[state.look >= 0]
    count = fleet.look["count"][first]
    return float(sum(np.where(count > k, length[first + k], 0.0).sum() for k in range(LOOKS)))


def shares(indexed: Indexed, state: State) -> tuple[Share, ...]:
    """What does each owner have in a plan, of what it asked for, of the whole, and of its due?"""
    fleet, problem = indexed.fleet, indexed.problem
    if not problem.owners:
        return ()
    owner, wanted_s = fleet.request["owner"], _asked_s(indexed)
    asked_s = np.array([wanted_s[owner == n].sum() for n in range(len(problem.owners))])
    has_s = np.maximum(state.used[:, 1], 0.0)
    due_s, total_s = _even(has_s.sum(), asked_s, _fair(indexed)), max(imaging_s(indexed, state), 1e-9)
    spare = left_over(indexed, state)
    return tuple(
        Share(
            who.id,
            pictures=round(float(state.used[n, 0])),
            image_s=float(has_s[n]),
            asked_s=float(asked_s[n]),
            share=float(has_s[n]) / total_s,
            fair_share=who.fair_share,
            due_s=float(due_s[n]),
            left_over=tuple(problem.requests[q].id for q in spare[n]),
        )
        for n, who in enumerate(problem.owners)
    )


def _even(total_s: float, asked_s: Floats, fair: Floats) -> Floats:
    """So much imaging divided by weights, nobody more than asked for (weighted max-min: filled like water)."""
    due_s, left_s = np.zeros(len(asked_s)), total_s
    order = np.argsort(asked_s / fair, kind="stable")
    for n, weights in zip(order.tolist(), np.cumsum(fair[order][::-1])[::-1].tolist(), strict=True):
        due_s[n] = min(asked_s[n], left_s * fair[n] / weights)
        left_s -= due_s[n]
    return due_s


def _fair(indexed: Indexed) -> Floats:
    return np.array([owner.fair_share for owner in indexed.problem.owners], np.float64)


def _asked_s(indexed: Indexed) -> Floats:
    """By request: how long its longest picture images, a fixed one as it is; 0 where it has no look."""
    fleet = indexed.fleet
    length = np.append(fleet.look["stop"] - fleet.look["start"], np.zeros(LOOKS))
    count = fleet.look["count"][fleet.choice]
    picture_s = sum(np.where(count > k, length[fleet.choice + k], 0.0) for k in range(LOOKS))
    asked = np.zeros(len(fleet.request))
    np.maximum.at(asked, fleet.look["request"][fleet.choice], picture_s)
    fixed = np.flatnonzero(indexed.source < 0)
    np.add.at(asked, fleet.look["request"][fixed], length[fixed])
    return asked
