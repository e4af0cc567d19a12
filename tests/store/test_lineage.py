"""A product knows what it was made of, and is made again from that alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import DataError, InputError, SwathError
from swath.operate.evidence import verify_folder
from swath.store import lineage
from swath.store.lineage import Recipe, code_version, hash_input, make, read_lineage, recipe_again
from tests.cli.schemas import errors

MADE = np.datetime64("2026-11-26T13:30:00.123456789", "ns")
Progress = Callable[[str, float], None]


def ramp(recipe: Recipe, out: Path, progress: Progress) -> None:
    """A raster, a table and a GeoPackage out of one file of numbers, with chance and the moment in them."""
    import pyogrio.raw

    (source,) = recipe.inputs["numbers"]
    values = np.array([float(word) for word in source.read_text().split()]) * recipe.parameters["gain"]
    noise = np.random.default_rng(recipe.seed).normal(size=(8, 8)).astype(np.float32)
    profile: dict[str, Any] = {"driver": "GTiff", "width": 8, "height": 8, "count": 1, "dtype": "float32"}
    grid = rasterio.Affine(10.0, 0.0, 5e5, 0.0, -10.0, 5e6)
    with rasterio.open(out / "ramp.tif", "w", crs="EPSG:32633", transform=grid, **profile) as file:
        file.write(noise + values.sum(), 1)
    (out / "deep").mkdir()
    (out / "deep" / "table.csv").write_text(f"made,{recipe.made}\nsum,{values.sum()}\n")
    point = np.array([bytes.fromhex("0101000000000000000000f03f0000000000000040")], object)
    pyogrio.raw.write(
        out / "points.gpkg", point, [np.array([values.sum()])], ["sum"], geometry_type="Point", crs="EPSG:4326"
    )
    (out / "timings.json").write_text(str(np.random.default_rng().random()))
    progress("ramp", 1.0)


@pytest.fixture(autouse=True)
def makers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    known: dict[str, Any] = {"ramp": ramp}
    monkeypatch.setattr(lineage, "find", lambda group, name: known[name])
    return known


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    source = tmp_path / "in" / "numbers.txt"
    source.parent.mkdir()
    source.write_text("1 2 3.5")
    return Recipe("ramp", {"numbers": [source], "none": []}, {"gain": 2.0, "pair": (1, 2)}, seed=4, made=MADE)


def test_a_product_is_made_again_and_is_the_same(recipe: Recipe, tmp_path: Path) -> None:
    made = make(recipe, tmp_path / "out")
    read = read_lineage(tmp_path / "out")
    assert read == made and read.parameters == {"gain": 2.0, "pair": [1, 2]} and read.code == code_version()
    assert read.inputs["numbers"][0].path == "../in/numbers.txt" and list(read.inputs["none"]) == []
    assert set(read.files) == {"ramp.tif", "deep/table.csv", "points.gpkg"}
    result = verify_folder(tmp_path / "out")
    assert result.ok and (result.compared, result.identical, result.notes) == (3, 3, ())
    assert errors("verify.schema.json", result.to_json()) == []
    record = json.loads((tmp_path / "out" / "lineage.json").read_text())
    assert errors("lineage.schema.json", record) == [] and errors("lineage.schema.json", record | {"seed": "x"})


def test_what_was_changed_lost_added_or_comes_out_otherwise_is_told(
    recipe: Recipe, tmp_path: Path, makers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    make(recipe, out)
    (out / "deep" / "table.csv").write_text("sum,14\n")
    (out / "points.gpkg").unlink()
    (out / "more.txt").write_text("not ours")
    assert {d.file: d.because for d in verify_folder(out).differences} == {
        "deep/table.csv": "changed since it was written",
        "points.gpkg": "lost",
        "more.txt": "made by only one of the two runs",
    }
    make(recipe, out)
    makers["ramp"] = lambda recipe, out, progress: ramp(replace(recipe, seed=5), out, progress)
    monkeypatch.setattr("swath.operate.evidence.code_version", lambda: "other")
    changed = verify_folder(out)
    assert [d.file for d in changed.differences] == ["ramp.tif"] and "pixels differ" in changed.differences[0].because
    assert changed.notes == (f"made by the code {code_version()}, compared with other",)


def test_inputs_are_found_by_place_then_by_name_and_only_unchanged(recipe: Recipe, tmp_path: Path) -> None:
    make(recipe, tmp_path / "a" / "out")
    moved = tmp_path / "b"
    shutil.move(tmp_path / "a", moved)  # the input stays: it is no longer where the record says
    shutil.move(tmp_path / "in", tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"not there.*--inputs"):
        verify_folder(moved / "out")
    assert verify_folder(moved / "out", inputs=[tmp_path, tmp_path / "elsewhere"]).ok
    (tmp_path / "elsewhere" / "numbers.txt").write_text("1 2 3.6")
    with pytest.raises(DataError, match="another than it was"):
        verify_folder(moved / "out", inputs=[tmp_path / "elsewhere"])


def test_a_folder_as_input_counts_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "x" / "deep").mkdir(parents=True)
    (tmp_path / "x" / "deep" / "one").write_bytes(b"1")
    known = hash_input(tmp_path / "x")
    assert known[0] == 1
    shutil.copytree(tmp_path / "x", tmp_path / "y")
    assert hash_input(tmp_path / "y") == known
    (tmp_path / "y" / "deep" / "one").rename(tmp_path / "y" / "one")
    assert hash_input(tmp_path / "y") != known


def test_nothing_is_left_of_what_fails(recipe: Recipe, tmp_path: Path, makers: dict[str, Any]) -> None:
    def writes_its_input(recipe: Recipe, out: Path, progress: Progress) -> None:
        recipe.inputs["numbers"][0].write_text("9 9 9 9 9")

    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(InputError, match="JSON"):
        make(replace(recipe, parameters={"x": float("nan")}), tmp_path / "out")
    with pytest.raises(InputError, match="cannot replace what it is made from"):
        make(recipe, tmp_path / "in")
    with pytest.raises(DataError, match="cannot be read"):
        make(replace(recipe, inputs={"numbers": [tmp_path / "gone"]}), tmp_path / "out")
    makers["ramp"] = writes_its_input
    with pytest.raises(DataError, match="changed while"):
        make(recipe, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="did not make"):
        make(recipe, tmp_path / "theirs")


@given(at=st.integers(0, 2000), to=st.binary(max_size=3), cut=st.booleans())
def test_a_damaged_record_is_told_so(tmp_path_factory: pytest.TempPathFactory, at: int, to: bytes, cut: bool) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "numbers.txt").write_text("1")
    make(Recipe("ramp", {"numbers": [folder / "numbers.txt"]}, {"gain": 1.0}, 0, MADE), folder / "out")
    path = folder / "out" / "lineage.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: at % len(whole)] + to + (b"" if cut else whole[at % len(whole) + len(to) :]))
    with suppress(SwathError):
        recipe_again(folder / "out", read_lineage(folder / "out"))
