"""The world on the day of the run: ground tracks, contacts, and every ordered place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.report.chart import Chart, satellite_numbers, track_pieces
from swath.report.facts import rows_of_orders
from swath.report.outcome import Outcome, Tracks
from swath.report.svg import drawing, esc, line_path, tag, title
from swath.report.words import count, listed

__all__ = ["world_map"]

Floats = npt.NDArray[np.float64]
_WORLD = Chart(-180.0, -84.0, 180.0, 86.0, 3.0)


def world_map(outcome: Outcome) -> str:
    """Ground tracks of the day, the arcs over stations, and every ordered place: pictured or not."""
    said = (
        f"World map: ground tracks of {count(len(outcome.satellites), 'satellite')}, "
        f"{count(len(outcome.orders), 'ordered place')}, {count(len(outcome.stations), 'station')}"
    )
    parts = (
        _WORLD.ground(outcome, step_deg=30.0, tolerance_deg=0.25),
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
        arcs = (piece for a, b in zip(contacts.start, contacts.stop, strict=True) for piece in _arc(track, a, b))
        parts.append(tag("path", d="".join(line_path(*_WORLD.place(x, y)) for x, y in arcs), class_=f"arc {color}"))
    return parts


def _arc(track: Tracks, start: np.datetime64, stop: np.datetime64) -> list[tuple[Floats, Floats]]:
    """The part of a track between two times, its ends interpolated."""
    if len(track) < 2:
        return []
    inside = track.time[(track.time > start) & (track.time < stop)]
    times = np.concatenate([[start], inside, [stop]]).astype("datetime64[ns]")
    at_s, known_s = ((t - track.time[0]) / np.timedelta64(1, "ns") * 1e-9 for t in (times, track.time))
    lon = np.interp(at_s, known_s, np.degrees(np.unwrap(np.radians(track.lon_deg))))
    lat, altitude_m = (np.interp(at_s, known_s, values) for values in (track.lat_deg, track.altitude_m))
    return track_pieces(Tracks(np.full(len(times), track.satellite[0]), times, lon, lat, altitude_m))


def _places(outcome: Outcome) -> list[str]:
    numbers = satellite_numbers(outcome)
    acquisitions = outcome.plan.acquisitions
    rows, parts = rows_of_orders(outcome), []
    for order in sorted(outcome.orders, key=lambda one: one.request.id in rows):
        request = order.request
        taken = np.unique(acquisitions.satellite[rows.get(request.id, [])]).tolist()
        x, y = _WORLD.point(request.place.lon_deg, request.place.lat_deg)
        said = title(f"{request.id}: {'by ' + listed(taken) if taken else 'not planned'}")
        style = f"place s{numbers.get(taken[0], 0)}" if taken else "place refused"
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
