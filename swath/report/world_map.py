"""The world on the day of the run: ground tracks, contacts, and every ordered place."""

from __future__ import annotations

from swath.report.chart import Chart, satellite_numbers, track_pieces
from swath.report.outcome import Outcome
from swath.report.svg import drawing, esc, line_path, tag, title
from swath.report.words import count

__all__ = ["world_map"]

_WORLD = Chart(-180.0, -84.0, 180.0, 86.0, 3.0)


def world_map(outcome: Outcome) -> str:
    """Ground tracks of the day, the arcs over stations, and every ordered place: pictured or not."""
    said = (
        f"World map: ground tracks of {count(len(outcome.satellites), 'satellite')}, "
        f"{count(len(outcome.requests), 'ordered place')}, {count(len(outcome.stations), 'station')}"
    )
    parts = (
        _WORLD.ground(step_deg=30.0, tolerance_deg=0.25),
        *_tracks(outcome),
        *_places(outcome),
        _WORLD.stations(outcome),
        *_urgent_rings(outcome),
    )
    return drawing(*_WORLD.size, said, *parts, class_="map world")


def _tracks(outcome: Outcome) -> list[str]:
    parts = []
    for satellite in outcome.satellites:
        color = f"s{satellite_numbers(outcome)[satellite.id]}"
        track = outcome.tracks.take(outcome.tracks.satellite == satellite.id).sort_by("time")
        said = title(f"{satellite.id}, orbit of {satellite.elements.name}")
        path = "".join(line_path(*_WORLD.place(x, y)) for x, y in track_pieces(track))
        parts.append(tag("path", said, d=path, class_=f"track {color}"))
        contacts = outcome.plan.contacts.take(outcome.plan.contacts.satellite == satellite.id)
        arcs = ""
        for start, stop in zip(contacts.start, contacts.stop, strict=True):
            during = track.take((track.time >= start) & (track.time <= stop))
            arcs += "".join(line_path(*_WORLD.place(x, y)) for x, y in track_pieces(during))
        parts.append(tag("path", d=arcs, class_=f"arc {color}"))
    return parts


def _places(outcome: Outcome) -> list[str]:
    numbers = satellite_numbers(outcome)
    acquisitions = outcome.plan.acquisitions
    by = dict(zip(acquisitions.request.tolist(), acquisitions.satellite.tolist(), strict=True))
    parts = []
    for request in sorted(outcome.requests, key=lambda r: r.id in by):
        x, y = _WORLD.point(request.place.lon_deg, request.place.lat_deg)
        taken = by.get(request.id)
        said = title(f"{request.id}: {'by ' + taken if taken else 'not planned'}")
        style = f"place s{numbers.get(taken, 0)}" if taken else "place refused"
        parts.append(tag("circle", said, cx=x, cy=y, r=3.2 if taken else 2.6, class_=style))
    return parts


def _urgent_rings(outcome: Outcome) -> list[str]:
    parts = []
    for story in outcome.urgent:
        request = outcome.request(story.request)
        if request is not None:
            x, y = _WORLD.point(request.place.lon_deg, request.place.lat_deg)
            parts.append(tag("circle", cx=x, cy=y, r=11, class_="urgent-ring"))
            left = x > 0.25 * _WORLD.size[0]
            style = "label urgent-name end" if left else "label urgent-name"
            parts.append(tag("text", esc(story.request), x=x - 16 if left else x + 16, y=y + 5, class_=style))
    return parts
