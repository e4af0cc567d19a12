"""When is a satellite in the Earth's shadow, and when does it cross the equator?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.passes import find_passes
from swath.access.search import windows_where
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_from_itrf
from swath.model import Station
from swath.orbit.eclipse import penumbra_signal, umbra_signal
from swath.orbit.ephemeris import Ephemeris, tabulate
from swath.orbit.maneuver import Maneuvers
from swath.orbit.sun import sun_direction_itrf
from swath.table import Table, column

__all__ = ["Eclipses", "NodeCrossings", "find_eclipses", "find_nodes", "seen_to_begin"]

Times = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Eclipses(Table):
    """Stays in the Earth's shadow; one row an eclipse. Without an umbra its columns are NaT and the length is zero."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it enters the penumbra")
    umbra_start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it enters the umbra")
    umbra_stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it leaves the umbra")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it leaves the penumbra")
    duration_s: npt.NDArray[np.float64] = column("f8", "s", "in any shadow")
    umbra_s: npt.NDArray[np.float64] = column("f8", "s", "in the umbra")


@dataclass(frozen=True)
class NodeCrossings(Table):
    """Crossings of the equator; one row each."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it crosses the equator")
    direction: npt.NDArray[np.str_] = column("U", "-", "ascending (northwards) or descending")
    lon_deg: npt.NDArray[np.float64] = column("f8", "deg", "longitude there")
    local_mean_time: npt.NDArray[np.str_] = column("U", "-", "HH:MM:SS by the mean sun there")


def find_eclipses(
    satellite: str, ephemeris: Ephemeris, start: np.datetime64, stop: np.datetime64, eop: EarthOrientation
) -> Eclipses:
    """When, from ``start`` to ``stop``, does the satellite go through the Earth's penumbra and umbra?

    Cones behind the WGS84 ellipsoid; edges to 1 ms of that model, its shadow is that of rays past the ellipsoid
    (tests/orbit/test_eclipse.py). Eclipses that reach the end of the span are cut there.
    Raises what the ephemeris raises.
    """
    table = tabulate(ephemeris, start, stop, name=satellite)

    def dim(at: Times) -> Floats:
        return penumbra_signal(table.states(at)[0], sun_direction_itrf(at, eop))

    def dark(at: Times) -> Floats:
        return umbra_signal(table.states(at)[0], sun_direction_itrf(at, eop))

    starts, stops = windows_where(dim, start, stop)
    dark_starts, dark_stops = windows_where(dark, start, stop)
    inside = np.searchsorted(dark_starts, starts)
    has = (inside < len(dark_starts)) & (np.append(dark_starts, stop)[inside] <= stops)
    none = np.datetime64("NaT", "ns")
    first, last = (np.where(has, np.append(edges, none)[inside], none) for edges in (dark_starts, dark_stops))
    second = np.timedelta64(1, "ns")
    return Eclipses(
        np.full(len(starts), satellite),
        starts,
        first,
        last,
        stops,
        (stops - starts) / second * 1e-9,
        np.where(has, (last - first) / second * 1e-9, 0.0),
    )


def find_nodes(satellite: str, ephemeris: Ephemeris, start: np.datetime64, stop: np.datetime64) -> NodeCrossings:
    """When and over which longitude does the satellite cross the equator, from ``start`` to ``stop``?

    To 1 ms of the ephemeris. Raises what the ephemeris raises.
    """
    table = tabulate(ephemeris, start, stop, name=satellite)
    ups, downs = windows_where(lambda at: np.asarray(table.states(at)[0][:, 2], np.float64), start, stop)
    at = np.concatenate([ups[ups > start], downs[downs < stop]])
    ascending = np.arange(len(at)) < (ups > start).sum()
    order = np.argsort(at)
    at, ascending = at[order], ascending[order]
    lon_deg, _, _ = geodetic_from_itrf(table.states(at)[0])
    seconds_of_day = (at - at.astype("datetime64[D]")) / np.timedelta64(1, "ns") * 1e-9
    local_s = np.round(seconds_of_day + lon_deg / 360.0 * 86400.0).astype(np.int64) % 86400
    clock = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in local_s.tolist()]
    return NodeCrossings(
        np.full(len(at), satellite), at, np.where(ascending, "ascending", "descending"), lon_deg, np.array(clock, "U")
    )


def seen_to_begin(
    maneuvers: Maneuvers, orbit: Callable[[np.datetime64], Ephemeris], station: Station, eop: EarthOrientation
) -> list[str]:
    """Could a station see the satellite when each manoeuvre began: ``yes``, ``no``, or ``possible``?

    ``yes`` where the station saw it from the earliest moment of the beginning to the latest, ``no`` where it never did
    between them. ``orbit`` gives the motion before the manoeuvre, by the epoch of the last set before it; where
    that reaches no further (30 days) it is ``possible``.
    """
    said = []
    for row in maneuvers.rows():
        first, last = row["earliest"], max(row["latest"], row["earliest"] + np.timedelta64(1, "s"))
        try:
            passes = find_passes({"it": orbit(row["after"])}, [station], first, last, eop)
        except DataError:
            said.append("possible")
            continue
        throughout = len(passes) == 1 and passes.start[0] <= first and passes.stop[0] >= last
        said.append("yes" if throughout else "possible" if len(passes) else "no")
    return said
