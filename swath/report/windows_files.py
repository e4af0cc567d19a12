"""Windows as GeoJSON, calendar (RFC 5545), KML 2.2 and CZML 1.0."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import numpy as np

from swath.frames import geodetic_from_itrf
from swath.model import Place
from swath.report.ics import escaped, folded, stamped
from swath.report.style import SATELLITE_RGB
from swath.report.windows import Found, geometry_of
from swath.time import format_utc, seconds

__all__ = ["windows_czml", "windows_geojson", "windows_ics", "windows_kml"]

Json = dict[str, Any]


def windows_geojson(found: Found) -> str:
    """One feature a window: the place's geometry, and all columns as properties."""
    shapes = {id: geometry_of(place) for id, place in found.places.items()}
    features = [
        {"type": "Feature", "geometry": shapes[row[found.at]], "properties": row} for row in found.windows.to_json()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1, allow_nan=False) + "\n"


def windows_ics(found: Found) -> str:
    """One event a window, in UTC, with the place's position."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//swath//windows//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(found.title)}",
    ]
    for row in found.windows.rows():
        place = found.places[str(row[found.at])]
        uid = hashlib.sha256(f"{row['satellite']}\0{place.id}\0{row[found.middle]}".encode()).hexdigest()[:32]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uid}@swath",
            f"DTSTAMP:{stamped(found.made)}",
            f"DTSTART:{stamped(row['start'])}",
            f"DTEND:{stamped(max(row['stop'] + seconds(0.999), row['start'] + seconds(1.0)))}",
            f"SUMMARY:{escaped(found.said(row))}",
            f"DESCRIPTION:{escaped(found.told(row))}",
            f"LOCATION:{escaped(place.id)}",
            f"GEO:{place.lat_deg:.5f};{place.lon_deg:.5f}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(folded(line) for line in [*lines, "END:VCALENDAR"])


def windows_kml(found: Found) -> str:
    """Places, and the part of each ground track from which a place is seen, with the time it is."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
        f"<name>{_text(found.title)}</name>",
        *(_kml_style(number) for number in range(len(SATELLITE_RGB))),
        "<Folder><name>Places</name>",
        *(_kml_place(place) for place in found.places.values()),
        "</Folder><Folder><name>Windows</name>",
    ]
    colour = {name: number % len(SATELLITE_RGB) for number, name in enumerate(found.tracks)}
    for row in found.windows.rows():
        _, r = found.tracks[str(row["satellite"])].between(row["start"], row["stop"])
        lon_deg, lat_deg, height_m = geodetic_from_itrf(r)
        path = " ".join(f"{x:.6f},{y:.6f},{z:.0f}" for x, y, z in zip(lon_deg, lat_deg, height_m, strict=True))
        parts.append(
            f"<Placemark><name>{_text(found.said(row))}</name><description>{_text(found.told(row))}</description>"
            f"<TimeSpan><begin>{_at(row['start'])}</begin><end>{_at(row['stop'])}</end></TimeSpan>"
            f"<styleUrl>#s{colour[str(row['satellite'])]}</styleUrl><LineString><extrude>1</extrude>"
            f"<altitudeMode>absolute</altitudeMode><coordinates>{path}</coordinates></LineString></Placemark>"
        )
    return "\n".join([*parts, "</Folder></Document></kml>"]) + "\n"


def _kml_style(number: int) -> str:
    red, green, blue = SATELLITE_RGB[number]
    line, fill = f"ff{blue:02x}{green:02x}{red:02x}", f"40{blue:02x}{green:02x}{red:02x}"
    return (
        f'<Style id="s{number}"><LineStyle><color>{line}</color><width>3</width></LineStyle>'
        f"<PolyStyle><color>{fill}</color></PolyStyle></Style>"
    )


def _kml_place(place: Place) -> str:
    def ring(corners: Any) -> str:
        path = " ".join(f"{lon:.6f},{lat:.6f},0" for lon, lat in (*corners, corners[0]))
        return f"<LinearRing><coordinates>{path}</coordinates></LinearRing>"

    if not place.ring:
        at = f"{place.lon_deg:.6f},{place.lat_deg:.6f},{place.altitude_m:.0f}"
        return f"<Placemark><name>{_text(place.id)}</name><Point><coordinates>{at}</coordinates></Point></Placemark>"
    areas = "".join(
        f"<Polygon><outerBoundaryIs>{ring(outer)}</outerBoundaryIs>"
        + "".join(f"<innerBoundaryIs>{ring(hole)}</innerBoundaryIs>" for hole in holes)
        + "</Polygon>"
        for outer, *holes in place.polygons
    )
    return f"<Placemark><name>{_text(place.id)}</name><MultiGeometry>{areas}</MultiGeometry></Placemark>"


