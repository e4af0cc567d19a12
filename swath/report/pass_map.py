"""The pass that took an urgent picture: the track by the minute, the line of sight, and what lay within reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.model import Request
from swath.report.chart import Chart, satellite_numbers
from swath.report.facts import acquisition_row, rows_of_orders
from swath.report.geojson import outline
from swath.report.outcome import Outcome, Urgent
from swath.report.svg import drawing, esc, line_path, tag, title
from swath.report.words import clock
from swath.time import seconds

__all__ = ["pass_map"]

Floats = npt.NDArray[np.float64]
_WIDTH = 1000.0
_HALF_LAT_DEG = 8.0
_SHAPE = 1.7
_MINUTES = 8
_EARTH_RADIUS_M = 6371008.8


@dataclass(frozen=True)
class _Pass:
    """The track for some minutes about the picture, longitudes running on over the date line."""

    satellite: str
    color: str
    middle: np.datetime64
    since_s: Floats
    lon_deg: Floats
    lat_deg: Floats
    altitude_m: Floats

    def at(self, since_s: float) -> tuple[float, float]:
        """Longitude and latitude under the satellite, seconds after the picture's middle."""
        return float(np.interp(since_s, self.since_s, self.lon_deg)), float(
            np.interp(since_s, self.since_s, self.lat_deg)
        )


def pass_map(outcome: Outcome, story: Urgent) -> str:
    """The map, empty where no picture was planned or the track is not known."""
    request, row = outcome.request(story.request), acquisition_row(outcome, story.acquisition)
    flown = _pass(outcome, request, row) if request is not None and row is not None else None
    if request is None or row is None or flown is None:
        return ""
    chart = _chart(request)
    parts = (
        chart.ground(outcome, step_deg=5.0, tolerance_deg=0.02),
        _reach(outcome, flown, chart),
        *_places(outcome, chart),
        *_track(flown, chart),
        *_sight(outcome, story, request, row, flown, chart),
        chart.graticule_names(5.0),
        chart.stations(outcome),
    )
    said = f"Map of the pass of {flown.satellite} over {story.request} at {clock(flown.middle, day=outcome.start)}"
    return drawing(*chart.size, said, *parts, class_="map pass")


def _chart(request: Request) -> Chart:
    lon, lat = request.place.lon_deg, request.place.lat_deg
    squeeze = max(math.cos(math.radians(lat)), 0.2)
    half_lon = _HALF_LAT_DEG * _SHAPE / squeeze
    south, north = max(lat - _HALF_LAT_DEG, -89.0), min(lat + _HALF_LAT_DEG, 89.0)
    return Chart(lon - half_lon, south, lon + half_lon, north, _WIDTH / (2.0 * half_lon), squeeze)


def _pass(outcome: Outcome, request: Request, row: int) -> _Pass | None:
    satellite, middle = str(outcome.plan.acquisitions.satellite[row]), outcome.plan.acquisitions.middle[row]
    track = outcome.tracks.take(outcome.tracks.satellite == satellite).sort_by("time")
    track = track.take(np.abs(track.time - middle) <= seconds(60.0 * _MINUTES))
    if len(track) < 2:
        return None
    since_s = (track.time - middle) / np.timedelta64(1, "ns") * 1e-9
    lon = np.degrees(np.unwrap(np.radians(track.lon_deg)))
    lon += 360.0 * np.round((request.place.lon_deg - np.interp(0.0, since_s, lon)) / 360.0)
    color = f"s{satellite_numbers(outcome).get(satellite, 0)}"
    return _Pass(satellite, color, middle, since_s, lon, track.lat_deg, track.altitude_m)


def _reach(outcome: Outcome, flown: _Pass, chart: Chart) -> str:
    """The strip that the satellite can look at within its own off-nadir limit (spherical Earth)."""
    limit_deg = next((s.agility.max_off_nadir_deg for s in outcome.satellites if s.id == flown.satellite), 0.0)
    lon, lat = np.radians(flown.lon_deg), np.radians(flown.lat_deg)
    sine = np.minimum((1.0 + flown.altitude_m / _EARTH_RADIUS_M) * math.sin(math.radians(limit_deg)), 1.0)
    arc = np.arcsin(sine) - math.radians(limit_deg)
    heading = np.arctan2(np.gradient(lon) * np.cos(lat), np.gradient(lat))
    sides = []
    for turn in (-np.pi / 2, np.pi / 2):
        north = np.sin(lat) * np.cos(arc) + np.cos(lat) * np.sin(arc) * np.cos(heading + turn)
        east = np.arctan2(np.sin(heading + turn) * np.sin(arc) * np.cos(lat), np.cos(arc) - np.sin(lat) * north)
        sides.append((np.degrees(lon + east), np.degrees(np.arcsin(np.clip(north, -1.0, 1.0)))))
    (left_lon, left_lat), (right_lon, right_lat) = sides
    x, y = chart.place(np.append(left_lon, right_lon[::-1]), np.append(left_lat, right_lat[::-1]))
    said = title(f"within {limit_deg:g} deg of the vertical")
    return tag("path", said, d=line_path(x, y, close=True), class_=f"reach {flown.color}")


def _places(outcome: Outcome, chart: Chart) -> list[str]:
    planned, parts = rows_of_orders(outcome), []
    for order in outcome.orders:
        request = order.request
        if chart.holds(request.place.lon_deg, request.place.lat_deg) and not request.urgent:
            x, y = chart.point(request.place.lon_deg, request.place.lat_deg)
            style = "place other" if request.id in planned else "place refused"
            parts.append(tag("circle", title(request.id), cx=x, cy=y, r=3.5, class_=style))
    return parts


def _track(flown: _Pass, chart: Chart) -> list[str]:
    parts = [tag("path", d=line_path(*chart.place(flown.lon_deg, flown.lat_deg)), class_=f"arc {flown.color}")]
    width, height = chart.size
    for minute in range(1 - _MINUTES, _MINUTES):
        x, y = chart.point(*flown.at(60.0 * minute))
        if minute and 20 < x < width - 20 and 20 < y < height - 20:
            parts.append(tag("circle", cx=x, cy=y, r=3.5, class_=f"minute {flown.color}"))
            parts.append(tag("text", f"{minute:+d} min", x=x + 9, y=y + 4, class_="tick"))
    return parts


def _sight(outcome: Outcome, story: Urgent, request: Request, row: int, flown: _Pass, chart: Chart) -> list[str]:
    x, y = chart.point(*flown.at(0.0))
    px, py = chart.point(request.place.lon_deg, request.place.lat_deg)
    ring = np.array(outcome.footprints.get(story.acquisition) or outline(request))
    area = line_path(*chart.place(ring[:, 0], ring[:, 1]), close=True)
    side, other, end, other_end = (-13, 14, " end", "") if px > x else (13, -14, "", " end")
    name = f"{flown.satellite} {clock(flown.middle, day=outcome.start)}"
    off_nadir = f"{outcome.plan.acquisitions.off_nadir_deg[row]:.0f} deg off the vertical"
    return [
        tag("path", d=f"M{x:.1f} {y:.1f}L{px:.1f} {py:.1f}", class_="sight"),
        tag("path", title("what the camera swept"), d=area, class_=f"footprint {flown.color}"),
        tag("circle", cx=x, cy=y, r=7, class_=f"minute {flown.color}"),
        tag("text", esc(name), x=x + side, y=y - 8, class_=f"label{end}"),
        tag("text", off_nadir, x=x + side, y=y + 17, class_=f"tick{end}"),
        tag("text", esc(story.request), x=px + other, y=py + 5, class_=f"label urgent-name{other_end}"),
    ]
