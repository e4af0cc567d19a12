"""Simulated histories of element sets: a true orbit, and sets fitted to it with the errors that real ones have."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from swath.model import Elements
from swath.orbit.sgp4 import decay_of_mean_motion, secular_rates
from tests.orbit.orbits import EPOCH, made_up

MU_M3_S2 = 3.986008e14
EARTH_M = 6378135.0


@dataclass(frozen=True)
class Burn:
    """One impulse: how much along the track (m/s) and across it, at which day."""

    day: float
    along_m_s: float = 0.0
    across_m_s: float = 0.0


def simulate(
    seed: int,
    *,
    days: float = 40.0,
    every_days: float = 1.0,
    altitude_km: float = 500.0,
    burns: tuple[Burn, ...] = (),
    drag: float = 2e-5,
    drag_error: float = 0.3,
    noise: float = 1.0,
) -> list[Elements]:
    """Element sets at uneven epochs, about ``every_days`` apart.

    Mean elements drift as SGP4 has them (the J2 rates of node and perigee); a burn changes them by Gauss's equations; a
    set's mean motion, place along the orbit, plane and eccentricity are off by what real ones are off (``noise`` = 1:
    30 m along, 12 m across, 2e-7 of mean motion); its drag term is that of a past that drag has moved away from
    by ``drag_error``. ``drag`` is the true half-derivative of mean motion, rev/day2.
    """
    rng = np.random.default_rng(seed)
    gaps = rng.uniform(0.6, 1.4, int(days / every_days) + 1) * every_days
    epochs = np.cumsum(gaps)
    epochs = epochs[epochs < days]
    start = made_up(perigee_km=altitude_km - 5, apogee_km=altitude_km + 8, inclination_deg=97.4, raan_deg=40.0)
    a_m = (MU_M3_S2 / (start.mean_motion_rev_day * 2 * np.pi / 86400.0) ** 2) ** (1 / 3)
    speed_m_s = np.sqrt(MU_M3_S2 / a_m)
    n = start.mean_motion_rev_day
    argument_deg = 120.0  # argument of latitude at the start
    ex, ey = start.eccentricity * np.cos(1.0), start.eccentricity * np.sin(1.0)
    inclination_deg, raan_deg = start.inclination_deg, start.raan_deg
    weather, dot, day, sets = 0.0, drag, 0.0, []
    pending = sorted(burns, key=lambda b: b.day)
    for epoch in epochs:
        while True:
            burn = pending[0] if pending and pending[0].day <= epoch else None
            until = burn.day if burn else float(epoch)
            step, day = until - day, until
            mean = replace(start, mean_motion_rev_day=n + dot * step, inclination_deg=inclination_deg)
            rates = secular_rates(mean)
            argument_deg += 360.0 * (n * step + dot * step**2) + rates[2] * step
            raan_deg += rates[0] * step
            turn = np.radians(rates[1] * step)
            ex, ey = ex * np.cos(turn) - ey * np.sin(turn), ex * np.sin(turn) + ey * np.cos(turn)
            n += 2.0 * dot * step
            if burn is None:
                break
            pending.pop(0)
            u = np.radians(argument_deg)
            n *= 1.0 - 3.0 * burn.along_m_s / speed_m_s
            ex += 2.0 * burn.along_m_s / speed_m_s * np.cos(u)
            ey += 2.0 * burn.along_m_s / speed_m_s * np.sin(u)
            inclination_deg += np.degrees(burn.across_m_s / speed_m_s * np.cos(u))
            raan_deg += np.degrees(burn.across_m_s / speed_m_s * np.sin(u) / np.sin(np.radians(inclination_deg)))
        before = weather
        weather = 0.8 * weather + 0.6 * rng.normal()
        dot = drag * np.exp(drag_error * weather)
        along_deg = np.degrees(noise * 30.0 * rng.normal() / a_m)
        exs, eys = (ex, ey) + noise * 4e-6 * rng.normal(size=2)
        perigee_deg = np.degrees(np.arctan2(eys, exs))
        moon = 2.0 * np.pi * day / 13.66 + seed
        held_dot = drag * np.exp(drag_error * before)
        sets.append(
            replace(
                start,
                epoch=EPOCH + np.timedelta64(round(day * 86_400e9), "ns"),
                mean_motion_rev_day=n * (1.0 + noise * 2e-7 * rng.normal()),
                eccentricity=float(np.hypot(exs, eys)),
                argument_of_perigee_deg=float(perigee_deg % 360.0),
                mean_anomaly_deg=float((argument_deg + along_deg - perigee_deg) % 360.0),
                inclination_deg=inclination_deg + _plane_deg(a_m, noise, moon, rng),
                raan_deg=float((raan_deg + _plane_deg(a_m, noise, moon + 1.0, rng)) % 360.0),
                mean_motion_dot=float(held_dot),
                bstar=_bstar(held_dot, altitude_km),
            )
        )
    return sets


def fitted(dense: list[Elements], fit_days: float, seed: int) -> list[Elements]:
    """Sets about a day apart, each fitted by least squares to the last ``fit_days`` of a dense history without noise.

    The place along the orbit by a straight line (and the drag that the last set has), the shape and the plane by their
    means, with what ``simulate`` adds at ``noise`` = 1.
    """
    rng, number = np.random.default_rng(seed), np.arange(len(dense))
    day = np.array([(one.epoch - EPOCH) / np.timedelta64(1, "ns") / 86400e9 for one in dense])
    node, perigee, beyond = np.array([secular_rates(one) for one in dense]).T
    n = np.array([one.mean_motion_rev_day for one in dense])
    place_deg = np.array([one.argument_of_perigee_deg + one.mean_anomaly_deg for one in dense])
    flown_deg = np.concatenate([[0.0], np.cumsum((180.0 * (n[:-1] + n[1:]) + beyond[:-1]) * np.diff(day))])
    place_deg += 360.0 * np.round((place_deg[0] + flown_deg - place_deg) / 360.0)
    shape = np.array([one.eccentricity * np.exp(1j * np.radians(one.argument_of_perigee_deg)) for one in dense])
    tilt_deg = np.array([one.inclination_deg for one in dense])
    raan_deg = np.unwrap([one.raan_deg for one in dense], period=360.0)
    sets, at, a_m = [], fit_days, 6.88e6
    while (at := at + rng.uniform(0.6, 1.4)) < day[-1]:
        seen = (day <= at) & (day > at - fit_days)
        last = int(number[seen][-1])
        since = day[seen] - day[last]
        straight = place_deg[seen] - 360.0 * dense[last].mean_motion_dot * since**2 - beyond[last] * since
        lines = np.stack([np.ones_like(since), 360.0 * since], 1)
        (here_deg, pace), *_ = np.linalg.lstsq(lines, straight, rcond=None)
        mean = np.mean(shape[seen] * np.exp(-1j * np.radians(perigee[last] * since)))
        mean += 4e-6 * (rng.normal() + 1j * rng.normal())
        argument_deg = float(np.degrees(np.angle(mean)) % 360.0)
        along_deg, up_deg, aside_deg = np.degrees(rng.normal(size=3) * (30.0, 12.0, 12.0) / a_m)
        sets.append(
            replace(
                dense[last],
                mean_motion_rev_day=float(pace * (1.0 + 2e-7 * rng.normal())),
                eccentricity=float(abs(mean)),
                argument_of_perigee_deg=argument_deg,
                mean_anomaly_deg=float((here_deg + along_deg - argument_deg) % 360.0),
                inclination_deg=float(tilt_deg[seen].mean() + up_deg),
                raan_deg=float(np.mean(raan_deg[seen] - node[last] * since) + aside_deg) % 360.0,
            )
        )
    return sets


def _plane_deg(a_m: float, noise: float, moon: float, rng: np.random.Generator) -> float:
    """What the Moon does to a plane in half its month, which SGP4 leaves out, and what a fit is off."""
    return float(np.degrees(noise * (12.0 * rng.normal() + 150.0 * np.sin(moon)) / a_m))


def _bstar(dot: float, altitude_km: float) -> float:
    unit = decay_of_mean_motion(
        made_up(perigee_km=altitude_km - 5, apogee_km=altitude_km + 8, inclination_deg=97.4, bstar=1e-4)
    )
    return float(dot / unit * 1e-4)
