"""``swath watch run`` and ``swath watch show``: what is new, and what speaks for it."""

from __future__ import annotations

import json as text
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from swath.cli.options import JsonOption
from swath.cli.progress import progress_bar
from swath.cli.watch_places import WatchOption, book_of
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.operate.delivering import Sent
    from swath.operate.watching import Turn
    from swath.watch.book import Book
    from swath.watch.records import Alert, WatchFile

__all__ = ["run", "show"]

_FORMS = (".html", ".png")


def run(
    *places: str,
    watch: WatchOption = Path("watch.toml"),
    send: Annotated[bool, Parameter(negative="--no-send")] = True,
    again: bool = False,
    json: JsonOption = False,
) -> int:
    """Look at every new picture of the places, raise alerts, tell those who want to know. Run it as often as you like.

    Example: swath watch run --watch watch.toml

    Exit code 3 if a place could not be looked at; the others were.

    Parameters
    ----------
    places
        Only these; without them all.
    send
        Send what is due. Messages that are not taken are sent again by later runs, with growing pauses.
    again
        Also send again what was given up.
    """
    from swath.cli.orbits import now
    from swath.operate.detecting import detect
    from swath.operate.watching import read_watch, run_watch, try_again

    found = read_watch(watch)
    database, book = book_of(watch)
    try:
        with progress_bar("watch") as progress:
            turns = run_watch(found, book, now(), detect, places=places, progress=progress)
        if again:
            try_again(book)
        sent = _send(found, book, watch) if send else []
    finally:
        database.close()
    if json:
        print(text.dumps(_plain(turns, sent), indent=2))
    else:
        print("\n".join(_lines(turns, sent)))
    return 3 if any(turn.failed for turn in turns) else 0


def _send(found: WatchFile, book: Book, watch: Path) -> list[Sent]:
    from swath.cli.orbits import now
    from swath.operate.alert_evidence import evidence_page
    from swath.operate.delivering import send_due

    def page(alert: Alert) -> str:
        return evidence_page(found, book, alert, name=watch.name)

    return send_due(found, book, now, folder=watch.parent, secrets=os.environ, page_of=page)


def _plain(turns: list[Turn], sent: list[Sent]) -> dict[str, object]:
    return {
        "places": [
            {"place": t.place, "pictures": t.pictures, "alerts": [a.to_json() for a in t.alerts],
             "false_alarms_asked": t.rate_per_unit, "failed": t.failed}
            for t in turns
        ],
        "sent": [{"target": s.target, "alert": s.message.alert, "arrived": s.arrived, "why": s.why} for s in sent],
    }  # fmt: skip


def _lines(turns: list[Turn], sent: list[Sent]) -> list[str]:
    lines = []
    for turn in turns:
        if turn.failed:
            print(f"swath: {turn.place}: {turn.failed}", file=sys.stderr)
            continue
        new = "nothing new" if not turn.pictures else f"{turn.pictures} new, {len(turn.alerts) or 'no'} alerts"
        lines.append(f"{turn.place:<24} {new}")
        for alert in turn.alerts:
            lines.append(f"  {alert.id}  {alert.headline}"[:80])
            if alert.answer:
                lines.append(f"  {'':<{len(alert.id)}}  {alert.answer}"[:80])
    arrived = sum(one.arrived for one in sent)
    if sent:
        lines.append(f"{arrived} of {len(sent)} messages arrived")
    for one in sent:
        if not one.arrived:
            print(f"swath: {one.target}: {one.why} (attempt {one.message.attempts})", file=sys.stderr)
    return lines


def show(
    what: str, /, *, watch: WatchOption = Path("watch.toml"), out: Path | None = None, json: JsonOption = False
) -> int:
    """An alert with all that speaks for it, or a place day by day: changed, no change, not seen and why.

    Example: swath watch show dam --out dam.html

    Parameters
    ----------
    what
        An alert's id, or a place.
    out
        Write a page (.html), or of a place a picture (.png).
    """
    from swath.operate.watching import read_watch

    if out is not None and out.suffix.lower() not in _FORMS:
        raise InputError(f"cannot write {out.suffix or 'that'}", where=str(out), fix="End it with .html or .png")
    found = read_watch(watch)
    database, book = book_of(watch)
    try:
        if any(place.place.id == what for place in found.places):
            return _show_place(found, book, what, out, json)
        return _show_alert(found, book, what, out, json, watch)
    finally:
        database.close()


def _show_place(found: WatchFile, book: Book, id: str, out: Path | None, as_json: bool) -> int:
    from swath.cli.orbits import now
    from swath.report.watch_calendar import calendar_page, calendar_png, days_lines
    from swath.store.folder import write_whole
    from swath.watch.days import days_of

    looks = book.looks(id)
    if not looks:
        print(f"{id}: no picture was looked at yet; swath watch run")
        return 1
    last = max(looks[-1].at, now().astype("datetime64[ns]")) if not _simulated(book, id) else looks[-1].at
    days = days_of(looks, looks[0].at, last)
    marked = _simulated(book, id)
    if out is not None:
        png = out.suffix.lower() == ".png"
        write_whole(out, calendar_png(id, days, simulated=marked) if png else calendar_page(id, days, simulated=marked))
    if as_json:
        print(text.dumps({"place": id, "days": days.to_json()}, indent=2))
    elif out is None:
        print("\n".join([f"{id}, {days.day[0]} to {days.day[-1]}", *days_lines(days)]))
    return 0


def _simulated(book: Book, id: str) -> bool:
    return any(one.simulated for one in book.looks(id))


def _show_alert(found: WatchFile, book: Book, id: str, out: Path | None, as_json: bool, watch: Path) -> int:
    from swath.cli.orbits import now
    from swath.operate.alert_evidence import evidence_page, looks_next
    from swath.operate.watching import find_alert
    from swath.report.alert_feed import alert_lines
    from swath.store.folder import write_whole

    alert = find_alert(book, id)
    if out is not None and out.suffix.lower() != ".html":
        raise InputError("an alert's evidence is a page", where=str(out), fix="End it with .html")
    if out is not None:
        looks = looks_next(found, alert.place, now().astype("datetime64[ns]"))
        write_whole(out, evidence_page(found, book, alert, looks=looks, name=watch.name))
    if as_json:
        print(text.dumps(alert.to_json(), indent=2))
    elif out is None:
        print("\n".join(alert_lines(alert)))
    return 0
