"""Pictures of orbits: ground tracks on a map, the history of an orbit with its manoeuvres, a year of eclipses."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.access.events import Eclipses
from swath.orbit.ground_track import GroundTrack
from swath.orbit.maneuver import Maneuvers, Steps
from swath.report.orbit_files import pieces
from swath.report.style import SATELLITE_RGB
from swath.time import format_utc

__all__ = ["eclipses_png", "maneuvers_png", "track_png"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_DPI = 130
_LABELLED = 12
_GAP_DAYS = 60.0
_BURN = "#b3261e"


def track_png(tracks: Mapping[str, GroundTrack], land: Sequence[Floats], title: str) -> bytes:
    """Where satellites pass over: ground tracks with their swaths over coastlines, a dot and the time at the start.

    ``land`` holds outlines ``(n, 2)`` of longitude and latitude, largest first.
    """
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.9), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("#eaf2f8")
    axes.add_collection(PolyCollection(list(land), facecolors="#e9e4d4", edgecolors="0.6", linewidths=0.4, zorder=1))
    for number, (name, track) in enumerate(tracks.items()):
        color = _color(number)
        if (track.left_lon_deg != track.lon_deg).any():
            axes.add_collection(PolyCollection(_strips(track), facecolors=[color], alpha=0.25, linewidths=0, zorder=2))
        lines = LineCollection(pieces(track.lon_deg, track.lat_deg), colors=[color], linewidths=1.3, zorder=3)
        axes.add_collection(lines)
        axes.plot(track.lon_deg[:1], track.lat_deg[:1], "o", color=color, markersize=6, zorder=4)
        if number < _LABELLED:
            said = f"{name[:24]} {format_utc(track.time[0])[11:16]}"
            right = track.lon_deg[0] > 120.0
            offset, align = ((-7, 5), "right") if right else ((7, 5), "left")
            where = (track.lon_deg[0], track.lat_deg[0])
            box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5}
            axes.annotate(
                said, where, fontsize=8, xytext=offset, textcoords="offset points", ha=align, zorder=5, bbox=box
            )
    axes.set(xlim=(-180, 180), ylim=(-90, 90), xlabel="longitude [deg]", ylabel="latitude [deg]")
    axes.set_xticks(range(-180, 181, 30))
    axes.set_yticks(range(-90, 91, 30))
    axes.set_aspect(1.0)
    axes.grid(color="0.8", linewidth=0.5)
    figure.suptitle(title, fontsize=11)
    return _png(figure)


def _strips(track: GroundTrack) -> list[Floats]:
    """The swath as quadrilaterals, those over the date line and round a pole left out of the map's edge."""
    lon = np.column_stack(
        [track.left_lon_deg[:-1], track.left_lon_deg[1:], track.right_lon_deg[1:], track.right_lon_deg[:-1]]
    )
    lat = np.column_stack(
        [track.left_lat_deg[:-1], track.left_lat_deg[1:], track.right_lat_deg[1:], track.right_lat_deg[:-1]]
    )
    first = lon[:, :1]
    lon = first + (lon - first + 180.0) % 360.0 - 180.0
    whole = np.ptp(lon, axis=1) < 90.0
    shapes = np.stack([lon, lat], -1)[whole]
    aside = shapes[np.abs(shapes[:, :, 0]).max(axis=1) > 180.0]
    turned = aside - np.array([360.0, 0.0]) * np.where(aside[:, :, :1].max(axis=1, keepdims=True) > 180.0, 1.0, -1.0)
    return [*shapes, *turned]


