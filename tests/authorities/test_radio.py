"""The link budget against numbers of other people: free space, DVB-S2, ITU-R, and what one operator says of its own."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from swath.model import Receiver, Station
from swath.spacecraft.atmosphere import (
    AVAILABLE_SHARES,
    ELEVATIONS_DEG,
    Atmosphere,
    computed_atmosphere,
    station_atmosphere,
)
from swath.spacecraft.catalog import stations
from swath.spacecraft.modcod import MODCODS, Acm
from swath.spacecraft.radio import (
    Link,
    PassRates,
    Transmitter,
    free_space_loss_db,
    link_table,
    pass_rates,
    slant_range_m,
)

SVALBARD = Station("svalbard", 15.4, 78.2, 450.0, 5.0, 0.0)


@pytest.mark.parametrize(
    ("elevation_deg", "range_km", "loss_db"),
    [(5.0, 2078, 177.08), (10.0, 1695, 175.31), (30.0, 909, 169.90), (90.0, 500, 164.71)],
)
def test_range_and_free_space_loss_from_500_km(elevation_deg: float, range_km: float, loss_db: float) -> None:
    """92.45 + 20 log10(km) + 20 log10(GHz), the usual form; ranges on a sphere of 6,378.137 km."""
    range_m = float(slant_range_m(elevation_deg, altitude_m=500e3))
    assert range_m == pytest.approx(range_km * 1e3, abs=600.0)
    assert float(free_space_loss_db(range_m, 8.2e9)) == pytest.approx(loss_db, abs=0.01)


def test_the_loss_that_the_issue_names() -> None:
    assert float(free_space_loss_db(1_695_100.0, 8.2e9)) == pytest.approx(175.31, abs=0.005)


KBCH = {
    "1/4": 16008, "1/3": 21408, "2/5": 25728, "1/2": 32208, "3/5": 38688, "2/3": 43040, "3/4": 48408, "4/5": 51648,
    "5/6": 53840, "8/9": 57472, "9/10": 58192,
}  # fmt: skip
"""ETSI EN 302 307-1, table 5a: uncoded BCH block of normal frames, bits."""
BITS = {"QPSK": 2, "8PSK": 3, "16APSK": 4, "32APSK": 5}


@pytest.mark.parametrize("modcod", MODCODS, ids=lambda m: m.name)
def test_efficiency_follows_from_the_code_and_the_frame(modcod: object) -> None:
    """(Kbch - 80 bits of header) over the symbols of a frame: 90 of header and slots of 90 (EN 302 307-1, 5.5.1)."""
    assert modcod in MODCODS
    name, bit_per_symbol = modcod.name, modcod.bit_per_symbol  # type: ignore[attr-defined]
    kind, rate = name.split()
    slots = 64800 / BITS[kind] / 90
    assert bit_per_symbol == pytest.approx((KBCH[rate] - 80) / (90 * (slots + 1)), abs=6e-7)


def test_there_are_28_and_none_beats_shannon() -> None:
    assert len({modcod.name for modcod in MODCODS}) == 28
    for modcod in MODCODS:
        capacity = np.log2(1 + 10 ** (modcod.es_n0_db / 10))
        assert modcod.bit_per_symbol < capacity
        assert capacity - modcod.bit_per_symbol < 1.1  # and none is so far below it as a typing error would be


def test_the_published_loss_over_svalbard() -> None:
    """itur 0.4.0 at 8.2 GHz, 5 m dish: 0.784 dB exceeded in 1 % of a year at 10 deg, 1.10 in 0.1 %; at 5 1.70, 2.41."""
    air = station_atmosphere(SVALBARD, 8.2e9)
    assert air.loss_db([5.0, 10.0], available_share=0.99) == pytest.approx([1.70, 0.784], rel=0.01)
    assert air.loss_db([5.0, 10.0], available_share=0.999) == pytest.approx([2.41, 1.10], rel=0.01)


@pytest.mark.slow
def test_shipped_tables_and_what_lies_between_their_values_are_those_of_itu_r() -> None:
    itur = pytest.importorskip("itur")
    warnings.simplefilter("ignore")  # of its numpy idioms
    for facts in stations()[::7]:
        if facts.lon_deg is None or facts.lat_deg is None:
            continue
        place = Station(facts.id, facts.lon_deg, facts.lat_deg, 0.0, 5.0, 0.0)
        shipped, fresh = station_atmosphere(place, 8.2e9), computed_atmosphere(place, 8.2e9)
        assert np.allclose(shipped.losses_db, fresh.losses_db, atol=6e-4)
        elevation = np.array([5.0, 6.0, 8.5, 12.0, 17.0, 25.0, 27.0, 37.0, 52.0, 67.0, 82.0])
        for share in (0.96, 0.985, 0.9925, 0.996, 0.9975, 0.9985, 0.9992, 0.99965):
            outage_percent = 100 * (1 - share)
            loss = itur.atmospheric_attenuation_slant_path(
                place.lat_deg, place.lon_deg, 8.2, elevation, outage_percent, 5.0
            )
            want = loss.value
            error = np.abs(shipped.loss_db(elevation, available_share=share) - want)
            assert (error < np.maximum(0.03 * want, 0.02)).all()


def overhead_pass(altitude_m: float, min_elevation_deg: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time, elevation and range each second of a pass through the zenith, circular orbit, Earth at rest."""
    radius_m, earth_m = 6_378_137.0 + altitude_m, 6_378_137.0
    rate = np.sqrt(3.986004418e14 / radius_m**3)
    seconds = np.arange(-900, 901)
    x, z = radius_m * np.sin(rate * seconds), radius_m * np.cos(rate * seconds) - earth_m
    elevation = np.degrees(np.arctan2(z, np.abs(x)))
    up = elevation >= min_elevation_deg
    time = np.datetime64("2026-05-08T10:00", "ns") + seconds[up] * np.timedelta64(10**9, "ns")
    return time, elevation[up], np.hypot(x, z)[up]


