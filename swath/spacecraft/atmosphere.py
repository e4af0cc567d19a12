"""How much of the signal does the air take? Gas, rain, cloud and scintillation, by elevation and share of the year.

ITU-R P.618-13 with P.676, P.838, P.840 and others, worked out by the ``itur`` package (extra ``radio``) once for a
station and kept as a table. For the stations of the catalogue the table in X band is shipped
(``catalog/atmosphere.toml``, made by ``benchmarks/calibrate_atmosphere.py``), so those need no extra.
"""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Station

__all__ = ["AVAILABLE_SHARES", "ELEVATIONS_DEG", "Atmosphere", "computed_atmosphere", "station_atmosphere"]

Floats = npt.NDArray[np.float64]

ELEVATIONS_DEG = (5.0, 7.5, 10.0, 15.0, 20.0, 24.99, 25.0, 30.0, 45.0, 60.0, 75.0, 90.0)
"""rows; below 5 degrees the ITU's methods do not hold, and at 25 its rain jumps within 36 degrees of the equator"""
AVAILABLE_SHARES = (0.95, 0.97, 0.98, 0.99, 0.9901, 0.995, 0.997, 0.998, 0.999, 0.9995, 0.9998, 0.9999)
"""columns: shares of an average year in which the loss is not exceeded; the rain holds from 0.95 and jumps at 0.99"""
_BAND_HZ = (8.0e9, 8.45e9)
"""where the shipped tables of 8.2 GHz serve: from 8.025 to 8.4 GHz no loss differs from theirs by more than 8 %"""
_DISH_M = 5.0
"""only the scintillation depends on it, and hardly"""


@dataclass(frozen=True)
class Atmosphere:
    """Loss of one station at one frequency, by elevation and availability."""

    frequency_hz: float
    losses_db: tuple[tuple[float, ...], ...]
    """a row for each of :data:`ELEVATIONS_DEG`, a column for each of :data:`AVAILABLE_SHARES`"""
    source: str

    def loss_db(self, elevation_deg: npt.ArrayLike, *, available_share: float) -> Floats:
        """Which loss (dB) is not exceeded in this share of an average year?

        Between the table's values the logarithm of loss x sin(elevation) is taken as linear in the elevation and in the
        logarithm of the outage: within 3 % or 0.02 dB of ITU-R (tests/authorities/test_radio.py). Raises
        :class:`InputError` below 5 degrees and outside the table's shares.
        """
        elevation = np.asarray(elevation_deg, np.float64)
        if elevation.size and not (ELEVATIONS_DEG[0] - 1e-9 <= elevation.min() and elevation.max() <= 90.0 + 1e-9):
            raise InputError(
                f"no loss is known at an elevation of {elevation.min():g} to {elevation.max():g} deg",
                fix=f"ITU-R P.618 holds from {ELEVATIONS_DEG[0]:g} to 90 deg: raise min_elevation_deg",
            )
        if not AVAILABLE_SHARES[0] <= available_share <= AVAILABLE_SHARES[-1]:
            raise InputError(
                f"no loss is known for an availability of {available_share}",
                fix=f"Give a share of the year from {AVAILABLE_SHARES[0]} to {AVAILABLE_SHARES[-1]}",
            )
        rows = np.radians(ELEVATIONS_DEG)
        height = np.log(np.asarray(self.losses_db) * np.sin(rows)[:, None])
        outage = -np.log1p(-np.asarray(AVAILABLE_SHARES))
        column = np.array([np.interp(-np.log1p(-available_share), outage, row) for row in height])
        loss = np.exp(np.interp(elevation, ELEVATIONS_DEG, column)) / np.sin(np.radians(elevation))
        # Near the zenith the sine stands still and the straight line does not: never below both of its ends.
        ends = np.exp(column) / np.sin(rows)
        above = np.clip(np.searchsorted(ELEVATIONS_DEG, elevation), 1, len(rows) - 1)
        return np.asarray(np.maximum(loss, np.minimum(ends[above - 1], ends[above])), np.float64)


def station_atmosphere(station: Station, frequency_hz: float) -> Atmosphere:
    """How much does the air over this station take?

    From the shipped tables for a station that stands within 0.1 degree of one in the catalogue and an X-band frequency;
    otherwise worked out by :func:`computed_atmosphere`, once.
    """
    if _BAND_HZ[0] <= frequency_hz <= _BAND_HZ[1]:
        away_deg, name = min(
            (max(abs(table["lat_deg"] - station.lat_deg), abs(table["lon_deg"] - station.lon_deg)), name)
            for name, table in _shipped().items()
        )
        if away_deg < 0.1:
            table = _shipped()[name]
            losses = tuple(tuple(float(loss) for loss in row) for row in table["losses_db"])
            return Atmosphere(float(table["frequency_hz"]), losses, str(table["source"]))
    return computed_atmosphere(station, frequency_hz)


@cache
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("catalog", "atmosphere.toml").read_text(encoding="utf-8"))


def computed_atmosphere(station: Station, frequency_hz: float) -> Atmosphere:
    """How much does the air over any place take, by ITU-R? About 10 s the first time, then 0.1 s.

    Raises :class:`InputError` where the package ``itur`` is not installed, or the frequency is outside 1 to 55 GHz.
    """
    if not 1e9 <= frequency_hz <= 55e9:
        raise InputError(f"ITU-R P.618 does not hold at {frequency_hz / 1e9:g} GHz", fix="Give 1 to 55 GHz")
    return _computed(station.lat_deg, station.lon_deg, frequency_hz)


@cache
def _computed(lat_deg: float, lon_deg: float, frequency_hz: float) -> Atmosphere:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its old numpy idioms
            itur = import_module("itur")
            columns = [_column(itur, lat_deg, lon_deg, frequency_hz, share) for share in AVAILABLE_SHARES]
    except ModuleNotFoundError as error:
        raise InputError(
            f"the air over {lat_deg:.2f}, {lon_deg:.2f} at {frequency_hz / 1e9:g} GHz is in no shipped table",
            fix="Install the extra that works it out: pip install 'swath[radio]'",
        ) from error
    losses = tuple(tuple(row) for row in np.array(columns).T.tolist())
    return Atmosphere(frequency_hz, losses, f"ITU-R P.618-13 by itur {itur.__version__}, {_DISH_M:g} m dish")


def _column(itur: object, lat_deg: float, lon_deg: float, frequency_hz: float, share: float) -> Sequence[float]:
    outage_percent = 100.0 * (1.0 - share)
    loss = itur.atmospheric_attenuation_slant_path(  # type: ignore[attr-defined]
        lat_deg, lon_deg, frequency_hz / 1e9, np.array(ELEVATIONS_DEG), outage_percent, _DISH_M
    )
    return [round(float(value), 4) for value in loss.value]
