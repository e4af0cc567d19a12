"""Broken detectors: what reads nothing but 0 or full scale becomes a hole and is named, everything else stays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.archive.camera import camera_of
from swath.archive.columns import FULL_COUNT, Broken, clear_broken
from swath.archive.ortho import orthorectify
from swath.archive.picture import ReceivedPicture, band_counts
from swath.archive.rpc import fit_rpc
from swath.archive.sensor_picture import sensor_assets, write_sensor_picture
from swath.archive.source_packets import picture_in
from swath.errors import InputError
from swath.fly.scanner import scan
from swath.fly.source_packets import encode_picture
from swath.sources.eop import packaged_eop
from swath.spacecraft import Satellite
from swath.store.mission import read_mission
from tests.fly.craft import place_in_view
from tests.fly.test_scanner import ORBIT, bare_world, craft, middle_m, panel, shot, square

columns = st.sets(st.integers(0, 39), max_size=6)


@settings(max_examples=30)
@given(dead=columns, hot=columns, seed=st.integers(0, 999), lines=st.integers(32, 300), missing=st.integers(0, 31))
def test_broken_columns_are_found_and_nothing_else_is_touched(
    dead: set[int], hot: set[int], seed: int, lines: int, missing: int
) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, FULL_COUNT, (lines + missing, 40), dtype=np.uint16)
    counts[rng.integers(0, lines + missing, 50), rng.integers(0, 40, 50)] = FULL_COUNT  # bright, not broken
    counts[0] = 1  # some lines are not bright
    counts[:, sorted(hot)] = FULL_COUNT
    counts[:, sorted(dead)] = 0
    counts[lines:] = 0  # lost frames
    before = counts.copy()
    found = clear_broken(counts)
    assert found == Broken(tuple(sorted(dead)), tuple(sorted(hot - dead)))
    assert not counts[:, sorted(hot)].any()
    kept = sorted(set(range(40)) - hot)
    assert np.array_equal(counts[:, kept], before[:, kept])


@pytest.mark.parametrize("lines", [1, 31])
def test_a_few_bright_lines_are_no_broken_detectors_and_an_empty_picture_has_none(lines: int) -> None:
    bright = np.full((lines, 9), FULL_COUNT, np.uint16)
    assert clear_broken(bright) == Broken() and (bright == FULL_COUNT).all()
    assert clear_broken(np.zeros((100, 9), np.uint16)) == Broken()


@pytest.fixture(scope="module")
def taken() -> tuple[ReceivedPicture, Satellite]:
    """A grey field by a camera of which a fiftieth of the columns is dead, and as many hot; one packet is lost."""
    wanted = shot(150, 400)
    satellite = craft()
    optics = replace(satellite.camera, dead_share=0.02, hot_share=0.02)
    satellite = replace(satellite, optics=optics)
    world = bare_world(place_in_view(wanted, ORBIT))
    world = world.with_edits([panel(world, "grey", square(middle_m(world), 1500.0), 0.24)])
    packets = list(encode_picture(scan(world, satellite, ORBIT, wanted, seed=2), satellite, 6))
    return picture_in(b"".join(packets[:-20] + packets[-19:]), spacecraft=1), satellite


def test_they_are_holes_on_the_map_and_named_in_the_picture_s_file(
    taken: tuple[ReceivedPicture, Satellite], tmp_path: Path
) -> None:
    picture, _ = taken
    raw = np.stack([band_counts(picture, band) for band in range(4)])
    dead, hot = (raw == 0).all(1), ((raw == 0) | (raw == FULL_COUNT)).all(1) & (raw == FULL_COUNT).any(1)
    assert (dead.sum(1) > 0).all() and (hot.sum(1) > 0).all() and not picture.complete
    rpc = fit_rpc(camera_of(picture), low_m=-50.0, high_m=150.0)
    path = write_sensor_picture(tmp_path / "p_SIMULATED.tif", picture, rpc, simulated=True)
    bands = sensor_assets(path, picture, rpc, simulated=True)["sensor"]["bands"]
    assert json.loads(json.dumps(bands)) == bands
    for band, entry in enumerate(bands):
        assert entry["swath:dead_columns"] == np.flatnonzero(dead[band]).tolist()
        assert entry["swath:hot_columns"] == np.flatnonzero(hot[band]).tolist()
    with rasterio.open(path) as file:
        wide = (file.width - raw.shape[2]) // 2
        inside = file.read()[:, wide : wide + raw.shape[1], wide : wide + raw.shape[2]]
    assert not inside[dead[:, None, :] & np.ones_like(inside, bool)].any()
    assert not inside[hot[:, None, :] & np.ones_like(inside, bool)].any()
    assert (inside[(~dead & ~hot)[:, None, :] & (raw > 0)] > 0).all()
    # On the map nothing is brighter than the field: what the hot columns read is gone, holes are where they were.
    ortho = orthorectify(picture, eop=packaged_eop(), pixel_m=2.0)
    seen = ortho.pixels[ortho.pixels > 0]
    assert np.quantile(seen, 0.9999) < 1.6 * np.median(seen)
    assert ((ortho.pixels == 0).sum((1, 2)) > 0).all()


def test_a_mission_may_have_broken_detectors_but_not_a_broken_camera(repo: Path, tmp_path: Path) -> None:
    text = (repo / "examples" / "orders" / "mission.toml").read_text("utf-8")
    (tmp_path / "orders.geojson").write_text((repo / "examples" / "orders" / "orders.geojson").read_text("utf-8"))
    for share, good in ((0.02, True), (0.5, False)):
        file = tmp_path / "mission.toml"
        file.write_text(text.replace("signal_to_noise = 90", f"signal_to_noise = 90\nhot_share = {share}"), "utf-8")
        if good:
            optics = read_mission(file).satellites[0].camera
            assert (optics.hot_share, optics.dead_share) == (0.02, 0.0)
        else:
            with pytest.raises(InputError, match="hot_share"):
                read_mission(file)