def maneuvers_png(steps: Steps, found: Maneuvers, name: str) -> bytes:
    """The mean semi-major axis set by set, and what each step has beyond drag; manoeuvres marked.

    The grey band is 6 times what is usual at that step: what leaves it is taken for a manoeuvre.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 8.6), layout="constrained")
    axis, along, shape, plane = figure.subplots(4, 1, sharex=True, height_ratios=[2.2, 1, 1, 1])
    at, axis_km = steps.after, steps.axis_m / 1e3
    gaps = np.flatnonzero(_days(steps) > _GAP_DAYS) + 1
    axis.plot(at, axis_km, ".", color="#3c82dc", markersize=4)
    for times, heights in zip(np.split(at, gaps), np.split(axis_km, gaps), strict=True):
        axis.plot(times, heights, "-", color="#3c82dc", linewidth=0.8)
    axis.margins(y=0.16)
    axis.set_ylabel("semi-major axis\n[km]")
    speed = steps.speed_m_s / steps.axis_m / 2.0
    _residual(along, steps, steps.raised_m * speed, steps.raised_sigma_m * speed, "along\n[m/s]", both=True)
    _residual(shape, steps, steps.eccentricity_m_s, steps.eccentricity_sigma_m_s, "eccentricity\n[m/s]")
    _residual(plane, steps, steps.plane_m_s, steps.plane_sigma_m_s, "plane\n[m/s]")
    for row in found.rows():
        for axes in (axis, along, shape, plane):
            axes.axvspan(row["after"], row["before"], color=_BURN, alpha=0.16, linewidth=0)
    for number, row in enumerate(found.take(slice(0, _LABELLED)).rows()):
        middle = row["after"] + (row["before"] - row["after"]) // 2
        said = f"{row['kind']}\n{row['size_m_s']:.2g} ± {row['size_90_m_s']:.1g} m/s"
        axis.annotate(
            said,
            (middle, 0.97 - 0.13 * (number % 3)),
            xycoords=("data", "axes fraction"),
            fontsize=7.5,
            color=_BURN,
            ha="center",
            va="top",
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1},
        )
    plane.set_xlabel("UTC")
    figure.suptitle(f"{name}: {len(steps) + 1} element sets, {_count(len(found))}", fontsize=11)
    return _png(figure)


def _residual(axes: Any, steps: Steps, value: Floats, sigma: Floats, label: str, *, both: bool = False) -> None:
    """Steps over the band of what is usual. Steps over long gaps are shown as far as the others reach."""
    band = 6.0 * sigma
    edges = np.concatenate([steps.after[:1], steps.before])
    axes.stairs(
        band, edges.astype("datetime64[s]").astype(object), baseline=-band if both else 0.0, fill=True, color="0.88"
    )
    axes.vlines(steps.before, 0.0, value, color="#3c82dc", linewidth=1.0)
    axes.plot(steps.before, value, ".", color="#3c82dc", markersize=4)
    axes.axhline(0.0, color="0.5", linewidth=0.6)
    near = _days(steps) <= _GAP_DAYS
    reach = 1.15 * float(np.maximum(np.abs(value), band)[near if near.any() else slice(None)].max())
    axes.set_ylim(-reach if both else 0.0, reach)
    axes.set_ylabel(label)
    axes.grid(color="0.92", linewidth=0.5)


def _days(steps: Steps) -> Floats:
    return np.asarray((steps.before - steps.after) / np.timedelta64(1, "D"), np.float64)


def _count(number: int) -> str:
    return {0: "no manoeuvre", 1: "one manoeuvre"}.get(number, f"{number} manoeuvres")


def eclipses_png(at: Times, beta_deg: Mapping[str, Floats], eclipses: Mapping[str, Eclipses], title: str) -> bytes:
    """How high the Sun stands over the orbit's plane, and how long each eclipse lasts, satellite by satellite."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for number, (name, beta) in enumerate(beta_deg.items()):
        color = _color(number)
        upper.plot(at, beta, color=color, linewidth=1.4, label=name[:24] if number < _LABELLED else None)
        mine = eclipses[name]
        mine = mine.take((mine.start > at[0]) & (mine.stop < at[-1]))  # those cut by the span look short
        lower.plot(mine.start, mine.duration_s / 60.0, "_", color=color, markersize=5, alpha=0.6)
        lower.plot(mine.start, mine.umbra_s / 60.0, ".", color=color, markersize=4)
    upper.set_ylabel("Sun over the plane\nof the orbit, beta [deg]")
    upper.axhline(0.0, color="0.5", linewidth=0.6)
    lower.set_ylabel("eclipse [min]\ndots: umbra, dashes: with penumbra")
    lower.set_ylim(
        0.0, 1.15 * max([1.0, *(float(one.duration_s.max(initial=0.0)) / 60.0 for one in eclipses.values())])
    )
    lower.set_xlabel("UTC")
    for axes in (upper, lower):
        axes.grid(color="0.9", linewidth=0.6)
    figure.legend(loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    figure.suptitle(title, fontsize=11)
    return _png(figure)


def _color(number: int) -> tuple[float, float, float]:
    red, green, blue = SATELLITE_RGB[number % len(SATELLITE_RGB)]
    return red / 255.0, green / 255.0, blue / 255.0


def _png(figure: Any) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    file = io.BytesIO()
    with warnings.catch_warnings():
        # Names in scripts that the one font of matplotlib lacks are drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": "swath"})
    return file.getvalue()
