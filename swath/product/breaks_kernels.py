"""Hot loops of break detection: stretches of a history that one model holds for. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.product.harmonic_kernels import (
    FEWEST_LOOKS,
    SEASONS,
    TERMS,
    WHOLE_MODEL_LOOKS,
    YEAR_DAYS,
    add_look,
    apart_from,
    is_unstable,
    noise_floors,
    screen_outliers,
    seasonal_sigmas,
    solve_model,
)

__all__ = ["segment_pixels", "update_pixels"]

Array = npt.NDArray[Any]

_GROWTH = 1.33
_TOGETHER = 64


@njit(cache=True, nogil=True)
def _breaks_at(
    i: int, season: Array, design: Array, values: Array, kept: Array, model: Array, sigma: Array, change: float,
    consecutive: int, now: Array, before: Array,
) -> Any:  # fmt: skip
    """How many looks in a row from ``i`` are off, and whether they are a break: enough of them, and off the same way.

    The same way: less than 45 degrees apart on average, look after look (Zhu et al. 2020).
    """
    count, angles = 0, 0.0
    for n in range(i, len(values)):
        if not kept[n]:
            continue
        far = apart_from(design[n], values[n], model, sigma[season[n]], now)
        if far <= change:
            return count, False
        if count > 0:
            dot = one = two = 0.0
            for band in range(len(now)):
                dot += now[band] * before[band]
                one += now[band] * now[band]
                two += before[band] * before[band]
            angles += np.arccos(min(max(dot / np.sqrt(one * two), -1.0), 1.0))
        before[:] = now
        count += 1
        if count == consecutive:
            return count, angles / max(count - 1, 1) < 0.25 * np.pi
    return count, False


@njit(cache=True, nogil=True)
def _window(days: Array, kept: Array, start: int) -> int:
    """Last look of the shortest window from ``start`` with enough kept looks over a year; -1: there is none."""
    count, first = 0, -1.0
    for n in range(start, len(days)):
        if kept[n]:
            if count == 0:
                first = days[n]
            count += 1
            if count >= FEWEST_LOOKS and days[n] - first >= YEAR_DAYS:
                return n
    return -1


@njit(cache=True, nogil=True)
def _begin(
    days: Array, design: Array, values: Array, kept: Array, start: int, floor: Array, limits: Array, sums: Any,
    work: Any,
) -> Any:  # fmt: skip
    """First stable model from ``start`` on: its first and last look and the number kept; -1 where there is none."""
    gram, moments, squares, model, sigma, lower = sums
    terms, right, scores = work
    while True:
        end = -1
        for _ in range(2):  # what the first screening drops may make the window longer
            longer = _window(days, kept, start)
            if longer < 0:
                return -1, -1, 0
            if longer <= end:
                break
            end = longer
            w = slice(start, end + 1)
            screen_outliers(design[w], values[w], floor, limits[1], kept[w], gram, lower, terms, right, scores)
        gram[:], moments[:], squares[:] = 0.0, 0.0, 0.0
        count, first, last = 0, -1, -1
        for n in range(start, end + 1):
            if kept[n]:
                add_look(design[n], values[n], gram, moments, squares)
                first = n if first < 0 else first
                last, count = n, count + 1
        if count >= FEWEST_LOOKS:
            solve_model(count, gram, moments, squares, floor, model, sigma, lower)
            if not is_unstable(design, values, first, last, model, sigma, limits[0]):
                return first, end, count
        start = max(first, start) + 1


@njit(cache=True, nogil=True)
def _follow(
    first: int, end: int, count: int, season: Array, design: Array, values: Array, kept: Array, limits: Array,
    consecutive: int, sums: Any, pair: Any,
) -> Any:  # fmt: skip
    """Follow a model look by look: it takes in what is not off, and is solved again as it grows.

    Returns the look that broke it (the number of looks: none), how many it was made of, and looks off at the end.
    """
    gram, moments, squares, model, yearly, lower = sums
    floor, now, before, sigma = pair
    fitted, i, tail = count, end + 1, 0
    sigma[:] = yearly
    fresh = False  # deviations by season are found when a look is off: they are never below the year's
    while i < len(values) and tail == 0:
        far, off, is_break = apart_from(design[i], values[i], model, yearly, now), 0, False
        for again in range(2):
            if far > limits[0]:
                off, is_break = _breaks_at(
                    i, season, design, values, kept, model, sigma, limits[0], consecutive, now, before
                )
                if again or fresh or not (is_break or far > limits[1] or off > 1):
                    break
                seasonal_sigmas(design, values, kept, season, first, i - 1, count, model, yearly, sigma)
                fresh, far, is_break = True, apart_from(design[i], values[i], model, sigma[season[i]], now), False
        if is_break:
            return i, count, 0
        if far > limits[0] and off < consecutive and _rest(kept, i) == off:
            tail = off
        elif far > limits[1]:
            kept[i] = False
        else:
            add_look(design[i], values[i], gram, moments, squares)
            count += 1
            if count >= (_GROWTH * fitted if count > WHOLE_MODEL_LOOKS else fitted + 2):
                solve_model(count, gram, moments, squares, floor, model, yearly, lower)
                fitted, fresh = count, False
                sigma[:] = yearly
        i += 1
    solve_model(count, gram, moments, squares, floor, model, yearly, lower)
    seasonal_sigmas(design, values, kept, season, first, i - 1 - (tail > 0), count, model, yearly, sigma)
    return len(values), count, tail


@njit(cache=True, nogil=True)
def _segment(
    days: Array, season: Array, design: Array, values: Array, limits: Array, consecutive: int, found: Array,
    sums: Any, work: Any, pair: Any,
) -> Any:  # fmt: skip
    """All breaks of one pixel's seen looks; returns their number, looks of the last model, and looks off at the end."""
    floor = pair[0]
    noise_floors(days, values, work[2], floor)
    kept = np.ones(len(days), np.bool_)
    breaks, start = 0, 0
    while True:
        first, end, count = _begin(days, design, values, kept, start, floor, limits, sums, work)
        if first < 0:
            return breaks, 0, 0
        start, count, tail = _follow(first, end, count, season, design, values, kept, limits, consecutive, sums, pair)
        if start == len(days):
            return breaks, count, tail
        if breaks < len(found):
            found[breaks] = days[start]
        breaks += 1


