"""Where does the line of sight really point while a picture is taken?"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from swath.spacecraft.bus import Shake

__all__ = ["bias_deg", "pointing_errors_deg"]

Floats = npt.NDArray[np.float64]

_TICK_S = 0.25
"""star-tracker noise is drawn so often and linear between"""
_FORGOTTEN = 8.0
"""noise older than so many correlation times leaves no trace"""


def bias_deg(shake: Shake, satellite: str, seed: int) -> Floats:
    """The constant misalignment of one satellite about its axes, ``(3,)``: the same for every picture of a flight."""
    return shake.bias_deg * _normal(seed, satellite, 3)


def pointing_errors_deg(shake: Shake, satellite: str, seed: int, at_s: Floats, since_turn_s: Floats) -> Floats:
    """Errors about the body axes at rising times since the start of the flight, ``(n, 3)``.

    The sum of bias, star-tracker noise (a first-order Gauss-Markov process), the lines of the jitter spectrum, each
    with a phase of its own an axis, and the ringing ``since_turn_s`` after the last turn. The same seed gives the same
    errors at the same times, however they are asked for.
    """
    times = np.asarray(at_s, np.float64)
    found = np.broadcast_to(bias_deg(shake, satellite, seed), (len(times), 3)).copy()
    if shake.tracker_deg > 0.0:
        found += _tracker(shake, satellite, seed, times)
    for frequency_hz, amplitude_deg in shake.jitter:
        phases = 2.0 * np.pi * _uniform(seed, f"{satellite} {frequency_hz!r}", 3)
        found += amplitude_deg * np.sin(2.0 * np.pi * frequency_hz * times[:, None] + phases)
    if shake.ring_deg > 0.0:
        since = np.maximum(np.asarray(since_turn_s, np.float64), 0.0)
        swing = np.exp(-since / shake.ring_decay_s) * np.cos(2.0 * np.pi * shake.ring_hz * since)
        found += shake.ring_deg * swing[:, None] * np.array([1.0, 1.0, 0.0])
    return found


def _tracker(shake: Shake, satellite: str, seed: int, times: Floats) -> Floats:
    """A Gauss-Markov process on ticks, started so long ago that its start is forgotten."""
    first = int(np.floor(times[0] / _TICK_S - _FORGOTTEN * shake.tracker_s / _TICK_S))
    ticks = np.arange(first, int(np.ceil(times[-1] / _TICK_S)) + 2)
    draws = np.array([_normal(seed, f"{satellite} tick {tick}", 3) for tick in ticks])
    keep = np.exp(-_TICK_S / shake.tracker_s)
    state, states = draws[0], [draws[0]]
    for draw in draws[1:]:
        state = keep * state + np.sqrt(1.0 - keep**2) * draw
        states.append(state)
    noise = np.array(states) * shake.tracker_deg
    return np.stack([np.interp(times / _TICK_S, ticks, noise[:, axis]) for axis in range(3)], -1)


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed & 0x7FFFFFFF, zlib.crc32(name.encode()), 0x5A])


def _normal(seed: int, name: str, number: int) -> Floats:
    return np.asarray(_generator(seed, name).normal(0.0, 1.0, number), np.float64)


def _uniform(seed: int, name: str, number: int) -> Floats:
    return np.asarray(_generator(seed, name).uniform(0.0, 1.0, number), np.float64)
