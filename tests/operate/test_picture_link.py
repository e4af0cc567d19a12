"""Pictures of camera and radar through the whole chain: compressed, over lossy passes by CFDP, opened on the ground."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from swath.archive.cog import read_cog, write_cog
from swath.archive.incoming import IncomingFiles
from swath.archive.mark import is_marked
from swath.archive.ortho import orthorectify
from swath.archive.picture import RadarHeader, picture_counts, require_header, require_radar_header
from swath.archive.radar import build_radar_scene, map_radar
from swath.archive.scene import file_stem
from swath.archive.source_packets import picture_in
from swath.archive.stac import amplitude_bands, catalog, collection, item, item_path, raster_asset
from swath.archive.stac_check import problems
from swath.errors import DataError
from swath.fly.channel import Channel
from swath.fly.compress import Compression
from swath.fly.outbox import Outbox
from swath.fly.picture import Picture
from swath.fly.sar import scan_radar
from swath.fly.scanner import scan
from swath.fly.source_packets import encode_picture
from swath.fly.world import make_world
from swath.fly.world_truth import heights_on
from swath.model import Grid
from swath.operate.file_link import LinkTerms, hold_file_contact
from swath.sources.eop import packaged_eop
from swath.spacecraft.link_format import KIND_STRIPS, SECONDARY
from tests.fly.craft import place_in_view, satellite
from tests.fly.test_sar import ORBIT, RADAR, place_for, shot
from tests.fly.test_scanner import bare_world, craft
from tests.fly.test_scanner import shot as camera_shot

SPACE, GROUND = 77, 9
COMPRESSIONS = [None, Compression("jpegls", strip_lines=32), Compression("aec"), Compression("jpeg2000", 3.0)]


@pytest.fixture(scope="module")
def echoes() -> Picture:
    taken = shot(150, 200)
    world = make_world(place_for(taken), extent_m=1500.0, seed=4, relief_m=60.0, pixel_m=1.0, margin_m=600.0)
    return scan_radar(world, "S-1", ORBIT, taken, RADAR, seed=1)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_radar_picture_goes_the_whole_way(echoes: Picture, compression: Compression | None, tmp_path: Path) -> None:
    packets = encode_picture(echoes, satellite(), 5, compression=compression)
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    space.add("x-1_SIMULATED.packets", np.frombuffer(b"".join(packets), np.uint8))
    terms = LinkTerms(rate_bit_s=1e6, uplink_bit_s=64e3, channel=Channel(0.1, 4.0), uplink_loss=0.1)
    for number in range(6):
        start_s = 5700.0 * number
        hold_file_contact(
            space, ground, terms, start_s=start_s, stop_s=start_s + 3.0, seed=number, recorded=lambda data: None
        )
    (file,) = ground.received
    received = picture_in(file.path.read_bytes(), spacecraft=SPACE)
    header = require_radar_header(received)
    assert received.complete and header.simulated and header.acquisition == "x-1"
    lossless = compression is None or compression.bits_per_sample is None
    difference = np.abs(picture_counts(received).astype(int) - echoes.pixels)
    assert difference.max() == 0 if lossless else 0 < difference.mean() < 120
    world = make_world(place_for(shot(150, 200)), extent_m=1500.0, seed=4, relief_m=60.0, pixel_m=1.0, margin_m=600.0)
    centre = world.west_m + world.width_m / 2.0, world.north_m - world.height_m / 2.0
    grid = Grid(world.epsg, centre[0] - 300.0, centre[1] + 300.0, 5.0, 120, 120)
    scene = build_radar_scene(
        received, station="SVAL", received=np.datetime64("2026-05-08T11:00", "ns"), eop=packaged_eop(),
        position_sigma_m=1.0, velocity_sigma_m_s=0.01, grid=grid, heights_m=heights_on(world, grid),
    )  # fmt: skip
    assert scene.simulated and scene.bands == ("vv",) and scene.properties["seen_fraction"] == 1.0
    assert 2.5 < scene.ce90_m.value < 5.0 and "not measured" in scene.ce90_m.because
    folder = tmp_path / item_path("scenes", scene.id).parent
    folder.mkdir(parents=True)
    stem = file_stem(scene.id, simulated=scene.simulated)
    tif = write_cog(
        folder / f"{stem}.tif", {"vv": scene.pixels[0]}, grid, nodata=0, simulated=True, description="radar"
    )
    assert is_marked(tif)
    inside = read_cog(tif)
    assert np.array_equal(inside.layers["vv"], scene.pixels[0])
    asset = raster_asset(
        tif, folder, grid, bands=amplitude_bands(scene), title="amplitude", roles=["data"], simulated=True
    )
    entry = item(scene, {"data": asset}, collection_id="scenes", created=scene.received)
    assert entry["properties"]["instruments"] == ["radar"] and entry["properties"]["swath:simulated"] is True
    (folder / f"{scene.id}.json").write_text(json.dumps(entry))
    group = collection("scenes", [entry], title="Scenes", description="x")
    top = catalog("run", [group], title="Run", description="x")
    (tmp_path / "scenes" / "collection.json").write_text(json.dumps(group))
    (tmp_path / "catalog.json").write_text(json.dumps(top))
    assert problems(entry, folder) == []


def test_a_hole_in_a_compressed_picture_costs_the_strips_that_it_touches(echoes: Picture) -> None:
    packets = list(encode_picture(echoes, satellite(), 5, compression=Compression("jpegls", strip_lines=30)))
    lost = [k for k, p in enumerate(packets) if SECONDARY.unpack_from(p, 6)[3:] == (KIND_STRIPS, 4)]
    packets[lost[0]] = bytes(len(packets[lost[0]]))
    received = picture_in(b"".join(packets), spacecraft=SPACE)
    counts = picture_counts(received)[0]
    gone = (counts == 0).all(1)
    # A lost packet touches one strip, or two; chunks of 2,048 samples at their ends go with them.
    assert 30 <= gone.sum() <= 60 + 22 and not received.complete
    assert np.array_equal(counts[counts > 0], echoes.pixels[0][counts > 0])
    assert picture_in(b"".join(packets[:4]), spacecraft=SPACE).missing_fraction == 1.0


def test_camera_and_radar_are_not_taken_for_each_other(echoes: Picture) -> None:
    radar = picture_in(b"".join(encode_picture(echoes, satellite(), 5)), spacecraft=SPACE)
    assert isinstance(radar.header, RadarHeader)
    with pytest.raises(DataError, match="no lines of sight"):
        orthorectify(radar, eop=packaged_eop())
    wanted = camera_shot(64, 64)
    world = bare_world(place_in_view(wanted, ORBIT))
    taken = scan(world, craft(), ORBIT, wanted, seed=1)
    small = Compression("jpegls")
    camera = picture_in(b"".join(encode_picture(taken, craft(), 6, compression=small)), spacecraft=SPACE)
    assert camera.complete and np.array_equal(picture_counts(camera), taken.pixels)
    assert require_header(camera).band_row_px == tuple(taken.header["band_row_px"])
    with pytest.raises(DataError, match="a camera took it"):
        map_radar(camera, Grid(32632, 0.0, 0.0, 5.0, 9, 9), heights_m=0.0)
