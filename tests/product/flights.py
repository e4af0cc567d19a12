"""Floods and fields as they reach the products in earnest: pictured from orbit, received and put on the map.

The picture from before a flood is flown as well, with its own errors of position, under a clear sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from swath.archive.scene import build_scene
from swath.archive.source_packets import picture_in
from swath.fly.clouds import CLEAR
from swath.fly.weather import SimulatedWeather, true_cloud_cover
from swath.fly.world_truth import water_share
from swath.frames import geodetic_from_itrf, orbital_axes, ray_to_ellipsoid
from swath.model import Place, Request, Scene
from swath.operate import shot as shots
from swath.operate.downlink import Arrival, Landed
from swath.operate.shot import CONTROL_BAND, Known, Shot, disturbance_after, rings_m, shoot
from swath.orbit.sun import sun_angles_deg
from swath.sources.eop import packaged_eop
from swath.spacecraft import boresight
from swath.spacecraft.picture import outline_itrf_m, picture_shape
from swath.time import later
from tests.fly.craft import START, Circle, satellite

EOP = packaged_eop()


@dataclass(frozen=True)
class Flown:
    """A flood, pictured, with its truth."""

    scene: Scene
    before: Scene
    area: np.ndarray
    """the pixels of the scene's grid that were asked for"""
    flooded_km2: float
    """there"""
    water_percent: np.ndarray
    """of each pixel: rivers and flood"""
    cover: float
    """share of the sky that was covered"""


def fly_flood(seed: int, width_m: float, height_m: float, *, cover: float | None = None) -> Flown:
    """One flood under a sky as the simulated weather brings it (or of the ``cover`` asked for)."""
    look = _look(seed)
    place = Place.box("flood-01", lon_deg=look.lon_deg, lat_deg=look.lat_deg, width_m=width_m, height_m=height_m)
    if cover is None:
        weather = SimulatedWeather(seed)
        cover = float(true_cloud_cover(weather, lon_deg=look.lon_deg, lat_deg=look.lat_deg, at=look.middle))
    asked = _shot(place, "flood", 0.0, look, seed, seed, flooded=True)
    scene, known = _picture(asked, cover)
    before, _ = _picture(_shot(place, "flood", 0.0, look, seed, seed + 500_000, flooded=False), 0.0)
    water = water_share(shots.world_of(asked), scene.grid, asked.start)
    assert known.flood_km2 is not None
    return Flown(scene, before, asked.area, known.flood_km2, water, cover)


def fly_fields(seed: int, *, cover: float) -> tuple[Scene, dict[str, np.ndarray], dict[str, float]]:
    """2 x 2 km of farm land: the scene, the fields' outlines in its metres, and their true NDVI as seen from space."""
    look = _look(seed)
    place = Place.point("farm", lon_deg=look.lon_deg, lat_deg=look.lat_deg)
    scene, known = _picture(_shot(place, "field", 2000.0, look, seed, seed, flooded=False), cover)
    outlines = rings_m(known.fields, scene.grid)
    truth = known.fields_true
    return scene, outlines, dict(zip(truth.field.tolist(), truth.ndvi_toa.tolist(), strict=True))


@dataclass(frozen=True)
class _Look:
    middle: np.datetime64
    roll_deg: float
    lon_deg: float
    lat_deg: float
    sun_deg: tuple[float, float]


def _look(seed: int) -> _Look:
    """A drawn moment and roll, the ground in the middle of the view and the sun over it."""
    rng = np.random.default_rng([seed, 0xF100D])
    roll_deg, middle = float(rng.uniform(-25.0, 25.0)), later(START, rng.uniform(-60.0, 120.0))
    r_m, v_m_s = Circle().states(np.array([middle]))
    sight = np.einsum("lij,i->lj", orbital_axes(r_m, v_m_s), boresight(roll_deg, 0.0))
    lon_deg, lat_deg, _ = geodetic_from_itrf(ray_to_ellipsoid(r_m, sight)[0])
    sun = sun_angles_deg(lon_deg, lat_deg, middle, EOP)
    return _Look(middle, roll_deg, float(lon_deg), float(lat_deg), (float(sun[0]), float(sun[1])))


def _shot(place: Place, kind: str, extent_m: float, look: _Look, land: int, seed: int, *, flooded: bool) -> Shot:
    """A picture as a run asks for it; ``land`` is the seed of the land, ``seed`` that of its pointing."""
    camera = satellite(signal_to_noise=90.0)
    r_m, v_m_s = Circle().states(np.array([look.middle]))
    shape = picture_shape(
        camera, r_m[0], v_m_s[0], roll_deg=look.roll_deg, pitch_deg=0.0, outline_m=outline_itrf_m(place, extent_m)
    )
    off_deg = np.random.default_rng([seed, 3]).normal(0.0, camera.agility.pointing_sigma_deg, 3)
    start = later(look.middle, -float(shape.duration_s) / 2.0)
    request = Request(
        id=place.id,
        place=place,
        kind=kind,
        value=1.0,
        ordered=start,
        start=start,
        stop=later(start, 60.0),
        deadline=later(start, 60.0),
        max_off_nadir_deg=40.0,
        min_sun_elevation_deg=0.0,
        extent_m=extent_m,
    )
    range_m = float(np.linalg.norm(r_m[0])) - 6371e3
    return Shot(
        acquisition=f"a{seed}",
        request=request,
        land=place,
        satellite=camera,
        ephemeris=Circle(),
        number=1,
        start=start,
        middle=look.middle,
        commanded_deg=(look.roll_deg, 0.0),
        true_deg=(look.roll_deg + off_deg[0], off_deg[1], off_deg[2]),
        disturbance=disturbance_after(camera, np.inf),
        sun_deg=look.sun_deg,
        gsd_m=float(camera.optics.gsd_m(range_m / np.cos(np.radians(look.roll_deg)), abs(look.roll_deg))),
        p_clear=1.0,
        weather=None,
        flooded=flooded,
        seed=land,
    )


def _picture(shot: Shot, cover: float) -> tuple[Scene, Known]:
    """The scene on the map, as the ground makes it, and what is known of the place."""
    world = shots.world_of(shot)
    sky = CLEAR if cover == 0.0 else shots.sky_of(world, shot, cover)
    with TemporaryDirectory() as scratch:
        taken = shoot(shot, Path(scratch), sky=sky, cadastre=shot.request.kind == "field")
        landed = Landed("station", shot.middle, 0, 0, 0.0, taken.measured)
        arrival = Arrival(shot, taken.file, taken, landed)
        known = arrival.known()
        picture = picture_in(taken.content(), spacecraft=shot.satellite.radio.spacecraft_id)
        scene = build_scene(
            picture,
            station="station",
            received=shot.middle,
            eop=EOP,
            knowledge_sigma_deg=shot.satellite.agility.knowledge_sigma_deg,
            grid=shot.grid,
            heights_m=known.heights_m,
            control=known.control,
            control_band=CONTROL_BAND,
        )
    return scene, known
