"""What the ground makes of a radar's picture in a run: a scene of sigma nought, and the water in it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.archive.picture import ReceivedPicture
from swath.archive.radar import build_radar_scene, by_radar
from swath.frames import EarthOrientation
from swath.model import Scene
from swath.operate.downlink import Arrival
from swath.operate.shot import Known
from swath.product.clouds import average_cells, find_unseen
from swath.product.flood import optical_sight
from swath.product.radar_view import steep_ground, terrain_codes
from swath.product.sight import Sight, off_slopes
from swath.product.water_radar import RadarLook, radar_sight
from swath.spacecraft.bus import RECEIVER_M, RECEIVER_M_S

__all__ = ["decibels", "place_by_radar", "water_of"]

Ring = tuple[tuple[float, float], ...]


def place_by_radar(
    picture: ReceivedPicture, arrival: Arrival, known: Known, eop: EarthOrientation
) -> tuple[Scene, Ring]:
    """The scene of a radar's picture on its map, counts of amplitude, and the outline of what it shows."""
    scene = build_radar_scene(
        picture,
        station=arrival.landed.station,
        received=arrival.landed.received,
        eop=eop,
        position_sigma_m=RECEIVER_M,
        velocity_sigma_m_s=RECEIVER_M_S,
        grid=arrival.shot.grid,
        heights_m=known.heights_m,
    )
    ring = scene.properties["geometry"]["coordinates"][0]
    return scene, tuple((float(lon_deg), float(lat_deg)) for lon_deg, lat_deg in ring)


def decibels(scene: Scene) -> npt.NDArray[np.float32]:
    """Sigma nought of a radar's scene, ``(row, column)``, NaN where it saw nothing."""
    amplitude = scene.pixels[0].astype(np.float32) * np.float32(scene.properties["scale"])
    with np.errstate(divide="ignore"):
        return np.where(amplitude > 0.0, 20.0 * np.log10(amplitude), np.nan).astype(np.float32)


def water_of(scene: Scene, heights_m: npt.NDArray[np.float32]) -> Sight:
    """Water as a scene shows it, a camera's or a radar's; of a radar's with what it cannot see for the relief."""
    if not by_radar(scene):
        return optical_sight(scene, find_unseen(average_cells(scene)))
    look = RadarLook(scene.id, scene.grid, {"vv": decibels(scene)}, scene.ce90_m.value, scene.simulated)
    blind = terrain_codes(
        heights_m,
        scene.grid.pixel_m,
        incidence_deg=float(scene.properties["incidence_deg"]),
        look_azimuth_deg=float(scene.properties["view_azimuth_deg"]),
    )
    return off_slopes(radar_sight(look, blind=blind), steep_ground(heights_m, scene.grid.pixel_m))
