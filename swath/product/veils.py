"""Where does a thin cloud lie over land that passes for clear? What a cloud mask lets by, an index of plants does not.

A veil that is a tenth of a cloud can hardly be seen, and takes 0.05 from the NDVI of a green field. White
light adds to ``blue - red / 2``, which plants and soils hardly change (haze-optimised value; Zhang et al. 2002, Remote
Sens. Environ. 82, 173-187): land that is twice as far above the clearest as the usual land of its picture is veiled.
Where clouds leave little of it clear, the air says how hazy clear land is: molecules and the aerosol of a usual day.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.model import Scene
from swath.product.cloud_kernels import dilate, paint_codes
from swath.product.clouds import CLOUD, SEEN, SHADOW, Cells
from swath.product.room import every_nth, new_layer, piecewise, strips
from swath.spacecraft.light import Atmosphere, air_light

__all__ = ["find_veiled"]

Codes = npt.NDArray[np.uint8]
Floats32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

VEIL_HAZE, VEIL_SPREADS = 0.01, 2.0
"""above the haze of the clear part: at least so much, and as many times what lies between clearest and usual land"""
GREENNESS = (0.15, 0.3, 0.45, 0.6)
"""NDVI between classes of land that are judged each by its own clearest part: red earth has less blue than plants"""
FEWEST_CELLS = 50
"""of a class, to know its clearest part"""
GROWTH_CELLS, PENUMBRA_CELLS = 2, 1
"""how far a veil and a shadow reach beyond where they can be told: their margins fade"""
CLEAR_SHARE = 0.02
"""of what is seen lies under the haze of the clear part"""
LITTLE_SEEN = 0.3
"""A picture that shows less of the ground than this may have no clear part."""
SHADE_NIR, SHADE_BLUE = 0.14, 1.1
"""Land that reflects less, and red less and blue more than green, lies in shade; muddy water is as green as blue."""
BRIGHT_NIR = 0.15
"""no water reflects as much: it is a cloud's margin, or land"""
SLOPE, OTHER_SLOPES, CLEARLY = 0.5, (0.0, 0.25), 0.5
"""of blue over red of clear land: as is usual, and others, taken where they leave half of what is left otherwise"""
BLUE_M, RED_M = 0.49e-6, 0.66e-6


