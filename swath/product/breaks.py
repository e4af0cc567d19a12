"""When did the ground change for good? Breaks in pixel histories, and a state that every new picture moves on.

A pixel's season and trend are a harmonic model of every band; looks that all lie off it, in a row and the same way,
are a break, and a new model begins. The rules are those of CCDC (Zhu and Woodcock 2014, Remote Sens. Environ. 144,
152-171) and COLD (Zhu et al. 2020, ibid. 244, 111116): distance by chi-square over all bands, noise no less than what
looks a month apart differ by, looks far off alone are outliers. Ours: fits by normal equations with a ridge (no
iteration), outliers of the beginning by Huber's weights on all bands, and every decision made from the looks so far
alone: a history given whole, and given look by look to a kept state, end the same (S-CCD's idea: Ye et al. 2021,
ibid. 252, 112167).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.breaks_kernels import BROKEN, NO_MODEL, STABLE, segment_pixels, update_pixels
from swath.product.foretell_kernels import foretell_pixels
from swath.product.harmonic_kernels import SEASONS, TERMS

__all__ = [
    "BROKEN",
    "NO_MODEL",
    "STABLE",
    "BreakRule",
    "Breaks",
    "Foretold",
    "Watch",
    "begin_again",
    "chi_square",
    "find_breaks",
    "foretell",
    "level_for",
    "move_on",
]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Float32s = npt.NDArray[np.float32]

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

    Some 900 bytes a pixel with five bands and six looks to a break, in single precision.
    """

    models: Float32s
    """``(pixel, band, 8)`` constant (from ``anchors``), trend a year (from ``origins``), cosine and sine of one, two
    and three waves a year"""
    grams: Float32s
    """``(pixel, 8, 8)`` sums of products of the terms, lower half; ``moments`` and ``squares`` with the values"""
    moments: Float32s
    """``(pixel, band, 8)``"""
    squares: Float32s
    """``(pixel, band)``"""
    sigmas: Float32s
    """``(pixel, band)`` deviation of looks from the model"""
    floors: Float32s
    """``(pixel, band)`` noise: no deviation is less"""
    anchors: Float32s
    """``(pixel, band)`` the model's first look"""
    season_squares: Float32s
    """``(pixel, season, band)`` squared errors of foretold looks, in six seasons of two months each"""
    season_looks: npt.NDArray[np.uint16]
    """``(pixel, season)`` their number"""
    tally: npt.NDArray[np.int32]
    """``(pixel, 4)`` looks in the model, how many when last solved, day of ``recent`` and how many came before"""
    recent: Float32s
    """``(pixel, band)`` the look that noise was last told from"""
    origins: npt.NDArray[np.int32]
    """``(pixel,)`` ordinal day of the model's first look"""
    status: npt.NDArray[np.uint8]
    """``(pixel,)`` 0 no model yet, 1 stable, 2 broken"""
    waiting_days: npt.NDArray[np.int32]
    """``(pixel, consecutive - 1)`` days of the last looks in a row that were off, too few yet for a break"""
    waiting: Float32s
    """``(pixel, consecutive - 1, band)`` their values"""
    pending: npt.NDArray[np.uint8]
    """``(pixel,)`` their number"""
    since: npt.NDArray[np.int32]
    """``(pixel,)`` ordinal day of the last break, 0: none"""
    last_day: int
    """ordinal day of the newest look"""
    rule: BreakRule

    def __len__(self) -> int:
        return len(self.status)


@dataclass(frozen=True)
class Breaks:
    """What became of every pixel."""

    number: npt.NDArray[np.int32]
    """``(pixel,)`` breaks found"""
    days: npt.NDArray[np.int32]
    """``(pixel, 16)`` ordinal days (1 = 1 January of year 1, as ``date.toordinal``) of the first 16, 0 where fewer"""
    looks: npt.NDArray[np.int32]
    """``(pixel,)`` looks that the last model holds; 0: too few since the last break, or ever"""
    watch: Watch
    """for :func:`move_on`"""


def _blank(pixels: int, bands: int, rule: BreakRule, last_day: int) -> Watch:
    wait = rule.consecutive - 1
    shapes = {
        "models": (bands, TERMS), "grams": (TERMS, TERMS), "moments": (bands, TERMS), "squares": (bands,),
        "sigmas": (bands,), "floors": (bands,), "anchors": (bands,), "season_squares": (SEASONS, bands),
        "season_looks": (SEASONS,), "tally": (4,), "recent": (bands,), "origins": (), "status": (),
        "waiting_days": (wait,), "waiting": (wait, bands), "pending": (), "since": (),
    }  # fmt: skip
    kinds: dict[str, Any] = dict.fromkeys(("tally", "origins", "waiting_days", "since"), np.int32)
    kinds |= {"season_looks": np.uint16, "status": np.uint8, "pending": np.uint8}
    arrays: dict[str, Any] = {n: np.zeros((pixels, *s), kinds.get(n, np.float32)) for n, s in shapes.items()}
    return Watch(**arrays, last_day=last_day, rule=rule)


_ARRAYS = tuple(f.name for f in fields(Watch))[:-2]


def _copied(watch: Watch) -> Watch:
    return replace(watch, **{name: getattr(watch, name).copy() for name in _ARRAYS})


def _state(watch: Watch, pixels: slice) -> tuple[Array, ...]:
    return tuple(getattr(watch, name)[pixels] for name in _ARRAYS)