@njit(cache=True, nogil=True)
def _rest(kept: Array, start: int) -> int:
    count = 0
    for n in range(start, len(kept)):
        count += kept[n]
    return count


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
def segment_pixels(
    days: Array, seasons: Array, design: Array, stack: Array, seen: Array, limits: Array, consecutive: int, breaks:
    Array, number: Array, models: Array, sigmas: Array, looks: Array, pending: Array,
) -> None:  # fmt: skip
    """Breaks and last model of many pixels.

    ``days`` and ``seasons`` (date,), ``design`` (date, 8), ``stack`` (date, band, pixel), ``seen`` (date, pixel),
    ``limits``: squared distances of a change and of an outlier. Out: ``breaks`` (pixel, most) days, ``number`` of
    breaks, ``models`` (pixel, band, 8), ``sigmas`` (pixel, season, band), ``looks`` of the last model (0: none),
    ``pending`` looks off at the end.
    """
    dates, bands, pixels = stack.shape
    sums = (
        np.zeros((TERMS, TERMS)),
        np.zeros((bands, TERMS)),
        np.zeros(bands),
        np.zeros((bands, TERMS)),
        np.zeros(bands),
        np.zeros((TERMS, TERMS)),
    )
    work = (np.zeros(TERMS), np.zeros(TERMS), np.zeros(dates))
    pair = (np.zeros(bands), np.zeros(bands), np.zeros(bands), np.zeros((SEASONS, bands)))
    own_days, own_design, own_season = np.empty(dates), np.empty((dates, TERMS)), np.empty(dates, np.int64)
    count, which, values = (
        np.empty(_TOGETHER, np.int64),
        np.empty((_TOGETHER, dates), np.int64),
        np.empty((_TOGETHER, dates, bands)),
    )
    for first in range(0, pixels, _TOGETHER):
        last = min(first + _TOGETHER, pixels)
        _collect(stack[:, :, first:last], seen[:, first:last], count, which, values)
        for p in range(first, last):
            n = count[p - first]
            for k in range(n):
                d = which[p - first, k]
                own_days[k], own_design[k], own_season[k] = days[d], design[d], seasons[d]
            number[p], looks[p], pending[p] = _segment(
                own_days[:n], own_season[:n], own_design[:n], values[p - first, :n], limits, consecutive, breaks[p],
                sums, work, pair,
            )  # fmt: skip
            for band in range(bands):
                for k in range(SEASONS):
                    sigmas[p, k, band] = pair[3][k, band] if looks[p] > 0 else 0.0
                for i in range(TERMS):
                    models[p, band, i] = sums[3][band, i] if looks[p] > 0 else 0.0


@njit(cache=True, nogil=True)
def update_pixels(
    day: float, season: int, design: Array, values: Array, seen: Array, models: Array, sigmas: Array, limits: Array,
    consecutive: int, status: Array, pending: Array, since: Array, direction: Array, alert: Array,
) -> None:  # fmt: skip
    """One new look at many pixels that have a model: ``values`` (band, pixel), ``seen`` (pixel,).

    ``status``: 0 no model, 1 stable, 2 broken. Looks off in a row and the same way are counted in ``pending``, the day
    of the first in ``since``, their sum in ``direction`` (pixel, band). ``alert``: pixels that broke with this look.
    """
    bands, now = len(values), np.empty(len(values))
    for p in range(values.shape[1]):
        alert[p] = False
        if not seen[p] or status[p] != 1:
            continue
        far = 0.0
        for band in range(bands):
            left = float(values[band, p])
            for i in range(TERMS):
                left -= design[i] * models[p, band, i]
            now[band] = left / sigmas[p, season, band]
            far += now[band] * now[band]
        if not far > limits[0]:
            pending[p] = 0
            continue
        if pending[p] > 0:
            dot = total = 0.0
            for band in range(bands):
                dot += now[band] * direction[p, band]
                total += direction[p, band] ** 2
            if dot < np.sqrt(0.5 * far * total):
                pending[p] = 0
        if pending[p] == 0:
            since[p], direction[p] = day, 0.0
        pending[p] += 1
        for band in range(bands):
            direction[p, band] += now[band] / np.sqrt(far)
        if pending[p] >= consecutive:
            status[p], alert[p] = 2, True
