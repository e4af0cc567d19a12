"""What do one or more pictures of one moment say about water? Likelihood, what they draw, and what they cannot see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Grid
from swath.product.clouds import CLOUD, NOT_PICTURED, SEEN, SHADOW
from swath.product.room import new_layer, piecewise, strips
from swath.product.water_kernels import UNSEEN

__all__ = [
    "CANNOT_BE_SEEN",
    "EXCLUDED",
    "LAYOVER",
    "RADAR_SHADOW",
    "TOWN",
    "WOOD",
    "Sight",
    "hide",
    "join_sights",
    "off_slopes",
]

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

RADAR_SHADOW, LAYOVER, WOOD, TOWN, EXCLUDED = 4, 5, 6, 7, 8
CANNOT_BE_SEEN = {
    CLOUD: "cloud",
    SHADOW: "cloud shadow",
    NOT_PICTURED: "not pictured",
    RADAR_SHADOW: "radar shadow",
    LAYOVER: "radar layover",
    WOOD: "under trees",
    TOWN: "between buildings",
    EXCLUDED: "excluded by the user",
}
"""codes of the layer ``unseen`` (0 is seen) in words"""

RADAR_WEIGHT = 0.35
"""of radar's log-odds beside those of a camera that sees the same place: wind, plants and smooth soil mislead radar
more than mud and shade mislead short-wave infrared"""


@dataclass(frozen=True)
class Sight:
    """Water as it is seen at one moment, on one grid."""

    grid: Grid
    likelihood: Codes
    """expected share of each pixel under water, 0 to 100; 255 not seen"""
    water: Mask
    """what is drawn as water"""
    unseen: Codes
    """0 seen, else a code of :data:`CANNOT_BE_SEEN`"""
    logit_sigma: float
    """systematic error of the log-odds over the whole picture"""
    ce90_m: float
    """90 % circular error of position"""
    scenes: tuple[str, ...]
    simulated: bool
    because: str


def hide(sight: Sight, codes: Codes) -> Sight:
    """The same with more places that cannot be seen: where ``codes`` is not 0 and something was seen so far."""
    if codes.shape != sight.grid.shape:
        raise InputError(f"codes are {codes.shape}, the grid is {sight.grid.shape}", fix="Give them on the same grid")

    def hidden(old: Codes, more: Codes) -> Codes:
        return np.where(old == SEEN, more, old)

    new = piecewise(hidden, sight.unseen, codes, dtype=np.uint8)

    def told(code: Codes, percent: Codes) -> Codes:
        return np.where(code == SEEN, percent, np.uint8(UNSEEN))

    likelihood = piecewise(told, new, sight.likelihood, dtype=np.uint8)
    water = piecewise(lambda u, w: w & (u == SEEN), new, sight.water, dtype=np.bool_)
    return replace(sight, unseen=new, likelihood=likelihood, water=water)


def join_sights(camera: Sight, radar: Sight) -> Sight:
    """What a camera and a radar together say, each where it sees; where both do, log-odds are added.

    Radar counts :data:`RADAR_WEIGHT` beside the camera: it decides where the camera doubts. Raises
    :class:`InputError` where the grids differ.
    """
    if camera.grid != radar.grid:
        raise InputError("the pictures lie on different grids", fix="Warp them to one grid")
    shape = camera.grid.shape
    likelihood, water, unseen = (new_layer(shape, kind) for kind in (np.uint8, np.bool_, np.uint8))
    by_camera, by_any = 0, 0
    for _, _, rows in strips(shape, 0):
        a, b = camera.unseen[rows] == SEEN, radar.unseen[rows] == SEEN
        both, (p, q) = a & b, (camera.likelihood[rows], radar.likelihood[rows])
        logits = _logit(p[both]) + RADAR_WEIGHT * _logit(q[both])
        joined, wet = np.where(a, p, q), np.where(a, camera.water[rows], radar.water[rows])
        joined[both] = np.rint(100.0 / (1.0 + np.exp(-logits))).astype(np.uint8)
        wet[both] = np.where(wet[both] == radar.water[rows][both], wet[both], logits > 0.0)
        likelihood[rows], water[rows] = joined, wet
        unseen[rows] = np.where(a | b, SEEN, camera.unseen[rows])
        by_camera, by_any = by_camera + int(a.sum()), by_any + int((a | b).sum())
    share = by_camera / max(by_any, 1)
    return Sight(
        camera.grid,
        likelihood,
        water,
        unseen,
        share * camera.logit_sigma + (1.0 - share) * radar.logit_sigma,
        max(camera.ce90_m, radar.ce90_m),
        (*camera.scenes, *radar.scenes),
        camera.simulated or radar.simulated,
        f"camera: {camera.because}; radar: {radar.because}; the camera counts for more where both see",
    )


def _logit(percent: Codes) -> npt.NDArray[np.float64]:
    share = np.clip(percent.astype(np.float64) / 100.0, 0.005, 0.995)
    return np.asarray(np.log(share / (1.0 - share)))


def off_slopes(sight: Sight, steep: Mask) -> Sight:
    """The same without water on steep ground, where none stands."""
    likelihood = piecewise(lambda s, p: np.where(s & (p != UNSEEN), 0, p), steep, sight.likelihood, dtype=np.uint8)
    return replace(sight, likelihood=likelihood, water=piecewise(np.greater, sight.water, steep, dtype=np.bool_))
