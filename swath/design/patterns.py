"""Where do several satellites fly: in Walker's patterns, in streets, one behind the other?

A fleet is a list of element sets; several patterns, and satellites that fly already, are joined by joining lists.
"""

from __future__ import annotations

from math import acos, ceil, cos, degrees, pi, radians
from typing import Literal

import numpy as np

from swath.design.altitudes import MEAN_RADIUS_M
from swath.design.planes import node_of_local_time_deg
from swath.design.shapes import OrbitShape, elements_of, node_rate_deg_day, period_s, shape_of
from swath.errors import Infeasible, InputError
from swath.frames import EARTH_ROTATION_RAD_S
from swath.model import Elements

__all__ = ["Pattern", "ground_half_angle_deg", "plane_of", "streets_needed", "train", "walker"]

Pattern = Literal["delta", "star"]
"""planes all round the equator, or over half of it so that they go up on one side and down on the other"""


def plane_of(at: np.datetime64, *, raan_deg: float | None = None, local_time_h: float | None = None) -> float:
    """Right ascension of the node, given as it is or by its local time (mean Sun) at a UTC time.

    Raises :class:`InputError` where both are given or neither.
    """
    if (raan_deg is None) == (local_time_h is None):
        what = "two planes" if raan_deg is not None else "no plane"
        raise InputError(what, where="plane", fix="Give the node's right ascension or its local time, one of them")
    return node_of_local_time_deg(local_time_h, at) if local_time_h is not None else float(raan_deg or 0.0)


def walker(
    shape: OrbitShape,
    total: int,
    planes: int,
    phasing: int,
    *,
    raan_deg: float,
    epoch: np.datetime64,
    pattern: Pattern = "delta",
    phase_deg: float = 0.0,
    name: str = "walker",
) -> list[Elements]:
    """Total/planes/phasing satellites: even planes, even places, each plane ``phasing`` x 360/total deg further on.

    After J. G. Walker, Satellite constellations, J. Brit. Interplanet. Soc. 37 (1984) 559; the largest distance on the
    ground to the nearest satellite is his (tests/authorities/test_design_orbits.py). ``phase_deg`` is the first
    satellite's argument of latitude. Raises :class:`InputError` for planes that do not divide the satellites evenly.
    """
    if not (total >= 1 and planes >= 1 and total % planes == 0):
        fits = [p for p in range(1, max(total, 1) + 1) if max(total, 1) % p == 0]
        near = min(fits, key=lambda p: abs(p - planes))
        raise InputError(
            f"{total} satellites in {planes} planes", where="walker", fix=f"{max(total, 1)} fit evenly in {near} planes"
        )
    if not 0 <= phasing < planes:
        raise InputError(f"phasing {phasing}", where="walker", fix=f"With {planes} planes it is 0 to {planes - 1}")
    around = 360.0 if pattern == "delta" else 180.0
    each = total // planes
    fleet = []
    for number in range(total):
        plane, place = divmod(number, each)
        along = phase_deg + 360.0 * place / each + 360.0 * phasing * plane / total
        fleet.append(
            elements_of(
                shape,
                f"{name}-{number + 1}",
                raan_deg=raan_deg + around * plane / planes,
                mean_anomaly_deg=along - shape.argument_of_perigee_deg,
                epoch=epoch,
                number=99_000 + number,
            )
        )
    return fleet


def train(leader: Elements, count: int, *, spacing_s: float, same_track: bool = False) -> list[Elements]:
    """Satellites that pass one after the other: in one plane, or over the same ground (each in a plane of its own).

    Over the same ground each plane lies east by what the Earth turns under it in the time between two. Raises
    :class:`InputError` for no satellites or a spacing without length.
    """
    if count < 1 or not spacing_s > 0.0:
        raise InputError(f"{count} satellites {spacing_s:g} s apart", where="train", fix="Give 1 or more, and seconds")
    shape = shape_of(leader)
    back_deg = 360.0 * spacing_s / period_s(shape)
    turn_deg = (degrees(EARTH_ROTATION_RAD_S) - node_rate_deg_day(shape) / 86400.0) * spacing_s if same_track else 0.0
    return [
        elements_of(
            shape,
            leader.name if not number else f"{leader.name}-{number + 1}",
            raan_deg=leader.raan_deg + number * turn_deg,
            mean_anomaly_deg=leader.mean_anomaly_deg - number * back_deg,
            epoch=leader.epoch,
            number=leader.norad_id + number,
        )
        for number in range(count)
    ]


def ground_half_angle_deg(altitude_m: float, half_field_deg: float) -> float:
    """How far from the point below does a cone about the nadir reach, seen from the Earth's centre? A sphere.

    Up to the horizon, for a cone that is wider. ``altitude_m`` is above the mean radius.
    """
    ratio = (MEAN_RADIUS_M + altitude_m) / MEAN_RADIUS_M
    sine = min(np.sin(radians(half_field_deg)) * ratio, 1.0) if half_field_deg < 90.0 else 1.0
    return float(degrees(np.arcsin(sine)) - half_field_deg) if sine < 1.0 else degrees(acos(1.0 / ratio))


def streets_needed(half_angle_deg: float) -> tuple[int, int]:
    """How many polar planes, with how many satellites each, see every place all the time? The fewest satellites.

    Streets of coverage of half width c, cos c = cos(reach) / cos(pi / each), after L. Rider, Analytic design of
    satellite constellations for zonal Earth coverage using inclined circular orbits, J. Astronaut. Sci. 34 (1986) 31:
    neighbours that go the same way lie c + reach apart, those that meet 2 c. Raises :class:`Infeasible` for a reach
    that takes more than 10,000 satellites.
    """
    reach = radians(half_angle_deg)
    best: tuple[int, int, int] | None = None
    first = max(ceil(pi / reach + 1e-12), 2) if reach > 0.0 else 10_001
    for each in range(first, min(10 * first, 10_001)):
        if cos(reach) >= cos(pi / each):
            continue
        street = acos(min(cos(reach) / cos(pi / each), 1.0))
        planes = max(ceil((pi - 2.0 * street) / (reach + street) - 1e-9) + 1, 1)
        if best is None or planes * each < best[0]:
            best = (planes * each, planes, each)
    if best is None or best[0] > 10_000:
        raise Infeasible(f"a reach of {half_angle_deg:g} deg", fix="Fly higher or look further from the nadir")
    return best[1], best[2]
