"""What is flooded, over which area, and how sure is that? From water now and normal water, whatever saw them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate, Grid, Product
from swath.product.area import BlockSums, Doubts, estimate_area
from swath.product.clouds import SEEN
from swath.product.room import count_true, filled, piecewise, strips
from swath.product.sight import Sight
from swath.product.water_kernels import NOT_SEEN_SHARE, UNSEEN, block_sums, blur, flood_mask, flood_shares

__all__ = ["CE90_PER_AXIS_SHIFT", "area_of", "check_area", "coverage_of", "flood_of", "reason", "shares_of"]

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

MOST_BLOCKS = 1000
"""into which the area is divided to judge what is hidden from what is seen around"""
CE90_PER_AXIS_SHIFT = 1.4142
"""The error of one picture is mostly one shift of all of it, as long as its CE90: an axis has CE90 / sqrt(2)."""


def flood_of(
    now: Sight,
    *,
    before: Sight | None = None,
    normal_water: Codes | None = None,
    area: Mask | None = None,
    id: str,
    request: str = "",
) -> Product:
    """What is flooded now and was not before, over the area of interest?

    ``before``: what was seen of the same grid earlier. ``normal_water``: percent of each pixel that water usually
    covers, ``uint8`` (255 unknown), from a map; where both are given each pixel takes the larger. Without either all
    water counts as flood and the product says so. ``area``: where the answer is asked for, bool ``(row, column)``.

    Layers: ``flood`` uint8 0 or 1; ``likelihood`` of water now, uint8 0 to 100 (expected share of the pixel under
    water, the picture's position error allowed for), 255 not seen; ``unseen`` uint8 0 seen, else a code of
    :data:`sight.CANNOT_BE_SEEN`; with a past ``normal`` uint8, percent of normal water, 255 not known. Estimates:
    ``flooded_km2`` (with what is hidden, see :mod:`swath.product.area`), ``unseen_km2``, ``seen_share`` and, with a
    past, ``normal_water_km2``. :class:`InputError` where grids differ or the area is empty.
    """
    inside = check_area(now.grid, area)
    then, past = _past(now, before, normal_water)
    sigma_px = now.ce90_m / CE90_PER_AXIS_SHIFT / now.grid.pixel_m
    estimates = coverage_of(now.unseen, inside, now.grid.pixel_area_km2)
    normal_share = _normal_share(now.likelihood, then) if past else 0.0
    if past:
        sigma = now.logit_sigma if before is None else before.logit_sigma
        place_m = now.ce90_m if before is None else before.ce90_m
        estimates["normal_water_km2"] = _normal_water(now, then, inside, normal_share, place_m, sigma)
    reach = int(np.clip(round(2.0 + 2.0 * sigma_px), 2, 6))
    shares = piecewise(
        lambda wet, old: flood_shares(wet, old, normal_share, reach), now.likelihood, then, dtype=np.int8, halo=reach
    )
    estimates["flooded_km2"] = _area(now.grid, now.ce90_m, shares, then, inside, normal_share, now.logit_sigma)
    layers = {
        "flood": piecewise(flood_mask, shares, dtype=np.uint8, halo=2) if past else now.water.view(np.uint8),
        "likelihood": piecewise(lambda wet: blur(wet, sigma_px), now.likelihood, dtype=np.uint8, halo=6),
        "unseen": now.unseen,
    }
    return Product(
        id=id,
        kind="flood",
        request=request,
        scenes=now.scenes if before is None else (*now.scenes, *before.scenes),
        grid=now.grid,
        layers={**layers, "normal": then} if past else layers,
        estimates=estimates,
        simulated=now.simulated or (before is not None and before.simulated),
        because=_because(now, estimates, past),
    )


def check_area(grid: Grid, area: Mask | None) -> Mask:
    """The area of interest as a mask on the grid, everywhere if none is given; :class:`InputError` if it is empty."""
    if area is None:
        return filled(grid.shape, True, np.bool_)
    if area.shape != grid.shape:
        raise InputError(f"area is {area.shape}, the grid is {grid.shape}", fix="Give a mask on the scene's grid")
    if not area.any():
        raise InputError("the area of interest has no pixel", fix="Give an area that the grid touches")
    return np.asarray(area, np.bool_)


def _past(now: Sight, before: Sight | None, normal_water: Codes | None) -> tuple[Codes, str]:
    """Percent of normal water, 255 unknown, and what it comes from; zeros and nothing without a past."""
    if before is None and normal_water is None:
        return filled(now.grid.shape, 0, np.uint8), ""
    given = []
    if before is not None:
        if before.grid != now.grid:
            raise InputError("the earlier picture lies on another grid", fix="Warp it to the same grid")
        given.append(("the earlier picture", before.likelihood))
    if normal_water is not None:
        if normal_water.shape != now.grid.shape:
            raise InputError(f"normal water is {normal_water.shape}, the grid is {now.grid.shape}", fix="Warp it")
        given.append(("the map", normal_water))

    def usual(wet: Codes, first: Codes, *more: Codes) -> Codes:
        then = first.copy()
        for other in more:
            larger = np.where(then == UNSEEN, other, np.maximum(then, other))
            then = np.where(other == UNSEEN, then, larger)
        then[(then == UNSEEN) & (wet < 50)] = 0  # what is dry in a flood was dry before
        return then

    layers = [layer for _, layer in given]
    return piecewise(usual, now.likelihood, *layers, dtype=np.uint8), " and ".join(name for name, _ in given)


def _normal_share(now: Codes, then: Codes) -> float:
    """Which share of today's water was there before, where both pictures show the ground?"""
    total, count = 0, 0
    for _, _, rows in strips(now.shape, 0):
        wet, old = now[rows], then[rows]
        both = old[(wet != UNSEEN) & (old != UNSEEN) & (wet >= 50)]
        total, count = total + int(both.sum(dtype=np.int64)), count + len(both)
    return total / count / 100.0 if count else 0.5


def _normal_water(
    now: Sight, then: Codes, inside: Mask, normal_share: float, ce90_m: float, logit_sigma: float
) -> Estimate:
    """The area of normal water; of water now whose past is unknown ``normal_share`` is taken for normal."""
    expected = round(100.0 * normal_share)

    def of(old: Codes, wet: Codes) -> Array:
        return np.where(old != UNSEEN, old, np.where(wet != UNSEEN, expected, NOT_SEEN_SHARE))

    def unknown(old: Codes, wet: Codes) -> Array:
        return np.where((old == UNSEEN) & (wet != UNSEEN), UNSEEN, 0)

    shares = piecewise(of, then, now.likelihood, dtype=np.int8)
    past = piecewise(unknown, then, now.likelihood, dtype=np.uint8)
    return _area(now.grid, ce90_m, shares, past, inside, 0.0, logit_sigma)


def area_of(
    likelihood: Codes, *, grid: Grid, ce90_m: float, logit_sigma: float, inside: Mask | None = None
) -> Estimate:
    """The area in km2 of what a likelihood (percent, 255 not seen) is of, with what is hidden, and its interval."""
    shares = piecewise(shares_of, likelihood, dtype=np.int8)
    nothing = filled(grid.shape, 0, np.uint8)
    return _area(grid, ce90_m, shares, nothing, check_area(grid, inside), 0.0, logit_sigma)


def shares_of(likelihood: Codes) -> npt.NDArray[np.int8]:
    """A likelihood as shares for :func:`water_kernels.block_sums`."""
    return np.where(likelihood == UNSEEN, NOT_SEEN_SHARE, likelihood.astype(np.int16)).astype(np.int8)


def _area(
    grid: Grid, ce90_m: float, shares: Array, then: Codes, inside: Mask, normal_share: float, logit_sigma: float
) -> Estimate:
    block = max(8, round(float(np.sqrt(shares.size / MOST_BLOCKS))))
    blocks, totals = block_sums(shares, then, inside, block, normal_share)
    pixel_m = grid.pixel_m
    sums = BlockSums(blocks[..., 0], blocks[..., 1], blocks[..., 2], block * pixel_m)
    doubts = Doubts(
        threshold_px=logit_sigma * float(blocks[..., 3].sum()),
        outline_m=float(totals[0]) * pixel_m * np.pi / 4.0,
        shift_px_per_px=(float(totals[1]), float(totals[2])),
        position_sigma_px=ce90_m / CE90_PER_AXIS_SHIFT / pixel_m,
        unknown_past_px=float(totals[3]),
        mixed_px=float(blocks[..., 3].sum()),
    )
    return estimate_area(sums, doubts, pixel_m)


def coverage_of(unseen: Codes, inside: Mask, pixel_area_km2: float) -> dict[str, Estimate]:
    """How much of the area is not seen (``unseen_km2``, ``seen_share``)? Counted in the mask: no interval."""
    hidden, total = count_true(lambda i, u: i & (u != SEEN), inside, unseen), count_true(lambda i: i, inside)
    because = "counted in the mask of unseen pixels, which is drawn about 20 m wider than clouds look"
    return {
        "unseen_km2": Estimate(hidden * pixel_area_km2, "km2", because=because),
        "seen_share": Estimate(1.0 - hidden / total, "1", because=because),
    }


def reason(words: str, estimates: Mapping[str, Estimate]) -> str:
    """Why a product says what it says: ``words``, and how much was seen; or that nothing was."""
    seen = estimates["seen_share"].value
    if seen <= 0.0:
        return "not seen: no pixel of the area shows the ground"
    return f"{words}; {100.0 * seen:.0f} % of the area seen"


def _because(now: Sight, estimates: dict[str, Estimate], past: str) -> str:
    words = f"flood is water that {past} does not show" if past else "no earlier picture: all water counts"
    return reason(f"{now.because}; {words}", estimates)
