"""Which instrument stands behind the planner's numbers? A camera that meets them, part by part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from swath.errors import InputError
from swath.spacecraft.imager import SUN_W_M2_PER_UM, Imager, ImagerBand
from swath.spacecraft.light import electrons, radiance_w_m2_sr_per_um
from swath.spacecraft.optics import Optics

__all__ = ["design_imager"]

_PASSBANDS_M = {
    "blue": (0.485e-6, 0.070e-6),
    "green": (0.555e-6, 0.070e-6),
    "red": (0.660e-6, 0.060e-6),
    "nir": (0.830e-6, 0.120e-6),
}
"""middle and width, of the order of Pleiades, SkySat and Dove"""
_QUANTUM = {"blue": 0.70, "green": 0.78, "red": 0.78, "nir": 0.55}
_TRANSMISSION = 0.70
_MOST_STAGES = 128
_TENTH_PER_SNR2 = 1.25
"""electrons at a tenth of full scale per signal-to-noise squared, when four fifths of the variance are shot noise"""
_READ_PER_SNR = 0.559
"""sqrt(0.2) x 1.25: the other fifth"""


def design_imager(optics: Optics, *, line_period_s: float, row_gap_px: int = 24) -> Imager:
    """Which instrument would have these planner's numbers?

    The aperture puts the cut-off of diffraction at 1.1 times the sampling frequency at 0.66 um (a 30 % obscuration);
    TDI stages and exposure are chosen so that ``signal_to_noise`` at a tenth of full scale is met, four fifths of the
    variance shot noise, where 128 stages suffice; else it is what physics gives. The rows of the bands stand
    ``row_gap_px`` apart. Raises :class:`InputError` for a band that has no pass band here.
    """
    strange = [name for name in optics.bands if name not in _PASSBANDS_M]
    if strange or not line_period_s > 0.0:
        raise InputError(
            f"bands {', '.join(optics.bands)} with {line_period_s} s a line",
            where="design_imager",
            fix=f"Choose bands among {', '.join(_PASSBANDS_M)} and a positive line period",
        )
    aperture_m = 1.1 * 0.66e-6 * optics.focal_length_m / optics.pixel_pitch_m
    bands = tuple(_band(optics, number, aperture_m, line_period_s, row_gap_px) for number in range(len(optics.bands)))
    reached = min(float(optics.signal_to_noise), 500.0)
    return Imager(
        aperture_m=aperture_m,
        obscuration_ratio=0.3,
        focal_length_m=optics.focal_length_m,
        pixel_pitch_m=optics.pixel_pitch_m,
        fill_ratio=1.0,
        detectors=optics.detectors,
        bands=bands,
        jitter_rad=0.1 * optics.ifov_rad,
        smear_px=1.0,
        tdi_mismatch_ratio=0.001,
        read_electron_count=_READ_PER_SNR * reached,
        dark_electrons_per_s=400.0,
        prnu_share=0.001,
        dsnu_electron_count=0.1 * _READ_PER_SNR * reached,
        dead_share=optics.dead_share,
        hot_share=optics.hot_share,
        full_scale_reflectance=optics.full_well_reflectance,
        bits_per_sample=optics.bits_per_sample,
        offset_count=64,
    )


def _band(optics: Optics, number: int, aperture_m: float, line_period_s: float, row_gap_px: int) -> ImagerBand:
    """One band, with as many stages and as long an exposure as its noise asks for."""
    name = optics.bands[number]
    middle_m, width_m = _PASSBANDS_M[name]
    row_px = round(row_gap_px * (number - (len(optics.bands) - 1) / 2.0))
    band = ImagerBand(name, middle_m, width_m, SUN_W_M2_PER_UM[name], _TRANSMISSION, _QUANTUM[name], 1, row_px)
    wanted = 10.0 * _TENTH_PER_SNR2 * optics.signal_to_noise**2
    one = _stage_electrons(optics, band, aperture_m, line_period_s)
    stages = int(min(np.ceil(wanted / one), _MOST_STAGES))
    return replace(band, transmission_share=_TRANSMISSION * min(wanted / (one * stages), 1.0), tdi_stages=stages)


def _stage_electrons(optics: Optics, band: ImagerBand, aperture_m: float, line_period_s: float) -> float:
    """Electrons of one TDI stage at full scale, 1 AU."""
    light = radiance_w_m2_sr_per_um(band.sun_w_m2_per_um, optics.full_well_reflectance)
    return float(
        electrons(
            light,
            band,
            aperture_m=aperture_m,
            obscuration_ratio=0.3,
            focal_length_m=optics.focal_length_m,
            detector_m=optics.pixel_pitch_m,
            exposure_s=line_period_s,
        )
    )
