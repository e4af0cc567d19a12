"""From what a user types to the shape of an orbit and a clock's time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from swath.errors import InputError

if TYPE_CHECKING:
    from swath.cli.design_options import OrbitOptions
    from swath.design.shapes import OrbitShape

__all__ = ["parse_clock_h", "shape_for", "whole_numbers"]


def parse_clock_h(text: str, option: str = "--local-time") -> float:
    """HH:MM as hours. Raises :class:`InputError` for what no clock shows."""
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip())
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise InputError(f"{text!r} is no local time", where=option, fix="Give HH:MM, as 10:30")
    return int(match[1]) + int(match[2]) / 60.0


def whole_numbers(text: str, many: int, option: str, example: str) -> list[int]:
    """Numbers with slashes between them."""
    match = re.fullmatch("/".join([r"\s*(\d{1,6})\s*"] * many), text)
    if not match:
        raise InputError(f"{text!r}", where=option, fix=f"Give whole numbers such as {example}")
    return [int(part) for part in match.groups()]


def shape_for(asked: OrbitOptions) -> OrbitShape:
    """The orbit that is asked for; frozen if that is asked."""
    from dataclasses import replace

    from swath.design.shapes import frozen

    if (asked.altitude_m is None) == (asked.repeat is None):
        what = "an altitude and a repeat" if asked.repeat else "no altitude"
        raise InputError(what, where="--altitude-m", fix="Give --altitude-m or --repeat, one of them")
    shape = _made(asked, asked.eccentricity, 0.0)
    if not asked.frozen:
        return shape
    still = frozen(replace(shape, eccentricity=0.0))
    return _made(asked, still.eccentricity, still.argument_of_perigee_deg)


def _made(asked: OrbitOptions, eccentricity: float, perigee_deg: float) -> OrbitShape:
    from swath.design.altitudes import semi_major_axis_m
    from swath.design.shapes import OrbitShape, exact_repeat, sun_synchronous

    if asked.repeat is not None:
        orbits, days = whole_numbers(asked.repeat, 2, "--repeat", "143/10")
        return exact_repeat(
            orbits,
            days,
            inclination_deg=asked.inclination_deg,
            eccentricity=eccentricity,
            argument_of_perigee_deg=perigee_deg,
        )
    sma_m = semi_major_axis_m(asked.altitude_m or 0.0, asked.above)
    if asked.inclination_deg is None:
        return sun_synchronous(sma_m, eccentricity=eccentricity, argument_of_perigee_deg=perigee_deg)
    return OrbitShape(sma_m, asked.inclination_deg, eccentricity, perigee_deg)
