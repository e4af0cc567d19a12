"""Every window of elevation and off-nadir angle, for many places at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.cap_kernels import bounds, caps, margins
from swath.access.crossing_kernels import Ask
from swath.access.extreme_kernels import extremes_of
from swath.access.kernels import in_order, new_book, sweep
from swath.access.look import Nadir
from swath.access.many import Ground
from swath.access.search import Spans
from swath.access.signal_kernels import LANES, PLACE, coefficients
from swath.errors import InputError
from swath.orbit.ephemeris import TabulatedEphemeris

__all__ = ["BaseWindows", "Extremes", "base_windows", "base_windows_of_many", "extremes"]

Floats = npt.NDArray[np.float64]

_SQUARES_FROM = 0.4
"""from this sine of elevation (cosine of off-nadir) on the difference of squares is the smoother signal"""


@dataclass(frozen=True, eq=False)
class BaseWindows:
    """Windows of one satellite over many places, by place, then by time. Seconds count from the table's start."""

    place: npt.NDArray[np.int32]
    """number of the place"""
    start_s: Floats
    closest_s: Floats
    """when the range is least inside the window"""
    stop_s: Floats

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True, eq=False)
class Extremes:
    """Of each window, what a satellite and a place come to inside it."""

    closest_s: Floats
    """when the range is least"""
    range_m: Floats
    highest_s: Floats
    """when the satellite stands highest at the place"""
    max_elevation_deg: Floats
    min_off_nadir_deg: Floats
    """from the nadir asked for"""


@dataclass(frozen=True, eq=False)
class _Field:
    """Places in the order of a grid's cells, as the kernels want them."""

    name: npt.NDArray[np.int64]
    rows: Floats
    blocks: Floats
    cells: npt.NDArray[np.int64]
    grid: tuple[int, int]
    lowest_m: float
    highest_m: float
    least_rad: tuple[float, float]


def _field(ground: Ground, min_elevation_deg: npt.ArrayLike) -> _Field:
    many = len(ground.up)
    least = np.broadcast_to(np.asarray(np.radians(min_elevation_deg), np.float64), many)
    at = ground.at_itrf_m
    far = np.linalg.norm(at, axis=-1)
    lat, lon = np.arcsin(at[:, 2] / far), np.arctan2(at[:, 1], at[:, 0])
    bands = int(np.clip(np.sqrt(many) / 2.0, 1, 180))
    across = 2 * bands
    band = np.clip(((lat + np.pi / 2) / np.pi * bands).astype(np.int64), 0, bands - 1)
    column = np.clip(((lon + np.pi) / (2 * np.pi) * across).astype(np.int64), 0, across - 1)
    cell = band * across + column
    name = np.argsort(cell, kind="stable")
    rows = _rows(at[name], ground.up[name], np.sin(least[name]))
    filled = np.resize(rows, (-(-many // LANES) * LANES, PLACE))
    blocks = np.ascontiguousarray(filled.reshape(-1, LANES, PLACE).swapaxes(1, 2)).ravel()
    cells = np.searchsorted(cell[name], np.arange(bands * across + 1)).astype(np.int64)
    return _Field(
        name,
        rows,
        blocks,
        cells,
        (bands, across),
        float(far.min()),
        float(far.max()),
        (float(least.min()), float(least.max())),
    )


def _rows(at_itrf_m: Floats, up: Floats, sine: npt.ArrayLike) -> Floats:
    rows = np.empty((len(up), PLACE))
    rows[:, :3], rows[:, 3:6] = at_itrf_m, up
    rows[:, 6], rows[:, 7] = np.sum(rows[:, :3] * rows[:, 3:6], -1), np.sum(rows[:, :3] ** 2, -1)
    rows[:, 8] = sine
    return rows


def base_windows(
    table: TabulatedEphemeris,
    ground: Ground,
    *,
    min_elevation_deg: npt.ArrayLike = 0.0,
    max_off_nadir_deg: float | None = None,
    nadir: Nadir = "geodetic",
) -> BaseWindows:
    """When does a satellite stand above each place's least elevation, with the place near enough to its nadir?

    ``min_elevation_deg`` is one limit or one a place; ``max_off_nadir_deg``, where it is given, counts from the nadir
    asked for, on this side of the Earth. A window that reaches the end of the table is cut there.

    Every window longer than 0.02 s is found, with its edges, on the table's motion: each step is searched with bounds
    on what a signal can do inside it (``docs/explanation/access.md``). 2,840 edges of random orbits were
    within 11 us of a brute-force search (tests/access/test_exact.py).

    Raises :class:`InputError` for a nadir that does not exist.
    """
    return next(base_windows_of_many([table], ground, min_elevation_deg, max_off_nadir_deg, nadir))


def base_windows_of_many(
    tables: Iterable[TabulatedEphemeris],
    ground: Ground,
    min_elevation_deg: npt.ArrayLike,
    max_off_nadir_deg: float | None,
    nadir: Nadir,
) -> Iterator[BaseWindows]:
    """The :func:`base_windows` of one satellite after another; the places are sorted into cells once."""
    if nadir not in ("geodetic", "geocentric"):
        raise InputError(f"{nadir!r} is no nadir", fix="Say geodetic or geocentric")
    field = _field(ground, min_elevation_deg) if len(ground.up) else None
    for table in tables:
        if field is None:
            none = np.empty(0)
            yield BaseWindows(np.empty(0, np.int32), none, none, none)
        else:
            yield _search(table, field, -1.0 if max_off_nadir_deg is None else np.radians(max_off_nadir_deg), nadir)


def _search(table: TabulatedEphemeris, field: _Field, most_rad: float, nadir: Nadir) -> BaseWindows:
    h = table.step_s
    c = coefficients(table.r_itrf_m, table.v_itrf_m_s, table.a_itrf_m_s2, h, nadir == "geodetic")
    cosine = -2.0 if most_rad < 0.0 else float(np.cos(most_rad))
    bound = bounds(c, h)
    where = caps(c, bound, h, field.lowest_m, np.array([*field.least_rad, most_rad]))
    rise = margins(bound, h, field.highest_m, False)
    fall = rise if most_rad < 0.0 else margins(bound, h, field.highest_m, True)
    ask = Ask(c, h, field.rows, cosine, bool(np.sin(field.least_rad[0]) > _SQUARES_FROM), bool(cosine > _SQUARES_FROM))
    windows = sweep(ask, new_book(len(field.rows)), field.blocks, field.cells, field.grid, where, rise, fall)
    return BaseWindows(*in_order(windows, field.name))


def extremes(table: TabulatedEphemeris, ground: Ground, windows: Spans, nadir: Nadir = "geodetic") -> Extremes:
    """How near, how high and how far from the nadir does it get in each window, and when?

    ``windows.signal`` numbers the places. Moments to 1 ms, of the greatest of samples a step of the table apart: angles
    to 1e-6 degrees (tests/access/test_bulk.py).
    """
    c = coefficients(table.r_itrf_m, table.v_itrf_m_s, table.a_itrf_m_s2, table.step_s, nadir == "geodetic")
    which, used = np.unique(windows.signal, return_inverse=True)
    rows = _rows(ground.at_itrf_m[which], ground.up[which], 0.0)
    found = extremes_of(c, table.step_s, rows, used.astype(np.int64), windows.start_s, windows.stop_s)
    closest_s, range_m, highest_s, sine, cosine = found.T
    return Extremes(
        closest_s,
        range_m,
        highest_s,
        np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))),
        np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))),
    )
