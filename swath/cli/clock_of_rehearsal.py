"""A database that goes by a rehearsal's clock, and a word about it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swath.store.database import Database

__all__ = ["on_clock"]


def on_clock(db: Database, mission_dir: Path, at: str | None) -> tuple[Database, int]:
    """The same database, what is written from now on being of its mission's clock, and how far that is moved (us).

    Says so on standard error.
    """
    from swath.operate.bring_in import mission_file
    from swath.operate.loop.crew import set_clock
    from swath.operate.loop.rehearsal import rehearsal_of
    from swath.store.mission import read_mission
    from swath.store.moments import moment_text

    clock = rehearsal_of(db, read_mission(mission_file(mission_dir)), at=at)
    found = replace(db, clock=set_clock(clock.offset_us))
    if clock.told:
        print(f"swath: {clock.told}: it is {moment_text(found.clock())}", file=sys.stderr)
    return found, clock.offset_us
