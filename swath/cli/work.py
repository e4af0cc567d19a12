"""``swath work``: a mission's ground segment by itself."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["work"]


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
        Work as if it were this time: 2026-05-08T06:00:00Z. For rehearsals; without it one goes on where it stood.
    log
        plain or json, on standard error.
    """
    import time

    from swath.cli.clock_of_rehearsal import on_clock
    from swath.cli.serve_log import set_up_log
    from swath.operate.bring_in import bring_in, mission_file
    from swath.operate.loop.crew import checked_workers, crew, work_here
    from swath.store.database import open_database
    from swath.store.jobs import counts

    checked_workers(workers)
    set_up_log(log)
    mission_file(mission_dir)  # raises where there is none, before anything is made there
    db, offset_us = on_clock(open_database(place := database or mission_dir), mission_dir, at)
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
