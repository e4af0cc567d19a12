"""How fast is the service? Searches of an archive of 10,000 and 100,000 footprints, requests a second, live updates.

    python benchmarks/speed/serve.py [--sizes 10000 100000] [--rate 200] [--seconds 20]

- search: a page of ten by box, by box and time, by box, time and property; 300 random questions each, through the
  library (:func:`swath.store.search.find`), median and 95 % in ms. On PostgreSQL too where SWATH_TEST_POSTGRES names a
  server (.ci/postgres).
- requests: the service in a process of its own, held to one core; the questions come at a fixed rate (open loop, so
  that a slow answer does not slow the asking) from another one over 16 connections: how many were answered, the times
  from when a question was due until it is answered, and the processor time that the service took for each: that one
  does not depend on what else the machine does.
- live: 50 listeners of /events; from a write until each has heard of it.

Writes benchmarks/results/serve.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from swath.store.database import Database, open_database
from swath.store.features import BASE, Feature, put_features
from swath.store.filters import parse_filter
from swath.store.items import put_stac_collection
from swath.store.moments import moment_text
from swath.store.search import Asked, find

REPO = Path(__file__).resolve().parents[2]
START_US = 1_735_689_600_000_000
YEAR_US = 365 * 86_400_000_000


def item(n: int, rng: random.Random) -> dict[str, Any]:
    lon, lat, half = rng.uniform(-179, 178), rng.uniform(-80, 80), 0.15
    ring = [[lon, lat], [lon + 2 * half, lat + 0.05], [lon + 2 * half - 0.05, lat + 2 * half], [lon - 0.05, lat + half]]
    ring.append(ring[0])
    box = [lon - 0.05, lat, lon + 2 * half, lat + 2 * half]
    id = f"scene-{n:07}"
    here = f"{BASE}/stac/collections/scenes"
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": id,
        "collection": "scenes",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": box,
        "properties": {
            "datetime": moment_text(START_US + rng.randrange(YEAR_US)),
            "platform": f"SW-{n % 7}",
            "gsd": 5.0,
            "eo:cloud_cover": round(rng.uniform(0, 100), 1),
            "view:off_nadir": round(rng.uniform(0, 30), 2),
        },
        "links": [{"rel": "self", "href": f"{here}/items/{id}"}, {"rel": "collection", "href": here}],
        "assets": {"data": {"href": f"{BASE}/files/scenes/{id}/data", "type": "image/tiff", "roles": ["data"]}},
    }


def fill(db: Database, size: int) -> float:
    rng = random.Random(1)
    began = time.perf_counter()
    with db.writing(who="benchmark") as write:
        extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
        told = {"id": "scenes", "description": "benchmark", "license": "other", "extent": extent}
        put_stac_collection(write, told)
        for first in range(0, size, 5000):
            some = [Feature(item(n, rng)) for n in range(first, min(first + 5000, size))]
            put_features(write, some, room="stac", collection="scenes")
    took_s = time.perf_counter() - began
    with db.writing(who="benchmark") as write:
        write.connection.execute(sa.text("analyze feature" if db.kind == "postgresql" else "analyze"))
    return took_s


def question(rng: random.Random) -> dict[str, Any]:
    """A box of 0.5 to 30 degrees and a time of a day to half a year."""
    lon, lat, side = rng.uniform(-180, 150), rng.uniform(-80, 50), rng.choice([0.5, 2.0, 10.0, 30.0])
    start = START_US + rng.randrange(YEAR_US)
    return {
        "box": (lon, lat, lon + side, lat + side),
        "interval": (start, start + 86_400_000_000 * rng.choice([1, 30, 180])),
    }


def search_times(db: Database, number: int = 300) -> dict[str, dict[str, float]]:
    cloud = parse_filter('"eo:cloud_cover" < 20', "cql2-text")
    angle = parse_filter('"view:off_nadir" < 10', "cql2-text")
    kinds: dict[str, Any] = {
        "box": lambda q: Asked("stac", box=q["box"]),
        "box, time": lambda q: Asked("stac", box=q["box"], interval=q["interval"]),
        "box, time, column": lambda q: Asked("stac", box=q["box"], interval=q["interval"], where=cloud),
        "box, time, property": lambda q: Asked("stac", box=q["box"], interval=q["interval"], where=angle),
        "newest": lambda q: Asked("stac"),
    }
    found = {}
    for name, make in kinds.items():
        rng, times = random.Random(5), []
        for n in range(number + 20):
            asked = make(question(rng))
            began = time.perf_counter()
            with db.reading() as connection:
                find(connection, asked)
            if n >= 20:
                times.append(1e3 * (time.perf_counter() - began))
        times.sort()
        found[name] = {"median_ms": round(statistics.median(times), 2), "p95_ms": round(times[int(0.95 * number)], 2)}
    return found


SERVER = """
import sys, uvicorn
from pathlib import Path
from swath.serve.app import create_app
from swath.serve.run import open_port
from swath.serve.service import Service, Settings
from swath.store.database import open_database
from swath.store.mission import read_mission
folder = Path(sys.argv[1])
service = Service(open_database(folder), folder, read_mission(folder / "mission.toml"), False)
server = open_port(Settings("127.0.0.1", 0))
server.listen(100)
print(server.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(create_app(service), log_config=None, access_log=False)).run(sockets=[server])
"""


def processor_s(pid: int) -> float:
    """What a process has used of the processor until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ask(port: int, pid: int, rate: float, seconds: float) -> dict[str, float]:
    rng = random.Random(9)
    queue: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()
    times: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (job := await queue.get()) is not None:
            due, path = job
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            assert head.startswith(b"HTTP/1.1 200"), head
            times.append(1e3 * (time.perf_counter() - due))
        writer.close()

    cpu_s = processor_s(pid)
    workers = [asyncio.create_task(connection()) for _ in range(16)]
    began = time.perf_counter()
    for n in range(int(rate * seconds)):
        due = began + n / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        queue.put_nowait((due, path_of(question(rng))))
    for _ in workers:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
    took_s = time.perf_counter() - began
    times.sort()
    return {
        "asked_per_s": rate,
        "answered_per_s": round(len(times) / took_s, 1),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(0.95 * len(times))], 1),
        "cpu_ms": round(1e3 * (processor_s(pid) - cpu_s) / len(times), 2),
    }


