"""``swath work``: a mission's ground segment by itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from swath.time import format_utc

if TYPE_CHECKING:
    from swath.store.mission import Mission

__all__ = ["offset_of", "work"]


def offset_of(at: str | None, mission: Mission) -> int:
    """By how many microseconds workers' clocks are set: to ``at``, or to the start of a mission that is over."""
    from swath.store.moments import moment, moment_of_text, now_us

    if at is not None:
        return moment_of_text(at, where="--at") - now_us()
    if now_us() <= moment(mission.stop):
        return 0
    print(
        f"swath: the mission's days are over: its workers begin again at {format_utc(mission.start)}", file=sys.stderr
    )
    return moment(mission.start) - now_us()


def work(
    mission_dir: Path,
    /,
    *,
    workers: int = 1,
    database: str | None = None,
    once: bool = False,
    at: str | None = None,
    log: str = "plain",
) -> int:
    """Do what a mission's day brings: take in what lies in its inbox, plan again, tell orders what became of them.

    Example: swath work out/demo --once

    swath serve does this too (--workers); this command adds workers, here or on another machine that sees the same
    folder and database. Any of them may be stopped or killed at any time: its job is done again. Ctrl-C ends it.

    Parameters
    ----------
    mission_dir
        As for swath serve.
    workers
        How many processes.
    database
        As for swath serve.
    once
        Do what there is to do now, and end.
    at
        Work as if it were this time: 2026-05-08T06:00:00Z. For rehearsals.
    log
        plain or json, on standard error.
    """
    import time

    from swath.cli.serve_log import set_up_log
    from swath.operate.bring_in import bring_in, mission_file
    from swath.operate.loop.crew import checked_workers, crew, set_clock, work_here
    from swath.store.database import open_database
    from swath.store.jobs import counts
    from swath.store.mission import read_mission

    checked_workers(workers)
    set_up_log(log)
    place = database or mission_dir
    db = open_database(place, clock=set_clock(offset_us := offset_of(at, read_mission(mission_file(mission_dir)))))
    bring_in(db, mission_dir)
    if once:
        done = work_here(mission_dir, place, offset_us=offset_us, idle=lambda: True)
        with db.reading() as connection:
            now = counts(connection)
        db.close()
        print(f"{done} jobs done, {now['queued']} wait for their time, {now['dead']} are dead")
        return 1 if now["dead"] else 0
    db.close()
    print(f"swath: {workers} at work for {mission_dir}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
    with crew(mission_dir, place, workers, offset_us=offset_us):
        try:
            while True:
                time.sleep(3600.0)
        except KeyboardInterrupt:
            print("swath: ending; what is under way is finished or done again", file=sys.stderr)
    return 0
