"""What is kept of a place between looks, what a look is, and what comes of one: changed, no change, not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.model import Grid
from swath.product.breaks import BreakRule, Watch
from swath.table import Table, column

__all__ = [
    "CHANGED", "NOT_SEEN", "NO_CHANGE", "STATES", "Changes", "Found", "Look", "LookStates", "PlaceState", "Series",
    "Wish", "from_arrays", "series_key", "to_arrays",
]  # fmt: skip

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

CHANGED, NO_CHANGE, NOT_SEEN = "changed", "no change", "not seen"
STATES = (CHANGED, NO_CHANGE, NOT_SEEN)
_VIEW_STEP_DEG = 5.0
_FORMAT = 1


@dataclass(frozen=True)
class Wish:
    """How many false alarms may there be, and how sure must a change be?"""

    false_alarms_1000_km2_per_year: float = 10.0
    """over all series of a place together, per 1,000 km2 and year"""
    confirm_looks: int = 3
    """looks in a row that must show it: fewer are quicker, and less sensitive at the same rate"""
    least_size_m2: float = 0.0
    least_seen_share: float = 0.5
    """of the place, for a look to say "no change" about it"""

    def __post_init__(self) -> None:
        if not self.false_alarms_1000_km2_per_year > 0.0 or not 1 <= self.confirm_looks <= 12:
            raise InputError(
                f"{self.false_alarms_1000_km2_per_year} false alarms, {self.confirm_looks} looks",
                fix="Give a rate above 0 and 1 to 12 looks",
            )


@dataclass(frozen=True)
class Look:
    """One picture of a place, on the place's grid and co-registered."""

    id: str
    at: np.datetime64
    sensor: str
    """``optical`` (values: reflectance x 10000) or ``radar`` (values: sigma nought in dB)"""
    bands: tuple[str, ...]
    values: Array
    """``(band, row, column)``"""
    unseen: npt.NDArray[np.uint8]
    """``(row, column)`` 0 seen, else a code of :data:`swath.product.sight.CANNOT_BE_SEEN`"""
    view_deg: float
    """off nadir (optical) or incidence (radar)"""
    azimuth_deg: float = 0.0
    """in which the sensor looked: radar of other directions is another series"""
    simulated: bool = False


def series_key(look: Look) -> str:
    """Which looks may be compared? Optical ones by bands, radar by bands, direction and 5 degrees of incidence."""
    bands = "+".join(look.bands)
    if look.sensor == "optical":
        return f"optical {bands}"
    view = round(look.view_deg / _VIEW_STEP_DEG) * _VIEW_STEP_DEG
    return f"radar {bands} {'right' if 0.0 <= look.azimuth_deg % 360.0 < 180.0 else 'left'} {view:.0f}"


@dataclass(frozen=True)
class Series:
    """One kind of looks at a place: models, the last looks' residuals, and what nothing-happened looks like."""

    key: str
    sensor: str
    bands: tuple[str, ...]
    watch: Watch
    rings: npt.NDArray[np.float32]
    """``(scale, look, band, pixel)`` residuals of the last looks in deviations, newest first"""
    held: npt.NDArray[np.uint8]
    """``(scale, pixel)`` looks in the ring"""
    last_days: npt.NDArray[np.int32]
    """``(look, pixel)`` ordinal days of the last looks of each pixel, one more than in the ring"""
    near: npt.NDArray[np.float32]
    """``(scale, pixel)`` highest score so far of the patch that a pixel is in, 0 outside: it is not counted twice"""
    alerted: npt.NDArray[np.bool_]
    """``(pixel,)`` changes that have been told"""
    common: Floats
    """``(look, band)`` what all pixels together were off by, look by look"""
    spreads: Floats
    """``(scale, look)`` robust deviation of residuals over the place"""
    peaks: Floats
    """``(n, 4)`` scale, score, look number and pixel of patches that stood out and were no change"""
    exposure_km2: float
    """area seen, summed over the looks that were scored"""
    scored_looks: int
    first_day: int
    last_day: int


@dataclass(frozen=True)
class PlaceState:
    """All that is kept of a place between looks."""

    grid: Grid
    inside: npt.NDArray[np.bool_]
    """``(row, column)`` the place"""
    wish: Wish
    series: Mapping[str, Series] = field(default_factory=dict)
    few: Mapping[str, int] = field(default_factory=dict)
    """series that cannot be judged yet: looks so far"""

    @property
    def area_km2(self) -> float:
        """Area of the place."""
        return float(self.inside.sum()) * self.grid.pixel_area_km2


