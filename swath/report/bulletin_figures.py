"""Figures of a region's bulletin: the map of fields, the course of every crop, the pages of the PDF."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.product.field_check import Suspect
from swath.product.field_table import FieldSeries

__all__ = ["Bulletin", "bulletin_pdf", "course_figure", "crop_rows", "map_figure", "png_of"]

Floats = npt.NDArray[np.float64]

_COLOURS = ("#b2182b", "#ef8a62", "#f7f7f7", "#a6d8a0", "#1b7837")
_STEPS = (-0.15, -0.05, 0.05, 0.15)
"""departure from what is usual; NDVI"""
_UNSEEN = "#c9ccd1"


@dataclass(frozen=True)
class Bulletin:
    """All that a bulletin says."""

    title: str
    region: str
    now: np.datetime64
    index: str
    series: FieldSeries
    crop: npt.NDArray[np.str_]
    """``(field,)`` in the order of the series, as all that follow"""
    shapes: Sequence[Any]
    area_m2: Floats
    departure: Floats
    """of the last clear look of 25 days from what is usual; NaN where not known"""
    stale_days: Floats
    """since the last clear look; NaN for never"""
    suspects: Sequence[Suspect]
    pairs: Mapping[str, tuple[bytes, bytes]]
    simulated: bool


def png_of(figure: Any) -> bytes:
    """A figure as PNG."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, facecolor="white")
    return stream.getvalue()


def crop_rows(bulletin: Bulletin) -> list[dict[str, Any]]:
    """A row a crop: fields, area, seen in the last 25 days, mean departure."""
    rows = []
    for crop in sorted(set(bulletin.crop.tolist()), key=lambda name: (name == "", name)):
        here = bulletin.crop == crop
        known = here & np.isfinite(bulletin.departure)
        seen = here & (bulletin.stale_days <= 25.0)
        area = bulletin.area_m2
        rows.append(
            {
                "crop": crop or "unknown",
                "fields": int(here.sum()),
                "area_ha": float(area[here].sum() / 1e4),
                "seen_share": float(area[seen].sum() / area[here].sum()),
                "departure": float(np.average(bulletin.departure[known], weights=area[known])) if known.any() else None,
            }
        )
    return rows