def find_veiled(cells: Cells, unseen: Codes) -> Mask:
    """Which pixels that a cloud mask lets pass lie under a thin veil or in a half shadow? ``(row, column)``.

    ``unseen``: codes of :func:`swath.product.clouds.find_unseen` of the same cells. A veil counts over land, three
    cells wide or more; shade counts where there is any cloud or veil. In flown pictures the NDVI of the cores of fields
    is then off by more than 0.02 in 5 % of the fields instead of 10 % (benchmarks/calibrate_products.py). Grey roofs,
    snow, dust and bright plastic are taken for veils as well: it is a mask for fields, not for maps of clouds.
    """
    middle = cells.cell_px // 2
    known = unseen[
        np.minimum(np.arange(cells.means.shape[1]) * cells.cell_px + middle, unseen.shape[0] - 1)[:, None],
        np.minimum(np.arange(cells.means.shape[2]) * cells.cell_px + middle, unseen.shape[1] - 1)[None],
    ]
    slope, limits = _limits(cells, known)

    def thin(means: Floats32, code: Codes) -> Mask:
        veiled = _land(means, code) & (_haze(means, slope) > limits[_class(means)])
        return np.asarray(_grown(veiled, np.isfinite(means[0]) & (code != CLOUD)) & (code == SEEN))

    veil = piecewise(thin, cells.means, known, dtype=np.bool_, halo=GROWTH_CELLS + 2)
    cloudy = bool(veil.any() or (known == CLOUD).any())

    def doubtful(means: Floats32, code: Codes, veiled: Mask) -> Mask:
        shade = np.asarray(dilate(code == SHADOW, PENUMBRA_CELLS), np.bool_)
        if cloudy:
            shade |= _grown(_shaded(means), np.isfinite(means[0]) & ((code == SEEN) | (code == SHADOW)))
        return np.asarray(veiled | (shade & (code == SEEN)))

    found = piecewise(doubtful, cells.means, known, veil, dtype=np.bool_, halo=GROWTH_CELLS + 2)
    pixels = new_layer(unseen.shape, np.bool_)
    for _, _, put in strips(unseen.shape, 0):
        rows = slice(put.start // cells.cell_px, -(-put.stop // cells.cell_px))
        first = put.start - rows.start * cells.cell_px
        pixels[put] = paint_codes(found[rows].astype(np.uint8), cells.pictured[put], first, cells.cell_px, 0) > 0
    return pixels


def _land(means: Floats32, code: Codes) -> Mask:
    """Cells that the mask lets pass and that are no water."""
    with np.errstate(invalid="ignore"):
        water = (means[3] <= means[1]) & (means[3] < BRIGHT_NIR)
        return np.asarray(np.isfinite(means[0]) & (code == SEEN) & ~water, np.bool_)


def _grown(found: Mask, open_: Mask) -> Mask:
    """What was found with all around it that is open, and its margin; specks are left out."""
    midst = found & (np.asarray(dilate(open_ & ~found, 1)) == 0)
    return np.asarray(dilate(midst, GROWTH_CELLS), np.bool_)


def _shaded(means: Floats32) -> Mask:
    """Under skylight alone: blue, and dark in the near infrared as only deep clear water is in the sun."""
    with np.errstate(invalid="ignore"):
        return np.asarray((means[3] < SHADE_NIR) & (means[2] < means[1]) & (means[0] > SHADE_BLUE * means[1]), np.bool_)


def _haze(means: Floats32, slope: float) -> Floats32:
    return np.asarray(means[0] - np.float32(slope) * means[2], np.float32)


def _class(means: Floats32) -> npt.NDArray[np.intp]:
    """By how green cells are; what is not known is in the last."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ndvi = (means[3] - means[2]) / (means[3] + means[2])
    return np.asarray(np.searchsorted(np.array(GREENNESS, np.float32), ndvi), np.intp)


def _limits(cells: Cells, known: Codes) -> tuple[float, Floats32]:
    """How blue goes with red on clear land, and how much blue above that is a veil, by class of greenness.

    So far above the clearest of the class, and of greener ones: a veil makes land less green, and bare land has no more
    haze than plants. Where little is seen, above the air of a usual day.
    """

    def picked(means: Floats32, code: Codes) -> Floats32:
        land = _land(means, code)
        return np.stack([means[0][land], means[2][land], _class(means)[land].astype(np.float32)], -1)

    blue, red, number = every_nth(picked, cells.means, known).T
    found = {slope: _clearest(blue - np.float32(slope) * red, number) for slope in (SLOPE, *OTHER_SLOPES)}
    slope = min(found, key=lambda one: found[one][1])
    slope = slope if found[slope][1] < CLEARLY * found[SLOPE][1] else SLOPE
    clearest, spread = found[slope]
    if len(blue) < LITTLE_SEEN * known.size:
        return SLOPE, np.minimum(found[SLOPE][0], np.float32(_usual_haze(cells.scene))) + np.float32(VEIL_HAZE)
    return slope, np.asarray(clearest + max(VEIL_HAZE, VEIL_SPREADS * spread), np.float32)


def _clearest(haze: Floats32, number: Floats32) -> tuple[Floats32, float]:
    """Haze of the clearest of each class, infinite where it cannot be known; and how far above it usual land is."""
    clearest, spread = np.full(len(GREENNESS) + 1, np.inf, np.float32), []
    for one in range(len(clearest)):
        of = haze[number == one]
        if len(of) >= FEWEST_CELLS:
            clearest[one], usual = np.quantile(of, [CLEAR_SHARE, 0.5])
            spread.append(usual - clearest[one])
    return np.minimum.accumulate(clearest[::-1])[::-1], float(np.median(spread or [0.0]))


def _usual_haze(scene: Scene) -> float:
    """Blue less ``SLOPE`` red of the light that the air of a usual day throws back, at this Sun and view.

    In flown pictures with a clear part, that part is within 0.005 of it.
    """
    up, sun = np.radians(max(scene.sun_elevation_deg, 5.0)), np.radians(scene.sun_azimuth_deg)
    slant, away = (np.radians(float(scene.properties.get(n, 0.0))) for n in ("incidence_deg", "view_azimuth_deg"))
    turn = np.cos(up) * np.sin(slant) * np.cos(sun - away) - np.sin(up) * np.cos(slant)
    blue, red = (
        air_light(
            Atmosphere(),
            wavelength_m=wavelength_m,
            sun_elevation_deg=float(np.degrees(up)),
            view_elevation_deg=90.0 - min(float(np.degrees(slant)), 80.0),
            scattering_deg=float(np.degrees(np.arccos(np.clip(turn, -1.0, 1.0)))),
        ).path_reflectance
        for wavelength_m in (BLUE_M, RED_M)
    )
    return blue - SLOPE * red
