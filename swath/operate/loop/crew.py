"""Workers as processes of their own: as many as asked for, one that dies is replaced, all end with their parent."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from swath.errors import InputError
from swath.store.moments import now_us

__all__ = ["checked_workers", "crew", "set_clock", "work_here"]

LOG = logging.getLogger("swath.loop")
_MOST = 64
_LOOK_S, _SOON_S, _LONGEST_S, _PATIENCE_S = 0.5, 5.0, 60.0, 10.0


def checked_workers(workers: int, *, least: int = 1) -> int:
    """How many workers were asked for. :class:`InputError` where that is too few or too many."""
    if not least <= workers <= _MOST:
        raise InputError(f"{workers} workers", where="--workers", fix=f"Give {least} to {_MOST}")
    return workers


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

    db = open_database(database, clock=(clock := set_clock(offset_us)))
    try:
        name = f"{os.uname().nodename}-{os.getpid()}"
        return work(Shift(db, folder, name, DUTIES, clock), over=over, idle=idle, pause_s=pause_s)
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


@dataclass
class _Crew:
    """Processes by number, and when each that died may begin again."""

    arguments: tuple[object, ...]
    there: dict[int, tuple[BaseProcess, float]] = field(default_factory=dict)
    wait_s: dict[int, float] = field(default_factory=dict)
    due_s: dict[int, float] = field(default_factory=dict)

    def start(self, number: int) -> None:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_process, args=self.arguments, name=f"swath-worker-{number}", daemon=True)
        process.start()
        self.there[number] = process, time.monotonic()

    def look(self) -> None:
        """Replace who died: at once, or after a pause that doubles for one that dies young."""
        for number, (process, since_s) in list(self.there.items()):
            if process.is_alive():
                continue
            now_s = time.monotonic()
            if self.due_s.get(number, 0.0) <= since_s:
                before_s = self.wait_s.get(number, 0.0)
                young = now_s - since_s < _SOON_S
                self.wait_s[number] = min(max(2.0 * before_s, 1.0), _LONGEST_S) if young else 0.0
                self.due_s[number] = now_s + self.wait_s[number]
                LOG.error("worker %d ended (%s), next in %.0f s", number, process.exitcode, self.wait_s[number])
            if now_s >= self.due_s[number]:
                self.start(number)

    def end(self) -> None:
        for process, _ in self.there.values():
            process.terminate()
        end_s = time.monotonic() + _PATIENCE_S
        for process, _ in self.there.values():
            process.join(max(0.1, end_s - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


@contextmanager
def crew(
    folder: Path, database: str | Path, workers: int, *, offset_us: int = 0, pause_s: float = 1.0
) -> Iterator[Callable[[], list[int]]]:
    """So many workers while the block lasts; gives back who they are (process ids). One that dies is replaced.

    Those that die young are replaced after pauses that grow to a minute. At the end each finishes its job, or is
    killed after ten seconds; its job is then done again by the next crew.
    """
    mine = _Crew((str(folder), str(database), offset_us, pause_s, os.getpid()))
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_S):
            mine.look()

    for number in range(workers):
        mine.start(number)
    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield lambda: [process.pid or 0 for process, _ in mine.there.values()]
    finally:
        over.set()
        watching.join()
        mine.end()
