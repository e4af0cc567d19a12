"""``swath watch confirm`` and ``swath watch dismiss``: what a person says of an alert."""

from __future__ import annotations

import getpass
from pathlib import Path

from swath.cli.watch_places import WatchOption, book_of

__all__ = ["confirm", "dismiss"]


def confirm(alert: str, /, *, watch: WatchOption = Path("watch.toml"), why: str = "", who: str = "") -> int:
    """An alert was right. Kept with it; those who were told of it are told.

    Example: swath watch confirm dam-1a2b3c4d5e --why "seen on site"

    Parameters
    ----------
    alert
        Its id, or the end of it.
    why
        What made you sure.
    who
        Who says so; without it whoever is signed in.
    """
    return _judge(alert, "confirmed", watch, who, why)


def dismiss(alert: str, /, *, watch: WatchOption = Path("watch.toml"), why: str = "", who: str = "") -> int:
    """An alert was a false alarm. The place's thresholds become as strict as its false alarms show they must be.

    Example: swath watch dismiss dam-1a2b3c4d5e --why "a shadow"

    Parameters
    ----------
    alert
        Its id, or the end of it.
    why
        What it was.
    who
        Who says so; without it whoever is signed in.
    """
    return _judge(alert, "dismissed", watch, who, why)


def _judge(alert: str, word: str, watch: Path, who: str, why: str) -> int:
    from swath.cli.orbits import now
    from swath.operate.watching import judge_alert, read_watch
    from swath.watch.verdicts import precision

    database, book = book_of(watch)
    try:
        found = read_watch(watch)
        after, place, rate = judge_alert(found, book, alert, word, now(), who=who or _user(), why=why)
        share = precision(book.verdicts(after.place))
    finally:
        database.close()
    print(f"{after.id}: {word}")
    if share.low is not None and share.high is not None:
        print(f"{after.place}: {share.value:.0%} of its judged alerts were right ({share.low:.0%} to {share.high:.0%})")
    print(f"detectors are asked for {rate:.3g} of the {place.false_alarms_per_unit:g} false alarms promised there")
    return 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
