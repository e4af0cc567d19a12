"""Hot loop of what models foretell: value and deviation of every pixel and band on a day. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.product.harmonic_kernels import (
    TERMS,
    YEAR_DAYS,
    doubt_of,
    leverage_of,
    season_of,
    seasonal_apart,
    waves_of,
)

__all__ = ["foretell_pixels"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def foretell_pixels(
    day: int, status: Array, origins: Array, anchors: Array, models: Array, grams: Array, sigmas: Array,
    season_squares: Array, season_looks: Array, tally: Array, value: Array, sigma: Array, slope: Array,
    swing: Array,
) -> None:  # fmt: skip
    """``value``, ``sigma``, ``slope`` a day and ``swing`` of the season ``(band, pixel)``; NaN without a model.

    A deviation is that of the season, and of a young model with its own doubt.
    """
    bands = len(value)
    terms, own = np.zeros((1, TERMS), np.float32), np.zeros(bands, np.float32)
    inverse = np.zeros((TERMS, TERMS), np.float32)
    waves_of(day, terms[0])
    season = season_of(day)
    for p in range(len(status)):
        if status[p] != 1:
            for band in range(bands):
                value[band, p] = sigma[band, p] = slope[band, p] = swing[band, p] = np.nan
            continue
        terms[0, 1] = np.float32((day - origins[p]) / YEAR_DAYS)
        more = np.float32(1.0)
        if doubt_of(tally[p, 0], tally[p, 1], grams[p], inverse):
            more += leverage_of(terms, 0, inverse)
        own[:] = np.float32(1.0)
        seasonal_apart(season, tally[p, 0], sigmas[p], season_squares[p], season_looks[p], own)
        for band in range(bands):
            season_value = change = np.float32(0.0)
            for i in range(2, TERMS):
                season_value += terms[0, i] * models[p, band, i]
            for k in range(1, 4):  # the derivative of a wave is the other wave
                turn = models[p, band, 2 * k + 1] * terms[0, 2 * k] - models[p, band, 2 * k] * terms[0, 2 * k + 1]
                change += turn * np.float32(2.0 * np.pi * k / YEAR_DAYS)
            level = anchors[p, band] + models[p, band, 0] + terms[0, 1] * models[p, band, 1]
            value[band, p], swing[band, p], slope[band, p] = level + season_value, season_value, change
            sigma[band, p] = sigmas[p, band] * np.sqrt(more) / own[band]
