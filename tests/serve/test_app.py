"""The service starts, brings in its folder once, answers in one form, and lets nobody in who should stay out."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from swath.errors import DataError, InputError
from swath.operate import bring_in as bringing
from swath.operate.bring_in import bring_in
from swath.serve.app import create_app
from swath.serve.page import router as page_router
from swath.serve.run import check_doors, open_port, settings_of
from swath.serve.service import Limits, Service, Settings
from swath.store.database import open_database
from swath.store.history import history_since, last_seq
from swath.store.items import remove_items
from swath.store.people import add_person, make_token
from swath.store.search import feature_of
from tests.serve.conftest import bearer
from tests.serve.world import make_folder, serve

Guarded = tuple[TestClient, Service, dict[str, str]]


def test_the_console_finds_what_it_starts_from(client: TestClient) -> None:
    health = client.get("/health").json()
    assert (health["status"], health["database"], health["mission"]["name"]) == ("ok", "sqlite", "flood")
    me = client.get("/me").json()
    assert me.pop("time").endswith("Z")
    assert me == {
        "person": "local",
        "rehearsal": False,
        "role": "admin",
        "loopback": True,
        "may": ["read", "order", "plan", "admin"],
    }
    mission = client.get("/mission").json()
    assert [s["id"] for s in mission["satellites"]] == ["SW-1", "SW-2", "SW-3", "SW-4"] and mission["stations"]
    plan = client.get("/plan")
    assert plan.json()["acquisitions"][0]["request"] == "farm-po-1" and plan.json()["id"] in plan.headers["etag"]
    assert "swath_jobs" in client.get("/metrics").text and "/health" in client.get("/metrics").text


def test_what_was_brought_in_is_not_brought_in_again(folder: Path, tmp_path: Path) -> None:
    here = shutil.copytree(folder, tmp_path / "mission")
    db = open_database(here)
    first = bring_in(db, here)
    assert first.changed == {"places": 7, "orders": 7, "scenes": 6}
    with db.reading() as connection:
        seq = last_seq(connection)
    assert not any(bring_in(db, here).changed.values())
    path = next((here / "stac" / "scenes").glob("*/*.json"))
    item = json.loads(path.read_text())
    path.write_text(json.dumps({**item, "properties": {**item["properties"], "gsd": 31.0}}))
    assert bring_in(db, here).changed == {"places": 0, "orders": 0, "scenes": 1}
    with db.reading() as connection:
        assert [e.kind for e in history_since(connection, seq)] == ["item"]
    db.close()


def test_a_start_reads_only_items_whose_files_changed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = shutil.copytree(folder, tmp_path / "mission")
    db = open_database(here)
    read: list[str] = []
    plain = bringing._json
    monkeypatch.setattr(bringing, "_json", lambda path: [read.append(path.stem), plain(path)][1])

    def items() -> list[str]:
        read.clear()
        bring_in(db, here)
        return [name for name in read if name != "collection" and name != "orders"]

    every = items()
    assert len(every) == 6 and items() == []
    one = here / "stac" / "scenes" / every[0]
    (one / "note.txt").write_text("beside it")  # a file came: the item is read, and is as it was
    assert items() == [every[0]] and items() == []
    # What was taken out through the service stays out, until its files change.
    with db.writing(who="t") as write:
        remove_items(write, [every[1]], collection="scenes")
    assert items() == []
    os.utime(here / "stac" / "scenes" / every[1] / f"{every[1]}.json")
    assert items() == [every[1]]
    with db.reading() as connection:
        assert feature_of(connection, "stac", "scenes", every[1]) is not None
    db.close()


def test_an_answer_that_is_there_already_is_not_sent_again(client: TestClient) -> None:
    for path in ("/plan", "/mission", "/files/scenes/SW-1-20260501/data"):
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"") or path.startswith("/files")
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/files/scenes/SW-1-20260501/outside", 404),
        ("/files/scenes/SW-1-20260501/..%2f..%2fmission.toml", 404),
        ("/files/scenes/..%2f..%2f/data", 404),
        ("/files/scenes/none/data", 404),
        ("/..%2f..%2fpyproject.toml", 404),
        ("/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/a%00b", 404),
        ("/events?kinds=" + "x" * 300, 400),
    ],
)
def test_every_error_has_the_one_form(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(told) and told["status"] == status
    assert told["instance"].endswith(answer.headers["x-request-id"])
    assert "nobody's business" not in answer.text and "root:" not in answer.text


def test_a_file_comes_whole_and_in_parts(client: TestClient, service: Service) -> None:
    path = service.folder / "stac" / "scenes" / "SW-1-20260501" / "SW-1-20260501.tif"
    answer = client.get("/files/scenes/SW-1-20260501/data")
    assert answer.content == path.read_bytes() and answer.headers["content-type"].startswith("image/tiff")
    assert "attachment" in answer.headers["content-disposition"]
    part = client.get("/files/scenes/SW-1-20260501/data", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == path.read_bytes()[10:20]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "mission")
    app, service, _ = serve(folder)
    file = folder / "stac" / "scenes" / "SW-1-20260501" / "SW-1-20260501.tif"
    file.unlink()
    file.symlink_to(tmp_path / "secret.txt")
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/files/scenes/SW-1-20260501/data").status_code == 404
    service.db.close()


def test_headers_hold_the_page_to_itself(client: TestClient) -> None:
    for path in ("/", "/health", "/nothing"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        scripts = next(part for part in policy.split(";") if "script-src" in part)
        assert "'unsafe-inline'" not in scripts and "'unsafe-eval'" not in scripts and "http" not in policy
        assert "frame-ancestors 'none'" in policy and headers["x-content-type-options"] == "nosniff"


def test_other_pages_cannot_use_a_service_on_this_machine(client: TestClient) -> None:
    """A page somebody reads may send requests to 127.0.0.1, and a name may be made to lead there."""
    strange = {"Origin": "https://evil.example"}
    assert client.post("/sign-out", headers=strange).status_code == 403
    assert client.post("/sign-out", headers={"Origin": "null"}).status_code == 403
    assert client.post("/sign-out", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200
    assert client.get("/mission", headers={"Host": "evil.example"}).status_code == 400
    answer = client.get("/mission", headers=strange)
    assert "access-control-allow-origin" not in answer.headers
    asked = {**strange, "Access-Control-Request-Method": "POST"}
    assert client.options("/mission", headers=asked).status_code == 403


def test_a_page_that_is_allowed_may_ask(folder: Path, tmp_path: Path) -> None:
    here = shutil.copytree(folder, tmp_path / "mission")
    app, service, _ = serve(here, Settings(allow_origins=("https://map.example",)))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/mission", headers={"Origin": "https://map.example"})
        assert answer.headers["access-control-allow-origin"] == "https://map.example"
        asked = {"Origin": "https://map.example", "Access-Control-Request-Method": "POST"}
        assert client.options("/mission", headers=asked).status_code == 204
    service.db.close()
    with pytest.raises(InputError):
        Service(service.db, here, service.mission, False, Settings(allow_origins=("*",)))


def test_too_much_is_refused_before_it_is_read(client: TestClient) -> None:
    assert client.post("/sign-in", content=b"x" * 5_000_001).status_code == 413

    def endless() -> Any:
        for _ in range(60):
            yield b"y" * 100_000

    assert client.post("/sign-in", content=endless()).status_code == 413
    for wrong in (b"{", b"[1]", b'{"token": 7}', b'{"token": NaN}', b"[" * 5000, b'{"token":"\\ud800"}'):
        assert client.post("/sign-in", content=wrong).status_code == 400


def test_signing_in_gives_a_cookie_that_opens(guarded: Guarded) -> None:
    client, _, tokens = guarded
    assert client.get("/me").status_code == 401
    assert client.post("/sign-in", json={"token": "swath_wrong"}).status_code == 401
    answer = client.post("/sign-in", json={"token": tokens["planner"]})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert client.get("/me").json()["person"] == "a-planner"
    assert client.post("/sign-out").status_code == 200
    assert client.get("/me").status_code == 401
    assert client.get("/me", headers=bearer(tokens["viewer"])).json()["may"] == ["read"]


def test_callers_are_held_to_a_rate(folder: Path, tmp_path: Path) -> None:
    here = shutil.copytree(folder, tmp_path / "mission")
    now = [0.0]
    _, service, _ = serve(here, Settings(host="192.0.2.1", limits=Limits(requests_per_s=2.0, burst_count=5)))
    app = create_app(service, clock=lambda: now[0])
    with service.db.writing(who="t") as write:
        add_person(write, "ada", "viewer")
        token = make_token(write, "ada", role="viewer", days=1)[1]
    with TestClient(app, base_url="http://h") as client:
        assert [client.get("/me", headers=bearer(token)).status_code for _ in range(7)] == [200] * 5 + [429] * 2
        assert int(client.get("/me", headers=bearer(token)).headers["retry-after"]) >= 1
        assert client.get("/health").status_code == 200  # another one's bucket
        now[0] = 1.0
        assert [client.get("/me", headers=bearer(token)).status_code for _ in range(3)] == [200, 200, 429]
    service.db.close()


def test_it_does_not_start_where_strangers_could_come_in(folder: Path, tmp_path: Path) -> None:
    here = shutil.copytree(folder, tmp_path / "mission")
    db = open_database(here)
    check_doors(db, settings_of(host="127.0.0.1", port=0))
    for given in ({"host": "0.0.0.0"}, {"host": "127.0.0.1", "sign_in": True}):
        with pytest.raises(InputError, match="nobody could sign in"):
            check_doors(db, settings_of(port=0, **given))  # type: ignore[arg-type]
    with db.writing(who="t") as write:
        add_person(write, "ada", "viewer")
        make_token(write, "ada", role="viewer", days=1)
    check_doors(db, settings_of(host="0.0.0.0", port=0))
    db.close()
    with pytest.raises(InputError):
        settings_of(host="127.0.0.1", port=0, oidc=("https://issuer", "", ""))
    listening = open_port(settings_of(host="127.0.0.1", port=0))
    listening.listen()
    with pytest.raises(DataError, match="not to be had"):
        open_port(settings_of(host="127.0.0.1", port=listening.getsockname()[1]))
    listening.close()


def test_an_answer_does_not_wait_for_the_last_one_to_be_acknowledged() -> None:
    """Of an answer in two writes the second waits 40 ms where TCP gathers what is small (Nagle)."""
    at_once: list[int] = []

    async def answered(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_once.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def ask() -> None:
        listening = open_port(settings_of(host="127.0.0.1", port=0))
        async with await asyncio.start_server(answered, sock=listening):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            await reader.read()
            writer.close()

    asyncio.run(ask())
    assert at_once == [1]


def test_the_log_names_requests_and_no_secret(guarded: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    client, _, tokens = guarded
    with caplog.at_level(logging.INFO, logger="swath.access"):
        answer = client.get("/mission?secret=hush", headers=bearer(tokens["viewer"]))
        client.post("/sign-in", json={"token": tokens["viewer"]})
    told = "".join(str(vars(record)) for record in caplog.records)
    assert answer.headers["x-request-id"] in told and "a-viewer" in told and "/mission" in told
    assert tokens["viewer"] not in told and "hush" not in told
    client.cookies.clear()


def test_listeners_hear_what_happens_and_only_what_is_theirs(guarded: Guarded) -> None:
    client, service, tokens = guarded
    with service.db.reading() as connection:
        seq = last_seq(connection)
    with service.db.writing(who="t") as write:
        write.record("order", "o1", "received", owner="a-customer")
        write.record("order", "o2", "received", owner="other")
        write.record("plan", "p1", "in force")
        write.record("person", "x", "added")
    heard: dict[str, list[str]] = {}

    def listen(role: str, kinds: str, most: int) -> None:
        headers = {**bearer(tokens[role]), "Last-Event-ID": str(seq)}
        got: list[str] = []
        app_client = TestClient(client.app, base_url="http://h")
        scope_lines = _first_lines(app_client, f"/events?kinds={kinds}", headers, most)
        got += [json.loads(line[6:])["subject"] for line in scope_lines]
        heard[f"{role} {kinds}"] = got

    for role, kinds, most in (("customer", "", 2), ("viewer", "", 3), ("admin", "", 4), ("viewer", "plan", 1)):
        thread = threading.Thread(target=listen, args=(role, kinds, most), daemon=True)
        thread.start()
        thread.join(20)
    assert heard == {
        "customer ": ["o1", "p1"],
        "viewer ": ["o1", "o2", "p1"],
        "admin ": ["o1", "o2", "p1", "x"],
        "viewer plan": ["p1"],
    }


def _first_lines(client: TestClient, path: str, headers: dict[str, str], most: int) -> list[str]:
    """The first data lines of a stream, read from the application itself: the test client waits for an end."""
    import asyncio

    query = path.partition("?")[2].encode()
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/events",
        "raw_path": b"/events",
        "query_string": query,
        "headers": [(k.lower().encode(), v.encode()) for k, v in {**headers, "host": "h"}.items()],
        "client": ("192.0.2.7", 1),
        "server": ("h", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    lines: list[str] = []

    async def ask() -> None:
        done = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            text = message.get("body", b"").decode()
            lines.extend(line for line in text.splitlines() if line.startswith("data:"))
            if len(lines) >= most:
                done.set()

        await asyncio.wait_for(client.app(scope, receive, send), 15)  # type: ignore[arg-type]

    asyncio.run(ask())
    return lines


def test_the_page_is_plain_files_and_any_of_its_views(tmp_path: Path) -> None:
    from fastapi import FastAPI

    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>page</p>")
    (tmp_path / "assets" / "a-1.js").write_text("1")
    (tmp_path / "assets" / "a.py").write_text("no")
    app = FastAPI()
    app.include_router(page_router(tmp_path))
    with TestClient(app, raise_server_exceptions=False) as client:
        view = client.get("/orders/new?x=1", headers={"Accept": "text/html"})
        assert view.text == "<p>page</p>"
        script = client.get("/assets/a-1.js")
        assert "javascript" in script.headers["content-type"] and "immutable" in script.headers["cache-control"]
        for path in ("/assets/a.py", "/assets/none.js"):
            assert client.get(path).status_code != 200
