"""Many satellites at once: the states that they have one by one, and what fails is told without breaking the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sgp4

from swath.errors import DataError
from swath.frames import EarthOrientation
from swath.model import Elements
from swath.orbit.elements import parse_tle
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.many import states_of_many
from swath.orbit.sgp4 import propagate, propagate_many
from swath.time import seconds
from tests.orbit.test_elements import ONE, TWO, signed

FOLDER = Path(sgp4.__file__).parent
# 33333 of the report, with an eccentricity of 0.1 in place of 0.995
BELOW = (
    "1 33333U 05037B   05333.02012661  .25992681  00000-0  24476-3 0  1534",
    "2 33333  96.4736 157.9986 1000000 244.0492 110.6523  4.00004038 10708",
)
ISS = parse_tle(f"ISS\n{ONE}\n{TWO}").elements[0]
# 28872 (Minotaur rocket body) decayed 2005-11-29, 50 minutes after its epoch, says AIAA 2006-6753.
(FALLING,) = parse_tle(
    "1 28872U 05037B   05333.02012661  .25992681  00000-0  24476-3 0  1534\n"
    "2 28872  96.4736 157.9986 0303955 244.0492 110.6523 16.46015938 10708"
).elements
ZERO = EarthOrientation.zero()


def published() -> list[Elements]:
    """All sets of AIAA 2006-6753, those too that are damaged to provoke errors, with their checksums put right."""
    lines = [line[:68] for line in (FOLDER / "SGP4-VER.TLE").read_text("ascii").splitlines() if line[:1] in "12"]
    loaded = parse_tle("\n".join(signed(line) for line in lines))
    (refused,) = loaded.rejected  # 33333, whose perigee lies inside the Earth: SGP4 is asked about it nevertheless
    assert "33333: its perigee would lie" in refused.what
    (inside,) = parse_tle(f"{signed(BELOW[0])}\n{signed(BELOW[1])}").elements
    return [*loaded.elements, replace(inside, eccentricity=0.995)]


def test_many_are_the_same_as_one_by_one_also_over_a_leap_second() -> None:
    sets = [replace(one, epoch=np.datetime64("2016-12-31T12:34:56.123456789", "ns")) for one in published()[:28]]
    at = np.datetime64("2016-12-31T22:00:00", "ns") + seconds(np.arange(0.0, 14400.0, 601.3))
    r_m, v_m_s, failed = propagate_many(sets, at)
    alone, why = {}, {}
    for number, one in enumerate(sets):
        try:
            alone[number] = propagate(one, at)
        except DataError as error:
            why[number] = error.what
    assert failed == why
    assert len(alone) > 20
    # 1 um at 7.8 km/s is 0.1 ns: the last bit of a time in days
    np.testing.assert_allclose(r_m, [r for r, _ in alone.values()], rtol=0, atol=1e-6)
    np.testing.assert_allclose(v_m_s, [v for _, v in alone.values()], rtol=0, atol=1e-9)


def damaged(number: int) -> Elements:
    return next(one for one in published() if one.norad_id == number)


@pytest.mark.parametrize(
    ("number", "minute", "why"),
    [(33333, 25.0, "semilatus rectum is less than zero"), (33334, 1.0, "perturbed eccentricity is outside")],
)
def test_where_the_report_ends_in_an_error_so_do_we_and_never_nan(number: int, minute: float, why: str) -> None:
    one = damaged(number)
    at = one.epoch + seconds(np.array([minute * 60.0]))
    with pytest.raises(DataError, match=f"SGP4 cannot carry {number} .*{why}"):
        propagate(one, at)
    r_m, _, failed = propagate_many([one], at)
    assert r_m.shape == (0, 1, 3)
    assert list(failed) == [0]


@pytest.mark.parametrize(
    ("number", "minute", "printed"),
    [
        (33333, 20.0, (23876.96955477, -37275.65263893, -8113.95104473, 0.589108130, -0.767768418, -0.260379679)),
        (33335, 680.0, (-41060.94969727, 9584.52527475, 0.59800531, -0.698911620, -2.994208421, -0.000315473)),
    ],
)
def test_until_then_the_damaged_sets_give_the_printed_states(number: int, minute: float, printed: tuple) -> None:
    one = damaged(number)
    r_m, v_m_s = propagate(one, one.epoch + seconds(minute * 60.0))
    # tcppver.out prints 1e-8 km and 1e-9 km/s
    np.testing.assert_allclose(r_m / 1e3, printed[:3], rtol=0, atol=1.0e-8)
    np.testing.assert_allclose(v_m_s / 1e3, printed[3:], rtol=0, atol=1.0e-9)


def test_one_that_decays_does_not_break_the_others() -> None:
    iss = replace(ISS, epoch=FALLING.epoch)
    at = FALLING.epoch + seconds(np.arange(0.0, 7200.0, 60.0))
    r_m, v_m_s, failed = propagate_many([iss, FALLING, iss], at)
    assert r_m.shape == v_m_s.shape == (2, len(at), 3)
    assert np.isfinite(r_m).all() and np.isfinite(v_m_s).all()
    assert list(failed) == [1]
    assert "28872" in failed[1] and "2005-11-29T01:" in failed[1] and "decayed" in failed[1]


def test_states_of_many_fail_as_the_ephemeris_does() -> None:
    iss = replace(ISS, epoch=FALLING.epoch)
    old = replace(ISS, name="OLD", epoch=FALLING.epoch - np.timedelta64(40, "D"))
    low = replace(ISS, name="LOW", epoch=FALLING.epoch, mean_motion_rev_day=16.9, bstar=0.0)
    sets = [old, iss, FALLING, low, iss]
    at = FALLING.epoch + seconds(np.arange(0.0, 7200.0, 60.0))
    r_m, v_m_s, failed = states_of_many(sets, at, ZERO)
    assert r_m.shape == v_m_s.shape == (2, len(at), 3)
    want_r_m, want_v_m_s = sgp4_ephemeris(iss, ZERO).states(at)
    for row in range(2):
        np.testing.assert_allclose(r_m[row], want_r_m, rtol=0, atol=1e-6)
        np.testing.assert_allclose(v_m_s[row], want_v_m_s, rtol=0, atol=1e-9)
    assert sorted(failed) == [0, 2, 3]
    for number, why in failed.items():
        with pytest.raises(DataError) as caught:
            sgp4_ephemeris(sets[number], ZERO).states(at)
        assert caught.value.what == why


def test_nothing_asked_is_nothing_answered() -> None:
    assert propagate_many([], np.array(["2026-05-07"], "datetime64[ns]"))[0].shape == (0, 1, 3)
    assert states_of_many([ISS], np.array([], "datetime64[ns]"), ZERO)[0].shape == (1, 0, 3)
