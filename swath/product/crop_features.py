"""Series of a season made ready for trees: moved as another year would, filled, and described."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.crop_series import SOIL

__all__ = ["filled", "moved", "series_features"]

Floats = npt.NDArray[np.float64]


def filled(values: Floats) -> Floats:
    """Gaps filled straight between what was seen on either side, level beyond the ends; soil where nothing was."""
    steps = np.arange(values.shape[1])
    whole = np.full(values.shape, SOIL)
    for row, series in enumerate(values):
        seen = np.isfinite(series)
        if seen.any():
            whole[row] = np.interp(steps, steps[seen], series[seen])
    return whole


def moved(values: Floats, chance: np.random.Generator, shift_steps: float, strength_sigma: float) -> Floats:
    """Whole series as another region or year might have them: earlier or later, stronger or weaker above the soil."""
    steps = np.arange(values.shape[1], dtype=np.float64)
    shift = chance.normal(0.0, shift_steps, len(values))
    strength = np.exp(chance.normal(0.0, strength_sigma, len(values)))
    there = np.array([np.interp(steps - s, steps, series) for s, series in zip(shift, values, strict=True)])
    return np.asarray(np.clip(SOIL + (there - SOIL) * strength[:, None], 0.0, 1.0))


def series_features(values: Floats) -> npt.NDArray[np.float32]:
    """What a tree may ask of filled series ``(parcel, step)``: the values, their changes, their spread, when the season
    is, and the values counted from its second half's peak.
    """
    steps = values.shape[1]
    parts: list[Any] = [
        values,
        np.diff(values, axis=1),
        np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9, 1.0], axis=1).T,
    ]
    above, time = np.clip(values - SOIL - 0.03, 0.0, None), np.arange(steps)
    total = above.sum(axis=1) + 1e-6
    middle = (above * time).sum(axis=1) / total
    spread = np.sqrt((above * (time - middle[:, None]) ** 2).sum(axis=1) / total)
    first, half, last = (round(steps * share) for share in (0.17, 0.46, 0.8))
    early, late = values[:, first:half].max(axis=1), values[:, half:last].max(axis=1)
    between = values[:, half - 1 : half + 3].min(axis=1)
    peak = half + values[:, half:last].argmax(axis=1)
    parts += [
        middle,
        spread,
        values.argmax(axis=1),
        peak,
        early,
        late,
        between,
        early - between,
        late - between,
        early - late,
    ]
    around = np.clip(peak[:, None] + np.arange(-6, 6), 0, steps - 1)
    parts.append(np.take_along_axis(values, around, axis=1))
    return np.column_stack(parts).astype(np.float32)
