"""Who has how much of the fleet, and how much is theirs?

An owner's ``fair_share`` is a share of all the imaging that is asked for. While others wait it has no more; what is
left over in the end goes to anybody, and displaces nobody.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.model import Share
from swath.plan.arrays import Indexed
from swath.plan.layout import LOOKS, Fleet, State

__all__ = ["fair_fleet", "shares"]

Floats = npt.NDArray[np.float64]


def fair_fleet(indexed: Indexed) -> Fleet:
    """The fleet in which no owner may have more than a fair share; the same one where every share is the whole."""
    fleet, owners = indexed.fleet, indexed.problem.owners
    if not any(owner.fair_share < 1.0 for owner in owners):
        return fleet
    allowed = fleet.allowed.copy()
    fair_s = np.array([owner.fair_share for owner in owners]) * _asked_s(indexed).sum()
    allowed[:, 1] = np.minimum(allowed[:, 1], fair_s)
    return fleet._replace(allowed=allowed)


def shares(indexed: Indexed, state: State) -> tuple[Share, ...]:
    """What does each owner have in a plan, of what it asked for and of all that is asked for?"""
    fleet, asked_s = indexed.fleet, _asked_s(indexed)
    owner = fleet.request["owner"]
    total_s = max(float(asked_s.sum()), 1e-9)
    return tuple(
        Share(
            who.id,
            pictures=round(float(state.used[n, 0])),
            image_s=max(float(state.used[n, 1]), 0.0),
            asked_s=float(asked_s[owner == n].sum()),
            share=max(float(state.used[n, 1]), 0.0) / total_s,
            fair_share=who.fair_share,
        )
        for n, who in enumerate(indexed.problem.owners)
    )


def _asked_s(indexed: Indexed) -> Floats:
    """By request: how long its best picture images, fixed ones as they are; 0 where it has no look."""
    fleet = indexed.fleet
    length = fleet.look["stop"] - fleet.look["start"]
    first, asked = fleet.request["first"], np.zeros(len(fleet.request))
    has = np.flatnonzero(first < fleet.request["last"])
    best = fleet.choice[first[has]]
    for k in range(LOOKS):
        more = fleet.look["count"][best] > k
        asked[has[more]] += length[best[more] + k]
    fixed = np.flatnonzero(indexed.source < 0)
    np.add.at(asked, fleet.look["request"][fixed], length[fixed])
    return asked
