"""A sheet of map paper: land, graticule, stations, tracks. Equirectangular, longitudes squeezed to true shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.report.land import land_within
from swath.report.outcome import Outcome, Tracks
from swath.report.svg import esc, line_path, tag, ticks, title
from swath.report.words import degrees, spoken

__all__ = ["Chart", "satellite_numbers", "track_pieces"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chart:
    """Longitude and latitude to drawing units, and what every map shows."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    scale_per_deg: float
    """drawing units per degree of longitude"""
    squeeze_ratio: float = 1.0
    """cosine of the latitude that is drawn in true shape"""

    def place(self, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Drawing coordinates: x to the right, y down."""
        x = (np.asarray(lon_deg, np.float64) - self.west_deg) * self.scale_per_deg
        y = (self.north_deg - np.asarray(lat_deg, np.float64)) * self.scale_per_deg / self.squeeze_ratio
        return x, y

    def point(self, lon_deg: float, lat_deg: float) -> tuple[float, float]:
        """The same for one place, as plain numbers."""
        x, y = self.place(lon_deg, lat_deg)
        return float(x), float(y)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the sheet in drawing units."""
        return self.point(self.east_deg, self.south_deg)

    def holds(self, lon_deg: float, lat_deg: float) -> bool:
        """Is a place on the sheet?"""
        return self.west_deg < lon_deg < self.east_deg and self.south_deg < lat_deg < self.north_deg

    def ground(self, outcome: Outcome, *, step_deg: float, tolerance_deg: float) -> str:
        """Sea, land and graticule."""
        width, height = self.size
        box = self.west_deg, self.south_deg, self.east_deg, self.north_deg
        rings = land_within(outcome.land, *box, tolerance_deg=tolerance_deg)
        coasts = "".join(line_path(*self.place(r[:, 0], r[:, 1]), close=True) for r in rings)
        lines = [
            line_path(*self.place([lon, lon], [self.south_deg, self.north_deg]))
            for lon in ticks(self.west_deg, self.east_deg, step_deg)
        ] + [
            line_path(*self.place([self.west_deg, self.east_deg], [lat, lat]))
            for lat in ticks(self.south_deg, self.north_deg, step_deg)
        ]
        return (
            tag("rect", x=0, y=0, width=width, height=height, class_="sea")
            + tag("path", d=coasts, class_="land")
            + tag("path", d="".join(lines), class_="graticule")
        )

    def graticule_names(self, step_deg: float) -> str:
        """Degrees along the left and lower edges."""
        height = self.size[1]
        east = [
            tag("text", degrees(lon, 0, 0).split("N ")[1], x=self.point(lon, 0)[0] + 4, y=height - 7, class_="tick")
            for lon in ticks(self.west_deg, self.east_deg, step_deg)
        ]
        north = [
            tag("text", degrees(0, lat, 0).split(" 0")[0], x=5, y=self.point(0, lat)[1] - 4, class_="tick")
            for lat in ticks(self.south_deg, self.north_deg, step_deg)
        ]
        return "".join(east + north)

    def stations(self, outcome: Outcome) -> str:
        """A triangle with its name per station on the sheet."""
        parts = []
        for station in outcome.stations:
            if not self.holds(station.lon_deg, station.lat_deg):
                continue
            x, y = self.point(station.lon_deg, station.lat_deg)
            corners = f"{x:.1f},{y - 8:.1f} {x + 7:.1f},{y + 5:.1f} {x - 7:.1f},{y + 5:.1f}"
            said = title(f"station {station.id}, {degrees(station.lon_deg, station.lat_deg)}")
            parts.append(tag("polygon", said, points=corners, class_="station"))
            left = x > 0.85 * self.size[0]
            side = -11 if left else 11
            parts.append(
                tag("text", esc(spoken(station.id)), x=x + side, y=y + 5, class_="label end" if left else "label")
            )
        return "".join(parts)


def track_pieces(track: Tracks) -> list[tuple[Floats, Floats]]:
    """A track cut where it leaves one edge of the world for the other, each piece drawn on past the edge."""
    lon, lat = np.degrees(np.unwrap(np.radians(track.lon_deg))), track.lat_deg
    turn = np.floor((lon + 180.0) / 360.0)
    cuts = np.flatnonzero(np.diff(turn)) + 1
    ends = zip([0, *cuts], [*cuts, len(lon)], strict=True)
    return [
        (lon[max(first - 1, 0) : last + 1] - 360.0 * turn[first], lat[max(first - 1, 0) : last + 1])
        for first, last in ends
        if last > first
    ]


def satellite_numbers(outcome: Outcome) -> dict[str, int]:
    """Which of the six colours each satellite has."""
    return {satellite.id: number % 6 for number, satellite in enumerate(outcome.satellites)}
