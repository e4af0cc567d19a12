"""Which constellation of so many satellites serves a region best: which altitude, inclination, planes, places in them?

Few parameters describe even patterns and all between them; a seeded, global search over those begins with every Walker
pattern and the even plane of every orbit that may be flown, and ends by letting each satellite go. Clouds, and the way
to the ground, belong to what is searched for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.access.stream import Executor
from swath.design.atlas import Slot
from swath.design.evolve import evolve
from swath.design.growth import GOALS, Found
from swath.design.worth import Terms, losses_days, reach_of, spread_days, worth_of
from swath.errors import InputError

__all__ = ["MOST_SATELLITES", "Optimum", "Wish", "optimise", "patterns_of"]

Floats = npt.NDArray[np.float64]
Slots = tuple[Slot, ...]

MOST_SATELLITES = 24
_NODES = 8
"""planes of the first satellite that patterns are tried in, where its local time is free"""
_WORTH_BENDING = 0.99
"""what is no pattern must bring the goal down to this share of the best pattern's: simple things are easier to fly"""
_CLOSE, _MEASURED = 1.03, 8
"""patterns that the atlas's rounding leaves in question, and how many of them are measured by their own motion"""
_PARAMETERS = 6


@dataclass(frozen=True, eq=False)
class Wish:
    """What is searched for, and what is given."""

    terms: Terms
    shapes: tuple[int, ...]
    """which of the atlases' orbits may be flown"""
    flying: Slots = ()
    """satellites that stay where they are"""
    node_deg: float | None = None
    """of the first new plane, where a local time is wanted"""
    more_stations: int = 0
    """how many of the terms' stations beyond those in use may be added"""
    generations: int = 40


@dataclass(frozen=True)
class Optimum:
    """The best constellation found of so many satellites, in days of the goal: less is better."""

    satellites: int
    found: Found
    """``name`` says whether it is a pattern, an even plane, a pattern bent or all free"""
    low_days: float
    high_days: float
    """nine in ten answers of the same constellation laid over other longitudes, under weather that was not searched"""
    walker: Found
    """the best Walker pattern of as many, delta or star, over all orbits and planes that were tried"""
    plane: Found
    """the best even plane"""
    losses_days: tuple[float, ...]
    """after losing each satellite in turn, the others where they are"""
    largest_gap_days: float
    """anywhere in the region, weather left out"""
    stations: tuple[int, ...]
    """numbers of the stations in use"""
    tried: int
    """constellations that were looked at"""


