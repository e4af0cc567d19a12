"""What a customer asks for, and which pictures that comes to: orders become requests, and bundles of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.access.accesses import Accesses
from swath.errors import InputError
from swath.frames import geodetic_up, itrf_from_geodetic, orbital_axes
from swath.model import Place, Request
from swath.orbit.ephemeris import Ephemeris
from swath.plan.problem import MAX_CELLS, Bundle, check_request, worth
from swath.plan.strips import area_points, cut_area
from swath.spacecraft.satellite import Satellite
from swath.time import format_utc, seconds

__all__ = ["AREA_GAIN", "KINDS", "Expanded", "Order", "expand"]

Floats = npt.NDArray[np.float64]

KINDS = ("point", "strip", "area", "stereo", "tristereo", "series", "alternatives")
AREA_GAIN = ((0.0, 0.0), (0.5, 0.6), (1.0, 1.0))
"""what a part of an area earns unless the order says otherwise"""
_DAY_S = 86400.0
_EDGE_S = 60.0
"""strips of a pass may be pictured so long before and after the area's middle can"""


@dataclass(frozen=True)
class Order:
    """What is asked for. ``request`` holds the conditions and, but for alternatives, the place."""

    kind: str
    """one of ``KINDS``"""
    request: Request
    places: tuple[Place, ...] = ()
    """alternatives: one of these is enough"""
    most: int = 1
    """of a point: pictures in different passes, each another chance of a clear sky"""
    every_s: float = 0.0
    """of a series: from one picture to the next"""
    tolerance_s: float = 0.0
    """of a series: so much sooner or later is good too"""
    gain: tuple[tuple[float, float], ...] = ()
    """of an area or series: what a share of it earns, rising and concave"""
    overlap_share: float = 0.05
    """of an area: by how much of their width strips overlap"""

    @property
    def id(self) -> str:
        """As the request's."""
        return self.request.id

    def __post_init__(self) -> None:
        where, request = f"order {self.id}", self.request
        check_request(request)
        if self.kind not in KINDS:
            raise InputError(f"kind {self.kind!r}", where=where, fix=f"Give one of {', '.join(KINDS)}")
        if not request.start < request.stop:
            raise InputError(
                f"its window opens at {format_utc(request.start)} and closes at {format_utc(request.stop)}",
                where=where,
                fix="Let it close after it opens",
            )
        if self.kind == "alternatives" and len(self.places) < 2:
            raise InputError("alternatives need two places or more", where=where, fix="Name them")
        if self.kind in ("area", "strip") and len(request.place.ring) < 3:
            raise InputError(f"{self.kind} without an outline", where=where, fix="Give a ring of three or more points")
        if self.kind == "series" and not (self.every_s > 0.0 and 0.0 <= self.tolerance_s <= self.every_s / 2.0):
            raise InputError(
                f"every {self.every_s:g} s, give or take {self.tolerance_s:g} s",
                where=where,
                fix="Give a positive interval and at most half of it as tolerance",
            )
        if not (1 <= self.most <= MAX_CELLS and 0.0 <= self.overlap_share < 0.5):
            raise InputError(
                f"{self.most} pictures, overlap {self.overlap_share:g}",
                where=where,
                fix="Give 1 to 64 pictures, and an overlap below one half",
            )


@dataclass(frozen=True)
class Expanded:
    """Requests, and how those that belong together count."""

    requests: tuple[Request, ...]
    bundles: tuple[Bundle, ...]


def expand(
    orders: Sequence[Order],
    satellites: Sequence[Satellite],
    ephemerides: Mapping[str, Ephemeris],
    accesses: Accesses,
    *,
    start: np.datetime64,
    stop: np.datetime64,
) -> Expanded:
    """The requests that orders come to in a plan from ``start`` to ``stop``.

    ``accesses`` are those of the orders' places (``find_accesses``): areas are cut for each of them, and a point that
    may be pictured several times is so in different ones. A series has a request for every occasion whose window meets
    the plan; occasions of the order before and after it keep their part of the value.
    """
    requests: list[Request] = []
    bundles: list[Bundle] = []
    craft = {satellite.id: satellite for satellite in satellites}
    for order in orders:
        if order.kind == "series":
            found = _series(order, start, stop)
        elif order.kind == "alternatives":
            found = _alternatives(order)
        elif order.kind == "area":
            found = _area(order, craft, ephemerides, accesses)
        elif order.most > 1:
            found = _repeated(order, accesses)
        else:
            requests.append(order.request)
            continue
        requests += found.requests
        bundles += found.bundles
    return Expanded(tuple(requests), tuple(bundles))


