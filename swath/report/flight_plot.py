"""A picture of a flight: battery, memory, temperature and wheels of each satellite, planned and flown."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from swath.model import SIMULATED, Telemetry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["flight_png"]

_FLOWN, _PLANNED, _DARK = "#1565c0", "#f4a259", "#e3e8eb"
_CURVES = (
    ("battery_wh", 1.0, "battery, Wh", True),
    ("memory_bit", 1e-9, "memory, Gbit", True),
    ("temperature_k", 1.0, "camera, K", False),
    ("wheel_share", 100.0, "fullest wheel, %", False),
)
"""column, factor, title, and whether the plan foresees it"""


def flight_png(flown: Telemetry, planned: Telemetry, *, title: str) -> bytes:
    """PNG of one row a satellite; orange is what the plan foresaw, shaded is eclipse. Carries the word SIMULATED."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(flown.satellite.tolist()))
    figure = Figure(figsize=(15.0, 1.2 + 2.1 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    curves = [one for one in _CURVES if one[3] or np.ptp(getattr(flown, one[0])) > 0.0]
    axes = figure.subplots(len(names), len(curves), sharex=True, squeeze=False)
    for row, name in zip(axes, names, strict=True):
        mine, book = (t.take(t.satellite == name) for t in (flown, planned))
        for axis, (column, scale, unit, foreseen) in zip(row, curves, strict=True):
            _curve(axis, mine, book if foreseen else None, column, scale)
            axis.set_title(f"{name}: {unit}", fontsize=9, loc="left")
    _hours(axes[-1].tolist())
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), fontsize=9, loc="outside upper right", ncols=2, frameon=False
    )
    figure.suptitle(f"{title} - {SIMULATED}", fontsize=12, x=0.01, ha="left")
    figure.text(0.5, 0.5, SIMULATED, fontsize=60, color="#c62828", alpha=0.12, ha="center", va="center", rotation=20)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=80, metadata={"Description": f"{SIMULATED}: {title}"})
    return content.getvalue()


def _curve(axis: Axes, flown: Telemetry, planned: Telemetry | None, column: str, scale: float) -> None:
    changes = np.flatnonzero(np.diff(flown.sunlit.astype(np.int8), prepend=1, append=1))
    for first, last in zip(changes[::2], changes[1::2], strict=False):
        axis.axvspan(flown.time[first], flown.time[min(last, len(flown) - 1)], color=_DARK, lw=0)
    if planned is not None:
        axis.plot(planned.time, scale * getattr(planned, column), color=_PLANNED, lw=2.4, label="planned")
    axis.plot(flown.time, scale * getattr(flown, column), color=_FLOWN, lw=1.1, label="flown")
    axis.tick_params(labelsize=8)
    axis.margins(x=0.0)
    axis.grid(alpha=0.25)


def _hours(axes: list[Axes]) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter

    for axis in axes:
        axis.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))  # type: ignore[no-untyped-call]
        axis.xaxis.set_major_formatter(DateFormatter("%H:%MZ"))  # type: ignore[no-untyped-call]
