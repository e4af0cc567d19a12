"""The link budget by itself: what must hold for any radio, and what it refuses."""

from __future__ import annotations

import builtins
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.model import Receiver, Station
from swath.spacecraft import atmosphere
from swath.spacecraft.atmosphere import AVAILABLE_SHARES, ELEVATIONS_DEG, Atmosphere, station_atmosphere
from swath.spacecraft.modcod import MODCODS, Acm, modcod_named, modcods_over_time, steady_modcod
from swath.spacecraft.radio import (
    Link,
    Transmitter,
    es_n0_db,
    g_over_t_db_k,
    link_table,
    pass_rates,
    pointing_loss_db,
    slant_range_m,
    table_rate_bit_s,
)

KIRUNA = Station("kiruna", 21.0643, 67.8933, 400.0, 5.0, 0.0)
AIR = station_atmosphere(KIRUNA, 8.2e9)
SECOND = np.timedelta64(10**9, "ns")


def link(power_w: float = 2.0, **options: Any) -> Link:
    return Link(Transmitter(8.2e9, power_w, 6.0, 50e6), Receiver(4.5, 160.0), AIR, **options)


@given(
    power_w=st.floats(0.01, 50.0),
    share=st.floats(0.95, 0.9999),
    margin_db=st.floats(0.0, 6.0),
    hysteresis_db=st.floats(0.0, 3.0),
)
def test_what_the_table_promises_the_pass_keeps(
    power_w: float, share: float, margin_db: float, hysteresis_db: float
) -> None:
    """Up and down again over any radio: flown rates never fall below the table's, and the margin is always kept."""
    acm = Acm(margin_db, hysteresis_db)
    made = link(power_w, available_share=share, acm=acm)
    table = link_table(made, altitude_m=600e3)
    assert (np.diff(table.es_n0_db) > -0.05).all()  # heavy rain takes a little more at the zenith
    up = np.linspace(5.0, 90.0, 200)
    elevation = np.concatenate([up, up[::-1]])
    time = np.datetime64("2026-05-08", "ns") + np.arange(400) * SECOND
    flown = pass_rates(made, time, elevation_deg=elevation, range_m=slant_range_m(elevation, altitude_m=600e3))
    assert (flown.rate_bit_s >= table_rate_bit_s(table, elevation)).all()
    need = {m.name: m.es_n0_db for m in MODCODS}
    used = flown.modcod != ""
    assert all(
        signal >= need[str(name)] + margin_db
        for signal, name in zip(flown.es_n0_db[used], flown.modcod[used], strict=True)
    )


def test_a_signal_that_flickers_does_not_make_the_radio_flicker() -> None:
    threshold = modcod_named("8PSK 3/4").es_n0_db + 2.0
    signal = threshold + 0.2 * np.cos(np.arange(100))
    with_hysteresis = modcods_over_time(np.append(20.0, signal), Acm(2.0, 0.5))[1:]
    without = modcods_over_time(signal, Acm(2.0, 0.0))
    assert np.count_nonzero(np.diff(without)) > 20
    assert np.count_nonzero(np.diff(with_hysteresis)) == np.count_nonzero(np.diff(with_hysteresis) < 0) == 1


def test_the_ladder_has_no_step_that_costs_more_and_gives_less() -> None:
    ladder = Acm().ladder
    assert [m.name for m in ladder if m.name == "QPSK 8/9"] == []  # 8PSK 3/5 brings more with 0.7 dB less
    for low, high in pairwise(ladder):
        assert high.es_n0_db > low.es_n0_db and high.bit_per_symbol > low.bit_per_symbol
    for modcod in MODCODS:
        best = max(m.bit_per_symbol for m in ladder if m.es_n0_db <= modcod.es_n0_db)
        assert best >= modcod.bit_per_symbol
    assert steady_modcod([-9.0, 60.0], Acm()).tolist() == [-1, len(ladder) - 1]


def test_no_link_is_no_rate_and_says_so() -> None:
    table = link_table(link(1e-5), altitude_m=500e3)
    assert (table.rate_bit_s == 0.0).all() and (table.modcod == "").all()
    assert table_rate_bit_s(table, [1.0, 45.0]).tolist() == [0.0, 0.0]


def test_a_table_begins_at_its_lowest_elevation_and_ends_at_the_zenith() -> None:
    table = link_table(link(), altitude_m=500e3, min_elevation_deg=12.3)
    assert table.elevation_deg[0] == 12.3 and table.elevation_deg[-1] == 90.0
    assert table_rate_bit_s(table, [12.2, 12.3, 90.0]).tolist() == [0.0, table.rate_bit_s[0], table.rate_bit_s[-1]]


