"""Columns stay equal in length, typed and read-only."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import DataError, InputError
from swath.model import Contacts, Windows
from swath.table import Table, column, names_of


@dataclass(frozen=True)
class More(Table):
    """A column."""

    wealth_fraction: np.ndarray = column("f8", "-", "")


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


def test_a_table_becomes_arrow_pandas_geopandas_and_xarray() -> None:
    times = np.array(["2026-05-08T00:00:00.123456789", "NaT"], "datetime64[ns]")
    windows = Windows(satellite=["a", "b"], subject=["x", "ÿ"], start=times, stop=times)
    arrow, frame, data = windows.to_arrow(), windows.to_pandas(), windows.to_xarray()
    assert arrow.column_names == list(frame) == list(data) == ["satellite", "subject", "start", "stop"]
    assert arrow["start"].null_count == 1 and str(arrow["start"].type) == "timestamp[ns, tz=UTC]"
    assert frame["start"][0].nanosecond == 789 and str(frame["start"].dtype) == "datetime64[ns, UTC]"
    assert data["start"].attrs == {"units": "UTC", "long_name": ""}
    shapes = windows.to_geopandas([shapely.Point(1, 2), shapely.Point(3, 4)])
    assert shapes.crs.to_epsg() == 4326 and shapes.geometry.x.tolist() == [1.0, 3.0]
    assert len(Windows.empty().to_arrow()) == len(Windows.empty().to_pandas()) == 0


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DataError, match=r"pandas is not installed. pip install 'swath\[notebook\]'"):
        Windows.empty().to_pandas()


def test_tables_stand_side_by_side() -> None:
    both = windows([1, 2]).beside(More(wealth_fraction=[0.5, 0.25]))
    assert names_of(both) == ["satellite", "subject", "start", "stop", "wealth_fraction"]
    assert both.take(both.wealth_fraction < 0.5).to_json()[0]["satellite"] == "s2"
    with pytest.raises(InputError, match="same single length"):
        windows([1, 2]).beside(More(wealth_fraction=[0.5]))
    with pytest.raises(InputError, match=r"both tables have \['satellite', 'start', 'stop'\]"):
        windows([1]).beside(Contacts.empty())
