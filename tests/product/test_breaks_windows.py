"""Breaks rows by rows are those of the whole, from a memory map and from a lazy xarray."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swath.errors import InputError
from swath.product.breaks import find_breaks
from swath.product.breaks_windows import breaks_by_rows
from tests.product.test_breaks import histories


def test_rows_by_rows_is_the_whole(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    days, flat = histories(60, 1)
    flat[80:, 1] -= 0.25 * (np.arange(60) % 2)
    seen = np.random.default_rng(2).uniform(size=(160, 60)) < 0.8
    whole = find_breaks(days, flat, seen)
    path = tmp_path / "stack.npy"
    np.save(path, flat.reshape(160, 3, 10, 6))
    mapped = np.load(path, mmap_mode="r")
    known = seen.reshape(160, 10, 6)
    lazy = xarray.DataArray(mapped, dims=("time", "band", "y", "x"))
    for stack, mask in ((mapped, known), (lazy, xarray.DataArray(known, dims=("time", "y", "x")))):
        parts = list(breaks_by_rows(days, stack, mask, most_bytes=50_000))
        assert len(parts) > 2 and parts[-1][0].stop == 10
        np.testing.assert_array_equal(np.concatenate([b.days for _, b in parts]), whole.days)
        np.testing.assert_array_equal(np.concatenate([b.watch.models for _, b in parts]), whole.watch.models)
    with pytest.raises(InputError, match="date, band, row, column"):
        list(breaks_by_rows(days, flat, seen))
