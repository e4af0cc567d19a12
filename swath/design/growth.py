"""What does the next launch buy? The best orbit for it beside what flies, what one loss would leave, and the best aim.

Two ways to grow are set side by side: buying the best each time, and aiming at the best constellation of the last
launch. The first is never worse along the way; the second never at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from swath.access.stream import Executor
from swath.design.atlas import Atlas, Columns, Slot, fleet_looks, own_columns, slot_columns
from swath.design.coverage import Coverage, coverage_of
from swath.design.evolve import evolve
from swath.errors import InputError

__all__ = [
    "GOALS", "Found", "Goal", "Grown", "best_pattern", "exact_coverage", "fleet_value", "grow", "pareto", "search",
    "slots_coverage", "value_of",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Slots = tuple[Slot, ...]
Goal = Literal[
    "response_p95", "response_mean", "gap_mean", "gap_p95", "gap_largest", "delivery_p95", "delivery_mean"
]  # fmt: skip
GOALS: tuple[Goal, ...] = ("response_p95", "response_mean", "gap_mean", "gap_p95", "gap_largest")
"""those that need no stations"""

_Choices = tuple["Found | None", "Found | None", "Found | None"]

_NEVER_DAYS = 1e6
"""what a fleet that never looks is worth"""
_WORTH_PLANE = 0.95
"""a plane of its own must bring the goal down to this share of what the first one's would: it is never undone"""
_MOST = 40


@dataclass(frozen=True)
class Found:
    """A constellation and what it is worth (days of the goal: less is better)."""

    days: float
    slots: Slots
    name: str


@dataclass(frozen=True)
class Grown:
    """The constellation after a launch, in days of the goal."""

    satellites: int
    chosen: Found
    """what to launch: ``name`` is flying, same plane, spread again (evenly in the one plane) or new plane"""
    same_plane: Found | None
    """with the new one in the plane of the first, the others where they are"""
    new_plane: Found | None
    spread: Found | None
    """all in one plane, spread evenly again; ``None`` where they are in several"""
    pattern: Found
    """the best Walker pattern of as many that holds the first"""
    free: Found
    """the best found if all that do not fly yet could be placed anew"""
    losses_days: tuple[float, ...]
    """of the chosen one, after losing each satellite in turn"""
    toward: Found
    """on the way to the best constellation of the last launch"""


def value_of(coverage: Coverage, goal: Goal) -> float:
    """The number (days) that a goal is about. A fleet that leaves part of the region unseen pays for it."""
    unseen = max(1.0 - coverage.seen_fraction, 0.0)
    spreads = {"response": coverage.response, "gap": coverage.gap, "delivery": coverage.delivery}
    spread = spreads[goal.split("_")[0]]
    if goal == "gap_largest":
        return float(coverage.point_largest_days.max()) + (unseen * _NEVER_DAYS if unseen > 1e-9 else 0.0)
    if spread is None:
        return _NEVER_DAYS
    days = spread.mean_days if goal.endswith("mean") else spread.p95_days
    return days + (unseen * _NEVER_DAYS if unseen > 1e-9 else 0.0)


def slots_coverage(atlases: Sequence[Atlas], slots: Sequence[Slot]) -> Coverage:
    """What do satellites in these slots see of the region, to the atlas's half degree of longitude?"""
    return _together(atlases, [slot_columns(atlases[slot.shape], slot.raan_deg, slot.phase_deg) for slot in slots])


def exact_coverage(atlases: Sequence[Atlas], slots: Sequence[Slot]) -> Coverage:
    """The same from each satellite's own motion, nothing rounded."""
    return _together(atlases, [own_columns(atlases[slot.shape], slot) for slot in slots])


def fleet_value(atlases: Sequence[Atlas], parts: Sequence[Columns], goal: Goal) -> float:
    """The number (days) that a goal is about, of satellites whose looks are found already; 1e6 for none."""
    return value_of(_together(atlases, parts), goal)


def _together(atlases: Sequence[Atlas], parts: Sequence[Columns]) -> Coverage:
    nothing: Columns = (np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))
    return coverage_of(fleet_looks(atlases[0], parts or [nothing]))


def best_pattern(atlases: Sequence[Atlas], first: Slot, count: int, goal: Goal) -> Found:
    """The best Walker pattern, delta or star, of so many satellites of which the first is given: all are tried."""
    best: Found | None = None
    for planes in (p for p in range(1, count + 1) if count % p == 0):
        for phasing in range(planes):
            for star in (False, True) if planes > 1 else (False,):
                slots = _walker(first, count, planes, phasing, star)
                days = value_of(slots_coverage(atlases, slots), goal)
                if best is None or days < best.days:
                    best = Found(days, slots, f"{count}/{planes}/{phasing}{' star' if star else ''}")
    assert best is not None
    return best