def path_of(asked: dict[str, Any]) -> str:
    start, stop = (moment_text(us) for us in asked["interval"])
    box = ",".join(f"{value:.4f}" for value in asked["box"])
    return f"/stac/search?bbox={box}&datetime={quote(start)}/{quote(stop)}&limit=10"


async def live(port: int, db: Database, listeners: int = 50, events: int = 20) -> dict[str, float]:
    heard: list[float] = []
    written: dict[str, float] = {}

    async def listen() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        left = events
        while left:
            line = await reader.readline()
            if line.startswith(b"data:") and (name := json.loads(line[5:])["subject"]) in written:
                heard.append(time.perf_counter() - written[name])
                left -= 1
        writer.close()

    tasks = [asyncio.create_task(listen()) for _ in range(listeners)]
    await asyncio.sleep(2.0)
    for n in range(events):
        written[f"live-{n}"] = time.perf_counter()
        with db.writing(who="benchmark") as write:
            write.record("item", f"live-{n}", "stored")
        await asyncio.sleep(0.2)
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    heard.sort()
    return {
        "listeners": listeners,
        "heard": len(heard),
        "median_s": round(statistics.median(heard), 2),
        "most_s": round(heard[-1], 2),
    }


def measure(size: int, rate: float, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="swath-serve-") as scratch:
        folder = Path(scratch)
        for name in ("mission.toml", "orders.csv"):
            (folder / name).write_bytes((REPO / "examples" / "flood" / name).read_bytes())
        db = open_database(folder)
        found: dict[str, Any] = {
            "items": size,
            "sqlite": {"filled_s": round(fill(db, size), 1), "search": search_times(db)},
        }
        core = ["taskset", "-c", "0"] if os.cpu_count() and sys.platform == "linux" else []
        server = subprocess.Popen(
            [*core, sys.executable, "-c", SERVER, scratch], stdout=subprocess.PIPE, text=True, cwd=REPO
        )
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            asyncio.run(ask(port, server.pid, 50.0, 3.0))
            found["requests"] = asyncio.run(ask(port, server.pid, rate, seconds))
            found["live"] = asyncio.run(live(port, db))
        finally:
            server.terminate()
            server.wait(20)
        db.close()
    if address := os.environ.get("SWATH_TEST_POSTGRES"):
        found["postgresql"] = postgres(address, size)
    return found


def postgres(address: str, size: int) -> dict[str, Any]:
    url = sa.make_url(address).set(drivername="postgresql+psycopg")
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"swath_benchmark_{os.getpid()}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    try:
        db = open_database(url.set(database=name, drivername="postgresql").render_as_string(hide_password=False))
        found = {"filled_s": round(fill(db, size), 1), "search": search_times(db)}
        db.close()
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"drop database {name} with (force)")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    results = [measure(size, given.rate, given.seconds) for size in given.sizes]
    for one in results:
        for kind in ("sqlite", "postgresql"):
            for name, row in one.get(kind, {}).get("search", {}).items():
                times = f"median {row['median_ms']:7.2f} ms   95 % {row['p95_ms']:7.2f} ms"
                print(f"{one['items']:>7} {kind:<11} {name:<20} {times}")
        print(f"{one['items']:>7} requests    {one['requests']}")
        print(f"{one['items']:>7} live        {one['live']}")
    out = REPO / "benchmarks" / "results" / "serve.json"
    out.write_text(json.dumps({"results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
