"""Ground tracks, positions, nodes and eclipses as GeoJSON, KML 2.2, CZML 1.0 and calendars."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from swath.access.events import Eclipses
from swath.frames import itrf_from_geodetic
from swath.orbit.ground_track import GroundTrack
from swath.report.ics import calendar, escaped, event_id, lasting
from swath.report.packets import czml, document, moving
from swath.report.style import SATELLITE_RGB
from swath.time import format_utc

__all__ = [
    "eclipses_ics",
    "pieces",
    "points_geojson",
    "points_kml",
    "track_czml",
    "track_geojson",
    "track_kml",
    "xml_text",
]

Floats = npt.NDArray[np.float64]


def pieces(lon_deg: Floats, lat_deg: Floats) -> list[Floats]:
    """A line ``(n, 2)`` cut where it crosses the date line, its ends drawn out to it."""
    cuts = np.flatnonzero(np.abs(np.diff(lon_deg)) > 180.0)
    line = np.column_stack([lon_deg, lat_deg])
    parts: list[Floats] = []
    begun: list[Floats] = []
    for cut, part in zip(cuts.tolist(), np.split(line, cuts + 1)[:-1], strict=True):
        side = np.sign(lon_deg[cut])
        ahead_deg = lon_deg[cut + 1] + 360.0 * side
        share = (180.0 * side - lon_deg[cut]) / (ahead_deg - lon_deg[cut])
        edge_deg = lat_deg[cut] + share * (lat_deg[cut + 1] - lat_deg[cut])
        parts.append(np.vstack([*begun, part, [180.0 * side, edge_deg]]))
        begun = [np.array([[-180.0 * side, edge_deg]])]
    last = line[cuts[-1] + 1 :] if len(cuts) else line
    return [*parts, np.vstack([*begun, last])]


def track_geojson(tracks: Mapping[str, GroundTrack]) -> str:
    """One feature a satellite: a line in as many parts as the date line makes of it (RFC 7946, section 3.1.9)."""
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "MultiLineString",
                "coordinates": [np.round(part, 6).tolist() for part in pieces(track.lon_deg, track.lat_deg)],
            },
            "properties": {"satellite": name, "start": _at(track.time[0]), "stop": _at(track.time[-1])},
        }
        for name, track in tracks.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1, allow_nan=False) + "\n"


def track_kml(tracks: Mapping[str, GroundTrack], title: str) -> str:
    """Each satellite as a track in time at its true height, with lines down to the ground below it."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>',
        f"<name>{xml_text(title)}</name>",
    ]
    for number, (name, track) in enumerate(tracks.items()):
        red, green, blue = SATELLITE_RGB[number % len(SATELLITE_RGB)]
        places = zip(track.lon_deg, track.lat_deg, track.altitude_m, strict=True)
        parts += [
            f"<Placemark><name>{xml_text(name)}</name><Style><LineStyle><color>ff{blue:02x}{green:02x}{red:02x}</color>"
            "<width>2</width></LineStyle></Style><gx:Track><altitudeMode>absolute</altitudeMode>",
            *(f"<when>{_at(time)}</when>" for time in track.time),
            *(f"<gx:coord>{lon:.6f} {lat:.6f} {height:.0f}</gx:coord>" for lon, lat, height in places),
            "</gx:Track></Placemark>",
        ]
    return "\n".join([*parts, "</Document></kml>"]) + "\n"


def track_czml(tracks: Mapping[str, GroundTrack], title: str) -> str:
    """Satellites in motion as sampled Earth-fixed positions, for CesiumJS and other readers."""
    start, stop = min(track.time[0] for track in tracks.values()), max(track.time[-1] for track in tracks.values())
    return czml([document(title, start, stop), *(_moving(n, *one) for n, one in enumerate(tracks.items()))])


def _moving(number: int, name: str, track: GroundTrack) -> dict[str, Any]:
    r_itrf_m = itrf_from_geodetic(lon_deg=track.lon_deg, lat_deg=track.lat_deg, altitude_m=track.altitude_m)
    return moving(number, name, track.time, r_itrf_m)


def points_geojson(rows: Sequence[Mapping[str, Any]]) -> str:
    """One feature a row, a point at its ``lon_deg`` and ``lat_deg`` (on the equator without one), all as properties."""
    features = []
    for row in rows:
        at = [round(row["lon_deg"], 6), round(row.get("lat_deg", 0.0), 6)]
        at += [round(row["altitude_m"])] if "altitude_m" in row else []
        features.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": at}, "properties": dict(row)})
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1, allow_nan=False) + "\n"


def points_kml(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """One placemark a row, at its height, with a line down to the ground below."""
    marks = [
        f"<Placemark><name>{xml_text(str(row['satellite']))}</name><TimeStamp><when>{row['time']}</when></TimeStamp>"
        f"<Point><extrude>1</extrude><altitudeMode>absolute</altitudeMode><coordinates>{row['lon_deg']:.6f},"
        f"{row['lat_deg']:.6f},{row['altitude_m']:.0f}</coordinates></Point></Placemark>"
        for row in rows
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return "\n".join([head, f"<name>{xml_text(title)}</name>", *marks, "</Document></kml>"]) + "\n"


def eclipses_ics(tables: Mapping[str, Eclipses], title: str, made: np.datetime64) -> str:
    """One event a stay in the Earth's shadow."""
    events = []
    for name, table in tables.items():
        for row in table.rows():
            said = f"{name} in the Earth's shadow"
            more = f"{row['duration_s']:.0f} s in any shadow, {row['umbra_s']:.0f} s in the full one"
            words = [f"SUMMARY:{escaped(said)}", f"DESCRIPTION:{escaped(more)}"]
            events.append((event_id(name, str(row["start"])), [*lasting(row["start"], row["stop"]), *words]))
    return calendar(title, made, events)


def xml_text(text: str) -> str:
    """For XML, which forbids control characters."""
    return escape("".join(c if c == "\n" or c.isprintable() else " " for c in text))


def _at(time: np.datetime64) -> str:
    return format_utc(time, decimals=3)