def _walker(first: Slot, count: int, planes: int, phasing: int, star: bool) -> Slots:
    each, around = count // planes, 180.0 if star else 360.0
    found = []
    for number in range(count):
        plane, place = divmod(number, each)
        along = first.phase_deg + 360.0 * place / each + 360.0 * phasing * plane / count
        found.append(Slot(first.shape, (first.raan_deg + around * plane / planes) % 360.0, along % 360.0))
    return tuple(found)


def search(
    atlases: Sequence[Atlas], fixed: Slots, count: int, goal: Goal, seed: int, known: Sequence[Slots] = ()
) -> Found:
    """The best constellation of so many satellites of which some are given, the others free in plane and place.

    Differential evolution that begins with the best Walker pattern and the even plane (where one satellite is given)
    and the ``known`` ones: never worse than any of them (tests/design/test_growth.py). The same seed gives the same
    answer. Shapes are those of the best it begins with.
    """
    starts = [slots for slots in known if len(slots) == count and slots[: len(fixed)] == fixed]
    if len(fixed) == 1:
        starts += [best_pattern(atlases, fixed[0], count, goal).slots, _walker(fixed[0], count, 1, 0, False)]
    if not starts:
        starts = [(*fixed, *_walker(fixed[0], count, count, 0, False)[len(fixed) :])]
    values = [value_of(slots_coverage(atlases, slots), goal) for slots in starts]
    best = Found(min(values), starts[int(np.argmin(values))], "free")
    free = count - len(fixed)
    if not free:
        return best
    shapes = [slot.shape for slot in best.slots[len(fixed) :]]

    def slots_of(angles: Floats) -> Slots:
        pairs = zip(shapes, angles.reshape(-1, 2).tolist(), strict=True)
        return (*fixed, *(Slot(shape, raan, phase) for shape, (raan, phase) in pairs))

    alike = [slots[len(fixed) :] for slots in starts if [slot.shape for slot in slots[len(fixed) :]] == shapes]
    angles = [np.array([[slot.raan_deg, slot.phase_deg] for slot in slots]).ravel() for slots in alike]
    found, days = evolve(
        lambda trial: value_of(slots_coverage(atlases, slots_of(trial)), goal), 2 * free, seed=seed, known=angles
    )
    return Found(days, slots_of(found), "free") if days < best.days else best


def _next(atlases: Sequence[Atlas], slots: Slots, goal: Goal, seed: int, *, in_plane: bool) -> Found:
    """The best place for one more: in the plane of the first, or anywhere on any of the shapes."""
    first, best = slots[0], None
    for shape in [first.shape] if in_plane else range(len(atlases)):

        def slot_of(angles: Floats, shape: int = shape) -> Slot:
            return Slot(shape, first.raan_deg if in_plane else float(angles[0]), float(angles[-1]))

        def cost(angles: Floats, slot_of: Callable[[Floats], Slot] = slot_of) -> float:
            return value_of(slots_coverage(atlases, (*slots, slot_of(angles))), goal)

        known = [np.array([*([] if in_plane else [first.raan_deg]), slot.phase_deg + 180.0]) for slot in slots[:8]]
        angles, days = evolve(cost, 1 if in_plane else 2, seed=seed, known=known, population=12 if in_plane else 20)
        if best is None or days < best.days:
            best = Found(days, (*slots, slot_of(angles)), "same plane" if in_plane else "new plane")
    assert best is not None
    return best


