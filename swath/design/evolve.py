"""A small global search over angles: differential evolution, seeded, repeatable."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["evolve"]

Floats = npt.NDArray[np.float64]

_WEIGHT, _CROSSING = 0.7, 0.9


def evolve(
    cost: Callable[[Floats], float],
    angles: int,
    *,
    seed: int,
    known: Sequence[Floats] = (),
    population: int = 20,
    generations: int = 25,
) -> tuple[Floats, float]:
    """Which angles (degrees, all round) cost least? Never worse than the best of ``known``, which it begins with.

    Differential evolution (Storn & Price, J. Global Optim. 11 (1997) 341), best/1/bin, differences taken the short way
    round. The same seed gives the same answer.
    """
    chance = np.random.default_rng(seed)
    given = [np.asarray(one, np.float64) % 360.0 for one in known][:population]
    drawn = chance.random((population - len(given), angles)) * 360.0
    members = np.concatenate([np.reshape(given, (-1, angles)), drawn])
    costs = np.array([cost(member) for member in members])
    for _ in range(generations):
        for number in range(population):
            first, second = members[chance.choice(population, 2, replace=False)]
            best = members[int(np.argmin(costs))]
            apart = (first - second + 180.0) % 360.0 - 180.0
            trial = (best + _WEIGHT * chance.random() * 2.0 * apart) % 360.0
            kept = chance.random(angles) > _CROSSING
            kept[chance.integers(angles)] = False
            trial[kept] = members[number][kept]
            value = cost(trial)
            if value <= costs[number]:
                members[number], costs[number] = trial, value
    best_number = int(np.argmin(costs))
    return members[best_number], float(costs[best_number])
