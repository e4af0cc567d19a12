"""Stated times against one orbit where no element set is near: found, refused, and one that does not belong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.claim.check import check_claims
from swath.claim.fit import joint_fit
from swath.claim.looks import approaches, passes_over
from swath.claim.moments import moment_of
from swath.claim.motion import history_of
from swath.claim.plane import Plane, plane_at
from swath.claim.records import Claim, ClaimFile, Subject
from swath.model import Elements, Place
from swath.orbit.elements import parse_tle
from swath.orbit.node import local_times_of_node
from swath.orbit.sgp4 import secular_rates
from swath.sources.eop import packaged_eop
from swath.time import seconds

TLE = """1 58400U 23179A   23343.17766162  .00004660  00000-0  21022-3 0  9996
2 58400  97.4270 227.7225 0014685 211.9163 148.1185 15.21407416  2676"""
EOP = packaged_eop()
PLACES = [(126.98, 37.57), (-77.04, 38.9), (12.49, 41.9), (144.93, 13.58), (32.34, 30.6), (-157.96, 21.37)]


@pytest.fixture(scope="module")
def flown() -> Elements:
    return parse_tle(TLE).elements[0]


def stated(flown: Elements, count: int, *, off_s: float = 0.0, wrong: int = -1) -> tuple[Claim, ...]:
    """True closest approaches, a day and more apart, each told a little wrong, one of them altogether."""
    random = np.random.default_rng(4)
    claims = []
    for number in range(count):
        lon, lat = PLACES[number % len(PLACES)]
        place = Place.point(f"p{number}", lon_deg=lon, lat_deg=lat)
        start = flown.epoch + np.timedelta64(int(number * 20), "h")
        near = min(approaches(flown, place, start, start + np.timedelta64(48, "h"), EOP), key=lambda a: a.off_nadir_deg)
        told = near.time + seconds(random.normal() * off_s + (1500.0 if number == wrong else 0.0))
        at = moment_of(f"{np.datetime_as_string(told, unit='s')}Z")
        claims.append(Claim(f"c{number}", "radar", at, Subject("X", flown.norad_id, max_off_nadir_deg=60.0), place))
    return tuple(claims)


def far(flown: Elements, days: int = 70) -> Elements:
    """What a set of another month may be like: the same plane, run on; where along it says nothing."""
    node, perigee, _ = secular_rates(flown)
    return replace(
        flown,
        epoch=flown.epoch + np.timedelta64(days, "D"),
        raan_deg=(flown.raan_deg + node * days) % 360.0,
        argument_of_perigee_deg=(flown.argument_of_perigee_deg + perigee * days) % 360.0,
        mean_anomaly_deg=123.0,
        mean_motion_rev_day=flown.mean_motion_rev_day + 0.006,
    )


def test_true_times_fit_and_are_judged_by_the_others(flown: Elements) -> None:
    claims = stated(flown, 6, off_s=1.0)
    fit = joint_fit(claims, history_of([far(flown)]), EOP)
    assert fit is not None and not fit.short_of and not fit.left
    assert fit.worst_s < 8.0
    assert fit.chance_sets_probability == 0.0
    assert abs(fit.mean_motion_rev_day - flown.mean_motion_rev_day) < 0.002
    dossier = check_claims(ClaimFile("x", claims), [far(flown)], EOP)
    assert {v.verdict for v in dossier.verdicts} <= {"consistent", "possible"}
    assert all("left out" in v.orbit_because for v in dossier.verdicts)


def test_one_that_does_not_belong_is_left_out_and_called_so(flown: Elements) -> None:
    claims = stated(flown, 6, off_s=1.0, wrong=3)
    dossier = check_claims(ClaimFile("x", claims), [far(flown)], EOP)
    (fit,) = dossier.fits
    assert fit.left == "c3"
    words = [v.verdict for v in dossier.verdicts]
    assert words[3] in ("impossible", "inconsistent")
    assert set(words[:3] + words[4:]) <= {"consistent", "possible"}


def test_times_drawn_at_random_prove_nothing(flown: Elements) -> None:
    random = np.random.default_rng(7)
    believed = 0
    for _ in range(5):
        claims = [
            replace(c, moment=moment_of(f"{np.datetime_as_string(c.moment.middle + seconds(s), unit='s')}Z"))
            for c, s in zip(stated(flown, 5), random.uniform(-2800.0, 2800.0, 5), strict=True)
        ]
        dossier = check_claims(ClaimFile("x", tuple(claims)), [far(flown)], EOP)
        believed += any(v.verdict != "undetermined" for v in dossier.verdicts)
    assert believed == 0


def test_three_are_too_few_and_a_plane_of_years_ago_is_too_far(flown: Elements) -> None:
    three = check_claims(ClaimFile("x", stated(flown, 3)), [far(flown)], EOP)
    assert {v.verdict for v in three.verdicts} == {"undetermined"}
    assert "too few" in three.verdicts[0].because[0]
    years = check_claims(ClaimFile("x", stated(flown, 5)), [far(flown, 800)], EOP)
    assert {v.verdict for v in years.verdicts} == {"undetermined"}


def test_observed_rises_and_sets_are_fitted_too(flown: Elements) -> None:
    claims = list(stated(flown, 5))
    place = claims[0].place
    assert place is not None
    passes = passes_over(flown, place, flown.epoch, flown.epoch + np.timedelta64(1, "D"), EOP)
    for kind, at in (("rise", passes[0][0]), ("set", passes[-1][1])):
        moment = moment_of(f"{np.datetime_as_string(at, unit='s')}Z")
        claims.append(replace(claims[0], id=kind, kind=kind, moment=moment, anchors=True))  # type: ignore[arg-type]
    fit = joint_fit(claims, history_of([far(flown)]), EOP)
    assert fit is not None and not fit.short_of
    assert {row.claim for row in fit.rows} >= {"rise", "set"}
    dossier = check_claims(ClaimFile("x", tuple(claims)), [far(flown)], EOP)
    assert {v.verdict for v in dossier.verdicts if v.id in ("rise", "set")} <= {"consistent", "possible"}


def test_a_stated_plane_has_the_stated_local_time() -> None:
    at = np.datetime64("2023-11-25T00:00:00", "ns")
    made = plane_at(Plane(500e3, 36000.0, 240.0), "X", 1, at, EOP)
    assert abs(made.inclination_deg - 97.40) < 0.03
    later = at + np.timedelta64(30, "D")
    for when in (at, later):
        assert abs(float(local_times_of_node(made, np.array([when]), EOP)[0][0]) - 10.0) < 0.01
