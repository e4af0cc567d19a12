"""Orbit Ephemeris Messages, to be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Oem"]


@dataclass(frozen=True)
class Oem:
    """Positions."""
