"""States in GCRF, EME2000 and TEME against astropy's and skyfield's own rotations."""

from __future__ import annotations

import warnings

import astropy_iers_data
import numpy as np
import pytest
from skyfield.api import load
from skyfield.sgp4lib import TEME

from swath import frames
from swath.errors import InputError
from swath.sources.eop import packaged_eop
from swath.time import to_datetime

# Each at a different season and century's end of the published Earth orientation; a low orbit, a Molniya perigee, GEO
AT = np.array(["2012-02-29T23:59:59.5", "2019-07-14T03:21:00", "2024-10-05T18:00:00"], "datetime64[ns]")
R_M = np.array([[6.9e6, 1.1e6, -3.0e5], [-2.0e6, 5.0e6, 4.4e6], [3.0e7, -2.9e7, 1.0e5]])
V_M_S = np.array([[-9.0e2, 4.2e3, 6.2e3], [-8.1e3, -3.0e3, 1.2e3], [2.1e3, 2.2e3, 5.0]])


@pytest.fixture(scope="module")
def astropy_itrs():
    """ITRS positions and velocities by astropy (IAU 2006/2000A through its own chain), with the same IERS series."""
    coordinates = pytest.importorskip("astropy.coordinates")
    units, time, iers = (pytest.importorskip(f"astropy.{name}") for name in ("units", "time", "utils.iers"))

    def turned(frame):
        with warnings.catch_warnings(), iers.conf.set_temp("auto_download", False):
            warnings.simplefilter("ignore")
            iers.earth_orientation_table.set(iers.IERS_A.open(astropy_iers_data.IERS_A_FILE))
            r = coordinates.CartesianRepresentation(R_M.T * units.m)
            v = coordinates.CartesianDifferential(V_M_S.T * (units.m / units.s))
            at = time.Time(AT, scale="utc")
            of = getattr(coordinates, frame)(r.with_differentials(v), obstime=at)
            to = of.transform_to(coordinates.ITRS(obstime=at)).cartesian
            return (
                to.without_differentials().get_xyz(xyz_axis=-1).to_value(units.m),
                to.differentials["s"].get_d_xyz(xyz_axis=-1).to_value(units.m / units.s),
            )

    return turned


@pytest.mark.parametrize("frame", ["GCRF", "TEME"])
def test_states_agree_with_astropy(frame: str, astropy_itrs) -> None:
    want_r_m, want_v_m_s = astropy_itrs({"GCRF": "GCRS", "TEME": "TEME"}[frame])
    r_m, v_m_s = frames.itrf_states(frame, R_M, V_M_S, at=AT, eop=packaged_eop())
    # 4e-9 rad (0.03 m in a low orbit): astropy takes UT1 from Bulletin B where the file has it, which on these days
    # lies up to 0.05 ms from Bulletin A; the rest (6e-10) is precession and nutation linear over an hour
    np.testing.assert_allclose(np.linalg.norm(r_m - want_r_m, axis=-1) / np.linalg.norm(R_M, axis=-1), 0.0, atol=4e-9)
    # 2e-11 /s (1.4e-4 m/s in a low orbit): astropy differentiates the rotation over a second, and so sees the slow
    # turning of the axes and of the pole, which is left out here
    np.testing.assert_allclose(
        np.linalg.norm(v_m_s - want_v_m_s, axis=-1) / np.linalg.norm(R_M, axis=-1), 0.0, atol=2e-11
    )


def test_the_frame_bias_is_the_published_one() -> None:
    # IERS Conventions 2010, 5.4.4: the mean equator and equinox of J2000 stand 23 mas from the GCRS: the pole by
    # -16.6170 and -6.8192 mas, the equinox by -14.6 mas about it.
    eop = packaged_eop()
    mas = np.pi / 648e6
    z, _ = frames.itrf_states("EME2000", np.array([0.0, 0.0, 1.0]), np.zeros(3), at=AT[0], eop=eop)
    pole, _ = frames.states_from_itrf("GCRF", z, np.zeros(3), at=AT[0], eop=eop)
    np.testing.assert_allclose(pole[:2] / mas, [-16.6170, -6.8192], atol=1e-3)
    x, _ = frames.itrf_states("EME2000", np.array([1.0, 0.0, 0.0]), np.zeros(3), at=AT[0], eop=eop)
    equinox, _ = frames.states_from_itrf("GCRF", x, np.zeros(3), at=AT[0], eop=eop)
    np.testing.assert_allclose(equinox[1] / mas, -14.6, atol=1e-3)


def test_teme_in_gcrs_agrees_with_skyfield() -> None:
    ts = load.timescale(builtin=True)
    for at, r_m, v_m_s in zip(AT, R_M, V_M_S, strict=True):
        want = TEME.rotation_at(ts.from_datetime(to_datetime(at))).T @ r_m
        itrf = frames.itrf_states("TEME", r_m, v_m_s, at=at, eop=packaged_eop())
        got, _ = frames.states_from_itrf("GCRF", *itrf, at=at, eop=packaged_eop())
        # the equation of the equinoxes of 1982 and that of 2000 differ by some mas
        assert np.linalg.norm(got - want) / np.linalg.norm(r_m) < 3e-8


@pytest.mark.parametrize("frame", frames.FRAMES)
def test_there_and_back(frame: str) -> None:
    itrf = frames.itrf_states(frame, R_M, V_M_S, at=AT, eop=packaged_eop())
    r_m, v_m_s = frames.states_from_itrf(frame, *itrf, at=AT, eop=packaged_eop())
    np.testing.assert_allclose(r_m, R_M, rtol=0, atol=1e-3)  # polar motion to the first order: 1e-11
    np.testing.assert_allclose(v_m_s, V_M_S, rtol=0, atol=1e-6)


def test_another_frame_is_refused() -> None:
    with pytest.raises(InputError, match="no rotation is known for the frame 'MOD'"):
        frames.itrf_states("MOD", R_M, V_M_S, at=AT, eop=packaged_eop())
