"""Will it be clear? A simulated forecast, and the simulated sky that then comes, consistent with each other.

Nothing here is meteorology: both are smooth random fields over the globe and time, drawn from a seed. What is true
about them is what a planner needs: the forecast is *calibrated* (of all looks said to be clear with probability p,
a share p turns out clear), neighbouring places and hours resemble each other, and the same seed gives the same sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swath.fly.chance import normal_cdf
from swath.frames import geodetic_up

__all__ = ["CLEAR_COVER", "Forecast", "SimulatedWeather", "clear_probability", "true_cloud_cover"]

Floats = npt.NDArray[np.float64]

CLEAR_COVER = 0.10
"""a sky with less cloud than this counts as clear"""

_WAVES = 96
_EARTH_RADIUS_M = 6371008.8


_SURE = 1e-9
"""a forecast that is sure of itself is believed to this"""


class Forecast(Protocol):
    """P(clear) over places at times, arrays of one shape."""

    def __call__(self, *, lon_deg: Floats, lat_deg: Floats, at: npt.NDArray[np.datetime64]) -> Floats:
        """0 to 1."""


@dataclass(frozen=True)
class SimulatedWeather:
    """One possible weather of the world, named by its seed. Simulated: it says nothing about any real day."""

    seed: int
    mean_clear: float = 0.6
    """about the middle of the forecast probabilities"""
    contrast: float = 0.9
    """spread of the forecast in probits: 0 says ``mean_clear`` everywhere"""
    system_size_m: float = 700e3
    """how far a weather system reaches; one passes in ``system_s``"""
    system_s: float = 36e3
    cell_size_m: float = 40e3
    """how far the outcome at one place tells about another; likewise ``cell_s``"""
    cell_s: float = 5400.0
    forecast: Forecast | None = None
    """what is forecast, instead of a simulated one; the sky that comes still keeps what it says"""


def clear_probability(
    weather: SimulatedWeather, *, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, at: npt.ArrayLike
) -> Floats:
    """What probability of a clear sky (cover below ``CLEAR_COVER``) does the forecast give? In (0, 1)."""
    if weather.forecast is not None:
        place = np.broadcast_arrays(np.asarray(lon_deg, np.float64), np.asarray(lat_deg, np.float64), np.asarray(at))
        said = weather.forecast(lon_deg=place[0], lat_deg=place[1], at=place[2])
        return np.asarray(np.clip(said, _SURE, 1.0 - _SURE), np.float64)
    systems = _smooth_field(weather.seed, 0, weather.system_size_m, weather.system_s, lon_deg, lat_deg, at)
    return normal_cdf(NormalDist().inv_cdf(weather.mean_clear) + weather.contrast * systems)


def true_cloud_cover(
    weather: SimulatedWeather, *, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, at: npt.ArrayLike
) -> Floats:
    """What share of the sky is then covered, 0 to 1? Below ``CLEAR_COVER`` with exactly the forecast's probability.

    A second field, uniform between 0 and 1 over many places and seeds, decides: under p it is clear, above it is not,
    and how far above gives the cover. Calibration is tested over many draws (tests/fly/test_weather.py).
    """
    p = clear_probability(weather, lon_deg=lon_deg, lat_deg=lat_deg, at=at)
    u = normal_cdf(_smooth_field(weather.seed, 1, weather.cell_size_m, weather.cell_s, lon_deg, lat_deg, at))
    few = CLEAR_COVER * (u / p) ** 3
    many = CLEAR_COVER + (1.0 - CLEAR_COVER) * np.clip((u - p) / (1.0 - p), 0.0, 1.0) ** 0.8
    return np.where(u < p, few, many)


def _smooth_field(
    seed: int,
    number: int,
    size_m: float,
    size_s: float,
    lon_deg: npt.ArrayLike,
    lat_deg: npt.ArrayLike,
    at: npt.ArrayLike,
) -> Floats:
    """A standard normal field of place and time: a sum of waves through the Earth-fixed axes, so without seams.

    Random Fourier features: wave vectors from a normal distribution give a Gaussian correlation of length ``size_m``.
    """
    rng = np.random.default_rng([seed, number, 0x5EA])
    direction = rng.standard_normal((_WAVES, 3)) * (_EARTH_RADIUS_M / size_m)
    frequency = rng.standard_normal(_WAVES) / size_s
    phase = rng.uniform(0.0, 2.0 * np.pi, _WAVES)
    time_s = (np.asarray(at, "datetime64[ns]") - np.datetime64("2000-01-01", "ns")) / np.timedelta64(1, "s")
    up = geodetic_up(lon_deg=np.asarray(lon_deg, np.float64), lat_deg=np.asarray(lat_deg, np.float64))
    angle = up @ direction.T + np.multiply.outer(time_s, frequency) + phase
    return np.asarray(np.sqrt(2.0 / _WAVES) * np.cos(angle).sum(-1), np.float64)
