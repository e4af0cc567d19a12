"""How sharp is the picture? Transfer functions of aperture, detector, motion and vibration; edge response; NIIRS.

Frequencies are cycles per radian of object space in the parts, cycles per pixel pitch in what belongs to an
:class:`Imager`: x across track (along the row), y along track. All parts are real and even, so MTF and OTF are one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.spacecraft.imager import Imager, ImagerBand

__all__ = [
    "aperture_mtf",
    "detector_mtf",
    "giqe5",
    "imager_mtf",
    "imager_niirs",
    "jitter_mtf",
    "relative_edge_response",
    "smear_mtf",
    "tdi_mtf",
]

Floats = npt.NDArray[np.float64]

_WAVES = np.linspace(-0.4, 0.4, 5)
"""where a pass band is sampled, in its widths"""


def aperture_mtf(
    frequency_per_rad: npt.ArrayLike, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
) -> Floats:
    """What does diffraction leave of a wave? Circular aperture with a round central obscuration.

    The normalised autocorrelation of an annulus in closed form (O'Neill, J. Opt. Soc. Am. 46 (1956) 285). Equal to
    pyBSM's to 1e-12 (tests/authorities/test_pybsm.py), and to the overlap counted on a grid of points
    (tests/spacecraft/test_sharpness.py).
    """
    x = np.abs(np.asarray(frequency_per_rad, np.float64)) * wavelength_m / aperture_m
    e = obscuration_ratio
    if not 0.0 <= e < 1.0:
        raise InputError(f"an obscuration of {e}", where="aperture_mtf", fix="Give 0 up to less than 1")
    if e < 1e-6:  # changes nothing that a double can hold
        return _disc(x)
    cosine = (1.0 + e * e - 4.0 * x * x) / (2.0 * e)
    phi = np.arccos(np.clip(cosine, -1.0, 1.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        turn = np.arctan((1.0 + e) / (1.0 - e) * np.tan(phi / 2.0))
    partly = 2.0 * e / np.pi * np.sin(phi) + (1.0 + e * e) / np.pi * phi - 2.0 * (1.0 - e * e) / np.pi * turn
    partly = partly - 2.0 * e * e
    cross = np.where(x <= (1.0 - e) / 2.0, -2.0 * e * e, np.where(x < (1.0 + e) / 2.0, partly, 0.0))
    return np.asarray((_disc(x) + e * e * _disc(x / e) + cross) / (1.0 - e * e), np.float64)


def _disc(x: Floats) -> Floats:
    """Overlap of two unit discs ``x`` diameters apart."""
    inside = np.clip(x, 0.0, 1.0)
    return np.asarray(2.0 / np.pi * (np.arccos(inside) - inside * np.sqrt(1.0 - inside**2)), np.float64)


def detector_mtf(frequency_per_rad: npt.ArrayLike, *, width_rad: float) -> Floats:
    """What does the width of a detector leave: sinc(width x frequency)."""
    return np.asarray(np.sinc(np.asarray(frequency_per_rad, np.float64) * width_rad), np.float64)


def smear_mtf(frequency_per_rad: npt.ArrayLike, *, motion_rad: float) -> Floats:
    """What does even motion during the exposure leave: sinc(motion x frequency)."""
    return np.asarray(np.sinc(np.asarray(frequency_per_rad, np.float64) * motion_rad), np.float64)


def jitter_mtf(frequency_per_rad: npt.ArrayLike, *, sigma_rad: float) -> Floats:
    """What does fast vibration leave: exp(-2 (pi sigma frequency)2)."""
    f = np.asarray(frequency_per_rad, np.float64)
    return np.asarray(np.exp(-2.0 * (np.pi * sigma_rad * f) ** 2), np.float64)


def tdi_mtf(frequency_per_rad: npt.ArrayLike, *, step_rad: float, stages: int, mismatch_ratio: float) -> Floats:
    """What does a TDI leave whose clock runs ``1 + mismatch_ratio`` times as fast as the ground moves?

    The stages add pictures that are shifted a little against each other: the mean of ``stages`` turning pointers.
    """
    shift = np.asarray(frequency_per_rad, np.float64) * step_rad / (1.0 + mismatch_ratio) * mismatch_ratio
    down = np.sin(np.pi * shift)
    even = np.abs(down) < 1e-12
    mean = np.sin(np.pi * shift * stages) / np.where(even, 1.0, down * stages)
    return np.asarray(np.where(even, 1.0, np.abs(mean)), np.float64)


def imager_mtf(imager: Imager, band: ImagerBand, across_per_px: npt.ArrayLike, along_per_px: npt.ArrayLike) -> Floats:
    """What is left of a wave in the picture, all parts together? Frequencies in cycles per pixel pitch.

    aperture (mean over the pass band) x detector x smear x TDI x jitter. A slanted edge in a simulated picture gives
    it again (tests/fly/test_scanner.py).
    """
    ifov = imager.ifov_rad
    u = np.asarray(across_per_px, np.float64) / ifov
    v = np.asarray(along_per_px, np.float64) / ifov
    radial = np.hypot(u, v)
    optics = np.mean(
        [
            aperture_mtf(
                radial,
                wavelength_m=band.wavelength_m + band.bandwidth_m * part,
                aperture_m=imager.aperture_m,
                obscuration_ratio=imager.obscuration_ratio,
            )
            for part in _WAVES
        ],
        axis=0,
    )
    width = ifov * imager.fill_ratio
    across = detector_mtf(u, width_rad=width)
    along = detector_mtf(v, width_rad=width) * smear_mtf(v, motion_rad=imager.smear_px * ifov)
    along = along * tdi_mtf(v, step_rad=ifov, stages=band.tdi_stages, mismatch_ratio=imager.tdi_mismatch_ratio)
    return np.asarray(optics * across * along * jitter_mtf(radial, sigma_rad=imager.jitter_rad), np.float64)


def relative_edge_response(mtf: Floats, frequency_per_px: Floats) -> float:
    """By how much does the picture of an edge rise within half a pixel on either side of it?

    2/pi x integral of MTF(f) sin(pi f) / f from 0 on, ``mtf`` at evenly spaced frequencies from 0 to where it ends.
    """
    weight = np.sinc(frequency_per_px) * np.pi
    return float(2.0 / np.pi * np.trapezoid(mtf * weight, frequency_per_px))


def giqe5(
    *, rer_across_ratio: float, rer_along_ratio: float, gsd_m: float, signal_to_noise: float, elevation_deg: float
) -> float:
    """How much can be made out, on the NIIRS scale of 0 to 9? The General Image Quality Equation, version 5 (2015).

    ``gsd_m`` is the geometric mean in the plane of the picture, ``elevation_deg`` the camera's above the horizon of the
    place, ``signal_to_noise`` that of :func:`light.contrast_signal_to_noise`. NGA, "General Image Quality Equation;
    GIQE version 5.0", 16 September 2015. Equal to pyBSM to 1e-12 (tests/authorities/test_pybsm.py). The equation
    itself is uncertain to some 0.3 (Leachtenauer et al., Appl. Opt. 36 (1997) 8322, for version 4).
    """
    if not (min(rer_across_ratio, rer_along_ratio, gsd_m, signal_to_noise) > 0.0 and 0.0 < elevation_deg <= 90.0):
        raise InputError(
            f"no NIIRS for edge responses {rer_across_ratio}, {rer_along_ratio}, GSD {gsd_m} m, signal to noise "
            f"{signal_to_noise}, elevation {elevation_deg} deg",
            where="giqe5",
            fix="Give positive numbers and an elevation up to 90 deg",
        )
    gsd_inch = gsd_m / np.sin(np.radians(elevation_deg)) ** 0.25 / 0.0254
    high, low = max(rer_across_ratio, rer_along_ratio), min(rer_across_ratio, rer_along_ratio)
    edge = np.log10((high * low**2) ** (1.0 / 3.0))
    niirs = 9.57 - 3.32 * np.log10(gsd_inch) + 3.32 * (1.0 - np.exp(-1.9 / signal_to_noise)) * edge
    return float(niirs - 2.0 * edge**4 - 1.8 / signal_to_noise)


def imager_niirs(
    imager: Imager, band: ImagerBand, *, range_m: float, elevation_deg: float, signal_to_noise: float
) -> float:
    """NIIRS of a picture that is not sharpened, from its MTF, range, elevation and signal-to-noise."""
    f = np.linspace(0.0, 3.0, 3001)
    zero = np.zeros_like(f)
    return giqe5(
        rer_across_ratio=relative_edge_response(imager_mtf(imager, band, f, zero), f),
        rer_along_ratio=relative_edge_response(imager_mtf(imager, band, zero, f), f),
        gsd_m=imager.ifov_rad * range_m,
        signal_to_noise=signal_to_noise,
        elevation_deg=elevation_deg,
    )
