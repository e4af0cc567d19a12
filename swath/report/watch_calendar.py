"""The days of a place as a sheet: changed, no change, not seen. Signs besides colours; SVG, HTML, PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from swath.model import SIMULATED
from swath.report.document import document, section
from swath.report.svg import drawing, esc, tag, title
from swath.report.tables import table
from swath.report.words import count
from swath.watch.days import DAY_STATES, Days

__all__ = ["calendar_page", "calendar_png", "calendar_svg", "days_lines"]

_COLOURS: Mapping[str, str] = {"changed": "#d55e00", "no change": "#9ecae1", "not seen": "#ececec"}
"""vermilion and sky blue of Okabe and Ito's set for every kind of colour vision, and a light grey"""
_INK: Mapping[str, str] = {"changed": "#ffffff", "no change": "#10263a", "not seen": "#5c5c5c"}
_SIGNS: Mapping[str, str] = {"changed": "!", "no change": "=", "not seen": "?"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CELL, _LEFT, _TOP = 30.0, 84.0, 34.0
_STYLE = ".cell { stroke: var(--paper); stroke-width: 2; }\n.none { fill: none; }\n"


def calendar_svg(days: Days) -> str:
    """A row a month, a column a day of it; the sign in each cell says the state without any colour."""
    months, rows = _months(days)
    parts = [tag("text", str(n), x=_LEFT + (n - 0.5) * _CELL, y=_TOP - 10, class_="tick mid") for n in range(1, 32)]
    for k, month in enumerate(months):
        year, number = divmod(int(month.astype(np.int64)), 12)
        parts.append(
            tag("text", f"{_MONTHS[number]} {year + 1970}", x=0, y=_TOP + (k + 0.5) * _CELL + 5, class_="tick")
        )
    for k, day, row in rows:
        x, y = _LEFT + (day - 1) * _CELL, _TOP + k * _CELL
        state = str(row["state"])
        said = title(f"{row['day']}: {state}, {row['because']}")
        parts.append(tag("rect", said, x=x, y=y, width=_CELL, height=_CELL, fill=_COLOURS[state], class_="cell"))
        style = f"fill:{_INK[state]};font-weight:700;pointer-events:none"
        parts.append(tag("text", _SIGNS[state], x=x + _CELL / 2, y=y + _CELL / 2 + 5, class_="mid", style=style))
    return drawing(
        _LEFT + 31 * _CELL + 4, _TOP + len(months) * _CELL + 4, "States by day", *parts, class_="watch-calendar"
    )


def _months(days: Days) -> tuple[np.ndarray, list[tuple[int, int, dict[str, object]]]]:
    of = days.day.astype("datetime64[M]")
    months = np.arange(of.min(), of.max() + 1)
    rows = [
        (int((m - months[0]).astype(np.int64)), int((d - m.astype("datetime64[D]")).astype(np.int64)) + 1, row)
        for d, m, row in zip(days.day, of, days.rows(), strict=True)
    ]
    return months, rows


def days_lines(days: Days) -> list[str]:
    """How many days of each state, and why days were not seen, in lines of text."""
    lines = []
    for state in DAY_STATES:
        mine = days.take(days.state == state)
        why, many = np.unique(mine.because, return_counts=True)
        order = np.argsort(-many)[:3]
        told = "; ".join(f"{why[k]}: {many[k]}" for k in order if why[k])
        lines.append(f"{_SIGNS[state]} {state:<10} {count(len(mine), 'day'):>9}  {told}"[:80].rstrip())
    return lines


def calendar_page(place: str, days: Days, *, simulated: bool) -> str:
    """The sheet with its legend and every day that says something, on one page."""
    marks = [
        tag(
            "span",
            tag("i", class_="swatch", style=f"background:{_COLOURS[state]}"),
            esc(f"{_SIGNS[state]} {state}: {int((days.state == state).sum())} days"),
        )
        for state in DAY_STATES
    ]
    note = "A day that nobody could see is never a day without change."
    known = [row for row in days.rows() if row["looks"]]
    cells = [[str(row["day"]), esc(row["state"]), esc(row["because"]), esc(row["scene"])] for row in known]
    span = f"{days.day[0]} to {days.day[-1]}"
    mark = [tag("p", tag("strong", SIMULATED), tag("span", "nothing of this happened"), class_="banner")]
    return document(
        f"{place}: what is known, day by day",
        *(mark if simulated else []),
        tag("header", tag("h1", esc(f"{place}: what is known, day by day")), tag("p", esc(span), class_="lead")),
        tag(
            "main",
            tag("section", tag("p", *marks, class_="legend"), calendar_svg(days), tag("p", note, class_="note")),
            section("days", "Days with a picture", table(span, ["day", "state", "found, or why not", "scene"], cells)),
        ),
        tag("footer", tag("p", "Made by swath. Days are UTC.")),
        style=_STYLE,
    )


def calendar_png(place: str, days: Days, *, simulated: bool) -> bytes:
    """The same sheet as a picture, with title, span and legend on it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    months, rows = _months(days)
    figure = Figure(figsize=(11.0, 1.7 + 0.34 * len(months)), dpi=150)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for k, day, row in rows:
        state = str(row["state"])
        axes.add_patch(Rectangle((day - 1, k), 1, 1, facecolor=_COLOURS[state], edgecolor="white", linewidth=1.5))
        axes.text(
            day - 0.5, k + 0.54, _SIGNS[state], ha="center", va="center", color=_INK[state], weight="bold", size=9
        )
    axes.set(xlim=(0, 31), ylim=(len(months), 0))
    axes.set_xticks(np.arange(31) + 0.5, [str(n) for n in range(1, 32)], size=8)
    names = [f"{_MONTHS[int(m.astype(np.int64)) % 12]} {1970 + int(m.astype(np.int64)) // 12}" for m in months]
    axes.set_yticks(np.arange(len(months)) + 0.5, names, size=9)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    for side in axes.spines.values():
        side.set_visible(False)
    mark = f"  [{SIMULATED}]" if simulated else ""
    axes.set_title(
        f"{place}: what is known, {days.day[0]} to {days.day[-1]} (UTC days){mark}", size=12, pad=22, loc="left"
    )
    handles = [Rectangle((0, 0), 1, 1, facecolor=_COLOURS[s], edgecolor="#888") for s in DAY_STATES]
    labels = [f"{_SIGNS[s]} {s}: {int((days.state == s).sum())}" for s in DAY_STATES]
    axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(0, -0.02), ncols=3, frameon=False, fontsize=9)
    content = io.BytesIO()
    figure.savefig(content, format="png", bbox_inches="tight", metadata={"Software": "swath"})
    return content.getvalue()