def _bundle(order: Order, parts: Sequence[tuple[Request, tuple[int, ...]]], count: int, most: int = 0) -> Expanded:
    """The bundle of requests that cover cells; each by itself is worth its share of the order."""
    asked = order.request
    requests = tuple(replace(part, value=asked.value * len(cells) / count) for part, cells in parts)
    gain = order.gain or (AREA_GAIN if order.kind == "area" else ((0.0, 0.0), (1.0, 1.0)))
    points = area_points(asked.place) if order.kind == "area" else ()
    ids, cells = tuple(r.id for r in requests), tuple(cells for _, cells in parts)
    return Expanded(requests, (Bundle(order.id, worth(asked), ids, cells, count, gain, most, points),))


def _series(order: Order, start: np.datetime64, stop: np.datetime64) -> Expanded:
    asked, parts, number = order.request, [], 0
    while (due := asked.start + seconds(number * order.every_s)) < asked.stop:
        first, last = max(due - seconds(order.tolerance_s), asked.start), due + seconds(order.tolerance_s)
        last = min(max(last, first + seconds(1.0)), asked.stop)
        if first < stop and last > start:
            late = asked.deadline - asked.stop
            part = replace(asked, id=f"{order.id}.{number + 1}", start=first, stop=last, deadline=last + late)
            parts.append((part, (number,)))
        number += 1
        if number > MAX_CELLS:
            raise InputError(
                f"it has more than {MAX_CELLS} occasions",
                where=f"order {order.id}",
                fix="Split it into several, or let it recur less often",
            )
    return _bundle(order, parts, number)


def _alternatives(order: Order) -> Expanded:
    parts = [
        (replace(order.request, id=f"{order.id}.{number + 1}", place=place), (0,))
        for number, place in enumerate(order.places)
    ]
    return _bundle(order, parts, 1, most=1)


def _own(order: Order, accesses: Accesses) -> Accesses:
    """The passes over an order's place that meet its window."""
    asked = order.request
    mine = (accesses.place == asked.place.id) & (accesses.start < asked.stop) & (accesses.stop > asked.start)
    if asked.satellites:
        mine &= np.isin(accesses.satellite, asked.satellites)
    return accesses.take(mine)


def _within(
    asked: Request, id: str, place: Place, satellite: str, first: np.datetime64, last: np.datetime64
) -> Request:
    """The same request in one pass of one satellite."""
    return replace(
        asked,
        id=id,
        place=place,
        satellites=(satellite,),
        start=max(asked.start, first - seconds(_EDGE_S)),
        stop=min(asked.stop, last + seconds(_EDGE_S)),
    )


def _repeated(order: Order, accesses: Accesses) -> Expanded:
    parts = []
    for number, row in enumerate(_own(order, accesses).rows()):
        place = order.request.place
        id = f"{order.id}.{number + 1}"
        parts.append((_within(order.request, id, place, str(row["satellite"]), row["start"], row["stop"]), (0,)))
    return _bundle(order, parts, 1, most=order.most)


def _area(
    order: Order, craft: Mapping[str, Satellite], ephemerides: Mapping[str, Ephemeris], accesses: Accesses
) -> Expanded:
    place, parts = order.request.place, []
    points = area_points(place)
    for number, row in enumerate(_own(order, accesses).rows()):
        name = str(row["satellite"])
        if order.request.sensor not in ("any", craft[name].sensor):
            continue
        heading_deg, swath_m = _track(craft[name], ephemerides[name], place, row["closest"])
        strips = cut_area(place, points, heading_deg=heading_deg, swath_m=swath_m, overlap_share=order.overlap_share)
        for strip in strips:
            id = f"{order.id}.{number + 1}{strip.place.id.removeprefix(place.id)}"
            spot = replace(strip.place, id=id)
            parts.append((_within(order.request, id, spot, name, row["start"], row["stop"]), strip.cells))
    return _bundle(order, parts, len(points))


def _track(satellite: Satellite, ephemeris: Ephemeris, place: Place, at: np.datetime64) -> tuple[float, float]:
    """Heading of the track at a place and the swath on the ground, at the closest approach."""
    r_m, v_m_s = ephemeris.states(np.array([at]))
    forward = orbital_axes(r_m, v_m_s)[0, 0]
    lon = np.radians(place.lon_deg)
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    north = np.cross(up, east)
    heading_deg = float(np.degrees(np.arctan2(forward @ east, forward @ north)))
    way = r_m[0] - itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    range_m = float(np.linalg.norm(way))
    incidence_deg = float(np.degrees(np.arccos(np.clip(way @ up / range_m, 0.05, 1.0))))
    return heading_deg, float(satellite.instrument.swath_m(range_m, incidence_deg))
