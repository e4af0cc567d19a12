"""A satellite: published elements and the spacecraft that flies them."""

from __future__ import annotations

from dataclasses import dataclass, field

from swath.errors import InputError
from swath.model import Elements, Station
from swath.spacecraft.agility import Agility
from swath.spacecraft.atmosphere import station_atmosphere
from swath.spacecraft.bus import Bus
from swath.spacecraft.optics import Optics
from swath.spacecraft.power import BATTERY_WARMTH, RADIO_WARMTH, Duty, Power, Thermal
from swath.spacecraft.radio import Link, Transmitter
from swath.spacecraft.sar import Radar

__all__ = ["Memory", "Radio", "Satellite", "link_between"]


@dataclass(frozen=True)
class Memory:
    """The picture recorder."""

    capacity_bit: float


@dataclass(frozen=True)
class Radio:
    """The downlink: what it can send, and the CCSDS numbers by which the ground knows the sender."""

    max_rate_bit_s: float
    spacecraft_id: int
    """CCSDS spacecraft identifier, 0 to 1023"""
    apid: int
    """application process of the camera, 0 to 2046"""
    overhead: float = 1.053
    """bits sent per bit of picture: headers of packets and frames, checksums, telemetry, what is sent again; measured
    over the day of `examples/flood` with 0.4 % of frames lost"""
    rates: tuple[tuple[float, float], ...] = ()
    """from an elevation (deg, rising) upwards, bit/s; nothing below the first; empty: ``max_rate_bit_s`` at any"""
    transmitter: Transmitter | None = None
    """with it and a station's receiver the rate follows from the link budget, at most ``max_rate_bit_s``"""


@dataclass(frozen=True)
class Satellite:
    """One spacecraft on one orbit."""

    id: str
    elements: Elements
    optics: Optics | None
    """its camera; none: it has a ``radar``"""
    agility: Agility
    power: Power
    memory: Memory
    radio: Radio
    sensor: str = "optical"
    duty: Duty = field(default_factory=Duty)
    thermal: Thermal = field(default_factory=Thermal)
    """of the camera"""
    battery_thermal: Thermal = BATTERY_WARMTH
    """rising by ``rise_k`` if it took or gave what the array gives for ever; known to flight alone, like the radio's"""
    radio_thermal: Thermal = RADIO_WARMTH
    """of the transmitter, rising while it sends"""
    bus: Bus | None = None
    """known to flight alone; without it the body turns as ``agility`` says, whatever its wheels"""
    radar: Radar | None = None

    def __post_init__(self) -> None:
        if (self.optics is None) == (self.radar is None):
            raise InputError("it needs a camera or a radar", where=f"satellite {self.id}", fix="Give one of the two")

    @property
    def camera(self) -> Optics:
        """Its camera. Raises :class:`InputError` where it has a radar."""
        if self.optics is None:
            raise InputError("it has a radar, no camera", where=f"satellite {self.id}", fix="Ask a camera's satellite")
        return self.optics

    @property
    def instrument(self) -> Optics | Radar:
        """What it takes pictures with."""
        return self.camera if self.radar is None else self.radar


def link_between(satellite: Satellite, station: Station) -> Link | None:
    """How does a satellite talk to a station? ``None`` where either does not state its radio.

    Raises :class:`InputError` where the air over the station is in no shipped table and ``itur`` is not installed.
    """
    sender, receiver = satellite.radio.transmitter, station.receiver
    if sender is None or receiver is None:
        return None
    return Link(sender, receiver, station_atmosphere(station, sender.frequency_hz))
