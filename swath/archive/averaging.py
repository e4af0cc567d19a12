"""Of what is a mean taken? Echoes add up as power: decibels and amplitudes are turned into it, averaged, turned back.

A mean of decibels is a geometric mean of power: of single-look speckle it lies 2.5 dB low, and a bright and a dark half
of a pixel (-5 and -25 dB: their power's mean is -8 dB) come out at -15 (Oliver and Quegan 1998, Understanding SAR
Images, chapter 4). Whatever mixes pixels (warping, overviews, composites, means under polygons) asks the band's unit
here, and nowhere else. Truth: tests/archive/test_averaging.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["AMPLITUDE", "DECIBEL", "PLAIN", "UNITS", "Averaging", "averaging_of", "value_range"]

Array = npt.NDArray[Any]
Floats32 = npt.NDArray[np.float32]

UNITS = {"plain": "", "decibel": "dB", "amplitude": "amplitude"}
"""what files say the unit of a band is, by its form"""
_MOST_DB = 300.0
"""beyond which float32 has no power for it"""


def value_range(dtype: np.dtype[Any], nodata: float) -> tuple[float, float]:
    """Least and largest value of a type that is not ``nodata`` where that is its least or largest one."""
    if dtype.kind not in "iu":
        return -np.inf, np.inf
    info = np.iinfo(dtype)
    return float(info.min + (nodata == info.min)), float(info.max - (nodata == info.max))


@dataclass(frozen=True)
class Averaging:
    """How stored numbers of a band become what adds up, and back. Value = stored x scale + offset."""

    form: str = "plain"
    """``plain``: values add up as they are; ``decibel``: 10 log10 of what does; ``amplitude``: its root"""
    scale: float = 1.0
    offset: float = 0.0

    @property
    def plain(self) -> bool:
        """Do stored numbers add up as they are?"""
        return self.form == "plain"

    def power(self, stored: Array, nodata: float | None = None) -> Floats32:
        """What adds up, as a plain ratio; NaN where there is ``nodata`` or no finite number.

        To 1e-6 of it; numbers of one or two bytes by a table.
        """
        dtype = stored.dtype
        if dtype.kind in "iu" and dtype.itemsize <= 2:
            none = nodata if nodata is not None and math.isfinite(nodata) else None
            return np.asarray(_table(self, dtype.str, none)[stored.view(f"u{dtype.itemsize}")])
        power = self._power(stored)
        if nodata is not None and nodata == nodata:
            power[stored == dtype.type(nodata)] = np.nan
        return power

    def _power(self, stored: Array) -> Floats32:
        value = stored if stored.dtype == np.float32 else stored.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            value = value * self.scale + self.offset  # keeps float32: a number of Python's is no double here
            value = value * value if self.form == "amplitude" else 10.0 ** (0.1 * np.clip(value, -_MOST_DB, _MOST_DB))
            power: Floats32 = value.astype(np.float32)
        power[~(np.isfinite(stored) & np.isfinite(power))] = np.nan
        return power

    def stored(self, power: Array, dtype: npt.DTypeLike, nodata: float) -> Array:
        """Stored numbers of powers, whole ones rounded to the nearest; ``nodata`` where power is NaN.

        No power at all (its decibels are minus infinity) becomes the least number that can be stored, of real ones
        -300 dB.
        """
        kind = np.dtype(dtype)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.sqrt(power) if self.form == "amplitude" else np.maximum(np.log10(power) * 10.0, -_MOST_DB)
            value = (value - self.offset) / self.scale
        known = np.isfinite(power)
        if kind.kind in "iu":
            low, high = value_range(kind, nodata)
            value = np.rint(np.clip(np.where(known, value, 0.0), low, high))
        out: Array = value.astype(kind)
        out[~known] = nodata
        return out


PLAIN, DECIBEL, AMPLITUDE = Averaging(), Averaging("decibel"), Averaging("amplitude")


def averaging_of(unit: str, *, scale: float = 1.0, offset: float = 0.0) -> Averaging:
    """How is a band averaged whose values are in this unit? ``dB`` and ``amplitude`` as power, all else as it is."""
    form = {"db": "decibel", "decibel": "decibel", "decibels": "decibel", "amplitude": "amplitude"}
    found = form.get(unit.strip().lower(), "plain")
    return PLAIN if found == "plain" or not scale else Averaging(found, float(scale), float(offset))


@lru_cache(maxsize=32)
def _table(averaging: Averaging, dtype: str, nodata: float | None) -> Floats32:
    """The power of every number that a type of one or two bytes holds, in the order of its bytes."""
    kind = np.dtype(dtype)
    every = np.arange(256**kind.itemsize, dtype=f"u{kind.itemsize}").view(kind)
    table = averaging._power(every)
    if nodata is not None:
        table[every == nodata] = np.nan
    table.setflags(write=False)
    return table
