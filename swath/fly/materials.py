"""What covers the simulated ground, and what colour is it? One table of looks, drawn from a seed.

Every truth pixel holds the number of a look. Reflectances of blue, green, red and near infrared are mixed from a bare
and a green end member by the share of green vegetation, which varies within the look (rows, vigour, grain). The end
members are round numbers of the order found in spectral libraries (soil, water, leaf: Jensen, Remote Sensing of the
Environment, 2007, chapters 11 to 14); they are simulated, not measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "BANDS",
    "BUILDING_SITE",
    "BURNT",
    "CAR",
    "CROPS",
    "DECK",
    "FIRST_EDIT",
    "FIRST_FIELD",
    "FLOODED",
    "FLOOD_WATER",
    "FOREST",
    "GARDEN",
    "LOOKS",
    "MEADOW",
    "PANELS",
    "PANEL_REFLECTANCES",
    "PLOT",
    "ROAD",
    "ROOFS",
    "SAND",
    "SCAR",
    "SCORCHED",
    "STUBBLE",
    "TRACK",
    "VERGE",
    "WAKE",
    "WATER",
    "Looks",
    "draw_looks",
]

Singles = npt.NDArray[np.float32]

BANDS = ("blue", "green", "red", "nir")

WATER, FLOOD_WATER, VERGE, TRACK, ROAD, FOREST, MEADOW, GARDEN, PLOT, SAND = range(10)
ROOFS = range(10, 15)
FIRST_FIELD = 16
LOOKS = 128
FIRST_EDIT = 112
"""looks from here on are what edits paint"""
BURNT, SCORCHED, SCAR, STUBBLE, DECK, WAKE, CAR, BUILDING_SITE = range(FIRST_EDIT, FIRST_EDIT + 8)
PANELS = range(FIRST_EDIT + 8, LOOKS)
PANEL_REFLECTANCES = (0.04, 0.08, 0.16, 0.24, 0.32, 0.40, 0.50, 0.60)
"""calibration panels: the same in all bands, without grain"""
FLOODED = 0x80
"""bit of a truth pixel: dry land that the flood covers"""

CROPS = ("wheat", "maize", "soybean", "alfalfa", "sugar beet", "orchard", "bare soil")
_SHARE = (0.30, 0.26, 0.10, 0.10, 0.06, 0.06, 0.12)
_STRIPES = (0.05, 0.08, 0.04, 0.05, 0.08, 0.20, 0.03)
_VIGOUR = (0.05, 0.09, 0.06, 0.06, 0.09, 0.05, 0.02)

_LEAF = (0.024, 0.068, 0.034, 0.48)
_SOILS = ((0.085, 0.118, 0.155, 0.215), (0.060, 0.082, 0.105, 0.150), (0.105, 0.140, 0.175, 0.235))


@dataclass(frozen=True)
class Looks:
    """The table of looks, ``LOOKS`` rows."""

    crop: npt.NDArray[np.str_]
    """name of the crop, empty where the look is no field"""
    bare: Singles
    """``(look, 4)`` surface reflectance without vegetation"""
    leaf: Singles
    """``(look, 4)`` surface reflectance of full vegetation"""
    green: Singles
    """mean share of vegetation"""
    vigour: Singles
    """how strongly smooth noise changes the share of vegetation (or the brightness, where none grows)"""
    stripes: Singles
    """how strongly rows do; they run at ``(row_x, row_y)`` truth pixels per wave"""
    grain: Singles
    """how strongly each truth pixel differs from the next in brightness"""
    row_x: Singles
    row_y: Singles
    raised_m: Singles
    """height of the surface over the smooth relief: what keeps roads dry; woods and houses stand above any flood"""


def draw_looks(rng: np.random.Generator, pixel_m: float) -> Looks:
    """The looks of one land, as if nothing grew on its fields (``growth.looks_green``).

    Fields of one crop differ in leaf, soil, direction of rows and height.
    """
    crop = np.full(LOOKS, "", "U12")
    bare, leaf = np.zeros((LOOKS, 4), np.float32), np.full((LOOKS, 4), _LEAF, np.float32)
    green, vigour, stripes, grain, raised = (np.zeros(LOOKS, np.float32) for _ in range(5))
    for look, (colour, cover, patchy, rough, height) in (_FIXED | _EDITS).items():
        bare[look], green[look], vigour[look], grain[look], raised[look] = colour, cover, patchy, rough, height
    for look, reflectance in zip(PANELS, PANEL_REFLECTANCES, strict=True):
        bare[look], raised[look] = reflectance, 50.0
    leaf[FOREST] = (0.020, 0.056, 0.028, 0.46)  # without the shade between the crowns, which they throw themselves
    direction = rng.uniform(0.0, 2.0 * np.pi, LOOKS)
    wave_m = rng.uniform(9.0, 27.0, LOOKS)
    for look in range(FIRST_FIELD, FIRST_EDIT):
        kind = int(rng.choice(len(CROPS), p=_SHARE))
        crop[look] = CROPS[kind]
        bare[look] = np.multiply(_SOILS[rng.integers(len(_SOILS))], rng.uniform(0.85, 1.15))
        leaf[look] = np.multiply(_LEAF, rng.uniform(0.9, 1.1, 4))
        vigour[look], stripes[look], grain[look] = _VIGOUR[kind], _STRIPES[kind] * rng.uniform(0.3, 1.0), 0.035
        raised[look] = rng.uniform(-0.12, 0.12)
    row_x, row_y = (np.float32(pixel_m) * f(direction) / wave_m for f in (np.cos, np.sin))
    return Looks(
        crop, bare, leaf, green, vigour, stripes, grain, row_x.astype(np.float32), row_y.astype(np.float32), raised
    )


_EDITS: dict[int, tuple[tuple[float, float, float, float], float, float, float, float]] = {
    # look: bare reflectance, share of vegetation, patchiness, grain, raised_m
    BURNT: ((0.034, 0.040, 0.046, 0.075), 0.06, 0.14, 0.22, 0.0),
    SCORCHED: ((0.045, 0.055, 0.068, 0.110), 0.28, 0.30, 0.22, 0.0),
    SCAR: ((0.105, 0.145, 0.200, 0.270), 0.03, 0.03, 0.14, 0.0),
    STUBBLE: ((0.115, 0.155, 0.200, 0.270), 0.06, 0.03, 0.04, 0.0),
    DECK: ((0.240, 0.245, 0.255, 0.265), 0.0, 0.0, 0.20, 50.0),
    WAKE: ((0.150, 0.165, 0.150, 0.110), 0.0, 0.0, 0.25, 50.0),
    CAR: ((0.330, 0.335, 0.345, 0.360), 0.0, 0.0, 0.10, 50.0),
    BUILDING_SITE: ((0.190, 0.220, 0.255, 0.290), 0.02, 0.05, 0.10, 0.0),
}

_FIXED: dict[int, tuple[tuple[float, float, float, float], float, float, float, float]] = {
    # look: bare reflectance, share of vegetation, patchiness, grain, raised_m
    WATER: ((0.050, 0.072, 0.055, 0.022), 0.0, 0.06, 0.03, -9.0),
    FLOOD_WATER: ((0.072, 0.098, 0.098, 0.046), 0.0, 0.10, 0.04, 0.0),
    VERGE: ((0.080, 0.110, 0.130, 0.190), 0.62, 0.15, 0.12, 0.0),
    TRACK: ((0.130, 0.165, 0.195, 0.250), 0.12, 0.10, 0.08, 0.25),
    ROAD: ((0.125, 0.135, 0.145, 0.165), 0.0, 0.02, 0.05, 1.3),
    FOREST: ((0.030, 0.040, 0.040, 0.100), 0.92, 0.06, 0.30, 50.0),
    MEADOW: ((0.080, 0.110, 0.130, 0.200), 0.70, 0.14, 0.06, 0.0),
    GARDEN: ((0.120, 0.135, 0.145, 0.190), 0.42, 0.15, 0.25, 50.0),
    PLOT: ((0.120, 0.130, 0.140, 0.175), 0.12, 0.05, 0.15, 50.0),
    SAND: ((0.190, 0.240, 0.280, 0.340), 0.03, 0.12, 0.06, 0.0),
    10: ((0.095, 0.120, 0.215, 0.260), 0.0, 0.0, 0.15, 50.0),
    11: ((0.110, 0.135, 0.195, 0.235), 0.0, 0.0, 0.15, 50.0),
    12: ((0.165, 0.175, 0.180, 0.205), 0.0, 0.0, 0.12, 50.0),
    13: ((0.310, 0.325, 0.330, 0.350), 0.0, 0.0, 0.08, 50.0),
    14: ((0.240, 0.260, 0.285, 0.310), 0.0, 0.0, 0.10, 50.0),
}
"""roofs: two of tile, one grey, two of bright sheet"""
