"""How is a structure photographed from all sides? Rings of photos that face it, from bottom to top, and one from above.

The drone keeps one distance from the outline's hull, so that every façade is seen with the same pixel; where the hull
has a corner the ring is an arc about it. Rings lie as high above each other as the overlap asks for, the last one looks
down on the roof at 45 degrees. What the photos see is counted on points of the façades, photo by photo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import Infeasible, InputError
from swath.survey.area import path_inside
from swath.survey.camera import Drone
from swath.survey.flight import BRAKING_M_S2, CHANGE_S, Limits
from swath.survey.ground import Plane, Terrain, flat
from swath.survey.spacing import Overlap

__all__ = ["Around", "AroundAsk", "AroundFlight", "Seen", "Standpoint", "plan_around"]

Floats = npt.NDArray[np.float64]

_LOWEST_M = 5.0
"""above the ground"""
_NEAREST_M = 8.0
"""to the structure"""
_WIDEST_TURN_DEG = 15.0
"""between neighbouring photos: more, and pictures of a corner are no longer matched"""
_HOVER_S = 2.0
_SLANTED_DEG = 75.0
"""a façade seen under a larger angle from its normal counts as not seen"""
_MOST_PHOTOS = 5000
_STEP_M = 0.5


@dataclass(frozen=True)
class AroundAsk:
    """What is to be photographed, and how."""

    plane: Plane
    footprint: Any
    """shapely polygon in metres of the plane"""
    height_m: float
    """of the structure, above the ground"""
    drone: Drone
    gsd_m: float
    """of the façades"""
    overlap: Overlap
    """``front_share`` between neighbours of a ring, ``side_share`` between rings"""
    take_off: tuple[float, float]
    terrain: Terrain = field(default_factory=flat)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Standpoint:
    """Where a photo is taken, and where the camera looks."""

    east_m: float
    north_m: float
    altitude_m: float
    """above sea level, as the terrain's heights are"""
    heading_deg: float
    """clockwise from north"""
    pitch_deg: float
    """of the gimbal: 0 level, -90 straight down"""
    ring: int
    photo: bool = True
    """False: a corner of the way there or back"""

    @property
    def line(self) -> int:
        """As of :class:`swath.survey.flight.Waypoint`: the ring, -1 on the way."""
        return self.ring if self.photo else -1


@dataclass(frozen=True)
class AroundFlight:
    """One battery."""

    drone: int
    waypoints: tuple[Standpoint, ...]
    length_m: float
    duration_s: float
    battery_share: float


@dataclass(frozen=True)
class Seen:
    """What the photos see of the façades, by ray: shares of points on them."""

    points: int
    once_share: float
    thrice_share: float
    """on three photos or more"""


@dataclass(frozen=True)
class Around:
    """The plan. Metres of ``ask.plane``."""

    ask: AroundAsk
    distance_m: float
    """from the hull"""
    rings_m: tuple[float, ...]
    """heights of the rings above the ground at the structure"""
    pitches_deg: tuple[float, ...]
    spacing_m: float
    """between photos of a ring"""
    speed_m_s: float
    photos: tuple[Standpoint, ...]
    flights: tuple[AroundFlight, ...]
    duration_s: float
    seen: Seen
    because: tuple[str, ...]


def plan_around(ask: AroundAsk) -> Around:
    """Rings of photos about a structure.

    :class:`InputError` for numbers that make no sense, :class:`Infeasible` with what would help where the height limit,
    the wind or the battery forbid it.
    """
    hull = _checked(ask)
    camera = ask.drone.camera
    distance = max(camera.height_m(ask.gsd_m), _NEAREST_M)
    base = float(ask.terrain.at(np.array(hull.centroid.coords[0])))
    rings, because = _rings(ask, distance)
    turn_m = math.radians(_WIDEST_TURN_DEG) * distance
    spacing = min(2.0 * distance * camera.tan_across * (1.0 - ask.overlap.front_share), turn_m)
    photos = _photos(ask, hull, base, distance, rings, spacing)
    if len(photos) > _MOST_PHOTOS:
        raise Infeasible(f"{len(photos):,} photos", fix="Ask for a larger --gsd or less overlap")
    speed = min(ask.drone.top_speed_m_s - ask.limits.wind_m_s, spacing / camera.least_interval_s, 5.0)
    if speed < 0.5:
        raise Infeasible("the drone would crawl against the wind", fix="Wait for less wind")
    flights = _flights(ask, hull, distance, photos, speed)
    busy: dict[int, float] = {}
    for flight in flights:
        busy[flight.drone] = busy.get(flight.drone, -CHANGE_S) + flight.duration_s + CHANGE_S
    return Around(
        ask, distance, tuple(r[0] for r in rings), tuple(r[1] for r in rings), spacing, speed, photos, flights,
        max(busy.values()), _seen(ask, hull, base, photos), tuple(because),
    )  # fmt: skip


