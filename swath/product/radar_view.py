"""Where does a radar not see the ground? Behind slopes, where slopes lie over each other, under trees, in towns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.clouds import NOT_PICTURED
from swath.product.room import filled, piecewise
from swath.product.sight import LAYOVER, RADAR_SHADOW, TOWN, WOOD
from swath.product.wet_kernels import radar_terrain, smooth_known

__all__ = ["clutter_codes", "steep_ground", "terrain_codes"]

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.uint8]

WIDE_M = 30.0
TOWN_DB = {"vv": -2.0, "hh": -2.0, "vh": -9.0, "hv": -9.0}
"""mean over some 30 m that only walls and ground together send back"""
WOOD_DB, WOOD_RATIO_DB, WOOD_MOST_DB = -14.2, 7.0, -4.0
"""crowns: as much as this in the crossed polarisation, no more than this below the other, and that no house"""


def clutter_codes(db: dict[str, Array], pixel_m: float) -> Codes:
    """Woods and towns in a radar picture (dB by polarisation), ``uint8`` codes of :mod:`sight`; 0 elsewhere.

    Water between houses and under crowns sends back more than dry ground, not less. Woods are told only with both
    polarisations (Dostalova et al. 2018, Remote Sens. Lett. 9, 641-650 for their level at C band). Pixels without data
    in any polarisation are not pictured.
    """

    def of(*parts: Array) -> Codes:
        return _clutter(dict(zip(db, parts, strict=True)), WIDE_M / pixel_m)

    return piecewise(of, *db.values(), dtype=np.uint8, halo=max(int(np.ceil(3.0 * WIDE_M / pixel_m)), 1))


def _clutter(db: dict[str, Array], wide_px: float) -> Codes:
    smooth = {band: smooth_known(np.asarray(v, np.float32), wide_px, 30.0) for band, v in db.items()}
    codes = np.zeros(next(iter(smooth.values())).shape, np.uint8)
    with np.errstate(invalid="ignore"):
        for co, cross in (("vv", "vh"), ("hh", "hv")):
            if co in smooth and cross in smooth:
                near = smooth[co] - smooth[cross] < WOOD_RATIO_DB
                codes[near & (smooth[cross] > WOOD_DB) & (smooth[co] < WOOD_MOST_DB)] = WOOD
        town = np.all([v > TOWN_DB[band] for band, v in smooth.items()], axis=0)
    codes[town] = TOWN
    codes[~np.any([np.isfinite(v) for v in db.values()], axis=0)] = NOT_PICTURED
    return codes


def terrain_codes(height_m: Array, pixel_m: float, *, incidence_deg: float, look_azimuth_deg: float) -> Codes:
    """Radar shadow and layover from heights ``(row, column)``: ``uint8`` codes of :mod:`sight`, 0 elsewhere.

    ``look_azimuth_deg``: the direction in which the radar looks, clockwise from north; ``incidence_deg`` against the
    vertical of flat ground. Shadow is cast along the look direction, as far as 10 km; layover is where the ground
    rises towards the radar more steeply than its wave fronts. Unknown heights (NaN) neither cast nor lie.
    """
    if not 5.0 < incidence_deg < 85.0:
        raise InputError(f"an incidence of {incidence_deg:g} degrees", fix="Give the angle against the vertical")
    away = np.radians(look_azimuth_deg)
    codes: Codes = filled(height_m.shape, 0, np.uint8)
    radar_terrain(
        np.asarray(height_m, np.float32), pixel_m, float(np.tan(np.radians(incidence_deg))), -float(np.cos(away)),
        float(np.sin(away)), RADAR_SHADOW, LAYOVER, codes,
    )  # fmt: skip
    return codes


def steep_ground(height_m: Array, pixel_m: float, most_deg: float = 10.0) -> npt.NDArray[np.bool_]:
    """Where is the ground too steep for water to stand on? False where the height is not known."""

    def of(part: Array) -> Array:
        down, right = np.gradient(np.asarray(part, np.float64), pixel_m)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.hypot(down, right) > np.tan(np.radians(most_deg)), np.bool_)

    return piecewise(of, height_m, dtype=np.bool_, halo=2)
