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
from swath.product.room import every_nth, filled, new_layer, piecewise, strips

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
LIT_NIR, FEWEST_LIT = 0.6, 50
"""of another picture's near infrared, what ground that lies in the sun and not under water keeps; and so many cells of
it say how the pictures differ in the sun"""
LEAST_KEPT = 0.85
"""Ground in the sun keeps at least so much: where the median of it keeps less, it lies in half shade itself."""


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
    bands = [band_of(scene, name) for name in ("blue", "green", "red", "nir")]

    def known(blue: Codes, green: Codes, red: Codes, nir: Codes, *blind: Mask) -> Mask:
        nothing = np.zeros(blue.shape, np.bool_)
        return np.asarray(find_pictured(blue, green, red, nir, blind[0] if blind else nothing), np.bool_)

    blind = [] if ignore is None else [np.asarray(ignore, np.bool_)]
    pictured = piecewise(known, *bands, *blind, dtype=np.bool_)
    cell_px = max(1, round(CELL_M / scene.grid.pixel_m))
    means = new_layer((4, *(-(-side // cell_px) for side in scene.grid.shape)), np.float32)
    blue, green, red, nir = bands
    cell_means(blue, green, red, nir, pictured, cell_px, means)
    return Cells(scene, pictured, cell_px, means)


def find_unseen(cells: Cells, *, other: Cells | None = None, keep_dark_water: bool = True) -> Codes:
    """Which pixels do not show the ground? ``uint8``: 0 seen, 1 cloud, 2 cloud shadow, 3 not pictured.

    Not pictured are ignored pixels and those with a band of 0. ``other``: another picture on the same grid, cloudy or
    not; what is hazier than there is cloud however small or thin, what is as light as there is not in shadow, and what
    is as dark and blue as under skylight alone is in shade, land or water, also of clouds outside the picture. Without
    it land in such shade looks like dark water: without ``keep_dark_water`` both are taken for shadow. Cloud and
    shadow are drawn in whole cells, a cell wider than they look.
    """
    scene, cell_m, means = cells.scene, cells.cell_px * cells.scene.grid.pixel_m, cells.means
    cloud = _clouds(means, cell_m)
    if other is None:
        light = piecewise(_light, means, dtype=np.float32)
        shadow = _shadows(light, cloud, cell_m, _fall(scene))
        if cloud.any():
            shadow = _dark_land(means, cloud, shadow, keep_dark_water)
    else:
        clear = piecewise(_both_clear, means, other.means, cloud, _clouds(other.means, cell_m), dtype=np.bool_)
        cloud = _hazier(means, other.means, clear, cloud)
        light = piecewise(lambda a, b: _light(a) - _light(b), means, other.means, dtype=np.float32)
        shadow = _darker(means, other.means, clear, _shadows(light, cloud, cell_m, _fall(scene)))
        if cloud.any():
            shadow = _skylit(means, other.means, clear, cloud, shadow)
    codes = new_layer(scene.grid.shape, np.uint8)
    for _, _, put in strips(scene.grid.shape, 0):
        rows = slice(put.start // cells.cell_px, -(-put.stop // cells.cell_px))
        kind = np.where(cloud[rows], CLOUD, np.where(shadow[rows], SHADOW, SEEN)).astype(np.uint8)
        first = put.start - rows.start * cells.cell_px
        codes[put] = paint_codes(kind, cells.pictured[put], first, cells.cell_px, NOT_PICTURED)
    return codes


def _haze(means: Floats32) -> Floats32:
    return np.asarray(means[0] - 0.5 * means[2], np.float32)


def _clouds(means: Floats32, cell_m: float) -> Mask:
    haze = every_nth(lambda part: _haze(part)[np.isfinite(part[0])], means)
    if not len(haze):
        return filled(means.shape[1:], False, np.bool_)
    base = min(float(np.quantile(haze, 0.1)), CLEAR_HAZE_LIMIT)
    reach, growth = max(1, round(LEAST_WIDTH_M / cell_m / 2.0)), max(1, round(GROWTH_M / cell_m))
    return piecewise(lambda part: _cloudy(part, base, reach, growth), means, dtype=np.bool_, halo=reach + growth + 1)


def _cloudy(means: Floats32, base: float, reach: int, growth: int) -> Mask:
    """Clouds where the haze of the clearest tenth is ``base``: ``reach`` cells wide, grown by ``growth`` at most."""
    blue, green, red, nir = means
    visible = (blue + green + red) / 3.0
    with np.errstate(invalid="ignore"):
        whiteness = (abs(blue - visible) + abs(green - visible) + abs(red - visible)) / visible
        haze = _haze(means) - base
        strong = (haze > STRONG_HAZE) & (blue > STRONG_BLUE) & (whiteness < STRONG_WHITENESS) & (nir > STRONG_BLUE)
        weak = (haze > WEAK_HAZE) & (blue > WEAK_BLUE) & (whiteness < WEAK_WHITENESS) & (nir > WEAK_BLUE)
    cloud = ~np.asarray(dilate(~strong & np.isfinite(blue), reach), np.bool_) & strong
    for _ in range(growth):
        grown = np.asarray(dilate(cloud, 1), np.bool_) & weak
        if (grown == cloud).all():
            break
        cloud = grown | cloud
    return np.asarray(dilate(cloud, 1), np.bool_)


def _both_clear(means: Floats32, others: Floats32, cloud: Mask, clouds: Mask) -> Mask:
    return np.asarray(np.isfinite(means[0] + others[0]) & ~cloud & ~clouds)


def _hazier(means: Floats32, others: Floats32, clear: Mask, cloud: Mask) -> Mask:
    """Clouds, and cells whiter and hazier than in another picture, beyond what differs in the clear."""

    def rise(now: Floats32, then: Floats32) -> Floats32:
        return np.asarray(_haze(now) - _haze(then), np.float32)

    usual = every_nth(lambda now, then, free: rise(now, then)[free], means, others, clear)
    anyway = np.median(usual) if len(usual) else np.float32(0.0)

    def of(now: Floats32, then: Floats32, known: Mask) -> Mask:
        return known | np.asarray(dilate(rise(now, then) - anyway > HAZE_RISE, 1), np.bool_)

    return piecewise(of, means, others, cloud, dtype=np.bool_, halo=1)


def _darker(means: Floats32, others: Floats32, clear: Mask, shadow: Mask) -> Mask:
    """Of the shadow, cells darker in the visible than in another picture, beyond what differs in the clear."""

    def kept(now: Floats32, then: Floats32) -> Floats32:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(now[:3].sum(0) / then[:3].sum(0), np.float32)

    usual = every_nth(lambda now, then, free: kept(now, then)[free], means, others, clear)
    limit = SHADOW_RATIO * (np.median(usual) if len(usual) else 1.0)

    def of(now: Floats32, then: Floats32, dark: Mask) -> Mask:
        with np.errstate(invalid="ignore"):
            return np.asarray(dark & ~(kept(now, then) > limit))

    return piecewise(of, means, others, shadow, dtype=np.bool_)


def _skylit(means: Floats32, others: Floats32, clear: Mask, cloud: Mask, shadow: Mask) -> Mask:
    """The shadow, and cells that another picture shows in the sun and this one under skylight alone, and around them.

    Specks are none: a cell counts if all around it are in shade or cloud too.
    """

    def kept(now: Floats32, then: Floats32) -> Floats32:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(now / then, np.float32)

    asked = every_nth(lambda now, then, free: kept(now, then)[:, free].T, means, others, clear)
    lit = asked[asked[:, 3] > LIT_NIR]
    usual = np.median(lit, 0) if len(lit) >= FEWEST_LIT else np.ones(4)

    def of(now: Floats32, then: Floats32, hidden: Mask, dark: Mask) -> Mask:
        with np.errstate(invalid="ignore", divide="ignore"):
            blue, green, _, nir = kept(now, then) / np.maximum(usual, LEAST_KEPT)[:, None, None]
            shade = (green < SHADE_GREEN) & (blue * nir**SHADE_NIR > SHADE_BLUE * green)
        lone = np.asarray(dilate(~(shade | hidden), 1), np.bool_)
        return dark | np.asarray(dilate(shade & ~lone, 3), np.bool_) & ~hidden

    return piecewise(of, means, others, cloud, shadow, dtype=np.bool_, halo=4)


def _dark_land(means: Floats32, cloud: Mask, shadow: Mask, keep_dark_water: bool) -> Mask:
    """The shadow, and cells that are no water and much darker than this picture's land: shadows of any clouds.

    Under skylight alone land is blue and turns as dark in the near infrared as water; muddy water is lighter in green.
    """

    def is_land(part: Floats32, hidden: Mask) -> Mask:
        with np.errstate(invalid="ignore"):
            return np.asarray(np.isfinite(part[3]) & ~hidden & (part[3] > part[1]))

    asked = every_nth(lambda part, hidden: part[1:, is_land(part, hidden)].T, means, cloud)
    if not len(asked):
        return shadow
    usual_green, usual_red, usual_nir = (np.median(each) for each in asked.T)

    def of(part: Floats32, hidden: Mask, dark: Mask) -> Mask:
        _, green, red, nir = part
        land = is_land(part, hidden)
        with np.errstate(invalid="ignore"):
            known = land if keep_dark_water else (land | (green < DARK_GREEN * usual_green)) & ~hidden
            deep = known & (nir < DARK_NIR * usual_nir) & (red < usual_red)
        midst = deep & (np.asarray(dilate(~deep, 1)) == 0)
        return dark | np.asarray(dilate(midst, 2), np.bool_) & ~hidden

    return piecewise(of, means, cloud, shadow, dtype=np.bool_, halo=3)


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
    none = filled(cloud.shape, False, np.bool_)
    known = every_nth(lambda part, hidden: part[np.isfinite(part) & ~hidden], light, cloud)
    if not cloud.any() or not len(known) or fall is None or float(np.hypot(*fall)) < 0.05:
        return none
    usual = float(np.median(known))
    length = float(np.hypot(*fall))
    down, right = fall[0] / length / cell_m, fall[1] / length / cell_m
    low, high = (height_m * length for height_m in CLOUD_HEIGHTS_M)
    reaches_m = np.arange(low, high, cell_m)
    numbers = np.arange(len(cloud))[:, None]
    at = every_nth(lambda part, row: np.add(np.argwhere(part), (row[0, 0], 0)), cloud, numbers, most=20_000)
    scores, sure = np.full(len(reaches_m), np.nan), np.zeros(len(reaches_m))
    for number, reach_m in enumerate(reaches_m):
        row, column = at[:, 0] + round(down * reach_m), at[:, 1] + round(right * reach_m)
        inside = (row >= 0) & (row < cloud.shape[0]) & (column >= 0) & (column < cloud.shape[1])
        row, column = row[inside], column[inside]
        free = np.isfinite(light[row, column]) & ~cloud[row, column]
        if free.sum() >= max(20, 0.1 * len(at)):
            scores[number] = (usual - light[row[free], column[free]]).mean()
            sure[number] = np.sqrt(free.sum())
    if not np.isfinite(scores).any():
        return none
    # Where most of the shadows would lie off the picture a few dark fields are as dark: the mean counts as it is sure.
    best = int(np.nanargmax(scores * sure))
    if scores[best] - np.nanmedian(scores) < SHADOW_DEPTH:
        return none
    moved = _moved(cloud, round(down * reaches_m[best]), round(right * reaches_m[best]))
    return piecewise(lambda part, hidden: dilate(part, 1) & ~hidden, moved, cloud, dtype=np.bool_, halo=1)


def _moved(mask: Mask, down: int, right: int) -> Mask:
    result = filled(mask.shape, False, np.bool_)
    rows, columns = mask.shape
    if abs(down) < rows and abs(right) < columns:
        target = (slice(max(down, 0), rows + min(down, 0)), slice(max(right, 0), columns + min(right, 0)))
        source = (slice(max(-down, 0), rows - max(down, 0)), slice(max(-right, 0), columns - max(right, 0)))
        result[target] = mask[source]
    return result
