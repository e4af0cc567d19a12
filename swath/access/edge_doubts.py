"""How sure is a window? It is searched again with the satellite early, late, and to both sides of its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.accesses import motion_table
from swath.access.search import Spans
from swath.errors import DataError
from swath.frames import EARTH_ROTATION_RAD_S
from swath.orbit.ephemeris import Ephemeris, TabulatedEphemeris, table_of
from swath.orbit.maneuver import Maneuvers, between, told
from swath.orbit.uncertainty import Doubt
from swath.time import elapsed_s, later, seconds

__all__ = ["DoubtOf", "Elsewhere", "because_of", "edge_doubts", "elsewhere", "unknown_doubt"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]
DoubtOf = Callable[[Times], Doubt | None]
"""how far a satellite may be from where it is said to be, at UTC times; ``None``: nobody knows (``Orbit.doubt``)"""

_KNOT_S = 3600.0
"""between these the doubt is a straight line: where it leaps (at the epoch, at a manoeuvre) the way must not"""
_SAID = {
    "doubtful": "within the doubt of the orbit there may be no window",
    "unknown": "nobody says how sure the orbit is",
}


def unknown_doubt(at: Times) -> Doubt | None:
    """Of orbits of which nobody says how sure they are."""
    return None


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """One satellite where it may be instead: ahead, behind, left and right of its way by the 90 % bounds."""

    along: tuple[TabulatedEphemeris, TabulatedEphemeris]
    across: tuple[TabulatedEphemeris, TabulatedEphemeris]
    knots_s: Floats
    late_s: Floats
    """the bound along the track at the knots"""
    doubt: DoubtOf

    def bounds(self, at: Times) -> tuple[Floats, Floats]:
        """Along the track (s) and across it (m) at UTC times."""
        known = self.doubt(at)
        if known is None:
            return np.full(at.shape, np.nan), np.full(at.shape, np.nan)
        return known.along_track_90_s, known.cross_track_90_m


def elsewhere(motion: Ephemeris, table: TabulatedEphemeris, doubt: DoubtOf) -> Elsewhere | None:
    """Where may a satellite be instead of where ``table`` of its ``motion`` has it? ``None`` where nobody knows.

    A late satellite is late on its path among the stars and finds the Earth turned further: its ground track moves
    west as well. Sideways is to the right of the velocity over the turning Earth.
    """
    knots_s = np.linspace(0.0, table.duration_s, int(table.duration_s // _KNOT_S) + 2)
    bounds = doubt(later(table.start, knots_s))
    if bounds is None:
        return None
    late_s, aside_m = (np.broadcast_to(b, knots_s.shape) for b in (bounds.along_track_90_s, bounds.cross_track_90_m))
    wide, early_s = _wider(motion, table, float(late_s.max()))

    def moved(sign_along: float, sign_across: float) -> TabulatedEphemeris:
        t_s = np.linspace(0.0, table.duration_s, len(table.r_itrf_m))
        by_s = sign_along * np.interp(t_s, knots_s, late_s)
        r, v = wide.states_after(np.clip(t_s - by_s + early_s, 0.0, wide.duration_s))
        c, s = np.cos(EARTH_ROTATION_RAD_S * by_s), np.sin(EARTH_ROTATION_RAD_S * by_s)
        r, v = (np.stack([c * x[:, 0] + s * x[:, 1], c * x[:, 1] - s * x[:, 0], x[:, 2]], -1) for x in (r, v))
        right = np.cross(v, r)
        right /= np.linalg.norm(right, axis=-1, keepdims=True)
        aside = sign_across * np.interp(t_s, knots_s, aside_m)
        return table_of(table.name, table.start, table.step_s, r + aside[:, None] * right)

    return Elsewhere((moved(1.0, 0.0), moved(-1.0, 0.0)), (moved(0.0, 1.0), moved(0.0, -1.0)), knots_s, late_s, doubt)


def _wider(motion: Ephemeris, table: TabulatedEphemeris, by_s: float) -> tuple[TabulatedEphemeris, float]:
    """The motion from ``by_s`` before the table to ``by_s`` after it; the table where it is not known for longer."""
    margin_s = float(np.ceil(by_s)) + 1.0
    start, stop = (
        table.start - seconds(margin_s),
        table.start + seconds(table.duration_s + margin_s + 1.0),
    )  # a leap second
    try:
        wide = motion_table(table.name, motion, start, stop, table.step_s)
    except DataError:
        return table, 0.0
    return wide, float(elapsed_s(wide.start, table.start))


def edge_doubts(
    windows: Spans, search: Callable[[TabulatedEphemeris], Spans], where: Elsewhere | None, duration_s: float
) -> tuple[tuple[Floats, Floats], npt.NDArray[np.str_]]:
    """How far may each edge move (s), and is the window there wherever the satellite may be?

    ``search`` finds all windows of the same places on another table. Ahead and behind, left and right are independent:
    the shifts of the two kinds are added in squares. An edge that the span cuts has no doubt of its own: not a number.
    """
    many = len(windows)
    if where is None:
        return (np.full(many, np.nan), np.full(many, np.nan)), np.full(many, "unknown")
    slack_s = np.interp(windows.start_s, where.knots_s, where.late_s)
    away, there = np.zeros((2, 2, many)), np.ones(many, bool)
    for kind, tables in enumerate((where.along, where.across)):
        for table in tables:
            first, last, here = _edges_of(windows, search(table), slack_s, duration_s)
            there &= here
            for edge, off_s in enumerate((first - windows.start_s, last - windows.stop_s)):
                away[kind, edge] = np.maximum(away[kind, edge], np.where(here, np.abs(off_s), 0.0))
    both = np.hypot(away[0], away[1])
    both[0, windows.start_s < 1e-6] = np.nan
    both[1, windows.stop_s > duration_s - 1e-6] = np.nan
    return (both[0], both[1]), np.where(there, "certain", "doubtful")


def _edges_of(
    windows: Spans, found: Spans, slack_s: Floats, duration_s: float
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Of each window the first and the last edge of those found that overlap it by its slack, and if there is one."""
    apart_s = 3.0 * duration_s + 1.0  # one long axis, a stretch for every place
    order = np.lexsort((found.start_s, found.signal))
    begins, ends = (at[order] + found.signal[order] * apart_s for at in (found.start_s, found.stop_s))
    base = windows.signal * apart_s
    first = np.searchsorted(ends, base + np.maximum(windows.start_s - slack_s, -duration_s), side="right")
    last = np.searchsorted(begins, base + np.minimum(windows.stop_s + slack_s, 2.0 * duration_s), side="left") - 1
    here = first <= last
    rows = (np.where(here, row, 0) for row in (first, last))
    if not len(order):
        return np.zeros(len(windows)), np.zeros(len(windows)), here
    return found.start_s[order][next(rows)], found.stop_s[order][next(rows)], here


def because_of(
    certainty: npt.NDArray[np.str_], at: Times, epoch: np.datetime64 | None, maneuvers: Maneuvers | None
) -> npt.NDArray[np.str_]:
    """What to know before trusting each window; a manoeuvre between the elements and the window is told."""
    if epoch is None or maneuvers is None or not len(maneuvers):
        kinds, number = np.unique(certainty, return_inverse=True)
        return np.array([_SAID.get(kind, "") for kind in kinds.tolist()], "U")[number] if len(kinds) else certainty
    said: list[str] = []
    for certain, when in zip(certainty.tolist(), at, strict=True):
        burns = told(between(maneuvers, epoch, when))
        said.append("; ".join(filter(None, [_SAID.get(certain, ""), burns])))
    return np.array(said, "U")
