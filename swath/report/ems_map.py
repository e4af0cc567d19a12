"""The emergency maps to print: reference, delineation, grading, on one sheet of A3 as PDF and PNG.

What a rapid-mapping sheet must say stands on it: what, where, when, from which picture, how sure, what could not be
seen, scale, north, graticule, projection, and where on Earth it lies (the layout follows the guidelines of the
International Working Group on Satellite-based Emergency Mapping, 2014).
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from swath.model import SIMULATED, Grid
from swath.report.map_frame import draw_graticule, draw_north, draw_scale, spoken_angle

__all__ = ["Drawn", "Sheet", "Tint", "sheet_files", "thin"]

Array = npt.NDArray[Any]

A3_INCH = (16.535, 11.693)
DPI = 150
_MAP = (0.035, 0.055, 0.685, 0.875)
"""left, bottom, width and height of the map on the sheet"""
_SIDE = 0.735
_LONGEST_PX = 2400
_DARK, _GREY, _RED = "#16202b", "#5a6672", "#b3261e"


@dataclass(frozen=True)
class Tint:
    """A mask drawn as one colour, solid or hatched."""

    label: str
    mask: npt.NDArray[np.bool_]
    colour: str
    alpha_share: float = 0.75
    hatched: bool = False


@dataclass(frozen=True)
class Drawn:
    """Shapes in the grid's metres, drawn as lines or outlines."""

    label: str
    shapes: Sequence[Any]
    colour: str
    pen_px: float = 1.0
    filled: bool = False


@dataclass(frozen=True)
class Sheet:
    """Everything one sheet shows and says."""

    kind: str
    """``Reference map``, ``Delineation map``, ``Grading map``"""
    title: str
    place: str
    situation: str
    """when, as the sheet's second line says it"""
    grid: Grid
    ground: npt.NDArray[np.uint8] | None
    """the picture under all, ``(row, column, 3)``, or nothing"""
    tints: tuple[Tint, ...]
    drawn: tuple[Drawn, ...]
    facts: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    limits: tuple[str, ...]
    simulated: bool
    land: Sequence[Any] = field(default_factory=tuple)
    """rings (longitude, latitude) of the inset"""


def sheet_files(sheet: Sheet) -> dict[str, bytes]:
    """The sheet as ``.png`` and ``.pdf``; the same sheet gives the same bytes (while ``SOURCE_DATE_EPOCH`` stands)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=A3_INCH, dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = _map_axes(figure, sheet)
    _draw_ground(axes, sheet)
    handles = [*_draw_tints(axes, sheet), *_draw_shapes(axes, sheet)]
    draw_graticule(axes, sheet.grid)
    draw_scale(axes, sheet.grid, A3_INCH[0])
    draw_north(axes, sheet.grid, A3_INCH[0])
    _side(figure, sheet, handles)
    _inset(figure, sheet)
    if sheet.simulated:
        axes.text(
            0.5,
            0.5,
            SIMULATED,
            transform=axes.transAxes,
            rotation=30,
            fontsize=92,
            color=_RED,
            alpha=0.22,
            ha="center",
            va="center",
            weight="bold",
            zorder=20,
        )
    out = {}
    said = f"{SIMULATED}: {sheet.title}" if sheet.simulated else sheet.title
    for ending in ("png", "pdf"):
        stream = io.BytesIO()
        about = {"Description": said, "Software": "swath"} if ending == "png" else {"Title": said, "Creator": "swath"}
        quick: dict[str, Any] = {"pil_kwargs": {"compress_level": 2}} if ending == "png" else {}
        figure.savefig(stream, format=ending, dpi=DPI, metadata=about, **quick)
        out[f".{ending}"] = stream.getvalue()
    return out


def _map_axes(figure: Any, sheet: Sheet) -> Any:
    """Axes of the map, in kilometres of the grid so that numbers stay short, centred in their frame."""
    west, south, east, north = sheet.grid.bounds_m
    frame_w, frame_h = _MAP[2] * A3_INCH[0], _MAP[3] * A3_INCH[1]
    scale = min(frame_w / (east - west), frame_h / (north - south))
    width, height = (east - west) * scale / A3_INCH[0], (north - south) * scale / A3_INCH[1]
    left, bottom = _MAP[0] + (_MAP[2] - width) / 2.0, _MAP[1] + (_MAP[3] - height) / 2.0
    axes = figure.add_axes((left, bottom, width, height))
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#eceff1")
    for spine in axes.spines.values():
        spine.set_linewidth(1.2)
        spine.set_color(_DARK)
    return axes


def thin(layer: Array) -> Array:
    """Every n-th pixel of a layer ``(row, column, ...)``, so that neither side is over the print's."""
    step = max(1, math.ceil(max(layer.shape[:2]) / _LONGEST_PX))
    return layer[::step, ::step]


