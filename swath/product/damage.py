"""Which buildings were damaged? Before and after, building by building, with grades and with "cannot tell".

A standing roof keeps its pattern: its two pictures correlate, whatever the light. Of each footprint the best
correlation within the pictures' position error is taken, against that of ground around it (what light and season alone
do), and the change of its mean brightness. What lies far from most buildings is damaged; the limit is sought in the
buildings themselves, about a known one. Civil use: relief and insurance after storms, quakes, floods.
Limits: walls that fell under a roof that stands are not seen from above; roofs without pattern (below 12 pixels, or
smooth) cannot be told and are not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate, Grid, Product
from swath.product.fields import Coverages, cover_polygons
from swath.product.kind import ProductKind
from swath.product.patch_kernels import best_correlation
from swath.product.room import every_nth, filled
from swath.product.split import Known, split_threshold

__all__ = ["DAMAGE", "GRADES", "damage_product", "grade_of"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

GRADES = ("no visible damage", "possibly damaged", "damaged", "destroyed", "cannot tell")
"""as emergency maps have them (Copernicus EMS manual 2018)"""
KNOWN = Known(0.45, 0.10, 0.2, 0.75, 0.25)
"""of the change: 0 the same, 1 nothing in common"""
SLOPE = 14.0
DESTROYED = 0.25
"""above the limit"""
REACH_PX = 2
LEAST_PX, LEAST_SEEN_SHARE, LEAST_PATTERN = 12, 0.6, 0.03
"""pixels of a footprint, share of it with data, and standard deviation over mean of brightness before"""
LIGHT_WEIGHT = 1.0


def damage_product(
    before: Array,
    after: Array,
    footprints: Sequence[Any],
    grid: Grid,
    *,
    ids: Sequence[str] = (),
    scenes: tuple[str, ...] = (),
    simulated: bool = False,
) -> Product:
    """Grade of each building. ``before``, ``after``: brightness ``(row, column)`` of one band, NaN not seen.

    ``footprints``: polygons in the grid's metres. Rows: ``building``, ``grade`` (:data:`GRADES`), ``likelihood``
    (percent of damaged or destroyed, None where it cannot be told), ``change``, ``because``. Layers: ``damage`` uint8
    0 none, 1 to 4 the grades from "no visible damage", 5 cannot tell. Estimates: ``damaged_count`` with an interval,
    ``told_count``. Accuracy, on simulated damage: tests/product/test_changes.py. :class:`InputError` for wrong shapes.
    """
    if before.shape != grid.shape or after.shape != grid.shape:
        raise InputError(f"pictures {before.shape} and {after.shape}, grid {grid.shape}", fix="Warp them to the grid")
    if not len(footprints):
        raise InputError("no building is given", fix="Give footprints with --buildings")
    old, new = (piece if piece.dtype == np.float32 else piece.astype(np.float32) for piece in (before, after))
    cover = cover_polygons(list(footprints), grid)
    looked = _look(old, new, cover)
    told = np.array([isinstance(v, float) for v in looked])
    change = np.array([v if isinstance(v, float) else np.nan for v in looked])
    limit, sigma, words = _limit(change[told])
    rows, codes = [], filled(grid.shape, 0, np.uint8)
    for number, value in enumerate(looked):
        row = grade_of(value, limit)
        rows.append({"building": ids[number] if ids else str(number + 1), **row})
        _paint(codes, cover, number, GRADES.index(row["grade"]) + 1)
    likely = 1.0 / (1.0 + np.exp(-SLOPE * (change[told] - limit)))
    return Product(
        id=f"{scenes[-1] if scenes else 'buildings'}-damage",
        kind="damage",
        request="",
        scenes=scenes,
        grid=grid,
        layers={"damage": codes},
        estimates=_counts(change[told], limit, sigma, likely, len(looked)),
        rows=tuple(rows),
        simulated=simulated,
        because=words,
    )


def grade_of(change: float | str, limit: float) -> Mapping[str, Any]:
    """Grade and likelihood of one building; ``change`` is a number, or why there is none."""
    if isinstance(change, str):
        return {"grade": GRADES[4], "likelihood": None, "change": None, "because": change}
    likelihood = 100.0 / (1.0 + float(np.exp(-SLOPE * (change - limit))))
    grade = GRADES[3] if change > limit + DESTROYED else GRADES[2] if likelihood >= 70.0 else GRADES[1]
    if likelihood < 30.0:
        grade = GRADES[0]
    because = f"a change of {change:.2f}, the limit is {limit:.2f}"
    return {"grade": grade, "likelihood": round(likelihood, 1), "change": round(change, 3), "because": because}


def _look(old: Array, new: Array, cover: Coverages) -> list[float | str]:
    """The change of each building, or why it cannot be told."""
    gain = _gain(old, new)
    out: list[float | str] = []
    for number in range(len(cover)):
        window = _window(cover, number)
        if window is None:
            out.append("it lies off the pictures, or is smaller than a pixel")
            continue
        top, left, inside = window
        rows, columns = slice(top, top + inside.shape[0]), slice(left, left + inside.shape[1])
        a, b = old[rows, columns][inside], new[rows, columns][inside] * gain
        both = np.isfinite(a) & np.isfinite(b)
        if both.sum() < LEAST_PX:
            out.append(f"{int(both.sum())} pixels seen; {LEAST_PX} are needed")
        elif both.mean() < LEAST_SEEN_SHARE:
            out.append(f"{100 * both.mean():.0f} % of it seen")
        else:
            out.append(_change(old, new, a[both], b[both], inside, top, left))
    return out


def _change(old: Array, new: Array, a: Array, b: Array, inside: Array, top: int, left: int) -> float | str:
    pattern = float(np.std(a) / max(abs(float(np.mean(a))), 1e-9))
    light = abs(float(np.log(max(float(np.mean(b)), 1e-6) / max(float(np.mean(a)), 1e-6))))
    r = best_correlation(old, new, _grown(inside), top - 1, left - 1, REACH_PX)
    if pattern < LEAST_PATTERN or not np.isfinite(r):
        return "its roof has no pattern to compare" if light < 0.5 else min(0.5 + 0.5 * light, 1.0)
    return float(np.clip(1.0 - max(r, 0.0) + LIGHT_WEIGHT * max(light - 0.15, 0.0), 0.0, 1.5))


def _gain(old: Array, new: Array) -> float:
    """What the later picture's light must be multiplied by: from all that both show."""

    def light(a: Array, b: Array) -> Array:
        both = np.isfinite(a) & np.isfinite(b) & (b > 0)
        return np.column_stack([a[both], b[both]])

    known = every_nth(light, old, new)
    return float(np.median(known[:, 0]) / np.median(known[:, 1])) if len(known) else 1.0


