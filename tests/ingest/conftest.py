"""What the tests of outside scenes share: adding one product to an archive of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio

from swath.archive.outside import Hints
from swath.archive.stac_check import problems
from swath.operate.archive import Adding, Outcome, add_scenes
from tests.authorities.test_stac_schema import errors

NOW = np.datetime64("2026-11-26T12:00:00", "ns")

Add = Callable[..., dict[str, Any]]


def try_add(place: Path | str, archive: Path, **said: Any) -> Outcome:
    """One product; what became of it."""
    (outcome,) = add_scenes([str(place)], Adding(archive, Hints(**said), NOW))
    return outcome


@pytest.fixture
def add(tmp_path: Path) -> Add:
    """Add a product that must go well; returns its item, which is sound and as STAC's schema says."""

    def one(place: Path, **said: Any) -> dict[str, Any]:
        outcome = try_add(place, tmp_path / "archive", **said)
        assert outcome.status == "added", outcome.because
        path = Path(outcome.path)
        item: dict[str, Any] = json.loads(path.read_text("utf-8"))
        assert problems(item, path.parent) == [] and errors("item", item) == []
        return {**item, "folder": path.parent}

    return one


def read_asset(item: dict[str, Any], key: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], rasterio.Affine]:
    """Stored values of an asset's first band, their meaning (NaN where no data), and the transform."""
    with rasterio.open(item["folder"] / item["assets"][key]["href"]) as file:
        stored, nodata = file.read(1), file.nodata
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and file.compression.value == "ZSTD"
        transform = file.transform
    band = item["assets"][key]["bands"][0]
    values = stored.astype(np.float64) * band["raster:scale"] + band["raster:offset"]
    if nodata is not None:
        values[stored == nodata] = np.nan
    return stored, values, transform
