"""One question for every kind of orbit: where is it over the turning Earth, and how fast?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.frames import WGS84_A_M, EarthOrientation, itrf_from_teme
from swath.model import Elements
from swath.orbit.sgp4 import propagate
from swath.orbit.uncertainty import check_age
from swath.time import elapsed_s, format_utc, later

__all__ = ["Ephemeris", "Sgp4Ephemeris", "TabulatedEphemeris", "reentry", "sgp4_ephemeris", "tabulate"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_LOWEST_M = 80e3
"""no satellite completes an orbit that dips below this"""
_STENCIL = 7


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
    """Motion as a table of states in equal steps of SI seconds, cubic Hermite between them.

    At 30 s between states the positions are within 0.05 m of what was tabulated for perigees from 200 km up
    (tests/orbit/test_ephemeris.py). Velocities are the derivatives of the positions: SGP4's own differ from them by
    0.02 m/s in a low orbit and by 3 m/s in the most eccentric ones, which would bend the curve by metres.
    """

    name: str
    start: np.datetime64
    step_s: float
    r_itrf_m: Floats
    """``(n, 3)``"""
    v_itrf_m_s: Floats
    """``(n, 3)``, Earth-fixed"""

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
        row, u = self._place(after_s)
        r0, d0, c2, c3 = self._cubic(row)
        return r0 + u * (d0 + u * (c2 + u * c3)), (d0 + u * (2.0 * c2 + u * 3.0 * c3)) / self.step_s

    def positions_after(self, after_s: Floats) -> Floats:
        """The positions alone."""
        row, u = self._place(after_s)
        r0, d0, c2, c3 = self._cubic(row)
        return r0 + u * (d0 + u * (c2 + u * c3))

    def _place(self, after_s: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
        steps = np.asarray(after_s, np.float64) / self.step_s
        row = np.clip(steps.astype(np.intp), 0, len(self.r_itrf_m) - 2)
        return row, (steps - row)[..., None]

    def _cubic(self, row: npt.NDArray[np.intp]) -> tuple[Floats, Floats, Floats, Floats]:
        r0, r1 = self.r_itrf_m[row], self.r_itrf_m[row + 1]
        d0, d1 = self.v_itrf_m_s[row] * self.step_s, self.v_itrf_m_s[row + 1] * self.step_s
        return r0, d0, 3.0 * (r1 - r0) - 2.0 * d0 - d1, 2.0 * (r0 - r1) + d0 + d1


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
    step_s: float = 30.0,
    *,
    name: str = "the satellite",
) -> TabulatedEphemeris:
    """A fast copy of an ephemeris for ``start`` to ``stop``, with states at most ``step_s`` apart.

    Raises :class:`InputError` for an empty span, and whatever the ephemeris raises.
    """
    span_s = float(elapsed_s(start, stop))
    if not span_s > 0.0:
        raise InputError(
            f"the span from {format_utc(start)} to {format_utc(stop)} is empty", fix="Give a stop after the start"
        )
    steps = max(int(np.ceil(span_s / step_s)), _STENCIL - 1)
    at = _stamps(start, span_s, steps)
    r_itrf_m, _ = ephemeris.states(at)
    step_s = span_s / (len(at) - 1)
    return TabulatedEphemeris(name, start.astype("datetime64[ns]"), step_s, r_itrf_m, _slopes(r_itrf_m) / step_s)


def _stamps(start: np.datetime64, span_s: float, steps: int) -> Times:
    """Evenly spaced times. No stamp names a moment inside a leap second: should one fall there, steps get shorter."""
    wanted_s = np.linspace(0.0, span_s, steps + 1)
    at = later(start, wanted_s)
    off_s = np.abs(elapsed_s(start, at) - wanted_s).max()
    return at if off_s < 1e-6 else _stamps(start, span_s, steps + 1)


def _slopes(r: Floats) -> Floats:
    """Derivatives, per step, of the polynomial through the seven nearest rows: exact to the sixth order."""
    nodes = np.arange(_STENCIL, dtype=np.float64)
    powers = nodes[:, None] ** np.arange(_STENCIL)
    derivatives = np.hstack([np.zeros((_STENCIL, 1)), powers[:, :-1] * np.arange(1, _STENCIL)])
    weights = derivatives @ np.linalg.inv(powers)
    half = _STENCIL // 2
    windows = np.lib.stride_tricks.sliding_window_view(r, _STENCIL, axis=0)
    middle = np.asarray(windows @ weights[half], np.float64)
    return np.vstack([weights[:half] @ r[:_STENCIL], middle, weights[half + 1 :] @ r[-_STENCIL:]])
