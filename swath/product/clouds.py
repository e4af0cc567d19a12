"""What of the ground does a picture not show? Clouds, their shadows, and places without data, from four bands.

Rules, no training. The picture is judged in cells of about 20 m. A cloud is bright, white and hazier than the clear
part of the picture (haze-optimised value blue - red / 2; Zhang et al. 2002, Remote Sens. Environ. 82, 173-187;
whiteness as in Fmask, Zhu and Woodcock 2012, ibid. 118, 83-94), and at least 60 m wide: most roofs are smaller. Its
shadow lies down-sun, at the one distance where the ground under the displaced clouds is darkest. Another picture of
the same ground shows small and thin clouds as well.
Limits: thin cirrus is not told from ground, nor snow from cloud; shadows of clouds outside the picture are found only
where they are deep and, without another picture, only over land.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Scene
from swath.product.cloud_kernels import cell_means, dilate, find_pictured, paint_codes

__all__ = ["CLOUD", "NOT_PICTURED", "SEEN", "SHADOW", "Cells", "average_cells", "band_of", "find_unseen", "shadow_fall"]

Codes = npt.NDArray[np.uint8]
Floats32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

SEEN, CLOUD, SHADOW, NOT_PICTURED = 0, 1, 2, 3
CELL_M = 20.0
CLEAR_HAZE_LIMIT = 0.08
"""The clearest tenth of a picture is no hazier than this, or it is cloud too."""
STRONG_HAZE, WEAK_HAZE = 0.09, 0.03
"""above the haze of the clearest tenth of the picture"""
HAZE_RISE = 0.03
"""over another picture of the same ground; flood water adds up to about 0.016 to crops or soil"""
STRONG_BLUE, WEAK_BLUE = 0.22, 0.08
"""least reflectance of blue and of nir, in the midst of a cloud and in its margin; likewise the largest whiteness"""
STRONG_WHITENESS, WEAK_WHITENESS = 0.5, 0.8
LEAST_WIDTH_M = 60.0
GROWTH_M = 200.0
"""how far a cloud reaches out into its thin margin"""
CLOUD_HEIGHTS_M = (150.0, 6000.0)
SHADOW_DEPTH = 0.10
"""least mean darkening (natural logarithm) under displaced clouds that counts as their shadow"""
DARK_NIR, DARK_GREEN = 0.55, 0.75
"""of the median of the picture's land"""
SHADOW_RATIO = 0.95
"""of the visible light of another picture: what keeps more is not in shadow"""
SHADE_GREEN, SHADE_BLUE, SHADE_NIR = 0.72, 1.08, 0.1
"""Under skylight alone ground keeps less of the green of another picture, and more of the blue: blue / green x nir **
0.1, for deep water in the sun is as blue but darker in nir."""
LEAST_KEPT = 0.85
"""A picture as a whole keeps at least so much: where the median cell keeps less, it is in shade itself."""


def band_of(scene: Scene, name: str) -> npt.NDArray[np.uint16]:
    """One band of a scene by name; :class:`InputError` where shapes or names do not fit."""
    if scene.pixels.shape != (len(scene.bands), *scene.grid.shape):
        raise InputError(
            f"pixels are {scene.pixels.shape}, the grid is {scene.grid.shape} and there are {len(scene.bands)} bands",
            where=f"scene {scene.id}",
            fix="Give pixels (band, row, column) on the scene's own grid",
        )
    if name not in scene.bands:
        raise InputError(f"no band is called {name}", where=f"scene {scene.id}", fix=f"It has {', '.join(scene.bands)}")
    band: npt.NDArray[np.uint16] = np.asarray(scene.pixels[scene.bands.index(name)])
    return band


@dataclass(frozen=True)
class Cells:
    """A picture as the cloud rules look at it: mean reflectances of cells of about 20 m."""

    scene: Scene
    pictured: Mask
    """``(row, column)`` of the scene: pixels with data in all bands that are not to be ignored"""
    cell_px: int
    means: Floats32
    """``(4, rows, columns)`` blue, green, red, nir, 0 to 1; NaN where most of a cell is missing"""


def average_cells(scene: Scene, ignore: Mask | None = None) -> Cells:
    """The cells of a scene. ``ignore``: true where pixels are no picture of the ground, such as a watermark."""
    if ignore is not None and ignore.shape != scene.grid.shape:
        raise InputError(
            f"ignore is {ignore.shape}, the grid is {scene.grid.shape}", fix="Give a mask on the scene's grid"
        )
    blind = np.zeros(scene.grid.shape, np.bool_) if ignore is None else np.asarray(ignore, np.bool_)
    blue, green, red, nir = (band_of(scene, name) for name in ("blue", "green", "red", "nir"))
    pictured = find_pictured(blue, green, red, nir, blind)
    cell_px = max(1, round(CELL_M / scene.grid.pixel_m))
    return Cells(scene, pictured, cell_px, cell_means(blue, green, red, nir, pictured, cell_px))


