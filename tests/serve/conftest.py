from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from swath.serve.service import Service, Settings
from swath.store.people import add_person, make_token
from tests.serve.world import NO_LIMIT, make_folder, serve

ROLES = ("viewer", "customer", "planner", "admin")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only: tests that write copy it."""
    return make_folder(tmp_path_factory.mktemp("serve") / "mission")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Service]]:
    """An open service on this machine."""
    app, service, _ = serve(make_folder(tmp_path_factory.mktemp("open") / "mission"))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client, service
    service.db.close()


@pytest.fixture(scope="module")
def client(running: tuple[TestClient, Service]) -> TestClient:
    return running[0]


@pytest.fixture(scope="module")
def service(running: tuple[TestClient, Service]) -> Service:
    return running[1]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Service, dict[str, str]]]:
    """A service that people sign in to, and a token of each role."""
    folder = make_folder(tmp_path_factory.mktemp("guarded") / "mission")
    app, service, _ = serve(folder, Settings(host="192.0.2.1", limits=NO_LIMIT))
    tokens = {}
    with service.db.writing(who="test") as write:
        for role in ROLES:
            add_person(write, f"a-{role}", role)
            tokens[role] = make_token(write, f"a-{role}", role=role, days=1)[1]
    with TestClient(app, base_url="http://swath.example.org", raise_server_exceptions=False) as client:
        yield client, service, tokens
    service.db.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, for tests that need the page (``tests.serve.browser.NEEDS_PAGE``)."""
    playwright = pytest.importorskip("playwright.sync_api")
    from tests.serve.browser import CHROMIUM

    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


__all__ = ["bearer"]
