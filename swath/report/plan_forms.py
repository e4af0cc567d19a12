"""The plan in the forms of other ground software: KML, a Yamcs command stack, observations as SatNOGS lists them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from swath.plan.commands import Commands
from swath.report.geojson import outline
from swath.report.planned import PlannedDay
from swath.time import format_utc

__all__ = ["observations", "plan_kml", "yamcs_stack"]

_TRACK_EVERY = 2


def plan_kml(day: PlannedDay) -> str:
    """Stations, ground tracks and the pictures of a plan (KML 2.2), each with its time."""
    requests = {request.id: request for request in day.requests}
    marked = f"{day.title} [{day.banner}]"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
        f"<name>{escape(marked)}</name>",
        '<Style id="picture"><PolyStyle><color>8000a5ff</color></PolyStyle></Style>',
    ]
    parts += [
        f"<Placemark><name>{escape(s.id)}</name><Point><coordinates>{s.lon_deg:.6f},{s.lat_deg:.6f},{s.altitude_m:.0f}"
        "</coordinates></Point></Placemark>"
        for s in day.stations
    ]
    for satellite in day.satellites:
        track = day.tracks.take(day.tracks.satellite == satellite.id).sort_by("time")
        parts += [_line(satellite.id, part) for part in _unbroken(track)]
    for row in day.plan.acquisitions.rows():
        ring = " ".join(f"{lon:.6f},{lat:.6f},0" for lon, lat in _closed(outline(requests[str(row["request"])])))
        span = f"<begin>{format_utc(row['start'])}</begin><end>{format_utc(row['stop'])}</end>"
        parts.append(
            f"<Placemark id={quoteattr('picture-' + str(row['id']))}><name>{escape(str(row['request']))} by "
            f"{escape(str(row['satellite']))}</name><TimeSpan>{span}</TimeSpan><styleUrl>#picture</styleUrl><Polygon>"
            f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
            "</Polygon></Placemark>"
        )
    return "\n".join([*parts, "</Document></kml>"]) + "\n"


def _closed(ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    return ring if ring[0] == ring[-1] else (*ring, ring[0])


def _unbroken(track: Any) -> list[Any]:
    """A track in pieces that do not cross the antimeridian."""
    breaks = np.flatnonzero(np.abs(np.diff(track.lon_deg)) > 180.0) + 1
    edges = [0, *breaks.tolist(), len(track)]
    return [track.take(slice(a, b)) for a, b in pairwise(edges) if b - a > 1]


def _line(name: str, track: Any) -> str:
    points = zip(track.lon_deg.tolist(), track.lat_deg.tolist(), track.altitude_m.tolist(), strict=True)
    text = " ".join(f"{lon:.5f},{lat:.5f},{alt:.0f}" for lon, lat, alt in list(points)[::_TRACK_EVERY])
    return (
        f"<Placemark><name>{escape(name)}</name><LineString><altitudeMode>absolute</altitudeMode>"
        f"<coordinates>{text}</coordinates></LineString></Placemark>"
    )


def yamcs_stack(commands: Commands, *, title: str, simulated: bool) -> dict[str, Any]:
    """A command stack that Yamcs loads: one entry a command, with its time and subject as arguments."""
    rows = commands.to_json()
    return {
        "$schema": "https://yamcs.org/schema/command-stack.schema.json",
        "title": f"{title} [SIMULATED]" if simulated else title,
        "commands": [
            {
                "name": f"/{row['satellite']}/{row['command'].upper()}",
                "comment": f"{row['time']} {row['subject']}",
                "arguments": [
                    {"name": "time", "value": row["time"]},
                    {"name": "subject", "value": row["subject"]},
                    *(
                        {"name": angle, "value": round(row[angle], 4)}
                        for angle in ("roll_deg", "pitch_deg")
                        if row["command"] == "turn"
                    ),
                ],
            }
            for row in rows
        ],
    }


def observations(day: PlannedDay) -> list[dict[str, Any]]:
    """The plan's contacts in the form of the SatNOGS network's list of observations."""
    norad = {satellite.id: satellite.elements.norad_id for satellite in day.satellites}
    stations = {station.id: station for station in day.stations}
    return [
        {
            "id": str(row["id"]),
            "start": format_utc(row["start"]),
            "end": format_utc(row["stop"]),
            "norad_cat_id": norad[str(row["satellite"])],
            "satellite": str(row["satellite"]),
            "ground_station": str(row["station"]),
            "status": "future",
            "station_lat": stations[str(row["station"])].lat_deg,
            "station_lng": stations[str(row["station"])].lon_deg,
            "station_alt": stations[str(row["station"])].altitude_m,
            "simulated": day.simulated,
        }
        for row in day.plan.contacts.sort_by("start", "id").rows()
    ]