def find_unseen(cells: Cells, *, other: Cells | None = None, keep_dark_water: bool = True) -> Codes:
    """Which pixels do not show the ground? ``uint8``: 0 seen, 1 cloud, 2 cloud shadow, 3 not pictured.

    Not pictured are ignored pixels and those with a band of 0. ``other``: another picture on the same grid, cloudy or
    not; what is hazier than there is cloud however small or thin, what is as light as there is not in shadow, and what
    is as dark and blue as under skylight alone is in shade, land or water, also of clouds outside the picture. Without
    it land in such shade looks like dark water: without ``keep_dark_water`` both are taken for shadow. Cloud and
    shadow are drawn in whole cells, a cell wider than they look.
    """
    scene, cell_m = cells.scene, cells.cell_px * cells.scene.grid.pixel_m
    cloud = _clouds(cells.means, cell_m)
    if other is not None:
        clear = np.isfinite(cells.means[0] + other.means[0]) & ~cloud & ~_clouds(other.means, cell_m)
        rise = _haze_rise(cells.means, other.means, clear)
        cloud |= np.asarray(dilate(rise > HAZE_RISE, 1), np.bool_)
    light = _light(cells.means) if other is None else _light(cells.means) - _light(other.means)
    shadow = _shadows(light, cloud, cell_m, _fall(scene))
    if other is not None:
        shadow &= _darker(cells.means, other.means, clear)
        if cloud.any():
            shadow |= _skylit(cells.means, other.means, clear, cloud)
    elif cloud.any():
        shadow |= _dark_land(cells.means, cloud, keep_dark_water)
    codes = np.where(cloud, np.uint8(CLOUD), np.where(shadow, np.uint8(SHADOW), np.uint8(SEEN)))
    painted: Codes = paint_codes(codes, cells.pictured, cells.cell_px, NOT_PICTURED)
    return painted


def _clouds(means: Floats32, cell_m: float) -> Mask:
    blue, green, red, nir = means
    known = np.isfinite(blue)
    if not known.any():
        return np.zeros(blue.shape, np.bool_)
    visible = (blue + green + red) / 3.0
    with np.errstate(invalid="ignore"):
        whiteness = (abs(blue - visible) + abs(green - visible) + abs(red - visible)) / visible
        haze = blue - 0.5 * red
        haze = haze - min(float(np.quantile(haze[known], 0.1)), CLEAR_HAZE_LIMIT)
        strong = (haze > STRONG_HAZE) & (blue > STRONG_BLUE) & (whiteness < STRONG_WHITENESS) & (nir > STRONG_BLUE)
        weak = (haze > WEAK_HAZE) & (blue > WEAK_BLUE) & (whiteness < WEAK_WHITENESS) & (nir > WEAK_BLUE)
    reach = max(1, round(LEAST_WIDTH_M / cell_m / 2.0))
    cloud = ~np.asarray(dilate(~strong & known, reach), np.bool_) & strong
    for _ in range(max(1, round(GROWTH_M / cell_m))):
        grown = np.asarray(dilate(cloud, 1), np.bool_) & weak
        if (grown == cloud).all():
            break
        cloud = grown | cloud
    return np.asarray(dilate(cloud, 1), np.bool_)


def _haze_rise(means: Floats32, others: Floats32, clear: Mask) -> Floats32:
    """By how much is each cell whiter and hazier than in another picture, beyond what differs in the clear?"""
    rise = (means[0] - 0.5 * means[2]) - (others[0] - 0.5 * others[2])
    return np.asarray(rise - (np.median(rise[clear]) if clear.any() else 0.0), np.float32)


def _darker(means: Floats32, others: Floats32, clear: Mask) -> Mask:
    """Cells darker in the visible than in another picture, beyond what differs in the clear, or unknown there."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = means[:3].sum(0) / others[:3].sum(0)
    return np.asarray(~(ratio > SHADOW_RATIO * (np.median(ratio[clear]) if clear.any() else 1.0)), np.bool_)


def _skylit(means: Floats32, others: Floats32, clear: Mask, cloud: Mask) -> Mask:
    """Cells that another picture shows in the sun and this one under skylight alone, and their half-shade around.

    Specks are none: a cell counts if all around it are in shade or cloud too.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = means / others
        usual = np.array([np.median(each[clear]) if clear.any() else 1.0 for each in kept])
        blue, green, _, nir = kept / np.maximum(usual, LEAST_KEPT)[:, None, None]
        shade = (green < SHADE_GREEN) & (blue * nir**SHADE_NIR > SHADE_BLUE * green)
    lone = np.asarray(dilate(~(shade | cloud), 1), np.bool_)
    return np.asarray(dilate(shade & ~lone, 3), np.bool_) & ~cloud


