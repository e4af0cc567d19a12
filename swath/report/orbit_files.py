"""Ground tracks as GeoJSON, KML 2.2 and CZML 1.0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from swath.frames import itrf_from_geodetic
from swath.orbit.ground_track import GroundTrack
from swath.report.style import SATELLITE_RGB
from swath.time import format_utc

__all__ = ["pieces", "track_czml", "track_geojson", "track_kml"]

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]


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
        f"<name>{_text(title)}</name>",
    ]
    for number, (name, track) in enumerate(tracks.items()):
        red, green, blue = SATELLITE_RGB[number % len(SATELLITE_RGB)]
        places = zip(track.lon_deg, track.lat_deg, track.altitude_m, strict=True)
        parts += [
            f"<Placemark><name>{_text(name)}</name><Style><LineStyle><color>ff{blue:02x}{green:02x}{red:02x}</color>"
            "<width>2</width></LineStyle></Style><gx:Track><altitudeMode>absolute</altitudeMode>",
            *(f"<when>{_at(time)}</when>" for time in track.time),
            *(f"<gx:coord>{lon:.6f} {lat:.6f} {height:.0f}</gx:coord>" for lon, lat, height in places),
            "</gx:Track></Placemark>",
        ]
    return "\n".join([*parts, "</Document></kml>"]) + "\n"


def track_czml(tracks: Mapping[str, GroundTrack], title: str) -> str:
    """Satellites in motion as sampled Earth-fixed positions, for CesiumJS and other readers."""
    spans = [(track.time[0], track.time[-1]) for track in tracks.values()]
    interval = f"{_at(min(a for a, _ in spans))}/{_at(max(b for _, b in spans))}" if spans else None
    document: Json = {"id": "document", "name": title, "version": "1.0"}
    if interval:
        document["clock"] = {"interval": interval, "currentTime": interval.split("/")[0], "multiplier": 60}
    moving = [_moving(number, name, track) for number, (name, track) in enumerate(tracks.items())]
    return json.dumps([document, *moving], separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def _moving(number: int, name: str, track: GroundTrack) -> Json:
    r_itrf_m = itrf_from_geodetic(lon_deg=track.lon_deg, lat_deg=track.lat_deg, altitude_m=track.altitude_m)
    since_s = (track.time - track.time[0]) / np.timedelta64(1, "ns") * 1e-9
    color = {"rgba": [*SATELLITE_RGB[number % len(SATELLITE_RGB)], 255]}
    return {
        "id": f"satellite/{quote(name, safe='')}",
        "name": name,
        "availability": f"{_at(track.time[0])}/{_at(track.time[-1])}",
        "position": {
            "epoch": _at(track.time[0]),
            "referenceFrame": "FIXED",
            "interpolationAlgorithm": "LAGRANGE",
            "interpolationDegree": 5,
            "cartesian": np.round(np.column_stack([since_s, r_itrf_m]), 1).ravel().tolist(),
        },
        "point": {"pixelSize": 9, "color": color},
        "label": {"text": name, "font": "13px sans-serif", "pixelOffset": {"cartesian2": [14, 0]}},
        "path": {"leadTime": 0, "trailTime": 2700, "width": 2, "material": {"solidColor": {"color": color}}},
    }


def _text(text: str) -> str:
    """For XML, which forbids control characters."""
    return escape("".join(c if c == "\n" or c.isprintable() else " " for c in text))


def _at(time: np.datetime64) -> str:
    return format_utc(time, decimals=3)
