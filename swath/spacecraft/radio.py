"""How fast does the link run? From power and dish to data rate, by elevation and over a pass.

Es/N0 = EIRP - free-space loss - atmosphere - pointing losses + G/T - 10 log k - 10 log(symbol rate) - implementation
loss; with it the fastest DVB-S2 modulation and coding that keeps a margin (``modcod``), and so a rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Receiver
from swath.spacecraft.atmosphere import ELEVATIONS_DEG, Atmosphere
from swath.spacecraft.light import LIGHT_M_S
from swath.spacecraft.modcod import Acm, modcods_over_time, steady_modcod
from swath.table import Table, column

__all__ = [
    "Link",
    "LinkTable",
    "PassRates",
    "Transmitter",
    "dish_beam_width_deg",
    "dish_gain_db",
    "es_n0_db",
    "free_space_loss_db",
    "g_over_t_db_k",
    "link_table",
    "pass_rates",
    "pointing_loss_db",
    "slant_range_m",
    "table_rate_bit_s",
]

Floats = npt.NDArray[np.float64]

_BOLTZMANN_DB = -228.599167
"""10 log10 of 1.380649e-23 J/K"""
_EARTH_M = 6_378_137.0
_RAIN_K = 275.0
"""mean temperature of the medium, ITU-R P.618-13, 3"""


@dataclass(frozen=True)
class Transmitter:
    """The downlink radio of a spacecraft."""

    frequency_hz: float
    power_w: float
    """at the amplifier's output"""
    gain_db: float
    """of the antenna over isotropic, at its best"""
    symbol_rate_per_s: float
    feed_loss_db: float = 0.0
    """between amplifier and antenna"""
    beam_width_deg: float = 180.0
    """full width at half power"""
    pointing_error_deg: float = 0.0
    """between the beam's axis and the station"""
    roll_off_ratio: float = 0.2
    """of the pulses: 0.20, 0.25 or 0.35 in DVB-S2"""

    def __post_init__(self) -> None:
        positive = (self.frequency_hz, self.power_w, self.symbol_rate_per_s, self.beam_width_deg)
        if not all(np.isfinite(value) and value > 0.0 for value in positive):
            raise InputError(
                f"a radio of {self.frequency_hz} Hz, {self.power_w} W, {self.symbol_rate_per_s} symbols/s",
                fix="Frequency, power, symbol rate and beam width are above zero",
            )

    @property
    def eirp_dbw(self) -> float:
        """Power that an isotropic antenna would have to send, in dB over 1 W."""
        return 10.0 * float(np.log10(self.power_w)) + self.gain_db - self.feed_loss_db

    @property
    def bandwidth_hz(self) -> float:
        """Width of the channel: symbol rate x (1 + roll-off)."""
        return self.symbol_rate_per_s * (1.0 + self.roll_off_ratio)


@dataclass(frozen=True)
class Link:
    """One radio heard by one station."""

    transmitter: Transmitter
    receiver: Receiver
    atmosphere: Atmosphere
    available_share: float = 0.99
    """of the year in which the air takes no more than the budget says"""
    acm: Acm = field(default_factory=Acm)


@dataclass(frozen=True)
class LinkTable(Table):
    """What one radio brings down to one station, by elevation: the table that planner and flight share."""

    elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "rising")
    range_m: npt.NDArray[np.float64] = column("f8", "m", "")
    free_space_loss_db: npt.NDArray[np.float64] = column("f8", "dB", "")
    atmosphere_db: npt.NDArray[np.float64] = column("f8", "dB", "not exceeded in the stated share of the year")
    g_over_t_db_k: npt.NDArray[np.float64] = column("f8", "dB/K", "of the station, its sky included")
    es_n0_db: npt.NDArray[np.float64] = column("f8", "dB", "implementation loss taken off")
    modcod: npt.NDArray[np.str_] = column("U", "-", "in use for certain; empty: the link does not close")
    rate_bit_s: npt.NDArray[np.float64] = column("f8", "bit/s", "data bits, sync markers and frames among them")


@dataclass(frozen=True)
class PassRates(Table):
    """The link over one pass, sample by sample."""

    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "")
    es_n0_db: npt.NDArray[np.float64] = column("f8", "dB", "")
    modcod: npt.NDArray[np.str_] = column("U", "-", "empty where the link does not close")
    rate_bit_s: npt.NDArray[np.float64] = column("f8", "bit/s", "from this sample to the next")

    @property
    def volume_bit(self) -> float:
        """What the pass brings down: each sample's rate until the next sample."""
        step_s = np.diff(self.time).astype(np.int64) * 1e-9
        return float(np.sum(self.rate_bit_s[:-1] * step_s))


def slant_range_m(elevation_deg: npt.ArrayLike, *, altitude_m: npt.ArrayLike) -> Floats:
    """How far is a satellite that stands at an elevation? On a sphere of the equator's radius: good to 0.3 %."""
    elevation = np.radians(np.asarray(elevation_deg, np.float64))
    across = _EARTH_M * np.cos(elevation)
    there = _EARTH_M + np.asarray(altitude_m, np.float64)
    return np.asarray(np.sqrt(there * there - across * across) - _EARTH_M * np.sin(elevation), np.float64)


def free_space_loss_db(range_m: npt.ArrayLike, frequency_hz: float) -> Floats:
    """What does distance take? (4 pi range / wavelength)^2, ITU-R P.525-4; 175.31 dB at 8.2 GHz over 1,695.1 km."""
    ratio = 4.0 * np.pi * np.asarray(range_m, np.float64) * frequency_hz / LIGHT_M_S
    return np.asarray(20.0 * np.log10(ratio), np.float64)


