"""Conditions between one satellite and many places, asked together; and a sieve that says where to look.

The sieve is exact: between two states of the table a satellite moves less than a known way, so the angles cannot change
by more than that way over the range. Where the bound rules a condition out there is no window, however short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from swath.access.look import Nadir, cos_off_nadir, nadir_direction, sin_elevation
from swath.access.search import ManySignals, Spans
from swath.errors import InputError
from swath.frames import geodetic_up, itrf_from_geodetic
from swath.model import Place, Station
from swath.orbit.ephemeris import TabulatedEphemeris

__all__ = ["Ground", "elevations", "ground_of", "off_nadirs", "possible_spans"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Mask = tuple[Floats, Floats]

_CELLS = 100_000
"""places x states held at once: 1 MB an array"""
_ARC = 2.0
"""an angle is at most pi / 2 times its sine; and a sine changes by at most 2, should the range be less than the way"""


@dataclass(frozen=True)
class Ground:
    """Many places as arrays, ``(m, 3)`` ITRF."""

    at_itrf_m: Floats
    up: Floats
    """unit verticals of the ellipsoid"""
    masks: Mapping[int, Mask] = field(default_factory=dict)
    """horizons of the places that have one, by their number: azimuths, rising, and elevations (deg)"""

    def level(self, which: Ints) -> tuple[Floats, Floats]:
        """Unit vectors to the east and to the north of places, ITRF ``(n, 3)``."""
        up = self.up[which]
        lon = np.arctan2(up[..., 1], up[..., 0])
        east = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], -1)
        return east, np.cross(up, east)


def ground_of(places: Sequence[Place] | Sequence[Station]) -> Ground:
    """The places as arrays; a polygon counts by its centre. Raises :class:`InputError` where two share an id."""
    ids = [place.id for place in places]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise InputError(f"two places are called {twice!r}", fix="Give every place its own id")
    lon_deg, lat_deg, altitude_m = (
        np.array([getattr(place, name) for place in places], np.float64)
        for name in ("lon_deg", "lat_deg", "altitude_m")
    )
    at_itrf_m = itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    up = geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg).reshape(-1, 3)
    return Ground(at_itrf_m.reshape(-1, 3), up, _masks(places))


def _masks(places: Sequence[Place] | Sequence[Station]) -> dict[int, Mask]:
    found = {}
    for number, place in enumerate(places):
        if isinstance(place, Station) and place.mask:
            azimuth_deg, elevation_deg = np.array(sorted(place.mask), np.float64).T
            found[number] = azimuth_deg, elevation_deg
    return found


def elevations(table: TabulatedEphemeris, ground: Ground, least_deg: Floats | float) -> ManySignals:
    """Signal number i: the satellite stands above ``least_deg`` (one limit, or one a place) at place i."""
    least = np.broadcast_to(np.sin(np.radians(least_deg)), len(ground.up))

    def ask(which: Ints, t_s: Floats) -> Floats:
        r = table.positions_after(t_s)
        return np.asarray(sin_elevation(r, ground.at_itrf_m[which], ground.up[which]) - least[which], np.float64)

    return ask


def off_nadirs(table: TabulatedEphemeris, ground: Ground, most_deg: float, nadir: Nadir) -> ManySignals:
    """Signal number i: place i lies within ``most_deg`` of the satellite's nadir, on this side of the Earth or not."""
    least = np.cos(np.radians(most_deg))

    def ask(which: Ints, t_s: Floats) -> Floats:
        r = table.positions_after(t_s)
        cosine = cos_off_nadir(r, ground.at_itrf_m[which], nadir_direction(r, nadir))
        return np.asarray(cosine - least, np.float64)

    return ask


def possible_spans(
    table: TabulatedEphemeris,
    ground: Ground,
    least_elevation_deg: Floats | float,
    most_off_nadir_deg: float | None = None,
    nadir: Nadir = "geodetic",
) -> Spans:
    """Where could elevation and off-nadir angle hold? Spans that hold every window, whole, and little else."""
    least = np.broadcast_to(np.sin(np.radians(least_elevation_deg)), len(ground.up))
    r = table.r_itrf_m
    # Farthest way from the nearest state, with room for the speed to change between states.
    way_m = 0.51 * table.step_s * float(np.linalg.norm(table.v_itrf_m_s, axis=-1).max())
    down = nadir_direction(r, nadir) if most_off_nadir_deg is not None else None
    found = []
    many = max(_CELLS // len(r), 1)
    for first in range(0, max(len(ground.up), 1), many):
        at_m, up = ground.at_itrf_m[first : first + many], ground.up[first : first + many]
        squares = np.sum(r * r, -1) + np.sum(at_m * at_m, -1)[:, None]
        range_m = np.sqrt(np.maximum(squares - 2.0 * at_m @ r.T, 1.0))
        sine = (up @ r.T - np.sum(up * at_m, -1)[:, None]) / range_m
        reach = _ARC * way_m / range_m
        maybe = sine + reach > least[first : first + many, None]
        if down is not None and most_off_nadir_deg is not None:
            cosine = (at_m @ down.T - np.sum(r * down, -1)) / range_m
            turn = _ARC * way_m / np.linalg.norm(r, axis=-1)
            maybe &= cosine + reach + turn > np.cos(np.radians(most_off_nadir_deg))
        found.append(_runs(maybe, table.step_s, table.duration_s, first))
    return Spans(*(np.concatenate([getattr(f, name) for f in found]) for name in ("signal", "start_s", "stop_s")))


def _runs(maybe: npt.NDArray[np.bool_], step_s: float, duration_s: float, first: int) -> Spans:
    """Runs of possible states along each row, half a step longer at both ends."""
    edges = np.diff(np.pad(maybe, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, begin = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    return Spans(
        row + first,
        np.maximum((begin - 0.5) * step_s, 0.0),
        np.minimum((end - 0.5) * step_s, duration_s),
    )
