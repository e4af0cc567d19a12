"""What did each satellite do all day? Pictures, contacts, eclipse, battery and memory on one time axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from swath.model import Telemetry
from swath.report.outcome import Outcome
from swath.report.svg import Axis, drawing, esc, hours_between, line_path, tag, title
from swath.report.words import clock, count, percent, size, spoken
from swath.spacecraft.satellite import Satellite

__all__ = ["fleet_timeline", "timeline_section"]

Floats = npt.NDArray[np.float64]
_WIDTH, _LEFT, _RIGHT, _TOP = 1120.0, 84.0, 1050.0, 46.0
_BLOCK, _LANES = 136.0, 120.0
_CURVE = 30.0
_SHOW_CAPACITY = 0.4
"""a recorder that never fills further is drawn to its own highest level"""


def fleet_timeline(outcome: Outcome) -> str:
    """One figure for the fleet; hover shows ids and times."""
    axis = Axis(outcome.start, outcome.stop, _LEFT, _RIGHT)
    height = _TOP + _BLOCK * len(outcome.satellites) + 8
    blocks = [
        tag("g", *_satellite(outcome, satellite, number, axis), transform=f"translate(0 {_TOP + number * _BLOCK:g})")
        for number, satellite in enumerate(outcome.satellites)
    ]
    fleet = count(len(outcome.satellites), "satellite")
    said = f"Day of {fleet}: pictures, contacts, eclipses, battery and memory over time"
    return drawing(
        _WIDTH, height, said, *_hours(axis, height), *blocks, *_moments(outcome, axis, height), class_="timeline"
    )


def _hours(axis: Axis, height: float) -> list[str]:
    several_days = (axis.stop - axis.start) > np.timedelta64(25, "h")
    marks = []
    for hour in hours_between(axis.start, axis.stop):
        x = float(axis(hour))
        text = clock(hour)[5:16] if several_days else clock(hour)[11:16]
        marks.append(tag("line", x1=x, x2=x, y1=_TOP - 12, y2=height - 10, class_="grid"))
        marks.append(tag("text", text, x=x, y=_TOP - 18, class_="tick mid"))
    return marks


def _satellite(outcome: Outcome, satellite: Satellite, number: int, axis: Axis) -> list[str]:
    id = satellite.id
    acquisitions = outcome.plan.acquisitions.take(outcome.plan.acquisitions.satellite == id)
    telemetry = outcome.telemetry.take(outcome.telemetry.satellite == id).sort_by("time")
    return [
        tag("text", esc(id), x=4, y=14, class_=f"name s{number % 6}"),
        tag("text", count(len(acquisitions), "picture"), x=4, y=29, class_="tick"),
        *_eclipses(outcome, id, axis),
        *(
            tag(
                "rect",
                title(f"{row['id']}: {row['request']}, {clock(row['start'], day=outcome.start)}"),
                x=x,
                width=max(w, 1.8),
                y=0,
                height=16,
                class_=f"picture s{number % 6}",
            )
            for row, (x, w) in zip(acquisitions.rows(), _bars(axis, acquisitions.start, acquisitions.stop), strict=True)
        ),
        *_passes(outcome, id, axis),
        *_contacts(outcome, id, axis),
        *_battery(satellite, telemetry, axis, 40.0),
        *_memory(satellite, telemetry, axis, 87.0, number),
    ]


def _bars(axis: Axis, start: npt.ArrayLike, stop: npt.ArrayLike) -> list[tuple[float, float]]:
    first, last = axis(start), axis(stop)
    return list(zip(first.tolist(), (last - first).tolist(), strict=True))


def _eclipses(outcome: Outcome, id: str, axis: Axis) -> list[str]:
    dark = outcome.eclipses.take(outcome.eclipses.satellite == id)
    return [
        tag("rect", x=x, width=w, y=-4, height=_LANES + 6, class_="night")
        for x, w in _bars(axis, dark.start, dark.stop)
        if w > 0
    ]


def _passes(outcome: Outcome, id: str, axis: Axis) -> list[str]:
    """What could have been a contact, behind what was one."""
    passes = outcome.passes.take(outcome.passes.satellite == id)
    return [
        tag("rect", x=x, width=w, y=20, height=11, class_="view") for x, w in _bars(axis, passes.start, passes.stop)
    ]


def _contacts(outcome: Outcome, id: str, axis: Axis) -> list[str]:
    order = [station.id for station in outcome.stations]
    contacts = outcome.plan.contacts.take(outcome.plan.contacts.satellite == id)
    bars = _bars(axis, contacts.start, contacts.stop)
    return [
        tag(
            "rect",
            title(
                f"{row['id']}: {row['station']}, {clock(row['start'], day=outcome.start)}, {size(row['volume_bit'])}"
            ),
            x=x,
            width=max(w, 2.5),
            y=20,
            height=11,
            rx=2,
            class_=f"contact g{order.index(str(row['station'])) % 5 if str(row['station']) in order else 0}",
        )
        for row, (x, w) in zip(contacts.rows(), bars, strict=True)
    ]


def _battery(satellite: Satellite, telemetry: Telemetry, axis: Axis, top: float) -> list[str]:
    full, least = satellite.power.battery_wh, satellite.power.min_wh
    lowest = float(telemetry.battery_wh.min()) if len(telemetry) else least
    floor = max(0.0, min(least, lowest) - 0.08 * full)

    def y(energy_wh: npt.ArrayLike) -> Floats:
        return top + _CURVE * (1.0 - (np.asarray(energy_wh, np.float64) - floor) / max(full - floor, 1e-9))

    limit = float(y(least))
    return [
        tag("text", "battery", x=4, y=top + 19, class_="tick"),
        tag("line", x1=_LEFT, x2=_RIGHT, y1=limit, y2=limit, class_="limit"),
        tag("path", d=_thinned(axis(telemetry.time), y(telemetry.battery_wh)), class_="battery"),
        tag("text", "100 %", x=_RIGHT + 6, y=top + 6, class_="tick"),
        tag("text", f"{percent(least / full, 0)} limit", x=_RIGHT + 6, y=limit + 4, class_="tick"),
        title(f"lowest {percent(lowest / full, 0)} of {full:g} Wh; never to go below {percent(least / full, 0)}"),
    ]


def _memory(satellite: Satellite, telemetry: Telemetry, axis: Axis, top: float, number: int) -> list[str]:
    capacity = satellite.memory.capacity_bit
    most = float(telemetry.memory_bit.max()) if len(telemetry) else 0.0
    full = max(capacity if most > _SHOW_CAPACITY * capacity else 1.15 * most, 1.0)
    x = axis(telemetry.time)
    y = top + _CURVE * (1.0 - telemetry.memory_bit / full)
    base = top + _CURVE
    area = ""
    if len(telemetry):
        line = _thinned(x, y)
        area = f"{line}L{x[-1]:.1f} {base:g}L{x[0]:.1f} {base:g}Z"
    return [
        tag("text", "memory", x=4, y=top + 19, class_="tick"),
        tag("line", x1=_LEFT, x2=_RIGHT, y1=base, y2=base, class_="axis"),
        tag("line", x1=_LEFT, x2=_RIGHT, y1=top, y2=top, class_="limit") if full >= capacity else "",
        tag(
            "path",
            title(f"most {percent(most / capacity, 0)} of {size(capacity)}"),
            d=area,
            class_=f"memory s{number % 6}",
        ),
        tag("text", size(most), x=_RIGHT + 6, y=top + 8, class_="tick"),
        tag("text", f"of {size(capacity)}", x=_RIGHT + 6, y=top + 22, class_="tick"),
    ]


def _thinned(x: Floats, y: Floats) -> str:
    """A curve without the points that a third of a unit would not show (Douglas-Peucker)."""
    if len(x) < 2:
        return ""
    points = shapely.get_coordinates(shapely.simplify(shapely.linestrings(x, y), 0.3, preserve_topology=False))
    return line_path(points[:, 0], points[:, 1])


def _moments(outcome: Outcome, axis: Axis, height: float) -> list[str]:
    """The urgent order's story as upright lines through all satellites."""
    marks = []
    for story in outcome.urgent[:1]:
        told = {"ordered": story.ordered, "imaged": story.imaged, "on ground": story.on_ground, "mapped": story.mapped}
        names: list[tuple[float, str]] = []
        for name, at in told.items():
            if at is None:
                continue
            x = float(axis(at))
            marks.append(tag("line", x1=x, x2=x, y1=_TOP - 30, y2=height - 10, class_="moment"))
            if names and x - names[-1][0] < 64:
                names[-1] = names[-1][0], f"{names[-1][1]}, {name}"
            else:
                names.append((x, name))
        marks += [tag("text", text, x=x - 4, y=13, class_="tick moment-name") for x, text in names]
    return marks


def timeline_section(outcome: Outcome) -> str:
    """The figure with its key."""
    stations = [
        tag("span", tag("span", class_=f"swatch contact g{n % 5}"), esc(spoken(s.id)))
        for n, s in enumerate(outcome.stations)
    ]
    key = [
        tag("span", tag("span", class_="swatch pictures"), "pictures"),
        tag("span", "contacts with:"),
        *stations,
        tag("span", tag("span", class_="swatch view"), "station in view"),
        tag("span", tag("span", class_="swatch night"), "in the Earth's shadow"),
        tag("span", tag("span", class_="swatch limit"), "limit"),
    ]
    caption = tag("figcaption", "UTC. From telemetry as flown; hover or long-press for ids and times.")
    drawn = tag(
        "div", fleet_timeline(outcome), class_="scroll wide", tabindex="0", role="region", aria_label="Timeline"
    )
    return tag("figure", tag("p", *key, class_="legend"), drawn, caption)
