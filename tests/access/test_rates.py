"""Rates over real passes: volumes add up, agree with the table for plans, and steps of a second are fine enough."""

from __future__ import annotations

import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.access.passes import Passes, find_passes
from swath.access.rates import rate_passes, rates_of_pass
from swath.errors import InputError
from swath.model import Receiver, Station
from swath.orbit.elements import parse_tle
from swath.orbit.ephemeris import Sgp4Ephemeris, sgp4_ephemeris
from swath.sources.eop import packaged_eop
from swath.spacecraft.atmosphere import station_atmosphere
from swath.spacecraft.radio import Link, Transmitter, link_table, table_rate_bit_s

TLE = """
1 47932U 21022A   26127.77868784  .00005524  00000+0  25810-3 0  9999
2 47932  97.3935  23.8400 0007445  76.6810 283.5255 15.20179199284624
"""
START, STOP = np.datetime64("2026-05-08T00:00", "ns"), np.datetime64("2026-05-08T12:00", "ns")
SVALBARD = Station("svalbard", 15.4, 78.2, 450.0, 5.0, 0.0)
LINK = Link(Transmitter(8.2e9, 2.0, 6.0, 56e6), Receiver(5.0, 150.0), station_atmosphere(SVALBARD, 8.2e9))
LINKS = {("sat", "svalbard"): LINK}


@pytest.fixture(scope="module")
def ephemeris() -> Sgp4Ephemeris:
    (elements,) = parse_tle(TLE).elements
    return sgp4_ephemeris(elements, packaged_eop())


@pytest.fixture(scope="module")
def passes(ephemeris: Sgp4Ephemeris) -> Passes:
    return find_passes({"sat": ephemeris}, [SVALBARD], START, STOP, packaged_eop())


def test_a_step_of_a_second_is_fine_enough(passes: Passes, ephemeris: Sgp4Ephemeris) -> None:
    one = rate_passes(passes, {"sat": ephemeris}, [SVALBARD], LINKS)
    fine = rate_passes(passes, {"sat": ephemeris}, [SVALBARD], LINKS, step_s=0.1)
    assert len(one) == len(passes) > 5
    assert np.allclose(one.volume_bit, fine.volume_bit, rtol=5e-3)
    high = one.max_elevation_deg > 30.0
    assert np.allclose(one.volume_bit[high], fine.volume_bit[high], rtol=2e-3)
    assert (one.volume_bit[high] / 8 > 10e9).all()  # a Dove-like radio
    assert (one.peak_rate_bit_s >= one.mean_rate_bit_s).all() and (one.codings >= 1).all()


def test_no_flown_pass_falls_below_what_the_table_promises(passes: Passes, ephemeris: Sgp4Ephemeris) -> None:
    """The table for the highest altitude of the orbit as seen from the station: 528 km here, found by looking."""
    table = link_table(LINK, altitude_m=530e3)
    for row in passes.rows():
        rates = rates_of_pass(LINK, ephemeris, SVALBARD, row["start"], row["stop"])
        promised = table_rate_bit_s(table, np.maximum(rates.elevation_deg, 5.0))
        assert (rates.rate_bit_s >= promised).all()
        assert promised.sum() > 0.85 * rates.rate_bit_s.sum()


def test_below_five_degrees_nothing_is_sent(ephemeris: Sgp4Ephemeris) -> None:
    low = replace(SVALBARD, min_elevation_deg=0.0)
    deep = find_passes({"sat": ephemeris}, [low], START, STOP, packaged_eop())
    rates = rates_of_pass(LINK, ephemeris, low, deep.start[1], deep.stop[1])
    under = rates.elevation_deg < 5.0
    assert under.any() and (rates.rate_bit_s[under] == 0.0).all() and (rates.rate_bit_s[~under] > 0.0).any()


def test_a_pair_without_a_link_is_refused(passes: Passes, ephemeris: Sgp4Ephemeris) -> None:
    with pytest.raises(InputError, match="no link"):
        rate_passes(passes, {"sat": ephemeris}, [SVALBARD], {})


def test_the_example_runs_and_says_that_it_is_simulated(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["one_day.py"])
    runpy.run_path(str(repo / "examples" / "radio" / "one_day.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert said.startswith("SIMULATED") and "bit for bit" in said and "contact c2" in said
    assert max(map(len, said.splitlines())) <= 80
