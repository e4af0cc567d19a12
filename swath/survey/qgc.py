"""A survey for QGroundControl: a ``.plan`` file for each flight, with a survey item it can show and edit.

Survey item version 5, transect style 2, camera calculation 2. The items inside are what the vehicle flies: waypoints
along the lines, photos switched on by distance where a line begins and off where it ends. On level ground heights are
above the take-off point; over terrain they are above sea level, as the height grid's. Checked key by key by
:mod:`swath.survey.qgc_check`; in the tests MAVSDK reads the file and sends it to a vehicle, and the same comes out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from swath.survey.flight import Flight, Waypoint
from swath.survey.plan import Survey

__all__ = ["plan_file", "simple_item", "whole_plan"]

_TAKE_OFF, _WAYPOINT, _TRIGGER, _HOME, _CAMERA_MODE = 22, 16, 206, 20, 530
_ABOVE_SEA, _NO_FRAME, _ABOVE_HOME = 0, 2, 3
_RELATIVE, _ABOVE_TERRAIN = 1, 3
_PX4, _MULTICOPTER = 12, 2


def plan_file(survey: Survey, flight: Flight) -> dict[str, Any]:
    """The JSON of one flight's ``.plan``."""
    count = iter(range(1, 100_000))
    home = [
        *_latlon(survey, *survey.ask.where.take_off),
        round(float(survey.ask.terrain.at(survey.ask.where.take_off)), 2),
    ]
    lines = [w for w in flight.waypoints if w.line >= 0]
    first = flight.waypoints[: flight.waypoints.index(lines[0])]
    last = flight.waypoints[len(flight.waypoints) - flight.waypoints[::-1].index(lines[-1]) :]
    between = flight.waypoints[len(first) : len(flight.waypoints) - len(last)]
    items = [
        simple_item(next(count), _CAMERA_MODE, _NO_FRAME, [0, 2, None, None, None, None, None]),
        _take_off(survey, flight.waypoints[0], next(count), home),
        *(_go(survey, w, next(count)) for w in first[1:]),
        _survey_item(survey, between, count),
        *(_go(survey, w, next(count)) for w in last[:-1]),
        simple_item(next(count), _HOME, _NO_FRAME, [0, 0, 0, 0, 0, 0, 0]),
    ]
    return whole_plan(items, _fences(survey), home, survey.speed_m_s)


def whole_plan(
    items: list[dict[str, Any]], fences: list[dict[str, Any]], home: list[float], speed_m_s: float
) -> dict[str, Any]:
    """The file about mission items, polygons of a fence, and latitude, longitude and height of home."""
    return {
        "fileType": "Plan",
        "geoFence": {"circles": [], "polygons": fences, "version": 2},
        "groundStation": "QGroundControl",
        "mission": {
            "cruiseSpeed": speed_m_s,
            "firmwareType": _PX4,
            "globalPlanAltitudeMode": 0,
            "hoverSpeed": speed_m_s,
            "items": items,
            "plannedHomePosition": home,
            "vehicleType": _MULTICOPTER,
            "version": 2,
        },
        "rallyPoints": {"points": [], "version": 2},
        "version": 1,
    }


def _latlon(survey: Survey, east_m: float, north_m: float) -> list[float]:
    lon, lat = survey.ask.plane.to_deg([east_m, north_m])
    return [round(float(lat), 7), round(float(lon), 7)]


def simple_item(number: int, command: int, frame: int, params: list[Any], **more: Any) -> dict[str, Any]:
    """A mission item of one MAVLink command; ``params`` are its seven, None where they do not count."""
    return {
        **more,
        "autoContinue": True,
        "command": command,
        "doJumpId": number,
        "frame": frame,
        "params": params,
        "type": "SimpleItem",
    }


def _height(survey: Survey, waypoint: Waypoint) -> tuple[float, int]:
    """What to write, and the frame it is in."""
    if survey.ask.terrain.is_level():
        return round(waypoint.altitude_m - float(survey.ask.terrain.at(survey.ask.where.take_off)), 2), _ABOVE_HOME
    return round(waypoint.altitude_m, 2), _ABOVE_SEA


def _take_off(survey: Survey, waypoint: Waypoint, number: int, home: list[float]) -> dict[str, Any]:
    height, frame = _height(survey, waypoint)
    more = {"AMSLAltAboveTerrain": None, "Altitude": height, "AltitudeMode": 1 if frame == _ABOVE_HOME else 2}
    return simple_item(number, _TAKE_OFF, frame, [0, 0, 0, None, *home[:2], height], **more)


def _go(survey: Survey, waypoint: Waypoint, number: int) -> dict[str, Any]:
    height, frame = _height(survey, waypoint)
    at = _latlon(survey, waypoint.east_m, waypoint.north_m)
    more = {"AMSLAltAboveTerrain": None, "Altitude": height, "AltitudeMode": 1 if frame == _ABOVE_HOME else 2}
    return simple_item(number, _WAYPOINT, frame, [0, 0, 0, None, *at, height], **more)


