"""Manoeuvres in simulated histories: found one by one, of the right size and kind; and none where there is none."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Elements
from swath.orbit.maneuver import Maneuvers, find_maneuvers, maneuvers_between, spoiled, steps_of, told
from swath.orbit.uncertainty import doubt
from tests.orbit.orbits import EPOCH
from tests.orbit.series import Burn, fitted, simulate


def moment(day: float) -> np.datetime64:
    return EPOCH + np.timedelta64(round(day * 86_400e9), "ns")


def holding(found: Maneuvers, burn: Burn) -> Maneuvers:
    return found.take((found.after <= moment(burn.day)) & (found.before >= moment(burn.day)))


@pytest.mark.parametrize("seed", range(6))
def test_five_raises_on_five_days_are_found_one_by_one(seed: int) -> None:
    burns = tuple(Burn(15.0 + day + 0.1 * seed, 0.5) for day in range(5))
    history = simulate(seed, days=40.0, burns=burns)
    found = find_maneuvers(history)
    epochs = np.array([one.epoch for one in history])
    apart = {int(np.searchsorted(epochs, moment(burn.day))) for burn in burns}  # two between two sets look like one
    assert len(found) >= len(apart) - 1
    assert len(found) <= 5
    assert all(len(holding(found, burn)) >= 1 for burn in burns)
    assert set(found.kind.tolist()) == {"in-plane"}
    assert float(found.size_m_s.sum()) == pytest.approx(2.5, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_five_raises_some_days_apart(seed: int) -> None:
    burns = tuple(Burn(day, 0.5) for day in (8.4, 12.7, 17.3, 22.6, 28.9))
    found = find_maneuvers(simulate(seed, days=40.0, burns=burns))
    assert len(found) == 5
    for burn in burns:
        (row,) = holding(found, burn).rows()
        assert abs(row["size_m_s"] - 0.5) <= 2.0 * row["size_90_m_s"]
        assert row["along_m_s"] == pytest.approx(0.5, abs=0.03)
        assert row["raised_m"] == pytest.approx(0.5 * 2 / 7600 * 6.88e6, rel=0.06)
        assert row["earliest"] <= moment(burn.day) <= row["latest"]


@pytest.mark.parametrize(("altitude_km", "drag", "least_m_s"), [(400, 3e-4, 0.2), (500, 3e-5, 0.1), (700, 3e-6, 0.1)])
def test_burns_along_of_every_size_and_sign(altitude_km: float, drag: float, least_m_s: float) -> None:
    within, tried = 0, 0
    for seed, size_m_s in enumerate((least_m_s, 0.3, 1.0, 2.0)):
        for sign in (1.0, -1.0):
            burn = Burn(18.0 + 0.37 * seed, sign * size_m_s * (1.0 if sign > 0 or altitude_km > 450 else 3.0))
            found = find_maneuvers(simulate(seed, burns=(burn,), altitude_km=altitude_km, drag=drag))
            (row,) = holding(found, burn).rows()
            assert len(found) == 1
            assert row["kind"] == "in-plane"
            assert np.sign(row["along_m_s"]) == sign
            tried += 1
            within += abs(row["size_m_s"] - abs(burn.along_m_s)) <= row["size_90_m_s"]
    assert within >= tried - 2  # 90 %


@pytest.mark.parametrize("size_m_s", [0.5, 1.0, 2.0])
def test_burns_out_of_the_plane(size_m_s: float) -> None:
    for seed in range(4):
        burn = Burn(18.0 + 0.3 * seed, 0.0, size_m_s)
        found = find_maneuvers(simulate(seed, burns=(burn,)))
        (row,) = holding(found, burn).rows()
        assert len(found) == 1
        assert row["kind"] == "out-of-plane"
        assert row["size_m_s"] == pytest.approx(size_m_s, abs=0.15)
        assert (row["earliest"], row["latest"]) == (row["after"], row["before"])


def test_at_most_one_false_alarm_in_a_year_without_burns() -> None:
    alarms = sum(
        len(find_maneuvers(simulate(seed, days=365.0, drag=drag, altitude_km=altitude_km)))
        for seed, (drag, altitude_km) in enumerate([(3e-6, 700), (2e-5, 550), (1e-4, 480), (4e-4, 400)])
    )
    assert alarms <= 4


def test_one_bad_set_is_no_manoeuvre() -> None:
    history = simulate(4)
    bad = replace(history[20], inclination_deg=history[20].inclination_deg + 0.01, eccentricity=0.002)
    assert len(find_maneuvers([*history[:20], bad, *history[21:]])) == 0


def test_a_drag_that_changes_is_no_manoeuvre() -> None:
    """A drag that doubles and halves within days, as in an active year."""
    alarms = [len(find_maneuvers(simulate(seed, days=60.0, drag=5e-5, drag_error=0.6))) for seed in range(4)]
    assert sum(alarms) <= 1


def smeared(history: list[Elements], share: float) -> list[Elements]:
    """Each set's mean motion drawn back to the set before it, as a fit across both gives it."""
    return [history[0]] + [
        replace(
            two,
            mean_motion_rev_day=two.mean_motion_rev_day + share * (one.mean_motion_rev_day - two.mean_motion_rev_day),
        )
        for one, two in pairwise(history)
    ]


