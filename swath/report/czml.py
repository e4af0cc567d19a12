"""plan.czml: the day in motion, for CesiumJS and other readers of CZML 1.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from swath.frames import itrf_from_geodetic
from swath.report.geojson import outline
from swath.report.outcome import Outcome
from swath.report.packets import between, czml, document, moving, named, shown, standing
from swath.report.planned import PlannedDay
from swath.report.style import SATELLITE_RGB

__all__ = ["plan_czml"]

Json = dict[str, Any]


def plan_czml(outcome: Outcome | PlannedDay) -> str:
    """The text of ``plan.czml``: satellites as sampled Earth-fixed positions, stations, pictures and contacts."""
    stations = (standing("station", s.id, s.lon_deg, s.lat_deg, s.altitude_m) for s in outcome.stations)
    first = document(f"{outcome.title} [{outcome.banner}]", outcome.start, outcome.stop)
    return czml([first, *_satellites(outcome), *stations, *_pictures(outcome), *_contacts(outcome)])


def _satellites(outcome: Outcome | PlannedDay) -> Iterator[Json]:
    for number, satellite in enumerate(outcome.satellites):
        track = outcome.tracks.take(outcome.tracks.satellite == satellite.id).sort_by("time")
        if not len(track):
            continue
        r_itrf_m = itrf_from_geodetic(lon_deg=track.lon_deg, lat_deg=track.lat_deg, altitude_m=track.altitude_m)
        yield moving(number, satellite.id, track.time, r_itrf_m, f"Orbit of {satellite.elements.name}")


def _pictures(outcome: Outcome | PlannedDay) -> Iterator[Json]:
    requests = {request.id: request for request in outcome.requests}
    flying = set(outcome.tracks.satellite.tolist())
    colors = {s.id: [*SATELLITE_RGB[n % len(SATELLITE_RGB)]] for n, s in enumerate(outcome.satellites)}
    for row in outcome.plan.acquisitions.rows():
        request, satellite = requests[str(row["request"])], str(row["satellite"])
        ring = outcome.footprints.get(str(row["id"])) or outline(request)
        id, color = named("picture", str(row["id"])), colors[satellite]
        packet = {
            "id": id,
            "name": f"{row['request']} by {satellite}",
            "availability": shown(row["start"], max(outcome.stop, row["stop"])),
            "position": {
                "cartographicDegrees": [request.place.lon_deg, request.place.lat_deg, request.place.altitude_m]
            },
            "polygon": {
                "positions": {"cartographicDegrees": [round(v, 6) for lon, lat in ring for v in (lon, lat, 0.0)]},
                "material": {"solidColor": {"color": {"rgba": [*color, 120]}}},
            },
        }
        if satellite in flying:
            ends, span = [named("satellite", satellite), id], (outcome.start, outcome.stop)
            packet["polyline"] = between(ends, span, [(row["start"], row["stop"])], [*color, 200])
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
        ends, span = [named("satellite", satellite), named("station", station)], (outcome.start, outcome.stop)
        yield {
            "id": named("contact", satellite, station),
            "name": f"{satellite} sends to {station}",
            "availability": shown(*span),
            "polyline": between(ends, span, spans, [255, 255, 255, 200]),
        }
