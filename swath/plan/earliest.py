"""How soon could the fleet have answered, had nothing else been asked of it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swath.plan.problem import Problem
from swath.time import seconds

__all__ = ["Earliest", "earliest_delivery"]


@dataclass(frozen=True)
class Earliest:
    """The look and the station that would bring a request's picture down first."""

    satellite: str
    imaged: np.datetime64
    station: str
    on_ground: np.datetime64


def earliest_delivery(problem: Problem, request: str) -> Earliest | None:
    """The soonest that any commandable look of a request can be on the ground, all other orders put aside.

    Looks, passes, set-up times, rates and commandable times are those of the problem; memory, battery, turns and other
    satellites at the antenna are not asked, so no plan is sooner. None where there is no look or no pass after one.
    """
    rates = {s.id: s.radio.max_rate_bit_s for s in problem.satellites}
    stations = {s.id: s for s in problem.stations}
    looks = problem.opportunities.take(problem.opportunities.request == request)
    best: Earliest | None = None
    for look in looks.rows():
        satellite = str(look["satellite"])
        if look["start"] < problem.commandable_from(satellite):
            continue
        for contact in problem.passes.take(problem.passes.satellite == satellite).rows():
            station = stations[str(contact["subject"])]
            begin = max(contact["start"], look["stop"])
            done = begin + seconds(look["data_bit"] / min(rates[satellite], station.rate_bit_s))
            if done <= min(contact["stop"], problem.stop) and (best is None or done < best.on_ground):
                best = Earliest(satellite, look["stop"], station.id, done)
    return best
