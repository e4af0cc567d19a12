"""Who has how much of the fleet, and how much is theirs?

An owner's ``fair_share`` is the share of the imaging in the plan that counts in full; what is beyond it counts as if it
were one priority class lower (``problem.BEYOND_SHARE``), so it stands where nobody who waits is worth a tenth of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.model import Share
from swath.plan.arrays import Indexed
from swath.plan.layout import LOOKS, State
from swath.plan.value_kernels import beyond_shares

__all__ = ["shares"]

Floats = npt.NDArray[np.float64]

_SOME = 1e-3
"""of a picture must be beyond its owner's share for it to be told so"""


def shares(indexed: Indexed, state: State) -> tuple[Share, ...]:
    """What does each owner have in a plan, of what it asked for, of the whole, and of its due?"""
    fleet, problem = indexed.fleet, indexed.problem
    if not problem.owners:
        return ()
    owner, wanted_s = fleet.request["owner"], _asked_s(indexed)
    asked_s = np.array([wanted_s[owner == n].sum() for n in range(len(problem.owners))])
    has_s = np.maximum(state.used[:-1, 1], 0.0)
    due_s, total_s = _even(has_s.sum(), asked_s, fleet.fair), max(float(state.used[:, 1].sum()), 1e-9)
    beyond = beyond_shares(fleet, state)
    spare = np.flatnonzero(beyond > _SOME)
    return tuple(
        Share(
            who.id,
            pictures=round(float(state.used[n, 0])),
            image_s=float(has_s[n]),
            asked_s=float(asked_s[n]),
            share=float(has_s[n]) / total_s,
            fair_share=who.fair_share,
            due_s=float(due_s[n]),
            left_over=tuple(problem.requests[q].id for q in spare[owner[spare] == n].tolist()),
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
