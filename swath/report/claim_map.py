"""Two drawings of a claim: the track over the ground with what the camera reaches, and the track across the sky."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from swath.claim.records import Verdict
from swath.claim.scene import Drawn
from swath.report.chart import Chart
from swath.report.land import land_within
from swath.report.svg import drawing, esc, line_path, tag, ticks, title
from swath.time import format_utc

__all__ = ["ground_map", "sky_view"]

Floats = npt.NDArray[np.float64]
_WIDTH = 640.0
_HALF_LAT_DEG = 14.0
_SKY = 210.0


def ground_map(verdict: Verdict, drawn: Drawn, land: Sequence[Floats]) -> str:
    """Land, track by the minute, the stated time on it, the camera's reach then, and the place."""
    place = verdict.claim.place
    assert place is not None
    lon, chart = _sheet(drawn, place.lon_deg, place.lat_deg)
    x, y = chart.place(lon, drawn.lat_deg)
    rings = land_within(land, *_box(chart), tolerance_deg=0.05)
    coasts = "".join(line_path(*chart.place(r[:, 0], r[:, 1]), close=True) for r in rings)
    width, height = chart.size
    parts = [
        tag("rect", x=0, y=0, width=width, height=height, class_="sea"),
        tag("path", d=coasts, class_="land"),
        tag("path", d=_graticule(chart), class_="graticule"),
        _reach(drawn, chart, place.lon_deg),
        tag("path", d=line_path(x, y), class_="arc s4"),
        *_minutes(drawn, x, y, chart),
        _stated(drawn, x, y),
        *_place(place.id, *chart.point(_near(place.lon_deg, chart), place.lat_deg)),
        chart.graticule_names(_step_deg(chart)),
    ]
    said = f"Map: track of the satellite about {format_utc(verdict.claim.moment.middle)}, and {place.id}"
    return drawing(width, height, said, *parts, class_="map pass")


def _sheet(drawn: Drawn, lon_deg: float, lat_deg: float) -> tuple[Floats, Chart]:
    """Longitudes that run on over the date line, and the sheet about the place and the track at the stated time."""
    lon = np.degrees(np.unwrap(np.radians(drawn.lon_deg)))
    middle = int(np.argmin(np.abs(drawn.since_s)))
    lon += 360.0 * np.round((lon_deg - lon[middle]) / 360.0)
    centre_lat = float(np.clip((lat_deg + drawn.lat_deg[middle]) / 2.0, -70.0, 70.0))
    half = float(np.clip(abs(lat_deg - drawn.lat_deg[middle]) / 2.0 + 7.0, _HALF_LAT_DEG, 35.0))
    squeeze = max(math.cos(math.radians(centre_lat)), 0.2)
    centre_lon = (lon_deg + float(lon[middle])) / 2.0
    half_lon = max(half * 1.25 / squeeze, abs(lon_deg - float(lon[middle])) / 2.0 + 6.0)
    half_lon = min(half_lon, 175.0)
    south, north = max(centre_lat - half, -89.0), min(centre_lat + half, 89.0)
    return lon, Chart(centre_lon - half_lon, south, centre_lon + half_lon, north, _WIDTH / (2 * half_lon), squeeze)


def _box(chart: Chart) -> tuple[float, float, float, float]:
    return chart.west_deg, chart.south_deg, chart.east_deg, chart.north_deg


def _near(lon_deg: float, chart: Chart) -> float:
    centre = (chart.west_deg + chart.east_deg) / 2.0
    return lon_deg + 360.0 * round((centre - lon_deg) / 360.0)


def _step_deg(chart: Chart) -> float:
    """Between lines of the graticule: few enough for their names to stand apart on a telephone as well."""
    return 5.0 if chart.east_deg - chart.west_deg <= 25.0 else 10.0 if chart.east_deg - chart.west_deg <= 60.0 else 20.0


def _graticule(chart: Chart) -> str:
    west, south, east, north = _box(chart)
    step = _step_deg(chart)
    lines = [line_path(*chart.place([lon, lon], [south, north])) for lon in ticks(west, east, step)]
    return "".join([*lines, *(line_path(*chart.place([west, east], [lat, lat])) for lat in ticks(south, north, step))])


def _reach(drawn: Drawn, chart: Chart, lon_deg: float) -> str:
    if len(drawn.reach_deg) < 3:
        return ""
    lon = np.degrees(np.unwrap(np.radians(drawn.reach_deg[:, 0])))
    lon += 360.0 * np.round((_near(lon_deg, chart) - lon.mean()) / 360.0)
    x, y = chart.place(lon, drawn.reach_deg[:, 1])
    return tag("path", title("within its camera's reach"), d=line_path(x, y, close=True), class_="reach s4")


