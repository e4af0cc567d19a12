"""From lines to flights: heights over the ground, speed, photos, and how many batteries it takes.

Time of a leg: length / speed, or the climb where that takes longer, and speed / 2 m/s2 for each corner at which the
drone brakes and starts again. A battery gives its endurance less the reserve; wind is taken off the top speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.errors import Infeasible
from swath.survey.area import SurveyArea, path_inside
from swath.survey.camera import Drone
from swath.survey.ground import Terrain
from swath.survey.lines import Leg

__all__ = ["Flight", "Limits", "Waypoint", "follow", "makespan_s", "photos_of", "fastest_m_s", "split_flights"]

Floats = npt.NDArray[np.float64]

BRAKING_M_S2 = 2.0
CHANGE_S = 180.0
"""to change a battery on the ground"""
BLUR_PX = 0.5
_STATION_M = 10.0
_BEND_M = 1.0
"""waypoints follow the ground to so much"""


@dataclass(frozen=True)
class Limits:
    """What the flight must keep to."""

    highest_m: float = 120.0
    """above the ground: the usual limit of the law for small drones"""
    wind_m_s: float = 0.0
    reserve_share: float = 0.25
    """of the battery, never planned for"""
    drones: int = 1
    exposure_s: float = 1.0 / 1000.0


@dataclass(frozen=True)
class Waypoint:
    """A corner of the path."""

    east_m: float
    north_m: float
    altitude_m: float
    """above sea level, as the terrain's heights are"""
    line: int
    """number of the line that begins or goes on here, -1 on the way between lines; photos are taken along lines"""


@dataclass(frozen=True)
class Flight:
    """One battery: from take-off to landing."""

    drone: int
    """0 for the first"""
    waypoints: tuple[Waypoint, ...]
    length_m: float
    duration_s: float
    battery_share: float
    """of a full one, used"""


def fastest_m_s(drone: Drone, gsd_m: float, trigger_m: float, limits: Limits) -> tuple[float, str]:
    """Fastest speed over the ground, and what limits it. :class:`Infeasible` in too much wind."""
    if not 0.0 <= limits.wind_m_s <= drone.wind_limit_m_s:
        raise Infeasible(
            f"a wind of {limits.wind_m_s:g} m/s is above the {drone.wind_limit_m_s:g} m/s of a {drone.name}",
            fix="Wait, or take another drone",
        )
    options = {
        f"the camera takes a photo every {drone.camera.least_interval_s:g} s": trigger_m
        / drone.camera.least_interval_s,
        f"half a pixel of blur in 1/{1.0 / limits.exposure_s:.0f} s": BLUR_PX * gsd_m / limits.exposure_s,
        f"{drone.top_speed_m_s:g} m/s through the air, against the wind": drone.top_speed_m_s - limits.wind_m_s,
    }
    because = min(options, key=lambda k: options[k])
    if options[because] < 0.5:
        raise Infeasible(f"the drone would crawl: {because}", fix="Fly higher, or with less overlap, or in less wind")
    return options[because], because


def follow(
    legs: tuple[Leg, ...], terrain: Terrain, height_m: float, drone: Drone, speed_m_s: float
) -> list[list[Waypoint]]:
    """Waypoints of each leg, ``height_m`` above the ground or, where it climbs faster than the drone, above that."""
    paths = [_stations(leg.xy_m) for leg in legs]
    joined = np.concatenate([path for path, _ in paths])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(joined, axis=0).T))])
    top = terrain.at(joined) + height_m
    for i in range(1, len(top)):
        top[i] = max(top[i], top[i - 1] - drone.descent_m_s / speed_m_s * (along[i] - along[i - 1]))
    for i in range(len(top) - 2, -1, -1):
        top[i] = max(top[i], top[i + 1] - drone.climb_m_s / speed_m_s * (along[i + 1] - along[i]))
    out, first = [], 0
    for leg, (path, bends) in zip(legs, paths, strict=True):
        part = np.column_stack([path, top[first : first + len(path)]])
        out.append([_waypoint(part[k], leg.line) for k in _corners(part, bends)])
        first += len(path)
    return out


