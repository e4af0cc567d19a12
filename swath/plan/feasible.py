"""Could a new order be served, by whom and when? Every chance of the next days, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swath.access.accesses import find_accesses
from swath.model import Opportunities, Refusal, Request
from swath.orbit.ephemeris import TabulatedEphemeris
from swath.plan.build import Outlook
from swath.plan.looks import find_looks
from swath.spacecraft.satellite import Satellite

__all__ = ["Feasibility", "feasibility"]


@dataclass(frozen=True)
class Feasibility:
    """The best look of every pass, the most valuable first, or the reason why there is none."""

    chances: Opportunities
    clear_chance: float
    """that at least one of them finds a clear sky, passes taken as independent"""
    refusal: Refusal | None


def feasibility(
    request: Request, satellites: Sequence[Satellite], outlook: Outlook, *, start: np.datetime64, stop: np.datetime64
) -> Feasibility:
    """What a request could have if nothing else were asked of the fleet."""
    fleet = [s for s in satellites if not request.satellites or s.id in request.satellites]
    orbits = {s.id: outlook.ephemerides[s.id] for s in fleet}
    widest_deg = min(request.max_off_nadir_deg, max((s.agility.max_off_nadir_deg for s in fleet), default=0.0))
    tables = [orbit.step_s for orbit in orbits.values() if isinstance(orbit, TabulatedEphemeris)]
    accesses = find_accesses(
        orbits,
        [request.place],
        start,
        stop,
        outlook.eop,
        max_off_nadir_deg=max(widest_deg, 0.1),
        cover="centre",
        step_s=min(tables) if len(tables) == len(orbits) and tables else None,  # finer than a table tells nothing new
    )
    looks, refused = find_looks(
        fleet,
        orbits,
        (request,),
        accesses,
        outlook.p_clear,
        outlook.eop,
        start=start,
        stop=stop,
        slot_s=outlook.slot_s,
    )
    best: dict[tuple[str, int], int] = {}
    for row in np.argsort(-looks.value, kind="stable").tolist():
        best.setdefault((str(looks.satellite[row]), int(looks.window[row])), row)
    chances = looks.take(np.array(list(best.values()), np.int64))
    missed = float(np.prod(1.0 - chances.p_clear)) if len(chances) else 1.0
    return Feasibility(chances, 1.0 - missed, refused.get(request.id))
