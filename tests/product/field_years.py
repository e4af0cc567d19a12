"""Years of fields whose truth is known: double logistic seasons, looks with noise, clouds found and not found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = Any
FIRST = np.datetime64("2025-01-01T10:00:00")


@dataclass(frozen=True)
class Years:
    """``time`` ``(look,)``; ``values``, ``seen`` ``(field, look)``; parameters of the true curves."""

    time: Any
    values: Any
    seen: Any
    low: Any
    rise: Any
    up: Any
    down: Any
    up_days: Any
    down_days: Any

    def truth(self, number: int, days: Any) -> Any:
        """The true curve at days since :data:`FIRST`, every year the same."""
        day = np.asarray(days, np.float64) % 365.2425
        up = 1.0 / (1.0 + np.exp(-(day - self.up[number]) / self.up_days[number]))
        down = 1.0 / (1.0 + np.exp((day - self.down[number]) / self.down_days[number]))
        return self.low[number] + self.rise[number] * (up + down - 1.0)


def years(
    count: int,
    *,
    seed: int,
    stop_day: float = 365.0,
    every_days: float = 5.0,
    cloudy: float = 0.5,
    missed: float = 0.03,
    noise: float = 0.02,
    spread_days: float = 10.0,
) -> Years:
    """Looks of ``count`` fields from the first of January; clouds hide whole dates and single fields."""
    chance = np.random.default_rng(seed)
    days = np.arange(2.0, stop_day, every_days)
    normal = chance.normal
    made = Years(
        FIRST + (days * 86400).astype("timedelta64[s]"),
        np.zeros((count, len(days))),
        np.zeros((count, len(days)), bool),
        low=0.15 + 0.03 * normal(size=count),
        rise=0.6 + 0.06 * normal(size=count),
        up=125.0 + spread_days * normal(size=count),
        down=245.0 + spread_days * normal(size=count),
        up_days=chance.uniform(7.0, 12.0, count),
        down_days=chance.uniform(7.0, 12.0, count),
    )
    dates = chance.random(len(days)) < cloudy * 0.7
    hidden = dates[None, :] | (chance.random((count, len(days))) < cloudy * 0.3 / (1.0 - cloudy * 0.7))
    for number in range(count):
        made.values[number] = made.truth(number, days) + noise * normal(size=len(days))
    through = chance.random((count, len(days))) < missed
    made.values[through] -= chance.uniform(0.1, 0.5, int(through.sum()))
    made.seen[:] = ~hidden
    return made
