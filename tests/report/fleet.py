"""A made-up fleet and its day: 4 satellites, 3 stations, 201 orders, contacts, pictures, telemetry."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from swath.model import (
    Acquisitions,
    Contacts,
    Elements,
    Opportunities,
    Place,
    Request,
    Station,
    Telemetry,
    Windows,
)
from swath.report.outcome import Tracks
from swath.spacecraft.agility import Agility
from swath.spacecraft.optics import Optics
from swath.spacecraft.power import Power
from swath.spacecraft.satellite import Memory, Radio, Satellite
from swath.time import seconds

DAY = np.datetime64("2026-05-08T00:00:00", "ns")
ORDERED = DAY + seconds(6 * 3600.0)
PERIOD_S = 5700.0


def satellites() -> tuple[Satellite, ...]:
    names = ("SENTINEL-2A", "SENTINEL-2B", "LANDSAT 8", "LANDSAT 9")
    return tuple(
        Satellite(
            f"SW-{n + 1}",
            Elements(
                name,
                40000 + n,
                np.datetime64("2026-05-07T12:00:00", "ns"),
                14.9,
                1e-4,
                97.5,
                30.0,
                90.0,
                10.0,
                1e-5,
                source="typed in",
            ),
            Optics(0.65, 6.5e-6, 5000, ("blue", "green", "red", "nir"), 12, 1.2, 120.0),
            Agility(2.0, 0.5, 5.0, 35.0, 0.01, 0.002),
            Power(120.0, 118.0, 72.0, 85.0, 30.0, 20.0, 45.0, 35.0),
            Memory(2.56e11),
            Radio(2e8, n + 1, 100 + n),
        )
        for n, name in enumerate(names)
    )


def stations() -> tuple[Station, ...]:
    return (
        Station("Svalbard", 15.4, 78.23, 450.0, 5.0, 1.5e8, source="public list"),
        Station("Matera", 16.7, 40.65, 500.0, 10.0, 1e8, source="public list"),
        Station("Punta-Arenas", -70.87, -52.93, 30.0, 10.0, 1e8, source="public list"),
    )


def requests(rng: np.random.Generator) -> tuple[Request, ...]:
    found = []
    for n in range(200):
        kind = "area" if n < 2 else "field" if n < 120 else "watch"
        if kind == "watch":
            lon, lat = rng.uniform(-120, 150), rng.uniform(-40, 60)
        else:
            lon, lat = rng.uniform(0, 30), rng.uniform(40, 53)
        id = f"{kind}-{n:03d}"
        place = (
            Place.box(id, lon_deg=lon, lat_deg=lat, width_m=12e3, height_m=16e3)
            if n < 2
            else Place.point(id, lon_deg=lon, lat_deg=lat)
        )
        end = DAY + seconds(86400.0)
        found.append(Request(id, place, kind, float(rng.integers(1, 9)), DAY, DAY, end, end, 20.0, 30.0, 2000.0))
    flood = Place.box("flood-01", lon_deg=11.9, lat_deg=44.95, width_m=20e3, height_m=15e3)
    end = DAY + seconds(86400.0)
    return (
        *found,
        Request("flood-01", flood, "flood", 60.0, ORDERED, ORDERED, end, end, 15.0, 30.0, 20e3, urgent=True),
    )


def tracks() -> Tracks:
    since = np.arange(0, 86401, 60.0)
    parts = []
    for n, satellite in enumerate(satellites()):
        angle = 2 * np.pi * since / PERIOD_S + n * 1.4
        inclination = np.radians(97.5)
        lat = np.degrees(np.arcsin(np.sin(inclination) * np.sin(angle)))
        lon = (
            np.degrees(np.arctan2(np.cos(inclination) * np.sin(angle), np.cos(angle)))
            - since * 360 / 86164
            + 40.0 * n
            + 60
        )
        parts.append(
            Tracks(
                np.full(len(since), satellite.id),
                DAY + seconds(since),
                (lon + 180) % 360 - 180,
                lat,
                505e3 + 8e3 * np.sin(angle),
            )
        )
    return Tracks.join(parts)


def _nearest(track: Tracks, lon: float, lat: float, after: np.datetime64, hours: float) -> tuple[int, float]:
    separation = np.hypot((track.lon_deg - lon + 180) % 360 - 180, track.lat_deg - lat)
    separation = np.where((track.time < after) | (track.time > after + seconds(3600.0 * hours)), 1e9, separation)
    row = int(np.argmin(separation))
    return row, float(separation[row])


def contacts(table: Tracks) -> Contacts:
    rows: list[dict[str, Any]] = []
    for station in stations():
        far = np.hypot((table.lon_deg - station.lon_deg + 180) % 360 - 180, table.lat_deg - station.lat_deg)
        near = far < (30 if abs(station.lat_deg) > 70 else 14)
        for satellite in satellites():
            mine = table.satellite == satellite.id
            inside = near[mine].astype(int)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], inside, [0]])))
            time = table.time[mine]
            for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
                if last - first >= 3:
                    rows.append(
                        {
                            "id": f"C{len(rows):03d}",
                            "satellite": satellite.id,
                            "station": station.id,
                            "start": time[first],
                            "stop": time[last],
                            "rate_bit_s": station.rate_bit_s,
                            "volume_bit": 3e9 + 1e9 * (len(rows) % 9),
                        }
                    )
    return Contacts.from_rows(rows).sort_by("start")


def acquisitions(
    rng: np.random.Generator, orders: tuple[Request, ...], table: Tracks, passes: Contacts
) -> Acquisitions:
    rows: list[dict[str, Any]] = []
    fleet = satellites()
    for n, request in enumerate(orders):
        if n % 15 == 7 and not request.urgent:
            continue
        best = min(
            (
                _nearest(
                    table.take(table.satellite == s.id),
                    request.place.lon_deg,
                    request.place.lat_deg,
                    request.start,
                    6.0 if request.urgent else 20.0,
                )[::-1],
                s.id,
            )
            for s in fleet
        )
        track = table.take(table.satellite == best[1])
        middle = track.time[best[0][1]] + seconds(float(rng.uniform(-20, 20)))
        later = passes.take((passes.satellite == best[1]) & (passes.start > middle))
        if not len(later):
            continue
        rows.append(
            {
                "id": f"A{n:03d}",
                "request": request.id,
                "satellite": best[1],
                "start": middle - seconds(1.5),
                "middle": middle,
                "stop": middle + seconds(1.5),
                "roll_deg": float(rng.normal(0, 12)),
                "pitch_deg": 0.0,
                "off_nadir_deg": float(rng.uniform(1, 28)),
                "sun_elevation_deg": float(rng.uniform(20, 60)),
                "gsd_m": float(rng.uniform(5, 6.5)),
                "p_clear": float(rng.uniform(0.3, 0.95)),
                "value": request.value * float(rng.uniform(0.4, 0.9)),
                "data_bit": 4.5e10 if request.urgent else 1e9,
                "contact": str(later.id[0]),
                "on_ground": later.stop[0],
            }
        )
    return Acquisitions.from_rows(rows).sort_by("start")


def opportunities(rng: np.random.Generator, planned: Acquisitions) -> Opportunities:
    rows = []
    names = [f.name for f in dataclasses.fields(Opportunities) if f.name != "window"]
    for number, row in enumerate(planned.rows()):
        for window in range(1 + number % 3):
            for slot in range(3):
                shift = seconds(window * PERIOD_S + 8.0 * (slot - 1))
                moved = {key: row[key] + shift for key in ("start", "middle", "stop")}
                changed = {
                    "off_nadir_deg": row["off_nadir_deg"] + slot + 3.0 * window,
                    "p_clear": float(rng.uniform(0.2, 0.9)),
                }
                rows.append({**{n: row[n] for n in names}, "window": window, **moved, **changed})
    return Opportunities.from_rows(rows)


def telemetry(planned: Acquisitions, passes: Contacts) -> tuple[Telemetry, Windows]:
    time = DAY + seconds(np.arange(0, 86401, 60.0))
    since = np.arange(0, 86401, 60.0)
    parts, dark_rows = [], []
    for n, satellite in enumerate(satellites()):
        dark = ((since / PERIOD_S + 0.25 * n) % 1.0) > 0.63
        edges = np.flatnonzero(np.diff(np.concatenate([[0], dark.astype(int), [0]])))
        for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
            dark_rows.append(
                {"satellite": satellite.id, "subject": "eclipse", "start": time[first], "stop": time[last]}
            )
        imaging = np.histogram(
            (planned.middle[planned.satellite == satellite.id] - DAY) / np.timedelta64(1, "s"),
            np.append(since, since[-1] + 60),
        )[0]
        mine = passes.take(passes.satellite == satellite.id)
        sending = np.any((time[:, None] >= mine.start) & (time[:, None] <= mine.stop), axis=1)
        power = np.where(dark, -32.0, 52.0) - 35 * sending - 20 * (imaging > 0)
        battery, memory, states = 118.0, 2e9, []
        for watts, pictures, send in zip(power, imaging, sending, strict=True):
            battery = min(120.0, battery + watts / 60)
            memory = max(0.0, memory + pictures * 6e9 - send * 6e9)
            states.append((battery, memory))
        battery_wh, memory_bit = np.array(states).T
        mode = np.where(imaging > 0, "image", np.where(sending, "contact", "idle"))
        zero = np.zeros(len(time))
        name, warm_k = np.full(len(time), satellite.id), np.full(len(time), 293.0)
        parts.append(
            Telemetry(name, time, battery_wh, memory_bit, zero, zero, mode, ~dark, warm_k, zero, warm_k, warm_k)
        )
    return Telemetry.join(parts), Windows.from_rows(dark_rows)