def _checked(ask: AroundAsk) -> Any:
    shape = ask.footprint
    if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon) or not shape.is_valid or shape.area < 1.0:
        raise InputError("the structure has no outline of 1 m2 or more", where="area", fix="Give a polygon")
    if shape.length > 4000.0:
        raise InputError(f"an outline of {shape.length:,.0f} m", where="area", fix="Survey it from above instead")
    if not 1.0 <= ask.height_m <= 1000.0:
        raise InputError(f"a structure {ask.height_m:g} m high", where="--structure-m", fix="Give 1 to 1000 m")
    front, side = ask.overlap.front_share, ask.overlap.side_share
    if not (0.0 <= front < 0.96 and 0.0 <= side < 0.96 and 0.0005 <= ask.gsd_m <= 0.2):
        fix = "Give shares from 0 to 0.95 and a pixel of 0.05 to 20 cm"
        raise InputError(f"overlaps of {front:g} and {side:g}, a pixel of {ask.gsd_m:g} m", fix=fix)
    if not 0.0 <= ask.limits.wind_m_s <= ask.drone.wind_limit_m_s:
        what = f"a wind of {ask.limits.wind_m_s:g} m/s is above the {ask.drone.wind_limit_m_s:g} m/s of the drone"
        raise Infeasible(what, fix="Wait, or take another drone")
    return shapely.convex_hull(shape)


def _rings(ask: AroundAsk, distance_m: float) -> tuple[list[tuple[float, float]], list[str]]:
    """Height and gimbal of each ring, level ones from below, then the one that looks down on the roof."""
    high_m = 2.0 * distance_m * ask.drone.camera.tan_along
    step = high_m * (1.0 - ask.overlap.side_share)
    count = max(math.ceil((ask.height_m - high_m) / step), 0) + 1
    middle = np.linspace(min(high_m, ask.height_m) / 2.0, max(ask.height_m - high_m / 2.0, ask.height_m / 2.0), count)
    found = []
    for aim in middle.tolist():
        height = max(aim, _LOWEST_M)
        found.append((height, math.degrees(math.atan2(aim - height, distance_m))))
    because = []
    roof = ask.height_m + distance_m * math.sin(math.radians(45.0))
    if found[-1][0] > ask.limits.highest_m:
        raise Infeasible(
            f"the upper ring is {found[-1][0]:.0f} m up, above the limit of {ask.limits.highest_m:.0f} m",
            fix="Ask for a permit, or photograph the lower part alone: a smaller --structure-m",
        )
    if roof <= ask.limits.highest_m:
        found.append((roof, -45.0))
    else:
        because.append(f"no ring looks down on the roof: it would be {roof:.0f} m up")
    return found, because


def _photos(
    ask: AroundAsk, hull: Any, base_m: float, distance_m: float, rings: list[tuple[float, float]], spacing_m: float
) -> tuple[Standpoint, ...]:
    found = []
    for number, (height, pitch) in enumerate(rings):
        # The ring from above stands nearer, so that the roof's edge is as far away as the façade.
        aside = distance_m * math.cos(math.radians(pitch)) if pitch == -45.0 else distance_m
        path = hull.buffer(aside, quad_segs=64).exterior
        count = max(math.ceil(path.length / spacing_m), 8)
        for share in np.arange(count) / count:
            at = path.interpolate(float(share) * path.length)
            toward = shapely.shortest_line(at, hull).coords
            east, north = toward[1][0] - toward[0][0], toward[1][1] - toward[0][1]
            ground = float(ask.terrain.at(np.array([at.x, at.y])))
            altitude = max(base_m + height, ground + _LOWEST_M)
            heading = math.degrees(math.atan2(east, north)) % 360.0
            found.append(Standpoint(at.x, at.y, altitude, heading, pitch, number))
    return tuple(found)