def _window(cover: Coverages, number: int) -> tuple[int, int, Array] | None:
    runs = cover.runs[cover.first_run[number] : cover.first_run[number + 1]]
    edge = cover.edges[cover.first_edge[number] : cover.first_edge[number + 1]]
    share = cover.shares[cover.first_edge[number] : cover.first_edge[number + 1]]
    edge = edge[share >= 0.5]
    rows = np.concatenate([runs[:, 0], edge[:, 0]])
    if len(rows) == 0:
        return None
    left = int(min(runs[:, 1].min(initial=1 << 30), edge[:, 1].min(initial=1 << 30)))
    right = int(max(runs[:, 2].max(initial=0), edge[:, 1].max(initial=-1) + 1))
    top = int(rows.min())
    inside = np.zeros((int(rows.max()) - top + 1, right - left), np.bool_)
    for row, first, last in runs:
        inside[row - top, first - left : last - left] = True
    inside[edge[:, 0] - top, edge[:, 1] - left] = True
    return top, left, inside


def _grown(inside: Array) -> Array:
    """The footprint and a pixel around: walls and eaves belong to the pattern."""
    wide = np.zeros((inside.shape[0] + 2, inside.shape[1] + 2), np.bool_)
    for down in range(3):
        for right in range(3):
            wide[down : down + inside.shape[0], right : right + inside.shape[1]] |= inside
    return wide


def _paint(codes: Array, cover: Coverages, number: int, code: int) -> None:
    window = _window(cover, number)
    if window is not None:
        top, left, inside = window
        codes[top : top + inside.shape[0], left : left + inside.shape[1]][inside] = code


def _limit(change: Floats) -> tuple[float, float, str]:
    """Where the buildings divide into changed and standing."""
    bins = np.histogram(np.clip(change, 0.0, 1.5), bins=60, range=(0.0, 1.5))[0][None] if len(change) else None
    if bins is None or len(change) < 10:
        return (
            KNOWN.value,
            KNOWN.sigma,
            f"damaged above a change of {KNOWN.value}: too few buildings to learn from",
        )
    split = split_threshold(bins, (np.arange(60) + 0.5) * 0.025, KNOWN, "a change of")
    return split.value, split.sigma, f"damaged above {split.because}"


def _counts(change: Floats, limit: float, sigma: float, likely: Floats, number: int) -> dict[str, Estimate]:
    """How many are damaged: the limit's own doubt for all at once, and each building's for itself."""
    shifts = np.array([-1.645, -1.0, -0.5, 0.0, 0.5, 1.0, 1.645]) * sigma
    sums = [float((1.0 / (1.0 + np.exp(-SLOPE * (change - limit - s)))).sum()) for s in shifts]
    alone = 1.645 * float(np.sqrt((likely * (1.0 - likely)).sum()))
    value = float(likely.sum())
    reach = [float(np.hypot(value - min(sums), alone)), float(np.hypot(max(sums) - value, alone))]
    told = len(change)
    because = f"of {told} buildings that can be told; {number - told} cannot"
    return {
        "damaged_count": Estimate(value, "1", max(value - reach[0], 0.0), min(value + reach[1], told), 0.9, because),
        "told_count": Estimate(float(told), "1", because="counted"),
    }


DAMAGE = ProductKind(
    name="damage",
    question="Which buildings were damaged?",
    bands=("any one band at about 1 m or finer, before and after; footprints",),
    layers={"damage": "0 no building, 1 no visible damage, 2 possibly, 3 damaged, 4 destroyed, 5 cannot tell"},
    source="Copernicus EMS manual 2018 (grades); normalised correlation",
    make=damage_product,
    command="swath product damage --optical F --before F --buildings F --out DIR",
)
