"""Floods and fields as they reach the products in earnest: simulated sites, pictured from orbit, received and put on
the map. The picture from before a flood is flown as well, with its own errors of position, under a clear sky.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.archive.geolocation import measure_geolocation
from swath.archive.grids import map_from_geodetic, place_grid
from swath.archive.ortho import orthorectify
from swath.archive.source_packets import picture_in
from swath.fly.motion import Exposure
from swath.fly.pushbroom import take_picture
from swath.fly.site import Site, Sky, make_site, make_sky
from swath.fly.source_packets import encode_picture
from swath.fly.truth import Truth, field_places, field_truth, reference_picture, truth_on
from swath.fly.weather import SimulatedWeather, true_cloud_cover
from swath.frames import geodetic_from_itrf, orbital_axes, ray_to_ellipsoid
from swath.model import Estimate, Grid, Place, Scene
from swath.orbit.sun import sun_angles_deg
from swath.sources.eop import packaged_eop
from swath.spacecraft import Satellite, boresight
from swath.spacecraft.picture import outline_itrf_m, picture_shape
from swath.time import later
from tests.fly.craft import START, Circle, satellite
from tests.product.simulated import scene_of

EOP = packaged_eop()


@dataclass(frozen=True)
class Flown:
    """A flood, pictured, with its truth on the scene's grid."""

    site: Site
    scene: Scene
    before: Scene
    truth: Truth
    cover: float
    """share of the sky that was covered"""

    @property
    def flooded_km2(self) -> float:
        return float(self.truth.flood_percent.sum(dtype=np.float64)) / 100.0 * self.scene.grid.pixel_area_km2


def fly_flood(seed: int, width_m: float, height_m: float, *, cover: float | None = None) -> Flown:
    """One flood under a sky as the simulated weather brings it (or of the ``cover`` asked for)."""
    look = _look(seed)
    place = Place.box("flood-01", lon_deg=look.lon_deg, lat_deg=look.lat_deg, width_m=width_m, height_m=height_m)
    site = make_site(place, "flood", 0.0, seed)
    if cover is None:
        weather = SimulatedWeather(seed)
        cover = float(true_cloud_cover(weather, lon_deg=look.lon_deg, lat_deg=look.lat_deg, at=look.middle))
    sky = _sky(site, look, cover, seed)
    scene = _picture(site, sky, look, 0.0, seed, flooded=True)
    before = _picture(site, None, look, 0.0, seed + 500_000, flooded=False)
    return Flown(site, scene, before, truth_on(site, scene.grid, sky=sky), cover)


def fly_fields(seed: int, *, cover: float) -> tuple[Scene, dict[str, np.ndarray], dict[str, float]]:
    """2 x 2 km of farm land: the scene, the fields' outlines in its metres, and their true NDVI as seen from space."""
    look = _look(seed)
    place = Place.point("farm", lon_deg=look.lon_deg, lat_deg=look.lat_deg)
    site = make_site(place, "field", 2000.0, seed)
    scene = _picture(site, _sky(site, look, cover, seed), look, 2000.0, seed, flooded=False)
    outlines = {}
    for field in field_places(site):
        lon_deg, lat_deg = np.array(field.ring).T
        outlines[field.id] = np.column_stack(map_from_geodetic(scene.grid.epsg, lon_deg=lon_deg, lat_deg=lat_deg))
    truth = field_truth(site)
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


def _sky(site: Site, look: _Look, cover: float, seed: int) -> Sky:
    return make_sky(site, cover=cover, sun_elevation_deg=look.sun_deg[0], sun_azimuth_deg=look.sun_deg[1], seed=seed)


def _picture(site: Site, sky: Sky | None, look: _Look, extent_m: float, seed: int, *, flooded: bool) -> Scene:
    camera, orbit = satellite(signal_to_noise=90.0), Circle()
    r_m, v_m_s = orbit.states(np.array([look.middle]))
    shape = picture_shape(
        camera, r_m[0], v_m_s[0], roll_deg=look.roll_deg, pitch_deg=0.0, outline_m=outline_itrf_m(site.place, extent_m)
    )
    off_deg = np.random.default_rng([seed, 3]).normal(0.0, camera.agility.pointing_sigma_deg, 3)
    exposure = Exposure(
        acquisition=f"a{seed}",
        request=site.place.id,
        start=later(look.middle, -float(shape.duration_s) / 2.0),
        lines=int(shape.lines),
        columns=int(shape.columns),
        line_period_s=float(shape.line_period_s),
        roll_deg=look.roll_deg + off_deg[0],
        pitch_deg=off_deg[1],
        yaw_deg=off_deg[2],
        sun_elevation_deg=look.sun_deg[0],
    )
    picture = take_picture(site, sky, camera, orbit, exposure, seed=seed, flooded=flooded)
    received = picture_in(b"".join(encode_picture(picture, camera, 1)), spacecraft=camera.radio.spacecraft_id)
    grid = place_grid(site.place, extent_m, pixel_m=5.0)
    pixels = orthorectify(received, grid, eop=EOP).pixels
    return replace(
        scene_of(pixels, grid, f"a{seed}"),
        sun_elevation_deg=look.sun_deg[0],
        sun_azimuth_deg=look.sun_deg[1],
        ce90_m=_ce90(site, pixels, grid, camera, r_m[0]),
    )


def _ce90(site: Site, pixels: npt.NDArray[np.uint16], grid: Grid, camera: Satellite, r_m: np.ndarray) -> Estimate:
    control = reference_picture(site, grid, bands=("nir",))[0]
    sigma_m = np.radians(camera.agility.knowledge_sigma_deg) * (np.linalg.norm(r_m) - 6371e3)
    return measure_geolocation(pixels[3], control, grid, expected_ce90_m=2.146 * float(sigma_m)).ce90_m
