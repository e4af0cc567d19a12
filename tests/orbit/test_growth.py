"""The doubt that a satellite's own history teaches, on simulated histories whose later part was not used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Elements
from swath.orbit.growth import learned_growth
from swath.orbit.history import Comparisons, compare, histories
from swath.orbit.uncertainty import EXPECTED, doubt
from tests.orbit.series import Burn, simulate


def held_share(history: list[Elements], pairs: Comparisons, growth=EXPECTED) -> tuple[float, float]:
    """Shares of comparisons inside the 90 % intervals: along and across."""
    along, cross = [], []
    for held in np.unique(pairs.held):
        mine = pairs.take(pairs.held == held)
        wide = doubt(history[int(held)], np.array([history[int(k)].epoch for k in mine.later]), growth)
        along += (np.abs(mine.along_track_s) <= wide.along_track_90_s).tolist()
        cross += (np.abs(mine.cross_track_m) <= wide.cross_track_90_m).tolist()
    return float(np.mean(along)), float(np.mean(cross))


def test_sets_of_one_object_are_put_in_order_and_doubles_dropped() -> None:
    sets = simulate(3, days=6)
    again = replace(sets[2], epoch=sets[2].epoch + np.timedelta64(20, "m"), bstar=7.0)
    other = replace(sets[0], norad_id=7)
    found = histories([*reversed(sets), again, other])
    assert list(found) == [sets[0].norad_id, 7]
    assert found[7] == (other,)
    assert [e.epoch for e in found[sets[0].norad_id]] == [again.epoch if e is sets[2] else e.epoch for e in sets]


def test_a_perfect_history_agrees_with_itself() -> None:
    pairs = compare(simulate(1, noise=0.0, drag=1e-9))
    assert len(pairs) > 1000
    assert np.abs(pairs.along_track_s).max() < 0.01  # its small drag still wavers
    assert np.abs(pairs.cross_track_m).max() < 1.0


def test_signs_say_ahead_and_to_the_left() -> None:
    """A set whose mean anomaly is 0.01 deg too large is ahead; 0.01 deg is 5.67 s / 360 * 100 of a 94.6 min orbit."""
    one, two = simulate(1, noise=0.0, drag=1e-9, days=4.0)[:2]
    ahead = replace(one, mean_anomaly_deg=one.mean_anomaly_deg + 0.01)
    forward, _ = compare([ahead, two]).rows()
    assert forward["along_track_s"] == pytest.approx(0.01 / 360.0 * 86400.0 / one.mean_motion_rev_day, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_quiet_history_teaches_holds_for_its_future(seed: int) -> None:
    history = simulate(seed, days=60.0)
    past = [e for e in history if e.epoch < history[0].epoch + np.timedelta64(30, "D")]
    pairs = compare(history)
    future = pairs.take((pairs.held >= len(past)) & (pairs.later >= len(past)))
    learned = learned_growth(past)
    along, cross = held_share(history, future, learned)
    assert along > 0.8  # one satellite's errors hang together: 90 % is for many of them
    assert cross > 0.8
    at = history[-1].epoch + np.timedelta64(5, "D")
    assert doubt(history[-1], at, learned).along_track_90_s < 0.8 * doubt(history[-1], at).along_track_90_s


def test_over_many_satellites_nine_in_ten_hold() -> None:
    shares = []
    for seed in range(20):
        burns = (Burn(8.3, 0.2), Burn(22.6, -0.15), Burn(38.2, 0.2)) if seed % 2 else ()
        history = simulate(100 + seed, days=45.0, every_days=1.5, drag=10 ** (-5.5 + seed / 10), burns=burns)
        past = [e for e in history if e.epoch < history[0].epoch + np.timedelta64(25, "D")]
        pairs = compare(history)
        future = pairs.take((pairs.held >= len(past)) & (pairs.later >= len(past)))
        shares.append(held_share(history, future, learned_growth(past)))
    along, cross = np.mean(shares, axis=0)
    assert 0.85 < along < 0.97
    assert 0.85 < cross < 0.97


def test_manoeuvres_make_a_satellite_less_sure() -> None:
    burns = tuple(Burn(day, 0.3) for day in (5.2, 12.4, 19.1, 26.7, 33.3))
    calm, restless = (learned_growth(simulate(5, burns=b)) for b in ((), burns))
    at = simulate(5)[-1].epoch + np.timedelta64(5, "D")
    sets = simulate(5)[-1]
    assert doubt(sets, at, restless).along_track_90_s > 3.0 * doubt(sets, at, calm).along_track_90_s


def test_two_sets_teach_nothing() -> None:
    assert learned_growth(simulate(1, days=2.5)[:2]) is EXPECTED
    assert learned_growth([]) is EXPECTED


def test_sets_in_disorder_are_refused() -> None:
    sets = simulate(1, days=6)
    with pytest.raises(InputError, match="order of their epochs"):
        compare(sets[::-1])
    with pytest.raises(InputError, match="one satellite"):
        compare([sets[0], replace(sets[1], norad_id=5)])
