"""Can the stations do it? Elevation, rates, antennas, maintenance and every delivery, worked out anew."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.access.rates import rates_of_pass
from swath.frames import geodetic_up, itrf_from_geodetic
from swath.model import Station
from swath.plan.judge.case import TIME, Case, Row, Violation, told
from swath.plan.judge.view import ANGLE_DEG
from swath.spacecraft.satellite import link_between
from swath.time import seconds

__all__ = ["judge_antennas", "judge_contacts", "judge_deliveries"]

Floats = npt.NDArray[np.float64]


def judge_antennas(case: Case) -> Iterator[Violation]:
    """An antenna serves one satellite at a time, and nobody during maintenance."""
    for station in case.problem.stations:
        rows = sorted((row for row in case.contacts if row["station"] == station.id), key=lambda row: row["start"])
        for before, row in pairwise(rows):
            free = before["stop"] + seconds(station.teardown_s)
            if row["start"] - seconds(station.setup_s) < free - TIME:
                because = f"{station.id} is taken until {told(free)} by {before['id']}"
                yield Violation("antenna", str(row["id"]), because)
        for row in rows:
            first, last = row["start"] - seconds(station.setup_s), row["stop"] + seconds(station.teardown_s)
            for closes, opens in station.maintenance:
                if first < opens - TIME and last > closes + TIME:
                    because = f"{station.id} is in maintenance from {told(closes)} to {told(opens)}"
                    yield Violation("maintenance", str(row["id"]), because)


def _flow(case: Case, row: Row) -> tuple[Floats, Floats, Floats]:
    """Through a contact, every second at least: time after its start, elevation, and the bits that can have come."""
    station, satellite = case.stations[str(row["station"])], case.satellites[str(row["satellite"])]
    length_s = (row["stop"] - row["start"]) / np.timedelta64(1, "ns") * 1e-9
    steps = max(int(np.ceil(length_s / (1.0 if satellite.radio.rates else 5.0))), 1)
    at_s = np.linspace(0.0, length_s, steps + 1)
    high_deg = _elevation_deg(case, str(row["satellite"]), station, row["start"] + seconds(at_s))
    most = min(station.rate_bit_s, satellite.radio.max_rate_bit_s)
    link = link_between(satellite, station)
    if link is not None:
        flown = rates_of_pass(link, case.ephemerides[satellite.id], station, row["start"], row["stop"])
        at_s, high_deg = (flown.time - row["start"]) / np.timedelta64(1, "ns") * 1e-9, flown.elevation_deg
        now = np.minimum(flown.rate_bit_s, most)
        flow = np.maximum(now[1:], now[:-1])
    elif satellite.radio.rates:
        from_deg, rate = np.array(satellite.radio.rates, np.float64).T
        step = np.searchsorted(from_deg, high_deg, "right") - 1
        now = np.where(step >= 0, np.minimum(rate[np.maximum(step, 0)], most), 0.0)
        flow = np.maximum(now[1:], now[:-1])
    else:
        flow = np.full(steps, most)
    return at_s, high_deg, np.concatenate([[0.0], np.cumsum(flow * np.diff(at_s))])


def _elevation_deg(case: Case, satellite: str, station: Station, at: npt.NDArray[np.datetime64]) -> Floats:
    ground_m = itrf_from_geodetic(lon_deg=station.lon_deg, lat_deg=station.lat_deg, altitude_m=station.altitude_m)
    way = case.ephemerides[satellite].states(at)[0] - ground_m
    sine = way @ geodetic_up(lon_deg=station.lon_deg, lat_deg=station.lat_deg) / np.linalg.norm(way, axis=-1)
    return np.asarray(np.degrees(np.arcsin(sine)), np.float64)


def _horizon_deg(case: Case, row: Row, at_s: Floats) -> Floats:
    """How high the satellite has to stand: the station's least elevation, or its horizon in that direction."""
    station = case.stations[str(row["station"])]
    if not station.mask:
        return np.full(len(at_s), station.min_elevation_deg)
    lon, lat = np.radians(station.lon_deg), np.radians(station.lat_deg)
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    ground_m = itrf_from_geodetic(lon_deg=station.lon_deg, lat_deg=station.lat_deg, altitude_m=station.altitude_m)
    way = case.ephemerides[str(row["satellite"])].states(row["start"] + seconds(at_s))[0] - ground_m
    azimuth_deg = np.degrees(np.arctan2(way @ east, way @ north)) % 360.0
    at_deg, height_deg = np.array(sorted(station.mask), np.float64).T
    horizon = np.interp(azimuth_deg, at_deg, height_deg, period=360.0)
    return np.asarray(np.maximum(horizon, station.min_elevation_deg), np.float64)


def judge_contacts(case: Case) -> Iterator[Violation]:
    """The satellite stands high enough, and no more comes down than can."""
    for row in case.contacts:
        id, station = str(row["id"]), case.stations[str(row["station"])]
        at_s, high_deg, could_bit = _flow(case, row)
        above_deg = high_deg - _horizon_deg(case, row, at_s)
        if above_deg.min() < -ANGLE_DEG:
            because = f"{-above_deg.min():.2f} deg below the least elevation or the horizon of {station.id}"
            yield Violation("visibility", id, because)
        most = could_bit[-1] / max(float(at_s[-1]), 1e-9)
        if not 0.0 <= row["rate_bit_s"] <= most * (1.0 + 1e-9) + 1e-3 or row["rate_bit_s"] == 0.0 < row["volume_bit"]:
            yield Violation("rate", id, f"{row['rate_bit_s']:.0f} bit/s, at most {most:.0f} can be received")
        carried = sum(look["data_bit"] for look in case.looks if look["contact"] == id)
        room = could_bit[-1] + 0.002 * max(most, row["rate_bit_s"])
        if abs(carried - row["volume_bit"]) > 1.0 or carried > room:
            yield Violation("volume", id, f"states {row['volume_bit']:.0f} bit, its pictures have {carried:.0f}")


def judge_deliveries(case: Case) -> Iterator[Violation]:
    """Each picture comes down after it was taken, when it can, and in time."""
    contacts = {row["id"]: row for row in case.contacts}
    flows = {id: _flow(case, row) for id, row in contacts.items()}
    sent_bit = dict.fromkeys(contacts, 0.0)
    for row in sorted(case.looks, key=lambda row: row["on_ground"]):
        id, contact = str(row["id"]), contacts[row["contact"]]
        if contact["satellite"] != row["satellite"] or contact["start"] < row["stop"]:
            because = f"cannot come down in {contact['id']}, which begins at {told(contact['start'])}"
            yield Violation("delivery", id, because)
        sent_bit[contact["id"]] += row["data_bit"]
        at_s, _, could_bit = flows[contact["id"]]
        never = sent_bit[contact["id"]] > could_bit[-1] * (1.0 + 1e-6) + 1e3
        soonest_s = np.inf if never else float(np.interp(sent_bit[contact["id"]], could_bit, at_s))
        late = soonest_s == np.inf or row["on_ground"] < contact["start"] + seconds(soonest_s) - TIME
        if late or row["on_ground"] > contact["stop"] + TIME:
            soonest = "never" if soonest_s == np.inf else told(contact["start"] + seconds(soonest_s))
            because = f"stated {told(row['on_ground'])}, can be {soonest} to {told(contact['stop'])}"
            yield Violation("on_ground", id, because)
        deadline = case.requests[str(row["request"])].deadline
        if row["on_ground"] > deadline + TIME:
            yield Violation("deadline", id, f"on the ground at {told(row['on_ground'])}, due by {told(deadline)}")
