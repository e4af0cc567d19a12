"""timeline.png: what each satellite and each station does, on one time axis."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.model import Station, Windows
from swath.plan.problem import Problem
from swath.report.planned import PlannedDay
from swath.time import format_utc, seconds

__all__ = ["timeline_png"]

Floats = npt.NDArray[np.float64]

_PICTURE, _SENT, _DARK, _PASS = "#d1495b", "#2e86ab", "#e3e6ea", "#c9d6df"
_FILL, _CLOSED = "#9bb8a5", "#f3dfc1"
_LEAST_H = 0.0125
"""pictures last seconds: drawn at least this long to be seen"""


def timeline_png(day: PlannedDay, problem: Problem) -> bytes:
    """A PNG of a plan: a row for each satellite (eclipse, pictures, contacts, recorder), then one for each station
    (passes, contacts, maintenance).
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = [s.id for s in day.satellites] + [s.id for s in day.stations]
    figure, axis = plt.subplots(figsize=(13.0, 1.6 + 0.62 * len(names)), dpi=110)
    try:
        for row, satellite in enumerate(day.satellites):
            mine = problem.eclipses.satellite == satellite.id
            _bars(axis, day, problem.eclipses.take(mine), row, 0.8, _DARK)
            _recorder(axis, day, satellite.id, satellite.memory.capacity_bit, row)
            for table, color in ((day.plan.acquisitions, _PICTURE), (day.plan.contacts, _SENT)):
                _bars(axis, day, table.take(table.satellite == satellite.id), row, 0.8, color)
        for row, station in enumerate(day.stations, start=len(day.satellites)):
            _bars(axis, day, _closed(station), row, 0.8, _CLOSED, hatch="////", edgecolor="#c9a66b", linewidth=0.0)
            _bars(axis, day, problem.passes.take(problem.passes.subject == station.id), row, 0.5, _PASS)
            _bars(axis, day, day.plan.contacts.take(day.plan.contacts.station == station.id), row, 0.8, _SENT)
        _dress(axis, day, names)
        content = io.BytesIO()
        figure.savefig(content, format="png", bbox_inches="tight", metadata={"Title": day.title})
    finally:
        plt.close(figure)
    return content.getvalue()


def _hours(day: PlannedDay, at: Any) -> Floats:
    return np.asarray((np.asarray(at) - day.start) / np.timedelta64(1, "ns") * 1e-9 / 3600.0, np.float64)


def _closed(station: Station) -> Windows:
    """When a station is shut for maintenance."""
    return Windows.from_rows(
        [{"satellite": "", "subject": station.id, "start": a, "stop": b} for a, b in station.maintenance]
    )


def _bars(axis: Any, day: PlannedDay, table: Any, row: int, height: float, color: str, **look: Any) -> None:
    first, last = _hours(day, table.start), _hours(day, table.stop)
    if len(first):
        spans = np.column_stack([first, np.maximum(last - first, _LEAST_H)])
        axis.broken_barh(spans.tolist(), (row - height / 2.0, height), facecolors=color, **look)


def _recorder(axis: Any, day: PlannedDay, satellite: str, capacity_bit: float, row: int) -> None:
    """How full the recorder is, as a share of its capacity, drawn up from the row's foot."""
    looks = day.plan.acquisitions.take(day.plan.acquisitions.satellite == satellite)
    at = np.concatenate([looks.start, looks.on_ground, [day.start, day.stop]])
    change = np.concatenate([looks.data_bit, -looks.data_bit, [0.0, 0.0]])
    order = np.argsort(at, kind="stable")
    level = np.cumsum(change[order]) / capacity_bit
    foot = row + 0.4
    axis.fill_between(_hours(day, at[order]), foot, foot - 0.8 * level, step="post", color=_FILL, alpha=0.8, lw=0)


def _dress(axis: Any, day: PlannedDay, names: list[str]) -> None:
    from matplotlib.patches import Patch

    plan, length = day.plan, float(_hours(day, day.stop))
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.set_xlim(0.0, length)
    step = next((s for s in (0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0) if length / s <= 13), 48.0)
    marks = np.arange(0.0, length + 1e-9, step)
    text = [format_utc(day.start + seconds(3600.0 * mark)) for mark in marks]
    axis.set_xticks(marks, [t[11:16] if t[11:16] != "00:00" else f"00:00\n{t[:10]}" for t in text])
    axis.axhline(len(day.satellites) - 0.5, color="#888888", linewidth=0.8)
    worth = f"value {plan.value:.1f}, at most {plan.bound:.1f} (gap {100 * plan.gap:.1f} %)"
    axis.set_title(f"{day.title} [{day.banner}]: {worth}, UTC", loc="left", fontsize=10)
    legend = {"picture": _PICTURE, "contact": _SENT, "pass": _PASS, "eclipse": _DARK, "recorder in use": _FILL}
    patches = [Patch(color=color, label=label) for label, color in legend.items()]
    if any(station.maintenance for station in day.stations):
        patches.append(Patch(facecolor=_CLOSED, hatch="////", edgecolor="#c9a66b", linewidth=0.0, label="maintenance"))
    axis.legend(handles=patches, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=6, frameon=False, fontsize=8)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)
