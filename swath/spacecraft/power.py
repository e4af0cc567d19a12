"""How full is the battery, how long may the camera work, and how warm does it get?"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

__all__ = ["BATTERY_WARMTH", "RADIO_WARMTH", "Duty", "Power", "Thermal"]


@dataclass(frozen=True)
class Power:
    """Array, battery and loads. The array gives ``charge_w`` facing the Sun, nothing in shadow."""

    battery_wh: float
    initial_wh: float
    min_wh: float
    """never to go below"""
    charge_w: float
    idle_w: float
    """always drawn"""
    slew_w: float
    """on top of idle while turning"""
    image_w: float
    """on top of idle while imaging"""
    contact_w: float
    """on top of idle while sending"""
    array_follows_sun: bool = True
    """False: the array is fixed to the body opposite the camera and gives ``charge_w`` x cos of the angle to the Sun"""


@dataclass(frozen=True)
class Duty:
    """How long the camera may work, and what it needs before."""

    image_s: float = inf
    """of imaging at most within any ``window_s``"""
    window_s: float = 5700.0
    """about an orbit"""
    warm_up_s: float = 0.0
    """the camera is on for so long before each picture; it stays on between pictures closer than that"""
    warm_up_w: float = 0.0
    """on top of idle meanwhile"""


@dataclass(frozen=True)
class Thermal:
    """Temperature of the camera's electronics: one mass, heated by imaging, cooling to its surroundings.

    dT/dt = (``rest_k`` + ``rise_k`` while imaging - T) / ``settles_s``, starting at ``rest_k``.
    """

    rest_k: float = 293.0
    rise_k: float = 0.0
    """above ``rest_k`` if it imaged for ever"""
    settles_s: float = 600.0
    """time constant"""
    max_k: float = inf
    """never above"""


BATTERY_WARMTH = Thermal(288.0, 8.0, 3600.0)
"""of a battery, unless the mission says otherwise: ``rise_k`` if it took or gave all that the array gives for ever"""
RADIO_WARMTH = Thermal(293.0, 25.0, 600.0)
"""of a transmitter, unless the mission says otherwise: ``rise_k`` if it sent for ever"""
