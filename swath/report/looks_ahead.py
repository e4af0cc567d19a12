"""Who looks next, for people: a table of 80 columns, a calendar, and a page with the fortnight, a map and every row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.model import Place
from swath.report.chart import Chart
from swath.report.document import document, section
from swath.report.ics import calendar, escaped, event_id, lasting
from swath.report.land import land_within
from swath.report.svg import drawing, esc, line_path, tag, ticks, title
from swath.report.tables import table
from swath.report.words import count
from swath.time import format_utc, seconds
from swath.watch.looks_ahead import LooksAhead, able_to_see

__all__ = ["STATES", "looks_ics", "looks_lines", "looks_page", "looks_summary"]

Floats = npt.NDArray[np.float64]

STATES = {
    "taken": "taken: a scene is in the archive",
    "planned": "planned: the operator has announced it",
    "could": "could: within reach, nothing is announced",
    "not planned": "not planned: the operator's plan leaves it out",
}
_MARKS = {"taken": "T", "planned": "P", "could": "?", "not planned": "-"}
_WIDE = 80
_MOST_ROWS = 3000
_STYLE = """
.look.optical { stroke: var(--s1); color: var(--s1); }
.look.radar { stroke: var(--s4); color: var(--s4); }
.look.picture { stroke: var(--s0); color: var(--s0); }
.look { stroke-width: 1.6; fill: none; }
.look.planned { fill: currentColor; }
.look.taken { fill: currentColor; stroke: var(--ink); stroke-width: 2; }
.look.dark { opacity: .3; }
.look.left { opacity: .35; stroke-dasharray: 2 2; }
.sheet { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1rem 1.6rem; align-items: start; }
.legend svg { display: inline-block; width: 20px; height: 14px; vertical-align: -2px; margin-right: .3rem; }
@media (max-width: 820px) { .sheet { grid-template-columns: minmax(0, 1fr); } }
"""


def looks_summary(looks: LooksAhead) -> list[str]:
    """The next look of each sort that people ask for, a line each: any, sharp by daylight, radar, announced."""
    good = able_to_see(looks) | (looks.state == "taken")
    ahead = good & (looks.state != "taken") & (looks.state != "not planned")
    sorts = (
        ("next camera by day", ahead & (looks.kind != "radar")),
        ("next at 1 m or finer", ahead & (looks.gsd_m <= 1.0)),
        ("next radar", ahead & (looks.kind == "radar")),
        ("next announced", ahead & (looks.state == "planned")),
    )
    lines = []
    for words, mask in sorts:
        rows = np.flatnonzero(mask)
        said = "none in this span" if not len(rows) else _told(looks, int(rows[0]))
        lines.append(f"{words + ':':<22}{said}"[:_WIDE])
    return lines


def _told(looks: LooksAhead, k: int) -> str:
    angle = "" if np.isnan(looks.off_nadir_deg[k]) else f", {looks.off_nadir_deg[k]:.0f} deg"
    return f"{format_utc(looks.time[k])[:16].replace('T', ' ')}Z {looks.satellite[k]}{angle}"


def looks_lines(looks: LooksAhead, *, most: int) -> list[str]:
    """The table: at most ``most`` rows, those that can show the place first told how many are left out."""
    if not len(looks):
        return ["nobody comes within reach"]
    lines = [
        f"{'UTC':<16} {'SATELLITE':<19} {'KIND':<7}   {'NADIR':>5} {'LIMIT':>5}  {'PIXEL m':>7} {'SUN':>3} {'CLEAR':>5}"
    ]
    for row in list(looks.rows())[:most]:
        lines.append(
            f"{format_utc(row['time'])[:16].replace('T', ' ')} {row['satellite'][:19]:<19} {row['kind']:<7} "
            f"{_MARKS[str(row['state'])]} {_n(row['off_nadir_deg'], '5.1f')} {_n(row['limit_deg'], '5.0f')}"
            f"{' ' if row['limit_known'] or np.isnan(row['limit_deg']) else '?'} {_n(row['gsd_m'], '7.2f')} "
            f"{_n(row['sun_elevation_deg'], '3.0f')} {_percent(row['p_clear']):>5}"
        )
    if len(looks) > most:
        lines.append(f"... and {len(looks) - most:,} more: --most N shows more, --out FILE all of them")
    return [*lines, "T taken, P planned, ? could, - not planned; LIMIT ? assumed: no source says"]


def _n(value: float, form: str) -> str:
    width = int(form.split(".", maxsplit=1)[0])
    return f"{'-':>{width}}" if np.isnan(value) else format(value, form)


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{share:.0%}"


def looks_ics(seen: Sequence[tuple[Place, LooksAhead]], made: np.datetime64) -> str:
    """A calendar (RFC 5545) of places: an event of a minute for each look that can show one. Same look, same id."""
    events = [_look_event(place, row) for place, looks in seen for row in _showing(looks).rows()]
    names = ", ".join(place.id for place, _ in seen[:3]) + (", ..." if len(seen) > 3 else "")
    return calendar(f"Who looks at {names}", made, events, "watch next")


def _showing(looks: LooksAhead) -> LooksAhead:
    return looks.take(able_to_see(looks) | (looks.state == "taken"))


def _look_event(place: Place, row: Mapping[str, Any]) -> tuple[str, list[str]]:
    at, name = row["time"], str(row["satellite"])
    angle = "" if np.isnan(row["off_nadir_deg"]) else f", {row['off_nadir_deg']:.0f} deg off-nadir"
    body = "; ".join(part for part in (_body(row), str(row["because"])) if part)
    lines = [
        *lasting(at - seconds(30.0), at + seconds(30.0)),
        f"SUMMARY:{escaped(name + ' ' + str(row['state']) + ': ' + place.id + angle)}",
        f"DESCRIPTION:{escaped(body)}",
        f"GEO:{place.lat_deg:.5f};{place.lon_deg:.5f}",
        f"STATUS:{'CONFIRMED' if row['state'] in ('planned', 'taken') else 'TENTATIVE'}",
        f"CATEGORIES:{escaped(str(row['kind']))}",
    ]
    return event_id("look", place.id, str(row["norad_id"]), format_utc(at)[:15]), lines


def _body(row: Mapping[str, Any]) -> str:
    parts = []
    if not np.isnan(row["gsd_m"]):
        parts.append(f"pixel {row['gsd_m']:.2g} m")
    if not np.isnan(row["sun_elevation_deg"]):
        parts.append(f"Sun at {row['sun_elevation_deg']:.0f} deg")
    if not np.isnan(row["p_clear"]) and row["kind"] != "radar":
        parts.append(f"clear with {row['p_clear']:.0%}")
    if not np.isnan(row["along_track_90_s"]):
        parts.append(f"give or take {row['along_track_90_s']:.0f} s")
    return ", ".join(parts)


def looks_page(
    looks: LooksAhead,
    place: Place,
    start: np.datetime64,
    stop: np.datetime64,
    land: Sequence[Floats],
    *,
    notes: Sequence[str],
) -> str:
    """One file that opens without a network: the fortnight day by day, the map, all rows, and what to know."""
    span = f"{format_utc(start)[:16].replace('T', ' ')} to {format_utc(stop)[:16].replace('T', ' ')} UTC"
    seen = int(able_to_see(looks).sum())
    lead = (
        f"{count(len(looks), 'look')} from {span} within reach of a camera, {seen:,} of them by daylight or radar. "
        "A satellite that could look need not: only what is planned is announced, only what is taken is sure."
    )
    summary = tag("ul", *(tag("li", esc(line)) for line in looks_summary(looks)))
    sheets = tag(
        "div",
        tag("figure", _days(looks, start, stop), tag("figcaption", "Each day from left to right, 00 to 24 h UTC.")),
        tag(
            "figure", _map(looks, place, land), tag("figcaption", "Where each satellite stands above the ground then.")
        ),
        class_="sheet",
    )
    body = [
        tag("section", tag("p", esc(lead), class_="lead"), summary),
        section("days", "When, and from where", _legend() + sheets),
        section("rows", "Every look", _rows(looks)),
        section("notes", "What to know", tag("ul", *(tag("li", esc(note)) for note in notes))),
    ]
    return document(
        f"Who looks at {place.id}",
        tag("header", tag("h1", esc(f"Who looks at {place.id}"))),
        tag("main", *body),
        tag("footer", tag("p", "Made by swath. Times are UTC.", class_="note")),
        style=_STYLE,
    )


def _legend() -> str:
    kinds = (("optical", "camera by light"), ("radar", "radar"), ("picture", "several kinds or unknown"))
    marks = [(_mark(kind, "planned", 9, 7), words) for kind, words in kinds]
    marks += [(_mark("picture", state, 9, 7), words) for state, words in STATES.items()]
    marks.append((_mark("optical", "could", 9, 7, dark=True), "no daylight: cannot show it"))
    spans = [tag("span", tag("svg", mark, viewBox="0 0 18 14"), esc(words)) for mark, words in marks]
    return tag("p", *spans, class_="legend")


def _mark(kind: str, state: str, x: float, y: float, *, dark: bool = False, told: str = "") -> str:
    """A circle for cameras, a triangle for radars, a square for others; filled where it is planned or taken."""
    name = f"look {kind} {'left' if state == 'not planned' else state}{' dark' if dark else ''}"
    said = (title(told),) if told else ()
    if kind == "optical":
        return tag("circle", *said, cx=x, cy=y, r=4.4, class_=name)
    if kind == "radar":
        return tag("path", *said, d=f"M{x:.1f} {y - 5.4:.1f}l5 9h-10Z", class_=name)
    return tag("rect", *said, x=x - 4, y=y - 4, width=8, height=8, class_=name)


def _days(looks: LooksAhead, start: np.datetime64, stop: np.datetime64) -> str:
    left, top, line, wide = 92.0, 26.0, 24.0, 620.0
    first, last = start.astype("datetime64[D]"), (stop - np.timedelta64(1, "ns")).astype("datetime64[D]")
    days = np.arange(first, last + 1)
    bottom = top + line * len(days)

    def x(hours: float) -> float:
        return left + hours / 24.0 * (wide - left - 8.0)

    parts = [tag("line", x1=x(h), x2=x(h), y1=top, y2=bottom, class_="grid") for h in range(0, 25, 3)]
    parts += [tag("text", f"{h:02d}", x=x(h), y=top - 8, class_="tick mid") for h in range(0, 25, 3)]
    for n, day in enumerate(days):
        parts.append(tag("text", str(day), x=0, y=top + line * (n + 0.5) + 5, class_="tick"))
        parts.append(tag("line", x1=left, x2=x(24), y1=top + line * (n + 1), y2=top + line * (n + 1), class_="grid"))
    able = able_to_see(looks)
    for k, row in enumerate(looks.rows()):
        n = int((row["time"].astype("datetime64[D]") - first) / np.timedelta64(1, "D"))
        hours = float((row["time"] - row["time"].astype("datetime64[D]")) / np.timedelta64(1, "s")) / 3600.0
        dark = not able[k] and not np.isnan(row["sun_elevation_deg"])
        told = f"{_told(looks, k)}, {row['state']}"
        parts.append(_mark(str(row["kind"]), str(row["state"]), x(hours), top + line * (n + 0.5), dark=dark, told=told))
    return drawing(wide, bottom + 8.0, "Looks by day and hour", *parts, class_="calendar")


def _map(looks: LooksAhead, place: Place, land: Sequence[Floats]) -> str:
    known = np.isfinite(looks.track_lon_deg)
    lon = looks.track_lon_deg[known] + 360.0 * np.round((place.lon_deg - looks.track_lon_deg[known]) / 360.0)
    lat = looks.track_lat_deg[known]
    squeeze = max(math.cos(math.radians(place.lat_deg)), 0.2)
    away = np.maximum(np.abs(lat - place.lat_deg), np.abs(lon - place.lon_deg) * squeeze)
    half = float(np.clip(np.max(away, initial=4.0) + 1.0, 5.0, 40.0))
    half_lon = min(half / squeeze, 175.0)
    south, north = max(place.lat_deg - half, -89.9), min(place.lat_deg + half, 89.9)
    west, east = place.lon_deg - half_lon, place.lon_deg + half_lon
    chart = Chart(west, south, east, north, 460.0 / (2 * half_lon), squeeze)
    width, height = chart.size
    rings = land_within(land, west, south, east, north, tolerance_deg=half / 300.0)
    coasts = "".join(line_path(*chart.place(r[:, 0], r[:, 1]), close=True) for r in rings)
    step = next(s for s in (1.0, 2.0, 5.0, 10.0, 20.0) if 2 * half / s <= 8.0)
    grid = "".join(line_path(*chart.place([g, g], [south, north])) for g in ticks(west, east, step))
    grid += "".join(line_path(*chart.place([west, east], [g, g])) for g in ticks(south, north, step))
    x, y = chart.place(lon, lat)
    able = able_to_see(looks)
    marks = [
        _mark(str(looks.kind[k]), str(looks.state[k]), float(x[n]), float(y[n]), dark=not able[k], told=_told(looks, k))
        for n, k in enumerate(np.flatnonzero(known).tolist())
    ]
    px, py = chart.point(place.lon_deg, place.lat_deg)
    cross = f"M{px - 9:.1f} {py:.1f}H{px + 9:.1f}M{px:.1f} {py - 9:.1f}V{py + 9:.1f}"
    parts = [
        tag("rect", x=0, y=0, width=width, height=height, class_="sea"),
        tag("path", d=coasts, class_="land"),
        tag("path", d=grid, class_="graticule"),
        *marks,
        tag("path", d=cross, stroke="var(--ink)", stroke_width=2.4, fill="none"),
        tag("text", esc(place.id), x=px + 12, y=py - 8, class_="label"),
        _scale(chart, half),
        chart.graticule_names(step),
    ]
    return drawing(width, height, f"Map of the satellites' places about {place.id}", *parts, class_="map")


def _scale(chart: Chart, half_deg: float) -> str:
    """A bar of a round length at the latitude that is drawn in true shape."""
    length_m = next(s for s in (1e5, 2e5, 5e5, 1e6, 2e6) if s >= half_deg * 111e3 / 4.0 or s == 2e6)
    width, height = chart.size
    long = length_m / 111_195.0 * chart.scale_per_deg / chart.squeeze_ratio
    x, y = width - long - 16.0, height - 32.0
    words = tag("text", f"{length_m / 1e3:,.0f} km", x=x + long / 2.0, y=y - 6, class_="halo mid")
    return tag("path", d=f"M{x:.1f} {y - 4:.1f}V{y:.1f}h{long:.1f}v-4", class_="scale-bar") + words


def _rows(looks: LooksAhead) -> str:
    heads = ["UTC", "satellite", "kind", "state", "off-nadir, °", "limit, °", "pixel, m", "Sun, °", "clear", "because"]
    cells = [
        [
            format_utc(row["time"])[:19].replace("T", " "), esc(row["satellite"]), esc(row["kind"]), esc(row["state"]),
            _n(row["off_nadir_deg"], "1.1f"),
            _n(row["limit_deg"], "1.0f") + ("" if row["limit_known"] or np.isnan(row["limit_deg"]) else "?"),
            _n(row["gsd_m"], "1.2f"), _n(row["sun_elevation_deg"], "1.0f"), _percent(row["p_clear"]),
            esc(row["because"]),
        ]
        for row in list(looks.rows())[:_MOST_ROWS]
    ]  # fmt: skip
    more = tag("p", f"The first {_MOST_ROWS:,} of {len(looks):,}.") if len(looks) > _MOST_ROWS else ""
    said = "Pixel: the finest at that look. ? behind a limit: assumed, no source says how far its camera looks."
    return table(said, heads, cells, numeric=[4, 5, 6, 7, 8]) + more
