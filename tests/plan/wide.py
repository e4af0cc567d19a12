"""A day with orders of every kind, satellites with every limit, and stations with every rule."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from swath.frames import EarthOrientation
from swath.model import Place, Request, Station
from swath.orbit.ephemeris import sgp4_ephemeris, tabulate
from swath.plan.build import Outlook, build_problem
from swath.plan.orders import Order
from swath.plan.problem import Owner
from swath.sources.eop import packaged_eop
from swath.spacecraft import Satellite
from swath.spacecraft.power import Duty, Thermal
from swath.time import seconds
from tests.plan.fleet import START, Case, cloudy, satellite, station

HOURS = 24.0
STOP = START + seconds(3600.0 * HOURS)
LIMITS = {
    "duty": Duty(image_s=60.0, window_s=5700.0, warm_up_s=40.0, warm_up_w=30.0),
    "thermal": Thermal(rest_k=290.0, rise_k=120.0, settles_s=900.0, max_k=296.0),
}
TABLE = ((10.0, 10e6), (20.0, 20e6), (40.0, 40e6))


def request(id: str, lon_deg: float, lat_deg: float, value: float = 5.0, **conditions: object) -> Request:
    """A point wanted within the day."""
    place = conditions.pop("place", Place.point(id, lon_deg=lon_deg, lat_deg=lat_deg))
    plain = Request(id, place, "field", value, START, START, STOP, STOP, 10.0, 38.0, 2000.0)
    return replace(plain, **conditions)


def box(id: str, lon_deg: float, lat_deg: float, width_m: float, height_m: float) -> Place:
    """A rectangle."""
    return Place.box(id, lon_deg=lon_deg, lat_deg=lat_deg, width_m=width_m, height_m=height_m)


def every_order(seed: int = 1, points: int = 60) -> tuple[Order, ...]:
    """Two or three of each kind, and points of three owners round them."""
    rng = np.random.default_rng(seed)
    area = box("area-1", 9.0, 48.0, 110e3, 90e3)
    strip = box("strip-1", 2.0, 47.0, 15e3, 55e3)
    found = [
        Order("area", request("area-1", 9.0, 48.0, 60.0, place=area, owner="b")),
        Order("area", request("area-2", -100.0, 41.0, 40.0, place=box("area-2", -100.0, 41.0, 60e3, 120e3))),
        Order("strip", request("strip-1", 2.0, 47.0, 9.0, place=strip, halves_s=6 * 3600.0)),
        Order("stereo", request("stereo-1", 12.0, 44.5, 25.0, looks=2, convergence_deg=(15.0, 40.0))),
        Order("stereo", request("stereo-2", -95.0, 39.0, 20.0, looks=2, convergence_deg=(20.0, 60.0), owner="a")),
        Order("tristereo", request("tri-1", 100.0, 36.0, 30.0, looks=3, convergence_deg=(10.0, 30.0))),
        Order(
            "series",
            request("series-1", 7.0, 45.0, 12.0, halves_s=12 * 3600.0),
            every_s=6 * 3600.0,
            tolerance_s=3 * 3600.0,
        ),
        Order(
            "alternatives",
            request("any-1", -80.0, 35.0, 8.0),
            places=tuple(Place.point(f"any-1-{n}", lon_deg=-80.0 + 6 * n, lat_deg=35.0) for n in range(3)),
        ),
        Order("point", request("cloudy-1", 20.0, 50.0, 15.0), most=3),
        Order("point", request("left-1", 5.0, 52.0, side="left", min_p_clear=0.4)),
        Order("point", request("sharp-1", 6.0, 51.0, max_gsd_m=6.0, good_gsd_m=5.0, apart=(("left-1", 3600.0),))),
    ]
    centres = np.array([[9.0, 46.0], [-98.0, 40.0], [105.0, 35.0], [20.0, 50.0]])
    for number in range(points):
        lon_deg, lat_deg = centres[rng.integers(len(centres))] + rng.normal(0, 2.5, 2)
        value, owner = float(np.round(rng.uniform(1, 6), 2)), "abc"[rng.integers(3)]
        extra = {"owner": owner, "priority": int(rng.choice([2, 3, 3, 3, 4]))}
        found.append(Order("point", request(f"p-{number}", lon_deg, lat_deg, value, **extra)))
    return tuple(found)


def limited(one: Satellite, number: int) -> Satellite:
    """A satellite with limits of every kind."""
    agility = replace(one.agility, sun_keep_out_deg=(0.0, 65.0)[number % 2])
    power = replace(one.power, array_follows_sun=number % 2 == 0, charge_w=(150.0, 300.0)[number % 2])
    radio = replace(one.radio, rates=TABLE if number % 2 == 0 else ())
    return replace(one, agility=agility, power=power, radio=radio, **LIMITS)


def stations() -> tuple[Station, ...]:
    """Three with tear-down, one in maintenance in the morning, one that costs."""
    svalbard, inuvik, awarua = (station(id) for id in ("svalbard", "inuvik", "awarua"))
    closed = ((START + seconds(3 * 3600.0), START + seconds(9 * 3600.0)),)
    return (
        replace(svalbard, teardown_s=20.0, maintenance=closed),
        replace(inuvik, teardown_s=10.0, cost_per_min=0.05),
        awarua,
    )


@cache
def outlook() -> tuple[Outlook, EarthOrientation, dict[str, object]]:
    """The four satellites' orbits: tabulated for planning, exact for the judge."""
    eop = packaged_eop()
    exact = {id: sgp4_ephemeris(satellite(id, 0).elements, eop) for id in ("SW-1", "SW-2", "SW-3", "SW-4")}
    quick = {id: tabulate(e, START - seconds(600.0), STOP + seconds(600.0)) for id, e in exact.items()}
    return Outlook(quick, eop, cloudy), eop, exact


@cache
def wide(seed: int = 1, points: int = 60) -> Case:
    """The whole case."""
    look, eop, exact = outlook()
    fleet = tuple(limited(satellite(id, n, memory_bit=4e9), n) for n, id in enumerate(exact))
    owners = (Owner("a", max_pictures=12), Owner("b", max_image_s=150.0), Owner("c", fair_share=0.2))
    problem = build_problem(fleet, stations(), every_order(seed, points), look, start=START, stop=STOP, owners=owners)
    return Case(problem, exact, eop)
