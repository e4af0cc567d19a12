"""Judges plans of own cases: exact SGP4 instead of a table, every look and turn on its own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.access.look import look_angles
from swath.frames import EarthOrientation, itrf_from_geodetic
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.plan.bench.own import START, OwnCase, Taken
from swath.plan.bench.protocol import Verdict
from swath.plan.problem import quality
from swath.spacecraft.agility import Agility, slew_angle_deg, slew_s
from swath.time import seconds

__all__ = ["judge_looks"]

Floats = npt.NDArray[np.float64]

_TOLERANCE_DEG, _TOLERANCE_S = 1e-5, 1e-4
"""for the planner's table, good to 0.05 m of orbit"""


def judge_looks(case: OwnCase, looks: list[Taken]) -> Verdict:
    """Which rules does a plan break, and what is it worth?"""
    spec, broken, value = case.spec, [], 0.0
    agility = Agility(
        spec.rate_deg_s,
        spec.acceleration_deg_s2,
        spec.settling_s,
        spec.max_off_nadir_deg,
        pointing_sigma_deg=0.0,
        knowledge_sigma_deg=0.0,
    )
    for order, count in zip(*np.unique([look.order for look in looks], return_counts=True), strict=True):
        if count > 1:
            broken.append(f"order {order} is taken {count} times")
    for number, satellite in enumerate(case.satellites):
        mine = sorted((look for look in looks if look.satellite == number), key=lambda look: look.start_s)
        if not mine:
            continue
        order = np.array([look.order for look in mine])
        start_s = np.array([look.start_s for look in mine])
        stop_s = start_s + case.duration_s[order]
        if ((start_s < 0.0) | (stop_s > case.horizon_s) | (start_s % spec.step_s != 0.0)).any():
            broken.append(f"{satellite.name}: a look lies off the grid or outside the horizon")
            continue
        place = itrf_from_geodetic(lon_deg=case.lon_deg[order], lat_deg=case.lat_deg[order])
        orbit = sgp4_ephemeris(satellite, EarthOrientation.zero())
        ends = [look_angles(*orbit.states(START + seconds(at)), place) for at in (start_s, stop_s)]
        off_nadir_deg = np.maximum(ends[0].off_nadir_deg, ends[1].off_nadir_deg)
        wide = (off_nadir_deg > spec.max_off_nadir_deg + _TOLERANCE_DEG) | (ends[0].elevation_deg < 0.0)
        broken += [f"{satellite.name}: order {q} is out of reach" for q in order[wide].tolist()]
        angle = slew_angle_deg(
            ends[1].roll_deg[:-1], ends[1].pitch_deg[:-1], ends[0].roll_deg[1:], ends[0].pitch_deg[1:]
        )
        short = np.flatnonzero(slew_s(agility, angle) > start_s[1:] - stop_s[:-1] + _TOLERANCE_S)
        pairs = list(pairwise(order.tolist()))
        broken += [f"{satellite.name}: no time to turn from order {pairs[k][0]} to {pairs[k][1]}" for k in short]
        value += float(np.sum(case.weight[order] * quality(off_nadir_deg)))
    measures = {"looks": len(looks), "orders": len(case.weight)}
    return Verdict(not broken, value if not broken else 0.0, tuple(broken), measures)