def test_each_loss_of_the_budget_is_taken_once() -> None:
    """Change one thing, and the signal changes by just that many dB."""
    base = es_n0_db(link(), elevation_deg=30.0, range_m=1e6)

    def changed(
        sender: dict[str, Any] | None = None, station: dict[str, Any] | None = None, range_m: float = 1e6
    ) -> Any:
        options: Any = {"frequency_hz": 8.2e9, "power_w": 2.0, "gain_db": 6.0, "symbol_rate_per_s": 50e6}
        made = Link(
            Transmitter(**(options | (sender or {}))),
            Receiver(**({"dish_m": 4.5, "noise_k": 160.0} | (station or {}))),
            AIR,
        )
        return es_n0_db(made, elevation_deg=30.0, range_m=range_m) - base

    assert changed({"power_w": 4.0}) == pytest.approx(10 * np.log10(2))
    assert changed({"gain_db": 5.0}) == changed({"feed_loss_db": 1.0}) == pytest.approx(-1.0)
    assert changed({"symbol_rate_per_s": 5e6}) == pytest.approx(10.0)
    assert changed(range_m=2e6) == pytest.approx(-20 * np.log10(2))
    assert changed({"beam_width_deg": 20.0, "pointing_error_deg": 10.0}) == pytest.approx(-3.0)
    assert changed(station={"implementation_loss_db": 2.5}) == pytest.approx(-1.5)
    wide = pointing_loss_db(0.02, 70 * 299792458 / 8.2e9 / 9.0) - pointing_loss_db(0.02, 70 * 299792458 / 8.2e9 / 4.5)
    assert changed(station={"dish_m": 9.0}) == pytest.approx(20 * np.log10(2) - wide)


def test_rain_costs_twice_it_weakens_and_it_glows() -> None:
    dish = Receiver(5.0, 100.0)
    assert g_over_t_db_k(dish, 8.2e9) - g_over_t_db_k(dish, 8.2e9, 3.0) == pytest.approx(
        10 * np.log10((100 + 275 * (1 - 10**-0.3)) / 100)
    )


def test_bandwidth_is_symbols_and_roll_off() -> None:
    assert Transmitter(8.2e9, 1.0, 0.0, 50e6, roll_off_ratio=0.35).bandwidth_hz == pytest.approx(67.5e6)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: AIR.loss_db(4.0, available_share=0.99), "elevation of 4"),
        (lambda: AIR.loss_db(30.0, available_share=0.5), "availability of 0.5"),
        (lambda: Transmitter(8.2e9, 0.0, 6.0, 50e6), "0.0 W"),
        (lambda: Transmitter(8.2e9, 2.0, 6.0, float("nan")), "nan"),
        (lambda: Receiver(0.0, 100.0), "0.0 m"),
        (lambda: Receiver(1.0, 100.0, aperture_share=1.5), "1.5"),
        (lambda: Acm(modcods=()), "at least one"),
        (lambda: modcod_named("64APSK 9/10"), "64APSK"),
        (lambda: station_atmosphere(KIRUNA, 90e9), "90 GHz"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, what: str) -> None:
    with pytest.raises(InputError, match=what):
        make()


def test_without_the_extra_a_station_of_ones_own_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "itur":
            raise ModuleNotFoundError("No module named 'itur'", name="itur")
        return real(name, *rest, **more)

    monkeypatch.setitem(sys.modules, "itur", None)
    monkeypatch.setattr(builtins, "__import__", absent)
    atmosphere._computed.cache_clear()
    own = Station("own", 10.0, 50.0, 100.0, 5.0, 0.0)
    with pytest.raises(InputError, match=r"swath\[radio\]"):
        station_atmosphere(own, 8.2e9)
    assert station_atmosphere(KIRUNA, 8.4e9).losses_db == AIR.losses_db  # the shipped ones need none


@given(elevation_deg=st.floats(5.0, 90.0), share=st.floats(0.95, 0.9999))
@example(elevation_deg=89.875, share=0.984375)
def test_loss_falls_with_elevation_and_rises_with_availability(elevation_deg: float, share: float) -> None:
    loss = float(AIR.loss_db(elevation_deg, available_share=share))
    assert 0.0 < loss < 20.0
    assert float(AIR.loss_db(min(elevation_deg + 1.0, 90.0), available_share=share)) <= loss
    assert float(AIR.loss_db(elevation_deg, available_share=min(share + 1e-5, 0.9999))) >= loss


def test_a_table_gives_its_own_values_back() -> None:
    for row, elevation in enumerate(ELEVATIONS_DEG):
        for col, share in enumerate(AVAILABLE_SHARES):
            assert float(AIR.loss_db(elevation, available_share=share)) == pytest.approx(AIR.losses_db[row][col])
    assert isinstance(AIR, Atmosphere) and "ITU-R" in AIR.source