def pointing_loss_db(error_deg: npt.ArrayLike, beam_width_deg: float) -> Floats:
    """What does looking past each other take? 12 (error / width)^2 dB: 3 dB at half the width."""
    return np.asarray(12.0 * (np.asarray(error_deg, np.float64) / beam_width_deg) ** 2, np.float64)


def dish_gain_db(receiver: Receiver, frequency_hz: float) -> float:
    """How much does a dish gather, over isotropic? Share x (pi diameter / wavelength)^2."""
    ratio = np.pi * receiver.dish_m * frequency_hz / LIGHT_M_S
    return 10.0 * float(np.log10(receiver.aperture_share * ratio * ratio))


def dish_beam_width_deg(receiver: Receiver, frequency_hz: float) -> float:
    """How wide is a dish's beam, full width at half power? 70 wavelengths / diameter."""
    return 70.0 * LIGHT_M_S / frequency_hz / receiver.dish_m


def g_over_t_db_k(receiver: Receiver, frequency_hz: float, atmosphere_db: npt.ArrayLike = 0.0) -> Floats:
    """Gain over noise temperature; rain and cloud that weaken the signal also glow (ITU-R P.618-13, 3)."""
    glow_k = _RAIN_K * (1.0 - 10.0 ** (-np.asarray(atmosphere_db, np.float64) / 10.0))
    return np.asarray(dish_gain_db(receiver, frequency_hz) - 10.0 * np.log10(receiver.noise_k + glow_k), np.float64)


def es_n0_db(link: Link, *, elevation_deg: npt.ArrayLike, range_m: npt.ArrayLike) -> Floats:
    """How strong does the demodulator see the signal, its implementation loss taken off?

    ``elevation_deg`` and ``range_m`` of one shape. Raises :class:`InputError` below 5 degrees (the atmosphere).
    """
    sender, station = link.transmitter, link.receiver
    air_db = link.atmosphere.loss_db(elevation_deg, available_share=link.available_share)
    fixed_db = (
        sender.eirp_dbw
        - pointing_loss_db(sender.pointing_error_deg, sender.beam_width_deg)
        - pointing_loss_db(station.pointing_error_deg, dish_beam_width_deg(station, sender.frequency_hz))
        - station.implementation_loss_db
        - _BOLTZMANN_DB
        - 10.0 * np.log10(sender.symbol_rate_per_s)
    )
    return np.asarray(
        fixed_db
        - free_space_loss_db(range_m, sender.frequency_hz)
        - air_db
        + g_over_t_db_k(station, sender.frequency_hz, air_db),
        np.float64,
    )


def link_table(link: Link, *, altitude_m: float, min_elevation_deg: float = 5.0, step_deg: float = 0.5) -> LinkTable:
    """Which rate does each elevation give? Rows from ``min_elevation_deg`` to 90.

    ``altitude_m``: of the satellite above the station; of an orbit that is not round its highest, so that the table
    promises too little rather than too much. The rate of a row is one that the adaptive radio has reached for certain
    from there to the next row, whether the satellite rises or sets (:func:`pass_rates` is never below it).
    """
    steps = np.arange(0, int((90.0 - min_elevation_deg) / step_deg + 1e-9) + 1)
    rows_deg = np.union1d(min_elevation_deg + steps * step_deg, ELEVATIONS_DEG)
    elevation = rows_deg[rows_deg >= min_elevation_deg]
    distance_m = slant_range_m(elevation, altitude_m=altitude_m)
    air_db = link.atmosphere.loss_db(elevation, available_share=link.available_share)
    signal_db = es_n0_db(link, elevation_deg=elevation, range_m=distance_m)
    # Heavy rain takes more at the zenith than a little below: a row promises what holds until the next.
    names, rates = _named(link, steady_modcod(np.minimum(signal_db, np.append(signal_db[1:], np.inf)), link.acm))
    return LinkTable(
        elevation_deg=elevation,
        range_m=distance_m,
        free_space_loss_db=free_space_loss_db(distance_m, link.transmitter.frequency_hz),
        atmosphere_db=air_db,
        g_over_t_db_k=g_over_t_db_k(link.receiver, link.transmitter.frequency_hz, air_db),
        es_n0_db=signal_db,
        modcod=names,
        rate_bit_s=rates,
    )


def table_rate_bit_s(table: LinkTable, elevation_deg: npt.ArrayLike) -> Floats:
    """Which rate does a table promise at elevations? That of the row at or below; none below its first row."""
    row = np.searchsorted(table.elevation_deg, np.asarray(elevation_deg, np.float64) + 1e-9, "right") - 1
    return np.asarray(np.where(row >= 0, table.rate_bit_s[np.maximum(row, 0)], 0.0), np.float64)


def pass_rates(
    link: Link, time: npt.NDArray[np.datetime64], *, elevation_deg: npt.ArrayLike, range_m: npt.ArrayLike
) -> PassRates:
    """How does the radio step through a pass? Samples in order of time; the volume is their sum."""
    signal_db = es_n0_db(link, elevation_deg=elevation_deg, range_m=range_m)
    names, rates = _named(link, modcods_over_time(signal_db, link.acm))
    return PassRates(time, np.asarray(elevation_deg, np.float64), signal_db, names, rates)


def _named(link: Link, steps: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.str_], Floats]:
    """Names and rates of steps of the ladder; -1 has neither."""
    ladder = link.acm.ladder
    names = np.array(["", *(modcod.name for modcod in ladder)])
    efficiency = np.array([0.0, *(modcod.bit_per_symbol for modcod in ladder)])
    return names[steps + 1], np.asarray(efficiency[steps + 1] * link.transmitter.symbol_rate_per_s, np.float64)
