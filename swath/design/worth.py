"""What is a constellation worth to a region: geometry and light, clouds if asked, the way to the ground if asked?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from swath.design.atlas import Atlas, Columns, Slot, fleet_looks, own_columns, slot_columns
from swath.design.coverage import coverage_of, deliveries
from swath.design.growth import Goal, value_of
from swath.design.looks import clear_looks

__all__ = ["Terms", "losses_days", "reach_of", "spread_days", "worth_of"]

Held = dict[Slot, object]

_OTHER_LONGITUDES = 12
_OTHER_DRAWS = 4
_LATER_SEEDS = 1000
"""weather that answers are judged under is not that which was searched"""


@dataclass(frozen=True, eq=False)
class Terms:
    """Under which terms is a constellation judged?"""

    atlases: tuple[Atlas, ...]
    """of each orbit over the region"""
    goal: Goal
    stations: tuple[Atlas, ...] = ()
    """of each orbit over the stations, a look being a pass"""
    chosen: tuple[int, ...] = ()
    """which of the stations are in use"""
    cloud_fraction: tuple[float, ...] = ()
    """share of days with cloud, one or twelve; none leaves the weather out"""
    draws: tuple[int, ...] = (0, 1, 2)
    """seeds of the weather, the same for every constellation"""
    download_s: float = 60.0


def worth_of(terms: Terms, slots: Sequence[Slot], *, held: Held | None = None) -> float:
    """The number (days) that the goal is about; the mean over the draws of the weather.

    By the atlases, to half a degree of longitude; with ``held`` by each satellite's own motion, which is kept there.
    """
    own = [_own(terms, slot, held) for slot in slots] if held is not None else [_atlas(terms, slot) for slot in slots]
    looks = fleet_looks(terms.atlases[0], [part[0] for part in own])
    passes = [_passes(part[1], terms.chosen) for part in own] if terms.goal.startswith("delivery") else None
    draws = terms.draws if terms.cloud_fraction else ()
    skies = [clear_looks(looks, terms.cloud_fraction, seed) for seed in draws] or [looks]
    values = []
    for sky in skies:
        ready = None if passes is None else deliveries(sky, passes, download_s=terms.download_s)
        values.append(value_of(coverage_of(sky, ready), terms.goal))
    return float(np.mean(values))


_Part = tuple[Columns, Columns | None]


def _atlas(terms: Terms, slot: Slot) -> _Part:
    turn = slot.raan_deg, slot.phase_deg
    down = slot_columns(terms.stations[slot.shape], *turn) if terms.stations else None
    return slot_columns(terms.atlases[slot.shape], *turn), down


def _own(terms: Terms, slot: Slot, held: Held) -> _Part:
    if slot not in held:
        down = own_columns(terms.stations[slot.shape], slot) if terms.stations else None
        held[slot] = own_columns(terms.atlases[slot.shape], slot), down
    return cast(_Part, held[slot])


def _passes(columns: Columns | None, chosen: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    assert columns is not None
    station, rise_s, _, set_s = columns
    use = np.isin(station, chosen)
    order = np.argsort(rise_s[use], kind="stable")
    return rise_s[use][order], set_s[use][order], station[use][order]


def losses_days(terms: Terms, slots: Sequence[Slot], held: Held) -> tuple[float, ...]:
    """After losing each satellite in turn, the others where they are; a million days where nothing is left."""
    return tuple(worth_of(terms, [*slots[:n], *slots[n + 1 :]], held=held) if len(slots) > 1 else 1e6
                 for n in range(len(slots)))  # fmt: skip


def reach_of(terms: Terms, slots: Sequence[Slot], held: Held) -> float:
    """The largest gap anywhere, in days, weather left out."""
    return worth_of(replace(terms, goal="gap_largest", cloud_fraction=()), slots, held=held)


def spread_days(terms: Terms, slots: Sequence[Slot], days: float) -> tuple[float, float]:
    """Between which values do nine in ten answers lie when all satellites are shifted along together by one amount?

    The same constellation then passes over other longitudes: where tracks are not kept over the region, any of these
    may come. With clouds each is under weather that was not searched. ``days``, the answer itself, counts among them.
    """
    found = [days]
    for shift in range(1, _OTHER_LONGITUDES):
        along = 360.0 * shift / _OTHER_LONGITUDES
        moved = [replace(slot, phase_deg=(slot.phase_deg + along) % 360.0) for slot in slots]
        draws = tuple(_LATER_SEEDS + shift * _OTHER_DRAWS + n for n in range(_OTHER_DRAWS))
        found.append(worth_of(replace(terms, draws=draws), moved))
    low, high = np.quantile(found, [0.05, 0.95], method="inverted_cdf")
    return float(min(low, days)), float(max(high, days))