def _new(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def map_figure(bulletin: Bulletin, wide_in: float = 8.0, high_in: float = 6.0) -> Any:
    """Every field in the colour of its departure from what is usual; not seen is grey; the listed ones are numbered."""
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Patch

    figure, axes = _new(wide_in, high_in)
    parts, owner = shapely.get_parts(np.array(list(bulletin.shapes), object), return_index=True)
    colour = [_UNSEEN if not np.isfinite(d) else _COLOURS[int(np.searchsorted(_STEPS, d))] for d in bulletin.departure]
    rings = [shapely.get_coordinates(shapely.get_exterior_ring(part)) for part in parts]
    axes.add_collection(PolyCollection(rings, facecolors=[colour[n] for n in owner], edgecolors="#444", linewidths=0.3))
    at = np.concatenate(rings)
    middle = np.radians(at[:, 1].mean())
    axes.set_aspect(1.0 / np.cos(middle))
    margin = 0.04 * np.ptp(at, axis=0)
    axes.set_xlim(at[:, 0].min() - margin[0], at[:, 0].max() + margin[0])
    axes.set_ylim(at[:, 1].min() - margin[1], at[:, 1].max() + margin[1])
    row = {str(name): n for n, name in enumerate(bulletin.series.field)}
    for rank, one in enumerate(bulletin.suspects, 1):
        spot = shapely.point_on_surface(bulletin.shapes[row[one.field]])
        axes.annotate(
            str(rank), (spot.x, spot.y), ha="center", va="center", fontsize=7, fontweight="bold", color="white",
            bbox={"boxstyle": "circle,pad=0.2", "facecolor": "#222", "edgecolor": "white", "linewidth": 0.6},
        )  # fmt: skip
    words = ("below by 0.15 or more", "below by 0.05", "as usual", "above by 0.05", "above by 0.15 or more")
    handles = [Patch(facecolor=c, edgecolor="#444", label=w) for c, w in zip(_COLOURS, words, strict=True)]
    handles.append(Patch(facecolor=_UNSEEN, edgecolor="#444", label="not known"))
    axes.legend(
        handles=handles, title=f"{bulletin.index.upper()} against usual", loc="center left", bbox_to_anchor=(1.01, 0.5),
        fontsize=8, title_fontsize=8, frameon=False,
    )  # fmt: skip
    _map_marks(axes, at, middle)
    return figure


def _map_marks(axes: Any, at: Floats, middle_rad: float) -> None:
    """Scale and north."""
    axes.tick_params(labelsize=7)
    axes.xaxis.set_major_locator(_few())
    axes.yaxis.set_major_locator(_few())
    axes.xaxis.set_major_formatter("{x:.3f}°")
    axes.yaxis.set_major_formatter("{x:.3f}°")
    wide_m = float(np.ptp(at[:, 0])) * 111_320.0 * np.cos(middle_rad)
    bar_m = max(
        (step for step in (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000) if step <= wide_m / 3), default=50
    )
    length = bar_m / (111_320.0 * np.cos(middle_rad))
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    x, y = left + 0.03 * (right - left), low + 0.02 * (high - low)
    axes.plot([x, x + length], [y, y], color="black", linewidth=3, solid_capstyle="butt")
    label = f"{bar_m / 1000:g} km" if bar_m >= 1000 else f"{bar_m} m"
    axes.annotate(label, (x + length / 2, y), xytext=(0, 4), textcoords="offset points", ha="center", fontsize=7)
    axes.annotate(
        "N", (0.98, 0.98), (0.98, 0.9), xycoords="axes fraction", ha="center", fontsize=8,
        arrowprops={"arrowstyle": "->", "linewidth": 1.2},
    )  # fmt: skip


def _few() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)


def course_figure(bulletin: Bulletin, wide_in: float = 8.0, panel_in: float = 2.0) -> Any:
    """A panel a crop: middle and middle half of its fields this season, and of the seasons before."""
    from matplotlib.figure import Figure

    crops = [row["crop"] for row in crop_rows(bulletin)][:6]
    figure = Figure(figsize=(wide_in, panel_in * len(crops)), layout="constrained")
    year = bulletin.now.astype("datetime64[Y]")
    years = bulletin.series.time.astype("datetime64[Y]")
    values = np.where(bulletin.series.seen, bulletin.series.mean, np.nan)
    for number, crop in enumerate(crops, 1):
        axes = figure.add_subplot(len(crops), 1, number)
        here = bulletin.crop == ("" if crop == "unknown" else crop)
        for one in np.unique(years):
            _course(axes, bulletin, values[here][:, years == one], years == one, one == year)
        axes.set_title(crop, loc="left", fontsize=9, fontweight="bold")
        axes.set_ylabel(bulletin.index.upper(), fontsize=8)
        axes.tick_params(labelsize=7)
        axes.set_ylim(0.0, 1.0)
        axes.grid(alpha=0.25)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if number == 1:
            axes.legend(fontsize=7, frameon=False, ncols=4, loc="upper right")
    return figure


def _course(axes: Any, bulletin: Bulletin, values: Floats, dates: npt.NDArray[np.bool_], this: bool) -> None:
    time = bulletin.series.time[dates]
    enough = np.isfinite(values).sum(axis=0) >= 3
    if not enough.any():
        return
    low, middle, high = np.nanquantile(values[:, enough], [0.25, 0.5, 0.75], axis=0)
    start = time.astype("datetime64[Y]").astype("datetime64[s]")
    moved = bulletin.now.astype("datetime64[Y]").astype("datetime64[s]") + (time - start)  # years upon each other
    label = str(time[0].astype("datetime64[Y]"))
    colour = "#1b7837" if this else "#8a8f98"
    axes.plot(
        moved[enough], middle, color=colour, linewidth=1.8 if this else 1.1, marker="o", markersize=2.5, label=label
    )
    if this:
        axes.fill_between(
            moved[enough], low, high, color=colour, alpha=0.18, linewidth=0, label="middle half of the fields"
        )


