"""Hot loops of break detection: stretches of a history that one model holds for. Plain arrays in and out.

Everything is decided look by look from what came before, so that a kept state and one new look give what the whole
history gives: both run the same loops.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.product.harmonic_kernels import (
    FEWEST_LOOKS,
    TERMS,
    WHOLE_MODEL_LOOKS,
    YEAR_DAYS,
    add_look,
    apart_from,
    doubt_of,
    is_unstable,
    leverage_of,
    noise_floors,
    screen_outliers,
    season_of,
    seasonal_apart,
    solve_model,
    track_noise,
    waves_of,
)

__all__ = ["NO_MODEL", "STABLE", "BROKEN", "segment_pixels", "update_pixels"]

Array = npt.NDArray[Any]

NO_MODEL, STABLE, BROKEN = 0, 1, 2
_GROWTH = 1.33
_TOGETHER = 64
_0 = np.float32(0.0)
_SUMS = {"reassoc", "nsz", "contract"}


@njit(cache=True, nogil=True)
def _angle(now: Array, before: Array) -> float:
    """Between the directions in which two looks are off."""
    dot = one = two = _0
    for band in range(len(now)):
        dot += now[band] * before[band]
        one += now[band] * now[band]
        two += before[band] * before[band]
    return float(np.arccos(min(max(dot / np.sqrt(one * two), np.float32(-1.0)), np.float32(1.0))))


@njit(cache=True, nogil=True, fastmath=_SUMS)
def _run_from(
    i: int, season: Array, design: Array, values: Array, change: float, consecutive: int, sums: Any, fit: Any,
    seasonal: Any, now: Array, before: Array,
) -> Any:  # fmt: skip
    """How many looks in a row from ``i`` are off, whether they are a break, and how far off the first is.

    A break is enough of them, off the same way: less than 45 degrees apart on average, look after look (Zhu et al.
    2020).
    """
    gram, anchor, model, yearly, inverse = sums[0], sums[3], fit[0], fit[1], fit[3]
    season_squares, season_looks, tally = seasonal[0], seasonal[1], seasonal[2]
    count, angles, first, asked, young = 0, 0.0, _0, False, False
    for n in range(i, len(values)):
        far = apart_from(design, values, n, anchor, model, yearly, now)
        if far > change:
            far = seasonal_apart(season[n], tally[0], yearly, season_squares, season_looks, now)
            if far > change and not asked:
                asked, young = True, doubt_of(tally[0], tally[1], gram, inverse)
            if young and far > change:
                far /= np.float32(1.0) + leverage_of(design, n, inverse)
        if n == i:
            first = far
        if far <= change:
            return count, False, first
        if count > 0:
            angles += _angle(now, before)
        before[:] = now
        count += 1
        if count == consecutive:
            return count, angles / max(count - 1, 1) < 0.25 * np.pi, first
    return count, False, first


@njit(cache=True, nogil=True)
def _window(days: Array, kept: Array, start: int) -> int:
    """Last look of the shortest window from ``start`` with enough kept looks over a year; -1: there is none."""
    count, first = 0, -1
    for n in range(start, len(days)):
        if kept[n]:
            if count == 0:
                first = days[n]
            count += 1
            if count >= FEWEST_LOOKS and days[n] - first >= YEAR_DAYS:
                return n
    return -1


@njit(cache=True, nogil=True)
def _count_from(days: Array, design: Array, first: int, last: int, origin: int) -> None:
    """Trends of some looks count from a day."""
    for n in range(first, last + 1):
        design[n, 1] = np.float32((days[n] - origin) / YEAR_DAYS)


@njit(cache=True, nogil=True, fastmath=_SUMS)
def _fit_window(days: Array, design: Array, values: Array, kept: Array, start: int, end: int, sums: Any) -> Any:
    """Sums of the kept looks of a window; the first one kept and their number."""
    gram, moments, squares, anchor = sums
    gram[:], moments[:], squares[:] = _0, _0, _0
    count, first = 0, -1
    for n in range(start, end + 1):
        if kept[n]:
            if first < 0:
                first = n
                anchor[:] = values[n]
                _count_from(days, design, n, end, days[n])
            add_look(design, values, n, anchor, gram, moments, squares)
            count += 1
    return first, count


@njit(cache=True, nogil=True)
def _begin(
    days: Array, design: Array, values: Array, kept: Array, start: int, limits: Array, sums: Any, fit: Any, work: Any
) -> Any:
    """First stable model from ``start`` on: its first and last look and the number kept; -1 where there is none."""
    gram, moments, squares, anchor = sums
    model, yearly, floor, lower = fit
    judged = -1
    while True:
        end = -1
        for _ in range(2):  # what the first screening drops may make the window longer
            longer = _window(days, kept, start)
            if longer < 0:
                return -1, -1, 0
            if longer <= end:
                break
            end = longer
            _count_from(days, design, start, end, days[start])
            if end != judged:
                noise_floors(days, values, end, work[4], floor)
                judged = end
            screen_outliers(design, values, floor, limits, kept, start, end, work)
        first, count = _fit_window(days, design, values, kept, start, end, sums)
        if count >= FEWEST_LOOKS:
            last = end
            while not kept[last]:
                last -= 1
            solve_model(count, gram, moments, squares, floor, model, yearly, lower)
            if not is_unstable(design, values, anchor, first, last, model, yearly, limits[0]):
                return first, end, count
        start = max(first, start) + 1


@njit(cache=True, nogil=True, inline="always")
def _take_in(
    n: int, day: int, design: Array, values: Array, season: int, now: Array, sums: Any, fit: Any, seasonal: Any
) -> None:
    """One look into a model that foretold it; solved again once it has grown. ``now``: how far off, in deviations."""
    gram, moments, squares, anchor = sums
    model, yearly, floor, lower = fit
    season_squares, season_looks, tally, recent = seasonal
    track_noise(day, n, values, recent, tally, floor)
    if tally[0] >= WHOLE_MODEL_LOOKS:
        season_looks[season] += 1
        for band in range(len(now)):
            off = now[band] * yearly[band]
            season_squares[season, band] += off * off
    add_look(design, values, n, anchor, gram, moments, squares)
    tally[0] += 1
    if tally[0] >= (_GROWTH * tally[1] if tally[0] > WHOLE_MODEL_LOOKS else tally[1] + 2):
        solve_model(tally[0], gram, moments, squares, floor, model, yearly, lower)
        tally[1] = tally[0]


@njit(cache=True, nogil=True, fastmath=_SUMS)
def _follow(
    i: int, days: Array, season: Array, design: Array, values: Array, limits: Array, consecutive: int, sums: Any,
    fit: Any, seasonal: Any, pair: Any,
) -> Any:  # fmt: skip
    """Follow a model look by look from ``i``: it takes in what is not off, and is solved again as it grows.

    Returns the first look that is not decided (the number of looks: none) and whether it is a break; looks from it on
    are off, but too few to tell.
    """
    now, looks = pair[0], len(values)
    while i < looks:
        far = apart_from(design, values, i, sums[3], fit[0], fit[1], now)
        if far > limits[0]:
            count, is_break, far = _run_from(
                i, season, design, values, limits[0], consecutive, sums, fit, seasonal, pair[1], pair[2]
            )
            if is_break or (0 < count < consecutive and i + count == looks):
                return i, is_break
            if far > limits[1]:
                i += 1
                continue
        _take_in(i, days[i], design, values, season[i], now, sums, fit, seasonal)
        i += 1
    return i, False


@njit(cache=True, nogil=True)
def _collect(stack: Array, seen: Array, count: Array, which: Array, values: Array) -> None:
    """The seen looks of some pixels, each pixel's together: memory is gone through in the order it lies in."""
    count[:] = 0
    for d in range(stack.shape[0]):
        for p in range(stack.shape[2]):
            if seen[d, p]:
                which[p, count[p]] = d
                count[p] += 1
        for band in range(stack.shape[1]):
            for p in range(stack.shape[2]):
                if seen[d, p]:
                    values[p, count[p] - 1, band] = stack[d, band, p]


