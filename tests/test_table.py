"""Columns stay equal in length, typed and read-only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.model import Windows

T0 = np.datetime64("2026-05-08", "ns")


def windows(starts: list[int]) -> Windows:
    at = T0 + np.array(starts, "timedelta64[s]")
    ids = [f"s{n % 3}" for n in starts]
    return Windows(satellite=ids, subject=["x"] * len(ids), start=at, stop=at + np.timedelta64(5, "s"))


@given(st.lists(st.integers(0, 10_000)))
def test_sorting_keeps_rows_together(starts: list[int]) -> None:
    table = windows(starts).sort_by("satellite", "start")
    assert len(table) == len(starts)
    assert sorted(zip(*(getattr(table, n).tolist() for n in ("satellite", "start")), strict=True)) == list(
        zip(*(getattr(table, n).tolist() for n in ("satellite", "start")), strict=True)
    )
    assert np.all(table.stop - table.start == np.timedelta64(5, "s"))


def test_join_and_take_and_json() -> None:
    table = Windows.join([windows([1, 2]), windows([]), windows([3])])
    assert table.take(table.start > T0 + np.timedelta64(1, "s")).to_json()[0]["start"] == "2026-05-08T00:00:02.000Z"
    assert len(table.take([])) == 0
    assert Windows.from_rows(list(table.rows())).to_json() == table.to_json()


def test_unequal_columns_are_refused() -> None:
    with pytest.raises(InputError, match="subject"):
        Windows(satellite=["a"], subject=[], start=[T0], stop=[T0])


def test_columns_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        windows([1]).start[0] = T0
