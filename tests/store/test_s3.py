"""Files of items in a storage that speaks S3: with signed requests, and what is lost on the way is not lost here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from swath.errors import DataError
from swath.store import objects
from swath.store.database import Database, open_database
from swath.store.objects import fetched, offload
from swath.store.schema import ASSET
from tests.store.s3_peer import ACCESS, BUCKET, REGION, SECRET, Storage, storage

ROOT = f"s3://{BUCKET}/a mission"
SIZES = (0, 11, 70_000, 12_000_000)  # the last one goes in two parts


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    with storage() as held:
        told = {"ACCESS_KEY_ID": ACCESS, "SECRET_ACCESS_KEY": SECRET, "DEFAULT_REGION": REGION}
        for name, value in {**told, "ENDPOINT_URL": held.address, "EC2_METADATA_DISABLED": "true"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setattr(objects, "_TRIES", 2)
        monkeypatch.setattr(objects, "_PAUSE_S", 0.0)
        yield held
    objects._s3.cache_clear()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Database, Path]]:
    """Files of one item, one of them with a name that an address cannot hold as it is."""
    folder = tmp_path / "mission"
    folder.mkdir()
    db = open_database(folder)
    with db.writing(who="t") as write:
        for number, size in enumerate(SIZES):
            name = f"b {number} \u00fc+#%.tif"
            (folder / name).write_bytes(os.urandom(size))
            row = {"collection": "scenes", "id": "one", "name": f"n{number}", "path": name, "tag": str(number)}
            write.connection.execute(sa.insert(ASSET).values(**row, media="image/tiff"))
    yield db, folder
    db.close()


def rows(db: Database) -> dict[str, str]:
    with db.reading() as connection:
        return {row.tag: row.path for row in connection.execute(sa.select(ASSET).order_by(ASSET.c.tag))}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name.split()[1]: path.read_bytes() for path in folder.glob("b *.tif")}


def test_files_go_there_and_come_back(peer: Storage, kept: tuple[Database, Path]) -> None:
    db, folder = kept
    before = contents(folder)
    moved = offload(db, folder, ROOT)
    assert (moved.file_count, moved.size_bytes) == (len(SIZES), sum(SIZES))
    assert contents(folder) == {} and sorted(map(len, peer.objects.values())) == sorted(SIZES)
    assert all(key.startswith("a mission/scenes/one/n") for key in peer.objects) and peer.parts == {}
    for tag, address in rows(db).items():
        assert address.startswith(f"{ROOT}/")
        back = fetched(folder, ROOT, address, tag)
        assert back is not None and back.read_bytes() == before[tag]
    asked = len(peer.asked)
    assert fetched(folder, ROOT, address, tag) == back and len(peer.asked) == asked, "it is kept here a while"
    peer.objects.clear()
    assert fetched(folder, ROOT, address, "another") is None


@pytest.mark.parametrize(
    ("setting", "value", "words", "fix"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "refuses the keys", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY_ID", "nobody", "refuses the keys", "AWS_ACCESS_KEY_ID"),
        ("AWS_DEFAULT_REGION", "us-west-2", "refuses the keys", "AWS_DEFAULT_REGION"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "cannot be reached", "AWS_ENDPOINT_URL"),
    ],
)
def test_wrong_settings_are_told_and_nothing_is_lost(
    peer: Storage,
    kept: tuple[Database, Path],
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    value: str,
    words: str,
    fix: str,
) -> None:
    db, folder = kept
    before = contents(folder), rows(db)
    objects._s3.cache_clear()
    with monkeypatch.context() as changed:
        changed.setenv(setting, value)
        with pytest.raises(DataError, match=words) as told:
            offload(db, folder, ROOT)
    assert fix in told.value.fix and SECRET not in str(told.value) and "wrong" not in str(told.value)
    assert (contents(folder), rows(db)) == before and peer.objects == {}
    objects._s3.cache_clear()
    assert offload(db, folder, ROOT).file_count == len(SIZES)


def test_a_bucket_that_is_none(peer: Storage, kept: tuple[Database, Path]) -> None:
    db, folder = kept
    with pytest.raises(DataError, match="no such bucket"):
        offload(db, folder, "s3://other/x")
    assert len(contents(folder)) == len(SIZES)


def test_a_busy_storage_is_asked_again(peer: Storage, kept: tuple[Database, Path]) -> None:
    """A part of the large file and the answer for a small one are refused once, as storages do under load."""
    db, folder = kept
    seen: set[tuple[str, str]] = set()

    def once(method: str, key: str) -> tuple[int, str] | None:
        if (method, key) in seen or not ((method == "PUT" and "/n3/" in key) or (method == "GET" and "/n1/" in key)):
            return None
        seen.add((method, key))
        return 503, "SlowDown"

    peer.refuse = once
    before = contents(folder)
    assert offload(db, folder, ROOT).file_count == len(SIZES)
    back = fetched(folder, ROOT, rows(db)["1"], "1")
    assert back is not None and back.read_bytes() == before["1"]
    assert {method for method, _ in seen} == {"PUT", "GET"}


@pytest.mark.parametrize(("trouble", "words"), [((503, "SlowDown"), "too much to do"), ((0, ""), "hung up")])
def test_half_of_it_is_sent_and_the_rest_another_day(
    peer: Storage, kept: tuple[Database, Path], monkeypatch: pytest.MonkeyPatch, trouble: tuple[int, str], words: str
) -> None:
    """The storage fails for good at the parts of the large file: no other is touched, nothing half is noted."""
    db, folder = kept
    monkeypatch.setattr(objects, "_BATCH", 1)
    before = contents(folder)
    peer.refuse = lambda method, key: trouble if method == "PUT" and "/n3/" in key else None
    with pytest.raises(DataError, match=words):
        offload(db, folder, ROOT)
    assert contents(folder) == {"3": before["3"]} and not any("/n3/" in key for key in peer.objects)
    assert [objects.is_object(path) for path in rows(db).values()] == [True, True, True, False]
    peer.refuse = lambda method, key: None
    assert offload(db, folder, ROOT).file_count == 1
    address = rows(db)["3"]
    peer.refuse = lambda method, key: trouble if method == "GET" and key else None
    with pytest.raises(DataError, match=words):
        fetched(folder, ROOT, address, "3")
    assert not [path for path in (folder / "service" / "objects").rglob("*") if path.is_file()], "nothing half is kept"
    peer.refuse = lambda method, key: None
    back = fetched(folder, ROOT, address, "3")
    assert back is not None and back.read_bytes() == before["3"]


def test_what_arrives_shorter_is_not_believed(peer: Storage, kept: tuple[Database, Path]) -> None:
    db, folder = kept
    lost = "a mission/scenes/one/n2/"

    def shortened(method: str, key: str) -> None:
        for name in [name for name in peer.objects if method == "HEAD" and name.startswith(lost)]:
            peer.objects[name] = peer.objects[name][:-1]

    peer.refuse = shortened
    with pytest.raises(DataError, match="of 70000 bytes arrived"):
        offload(db, folder, ROOT)
    assert len(contents(folder)) == len(SIZES) and not any(map(objects.is_object, rows(db).values()))
