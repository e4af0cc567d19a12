"""How is an area surveyed? From a polygon, a camera and an overlap to flights, and the proof that photos overlap.

The plan is flown in simulation before it is handed out: rays of every photo are cast onto the terrain and the share
that its neighbours see is counted. Where it falls short (a bend in the ground between cross sections), lines and
photos come closer and it is flown again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import Infeasible, InputError
from swath.survey.area import SurveyArea, least_width
from swath.survey.camera import Drone
from swath.survey.corridor import corridor_legs
from swath.survey.flight import Flight, Limits, fastest_m_s, makespan_s, photos_of, split_flights
from swath.survey.ground import Plane, Terrain
from swath.survey.lines import Leg, Permitted, directions, lines_over
from swath.survey.overlap_kernels import photo_overlaps, times_seen
from swath.survey.spacing import Overlap, permitted_m

__all__ = ["Ask", "PATTERNS", "Proof", "Survey", "plan_survey"]

Floats = npt.NDArray[np.float64]

PATTERNS = ("lines", "crosshatch", "corridor")
_RAYS = (32, 24)
_SLACK_SHARE = 0.02
"""of a photo: rays are counted, 32 x 24 of them"""
_MOST_PHOTOS = 20_000
_CLOSER = 0.95


@dataclass(frozen=True)
class Proof:
    """What the simulated flight found, photo by photo."""

    photos: int
    front_share: float
    """least share of a photo that lies in the next one of its line; 1 where no photo has a next"""
    side_share: float
    """least share of a photo that lies in the photos of the line beside it"""
    seen_share: float
    """of the area, on three photos or more"""
    once_share: float
    """of the area, on one photo or more"""


@dataclass(frozen=True)
class Ask:
    """What is to be surveyed, and how."""

    plane: Plane
    where: SurveyArea
    """for a corridor, the strip"""
    drone: Drone
    gsd_m: float
    overlap: Overlap
    terrain: Terrain
    limits: Limits = field(default_factory=Limits)
    pattern: str = "lines"
    """"lines", or "crosshatch" for a second set of lines square to the first, or "corridor" along ``middle``"""
    direction_deg: float | None = None
    """of the lines, clockwise from north; without it the one that takes the fewest lines (a convex area) or the
    shortest way"""
    middle: Any | None = None
    """shapely LineString in metres, of a corridor"""
    corridor_m: float = 0.0
    """how wide it is"""


@dataclass(frozen=True)
class Survey:
    """A survey as it is to be flown. Metres of ``ask.plane``, heights above sea level."""

    ask: Ask
    height_m: float
    """above the ground"""
    line_spacing_m: float
    """the widest"""
    trigger_m: float
    speed_m_s: float
    direction_deg: float
    """of the first lines, clockwise from north, 0 to 180"""
    lines: int
    fewest_lines: int
    """ceil(least width / spacing on level ground), summed over the parts of the area: no plan has fewer rows"""
    flights: tuple[Flight, ...]
    duration_s: float
    """first take-off to last landing, with changes of batteries"""
    photos: Floats
    """``(n, 5)`` east, north, height and the unit vector ahead"""
    photo_line: npt.NDArray[np.int64]
    proof: Proof
    because: tuple[str, ...]


def plan_survey(ask: Ask) -> Survey:
    """The survey of an area, each photo overlapping its neighbours as asked, also on slopes.

    :class:`InputError` for numbers that make no sense, :class:`Infeasible` with what would help where the height
    limit, the wind, the battery or the slope forbid it.
    """
    _check(ask)
    height_m, highest_m = ask.drone.camera.height_m(ask.gsd_m), ask.limits.highest_m
    if height_m > highest_m:
        raise Infeasible(
            f"pixels of {ask.gsd_m * 100:.2g} cm are taken from {height_m:.0f} m, above the limit of {highest_m:.0f} m",
            fix=f"Ask for {ask.drone.camera.gsd_m(highest_m) * 100:.2f} cm or less",
        )
    closer = 1.0
    while True:
        survey = _plan(ask, height_m, closer)
        proof = survey.proof
        front, side = (share - _SLACK_SHARE for share in (ask.overlap.front_share, ask.overlap.side_share))
        if proof.front_share >= front and proof.side_share >= side:
            return survey
        closer *= _CLOSER
        if closer < 0.5:
            raise Infeasible(
                f"the ground is too rough: photos overlap by {proof.front_share:.0%} and {proof.side_share:.0%} only",
                fix="Fly higher (a larger --gsd) or ask for less overlap",
            )


def _check(ask: Ask) -> None:
    front, side = ask.overlap.front_share, ask.overlap.side_share
    if not (0.0 <= front < 0.96 and 0.0 <= side < 0.96):
        raise InputError(f"overlaps of {front:g} and {side:g}", fix="Give shares from 0 to 0.95: 0.8 and 0.7")
    if not (math.isfinite(ask.gsd_m) and 0.0005 <= ask.gsd_m <= 1.0):
        raise InputError(f"a pixel of {ask.gsd_m:g} m", where="--gsd", fix="Give 0.05 cm to 1 m: --gsd 2cm")
    if ask.pattern not in PATTERNS:
        raise InputError(f"no pattern is called {ask.pattern!r}", fix=f"Give one of {', '.join(PATTERNS)}")
    if not (0.0 <= ask.limits.reserve_share <= 0.8 and 1 <= ask.limits.drones <= 20):
        raise InputError(
            f"{ask.limits.drones} drones with {ask.limits.reserve_share:g} in reserve", fix="Give 1 to 20, and 0 to 0.8"
        )


def _plan(ask: Ask, height_m: float, closer: float) -> Survey:
    drone, terrain, camera = ask.drone, ask.terrain, ask.drone.camera
    turn, legs = _legs(ask, height_m, closer)
    trigger = closer * _trigger(legs, terrain, height_m, camera.tan_along, ask.overlap.front_share)
    speed, why = fastest_m_s(drone, ask.gsd_m, trigger, ask.limits)
    flights = split_flights(ask.where, legs, terrain, height_m, drone, speed, ask.limits)
    photos, line = _photos(flights, trigger)
    _keep_below(flights, terrain, ask.limits.highest_m)
    lines = [leg for leg in legs if leg.line >= 0]
    level_m = camera.footprint_m(height_m)[0] * (1.0 - ask.overlap.side_share)
    return Survey(
        ask=ask,
        height_m=height_m,
        line_spacing_m=_widest_m(lines, level_m),
        trigger_m=trigger,
        speed_m_s=speed,
        direction_deg=(90.0 - turn) % 180.0,
        lines=len(lines),
        fewest_lines=sum(
            math.ceil(least_width(part)[0] / level_m - 1e-9) for part in shapely.get_parts(ask.where.area)
        ),
        flights=flights,
        duration_s=makespan_s(flights),
        photos=photos,
        photo_line=line,
        proof=_prove(ask, photos, line),
        because=_because(why, closer),
    )


def _legs(ask: Ask, height_m: float, closer: float) -> tuple[float, tuple[Leg, ...]]:
    """Direction (degrees from east) and legs, with lines ``closer`` times as far apart as cross sections permit."""
    camera = ask.drone.camera

    def beside(points: Floats, toward: Floats) -> float:
        share = ask.overlap.side_share
        return closer * permitted_m(
            ask.terrain, points, toward, height_m=height_m, tangent=camera.tan_across, overlap_share=share
        )

    if ask.pattern == "corridor":
        legs = corridor_legs(ask.middle, ask.corridor_m, beside, ask.where.take_off)
        east, north = legs[0].xy_m[-1] - legs[0].xy_m[0]
        return math.degrees(math.atan2(north, east)), legs
    turn, legs = _best_lines(ask, beside, height_m * camera.tan_along)
    if ask.pattern == "crosshatch":
        legs = _with_second(legs, lines_over(ask.where, (turn + 90.0) % 180.0, beside, height_m * camera.tan_along))
    return turn, legs


def _widest_m(lines: list[Leg], level_m: float) -> float:
    """Distance between two neighbouring lines, the largest there is."""
    gaps = []
    for a, b in pairwise(lines):
        if b.line == a.line + 1:
            ahead, across = a.xy_m[-1] - a.xy_m[0], b.xy_m.mean(0) - a.xy_m[0]
            gaps.append(abs(ahead[0] * across[1] - ahead[1] * across[0]) / max(float(np.hypot(*ahead)), 1e-9))
    return float(max(gaps, default=level_m))


def _because(speed_because: str, closer: float) -> tuple[str, ...]:
    said = [f"the speed is limited by: {speed_because}"]
    if closer < 1.0:
        said.append(f"lines and photos are {1.0 - closer:.0%} closer than a plane slope asks for: bends or hills")
    return tuple(said)


def _best_lines(ask: Ask, beside: Permitted, half_photo: float) -> tuple[float, tuple[Leg, ...]]:
    where = ask.where
    if ask.direction_deg is not None:
        turn = (90.0 - ask.direction_deg) % 180.0
        return turn, lines_over(where, turn, beside, half_photo)
    convex = isinstance(where.area, shapely.Polygon) and where.area.area > 0.999 * where.area.convex_hull.area
    tried = directions(where.area)[:1] if convex else directions(where.area)
    found = [(turn, lines_over(where, turn, beside, half_photo)) for turn in tried]
    return min(found, key=lambda f: sum(leg.length_m for leg in f[1]) + 25.0 * len(f[1]))


def _with_second(first: tuple[Leg, ...], second: tuple[Leg, ...]) -> tuple[Leg, ...]:
    """Both sets, one after the other; their lines are no neighbours."""
    past = max(leg.line for leg in first) + 2
    return (*first, *(Leg(leg.xy_m, leg.line + past if leg.line >= 0 else -1) for leg in second))


def _trigger(legs: tuple[Leg, ...], terrain: Terrain, height_m: float, tangent: float, share: float) -> float:
    """One distance for the whole survey: cameras are told a distance once a line."""
    least = math.inf
    for leg in legs:
        if leg.line >= 0:
            ahead = leg.xy_m[-1] - leg.xy_m[0]
            n = max(int(leg.length_m / 20.0), 2)
            points = leg.xy_m[0] + ahead * np.linspace(0.0, 1.0, n)[:, None]
            unit = ahead / max(float(np.hypot(*ahead)), 1e-9)
            least = min(
                least, permitted_m(terrain, points, unit, height_m=height_m, tangent=tangent, overlap_share=share)
            )
    return least


def _photos(flights: tuple[Flight, ...], trigger_m: float) -> tuple[Floats, npt.NDArray[np.int64]]:
    each = [photos_of(flight, trigger_m) for flight in flights]
    photos, line = np.concatenate([p for p, _ in each]), np.concatenate([n for _, n in each])
    if len(photos) > _MOST_PHOTOS:
        raise Infeasible(
            f"{len(photos):,} photos", fix=f"{_MOST_PHOTOS:,} are the most: cut the area or ask for a larger --gsd"
        )
    return photos, line


def _keep_below(flights: tuple[Flight, ...], terrain: Terrain, highest_m: float) -> None:
    corners = np.array([(w.east_m, w.north_m, w.altitude_m) for f in flights for w in f.waypoints])
    above = float((corners[:, 2] - terrain.at(corners[:, :2])).max())
    if above > highest_m + 1.0:
        raise Infeasible(
            f"the path is {above:.0f} m above the ground where it cannot follow it; {highest_m:.0f} m is the limit",
            fix="Fly lower (a smaller --gsd) or slower, or cut the steep part out",
        )


def _prove(ask: Ask, photos: Floats, line: npt.NDArray[np.int64]) -> Proof:
    terrain, camera = ask.terrain, ask.drone.camera
    grid = (terrain.height_m, terrain.west_m, terrain.south_m, terrain.step_m)
    shares = photo_overlaps(*grid, photos, line, camera.tan_across, camera.tan_along, *_RAYS)
    seen = times_seen(*grid, photos, camera.tan_across, camera.tan_along, _sample(ask.where.area))
    front, side = (float(np.min(shares[:, i], where=np.isfinite(shares[:, i]), initial=1.0)) for i in ([0], [1, 2]))
    return Proof(len(photos), front, side, float((seen >= 3).mean()), float((seen >= 1).mean()))


def _sample(area: Any) -> Floats:
    """About 2,000 points of the area in a square pattern."""
    left, bottom, right, top = area.bounds
    step = max(math.sqrt(area.area / 2000.0), 0.1)
    x, y = np.meshgrid(np.arange(left + step / 2, right, step), np.arange(bottom + step / 2, top, step))
    inside = shapely.contains_xy(area, x.ravel(), y.ravel())
    points = np.column_stack([x.ravel(), y.ravel()])[inside]
    return np.asarray(points if len(points) else shapely.get_coordinates(area.representative_point()))