def _minutes(drawn: Drawn, x: Floats, y: Floats, chart: Chart) -> list[str]:
    width, height = chart.size
    stamps = drawn.time.astype("datetime64[m]").astype("datetime64[ns]")
    whole = np.flatnonzero(np.diff(stamps) > np.timedelta64(0)) + 1
    parts = []
    for row in whole.tolist():
        if not (60 < x[row] < width - 8 and 12 < y[row] < height - 12):
            continue
        parts.append(tag("circle", cx=float(x[row]), cy=float(y[row]), r=2.4, class_="minute"))
        said = format_utc(stamps[row])[11:16]
        parts.append(tag("text", said, x=float(x[row]) - 7, y=float(y[row]) + 4, class_="tick end"))
    return parts


def _stated(drawn: Drawn, x: Floats, y: Floats) -> str:
    inside = drawn.stated if drawn.stated.any() else np.abs(drawn.since_s) == np.abs(drawn.since_s).min()
    rows = np.flatnonzero(inside)
    said = title("the satellite at the stated time")
    if len(rows) == 1:
        return tag("circle", said, cx=float(x[rows[0]]), cy=float(y[rows[0]]), r=6, class_="claim-at")
    return tag("path", said, d=line_path(x[rows], y[rows]), class_="claim-during")


def _place(name: str, x: float, y: float) -> list[str]:
    left = x > _WIDTH * 0.7
    return [
        tag("path", d=f"M{x - 8:.1f} {y:.1f}H{x + 8:.1f}M{x:.1f} {y - 8:.1f}V{y + 8:.1f}", class_="claim-place"),
        tag("text", esc(name), x=x - 12 if left else x + 12, y=y - 8, class_="label end" if left else "label"),
    ]


def sky_view(verdict: Verdict, drawn: Drawn) -> str:
    """The sky of the place: zenith in the middle, horizon as rim, north up and east to the right as on a map."""
    size, middle = 2.0 * _SKY + 60.0, _SKY + 30.0
    x, y = _polar(drawn.azimuth_deg, drawn.elevation_deg, middle)
    high = drawn.elevation_deg > 0.0
    parts = [
        tag("circle", cx=middle, cy=middle, r=_SKY, class_="sky"),
        *(tag("circle", cx=middle, cy=middle, r=_SKY * (90 - e) / 90, class_="graticule") for e in (30, 60)),
        tag(
            "path",
            d=f"M{middle} {middle - _SKY}V{middle + _SKY}M{middle - _SKY} {middle}H{middle + _SKY}",
            class_="graticule",
        ),
        *(
            tag("text", name, x=middle + dx, y=middle + dy + 5, class_="tick mid")
            for name, dx, dy in (("N", 0, -_SKY - 12), ("E", _SKY + 14, 0), ("S", 0, _SKY + 14), ("W", -_SKY - 14, 0))
        ),
        *(tag("text", f"{e}°", x=middle + 4, y=middle - _SKY * (90 - e) / 90 + 14, class_="tick") for e in (30, 60)),
    ]
    parts += [tag("path", d=line_path(x[run], y[run]), class_="arc s4") for run in _runs(high)]
    stated = high & (drawn.stated if drawn.stated.any() else np.abs(drawn.since_s) == np.abs(drawn.since_s).min())
    for run in _runs(stated):
        if len(run) == 1:
            parts.append(tag("circle", cx=float(x[run[0]]), cy=float(y[run[0]]), r=6, class_="claim-at"))
        else:
            parts.append(tag("path", d=line_path(x[run], y[run]), class_="claim-during"))
    if drawn.sun_elevation_deg > 0.0:
        sun_x, sun_y = _polar(np.array([drawn.sun_azimuth_deg]), np.array([drawn.sun_elevation_deg]), middle)
        parts.append(tag("circle", title("the Sun"), cx=float(sun_x[0]), cy=float(sun_y[0]), r=9, class_="sun"))
        parts.append(tag("text", "Sun", x=float(sun_x[0]) + 13, y=float(sun_y[0]) + 5, class_="label"))
    if not high.any():
        parts.append(tag("text", "below the horizon all the time", x=middle, y=middle + 40, class_="label mid"))
    place = verdict.claim.place
    return drawing(size, size, f"Sky over {place.id if place else ''}", *parts, class_="map sky-view")


def _polar(azimuth_deg: Floats, elevation_deg: Floats, middle: float) -> tuple[Floats, Floats]:
    r = _SKY * (90.0 - elevation_deg) / 90.0
    turn = np.radians(azimuth_deg)
    return middle + r * np.sin(turn), middle - r * np.cos(turn)


def _runs(mask: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.intp]]:
    rows = np.flatnonzero(mask)
    return [run for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(run)]
