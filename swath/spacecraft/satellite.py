"""A satellite: published elements and the spacecraft that flies them."""

from __future__ import annotations

from dataclasses import dataclass, field

from swath.model import Elements
from swath.spacecraft.agility import Agility
from swath.spacecraft.bus import Bus
from swath.spacecraft.optics import Optics
from swath.spacecraft.power import Duty, Power, Thermal

__all__ = ["Memory", "Radio", "Satellite"]


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
    overhead: float = 1.03
    """bits sent per bit of picture: packet and frame headers, checksums"""
    rates: tuple[tuple[float, float], ...] = ()
    """from an elevation (deg, rising) upwards, bit/s; nothing below the first; empty: ``max_rate_bit_s`` at any"""


@dataclass(frozen=True)
class Satellite:
    """One spacecraft on one orbit."""

    id: str
    elements: Elements
    optics: Optics
    agility: Agility
    power: Power
    memory: Memory
    radio: Radio
    sensor: str = "optical"
    duty: Duty = field(default_factory=Duty)
    thermal: Thermal = field(default_factory=Thermal)
    bus: Bus | None = None
    """known to flight alone; without it the body turns as ``agility`` says, whatever its wheels"""