def _stations(xy: Floats) -> tuple[Floats, list[int]]:
    """Corners and points between them, at most 10 m apart; and which are the corners."""
    points, corners = [xy[:1]], [0]
    for a, b in pairwise(xy):
        n = max(math.ceil(float(np.hypot(*(b - a))) / _STATION_M), 1)
        points.append(a + (b - a) * (np.arange(1, n + 1) / n)[:, None])
        corners.append(corners[-1] + n)
    return np.concatenate(points), corners


def _corners(path: Floats, bends: list[int]) -> list[int]:
    """Points that a path needs: where it bends, and between where its height does by 1 m (Douglas and Peucker)."""
    keep, queue = set(bends), list(pairwise(bends))
    while queue:
        a, b = queue.pop()
        if b - a < 2:
            continue
        chord, part = path[b] - path[a], path[a + 1 : b] - path[a]
        length = float(chord @ chord)
        share = np.clip(part @ chord / length, 0.0, 1.0) if length > 0 else np.zeros(len(part))
        far = np.linalg.norm(part - share[:, None] * chord, axis=1)
        worst = int(np.argmax(far))
        if far[worst] > _BEND_M:
            keep.add(a + 1 + worst)
            queue += [(a, a + 1 + worst), (a + 1 + worst, b)]
    return sorted(keep)


def _waypoint(at: Floats, line: int) -> Waypoint:
    return Waypoint(float(at[0]), float(at[1]), float(at[2]), line)


def _points(waypoints: list[Waypoint]) -> Floats:
    return np.array([(w.east_m, w.north_m, w.altitude_m) for w in waypoints])


def _duration_s(points: Floats, drone: Drone, speed_m_s: float) -> float:
    step = np.diff(points, axis=0)
    level, rise = np.hypot(step[:, 0], step[:, 1]), step[:, 2]
    vertical = np.where(rise > 0.0, rise / drone.climb_m_s, -rise / drone.descent_m_s)
    return float(np.maximum(level / speed_m_s, vertical).sum() + len(step) * speed_m_s / BRAKING_M_S2)


def split_flights(
    where: SurveyArea,
    legs: tuple[Leg, ...],
    terrain: Terrain,
    height_m: float,
    drone: Drone,
    speed_m_s: float,
    limits: Limits,
) -> tuple[Flight, ...]:
    """Flights in the order they are flown, dealt to the drones in turn; each ends where it began.

    With several drones the batteries are used less if all are down sooner so. :class:`Infeasible` where a line cannot
    be reached and left on one battery.
    """
    paths = follow(legs, terrain, height_m, drone, speed_m_s)
    most = drone.endurance_s * (1.0 - limits.reserve_share)
    tried = [most * share for share in (np.linspace(1.0, 0.25, 16) if limits.drones > 1 else (1.0,))]
    best: tuple[Flight, ...] = ()
    for budget in tried:
        try:
            found = _fill(where, paths, terrain, height_m, drone, speed_m_s, budget)
        except Infeasible:
            if best:
                break
            raise
        flights = tuple(replace(f, drone=i % limits.drones) for i, f in enumerate(found))
        if not best or makespan_s(flights) < makespan_s(best) - 1.0:
            best = flights
    return best


def makespan_s(flights: tuple[Flight, ...]) -> float:
    """From the first take-off to the last landing, if all drones start at once."""
    busy: dict[int, float] = {}
    for flight in flights:
        busy[flight.drone] = busy.get(flight.drone, -CHANGE_S) + flight.duration_s + CHANGE_S
    return max(busy.values())


