"""Items on the web: fetched by the checked client from a server on this machine, then like any other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from swath.archive.outside import Hints
from swath.operate.archive import Adding, Outcome, add_scenes
from swath.operate.evidence import verify_folder
from swath.sources.checked import Limits
from tests.ingest.conftest import NOW, read_asset
from tests.ingest.test_stac_scenes import earth_search
from tests.sources.server import Reply, Server, served


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    source = earth_search(tmp_path / "source", applied=False)
    item = json.loads(source.read_text())
    item["assets"]["red"]["href"] = "../tiles/B04.tif"
    with served() as state:
        state.say("/items/a", Reply(json.dumps(item).encode()))
        state.say("/tiles/B04.tif", Reply(b"", 302, {"Location": "/mirror/B04.tif"}))
        state.say("/mirror/B04.tif", Reply((source.parent / "B04.tif").read_bytes()))
        state.say("/items/SCL.tif", Reply((source.parent / "SCL.tif").read_bytes()))
        yield state


def fetch(server: Server, archive: Path, path: str = "/items/a", **more: object) -> Outcome:
    how = Adding(archive, Hints(), NOW, limits=Limits(private=True), **more)  # type: ignore[arg-type]
    (outcome,) = add_scenes([server.url + path], how)
    return outcome


def test_an_item_is_fetched_kept_and_not_fetched_again(server: Server, tmp_path: Path) -> None:
    outcome = fetch(server, tmp_path / "archive", keep=tmp_path / "fetched")
    assert outcome.status == "added", outcome.because
    item = json.loads(Path(outcome.path).read_text()) | {"folder": Path(outcome.path).parent}
    stored, values, _ = read_asset(item, "red")
    assert np.allclose(values[1:], stored[1:] * 1e-4 - 0.1) and set(item["assets"]) == {"red", "scl"}
    assert verify_folder(item["folder"]).ok
    asked = len(server.asked)
    assert fetch(server, tmp_path / "archive").status == "already there" and len(server.asked) == asked
    lineage = json.loads((item["folder"] / "lineage.json").read_text())
    assert lineage["parameters"] == {"url": f"{server.url}/items/a"}


def test_only_the_pictures_asked_for_are_fetched_and_nothing_else_stays(server: Server, tmp_path: Path) -> None:
    outcome = fetch(server, tmp_path / "archive", assets=("scl",))
    assert outcome.status == "added" and [a.path for a in server.asked] == ["/items/a", "/items/SCL.tif"]
    assert not list((tmp_path / "archive").glob(".*"))
    assert "has no picture nir" in fetch(server, tmp_path / "other", assets=("nir",)).because


@pytest.mark.parametrize(
    ("path", "reply", "why"),
    [
        (
            "/tiles/B04.tif",
            Reply(b"", 302, {"Location": "http://169.254.169.254/x"}),
            "not on the public",
        ),
        ("/mirror/B04.tif", Reply(b"gone", 404), "HTTP 404"),
        ("/mirror/B04.tif", Reply(b'<VRTDataset rasterXSize="1" rasterYSize="1"/>'), "virtual raster"),
        ("/mirror/B04.tif", Reply(bytes(10), told_bytes=99), "missing|broke off"),
        ("/items/a", Reply(b"[]"), "no STAC"),
        ("/items/a", Reply(b"<html>"), "no JSON"),
    ],
)
def test_what_goes_wrong_is_told_and_leaves_nothing(
    server: Server, tmp_path: Path, path: str, reply: Reply, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import re

    import swath.sources.checked as checked

    # As a user has it: nothing private but, for this test, the server.
    public = checked.is_public
    monkeypatch.setattr(checked, "is_public", lambda address: address == "127.0.0.1" or public(address))
    server.say(path, reply)
    how = Adding(tmp_path / "archive", Hints(), NOW, resolve=lambda host, port: [host])
    (outcome,) = add_scenes([f"{server.url}/items/a"], how)
    assert outcome.status == "failed" and re.search(why, outcome.because)
    assert [p.name for p in (tmp_path / "archive").rglob("*") if p.name != "index.sqlite"] == []


def test_a_server_on_this_machine_needs_leave(server: Server, tmp_path: Path) -> None:
    (outcome,) = add_scenes([f"{server.url}/items/a"], Adding(tmp_path / "archive", Hints(), NOW))
    assert "--private" in outcome.because and server.asked == []
    for place in ("ftp://example.com/a", "file:///etc/passwd", "/vsicurl/http://example.com/a", "s3://bucket/a"):
        (outcome,) = add_scenes([place], Adding(tmp_path / "archive", Hints(), NOW))
        assert outcome.status == "failed"
