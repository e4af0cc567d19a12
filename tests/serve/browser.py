"""A real browser before a real service, for the console's tests: what it asked for, what it complained about."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from swath.operate.plan_only import planned_mission, prepared
from swath.plan.form import plan_to_json
from swath.serve.app import create_app
from swath.serve.page import STATIC
from swath.serve.service import Service
from tests.serve.world import OPEN, bring_in, make_folder, open_database

REPO = Path(__file__).resolve().parents[2]
AXE = REPO / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BUILT = (STATIC / "index.html").is_file()
NEEDS_PAGE = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
    pytest.mark.skipif(not BUILT or not AXE.is_file(), reason="the page is not built: make page"),
]
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}
_PATIENCE_S = 60.0


def console_folder(folder: Path, *, orders: int = 14) -> Path:
    """A mission's folder with a plan that is really one of its orders'."""
    make_folder(folder)
    lines = (REPO / "examples" / "flood" / "orders.csv").read_text("utf-8").splitlines()
    (folder / "orders.csv").write_text("\n".join(lines[: orders + 1]) + "\n", "utf-8")
    rounds = iter(range(10**9))
    made = planned_mission(prepared(folder / "mission.toml"), stop=lambda: next(rounds) > 20)
    assert made.plan is not None
    (folder / "plan.json").write_text(plan_to_json(made.plan), "utf-8")
    return folder


@contextmanager
def served(folder: Path, *, static: Path = STATIC) -> Iterator[tuple[str, Service]]:
    """The folder's service on a free port of this machine."""
    database = open_database(folder)
    brought = bring_in(database, folder)
    service = Service(database, folder, brought.mission, simulated=True, settings=OPEN)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(service, static=static), log_level="critical", lifespan="on", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", service
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
        database.close()


@dataclass
class Tab:
    """A page of the browser, and all that happened in it."""

    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def go(self, view: str) -> None:
        """Open a view and wait until all of it is there."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.url}#/{view}")
        self.ready()

    def ready(self) -> None:
        """Wait until the view says that it is whole."""
        script = """() => { const main = document.querySelector("main"), stage = document.querySelector(".stage");
            return Boolean(main && main.getAttribute("aria-busy") === "false" && document.querySelector("h1")
              && (!stage || stage.hidden || stage.dataset.ready)); }"""
        self.until(script)

    def until(self, script: str) -> Any:
        """Wait until a script gives something. By asking again: the page's policy allows no evaluation within it."""
        ends = time.monotonic() + _PATIENCE_S
        while time.monotonic() < ends:
            found = self.page.evaluate(script)
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"never came: {script}; {self.wrong}; {self.page.inner_text('body')[:500]}")

    def faults(self) -> list[str]:
        """What axe finds that is serious or worse."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {json.dumps([node['html'][:160] for node in one['nodes'][:3]])}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]


@contextmanager
def tab(
    browser: Browser, url: str, *, size: str = "wide", colors: str = "light", locale: str = "en-GB"
) -> Iterator[Tab]:
    """A page that no other shares anything with."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=colors,  # type: ignore[arg-type]
        locale=locale,
        timezone_id="Asia/Seoul",
        accept_downloads=True,
    )
    page = context.new_page()
    one = Tab(page, url)
    page.on("request", lambda request: one.asked.append(request.url))
    page.on("pageerror", lambda error: one.wrong.append(str(error)))
    page.on("console", lambda line: one.wrong.append(line.text) if _wrong(line.type, line.text) else None)
    try:
        yield one
    finally:
        context.close()


def _wrong(kind: str, text: str) -> bool:
    return kind == "error" or (kind == "warning" and "GPU stall" not in text and "GL Driver" not in text)
