"""Photos over uneven ground: which part of one lies in another. Plain arrays, metres."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["pair_overlaps", "photo_overlaps", "times_seen"]

Array = npt.NDArray[Any]


@njit(cache=True)
def _along(profile: Array, step: float, first: float, y: float) -> float:
    """Height at y of a profile with samples every ``step`` from ``first``, linear, the end's beyond it."""
    at = (y - first) / step
    if at <= 0.0:
        return float(profile[0])
    last = profile.size - 1
    if at >= last:
        return float(profile[last])
    i = int(at)
    return float(profile[i] + (at - i) * (profile[i + 1] - profile[i]))


@njit(cache=True)
def _lands(
    profile: Array, step: float, first: float, y0: float, side: float, top: float, slopes: Array, out: Array
) -> None:
    """Where rays from (y0, top) to one side (1 or -1) first meet the profile: ``out`` ``(n, 2)`` takes y and height.

    ``slopes``: metres sideways for each metre down, 0 or more, ascending: as the ground is one height over each place,
    a flatter ray lands further away, and so one walk outwards finds all landings.
    """
    cell = np.floor((y0 - first) / step) if side > 0 else np.ceil((y0 - first) / step)
    near, far = 0.0, side * (first + (cell + side) * step - y0)
    low, high = _along(profile, step, first, y0), _along(profile, step, first, y0 + side * far)
    for r in range(slopes.size):
        slope = slopes[r]
        while far - slope * (top - high) < 0.0:
            y = y0 + side * far
            near, low = far, high
            if (y >= first + (profile.size - 1) * step) if side > 0 else (y <= first):  # level from here on
                far = max(slope * (top - high), near)
                break
            far += step
            high = _along(profile, step, first, y0 + side * far)
        above, below = near - slope * (top - low), far - slope * (top - high)
        at = near if below <= above else near + (far - near) * min(max(-above / (below - above), 0.0), 1.0)
        out[r, 0], out[r, 1] = y0 + side * at, _along(profile, step, first, y0 + side * at)