def grow(
    atlases: Sequence[Atlas],
    flying: Slots,
    launches: int,
    *,
    goal: Goal = "response_p95",
    seed: int = 0,
    executor: Executor | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> list[Grown]:
    """For each further launch of one satellite: the best next orbit given those before it, and the best aim.

    ``flying`` are the satellites that fly, or the one that is launched first; they stay, but may be moved along their
    plane if all are in one. A launch weighs one more in the plane of the first, all spread evenly again in that plane,
    and one more in any plane on any shape, which must be 5 % better: a plane is never undone. Beside it stand the best
    Walker pattern and the best found if all that do not fly could be placed anew; these are searched through the
    executor. What is chosen is measured again by its own motion, nothing rounded, and the best of all rivals is named:
    the free one is never worse than the pattern or the plane. Same seed, same answer. Raises :class:`InputError` for
    no satellite to begin with.
    """
    if not flying or not 0 <= launches <= _MOST - len(flying):
        fix = f"Give one satellite or more, and launches up to {_MOST} satellites in all"
        raise InputError(f"{len(flying)} satellites and {launches} launches", where="grow", fix=fix)
    if goal not in GOALS:
        raise InputError(f"the goal {goal!r}", where="grow", fix=f"Say one of {', '.join(GOALS)}")
    now = Found(value_of(slots_coverage(atlases, flying), goal), flying, "flying")
    steps: list[tuple[Found, _Choices]] = [(now, (None, None, None))]
    for number in range(launches):
        progress(f"launch {number + 1}", 0.7 * number / max(launches, 1))
        steps.append(_launched(atlases, steps[-1][0].slots, goal, seed + number))
    return _beside(atlases, flying, steps, goal, seed, executor, progress)


def _launched(atlases: Sequence[Atlas], slots: Slots, goal: Goal, seed: int) -> tuple[Found, _Choices]:
    same = _next(atlases, slots, goal, seed, in_plane=True)
    new = _next(atlases, slots, goal, seed, in_plane=False)
    first, spread = slots[0], None
    if all(slot.shape == first.shape and slot.raan_deg == first.raan_deg for slot in slots):
        even = _walker(first, len(slots) + 1, 1, 0, False)
        spread = Found(value_of(slots_coverage(atlases, even), goal), even, "spread again")
    level = min([same, *([spread] if spread else [])], key=lambda found: found.days)
    chosen = new if new.days < _WORTH_PLANE * level.days else level
    return chosen, (same, new, spread)


def _beside(
    atlases: Sequence[Atlas],
    flying: Slots,
    steps: Sequence[tuple[Found, _Choices]],
    goal: Goal,
    seed: int,
    executor: Executor | None,
    progress: Callable[[str, float], None],
) -> list[Grown]:
    jobs = [(atlases, flying, len(step.slots), goal, seed, [step.slots]) for step, _ in steps]
    if executor is None:
        free = []
        for number, job in enumerate(jobs):
            progress(f"{job[2]} satellites at once", 0.7 + 0.3 * number / len(jobs))
            free.append(search(*job))
    else:
        free = [future.result() for future in [executor.submit(search, *job) for job in jobs]]
    progress("every answer from its own motion", 0.9)
    measure = _Measure(atlases, goal, {})
    toward = _order(atlases, flying, free[-1].slots, goal)
    found = []
    for (step, choices), anew, aim in zip(steps, free, toward, strict=True):
        pattern = measure.again(best_pattern(atlases, flying[0], len(step.slots), goal))
        chosen, aimed = measure.again(step), measure.again(aim)
        tried = [measure.again(choice) if choice else None for choice in choices]
        rivals = [measure.again(anew), chosen, aimed, *([pattern] if len(flying) == 1 else []), *filter(None, tried)]
        best = min(rivals, key=lambda rival: rival.days)
        lost = tuple(measure.days(step.slots[:n] + step.slots[n + 1 :]) for n in range(len(step.slots)))
        found.append(Grown(len(step.slots), chosen, tried[0], tried[1], tried[2], pattern, best, lost, aimed))
    return found


@dataclass(frozen=True)
class _Measure:
    """What constellations are worth by their own motion; each satellite's looks are found once."""

    atlases: Sequence[Atlas]
    goal: Goal
    known: dict[Slot, Columns]

    def days(self, slots: Slots) -> float:
        for slot in slots:
            if slot not in self.known:
                self.known[slot] = own_columns(self.atlases[slot.shape], slot)
        return value_of(_together(self.atlases, [self.known[slot] for slot in slots]), self.goal)

    def again(self, found: Found) -> Found:
        return replace(found, days=self.days(found.slots))


def _order(atlases: Sequence[Atlas], flying: Slots, aim: Slots, goal: Goal) -> list[Found]:
    """In which order are the satellites of an aim launched, so that each launch buys most?"""
    slots, left = flying, list(aim[len(flying) :])
    found = [Found(value_of(slots_coverage(atlases, slots), goal), slots, "aim")]
    while left:
        values = [value_of(slots_coverage(atlases, (*slots, one)), goal) for one in left]
        slots = (*slots, left.pop(int(np.argmin(values))))
        found.append(Found(min(values), slots, "aim"))
    return found


def pareto(rows: Sequence[tuple[float, ...]]) -> list[int]:
    """Which rows does no other beat in every number at once? Less is better."""
    table = np.array(rows, np.float64)
    return [
        number
        for number, row in enumerate(table)
        if not any(bool((other <= row).all() and (other < row).any()) for other in table)
    ]
