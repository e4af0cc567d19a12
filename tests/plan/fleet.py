"""A realistic small fleet to plan for: four agile satellites on real public orbits, three real stations, one day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from swath.access.accesses import find_accesses, find_eclipses
from swath.access.passes import find_passes
from swath.frames import EarthOrientation
from swath.model import Place, Request, Station, Windows
from swath.orbit.elements import parse_tle
from swath.orbit.ephemeris import Ephemeris, sgp4_ephemeris, tabulate
from swath.plan.looks import find_looks
from swath.plan.problem import Problem
from swath.sources.eop import packaged_eop
from swath.spacecraft import Agility, Memory, Optics, Power, Radio, Satellite
from swath.spacecraft.catalog import station as known_station
from swath.time import seconds

START = np.datetime64("2026-05-08T00:00:00", "ns")

# CelesTrak "active" list of 7 May 2026: PLEIADES NEO 3, CAS500-1, DMC3-FM3, KOMPSAT-3.
ELEMENTS = {
    "SW-1": """\
1 48268U 21034A   26127.73366846 -.00000390  00000+0 -42958-4 0  9994
2 48268  97.8928 203.0808 0001356  91.8629 268.2739 14.81672274271665""",
    "SW-2": """\
1 47932U 21022A   26127.77868784  .00005524  00000+0  25810-3 0  9999
2 47932  97.3935  23.8400 0007445  76.6810 283.5255 15.20179199284624""",
    "SW-3": """\
1 40717U 15032C   26127.77377196  .00000041  00000+0  10638-4 0  9991
2 40717  97.6615 357.7962 0004991 175.5912 184.5348 14.85695306583913""",
    "SW-4": """\
1 38338U 12025B   26127.79498330  .00000390  00000+0  86733-4 0  9998
2 38338  98.1147  85.9602 0004164 233.4112 126.6707 14.62170804745444""",
}

OPTICS = Optics(
    focal_length_m=1.0,
    pixel_pitch_m=8e-6,
    detectors=6000,
    bands=("blue", "green", "red", "nir"),
    bits_per_sample=12,
    full_well_reflectance=0.9,
    signal_to_noise=90.0,
)
AGILITY = Agility(
    max_rate_deg_s=2.0,
    max_acceleration_deg_s2=0.4,
    settling_s=4.0,
    max_off_nadir_deg=40.0,
    pointing_sigma_deg=0.004,
    knowledge_sigma_deg=0.0003,
)
POWER = Power(
    battery_wh=160.0,
    initial_wh=120.0,
    min_wh=80.0,
    charge_w=150.0,
    idle_w=55.0,
    slew_w=25.0,
    image_w=60.0,
    contact_w=45.0,
)


@dataclass(frozen=True)
class Case:
    """A problem and what a judge needs besides."""

    problem: Problem
    ephemerides: Mapping[str, Ephemeris]
    eop: EarthOrientation


def satellite(id: str, number: int, *, memory_bit: float = 32e9) -> Satellite:
    """One of the four, with the spacecraft of this page round it."""
    (elements,) = parse_tle(ELEMENTS[id], source="CelesTrak active, 2026-05-07").elements
    return Satellite(id, elements, OPTICS, AGILITY, POWER, Memory(memory_bit), Radio(40e6, number + 1, 100 + number))


def station(id: str, rate_bit_s: float = 40e6) -> Station:
    """One of the catalogue's."""
    return known_station(id).station(min_elevation_deg=10.0, rate_bit_s=rate_bit_s)


def orders(seed: int, count: int, hours: float) -> tuple[Request, ...]:
    """Places in clusters on the northern continents, two areas, and one urgent flood from hour 6 on."""
    rng = np.random.default_rng(seed)
    stop = START + seconds(3600.0 * hours)
    clusters = np.column_stack([rng.uniform(-110, 120, 14), rng.uniform(30, 60, 14)])
    found = []
    for number in range(count - 1):
        lon_deg, lat_deg = clusters[rng.integers(len(clusters))] + rng.normal(0, 1.2, 2)
        id = f"{'area' if number < 2 else 'field'}-{number}"
        place = Place.point(id, lon_deg=lon_deg, lat_deg=lat_deg)
        if number < 2:
            place = Place.box(id, lon_deg=lon_deg, lat_deg=lat_deg, width_m=12e3, height_m=16e3)
        value = float(np.round(rng.uniform(1, 5), 2)) * (4.0 if number < 2 else 1.0)
        found.append(Request(id, place, place.id.split("-")[0], value, START, START, stop, stop, 15.0, 38.0, 2000.0))
    flood = Place.box("flood-01", lon_deg=11.9, lat_deg=44.95, width_m=20e3, height_m=15e3)
    ordered = START + seconds(3600.0 * min(6.0, hours / 2.0))
    return (
        *found,
        Request("flood-01", flood, "flood", 60.0, ordered, ordered, stop, stop, 10.0, 35.0, 20e3, urgent=True),
    )


@cache
def case(
    seed: int = 1,
    count: int = 201,
    *,
    satellites: tuple[str, ...] = ("SW-1", "SW-2", "SW-3", "SW-4"),
    stations: tuple[str, ...] = ("svalbard", "inuvik", "awarua"),
    hours: float = 24.0,
    memory_bit: float = 32e9,
    rate_bit_s: float = 40e6,
) -> Case:
    """A day of the fleet; SW-2 has lost most of its memory."""
    eop, stop = packaged_eop(), START + seconds(3600.0 * hours)
    fleet = tuple(
        satellite(id, n, memory_bit=0.6e9 if id == "SW-2" and memory_bit > 0.6e9 else memory_bit)
        for n, id in enumerate(satellites)
    )
    exact = {s.id: sgp4_ephemeris(s.elements, eop) for s in fleet}
    quick = {id: tabulate(e, START - seconds(600.0), stop + seconds(600.0)) for id, e in exact.items()}
    ground, requests = tuple(station(id, rate_bit_s) for id in stations), orders(seed, count, hours)
    accesses = find_accesses(
        quick, [r.place for r in requests], START, stop, eop, max_off_nadir_deg=40.0, cover="centre"
    )
    looks, unoffered = find_looks(fleet, quick, requests, accesses, cloudy, eop, start=START, stop=stop)
    seen = find_passes(quick, ground, START, stop, eop)
    problem = Problem(
        satellites=fleet,
        requests=requests,
        stations=ground,
        opportunities=looks,
        passes=Windows(seen.satellite, seen.station, seen.start, seen.stop),
        eclipses=find_eclipses(quick, START, stop, eop),
        start=START,
        stop=stop,
        unoffered=unoffered,
    )
    return Case(problem, exact, eop)


def cloudy(*, lon_deg: np.ndarray, lat_deg: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A smooth forecast, 0.3 to 0.9."""
    hour = (at - START) / np.timedelta64(1, "h")
    return 0.6 + 0.3 * np.sin(np.radians(3.0 * lon_deg + 5.0 * lat_deg) + 0.4 * hour)


def changed(problem: Problem, satellite: str, **parts: object) -> Problem:
    """The problem with a part of one satellite (memory, power, ...) replaced."""
    fleet = tuple(replace(s, **parts) if s.id == satellite else s for s in problem.satellites)
    return replace(problem, satellites=fleet)
