"""Motion worked out force by force, for what SGP4 cannot know: finite burns, one satellite's own drag, precise states.

The answer is a table of states in the form of a message (:class:`~swath.orbit.oem.Oem`), so that it is asked, searched
and written like any other. Integration by extrapolation (Gragg, Bulirsch and Stoer; Hairer, Norsett & Wanner, "Solving
Ordinary Differential Equations I", II.9) from row to row, each to 1 um, in air to 0.1 mm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import erfa
import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.frames import EARTH_ROTATION_RAD_S, EarthOrientation, geodetic_from_itrf, itrf_from_gcrf_matrices
from swath.orbit.forces import (
    AU_M,
    MOON_GM,
    SUN_GM,
    Burn,
    Forces,
    density_kg_m3,
    drag,
    gravity_field,
    light_pressure,
    third_body,
    thrust,
)
from swath.orbit.oem import Oem, Segment
from swath.time import elapsed_s, format_utc, hourly, later, tai_from_utc, terrestrial_julian_date

__all__ = ["propagate_forces"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_COLUMNS = (2, 4, 6, 8, 10, 12, 14)
"""substeps of each column of the extrapolation"""
_TOLERANCE_M, _TOLERANCE_IN_AIR_M = 1e-6, 1e-4
"""of one step; the table of the air has kinks, at which no polynomial comes much nearer"""
_AT_ONCE = 200
_LOWEST_M = 6378137.0 + 80e3
_MOST_STEPS = 500_000
_FINEST = 6
_BULGE_LAG_RAD = np.radians(30.0)


def propagate_forces(
    r_gcrf_m: npt.ArrayLike,
    v_gcrf_m_s: npt.ArrayLike,
    start: np.datetime64,
    stop: np.datetime64,
    forces: Forces,
    *,
    eop: EarthOrientation,
    burns: Sequence[Burn] = (),
    step_s: float = 60.0,
    name: str = "the satellite",
    id: str = "UNKNOWN",
) -> Oem:
    """Where does a satellite go from a GCRF state (m, m/s) at ``start`` until ``stop``, under forces and burns?

    States at most ``step_s`` apart, Hermite of degree 7 between them; a segment ends and another begins where a burn
    does. The same input gives the same bits. Over a day in a low orbit it agrees with ``brahe`` within 0.1 m for
    gravity of degree 20, Sun and Moon, and within 1 % of what drag does (tests/authorities/test_numerical.py). Takes
    about 2 s a day of motion. Raises :class:`InputError` for a span or burns that make no sense and where ``satkit`` is
    not installed, :class:`DataError` where the satellite comes down or the integration does not converge.
    """
    span_s = float(elapsed_s(start, stop))
    if not 0.0 < span_s <= _MOST_STEPS * step_s or not step_s > 0.0:
        raise InputError(
            f"from {format_utc(start)} to {format_utc(stop)} in steps of {step_s:g} s",
            fix=f"Give a stop after the start, at most {_MOST_STEPS:,} steps",
        )
    begun = [(float(elapsed_s(start, burn.start)), burn) for burn in sorted(burns, key=lambda burn: burn.start)]
    for (first, burn), (second, _) in pairwise(begun):
        if first + burn.duration_s > second:
            raise InputError("two burns overlap", fix="Make one of them, with the sum of both")
    edges = {0.0, span_s} | {t for first, burn in begun for t in (first, first + burn.duration_s)}
    y = np.concatenate([np.asarray(r_gcrf_m, np.float64), np.asarray(v_gcrf_m_s, np.float64)])
    if y.shape != (6,) or not np.isfinite(y).all():
        raise InputError("a state is three metres and three metres a second", fix="Give r_gcrf_m and v_gcrf_m_s")
    field = gravity_field(forces)
    inside = sorted(t for t in edges if 0.0 <= t <= span_s)
    segments = []
    for begin_s, end_s in pairwise(inside):
        if end_s - begin_s < 1e-6:
            continue
        fired = next((b for b in begun if b[0] <= begin_s + 1e-6 and end_s <= b[0] + b[1].duration_s + 1e-6), None)
        arc = _Arc(start, begin_s, end_s - begin_s, forces, field, eop, fired, name)
        rows = arc.integrate(y, step_s)
        y = rows[-1]
        segments.append(_segment(start, np.linspace(begin_s, end_s, len(rows)), rows))
    return Oem(name, id, "swath", tuple(segments))


def _segment(start: np.datetime64, after_s: Floats, rows: Floats) -> Segment:
    whole_ns = np.round(after_s * 1e9).astype("timedelta64[ns]")
    tai = np.asarray(tai_from_utc(start) + whole_ns, "datetime64[ns]")
    return Segment("GCRF", "GCRF", "UTC", tai, rows[:, :3], rows[:, 3:], "HERMITE", 7, tai[0], tai[-1])


@dataclass(frozen=True)
class _Around:
    """What surrounds the satellite at the times of one step: one entry a substep of every column."""

    turn: Floats
    """GCRF to ITRF ``(3, 3)``"""
    sun_m: Floats
    moon_m: Floats


@dataclass(frozen=True)
class _Arc:
    """A stretch without a beginning or end of a burn inside."""

    start: np.datetime64
    begin_s: float
    length_s: float
    forces: Forces
    field: Callable[[Floats], Floats]
    eop: EarthOrientation
    fired: tuple[float, Burn] | None
    name: str

    def integrate(self, y: Floats, step_s: float) -> Floats:
        """States ``(n, 6)`` at equal steps, both ends included; rows are halved until they converge."""
        steps = max(int(np.ceil(self.length_s / step_s)), 3)
        for finer in range(_FINEST):
            rows = self._rows(y, steps << finer)
            if rows is not None:
                return rows[:: 1 << finer]
        raise DataError(
            f"the motion of {self.name} does not converge after {self._when(self.begin_s)}",
            fix="Check the state: is it an orbit?",
        )

    def _rows(self, y: Floats, steps: int) -> Floats | None:
        h_s = self.length_s / steps
        rows = np.empty((steps + 1, 6))
        rows[0] = y
        shares = np.concatenate([np.arange(n + 1) / n for n in _COLUMNS])
        for row in range(steps):
            if row % _AT_ONCE == 0:
                begin = self.begin_s + h_s * np.arange(row, min(row + _AT_ONCE, steps))
                around = self._around(later(self.start, begin[:, None] + h_s * shares))
            made = self._step(rows[row], self.begin_s + row * h_s, h_s, around, row % _AT_ONCE)
            if made is None:
                return None
            rows[row + 1] = made
            self._aloft(made, self.begin_s + (row + 1) * h_s)
        return rows

    def _aloft(self, y: Floats, after_s: float) -> None:
        if not np.dot(y[:3], y[:3]) > _LOWEST_M**2:
            raise DataError(
                f"{self.name} comes down: it is below 80 km at {self._when(after_s)}",
                fix="End before that",
            )

    def _when(self, after_s: float) -> str:
        (at,) = later(self.start, [after_s])
        return format_utc(np.datetime64(at))

    def _around(self, at: Times) -> _Around:
        """For ``(steps, substeps)`` times at once, because one by one would take longer than everything else."""
        turn = itrf_from_gcrf_matrices(at, self.eop)
        sun_m = hourly(_sun_m, at) if self._needs_sun() else np.zeros((*at.shape, 3))
        moon_m = hourly(_moon_m, at) if self.forces.moon else sun_m
        return _Around(turn, sun_m, moon_m)

    def _needs_sun(self) -> bool:
        return self.forces.sun or self.forces.light_m2_per_kg > 0.0 or self.forces.drag_m2_per_kg > 0.0

    def _step(self, y: Floats, t_s: float, h_s: float, around: _Around, row: int) -> Floats | None:
        """One step to the tolerance, ``None`` where even the last column has not come that near."""
        turn, sun_m, moon_m = around.turn[row], around.sun_m[row], around.moon_m[row]
        tolerance_m = _TOLERANCE_IN_AIR_M if self.forces.drag_m2_per_kg else _TOLERANCE_M
        first = self._rates(y, t_s, turn[0], sun_m[0], moon_m[0])
        table: list[Floats] = []
        offset = 0
        for column, n in enumerate(_COLUMNS):
            h = h_s / n
            before, here = y, y + h * first
            for m in range(1, n + 1):
                k = offset + m
                rates = self._rates(here, t_s + m * h, turn[k], sun_m[k], moon_m[k])
                if m < n:
                    before, here = here, before + 2.0 * h * rates
            entries = [0.5 * (before + here + h * rates)]
            offset += n + 1
            for j in range(1, column + 1):
                ratio = (n / _COLUMNS[column - j]) ** 2
                entries.append(entries[j - 1] + (entries[j - 1] - table[j - 1]) / (ratio - 1.0))
            if column and np.abs(entries[-1][:3] - entries[-2][:3]).max() < tolerance_m:
                return entries[-1]
            table = entries
        return None

    def _rates(self, y: Floats, t_s: float, turn: Floats, sun_m: Floats, moon_m: Floats) -> Floats:
        r_m, v_m_s, forces = y[:3], y[3:], self.forces
        r_itrf_m = turn @ r_m
        pull = turn.T @ self.field(r_itrf_m)
        if forces.sun:
            pull = pull + third_body(r_m, sun_m, SUN_GM)
        if forces.moon:
            pull = pull + third_body(r_m, moon_m, MOON_GM)
        if forces.light_m2_per_kg:
            pull = pull + light_pressure(r_m, sun_m, forces.light_m2_per_kg)
        if forces.drag_m2_per_kg:
            a, b, c = EARTH_ROTATION_RAD_S * turn[2]
            x, y_m, z = r_m
            carried = np.array([b * z - c * y_m, c * x - a * z, a * y_m - b * x])  # by the turning Earth
            density = forces.density_ratio * density_kg_m3(_altitude_m(r_itrf_m), _cos_bulge(r_m, sun_m))
            pull = pull + drag(v_m_s - carried, density, forces.drag_m2_per_kg)
        if self.fired is not None:
            pull = pull + thrust(self.fired[1], t_s - self.fired[0], r_m, v_m_s)
        return np.concatenate([v_m_s, pull])


def _altitude_m(r_itrf_m: Floats) -> float:
    return float(geodetic_from_itrf(r_itrf_m)[2])


def _cos_bulge(r_m: Floats, sun_m: Floats) -> float:
    """Cosine of the angle from the bulge of the air, which lags 30 degrees of right ascension behind the Sun."""
    c, s = np.cos(_BULGE_LAG_RAD), np.sin(_BULGE_LAG_RAD)
    x, y, z = sun_m
    bulge = np.array([c * x - s * y, s * x + c * y, z])
    return float(np.dot(r_m, bulge) / np.sqrt(np.dot(r_m, r_m) * np.dot(sun_m, sun_m)))


def _sun_m(at: Times) -> Floats:
    """The Sun from the Earth's centre, GCRF: minus the Earth from the Sun (``erfa.epv00``, good to 12 km)."""
    return np.asarray(-erfa.epv00(*terrestrial_julian_date(at))[0]["p"] * AU_M, np.float64)


def _moon_m(at: Times) -> Floats:
    """The Moon from the Earth's centre, GCRF (``erfa.moon98``, good to some 20 km)."""
    return np.asarray(erfa.moon98(*terrestrial_julian_date(at))["p"] * AU_M, np.float64)
