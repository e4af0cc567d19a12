"""One simulated picture: where it is taken, under which sky, the file that comes down. Runs in worker processes."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.archive.grids import map_from_geodetic, place_grid
from swath.errors import InputError
from swath.fly.change import add_building, burn, raise_water, rise_to_cover_m
from swath.fly.clouds import CLEAR, Clouds, draw_clouds
from swath.fly.compress import Compression, Measured
from swath.fly.edits import Edit
from swath.fly.field_truth import FieldTruth, fields_of, true_fields
from swath.fly.motion import Disturbance, Exposure, disturbance_of, usual_shake
from swath.fly.picture import Strips
from swath.fly.sar import RadarExposure, scan_radar
from swath.fly.scanner import Aimed, aim, expose
from swath.fly.source_packets import encode_strips
from swath.fly.weather import SimulatedWeather, true_cloud_cover
from swath.fly.world import World, check_size, make_world, map_epsg, place_box_m, to_world
from swath.fly.world_truth import clear_map, edit_shares, heights_on
from swath.frames import itrf_from_geodetic
from swath.model import Grid, Place, Request
from swath.orbit.ephemeris import Ephemeris
from swath.product.fields import cover_polygons
from swath.spacecraft import Satellite
from swath.spacecraft.picture import PictureShape, outline_itrf_m, picture_shape, radar_ranges_m
from swath.spacecraft.sar import Radar
from swath.store.land_changes import LandChange

__all__ = [
    "CONTROL_BAND",
    "FLOOD_SHARE",
    "PIXEL_M",
    "Known",
    "Shot",
    "Taken",
    "can_draw",
    "check_land",
    "disturbance_after",
    "rings_m",
    "shoot",
    "sky_of",
    "world_of",
]

PIXEL_M = 6.0
"""of the maps"""
CONTROL_BAND = "nir"
"""shows shores and fields best, through haze"""
FLOOD_SHARE = (0.10, 0.26)
"""the water is raised until it could cover a share of the place from this range; what stands high stays dry"""
_RELIEF_M = {"field": 30.0, "watch": 60.0, "area": 60.0, "flood": 40.0}
"""hills by the kind of order"""
_JUDGED_BY_FIELDS = ("field", "area")
"""kinds of orders whose pictures are held to the true NDVI of their fields"""
_COMPRESSION = Compression("aec")
_GSD_PER_TRUTH = 4.25
_LARGE_PX = 2_000_000
"""a picture of more takes as long as dozens of others: where it is the last, the other core would stand idle"""
_CLOUD_HEIGHTS_M = (900.0, 2200.0)


@dataclass(frozen=True)
class Shot:
    """One picture to be taken: where, by whom, and how the sky is. Everything :func:`shoot` needs."""

    acquisition: str
    request: Request
    land: Place
    """what the land is drawn for: the order's place, of which the request may be a part"""
    satellite: Satellite
    ephemeris: Ephemeris
    number: int
    """picture number on board"""
    start: np.datetime64
    middle: np.datetime64
    commanded_deg: tuple[float, float]
    true_deg: tuple[float, float, float]
    disturbance: Disturbance
    sun_deg: tuple[float, float]
    """elevation, azimuth"""
    gsd_m: float
    """expected, which the truth is to be finer than"""
    p_clear: float
    weather: SimulatedWeather | None
    """none: a clear sky"""
    flooded: bool
    seed: int
    changes: tuple[LandChange, ...] = ()
    """what else happens to the land; those that lie on it count"""

    @property
    def grid(self) -> Grid:
        """The map that the picture is put on."""
        epsg = map_epsg(lon_deg=self.land.lon_deg, lat_deg=self.land.lat_deg)
        return place_grid(self.request.place, self.request.extent_m, pixel_m=PIXEL_M, epsg=epsg)

    @property
    def area(self) -> npt.NDArray[np.bool_]:
        """The pixels of the map inside the order's outline, those more than half inside; all round a point."""
        grid, place = self.grid, self.request.place
        if not place.ring:
            return np.ones(grid.shape, np.bool_)
        inside = np.zeros(grid.shape, np.bool_)
        top, left, shares = cover_polygons([rings_m((place,), grid)[place.id]], grid).window(0)
        inside[top : top + shares.shape[0], left : left + shares.shape[1]] = shares > 0.5
        return inside


@dataclass(frozen=True)
class Known:
    """What the ground knows of a place beside its picture, or is told to judge itself by."""

    control: npt.NDArray[np.uint16] | None
    """the map that positions are measured against, none of a radar's; all of these on the shot's grid"""
    heights_m: npt.NDArray[np.float32]
    """the elevation model"""
    fields: tuple[Place, ...]
    """the cadastre"""
    fields_true: FieldTruth
    """to judge the fields by; empty where they are not what was ordered"""
    flood_km2: float | None
    """flooded in truth inside the order's outline, clouds or not; none where there is no flood"""


