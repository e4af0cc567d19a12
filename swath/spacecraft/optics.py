"""What does the camera see: pixel size, swath, lines and data of a picture?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Optics"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Optics:
    """A line scanner: one row of ``detectors`` per band, all bands looking the same way.

    The row lies across track: the line of sight of column ``j`` is the boresight plus ``(j - (detectors - 1) / 2)
    x pixel_pitch_m / focal_length_m`` along the rolled right axis.
    """

    focal_length_m: float
    pixel_pitch_m: float
    detectors: int
    bands: tuple[str, ...]
    bits_per_sample: int
    full_well_reflectance: float
    """reflectance x cos(sun zenith) that fills the converter"""
    signal_to_noise: float
    """at a tenth of full scale: shot and read noise together"""
    dead_share: float = 0.0
    """of the columns of a band, like ``hot_share``: broken detectors, of which only flight knows"""
    hot_share: float = 0.0

    @property
    def ifov_rad(self) -> float:
        """Angle of one detector."""
        return self.pixel_pitch_m / self.focal_length_m

    def gsd_m(self, range_m: npt.ArrayLike, incidence_deg: npt.ArrayLike) -> Floats:
        """Geometric mean ground sample distance: IFOV x range, one axis stretched by 1/cos(incidence)."""
        return self.ifov_rad * np.asarray(range_m, np.float64) / np.sqrt(np.cos(np.radians(incidence_deg)))

    def swath_m(self, range_m: npt.ArrayLike, incidence_deg: npt.ArrayLike) -> Floats:
        """Ground width of the row, seen at an incidence across track (small-field approximation, 1 % at 30 deg)."""
        return self.ifov_rad * self.detectors * np.asarray(range_m, np.float64) / np.cos(np.radians(incidence_deg))
