"""Two-line sets in tables: the same sets as in lines, and every bad row with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.orbit.elements import parse_tle
from swath.orbit.forms import form_of, parse_elements

# CelesTrak "active" list of 7 May 2026: CAS500-1
ONE = "1 47932U 21022A   26127.77868784  .00005524  00000+0  25810-3 0  9999"
TWO = "2 47932  97.3935  23.8400 0007445  76.6810 283.5255 15.20179199284624"


@pytest.mark.parametrize("pair", [("line1", "line2"), ("TLE_LINE1", "TLE_LINE2"), ("tle1", "tle2")])
def test_a_row_is_the_set_of_its_lines(pair: tuple[str, str]) -> None:
    text = f'epoch,name,{pair[0]},{pair[1]},note\n2026-05-07,"CAS, 500",{ONE},"{TWO}",\n'
    (known,) = parse_tle(f"CAS, 500\n{ONE}\n{TWO}", source="x").elements
    assert form_of(text) == "table"
    assert parse_elements(text, source="x").elements == (known,)


def test_bad_rows_are_listed_and_good_ones_loaded() -> None:
    rows = [f"{ONE},{TWO}", f"{ONE[:-1]}8,{TWO}", ONE, ",", f"{ONE},{TWO}", f"{TWO},{ONE}", f'{ONE},"{TWO}']
    loaded = parse_elements("line1,line2\n" + "\n".join(rows))
    assert len(loaded.elements) == 2
    assert [bad.line for bad in loaded.rejected] == [3, 4, 7, 8]
    assert "checksum" in loaded.rejected[0].what and "1 columns" in loaded.rejected[1].what
    assert parse_elements("line1,line2\n").rejected[0].what == "there is no element set in this table"


@given(st.text(max_size=200))
def test_nothing_breaks_it(rest: str) -> None:
    loaded = parse_elements("name,tle_line1,tle_line2\n" + rest)
    assert all(bad.line >= 1 and bad.what for bad in loaded.rejected)


@pytest.mark.needs_shared_data
def test_histories_of_the_shared_data(shared_data: Path) -> None:
    text = (shared_data / "orbits" / "malligyong1_tles.csv").read_text("utf-8")
    loaded = parse_elements(text)
    assert len(loaded.elements) == len(text.splitlines()) - 1 and not loaded.rejected
    assert {one.norad_id for one in loaded.elements} == {58400}
