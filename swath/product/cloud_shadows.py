"""Where do clouds throw their shadows? Down-sun, at the height where the ground under each is darkest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.product.cloud_kernels import dilate, shadow_scores
from swath.product.clouds import shadow_fall
from swath.product.patches import find_patches

__all__ = ["Sky", "cast_shadows"]

Floats32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_HEIGHTS_M = (200.0, 12000.0)
_BACKGROUND_M, _BACKGROUND_SHARE = 1500.0, 0.6
_DEPTH, _DARK = 0.15, 0.3
"""mean darkening (natural logarithm) of a shadow over the other heights, and of single cells beside it"""
_FAINT = 0.01
"""reflectance added before logarithms, so that noise in the dark is not depth"""
_MOST_SHARED_CELLS = 4000


@dataclass(frozen=True)
class Sky:
    """From where the Sun shone and the picture was taken, as a picture's metadata say it."""

    sun_elevation_deg: float
    sun_azimuth_deg: float
    view_zenith_deg: float = 0.0
    view_azimuth_deg: float = 0.0
    """towards which the line of sight goes, seen from above"""


def cast_shadows(
    cells: Mapping[str, Floats32], cloud: Mask, known: Mask, cell_m: float, sky: Sky | None
) -> tuple[Mask, list[str]]:
    """Each cloud moved to where the ground is darkest; clouds whose height cannot be told take that of the others."""
    none = np.zeros(cloud.shape, np.bool_)
    if not cloud.any():
        return none, []
    if sky is None:
        return none, ["without the Sun's place no shadow is looked for"]
    fall = shadow_fall(sky.sun_elevation_deg, sky.sun_azimuth_deg, sky.view_zenith_deg, sky.view_azimuth_deg)
    if fall is None or float(np.hypot(*fall)) < 0.05:
        return none, ["the Sun stands too low, or as the satellite does: no shadow can be placed"]
    darkness = _darkness(cells, cloud, known, cell_m)
    step_m = cell_m / float(np.hypot(*fall))
    heights = np.arange(_HEIGHTS_M[0], _HEIGHTS_M[1], max(step_m, 50.0))
    down, across = (np.rint(heights * part / cell_m).astype(np.int64) for part in fall)
    labels = find_patches(cloud).label
    order = np.argsort(labels, axis=None, kind="stable")
    starts = np.searchsorted(labels.ravel()[order], np.arange(1, int(labels.max()) + 2))
    places = [np.divmod(order[first:last], cloud.shape[1]) for first, last in pairwise(starts)]
    scores = np.stack([_scores(darkness, *place, down, across) for place in places])
    return _cast(places, _heights(scores, np.diff(starts)), down, across, darkness, cloud, known)


def _scores(
    darkness: Floats32,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    down: npt.NDArray[np.int64],
    across: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """How far does the ground under a cloud, moved by each height, stand out of what the other heights show?"""
    thin, scores = max(1, len(rows) // _MOST_SHARED_CELLS), np.empty(len(down))
    shadow_scores(darkness, rows[::thin], columns[::thin], down, across, scores)
    told = np.isfinite(scores)
    return np.where(told, scores - np.median(scores[told]), np.nan) if told.sum() >= 5 else np.full(len(down), np.nan)


def _heights(scores: npt.NDArray[np.float64], cells: npt.NDArray[np.int64]) -> list[int]:
    """Number of each cloud's height; -1 where none stands out. What holds for all clouds counts for each of them."""
    told = np.isfinite(scores)
    weights = np.sqrt(cells)[:, None] * told
    shared = (np.nan_to_num(scores) * weights).sum(0) / np.maximum(weights.sum(0), 1e-9)
    found = []
    for own in scores:
        if not np.isfinite(own).any():
            found.append(-1)
            continue
        number = int(np.nanargmax(own + shared))
        found.append(number if own[number] >= _DEPTH else -1)
    if not any(number >= 0 for number in found):
        return found
    best = int(np.argmax(shared))
    return [number if number >= 0 else best for number in found]


def _cast(
    places: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
    heights: list[int],
    down: npt.NDArray[np.int64],
    across: npt.NDArray[np.int64],
    darkness: Floats32,
    cloud: Mask,
    known: Mask,
) -> tuple[Mask, list[str]]:
    shadow = np.zeros(cloud.shape, np.bool_)
    if max(heights) < 0:
        return shadow, ["no shadow stands out of the ground: the heights of the clouds are not known"]
    for (rows, columns), height in zip(places, heights, strict=True):
        i, j = rows + down[height], columns + across[height]
        inside = (i >= 0) & (i < cloud.shape[0]) & (j >= 0) & (j < cloud.shape[1])
        shadow[i[inside], j[inside]] = True
    dark = np.nan_to_num(darkness) > _DARK
    for _ in range(2):  # the penumbra, and what a cloud's thin margin shades
        shadow |= np.asarray(dilate(shadow, 1), np.bool_) & dark
    return shadow & ~cloud & known, []


def _darkness(cells: Mapping[str, Floats32], cloud: Mask, known: Mask, cell_m: float) -> Floats32:
    """How much darker than the ground around is each cell (natural logarithm)? NaN of cloud and where unknown.

    In the infrared and in visible light, the lesser of the two: water is dark in the first alone. What the air adds to
    visible light is taken off as the darkest thousandth shows it.
    """
    free = known & ~cloud
    if not free.any():
        return np.full(cloud.shape, np.nan, np.float32)
    layers = []
    for names in (("nir", "swir16"), ("green", "red")):
        there = [cells[name] for name in names if name in cells]
        if there:
            light = np.mean(there, axis=0)
            light = light - min(float(np.quantile(light[free & np.isfinite(light)], 0.001)), 0.1)
            with np.errstate(invalid="ignore"):
                layers.append(_below_ground(np.log(np.maximum(light, 0.0) + _FAINT), free, cell_m))
    return np.where(free, np.min(layers, axis=0), np.nan).astype(np.float32)


def _below_ground(light: Floats32, free: Mask, cell_m: float) -> Floats32:
    """The ground's own light, from blocks of 1.5 km, less what is there."""
    free = free & np.isfinite(light)
    block = max(4, round(_BACKGROUND_M / cell_m))
    counts = [max(1, length // block) for length in light.shape]
    edges = [np.linspace(0, length, count + 1).astype(int) for length, count in zip(light.shape, counts, strict=True)]
    whole = float(np.quantile(light[free], _BACKGROUND_SHARE))
    coarse = np.full(counts, whole)
    for r, c in np.ndindex(*counts):
        part = np.s_[edges[0][r] : edges[0][r + 1], edges[1][c] : edges[1][c + 1]]
        good = light[part][free[part]]
        if len(good) >= 0.1 * light[part].size:
            # A block that is mostly shadow, or water, is not to be its own measure.
            coarse[r, c] = max(float(np.quantile(good, _BACKGROUND_SHARE)), whole - 0.5)
    middles = [(edge[:-1] + edge[1:] - 1) / 2.0 for edge in edges]
    across = np.stack([np.interp(np.arange(light.shape[1]), middles[1], line) for line in coarse])
    background = np.stack([np.interp(np.arange(light.shape[0]), middles[0], line) for line in across.T], axis=1)
    return np.asarray(background - light, np.float32)
