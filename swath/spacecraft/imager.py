"""How is the camera built? Telescope, rows of detectors and electronics of a line scanner, for pictures and quality.

The planner needs only ``Optics``; an :class:`Imager` is the instrument behind those numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SUN_W_M2_PER_UM", "Imager", "ImagerBand"]

SUN_W_M2_PER_UM = {"blue": 1959.7, "green": 1823.2, "red": 1512.1, "nir": 1041.6}
"""sunlight above the air at 1 AU: bands 2, 3, 4 and 8 of Sentinel-2A, as its product metadata give them"""


@dataclass(frozen=True)
class ImagerBand:
    """One row (or TDI stack) of detectors behind one filter."""

    name: str
    wavelength_m: float
    """middle of the pass band"""
    bandwidth_m: float
    sun_w_m2_per_um: float
    transmission_share: float
    """of optics and filter, and of the exposure that is used"""
    quantum_share: float
    """electrons per photon"""
    tdi_stages: int
    row_px: int
    """detector pitches by which the row looks ahead of the boresight"""


@dataclass(frozen=True)
class Imager:
    """A push-broom camera. Line of sight of column j: see ``spacecraft.link_format``; ``row_px`` tilts it forward."""

    aperture_m: float
    obscuration_ratio: float
    """diameter of the central obscuration per diameter of the aperture"""
    focal_length_m: float
    pixel_pitch_m: float
    fill_ratio: float
    """width of the light-sensitive area per pitch"""
    detectors: int
    bands: tuple[ImagerBand, ...]
    jitter_rad: float
    """fast vibration of the line of sight, root mean square an axis: it blurs"""
    smear_px: float
    """motion of the ground during one exposure, in pitches along track"""
    tdi_mismatch_ratio: float
    """clock rate of the TDI per rate of the ground, less 1"""
    read_electron_count: float
    dark_electrons_per_s: float
    """per TDI stage"""
    prnu_share: float
    """gain of the columns, one sigma, that calibration on board leaves: as what is dark, dead and hot the camera's own,
    the same in every picture"""
    dsnu_electron_count: float
    """dark level of the columns, one sigma, that is left"""
    dead_share: float
    """of the detectors: they give nothing"""
    hot_share: float
    """of the detectors: they give full scale"""
    full_scale_reflectance: float
    """reflectance x cos(sun zenith) that fills the converter"""
    bits_per_sample: int
    offset_count: int
    """counts without light"""

    @property
    def ifov_rad(self) -> float:
        """Angle between detectors."""
        return self.pixel_pitch_m / self.focal_length_m

    @property
    def top_count(self) -> int:
        """Largest count."""
        return (1 << self.bits_per_sample) - 1
