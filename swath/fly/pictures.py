"""Take a picture of a world as an acquisition of a plan asks for it, by camera or by radar."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.clouds import draw_clouds
from swath.fly.motion import Exposure, disturbance_of
from swath.fly.picture import Picture
from swath.fly.sar import RadarExposure, scan_radar
from swath.fly.scanner import scan
from swath.fly.world import World
from swath.frames import EarthOrientation, itrf_from_geodetic
from swath.model import Acquisitions
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.spacecraft.bus import Shake
from swath.spacecraft.picture import outline_itrf_m, picture_shape
from swath.spacecraft.sar import Radar, incidence_deg, radar_image
from swath.spacecraft.satellite import Satellite

__all__ = ["radar_exposure", "take_picture"]

Floats = npt.NDArray[np.float64]


def take_picture(
    world: World,
    satellite: Satellite,
    acquisition: Acquisitions,
    *,
    ephemeris: Ephemeris,
    eop: EarthOrientation,
    extent_m: float,
    seed: int,
    radar: Radar | None = None,
    cloud_share: float = 0.0,
    shake: Shake | None = None,
    progress: Callable[[float], None] | None = None,
) -> Picture:
    """What comes of one acquisition over a world: a raw picture, by the satellite's camera or by ``radar``.

    ``acquisition`` is one row; its ``middle`` and attitude are taken as flown, the size is what covers ``extent_m``
    round the world's place. ``cloud_share`` of the sky is cloud (the radar sees through it); ``shake`` is how
    the satellite's bus vibrates. The camera is the one
    :func:`~swath.spacecraft.imager_design.design_imager` makes of the satellite's planner numbers. The same arguments
    give the same bytes. Raises what :func:`~swath.fly.scanner.scan` and :func:`~swath.fly.sar.scan_radar` raise, and
    :class:`InputError` for more or less than one row.
    """
    if len(acquisition) != 1:
        raise InputError(f"{len(acquisition)} acquisitions", where="take_picture", fix="Give one row")
    if radar is not None:
        shot = radar_exposure(world, acquisition, ephemeris, radar, extent_m=extent_m)
        return scan_radar(world, satellite.id, ephemeris, shot, radar, seed=seed)
    exposure = _exposure(world, satellite, acquisition, ephemeris, eop, extent_m)
    clouds = draw_clouds(world, cover_share=cloud_share, seed=seed)
    flaws = None if shake is None else disturbance_of(shake)
    return scan(world, satellite, ephemeris, exposure, seed=seed, clouds=clouds, disturbance=flaws, progress=progress)


def _exposure(
    world: World,
    satellite: Satellite,
    acquisition: Acquisitions,
    ephemeris: Ephemeris,
    eop: EarthOrientation,
    extent_m: float,
) -> Exposure:
    place, middle = world.place, acquisition.middle[0]
    roll_deg, pitch_deg = float(acquisition.roll_deg[0]), float(acquisition.pitch_deg[0])
    r, v = ephemeris.states(np.array([middle]))
    outline = outline_itrf_m(place, extent_m)
    shape = picture_shape(satellite, r[0], v[0], roll_deg=roll_deg, pitch_deg=pitch_deg, outline_m=outline)
    elevation, azimuth = sun_angles_deg(place.lon_deg, place.lat_deg, middle, eop)
    half = np.timedelta64(round(float(shape.duration_s) / 2.0 * 1e9), "ns")
    return Exposure(
        acquisition=str(acquisition.id[0]),
        request=str(acquisition.request[0]),
        start=middle - half,
        lines=int(shape.lines),
        columns=int(shape.columns),
        line_period_s=float(shape.line_period_s),
        roll_deg=roll_deg,
        pitch_deg=pitch_deg,
        yaw_deg=0.0,
        sun_elevation_deg=float(elevation),
        sun_azimuth_deg=float(azimuth),
    )


def radar_exposure(
    world: World, acquisition: Acquisitions, ephemeris: Ephemeris, radar: Radar, *, extent_m: float
) -> RadarExposure:
    """When and how far away must the radar listen to picture a square round the world's place?

    The place's moment abeam is sought within half a minute of the acquisition's middle; the side is where it lies.
    """
    place, step_s = world.place, 0.05
    point = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    around = acquisition.middle[0] + (np.arange(-600, 601) * step_s * 1e9).astype("timedelta64[ns]")
    r, v = ephemeris.states(around)
    line, _ = radar_image(r, v, step_s, point[None])
    at = around[0] + np.timedelta64(round(float(line[0]) * step_s * 1e9), "ns")
    r, v = ephemeris.states(np.array([at]))
    away = point - r[0]
    angle = float(incidence_deg(r[0], point))
    if not 10.0 <= angle <= 65.0:
        raise InputError(
            f"an incidence of {angle:.0f} deg",
            where=f"acquisition {acquisition.id[0]}",
            fix="A side-looking radar needs 10 to 65 deg",
        )
    ground_m_s = float(np.linalg.norm(v[0])) * float(np.linalg.norm(point) / np.linalg.norm(r[0]))
    # The square stands askew to the track: a fifth more each way holds its corners in most orbits.
    lines = int(np.ceil(1.2 * extent_m / radar.line_spacing_m))
    samples = int(np.ceil(1.2 * extent_m * np.sin(np.radians(angle)) / radar.range_spacing_m))
    period_s = radar.line_spacing_m / ground_m_s
    return RadarExposure(
        acquisition=str(acquisition.id[0]),
        request=str(acquisition.request[0]),
        start=at - np.timedelta64(round((lines - 1) / 2.0 * period_s * 1e9), "ns"),
        lines=lines,
        samples=samples,
        line_period_s=period_s,
        near_range_m=float(np.linalg.norm(away)) - (samples - 1) / 2.0 * radar.range_spacing_m,
        right=bool(np.cross(-r[0], v[0]) @ away > 0.0),
    )