@njit(cache=True, nogil=True)
def _work(dates: int, bands: int) -> Any:
    f = np.float32
    screen = (np.zeros((4, 4), f), np.zeros((4, 4), f), np.zeros((bands, 4), f), np.zeros(4, f), np.zeros(dates, f))
    return screen, (np.zeros(bands, f), np.zeros(bands, f), np.zeros(bands, f)), np.zeros((TERMS, TERMS), f)


@njit(cache=True, nogil=True)
def _state_of(p: int, state: Any, lower: Array) -> Any:
    """The views of one pixel's state that the loops work on."""
    models, grams, moments, squares, yearly, floors, anchors, season_squares, season_looks, tally, recent = state[:11]
    return (
        (grams[p], moments[p], squares[p], anchors[p]),
        (models[p], yearly[p], floors[p], lower),
        (season_squares[p], season_looks[p], tally[p], recent[p]),
    )


@njit(cache=True, nogil=True)
def _leave_pending(p: int, days: Array, values: Array, state: Any) -> None:
    """Looks that are off, but too few to tell, wait in the state for the next."""
    waiting_days, waiting, pending = state[13], state[14], state[15]
    pending[p] = len(days)
    for k in range(len(days)):
        waiting_days[p, k] = days[k]
        waiting[p, k] = values[k]


