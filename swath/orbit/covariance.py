"""How sure is a published ephemeris? Its covariances, turned into the orbit's own axes and carried through time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.frames import EARTH_ROTATION_RAD_S, FRAMES, itrf_states
from swath.orbit.history import own_axes
from swath.orbit.oem import Covariance, OemEphemeris
from swath.orbit.uncertainty import SIGMAS_90, Doubt
from swath.time import elapsed_s, format_utc

__all__ = ["OwnCovariances", "own_covariances"]

Floats = npt.NDArray[np.float64]

_MU_M3_S2 = 3.986004418e14
_TURN_RAD_S = np.array([0.0, 0.0, EARTH_ROTATION_RAD_S])


@dataclass(frozen=True, eq=False)
class OwnCovariances:
    """Covariances of one orbit at rising times: place and velocity along radial, transverse and normal."""

    at: npt.NDArray[np.datetime64]
    """``(n,)`` UTC"""
    matrix: Floats
    """``(n, 6, 6)``, m and m/s among the stars"""
    turn_rad_s: Floats
    """``(n,)``, mean motion"""
    speed_m_s: float

    def doubt(self, at: npt.ArrayLike) -> Doubt:
        """How far may the object be from the ephemeris at UTC times? From the last covariance before each.

        Before the first, the first is carried back. Between covariances errors move as small displacements from a
        circular orbit do (Clohessy & Wiltshire 1960); 90 % of a normal distribution (tests/orbit/test_covariance.py).
        """
        times = np.asarray(at, "datetime64[ns]")
        flat = times.ravel()
        row = np.maximum(np.searchsorted(self.at, flat, side="right") - 1, 0)
        since_s = elapsed_s(self.at[0], flat) - elapsed_s(self.at[0], self.at[row])
        along_m2, across_m2 = _carried(self.matrix[row], self.turn_rad_s[row], since_s)
        last = format_utc(self.at[-1])
        because = f"as the covariances of the ephemeris say, the last of {last}"
        return Doubt(
            SIGMAS_90 * np.sqrt(along_m2).reshape(times.shape) / self.speed_m_s,
            SIGMAS_90 * np.sqrt(across_m2).reshape(times.shape),
            self.speed_m_s,
            because,
        )


def own_covariances(ephemeris: OemEphemeris) -> OwnCovariances | None:
    """What does a message say about its own errors? ``None`` where it says nothing.

    A covariance at a moment outside the useable spans has no state to be about: it is left out.
    """
    spans = [(segment.start, segment.stop) for segment in ephemeris.oem.segments]
    every = (one for segment in ephemeris.oem.segments for one in segment.covariances)
    known = [one for one in every if any(start <= one.at <= stop for start, stop in spans)]
    known.sort(key=lambda one: one.at)
    if not known:
        return None
    at = np.array([one.at for one in known], "datetime64[ns]")
    at, rows = np.unique(at, return_index=True)
    return _turned(ephemeris, [known[row] for row in rows.tolist()], at)


def _turned(ephemeris: OemEphemeris, known: Sequence[Covariance], at: npt.NDArray[np.datetime64]) -> OwnCovariances:
    r_m, v_m_s = ephemeris.states(at)
    v_m_s = v_m_s + np.cross(_TURN_RAD_S, r_m)
    own = own_axes(r_m, v_m_s)
    far_m, speed_m_s = np.linalg.norm(r_m, axis=-1), np.linalg.norm(v_m_s, axis=-1)
    axis_m = 1.0 / np.maximum(2.0 / far_m - speed_m_s**2 / _MU_M3_S2, 1e-12)
    found = []
    for n, one in enumerate(known):
        turn = own[n] @ _columns(one.frame, r_m[n], v_m_s[n], own[n], at[n], ephemeris)
        whole = np.zeros((6, 6))
        whole[:3, :3] = whole[3:, 3:] = turn
        if one.frame == "ITRF":  # velocities over the turning Earth: a place that is off turns with it
            whole[3:, :3] = own[n] @ np.cross(_TURN_RAD_S, np.eye(3)).T
        found.append(whole @ one.matrix @ whole.T)
    return OwnCovariances(at, np.stack(found), np.sqrt(_MU_M3_S2 / axis_m**3), float(np.mean(speed_m_s)))


def _columns(frame: str, r_m: Floats, v_m_s: Floats, own: Floats, at: np.datetime64, ephemeris: OemEphemeris) -> Floats:
    """The axes of a covariance's frame as columns, in the turning Earth's axes at that moment."""
    if frame == "RSW":
        return own.T
    if frame == "TNW":
        along = v_m_s / np.linalg.norm(v_m_s)
        return np.stack([along, np.cross(own[2], along), own[2]], -1)
    assert frame in FRAMES, frame
    unit, still, when = np.eye(3), np.zeros((3, 3)), np.full(3, at)
    return itrf_states(frame, unit, still, at=when, eop=ephemeris.eop)[0].T


def _carried(matrix: Floats, turn_rad_s: Floats, since_s: Floats) -> tuple[Floats, Floats]:
    """Variances (m2) along and across, so many seconds after."""
    n, angle = turn_rad_s, turn_rad_s * since_s
    c, s, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(n), np.ones_like(n)
    along = np.stack([6.0 * (s - angle), one, zero, -2.0 * (1.0 - c) / n, (4.0 * s - 3.0 * angle) / n, zero], -1)
    across = np.stack([zero, zero, c, zero, zero, s / n], -1)
    # Clohessy and Wiltshire's velocities are those in axes that turn with the orbit.
    turning = np.broadcast_to(np.eye(6), (*n.shape, 6, 6)).copy()
    turning[..., 3, 1], turning[..., 4, 0] = n, -n
    both = []
    for row in (along, across):
        seen = np.einsum("...i,...ij->...j", row, turning)
        both.append(np.maximum(np.einsum("...i,...ij,...j->...", seen, matrix, seen), 0.0))
    return both[0], both[1]
