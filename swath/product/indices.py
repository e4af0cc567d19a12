"""What do the bands say about a pixel, as one number? Spectral indices by name, with formula and source.

The formula in the catalogue is what is computed. Functions take reflectance x 10000 (``uint16`` as in ``model.Scene``,
or float) of one shape and return ``float32`` of that shape. Where a formula divides by zero the index is 0: the result
is always finite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["INDICES", "Index", "compute_index", "index_of", "ndti", "ndvi", "ndwi"]

Values = npt.NDArray[Any]
Floats32 = npt.NDArray[np.float32]
REFLECTANCE_SCALE = np.float32(1e-4)

_BANDS = (
    *("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078"),
    *("nir", "nir08", "swir16", "swir22"),
)
_DIFFERENCE = re.compile(r"\((\w+) - (\w+)\) / \(\1 \+ \2\)")


@dataclass(frozen=True)
class Index:
    """A spectral index as a catalogue entry."""

    name: str
    question: str
    formula: str
    """of reflectances 0 to 1, by the bands' common names"""
    source: str

    @cached_property
    def bands(self) -> tuple[str, ...]:
        """What it needs, in the order of their wavelengths."""
        words = set(re.findall(r"[a-z]\w*", self.formula))
        return tuple(band for band in _BANDS if band in words)

    @cached_property
    def difference(self) -> tuple[str, str] | None:
        """The two bands of (a - b) / (a + b), which lies between -1 and 1; None for any other formula."""
        match = _DIFFERENCE.fullmatch(self.formula)
        return (match[1], match[2]) if match else None

    @cached_property
    def _code(self) -> CodeType:
        return compile(self.formula, self.name, "eval")

    def function(self, **bands: Values) -> Floats32:
        """The index of bands by name, reflectance x 10000. :class:`InputError`: one is missing, or shapes differ."""
        missing = [band for band in self.bands if band not in bands]
        if missing:
            raise InputError(f"{self.name} needs {', '.join(self.bands)}", fix=f"Give {', '.join(missing)} too")
        shapes = {np.shape(bands[band]) for band in self.bands}
        if len(shapes) > 1:
            raise InputError(f"bands have shapes {sorted(shapes)}", fix="Give bands of one shape")
        # A normalised difference does not mind the scale.
        scale = None if self.difference else REFLECTANCE_SCALE
        values: dict[str, Any] = {}
        for band in self.bands:
            value = np.asarray(bands[band], np.float32)
            values[band] = value if scale is None else value * scale
        return self.of_reflectance(**values)

    def of_reflectance(self, **bands: Floats32) -> Floats32:
        """The same of reflectance 0 to 1, without any check: for pixels by the million."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = np.asarray(eval(self._code, {"__builtins__": {}}, bands), np.float32)
        found[~np.isfinite(found)] = 0.0
        return found


_CATALOGUE = (
    ("ndvi", "How green?", "(nir - red) / (nir + red)", "Rouse et al. 1974, NASA SP-351, 309-317"),
    ("gndvi", "How much chlorophyll?", "(nir - green) / (nir + green)", "Gitelson et al. 1996, RSE 58, 289-298"),
    ("evi", "How green, haze and soil taken off?", "2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)",
     "Huete et al. 2002, RSE 83, 195-213"),
    ("evi2", "How green, where NDVI saturates?", "2.5 * (nir - red) / (nir + 2.4 * red + 1)",
     "Jiang et al. 2008, RSE 112, 3833-3845"),
    ("savi", "How green, over bare soil?", "1.5 * (nir - red) / (nir + red + 0.5)", "Huete 1988, RSE 25, 295-309"),
    ("osavi", "How green, over bare soil?", "(nir - red) / (nir + red + 0.16)", "Rondeaux et al. 1996, RSE 55, 95-107"),
    ("msavi", "How green, over any soil?", "(2 * nir + 1 - ((2 * nir + 1) ** 2 - 8 * (nir - red)) ** 0.5) / 2",
     "Qi et al. 1994, RSE 48, 119-126"),
    ("arvi", "How green, through haze?", "(nir - (2 * red - blue)) / (nir + (2 * red - blue))",
     "Kaufman and Tanre 1992, IEEE TGRS 30, 261-270"),
    ("dvi", "How much more infrared than red?", "nir - red", "Tucker 1979, RSE 8, 127-150"),
    ("sr", "How many times more infrared than red?", "nir / red", "Jordan 1969, Ecology 50, 663-666"),
    ("nirv", "How much light do leaves send back?", "nir * (nir - red) / (nir + red)",
     "Badgley et al. 2017, Sci. Adv. 3, e1602244"),
    ("vari", "How green, with no infrared?", "(green - red) / (green + red - blue)",
     "Gitelson et al. 2002, RSE 80, 76-87"),
    ("ngrdi", "Greener than red?", "(green - red) / (green + red)", "Tucker 1979, RSE 8, 127-150"),
    ("ndre", "How much nitrogen?", "(nir - rededge071) / (nir + rededge071)",
     "Gitelson and Merzlyak 1994, JPPB 22, 247-252"),
    ("cire", "How much chlorophyll in dense leaves?", "nir / rededge071 - 1",
     "Gitelson et al. 2003, J. Plant Physiol. 160, 271-282"),
    ("cig", "How much chlorophyll?", "nir / green - 1", "Gitelson et al. 2003, J. Plant Physiol. 160, 271-282"),
    ("mcari", "How much chlorophyll is absorbed?",
     "((rededge071 - red) - 0.2 * (rededge071 - green)) * rededge071 / red", "Daughtry et al. 2000, RSE 74, 229-239"),
    ("tcari", "How much chlorophyll, whatever the soil?",
     "3 * ((rededge071 - red) - 0.2 * (rededge071 - green) * rededge071 / red)",
     "Haboudane et al. 2002, RSE 81, 416-426"),
    ("mtci", "Where does the red edge rise?", "(rededge075 - rededge071) / (rededge071 - red)",
     "Dash and Curran 2004, IJRS 25, 5403-5413"),
    ("ireci", "How much chlorophyll in the canopy?", "(rededge078 - red) * rededge075 / rededge071",
     "Frampton et al. 2013, ISPRS J. 82, 83-92"),
    ("psri", "Do leaves ripen or wither?", "(red - blue) / rededge075",
     "Merzlyak et al. 1999, Physiol. Plant. 106, 135-141"),
    ("sipi", "How much carotene beside chlorophyll?", "(nir - coastal) / (nir - red)",
     "Penuelas et al. 1995, Photosynthetica 31, 221-230"),
    ("ndci", "How much algae in the water?", "(rededge071 - red) / (rededge071 + red)",
     "Mishra and Mishra 2012, RSE 117, 394-406"),
    ("ndwi", "Is it open water?", "(green - nir) / (green + nir)", "McFeeters 1996, IJRS 17, 1425-1432"),
    ("mndwi", "Is it open water, towns left out?", "(green - swir16) / (green + swir16)",
     "Xu 2006, IJRS 27, 3025-3033"),
    ("awei_nsh", "Is it water, with no shadows about?", "4 * (green - swir16) - (0.25 * nir + 2.75 * swir22)",
     "Feyisa et al. 2014, RSE 140, 23-35"),
    ("awei_sh", "Is it water, shadows left out?", "blue + 2.5 * green - 1.5 * (nir + swir16) - 0.25 * swir22",
     "Feyisa et al. 2014, RSE 140, 23-35"),
    ("ndti", "How muddy is the water?", "(red - green) / (red + green)", "Lacaux et al. 2007, RSE 106, 66-74"),
    ("ndmi", "How wet are the leaves?", "(nir - swir16) / (nir + swir16)",
     "Gao 1996, RSE 58, 257-266 (his NDWI); Wilson and Sader 2002, RSE 80, 385-396"),
    ("msi", "How dry are the leaves?", "swir16 / nir", "Hunt and Rock 1989, RSE 30, 43-54"),
    ("nbr", "Has it burned?", "(nir - swir22) / (nir + swir22)", "Key and Benson 2006, USDA RMRS-GTR-164, LA-1"),
    ("nbr2", "Has it burned, and does it grow again?", "(swir16 - swir22) / (swir16 + swir22)",
     "Garcia and Caselles 1991, Geocarto Int. 6, 31-37; USGS Landsat spectral indices"),
    ("bsi", "How bare is the soil?", "((swir16 + red) - (nir + blue)) / ((swir16 + red) + (nir + blue))",
     "Rikimaru et al. 2002, Trop. Ecol. 43, 39-47"),
    ("ndbi", "Is it built on?", "(swir16 - nir) / (swir16 + nir)", "Zha et al. 2003, IJRS 24, 583-594"),
    ("ndsi", "Does snow lie there?", "(green - swir16) / (green + swir16)", "Hall et al. 1995, RSE 54, 127-140"),
)  # fmt: skip
"""RSE: Remote Sensing of Environment; IJRS: International Journal of Remote Sensing; IEEE TGRS: Transactions on
Geoscience and Remote Sensing; JPPB: Journal of Photochemistry and Photobiology B"""

INDICES: Mapping[str, Index] = {row[0]: Index(*row) for row in _CATALOGUE}

ndvi = INDICES["ndvi"].function
ndwi = INDICES["ndwi"].function
ndti = INDICES["ndti"].function


def index_of(name: str) -> Index:
    """The index of a name. :class:`InputError` lists what there is."""
    if name not in INDICES:
        raise InputError(f"no index is called {name!r}", fix=f"Known: {', '.join(sorted(INDICES))}")
    return INDICES[name]


def compute_index(name: str, pixels: Values, bands: tuple[str, ...]) -> Floats32:
    """The named index of ``pixels`` ``(band, row, column)`` with bands called ``bands``: float32 ``(row, column)``.

    :class:`InputError` for an unknown index or a band that the picture does not have.
    """
    entry = index_of(name)
    missing = [band for band in entry.bands if band not in bands]
    if missing or len(bands) != len(pixels):
        raise InputError(
            f"{name} needs {', '.join(entry.bands)}; the picture has {len(pixels)} bands called {', '.join(bands)}",
            fix="Give a picture with these bands, one name for each",
        )
    return entry.function(**{band: pixels[bands.index(band)] for band in entry.bands})