@njit(cache=True, nogil=True)
def _segment(
    p: int, days: Array, season: Array, design: Array, values: Array, limits: Array, consecutive: int, found: Array,
    state: Any, kept: Array, screen: Any, pair: Any, lower: Array,
) -> int:  # fmt: skip
    """All breaks of one pixel's seen looks; its state afterwards. Returns their number."""
    sums, fit, seasonal = _state_of(p, state, lower)
    origins, status, since = state[11], state[12], state[16]
    breaks, start = 0, 0
    kept[: len(days)] = True
    while True:
        first, end, count = _begin(days, design, values, kept, start, limits, sums, fit, screen)
        if first < 0:
            sums[0][:], sums[1][:], sums[2][:], fit[0][:], fit[1][:] = _0, _0, _0, _0, _0
            seasonal[0][:], seasonal[1][:], seasonal[2][:], seasonal[3][:] = _0, 0, 0, _0
            status[p] = BROKEN if breaks > 0 else NO_MODEL
            return breaks
        origins[p], status[p] = days[first], STABLE
        seasonal[0][:], seasonal[1][:], seasonal[2][:] = _0, 0, 0
        seasonal[2][0] = seasonal[2][1] = count
        last = end
        while not kept[last]:
            last -= 1
        seasonal[2][2], seasonal[3][:] = days[last], values[last]
        _count_from(days, design, end + 1, len(days) - 1, days[first])
        start, is_break = _follow(end + 1, days, season, design, values, limits, consecutive, sums, fit, seasonal, pair)
        if not is_break:
            _leave_pending(p, days[start:], values[start:], state)
            return breaks
        since[p] = days[start]
        if breaks < len(found):
            found[breaks] = days[start]
        breaks += 1