@dataclass(frozen=True)
class Taken:
    """A picture as it waits on board: a file in a scratch folder, so that waiting ones cost no memory."""

    file: Path
    crc32: tuple[int, ...]
    """of the pixels, band by band, to hold against what the ground puts together"""
    measured: Measured
    """what compression on board did"""
    known: Path
    """a pickled :class:`Known` for the process that maps the picture"""

    def content(self) -> npt.NDArray[np.uint8]:
        """The file's bytes; they stay readable when its name is gone."""
        return np.memmap(self.file, np.uint8, "r")


def rings_m(places: Sequence[Place], grid: Grid) -> dict[str, npt.NDArray[np.float64]]:
    """The outlines of places in the metres of a grid, by id: all in one call, which costs as much as a few."""
    if not places:
        return {}
    lon_deg, lat_deg = np.concatenate([np.array(place.ring) for place in places]).T
    corners = np.column_stack(map_from_geodetic(grid.epsg, lon_deg=lon_deg, lat_deg=lat_deg))
    parts = np.split(corners, np.cumsum([len(place.ring) for place in places])[:-1])
    return {place.id: part for place, part in zip(places, parts, strict=True)}


def check_land(request: Request, land: Place) -> None:
    """Can the land of an order be drawn? Raises :class:`InputError` where it is too large."""
    check_size(land, request.extent_m, margin_m=_margin_m(request, land))


def can_draw(request: Request, land: Place) -> bool:
    """Is a land not too large?"""
    try:
        check_land(request, land)
    except InputError:
        return False
    return True


def _margin_m(request: Request, land: Place) -> float:
    """Land round the place, for pictures that are askew or miss a little and, round floods, for rivers to come from."""
    west, south, east, north = place_box_m(land, request.extent_m)
    side_m = min(east - west, north - south)
    return float(np.clip(0.15 * side_m + 400.0, 600.0, 2500.0)) if request.kind != "flood" else 4000.0


@lru_cache(maxsize=1)
def _land(request_kind: str, land: Place, extent_m: float, margin_m: float, pixel_m: float, seed: int) -> World:
    """The same place is the same land in every run of one seed."""
    return make_world(
        land,
        extent_m=extent_m,
        seed=zlib.crc32(f"{seed} {land.id}".encode()),
        relief_m=_RELIEF_M[request_kind],
        pixel_m=pixel_m,
        margin_m=margin_m,
    )


def disturbance_after(satellite: Satellite, since_turn_s: float) -> Disturbance:
    """What shakes a picture that is begun so long after a turn has arrived: by the satellite's bus, or as is usual."""
    shake = usual_shake(satellite.agility.settling_s) if satellite.bus is None else satellite.bus.shake
    return disturbance_of(shake, since_turn_s=since_turn_s)


def world_of(shot: Shot) -> World:
    """The land of a shot, with the flood if it has come."""
    request = shot.request
    pixel_m = float(np.clip(np.floor(8.0 * shot.gsd_m / _GSD_PER_TRUTH) / 8.0, 0.125, 10.0))
    margin_m = _margin_m(request, shot.land)
    world = _land(request.kind, shot.land, request.extent_m, margin_m, pixel_m, shot.seed)
    edits = _changes(world, shot)
    if not shot.flooded:
        return world.with_edits(edits) if edits else world
    share = np.random.default_rng([world.seed & 0x7FFFFFFF, 0xF1]).uniform(*FLOOD_SHARE)
    rise_m = rise_to_cover_m(world, float(share))
    return world.with_edits([*edits, raise_water(world, "flood", rise_m=rise_m, since=shot.start)])


def _changes(world: World, shot: Shot) -> list[Edit]:
    """Those of the mission's changes that lie on this land, whether they have come yet or not."""
    found = []
    for one in shot.changes:
        east_m, south_m = to_world(world, lon_deg=one.lon_deg, lat_deg=one.lat_deg)
        if not (0.0 <= float(east_m) <= world.width_m and 0.0 <= float(south_m) <= world.height_m):
            continue
        at = {"lon_deg": one.lon_deg, "lat_deg": one.lat_deg}
        if one.kind == "burn":
            found.append(burn(world, one.id, **at, radius_m=one.radius_m, since=one.since, until=one.until))
        else:
            size = {"length_m": one.length_m, "width_m": one.width_m, "height_m": one.height_m}
            found.append(add_building(world, one.id, **at, **size, since=one.since, until=one.until))
    return found


def _weathered(world: World, shot: Shot) -> Clouds:
    """The clouds that the shot's weather brings; none where the shot says a clear sky."""
    if shot.weather is None:
        return CLEAR
    place = shot.request.place
    cover = true_cloud_cover(shot.weather, lon_deg=place.lon_deg, lat_deg=place.lat_deg, at=shot.middle)
    return sky_of(world, shot, float(cover))


def sky_of(world: World, shot: Shot, cover: float) -> Clouds:
    """Clouds that cover a share of a shot's land, of a form and height of their own."""
    seed = zlib.crc32(shot.acquisition.encode()) ^ world.seed
    height_m = float(np.random.default_rng([seed & 0x7FFFFFFF, 0xC1]).uniform(*_CLOUD_HEIGHTS_M))
    return draw_clouds(world, cover_share=cover, seed=seed, height_m=height_m)