def dove(gain_db: float) -> Link:
    """X band, 2 W, 56 Msymbols/s, a 5 m dish: published for Doves (SSC17-VII-02, 2017); the gain is assumed."""
    sender = Transmitter(8.2e9, 2.0, gain_db, 56e6, beam_width_deg=60.0, pointing_error_deg=5.0)
    return Link(sender, Receiver(5.0, 150.0), station_atmosphere(SVALBARD, 8.2e9))


def test_ten_minutes_at_160_mbit_s_are_12_gb() -> None:
    time = np.datetime64("2026-05-08", "ns") + np.arange(601) * np.timedelta64(10**9, "ns")
    rates = PassRates(time, np.full(601, 45.0), np.full(601, 9.0), ["QPSK 1/2"] * 601, np.full(601, 160e6))
    assert rates.volume_bit / 8 == pytest.approx(12e9)


def test_a_dove_like_pass_brings_what_planet_says() -> None:
    """Published: 12 to 15 GB in 7 to 10 minutes, 220 Mb/s at peak, 160 Mb/s on average (SSC17-VII-02, 2017)."""
    time, elevation, range_m = overhead_pass(475e3, 5.0)
    rates = pass_rates(dove(6.0), time, elevation_deg=elevation, range_m=range_m)
    minutes = float((time[-1] - time[0]) / np.timedelta64(60, "s"))
    assert 7.0 < minutes < 10.0
    assert 12e9 < rates.volume_bit / 8 < 15e9
    assert rates.volume_bit / (minutes * 60.0) == pytest.approx(190e6, abs=35e6)
    assert 210e6 < rates.rate_bit_s.max() < 250e6
    steps = len(set(rates.modcod.tolist()))
    assert steps > 8  # the signal swings by 12 dB in a pass: adaptive coding uses that


def test_one_coding_for_the_whole_pass_brings_less() -> None:
    """Why adaptive coding: the best single one, held from rise to set or used above an elevation, against all."""
    time, elevation, range_m = overhead_pass(475e3, 5.0)
    link = dove(6.0)
    whole = pass_rates(link, time, elevation_deg=elevation, range_m=range_m).volume_bit
    best = 0.0
    for modcod in MODCODS:
        fixed = Link(link.transmitter, link.receiver, link.atmosphere, acm=Acm(modcods=(modcod,)))
        best = max(best, pass_rates(fixed, time, elevation_deg=elevation, range_m=range_m).volume_bit)
    assert whole / best > 1.2


def test_the_table_of_a_link_adds_up_by_hand() -> None:
    """10 deg, 500 km: EIRP 3.01 + 6 = 9.01 dBW; G = 10 log(0.6 (pi 5 / 0.03656)^2) = 50.44 dB, worked out by hand."""
    still_air = Atmosphere(8.2e9, ((1e-9,) * len(AVAILABLE_SHARES),) * len(ELEVATIONS_DEG), "none")
    sender = Transmitter(8.2e9, 2.0, 6.0, 56e6)
    link = Link(sender, Receiver(5.0, 150.0, pointing_error_deg=0.0), still_air)
    table = link_table(link, altitude_m=500e3, min_elevation_deg=10.0)
    by_hand = 9.0103 - 175.31 + (50.4438 - 21.7609) + 228.5992 - 77.4819 - 1.0
    assert table.es_n0_db[0] == pytest.approx(by_hand, abs=0.02)
    assert table.rate_bit_s[0] == pytest.approx(56e6 * 2.637201)  # 12.50 dB: 16APSK 3/4 wants 10.21 + 2.0 + 0.5
