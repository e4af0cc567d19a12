"""Path and row of published Landsat scenes, and the day a path is flown in the USGS acquisition calendar.

``acquisitions.csv``: ids of Landsat 8 and 9 scenes (USGS, collection 2), whose path and row stand in the id, with an
archived element set of the same satellite. Calendar: USGS ``cycles_full.json``, entries of 2025; Landsat 8 flies path 1
on days (day - 2025-01-01) mod 16 = 13, path 2 on 4, ... (read 2026-11-26 in a public derivation of that file), Landsat
9 eight days later.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from swath.claim.looks import approaches
from swath.cli.claim_check import sets_of
from swath.model import Place
from swath.orbit.elements import newest_for, parse_tle
from swath.sources.eop import packaged_eop
from swath.time import parse_utc
from swath.watch.wrs import path_and_row

pytestmark = pytest.mark.needs_shared_data
CALENDAR_DAYS = (13, 4, 11, 2, 9, 0, 7, 14, 5, 12, 3, 10, 1, 8, 15, 6)
"""of Landsat 8, paths 1 to 16, modulo 16 from 2025-01-01"""


def test_published_scenes_lie_on_the_path_and_row_of_their_id(shared_data: Path) -> None:
    text = (shared_data / "orbits" / "acquisitions.csv").read_text("utf-8")
    scenes = [row for row in csv.DictReader(text.splitlines()) if row["platform"].startswith("landsat")]
    assert len(scenes) > 25
    for row in scenes:
        elements = parse_tle(f"{row['line1']}\n{row['line2']}\n", source="").elements[0]
        path, line = path_and_row(elements, parse_utc(row["datetime"].replace("+00:00", "Z")), packaged_eop())
        said = row["item_id"].split("_")[2]
        assert (path, line) == (int(said[:3]), int(said[3:])), row["item_id"]


def test_paths_are_flown_on_the_days_of_the_published_calendar(shared_data: Path) -> None:
    start = np.datetime64("2026-05-01T00:00:00", "ns")
    sets = sets_of([str(shared_data / "orbits" / "eo_satellites.tle")])
    fleet = [one for one in newest_for(sets, start).values() if one.norad_id in (39084, 49260)]
    assert len(fleet) == 2
    place = Place.point("Brazil", lon_deg=-52.0, lat_deg=5.0)  # between paths 226 and 16
    held = 0
    for one in fleet:
        late = 0 if one.norad_id == 39084 else 8
        for near in approaches(one, place, start, start + np.timedelta64(16, "D"), packaged_eop()):
            path, row = path_and_row(one, near.time, packaged_eop())
            if path <= 16 and row < 122:
                day = int((near.time - np.datetime64("2025-01-01T00:00:00", "ns")) / np.timedelta64(1, "D"))
                assert (day - late) % 16 == CALENDAR_DAYS[path - 1], (one.name, path, near.time)
                held += 1
    assert held >= 4
