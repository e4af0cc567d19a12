"""Workers as processes of their own: as many as asked for, one that dies is replaced, all end with their parent."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from swath.store.moments import now_us

__all__ = ["crew", "set_clock", "work_here"]

LOG = logging.getLogger("swath.loop")
_LOOK_S, _SOON_S, _LONGEST_S = 0.5, 5.0, 60.0


def set_clock(offset_us: int) -> Callable[[], int]:
    """The clock of this machine, set forward or back: for rehearsals."""
    return lambda: now_us() + offset_us


def work_here(
    folder: Path,
    database: str | Path,
    *,
    offset_us: int = 0,
    pause_s: float = 1.0,
    over: Callable[[], bool] = lambda: False,
    idle: Callable[[], bool] | None = None,
) -> int:
    """Work in this process until it is ``over``; returns how many jobs were done."""
    from swath.operate.loop.duties import DUTIES
    from swath.operate.loop.work import Shift, work
    from swath.store.database import open_database

    db = open_database(database)
    try:
        name = f"{socket.gethostname()}-{os.getpid()}"
        return work(Shift(db, folder, name, DUTIES, set_clock(offset_us)), over=over, idle=idle, pause_s=pause_s)
    finally:
        db.close()


def _process(folder: str, database: str, offset_us: int, pause_s: float, parent: int) -> None:
    asked = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the parent, which then says so
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    work_here(
        Path(folder),
        database,
        offset_us=offset_us,
        pause_s=pause_s,
        over=lambda: asked.is_set() or os.getppid() != parent,
    )


@contextmanager
def crew(
    folder: Path, database: str | Path, workers: int, *, offset_us: int = 0, pause_s: float = 1.0
) -> Iterator[Callable[[], list[int]]]:
    """So many workers while the block lasts; gives back who they are (process ids). One that dies is replaced.

    Those that die young are replaced after pauses that grow to a minute. At the end each finishes its job, or is
    killed after ten seconds; its job is then done again by the next crew.
    """
    context = multiprocessing.get_context("spawn")
    over, there = threading.Event(), dict[int, tuple[BaseProcess, float]]()

    def start(number: int) -> None:
        arguments = (str(folder), str(database), offset_us, pause_s, os.getpid())
        process = context.Process(target=_process, args=arguments, name=f"swath-worker-{number}", daemon=True)
        process.start()
        there[number] = process, time.monotonic()

    def watch() -> None:
        wait_s = dict.fromkeys(range(workers), 0.0)
        due_s = dict.fromkeys(range(workers), 0.0)
        while not over.wait(_LOOK_S):
            for number, (process, since_s) in list(there.items()):
                if process.is_alive():
                    continue
                now_s = time.monotonic()
                if due_s[number] <= since_s:
                    young = now_s - since_s < _SOON_S
                    wait_s[number] = min(max(2.0 * wait_s[number], 1.0), _LONGEST_S) if young else 0.0
                    due_s[number] = now_s + wait_s[number]
                    LOG.error(
                        "worker %d ended (%s): another begins in %.0f s", number, process.exitcode, wait_s[number]
                    )
                if now_s >= due_s[number]:
                    start(number)

    for number in range(workers):
        start(number)
    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield lambda: [process.pid or 0 for process, _ in there.values()]
    finally:
        over.set()
        watching.join()
        for process, _ in there.values():
            process.terminate()
        end_s = time.monotonic() + 10.0
        for process, _ in there.values():
            process.join(max(0.1, end_s - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
