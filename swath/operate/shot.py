"""One simulated picture: where it is taken, under which sky, the file that comes down. Runs in worker processes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.fly.motion import Exposure
from swath.fly.pushbroom import take_picture
from swath.fly.site import Site, Sky, make_site, make_sky
from swath.fly.source_packets import encode_picture
from swath.fly.weather import SimulatedWeather, true_cloud_cover
from swath.model import Request
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft import Satellite
from swath.spacecraft.picture import outline_itrf_m, picture_shape

__all__ = ["Shot", "Taken", "shoot", "site_seed"]


@dataclass(frozen=True)
class Shot:
    """One picture to be taken: where, by whom, and how the sky is. Everything :func:`shoot` needs."""

    acquisition: str
    request: Request
    satellite: Satellite
    ephemeris: Ephemeris
    number: int
    """picture number on board"""
    start: np.datetime64
    middle: np.datetime64
    commanded_deg: tuple[float, float]
    true_deg: tuple[float, float, float]
    sun_deg: tuple[float, float]
    """elevation, azimuth"""
    p_clear: float
    weather: SimulatedWeather | None
    """none: a clear sky"""
    flooded: bool
    seed: int


@dataclass(frozen=True)
class Taken:
    """A picture as it waits on board: a file in a scratch folder, so that waiting ones cost no memory."""

    file: Path
    crc32: int
    """of the pixels, to hold against what the ground puts together"""

    def content(self) -> npt.NDArray[np.uint8]:
        """The file's bytes; they stay readable when its name is gone."""
        return np.memmap(self.file, np.uint8, "r")


def site_seed(request: Request, seed: int) -> int:
    """The seed of a request's landscape: the same place is the same land in every run of one seed."""
    return zlib.crc32(f"{seed} {request.place.id}".encode())


def _sky(site: Site, shot: Shot) -> Sky | None:
    """The clouds over a site when the picture is taken; none where the shot says a clear sky."""
    if shot.weather is None:
        return None
    place = shot.request.place
    cover = true_cloud_cover(shot.weather, lon_deg=place.lon_deg, lat_deg=place.lat_deg, at=shot.middle)
    return make_sky(
        site,
        cover=float(cover),
        sun_elevation_deg=shot.sun_deg[0],
        sun_azimuth_deg=shot.sun_deg[1],
        seed=site_seed(shot.request, shot.seed),
    )


def shoot(shot: Shot, scratch: Path) -> Taken:
    """Take a picture into a file of source packets in the ``scratch`` folder. Runs in a worker process."""
    request, satellite = shot.request, shot.satellite
    site = make_site(request.place, request.kind, request.extent_m, site_seed(request, shot.seed))
    sky = _sky(site, shot)
    r_itrf_m, v_itrf_m_s = shot.ephemeris.states(np.array([shot.middle]))
    shape = picture_shape(
        satellite,
        r_itrf_m[0],
        v_itrf_m_s[0],
        roll_deg=shot.commanded_deg[0],
        pitch_deg=shot.commanded_deg[1],
        outline_m=outline_itrf_m(request.place, request.extent_m),
    )
    exposure = Exposure(
        acquisition=shot.acquisition,
        request=request.id,
        start=shot.start,
        lines=int(shape.lines),
        columns=int(shape.columns),
        line_period_s=float(shape.line_period_s),
        roll_deg=shot.true_deg[0],
        pitch_deg=shot.true_deg[1],
        yaw_deg=shot.true_deg[2],
        sun_elevation_deg=shot.sun_deg[0],
    )
    picture = take_picture(site, sky, satellite, shot.ephemeris, exposure, seed=shot.seed, flooded=shot.flooded)
    file = scratch / f"{shot.acquisition}.packets"
    with file.open("wb") as stream:
        stream.writelines(encode_picture(picture, satellite, shot.number))
    return Taken(file, zlib.crc32(picture.pixels.data))
