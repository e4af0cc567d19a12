"""Windows as GeoJSON, calendar (RFC 5545), KML 2.2 and CZML 1.0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from swath.frames import geodetic_from_itrf
from swath.model import Place
from swath.report.ics import calendar, escaped, event_id, lasting
from swath.report.orbit_files import xml_text
from swath.report.packets import between, czml, document, moving, named, standing
from swath.report.style import SATELLITE_RGB
from swath.report.windows import Found, geometry_of
from swath.time import format_utc

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
    events = []
    for row in found.windows.rows():
        place = found.places[str(row[found.at])]
        said = [
            f"SUMMARY:{escaped(found.said(row))}",
            f"DESCRIPTION:{escaped(found.told(row))}",
            f"LOCATION:{escaped(place.id)}",
            f"GEO:{place.lat_deg:.5f};{place.lon_deg:.5f}",
        ]
        id = event_id(str(row["satellite"]), place.id, str(row[found.middle]))
        events.append((id, [*lasting(row["start"], row["stop"]), *said]))
    return calendar(found.title, found.made, events)


def windows_kml(found: Found) -> str:
    """Places, and the part of each ground track from which a place is seen, with the time it is."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
        f"<name>{xml_text(found.title)}</name>",
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
            f"<Placemark><name>{xml_text(found.said(row))}</name><description>{xml_text(found.told(row))}</description>"
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
        return f"<Placemark><name>{xml_text(place.id)}</name><Point><coordinates>{at}</coordinates></Point></Placemark>"
    areas = "".join(
        f"<Polygon><outerBoundaryIs>{ring(outer)}</outerBoundaryIs>"
        + "".join(f"<innerBoundaryIs>{ring(hole)}</innerBoundaryIs>" for hole in holes)
        + "</Polygon>"
        for outer, *holes in place.polygons
    )
    return f"<Placemark><name>{xml_text(place.id)}</name><MultiGeometry>{areas}</MultiGeometry></Placemark>"


def windows_czml(found: Found) -> str:
    """Satellites in motion, places, and a line between the two while a window is open."""
    satellites = (moving(n, name, track.time, track.r_itrf_m) for n, (name, track) in enumerate(found.tracks.items()))
    return czml([document(found.title, found.start, found.stop), *satellites, *_standing(found), *_lines(found)])


def _standing(found: Found) -> Iterator[Json]:
    for id, place in found.places.items():
        packet = standing(found.at, id, place.lon_deg, place.lat_deg, place.altitude_m)
        if place.ring:
            flat = [value for lon, lat in place.ring for value in (lon, lat, 0.0)]
            packet["polygon"] = {
                "positions": {"cartographicDegrees": flat},
                "material": {"solidColor": {"color": {"rgba": [255, 255, 255, 60]}}},
            }
        yield packet


def _lines(found: Found) -> Iterator[Json]:
    pairs: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
    for row in found.windows.rows():
        pairs.setdefault((str(row["satellite"]), str(row[found.at])), []).append((row["start"], row["stop"]))
    for (satellite, place), spans in pairs.items():
        ends = [named("satellite", satellite), named(found.at, place)]
        yield {
            "id": named("window", satellite, place),
            "name": f"{satellite} and {place}",
            "polyline": between(ends, (found.start, found.stop), spans, [255, 220, 80, 220]),
        }


def _at(time: np.datetime64) -> str:
    return format_utc(time, decimals=3)
