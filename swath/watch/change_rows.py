"""The words and numbers of a change and of a look: sizes, dates, magnitudes with intervals, outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from swath.model import Grid
from swath.product.breaks import BROKEN, STABLE
from swath.product.clouds import NOT_PICTURED, SEEN
from swath.product.sight import CANNOT_BE_SEEN
from swath.watch.rate import Tail, rate_above, threshold_for
from swath.watch.series import REACHES_PX, Patch, Scored, looks_per_year, ordinal_day, tails_of
from swath.watch.state import CHANGED, NO_CHANGE, NOT_SEEN, Look, PlaceState, Series

__all__ = ["Ruled", "change_row", "outlines_of", "ruled_of", "state_row"]

Array = npt.NDArray[Any]

_STILL_SHARE = 0.3
"""of the pixels of a change that must still be off for a look to say so"""


@dataclass(frozen=True)
class Ruled:
    """What a series' own past asks of a score."""

    tails: list[Tail]
    rate_per_unit: float
    """false alarms of one scale per km2 and look"""
    looks_per_year: float
    peaks_per_km2: tuple[float, ...]
    """patches above the floor in a look, one a scale"""

    def threshold(self, scale: int, crowd: float = 1.0) -> float:
        """The score to pass in a look in which ``crowd`` times as much stands out as is usual."""
        return threshold_for(self.tails[scale], self.rate_per_unit / crowd)


def ruled_of(series: Series, state: PlaceState, number: int) -> Ruled:
    """What the series' own past asks of a score, with so many series to share the rate among."""
    tails = tails_of(series)
    rate = state.wish.false_alarms_1000_km2_per_year / 1000.0 / max(number, 1)
    yearly = looks_per_year(series, state.area_km2)
    usual = tuple(
        float((series.peaks[:, 0] == scale).sum()) / max(series.exposure_km2, 1e-9) for scale in range(len(tails))
    )
    return Ruled(tails, rate / yearly / len(tails), yearly, usual)


def change_row(
    series: Series,
    look: Look,
    state: PlaceState,
    ruled: Ruled,
    scored: Scored,
    patch: Patch,
    pixels: Array,
    limit: float,
) -> dict[str, Any]:
    """The row of :class:`swath.watch.state.Changes` of a patch that passed its threshold, ``limit``."""
    looks = state.wish.confirm_looks
    grid = state.grid
    where = np.flatnonzero(state.inside.ravel())
    core = pixels[scored.scores[patch.scale, pixels] >= limit]
    pixel_m2 = grid.pixel_m**2
    first, same = _dates(series, patch.peak, looks)
    band, change, doubt = _strongest(scored, pixels, REACHES_PX[patch.scale])
    lon, lat = _lon_lat(grid, where[pixels])
    yearly = rate_above(ruled.tails[patch.scale], patch.score_ratio) * len(REACHES_PX) * ruled.looks_per_year
    at = ordinal_day(look.at)
    words = (
        f"{looks} looks in a row are off their past by {patch.score_ratio:.1f} deviations or more"
        f" ({limit:.1f} asked), {series.bands[band]} by {change:+.4g}, over {len(pixels)} pixels"
    )
    return {
        "id": f"{series.key} {_iso(at)} {lon:.5f} {lat:.5f}", "series": series.key, "look": look.id,
        "last_same": _midnight(same), "first_off": _midnight(first), "detected": look.at,
        "lon_deg": lon, "lat_deg": lat, "size_m2": len(pixels) * pixel_m2,
        "size_low_m2": max(len(core), 1) * pixel_m2, "size_high_m2": _rimmed(where[pixels], grid) * pixel_m2,
        "band": series.bands[band], "change_ratio": change, "change_low_ratio": change - doubt,
        "change_high_ratio": change + doubt, "score_ratio": patch.score_ratio, "threshold_ratio": limit,
        "chance": float(-np.expm1(-yearly * state.area_km2)), "looks": looks, "because": words,
    }  # fmt: skip


def _dates(series: Series, pixel: int, looks: int) -> tuple[int, int]:
    """Ordinal days of the first look that was off and of the one before it, of one pixel."""
    first, same = int(series.last_days[looks - 1, pixel]), int(series.last_days[looks, pixel])
    if series.watch.pending[pixel] > 0 and int(series.watch.waiting_days[pixel, 0]) < first:
        first = int(series.watch.waiting_days[pixel, 0])
        same = min(same, first)
    return first, same