def _inner(survey: Survey, waypoint: Waypoint, number: int) -> dict[str, Any]:
    height, frame = _height(survey, waypoint)
    return simple_item(
        number, _WAYPOINT, frame, [0, 0, 0, None, *_latlon(survey, waypoint.east_m, waypoint.north_m), height]
    )


def _survey_item(survey: Survey, waypoints: tuple[Waypoint, ...], count: Any) -> dict[str, Any]:
    items, on = [], False
    for i, waypoint in enumerate(waypoints):
        items.append(_inner(survey, waypoint, next(count)))
        before = waypoints[i - 1].line if i else -1
        after = waypoints[i + 1].line if i + 1 < len(waypoints) else -1
        if waypoint.line >= 0 and waypoint.line != before:
            items.append(simple_item(next(count), _TRIGGER, _NO_FRAME, [round(survey.trigger_m, 3), 0, 1, 0, 0, 0, 0]))
            on = True
        elif on and waypoint.line != after:
            items.append(simple_item(next(count), _TRIGGER, _NO_FRAME, [0, 0, 0, 0, 0, 0, 0]))
            on = False
    return {
        "TransectStyleComplexItem": _transects(survey, waypoints, items),
        "angle": round(survey.direction_deg, 3),
        "complexItemType": "survey",
        "entryLocation": 0,
        "flyAlternateTransects": False,
        "polygon": _outline(survey),
        "splitConcavePolygons": not isinstance(survey.ask.where.area, shapely.Polygon),
        "type": "ComplexItem",
        "version": 5,
    }


def _transects(survey: Survey, waypoints: tuple[Waypoint, ...], items: list[dict[str, Any]]) -> dict[str, Any]:
    shown = [_latlon(survey, w.east_m, w.north_m) for w in waypoints]
    lines = {w.line for w in waypoints if w.line >= 0}
    level = survey.ask.terrain.is_level()
    return {
        "CameraCalc": _camera(survey),
        "CameraShots": int(np.isin(survey.photo_line, list(lines)).sum()),
        "CameraTriggerInTurnAround": False,
        "HoverAndCapture": False,
        "Items": items,
        "Refly90Degrees": False,
        **({} if level else _following(survey)),
        "TurnAroundDistance": 0,
        "VisualTransectPoints": shown,
        "version": 2,
    }


def _following(survey: Survey) -> dict[str, float]:
    return {
        "TerrainAdjustMaxClimbRate": survey.ask.drone.climb_m_s,
        "TerrainAdjustMaxDescentRate": survey.ask.drone.descent_m_s,
        "TerrainAdjustTolerance": 1.0,
        "TerrainFlightSpeed": survey.speed_m_s,
    }


def _camera(survey: Survey) -> dict[str, Any]:
    camera = survey.ask.drone.camera
    return {
        "AdjustedFootprintFrontal": survey.trigger_m,
        "AdjustedFootprintSide": survey.line_spacing_m,
        "CameraName": "Custom Camera",
        "DistanceMode": _RELATIVE if survey.ask.terrain.is_level() else _ABOVE_TERRAIN,
        "DistanceToSurface": survey.height_m,
        "FixedOrientation": False,
        "FocalLength": camera.focal_m * 1e3,
        "FrontalOverlap": survey.ask.overlap.front_share * 100.0,
        "ImageDensity": survey.ask.gsd_m * 100.0,
        "ImageHeight": camera.image_height_px,
        "ImageWidth": camera.image_width_px,
        "Landscape": True,
        "MinTriggerInterval": camera.least_interval_s,
        "SensorHeight": camera.sensor_height_m * 1e3,
        "SensorWidth": camera.sensor_width_m * 1e3,
        "SideOverlap": survey.ask.overlap.side_share * 100.0,
        "ValueSetIsDistance": False,
        "version": 2,
    }


def _outline(survey: Survey) -> list[list[float]]:
    """One ring: QGroundControl's survey item holds no holes and no parts."""
    area = survey.ask.where.area
    ring = area.exterior if isinstance(area, shapely.Polygon) else shapely.convex_hull(area).exterior
    return [_latlon(survey, *xy) for xy in shapely.get_coordinates(ring)[:-1]]


def _fences(survey: Survey) -> list[dict[str, Any]]:
    """Where the drone may be, and the holes in it where it may not."""
    found = []
    for part in shapely.get_parts(survey.ask.where.reach.buffer(3.0, join_style="mitre")):
        rings = [(part.exterior, True), *((hole, False) for hole in part.interiors)]
        for ring, inclusion in rings:
            corners = [_latlon(survey, *xy) for xy in shapely.get_coordinates(ring)[:-1]]
            found.append({"inclusion": inclusion, "polygon": corners, "version": 1})
    return found
