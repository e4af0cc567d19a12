"""Pictures of windows: passes across the sky of a station, and a map of where windows are, over a timeline."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.frames import geodetic_up
from swath.report.style import SATELLITE_RGB
from swath.report.windows import Found
from swath.time import format_utc

__all__ = ["coverage_png", "sky_png"]

Floats = npt.NDArray[np.float64]

_SKIES = 6
_LABELLED = 8
"""passes of one sky that get their times written"""
_DOTS = 20
"""of one pass, at most"""
_LANES = 40
_DPI = 130


def sky_png(found: Found) -> bytes:
    """Passes across the sky of each station, north up and east to the right: circles of elevation, ticks in time."""
    from matplotlib.figure import Figure

    counts = {id: int(np.sum(found.windows.station == id)) for id in found.places}  # type: ignore[attr-defined]
    ids = sorted(found.places, key=lambda id: -counts[id])[:_SKIES]
    columns = min(len(ids), 3)
    rows = -(-len(ids) // columns)
    figure = Figure(figsize=(5.4 * columns, 5.6 * rows + 0.7), layout="constrained")
    for number, id in enumerate(ids):
        _sky(figure.add_subplot(rows, columns, number + 1, projection="polar"), found, id, counts[id])
    left_out = len(found.places) - len(ids)
    note = f"; {left_out} stations with fewer passes are not shown" if left_out else ""
    figure.suptitle(f"{found.title}\n{_span(found)}, UTC{note}", fontsize=11)
    _legend(figure, found)
    return _png(figure)


def _sky(axes: Any, found: Found, id: str, count: int) -> None:
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)  # a sky seen from below, drawn like a map
    axes.set_rlim(90, 0)
    axes.set_rticks([0, 30, 60], labels=["0°", "30°", "60°"], fontsize=7, color="0.4")
    axes.set_thetagrids(range(0, 360, 45), labels=["N", "NE", "E", "SE", "S", "SW", "W", "NW"], fontsize=8)
    axes.grid(color="0.85", linewidth=0.7)
    axes.set_title(f"{id}: {count} pass{'' if count == 1 else 'es'}", fontsize=10)
    mine = found.windows.take(found.windows.station == id)  # type: ignore[attr-defined]
    for number, row in enumerate(mine.rows()):
        color = _color(found, str(row["satellite"]))
        at, r = found.tracks[str(row["satellite"])].between(row["start"], row["stop"])
        azimuth, elevation = _on_the_sky(found, id, r)
        axes.plot(azimuth, elevation, color=color, linewidth=1.4 if count <= _LABELLED else 0.8, alpha=0.9)
        if count <= _LABELLED:
            _times(axes, at, azimuth, elevation, color)
        elif number < 300:
            axes.plot(azimuth[:1], elevation[:1], "o", color=color, markersize=2)


def _times(axes: Any, at: Any, azimuth: Floats, elevation: Floats, color: Any) -> None:
    """A dot each whole minute (or hours, of a long stay), the time at the beginning, and at every third dot."""
    first, last = at[0].astype("datetime64[m]") + 1, at[-1].astype("datetime64[m]") + 1
    step = next(m for m in (1, 2, 5, 10, 30, 60, 180, 720, 10**6) if (last - first) / np.timedelta64(m, "m") <= _DOTS)
    minutes = np.arange(first, last, step).astype("datetime64[ns]")
    known, asked = ((t - at[0]) / np.timedelta64(1, "ns") for t in (at, minutes))
    angle, height = np.interp(asked, known, np.unwrap(azimuth)), np.interp(asked, known, elevation)
    axes.plot(angle, height, ".", color=color, markersize=5)
    still = np.ptp(np.unwrap(azimuth)) * np.cos(np.radians(elevation.max())) < 0.05  # it hangs in the sky
    after = [] if still else zip(angle[2::3], height[2::3], minutes[2::3], strict=True)
    marks = [(azimuth[0], elevation[0], at[0]), *after]
    for theta, radius, time in marks:
        axes.annotate(
            format_utc(time)[11:16],
            (theta, radius),
            fontsize=6.5,
            color=color,
            xytext=(4, 3),
            textcoords="offset points",
        )


def _on_the_sky(found: Found, id: str, r: Floats) -> tuple[Floats, Floats]:
    place = found.places[id]
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    lon = np.radians(place.lon_deg)
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    sight = r - found.place_itrf_m(id)
    elevation = np.degrees(np.arcsin(sight @ up / np.linalg.norm(sight, axis=-1)))
    return np.arctan2(sight @ east, sight @ np.cross(up, east)), elevation


def coverage_png(found: Found, land: Sequence[Floats]) -> bytes:
    """Where and when: places coloured by their number of windows, ground tracks while a window is open; a timeline.

    ``land`` holds outlines ``(n, 2)`` of longitude and latitude.
    """
    from matplotlib.figure import Figure

    lanes = (
        min(len({(w["satellite"], w[found.at]) for w in found.windows.rows()}), _LANES)
        if len(found.places) <= 300
        else 0
    )
    figure = Figure(figsize=(11, 5.8 + (1.0 + 0.22 * lanes if lanes else 0.0)), layout="constrained")
    parts = figure.subplots(2, 1, height_ratios=[5.4, 0.8 + 0.22 * lanes]) if lanes else [figure.subplots()]
    _map(parts[0], found, land)
    if lanes:
        _timeline(parts[1], found)
    figure.suptitle(f"{found.title}\n{_span(found)}, UTC", fontsize=11)
    _legend(figure, found)
    return _png(figure)


def _map(axes: Any, found: Found, land: Sequence[Floats]) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    west, south, east, north = _bounds(found)
    axes.set_facecolor("#eaf2f8")
    axes.add_collection(PolyCollection(list(land), facecolors="#e9e4d4", edgecolors="0.6", linewidths=0.4, zorder=1))
    for name in found.tracks:
        arcs = []
        mine = found.windows.take(found.windows.satellite == name)  # type: ignore[attr-defined]
        for row in mine.take(slice(0, 3000)).rows():
            _, r = found.tracks[name].between(row["start"], row["stop"])
            arcs += _pieces(np.degrees(np.arctan2(r[:, 1], r[:, 0])), _latitudes(r))
        alpha = float(np.clip(60.0 / max(len(arcs), 1), 0.15, 0.9))
        axes.add_collection(LineCollection(arcs, colors=[_color(found, name)], linewidths=1.5, alpha=alpha, zorder=2))
    ids, counts = np.unique(getattr(found.windows, found.at), return_counts=True)
    seen = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    lon, lat = np.array([(p.lon_deg, p.lat_deg) for p in found.places.values()]).T
    number = np.array([seen.get(id, 0) for id in found.places])
    for place in list(found.places.values())[:2000]:
        for polygon in place.polygons:
            for piece in _pieces(*np.array([*polygon[0], polygon[0][0]]).T):
                axes.plot(*piece.T, color="0.2", linewidth=0.7, zorder=3)
    size = float(np.clip(400.0 / len(lon), 3.0, 36.0))
    dots = axes.scatter(lon, lat, c=number, s=size, cmap="viridis", vmin=0, edgecolors="0.2", linewidths=0.3, zorder=4)
    axes.figure.colorbar(dots, ax=axes, label="windows", shrink=0.8, pad=0.01)
    if len(found.places) <= 25:
        for id, place in found.places.items():
            where = (place.lon_deg, place.lat_deg)
            shift, align = ((-5, 4), "right") if place.lon_deg > west + 0.85 * (east - west) else ((5, 4), "left")
            axes.annotate(id, where, fontsize=8, xytext=shift, textcoords="offset points", ha=align, zorder=5)
    axes.set(xlim=(west, east), ylim=(south, north), xlabel="longitude [deg]", ylabel="latitude [deg]")
    axes.set_aspect(1.0 / max(np.cos(np.radians((south + north) / 2.0)), 0.3))
    axes.grid(color="0.8", linewidth=0.5)


def _latitudes(r: Floats) -> Floats:
    return np.asarray(np.degrees(np.arctan2(r[:, 2], np.hypot(r[:, 0], r[:, 1]))), np.float64)


def _bounds(found: Found) -> tuple[float, float, float, float]:
    """The world, or the part of it that holds all places with room round them."""
    corners = [v for p in found.places.values() for v in ((p.lon_deg, p.lat_deg), *(p.ring or ()))]
    lon, lat = np.array(corners).T
    if np.ptp(lon) > 120.0 or np.ptp(lat) > 90.0:
        return -180.0, -90.0, 180.0, 90.0
    margin = max(0.35 * max(np.ptp(lon), np.ptp(lat)), 12.0)
    west, east = max(lon.min() - 1.4 * margin, -180.0), min(lon.max() + 1.4 * margin, 180.0)
    return west, max(lat.min() - margin, -90.0), east, min(lat.max() + margin, 90.0)


def _pieces(lon: Floats, lat: Floats) -> list[Floats]:
    """A line cut where it leaves the map at the date line."""
    cuts = np.flatnonzero(np.abs(np.diff(lon)) > 180.0) + 1
    return [p for p in np.split(np.column_stack([lon, lat]), cuts) if len(p) > 1]


def _timeline(axes: Any, found: Found) -> None:
    """A lane for each pair of satellite and place, a bar for each window."""
    lanes: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in found.windows.rows():
        start, stop = ((row[edge] - found.start) / np.timedelta64(1, "ns") / 3.6e12 for edge in ("start", "stop"))
        lanes.setdefault((str(row[found.at]), str(row["satellite"])), []).append((start, stop - start))
    hours = (found.stop - found.start) / np.timedelta64(1, "ns") / 3.6e12
    shown = sorted(lanes)[:_LANES]
    for number, (place, satellite) in enumerate(shown):
        bars = [(a, max(b, hours / 500.0)) for a, b in lanes[place, satellite]]  # a pass of minutes in a week is seen
        axes.broken_barh(bars, (number - 0.38, 0.76), color=_color(found, satellite))
    axes.set_yticks(range(len(shown)), [f"{place[:18]} · {satellite[:18]}" for place, satellite in shown], fontsize=7)
    axes.set(xlim=(0.0, hours), ylim=(len(shown) - 0.4, -0.6), xlabel=f"hours after {format_utc(found.start)}")
    if len(lanes) > len(shown):
        axes.set_title(f"the first {len(shown)} of {len(lanes)} pairs", fontsize=8)
    axes.grid(axis="x", color="0.85", linewidth=0.6)


def _color(found: Found, satellite: str) -> tuple[float, float, float]:
    number = list(found.tracks).index(satellite) % len(SATELLITE_RGB)
    red, green, blue = SATELLITE_RGB[number]
    return red / 255.0, green / 255.0, blue / 255.0


def _legend(figure: Any, found: Found) -> None:
    from matplotlib.lines import Line2D

    names = list(found.tracks)[: len(SATELLITE_RGB)]
    lines = [Line2D([], [], color=_color(found, name), linewidth=2, label=name[:24]) for name in names]
    if lines:
        more = f"and {len(found.tracks) - len(names)} more" if len(found.tracks) > len(names) else None
        figure.legend(handles=lines, loc="outside lower center", ncols=6, fontsize=8, frameon=False, title=more)


def _span(found: Found) -> str:
    return f"{format_utc(found.start)[:16].replace('T', ' ')} to {format_utc(found.stop)[:16].replace('T', ' ')}"


def _png(figure: Any) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    file = io.BytesIO()
    with warnings.catch_warnings():
        # Names in scripts that the one font of matplotlib lacks are drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": "swath"})
    return file.getvalue()
