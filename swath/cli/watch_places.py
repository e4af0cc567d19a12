"""``swath watch add`` and ``swath watch list``: what is watched."""

from __future__ import annotations

import json as text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from swath.cli.options import JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.store.database import Database
    from swath.watch.book import Book
    from swath.watch.records import WatchFile

__all__ = ["WatchOption", "add", "book_of", "listed"]

WatchOption = Annotated[Path, Parameter(help="Watch file; what is found is kept in the folder beside it.")]


def book_of(watch: Path) -> tuple[Database, Book]:
    """The database beside a watch file, and the book in it."""
    from swath.operate.watch_book import DatabaseBook
    from swath.store.database import open_database

    database = open_database(watch.parent)
    return database, DatabaseBook(database)


def add(
    place: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    watch: WatchOption = Path("watch.toml"),
    radius_m: float | None = None,
    look_for: list[str] | None = None,
    false_alarms: float = 1.0,
    deliver: list[str] | None = None,
    follow_up: bool = False,
    note: str = "",
) -> int:
    """Put a place under watch: it is added to the watch file, and that is made where there is none.

    Example: swath watch add dam=32.88,23.97 --radius-m 800 --look-for cover --false-alarms 0.5

    Parameters
    ----------
    place
        NAME=LON,LAT with --radius-m, or a GeoJSON or CSV file of one polygon.
    radius_m
        The place is all within so many metres of the point.
    look_for
        cover or radar; several times. Without it both.
    false_alarms
        How many you can bear where nothing happened, per 1,000 km2 and year.
    deliver
        Ids of deliveries in the watch file; several times.
    follow_up
        An alert orders a picture of the mission's fleet.
    note
        For people.
    """
    from swath.cli.watch_next import place_named
    from swath.operate.watching import add_place
    from swath.watch.file import place_text, round_place
    from swath.watch.records import WatchedPlace, area_km2

    where = place_named(place)
    if not where.ring:
        if radius_m is None:
            raise InputError("how far around the point?", where="--radius-m", fix="Give metres: --radius-m 500")
        where = round_place(where.id, where.lon_deg, where.lat_deg, radius_m)
    else:
        radius_m = None
    kinds = tuple(look_for or ("cover", "radar"))
    watched = WatchedPlace(where, kinds, false_alarms, tuple(deliver or ()), follow_up, note)
    found = add_place(watch, place_text(watched, radius_m))
    print(f"{where.id}: {area_km2(where):.3g} km2 under watch, place {len(found.places)} of {watch}")
    return 0


def listed(*, watch: WatchOption = Path("watch.toml"), json: JsonOption = False) -> int:
    """Which places are watched, what was last known of them, and which alerts wait for a verdict?

    Example: swath watch list --watch watch.toml
    """
    from swath.operate.watching import read_watch

    found = read_watch(watch)
    database, book = book_of(watch)
    try:
        rows = [_row(found, book, place.place.id) for place in found.places]
        alerts = book.alerts()
    finally:
        database.close()
    if json:
        print(text.dumps({"places": rows, "alerts": [one.to_json() for one in alerts]}, indent=2))
        return 0
    print(f"{'PLACE':<18} {'LAST SEEN':<16} {'STATE':<10} {'LOOKS':>5} {'OPEN':>4} {'RIGHT':>11} {'RATE':>6}")
    for row in rows:
        print(
            f"{row['place'][:18]:<18} {(row['last'] or '-')[:16].replace('T', ' '):<16} {row['state'] or '-':<10} "
            f"{row['looks']:>5} {row['open']:>4} {row['right']:>11} {row['rate']:>6.3g}"
        )
    waiting = [one for one in alerts if one.status == "open"]
    for one in waiting:
        print(f"\n{one.id}: {one.headline}\n  swath watch show {one.id} --watch {watch}"[:300])
    print("\nRATE: false alarms per 1,000 km2 and year that detectors are asked for")
    return 0


def _row(found: WatchFile, book: Book, id: str) -> dict[str, Any]:
    from swath.operate.watching import standing_of

    row = standing_of(found, book, id)
    span = row["precision"]["interval"]
    return {**row, "right": "-" if span is None else f"{span[0]:.0%}..{span[1]:.0%}"}