def _strongest(scored: Scored, pixels: Array, reach: int) -> tuple[int, float, float]:
    """Band that changed most, its mean change and half of the 90 % interval of that."""
    errors, sigma = scored.errors[:, pixels], scored.deviations[:, pixels]
    known = np.isfinite(errors[0])
    errors, sigma = errors[:, known].astype(np.float64), sigma[:, known].astype(np.float64)
    mean = errors.mean(1)
    band = int(np.argmax(np.abs(mean) / sigma.mean(1)))
    count = errors.shape[1]
    own = float(errors[band].std(ddof=1)) if count > 1 else 0.0
    apart = max(count / (2 * reach + 1) ** 2, 1.0)
    return band, float(mean[band]), 1.645 * max(own, float(sigma[band].mean())) / float(np.sqrt(apart))


def _rimmed(cells: Array, grid: Grid) -> float:
    """Pixels of a patch with half a pixel around it."""
    rows, columns = np.divmod(cells, grid.width)
    inside = set(cells.tolist())
    sides = sum(
        int(r * grid.width + c not in inside)
        for r, c in [*zip(rows + 1, columns, strict=True), *zip(rows - 1, columns, strict=True),
                     *zip(rows, columns + 1, strict=True), *zip(rows, columns - 1, strict=True)]
    )  # fmt: skip
    return len(cells) + 0.5 * sides


def state_row(
    series: Series, look: Look, state: PlaceState, ruled: Ruled, scored: Scored, changes: int
) -> dict[str, Any]:
    """The row of :class:`swath.watch.state.LookStates` of a look with so many new changes."""
    share = float(scored.judged.mean())
    off = scored.scores.max(0) >= 0.5 * min(ruled.threshold(scale) for scale in range(len(ruled.tails)))
    told = int(series.alerted.sum())
    still = told and float(((off | (series.watch.status == BROKEN)) & series.alerted).sum()) / told >= _STILL_SHARE
    if changes:
        word, why = CHANGED, f"{changes} new change{'s' if changes > 1 else ''}"
    elif share < state.wish.least_seen_share:
        word, why = NOT_SEEN, _unseen_words(series, look, state, share)
    elif still:
        word, why = CHANGED, "what was told before is still so; nothing new"
    else:
        word, why = NO_CHANGE, f"nothing beyond the thresholds in {share:.0%} of the place"
    return {"look": look.id, "at": look.at, "series": series.key, "state": word, "seen_share": share, "because": why}


def _unseen_words(series: Series, look: Look, state: PlaceState, share: float) -> str:
    codes = look.unseen[state.inside]
    reasons = {CANNOT_BE_SEEN.get(int(c), "hidden"): float((codes == c).mean()) for c in np.unique(codes) if c != SEEN}
    bare = float(((codes == SEEN) & (series.watch.status != STABLE)).mean())
    if bare > 0.0:
        reasons["no past to compare with"] = bare
    parts = [f"{words} {part:.0%}" for words, part in sorted(reasons.items(), key=lambda r: -r[1])[:3]]
    return f"only {share:.0%} could be judged: {', '.join(parts) or CANNOT_BE_SEEN[NOT_PICTURED]}"


def outlines_of(grid: Grid, pixels: Array) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Outer rings (lon, lat) of a set of pixels given by flat indices; the sides of pixels, nothing smoothed."""
    rows, columns = np.divmod(np.asarray(pixels), grid.width)
    west, north = grid.west_m + columns * grid.pixel_m, grid.north_m - rows * grid.pixel_m
    shape = shapely.union_all(shapely.box(west, north - grid.pixel_m, west + grid.pixel_m, north))
    parts = shape.geoms if hasattr(shape, "geoms") else [shape]
    to_lon_lat = pyproj.Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    corners = [np.array(part.exterior.simplify(0.0).coords) for part in parts]
    rings = (to_lon_lat.transform(xy[:, 0], xy[:, 1]) for xy in corners)
    return tuple(tuple(zip(lon.tolist(), lat.tolist(), strict=True)) for lon, lat in rings)


def _lon_lat(grid: Grid, cells: Array) -> tuple[float, float]:
    rows, columns = np.divmod(cells, grid.width)
    x = grid.west_m + (float(columns.mean()) + 0.5) * grid.pixel_m
    y = grid.north_m - (float(rows.mean()) + 0.5) * grid.pixel_m
    lon, lat = pyproj.Transformer.from_crs(grid.epsg, 4326, always_xy=True).transform(x, y)
    return float(lon), float(lat)


def _midnight(day: int) -> np.datetime64:
    return np.datetime64("1970-01-01", "ns") + np.timedelta64(int(day) - 719163, "D")


def _iso(day: int) -> str:
    return str(np.datetime64(int(day) - 719163, "D"))