def _dark_land(means: Floats32, cloud: Mask, keep_dark_water: bool) -> Mask:
    """Cells that are no water and much darker than this picture's land: shadows, also of clouds outside the picture.

    Under skylight alone land is blue and turns as dark in the near infrared as water; muddy water is lighter in green.
    """
    _, green, red, nir = means
    with np.errstate(invalid="ignore"):
        land = np.isfinite(nir) & ~cloud & (nir > green)
        if not land.any():
            return np.zeros(cloud.shape, np.bool_)
        known = land if keep_dark_water else (land | (green < DARK_GREEN * np.median(green[land]))) & ~cloud
        dark = known & (nir < DARK_NIR * np.median(nir[land])) & (red < np.median(red[land]))
    return np.asarray(dilate(dark & (np.asarray(dilate(~dark, 1)) == 0), 2), np.bool_) & ~cloud


def _light(means: Floats32) -> Floats32:
    return np.asarray(np.log(np.maximum(means[1] + means[2] + means[3], 1e-3)), np.float32)


def _fall(scene: Scene) -> tuple[float, float] | None:
    slant, azimuth = (float(scene.properties.get(name, 0.0)) for name in ("incidence_deg", "view_azimuth_deg"))
    return shadow_fall(scene.sun_elevation_deg, scene.sun_azimuth_deg, slant, azimuth)


def shadow_fall(
    sun_elevation_deg: float, sun_azimuth_deg: float, view_zenith_deg: float = 0.0, view_azimuth_deg: float = 0.0
) -> tuple[float, float] | None:
    """How far south and east of where a cloud is seen does its shadow fall, per metre of height? None for a low Sun.

    Down-sun from the cloud, which a slanting view shows displaced away from the satellite (``view_azimuth_deg``: the
    way the line of sight goes).
    """
    if sun_elevation_deg <= 5.0:
        return None
    sun, view = 1.0 / np.tan(np.radians(sun_elevation_deg)), np.tan(np.radians(view_zenith_deg))
    azimuth, away = np.radians(sun_azimuth_deg), np.radians(view_azimuth_deg)
    south = sun * np.cos(azimuth) + view * np.cos(away)
    return float(south), float(-sun * np.sin(azimuth) - view * np.sin(away))


def _shadows(light: Floats32, cloud: Mask, cell_m: float, fall: tuple[float, float] | None) -> Mask:
    """The clouds moved to where ``light`` (logarithm) is least under them; none if no height of them stands out."""
    none = np.zeros(cloud.shape, np.bool_)
    clear = np.isfinite(light) & ~cloud
    if not cloud.any() or not clear.any() or fall is None or float(np.hypot(*fall)) < 0.05:
        return none
    darkness = float(np.median(light[clear])) - light
    length = float(np.hypot(*fall))
    down, right = fall[0] / length / cell_m, fall[1] / length / cell_m
    low, high = (height_m * length for height_m in CLOUD_HEIGHTS_M)
    reaches_m = np.arange(low, high, cell_m)
    at = np.argwhere(cloud)
    at = at[:: max(1, len(at) // 20000)]
    scores, sure = np.full(len(reaches_m), np.nan), np.zeros(len(reaches_m))
    for number, reach_m in enumerate(reaches_m):
        row, column = at[:, 0] + round(down * reach_m), at[:, 1] + round(right * reach_m)
        inside = (row >= 0) & (row < cloud.shape[0]) & (column >= 0) & (column < cloud.shape[1])
        row, column = row[inside], column[inside]
        free = clear[row, column]
        if free.sum() >= max(20, 0.1 * len(at)):
            scores[number] = darkness[row[free], column[free]].mean()
            sure[number] = np.sqrt(free.sum())
    if not np.isfinite(scores).any():
        return none
    # Where most of the shadows would lie off the picture a few dark fields are as dark: the mean counts as it is sure.
    best = int(np.nanargmax(scores * sure))
    if scores[best] - np.nanmedian(scores) < SHADOW_DEPTH:
        return none
    moved = _moved(cloud, round(down * reaches_m[best]), round(right * reaches_m[best]))
    return np.asarray(dilate(moved, 1), np.bool_) & ~cloud


def _moved(mask: Mask, down: int, right: int) -> Mask:
    result = np.zeros_like(mask)
    rows, columns = mask.shape
    if abs(down) < rows and abs(right) < columns:
        target = (slice(max(down, 0), rows + min(down, 0)), slice(max(right, 0), columns + min(right, 0)))
        source = (slice(max(-down, 0), rows - max(down, 0)), slice(max(-right, 0), columns - max(right, 0)))
        result[target] = mask[source]
    return result
