"""Files in an object storage: sent whole, served as before, fetched only from where the database's files lie."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from swath.cli.main import main
from swath.errors import DataError, InputError
from swath.operate.bring_in import bring_in
from swath.store import objects
from swath.store.database import Database, open_database
from swath.store.history import history_before
from swath.store.items import file_of
from swath.store.objects import fetched, offload
from swath.store.schema import ASSET
from tests.serve.world import serve

ROOT = "memory://bucket/demo"


@pytest.fixture
def kept(folder: Path, tmp_path: Path) -> Iterator[tuple[Path, Database]]:
    here = shutil.copytree(folder, tmp_path / "mission")
    db = open_database(here)
    bring_in(db, here)
    yield here, db
    db.close()
    fsspec.filesystem("memory").store.clear()


def files(db: Database) -> list[tuple[str, str, str, str, str]]:
    with db.reading() as connection:
        rows = connection.execute(select(ASSET.c.collection, ASSET.c.id, ASSET.c.name, ASSET.c.path, ASSET.c.tag))
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_files_move_and_are_served_as_before(kept: tuple[Path, Database]) -> None:
    here, db = kept
    before = files(db)
    content = {row[:3]: (here / row[3]).read_bytes() for row in before}
    client = TestClient(serve(here, db=db)[0], base_url="http://127.0.0.1:8000")
    tile = next(row for row in before if row[3].endswith(".tif"))
    address = f"/tiles/{'/'.join(tile[:3])}/tilejson.json"
    shown = client.get(address).json()["bounds"]
    moved = offload(db, here, ROOT)
    assert moved.file_count == len(before) and moved.size_bytes == sum(map(len, content.values()))
    assert not any((here / row[3]).exists() for row in before)
    assert all(row[3].startswith(f"{ROOT}/") for row in files(db))
    for row in before:
        answer = client.get("/files/" + "/".join(row[:3]))
        assert answer.content == content[row[:3]] and Path(row[3]).name in answer.headers["content-disposition"]
    part = client.get("/files/" + "/".join(tile[:3]), headers={"range": "bytes=4-9"})
    assert part.status_code == 206 and part.content == content[tile[:3]][4:10]
    assert client.get(address).json()["bounds"] == shown
    # A start of the service finds the files gone from the folder, and the items as they were.
    again = bring_in(db, here)
    assert not any(again.changed.values()) and {r[:3] for r in files(db)} == {r[:3] for r in before}
    assert offload(db, here, ROOT).file_count == 0
    with db.reading() as connection:
        told = history_before(connection, None, kinds=["item"], most=1000)
    assert sum(one.what == "offloaded" for one in told) == len({row[:2] for row in before})


def test_whoever_is_stopped_in_between_begins_again(
    kept: tuple[Path, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, db = kept
    before, sent = files(db), objects._send
    calls = iter(range(10**6))

    def stops(path: Path, root: str, row: object) -> str:
        if next(calls) == 3:
            raise DataError("the line is down")
        return sent(path, root, row)

    monkeypatch.setattr(objects, "_send", stops)
    monkeypatch.setattr(objects, "_BATCH", 2)
    with pytest.raises(DataError, match="the line"):
        offload(db, here, ROOT)
    with db.reading() as connection:
        assert all(file_of(connection, here, *row[:3]) is not None for row in before)
    assert offload(db, here, ROOT).file_count == len(before) - 2


def test_only_files_below_the_root_are_fetched_and_old_ones_make_room(
    kept: tuple[Path, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, db = kept
    offload(db, here, ROOT, keep=True)
    (collection, id, name, path, tag), *_ = files(db)
    fsspec.filesystem("memory").pipe("memory://bucket/secret.txt", b"no")
    for strange in ("memory://bucket/secret.txt", f"{ROOT}/../secret.txt", f"{ROOT}/%2e%2e/secret.txt", f"{ROOT}/gone"):
        assert fetched(here, ROOT, strange, tag) is None
        with db.writing(who="t") as write:
            write.connection.execute(update(ASSET).where(ASSET.c.id == id, ASSET.c.name == name).values(path=strange))
        with db.reading() as connection:
            assert file_of(connection, here, collection, id, name) is None
    assert fetched(here, "", path, tag) is None
    first, *others = [row for row in files(db) if row[3].startswith(ROOT) and row[3] != f"{ROOT}/gone"][:3]
    old = fetched(here, ROOT, first[3], first[4])
    assert old is not None and old.is_file()
    monkeypatch.setattr(objects, "CACHE_BYTES", 1)
    new = fetched(here, ROOT, others[0][3], others[0][4])
    assert new is not None and new.is_file() and not old.exists()


@pytest.mark.parametrize(
    "root", ["", "bucket", "ftp://x/y", "s3://", "s3://k:secret@bucket", "s3://b?x=1", "http://[x"]
)
def test_what_is_no_storage_is_refused(kept: tuple[Path, Database], root: str) -> None:
    here, db = kept
    with pytest.raises(InputError, match="no object storage"):
        offload(db, here, root)


def test_one_storage_a_database_and_the_command_says_what_it_did(
    kept: tuple[Path, Database], capsys: pytest.CaptureFixture[str]
) -> None:
    here, db = kept
    assert main(["offload", str(here), "--to", ROOT, "--collection", "scenes", "--keep"]) == 0
    assert "files, " in capsys.readouterr().out
    with pytest.raises(InputError, match="files lie in"):
        offload(db, here, "memory://other")
    assert main(["offload", str(here), "--to", "ftp://x"]) == 2
