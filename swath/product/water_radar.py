"""How likely is water, from a radar picture? Smooth water sends nothing back, in either polarisation.

Backscatter in decibels is averaged over so many pixels that speckle no longer decides: no measure of radiation, which
:mod:`swath.archive.averaging` makes of power, but a robust one of darkness, which single bright scatterers do not lead
(of power, intersection over union on the labelled half chip is 0.01, 0.04 and 0.09 lower, each at its best limit, where
it is averaged over 10, 30 and 80 m). One or two polarisations; the limit between dark water and land is sought in the
tiles that show both, about the values of calm and roughened inland water at C band (Twele et al. 2016, Int. J. Remote
Sens. 37, 2990-3004); neighbours have a say (an Ising prior, mean field).
Limits: wind, rain and plants that stand in water make it bright; roads, runways, dry sand and radar shadow are as dark
as water; under trees and between houses water is not seen at all, and is said not to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Grid
from swath.product.clouds import NOT_PICTURED, SEEN
from swath.product.radar_view import clutter_codes
from swath.product.room import new_layer, piecewise, strips
from swath.product.sight import Sight
from swath.product.split import Known, histograms, split_threshold
from swath.product.water_kernels import UNSEEN, blur
from swath.product.wet_kernels import mean_field, percent_of_logits, reach_of_seeds, smooth_known

__all__ = ["RadarLook", "RadarRule", "fit_radar_rule", "radar_logits", "radar_sight", "smooth_radar"]

Floats32 = npt.NDArray[np.float32]
Array = npt.NDArray[Any]

TILE_PX, BINS = 64, 240
RANGE_DB = (-45.0, 15.0)
CEILING_DB = {"vv": 0.0, "vh": -6.0, "hh": 0.0, "hv": -6.0}
"""single houses count as no brighter when decibels are averaged"""
KNOWN = {
    "vv": Known(-15.5, 1.5, -21.0, -12.2, 3.5),
    "vh": Known(-22.0, 1.5, -28.0, -18.5, 3.5),
    "hh": Known(-15.5, 1.5, -21.0, -12.2, 3.5),
    "hv": Known(-22.0, 1.5, -28.0, -18.5, 3.5),
}
SMOOTH_M = 20.0
"""standard deviation of the averaging: 20 m at 4.4 looks of 10 m leave 0.6 dB of speckle"""
DB_PER_LOGIT = 0.85
"""decibels from the limit that change the odds by e"""
COUPLING, ROUNDS = 0.25, 6
SEED, LEAST, REACH_PX = 2.5, -2.0, 40
"""log-odds of water that is surely so, and of what is water too if it hangs together with that"""
TOGETHER, APART = 1.5, 1.0
"""what the log-odds gain if it does, and lose if it does not"""


SHORE_M = 15.0
"""standard deviation of where a shore is drawn in speckle"""
CALIBRATION = (
    (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 96.0, 97.0, 98.0, 99.0, 100.0),
    (0.1, 0.1, 0.4, 1.6, 2.4, 5.6, 10.6, 18.1, 26.8, 39.1, 48.6, 59.8, 67.1, 75.2, 78.5, 82.9, 86.9, 94.3, 99.3),
)
"""likelihood as the rule gives it, and as it is: found by benchmarks/calibrate_floods.py on simulated floods"""


@dataclass(frozen=True)
class RadarLook:
    """One radar picture on the map: sigma nought in decibels by polarisation."""

    id: str
    grid: Grid
    db: dict[str, Array]
    """``vv``, ``vh``, ``hh``, ``hv`` -> ``(row, column)``, NaN where there is no data"""
    ce90_m: float
    simulated: bool


@dataclass(frozen=True)
class RadarRule:
    """Log-odds of water: ``(limit - decibels) / DB_PER_LOGIT``, the mean of the polarisations that there are."""

    at_db: dict[str, float]
    logit_sigma: float
    """systematic error of the log-odds over the whole picture"""
    because: str


def smooth_radar(db: Array, band: str, pixel_m: float) -> Floats32:
    """Decibels with their speckle averaged away; NaN where there is no data."""
    if band not in KNOWN:
        raise InputError(f"no polarisation is called {band}", fix=f"Known: {', '.join(KNOWN)}")
    sigma_px = max(SMOOTH_M / pixel_m, 0.5)

    def of(part: Array) -> Array:
        values = np.where(np.isfinite(part) & (part > -60.0) & (part < 40.0), part, np.nan).astype(np.float32)
        return np.asarray(smooth_known(values, sigma_px, CEILING_DB[band]))

    return piecewise(of, db, dtype=np.float32, halo=int(np.ceil(3.0 * sigma_px)))


def fit_radar_rule(smooth: dict[str, Floats32]) -> RadarRule:
    """Where do these pictures (smoothed, by polarisation, of one moment) divide water from land?

    The tiles are chosen on the mean of the polarisations; in those, each is divided on its own.
    """
    if not smooth:
        raise InputError("no polarisation is given", fix=f"Give one or two of {', '.join(KNOWN)}")
    middles = RANGE_DB[0] + (np.arange(BINS) + 0.5) * (RANGE_DB[1] - RANGE_DB[0]) / BINS
    at_db, sigmas, words = {}, [], []
    for band, db in smooth.items():
        counts = histograms(lambda part: part, db, size_px=TILE_PX, low=RANGE_DB[0], high=RANGE_DB[1], bins=BINS)
        split = split_threshold(counts, middles, KNOWN[band], f"{band.upper()} in dB")
        at_db[band] = split.value
        sigmas.append(split.sigma / DB_PER_LOGIT)
        words.append(split.because)
    return RadarRule(at_db, float(np.mean(sigmas)), f"water below {'; '.join(words)}")


def radar_logits(smooth: dict[str, Floats32], rule: RadarRule) -> Floats32:
    """Log-odds of water of each pixel, float32; NaN where no polarisation has data."""

    def of(*parts: Array) -> Floats32:
        return _logits_of(dict(zip(smooth, parts, strict=True)), rule)

    return piecewise(of, *smooth.values(), dtype=np.float32, halo=REACH_PX + ROUNDS + 1)


def _logits_of(smooth: dict[str, Floats32], rule: RadarRule) -> Floats32:
    parts = np.stack([(rule.at_db[band] - db) / DB_PER_LOGIT for band, db in smooth.items()])
    known = np.isfinite(parts)
    own = np.where(known, parts, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    own = np.where(known.any(0), np.clip(own, -6.0, 6.0), np.nan).astype(np.float32)
    grown = reach_of_seeds(own, SEED, LEAST, REACH_PX)
    own = np.where(own >= LEAST, own + np.where(grown, np.float32(TOGETHER), np.float32(-APART)), own)
    logits: Floats32 = mean_field(own, COUPLING, ROUNDS)
    return np.clip(logits, -6.0, 6.0)


def radar_sight(look: RadarLook, *, blind: npt.NDArray[np.uint8] | None = None) -> Sight:
    """Water as a radar sees it. ``blind``: further codes of what it does not see (:func:`radar_view.terrain_codes`).

    Woods and towns are found in the picture and not judged. Accuracy: tests/authorities/test_flood_spain.py and
    tests/product/test_water.py.
    """
    wrong = [band for band, db in look.db.items() if np.shape(db) != look.grid.shape]
    if wrong or not look.db:
        raise InputError(
            f"{', '.join(wrong) or 'no polarisation'} of shape {look.grid.shape}", where=look.id, fix="Warp to the grid"
        )
    smooth = {band: smooth_radar(db, band, look.grid.pixel_m) for band, db in look.db.items()}
    unseen = clutter_codes(smooth, look.grid.pixel_m)
    if blind is not None:
        unseen = piecewise(_more_hidden, unseen, blind, *smooth.values(), dtype=np.uint8)
    rule = fit_radar_rule(smooth)
    logits = radar_logits(smooth, rule)
    likelihood, water = new_layer(logits.shape, np.uint8), new_layer(logits.shape, np.bool_)
    for take, keep, put in strips(logits.shape, 6):
        percent = _calibrated(blur(percent_of_logits(logits[take]), SHORE_M / look.grid.pixel_m))
        seen = unseen[put] == SEEN
        likelihood[put] = np.where(seen, percent[keep], UNSEEN)
        with np.errstate(invalid="ignore"):
            water[put] = (logits[put] > 0.0) & seen
    return Sight(
        grid=look.grid,
        likelihood=likelihood,
        water=water,
        unseen=unseen,
        logit_sigma=rule.logit_sigma,
        ce90_m=look.ce90_m,
        scenes=(look.id,),
        simulated=look.simulated,
        because=rule.because,
    )


def _more_hidden(unseen: Array, blind: Array, *smooth: Array) -> Array:
    """Codes with what the relief hides; no data stays no data."""
    codes = np.where((unseen == SEEN) | (blind != SEEN), blind, unseen)
    codes[~np.any([np.isfinite(v) for v in smooth], axis=0)] = NOT_PICTURED
    return codes


def _calibrated(percent: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    table = np.full(256, UNSEEN, np.uint8)
    table[:101] = np.rint(np.interp(np.arange(101), *CALIBRATION)).astype(np.uint8)
    return table[percent]
