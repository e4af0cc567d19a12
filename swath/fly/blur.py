"""Which weights make a pixel out of finer samples, so that the picture has the camera's transfer function?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.fly.scanner_kernels import TAPS, TIMES
from swath.spacecraft.imager import Imager, ImagerBand
from swath.spacecraft.sharpness import imager_mtf

__all__ = ["pixel_weights", "realised_mtf"]

Floats = npt.NDArray[np.float64]

_TERMS = 2
_STEP = 1.0 / 32.0
"""cycles per pixel between the frequencies that are summed"""
_POSITIONS = (np.arange(TAPS) - (TAPS - 1) / 2.0) / TIMES
"""of the samples from the middle of the pixel, in pixels"""


def pixel_weights(imager: Imager, band: ImagerBand) -> tuple[Floats, Floats]:
    """Weights ``(term, TAPS)`` along and across: the point spread function as a sum of two separable terms.

    The transfer function, less that of a sample's own width (which drawing an edge on whole samples brings in), is
    summed up to twice the sampling frequency, cut off four pixels from the middle under a soft edge, and split by
    singular values. The faint halo of diffraction beyond is spread evenly over what is left. What comes out differs
    from the model by less than 0.02 from 0.17 cycles per pixel on, along both axes and between; below, the halo that
    is missing makes it up to 0.06 too high (tests/fly/test_scanner.py).
    """
    f = np.arange(0.0, TIMES / 2.0 + _STEP / 2.0, _STEP)
    across, along = np.meshgrid(f, f)
    target = imager_mtf(imager, band, across, along) / (np.sinc(across / TIMES) * np.sinc(along / TIMES))
    # A raised cosine from 1.5 to 2 cycles per pixel keeps the sum from ringing; little is left there.
    fade = np.where(f < 1.5, 1.0, 0.5 + 0.5 * np.cos(np.pi * (f - 1.5) / 0.5))
    share = np.where(f == 0.0, 1.0, 2.0) * fade * _STEP
    wave = np.cos(2.0 * np.pi * np.outer(_POSITIONS, f)) * share
    spread = wave @ target @ wave.T / TIMES**2
    edge = TAPS / TIMES / 2.0 - 1.0
    window = np.where(np.abs(_POSITIONS) < edge, 1.0, 0.5 + 0.5 * np.cos(np.pi * (np.abs(_POSITIONS) - edge)))
    spread *= np.outer(window, window)
    spread += (1.0 - spread.sum()) * np.outer(window, window) / window.sum() ** 2
    left, size, right = np.linalg.svd(spread)
    along_weights = left[:, :_TERMS].T * np.sqrt(size[:_TERMS, None])
    across_weights = right[:_TERMS] * np.sqrt(size[:_TERMS, None])
    total = float((along_weights.sum(1) * across_weights.sum(1)).sum())
    return along_weights / total, across_weights


def realised_mtf(weights: tuple[Floats, Floats], across_per_px: npt.ArrayLike, along_per_px: npt.ArrayLike) -> Floats:
    """The transfer function that weights have, with a sample's own width, at frequencies in cycles per pixel."""
    u, v = np.asarray(across_per_px, np.float64)[..., None], np.asarray(along_per_px, np.float64)[..., None]
    along, across = weights
    down, right = np.cos(2.0 * np.pi * v * _POSITIONS) @ along.T, np.cos(2.0 * np.pi * u * _POSITIONS) @ across.T
    width = np.sinc(u[..., 0] / TIMES) * np.sinc(v[..., 0] / TIMES)
    return np.asarray((down * right).sum(-1) * width, np.float64)
