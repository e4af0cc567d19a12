"""How does the camera move while it takes a picture, and what does the satellite know of it?

Every line has its own time, position and attitude; the attitude drifts and trembles. What the satellite *reports* has
the errors of its sensors, so that the ground can place a picture only as well as a real one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.fly.picture import LineStates
from swath.frames import cross
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.agility import boresight
from swath.spacecraft.bus import RECEIVER_M, RECEIVER_M_S, Shake
from swath.spacecraft.satellite import Satellite

__all__ = [
    "Disturbance",
    "Exposure",
    "LINE_STEP",
    "Motion",
    "PERFECT",
    "after_s",
    "blur_deg",
    "disturbance_of",
    "draw_motion",
    "line_utc",
    "lines_of_sight",
    "measure",
    "measure_orbit",
    "usual_shake",
    "wander_and_blur",
]

Floats = npt.NDArray[np.float64]

LINE_STEP = 16
"""lines between two records of position and attitude"""
_LEAST_DEG = 1e-7
"""of vibration that is followed"""
_USUAL_RING_DEG = 0.05


@dataclass(frozen=True)
class Exposure:
    """One picture as it is really taken. Attitude is the true mean one (``model.Flown``), in the orbital frame."""

    acquisition: str
    request: str
    start: np.datetime64
    """the middle of line i is ``(i + 0.5) line_period_s`` later"""
    lines: int
    columns: int
    """the middle detectors of the row"""
    line_period_s: float
    roll_deg: float
    pitch_deg: float
    yaw_deg: float
    sun_elevation_deg: float
    sun_azimuth_deg: float = np.nan
    """from north by east; needed where hills and houses throw shadows"""


@dataclass(frozen=True)
class Disturbance:
    """What is not as it should be while the picture is taken, one sigma; all 0 is a perfect satellite."""

    knowledge_share: float = 1.0
    """times ``Agility.knowledge_sigma_deg``: constant error of the reported attitude, an axis"""
    tracker_share: float = 0.05
    """times ``Agility.knowledge_sigma_deg``: its change from record to record"""
    drift_deg_s: float = 1e-4
    """true slow turn during the picture, an axis"""
    jitter: tuple[tuple[float, float], ...] = ((0.35, 1.4e-5), (0.7, 1.4e-5), (1.2, 1.4e-5), (1.9, 1.4e-5))
    """true vibration as ``spacecraft.bus.Shake`` has it: lines of a spectrum, Hz and amplitude in deg about each axis;
    what is slow bends the picture, what is fast blurs it, see :func:`wander_and_blur`"""
    gps_m: float = RECEIVER_M
    """constant error of the reported position, an axis, 3 % more from record to record; velocity's in proportion"""


PERFECT = Disturbance(0.0, 0.0, 0.0, (), 0.0)


@dataclass(frozen=True)
class Motion:
    """True roll, pitch and yaw as a function of seconds since the middle of the picture."""

    mean_deg: Floats
    drift_deg_s: Floats
    wave_deg: Floats
    """``(axis, wave)``; likewise ``wave_hz`` and ``wave_rad``, the phase"""
    wave_hz: Floats
    wave_rad: Floats

    def at(self, after_s: Floats) -> Floats:
        """``(n, 3)`` degrees."""
        phase = 2.0 * np.pi * self.wave_hz * after_s[:, None, None] + self.wave_rad
        return np.asarray(self.mean_deg + self.drift_deg_s * after_s[:, None] + (self.wave_deg * np.sin(phase)).sum(-1))


def disturbance_of(shake: Shake, *, since_turn_s: float = np.inf) -> Disturbance:
    """The flaws of pictures on a bus that shakes so: its spectrum, what the last turn left, else what is usual.

    ``since_turn_s``: how long ago that turn arrived; its ringing is one more line of the spectrum, as strong as it is
    when the picture begins. Misalignment and tracker noise move where a picture lies: flight has them in the attitude
    of the exposure.
    """
    ring_deg = shake.ring_deg * float(np.exp(-max(since_turn_s, 0.0) / shake.ring_decay_s))
    ringing = ((shake.ring_hz, ring_deg),) if ring_deg > _LEAST_DEG else ()
    return Disturbance(jitter=(*shake.jitter, *ringing))


def usual_shake(settling_s: float) -> Shake:
    """How does a satellite shake of which nothing is known but how long it settles after a turn?

    The usual lines of :class:`Disturbance`; a turn leaves 0.05 deg, which has fallen to one of them when it is over.
    """
    jitter = Disturbance().jitter
    decay_s = max(settling_s, 0.1) / float(np.log(_USUAL_RING_DEG / jitter[0][1]))
    return Shake(jitter=jitter, ring_deg=_USUAL_RING_DEG, ring_decay_s=decay_s)


def wander_and_blur(
    jitter: tuple[tuple[float, float], ...], *, exposure_s: float, fastest_hz: float
) -> tuple[tuple[tuple[float, float], ...], float]:
    """Which vibration bends a picture (lines of a spectrum), and how far does the rest blur it (deg, one sigma)?

    A line of frequency f and amplitude A moves the mean of an exposure of T seconds by A sinc(f T), and the light
    within it by what is left, a variance of A^2 / 2 (1 - sinc^2): the smear that jitter's transfer function stands for.
    Lines over ``fastest_hz``, which a picture's lines of sight do not follow, blur with all they have.
    """
    bends, variance = [], 0.0
    for frequency_hz, amplitude_deg in jitter:
        share = float(np.sinc(frequency_hz * exposure_s)) if frequency_hz <= fastest_hz else 0.0
        variance += amplitude_deg**2 / 2.0 * (1.0 - share**2)
        if share != 0.0:
            bends.append((frequency_hz, amplitude_deg * share))
    return tuple(bends), float(np.sqrt(variance))


