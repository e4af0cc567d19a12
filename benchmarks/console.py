"""How soon is the console there, and how soon does it answer a drag? In Chromium without a graphics processor.

    python benchmarks/console.py RUN_DIR [--runs N]

``RUN_DIR`` is a run's folder (``swath demo --out``), copied first. Each view is opened in a fresh browser context: time
until it says that it is whole, bytes over HTTP. Moves: each of ``--runs`` random pictures tried at a random pass of its
order, over HTTP. Tiles: one of a scene at zoom 11, over HTTP. Medians, and the greatest. The desk: from the start of
``swath serve`` until the planners' desk answers at once, with kernels compiled before and without any (an empty cache).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.serve.browser import CHROMIUM, REPO, served, tab

__all__ = ["main"]

VIEWS = ("now", "now?as=map", "plan", "order", "watch", "archive", "floods", "claims", "design")


def opened(browser: Browser, url: str, view: str) -> tuple[float, int, int]:
    """Seconds until a view is whole, bytes and requests over HTTP."""
    with tab(browser, url) as one:
        sizes: list[int] = []
        one.page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
        began = time.perf_counter()
        one.go(view)
        return time.perf_counter() - began, sum(sizes), len(sizes)


def asked(url: str, path: str, body: Any = None) -> tuple[float, bytes]:
    """Seconds and answer of one request."""
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, raw, {"Content-Type": "application/json"})
    began = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        content = answer.read()
    return time.perf_counter() - began, content


def moves(url: str, runs: int) -> list[float]:
    """Seconds of each try."""
    day = json.loads(asked(url, "page/plan/day")[1])
    chance, took = random.Random(1), []
    for picture in chance.choices(day["pictures"], k=runs + 1):
        why = json.loads(asked(url, f"page/plan/why/{picture['request']}")[1])
        look = chance.choice(why["looks"])
        body = {"acquisition": picture["id"], "satellite": look["satellite"], "at": look["middle"]}
        took.append(asked(url, "page/plan/moves", body)[0])
    return took[1:]  # the first one waits for its kernels


def desk_ready(folder: Path, kernels: Path | None) -> dict[str, float]:
    """Seconds from the start of the service until it answers, and until the desk is ready."""
    env = {**os.environ, **({"NUMBA_CACHE_DIR": str(kernels)} if kernels else {})}
    program = [sys.executable, "-c", "from swath.cli.main import main; raise SystemExit(main())"]
    began = time.perf_counter()
    with subprocess.Popen(
        [*program, "serve", str(folder), "--port", "0", "--workers", "0"], env=env, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        line = next(text for text in running.stderr if "http://" in text)
        url = "http://" + line.partition("http://")[2].split()[0] + "/"
        try:
            there = 0.0
            while True:
                try:
                    share = json.loads(asked(url, "page/plan/ready")[1])["share"]
                except OSError:
                    share = 0.0
                else:
                    there = there or time.perf_counter() - began
                if share >= 1.0:
                    return {"service_s": there, "desk_s": time.perf_counter() - began}
                time.sleep(0.1)
        finally:
            running.terminate()


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--runs", type=int, default=20)
    given = parser.parse_args()
    told: dict[str, Any] = {"views": {}}
    with tempfile.TemporaryDirectory() as room:
        folder = Path(shutil.copytree(given.run, Path(room) / "run"))
        with served(folder) as (url, _), sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            asked(url, "page/plan/day")
            for view in VIEWS:
                runs = [opened(browser, url, view) for _ in range(3)]
                seconds_s = statistics.median(run[0] for run in runs)
                told["views"][view] = {"ready_s": seconds_s, "bytes": runs[0][1], "requests": runs[0][2]}
                print(f"{view:<12} ready {seconds_s:5.2f} s, {runs[0][1] / 1e6:5.2f} MB, {runs[0][2]} requests")
            took = moves(url, given.runs)
            told["move_s"] = {"median": statistics.median(took), "most": max(took), "pictures": given.runs}
            print(f"a move tried {1e3 * statistics.median(took):.0f} ms, at most {1e3 * max(took):.0f} ms")
            scene = next((folder / "stac" / "scenes").glob("SW-3-*T07*/*.json")).stem
            tiles = [asked(url, f"tiles/scenes/{scene}/data/11/1091/736.png")[0] for _ in range(6)][1:]
            told["tile_s"] = {"median": statistics.median(tiles)}
            print(f"a tile {1e3 * statistics.median(tiles):.0f} ms")
        (folder / "service" / "swath.sqlite").unlink(missing_ok=True)
        told["desk"] = {"compiled": desk_ready(folder, None), "cold": desk_ready(folder, Path(room) / "kernels")}
        for name, one in told["desk"].items():
            print(f"{name:<9} service {one['service_s']:.1f} s, desk {one['desk_s']:.1f} s after the start")
    (REPO / "benchmarks" / "results" / "console.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
