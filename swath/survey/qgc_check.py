"""Would QGroundControl open this ``.plan``? Every key it requires, with its type, and what a vehicle could not fly.

The keys are those that QGroundControl's own loaders require (``src/MissionManager`` at commit 00d5b5e: mission,
simple item, survey item 5, transect style 2, camera calculation 2; ``GeoFenceController``, ``RallyPointController``).
A reader that forgives more (MAVSDK takes a survey without ``splitConcavePolygons``) is no judge of this.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["check_plan", "flown_items"]

Kind = tuple[str, Callable[[Any], bool]]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


NUMBER: Kind = ("a number", _is_number)
WHOLE: Kind = ("a whole number", lambda v: _is_number(v) and float(v).is_integer())
TEXT: Kind = ("a text", lambda v: isinstance(v, str))
YES_NO: Kind = ("true or false", lambda v: isinstance(v, bool))
LIST: Kind = ("a list", lambda v: isinstance(v, list))
OBJECT: Kind = ("an object", lambda v: isinstance(v, Mapping))

_PLAN = {
    "fileType": TEXT,
    "groundStation": TEXT,
    "version": WHOLE,
    "mission": OBJECT,
    "geoFence": OBJECT,
    "rallyPoints": OBJECT,
}
_MISSION = {
    "version": WHOLE,
    "firmwareType": WHOLE,
    "vehicleType": WHOLE,
    "cruiseSpeed": NUMBER,
    "hoverSpeed": NUMBER,
    "plannedHomePosition": LIST,
    "items": LIST,
}
_SIMPLE = {"type": TEXT, "command": WHOLE, "frame": WHOLE, "params": LIST, "autoContinue": YES_NO}
_SURVEY = {
    "version": WHOLE,
    "type": TEXT,
    "complexItemType": TEXT,
    "polygon": LIST,
    "angle": NUMBER,
    "entryLocation": WHOLE,
    "splitConcavePolygons": YES_NO,
    "TransectStyleComplexItem": OBJECT,
}
_TRANSECTS = {
    "version": WHOLE,
    "TurnAroundDistance": NUMBER,
    "CameraTriggerInTurnAround": YES_NO,
    "HoverAndCapture": YES_NO,
    "Refly90Degrees": YES_NO,
    "CameraCalc": OBJECT,
    "VisualTransectPoints": LIST,
    "Items": LIST,
    "CameraShots": WHOLE,
}
_FOLLOWING = {
    "TerrainAdjustTolerance": NUMBER,
    "TerrainAdjustMaxClimbRate": NUMBER,
    "TerrainAdjustMaxDescentRate": NUMBER,
    "TerrainFlightSpeed": NUMBER,
}
_CALCULATION = {
    "version": WHOLE,
    "AdjustedFootprintFrontal": NUMBER,
    "AdjustedFootprintSide": NUMBER,
    "DistanceToSurface": NUMBER,
    "DistanceMode": WHOLE,
    "CameraName": TEXT,
}
_CAMERA = {
    "ValueSetIsDistance": YES_NO,
    "ImageDensity": NUMBER,
    "FrontalOverlap": NUMBER,
    "SideOverlap": NUMBER,
    "SensorWidth": NUMBER,
    "SensorHeight": NUMBER,
    "ImageWidth": NUMBER,
    "ImageHeight": NUMBER,
    "FocalLength": NUMBER,
    "Landscape": YES_NO,
    "FixedOrientation": YES_NO,
    "MinTriggerInterval": NUMBER,
}
_MANUAL = "Manual (no camera specs)"
_ABOVE_TERRAIN = 3


def check_plan(text: str) -> tuple[str, ...]:
    """What is wrong, a line each; nothing if QGroundControl will open it as it is."""
    try:
        plan = json.loads(text)
    except ValueError as error:
        return (f"it is no JSON: {error}",)
    wrong: list[str] = []
    if not _has(plan, _PLAN, "the plan", wrong):
        return tuple(wrong)
    _equals(plan, {"fileType": "Plan", "version": 1}, "the plan", wrong)
    mission = plan["mission"]
    if _has(mission, _MISSION, "mission", wrong):
        _equals(mission, {"version": 2}, "mission", wrong)
        _position(mission["plannedHomePosition"], 3, "mission.plannedHomePosition", wrong)
        for i, item in enumerate(mission["items"]):
            _item(item, f"mission.items[{i}]", wrong)
        if not mission["items"]:
            wrong.append("mission.items is empty")
    _fence(plan["geoFence"], wrong)
    if _has(plan["rallyPoints"], {"version": WHOLE, "points": LIST}, "rallyPoints", wrong):
        _equals(plan["rallyPoints"], {"version": 2}, "rallyPoints", wrong)
    return tuple(wrong)


def flown_items(text: str) -> list[dict[str, Any]]:
    """The items that a vehicle gets, in order: those inside a survey item in its place."""
    flown: list[dict[str, Any]] = []
    for item in json.loads(text)["mission"]["items"]:
        flown += item["TransectStyleComplexItem"]["Items"] if item["type"] == "ComplexItem" else [item]
    return flown


def _has(value: Any, keys: Mapping[str, Kind], where: str, wrong: list[str]) -> bool:
    if not isinstance(value, Mapping):
        wrong.append(f"{where} is no object")
        return False
    before = len(wrong)
    for key, (said, good) in keys.items():
        if key not in value:
            wrong.append(f"{where}.{key} is missing")
        elif not good(value[key]):
            wrong.append(f"{where}.{key} is not {said}")
    return len(wrong) == before


def _equals(value: Mapping[str, Any], wanted: Mapping[str, Any], where: str, wrong: list[str]) -> None:
    wrong += [f"{where}.{key} is {value[key]!r}, not {want!r}" for key, want in wanted.items() if value[key] != want]


def _position(value: Any, length: int, where: str, wrong: list[str]) -> None:
    good = isinstance(value, list) and len(value) == length and all(_is_number(v) for v in value)
    if not good or abs(value[0]) > 90.0 or abs(value[1]) > 180.0:
        wrong.append(f"{where} is no latitude, longitude" + (", height" if length == 3 else ""))


def _item(item: Any, where: str, wrong: list[str]) -> None:
    kind = item.get("type") if isinstance(item, Mapping) else None
    if kind == "SimpleItem":
        _simple(item, where, wrong)
    elif kind == "ComplexItem":
        _survey(item, where, wrong)
    else:
        wrong.append(f"{where}.type is {kind!r}")


def _simple(item: Mapping[str, Any], where: str, wrong: list[str]) -> None:
    if not _has(item, _SIMPLE, where, wrong):
        return
    params = item["params"]
    if len(params) != 7 or not all(p is None or _is_number(p) for p in params):
        wrong.append(f"{where}.params are not seven numbers or nulls")
    elif not all(_is_number(p) for p in params[4:]) and item["command"] in (16, 22):
        wrong.append(f"{where}.params name no position")
    elif item["command"] in (16, 22):
        _position(params[4:], 3, f"{where}.params[4:]", wrong)


def _survey(item: Mapping[str, Any], where: str, wrong: list[str]) -> None:
    if not _has(item, _SURVEY, where, wrong):
        return
    _equals(item, {"complexItemType": "survey", "version": 5}, where, wrong)
    if len(item["polygon"]) < 3:
        wrong.append(f"{where}.polygon has {len(item['polygon'])} corners")
    for i, corner in enumerate(item["polygon"]):
        _position(corner, 2, f"{where}.polygon[{i}]", wrong)
    inner, at = item["TransectStyleComplexItem"], f"{where}.TransectStyleComplexItem"
    if not _has(inner, _TRANSECTS, at, wrong):
        return
    _equals(inner, {"version": 2}, at, wrong)
    for i, point in enumerate(inner["VisualTransectPoints"]):
        _position(point, 2, f"{at}.VisualTransectPoints[{i}]", wrong)
    for i, one in enumerate(inner["Items"]):
        _item(one, f"{at}.Items[{i}]", wrong)
    _calculation(inner, at, wrong)


def _calculation(inner: Mapping[str, Any], where: str, wrong: list[str]) -> None:
    calculation, at = inner["CameraCalc"], f"{where}.CameraCalc"
    if not _has(calculation, _CALCULATION, at, wrong):
        return
    _equals(calculation, {"version": 2}, at, wrong)
    if calculation["CameraName"] != _MANUAL:
        _has(calculation, _CAMERA, at, wrong)
    if calculation["DistanceMode"] == _ABOVE_TERRAIN:
        _has(inner, _FOLLOWING, where, wrong)


def _fence(fence: Any, wrong: list[str]) -> None:
    if not _has(fence, {"version": WHOLE, "circles": LIST, "polygons": LIST}, "geoFence", wrong):
        return
    _equals(fence, {"version": 2}, "geoFence", wrong)
    for i, polygon in enumerate(fence["polygons"]):
        where = f"geoFence.polygons[{i}]"
        if _has(polygon, {"version": WHOLE, "inclusion": YES_NO, "polygon": LIST}, where, wrong):
            _equals(polygon, {"version": 1}, where, wrong)
            for j, corner in enumerate(polygon["polygon"]):
                _position(corner, 2, f"{where}.polygon[{j}]", wrong)
