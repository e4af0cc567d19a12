"""Photos round a structure for QGroundControl: waypoints that face it, the gimbal tilted, a photo at each.

Simple items alone: to each standpoint (its heading in the fourth parameter, two seconds to stand still), the gimbal
where its tilt changes (MAV_CMD_DO_MOUNT_CONTROL), one photo (MAV_CMD_IMAGE_START_CAPTURE). Heights are above the
take-off point on level ground, else above sea level; the structure itself is fenced off. Checked by :mod:`qgc_check`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from swath.survey.around import Around, AroundFlight, Standpoint
from swath.survey.qgc import simple_item, whole_plan

__all__ = ["around_plan"]

_TAKE_OFF, _WAYPOINT, _HOME, _CAMERA_MODE, _MOUNT, _PHOTO = 22, 16, 20, 530, 205, 2000
_ABOVE_SEA, _NO_FRAME, _ABOVE_HOME = 0, 2, 3
_TARGETING = 2
"""of the gimbal: it is told angles"""
_STAND_S = 2.0
_CLOSE_M = 3.0


def around_plan(around: Around, flight: AroundFlight) -> dict[str, Any]:
    """The JSON of one flight's ``.plan``."""
    items: list[dict[str, Any]] = []

    def add(command: int, frame: int, params: list[Any], **more: Any) -> None:
        items.append(simple_item(len(items) + 1, command, frame, params, **more))

    take_off = around.ask.take_off
    home = [*_latlon(around, *take_off), round(float(around.ask.terrain.at(take_off)), 2)]
    first = flight.waypoints[0]
    height, frame = _height(around, first)
    add(_CAMERA_MODE, _NO_FRAME, [0, 0, None, None, None, None, None])
    add(_TAKE_OFF, frame, [0, 0, 0, None, *home[:2], height], **_told(height, frame))
    tilt: float | None = None
    for one in flight.waypoints[1:] if not first.photo else flight.waypoints:
        height, frame = _height(around, one)
        at = _latlon(around, one.east_m, one.north_m)
        stand, heading = (_STAND_S, round(one.heading_deg, 2)) if one.photo else (0, None)
        if one.photo and one.pitch_deg != tilt:
            tilt = one.pitch_deg
            add(_MOUNT, _NO_FRAME, [round(tilt, 2), 0, 0, 0, 0, 0, _TARGETING])
        add(_WAYPOINT, frame, [stand, 0, 0, heading, *at, height], **_told(height, frame))
        if one.photo:
            add(_PHOTO, _NO_FRAME, [0, 0, 1, 0, None, None, None])
    add(_HOME, _NO_FRAME, [0, 0, 0, 0, 0, 0, 0])
    ring = shapely.get_coordinates(shapely.convex_hull(around.ask.footprint).buffer(_CLOSE_M, quad_segs=4).exterior)
    fence = {"inclusion": False, "polygon": [_latlon(around, *xy) for xy in ring[:-1]], "version": 1}
    return whole_plan(items, [fence], home, around.speed_m_s)


def _told(height_m: float, frame: int) -> dict[str, Any]:
    return {"AMSLAltAboveTerrain": None, "Altitude": height_m, "AltitudeMode": 1 if frame == _ABOVE_HOME else 2}


def _latlon(around: Around, east_m: float, north_m: float) -> list[float]:
    lon, lat = around.ask.plane.to_deg(np.array([east_m, north_m]))
    return [round(float(lat), 7), round(float(lon), 7)]


def _height(around: Around, one: Standpoint) -> tuple[float, int]:
    if around.ask.terrain.is_level():
        return round(one.altitude_m - float(around.ask.terrain.at(around.ask.take_off)), 2), _ABOVE_HOME
    return round(one.altitude_m, 2), _ABOVE_SEA