def optimise(
    wish: Wish,
    counts: Sequence[int],
    *,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> list[Optimum]:
    """The best constellation of each number of satellites, those that fly counted; the answers come in that order.

    Differential evolution over orbit, number of planes, first plane, step from plane to plane, step along from plane
    to plane and first place, begun with every Walker pattern and even plane on every orbit; then over every
    satellite's own plane and place. The best are measured again by their own motion, so that the answer is never worse
    than the best pattern or plane (tests/design/test_optimise.py). Same seed, same answer, with any executor: pools of
    ``concurrent.futures``, ``dask.distributed.Client``. Raises :class:`InputError` for numbers or goals that cannot be.
    """
    least = len(wish.flying) + 1
    if not counts or not all(least <= count <= MOST_SATELLITES for count in counts):
        fix = f"Give {least} to {MOST_SATELLITES}"
        raise InputError(f"{', '.join(map(str, counts)) or 'no'} satellites", where="search", fix=fix)
    if wish.terms.goal.startswith("delivery") and not wish.terms.stations:
        fix = f"Give --station, or one of {', '.join(GOALS)}"
        raise InputError("to the ground, but where?", where="--goal", fix=fix)
    if not wish.shapes:
        raise InputError("no orbit to try", where="search", fix="Give altitudes")
    # The large ones take longest and go first, so that no process is left alone with one at the end.
    large_first = sorted(set(counts), reverse=True)
    jobs = {count: None if executor is None else executor.submit(_best_of, wish, count, seed) for count in large_first}
    found: dict[int, Optimum] = {}
    for number, (count, job) in enumerate(jobs.items()):
        progress(f"{count} satellites", number / len(jobs))
        found[count] = _best_of(wish, count, seed) if job is None else job.result()
    return [found[count] for count in counts]


def patterns_of(count: int, shape: int, node_deg: float, phase_deg: float = 0.0) -> Iterator[tuple[str, Slots]]:
    """Every Walker pattern of so many satellites, delta and star, with its name; the first is the even plane."""
    for planes in (p for p in range(1, count + 1) if count % p == 0):
        for phasing in range(planes):
            for around, star in ((360.0, ""), (180.0, " star"))[: 2 if planes > 1 else 1]:
                steps = around / planes, 360.0 * phasing / count
                name = f"{count}/{planes}/{phasing}{star}"
                yield name, _pattern(count, shape, planes, node_deg, *steps, phase_deg)


def _pattern(
    count: int, shape: int, planes: int, node_deg: float, plane_deg: float, along_deg: float, phase_deg: float
) -> Slots:
    """Satellites dealt to planes in turn, even in each; Walker's patterns are among them."""
    found = []
    for number in range(count):
        place, plane = divmod(number, planes)
        held = (count - plane + planes - 1) // planes
        along = phase_deg + 360.0 * place / held + along_deg * plane
        found.append(Slot(shape, (node_deg + plane_deg * plane) % 360.0, along % 360.0))
    return tuple(found)


def _best_of(wish: Wish, count: int, seed: int) -> Optimum:
    search = _Search(wish, count - len(wish.flying), seed, {}, [0])
    patterns = search.patterns()
    found = search.bent(patterns)
    for _ in range(wish.more_stations):
        # A station is chosen for the constellation, and the constellation searched again for the station.
        search = search.with_station(found.slots)
        patterns = search.patterns()
        found = min([search.valued(found), search.bent(patterns, found)], key=lambda one: one.days)
    return search.told(found, patterns)


@dataclass(frozen=True)
class _Search:
    """One number of satellites: what is known of its constellations so far."""

    wish: Wish
    free: int
    seed: int
    held: dict[Slot, object]
    count: list[int]

    def cost(self, slots: Slots, *, exact: bool = False) -> float:
        self.count[0] += 1
        return worth_of(self.wish.terms, (*self.wish.flying, *slots), held=self.held if exact else None)

    def valued(self, found: Found) -> Found:
        return replace(found, days=self.cost(found.slots))

    def nodes(self) -> list[float]:
        if self.wish.node_deg is not None:
            return [self.wish.node_deg]
        lit = self.wish.terms.atlases[0].sensor.min_sun_elevation_deg is not None
        return [360.0 * n / _NODES for n in range(_NODES if lit or self.wish.flying else 2)]

    def patterns(self) -> list[Found]:
        """Every pattern on every orbit in each plane tried, best first."""
        found = [
            Found(self.cost(slots), slots, name)
            for shape in self.wish.shapes
            for node_deg in self.nodes()
            for name, slots in patterns_of(self.free, shape, node_deg)
        ]
        return sorted(found, key=lambda one: one.days)

    def bent(self, patterns: Sequence[Found], known: Found | None = None) -> Found:
        """The best of all that lies between the patterns, then with each satellite let go."""
        starts = [self.turns_of(one) for one in patterns[:12]]
        angles, days = evolve(
            lambda turns: self.cost(self.slots_of(turns)), _PARAMETERS, seed=self.seed, known=starts, population=32,
            generations=self.wish.generations,
        )  # fmt: skip
        best = min([Found(days, self.slots_of(angles), "bent"), *([known] if known else [])], key=_days)
        best = patterns[0] if best.days > _WORTH_BENDING * patterns[0].days else best
        if self.free == 1:
            return best
        shapes = [slot.shape for slot in best.slots]

        def let_go(turns: Floats) -> Slots:
            pairs = zip(shapes, turns.reshape(-1, 2).tolist(), strict=True)
            freed = [Slot(shape, raan, phase) for shape, (raan, phase) in pairs]
            first = freed[0] if self.wish.node_deg is None else replace(freed[0], raan_deg=best.slots[0].raan_deg)
            return (first, *freed[1:])

        start = np.array([[slot.raan_deg, slot.phase_deg] for slot in best.slots]).ravel()
        angles, days = evolve(
            lambda turns: self.cost(let_go(turns)), len(start), seed=self.seed + 1, known=[start], population=24,
            generations=self.wish.generations,
        )  # fmt: skip
        return Found(days, let_go(angles), "free") if days < _WORTH_BENDING * best.days else best

    def slots_of(self, turns: Floats) -> Slots:
        """Six numbers on circles: orbit, planes, first plane, step of planes, step along, first place."""
        shapes = self.wish.shapes
        which, many, node_deg, plane_deg, along_deg, phase_deg = turns.tolist()
        shape = shapes[min(int(which / 360.0 * len(shapes)), len(shapes) - 1)]
        planes = 1 + min(int(many / 360.0 * self.free), self.free - 1)
        first = node_deg if self.wish.node_deg is None else self.wish.node_deg
        return _pattern(self.free, shape, planes, first, plane_deg, along_deg, phase_deg)

    def turns_of(self, found: Found) -> Floats:
        """The six numbers of a pattern."""
        slots, shapes = found.slots, self.wish.shapes
        planes = int(found.name.split("/")[1])
        second = slots[1] if planes > 1 else slots[0]
        steps = second.raan_deg - slots[0].raan_deg, second.phase_deg - slots[0].phase_deg
        which = (shapes.index(slots[0].shape) + 0.5) * 360.0 / len(shapes)
        return np.array([which, (planes - 0.5) * 360.0 / self.free, slots[0].raan_deg, *steps, slots[0].phase_deg])

    def with_station(self, slots: Slots) -> _Search:
        """The same search with the one more station that helps this constellation most."""
        terms, fleet = self.wish.terms, (*self.wish.flying, *slots)
        left = [one for one in range(len(terms.stations[0].region.lon_deg)) if one not in terms.chosen]
        if not left:
            return self
        tried = [replace(terms, chosen=(*terms.chosen, one)) for one in left]
        best = min(tried, key=lambda one: worth_of(one, fleet))
        self.count[0] += len(tried)
        return replace(self, wish=replace(self.wish, terms=best), held={})

    def told(self, found: Found, patterns: Sequence[Found]) -> Optimum:
        """The best by their own motion, and what becomes of it elsewhere, under other weather and after losses."""
        near = _close(patterns)
        flat = _close([one for one in patterns if one.name.split("/")[1] == "1"])
        again = {one.slots: self.exact(one) for one in (found, *near, *flat)}
        walker = min((again[one.slots] for one in near), key=_days)
        plane = min((again[one.slots] for one in flat), key=_days)
        best = min([again[found.slots], walker, plane], key=_days)
        fleet = (*self.wish.flying, *best.slots)
        low, high = spread_days(self.wish.terms, fleet, best.days)
        lost = losses_days(self.wish.terms, fleet, self.held)
        return Optimum(
            len(fleet), replace(best, slots=fleet), low, high, min(walker, plane, key=_days), plane, lost,
            reach_of(self.wish.terms, fleet, self.held), self.wish.terms.chosen, self.count[0],
        )  # fmt: skip

    def exact(self, found: Found) -> Found:
        return replace(found, days=self.cost(found.slots, exact=True))


def _close(patterns: Sequence[Found]) -> list[Found]:
    return [one for one in patterns if one.days <= _CLOSE * patterns[0].days][:_MEASURED]


def _days(found: Found) -> float:
    return found.days
