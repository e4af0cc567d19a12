"""``swath watch follow`` and ``swath watch validate``: a further picture of an alert, from orbit or from a drone."""

from __future__ import annotations

import json as text
from pathlib import Path

from swath.cli.options import JsonOption
from swath.cli.progress import progress_bar
from swath.cli.watch_places import WatchOption, book_of

__all__ = ["follow", "validate"]


def follow(
    alert: str,
    /,
    *,
    out: Path,
    watch: WatchOption = Path("watch.toml"),
    at: str | None = None,
    json: JsonOption = False,
) -> int:
    """Order an urgent picture of an alert's place, plan the fleet's day anew, fly it in simulation, read the answer.

    Example: swath watch follow dam-1a2b3c4d5e --out out/follow

    The mission is that of the watch file. Each step's time is kept with the alert; those who were told of it are told
    the answer. Exit code 1 where no picture came.

    Parameters
    ----------
    alert
        Its id, or the end of it.
    out
        Folder for the day, as of swath run.
    at
        When it is ordered, ISO 8601 with Z; without it now.
    """
    from swath.cli.orbits import now
    from swath.operate.detecting import detect
    from swath.operate.watch_follow import follow_alert
    from swath.operate.watching import find_alert, read_watch
    from swath.time import format_utc, parse_utc

    found = read_watch(watch)
    database, book = book_of(watch)
    try:
        moment = (parse_utc(at, where="--at") if at else now()).astype("datetime64[ns]")
        with progress_bar("watch follow") as progress:
            after, _ = follow_alert(found, book, find_alert(book, alert), moment, out, detect, progress=progress)
    finally:
        database.close()
    if json:
        print(text.dumps(after.to_json(), indent=2))
    else:
        for step in sorted(after.steps, key=lambda one: one.at):
            print(f"{step.name:<10} {format_utc(step.at)[:19].replace('T', ' ')}  {step.told}"[:80].rstrip())
        print(f"answer: {after.answer or 'none'}")
    return 0 if after.step("answered") is not None else 1


def validate(
    alert: str,
    orthophoto: Path,
    /,
    *,
    time: str,
    watch: WatchOption = Path("watch.toml"),
    platform: str = "drone",
    bands: str = "",
    json: JsonOption = False,
) -> int:
    """Put a drone's orthophoto into the archive and hold an alert's outline against it.

    Example: swath watch validate dam-1a2b3c4d5e ortho.tif --time 2026-06-01T09:30:00Z

    Parameters
    ----------
    alert
        Its id, or the end of it.
    orthophoto
        GeoTIFF.
    time
        When it was flown, ISO 8601 with Z.
    platform
        What flew.
    bands
        Names of its bands where it does not say: red,green,blue.
    """
    from swath.operate.watch_ground import validate_alert
    from swath.operate.watching import find_alert, read_watch
    from swath.time import parse_utc

    found = read_watch(watch)
    database, book = book_of(watch)
    try:
        names = tuple(word.strip() for word in bands.split(",") if word.strip())
        when = parse_utc(time, where="--time")
        held = validate_alert(found, book, find_alert(book, alert), orthophoto, when, platform=platform, bands=names)
    finally:
        database.close()
    if json:
        print(text.dumps(held.to_json(), indent=2))
    else:
        print("\n".join(held.lines()))
    return 0
