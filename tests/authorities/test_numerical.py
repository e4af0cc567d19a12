"""Numerical propagation against brahe 1.8.0, an independent code: its states after a day, typed in and asked again.

A low, nearly polar orbit from 2024-10-05T18:00Z, Earth orientation all zero, EGM2008 of degree and order 20. brahe's
Sun and Moon are its low-precision series; its air is that of Harris and Priester too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from swath.frames import EarthOrientation
from swath.orbit.forces import Forces, density_kg_m3
from swath.orbit.numerical import propagate_forces
from swath.time import seconds

pytest.importorskip("satkit")

START = np.datetime64("2024-10-05T18:00:00", "ns")
R_M, V_M_S = np.array([6.9e6, 1.1e5, -3.0e5]), np.array([3.0e2, 1.2e3, 7.45e3])
ZERO = EarthOrientation.zero()

# Computed with brahe 1.8.0 on 26 November 2026: position (m) and velocity (m/s) in GCRF after 86,400 s.
TYPED: dict[str, tuple[Forces, tuple[float, ...]]] = {
    "gravity": (
        Forces(sun=False, moon=False),
        (-5219949.0534, 671982.0581, 4228550.6596, -4863.8159, -954.4094, -5922.1156),
    ),
    "sun and moon": (Forces(), (-5219985.6788, 672007.8226, 4228503.7355, -4863.7640, -954.4262, -5922.1528)),
    "light": (
        Forces(sun=False, moon=False, light_m2_per_kg=0.02),
        (-5219954.1514, 671981.9421, 4228551.6511, -4863.8062, -954.4093, -5922.1168),
    ),
    "drag": (
        Forces(sun=False, moon=False, drag_m2_per_kg=0.02),
        (-5231582.9700, 669675.4330, 4214187.9886, -4847.5805, -956.4895, -5935.2383),
    ),
}
# Metres after a day. Gravity: the same field, to the printed digits. Sun and Moon: 65 m of effect, positions of the
# Moon that differ by 1e-3. Light: 5 m of effect. Drag: 18.8 km of effect, agreed upon within 1 %.
TOLERANCE_M = {"gravity": 1e-3, "sun and moon": 0.1, "light": 0.05, "drag": 188.0}


def after_a_day(forces: Forces) -> np.ndarray:
    made = propagate_forces(R_M, V_M_S, START, START + seconds(86400.0), forces, eop=ZERO)
    (segment,) = made.segments
    return np.concatenate([segment.r_m[-1], segment.v_m_s[-1]])


@pytest.mark.parametrize("case", TYPED)
def test_states_after_a_day(case: str) -> None:
    forces, want = TYPED[case]
    error = np.abs(after_a_day(forces) - want)
    assert error[:3].max() < TOLERANCE_M[case]
    assert error[3:].max() < TOLERANCE_M[case] * 2e-3 + 1e-4


def by_brahe(brahe: Any, forces: Forces) -> np.ndarray:
    low, value = brahe.EphemerisSource.LowPrecision, brahe.ParameterSource.value
    bodies = [brahe.ThirdBodyConfiguration(brahe.ThirdBody.SUN, low)] if forces.sun else []
    bodies += [brahe.ThirdBodyConfiguration(brahe.ThirdBody.MOON, low)] if forces.moon else []
    drag = light = None
    if forces.drag_m2_per_kg:
        drag = brahe.DragConfiguration(
            model=brahe.AtmosphericModel.HARRIS_PRIESTER, area=value(forces.drag_m2_per_kg * 100.0), cd=value(1.0)
        )
    if forces.light_m2_per_kg:
        light = brahe.SolarRadiationPressureConfiguration(
            area=value(forces.light_m2_per_kg * 100.0), cr=value(1.0), eclipse_model=brahe.EclipseModel.CONICAL
        )
    model = brahe.ForceModelConfig(
        gravity=brahe.GravityConfiguration(degree=forces.degree, order=forces.degree),
        third_body=bodies or None,
        drag=drag,
        srp=light,
        mass=value(100.0),
    )
    epoch = brahe.Epoch.from_datetime(2024, 10, 5, 18, 0, 0.0, 0.0, brahe.TimeSystem.UTC)
    motion = brahe.NumericalOrbitPropagator(
        epoch,
        np.concatenate([R_M, V_M_S]),
        brahe.NumericalPropagationConfig.high_precision(),
        model,
        np.array([100.0, 1.0, 1.0, 1.0, 1.0]),
    )
    motion.propagate_to(epoch + 86400.0)
    return np.asarray(motion.current_state())


@pytest.mark.parametrize("case", [*TYPED, "degree 60"])
def test_brahe_still_says_so(case: str) -> None:
    brahe = pytest.importorskip("brahe")
    brahe.set_global_eop_provider(brahe.StaticEOPProvider.from_zero())
    forces = TYPED[case][0] if case in TYPED else Forces(degree=60, sun=False, moon=False)
    got, want = after_a_day(forces), by_brahe(brahe, forces)
    assert np.linalg.norm(got[:3] - want[:3]) < TOLERANCE_M.get(case, 1e-3)


def test_the_air_is_that_of_the_table() -> None:
    # Montenbruck & Gill, "Satellite Orbits" (2000), table 3.8, g/km3: least and greatest density
    for altitude_m, least, most in ((120e3, 24900.0, 24900.0), (400e3, 2.249, 7.492), (800e3, 0.007069, 0.08059)):
        assert density_kg_m3(altitude_m, -1.0) == pytest.approx(least * 1e-12)
        assert density_kg_m3(altitude_m, 1.0) == pytest.approx(most * 1e-12)
    # brahe 1.8.0, density_harris_priester 655 km above 6378.1363 km, the Sun at right angles in right ascension
    lag = np.cos(np.radians(120.0))
    assert density_kg_m3(655e3 - 0.7, lag) == pytest.approx(4.16557e-14, rel=1e-5)
    assert density_kg_m3(1000e3, 1.0) == 0.0
