"""plan.czml: the day in motion, for CesiumJS and other readers of CZML 1.0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import numpy as np

from swath.frames import itrf_from_geodetic
from swath.report.geojson import outline
from swath.report.outcome import Outcome
from swath.report.planned import PlannedDay
from swath.report.style import SATELLITE_RGB
from swath.time import format_utc

__all__ = ["plan_czml"]

Json = dict[str, Any]


def plan_czml(outcome: Outcome | PlannedDay) -> str:
    """The text of ``plan.czml``: satellites as sampled Earth-fixed positions, stations, pictures and contacts."""
    packets = [_document(outcome), *_satellites(outcome), *_stations(outcome), *_pictures(outcome), *_contacts(outcome)]
    return json.dumps(packets, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def _document(outcome: Outcome | PlannedDay) -> Json:
    notice = f" [{outcome.banner}]"
    return {
        "id": "document",
        "name": outcome.title + notice,
        "version": "1.0",
        "clock": {
            "interval": _interval(outcome.start, outcome.stop),
            "currentTime": _at(outcome.start),
            "multiplier": 60,
            "range": "LOOP_STOP",
            "step": "SYSTEM_CLOCK_MULTIPLIER",
        },
    }


def _satellites(outcome: Outcome | PlannedDay) -> Iterator[Json]:
    for number, satellite in enumerate(outcome.satellites):
        track = outcome.tracks.take(outcome.tracks.satellite == satellite.id).sort_by("time")
        if not len(track):
            continue
        r_itrf_m = itrf_from_geodetic(lon_deg=track.lon_deg, lat_deg=track.lat_deg, altitude_m=track.altitude_m)
        since_s = (track.time - track.time[0]) / np.timedelta64(1, "ns") * 1e-9
        samples = np.round(np.column_stack([since_s, r_itrf_m]), 1)
        color = {"rgba": [*SATELLITE_RGB[number % len(SATELLITE_RGB)], 255]}
        yield {
            "id": _id("satellite", satellite.id),
            "name": satellite.id,
            "description": f"Orbit of {satellite.elements.name}",
            "availability": _interval(track.time[0], track.time[-1]),
            "position": {
                "epoch": _at(track.time[0]),
                "referenceFrame": "FIXED",
                "interpolationAlgorithm": "LAGRANGE",
                "interpolationDegree": 5,
                "cartesian": samples.ravel().tolist(),
            },
            "point": {"pixelSize": 9, "color": color},
            "label": {"text": satellite.id, "font": "13px sans-serif", "pixelOffset": {"cartesian2": [14, 0]}},
            "path": {"leadTime": 0, "trailTime": 2700, "width": 2, "material": {"solidColor": {"color": color}}},
        }


def _stations(outcome: Outcome | PlannedDay) -> Iterator[Json]:
    for station in outcome.stations:
        yield {
            "id": _id("station", station.id),
            "name": station.id,
            "position": {"cartographicDegrees": [station.lon_deg, station.lat_deg, station.altitude_m]},
            "point": {"pixelSize": 8, "color": {"rgba": [255, 255, 255, 255]}},
            "label": {"text": station.id, "font": "13px sans-serif", "pixelOffset": {"cartesian2": [14, 0]}},
        }


def _pictures(outcome: Outcome | PlannedDay) -> Iterator[Json]:
    requests = {request.id: request for request in outcome.requests}
    flying = set(outcome.tracks.satellite.tolist())
    colors = {s.id: [*SATELLITE_RGB[n % len(SATELLITE_RGB)]] for n, s in enumerate(outcome.satellites)}
    for row in outcome.plan.acquisitions.rows():
        request, satellite = requests[str(row["request"])], str(row["satellite"])
        ring = outcome.footprints.get(str(row["id"])) or outline(request)
        id, color = _id("picture", str(row["id"])), colors[satellite]
        packet = {
            "id": id,
            "name": f"{row['request']} by {satellite}",
            "availability": _interval(row["start"], max(outcome.stop, row["stop"])),
            "position": {
                "cartographicDegrees": [request.place.lon_deg, request.place.lat_deg, request.place.altitude_m]
            },
            "polygon": {
                "positions": {"cartographicDegrees": [round(v, 6) for lon, lat in ring for v in (lon, lat, 0.0)]},
                "material": {"solidColor": {"color": {"rgba": [*color, 120]}}},
            },
        }
        if satellite in flying:
            packet["polyline"] = _line(outcome, [_id("satellite", satellite), id], [(row["start"], row["stop"])], color)
        yield packet


def _contacts(outcome: Outcome | PlannedDay) -> Iterator[Json]:
    contacts = outcome.plan.contacts.sort_by("start", "id")
    flying = set(outcome.tracks.satellite.tolist())
    pairs = sorted(set(zip(contacts.satellite.tolist(), contacts.station.tolist(), strict=True)))
    for satellite, station in pairs:
        if satellite not in flying:
            continue
        rows = contacts.take((contacts.satellite == satellite) & (contacts.station == station))
        spans = list(zip(rows.start, rows.stop, strict=True))
        ends = [_id("satellite", satellite), _id("station", station)]
        yield {
            "id": f"{_id('contact', satellite)}/{quote(station, safe='')}",
            "name": f"{satellite} sends to {station}",
            "availability": _interval(outcome.start, outcome.stop),
            "polyline": _line(outcome, ends, spans, [255, 255, 255]),
        }


def _line(outcome: Outcome | PlannedDay, ends: list[str], spans: list[tuple[Any, Any]], color: list[int]) -> Json:
    """A straight line between two packets, shown in ``spans`` only (later intervals override earlier ones)."""
    whole = {"interval": _interval(outcome.start, outcome.stop), "boolean": False}
    return {
        "show": [whole, *({"interval": _interval(start, stop), "boolean": True} for start, stop in spans)],
        "positions": {"references": [f"{end}#position" for end in ends]},
        "arcType": "NONE",
        "width": 2,
        "material": {"solidColor": {"color": {"rgba": [*color, 200]}}},
    }


def _id(kind: str, name: str) -> str:
    """Packet ids are part of references, where ``#`` and backslashes have a meaning."""
    return f"{kind}/{quote(name, safe='')}"


def _at(time: np.datetime64) -> str:
    return format_utc(time, decimals=3)


def _interval(start: np.datetime64, stop: np.datetime64) -> str:
    return f"{_at(start)}/{_at(stop)}"
