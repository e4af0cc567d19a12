"""A folder is written whole or not at all, and nobody else's folder is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import DataError, InputError, SwathError
from swath.store.folder import MANIFEST, new_folder, write_json, write_whole
from swath.store.manifest import read_manifest, sha256, write_manifest


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "half").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_keeps_the_last_good_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with new_folder(out) as folder:
        write_whole(folder / MANIFEST, "{}")
        write_whole(folder / "answer", "1")
    with pytest.raises(RuntimeError), new_folder(out) as folder:
        raise RuntimeError
    assert (out / "answer").read_text() == "1"
    with new_folder(out) as folder:
        write_whole(folder / MANIFEST, "{}")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert not (out / "answer").exists()


def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    with pytest.raises(InputError, match="did not make"), new_folder(tmp_path / "photos"):
        pass
    with pytest.raises(InputError, match="not a folder"), new_folder(tmp_path / "photos" / "cat.jpg"):
        pass
    assert (tmp_path / "photos" / "cat.jpg").read_text() == "cat"


def test_a_manifest_names_every_file_with_its_hash(tmp_path: Path) -> None:
    mission = write_whole(tmp_path / "in" / "mission.toml", "x = 1")
    run = tmp_path / "run"
    write_json(run / "answer.json", {"a": 1})
    written = write_manifest(run, [mission], seed=3)
    assert read_manifest(run) == written
    assert written.files["answer.json"] == sha256(run / "answer.json")
    assert written.inputs["mission.toml"] == sha256(mission)
    assert (run / "evidence" / "inputs" / "mission.toml").read_text() == "x = 1"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda v: st.lists(v, max_size=2) | st.dictionaries(st.text(max_size=4), v, max_size=2),
)


@given(
    st.one_of(
        st.binary(max_size=60),
        json_values.map(lambda v: json.dumps(v).encode()),
        st.fixed_dictionaries(
            {"form": st.just("swath-manifest-1"), "mission": json_values, "seed": json_values},
            optional={"versions": json_values, "inputs": json_values, "files": json_values},
        ).map(lambda v: json.dumps(v).encode()),
    )
)
def test_a_damaged_manifest_is_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    (folder / "evidence").mkdir()
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(SwathError):
        read_manifest(folder)


def test_no_manifest_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no manifest"):
        read_manifest(tmp_path)
