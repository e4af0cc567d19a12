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