@njit(cache=True, nogil=True)
def segment_pixels(
    days: Array, stack: Array, seen: Array, limits: Array, consecutive: int, breaks: Array, number: Array, state: Any
) -> None:
    """Breaks and state of many pixels.

    ``days`` (date,) int, ``stack`` (date, band, pixel), ``seen`` (date, pixel), ``limits``: squared distances of a
    change and of an outlier, single precision. Out: ``breaks`` (pixel, most) days, ``number`` of breaks, and
    ``state``: the arrays of a Watch in its order, zero before.
    """
    dates, bands, pixels = stack.shape
    design, season = np.zeros((dates, TERMS), np.float32), np.zeros(dates, np.int64)
    for d in range(dates):
        waves_of(days[d], design[d])
        season[d] = season_of(days[d])
    screen, pair, lower = _work(dates, bands)
    own_days, own_season, kept = np.empty(dates, np.int64), np.empty(dates, np.int64), np.empty(dates, np.bool_)
    own_design = np.empty((dates, TERMS), np.float32)
    count, which, values = (
        np.empty(_TOGETHER, np.int64),
        np.empty((_TOGETHER, dates), np.int64),
        np.empty((_TOGETHER, dates, bands), np.float32),
    )
    for first in range(0, pixels, _TOGETHER):
        last = min(first + _TOGETHER, pixels)
        _collect(stack[:, :, first:last], seen[:, first:last], count, which, values)
        for p in range(first, last):
            n = count[p - first]
            for k in range(n):
                d = which[p - first, k]
                own_days[k], own_design[k], own_season[k] = days[d], design[d], season[d]
            number[p] = _segment(
                p, own_days[:n], own_season[:n], own_design[:n], values[p - first, :n], limits, consecutive, breaks[p],
                state, kept, screen, pair, lower,
            )  # fmt: skip


@njit(cache=True, nogil=True)
def _again(
    p: int, day: int, now_values: Array, limits: Array, consecutive: int, state: Any, design: Array, values: Array,
    days: Array, season: Array, pair: Any, lower: Array,
) -> bool:  # fmt: skip
    """A look at a pixel with looks that wait: they are judged with it, in order. True: the pixel broke."""
    origins, status, waiting_days, waiting, pending, since = (
        state[11], state[12], state[13], state[14], state[15], state[16],
    )  # fmt: skip
    sums, fit, seasonal = _state_of(p, state, lower)
    n = int(pending[p]) + 1
    for k in range(n):
        days[k] = waiting_days[p, k] if k < n - 1 else day
        waves_of(days[k], design[k])
        season[k] = season_of(days[k])
        values[k] = waiting[p, k] if k < n - 1 else now_values[0]
    _count_from(days, design, 0, n - 1, origins[p])
    at, is_break = _follow(
        0, days[:n], season[:n], design[:n], values[:n], limits, consecutive, sums, fit, seasonal, pair
    )
    if is_break:
        status[p], since[p], pending[p] = BROKEN, days[at], 0
    else:
        _leave_pending(p, days[at:n], values[at:n], state)
    return bool(is_break)


@njit(cache=True, nogil=True, fastmath=_SUMS)
def update_pixels(
    day: int, stack: Array, seen: Array, limits: Array, consecutive: int, state: Any, alert: Array
) -> None:
    """One new look at many pixels that have a model: ``stack`` (band, pixel), ``seen`` (pixel,).

    ``state``: the arrays of a Watch, moved on in place. ``alert``: pixels that broke with this look.
    """
    bands, pixels = stack.shape
    origins, status, pending = state[11], state[12], state[15]
    _, pair, lower = _work(1, bands)
    most = consecutive
    design, values = np.zeros((most, TERMS), np.float32), np.zeros((most, bands), np.float32)
    days, season = np.zeros(most, np.int64), np.zeros(most, np.int64)
    here, now_values, now_season = np.zeros((1, TERMS), np.float32), np.zeros((1, bands), np.float32), season_of(day)
    waves_of(day, here[0])
    for p in range(pixels):
        alert[p] = False
        if not seen[p] or status[p] != STABLE:
            continue
        for band in range(bands):
            now_values[0, band] = stack[band, p]
        if pending[p] == 0:
            sums, fit, seasonal = _state_of(p, state, lower)
            here[0, 1] = np.float32((day - origins[p]) / YEAR_DAYS)
            far = apart_from(here, now_values, 0, sums[3], fit[0], fit[1], pair[0])
            if far <= limits[0]:
                _take_in(0, day, here, now_values, now_season, pair[0], sums, fit, seasonal)
                continue
        alert[p] = _again(p, day, now_values, limits, consecutive, state, design, values, days, season, pair, lower)
