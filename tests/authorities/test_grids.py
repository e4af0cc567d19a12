"""Paths, rows, relative orbits, repeat cycles and local times, as the missions themselves give them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from swath.orbit.elements import parse_tle
from swath.orbit.grids import TrackGrid, grid_of, relative_orbit, wrs2_path_row
from swath.orbit.node import local_times_of_node
from swath.orbit.repeat import repeat_cycle, repeats
from swath.sources.eop import packaged_eop
from swath.time import parse_utc
from tests.authorities.test_acquisitions import TYPED

CYCLES = {
    # orbits, days: Landsat 233/16 (USGS), Sentinel-1 175/12, -2 143/10, -3 385/27 (ESA)
    **dict.fromkeys((39084, 49260), (233, 16)),
    **dict.fromkeys((39634, 62261, 66315), (175, 12)),
    **dict.fromkeys((40697, 42063, 60989), (143, 10)),
    **dict.fromkeys((41335, 43437), (385, 27)),
}


def scenes(folder: Path) -> list[dict[str, str]]:
    with (folder / "orbits" / "acquisitions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def named_orbit(item: str) -> int | None:
    """What a Sentinel item's own name says of its relative orbit."""
    if found := re.search(r"_R(\d{3})_", item):
        return int(found[1])
    if found := re.match(r"S1A_.*_(\d{6})_[0-9A-F]{6}", item):
        return (int(found[1]) - 73) % 175 + 1  # ESA: from the absolute orbit of Sentinel-1A
    if item.startswith("S3A") and (found := re.search(r"_\d{4}_\d{3}_(\d{3})_", item)):
        return int(found[1])
    return None


def test_a_typed_landsat_scene() -> None:
    (elements,) = parse_tle(TYPED[0]["line1"] + "\n" + TYPED[0]["line2"]).elements
    path, row = wrs2_path_row(elements, parse_utc(TYPED[0]["datetime"]), packaged_eop())
    assert (int(path), int(row)) == (45, 34)  # LC08_L2SP_045034_20170723_02_T1


@pytest.mark.needs_shared_data
def test_paths_and_rows_of_every_landsat_scene(shared_data: Path) -> None:
    rows = [row for row in scenes(shared_data) if row["platform"].startswith("landsat")]
    assert len(rows) == 28
    for scene in rows:
        (elements,) = parse_tle(scene["line1"] + "\n" + scene["line2"]).elements
        assert grid_of(elements.norad_id) == "WRS-2"
        path, row = wrs2_path_row(elements, parse_utc(scene["datetime"]), packaged_eop())
        assert re.search(f"_{int(path):03d}{int(row):03d}_", scene["item_id"])


@pytest.mark.needs_shared_data
def test_relative_orbits_of_every_scene_that_names_its_own(shared_data: Path) -> None:
    seen = 0
    for scene in scenes(shared_data):
        if (number := named_orbit(scene["item_id"])) is None:
            continue
        (elements,) = parse_tle(scene["line1"] + "\n" + scene["line2"]).elements
        grid = grid_of(elements.norad_id)
        assert isinstance(grid, TrackGrid)
        found, off_deg = relative_orbit(elements, parse_utc(scene["datetime"]), packaged_eop(), grid)
        assert (int(found), scene["item_id"]) == (number, scene["item_id"])
        assert abs(float(off_deg)) < 0.05
        seen += 1
    assert seen == 8


@pytest.mark.needs_shared_data
def test_repeat_cycles(shared_data: Path) -> None:
    catalogue = parse_tle((shared_data / "orbits" / "eo_satellites.tle").read_text()).elements
    found = {one.norad_id: repeat_cycle(one) for one in catalogue if one.norad_id in CYCLES}
    assert {norad_id: cycle[:2] for norad_id, cycle in found.items() if cycle} == CYCLES
    (sentinel,) = (one for one in catalogue if one.norad_id == 40697)
    table = repeats(sentinel)
    assert (np.diff(np.abs(table.shift_m)) < 0).all()
    assert (np.diff(table.nodal_days) > 0).all()


@pytest.mark.needs_shared_data
def test_the_mean_local_time_of_malligyong_stands_still(shared_data: Path) -> None:
    """10.01 h through 2024 by the mean sun (``malligyong1_tles.csv``); by the apparent one as its rows say."""
    with (shared_data / "orbits" / "malligyong1_tles.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["epoch_utc"] < "2025"]
    for row in rows:
        (elements,) = parse_tle(row["line1"] + "\n" + row["line2"]).elements
        mean, apparent = local_times_of_node(elements, elements.epoch, packaged_eop())
        # the file names the half of the orbit that is at ten in the morning, whichever node that is
        assert float(mean) % 12.0 == pytest.approx(float(row["ltan_mean_sun_h"]) % 12.0, abs=0.01)
        assert float(mean) % 12.0 == pytest.approx(10.01, abs=0.03)
        assert float(apparent) % 12.0 == pytest.approx(float(row["ltan_apparent_sun_h"]) % 12.0, abs=0.02)