@dataclass(frozen=True)
class Changes(Table):
    """One row a change."""

    id: npt.NDArray[np.str_] = column("U", "-", "series, day and place in one, the same whenever it is worked out")
    series: npt.NDArray[np.str_] = column("U", "-", "which looks showed it")
    look: npt.NDArray[np.str_] = column("U", "-", "the look that it was told with")
    last_same: npt.NDArray[np.datetime64] = column(
        "datetime64[ns]", "UTC", "the last day on which it was not there yet"
    )
    first_off: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "the first day on which it was")
    detected: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "time of the look that it was told with")
    lon_deg: npt.NDArray[np.float64] = column("f8", "deg", "middle")
    lat_deg: npt.NDArray[np.float64] = column("f8", "deg", "middle")
    size_m2: npt.NDArray[np.float64] = column("f8", "m2", "area that stands out by half of the threshold or more")
    size_low_m2: npt.NDArray[np.float64] = column("f8", "m2", "area beyond the whole threshold")
    size_high_m2: npt.NDArray[np.float64] = column("f8", "m2", "the area with a rim of half a pixel")
    band: npt.NDArray[np.str_] = column("U", "-", "the band that changed most, in deviations")
    change_ratio: npt.NDArray[np.float64] = column("f8", "-", "its mean change, in the band's own unit")
    change_low_ratio: npt.NDArray[np.float64] = column("f8", "-", "90 % interval")
    change_high_ratio: npt.NDArray[np.float64] = column("f8", "-", "90 % interval")
    score_ratio: npt.NDArray[np.float64] = column("f8", "-", "highest score, in deviations")
    threshold_ratio: npt.NDArray[np.float64] = column("f8", "-", "that it had to pass")
    chance: npt.NDArray[np.float64] = column(
        "f8", "-", "of one like it in this place within a year, if nothing happened"
    )
    looks: npt.NDArray[np.int32] = column("i4", "-", "looks that show it")
    because: npt.NDArray[np.str_] = column("U", "-", "in words")


@dataclass(frozen=True)
class LookStates(Table):
    """One row a look and series."""

    look: npt.NDArray[np.str_] = column("U", "-", "id")
    at: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "its time")
    series: npt.NDArray[np.str_] = column("U", "-", "")
    state: npt.NDArray[np.str_] = column("U", "-", "changed, no change or not seen")
    seen_share: npt.NDArray[np.float64] = column("f8", "-", "of the place that could be judged")
    because: npt.NDArray[np.str_] = column("U", "-", "in words")


@dataclass(frozen=True)
class Found:
    """What one look or several brought."""

    changes: Changes
    pixels: tuple[npt.NDArray[np.int64], ...]
    """of each change: flat indices into the place's grid"""
    outlines: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]
    """of each change: rings of lon, lat (outer ones; a change of several parts has several)"""
    states: LookStates


def to_arrays(state: PlaceState) -> dict[str, Array]:
    """A place's state as named arrays, for ``numpy.savez`` or a table of blobs. :func:`from_arrays` takes them back."""
    grid, wish = state.grid, state.wish
    arrays: dict[str, Array] = {
        "format": np.array([_FORMAT]),
        "grid": np.array([grid.epsg, grid.west_m, grid.north_m, grid.pixel_m, grid.width, grid.height]),
        "inside": state.inside,
        "wish": np.array([getattr(wish, f.name) for f in fields(Wish)], np.float64),
        "series": np.array(list(state.series), "U"),
        "few": np.array(list(state.few), "U"),
        "few_looks": np.array(list(state.few.values()), np.int64),
    }
    for number, one in enumerate(state.series.values()):
        for f in fields(Series):
            value = getattr(one, f.name)
            if f.name == "watch":
                arrays |= {f"{number}.watch.{g.name}": np.asarray(getattr(value, g.name)) for g in fields(Watch)[:-1]}
                arrays[f"{number}.rule"] = np.array([value.rule.level_share, value.rule.consecutive])
            else:
                arrays[f"{number}.{f.name}"] = np.asarray(value)
    return arrays


def from_arrays(arrays: Mapping[str, Array]) -> PlaceState:
    """The state that :func:`to_arrays` made arrays of. :class:`DataError` where something is missing."""
    try:
        if int(arrays["format"][0]) != _FORMAT:
            raise DataError(
                f"a place's state of format {int(arrays['format'][0])}", fix="Begin the watch again from its looks"
            )
        g, w = arrays["grid"], arrays["wish"]
        grid = Grid(int(g[0]), float(g[1]), float(g[2]), float(g[3]), int(g[4]), int(g[5]))
        wish = Wish(float(w[0]), int(w[1]), float(w[2]), float(w[3]))
        keys = [str(k) for k in arrays["series"]]
        series = {key: _series_of(arrays, str(number)) for number, key in enumerate(keys)}
        few = dict(zip((str(k) for k in arrays["few"]), (int(n) for n in arrays["few_looks"]), strict=True))
        return PlaceState(grid, np.asarray(arrays["inside"], np.bool_), wish, series, few)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise DataError(f"a place's state is damaged: {error}", fix="Begin the watch again from its looks") from error


def _series_of(arrays: Mapping[str, Array], at: str) -> Series:
    rule = BreakRule(float(arrays[f"{at}.rule"][0]), int(arrays[f"{at}.rule"][1]))
    kept = {f.name: arrays[f"{at}.watch.{f.name}"] for f in fields(Watch)[:-1]}
    watch = Watch(
        **{n: np.array(v) for n, v in kept.items() if n != "last_day"}, last_day=int(kept["last_day"]), rule=rule
    )
    values: dict[str, Any] = {"watch": watch}
    for f in fields(Series):
        if f.name == "watch":
            continue
        value = arrays[f"{at}.{f.name}"]
        kind = str(f.type)
        values[f.name] = (
            str(value) if kind == "str" else int(value) if kind == "int" else float(value) if kind == "float"
            else tuple(str(v) for v in value) if kind.startswith("tuple") else np.array(value)
        )  # fmt: skip
    return Series(**values)