def _text(text: str) -> str:
    """For XML, which forbids control characters."""
    return escape("".join(c if c == "\n" or c.isprintable() else " " for c in text))


def windows_czml(found: Found) -> str:
    """Satellites in motion, places, and a line between the two while a window is open."""
    packets = [_document(found), *_moving(found), *_standing(found), *_lines(found)]
    return json.dumps(packets, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def _document(found: Found) -> Json:
    clock = {
        "interval": _interval(found.start, found.stop),
        "currentTime": _at(found.start),
        "multiplier": 60,
        "range": "LOOP_STOP",
        "step": "SYSTEM_CLOCK_MULTIPLIER",
    }
    return {"id": "document", "name": found.title, "version": "1.0", "clock": clock}


def _moving(found: Found) -> Iterator[Json]:
    for number, (name, track) in enumerate(found.tracks.items()):
        since_s = (track.time - track.time[0]) / np.timedelta64(1, "ns") * 1e-9
        color = {"rgba": [*SATELLITE_RGB[number % len(SATELLITE_RGB)], 255]}
        yield {
            "id": _id("satellite", name),
            "name": name,
            "availability": _interval(track.time[0], track.time[-1]),
            "position": {
                "epoch": _at(track.time[0]),
                "referenceFrame": "FIXED",
                "interpolationAlgorithm": "LAGRANGE",
                "interpolationDegree": 5,
                "cartesian": np.round(np.column_stack([since_s, track.r_itrf_m]), 1).ravel().tolist(),
            },
            "point": {"pixelSize": 9, "color": color},
            "label": {"text": name, "font": "13px sans-serif", "pixelOffset": {"cartesian2": [14, 0]}},
            "path": {"leadTime": 0, "trailTime": 2700, "width": 2, "material": {"solidColor": {"color": color}}},
        }


def _standing(found: Found) -> Iterator[Json]:
    for id, place in found.places.items():
        packet: Json = {
            "id": _id(found.at, id),
            "name": id,
            "position": {"cartographicDegrees": [place.lon_deg, place.lat_deg, place.altitude_m]},
            "point": {"pixelSize": 8, "color": {"rgba": [255, 255, 255, 255]}},
            "label": {"text": id, "font": "13px sans-serif", "pixelOffset": {"cartesian2": [14, 0]}},
        }
        if place.ring:
            flat = [value for lon, lat in place.ring for value in (lon, lat, 0.0)]
            packet["polygon"] = {
                "positions": {"cartographicDegrees": flat},
                "material": {"solidColor": {"color": {"rgba": [255, 255, 255, 60]}}},
            }
        yield packet


def _lines(found: Found) -> Iterator[Json]:
    pairs: dict[tuple[str, str], list[Json]] = {}
    for row in found.windows.rows():
        open_now = {"interval": _interval(row["start"], row["stop"]), "boolean": True}
        pairs.setdefault((str(row["satellite"]), str(row[found.at])), []).append(open_now)
    for (satellite, place), intervals in pairs.items():
        ends = [f"{_id('satellite', satellite)}#position", f"{_id(found.at, place)}#position"]
        yield {
            "id": f"window/{quote(satellite, safe='')}/{quote(place, safe='')}",
            "name": f"{satellite} and {place}",
            "polyline": {
                # later intervals override earlier ones
                "show": [{"interval": _interval(found.start, found.stop), "boolean": False}, *intervals],
                "positions": {"references": ends},
                "arcType": "NONE",
                "width": 2,
                "material": {"solidColor": {"color": {"rgba": [255, 220, 80, 220]}}},
            },
        }


def _id(kind: str, name: str) -> str:
    """Packet ids are part of references, where ``#`` and backslashes have a meaning."""
    return f"{kind}/{quote(name, safe='')}"


def _at(time: np.datetime64) -> str:
    return format_utc(time, decimals=3)


def _interval(start: np.datetime64, stop: np.datetime64) -> str:
    return f"{_at(start)}/{_at(stop)}"
