"""How full is the battery?"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Power"]


@dataclass(frozen=True)
class Power:
    """Array, battery and loads. The array gives ``charge_w`` in sunlight whatever the attitude, nothing in shadow."""

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
