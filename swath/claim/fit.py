"""Do several stated times fit one orbit? Few free parameters, each claim left out in turn, and what chance would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.claim.looks import approaches, passes_over, sight
from swath.claim.motion import History, Track, late_states
from swath.claim.plane import plane_at
from swath.claim.records import Claim
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic
from swath.model import Elements
from swath.orbit.sgp4 import secular_rates
from swath.orbit.uncertainty import MAX_AGE_DAYS, SIGMAS_90, age_days
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["Fit", "Residual", "joint_fit"]

Floats = npt.NDArray[np.float64]

_FEWEST = 3
"""of exact times: two parameters leave nothing to be tested by two"""
_FEWEST_SOUND, _CHANCE, _WORST_S = 4, 0.01, 10.0
"""a fit that claims are held against has as many times, is met by chance less often, and misses none by more"""
_SHARP_S = 5.0
"""half a width up to which a time counts as exact: an analyst says to within how many seconds"""
_DRAG_S_DAY2 = 0.15
"""beyond the stated times the pace of an orbit near 500 km changes by up to twice this a day"""
_PACES_S_DAY = np.arange(-150.0, 150.5, 1.0)
"""how wrong a mean motion may be, as seconds a day: 0.026 rev/day either way"""
_GRID_S = 10.0
_DRAWS = 400
_LEAST_SIGMA_S = 2.0
_NODE_DEG, _NODE_DEG_DAY2 = 0.15, 7.2e-6
"""what a plane that is run over months may be off by, 90 %: the Sun tilts one near 500 km by some 0.04 deg a year, and
its node turns as much faster or slower"""
_LARGEST_NODE_DEG = 1.0
"""beyond, angles of a fitted orbit are off by more than ten degrees: nothing is held against it"""
_EARTH_M = 6378137.0
_KINDS = ("picture", "optical", "radar", "thermal", "closest approach", "rise", "set")


@dataclass(frozen=True)
class Residual:
    """One stated time against the fitted orbit."""

    claim: str
    stated: np.datetime64
    fitted: np.datetime64 | None
    """the closest approach of the fitted orbit, or where it rises or sets"""
    residual_s: float
    """stated less fitted"""
    left_out_s: float
    """the same against the orbit fitted to the others"""
    off_nadir_deg: float | None


@dataclass(frozen=True)
class Fit:
    """Several stated times against one orbit of two free parameters: phase and mean motion."""

    satellite: str
    norad_id: int
    elements: Elements
    """the orbit that was moved; its plane, shape and drag were kept"""
    plane_because: str
    start: np.datetime64
    phase_s: float
    """how late it is at ``start`` against ``elements``"""
    pace_s_per_day: float
    """how much later each day"""
    mean_motion_rev_day: float
    rows: tuple[Residual, ...]
    chance_times_probability: float
    """share of random times of the same days and places that come as near to a pass of the fitted orbit as the worst"""
    chance_sets_probability: float
    """share of sets of random times that two parameters fit as well"""
    draws: int
    spread_s: float
    """standard deviation of a residual"""
    node_90_deg: float
    left: str = ""
    """the one claim that the others do not fit with, left out"""

    @property
    def key(self) -> int | str:
        """Of which satellite: its number, or else its name."""
        return self.norad_id or self.satellite.strip().casefold()

    @property
    def short_of(self) -> str:
        """Why is it not good enough to hold claims against? Empty where it is."""
        if len(self.rows) < _FEWEST_SOUND:
            return f"{len(self.rows)} exact times are too few"
        if self.chance_sets_probability >= _CHANCE or self.worst_s > _WORST_S:
            return f"they do not fit one orbit better than chance would ({self.worst_s:.0f} s apart)"
        if self.node_90_deg > _LARGEST_NODE_DEG:
            return f"the plane is that of a set too far away, good to {self.node_90_deg:.1f} deg"
        return ""

    @property
    def worst_s(self) -> float:
        """The largest residual."""
        return max(abs(row.residual_s) for row in self.rows)

    @property
    def says(self) -> str:
        """The outcome in words."""
        sets = self.chance_sets_probability
        chance = f"of {self.draws} sets of random times {'none fits' if sets == 0.0 else f'{sets:.1%} fit'} as well"
        without = f" ({self.left} left out: it fits with none of the others)" if self.left else ""
        return f"{len(self.rows)} stated times fit one orbit to within {self.worst_s:.1f} s{without}; {chance}"

    def track(self, at: np.datetime64, leave_out: str = "") -> Track:
        """The fitted orbit as something to hold a claim against, fitted without that claim.

        Raises :class:`DataError` more than 30 days outside the fitted times.
        """
        rows = [row for row in self.rows if row.claim != leave_out]
        beyond_days = max(
            float(elapsed_s(at, min(row.stated for row in rows))),
            float(elapsed_s(max(row.stated for row in rows), at)),
            0.0,
        ) / 86400.0  # fmt: skip
        if beyond_days > MAX_AGE_DAYS:
            raise DataError(
                f"the orbit fitted to {len(rows)} stated times is of {beyond_days:.0f} days away",
                fix="Give a history that covers the time: --elements FILE",
            )
        late, sigma_s = self._predicted(rows, at)
        cross_m = float(np.radians(self.node_90_deg) * _EARTH_M)
        along_90_s = float(np.hypot(SIGMAS_90 * sigma_s, _DRAG_S_DAY2 * beyond_days**2))
        because = (
            f"no usable element set: phase and mean motion fitted to {len(rows)} stated times of this file"
            f"{', this one left out' if len(rows) < len(self.rows) else ''}, {self.plane_because}"
        )
        return Track(self.elements, along_90_s, cross_m, late, because)

    def _predicted(self, rows: Sequence[Residual], at: np.datetime64) -> tuple[float, float]:
        days = np.array([float(elapsed_s(self.start, row.stated)) for row in rows]) / 86400.0
        late = self.phase_s + self.pace_s_per_day * days + np.array([row.residual_s for row in rows])
        return _line(days, late, float(elapsed_s(self.start, at)) / 86400.0, max(self.spread_s, _LEAST_SIGMA_S))


def _line(days: Floats, late: Floats, at_days: float, sigma_s: float) -> tuple[float, float]:
    """A straight line through how late it was: its value at a time, and one standard deviation of a new one."""
    basis = np.column_stack([np.ones_like(days), days])
    spread = np.linalg.pinv(basis.T @ basis)
    x = np.array([1.0, at_days])
    return float(x @ spread @ basis.T @ late), float(sigma_s * np.sqrt(1.0 + x @ spread @ x))


def joint_fit(claims: Sequence[Claim], history: History, eop: EarthOrientation) -> Fit | None:
    """Do the exact times claimed of one satellite fit one orbit? ``None`` for fewer than three of them.

    Free are the phase and the mean motion. Plane, shape and drag are those of the element set nearest in time; where
    that is more than 30 days away, its node and perigee are run to the middle of the claims at the rates of SGP4. Each
    time counts as that of a closest approach, the satellite above the horizon; of an observed rise or set as that.
    Where five or more do not fit and all but one do, that one is left out and named; chance is given it as well.
    """
    plane = next((c.subject.plane for c in claims if c.subject.plane is not None), None)
    exact = [c for c in claims if c.moment.half_width_s <= _SHARP_S and c.kind in _KINDS and c.place is not None]
    if len(exact) < _FEWEST or not (history.sets or plane):
        return None
    start = min(c.moment.middle for c in exact)
    middle = start + (max(c.moment.middle for c in exact) - start) // 2
    subject = exact[0].subject
    if history.sets or plane is None:
        base, because, node_90_deg = _base(history, middle)
    else:
        base = plane_at(plane, subject.name or "satellite", subject.norad_id or 0, middle, eop)
        because, node_90_deg = "plane of the orbit that is stated", plane.node_90_deg
    needed = [(c, late) for c in exact if (late := _needed_late(base, c, _period_s(base), eop)) is not None]
    if len(needed) < _FEWEST:
        return None
    kept = _without_the_worst(needed, start, _period_s(base))
    left = next((c.id for c, _ in needed if c not in kept), "")
    late_s = np.array([value for c, value in needed if c in kept])
    days = np.array([float(elapsed_s(start, c.moment.middle)) for c in kept]) / 86400.0
    phase, pace, _ = _best_line(days, late_s[None], _period_s(base))
    fitted = float(phase[0]), float(pace[0])
    rows, spread = _rows(base, kept, days, late_s, fitted, eop)
    worst_s = max(abs(row.residual_s) for row in rows)
    random = np.random.default_rng(0)
    times_share = _chance_times(base, kept, start, fitted, worst_s, random, eop)
    drawn = random.uniform(-_period_s(base) / 2.0, _period_s(base) / 2.0, (_DRAWS, len(kept)))
    _, _, worst = _best_line(days, drawn, _period_s(base))
    by_chance = float(np.mean(worst <= worst_s)) * (len(needed) if left else 1)
    mean_motion = base.mean_motion_rev_day * (1.0 - fitted[1] / 86400.0)
    named = next((c.subject.name for c in kept if c.subject.name), base.name)
    return Fit(
        named, base.norad_id, base, because, start, *fitted, mean_motion, rows, times_share,
        min(by_chance, 1.0), _DRAWS, spread, node_90_deg, left,
    )  # fmt: skip


def _period_s(base: Elements) -> float:
    return 86400.0 / base.mean_motion_rev_day


def _without_the_worst(needed: Sequence[tuple[Claim, float]], start: np.datetime64, period_s: float) -> list[Claim]:
    """The claims that are fitted: all, or all but one where only that one stands in the way."""

    def worst_s(some: Sequence[tuple[Claim, float]]) -> float:
        days = np.array([float(elapsed_s(start, c.moment.middle)) for c, _ in some]) / 86400.0
        return float(_best_line(days, np.array([[late for _, late in some]]), period_s)[2][0])

    if len(needed) > _FEWEST_SOUND and worst_s(needed) > _WORST_S:
        fewer = [[one for one in needed if one is not left] for left in needed]
        best = min(fewer, key=worst_s)
        if worst_s(best) <= _WORST_S:
            return [claim for claim, _ in best]
    return [claim for claim, _ in needed]


def _base(history: History, at: np.datetime64) -> tuple[Elements, str, float]:
    """The orbit to be moved, where its plane is from, and how sure that is."""
    nearest = min(history.sets, key=lambda one: abs(float(age_days(one, at))))
    age = float(age_days(nearest, at))
    told = f"plane of the set of {format_utc(nearest.epoch)}"
    if abs(age) <= MAX_AGE_DAYS:
        return nearest, told, _NODE_DEG / 10.0
    near = sorted(history.sets, key=lambda one: abs(float(age_days(one, at))))[:3]
    nodes = [_run(one, at).raan_deg for one in near]
    apart = [(node - nodes[0] + 180.0) % 360.0 - 180.0 for node in nodes]
    node_90_deg = max(_NODE_DEG, float(np.ptp(apart)), _NODE_DEG_DAY2 * age**2)
    way = f"run {abs(age):.0f} days {'on' if age > 0 else 'back'}, its node good to {node_90_deg:.2g} deg"
    return _run(nearest, at), f"{told}, {way}", node_90_deg


def _run(one: Elements, at: np.datetime64) -> Elements:
    node, perigee, _ = secular_rates(one)
    days = float(age_days(one, at))
    return replace(
        one,
        epoch=at,
        raan_deg=(one.raan_deg + node * days) % 360.0,
        argument_of_perigee_deg=(one.argument_of_perigee_deg + perigee * days) % 360.0,
        bstar=0.0,
    )


def _needed_late(base: Elements, claim: Claim, period_s: float, eop: EarthOrientation) -> float | None:
    """How late must it be for the stated moment to be a closest approach (rise, set)? ``None``: it cannot be."""
    place = claim.place
    assert place is not None
    ground = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    low, high = -period_s / 2.0, period_s / 2.0
    late = np.arange(low, high + _GRID_S, _GRID_S)
    best = None
    for _ in range(3):
        r, v = late_states(base, np.full(len(late), claim.moment.middle), late, eop)
        elevation = sight(r, ground, up)[1]
        if claim.kind in ("rise", "set"):  # the later it is, the earlier the part of its way that it is on
            going = elevation if claim.kind == "rise" else -elevation
            turn = np.flatnonzero((going[:-1] > 0.0) & (going[1:] <= 0.0))
        else:
            going = np.sum((r - ground) * v, axis=-1)
            turn = np.flatnonzero((going[:-1] > 0.0) & (going[1:] <= 0.0) & (elevation[:-1] > -1.0))
        if not len(turn):
            return best
        k = int(turn[np.argmax(elevation[turn])])
        best = float(late[k] + (late[k + 1] - late[k]) * going[k] / (going[k] - going[k + 1]))
        step = (late[1] - late[0]) / 10.0
        late = best + step * np.arange(-12.0, 13.0)
    return best


def _best_line(days: Floats, late: Floats, period_s: float) -> tuple[Floats, Floats, Floats]:
    """Phase and pace of the straight line that fits best modulo a revolution, and its largest residual: rows ``(n,)``.

    ``late`` ``(n, m)`` at ``days`` ``(m,)``. Every pace of a grid with the circular mean as phase, the best one by its
    mean square, then least squares about it.
    """
    turn = 2.0 * np.pi / period_s
    best = np.full(len(late), np.inf)
    phase, pace = np.zeros(len(late)), np.zeros(len(late))
    for trial in _PACES_S_DAY.tolist():
        angle = (late - trial * days) * turn
        mean = np.arctan2(np.sin(angle).mean(axis=1), np.cos(angle).mean(axis=1)) / turn
        off = _wrapped(late - trial * days - mean[:, None], period_s)
        score = np.mean(off**2, axis=1)
        better = score < best
        best, phase, pace = (np.where(better, new, old) for new, old in ((score, best), (mean, phase), (trial, pace)))
    off = _wrapped(late - phase[:, None] - pace[:, None] * days, period_s)
    basis = np.column_stack([np.ones_like(days), days])
    change = off @ np.linalg.pinv(basis).T
    tilt = np.clip(pace + change[:, 1], _PACES_S_DAY[0], _PACES_S_DAY[-1])
    off = _wrapped(late - phase[:, None] - tilt[:, None] * days, period_s)
    moved = off.mean(axis=1)
    return phase + moved, tilt, np.abs(off - moved[:, None]).max(axis=1)


def _wrapped(off_s: Floats, period_s: float) -> Floats:
    return np.asarray((off_s + period_s / 2.0) % period_s - period_s / 2.0, np.float64)


def _rows(
    base: Elements,
    used: Sequence[Claim],
    days: Floats,
    needed_s: Floats,
    line: tuple[float, float],
    eop: EarthOrientation,
) -> tuple[tuple[Residual, ...], float]:
    """Residuals of the actual closest approaches, and their standard deviation with two parameters spent.

    Where the fitted orbit has none near the stated time, the residual is how late it would have to be.
    """
    found = []
    for claim, day, needed in zip(used, days.tolist(), needed_s.tolist(), strict=True):
        when, angle = _event(base, claim, line[0] + line[1] * day, eop)
        apart = _wrapped(np.array(needed - line[0] - line[1] * day), _period_s(base))
        off_s = float(apart) if when is None else float(elapsed_s(when, claim.moment.middle))
        found.append((claim, when, angle, off_s))
    residual = np.array([one[3] for one in found])
    left = max(len(found) - 2, 1)
    spread = float(np.sqrt(np.sum(residual**2) / left))
    rows = []
    for k, (claim, when, angle, off_s) in enumerate(found):
        others = np.arange(len(found)) != k
        late = line[0] + line[1] * days + residual
        predicted, _ = _line(days[others], late[others], float(days[k]), 1.0)
        rows.append(Residual(claim.id, claim.moment.middle, when, off_s, float(late[k] - predicted), angle))
    return tuple(rows), spread


def _event(
    base: Elements, claim: Claim, late_s: float, eop: EarthOrientation
) -> tuple[np.datetime64 | None, float | None]:
    """When does what is claimed happen on an orbit, nearest to the stated time, and how far off the nadir then?"""
    place, at = claim.place, claim.moment.middle
    assert place is not None
    start, stop = at - seconds(900.0), at + seconds(900.0)
    if claim.kind in ("rise", "set"):
        passes = passes_over(base, place, start, stop, eop, late_s=late_s)
        edges = [one[0] if claim.kind == "rise" else one[1] for one in passes]
        return min(edges, key=lambda edge: abs(float(elapsed_s(at, edge))), default=None), None
    near = approaches(base, place, start, stop, eop, late_s=late_s, min_elevation_deg=-1.0)
    best = min(near, key=lambda one: abs(float(elapsed_s(at, one.time))), default=None)
    return (None, None) if best is None else (best.time, best.off_nadir_deg)


def _chance_times(
    base: Elements,
    used: Sequence[Claim],
    start: np.datetime64,
    line: tuple[float, float],
    worst_s: float,
    random: np.random.Generator,
    eop: EarthOrientation,
) -> float:
    """What share of random times in the same days, at these places, is as near to a pass as the worst residual?"""
    stop = max(c.moment.middle for c in used)
    length_s = float(elapsed_s(start, stop))
    times: list[Floats] = []
    for claim in used:
        assert claim.place is not None
        try:
            near = approaches(base, claim.place, start, stop, eop, late_s=line[0] + line[1] * length_s / 86400.0 / 2.0)
        except DataError:
            near = []
        times.append(np.array([float(elapsed_s(start, one.time)) for one in near]))
    hits = 0
    for number, drawn in enumerate(random.uniform(0.0, length_s, _DRAWS).tolist()):
        passes = times[number % len(times)]
        hits += bool(len(passes) and np.abs(passes - drawn).min() <= worst_s)
    return hits / _DRAWS
