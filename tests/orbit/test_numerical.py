"""Numerical propagation: laws that must hold, burns against the theory of impulses, and refusals."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import DataError, InputError
from swath.frames import EarthOrientation, itrf_from_gcrf_matrices
from swath.orbit.elements import Loaded
from swath.orbit.ephemeris import tabulate
from swath.orbit.forces import Burn, Forces, density_kg_m3, light_share
from swath.orbit.forms import parse_elements
from swath.orbit.numerical import propagate_forces
from swath.orbit.oem import Oem, OemEphemeris
from swath.orbit.oem_write import oem_text
from swath.time import seconds

pytest.importorskip("satkit")

GM = 3.986004415e14
START = np.datetime64("2024-10-05T18:00:00", "ns")
ZERO = EarthOrientation.zero()
POINT = Forces(degree=0, sun=False, moon=False)


def circular(altitude_m: float, inclination_deg: float) -> tuple[np.ndarray, np.ndarray]:
    a, i = 6378136.3 + altitude_m, np.radians(inclination_deg)
    return np.array([a, 0.0, 0.0]), np.sqrt(GM / a) * np.array([0.0, np.cos(i), np.sin(i)])


def flown(r_m: np.ndarray, v_m_s: np.ndarray, hours: float, forces: Forces, *burns: Burn) -> Oem:
    return propagate_forces(r_m, v_m_s, START, START + seconds(hours * 3600.0), forces, eop=ZERO, burns=burns)


def end(made: Oem) -> tuple[np.ndarray, np.ndarray]:
    return made.segments[-1].r_m[-1], made.segments[-1].v_m_s[-1]


def axis_m(r_m: np.ndarray, v_m_s: np.ndarray) -> np.ndarray:
    return 1.0 / (2.0 / np.linalg.norm(r_m, axis=-1) - np.sum(v_m_s**2, -1) / GM)


@given(st.floats(300e3, 2000e3), st.floats(0.0, 170.0), st.floats(0.0, 0.3))
@settings(max_examples=8)
def test_without_forces_the_orbit_is_keplers(altitude_m: float, inclination_deg: float, eccentricity: float) -> None:
    r_m, v_m_s = circular(altitude_m, inclination_deg)
    v_m_s = v_m_s * np.sqrt(1.0 + eccentricity)  # from the perigee
    a = float(axis_m(r_m, v_m_s))
    period_s = 2.0 * np.pi * np.sqrt(a**3 / GM)
    r_end_m, v_end_m_s = end(flown(r_m, v_m_s, 3.0 * period_s / 3600.0, POINT))
    np.testing.assert_allclose(r_end_m, r_m, rtol=0, atol=1e-3)  # three times round
    np.testing.assert_allclose(v_end_m_s, v_m_s, rtol=0, atol=1e-6)


def test_the_energy_of_a_zonal_field_is_kept() -> None:
    """J2 alone, whose potential is known: the energy stays to 1e-8 over a day."""
    r_m, v_m_s = circular(700e3, 98.0)
    (segment,) = flown(r_m, v_m_s, 24.0, Forces(degree=2, order=0, sun=False, moon=False)).segments
    away, z = np.linalg.norm(segment.r_m, axis=-1), segment.r_m @ pole()
    j2 = 1.0826261738522227e-3  # EGM2008, -sqrt(5) x -4.84165143790815e-4 (tide free), radius 6378136.3 m
    potential = -GM / away * (1.0 - j2 * (6378136.3 / away) ** 2 * (1.5 * (z / away) ** 2 - 0.5))
    energy = np.sum(segment.v_m_s**2, -1) / 2.0 + potential
    assert np.abs(energy / energy[0] - 1.0).max() < 1e-8


def pole() -> np.ndarray:
    """The axis of the Earth in GCRF on that day."""
    return itrf_from_gcrf_matrices(START, ZERO)[2]


def test_the_node_turns_as_j2_says() -> None:
    # Vallado, "Fundamentals of Astrodynamics", 9-37: -1.5 n J2 (R / p)^2 cos i; sun-synchronous at 98.2 deg
    r_m, v_m_s = circular(705e3, 98.2)
    (segment,) = flown(r_m, v_m_s, 48.0, Forces(degree=2, order=0, sun=False, moon=False)).segments
    h = np.cross(segment.r_m, segment.v_m_s)
    axis = pole()
    east = np.cross([0.0, 1.0, 0.0], axis)
    east /= np.linalg.norm(east)
    node = np.cross(axis, h)
    angle = np.unwrap(np.arctan2(node @ np.cross(axis, east), node @ east))
    per_day_deg = np.degrees(np.polyfit(np.arange(len(angle)) * 60.0, angle, 1)[0]) * 86400.0
    a = float(axis_m(segment.r_m, segment.v_m_s).mean())  # of the mean orbit, 9 km below the one at the node
    want = -1.5 * np.sqrt(GM / a**3) * 1.0826e-3 * (6378136.3 / a) ** 2 * np.cos(np.radians(98.2))
    assert per_day_deg == pytest.approx(np.degrees(want) * 86400.0, rel=1.5e-3)  # the second order of J2
    assert 0.95 < per_day_deg < 1.02  # the Sun's mean motion is 0.9856


def test_drag_lowers_the_orbit_as_its_theory_says() -> None:
    r_m, v_m_s = circular(500e3, 97.4)
    forces = Forces(degree=0, sun=False, moon=False, drag_m2_per_kg=0.02)
    (segment,) = flown(r_m, v_m_s, 24.0, forces).segments
    axes_m = axis_m(segment.r_m, segment.v_m_s)
    assert axes_m[-1] < axes_m[0]
    rate_m_s = (axes_m[-1] - axes_m[0]) / 86400.0
    fastest, slowest = (
        -density_kg_m3(altitude_m, cos_bulge) * 0.02 * np.sqrt(GM * axes_m[0])
        for altitude_m, cos_bulge in ((500e3, 1.0), (522e3, -1.0))  # over the equator and over the poles
    )
    assert fastest * 1.1 < rate_m_s < slowest * 0.9
    thin = flown(r_m, v_m_s, 24.0, Forces(degree=0, sun=False, moon=False, drag_m2_per_kg=0.02, density_ratio=0.5))
    half = axis_m(*end(thin)) - axes_m[0]
    assert half == pytest.approx((axes_m[-1] - axes_m[0]) / 2.0, rel=0.02)


@pytest.mark.parametrize("duration_s", [0.5, 20.0, 300.0])
def test_a_burn_along_the_motion_raises_the_orbit(duration_s: float) -> None:
    # Gauss: da = 2 a^2 v dv / GM. Of a finite burn the mean over the arc: less by the square of half its angle / 6
    r_m, v_m_s = circular(500e3, 97.4)
    size = 0.5 / duration_s
    burn = Burn(START + seconds(1800.0), duration_s, 0.0, size, 0.0)
    made = flown(r_m, v_m_s, 2.0, POINT, burn)
    assert len(made.segments) == 3
    a = np.linalg.norm(r_m)
    assert axis_m(*end(made)) - a == pytest.approx(2.0 * a**2 * np.linalg.norm(v_m_s) * 0.5 / GM, rel=2e-3)
    for one, next_one in zip(made.segments, made.segments[1:], strict=False):
        np.testing.assert_array_equal(one.r_m[-1], next_one.r_m[0])
        assert one.last == next_one.first
    (held,) = {round(float(x), 3) for s in made.segments[:1] for x in axis_m(s.r_m, s.v_m_s)}
    assert held == pytest.approx(a, abs=1e-2)


def test_a_burn_across_at_the_node_turns_the_plane() -> None:
    r_m, v_m_s = circular(500e3, 60.0)
    # it begins at the ascending node, half of its time before it would be better: 10 s are 0.6 degrees
    made = flown(r_m, v_m_s, 1.0, POINT, Burn(START, 10.0, 0.0, 0.0, 0.1))
    h, was = np.cross(*end(made)), np.cross(r_m, v_m_s)
    turned = np.arccos(np.dot(h, was) / np.linalg.norm(h) / np.linalg.norm(was))
    assert turned == pytest.approx(1.0 / np.linalg.norm(v_m_s), rel=1e-3)
    assert abs(axis_m(*end(made)) - np.linalg.norm(r_m)) < 2.0


def test_a_satellite_that_grows_lighter_follows_tsiolkovsky() -> None:
    # dv = ve ln(m0 / m1), with m1 / m0 = 1 - a0 t / ve
    r_m, v_m_s = circular(500e3, 97.4)
    burn = Burn(START, 10.0, 0.0, 20.0, 0.0, exhaust_m_s=3000.0)
    want = 3000.0 * np.log(1.0 / (1.0 - 20.0 * 10.0 / 3000.0))
    (segment, *_) = flown(r_m, v_m_s, 0.1, POINT, burn).segments
    got = np.dot(segment.v_m_s[-1] - end(flown(r_m, v_m_s, 10.0 / 3600.0, POINT))[1], v_m_s / np.linalg.norm(v_m_s))
    assert got == pytest.approx(want, rel=1e-3)
    assert got > 200.0 * 1.03


def test_it_is_asked_like_any_motion_and_written_as_a_message() -> None:
    r_m, v_m_s = circular(500e3, 97.4)
    made = flown(r_m, v_m_s, 2.0, Forces(degree=8), Burn(START + seconds(3000.0), 45.0, 0.0, 0.02, 0.0))
    again = flown(r_m, v_m_s, 2.0, Forces(degree=8), Burn(START + seconds(3000.0), 45.0, 0.0, 0.02, 0.0))
    for one, other in zip(made.segments, again.segments, strict=True):
        np.testing.assert_array_equal(one.r_m, other.r_m)  # the same bits
    finer = propagate_forces(
        r_m, v_m_s, START, START + seconds(7200.0), Forces(degree=8), eop=ZERO, step_s=20.0,
        burns=[Burn(START + seconds(3000.0), 45.0, 0.0, 0.02, 0.0)],
    )  # fmt: skip
    at = START + seconds(np.linspace(0.0, 7200.0, 777))
    states, want = OemEphemeris(made, ZERO).states(at), OemEphemeris(finer, ZERO).states(at)
    np.testing.assert_allclose(states[0], want[0], rtol=0, atol=1e-3)
    loaded = parse_elements(oem_text([made], created=START))
    assert isinstance(loaded, Loaded) and not loaded.rejected
    np.testing.assert_allclose(OemEphemeris(loaded.ephemerides[0], ZERO).states(at)[0], states[0], rtol=0, atol=1e-5)
    assert tabulate(OemEphemeris(made, ZERO), START, START + seconds(7200.0)).duration_s == pytest.approx(7200.0)


def test_the_shadow_is_dark_and_the_light_full() -> None:
    sun_m = np.array([1.5e11, 0.0, 0.0])
    assert light_share(np.array([7e6, 0.0, 0.0]), sun_m) == 1.0
    assert light_share(np.array([-7e6, 0.0, 0.0]), sun_m) == 0.0
    edge = [light_share(np.array([-7e6, y, 0.0]), sun_m) for y in np.linspace(6.2e6, 6.6e6, 200)]
    assert edge[0] == 0.0 and edge[-1] == 1.0
    assert (np.diff(edge) >= 0.0).all()
    assert any(0.1 < share < 0.9 for share in edge)


def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    r_m, v_m_s = circular(500e3, 97.4)
    with pytest.raises(InputError, match="degree 71"):
        Forces(degree=71)
    with pytest.raises(InputError, match="drag_m2_per_kg is -1"):
        Forces(drag_m2_per_kg=-1.0)
    with pytest.raises(InputError, match="a burn of 0"):
        Burn(START, 0.0, 0.0, 1.0, 0.0)
    with pytest.raises(InputError, match="of the satellite's mass"):
        Burn(START, 100.0, 0.0, 30.0, 0.0, exhaust_m_s=3000.0)
    with pytest.raises(InputError, match="two burns overlap"):
        flown(r_m, v_m_s, 1.0, POINT, Burn(START, 60.0, 0, 1e-3, 0), Burn(START + seconds(59.0), 60.0, 0, 1e-3, 0))
    with pytest.raises(InputError, match="three metres"):
        flown(np.array([np.nan, 0.0, 0.0]), v_m_s, 1.0, POINT)
    with pytest.raises(InputError, match="a stop after the start"):
        flown(r_m, v_m_s, 0.0, POINT)
    with pytest.raises(DataError, match=r"comes down: it is below 80 km at 2024-10-05T18:\d\d:\d\dZ"):
        flown(r_m, v_m_s * 0.9, 1.0, POINT)
    monkeypatch.setitem(sys.modules, "satkit", None)
    with pytest.raises(InputError, match=r"pip install \"swath\[numerical\]\""):
        flown(r_m, v_m_s, 1.0, POINT)


def test_the_example_raises_an_orbit(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["raise_orbit.py", str(tmp_path / "raised.oem")])
    runpy.run_path(str(repo / "examples" / "orbits" / "raise_orbit.py"), run_name="__main__")
    apart_km = [float(line.split()[2]) for line in capsys.readouterr().out.splitlines()]
    assert apart_km[0] < 0.001 * 600 and apart_km[-1] > apart_km[1]
    # 0.6 m/s along: after t it is behind by 3 dv t, here 109 minutes less half the burn
    assert apart_km[-1] == pytest.approx(3.0 * 0.6 * 109.5 * 60.0 / 1e3, rel=0.25)
    (message,) = parse_elements((tmp_path / "raised.oem").read_text()).ephemerides
    assert len(message.segments) == 3
