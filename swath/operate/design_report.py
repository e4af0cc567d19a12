"""The whole case of growing: orbits, needs, launches, losses, and what the real planner delivers after each launch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from swath.design.atlas import elements_at
from swath.design.expansion import Expanded, Stage, expanded
from swath.errors import InputError
from swath.model import Elements
from swath.operate.design_loop import Delivered, delivered
from swath.operate.workers import worker_pool
from swath.store.expansion import Case

__all__ = ["Reported", "reported"]


@dataclass(frozen=True, eq=False)
class Reported:
    """All that the report shows."""

    case: Case
    found: Expanded
    deliveries: tuple[tuple[Delivered, ...], ...]
    """for each stage, one for each sky; empty without a mission"""


def reported(
    case: Case, *, workers: int = 2, progress: Callable[[str, float], None] = lambda what, share: None
) -> Reported:
    """Works out a case over several processes. The same case gives the same with any number of them."""
    if workers < 1:
        raise InputError(f"{workers} workers", where="--workers", fix="Give 1 or more")
    share = 0.6 if case.mission is not None else 1.0
    with worker_pool(workers, ("swath.operate.design_loop",)) as pool:
        found = expanded(case.expansion, executor=pool, progress=lambda what, done: progress(what, share * done))
        if case.mission is None:
            return Reported(case, found, ())
        fleets = [_fleet(found, stage) for stage in found.stages]
        days = delivered(
            case.mission, fleets, range(case.skies), executor=pool,
            progress=lambda what, done: progress(what, share + (1.0 - share) * done),
        )  # fmt: skip
    each = [tuple(days[n * case.skies : (n + 1) * case.skies]) for n in range(len(fleets))]
    return Reported(case, found, tuple(each))


def _fleet(found: Expanded, stage: Stage) -> list[Elements]:
    return [elements_at(found.atlases[0], slot, f"S-{n + 1}", 99_000 + n) for n, slot in enumerate(stage.slots)]
