"""The records and tables that two folders exchange. A noun enters here only when two folders need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.asked import Place, Receiver, Request, Station
from swath.errors import InputError
from swath.table import Table, column

__all__ = [
    "Acquisitions",
    "Contacts",
    "Elements",
    "Estimate",
    "Flown",
    "Grid",
    "Multipliers",
    "Opportunities",
    "Place",
    "Plan",
    "Product",
    "Receiver",
    "Refusal",
    "Request",
    "Share",
    "SIMULATED",
    "Scene",
    "Station",
    "Telemetry",
    "Windows",
]

SIMULATED = "SIMULATED"


@dataclass(frozen=True)
class Elements:
    """SGP4 mean elements of one object, as published (WGS-72, TEME). The catalogue number may have nine digits."""

    name: str
    norad_id: int
    epoch: np.datetime64
    """UTC, ns; a TLE epoch (1e-8 day) is held exactly."""
    mean_motion_rev_day: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    argument_of_perigee_deg: float
    mean_anomaly_deg: float
    bstar: float
    mean_motion_dot: float = 0.0
    """rev/day2, already halved as TLEs print it."""
    mean_motion_ddot: float = 0.0
    cospar_id: str = ""
    source: str = ""


@dataclass(frozen=True)
class Windows(Table):
    """Stretches of time in which something holds for one satellite (eclipse, visibility of a station, ...)."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    subject: npt.NDArray[np.str_] = column("U", "-", "station id, place id or the word for the condition")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")


@dataclass(frozen=True)
class Opportunities(Table):
    """Looks worth something: one row per way a request could be pictured (a start slot of one pass).

    Attitude is constant in the orbital frame (``frames.orbital_axes``) while imaging: roll positive looks right,
    pitch positive looks forward; boresight = (sin p, cos p sin r, cos p cos r) in (forward, right, down).
    """

    request: npt.NDArray[np.str_] = column("U", "-", "request id")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    window: npt.NDArray[np.int32] = column("i4", "-", "number of the pass this slot belongs to")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "imaging starts")
    middle: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "the boresight crosses the place's centre")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "imaging ends")
    roll_deg: npt.NDArray[np.float64] = column("f8", "deg", "constant while imaging")
    pitch_deg: npt.NDArray[np.float64] = column("f8", "deg", "constant while imaging")
    off_nadir_deg: npt.NDArray[np.float64] = column("f8", "deg", "from the geodetic nadir")
    sun_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "at the place")
    gsd_m: npt.NDArray[np.float64] = column("f8", "m", "geometric mean of along and across track")
    p_clear: npt.NDArray[np.float64] = column("f8", "-", "forecast probability of a clear look")
    value: npt.NDArray[np.float64] = column("f8", "-", "request value x quality x P(clear)")
    data_bit: npt.NDArray[np.float64] = column("f8", "bit", "memory the picture takes")


@dataclass(frozen=True)
class Acquisitions(Table):
    """Looks that were decided on, each with the contact that brings it down."""

    id: npt.NDArray[np.str_] = column("U", "-", "acquisition id, unique in the plan")
    request: npt.NDArray[np.str_] = column("U", "-", "request id")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "imaging starts")
    middle: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "the boresight crosses the place's centre")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "imaging ends")
    roll_deg: npt.NDArray[np.float64] = column("f8", "deg", "constant while imaging")
    pitch_deg: npt.NDArray[np.float64] = column("f8", "deg", "constant while imaging")
    off_nadir_deg: npt.NDArray[np.float64] = column("f8", "deg", "from the geodetic nadir")
    sun_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "at the place")
    gsd_m: npt.NDArray[np.float64] = column("f8", "m", "geometric mean of along and across track")
    p_clear: npt.NDArray[np.float64] = column("f8", "-", "forecast probability of a clear look")
    value: npt.NDArray[np.float64] = column("f8", "-", "request value x quality x P(clear)")
    data_bit: npt.NDArray[np.float64] = column("f8", "bit", "memory the picture takes")
    contact: npt.NDArray[np.str_] = column("U", "-", "id of the contact whose end brings the last bit down")
    on_ground: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit received, as planned")


@dataclass(frozen=True)
class Contacts(Table):
    """Station passes that were decided on: one antenna, one satellite."""

    id: npt.NDArray[np.str_] = column("U", "-", "contact id, unique in the plan")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "first bit may flow (set-up is before)")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit may flow")
    rate_bit_s: npt.NDArray[np.float64] = column("f8", "bit/s", "")
    volume_bit: npt.NDArray[np.float64] = column("f8", "bit", "planned to come down")


@dataclass(frozen=True)
class Refusal:
    """An order that is not in the plan, and why. ``reason`` is a short code, ``because`` a sentence with numbers."""

    request: str
    reason: str
    because: str


@dataclass(frozen=True)
class Share:
    """What an owner has of the fleet in a plan, against what is theirs."""

    owner: str
    pictures: int
    image_s: float
    """of imaging in the plan"""
    asked_s: float
    """of imaging that its requests could take, each at its longest look"""
    share: float
    """of all the imaging in the plan"""
    fair_share: float
    """how much of that counts in full"""
    due_s: float = 0.0
    """of imaging: its part if owners had the same by their fair shares, and nobody more than asked for"""
    left_over: tuple[str, ...] = ()
    """requests pictured beyond its fair share, wholly or in part, the least valuable first: they count a tenth"""


@dataclass(frozen=True)
class Multipliers(Table):
    """What one unit more of each limit would add to a plan's bound: its proof, and where the next planning begins."""

    rule: npt.NDArray[np.str_] = column("U", "-", "the limit: picture of ID, recorder of ID, antenna of ID ...")
    at: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "from when it counts, the plan's start if always")
    value: npt.NDArray[np.float64] = column("f8", "-", "of each picture, bit, Wh or s more of the limit")


