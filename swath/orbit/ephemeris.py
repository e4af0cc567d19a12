"""One question for every kind of orbit: where is it over the turning Earth, and how fast?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.frames import WGS84_A_M, EarthOrientation, itrf_from_teme
from swath.model import Elements
from swath.orbit.sgp4 import propagate
from swath.orbit.table_kernels import derivatives, quintics
from swath.orbit.uncertainty import check_age
from swath.time import elapsed_s, format_utc, later

__all__ = [
    "Ephemeris",
    "Sgp4Ephemeris",
    "TabulatedEphemeris",
    "Turning",
    "even_times",
    "good_step_s",
    "reentry",
    "sgp4_ephemeris",
    "table_of",
    "tabulate",
]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_LOWEST_M = 80e3
"""no satellite completes an orbit that dips below this"""
_STENCIL = 9
_STEPS_S = (*range(10, 60, 10), *range(60, 150, 15), 150, 180, 240, 300, 450, 600)


class Turning(Protocol):
    """What is known of how fast an orbit is flown."""

    @property
    def mean_motion_rev_day(self) -> float:
        """Revolutions a day."""

    @property
    def eccentricity(self) -> float:
        """0 for a circle."""


class Ephemeris(Protocol):
    """Anything that knows where a satellite is."""

    def states(self, at: Times) -> tuple[Floats, Floats]:
        """ITRF position (m) and Earth-fixed velocity (m/s), ``(..., 3)``, at UTC times ``(...)``.

        Raises :class:`DataError` for times it cannot answer; never returns NaN.
        """


@dataclass(frozen=True)
class Sgp4Ephemeris:
    """Motion from one published element set."""

    elements: Elements
    eop: EarthOrientation

    def states(self, at: Times) -> tuple[Floats, Floats]:
        """ITRF position (m) and Earth-fixed velocity (m/s).

        Raises :class:`DataError` more than 30 days from the epoch, outside the Earth orientation data, and where the
        object has decayed.
        """
        times = np.asarray(at, "datetime64[ns]")
        if times.size == 0:
            return np.empty((*times.shape, 3)), np.empty((*times.shape, 3))
        check_age(self.elements, times.min(), times.max())
        r_teme_m, v_teme_m_s = propagate(self.elements, times)
        if why := reentry(self.elements, r_teme_m, times):
            raise DataError(why, where=self.elements.source, fix="Use a set from nearer to that time")
        return itrf_from_teme(r_teme_m, v_teme_m_s, at=times, eop=self.eop)


@dataclass(frozen=True, eq=False)
class TabulatedEphemeris:
    """Motion as a table of states in equal steps of SI seconds, quintic Hermite between them.

    With the steps of :func:`tabulate` and :func:`good_step_s` the positions are within 0.1 m of what was tabulated at
    the ends of the span and 0.02 m elsewhere, for perigees from 200 km up (tests/orbit/test_ephemeris.py). Velocities
    and accelerations are the derivatives of the positions: SGP4's own velocities differ from them by 0.02 m/s in a low
    orbit and by 3 m/s in the most eccentric ones, which would bend the curve by metres.
    """

    name: str
    start: np.datetime64
    step_s: float
    r_itrf_m: Floats
    """``(n, 3)``"""
    v_itrf_m_s: Floats
    """``(n, 3)``, Earth-fixed"""
    a_itrf_m_s2: Floats
    """``(n, 3)``, second derivatives of the positions"""

    @property
    def duration_s(self) -> float:
        """SI seconds from the first state to the last."""
        return self.step_s * (len(self.r_itrf_m) - 1)

    def states(self, at: Times) -> tuple[Floats, Floats]:
        """ITRF position (m) and Earth-fixed velocity (m/s). Raises :class:`DataError` outside the table."""
        after_s = elapsed_s(self.start, at)
        slack_s = 1e-6  # times are stamped in whole nanoseconds
        if after_s.size and not (-slack_s <= after_s.min() and after_s.max() <= self.duration_s + slack_s):
            raise DataError(
                f"the table of {self.name} runs from {format_utc(self.start)} for {self.duration_s:.0f} s; "
                f"asked for {after_s.min():.0f} to {after_s.max():.0f} s after its start",
                fix="Tabulate a longer span",
            )
        return self.states_after(after_s)

    def states_after(self, after_s: Floats) -> tuple[Floats, Floats]:
        """The same for SI seconds since ``start`` that are known to lie inside the table."""
        c, u = self._polynomial(after_s)
        v = c[..., 1, :] + u * (
            2.0 * c[..., 2, :] + u * (3.0 * c[..., 3, :] + u * (4.0 * c[..., 4, :] + u * 5.0 * c[..., 5, :]))
        )
        return self._position(c, u), v / self.step_s

    def positions_after(self, after_s: Floats) -> Floats:
        """The positions alone."""
        return self._position(*self._polynomial(after_s))

    def _polynomial(self, after_s: Floats) -> tuple[Floats, Floats]:
        steps = np.asarray(after_s, np.float64) / self.step_s
        row = np.clip(steps.astype(np.intp), 0, len(self.r_itrf_m) - 2)
        return self._coefficients[row], (steps - row)[..., None]

    @staticmethod
    def _position(c: Floats, u: Floats) -> Floats:
        c0, c1, c2, c3, c4, c5 = np.moveaxis(c, -2, 0)
        return np.asarray(c0 + u * (c1 + u * (c2 + u * (c3 + u * (c4 + u * c5)))), np.float64)

    @cached_property
    def _coefficients(self) -> Floats:
        return quintics(self.r_itrf_m, self.v_itrf_m_s, self.a_itrf_m_s2, self.step_s)


def reentry(elements: Elements, r_teme_m: Floats, at: Times) -> str:
    """Why can the object not be there any more? Empty while all positions ``(..., 3)`` at ``at`` are above 80 km."""
    height_m = np.linalg.norm(r_teme_m, axis=-1) - WGS84_A_M
    if height_m.size == 0 or height_m.min() >= _LOWEST_M:
        return ""
    when = format_utc(np.ravel(at)[int(height_m.argmin())])
    return f"{elements.name} would be {height_m.min() / 1e3:.0f} km high at {when}: it has re-entered by then"


def sgp4_ephemeris(elements: Elements, eop: EarthOrientation) -> Sgp4Ephemeris:
    """Motion by SGP4 over the turning Earth."""
    return Sgp4Ephemeris(elements, eop)


def tabulate(
    ephemeris: Ephemeris,
    start: np.datetime64,
    stop: np.datetime64,
    step_s: float = 60.0,
    *,
    name: str = "the satellite",
) -> TabulatedEphemeris:
    """A fast copy of an ephemeris for ``start`` to ``stop``, with states at most ``step_s`` apart.

    Raises :class:`InputError` for an empty span, and whatever the ephemeris raises.
    """
    at, step_s = even_times(start, stop, step_s)
    return table_of(name, start, step_s, ephemeris.states(at)[0])


def table_of(name: str, start: np.datetime64, step_s: float, r_itrf_m: Floats) -> TabulatedEphemeris:
    """What table do positions ``(n, 3)`` at the :func:`even_times` make?"""
    v_itrf_m_s, a_itrf_m_s2 = derivatives(r_itrf_m, step_s, _weights())
    return TabulatedEphemeris(name, start.astype("datetime64[ns]"), step_s, r_itrf_m, v_itrf_m_s, a_itrf_m_s2)


def good_step_s(elements: Turning) -> float:
    """How far apart may the states of a table be, so that it is exact (:class:`TabulatedEphemeris`) and no slower?

    An angle of 0.14 rad at perigee, less for eccentric orbits, whose motion changes within a step; from a fixed choice
    of steps, so that many satellites share their times.
    """
    e = elements.eccentricity
    mean_motion_rad_s = elements.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    perigee_rad_s = mean_motion_rad_s * (1.0 + e) ** 2 / (1.0 - e * e) ** 1.5
    wanted_s = 0.14 / (1.0 + e) / perigee_rad_s
    return float(max((step_s for step_s in _STEPS_S if step_s <= wanted_s), default=_STEPS_S[0]))


def even_times(start: np.datetime64, stop: np.datetime64, step_s: float) -> tuple[Times, float]:
    """Which times, at most ``step_s`` apart, enough for a table, run evenly from start to stop? And how far apart?

    No stamp names a moment inside a leap second: should one fall there, steps get shorter. Raises :class:`InputError`
    for an empty span.
    """
    span_s = float(elapsed_s(start, stop))
    if not span_s > 0.0:
        raise InputError(
            f"the span from {format_utc(start)} to {format_utc(stop)} is empty", fix="Give a stop after the start"
        )
    steps = max(int(np.ceil(span_s / step_s)), _STENCIL - 1)
    while True:
        wanted_s = np.linspace(0.0, span_s, steps + 1)
        at = later(start, wanted_s)
        if np.abs(elapsed_s(start, at) - wanted_s).max() < 1e-6:
            return at, span_s / steps
        steps += 1


@lru_cache
def _weights() -> Floats:
    """Of the value and the first two derivatives, at each of the rows, of the polynomial through ``_STENCIL`` rows.

    ``[row asked for, derivative, row]``, per step; by Fornberg's recursion (Math. Comp. 51 (1988) 699).
    """
    out = np.zeros((_STENCIL, 3, _STENCIL))
    for asked, w in enumerate(out):
        w[0, 0], before = 1.0, 1.0
        for i in range(1, _STENCIL):
            product = float(np.prod(i - np.arange(i)))
            for k in range(2, -1, -1):
                lower = k * w[k - 1, i - 1] if k else 0.0
                w[k, i] = before / product * (lower - (i - 1 - asked) * w[k, i - 1])
            for k in range(2, -1, -1):
                w[k, :i] = ((i - asked) * w[k, :i] - (k * w[k - 1, :i] if k else 0.0)) / (i - np.arange(i))
            before = product
    return out
