"""Has a place changed, and where? Looks in, changes out, at the false alarm rate that the user set.

:func:`begin_watch` takes the looks that there are, :func:`look_on` every further one, :func:`renew_watch` gives ground
that changed a new past once there is one, :func:`dismiss_change` learns from a false alarm. A look of a series too
young to have a past says "not seen", never "no change".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Grid
from swath.product.breaks import STABLE, Watch, begin_again
from swath.product.clouds import SEEN
from swath.watch.change_rows import Ruled, change_row, outlines_of, ruled_of, state_row
from swath.watch.rate import fit_tail, rate_above
from swath.watch.series import (
    FLOOR,
    REACHES_PX,
    Patch,
    Scored,
    begin_series,
    crowd_of,
    ordinal_day,
    score_look,
    training_looks,
    with_peaks,
)
from swath.watch.state import (
    NOT_SEEN,
    Changes,
    Found,
    Look,
    LookStates,
    PlaceState,
    Series,
    Wish,
    series_key,
)

__all__ = ["begin_watch", "dismiss_change", "dismiss_series", "look_on", "renew_watch"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_UNLIKELY = 0.02
"""peaks of the past that the others foretell less often than this in all of it are taken for changes"""
_MOST_PAST_CHANGES, _SAME_PLACE_PX = 8, 8
_CALMEST = 0.05
"""no look is so quiet that patches come less often in it than this share of what is usual"""
_RENEWED_EVERY = 6
"""looks of the past after which pixels without a model are tried again"""


def begin_watch(grid: Grid, inside: Mask, looks: Sequence[Look], wish: Wish | None = None) -> tuple[PlaceState, Found]:
    """The state of a place from the looks that there are, in any order, and what they show.

    ``inside`` ``(row, column)`` is the place. Each series (:func:`swath.watch.state.series_key`) is trained on its
    first year and a few days or more, and the rest is gone through twice: once to learn what stands out when nothing
    happens (peaks that the others cannot explain are changes), once to judge at the rate of ``wish``.
    :class:`InputError` where a look does not lie on the grid.
    """
    wish = wish or Wish()
    if inside.shape != grid.shape or not inside.any():
        raise InputError(f"the place is {inside.shape}, the grid {grid.shape}", fix="Give one pixel inside at least")
    state = PlaceState(grid, inside.astype(np.bool_), wish)
    found: list[Found] = []
    groups: dict[str, list[Look]] = {}
    for look in sorted(looks, key=lambda one: (one.at, one.id)):
        _check(state, look)
        groups.setdefault(series_key(look), []).append(look)
    ready = {key: n for key, own in groups.items() if (n := training_looks(own, state.inside))}
    state = replace(state, few={key: len(own) for key, own in groups.items() if key not in ready})
    for key, own in groups.items():
        n = ready.get(key, len(own))
        found += [_not_yet(look, key, k + 1) for k, look in enumerate(own[:n])]
        if key in ready:
            series = begin_series(key, own[:n], state.inside, wish)
            learned = _learned(series, own, n, state)
            ruled = ruled_of(learned, state, len(ready))
            for k, look in enumerate(own[n:], n):
                series, one = _judge(series, look, state, ruled)
                found.append(one)
                if (k - n) % _RENEWED_EVERY == 0:
                    series = _renewed(series, own[: k + 1], state.inside)
            series = replace(series, peaks=learned.peaks)
            state = replace(state, series={**state.series, key: series})
    return state, _joined(found)


def _check(state: PlaceState, look: Look) -> None:
    shape = (len(look.bands), *state.grid.shape)
    if look.values.shape != shape or look.unseen.shape != state.grid.shape:
        raise InputError(
            f"values are {look.values.shape}, unseen {look.unseen.shape}", where=f"look {look.id}",
            fix=f"Give {shape} on the place's grid",
        )  # fmt: skip
    if look.sensor not in ("optical", "radar"):
        raise InputError(f"a sensor called {look.sensor}", where=f"look {look.id}", fix="Say optical or radar")


def _learned(series: Series, looks: Sequence[Look], first: int, state: PlaceState) -> Series:
    """The series as it was, with the peaks of looks that it will be judged on: what it shows when nothing happens."""
    moved = replace(series, watch=_copied(series))
    for k, look in enumerate(looks[first:], first):
        moved, scored = score_look(moved, look, state.inside, state.grid.pixel_area_km2)
        moved = with_peaks(moved, scored.patches)
        if (k - first) % _RENEWED_EVERY == 0:
            moved = _renewed(moved, looks[: k + 1], state.inside)
    for scale in range(len(REACHES_PX)):
        moved = replace(moved, peaks=_explained(moved.peaks, scale, moved.exposure_km2, state))
    return moved


def _explained(peaks: Array, scale: int, exposure_km2: float, state: PlaceState) -> Array:
    """The peaks without those of the few places (highest first) whose scores all others do not explain."""
    rows, columns = np.divmod(np.flatnonzero(state.inside.ravel())[peaks[:, 3].astype(int)], state.grid.width)
    left = peaks[:, 0] == scale
    groups: list[tuple[float, Mask]] = []
    while left.any() and len(groups) < _MOST_PAST_CHANGES:
        top = int(np.argmax(np.where(left, peaks[:, 1], -1.0)))
        near = np.maximum(np.abs(rows - rows[top]), np.abs(columns - columns[top])) <= _SAME_PLACE_PX
        groups.append((float(peaks[top, 1]), near))
        left &= ~near
    for number in range(len(groups), 0, -1):
        gone = np.any([near for _, near in groups[:number]], axis=0)
        tail = fit_tail(peaks[~gone & (peaks[:, 0] == scale), 1], exposure_km2, level_ratio=FLOOR)
        if rate_above(tail, groups[number - 1][0]) * exposure_km2 < _UNLIKELY:
            return np.asarray(peaks[~gone])
    return peaks


def _copied(series: Series) -> Watch:
    watch = series.watch
    return replace(watch, **{f.name: getattr(watch, f.name).copy() for f in fields(watch)[:-2]})


def look_on(state: PlaceState, look: Look) -> tuple[PlaceState, Found]:
    """One look more: the state moved on, and what the look brought.

    Arrays of ``state`` are changed in place: keep :func:`swath.watch.state.to_arrays` of it if you may want it back. A
    look of a series that has no models yet is counted in ``few``: begin again when there is a year of them. Looks
    must come in order of time within their series (:class:`InputError`).
    """
    _check(state, look)
    key = series_key(look)
    if key not in state.series:
        number = state.few.get(key, 0) + 1
        return replace(state, few={**state.few, key: number}), _not_yet(look, key, number)
    series = state.series[key]
    if ordinal_day(look.at) < series.last_day:
        raise InputError(
            f"look {look.id} of {look.at} comes before the newest one of its series",
            fix="Give looks in order of time, or begin the watch again",
        )
    moved, found = _judge(series, look, state, ruled_of(series, state, len(state.series)), learn=True)
    return replace(state, series={**state.series, key: moved}), found


def _judge(series: Series, look: Look, state: PlaceState, ruled: Ruled, *, learn: bool = False) -> tuple[Series, Found]:
    moved, scored = score_look(series, look, state.inside, state.grid.pixel_area_km2)
    alerted = moved.alerted.copy()
    limits = _limits(scored, state, ruled)
    told: list[tuple[Patch, Array, float]] = []
    where = np.flatnonzero(state.inside.ravel())
    for patch in sorted(limits, key=lambda p: (p.scale, -p.score_ratio)):  # the finest scale that shows it draws it
        blurred = 0.5 * patch.score_ratio if REACHES_PX[patch.scale] else 0.0
        limit = max(0.5 * limits[patch], FLOOR, blurred)
        pixels = patch.pixels[scored.scores[patch.scale, patch.pixels] >= limit]
        size_m2 = len(pixels) * state.grid.pixel_m**2
        new = not _touches(alerted, pixels, where, state.grid)
        if size_m2 >= state.wish.least_size_m2 and new:
            told.append((patch, pixels, limits[patch]))
        if size_m2 >= state.wish.least_size_m2:
            alerted[pixels] = True
    low = [p for p in scored.patches if p not in limits]
    moved = replace(with_peaks(moved, low) if learn else moved, alerted=alerted)
    rows = [change_row(moved, look, state, ruled, scored, *one) for one in told]
    kept = tuple(where[pixels] for _, pixels, _ in told)
    outlines = tuple(outlines_of(state.grid, pixels) for pixels in kept)
    states = state_row(moved, look, state, ruled, scored, len(told))
    return moved, Found(Changes.from_rows(rows), kept, outlines, LookStates.from_rows([states]))


def _limits(scored: Scored, state: PlaceState, ruled: Ruled) -> dict[Patch, float]:
    """The patches that pass, each with the score that was asked of it."""
    seen_km2 = float(scored.judged.sum()) * state.grid.pixel_area_km2
    found = {}
    for scale in range(len(REACHES_PX)):
        own = [p for p in scored.patches if p.scale == scale]
        usual = ruled.peaks_per_km2[scale] * seen_km2
        for patch in sorted(own, key=lambda p: -p.score_ratio):
            limit = ruled.threshold(scale, crowd_of(usual, scored.patches, patch, state.inside))
            if patch.score_ratio >= limit:
                found[patch] = limit
            elif patch.score_ratio < ruled.threshold(scale, _CALMEST):
                break
    return found


def _touches(alerted: Mask, pixels: Array, where: Array, grid: Grid) -> bool:
    """Does a patch lie on or beside a change that has been told?"""
    if not alerted.any():
        return False
    field = np.zeros((grid.height + 2, grid.width + 2), np.bool_)
    rows, columns = np.divmod(where[alerted], grid.width)
    for i in range(3):
        for j in range(3):
            field[rows + i, columns + j] = True
    a, b = np.divmod(where[pixels], grid.width)
    return bool(field[a + 1, b + 1].any())


def _not_yet(look: Look, key: str, number: int) -> Found:
    row = {
        "look": look.id, "at": look.at, "series": key, "state": NOT_SEEN, "seen_share": 0.0,
        "because": f"look {number} of a series too young to have a past: it takes 12 clear ones over a year",
    }  # fmt: skip
    return Found(Changes.empty(), (), (), LookStates.from_rows([row]))


def _joined(found: Sequence[Found]) -> Found:
    return Found(
        Changes.join([f.changes for f in found]) if found else Changes.empty(),
        tuple(p for f in found for p in f.pixels),
        tuple(o for f in found for o in f.outlines),
        (LookStates.join([f.states for f in found]) if found else LookStates.empty()),
    )


def renew_watch(state: PlaceState, looks: Sequence[Look]) -> PlaceState:
    """Give pixels that changed, or never had a past, one from the looks ``looks`` (all so far), where there is one.

    Their change is no longer told as going on. Call it now and then, once a month say.
    """
    groups: dict[str, list[Look]] = {}
    for look in sorted(looks, key=lambda one: (one.at, one.id)):
        _check(state, look)
        groups.setdefault(series_key(look), []).append(look)
    renewed = dict(state.series)
    for key, series in state.series.items():
        own = [look for look in groups.get(key, []) if ordinal_day(look.at) <= series.last_day]
        if own:
            renewed[key] = _renewed(series, own, state.inside)
    return replace(state, series=renewed)


def _renewed(series: Series, looks: Sequence[Look], inside: Mask) -> Series:
    without = series.watch.status != STABLE
    if not without.any():
        return series
    days = np.array([ordinal_day(look.at) for look in looks])
    stack, seen = (
        np.zeros((len(looks), len(series.bands), len(without)), np.float32),
        np.zeros((len(looks), len(without)), np.bool_),
    )
    for k, look in enumerate(looks):
        stack[k][:, without] = look.values[:, inside][:, without]
        seen[k] = (look.unseen[inside] == SEEN) & without
    watch, again = begin_again(series.watch, days, stack, seen, in_place=True)
    held = np.where(again, 0, series.held).astype(np.uint8)
    return replace(series, watch=watch, held=held, alerted=series.alerted & ~again)


def dismiss_change(state: PlaceState, changes: Changes, row: int) -> PlaceState:
    """A person says that a change was none: its score counts as one that comes when nothing happens.

    The thresholds of its series rise by what that is worth; the place may tell it again.
    """
    return dismiss_series(state, str(changes.series[row]), float(changes.score_ratio[row]))


def dismiss_series(state: PlaceState, key: str, score_ratio: float) -> PlaceState:
    """As :func:`dismiss_change`, of a change by its series and score."""
    if key not in state.series:
        raise InputError(f"no series {key}", fix=f"This place has {', '.join(state.series) or 'none'}")
    series = state.series[key]
    new = [[s, score_ratio, series.scored_looks, 0] for s in range(len(REACHES_PX))]
    renewed = replace(series, peaks=np.vstack([series.peaks, new]))
    return replace(state, series={**state.series, key: renewed})