def bulletin_pdf(bulletin: Bulletin) -> bytes:
    """The bulletin to print: A4 pages of map and table, courses, the list with pictures."""
    from matplotlib.backends.backend_pdf import PdfPages

    stream = io.BytesIO()
    with PdfPages(stream, metadata={"Title": bulletin.title, "Creator": "swath"}) as pages:
        for figure in (_cover(bulletin), *_list_pages(bulletin)):
            pages.savefig(figure)
        courses = course_figure(bulletin, 8.27, 1.9)
        courses.set_size_inches(8.27, max(3.0, 1.9 * len(courses.axes)))
        pages.savefig(courses)
    return stream.getvalue()


def _head(bulletin: Bulletin) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.27, 11.69))
    figure.text(0.07, 0.955, bulletin.title, fontsize=15, fontweight="bold")
    mark = "  SIMULATED pictures" if bulletin.simulated else ""
    figure.text(0.07, 0.937, f"State of {str(bulletin.now)[:16]}Z.{mark}", fontsize=9)
    return figure


def _cover(bulletin: Bulletin) -> Any:
    from PIL import Image

    figure = _head(bulletin)
    axes = figure.add_axes((0.06, 0.42, 0.9, 0.5))
    axes.imshow(np.asarray(Image.open(io.BytesIO(png_of(map_figure(bulletin, 9.0, 6.4))))))
    axes.axis("off")
    rows = [
        [r["crop"], f"{r['fields']:,}", f"{r['area_ha']:,.0f}", f"{r['seen_share']:.0%}", _signed(r["departure"])]
        for r in crop_rows(bulletin)[:12]
    ]
    grid = figure.add_axes((0.07, 0.08, 0.86, 0.32))
    grid.axis("off")
    table = grid.table(
        rows, colLabels=["crop", "fields", "area (ha)", "seen in 25 days", "against usual"], loc="upper left",
        cellLoc="right", edges="horizontal",
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(9)
    table.scale(1.0, 1.5)
    for row in range(len(rows) + 1):
        table[row, 0].set_text_props(ha="left")
    figure.text(0.07, 0.41, _unseen_words(bulletin), fontsize=9)
    return figure


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _unseen_words(bulletin: Bulletin) -> str:
    never = np.isnan(bulletin.stale_days)
    old = ~never & (bulletin.stale_days > 25.0)
    if not never.any() and not old.any():
        return "Every field was seen clearly in the last 25 days."
    return f"Not seen clearly: {int(never.sum()):,} fields never, {int(old.sum()):,} not in the last 25 days."


def _list_pages(bulletin: Bulletin) -> list[Any]:
    """Six listed fields a page, with their pictures."""
    from PIL import Image

    figures = []
    for first in range(0, len(bulletin.suspects), 6):
        figure = _head(bulletin)
        for place, one in enumerate(bulletin.suspects[first : first + 6]):
            top = 0.915 - 0.148 * place
            figure.text(
                0.07, top, f"{first + place + 1}. {one.field}  {one.crop}", fontsize=10.5, fontweight="bold", va="top"
            )
            usual = f"usual {one.index_low:.2f} to {one.index_high:.2f}"
            said = f"{one.kind}: {one.index_mean:.2f} on {str(one.time)[:10]}, {usual}"
            tests = [f"{made.test}: {made.result}" for made in one.tests]
            figure.text(0.07, top - 0.02, "\n".join([said, *tests]), fontsize=7.8, va="top", linespacing=1.45)
            for side, (png, time) in enumerate(
                zip(bulletin.pairs.get(one.field, ()), (one.before, one.time), strict=False)
            ):
                axes = figure.add_axes((0.56 + 0.2 * side, top - 0.115, 0.17, 0.115))
                axes.imshow(np.asarray(Image.open(io.BytesIO(png))))
                axes.axis("off")
                axes.set_title(str(time)[:10], fontsize=7, pad=2)
        figures.append(figure)
    return figures
