"""Published acquisition plans are read as operators write them; what is wrong is said, entry by entry."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import SwathError
from swath.watch.published import read_plan
from tests.watch.made_plans import landsat_json, sentinel_kml

BOX = "29,50,0 31,50,0 31,51,0 29,51,0 29,50,0"


@pytest.mark.parametrize("inside", [True, False])
def test_a_sentinel_plan_gives_satellite_times_mode_and_outline(inside: bool) -> None:
    plan = read_plan(
        sentinel_kml("S1A", "2026-05-08T04:00:00.000", "2026-05-08T04:05:00.000", BOX, inside=inside),
        source="S1A_MP_USER.kml",
    )
    (take,) = plan.takes
    assert take.norad_id == 39634 and take.mode == "IW DV" and plan.left_out == ()
    assert take.start == np.datetime64("2026-05-08T04:00:00", "ns")
    assert take.covers(30.0, 50.5) and not take.covers(30.0, 51.5) and not take.covers(32.0, 50.5)
    assert plan.span(39634) == (take.start, take.stop) and plan.span(40697) is None


def test_an_outline_over_the_date_line_holds_what_lies_on_both_sides() -> None:
    ring = "179,50 -179,50 -179,51 179,51 179,50"
    (take,) = read_plan(sentinel_kml("S2B", "2026-05-08T04:00:00", "2026-05-08T04:05:00", ring), source="x").takes
    assert take.covers(179.5, 50.5) and take.covers(-179.5, 50.5) and not take.covers(178.0, 50.5)


def test_the_satellite_may_stand_in_the_name_of_the_file() -> None:
    content = sentinel_kml("", "2026-05-08T04:00:00", "2026-05-08T04:05:00", BOX)
    assert read_plan(content, source="Sentinel-2A_MP_ACQ_KML_20260507.kml").takes[0].norad_id == 40697
    with pytest.raises(SwathError, match="no planned picture"):
        read_plan(content, source="plan.kml")


def test_landsats_calendar_is_read_as_json_csv_and_text() -> None:
    forms = {
        "cycles_full.json": landsat_json("5/8/2026", "1, 17,233"),
        "landsat-8.csv": b"date,path\n2026-05-08,1\n2026-05-08,17\n2026-05-08,233\n",
        "L8.txt": b"# of USGS\n5/8/2026 1\n5/8/2026\t17\n5/8/2026 233\n",
    }
    for name, content in forms.items():
        takes = read_plan(content, source=name).takes
        assert [(one.path, one.row) for one in takes] == [(1, None), (17, None), (233, None)], name
        assert {one.norad_id for one in takes} == {39084}
        assert {one.start for one in takes} == {np.datetime64("2026-05-08", "ns")}


def test_rows_and_satellites_of_a_table_and_what_is_left_out() -> None:
    content = b"path,row,satellite,date\n181,25,Landsat 9,2026-05-08\n300,1,Landsat 9,2026-05-08\n1,1,Spot,2026-05-08\n"
    plan = read_plan(content, source="calendar.csv")
    assert [(t.norad_id, t.path, t.row) for t in plan.takes] == [(49260, 181, 25)]
    assert len(plan.left_out) == 2 and "WRS-2" in plan.left_out[0] and "which satellite" in plan.left_out[1]


@pytest.mark.parametrize(
    "content",
    [b"", b"<kml>", b"{", b"{}", b"\xff\xfe\x00", b'<!DOCTYPE a [<!ENTITY b "c">]><kml/>', b"date,path\n", b"hello"],
)
def test_what_is_no_plan_is_refused(content: bytes) -> None:
    with pytest.raises(SwathError):
        read_plan(content, source="landsat-8")


@settings(max_examples=40)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with suppress(SwathError):
        read_plan(content, source="landsat-8")


@settings(max_examples=40)
@given(st.integers(0, 1200), st.binary(min_size=1, max_size=4))
def test_no_damage_to_a_plan_breaks_the_reader(at: int, junk: bytes) -> None:
    whole = sentinel_kml("S1A", "2026-05-08T04:00:00", "2026-05-08T04:05:00", BOX)
    with suppress(SwathError):
        read_plan(whole[: at % len(whole)] + junk + whole[at % len(whole) + len(junk) :], source="S1A.kml")