def _extent(grid: Grid) -> tuple[float, float, float, float]:
    west, south, east, north = grid.bounds_m
    return west, east, south, north


def _draw_ground(axes: Any, sheet: Sheet) -> None:
    if sheet.ground is not None:
        axes.imshow(thin(sheet.ground), extent=_extent(sheet.grid), interpolation="bilinear", zorder=1, aspect="auto")


def _draw_tints(axes: Any, sheet: Sheet) -> list[Any]:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    handles = []
    for number, tint in enumerate(sheet.tints):
        if not tint.mask.any():
            continue
        mask = thin(tint.mask)
        if tint.hatched:
            row, column = np.indices(mask.shape)
            period = max(6, max(mask.shape) // 130)
            line = (row + column) % period < max(1, period // 5)
            alpha = np.where(mask, np.where(line, 0.9, 0.22), 0.0)
            handles.append(Patch(facecolor="white", edgecolor=tint.colour, hatch="////", label=tint.label))
        else:
            alpha = np.where(mask, tint.alpha_share, 0.0)
            handles.append(
                Patch(facecolor=tint.colour, alpha=tint.alpha_share, edgecolor=_DARK, lw=0.4, label=tint.label)
            )
        image = np.empty((*mask.shape, 4), np.uint8)
        image[..., :3], image[..., 3] = np.rint(255.0 * np.array(to_rgb(tint.colour))), np.rint(255.0 * alpha)
        axes.imshow(image, extent=_extent(sheet.grid), interpolation="nearest", zorder=2 + number, aspect="auto")
    return handles


def _draw_shapes(axes: Any, sheet: Sheet) -> list[Any]:
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for drawn in sheet.drawn:
        parts = shapely.get_parts([s for s in drawn.shapes if s is not None and not s.is_empty])
        points = [(p.x, p.y) for p in parts if p.geom_type == "Point"]
        rings = [
            np.asarray(r.coords)[:, :2] for p in parts if p.geom_type == "Polygon" for r in (p.exterior, *p.interiors)
        ]
        lines = [np.asarray(p.coords)[:, :2] for p in parts if p.geom_type in ("LineString", "LinearRing")]
        if points:
            axes.scatter(*np.array(points).T, s=9, c=drawn.colour, zorder=9, edgecolors="white", linewidths=0.3)
            handles.append(Line2D([], [], marker="o", ls="", c=drawn.colour, label=drawn.label))
        if rings and drawn.filled:
            axes.add_collection(PolyCollection(rings, facecolors=drawn.colour, edgecolors=_DARK, lw=0.25, zorder=8))
            handles.append(Patch(facecolor=drawn.colour, edgecolor=_DARK, lw=0.4, label=drawn.label))
        elif rings or lines:
            for colour, pen_px in (("white", drawn.pen_px + 1.6), (drawn.colour, drawn.pen_px)):
                axes.add_collection(LineCollection([*rings, *lines], colors=colour, lw=pen_px, zorder=8))
            handles.append(Line2D([], [], c=drawn.colour, lw=drawn.pen_px + 0.4, label=drawn.label))
    return handles


def _side(figure: Any, sheet: Sheet, handles: list[Any]) -> None:
    """Everything the sheet says, in the column beside the map."""
    from matplotlib.patches import Rectangle

    figure.add_artist(Rectangle((_SIDE - 0.012, 0.0), 1.0, 1.0, fc="#f5f7f8", ec="none", zorder=-1))
    figure.text(_MAP[0], 0.962, sheet.title, fontsize=19, weight="bold", va="center", color=_DARK)
    figure.text(_SIDE, 0.962, sheet.kind.upper(), fontsize=15, weight="bold", va="center", color=_RED)
    figure.text(_SIDE, 0.932, sheet.place, fontsize=10.5, va="center", color=_DARK)
    figure.text(_SIDE, 0.912, sheet.situation, fontsize=9, va="center", color=_GREY)
    y = 0.885
    if handles:
        legend = figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(_SIDE - 0.006, y),
            fontsize=8.5,
            frameon=False,
            title="Legend",
            alignment="left",
            borderpad=0.2,
            labelspacing=0.5,
        )
        legend.get_title().set_weight("bold")
        y -= 0.036 + 0.0215 * len(handles)
    y = _facts(figure, sheet, y)
    y = _paragraphs(figure, "Sources", sheet.sources, y)
    _paragraphs(figure, "Limits: read before use", sheet.limits, y)
    where = f"WGS 84, EPSG:{sheet.grid.epsg}; pixels of {sheet.grid.pixel_m:g} m. Made by swath"
    figure.text(_SIDE, 0.018, where + (f". {SIMULATED}" if sheet.simulated else ""), fontsize=7, color=_GREY)


def _facts(figure: Any, sheet: Sheet, y: float) -> float:
    if not sheet.facts:
        return y
    figure.text(_SIDE, y, "In figures", fontsize=8.5, weight="bold", va="top", color=_DARK)
    y -= 0.022
    for name, value in sheet.facts:
        figure.text(_SIDE, y, name, fontsize=8, va="top", color=_DARK)
        figure.text(0.99, y, value, fontsize=8, va="top", ha="right", color=_DARK)
        y -= 0.0185
    return y - 0.012


def _paragraphs(figure: Any, title: str, texts: Sequence[str], y: float) -> float:
    if not texts:
        return y
    figure.text(_SIDE, y, title, fontsize=8.5, weight="bold", va="top", color=_DARK)
    y -= 0.021
    for text in texts:
        lines = textwrap.wrap(text, 72)
        figure.text(_SIDE, y, "\n".join(lines), fontsize=7, va="top", color=_DARK, linespacing=1.25)
        y -= 0.0148 * len(lines) + 0.004
    return y - 0.01


def _inset(figure: Any, sheet: Sheet) -> None:
    """Where on Earth: coasts around, with the map's place marked."""
    if not len(sheet.land):
        return
    from matplotlib.collections import PolyCollection

    west, south, east, north = sheet.grid.bounds_m
    turn = pyproj.Transformer.from_crs(sheet.grid.epsg, "OGC:CRS84", always_xy=True)
    lon, lat = turn.transform((west + east) / 2, (south + north) / 2)
    reach = 9.0
    axes = figure.add_axes((_SIDE + 0.105, 0.04, 0.15, 0.15))
    axes.set_facecolor("#d7e3ee")
    axes.add_collection(PolyCollection([np.asarray(r)[:, :2] for r in sheet.land], fc="#f4efe6", ec=_GREY, lw=0.4))
    axes.plot([lon], [lat], marker="s", ms=7, mfc="none", mec=_RED, mew=1.8)
    axes.set_xlim(
        lon - reach / max(math.cos(math.radians(lat)), 0.2), lon + reach / max(math.cos(math.radians(lat)), 0.2)
    )
    axes.set_ylim(lat - reach, lat + reach)
    axes.set_xticks([])
    axes.set_yticks([])
    figure.text(
        _SIDE, 0.185, f"{spoken_angle(lat, 'NS')}  {spoken_angle(lon, 'EW')}", fontsize=8, va="top", color=_DARK
    )
    figure.text(_SIDE, 0.168, "Where on Earth", fontsize=7.5, va="top", color=_GREY)
