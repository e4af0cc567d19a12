"""A season of launches from one site: in which order, on which days, what flies after each, and after one failure?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from swath.design.atlas import Atlas, Slot, own_columns
from swath.design.growth import Goal, fleet_value
from swath.design.launch import Site, Window, launch_windows
from swath.errors import Infeasible, InputError
from swath.time import seconds

__all__ = ["Campaign", "Launched", "season"]

Slots = tuple[Slot, ...]
Worth = Callable[[Slots], float]

_MOST = 12


@dataclass(frozen=True)
class Launched:
    """One launch of the season, and what the constellation is worth after it (days of the goal: less is better)."""

    number: int
    slot: Slot
    window: Window
    """the first that the spacing, the corridor and the light allow"""
    windows: int
    """days with a window for this plane until the season ends"""
    days: float
    """with all launches up to this one"""
    failed_days: float
    """with all but this one"""
    worst_days: float
    """after losing any one satellite that flies by then, or any one launch up to this one"""


@dataclass(frozen=True)
class Campaign:
    """A season."""

    before_days: float
    """what flies before the first launch; 1e6 for nothing"""
    launches: tuple[Launched, ...]
    without_days: tuple[float, ...]
    """at the end of the season, had each launch in turn failed and not been flown again"""
    again: Window | None
    """the first day, after the last launch and the spacing, to fly again the launch that is missed most"""
    again_for: int
    """number of that launch"""


@dataclass(frozen=True)
class _Terms:
    site: Site
    spacing_days: float
    stop: np.datetime64
    ascent_offset_min: float
    tolerance_min: float
    min_sun_elevation_deg: float | None


def season(
    atlases: Sequence[Atlas],
    flying: Slots,
    wanted: Slots,
    site: Site,
    start: np.datetime64,
    days: int,
    *,
    spacing_days: float = 30.0,
    goal: Goal = "response_p95",
    ascent_offset_min: float = 0.0,
    tolerance_min: float = 10.0,
    min_sun_elevation_deg: float | None = None,
) -> Campaign:
    """When is each of the ``wanted`` satellites launched, and what does the constellation do after each?

    The order is that in which each launch brings the goal down most. A launch takes the first window of its plane that
    lies ``spacing_days`` after the one before, inside the site's corridor, with the Sun as high at the pad as asked. A
    slot names a plane and a place along it: the place is reached by drift after the launch, the plane must be met.
    Numbers are of each satellite's own motion. Raises :class:`InputError` for no launch or too many, and
    :class:`Infeasible` where the season is too short, or no direction reaches the plane.
    """
    if not 1 <= len(wanted) <= _MOST:
        raise InputError(f"{len(wanted)} launches", where="season", fix=f"Give 1 to {_MOST} satellites that do not fly")
    if not (spacing_days >= 0.0 and 1 <= days <= 3660):
        raise InputError(f"{days} days, {spacing_days:g} between", where="season", fix="Give 1 to 3660 days")
    terms = _Terms(
        site, spacing_days, start + seconds(86400.0 * days), ascent_offset_min, tolerance_min, min_sun_elevation_deg
    )
    parts = {slot: own_columns(atlases[slot.shape], slot) for slot in (*flying, *wanted)}

    def worth(slots: Slots) -> float:
        return fleet_value(atlases, [parts[slot] for slot in slots], goal)

    order = _order(flying, wanted, worth)
    launches = _launches(atlases, flying, order, start, terms, worth)
    without = tuple(worth((*flying, *order[:n], *order[n + 1 :])) for n in range(len(order)))
    missed = int(np.argmax(without))
    again = _windows(atlases, order[missed], _free(launches[-1].window, terms), terms)
    return Campaign(worth(flying), launches, without, again[0] if again else None, missed + 1)


def _free(window: Window, terms: _Terms) -> np.datetime64:
    at: np.datetime64 = window.best + seconds(86400.0 * terms.spacing_days)
    return at


def _launches(
    atlases: Sequence[Atlas], flying: Slots, order: Slots, start: np.datetime64, terms: _Terms, worth: Worth
) -> tuple[Launched, ...]:
    launches: list[Launched] = []
    for number, slot in enumerate(order, 1):
        free = _free(launches[-1].window, terms) if launches else start
        open_days = _windows(atlases, slot, free, terms)
        if not open_days:
            raise Infeasible(
                f"no window for launch {number} of {len(order)} before {str(terms.stop)[:10]}",
                fix="Give more --season-days, less --spacing-days, or no limit to the light",
            )
        up = (*flying, *order[:number])
        lost = max(worth(up[:n] + up[n + 1 :]) for n in range(len(up)))
        launches.append(Launched(number, slot, open_days[0], len(open_days), worth(up), worth(up[:-1]), lost))
    return tuple(launches)


def _order(flying: Slots, wanted: Slots, worth: Worth) -> Slots:
    done: Slots = ()
    left = list(wanted)
    while left:
        values = [worth((*flying, *done, one)) for one in left]
        done = (*done, left.pop(int(np.argmin(values))))
    return done


def _windows(atlases: Sequence[Atlas], slot: Slot, free: np.datetime64, terms: _Terms) -> list[Window]:
    """The windows of a slot's plane from a moment to the end of the season, by leg and day, in their order."""
    span = int(np.ceil(float((terms.stop - free) / np.timedelta64(1, "s")) / 86400.0))
    if span < 1:
        return []
    found = launch_windows(
        terms.site,
        atlases[slot.shape].shape,
        free,
        span,
        raan_deg=slot.raan_deg,
        raan_at=atlases[slot.shape].start,
        ascent_offset_min=terms.ascent_offset_min,
        tolerance_min=terms.tolerance_min,
    )
    least = terms.min_sun_elevation_deg
    return [one for one in found if one.best <= terms.stop and (least is None or one.sun_elevation_deg >= least)]
