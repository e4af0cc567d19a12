"""Backups are whole and come back; items leave as others read them."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import geopandas
import pyarrow.parquet as pq
import pystac
import pytest
import shapely

from swath.cli.main import main
from swath.errors import DataError, InputError
from swath.operate.bring_in import bring_in
from swath.store.backup import backup, restore
from swath.store.database import DATABASE, Database, open_database
from swath.store.folder import STATE
from swath.store.history import history_before, last_seq


@pytest.fixture
def kept(folder: Path, tmp_path: Path) -> tuple[Path, Database]:
    here = shutil.copytree(folder, tmp_path / "mission")
    db = open_database(here)
    bring_in(db, here)
    return here, db


def test_a_backup_taken_while_others_write_is_one_state(kept: tuple[Path, Database], tmp_path: Path) -> None:
    folder, db = kept
    ends = threading.Event()

    def write() -> None:
        n = 0
        while not ends.is_set():
            with db.writing(who="t") as writing:
                for _ in range(2):  # two lines or none: an odd number would be half a write
                    writing.record("pair", str(n), "written")
            n += 1

    thread = threading.Thread(target=write)
    thread.start()
    assert backup(db, tmp_path / "b" / "one.sqlite") > 10_000
    ends.set()
    thread.join()
    with pytest.raises(InputError, match="already"):
        backup(db, tmp_path / "b" / "one.sqlite")
    db.close()
    with pytest.raises(InputError, match="already"):
        restore(tmp_path / "b" / "one.sqlite", folder)
    place = restore(tmp_path / "b" / "one.sqlite", folder, replace=True)
    assert place == folder / STATE / DATABASE and place.with_name(f"{DATABASE}.before").is_file()
    again = open_database(folder, create=False)
    with again.reading() as connection:
        pairs = history_before(connection, None, kinds=["pair"], most=100_000)
        assert len(pairs) % 2 == 0 and last_seq(connection) > 0
    again.close()


def test_a_database_in_use_is_not_replaced_and_one_that_was_killed_is_set_aside_whole(
    kept: tuple[Path, Database], tmp_path: Path
) -> None:
    folder, db = kept
    backup(db, tmp_path / "one.sqlite")
    with db.writing(who="t") as writing:
        writing.record("order", "acknowledged", "after the backup")
    with pytest.raises(InputError, match="still uses"):
        restore(tmp_path / "one.sqlite", folder, replace=True)
    place = folder / STATE / DATABASE
    killed = {name: place.with_name(name).read_bytes() for name in (DATABASE, f"{DATABASE}-wal")}
    assert killed[f"{DATABASE}-wal"], "what a killed service leaves: it lies in the log alone"
    db.close()
    for name, content in killed.items():
        place.with_name(name).write_bytes(content)
    restore(tmp_path / "one.sqlite", folder, replace=True)

    def last(path: Path) -> str:
        there = open_database(path, create=False)
        with there.reading() as connection:
            found = history_before(connection, None, most=1)[0].subject
        there.close()
        return found

    assert last(place) != "acknowledged"
    assert last(shutil.move(place.with_name(f"{DATABASE}.before"), tmp_path / "old.sqlite")) == "acknowledged"
    place.write_bytes(b"damaged" * 1000)
    restore(tmp_path / "one.sqlite", folder, replace=True)
    assert last(place) != "acknowledged" and place.with_name(f"{DATABASE}.before").read_bytes()[:7] == b"damaged"


def test_what_is_no_backup_is_not_put_in_place(kept: tuple[Path, Database], tmp_path: Path) -> None:
    folder, db = kept
    backup(db, tmp_path / "one.sqlite")
    db.close()
    raw = (tmp_path / "one.sqlite").read_bytes()
    (tmp_path / "cut.sqlite").write_bytes(raw[: len(raw) // 2])
    (tmp_path / "text.sqlite").write_text("not a database" * 100)
    before = (folder / STATE / DATABASE).read_bytes()
    for name in ("cut.sqlite", "text.sqlite", "none.sqlite"):
        with pytest.raises(DataError):
            restore(tmp_path / name, folder, replace=True)
    assert (folder / STATE / DATABASE).read_bytes() == before
    assert [p.name for p in (folder / STATE).iterdir() if p.name.startswith(".")] == []


def test_items_leave_for_other_catalogues(
    kept: tuple[Path, Database], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, db = kept
    db.close()
    lines, table = tmp_path / "i.ndjson", tmp_path / "i.parquet"
    assert main(["export", str(folder), "scenes", "--out", str(lines), "--address", "https://s.example"]) == 0
    items = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert len(items) == 6 and "6 items" in capsys.readouterr().out
    for item in items:
        assert pystac.Item.from_dict(item).assets["data"].href.startswith("https://s.example/files/scenes/")
    assert main(["export", str(folder), "scenes", "--out", str(table)]) == 0
    read = pq.read_table(table)
    geo = json.loads(read.schema.metadata[b"geo"])
    assert read.num_rows == 6 and geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["geometry_types"] == ["Polygon"]
    outside = geopandas.read_parquet(table)
    assert (
        len(outside) == 6 and outside.crs.to_epsg() in (4326, None) and set(outside["id"]) == {i["id"] for i in items}
    )
    by_id = {item["id"]: item for item in items}
    for row in read.to_pylist():
        assert shapely.from_wkb(row["geometry"]).equals(shapely.geometry.shape(by_id[row["id"]]["geometry"]))
        assert row["eo:cloud_cover"] == by_id[row["id"]]["properties"]["eo:cloud_cover"]
        assert row["datetime"].isoformat().startswith(by_id[row["id"]]["properties"]["datetime"][:19])
    assert main(["export", str(folder), "none", "--out", str(table)]) == 2
    assert main(["export", str(folder), "scenes", "--out", str(tmp_path / "i.csv")]) == 2
    assert main(["backup", str(folder), "--out", str(tmp_path / "b.sqlite")]) == 0
    assert main(["restore", str(tmp_path / "b.sqlite"), str(folder), "--replace"]) == 0
