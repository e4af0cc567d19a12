"""An outsider's view of a programme as one page: what is known, what is assumed, what is not known, and the numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swath.design.launch import Site, Window
from swath.design.programme import WAYS, Fact, Outlook, Reach, Way
from swath.report.document import document, section
from swath.report.svg import esc, tag
from swath.report.tables import table
from swath.time import format_utc

__all__ = ["programme_page"]

_STYLE = """
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem 2rem; }
.facts h3 { margin: 0 0 .3rem; }
.facts li { margin: .35rem 0; }
.fleets th { white-space: normal; vertical-align: bottom; }
.fleets td:first-child { white-space: nowrap; }
.facts .source { color: var(--soft); font-size: .85em; }
"""
_SHOWN = 14


def programme_page(found: Outlook, *, digest: str, command: str) -> str:
    """The page as text; the same programme gives the same bytes. ``digest`` is that of the file it was read from."""
    asked = found.programme
    sections = [
        ("facts", "What this rests on", _facts(found)),
        ("seen", "How often could each place be seen", _often(found)),
        ("soon", "How soon could a picture be at the control centre", _soon(found)),
        ("launches", "What would each launch add", _added(found)),
        ("windows", "When could the next one be launched", "".join(_site(*one, found) for one in found.windows)),
        ("method", "Method and limits", _method(found, digest, command)),
    ]
    about = tag("p", esc(asked.about), class_="lead")
    return document(
        asked.title,
        tag("header", tag("h1", esc(asked.title)), about),
        tag("main", *(section(id, name, content) for id, name, content in sections)),
        tag("footer", tag("p", "Made by swath from public facts only. Times are UTC.", class_="note")),
        style=_STYLE,
    )


def _facts(found: Outlook) -> str:
    asked = found.programme
    groups = (("Known", asked.known), ("Assumed", asked.assumed), ("Not known", asked.unknown))
    parts = [tag("div", tag("h3", esc(name)), tag("ul", *map(_fact, facts))) for name, facts in groups]
    return tag("div", *parts, class_="facts")


def _fact(fact: Fact) -> str:
    source = tag("span", esc(f" ({fact.source})"), class_="source") if fact.source else ""
    return tag("li", esc(fact.text), source)


def _of(found: Outlook, place: str, way: str, count: int) -> Reach | None:
    return next((r for r in found.reaches if (r.place, r.way, r.satellites) == (place, way, count)), None)


def _fleets(found: Outlook) -> list[tuple[Way, int, str]]:
    """The fleets in the columns: one, and all, flown in both ways."""
    most = found.programme.more + 1
    fleets: list[tuple[Way, int, str]] = [("one plane", 1, "1")]
    if most > 1:
        fleets += [("one plane", most, f"{most}, one plane"), ("own planes", most, f"{most}, own planes")]
    return fleets


def _often(found: Outlook) -> str:
    rows = []
    for place in found.programme.places:
        cells = [esc(place.id)]
        for way, count, _ in _fleets(found):
            reach = _of(found, place.id, way, count)
            cells += ["-", "-"] if reach is None else [_days(reach.coverage.days_per_look), _between(reach)]
        rows.append(tuple(cells))
    heads = ["place"]
    for _, _, said in _fleets(found):
        heads += [f"{said}: days a look", "looks a day, 9 in 10"]
    asked = found.programme
    said = (
        f"By day (Sun {asked.min_sun_elevation_deg:g}° up or more), at most {asked.max_off_nadir_deg:g}° off-nadir; "
        f"{asked.days:g} days from {format_utc(asked.start)[:10]}. The range is over longitudes: near-resonant orbits "
        "see one much more often than its neighbour."
    )
    return table(said, heads, rows, numeric=tuple(range(1, len(heads))), class_="fleets")


def _between(reach: Reach) -> str:
    low, high = reach.coverage.spread_over_points(reach.coverage.point_looks_per_day)
    return f"{low:.2f} – {high:.2f}"


def _days(value: float | None) -> str:
    return "never" if value is None or not np.isfinite(value) else f"{value:.2f}"


def _hours(value: float | None) -> str:
    return "never" if value is None or not np.isfinite(value) else f"{24.0 * value:.0f}"


def _soon(found: Outlook) -> str:
    rows = []
    for place in found.programme.places:
        cells = [esc(place.id)]
        for way, count, _ in _fleets(found):
            reach = _of(found, place.id, way, count)
            spread = reach.coverage.delivery if reach is not None else None
            cells += [_hours(spread.p50_days if spread else None), _hours(spread.p90_days if spread else None)]
        rows.append(tuple(cells))
    heads = ["place"]
    for _, _, said in _fleets(found):
        heads += [f"{said}: half within h", "nine in ten within h"]
    said = f"From a wish at any moment to a picture at {found.programme.station.id}, no queues, any weather"
    return table(said, heads, rows, numeric=tuple(range(1, len(heads))), class_="fleets")


def _added(found: Outlook) -> str:
    """Means over the places, for each number of satellites and each way to fly them."""
    rows = []
    for count in range(1, found.programme.more + 2):
        cells = [str(count)]
        for way in WAYS:
            mine = [
                r.coverage
                for r in found.reaches
                if r.satellites == count and r.way == ("one plane" if count == 1 else way)
            ]
            looks = float(np.mean([one.looks_per_day for one in mine]))
            waits = [one.response.p95_days for one in mine if one.response is not None]
            downs = [one.delivery.p95_days for one in mine if one.delivery is not None]
            cells += [f"{looks:.2f}", _hours(max(waits, default=None)), _hours(max(downs, default=None))]
        rows.append(tuple(cells))
    heads = [
        "satellites",
        *(f"{way}: {said}" for way in WAYS for said in ("looks a day", "seen h", "on ground h")),
    ]
    return table(
        "Looks a day: mean over the places; hours that 95 % of wishes stay below, where they wait longest", heads, rows,
        numeric=tuple(range(7)), class_="fleets",
    )  # fmt: skip


def _site(site: Site, windows: Sequence[Window], why: str, found: Outlook) -> str:
    if not windows:
        return tag("p", esc(f"{site.name}: {why or 'no window in the season'}."))
    rows = [
        (
            esc(one.leg),
            f"{one.azimuth_deg:.1f}",
            esc(format_utc(one.best)[:16].replace("T", " ")),
            esc(format_utc(one.pad_plane)[11:16]),
            f"{one.sun_elevation_deg:+.0f}",
        )
        for one in windows[:_SHOWN]
    ]
    limits = "no source states its azimuth limits: both legs" if site.min_azimuth_deg is None else "inside its corridor"
    said = f"{site.name}, to the plane of the first satellite: the first {len(rows)} windows of the season ({limits})"
    heads = ("leg", "azimuth °", "lift-off, UTC", "plane over the pad", "Sun at pad °")
    return table(said, heads, rows, numeric=(1, 4))


def _method(found: Outlook, digest: str, command: str) -> str:
    asked = found.programme
    texts = (
        "Orbits are those of SGP4 without drag, kept. Each place is sampled at 36 longitudes of its parallel.",
        f"Lift-off is {asked.ascent_offset_s / 60.0:g} minutes of local time before the plane passes over the pad, for "
        "what a vehicle gains on its way up: ten flown launches gained 3 to 34. No vehicle, no trajectory.",
        "That a place could be seen does not show that it was, nor what a picture would show. Clouds, the satellite's "
        "power and memory, and what it is told to do are not known and left out: the real numbers are lower.",
        f"Element set: {asked.satellite.name}, epoch {format_utc(asked.satellite.epoch)}. Read from a file of SHA-256 "
        f"{digest}.",
    )
    return tag("ul", *(tag("li", esc(text)) for text in texts)) + tag("pre", esc(command))
