"""Pictures of a design: how long a region waits, how often each point is seen, what each launch buys."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.design.coverage import Coverage
from swath.design.looks import Looks
from swath.report.style import SATELLITE_RGB

__all__ = ["coverage_png", "points_png"]

Floats = npt.NDArray[np.float64]

_DPI = 130
_NAMED = 6


def coverage_png(found: Sequence[tuple[Looks, Coverage]], title: str) -> bytes:
    """Shares of gaps that are longer than so many days, and looks a day against latitude or longitude."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, (looks, coverage) in enumerate(found[:_NAMED]):
        color, name = _color(number), looks.region.name
        same = looks.point[1:] == looks.point[:-1]
        gaps_h = np.sort(np.maximum(looks.start_s[1:] - looks.stop_s[:-1], 0.0)[same]) / 3600.0
        if len(gaps_h):
            left.step(gaps_h, 100.0 * (1.0 - np.arange(1, len(gaps_h) + 1) / len(gaps_h)), color=color, label=name)
        along, label = _axis(looks)
        order = np.argsort(along)
        right.plot(
            along[order], coverage.point_looks_per_day[order], ".", color=color, markersize=4, label=f"{name} ({label})"
        )
    left.set(xlabel="hours from one look to the next", ylabel="gaps that are longer [%]", ylim=(0, 100))
    right.set(xlabel="longitude or latitude of the point [deg]", ylabel="looks a day", ylim=(0, None))
    left.set_xlim(0, None)
    for axes in (left, right):
        axes.grid(color="0.85", linewidth=0.5)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    figure.suptitle(title, fontsize=11)
    return _png(figure)


def points_png(
    found: Sequence[tuple[Looks, Coverage]],
    land: Sequence[Floats],
    title: str,
    *,
    scale: tuple[float, float] | None = None,
) -> bytes:
    """A map of the mean gap of every point, hours in colours; ``scale`` (h) makes several maps alike."""
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.6), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("#eef3f6")
    axes.add_collection(PolyCollection(list(land), facecolors="#dedbd0", edgecolors="0.6", linewidths=0.4, zorder=1))
    lon = np.concatenate([looks.region.lon_deg for looks, _ in found])
    lat = np.concatenate([looks.region.lat_deg for looks, _ in found])
    hours = 24.0 * np.concatenate([coverage.point_gap_days for _, coverage in found])
    seen = np.isfinite(hours)
    axes.plot(lon[~seen], lat[~seen], "x", color="0.4", markersize=4, zorder=2)
    low, high = scale or (None, None)
    dots = axes.scatter(lon[seen], lat[seen], c=hours[seen], s=26, cmap="viridis_r", zorder=3, vmin=low, vmax=high)
    if seen.any():
        figure.colorbar(dots, ax=axes, label="mean gap [h]", shrink=0.85)
    margin = 4.0
    box = (max(lon.min() - margin, -180), min(lon.max() + margin, 180)), (lat.min() - margin, lat.max() + margin)
    axes.set(xlim=box[0], ylim=(max(box[1][0], -90), min(box[1][1], 90)))
    axes.set(xlabel="longitude [deg]", ylabel="latitude [deg]", title=title)
    axes.set_aspect("auto" if lat.max() - lat.min() < 5.0 else 1.0 / max(np.cos(np.radians(lat.mean())), 0.3))
    axes.grid(color="0.85", linewidth=0.5)
    return _png(figure)


def _axis(looks: Looks) -> tuple[Floats, str]:
    spread = np.ptp(looks.region.lat_deg)
    return (looks.region.lat_deg, "by latitude") if spread > 20.0 else (looks.region.lon_deg, "by longitude")


def _color(number: int) -> tuple[float, float, float]:
    red, green, blue = SATELLITE_RGB[number % len(SATELLITE_RGB)]
    return red / 255, green / 255, blue / 255


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    return file.getvalue()
