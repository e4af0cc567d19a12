"""When did the ground change for good? Breaks in pixel histories, and a watch that a new picture moves on.

A pixel's season and trend are a harmonic model of every band; looks that all lie off it, in a row and the same way,
are a break, and a new model begins. The rules are those of CCDC (Zhu and Woodcock 2014, Remote Sens. Environ. 144,
152-171) and COLD (Zhu et al. 2020, ibid. 244, 111116): distance by chi-square over all bands, noise no less than what
looks a month apart differ by, looks far off alone are outliers. Ours: fits by normal equations with a ridge (no
iteration), outliers of the beginning by Huber's weights on all bands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.breaks_kernels import segment_pixels, update_pixels
from swath.product.harmonic_kernels import SEASONS, TERMS, YEAR_DAYS

__all__ = [
    "BROKEN",
    "NO_MODEL",
    "STABLE",
    "BreakRule",
    "Breaks",
    "Watch",
    "chi_square",
    "find_breaks",
    "harmonic_design",
    "level_for",
    "move_on",
]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Days = npt.NDArray[np.int64]

NO_MODEL, STABLE, BROKEN = 0, 1, 2
_OUTLIER_LEVEL = 0.999999
_MOST_BREAKS = 16


@dataclass(frozen=True)
class BreakRule:
    """What counts as a break."""

    level_share: float = 0.99
    """chi-square level beyond which a look is off its model; :func:`level_for` finds it for a false alarm rate"""
    consecutive: int = 6
    """looks in a row that must be off"""

    def __post_init__(self) -> None:
        if not 0.5 <= self.level_share < 1.0 or not 1 <= self.consecutive <= 64:
            raise InputError(
                f"a break of {self.consecutive} looks beyond level {self.level_share}",
                fix="Give a level from 0.5 to below 1 and 1 to 64 looks",
            )


@dataclass(frozen=True)
class Watch:
    """The state of many pixels' models, all that the next picture needs; plain arrays, to be kept as they are.

    310 bytes a pixel with five bands: eight terms and six deviations a band in single precision, and the count.
    """

    models: npt.NDArray[np.float32]
    """``(pixel, band, 8)`` constant, trend a year, cosine and sine of one, two and three waves a year"""
    sigmas: npt.NDArray[np.float32]
    """``(pixel, season, band)`` deviation of looks from the model, in six seasons of two months"""
    status: npt.NDArray[np.uint8]
    """``(pixel,)`` 0 no model yet, 1 stable, 2 broken"""
    pending: npt.NDArray[np.uint8]
    """``(pixel,)`` last looks in a row that were off"""
    since: npt.NDArray[np.int32]
    """``(pixel,)`` ordinal day of the first of them: the day of the break where broken"""
    direction: npt.NDArray[np.float32]
    """``(pixel, band)`` sum of their directions"""
    reference_day: int
    """ordinal day from which trends count"""
    last_day: int
    """ordinal day of the newest look"""


@dataclass(frozen=True)
class Breaks:
    """What became of every pixel."""

    number: npt.NDArray[np.int32]
    """``(pixel,)`` breaks found"""
    days: npt.NDArray[np.int32]
    """``(pixel, 16)`` ordinal days (1 = 1 January of year 1, as ``date.toordinal``) of the first 16, 0 where fewer"""
    looks: npt.NDArray[np.int32]
    """``(pixel,)`` looks that the last model was made of; 0: too few since the last break, or ever"""
    watch: Watch
    """for :func:`move_on`"""


def harmonic_design(days: npt.ArrayLike, reference_day: int) -> npt.NDArray[np.float64]:
    """``(date, 8)`` terms of the model on ordinal days: 1, years since the reference, cosines and sines."""
    day = np.asarray(days, np.float64)
    angle = 2.0 * np.pi * day / YEAR_DAYS
    waves = [f(k * angle) for k in (1, 2, 3) for f in (np.cos, np.sin)]
    return np.stack([np.ones_like(day), (day - reference_day) / YEAR_DAYS, *waves], -1)


def _season(days: npt.ArrayLike) -> Array:
    return (np.mod(np.asarray(days, np.float64), YEAR_DAYS) / YEAR_DAYS * SEASONS).astype(np.int64) % SEASONS


def find_breaks(days: npt.ArrayLike, stack: Array, seen: Mask, rule: BreakRule | None = None) -> Breaks:
    """All breaks of many pixels' histories.

    ``days`` ``(date,)`` ordinal days, in any order, one picture a day or more; ``stack`` ``(date, band, pixel)`` of
    any number type, ``seen`` ``(date, pixel)``. NaN and infinite values are not seen. A model needs 12 looks over a
    year; a pixel with fewer has ``looks`` 0. Raises :class:`InputError` for shapes that do not fit.

    On the Landsat history ``pixel_series`` the first break is day 735040, as with pyxccd
    (tests/authorities/test_breaks_pyxccd.py); how much faster than that: benchmarks/README.md.
    """
    rule = rule or BreakRule()
    day, stack, seen = _in_order(np.asarray(days), stack, seen)
    _, bands, pixels = stack.shape
    found = np.zeros((pixels, _MOST_BREAKS), np.int32)
    number, looks, pending = (np.zeros(pixels, np.int32) for _ in range(3))
    models, sigmas = np.zeros((pixels, bands, TERMS), np.float32), np.zeros((pixels, SEASONS, bands), np.float32)
    design = harmonic_design(day, int(day[0]))
    segment_pixels(
        day, _season(day), design, stack, seen, _limits(rule, bands), rule.consecutive,
        found, number, models, sigmas, looks, pending,
    )  # fmt: skip
    watch = Watch(
        models=models,
        sigmas=sigmas,
        status=np.where(looks > 0, STABLE, NO_MODEL).astype(np.uint8),
        pending=np.zeros(pixels, np.uint8),
        since=np.zeros(pixels, np.int32),
        direction=np.zeros((pixels, bands), np.float32),
        reference_day=int(day[0]),
        last_day=int(day[-1]),
    )
    return Breaks(number, found, looks, _with_tail(watch, rule, day, stack, seen, pending))


def _in_order(day: Array, stack: Array, seen: Mask) -> tuple[Array, Array, Mask]:
    """The looks by time, in memory as the kernels go through them."""
    if stack.ndim != 3 or day.shape != stack.shape[:1] or seen.shape != (len(stack), stack.shape[2]) or not len(day):
        raise InputError(
            f"{day.shape} days, a stack of {stack.shape}, seen {seen.shape}",
            fix="Give (date,), (date, band, pixel) and (date, pixel), one date at least",
        )
    if (np.diff(day) < 0).any():
        order = np.argsort(day, kind="stable")
        day, stack, seen = day[order], stack[order], seen[order]
    if stack.dtype.kind == "f":
        seen = seen & np.isfinite(stack).all(1)
    return day.astype(np.float64), np.ascontiguousarray(stack), np.ascontiguousarray(seen)


def _with_tail(watch: Watch, rule: BreakRule, days: Array, stack: Array, seen: Mask, pending: Array) -> Watch:
    """The watch as it stands after the looks that were off at the end of the histories."""
    tail = np.flatnonzero(pending > 0)
    if not len(tail):
        return watch
    ranks = np.cumsum(seen[::-1, tail], axis=0)[::-1]
    part = _chosen(watch, tail)
    for d in np.flatnonzero((ranks <= pending[tail]).any(1)):
        now = seen[d, tail] & (ranks[d] <= pending[tail])
        _update(part, rule, float(days[d]), stack[d][:, tail], now)
    for name in ("status", "pending", "since", "direction"):
        getattr(watch, name)[tail] = getattr(part, name)
    return watch


def _chosen(watch: Watch, pixels: Array) -> Watch:
    per_pixel = ("models", "sigmas", "status", "pending", "since", "direction")
    return Watch(**{n: getattr(watch, n)[pixels] for n in per_pixel}, reference_day=watch.reference_day, last_day=0)


def move_on(watch: Watch, day: int, values: Array, seen: Mask, rule: BreakRule | None = None) -> tuple[Watch, Mask]:
    """One new picture: the watch moved on, and which pixels broke with it, ``(pixel,)``.

    ``values`` ``(band, pixel)``, ``seen`` ``(pixel,)``. A pixel breaks when ``rule.consecutive`` looks in a row are
    off the same way; its ``since`` is then the day of the first, its ``status`` 2 until :func:`find_breaks` gives it
    a new model. A million pixels of five bands take 0.1 s. :class:`InputError` for shapes that do not fit and for a
    day before the newest: looks must come in order.
    """
    bands = watch.sigmas.shape[2]
    if values.shape != (bands, len(watch.status)) or seen.shape != watch.status.shape:
        raise InputError(
            f"values are {values.shape}, seen {seen.shape}", fix=f"Give ({bands}, {len(watch.status)}) and one mask"
        )
    if day < watch.last_day:
        raise InputError(
            f"day {day} comes before the newest look, day {watch.last_day}",
            fix="Give pictures in order of time, or find the breaks of the whole history again",
        )
    names = ("status", "pending", "since", "direction")
    moved = replace(watch, last_day=int(day), **{name: getattr(watch, name).copy() for name in names})
    return moved, _update(moved, rule or BreakRule(), float(day), values, seen)


def _update(watch: Watch, rule: BreakRule, day: float, values: Array, seen: Mask) -> Mask:
    alert = np.zeros(len(watch.status), np.bool_)
    design = harmonic_design(day, watch.reference_day)
    known = seen if values.dtype.kind != "f" else seen & np.isfinite(values).all(0)
    update_pixels(
        day, int(_season(day)), design, values, known, watch.models, watch.sigmas, _limits(rule, len(values)),
        rule.consecutive, watch.status, watch.pending, watch.since, watch.direction, alert,
    )  # fmt: skip
    return alert


def level_for(*, chance_per_year: float, looks_per_year: float, consecutive: int = 6) -> float:
    """Which level gives a stable pixel so many false alarms a year, if its looks err independently and normally?

    All of ``consecutive`` looks in a row are off by chance (1 - level)^consecutive; the demand that they be off the
    same way makes it rarer still. What an atmosphere adds is not independent: tests/product/test_breaks.py has what
    simulated series with it give. Not below 0.5.
    """
    if not (0.0 < chance_per_year < 1.0 and looks_per_year > 0.0 and consecutive >= 1):
        raise InputError(
            f"{chance_per_year} false alarms a year of {looks_per_year} looks", fix="Give a chance between 0 and 1"
        )
    return max(1.0 - float((chance_per_year / looks_per_year) ** (1.0 / consecutive)), 0.5)


def chi_square(level_share: float, degrees: int) -> float:
    """The value that a sum of so many squared normal deviates stays below with this probability (to 1e-9)."""
    low, high = 0.0, 10.0 * degrees + 200.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _below(middle, degrees) < level_share else (low, middle)
    return 0.5 * (low + high)


def _below(value: float, degrees: int) -> float:
    """Regularised lower incomplete gamma function by its series (Abramowitz and Stegun 6.5.29)."""
    a, x = 0.5 * degrees, 0.5 * value
    if x <= 0.0:
        return 0.0
    term = total = 1.0 / a
    for n in range(1, 1000):
        term *= x / (a + n)
        total += term
        if term < 1e-16 * total:
            break
    return total * math.exp(-x + a * math.log(x) - math.lgamma(a))


def _limits(rule: BreakRule, bands: int) -> npt.NDArray[np.float64]:
    return np.array([chi_square(rule.level_share, bands), chi_square(_OUTLIER_LEVEL, bands)])
