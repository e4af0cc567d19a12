"""Small plots: an interval with its truth, a distribution, a value below its bound."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from swath.model import Estimate
from swath.report.svg import drawing, nice_step, tag, ticks, title
from swath.report.words import number, quantity

__all__ = ["distribution", "interval_plot", "spark_interval", "value_bar"]


def interval_plot(estimate: Estimate, *, truth: float | None = None, label: str = "") -> str:
    """An estimate on a scale: the interval as a bar, the value as a dot, the truth (where known) as a diamond."""
    if estimate.low is None or estimate.high is None or not math.isfinite(estimate.value):
        return ""
    known = [estimate.value, estimate.low, estimate.high, *([truth] if truth is not None else [])]
    spread = max(max(known) - min(known), abs(estimate.value) * 1e-3, 1e-9)
    low, high = min(known) - 0.3 * spread, max(known) + 0.3 * spread
    if min(known) >= 0:
        low = max(low, 0.0)
    width, middle = 420.0, 22.0

    def x(value: float) -> float:
        return 14 + (value - low) / (high - low) * (width - 28)

    step = nice_step(high - low, 5)
    marks = [
        tag("line", x1=14, x2=width - 14, y1=middle + 16, y2=middle + 16, class_="axis"),
        *(
            tag("line", x1=x(v), x2=x(v), y1=middle + 16, y2=middle + 21, class_="axis")
            + tag("text", number(v, max(0, -math.floor(math.log10(step)))), x=x(v), y=middle + 36, class_="tick mid")
            for v in ticks(low, high, step)
        ),
        tag(
            "rect",
            x=x(estimate.low),
            y=middle - 6,
            width=x(estimate.high) - x(estimate.low),
            height=12,
            rx=6,
            class_="interval",
        ),
        tag("circle", title(quantity(estimate)), cx=x(estimate.value), cy=middle, r=8, class_="value"),
    ]
    said = f"{label}: {quantity(estimate)}"
    if truth is not None:
        at = x(truth)
        diamond = f"{at:.1f},{middle - 13} {at + 7:.1f},{middle} {at:.1f},{middle + 13} {at - 7:.1f},{middle}"
        marks.append(tag("polygon", title(f"simulated truth {number(truth)}"), points=diamond, class_="truth"))
        said += f"; simulated truth {number(truth)}"
    return drawing(width, middle + 42, said, *marks, class_="interval-plot")


def spark_interval(value: float, low: float | None, high: float | None, scale: tuple[float, float]) -> str:
    """An interval on a common scale, small enough for a table cell."""
    first, last = scale
    width = 120.0

    def x(at: float) -> float:
        return 4 + min(max((at - first) / max(last - first, 1e-9), 0.0), 1.0) * (width - 8)

    bar = ""
    if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
        bar = tag("rect", x=x(low), y=5, width=max(x(high) - x(low), 1.0), height=6, rx=3, class_="interval")
    dot = tag("circle", cx=x(value), cy=8, r=4, class_="value") if math.isfinite(value) else ""
    rail = tag("line", x1=4, x2=width - 4, y1=8, y2=8, class_="rail")
    return drawing(width, 16, f"{value:.2f}", rail, bar, dot, class_="spark")


def distribution(values: npt.NDArray[np.float64], *, low: float, high: float, bins: int, label: str, unit: str) -> str:
    """How many values lie where: bars over equal steps, the median marked. Values outside count in the end bars."""
    width, height, base = 560.0, 190.0, 150.0
    counts, edges = np.histogram(np.clip(values, low, np.nextafter(high, low)), bins=bins, range=(low, high))
    most = max(int(counts.max()), 1)

    def x(value: float) -> float:
        return 34 + (value - low) / (high - low) * (width - 50)

    bars = [
        tag(
            "rect",
            title(f"{first:.2f} to {last:.2f}: {n}"),
            x=x(first) + 1,
            width=x(last) - x(first) - 2,
            y=base - 120 * n / most,
            height=120 * n / most,
            rx=2,
            class_="bar",
        )
        for first, last, n in zip(edges[:-1], edges[1:], counts.tolist(), strict=True)
    ]
    scale = [
        tag("text", f"{v:g}", x=x(v), y=base + 18, class_="tick mid")
        for v in ticks(low, high, nice_step(high - low, 6))
    ]
    median = float(np.median(values))
    at = x(min(max(median, low), high))
    mark = tag("line", x1=at, x2=at, y1=22, y2=base, class_="median") + tag(
        "text", f"median {median:.2f}", x=at, y=16, class_="tick mid strong"
    )
    axis = tag("line", x1=34, x2=width - 16, y1=base, y2=base, class_="axis")
    tops = tag("text", str(most), x=28, y=base - 116, class_="tick end") + tag(
        "text", "0", x=28, y=base + 4, class_="tick end"
    )
    name = tag("text", unit, x=width / 2, y=base + 36, class_="tick mid")
    return drawing(
        width, height, f"{label}: {len(values)} values, median {median:.2f}", *bars, axis, *scale, tops, mark, name
    )


def value_bar(value: float, bound: float) -> str:
    """The plan's value as a part of what no plan could exceed."""
    share = min(max(value / bound, 0.0), 1.0) if bound > 0 else 1.0
    width = 420.0
    return drawing(
        width,
        18,
        f"value {value:.1f} of at most {bound:.1f}",
        tag("rect", x=0, y=2, width=width, height=14, rx=7, class_="bar-rest"),
        tag("rect", x=0, y=2, width=share * width, height=14, rx=7, class_="bar"),
        class_="value-bar",
    )