def test_a_burn_that_two_sets_share_is_one_burn() -> None:
    burn = Burn(18.6, 0.5)
    found = find_maneuvers(smeared(simulate(1, burns=(burn,)), 0.4))
    assert len(found) == 1
    assert len(holding(found, burn)) == 1
    assert float(found.size_m_s[0]) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_a_burn_smeared_by_sets_that_were_fitted_over_three_days_is_one_burn(seed: int) -> None:
    within = 0
    for size_m_s in (0.3, 1.0):
        burn = Burn(18.3 + 0.21 * seed, size_m_s)
        found = find_maneuvers(fitted(simulate(seed, days=36.0, every_days=0.1, noise=0.0, burns=(burn,)), 3.0, seed))
        (row,) = holding(found, burn).rows()
        assert len(found) == 1
        within += abs(row["size_m_s"] - size_m_s) <= row["size_90_m_s"]
        assert row["before"] - row["after"] < np.timedelta64(6, "D")
    assert within >= 1


def test_daily_burns_stay_apart_where_each_set_is_fitted_to_a_day() -> None:
    for seed in range(2):
        burns = tuple(Burn(15.0 + day + 0.1 * seed, 0.5) for day in range(5))
        history = fitted(simulate(seed, days=36.0, every_days=0.1, noise=0.0, burns=burns), 1.0, seed)
        found = find_maneuvers(history)
        assert len(found) >= 4
        assert float(found.along_m_s.sum()) == pytest.approx(2.5, abs=0.1)


def test_a_set_from_before_a_burn_is_spoiled_after_it_and_says_so() -> None:
    history = simulate(1, burns=(Burn(18.6, 0.5),))
    held = max((one for one in history if one.epoch < moment(18.6)), key=lambda one: one.epoch)
    known = maneuvers_between(history, held.epoch, moment(21.0), moment(22.0))
    assert len(known) == 1
    assert len(maneuvers_between(history, held.epoch, moment(16.0), moment(17.0))) == 0
    later = min((one for one in history if one.epoch > moment(18.6)), key=lambda one: one.epoch)
    assert len(maneuvers_between(history, later.epoch, moment(21.0), moment(22.0))) == 0
    assert len(maneuvers_between(history, later.epoch, moment(17.0), moment(22.0))) == 1
    at = np.array([moment(17.0), moment(22.0)])
    plain = doubt(held, at)
    wide = spoiled(plain, held, at, known)
    assert wide.along_track_90_s[0] == pytest.approx(plain.along_track_90_s[0], abs=30.0)
    # 3 x 0.5 m/s for 3.4 days at 7.6 km/s
    assert wide.along_track_90_s[1] - plain.along_track_90_s[1] == pytest.approx(58.0, rel=0.1)
    assert wide.because.startswith("a manoeuvre of 0.5 m/s between 2026-05-2")
    assert told(Maneuvers.empty()) == ""


def test_short_and_disordered_histories() -> None:
    history = simulate(1, days=5.0)
    assert len(find_maneuvers(history[:1])) == len(find_maneuvers([])) == len(steps_of([])) == 0
    assert len(steps_of(history)) == len(history) - 1
    with pytest.raises(InputError, match="order of their epochs"):
        find_maneuvers(history[::-1])
