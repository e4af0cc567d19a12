"""The same flights for other readers: GPX, KML, and DJI's KMZ (WPML 1.0.2) for aircraft that take waypoint files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape

import numpy as np

from swath.errors import InputError
from swath.survey.flight import Flight
from swath.survey.plan import Survey

__all__ = ["gpx", "kml", "wpml_kmz"]

_KML = "http://www.opengis.net/kml/2.2"
_WPML = "http://www.dji.com/wpmz/1.0.2"


def _positions(survey: Survey, flight: Flight) -> list[tuple[float, float, float, int]]:
    """Longitude, latitude, height above sea level and line of each waypoint."""
    lonlat = survey.ask.plane.to_deg(np.array([(w.east_m, w.north_m) for w in flight.waypoints]))
    return [
        (float(lon), float(lat), w.altitude_m, w.line) for (lon, lat), w in zip(lonlat, flight.waypoints, strict=True)
    ]


def gpx(survey: Survey, title: str) -> str:
    """GPX 1.1: a route for each flight."""
    routes = []
    for number, flight in enumerate(survey.flights, 1):
        points = "".join(
            f'<rtept lat="{lat:.7f}" lon="{lon:.7f}"><ele>{height:.1f}</ele></rtept>'
            for lon, lat, height, _ in _positions(survey, flight)
        )
        routes.append(f"<rte><name>{escape(title)}, flight {number}</name>{points}</rte>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="swath" xmlns="http://www.topografix.com/GPX/1/1">' + "".join(routes) + "</gpx>\n"
    )


def kml(survey: Survey, title: str) -> str:
    """KML 2.2: the area and a line for each flight, heights above sea level."""
    marks = []
    for number, flight in enumerate(survey.flights, 1):
        path = " ".join(f"{lon:.7f},{lat:.7f},{height:.1f}" for lon, lat, height, _ in _positions(survey, flight))
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


def _document(parts: Iterable[str]) -> str:
    inside = "".join(parts)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{_KML}" xmlns:wpml="{_WPML}">'
    return f"{head}<Document>{inside}</Document></kml>\n"


def _tags(**values: object) -> str:
    return "".join(f"<wpml:{name}>{value}</wpml:{name}>" for name, value in values.items())


def _config(survey: Survey) -> str:
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
    return [(lon, lat, height - ground, line) for lon, lat, height, line in _positions(survey, flight)]


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


def _group(number: int, first: int, last: int, trigger: str, action: str) -> str:
    return _tags(
        actionGroup=_tags(
            actionGroupId=number,
            actionGroupStartIndex=first,
            actionGroupEndIndex=last,
            actionGroupMode="sequence",
            actionTrigger=trigger,
            action=action,
        )
    )


def _look_down() -> str:
    turn = _tags(
        gimbalHeadingYawBase="aircraft",
        gimbalRotateMode="absoluteAngle",
        gimbalPitchRotateEnable=1,
        gimbalPitchRotateAngle=-90,
        payloadPositionIndex=0,
    )
    action = _tags(actionId=0, actionActuatorFunc="gimbalRotate", actionActuatorFuncParam=turn)
    return _group(0, 0, 0, _tags(actionTriggerType="reachPoint"), action)


def _photos(survey: Survey, number: int, first: int, last: int) -> str:
    trigger = _tags(actionTriggerType="multipleDistance", actionTriggerParam=f"{survey.trigger_m:.2f}")
    action = _tags(actionId=0, actionActuatorFunc="takePhoto", actionActuatorFuncParam=_tags(payloadPositionIndex=0))
    return _group(number, first, last, trigger, action)
