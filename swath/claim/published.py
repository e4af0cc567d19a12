"""An orbit as its owner published it: positions in an ephemeris message (OEM) in place of element sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.frames import EARTH_ROTATION_RAD_S, EarthOrientation
from swath.orbit.covariance import own_covariances
from swath.orbit.oem import Oem, OemEphemeris
from swath.time import format_utc, seconds

__all__ = ["ASSUMED_90_S", "Published", "published_orbit"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

ASSUMED_90_S = 1.0
"""how early or late a published ephemeris may be, 90 %, where its owner says nothing: assumed, and said so"""
MARGIN_S = 150.0
"""the ephemeris has to reach so far beyond a moment: the doubt about it is looked at as well"""
_MU_M3_S2 = 3.986004418e14


@dataclass(frozen=True, eq=False)
class Published:
    """Motion as a message gives it, and what is read off it once."""

    oem: Oem
    mean_motion_rev_day: float

    @property
    def name(self) -> str:
        """As the message has it."""
        return self.oem.object_name

    @property
    def source(self) -> str:
        """File that it was read from."""
        return self.oem.source

    def inside(self, start: np.datetime64, stop: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
        """What of a span can be searched for approaches; empty (stop before start) where nothing can."""
        first, last = self.oem.span
        return max(start, first + seconds(MARGIN_S)), min(stop, last - seconds(MARGIN_S))

    def late_states(self, at: Times, late_s: Floats, eop: EarthOrientation) -> tuple[Floats, Floats]:
        """ITRF states ``(..., 3)`` of a satellite so many seconds late; the Earth turns on meanwhile.

        Raises :class:`DataError` outside the useable spans of the message.
        """
        r, v = OemEphemeris(self.oem, eop).states(at - seconds(late_s))
        angle = -EARTH_ROTATION_RAD_S * late_s
        cosine, sine = np.cos(angle), np.sin(angle)

        def turned(x: Floats) -> Floats:
            return np.stack(
                [cosine * x[..., 0] - sine * x[..., 1], sine * x[..., 0] + cosine * x[..., 1], x[..., 2]], -1
            )

        return turned(r), turned(v)

    def doubt_90(self, at: np.datetime64, eop: EarthOrientation) -> tuple[float, float, str]:
        """Seconds early or late and metres across, 90 %, and by whose word."""
        own = own_covariances(OemEphemeris(self.oem, eop))
        if own is None:
            return ASSUMED_90_S, 7.5e3 * ASSUMED_90_S, f"nobody says how sure it is, {ASSUMED_90_S:g} s assumed"
        wide = own.doubt(np.array([at], "datetime64[ns]"))
        return max(float(wide.along_track_90_s[0]), 1e-3), float(wide.cross_track_90_m[0]), wide.because

    def covers(self, at: np.datetime64) -> bool:
        """Does it reach minutes beyond a moment on either side?"""
        first, last = self.inside(at, at)
        return bool(first <= last)

    def check(self, at: np.datetime64) -> None:
        """Raises :class:`DataError` where it does not cover a moment."""
        if not self.covers(at):
            start, stop = self.oem.span
            raise DataError(
                f"the ephemeris of {self.name} covers {format_utc(start)} to {format_utc(stop)}",
                where=self.source,
                fix="Give one that reaches minutes beyond the claim, or element sets: --elements FILE",
            )


def published_orbit(oem: Oem, eop: EarthOrientation) -> Published:
    """The orbit of a message, with its rate from the energy of its first state."""
    start = np.array([oem.segments[0].start], "datetime64[ns]")
    r, v = OemEphemeris(oem, eop).states(start)
    fast = v[0] + np.cross([0.0, 0.0, EARTH_ROTATION_RAD_S], r[0])
    sma_m = 1.0 / (2.0 / float(np.linalg.norm(r[0])) - float(fast @ fast) / _MU_M3_S2)
    return Published(oem, float(86400.0 / (2.0 * np.pi * np.sqrt(sma_m**3 / _MU_M3_S2))))