def blur_deg(exposure: Exposure, flaws: Disturbance, *, stages: int = 1) -> float:
    """How far does vibration blur a picture of so many TDI stages, one sigma an axis?"""
    return _parted(exposure, flaws, stages)[1]


def _parted(exposure: Exposure, flaws: Disturbance, stages: int) -> tuple[tuple[tuple[float, float], ...], float]:
    """Lines of sight are exact every 32nd line: eight times in a period are enough."""
    fastest_hz = 1.0 / (8.0 * 32.0 * exposure.line_period_s)
    return wander_and_blur(flaws.jitter, exposure_s=exposure.line_period_s * stages, fastest_hz=fastest_hz)


def draw_motion(rng: np.random.Generator, exposure: Exposure, flaws: Disturbance, *, stages: int = 1) -> Motion:
    """The true motion of one picture: its mean, a drift, and the vibration that bends it, of random phases.

    ``stages`` of TDI: light is gathered for so many line periods.
    """
    bends, _ = _parted(exposure, flaws, stages)
    shape = (3, len(bends))
    return Motion(
        mean_deg=np.array([exposure.roll_deg, exposure.pitch_deg, exposure.yaw_deg]),
        drift_deg_s=rng.normal(0.0, 1.0, 3) * flaws.drift_deg_s,
        wave_deg=np.broadcast_to(np.array([amplitude_deg for _, amplitude_deg in bends]), shape),
        wave_hz=np.broadcast_to(np.array([frequency_hz for frequency_hz, _ in bends]), shape),
        wave_rad=rng.uniform(0.0, 2.0 * np.pi, shape),
    )


def after_s(exposure: Exposure, lines: Floats) -> Floats:
    """Seconds from the middle of the picture to the middle of each line."""
    return (lines + 0.5 - exposure.lines / 2.0) * exposure.line_period_s


def line_utc(exposure: Exposure, lines: Floats) -> npt.NDArray[np.datetime64]:
    """UTC of each line's middle, to the nanosecond. (No picture spans a leap second: it lasts seconds.)"""
    after_ns = np.round((lines + 0.5) * exposure.line_period_s * 1e9).astype("timedelta64[ns]")
    return np.asarray(exposure.start.astype("datetime64[ns]") + after_ns)


def lines_of_sight(roll_deg: Floats, pitch_deg: Floats, yaw_deg: Floats, tangent: Floats, ahead: float = 0.0) -> Floats:
    """``(line, column, 3)`` in (forward, right, down): boresight plus ``tangent`` times the turned detector axis.

    ``ahead`` is the tangent by which a row of detectors looks ahead of the boresight.
    """
    axis = boresight(roll_deg, pitch_deg)
    roll, yaw = np.radians(roll_deg), np.radians(yaw_deg)
    row = np.stack([np.zeros_like(roll), np.cos(roll), -np.sin(roll)], -1)
    row = row * np.cos(yaw)[:, None] - cross(row, axis) * np.sin(yaw)[:, None]
    forward = cross(row, axis)
    return np.asarray(axis[:, None] + tangent[:, None] * row[:, None] + ahead * forward[:, None], np.float64)


def measure(
    rng: np.random.Generator,
    satellite: Satellite,
    ephemeris: Ephemeris,
    exposure: Exposure,
    motion: Motion,
    flaws: Disturbance,
) -> LineStates:
    """Every ``LINE_STEP``-th line and the last, as the GPS receiver and the star tracker report them."""
    line = np.unique(np.append(np.arange(0, exposure.lines, LINE_STEP), exposure.lines - 1))
    utc = line_utc(exposure, line.astype(np.float64))
    r_itrf_m, v_itrf_m_s = measure_orbit(rng, ephemeris, utc, flaws)
    shape = (len(line), 3)
    sigma_deg = satellite.agility.knowledge_sigma_deg
    error_deg = sigma_deg * (
        flaws.knowledge_share * rng.normal(0.0, 1.0, 3) + flaws.tracker_share * rng.normal(0.0, 1.0, shape)
    )
    roll_deg, pitch_deg, yaw_deg = (motion.at(after_s(exposure, line.astype(np.float64))) + error_deg).T
    return LineStates(line, utc.astype(np.int64), r_itrf_m, v_itrf_m_s, roll_deg, pitch_deg, yaw_deg)


def measure_orbit(
    rng: np.random.Generator, ephemeris: Ephemeris, utc: npt.NDArray[np.datetime64], flaws: Disturbance
) -> tuple[Floats, Floats]:
    """Position and velocity at times, as the GPS receiver reports them."""
    r_itrf_m, v_itrf_m_s = ephemeris.states(utc)
    r_itrf_m = r_itrf_m + flaws.gps_m * (rng.normal(0.0, 1.0, 3) + rng.normal(0.0, 0.03, (len(utc), 3)))
    return r_itrf_m, v_itrf_m_s + flaws.gps_m * rng.normal(0.0, RECEIVER_M_S / RECEIVER_M, 3)