@dataclass(frozen=True)
class Plan:
    """What the fleet will do, what it is worth, and what no plan could exceed."""

    acquisitions: Acquisitions
    contacts: Contacts
    refused: tuple[Refusal, ...]
    value: float
    bound: float
    bound_because: str
    solver: str
    seed: int
    made: np.datetime64
    shares: tuple[Share, ...] = ()
    """by owner, where there are any"""
    multipliers: Multipliers = field(default_factory=Multipliers.empty)
    """that prove the bound, where it took any"""

    @property
    def fairness(self) -> float:
        """What the owner served worst has of its due: 1 is an even division, 0 nothing for somebody who asked."""
        return min((min(share.image_s / share.due_s, 1.0) for share in self.shares if share.due_s > 0.0), default=1.0)

    @property
    def gap(self) -> float:
        """(bound - value) / bound; 0 is proven best."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


@dataclass(frozen=True)
class Flown(Table):
    """What became of each planned acquisition in flight."""

    acquisition: npt.NDArray[np.str_] = column("U", "-", "acquisition id")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "first line")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last line")
    roll_deg: npt.NDArray[np.float64] = column("f8", "deg", "true mean attitude flown")
    pitch_deg: npt.NDArray[np.float64] = column("f8", "deg", "true mean attitude flown")
    yaw_deg: npt.NDArray[np.float64] = column("f8", "deg", "true mean attitude flown")
    pointing_error_deg: npt.NDArray[np.float64] = column("f8", "deg", "angle between commanded and true boresight")
    status: npt.NDArray[np.str_] = column("U", "-", "done, blurred, skipped or lost (taken, but not kept)")
    because: npt.NDArray[np.str_] = column("U", "-", "why, where not done")


@dataclass(frozen=True)
class Telemetry(Table):
    """State of the fleet, sampled."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    battery_wh: npt.NDArray[np.float64] = column("f8", "Wh", "stored energy")
    memory_bit: npt.NDArray[np.float64] = column("f8", "bit", "recorder in use")
    roll_deg: npt.NDArray[np.float64] = column("f8", "deg", "")
    pitch_deg: npt.NDArray[np.float64] = column("f8", "deg", "")
    mode: npt.NDArray[np.str_] = column("U", "-", "idle, slew, image, contact, sun or safe")
    sunlit: npt.NDArray[np.bool_] = column("?", "-", "")
    temperature_k: npt.NDArray[np.float64] = column("f8", "K", "of the camera's electronics")
    wheel_share: npt.NDArray[np.float64] = column("f8", "-", "share of its momentum that the fullest wheel holds")
    battery_k: npt.NDArray[np.float64] = column("f8", "K", "of the battery")
    radio_k: npt.NDArray[np.float64] = column("f8", "K", "of the transmitter")


@dataclass(frozen=True)
class Grid:
    """A north-up map grid: EPSG code (metres), upper left corner, square pixels."""

    epsg: int
    west_m: float
    north_m: float
    pixel_m: float
    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        south_m, east_m = self.north_m - self.height * self.pixel_m, self.west_m + self.width * self.pixel_m
        return self.west_m, south_m, east_m, self.north_m

    @property
    def pixel_area_km2(self) -> float:
        """Area of one pixel."""
        return self.pixel_m**2 / 1e6

    def centres_m(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """East coordinate of each column ``(width,)`` and north coordinate of each row ``(height,)``."""
        east = self.west_m + (np.arange(self.width, dtype=np.float64) + 0.5) * self.pixel_m
        north = self.north_m - (np.arange(self.height, dtype=np.float64) + 0.5) * self.pixel_m
        return east, north


@dataclass(frozen=True)
class Estimate:
    """A number with its doubt: an interval at ``confidence``, or the reason why there is none."""

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    confidence: float = 0.9
    because: str = ""

    def __post_init__(self) -> None:
        if (self.low is None or self.high is None) and not self.because:
            raise InputError("an estimate without an interval must say why", fix="Give low and high, or because")

    def to_json(self) -> dict[str, Any]:
        """Plain values; an interval, or ``interval: null`` with ``because``."""
        interval = None if self.low is None or self.high is None else [self.low, self.high]
        entry: dict[str, Any] = {"value": self.value, "unit": self.unit, "interval": interval}
        if interval is not None:
            entry["confidence"] = self.confidence
        if self.because:
            entry["because"] = self.because
        return entry


@dataclass(frozen=True)
class Scene:
    """One picture on the map: pixels, where they are, how they were taken and how well they are placed."""

    id: str
    request: str
    acquisition: str
    satellite: str
    station: str
    start: np.datetime64
    stop: np.datetime64
    received: np.datetime64
    grid: Grid
    bands: tuple[str, ...]
    """in the order of ``pixels``: ``blue``, ``green``, ``red``, ``nir``"""
    pixels: npt.NDArray[np.uint16]
    """``(band, row, column)`` top-of-atmosphere reflectance x 10000; 0 is no data"""
    gsd_m: float
    off_nadir_deg: float
    sun_elevation_deg: float
    sun_azimuth_deg: float
    ce90_m: Estimate
    """90 % circular error of position, measured against control"""
    missing_fraction: float
    """share of picture bytes that never arrived"""
    simulated: bool
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """What was made of scenes: named raster layers on one grid, estimates, and a table."""

    id: str
    kind: str
    """``flood``, ``vegetation``"""
    request: str
    scenes: tuple[str, ...]
    grid: Grid
    layers: Mapping[str, npt.NDArray[Any]]
    estimates: Mapping[str, Estimate]
    rows: tuple[Mapping[str, Any], ...] = ()
    """a table, one mapping a row (per field)"""
    simulated: bool = False
    because: str = ""
