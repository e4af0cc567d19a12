"""What does moving the others along their planes win back after a loss, and how much fuel does it take?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.design.atlas import Slot
from swath.design.drift import phasing
from swath.design.evolve import evolve
from swath.design.worth import Terms, worth_of

__all__ = ["Repair", "repaired"]

Floats = npt.NDArray[np.float64]

_WORTH_MOVING = 0.98
"""moving must bring the goal down to this share of what it is with all where they are: fuel is never won back"""


@dataclass(frozen=True)
class Repair:
    """One loss."""

    lost: int
    """number of the satellite"""
    left_days: float
    """the goal with the others where they are"""
    moved_days: float
    """with the others moved along their planes"""
    angles_deg: tuple[float, ...]
    """how far each of the others moves, ahead positive; none where moving is not worth its fuel"""
    most_m_s: float
    """of the satellite that moves furthest, going and stopping"""
    total_m_s: float


def repaired(terms: Terms, slots: Sequence[Slot], *, days: float = 30.0, seed: int = 0) -> list[Repair]:
    """For each single loss: what is left, what moving the others in so many days wins back, and its cost.

    Planes stay: changing one takes more fuel than satellites carry. Differential evolution (seeded) over how far each
    moves along, begun with all staying; both numbers are of each satellite's own motion. One satellite that is lost
    alone leaves nothing to move. Raises what :func:`~swath.design.drift.phasing` raises for too few days.
    """
    held: dict[Slot, object] = {}
    found = []
    for lost in range(len(slots)):
        left = [*slots[:lost], *slots[lost + 1 :]]
        if not left:
            found.append(Repair(lost, 1e6, 1e6, (), 0.0, 0.0))
            continue
        stays = worth_of(terms, left, held=held)
        angles = _moves(terms, left, seed + lost)
        moved = _turned(left, angles)
        better = worth_of(terms, moved, held=held)
        if better > _WORTH_MOVING * stays:
            found.append(Repair(lost, stays, stays, (), 0.0, 0.0))
            continue
        costs = [
            phasing(terms.atlases[slot.shape].shape, angle, days).delta_v_m_s if angle else 0.0
            for slot, angle in zip(left, angles, strict=True)
        ]
        found.append(Repair(lost, stays, better, angles, max(costs), sum(costs)))
    return found


def _moves(terms: Terms, left: Sequence[Slot], seed: int) -> tuple[float, ...]:
    """The first stays: turning all together changes which longitudes are seen, not how often."""
    if len(left) == 1:
        return (0.0,)

    def cost(angles: Floats) -> float:
        return worth_of(terms, _turned(left, (0.0, *angles.tolist())))

    many = len(left) - 1
    best, _ = evolve(cost, many, seed=seed, known=[np.zeros(many)], population=16, generations=20)
    # The short way round; half a degree is the atlas's own rounding.
    short = ((best + 180.0) % 360.0 - 180.0).tolist()
    return (0.0, *(angle if abs(angle) > 0.5 else 0.0 for angle in short))


def _turned(left: Sequence[Slot], angles: Sequence[float]) -> list[Slot]:
    return [
        replace(slot, phase_deg=(slot.phase_deg + angle) % 360.0) if angle else slot
        for slot, angle in zip(left, angles, strict=True)
    ]
