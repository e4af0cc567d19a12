"""A plan within a second or two, however large the case: what stands while the engine's task is still being built."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from swath.model import Elements
from swath.plan.bench.own import OwnCase, Taken
from swath.plan.bench.own_model import always_s, offered
from swath.plan.problem import quality

__all__ = ["FirstPlan", "first_plans"]

_ORDERS = 1000
"""that are looked at for one satellite"""


@dataclass(frozen=True)
class FirstPlan:
    """A valid plan and what it is worth."""

    taken: list[Taken]
    value: float


def first_plans(case: OwnCase) -> Iterator[FirstPlan]:
    """Plans that grow satellite by satellite: each takes the most valuable orders that are left, each order at the best
    look that leaves time for the widest turn before and after.
    """
    by_weight = np.argsort(-case.weight, kind="stable")
    left = np.ones(len(by_weight), np.bool_)
    plan = FirstPlan([], 0.0)
    for number, satellite in enumerate(case.satellites):
        chosen = by_weight[left[by_weight]][:_ORDERS]
        looks, value = _day_of(case, satellite, chosen)
        mine = [Taken(number, int(chosen[order]), start_s) for order, start_s in looks]
        left[[look.order for look in mine]] = False
        plan = FirstPlan([*plan.taken, *mine], plan.value + value)
        yield plan


def _day_of(case: OwnCase, satellite: Elements, chosen: np.ndarray) -> tuple[list[tuple[int, float]], float]:
    """What one satellite takes of some orders, (place among them, start), and what that is worth."""
    some = OwnCase(
        replace(case.spec, slots=2),
        (satellite,),
        case.lon_deg[chosen],
        case.lat_deg[chosen],
        case.weight[chosen],
        case.duration_s[chosen],
    )
    (seen,) = offered(some)
    stop_s, wait_s = seen.start_s + some.duration_s[seen.order], always_s(case.spec)
    value = some.weight[seen.order] * quality(seen.off_nadir_deg)
    busy: list[tuple[float, float]] = []
    done: dict[int, float] = {}
    total = 0.0
    for k in np.argsort(-value, kind="stable").tolist():
        look, order = (float(seen.start_s[k]), float(stop_s[k])), int(seen.order[k])
        at = bisect(busy, look)
        early = at > 0 and look[0] < busy[at - 1][1] + wait_s
        late = at < len(busy) and busy[at][0] < look[1] + wait_s
        if order in done or early or late:
            continue
        insort(busy, look)
        done[order] = look[0]
        total += float(value[k])
    return list(done.items()), total