def _fill(
    where: SurveyArea,
    paths: list[list[Waypoint]],
    terrain: Terrain,
    height_m: float,
    drone: Drone,
    speed_m_s: float,
    budget: float,
) -> list[Flight]:
    """Line after line into the battery; a line that is too long for one is cut in halves."""
    left, way, taken = list(paths), list[Waypoint](), list[Waypoint]()
    flights: list[Flight] = []
    fits: Flight | None = None
    while left:
        if left[0][0].line < 0:
            way = left.pop(0) if taken else left.pop(0)[:0]
            continue
        trial = _flight(where, [*taken, *way, *left[0]], terrain, height_m, drone, speed_m_s)
        if trial.duration_s <= budget:
            fits, taken, way = trial, [*taken, *way, *left.pop(0)], []
        elif fits is not None:
            flights.append(fits)
            fits, taken, way = None, [], []
        else:
            left[:1] = _halves(left[0])
    return [*flights, fits] if fits is not None else flights


def _halves(path: list[Waypoint]) -> list[list[Waypoint]]:
    points = _points(path)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points[:, :2], axis=0).T))])
    if along[-1] < 40.0:
        raise Infeasible(
            "the area is too far from the take-off point for one battery",
            fix="Give a nearer --take-off or less --reserve",
        )
    half = along[-1] / 2.0
    middle = _waypoint(np.array([np.interp(half, along, points[:, i]) for i in range(3)]), path[0].line)
    before = [w for w, a in zip(path, along, strict=True) if a < half - 1e-6]
    after = [w for w, a in zip(path, along, strict=True) if a > half + 1e-6]
    return [[*before, middle], [middle, *after]]


def _flight(
    where: SurveyArea, waypoints: list[Waypoint], terrain: Terrain, height_m: float, drone: Drone, speed_m_s: float
) -> Flight:
    first, last = waypoints[0], waypoints[-1]
    out = _way(where, where.take_off, (first.east_m, first.north_m), terrain, height_m)
    home = _way(where, (last.east_m, last.north_m), where.take_off, terrain, height_m)
    whole = [*out, *waypoints, *home]
    points = _points(whole)
    ground = float(terrain.at(where.take_off))
    lift = (points[0, 2] - ground) / drone.climb_m_s + (points[-1, 2] - ground) / drone.descent_m_s
    duration = lift + _duration_s(points, drone, speed_m_s)
    length = float(np.hypot(*np.diff(points[:, :2], axis=0).T).sum())
    return Flight(0, tuple(whole), length, duration, duration / drone.endurance_s)


def _way(
    where: SurveyArea, start: tuple[float, float], stop: tuple[float, float], terrain: Terrain, height_m: float
) -> list[Waypoint]:
    path, bends = _stations(path_inside(where.reach, start, stop))
    points = np.column_stack([path, terrain.at(path) + height_m])
    return [_waypoint(points[k], -1) for k in _corners(points, bends)]


def photos_of(flight: Flight, trigger_m: float) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Where photos are taken: ``(n, 5)`` east, north, altitude and the unit vector ahead, and each one's line.

    The first at the beginning of a line, then every ``trigger_m`` along it, and one at its end.
    """
    rows, numbers = [], []
    for line, points in _lines(flight):
        step = np.hypot(*np.diff(points[:, :2], axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(step)])
        at = np.append(np.arange(0.0, along[-1] - 0.05 * trigger_m, trigger_m), along[-1])
        which = np.clip(np.searchsorted(along, at, side="right") - 1, 0, len(step) - 1)
        ahead = np.diff(points[:, :2], axis=0) / np.maximum(step, 1e-9)[:, None]
        rows.append(np.column_stack([*(np.interp(at, along, points[:, i]) for i in range(3)), ahead[which]]))
        numbers += [line] * len(at)
    return np.concatenate(rows) if rows else np.zeros((0, 5)), np.array(numbers, np.int64)


def _lines(flight: Flight) -> list[tuple[int, Floats]]:
    found: list[tuple[int, list[Waypoint]]] = []
    before = -1
    for waypoint in flight.waypoints:
        if waypoint.line >= 0:
            if waypoint.line != before:
                found.append((waypoint.line, []))
            found[-1][1].append(waypoint)
        before = waypoint.line
    return [(line, _points(points)) for line, points in found if len(points) > 1]