def shoot(shot: Shot, scratch: Path, *, sky: Clouds | None = None, cadastre: bool = True) -> Taken:
    """Take a picture into a file of source packets in the ``scratch`` folder. Runs in a worker process.

    ``sky``: other clouds than the shot's weather brings. ``cadastre``: whether the fields are known; finding them in
    the land takes a tenth of the time.
    """
    world = world_of(shot)
    if shot.satellite.radar is not None:
        aimed, taken = None, _echoes(world, shot, shot.satellite.radar)
    else:
        aimed = aim(
            world,
            shot.satellite,
            shot.ephemeris,
            _exposure(shot),
            seed=shot.seed,
            clouds=_weathered(world, shot) if sky is None else sky,
            disturbance=shot.disturbance,
        )
        taken = expose(aimed, workers=_hands(aimed))
    crc32 = [0] * len(taken.header["bands"])
    made: list[Measured] = []

    def checked() -> Iterator[npt.NDArray[np.uint16]]:
        for strip in taken.strips:
            for band, pixels in enumerate(strip):
                crc32[band] = zlib.crc32(pixels.data, crc32[band])
            yield strip

    file = scratch / f"{shot.acquisition}.packets"
    with file.open("wb") as stream:
        stream.writelines(
            encode_strips(
                replace(taken, strips=checked()), shot.satellite, shot.number, _COMPRESSION, measured=made.append
            )
        )
    known = file.with_suffix(".known")
    with known.open("wb") as stream:
        pickle.dump(_known(shot, world, aimed, cadastre), stream, pickle.HIGHEST_PROTOCOL)
    return Taken(file, tuple(crc32), sum(made, Measured()), known)


def _hands(aimed: Aimed) -> int:
    """Threads for a picture: one, as there is a worker process for each core; two for one that the others wait for."""
    return 2 if aimed.header["lines"] * aimed.header["columns"] > _LARGE_PX else 1


def _echoes(world: World, shot: Shot, radar: Radar) -> Strips:
    """A radar's picture, taken from the moment at which flight began it."""
    place, shape = shot.request.place, _shape(shot)
    r_itrf_m, v_itrf_m_s = (state[0] for state in shot.ephemeris.states(np.array([shot.middle])))
    near_m, _ = radar_ranges_m(r_itrf_m, v_itrf_m_s, outline_itrf_m(place, shot.request.extent_m))
    here = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    exposure = RadarExposure(
        acquisition=shot.acquisition,
        request=shot.request.id,
        start=shot.start,
        lines=int(shape.lines),
        samples=int(shape.columns),
        line_period_s=float(shape.line_period_s),
        near_range_m=float(near_m),
        right=bool(np.cross(-r_itrf_m, v_itrf_m_s) @ (here - r_itrf_m) > 0.0),
    )
    flaws = shot.disturbance
    picture = scan_radar(world, shot.satellite.id, shot.ephemeris, exposure, radar, seed=shot.seed, disturbance=flaws)
    return Strips(picture.header, picture.states, iter([picture.pixels]))


def _shape(shot: Shot) -> PictureShape:
    r_itrf_m, v_itrf_m_s = shot.ephemeris.states(np.array([shot.middle]))
    return picture_shape(
        shot.satellite,
        r_itrf_m[0],
        v_itrf_m_s[0],
        roll_deg=shot.commanded_deg[0],
        pitch_deg=shot.commanded_deg[1],
        outline_m=outline_itrf_m(shot.request.place, shot.request.extent_m),
    )


def _exposure(shot: Shot) -> Exposure:
    shape = _shape(shot)
    return Exposure(
        acquisition=shot.acquisition,
        request=shot.request.id,
        start=shot.start,
        lines=int(shape.lines),
        columns=int(shape.columns),
        line_period_s=float(shape.line_period_s),
        roll_deg=shot.true_deg[0],
        pitch_deg=shot.true_deg[1],
        yaw_deg=shot.true_deg[2],
        sun_elevation_deg=shot.sun_deg[0],
        sun_azimuth_deg=shot.sun_deg[1],
    )


def _known(shot: Shot, world: World, aimed: Aimed | None, cadastre: bool) -> Known:
    """``aimed``: the camera's view; none of a radar, which neither sees fields nor is held against a map."""
    grid = shot.grid
    fields: tuple[Place, ...] = ()
    truth = FieldTruth.empty()
    if cadastre and aimed is not None and shot.request.kind in _JUDGED_BY_FIELDS:
        fields, truth = true_fields(aimed.job, grid.bounds_m)
    elif cadastre and aimed is not None and shot.request.kind == "flood":
        fields = fields_of(world, grid.bounds_m, shot.start)
    flood_km2 = None
    if shot.flooded:
        percent = edit_shares(world, grid, shot.start)["flood"][shot.area]
        flood_km2 = float(percent.sum(dtype=np.float64)) / 100.0 * grid.pixel_area_km2
    control = None if aimed is None else clear_map(world, grid, shot.start, band=CONTROL_BAND)
    return Known(control, heights_on(world, grid), fields, truth, flood_km2)
