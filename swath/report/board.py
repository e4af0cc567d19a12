"""Battery, memory and temperatures of each satellite over the day, as foreseen and as flown: one figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from swath.model import Telemetry
from swath.report.flown import FlownDay
from swath.report.svg import Axis, drawing, esc, hours_between, line_path, nice_step, tag, ticks, title
from swath.report.words import clock, count, number
from swath.spacecraft.satellite import Satellite

__all__ = ["board_figure"]

Floats = npt.NDArray[np.float64]
_WIDTH, _LEFT, _RIGHT, _TOP = 1120.0, 142.0, 1050.0, 34.0
_LANE, _GAP, _NAME = 62.0, 12.0, 22.0


def board_figure(day: FlownDay) -> str:
    """The figure; dashed is what the plan foresaw, lines are what was flown, shaded is the Earth's shadow."""
    axis = Axis(day.start, day.stop, _LEFT, _RIGHT)
    blocks, top = [], _TOP
    for satellite in day.satellites:
        true, book = (t.take(t.satellite == satellite.id).sort_by("time") for t in (day.telemetry, day.foreseen))
        lanes = _lanes(satellite, true, book)
        height = _NAME + len(lanes) * (_LANE + _GAP)
        parts = [tag("text", esc(satellite.id), x=4, y=14, class_="name strong")]
        parts += _shadows(day, satellite.id, axis, height)
        parts += [_lane(axis, lane, _NAME + k * (_LANE + _GAP)) for k, lane in enumerate(lanes)]
        blocks.append(tag("g", *parts, transform=f"translate(0 {top:g})"))
        top += height + 10.0
    said = f"On board of {count(len(day.satellites), 'satellite')}: battery, memory and temperatures over time"
    return drawing(_WIDTH, top, said, *_hours(axis, top), *blocks, class_="board")


_Line = tuple[str, str, npt.NDArray[np.int64], Floats]
"""class, name, times (ns), values"""
_Lane = tuple[str, str, list[_Line], float | None]
"""name, unit, lines, limit"""


def _lanes(satellite: Satellite, true: Telemetry, book: Telemetry) -> list[_Lane]:
    """Name, unit, lines and limit of each lane that has something to show."""

    def lines(column: str, scale: float = 1.0) -> list[_Line]:
        parts = (("planned", book), ("flown", true))
        return [(name, name, t.time.astype(np.int64), scale * getattr(t, column)) for name, t in parts]

    memory = lines("memory_bit", 1e-9)
    capacity = satellite.memory.capacity_bit * 1e-9
    most = max((float(values.max()) for _, _, _, values in memory if len(values)), default=0.0)
    warm = [
        (f"flown t{k}", name, true.time.astype(np.int64), getattr(true, column))
        for k, (name, column) in enumerate(
            (("camera", "temperature_k"), ("battery", "battery_k"), ("radio", "radio_k"))
        )
    ]
    found: list[_Lane] = [
        ("battery", "Wh", lines("battery_wh"), satellite.power.min_wh),
        ("memory", "Gbit", memory, capacity if most > 0.4 * capacity else None),
        ("temperature", "K", warm, None),
    ]
    if len(true) and float(true.wheel_share.max()) > 0.0:
        share = [("flown", "fullest wheel", true.time.astype(np.int64), 100.0 * true.wheel_share)]
        found.append(("fullest wheel", "%", share, 100.0))
    return found


def _lane(axis: Axis, lane: _Lane, top: float) -> str:
    name, unit, lines, limit = lane
    values = [v for _, _, _, v in lines if len(v)]
    low = min([float(v.min()) for v in values] + ([limit] if limit is not None else []), default=0.0)
    high = max([float(v.max()) for v in values] + ([limit] if limit is not None else []), default=1.0)
    if name == "memory":
        low = 0.0
    pad = 0.06 * (high - low) if high > low else max(0.02 * abs(high), 0.5)
    low, high = low - (0.0 if name == "memory" else pad), high + pad

    def y(value: npt.ArrayLike) -> Floats:
        return top + _LANE * (1.0 - (np.asarray(value, np.float64) - low) / (high - low))

    parts = [tag("text", f"{name}, {unit}", x=4, y=top + 12, class_="tick")]
    for value in ticks(low, high, nice_step(high - low, 3)):
        at = float(y(value))
        parts.append(tag("line", x1=_LEFT, x2=_RIGHT, y1=at, y2=at, class_="grid"))
        parts.append(tag("text", number(value), x=_LEFT - 6, y=at + 4, class_="tick end"))
    if limit is not None:
        parts.append(
            tag("line", title("limit"), x1=_LEFT, x2=_RIGHT, y1=float(y(limit)), y2=float(y(limit)), class_="limit")
        )
    for kind, label, time, curve in lines:
        path = _thinned(axis(time.astype("datetime64[ns]")), y(curve))
        parts.append(tag("path", title(label), d=path, class_=f"curve {kind}"))
    if name == "temperature":
        parts += _named(lines, y)
    return "".join(parts)


def _named(lines: Sequence[_Line], y: object) -> list[str]:
    """Names of several lines at their right ends, pushed apart."""
    ends = sorted((float(y(values[-1])), kind, label) for kind, label, _, values in lines if len(values))  # type: ignore[operator]
    parts, last = [], -np.inf
    for at, kind, label in ends:
        last = max(at, last + 13.0)
        parts.append(tag("text", label, x=_RIGHT + 6, y=last + 4, class_=f"tick {kind.split()[-1]}"))
    return parts


def _shadows(day: FlownDay, id: str, axis: Axis, height: float) -> list[str]:
    dark = day.eclipses.take(day.eclipses.satellite == id)
    first, last = axis(dark.start), axis(dark.stop)
    return [
        tag("rect", x=x, width=w, y=_NAME - 4, height=height - _NAME, class_="night")
        for x, w in zip(first.tolist(), (last - first).tolist(), strict=True)
        if w > 0
    ]


def _hours(axis: Axis, height: float) -> list[str]:
    several_days = (axis.stop - axis.start) > np.timedelta64(25, "h")
    marks = []
    for hour in hours_between(axis.start, axis.stop):
        x = float(axis(hour))
        marks.append(tag("line", x1=x, x2=x, y1=22, y2=height - 8, class_="grid"))
        marks.append(
            tag("text", clock(hour)[5:16] if several_days else clock(hour)[11:16], x=x, y=14, class_="tick mid")
        )
    return marks


def _thinned(x: Floats, y: Floats) -> str:
    """A curve without the points that a third of a unit would not show (Douglas-Peucker)."""
    if len(x) < 2:
        return ""
    points = shapely.get_coordinates(shapely.simplify(shapely.linestrings(x, y), 0.3, preserve_topology=False))
    return line_path(points[:, 0], points[:, 1])
