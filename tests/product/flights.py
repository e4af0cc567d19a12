"""Floods as they reach the products in earnest: a simulated site, pictured from orbit, received and put on the map.

The picture from before is flown as well, with its own errors of position, under a clear sky.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.archive.assemble import assemble
from swath.archive.geolocation import measure_geolocation
from swath.archive.grids import place_grid
from swath.archive.ortho import orthorectify
from swath.archive.receive import receive
from swath.fly.downlink import encode_picture, transmit
from swath.fly.pushbroom import Exposure, take_picture
from swath.fly.truth import Truth, reference_picture, truth_on
from swath.fly.weather import SimulatedWeather, true_cloud_cover
from swath.fly.world import Site, Sky, make_site, make_sky
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
    rng = np.random.default_rng([seed, 0xF100D])
    roll_deg = rng.uniform(-25.0, 25.0)
    after_s = rng.uniform(-60.0, 120.0)
    middle = later(START, after_s)
    place = _place(roll_deg, middle, width_m, height_m)
    site = make_site(place, "flood", 0.0, seed)
    sun_deg = tuple(float(a) for a in sun_angles_deg(place.lon_deg, place.lat_deg, middle, EOP))
    if cover is None:
        cover = float(true_cloud_cover(SimulatedWeather(seed), lon_deg=place.lon_deg, lat_deg=place.lat_deg, at=middle))
    sky = make_sky(site, cover=cover, sun_elevation_deg=sun_deg[0], sun_azimuth_deg=sun_deg[1], seed=seed)
    scene = _picture(site, sky, roll_deg, middle, sun_deg, seed, flooded=True)
    before = _picture(site, None, roll_deg, middle, sun_deg, seed + 500_000, flooded=False)
    return Flown(site, scene, before, truth_on(site, scene.grid, sky=sky), cover)


def _place(roll_deg: float, middle: np.datetime64, width_m: float, height_m: float) -> Place:
    r_m, v_m_s = Circle().states(np.array([middle]))
    sight = np.einsum("lij,i->lj", orbital_axes(r_m, v_m_s), boresight(roll_deg, 0.0))
    ground_m = ray_to_ellipsoid(r_m, sight)
    lon_deg, lat_deg, _ = geodetic_from_itrf(ground_m[0])
    return Place.box("flood-01", lon_deg=float(lon_deg), lat_deg=float(lat_deg), width_m=width_m, height_m=height_m)


def _picture(
    site: Site,
    sky: Sky | None,
    roll_deg: float,
    middle: np.datetime64,
    sun_deg: tuple[float, float],
    seed: int,
    *,
    flooded: bool,
) -> Scene:
    camera, orbit = satellite(signal_to_noise=90.0), Circle()
    r_m, v_m_s = orbit.states(np.array([middle]))
    shape = picture_shape(
        camera, r_m[0], v_m_s[0], roll_deg=roll_deg, pitch_deg=0.0, outline_m=outline_itrf_m(site.place, 0.0)
    )
    off_deg = np.random.default_rng([seed, 3]).normal(0.0, camera.agility.pointing_sigma_deg, 3)
    exposure = Exposure(
        acquisition=f"a{seed}",
        request=site.place.id,
        start=later(middle, -float(shape.duration_s) / 2.0),
        lines=int(shape.lines),
        columns=int(shape.columns),
        line_period_s=float(shape.line_period_s),
        roll_deg=roll_deg + off_deg[0],
        pitch_deg=off_deg[1],
        yaw_deg=off_deg[2],
        sun_elevation_deg=sun_deg[0],
    )
    picture = take_picture(site, sky, camera, orbit, exposure, seed=seed, flooded=flooded)
    sent = transmit(encode_picture(picture, camera, 1), camera, first_frame=0, loss=0.0, seed=0)
    (received,) = assemble([receive(sent.data)])
    grid = place_grid(site.place, 0.0, pixel_m=5.0)
    pixels = orthorectify(received, grid, eop=EOP).pixels
    return replace(
        scene_of(pixels, grid, f"a{seed}"),
        sun_elevation_deg=sun_deg[0],
        sun_azimuth_deg=sun_deg[1],
        ce90_m=_ce90(site, pixels, grid, camera, r_m[0]),
    )


def _ce90(site: Site, pixels: npt.NDArray[np.uint16], grid: Grid, camera: Satellite, r_m: np.ndarray) -> Estimate:
    control = reference_picture(site, grid, bands=("nir",))[0]
    sigma_m = np.radians(camera.agility.knowledge_sigma_deg) * (np.linalg.norm(r_m) - 6371e3)
    return measure_geolocation(pixels[3], control, grid, expected_ce90_m=2.146 * float(sigma_m)).ce90_m
