"""What can the instrument of a satellite of the catalogue see, and how large are its pixels?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.conditions import All, Condition, limit, nadir_swath
from swath.errors import DataError
from swath.frames import WGS84_A_M
from swath.model import Elements
from swath.spacecraft.catalog import CatalogInstrument, CatalogSatellite

__all__ = ["NadirCamera", "altitude_m", "camera_of", "own_look"]

Floats = npt.NDArray[np.float64]

_MU_M3_S2 = 3.986004418e14
_BROADSIDE_DEG = 1.0
"""a radar or a scanner that does not turn looks at right angles to its track"""


@dataclass(frozen=True)
class NadirCamera:
    """A camera of which the pixel size straight down from one altitude is known."""

    pixel_m: float
    altitude_m: float

    def gsd_m(self, range_m: npt.ArrayLike, incidence_deg: npt.ArrayLike) -> Floats:
        """Geometric mean: in proportion to the range, one axis stretched by 1/cos(incidence)."""
        scale = np.asarray(range_m, np.float64) / self.altitude_m
        return self.pixel_m * scale / np.sqrt(np.cos(np.radians(incidence_deg)))


def altitude_m(elements: Elements) -> float:
    """How high does the satellite fly in the mean? From its mean motion, above the Earth's equatorial radius."""
    rate_rad_s = elements.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    return float((_MU_M3_S2 / rate_rad_s**2) ** (1.0 / 3.0)) - WGS84_A_M


def camera_of(satellite: CatalogSatellite, height_m: float) -> NadirCamera | None:
    """The sharpest camera aboard; ``None`` where no source says how sharp, and for radars: their pixels differ."""
    known = [i.gsd_m for i in satellite.instruments if i.gsd_m is not None and i.kind != "sar"]
    return NadirCamera(min(known), satellite.altitude_m or height_m) if known else None


def own_look(satellite: CatalogSatellite, height_m: float) -> tuple[Condition, str]:
    """When does one of its instruments see a place, as far as the sources say? The condition, and it in words.

    Of a satellite that carries several the first with known limits counts. Raises :class:`DataError` where no source
    says where any of them can look.
    """
    for instrument in satellite.instruments:
        if (look := _look(instrument, height_m, agile=satellite.agility == "agile")) is not None:
            return look[0], f"{satellite.name}, {instrument.name}: {look[1]}"
    raise DataError(
        f"no source says where the instruments of {satellite.name} can look",
        where="catalogue",
        fix="Give --max-off-nadir-deg or --where",
    )


def _look(instrument: CatalogInstrument, height_m: float, *, agile: bool) -> tuple[Condition, str] | None:
    width_m = instrument.swath_max_m or instrument.swath_m
    if width_m is not None and instrument.tilt_deg is not None:
        return _tilted(width_m, instrument.tilt_deg, instrument.tilt_side, height_m)
    if instrument.looks_down and width_m is not None:
        return nadir_swath(width_m), f"a fixed swath of {width_m / 1e3:.0f} km"
    parts, said = [], []
    for name, low, high, symmetric in (
        ("incidence_deg", instrument.min_incidence_deg, instrument.max_incidence_deg, False),
        ("off_nadir_deg", instrument.min_off_nadir_deg, instrument.max_off_nadir_deg, False),
        ("roll_deg", None, instrument.max_roll_deg, True),
        ("pitch_deg", None, instrument.max_pitch_deg, True),
    ):
        if high is not None and high > 0.0:
            parts.append(limit(name, low=-high if symmetric else low, high=high))
            said.append(f"{name.removesuffix('_deg').replace('_', ' ')} {low or 0:g} to {high:g} degrees")
    if not parts:
        # What nobody says can turn looks down: its swath is all there is to know.
        if width_m is None or agile:
            return None
        return nadir_swath(width_m), f"a swath of {width_m / 1e3:.0f} km"
    if instrument.kind == "sar":
        parts.append(limit("pitch_deg", low=-_BROADSIDE_DEG, high=_BROADSIDE_DEG))
        if instrument.side in ("left", "right"):
            right = instrument.side == "right"
            parts.append(limit("roll_deg", low=0.0 if right else None, high=None if right else 0.0))
            said.append(f"looking {instrument.side}")
    return All(tuple(parts)), ", ".join(said)


def _tilted(width_m: float, tilt_deg: float, side: str, height_m: float) -> tuple[Condition, str]:
    """A fixed field whose middle looks to the west or east (or left or right): its width follows from the swath."""

    def ground_m(off_nadir_deg: float) -> float:
        sine = np.sin(np.radians(off_nadir_deg)) * (WGS84_A_M + height_m) / WGS84_A_M
        return float(WGS84_A_M * (np.arcsin(min(sine, 1.0)) - np.radians(off_nadir_deg)))

    low, high = 0.0, 60.0
    for _ in range(50):
        half = (low + high) / 2.0
        wide_m = ground_m(tilt_deg + half) - ground_m(tilt_deg - half)
        low, high = (half, high) if wide_m < width_m else (low, half)
    across = limit("pitch_deg", low=-_BROADSIDE_DEG, high=_BROADSIDE_DEG)
    to_right = across & limit("roll_deg", low=tilt_deg - half, high=tilt_deg + half)
    to_left = across & limit("roll_deg", low=-tilt_deg - half, high=-tilt_deg + half)
    north, south = limit("northward_m_s", low=0.0), limit("northward_m_s", high=0.0)
    look = {
        "right": to_right,
        "left": to_left,
        "west": (north & to_left) | (south & to_right),
        "east": (north & to_right) | (south & to_left),
    }.get(side, to_left | to_right)
    return look, f"a fixed swath of {width_m / 1e3:.0f} km, tilted {tilt_deg:g} degrees to the {side or 'side'}"
