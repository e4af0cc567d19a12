"""A plan within a second or two, however large the case: what stands while the engine's task is still being built."""

from __future__ import annotations

from bisect import bisect, insort
from dataclasses import dataclass, replace

import numpy as np

from swath.plan.bench.own import OwnCase, Taken
from swath.plan.bench.own_model import always_s, offered
from swath.plan.problem import quality

__all__ = ["FirstPlan", "first_plan"]

_PAIRS = 20_000
"""satellites x orders that are looked at"""


@dataclass(frozen=True)
class FirstPlan:
    """A valid plan and what it is worth."""

    taken: list[Taken]
    value: float


def first_plan(case: OwnCase) -> FirstPlan:
    """The most valuable orders, each at the best look that leaves time for the widest turn before and after."""
    chosen = np.argsort(-case.weight, kind="stable")[: max(_PAIRS // len(case.satellites), 1)]
    some = OwnCase(
        replace(case.spec, slots=2),
        case.satellites,
        case.lon_deg[chosen],
        case.lat_deg[chosen],
        case.weight[chosen],
        case.duration_s[chosen],
    )
    seen = offered(some)
    satellite = np.repeat(np.arange(len(seen)), [len(one.order) for one in seen])
    order = np.concatenate([one.order for one in seen])
    start_s = np.concatenate([one.start_s for one in seen])
    value = some.weight[order] * quality(np.concatenate([one.off_nadir_deg for one in seen]))
    stop_s, wait_s = start_s + some.duration_s[order], always_s(case.spec)
    busy: list[list[tuple[float, float]]] = [[] for _ in seen]
    done: set[int] = set()
    taken: list[Taken] = []
    total = 0.0
    for k in np.argsort(-value, kind="stable").tolist():
        look, mine = (float(start_s[k]), float(stop_s[k])), busy[satellite[k]]
        if order[k] in done:
            continue
        at = bisect(mine, look)
        if at and look[0] < mine[at - 1][1] + wait_s:
            continue
        if at < len(mine) and mine[at][0] < look[1] + wait_s:
            continue
        insort(mine, look)
        done.add(int(order[k]))
        taken.append(Taken(int(satellite[k]), int(chosen[order[k]]), look[0]))
        total += float(value[k])
    return FirstPlan(taken, total)
