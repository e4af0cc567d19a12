"""By which path and row, or relative orbit, does a mission call a place of its ground track?

A mission that keeps a repeating track numbers its tracks by where they cross the equator. Landsat's WRS-2 (233 paths,
248 rows; path p crosses the equator southwards at -64.6 - (p - 1) 360/233 deg, there is row 60) counts rows along the
orbit; Sentinels count relative orbits from their ascending nodes. The longitudes of the first Sentinel tracks were
found from published scenes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.frames import EarthOrientation
from swath.model import Elements
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.node import argument_of_latitude_deg, nodal_period_s, node_longitude_deg
from swath.time import seconds

__all__ = ["GRIDS", "TrackGrid", "grid_of", "relative_orbit", "wrs2_path_row"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_WRS2_FIRST_DEG, _WRS2_PATHS, _WRS2_DAYS, _WRS2_ROWS, _WRS2_EQUATOR_ROW = -64.6, 233, 16, 248, 60


@dataclass(frozen=True)
class TrackGrid:
    """How a mission numbers its tracks."""

    mission: str
    orbits: int
    """in one repeat cycle"""
    days: int
    first_node_deg: float
    """longitude at which relative orbit 1 crosses the equator northwards"""
    norad_ids: tuple[int, ...]


GRIDS = (
    TrackGrid("Sentinel-1", 175, 12, 0.155, (39634, 41456, 62261, 66315)),
    TrackGrid("Sentinel-2", 143, 10, 1.0, (40697, 42063, 60989)),
    TrackGrid("Sentinel-3", 385, 27, 0.635, (41335, 43437)),
)
LANDSATS = (25682, 39084, 49260)


def grid_of(norad_id: int) -> TrackGrid | str | None:
    """How are the tracks of this satellite numbered? A grid of relative orbits, ``"WRS-2"``, or not that we know."""
    if norad_id in LANDSATS:
        return "WRS-2"
    return next((grid for grid in GRIDS if norad_id in grid.norad_ids), None)


def relative_orbit(
    elements: Elements, at: npt.ArrayLike, eop: EarthOrientation, grid: TrackGrid
) -> tuple[Ints, Floats]:
    """Which relative orbit is the satellite on at UTC times, and how far (deg) is its node from the nominal one?

    Counted from the last ascending node. An offset of more than half of 360 / orbits cannot be told from the next
    track; kept satellites stay within 0.05 deg. Right for every scene of ``acquisitions.csv`` whose name says it.
    """
    _, since_deg = _argument(elements, at, eop)
    crossed = np.asarray(at, "datetime64[ns]") - seconds(since_deg / 360.0 * nodal_period_s(elements))
    west_deg = (grid.first_node_deg - node_longitude_deg(elements, crossed, eop)) % 360.0
    # every track lies at a multiple of 360 / orbits; the mission goes through them in steps of `days` of these
    place = west_deg * grid.orbits / 360.0
    nearest = np.round(place).astype(np.int64) % grid.orbits
    number = nearest * pow(grid.days, -1, grid.orbits) % grid.orbits + 1
    return number, -(place - np.round(place)) * 360.0 / grid.orbits


def wrs2_path_row(elements: Elements, at: npt.ArrayLike, eop: EarthOrientation) -> tuple[Ints, Ints]:
    """On which WRS-2 path and row is a Landsat at UTC times? Paths 1 to 233, rows 1 to 248.

    Right for all 28 Landsat scenes of ``acquisitions.csv`` at their centre times (tests/authorities/test_grids.py).
    """
    argument_deg, _ = _argument(elements, at, eop)
    step_deg = 360.0 / _WRS2_ROWS
    first_deg = 180.0 + (0.5 - _WRS2_EQUATOR_ROW) * step_deg
    along_deg = (argument_deg - first_deg) % 360.0 + first_deg  # a path begins with row 1
    row = np.round((along_deg - 180.0) / step_deg).astype(np.int64) + _WRS2_EQUATOR_ROW
    row = (row - 1) % _WRS2_ROWS + 1
    after_deg = along_deg - 180.0
    crossed = np.asarray(at, "datetime64[ns]") - seconds(after_deg / 360.0 * nodal_period_s(elements))
    west_deg = (_WRS2_FIRST_DEG - node_longitude_deg(elements, crossed, eop) - 180.0) % 360.0
    path = np.round(west_deg * _WRS2_PATHS / 360.0).astype(np.int64) % _WRS2_PATHS + 1
    return path, row


def _argument(elements: Elements, at: npt.ArrayLike, eop: EarthOrientation) -> tuple[Floats, Floats]:
    times = np.asarray(at, "datetime64[ns]")
    if np.isnat(times).any():
        raise InputError("not a time", fix="Give UTC times")
    r_m, v_m_s = sgp4_ephemeris(elements, eop).states(times)
    argument_deg = argument_of_latitude_deg(r_m, v_m_s)
    return argument_deg, argument_deg
