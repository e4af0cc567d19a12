"""Take pictures of a simulated land before and after a flood, a fire and a new hall; by camera, and by radar at night.

    python examples/pictures/picture.py OUT_DIR [SIZE_M]

writes quicklooks, the first picture as the camera saw it with its RPC, its map over the relief, and the truth of what
has changed. Everything is simulated, and says so in names, pixels and tags. About a minute the first time (kernels are
compiled), then some ten seconds.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from swath.archive.camera import camera_of
from swath.archive.ortho import orthorectify
from swath.archive.quicklook import natural_colour, radar_grey, write_quicklook
from swath.archive.radar import map_radar
from swath.archive.rpc import fit_rpc
from swath.archive.sensor_picture import write_sensor_picture
from swath.archive.source_packets import picture_in
from swath.fly.change import add_building, burn, raise_water
from swath.fly.compress import Compression
from swath.fly.pictures import take_picture
from swath.fly.source_packets import encode_picture
from swath.fly.world import make_world
from swath.fly.world_truth import edit_shares, heights_on
from swath.frames import geodetic_from_itrf, orbital_axes, ray_to_ellipsoid
from swath.model import Acquisitions, Grid, Place
from swath.orbit.ephemeris import Sgp4Ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.sources.eop import packaged_eop
from swath.spacecraft.sar import Radar
from swath.store.mission import read_mission

MISSION = Path(__file__).resolve().parents[1] / "flood" / "mission.toml"


def main(folder: Path, size_m: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    eop = packaged_eop()
    base = read_mission(MISSION).satellites[0]
    # The flood example's first satellite with a longer lens: 2 m from 600 km.
    satellite = replace(base, optics=replace(base.optics, focal_length_m=2.4, detectors=12000, signal_to_noise=120.0))
    ephemeris = Sgp4Ephemeris(base.elements, eop)
    at, roll_deg = np.datetime64("2026-05-08T09:30:00", "ns"), 12.0
    # A place right of the track, by day.
    for _ in range(200):
        r, v = ephemeris.states(np.array([at]))
        down = np.array([0.0, np.sin(np.radians(roll_deg)), np.cos(np.radians(roll_deg))])
        lon, lat, _ = geodetic_from_itrf(ray_to_ellipsoid(r[0], orbital_axes(r, v)[0].T @ down))
        if float(sun_angles_deg(float(lon), float(lat), at, eop)[0]) > 40.0 and 20.0 < float(lat) < 60.0:
            break
        at += np.timedelta64(60, "s")
    place = Place.point("valley", lon_deg=float(lon), lat_deg=float(lat))
    world = make_world(place, extent_m=size_m, seed=37, relief_m=220.0)
    day = np.timedelta64(1, "D")
    changes = [
        raise_water(world, "flood", rise_m=2.5, since=at - day),
        burn(
            world, "fire", lon_deg=place.lon_deg + 0.008, lat_deg=place.lat_deg + 0.006, radius_m=350.0, since=at - day
        ),
        add_building(
            world, "hall", lon_deg=place.lon_deg, lat_deg=place.lat_deg, length_m=180.0, width_m=90.0, height_m=15.0,
            heading_deg=30.0, since=at - day,
        ),
    ]  # fmt: skip
    changed = world.with_edits(changes)
    row = {"id": "a-1", "request": "r-1", "satellite": satellite.id, "start": at, "middle": at, "stop": at}
    numbers = dict.fromkeys(
        ("off_nadir_deg", "sun_elevation_deg", "gsd_m", "p_clear", "value", "data_bit", "pitch_deg"), 0.0
    )
    acquisition = Acquisitions.from_rows([row | numbers | {"roll_deg": roll_deg, "on_ground": at, "contact": "c-1"}])
    asked = {"ephemeris": ephemeris, "eop": eop, "extent_m": size_m, "seed": 1}
    before = take_picture(world, satellite, acquisition, **asked)  # type: ignore[arg-type]
    after = take_picture(changed, satellite, acquisition, cloud_share=0.12, **asked)  # type: ignore[arg-type]
    echoes = take_picture(changed, satellite, acquisition, radar=Radar(3.0, 5.0, 6), **asked)  # type: ignore[arg-type]
    for name, picture in (("before", before), ("after", after)):
        image = natural_colour(picture.pixels, tuple(picture.header["bands"]), most_px=1400)
        write_quicklook(folder / f"{name}_SIMULATED.png", image, simulated=True, description=f"{name} the flood")
    # Down to the ground, and from here on only from bytes.
    file = b"".join(encode_picture(before, satellite, 1))
    received = picture_in(file, spacecraft=satellite.radio.spacecraft_id)
    rpc = fit_rpc(camera_of(received), low_m=-50.0, high_m=400.0)
    write_sensor_picture(folder / "sensor_SIMULATED.tif", received, rpc, simulated=True)
    side = int(size_m / 4.0)
    corner = (world.west_m + (world.width_m - size_m) / 2.0, world.north_m - (world.height_m - size_m) / 2.0)
    grid = Grid(world.epsg, round(corner[0]), round(corner[1]), 4.0, side, side)
    heights = heights_on(world, grid)
    ortho = orthorectify(received, grid, eop=eop, heights_m=heights)
    image = natural_colour(ortho.pixels, ortho.bands, most_px=1000)
    write_quicklook(folder / "map_SIMULATED.png", image, simulated=True, description="the picture on the map")
    packets = encode_picture(echoes, satellite, 2, compression=Compression("jpegls"))
    heard = picture_in(b"".join(packets), spacecraft=satellite.radio.spacecraft_id)
    amplitude = map_radar(heard, grid, heights_m=heights)
    image = radar_grey(amplitude, most_px=1000)
    write_quicklook(
        folder / "radar_SIMULATED.png", image, simulated=True, description="radar after the flood, on the map"
    )
    shares = edit_shares(changed, grid, at)
    truth = {kind: float(share.mean()) for kind, share in shares.items()} | {"simulated": True}
    (folder / "truth_SIMULATED.json").write_text(json.dumps(truth, indent=1) + "\n", "utf-8")
    print(f"RPC off by {rpc.residual_max_px:.2f} pixel at most, as the camera trembles")
    print(f"changed, per cent of the map: {truth}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 4000.0)
