"""Doubt from the covariances of an ephemeris, against a cloud of orbits drawn from them and flown by Newton's law."""

from __future__ import annotations

import numpy as np
import pytest

from swath.access.accesses import find_accesses, looking
from swath.access.details import describe
from swath.frames import FRAMES, itrf_states, states_from_itrf
from swath.model import Place
from swath.orbit.covariance import own_covariances
from swath.orbit.history import own_axes, split_along
from swath.orbit.oem import Covariance, Oem, OemEphemeris, Segment
from swath.orbit.orbits import Orbit
from swath.sources.eop import packaged_eop
from swath.time import seconds, tai_from_utc

EOP = packaged_eop()
START = np.datetime64("2026-05-08T00:00:00", "ns")
MU_M3_S2 = 3.986004418e14
R_M, V_M_S = np.array([6.9e6, 1e5, -2e5]), np.array([200.0, 1050.0, 7530.0])
OWN = np.diag([20.0, 60.0, 30.0, 0.05, 0.02, 0.04]) ** 2
OWN[0, 4] = OWN[4, 0] = -0.8 * 20.0 * 0.02
OWN[1, 3] = OWN[3, 1] = -0.6 * 60.0 * 0.05


def flown(r: np.ndarray, v: np.ndarray, step_s: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Two bodies, by Runge and Kutta: ``(steps + 1, ..., 3)``."""

    def pull(r: np.ndarray) -> np.ndarray:
        return -MU_M3_S2 * r / np.linalg.norm(r, axis=-1, keepdims=True) ** 3

    rs, vs = [r], [v]
    for _ in range(steps):
        k1, l1 = v, pull(r)
        k2, l2 = v + step_s / 2 * l1, pull(r + step_s / 2 * k1)
        k3, l3 = v + step_s / 2 * l2, pull(r + step_s / 2 * k2)
        k4, l4 = v + step_s * l3, pull(r + step_s * k3)
        r = r + step_s / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        v = v + step_s / 6 * (l1 + 2 * l2 + 2 * l3 + l4)
        rs.append(r)
        vs.append(v)
    return np.stack(rs), np.stack(vs)


STEP_S, STEPS = 30.0, 1440
R, V = flown(R_M, V_M_S, STEP_S, STEPS)
AT = START + seconds(STEP_S * np.arange(STEPS + 1))


def published(*covariances: Covariance) -> OemEphemeris:
    tai = tai_from_utc(AT)
    segment = Segment("GCRF", "GCRF", "UTC", tai, R, V, "HERMITE", 7, tai[0], tai[-1], covariances)
    return OemEphemeris(Oem("SW-1", "2026-001A", "TEST", (segment,), "typed"), EOP)


def in_frame(frame: str, row: int) -> np.ndarray:
    """The same covariance, own axes at a row of the table, in another frame: by moving states a little."""
    axes = own_axes(R[row], V[row])
    if frame == "RSW":
        return OWN
    if frame == "TNW":
        along = V[row] / np.linalg.norm(V[row])
        turn = np.stack([along, np.cross(axes[2], along), axes[2]]) @ axes.T
        whole = np.kron(np.eye(2), turn)
        return whole @ OWN @ whole.T
    moved = np.kron(np.eye(2), axes.T)  # own axes -> GCRF
    columns = []
    for column in moved.T:
        ends = []
        for sign in (1.0, -1.0):
            state = itrf_states("GCRF", R[row] + sign * column[:3], V[row] + sign * column[3:], at=AT[row], eop=EOP)
            ends.append(np.concatenate(states_from_itrf(frame, *state, at=AT[row], eop=EOP)))
        columns.append((ends[0] - ends[1]) / 2.0)
    whole = np.stack(columns, -1)
    return whole @ OWN @ whole.T


@pytest.mark.parametrize("frame", [*FRAMES, "RSW", "TNW"])
def test_every_frame_says_the_same(frame: str) -> None:
    row = 200
    known = own_covariances(published(Covariance(AT[row], frame, in_frame(frame, row))))
    assert known is not None
    sigma = np.sqrt(np.diag(OWN))
    np.testing.assert_allclose(known.matrix[0] / np.outer(sigma, sigma), OWN / np.outer(sigma, sigma), atol=1e-4)


def test_nine_in_ten_of_the_cloud_lie_within() -> None:
    rng = np.random.default_rng(5)
    axes = own_axes(R_M, V_M_S)
    drawn = rng.multivariate_normal(np.zeros(6), OWN, 500)
    cloud, _ = flown(R_M + drawn[:, :3] @ axes, V_M_S + drawn[:, 3:] @ axes, STEP_S, STEPS)
    known = own_covariances(published(Covariance(START, "RSW", OWN)))
    assert known is not None
    for row in (0, 30, 95, 190, 500, 1000, 1440):  # to 12 hours: seven revolutions
        along_s, _, across_m = split_along(cloud[row], R[row], V[row])
        wide = known.doubt(AT[row])
        assert 0.86 < np.mean(np.abs(along_s) <= wide.along_track_90_s) < 0.94, row
        assert 0.86 < np.mean(np.abs(across_m) <= wide.cross_track_90_m) < 0.94, row
    assert known.doubt(AT[1440]).along_track_90_s > 5.0 * known.doubt(AT[0]).along_track_90_s


def test_the_last_covariance_before_a_moment_counts_and_the_first_is_carried_back() -> None:
    known = own_covariances(published(Covariance(AT[900], "RSW", OWN / 100.0), Covariance(AT[300], "RSW", OWN)))
    assert known is not None
    at = AT[[100, 299, 300, 301, 899, 900, 901]]
    along_s = known.doubt(at).along_track_90_s
    assert along_s[5] == pytest.approx(along_s[2] / 10.0, rel=1e-2)  # of a slightly faster or slower moment
    assert along_s[4] > 5.0 * along_s[5] and along_s[0] > along_s[2]
    assert known.doubt(at.reshape(7, 1)).along_track_90_s.shape == (7, 1)
    assert "covariances of the ephemeris" in known.doubt(at).because


def test_windows_and_positions_take_their_doubt_from_it() -> None:
    orbit = Orbit("SW-1", published(Covariance(START, "RSW", OWN)))
    plain = Orbit("SW-1", published())
    assert plain.doubt(AT[0]) is None and plain.covariances is None
    wide = orbit.doubt(AT[500])
    assert wide is not None and wide.along_track_90_s > 0.0
    place = [Place.point("p", lon_deg=20.0, lat_deg=55.0)]
    ends = (AT[0], AT[-1])
    for one, certainty in ((orbit, {"certain", "doubtful"}), (plain, {"unknown"})):
        found = find_accesses({"s": one.ephemeris}, place, *ends, EOP)
        details = describe(found, {"s": one.ephemeris}, place, *ends, EOP, asked=looking(), doubts={"s": one.doubt})
        assert len(found) >= 1 and set(details.certainty) <= certainty
        if one is orbit:
            inside = np.isfinite(details.start_doubt_s)
            assert (details.start_doubt_s[inside] > 0.5 * details.along_track_90_s[inside]).all()
            expected = orbit.doubt(found.closest)
            assert expected is not None
            np.testing.assert_allclose(details.along_track_90_s, expected.along_track_90_s)


def test_a_covariance_outside_the_useable_span_is_left_out() -> None:
    assert own_covariances(published(Covariance(START - seconds(60.0), "RSW", OWN))) is None
