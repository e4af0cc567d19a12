"""Do several stated times fit one orbit? Few free parameters, each claim left out in turn, and what chance would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.claim.looks import Approach, approaches, sight
from swath.claim.motion import History, Track, late_states
from swath.claim.records import Claim
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic
from swath.model import Elements, Place
from swath.orbit.sgp4 import secular_rates
from swath.orbit.uncertainty import MAX_AGE_DAYS, SIGMAS_90, age_days
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["Fit", "Residual", "joint_fit"]

Floats = npt.NDArray[np.float64]

_FEWEST = 3
"""of exact times: two parameters leave nothing to be tested by two"""
_PACES_S_DAY = np.arange(-150.0, 150.5, 1.0)
"""how wrong a mean motion may be, as seconds a day: 0.026 rev/day either way"""
_GRID_S = 10.0
_DRAWS = 400
_LEAST_SIGMA_S = 2.0
_NODE_DEG = 0.15
"""what a plane that is run over months may be off by at the least, 90 %"""
_EARTH_M = 6378137.0
_KINDS = ("picture", "optical", "radar", "thermal", "closest approach")


@dataclass(frozen=True)
class Residual:
    """One stated time against the fitted orbit."""

    claim: str
    stated: np.datetime64
    fitted: np.datetime64 | None
    """the closest approach of the fitted orbit"""
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

    @property
    def worst_s(self) -> float:
        """The largest residual."""
        return max(abs(row.residual_s) for row in self.rows)

    @property
    def says(self) -> str:
        """The outcome in words."""
        sets = self.chance_sets_probability
        chance = f"of {self.draws} sets of random times {'none fits' if sets == 0.0 else f'{sets:.1%} fit'} as well"
        return f"{len(self.rows)} stated times fit one orbit to within {self.worst_s:.1f} s; {chance}"

    def track(self, at: np.datetime64, leave_out: str = "") -> Track:
        """The fitted orbit as something to hold a claim against, fitted without that claim."""
        rows = [row for row in self.rows if row.claim != leave_out]
        late, sigma_s = self._predicted(rows, at)
        cross_m = float(np.radians(self.node_90_deg) * _EARTH_M)
        along_90_s = float(np.hypot(SIGMAS_90 * sigma_s, cross_m / 7.5e3 * 0.1))
        because = (
            f"no usable element set: phase and mean motion fitted to {len(rows)} stated times of this file, "
            f"{self.plane_because}"
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
    time counts as that of a closest approach, the satellite above the horizon.
    """
    exact = [c for c in claims if c.moment.exact and c.kind in _KINDS and c.place is not None]
    if len(exact) < _FEWEST:
        return None
    start = min(c.moment.middle for c in exact)
    middle = start + (max(c.moment.middle for c in exact) - start) // 2
    base, because, node_90_deg = _base(history, middle)
    period_s = 86400.0 / base.mean_motion_rev_day
    used, late = [], []
    for claim in exact:
        needed = _needed_late(base, claim, period_s, eop)
        if needed is not None:
            used.append(claim)
            late.append(needed)
    if len(used) < _FEWEST:
        return None
    days = np.array([float(elapsed_s(start, c.moment.middle)) for c in used]) / 86400.0
    phase, pace, _ = _best_line(days, np.array(late)[None], period_s)
    fitted = float(phase[0]), float(pace[0])
    rows, spread = _rows(base, used, days, start, fitted, eop)
    worst_s = max(abs(row.residual_s) for row in rows)
    random = np.random.default_rng(0)
    times_share = _chance_times(base, used, start, fitted, worst_s, random, eop)
    drawn = random.uniform(-period_s / 2.0, period_s / 2.0, (_DRAWS, len(used)))
    _, _, worst = _best_line(days, drawn, period_s)
    mean_motion = base.mean_motion_rev_day * (1.0 - fitted[1] / 86400.0)
    return Fit(
        base.name, base.norad_id, base, because, start, *fitted, mean_motion, rows, times_share,
        float(np.mean(worst <= worst_s)), _DRAWS, spread, node_90_deg,
    )  # fmt: skip


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
    node_90_deg = max(_NODE_DEG, float(np.ptp(apart)))
    return _run(nearest, at), f"{told}, run {abs(age):.0f} days {'on' if age > 0 else 'back'}", node_90_deg


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
    """How late must it be for the stated moment to be a closest approach above the horizon? ``None``: it cannot be."""
    place = claim.place
    assert place is not None
    ground = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    low, high = -period_s / 2.0, period_s / 2.0
    late = np.arange(low, high + _GRID_S, _GRID_S)
    best = None
    for _ in range(3):
        r, v = late_states(base, np.full(len(late), claim.moment.middle), late, eop)
        going = np.sum((r - ground) * v, axis=-1)
        elevation = sight(r, ground, up)[1]
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
    start: np.datetime64,
    line: tuple[float, float],
    eop: EarthOrientation,
) -> tuple[tuple[Residual, ...], float]:
    """Residuals of the actual closest approaches, and their standard deviation with two parameters spent."""
    found = []
    for claim, day in zip(used, days.tolist(), strict=True):
        assert claim.place is not None
        near = _approach(base, claim.place, claim.moment.middle, line[0] + line[1] * day, eop)
        off_s = float(elapsed_s(near.time, claim.moment.middle)) if near is not None else np.inf
        found.append((claim, near, off_s))
    residual = np.array([one[2] for one in found])
    left = max(len(found) - 2, 1)
    spread = float(np.sqrt(np.sum(residual**2) / left))
    rows = []
    for k, (claim, near, off_s) in enumerate(found):
        others = np.arange(len(found)) != k
        late = line[0] + line[1] * days + residual
        predicted, _ = _line(days[others], late[others], float(days[k]), 1.0)
        angle = None if near is None else near.off_nadir_deg
        fitted = None if near is None else near.time
        rows.append(Residual(claim.id, claim.moment.middle, fitted, off_s, float(late[k] - predicted), angle))
    return tuple(rows), spread


def _approach(base: Elements, place: Place, at: np.datetime64, late_s: float, eop: EarthOrientation) -> Approach | None:
    reach = seconds(900.0)
    near = approaches(base, place, at - reach, at + reach, eop, late_s=late_s, min_elevation_deg=-1.0)
    return min(near, key=lambda one: abs(float(elapsed_s(at, one.time))), default=None)


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
