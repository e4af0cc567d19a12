"""Workers and a customer that are killed at random instants: what is acknowledged must be there, once."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import socket
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

from swath.model import Estimate
from swath.operate.loop import watchful
from swath.operate.loop.duties import DUTIES
from swath.operate.loop.tick import Rhythm
from swath.operate.loop.work import Shift, work
from swath.store.database import open_database
from swath.store.jobs import counts
from swath.store.moments import moment_of_text, now_us
from swath.store.orders_book import place_order
from swath.store.shelf import Found
from swath.time import parse_utc
from swath.watch.days import LookState
from swath.watch.noticing import Detected, Noticed
from swath.watch.records import WatchedPlace
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


def one_change(
    place: WatchedPlace, scenes: Sequence[Found], new: Collection[str], state: bytes | None, *, rate_per_unit: float
) -> Detected:
    """A detector that finds one change in every new picture, each in a place of its own; it keeps how many it saw."""
    changes, looks = [], []
    for scene in (one for one in scenes if one.id in new):
        at, number = parse_utc(scene.start), int(hashlib.sha256(scene.id.encode()).hexdigest()[:12], 16)
        x, y = 10.9 + number % 20_000 * 1e-5, 44.9 + number // 20_000 % 20_000 * 1e-5
        ring = ((x, y), (x + 5e-6, y), (x + 5e-6, y + 5e-6), (x, y + 5e-6))
        size = Estimate(0.3, "m2", 0.2, 0.4)
        changes.append(Noticed("cover", "made up", at, at, (scene.id, scene.id), ring, size, (), simulated=True))
        looks.append(LookState(at, scene.id, "changed", "", True))
    seen = int(state or b"0") + len(looks)
    return Detected(str(seen).encode(), tuple(changes), tuple(looks))


def watch_here(folder: Path, port: int) -> None:
    """A place under watch in a mission's folder, told of by a webhook on this machine."""
    (folder / "archive").mkdir(exist_ok=True)
    (folder / "watch.toml").write_text(
        'title = "places"\narchive = "archive"\n[[places]]\nid = "po"\nlon_deg = 11.0\nlat_deg = 45.0\n'
        'radius_m = 20000.0\nlook_for = ["cover"]\ndeliver = ["hook"]\n[[deliveries]]\nid = "hook"\nkind = "webhook"\n'
        f'address = "http://127.0.0.1:{port}/alerts"\nsecret = "SWATH_KILL_SECRET"\nprivate = true\n',
        "utf-8",
    )


@contextmanager
def reader(told: Path) -> Iterator[int]:
    """Somebody who is told by webhook, in a process of their own that nobody kills; gives the port. Every message is
    written down as ``id alert revision``, one line each time it comes.
    """
    line = socket.create_server(("127.0.0.1", 0))
    pid = forked(lambda: _listen(line, told))
    port = int(line.getsockname()[1])
    line.close()
    try:
        yield port
    finally:
        _end(pid)


def _listen(line: socket.socket, told: Path) -> None:
    class Reader(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with told.open("a") as file:
                file.write(f"{self.headers['webhook-id']} {body['alert']['id']} {body['alert']['revision']}\n")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(line.getsockname(), Reader, bind_and_activate=False)
    server.socket.close()
    server.socket = line
    server.serve_forever()


def worker(folder: Path, place: str, number: int) -> None:
    """Works until it is killed."""
    _prepare()
    name = f"w{number}-{os.getpid()}"
    shift = Shift(
        open_database(place), folder, name, DUTIES, clock, lease_s=LEASE_S, rhythm=Rhythm({"plan": 5.0, "deliver": 1.0})
    )
    work(shift, pause_s=0.02)


def _prepare() -> None:
    watchful.detect = one_change  # type: ignore[assignment]
    os.environ["SWATH_KILL_SECRET"] = "whsec_c2VjcmV0"


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
            time.sleep(0.3)  # still more than two workers keep up with while they are killed


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
    _prepare()
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
