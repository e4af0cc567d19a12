"""Orbit Ephemeris Messages (CCSDS 502.0-B-3, section 5): positions as their owner publishes them.

A message holds segments: a table of states in one frame and one time scale, and how to interpolate between its rows.
:class:`OemEphemeris` answers for them like any other motion; :mod:`swath.orbit.oem_read` and
:mod:`swath.orbit.oem_write` are the forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.frames import EarthOrientation, itrf_states
from swath.orbit.interpolation import interpolate
from swath.time import format_utc, tai_from_utc, utc_from_tai

__all__ = ["Covariance", "Oem", "OemEphemeris", "Segment"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Covariance:
    """How sure a state is, as its owner says."""

    at: np.datetime64
    """UTC"""
    frame: str
    """one of :data:`~swath.frames.FRAMES`, or the satellite's own: ``RSW`` or ``TNW``"""
    matrix: Floats
    """``(6, 6)`` of position (m) and velocity (m/s)"""


@dataclass(frozen=True, eq=False)
class Segment:
    """States in one frame, and the rule between them."""

    frame: str
    """one of :data:`~swath.frames.FRAMES`"""
    frame_written: str
    """as the message has it: ``ITRF2014``"""
    time_system: str
    """``UTC``, ``TAI``, ``TT`` or ``GPS``: the scale of the message's own times"""
    tai: Times
    """``(n,)``, rising: the times on the TAI clock, on which also a leap second is a moment"""
    r_m: Floats
    v_m_s: Floats
    """``(n, 3)`` in ``frame``"""
    interpolation: str
    """``LAGRANGE``, ``HERMITE`` or ``LINEAR``"""
    degree: int
    first: np.datetime64
    last: np.datetime64
    """the useable span, on the TAI clock"""
    covariances: tuple[Covariance, ...] = ()

    @property
    def start(self) -> np.datetime64:
        """First useable moment, UTC."""
        return _utc(self.first)

    @property
    def stop(self) -> np.datetime64:
        """Last useable moment, UTC."""
        return _utc(self.last)

    def states(self, tai: Times) -> tuple[Floats, Floats]:
        """Position (m) and velocity (m/s) ``(m, 3)`` in ``frame`` at times of the TAI clock that lie in its span."""
        row_s, asked_s = ((t - self.tai[0]) / np.timedelta64(1, "ns") * 1e-9 for t in (self.tai, tai))
        return interpolate(self.interpolation, self.degree, row_s, self.r_m, self.v_m_s, asked_s)


@dataclass(frozen=True, eq=False)
class Oem:
    """Where one object was or will be, in segments in the order of the message."""

    object_name: str
    object_id: str
    originator: str
    segments: tuple[Segment, ...]
    source: str = ""

    @property
    def norad_id(self) -> int | None:
        """The catalogue number, where the message names the object by it."""
        return int(self.object_id) if self.object_id.isdigit() and len(self.object_id) <= 9 else None

    @property
    def span(self) -> tuple[np.datetime64, np.datetime64]:
        """From the first useable moment to the last, UTC; there may be gaps."""
        return min(s.start for s in self.segments), max(s.stop for s in self.segments)


@dataclass(frozen=True, eq=False)
class OemEphemeris:
    """Motion as a message gives it, over the turning Earth."""

    oem: Oem
    eop: EarthOrientation

    def states(self, at: Times) -> tuple[Floats, Floats]:
        """ITRF position (m) and Earth-fixed velocity (m/s).

        Interpolated in the message's own frame, scale and degree, then turned. Where two segments meet, the later one
        of the message holds. Raises :class:`DataError` outside the useable spans of all segments, and outside the
        Earth orientation data.
        """
        times = np.asarray(at, "datetime64[ns]")
        flat = times.ravel()
        tai = tai_from_utc(flat)
        which = self._segment_of(tai, flat)
        r_itrf_m, v_itrf_m_s = np.empty((flat.size, 3)), np.empty((flat.size, 3))
        for number, segment in enumerate(self.oem.segments):
            here = which == number
            if here.any():
                r_m, v_m_s = segment.states(tai[here])
                r_itrf_m[here], v_itrf_m_s[here] = itrf_states(segment.frame, r_m, v_m_s, at=flat[here], eop=self.eop)
        return r_itrf_m.reshape(*times.shape, 3), v_itrf_m_s.reshape(*times.shape, 3)

    def _segment_of(self, tai: Times, at: Times) -> npt.NDArray[np.intp]:
        which = np.full(tai.shape, -1)
        for number, segment in enumerate(self.oem.segments):
            which[(segment.first <= tai) & (tai <= segment.last)] = number
        if which.size and which.min() < 0:
            missing = at[np.argmax(which < 0)]
            raise DataError(
                f"the ephemeris of {self.oem.object_name} says nothing about {format_utc(missing)}; "
                f"it covers {_spans(self.oem.segments)}",
                where=self.oem.source,
                fix="Ask for times inside, or give another file",
            )
        return which


def _utc(tai: np.datetime64) -> np.datetime64:
    (at,) = utc_from_tai(np.array([tai]))
    return np.datetime64(at)


def _spans(segments: Sequence[Segment]) -> str:
    told = [f"{format_utc(s.start)} to {format_utc(s.stop)}" for s in segments[:3]]
    return ", ".join(told) + (f" and {len(segments) - 3} more spans" if len(segments) > 3 else "")
