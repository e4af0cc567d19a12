"""An alert as an evidence pack: one page that opens without a network, with all that speaks for it and against it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.model import SIMULATED, Place
from swath.report.alert_feed import alert_title
from swath.report.document import document, section
from swath.report.looks_ahead import looks_summary
from swath.report.raster import data_uri
from swath.report.svg import drawing, esc, line_path, nice_step, tag
from swath.report.tables import table
from swath.report.words import span
from swath.time import format_utc
from swath.watch.looks_ahead import LooksAhead, able_to_see
from swath.watch.pairs import SAME_VIEW_DEG, PictureLook, apart_deg
from swath.watch.records import LOOK_FOR, STEPS, Alert, Verdict
from swath.watch.verdicts import precision

__all__ = ["Chip", "alert_page"]

_SIDE = 460.0
_NEXT = 8
_STYLE = """
.chips { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 1rem; }
.chips svg { border-radius: 6px; background: var(--rest); }
.chips .frame-image { image-rendering: auto; }
.outline { fill: none; stroke: #fff; stroke-width: 4.5; stroke-linejoin: round; }
.outline.inner { stroke: #d33b00; stroke-width: 2.2; }
.plate-text { fill: #fff; font-size: 15px; font-weight: 650; }
.plate-dark { fill: #10161b; fill-opacity: .78; }
.scale-white { fill: none; stroke: #fff; stroke-width: 2.6; }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: 4px; font-weight: 650; border: 1.5px solid; }
.verdict.open { color: var(--warn); }
.verdict.confirmed { color: var(--accent); }
.verdict.dismissed { color: var(--soft); }
.judge { display: flex; flex-wrap: wrap; gap: .8rem; align-items: flex-start; }
.judge details, .judge form { margin: 0; }
.judge summary, .judge button { list-style: none; cursor: pointer; font: inherit; font-weight: 650; color: var(--paper);
  background: var(--accent); border: 0; border-radius: 6px; padding: .45rem 1.1rem; display: inline-block; }
.judge .no summary, .judge .no button { background: var(--soft); }
.judge input { font: inherit; padding: .35rem .5rem; border: 1px solid var(--rule); border-radius: 6px; width: 17em;
  max-width: 100%; margin-right: .4rem; background: var(--card); color: var(--ink); }
.judge pre { margin: .5rem 0 0; }
td.ok { color: var(--accent); font-weight: 600; }
"""


@dataclass(frozen=True)
class Chip:
    """A picture about the change: pixels, where its edges lie, and how it was taken."""

    png: bytes
    look: PictureLook
    name: str
    """of the satellite, and what the colours are"""
    width_m: float
    height_m: float
    outline: npt.NDArray[np.float64]
    """``(n, 2)`` of the change, in shares of width and height from the upper left"""
    gsd_m: float
    simulated: bool


def alert_page(
    alert: Alert,
    place: Place,
    before: Chip | None,
    after: Chip | None,
    *,
    verdicts: Sequence[Verdict] = (),
    looks: LooksAhead | None = None,
    post_to: str | None = "",
    watch_file: str = "watch.toml",
) -> str:
    """The page as text; the same alert and pictures give the same bytes.

    ``verdicts``: all of the place. ``post_to``: address that takes a verdict by form (``{post_to}`` with the fields
    ``verdict`` and ``why``); without it, on paper and from disk, the command is shown that does the same; ``None``:
    neither, for a page within another that has the buttons.
    """
    mine = [one for one in verdicts if one.alert == alert.id]
    parts = [
        tag("section", _head(alert), _judge(alert, mine, post_to, watch_file)),
        section("pictures", "Before and after", _pictures(before, after)),
        section("numbers", "What was tested", _tests(alert)),
        section("next", "Who could look next", _next(looks)),
        section("steps", "Step by step", _steps(alert)),
        section("record", "How good alerts of this place are", _record(verdicts, alert)),
        section("limits", "Limits", tag("ul", *(tag("li", esc(one)) for one in _limits(alert)))),
        section("origin", "Where it comes from", _origin(alert)),
    ]
    mark = (tag("p", tag("strong", SIMULATED), tag("span", "nothing of this happened"), class_="banner"),)
    return document(
        alert_title(alert),
        *(mark if alert.simulated else ()),
        tag("header", tag("h1", esc(f"{alert.place}: {alert.headline}"))),
        tag("main", *parts),
        tag("footer", tag("p", f"Alert {esc(alert.id)}, revision {alert.revision}. Made by swath. Times are UTC.")),
        style=_STYLE,
    )


def _utc(at: np.datetime64) -> str:
    return f"{format_utc(at)[:16].replace('T', ' ')}"


def _head(alert: Alert) -> str:
    lon_deg, lat_deg = alert.lonlat
    size = alert.area_m2
    doubt = (
        f", {size.low:,.0f} to {size.high:,.0f} {size.unit} with {size.confidence:.0%}"
        if size.low is not None and size.high is not None
        else f" ({size.because})"
    )
    lines = [
        f"Seen at {_utc(alert.after)}; at {_utc(alert.before)} it was not there.",
        f"{size.value:,.0f} {size.unit}{doubt}. Looked for: {alert.kind}, {LOOK_FOR.get(alert.kind, '')}.",
        f"Middle {lat_deg:.5f}, {lon_deg:.5f}.",
        *([f"A further picture: {alert.answer}."] if alert.answer else []),
    ]
    word = tag("span", alert.status, class_=f"verdict {alert.status}")
    return tag("p", word, class_="lead") + "".join(tag("p", esc(line)) for line in lines)


def _judge(alert: Alert, mine: Sequence[Verdict], post_to: str | None, watch_file: str) -> str:
    said = "".join(
        tag("p", esc(f"{one.word} at {_utc(one.at)}{' by ' + one.who if one.who else ''}: {one.why or 'no reason'}"))
        for one in sorted(mine, key=lambda one: one.at)
    )
    forms: list[str] = []
    if post_to is None:
        return said
    for word, class_ in (("confirm", "yes"), ("dismiss", "no")):
        if post_to:
            why = '<input name="why" placeholder="why" aria-label="why" maxlength="500">'
            hidden = f'<input type="hidden" name="verdict" value="{word}">'
            button = tag("button", word, type="submit")
            forms.append(tag("form", hidden, why, button, method="post", action=post_to, class_=class_))
        else:
            command = f'swath watch {word} {alert.id} --watch {watch_file} --why "..."'
            inner = tag("summary", word) + tag("pre", tag("code", esc(command)))
            forms.append(tag("details", inner, class_=class_))
    return said + tag("div", *forms, class_="judge")


def _pictures(before: Chip | None, after: Chip | None) -> str:
    if after is None:
        return tag("p", "The pictures are no longer in the archive.")
    shown = [one for one in (before, after) if one is not None]
    figures = [tag("figure", _picture(one), tag("figcaption", esc(_caption(one)))) for one in shown]
    if before is None:
        said = "There is no earlier picture of this kind in the archive."
    else:
        view, sun = apart_deg(before.look, after.look)
        words = [f"directions of view {view:.0f}° apart"]
        words += [f"Sun {sun:.0f}° apart"] if after.look.sensor != "radar" else []
        alike = view <= SAME_VIEW_DEG and (sun <= 2 * SAME_VIEW_DEG or after.look.sensor == "radar")
        tail = "" if alike else ": shadows and heights may look changed without a change"
        said = f"The earlier picture most alike in angle, light and age: {', '.join(words)}{tail}."
    same = "Both with the same tones." if before is not None else ""
    return tag("div", *figures, class_="chips") + tag("p", esc(f"{said} {same} The line is the outline of the change."))


def _picture(chip: Chip) -> str:
    high = _SIDE * chip.height_m / chip.width_m
    x, y = chip.outline[:, 0] * _SIDE, chip.outline[:, 1] * high
    path = line_path(x, y, close=True)
    bar_m = nice_step(chip.width_m, 4)
    long = bar_m / chip.width_m * _SIDE
    said = f"{bar_m:g} m" if bar_m < 1000.0 else f"{bar_m / 1e3:g} km"
    image = (
        f'<image href="{data_uri(chip.png, "png")}" width="{_SIDE:g}" height="{high:.2f}" preserveAspectRatio="none"'
        ' class="frame-image"/>'
    )
    date = f"{_utc(chip.look.at)} UTC"
    parts = [
        image,
        tag("path", d=path, class_="outline"),
        tag("path", d=path, class_="outline inner"),
        tag("rect", x=0, y=0, width=202, height=28, class_="plate-dark"),
        tag("text", date, x=10, y=19, class_="plate-text"),
        tag("rect", x=0, y=high - 36, width=long + 24, height=36, class_="plate-dark"),
        tag("path", d=f"M12 {high - 15:.1f}v6h{long:.1f}v-6", class_="scale-white"),
        tag("text", said, x=12, y=high - 19, class_="plate-text"),
        tag("rect", x=_SIDE - 34, y=0, width=34, height=40, class_="plate-dark"),
        tag("path", d=f"M{_SIDE - 17} 6l6 14h-12Z", fill="#fff"),
        tag("text", "N", x=_SIDE - 17, y=35, class_="plate-text mid"),
    ]
    if chip.simulated:
        parts.append(tag("rect", x=_SIDE - 118, y=high - 28, width=118, height=28, class_="plate-dark"))
        parts.append(tag("text", SIMULATED, x=_SIDE - 59, y=high - 9, class_="plate-text mid"))
    return drawing(_SIDE, high, f"Picture of {date}, {said} marked", *parts, class_="chip")


def _caption(chip: Chip) -> str:
    look = chip.look
    parts = [f"{_utc(look.at)} UTC, {chip.name}, pixel {chip.gsd_m:.3g} m"]
    if math.isfinite(look.incidence_deg):
        parts.append(f"seen {look.incidence_deg:.0f}° from the vertical")
    if math.isfinite(look.sun_elevation_deg):
        parts.append(f"Sun at {look.sun_elevation_deg:.0f}°")
    return f"{', '.join(parts)} ({look.scene})"


def _tests(alert: Alert) -> str:
    rows = [
        [
            esc(one.name),
            esc(f"{one.value:,.3g} {one.unit}".strip()),
            esc(f"{one.bound:,.3g} {one.unit}".strip()),
            tag("span", "speaks for it" if one.passed else "does not", class_="green" if one.passed else None),
            esc(one.because),
        ]
        for one in alert.tests
    ]
    said = (
        f"Bounds are set so that {alert.false_alarms_per_unit:g} alarms per 1,000 km2 and year are raised where "
        "nothing happened."
    )
    return table(said, ["test", "found", "bound", "", "what it means"], rows, numeric=[1, 2])


def _next(looks: LooksAhead | None) -> str:
    if looks is None:
        return tag("p", "No elements are given in the watch file (look_ahead): swath watch next PLACE tells.")
    good = looks.take(able_to_see(looks) & (looks.state != "taken") & (looks.state != "not planned"))
    if not len(good):
        return tag("p", "Nobody within the days looked at.")
    rows = [
        [
            _utc(row["time"]), esc(row["satellite"]), esc(row["kind"]), esc(row["state"]),
            "-" if np.isnan(row["off_nadir_deg"]) else f"{row['off_nadir_deg']:.0f}",
            "-" if np.isnan(row["gsd_m"]) else f"{row['gsd_m']:.2g}",
            "-" if np.isnan(row["p_clear"]) else f"{row['p_clear']:.0%}",
        ]
        for row in list(good.rows())[:_NEXT]
    ]  # fmt: skip
    heads = ["UTC", "satellite", "kind", "state", "off-nadir, °", "pixel, m", "clear"]
    lines = tag("ul", *(tag("li", esc(line)) for line in looks_summary(looks)))
    return lines + table(f"The first {len(rows)} of {len(good):,}.", heads, rows, numeric=[4, 5, 6])


def _steps(alert: Alert) -> str:
    rows, last = [], None
    for one in sorted(alert.steps, key=lambda step: (step.at, list(STEPS).index(step.name))):
        wait = "" if last is None else f"+{span(float((one.at - last) / np.timedelta64(1, 'ns')) * 1e-9)}"
        rows.append([esc(one.name), format_utc(one.at)[:19].replace("T", " "), wait, esc(one.told or STEPS[one.name])])
        last = one.at
    if not rows:
        return tag("p", "None is known.")
    return table("From the picture to the answer.", ["step", "UTC", "after", ""], rows, numeric=[2])


def _record(verdicts: Sequence[Verdict], alert: Alert) -> str:
    mine = [one for one in verdicts if one.place == alert.place]
    found = precision(mine)
    if found.low is None or found.high is None:
        return tag("p", esc(f"{found.because.capitalize()}."))
    right = sum(one.word == "confirmed" for one in mine)
    return tag(
        "p",
        esc(
            f"{right} of {len(mine)} judged alerts were right: {found.value:.0%}, {found.low:.0%} to {found.high:.0%} "
            f"with {found.confidence:.0%}."
        ),
    )


def _limits(alert: Alert) -> list[str]:
    return [
        *alert.limits,
        "The alert says that something changed in the picture, not what it is or who did it.",
        "It was not there in the earlier picture; when between the two it came about is not known.",
    ]


def _origin(alert: Alert) -> str:
    rows: list[tuple[str, Any]] = [("scene before", alert.scenes[0]), ("scene after", alert.scenes[1])]
    rows += list(_flat(alert.provenance))
    return table("What it was made from.", ["", ""], [[esc(name), tag("code", esc(value))] for name, value in rows])


def _flat(values: Mapping[str, Any], lead: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        found += _flat(value, f"{lead}{name} ") if isinstance(value, Mapping) else [(f"{lead}{name}", value)]
    return found
