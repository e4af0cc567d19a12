"""Lagrange's and Hermite's polynomials against scipy's, and against polynomials that they must meet exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.orbit.interpolation import interpolate, rows_needed


def table(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    t_s = np.cumsum(rng.uniform(20.0, 90.0, rows))
    return t_s, rng.normal(0.0, 7e6, (rows, 3)), rng.normal(0.0, 7e3, (rows, 3))


@pytest.mark.parametrize("degree", [1, 2, 5, 8])
def test_lagrange_is_scipys(degree: int) -> None:
    judge = pytest.importorskip("scipy.interpolate").BarycentricInterpolator
    t_s, r_m, v_m_s = table(degree + 1, degree)
    asked_s = np.linspace(t_s[0], t_s[-1], 41)
    got_r_m, got_v_m_s = interpolate("LAGRANGE", degree, t_s, r_m, v_m_s, asked_s)
    np.testing.assert_allclose(got_r_m, judge(t_s, r_m)(asked_s), rtol=0, atol=1e-5)
    np.testing.assert_allclose(got_v_m_s, judge(t_s, v_m_s)(asked_s), rtol=0, atol=1e-8)


@pytest.mark.parametrize("degree", [3, 5, 7, 9])
def test_hermite_is_scipys(degree: int) -> None:
    judge = pytest.importorskip("scipy.interpolate").KroghInterpolator
    t_s, r_m, v_m_s = table((degree + 1) // 2, degree)
    asked_s = np.linspace(t_s[0], t_s[-1], 41)
    both = np.stack([r_m, v_m_s], 1).reshape(-1, 3)
    krogh = judge(np.repeat(t_s, 2), both)
    got_r_m, got_v_m_s = interpolate("HERMITE", degree, t_s, r_m, v_m_s, asked_s)
    scale_m = np.abs(krogh(asked_s)).max()
    np.testing.assert_allclose(got_r_m, krogh(asked_s), rtol=0, atol=1e-9 * scale_m)
    slope = krogh.derivative(asked_s)
    np.testing.assert_allclose(got_v_m_s, slope, rtol=0, atol=1e-9 * np.abs(slope).max())


@given(
    st.sampled_from([("LINEAR", 1), ("LAGRANGE", 3), ("LAGRANGE", 6), ("HERMITE", 3), ("HERMITE", 7), ("HERMITE", 6)]),
    st.integers(0, 20),
    st.integers(0, 2**31),
)
def test_a_polynomial_of_the_degree_is_met_exactly_and_rows_are_kept(
    rule: tuple[str, int], more: int, seed: int
) -> None:
    kind, degree = rule
    t_s, _, _ = table(rows_needed(kind, degree) + more, seed)
    poly = np.polynomial.Polynomial(np.random.default_rng(seed).normal(0, 1, degree + 1), domain=[t_s[0], t_s[-1]])
    slope = poly.deriv()
    r_m, v_m_s = (np.tile(p(t_s)[:, None], 3) for p in (poly, slope))
    asked_s = np.sort(np.append(np.random.default_rng(seed).uniform(t_s[0], t_s[-1], 30), t_s))
    got_r_m, got_v_m_s = interpolate(kind, degree, t_s, r_m, v_m_s, asked_s)
    np.testing.assert_allclose(got_r_m[:, 0], poly(asked_s), rtol=0, atol=1e-8)
    np.testing.assert_allclose(got_v_m_s[:, 0], slope(asked_s), rtol=0, atol=1e-8)
    at_rows, _ = interpolate(kind, degree, t_s, r_m, v_m_s, t_s)
    np.testing.assert_allclose(at_rows, r_m, rtol=0, atol=1e-12)


def test_the_stencil_lies_evenly_about_the_time() -> None:
    t_s = np.arange(10.0)
    spike = np.zeros((10, 3))
    spike[2] = 1.0  # row 2 belongs to the four rows about 3.5, not to those about 4.5
    for asked_s, felt in ((3.5, True), (4.5, False), (0.5, True)):
        got, _ = interpolate("LAGRANGE", 3, t_s, spike, spike, np.array([asked_s]))
        assert bool(np.abs(got).max() > 0) is felt
