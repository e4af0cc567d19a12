"""A database that goes by a rehearsal's clock, and a word about it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swath.operate.loop.rehearsal import Rehearsal
    from swath.store.database import Database

__all__ = ["on_clock"]


def on_clock(db: Database, clock: Rehearsal) -> Database:
    """The same database, what is written from now on being of that clock's time; says so on standard error."""
    from swath.operate.loop.crew import set_clock
    from swath.store.moments import moment_text

    found = replace(db, clock=set_clock(clock.offset_us))
    if clock.told:
        print(f"swath: {clock.told}: it is {moment_text(found.clock())}", file=sys.stderr)
    return found
