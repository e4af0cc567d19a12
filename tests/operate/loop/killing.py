"""Workers and a customer that are killed at random instants: what is acknowledged must be there, once."""

from __future__ import annotations

import json
import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path

from swath.operate.loop.duties import DUTIES
from swath.operate.loop.tick import Rhythm
from swath.operate.loop.work import Shift, work
from swath.store.database import open_database
from swath.store.jobs import counts
from swath.store.moments import moment_of_text, now_us
from swath.store.orders_book import place_order
from tests.operate.loop.day import MORNING, ask, drop_scene, order

OFFSET_US = moment_of_text(MORNING) - now_us()
LEASE_S = 2.0


def clock() -> int:
    """This machine's clock, set back to a morning of the mission."""
    return now_us() + OFFSET_US


def forked(task: Callable[[], None]) -> int:
    """A process that does a task and ends; its id. Everything is imported already: it is at work at once."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        task()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def worker(folder: Path, place: str, number: int) -> None:
    """Works until it is killed."""
    name = f"w{number}-{os.getpid()}"
    shift = Shift(open_database(place), folder, name, DUTIES, clock, lease_s=LEASE_S, rhythm=Rhythm({"plan": 5.0}))
    work(shift, pause_s=0.02)


def customer(place: str, folder: Path, journal: Path) -> None:
    """Orders and drops pictures until it is killed; writes down what was acknowledged, after it was."""
    db = open_database(place)
    with journal.open("a") as told:
        for number in count(int(time.monotonic() * 1000)):  # no earlier customer can have begun with it
            with db.writing(who="anna", at_us=clock()) as write:
                place_order(write, order(f"order-{number}", clock()))
            told.write(f"order-{number}\n")
            told.flush()
            os.fsync(told.fileno())
            drop_scene(folder, f"scene-{number}", number)
            told.write(f"scene-{number}\n")
            told.flush()
            os.fsync(told.fileno())
            time.sleep(0.15)


def kill_and_restart(folder: Path, place: str, kills: int, seed: int) -> list[str]:
    """Two workers and a customer at work, one of them killed and begun anew so many times: what was acknowledged."""
    rng = random.Random(seed)
    journal = folder / "journal.txt"
    tasks: list[Callable[[], None]] = [
        lambda: worker(folder, place, 1),
        lambda: worker(folder, place, 2),
        lambda: customer(place, folder, journal),
    ]
    there = {n: forked(task) for n, task in enumerate(tasks)}
    try:
        for _ in range(kills):
            time.sleep(rng.uniform(0.05, 0.9))
            n = rng.choice((0, 0, 1, 1, 2))
            _end(there[n])
            there[n] = forked(tasks[n])
    finally:
        for pid in there.values():
            _end(pid)
    return journal.read_text().splitlines() if journal.is_file() else []


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def drain(folder: Path, place: str, *, patience_s: float) -> bool:
    """One more order, then one worker in peace until nothing is left to do; whether it got there."""
    db = open_database(place)
    ask(db, clock, "the-last")
    end = time.monotonic() + patience_s

    def idle() -> bool:
        with db.reading() as connection:
            now = counts(connection)
        return now["queued"] == 0 and now["running"] == 0

    shift = Shift(db, folder, "drain", DUTIES, clock, lease_s=LEASE_S, rhythm=Rhythm({}))
    work(shift, idle=idle, over=lambda: time.monotonic() > end, pause_s=0.1)
    done = idle()
    db.close()
    return done


def archived(folder: Path) -> list[str]:
    """Items in the archive on disk that can be read."""
    return sorted(json.loads(p.read_text())["id"] for p in folder.glob("archive/*/*/*.json") if p.stem == p.parent.name)