def _flights(
    ask: AroundAsk, hull: Any, distance_m: float, photos: tuple[Standpoint, ...], speed_m_s: float
) -> tuple[AroundFlight, ...]:
    """Photos in order into batteries; the way there and back goes round the structure."""
    around = shapely.MultiPoint([(p.east_m, p.north_m) for p in photos] + [ask.take_off]).convex_hull.buffer(2.0)
    reach = around.difference(hull.buffer(0.9 * distance_m * math.cos(math.radians(45.0))))
    if not reach.covers(shapely.Point(ask.take_off)):
        raise Infeasible("the take-off point is too near to the structure", fix="Give another with --take-off")
    most = ask.drone.endurance_s * (1.0 - ask.limits.reserve_share)
    flights: list[AroundFlight] = []
    first = 0
    while first < len(photos):
        count = len(photos) - first
        flight = _flight(ask, reach, photos[first:], speed_m_s)
        low, high = 0, count
        if flight.duration_s > most:
            while high - low > 1:
                middle = (low + high) // 2
                tried = _flight(ask, reach, photos[first : first + middle], speed_m_s)
                low, high = (middle, high) if tried.duration_s <= most else (low, middle)
            if low < 1:
                raise Infeasible("one battery does not reach the structure", fix="Take off nearer, or less --reserve")
            flight, count = _flight(ask, reach, photos[first : first + low], speed_m_s), low
        number = len(flights) % ask.limits.drones
        flights.append(AroundFlight(number, *(getattr(flight, n) for n in _SHARED)))
        first += count
    return tuple(flights)


_SHARED = ("waypoints", "length_m", "duration_s", "battery_share")


def _flight(ask: AroundAsk, reach: Any, photos: tuple[Standpoint, ...], speed_m_s: float) -> AroundFlight:
    start, end = photos[0], photos[-1]
    out = path_inside(reach, ask.take_off, (start.east_m, start.north_m))
    home = path_inside(reach, (end.east_m, end.north_m), ask.take_off)
    way = [Standpoint(float(x), float(y), start.altitude_m, start.heading_deg, 0.0, -1, False) for x, y in out[:-1]]
    back = [Standpoint(float(x), float(y), end.altitude_m, end.heading_deg, 0.0, -1, False) for x, y in home[1:]]
    waypoints = (*way, *photos, *back)
    points = np.array([(w.east_m, w.north_m, w.altitude_m) for w in waypoints])
    step = np.diff(points, axis=0)
    level, rise = np.hypot(step[:, 0], step[:, 1]), step[:, 2]
    vertical = np.where(rise > 0.0, rise / ask.drone.climb_m_s, -rise / ask.drone.descent_m_s)
    ground = float(ask.terrain.at(ask.take_off))
    lift = (points[0, 2] - ground) / ask.drone.climb_m_s + (points[-1, 2] - ground) / ask.drone.descent_m_s
    duration = float(np.maximum(level / speed_m_s, vertical).sum()) + lift
    duration += len(photos) * (_HOVER_S + speed_m_s / BRAKING_M_S2)
    return AroundFlight(0, waypoints, float(level.sum()), duration, duration / ask.drone.endurance_s)


def _seen(ask: AroundAsk, hull: Any, base_m: float, photos: tuple[Standpoint, ...]) -> Seen:
    """Points on the hull's walls, half a metre apart at most, held against every photo's frame."""
    ring = hull.exterior
    along = (np.arange(max(int(ring.length / _STEP_M), 24)) + 0.5) / max(int(ring.length / _STEP_M), 24) * ring.length
    edge = np.array([ring.interpolate(float(s)).coords[0] for s in along])
    ahead = np.array([ring.interpolate(float(s) + 0.01).coords[0] for s in along]) - edge
    normal = np.column_stack([ahead[:, 1], -ahead[:, 0]]) / np.maximum(np.hypot(*ahead.T), 1e-12)[:, None]
    if ring.is_ccw is False:
        normal = -normal
    rows = np.linspace(0.0, 1.0, 12) * ask.height_m
    rows = np.clip(rows, 0.02 * ask.height_m, 0.98 * ask.height_m)
    times = np.zeros((len(edge), len(rows)), np.int64)
    tan_x, tan_y = ask.drone.camera.tan_across, ask.drone.camera.tan_along
    least = math.cos(math.radians(_SLANTED_DEG))
    for photo in photos:
        heading, pitch = math.radians(photo.heading_deg), math.radians(photo.pitch_deg)
        axis = np.array([math.sin(heading) * math.cos(pitch), math.cos(heading) * math.cos(pitch), math.sin(pitch)])
        right = np.array([math.cos(heading), -math.sin(heading), 0.0])
        up = np.cross(right, axis)
        away = np.empty((len(edge), len(rows), 3))
        away[..., 0] = (edge[:, 0] - photo.east_m)[:, None]
        away[..., 1] = (edge[:, 1] - photo.north_m)[:, None]
        away[..., 2] = rows - (photo.altitude_m - base_m)
        depth = away @ axis
        inside = (depth > 0.0) & (np.abs(away @ right) <= tan_x * depth) & (np.abs(away @ up) <= tan_y * depth)
        facing = -(away[..., :2] * normal[:, None]).sum(-1) / np.linalg.norm(away, axis=-1)
        times += inside & (facing > least)
    return Seen(times.size, float((times >= 1).mean()), float((times >= 3).mean()))
