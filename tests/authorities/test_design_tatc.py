"""Revisit by TAT-C 3.6 (code-lab-org/tatc) on the same element sets, points and limit: within 1 % of the mean gap."""

from __future__ import annotations

import warnings

import pytest

from benchmarks.speed import design


@pytest.mark.parametrize("satellites", [1, 2])
def test_mean_gaps_are_those_of_tatc(satellites: int) -> None:
    pytest.importorskip("tatc")
    fleet = design.fleet_of(satellites)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs_h, their_looks = design.tatc(fleet, 36, 10.0)
    mean_h, looks = design.ours(fleet, 36, 10.0)
    assert mean_h == pytest.approx(theirs_h, rel=0.01)
    assert abs(looks - their_looks) <= 1
