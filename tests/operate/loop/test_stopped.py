"""A scene that was put into the archive by somebody who was killed before it was in the index is not lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from swath.archive.outside import Hints
from swath.operate.archive import Adding, add_scenes
from swath.store.shelf import INDEX, Shelf
from tests.operate.loop.day import drop_scene

NOW = np.datetime64("2026-05-08T06:00:00", "ns")


def test_an_item_that_the_index_does_not_know_is_taken_in_again(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    how = Adding(archive, Hints(), NOW)
    first, second = (str(drop_scene(tmp_path, f"scene-{n}", n)) for n in (1, 2))
    assert [one.status for one in add_scenes([first, second], how)] == ["added", "added"]
    before = {p: p.read_bytes() for p in archive.rglob("*") if p.is_file() and p.name != INDEX}
    with sqlite3.connect(archive / INDEX) as index:
        assert index.execute("delete from item where id = 'scene-1'").rowcount == 1
    (again,) = add_scenes([first], how)
    assert (again.status, again.id) == ("added", "scene-1")
    assert {one.id for one in Shelf(archive).search()} == {"scene-1", "scene-2"}
    assert {p: p.read_bytes() for p in before} == before
    (known,) = add_scenes([first], how)
    assert known.status == "already there"
    # Another file under the same name is no remnant: it is refused, and what was there stays.
    other = drop_scene(tmp_path, "scene-1", 77)
    (refused,) = add_scenes([str(other)], how)
    assert refused.status == "failed" and "made from other files" in refused.because
    assert {p: p.read_bytes() for p in before} == before
