"""The same flights for other readers: GPX, KML, and DJI's KMZ (WPML 1.0.2) for aircraft that take waypoint files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

import numpy as np

from swath.errors import InputError
from swath.survey.around import Around, AroundFlight, Standpoint
from swath.survey.flight import Flight, Waypoint
from swath.survey.ground import Plane
from swath.survey.plan import Survey

__all__ = ["around_kmz", "gpx", "kml", "wpml_kmz"]

_KML = "http://www.opengis.net/kml/2.2"
_WPML = "http://www.dji.com/wpmz/1.0.2"


def _positions(plane: Plane, waypoints: Sequence[Waypoint | Standpoint]) -> list[tuple[float, float, float, int]]:
    """Longitude, latitude, height above sea level and line of each waypoint."""
    lonlat = plane.to_deg(np.array([(w.east_m, w.north_m) for w in waypoints]))
    return [(float(lon), float(lat), w.altitude_m, w.line) for (lon, lat), w in zip(lonlat, waypoints, strict=True)]


def _routes(survey: Survey | Around) -> list[list[tuple[float, float, float, int]]]:
    if isinstance(survey, Survey):
        return [_positions(survey.ask.plane, flight.waypoints) for flight in survey.flights]
    return [_positions(survey.ask.plane, flight.waypoints) for flight in survey.flights]


def gpx(survey: Survey | Around, title: str) -> str:
    """GPX 1.1: a route for each flight."""
    routes = []
    for number, route in enumerate(_routes(survey), 1):
        points = "".join(
            f'<rtept lat="{lat:.7f}" lon="{lon:.7f}"><ele>{height:.1f}</ele></rtept>' for lon, lat, height, _ in route
        )
        routes.append(f"<rte><name>{escape(title)}, flight {number}</name>{points}</rte>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="swath" xmlns="http://www.topografix.com/GPX/1/1">' + "".join(routes) + "</gpx>\n"
    )


def kml(survey: Survey | Around, title: str) -> str:
    """KML 2.2: the area and a line for each flight, heights above sea level."""
    marks = []
    for number, route in enumerate(_routes(survey), 1):
        path = " ".join(f"{lon:.7f},{lat:.7f},{height:.1f}" for lon, lat, height, _ in route)
        marks.append(
            f"<Placemark><name>Flight {number}</name><LineString><altitudeMode>absolute</altitudeMode>"
            f"<coordinates>{path}</coordinates></LineString></Placemark>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{_KML}"><Document><name>{escape(title)}</name>'
        + "".join(marks)
        + "</Document></kml>\n"
    )


def wpml_kmz(survey: Survey, flight: Flight) -> bytes:
    """``wpmz/template.kml`` and ``wpmz/waylines.wpml`` of one flight, heights above the take-off point.

    Written after DJI's description of WPML 1.0.2; no aircraft has read it. :class:`InputError` where the drone's file
    does not say what DJI calls it.
    """
    if survey.ask.drone.wpml is None:
        raise InputError(
            f"a {survey.ask.drone.name} reads no waypoint files", fix="Leave the KMZ out, or fly the .plan"
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("template.kml", _template(survey, flight)), ("waylines.wpml", _waylines(survey, flight))):
            archive.writestr(zipfile.ZipInfo(f"wpmz/{name}", (2020, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def around_kmz(around: Around, flight: AroundFlight) -> bytes:
    """The same of photos round a structure: at each waypoint the aircraft turns to face it, the gimbal tilts, a photo
    is taken. As :func:`wpml_kmz` else.
    """
    if around.ask.drone.wpml is None:
        raise InputError(
            f"a {around.ask.drone.name} reads no waypoint files", fix="Leave the KMZ out, or fly the .plan"
        )
    ground = float(around.ask.terrain.at(around.ask.take_off))
    stops = [
        (lon, lat, height - ground, one)
        for (lon, lat, height, _), one in zip(
            _positions(around.ask.plane, flight.waypoints), flight.waypoints, strict=True
        )
    ]
    head = _tags(
        templateId=0,
        executeHeightMode="relativeToStartPoint",
        waylineId=0,
        distance=f"{flight.length_m:.1f}",
        duration=f"{flight.duration_s:.1f}",
        autoFlightSpeed=f"{around.speed_m_s:.1f}",
    )
    lines = _document([_config(around), "<Folder>", head, *map(_facing, range(len(stops)), stops), "</Folder>"])
    folder = (
        _tags(templateType="waypoint", templateId=0)
        + _tags(waylineCoordinateSysParam=_tags(coordinateMode="WGS84", heightMode="relativeToStartPoint"))
        + _tags(autoFlightSpeed=f"{around.speed_m_s:.1f}", gimbalPitchMode="manual")
        + _tags(globalWaypointTurnMode="toPointAndStopWithDiscontinuityCurvature", globalUseStraightLine=1)
    )
    template = _document([_config(around), "<Folder>", folder, *map(_facing, range(len(stops)), stops), "</Folder>"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("template.kml", template), ("waylines.wpml", lines)):
            archive.writestr(zipfile.ZipInfo(f"wpmz/{name}", (2020, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def _facing(number: int, stop: tuple[float, float, float, Standpoint]) -> str:
    lon, lat, height, one = stop
    heading = (one.heading_deg + 180.0) % 360.0 - 180.0
    inside = _tags(
        index=number,
        executeHeight=f"{height:.2f}",
        height=f"{height:.2f}",
        waypointHeadingParam=_tags(
            waypointHeadingMode="smoothTransition", waypointHeadingAngle=f"{heading:.1f}", waypointHeadingAngleEnable=1
        ),
        waypointTurnParam=_tags(waypointTurnMode="toPointAndStopWithDiscontinuityCurvature", waypointTurnDampingDist=0),
        useStraightLine=1,
    )
    actions = ""
    if one.photo:
        shot = _tags(actionId=1, actionActuatorFunc="takePhoto", actionActuatorFuncParam=_tags(payloadPositionIndex=0))
        both = _tags(action=_turned(one.pitch_deg)) + _tags(action=shot)
        actions = _group(number, number, number, _tags(actionTriggerType="reachPoint"), both)
    return f"<Placemark><Point><coordinates>{lon:.7f},{lat:.7f}</coordinates></Point>{inside}{actions}</Placemark>"


def _document(parts: Iterable[str]) -> str:
    inside = "".join(parts)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{_KML}" xmlns:wpml="{_WPML}">'
    return f"{head}<Document>{inside}</Document></kml>\n"


def _tags(**values: object) -> str:
    return "".join(f"<wpml:{name}>{value}</wpml:{name}>" for name, value in values.items())


def _config(survey: Survey | Around) -> str:
    drone, kind, payload, position = survey.ask.drone.wpml or (0, 0, 0, 0)
    return _tags(
        missionConfig=_tags(
            flyToWaylineMode="safely",
            finishAction="goHome",
            exitOnRCLost="executeLostAction",
            executeRCLostAction="goBack",
            takeOffSecurityHeight=20,
            globalTransitionalSpeed=f"{survey.speed_m_s:.1f}",
            droneInfo=_tags(droneEnumValue=drone, droneSubEnumValue=kind),
            payloadInfo=_tags(payloadEnumValue=payload, payloadSubEnumValue=0, payloadPositionIndex=position),
        )
    )


def _heights(survey: Survey, flight: Flight) -> list[tuple[float, float, float, int]]:
    ground = float(survey.ask.terrain.at(survey.ask.where.take_off))
    return [
        (lon, lat, height - ground, line) for lon, lat, height, line in _positions(survey.ask.plane, flight.waypoints)
    ]


def _template(survey: Survey, flight: Flight) -> str:
    marks = [
        f"<Placemark><Point><coordinates>{lon:.7f},{lat:.7f}</coordinates></Point>"
        + _tags(index=i, height=f"{h:.2f}", useGlobalSpeed=1, useGlobalHeadingParam=1, useGlobalTurnParam=1)
        + "</Placemark>"
        for i, (lon, lat, h, _) in enumerate(_heights(survey, flight))
    ]
    folder = (
        _tags(templateType="waypoint", templateId=0)
        + _tags(waylineCoordinateSysParam=_tags(coordinateMode="WGS84", heightMode="relativeToStartPoint"))
        + _tags(autoFlightSpeed=f"{survey.speed_m_s:.1f}", gimbalPitchMode="manual")
        + _tags(globalWaypointHeadingParam=_tags(waypointHeadingMode="followWayline"))
        + _tags(globalWaypointTurnMode="toPointAndStopWithDiscontinuityCurvature", globalUseStraightLine=1)
    )
    return _document([_config(survey), "<Folder>", folder, *marks, "</Folder>"])


def _waylines(survey: Survey, flight: Flight) -> str:
    stops = _heights(survey, flight)
    head = _tags(
        templateId=0,
        executeHeightMode="relativeToStartPoint",
        waylineId=0,
        distance=f"{flight.length_m:.1f}",
        duration=f"{flight.duration_s:.1f}",
        autoFlightSpeed=f"{survey.speed_m_s:.1f}",
    )
    marks: list[str] = []
    for i, (lon, lat, height, line) in enumerate(stops):
        inside = _tags(
            index=i,
            executeHeight=f"{height:.2f}",
            waypointSpeed=f"{survey.speed_m_s:.1f}",
            waypointHeadingParam=_tags(waypointHeadingMode="followWayline"),
            waypointTurnParam=_tags(
                waypointTurnMode="toPointAndStopWithDiscontinuityCurvature", waypointTurnDampingDist=0
            ),
            useStraightLine=1,
        )
        actions = _look_down() if i == 0 else ""
        if line >= 0 and stops[i - 1][3] != line:
            last = max(j for j in range(i, len(stops)) if all(s[3] == line for s in stops[i : j + 1]))
            actions += _photos(survey, len(marks) + 1, i, last)
        marks.append(
            f"<Placemark><Point><coordinates>{lon:.7f},{lat:.7f}</coordinates></Point>{inside}{actions}</Placemark>"
        )
    return _document([_config(survey), "<Folder>", head, *marks, "</Folder>"])


def _group(number: int, first: int, last: int, trigger: str, actions: str) -> str:
    """Actions, each in its own element."""
    head = _tags(
        actionGroupId=number,
        actionGroupStartIndex=first,
        actionGroupEndIndex=last,
        actionGroupMode="sequence",
        actionTrigger=trigger,
    )
    return _tags(actionGroup=head + actions)


def _turned(pitch_deg: float) -> str:
    turn = _tags(
        gimbalHeadingYawBase="aircraft",
        gimbalRotateMode="absoluteAngle",
        gimbalPitchRotateEnable=1,
        gimbalPitchRotateAngle=f"{pitch_deg:g}",
        payloadPositionIndex=0,
    )
    return _tags(actionId=0, actionActuatorFunc="gimbalRotate", actionActuatorFuncParam=turn)


def _look_down() -> str:
    return _group(0, 0, 0, _tags(actionTriggerType="reachPoint"), _tags(action=_turned(-90.0)))


def _photos(survey: Survey, number: int, first: int, last: int) -> str:
    trigger = _tags(actionTriggerType="multipleDistance", actionTriggerParam=f"{survey.trigger_m:.2f}")
    action = _tags(actionId=0, actionActuatorFunc="takePhoto", actionActuatorFuncParam=_tags(payloadPositionIndex=0))
    return _group(number, first, last, trigger, _tags(action=action))