def _in_parts(pixels: int, workers: int, work: Callable[[slice], None]) -> None:
    """``work`` on equal parts of the pixels at once: the kernels let go of Python's lock."""
    edges = np.linspace(0, pixels, min(workers, max(pixels, 1)) + 1).astype(int)
    parts = [slice(int(a), int(b)) for a, b in pairwise(edges)]
    if len(parts) == 1:
        return work(parts[0])
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))
    return None


def find_breaks(
    days: npt.ArrayLike, stack: Array, seen: Mask, rule: BreakRule | None = None, *, workers: int = 1
) -> Breaks:
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
    found, number = np.zeros((pixels, _MOST_BREAKS), np.int32), np.zeros(pixels, np.int32)
    watch, limits = _blank(pixels, bands, rule, int(day[-1])), _limits(rule, bands)

    def work(part: slice) -> None:
        segment_pixels(
            day, stack[:, :, part], seen[:, part], limits, rule.consecutive, found[part], number[part],
            _state(watch, part),
        )  # fmt: skip

    _in_parts(pixels, workers, work)
    return Breaks(number, found, np.where(watch.status == STABLE, watch.tally[:, 0], 0).astype(np.int32), watch)


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
    return day.astype(np.int64), stack, seen


def move_on(
    watch: Watch, day: int, values: Array, seen: Mask, *, workers: int = 1, in_place: bool = False
) -> tuple[Watch, Mask]:
    """One new picture: the watch moved on, and which pixels broke with it, ``(pixel,)``.

    ``values`` ``(band, pixel)``, ``seen`` ``(pixel,)``. A pixel breaks when ``rule.consecutive`` looks in a row are
    off the same way; its ``since`` is then the day of the first, its ``status`` 2 until :func:`begin_again` gives it
    a new model. ``in_place`` spares the copy of the arrays, about a kilobyte a pixel, and uses ``watch`` up.
    Looks given one by one end as the whole history in :func:`find_breaks` does (tests/product/test_breaks_state.py);
    seconds for millions of pixels: benchmarks/README.md. :class:`InputError` for shapes that do not fit and for a day
    before the newest: looks must come in order.
    """
    bands = watch.sigmas.shape[1]
    if values.shape != (bands, len(watch)) or seen.shape != watch.status.shape:
        raise InputError(
            f"values are {values.shape}, seen {seen.shape}", fix=f"Give ({bands}, {len(watch)}) and one mask"
        )
    if day < watch.last_day:
        raise InputError(
            f"day {day} comes before the newest look, day {watch.last_day}",
            fix="Give pictures in order of time, or find the breaks of the whole history again",
        )
    watch = watch if in_place else _copied(watch)
    alert = np.zeros(len(watch), np.bool_)
    known = seen if values.dtype.kind != "f" else seen & np.isfinite(values).all(0)
    limits = _limits(watch.rule, bands)

    def work(part: slice) -> None:
        update_pixels(
            int(day), values[:, part], known[part], limits, watch.rule.consecutive, _state(watch, part), alert[part]
        )

    _in_parts(len(watch), workers, work)
    return replace(watch, last_day=int(day)), alert


def begin_again(
    watch: Watch, days: npt.ArrayLike, stack: Array, seen: Mask, *, in_place: bool = False
) -> tuple[Watch, Mask]:
    """Models for the pixels that have none, from their whole history; and which have one now, ``(pixel,)``.

    ``days``, ``stack`` and ``seen`` as in :func:`find_breaks`, up to the watch's newest look: a pixel that broke, or
    never had 12 looks over a year, is watched again as soon as it can be. ``in_place`` as in :func:`move_on`.
    """
    without = np.flatnonzero(watch.status != STABLE)
    if stack.shape[1:] != (watch.sigmas.shape[1], len(watch)):
        raise InputError(f"a stack of {stack.shape} for {len(watch)} pixels", fix="Give the history of these pixels")
    watch = watch if in_place else _copied(watch)
    again = np.zeros(len(watch), np.bool_)
    if len(without):
        fresh = find_breaks(days, stack[:, :, without], seen[:, without], watch.rule).watch
        for name in _ARRAYS:
            getattr(watch, name)[without] = getattr(fresh, name)
        again[without] = fresh.status == STABLE
    return watch, again


@dataclass(frozen=True)
class Foretold:
    """What pixels should look like on a day, ``(band, pixel)`` each; NaN without a model."""

    value: Float32s
    sigma: Float32s
    """deviation of looks in this season, with a young model's own doubt"""
    slope: Float32s
    """what the season changes in a day"""
    swing: Float32s
    """how far the season is from the year's mean"""


def foretell(watch: Watch, day: int) -> Foretold:
    """What should the pixels look like on a day, and how surely (tests/product/test_breaks_state.py)?"""
    told = [np.empty((watch.sigmas.shape[1], len(watch)), np.float32) for _ in range(4)]
    foretell_pixels(
        int(day), watch.status, watch.origins, watch.anchors, watch.models, watch.grams, watch.sigmas,
        watch.season_squares, watch.season_looks, watch.tally, *told,
    )  # fmt: skip
    return Foretold(*told)


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


def _limits(rule: BreakRule, bands: int) -> Float32s:
    return np.array([chi_square(rule.level_share, bands), chi_square(_OUTLIER_LEVEL, bands)], np.float32)