@njit(cache=True)
def pair_overlaps(
    profiles: Array, step: float, first: float, height: float, tangent: float, distance: float, rays: int, wanted: float
) -> bool:
    """Does ``wanted`` of each photo lie in its neighbour's, over all cross sections of the ground, both ways?

    ``profiles``: ``(sections, samples)`` of the ground across two lines, at 0 and at ``distance``; both fly ``height``
    above the ground under them. ``tangent``: of half the angle of view across. Ground 4 heights below a photo is not
    seen in it.
    """
    slopes = (np.arange(rays // 2) * 2.0 + 1.0) / rays * tangent
    lands = np.empty((slopes.size, 2))
    for s in range(profiles.shape[0]):
        profile = profiles[s]
        tops = (_along(profile, step, first, 0.0) + height, _along(profile, step, first, distance) + height)
        for which in range(2):
            mine, other = (0.0, distance) if which == 0 else (distance, 0.0)
            top, its = (tops[0], tops[1]) if which == 0 else (tops[1], tops[0])
            seen = 0
            for side in (-1.0, 1.0):
                _lands(profile, step, first, mine, side, top, slopes, lands)
                for r in range(slopes.size):
                    y, z = lands[r, 0], lands[r, 1]
                    if top - z <= 4.0 * height and abs(y - other) <= tangent * (its - z):
                        seen += 1
            if seen < wanted * 2 * slopes.size:
                return False
    return True


@njit(cache=True)
def _height(z: Array, west: float, south: float, step: float, x: float, y: float) -> float:
    rows, columns = z.shape
    u = min(max((x - west) / step, 0.0), columns - 1.0)
    v = min(max((y - south) / step, 0.0), rows - 1.0)
    j, i = min(int(u), max(columns - 2, 0)), min(int(v), max(rows - 2, 0))
    a, b = u - j, v - i
    right, up = min(j + 1, columns - 1), min(i + 1, rows - 1)
    return float((z[i, j] * (1 - a) + z[i, right] * a) * (1 - b) + (z[up, j] * (1 - a) + z[up, right] * a) * b)


@njit(cache=True)
def _cast(
    z: Array, west: float, south: float, step: float, x: float, y: float, top: float, dx: float, dy: float
) -> tuple[float, float]:
    """The ground point under a ray that goes (dx, dy) for each metre down, or NaN."""
    slope = np.hypot(dx, dy)
    before, down = 0.0, 0.0
    for _ in range(4000):
        below = top - down - _height(z, west, south, step, x + dx * down, y + dy * down)
        if below <= 1e-3:
            break
        before = down
        down += max(0.5 * below / (1.0 + 0.5 * slope), 0.02)
    for _ in range(14):
        middle = 0.5 * (before + down)
        if top - middle > _height(z, west, south, step, x + dx * middle, y + dy * middle):
            before = middle
        else:
            down = middle
    return x + dx * down, y + dy * down


@njit(cache=True)
def _sees(photo: Array, tan_across: float, tan_along: float, x: float, y: float, ground: float) -> bool:
    depth = photo[2] - ground
    if depth <= 0.0:
        return False
    ahead_x, ahead_y = photo[3], photo[4]
    along = (x - photo[0]) * ahead_x + (y - photo[1]) * ahead_y
    across = (x - photo[0]) * ahead_y - (y - photo[1]) * ahead_x
    return bool(abs(along) <= tan_along * depth + 1e-6 and abs(across) <= tan_across * depth + 1e-6)


@njit(cache=True)
def _beside(photos: Array, line: Array, p: int, other: int, reach: float) -> tuple[int, int]:
    """The photos of line ``other`` within ``reach`` along it: first and past the last; none if p is not abreast."""
    first, last = int(np.searchsorted(line, other)), int(np.searchsorted(line, other, side="right"))
    low, high = np.inf, -np.inf
    near, past = last, first
    for q in range(first, last):
        along = (photos[q, 0] - photos[p, 0]) * photos[p, 3] + (photos[q, 1] - photos[p, 1]) * photos[p, 4]
        low, high = min(low, along), max(high, along)
        if abs(along) <= reach:
            near, past = min(near, q), q + 1
    if low > 1e-6 or high < -1e-6:
        return first, first
    return near, max(near, past)


@njit(cache=True)
def photo_overlaps(
    z: Array,
    west: float,
    south: float,
    step: float,
    photos: Array,
    line: Array,
    tan_across: float,
    tan_along: float,
    wide: int,
    tall: int,
) -> Array:
    """Share of each photo seen by the next of its line, and by all photos of the line before and of that after it.

    ``photos``: ``(n, 5)`` east, north, height, and the unit vector ahead; ``line``: number of each photo's line,
    ascending; lines are neighbours if their numbers are. Rays of a ``tall`` x ``wide`` raster are cast onto the
    ground. Returns ``(n, 3)``, NaN where there is no neighbour: a photo before the beginning or beyond the end of
    the line beside it has none there.
    """
    n = photos.shape[0]
    out = np.full((n, 3), np.nan)
    first, last = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for p in range(n):
        first[0] = p + 1
        last[0] = p + 2 if p + 1 < n and line[p + 1] == line[p] else p + 1
        reach = 4.0 * tan_along * (photos[p, 2] - _height(z, west, south, step, photos[p, 0], photos[p, 1]))
        first[1], last[1] = _beside(photos, line, p, line[p] - 1, reach)
        first[2], last[2] = _beside(photos, line, p, line[p] + 1, reach)
        hits = np.zeros(3, np.int64)
        for i in range(tall):
            for j in range(wide):
                v = ((i + 0.5) / tall * 2.0 - 1.0) * tan_along
                u = ((j + 0.5) / wide * 2.0 - 1.0) * tan_across
                dx = photos[p, 3] * v + photos[p, 4] * u
                dy = photos[p, 4] * v - photos[p, 3] * u
                x, y = _cast(z, west, south, step, photos[p, 0], photos[p, 1], photos[p, 2], dx, dy)
                ground = _height(z, west, south, step, x, y)
                for k in range(3):
                    for q in range(first[k], last[k]):
                        if _sees(photos[q], tan_across, tan_along, x, y, ground):
                            hits[k] += 1
                            break
        for k in range(3):
            if last[k] > first[k]:
                out[p, k] = hits[k] / (tall * wide)
    return out


@njit(cache=True)
def times_seen(
    z: Array, west: float, south: float, step: float, photos: Array, tan_across: float, tan_along: float, points: Array
) -> Array:
    """How many photos show each point ``(n, 2)`` of the ground (hidden behind a hill or not)."""
    out = np.zeros(points.shape[0], np.int64)
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        ground = _height(z, west, south, step, x, y)
        for p in range(photos.shape[0]):
            if _sees(photos[p], tan_across, tan_along, x, y, ground):
                out[i] += 1
    return out
