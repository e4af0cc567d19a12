"""The frame of a printed map: graticule with its names, scale bar, and an arrow to true north. Drawn on matplotlib."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from swath.model import Grid
from swath.report.svg import nice_step, ticks

__all__ = ["draw_graticule", "draw_north", "draw_scale", "spoken_angle"]

Array = npt.NDArray[Any]

_DARK = "#16202b"
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000)
"""of a graticule, seconds of arc"""
_POINTS = 21


def draw_graticule(axes: Any, grid: Grid) -> None:
    """Meridians and parallels as thin lines, named at the frame in degrees, minutes and seconds."""
    west, south, east, north = grid.bounds_m
    turn = pyproj.Transformer.from_crs(grid.epsg, "OGC:CRS84", always_xy=True)
    x, y = np.linspace(west, east, _POINTS), np.linspace(south, north, _POINTS)
    same = np.ones(_POINTS)
    lon, _ = turn.transform(np.r_[x, x], np.r_[same * south, same * north])
    _, lat = turn.transform(np.r_[same * west, same * east], np.r_[y, y])
    step = _step(max(float(np.ptp(lon)) / 5.0, float(np.ptp(lat)) / 4.0))
    for meridian in ticks(float(lon.min()), float(lon.max()), step):
        at = turn.transform(same * meridian, np.linspace(lat.min(), lat.max(), _POINTS), direction="INVERSE")
        _line(axes, at)
        for edge, va, off in ((south, "top", -0.006), (north, "bottom", 1.006)):
            place = (float(np.interp(edge, at[1], at[0])) - west) / (east - west)
            if 0.02 < place < 0.98:
                _name(axes, place, off, spoken_angle(meridian, "EW"), ha="center", va=va)
    for parallel in ticks(float(lat.min()), float(lat.max()), step):
        at = turn.transform(np.linspace(lon.min(), lon.max(), _POINTS), same * parallel, direction="INVERSE")
        _line(axes, at)
        for edge, ha, off in ((west, "right", -0.004), (east, "left", 1.004)):
            place = (float(np.interp(edge, at[0], at[1])) - south) / (north - south)
            if 0.02 < place < 0.98:
                _name(axes, off, place, spoken_angle(parallel, "NS"), ha=ha, va="center", rotation=90)


def _line(axes: Any, at: Any) -> None:
    axes.plot(*at, color="white", lw=0.9, alpha=0.45, zorder=10)
    axes.plot(*at, color=_DARK, lw=0.45, alpha=0.6, zorder=10)


def _name(axes: Any, x: float, y: float, text: str, **more: Any) -> None:
    axes.text(x, y, text, fontsize=7, color=_DARK, transform=axes.transAxes, **more)


def _step(wanted_deg: float) -> float:
    """A step of whole degrees, minutes or seconds near to what is wanted."""
    steps = [s / 3600.0 for s in _STEPS_S]
    return min(steps, key=lambda step: abs(math.log(step / max(wanted_deg, 1e-6))))


def spoken_angle(angle_deg: float, letters: str) -> str:
    """How a longitude (``EW``) or latitude (``NS``) is written: 38°06'30"N."""
    seconds = round(abs(angle_deg) * 3600.0)
    degree, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    text = f"{degree}°{minute:02d}'" + (f'{second:02d}"' if second else "")
    return text + letters[0 if angle_deg >= 0 else 1]


def _metres_an_inch(axes: Any, grid: Grid, sheet_inch: float) -> float:
    west, _, east, _ = grid.bounds_m
    return (east - west) / float(axes.get_position().width * sheet_inch)


def draw_scale(axes: Any, grid: Grid, sheet_inch: float) -> None:
    """A bar of four parts in the lower left corner; ``sheet_inch``: width of the sheet."""
    from matplotlib.patches import Rectangle

    west, south, east, _ = grid.bounds_m
    inch = _metres_an_inch(axes, grid, sheet_inch)
    length = nice_step((east - west) / 4.0, 2)
    x, y = west + 0.25 * inch, south + 0.22 * inch
    plate = (x - 0.14 * inch, y - 0.12 * inch), length + 0.62 * inch, 0.42 * inch
    axes.add_patch(Rectangle(*plate, fc="white", ec=_DARK, lw=0.5, alpha=0.88, zorder=11))
    for number in range(4):
        colour = _DARK if number % 2 == 0 else "white"
        corner = (x + number * length / 4.0, y)
        axes.add_patch(Rectangle(corner, length / 4.0, 0.07 * inch, ec=_DARK, lw=0.6, zorder=12, fc=colour))
    unit, size = ("km", 1000.0) if length >= 1000 else ("m", 1.0)
    for share in (0.0, 0.5, 1.0):
        text = f"{share * length / size:g}" + (f" {unit}" if share == 1.0 else "")
        axes.text(x + share * length, y + 0.1 * inch, text, fontsize=7.5, ha="center", va="bottom", zorder=12)


def draw_north(axes: Any, grid: Grid, sheet_inch: float) -> None:
    """An arrow to true north, which grid north misses by the meridian convergence."""
    from matplotlib.patches import Polygon

    west, south, east, north = grid.bounds_m
    inch = _metres_an_inch(axes, grid, sheet_inch)
    turn = pyproj.Transformer.from_crs(grid.epsg, "OGC:CRS84", always_xy=True)
    lon, lat = turn.transform((west + east) / 2.0, (south + north) / 2.0)
    a, b = (turn.transform(lon, lat + d, direction="INVERSE") for d in (0.0, 0.01))
    angle = math.atan2(b[0] - a[0], b[1] - a[1])
    middle, r = np.array([east - 0.4 * inch, north - 0.45 * inch]), 0.26 * inch
    shape = np.array([(0, 1.0), (0.42, -0.75), (0, -0.4), (-0.42, -0.75)]) * r
    turned = shape @ np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    axes.add_patch(Polygon(turned + middle, closed=True, fc=_DARK, ec="white", lw=1.2, zorder=12))
    plate = {"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1.0}
    axes.text(middle[0], middle[1] - r * 0.95, "N", fontsize=11, weight="bold", ha="center", va="top", zorder=12,
              color=_DARK, bbox=plate)  # fmt: skip
