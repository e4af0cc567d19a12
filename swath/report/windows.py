"""Windows of access and passes for people and other programs: what every form of output is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.frames import geodetic_from_itrf, itrf_from_geodetic
from swath.model import Place
from swath.table import Table
from swath.time import format_utc

__all__ = ["Found", "Track", "geometry_of"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Track:
    """Where a satellite is, sampled evenly over the span."""

    time: Times
    r_itrf_m: Floats
    """``(n, 3)``"""

    def between(self, start: np.datetime64, stop: np.datetime64) -> tuple[Times, Floats]:
        """Times and positions from one moment to another: both ends, and the samples between."""
        inside = self.time[(self.time > start) & (self.time < stop)]
        at = np.concatenate([[start], inside, [stop]]).astype("datetime64[ns]")
        known, asked = ((t - self.time[0]) / np.timedelta64(1, "ns") * 1e-9 for t in (self.time, at))
        r = np.stack([np.interp(asked, known, self.r_itrf_m[:, axis]) for axis in range(3)], -1)
        # A chord between samples runs below the orbit: back to the height that the ends have.
        height = np.interp(asked, known, np.linalg.norm(self.r_itrf_m, axis=-1))
        return at, r * (height / np.linalg.norm(r, axis=-1))[:, None]

    def ground(self) -> tuple[Floats, Floats]:
        """Longitude and latitude under the satellite."""
        lon_deg, lat_deg, _ = geodetic_from_itrf(self.r_itrf_m)
        return lon_deg, lat_deg


@dataclass(frozen=True, eq=False)
class Found:
    """The windows of one question, with what is needed to draw them."""

    title: str
    windows: Table
    """``Accesses`` or ``Passes`` with their details: satellite, place or station, start, stop, ..."""
    start: np.datetime64
    stop: np.datetime64
    places: Mapping[str, Place]
    """places or stations, by id"""
    tracks: Mapping[str, Track]
    """satellites by name"""
    made: np.datetime64
    """when the answer was worked out"""

    @property
    def at(self) -> str:
        """The column that says where: ``place`` or ``station``."""
        return "station" if hasattr(self.windows, "station") else "place"

    @property
    def middle(self) -> str:
        """The column of the moment that counts: ``closest`` or ``culmination``."""
        return "culmination" if self.at == "station" else "closest"

    def place_itrf_m(self, id: str) -> Floats:
        """Where a place is, ITRF."""
        place = self.places[id]
        return itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)

    def said(self, row: Mapping[str, Any]) -> str:
        """A window in one line."""
        if self.at == "station":
            return f"{row['satellite']} over {row['station']}, highest {row['max_elevation_deg']:.0f} deg"
        return f"{row['satellite']} sees {row['place']}, {row['min_off_nadir_deg']:.0f} deg off nadir"

    def told(self, row: Mapping[str, Any]) -> str:
        """What is worth knowing about a window, in some lines."""
        lines = [f"{format_utc(row['start'])} to {format_utc(row['stop'])}"]
        for name, value in row.items():
            if name.rsplit("_", 1)[-1] in ("deg", "m", "s") and np.isfinite(value):
                words, unit = name.rsplit("_", 1)
                lines.append(f"{words.replace('_', ' ')}: {value:,.1f} {unit}")
        return "\n".join([*lines, *filter(None, [str(row.get("because", ""))])])


def geometry_of(place: Place) -> dict[str, Any]:
    """The place as a GeoJSON geometry."""
    if not place.ring:
        return {"type": "Point", "coordinates": [place.lon_deg, place.lat_deg]}
    polygons = [[[list(v) for v in (*ring, ring[0])] for ring in polygon] for polygon in place.polygons]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}
