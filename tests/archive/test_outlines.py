"""Patches as outlines: their areas are the pixels', the largest come first, and what is left out is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from swath.archive import vector_out
from swath.archive.vector_out import outlines, write_geopackage
from swath.model import Grid


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 30), columns=st.integers(1, 30), share=st.floats(0.0, 1.0), seed=st.integers(0, 999))
def test_outlines_are_the_patches(rows: int, columns: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask, values = rng.random((rows, columns)) < share, rng.integers(0, 100, (rows, columns)).astype(np.uint8)
    grid = Grid(32633, 500_000.0, 5_000_000.0, 10.0, columns, rows)
    label, count = ndimage.label(mask)
    sizes = np.bincount(label.ravel(), minlength=count + 1)[1:]
    for most in (100_000, max(count - 2, 1)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(vector_out, "MOST_OUTLINES", most)
            found = outlines(mask, grid, {"mean": values})
        kept = min(count, most)
        assert shapely.area(found.shapes).tolist() == pytest.approx(
            sorted(sizes, reverse=True)[:kept] * np.full(kept, 100)
        )
        assert found.columns["area_m2"] == pytest.approx(shapely.area(found.shapes))
        assert bool(found.note) == (count > most) and found.note.startswith(str(count - most) if found.note else "")
        for shape, mean in zip(found.shapes, found.columns["mean"], strict=True):
            at = shapely.point_on_surface(shape)
            number = label[int((grid.north_m - at.y) / 10.0), int((at.x - grid.west_m) / 10.0)]
            assert mean == pytest.approx(values[label == number].mean(), abs=0.006)


def test_the_file_says_what_is_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_out, "MOST_OUTLINES", 2)
    grid = Grid(32633, 500_000.0, 5_000_000.0, 10.0, 7, 1)
    found = outlines(np.array([[1, 0, 1, 1, 0, 1, 0]], bool), grid)
    path = write_geopackage(tmp_path / "x.gpkg", {"flood": found}, 32633, description="made for a test")
    said = pyogrio.read_info(path, layer="flood")
    assert said["features"] == 2 and "1 patches of 1 pixels and fewer" in said["layer_metadata"]["DESCRIPTION"]
