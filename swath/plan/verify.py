"""The judge: does a plan keep the rules of its problem? It knows no solver, only ``problem.py``.

Everything is worked out anew and by another way than the planner's: lines of sight are shot at the ground and must hit
the place; its corners are followed through the field of view; elevation, Sun and eclipse come from the exact
ephemerides in finer steps; memory and battery are simulated. Tolerances: 50 m of pointing, 0.02 deg of angles, 2 % of
pixel size and data, 2 ms of time, 0.1 Wh (eclipse edges between steps of 10 s), 1e-6 of values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic, orbital_axes, ray_to_ellipsoid
from swath.model import Place, Plan, Request
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_direction_itrf, sunlit_signal
from swath.plan.problem import Problem, quality
from swath.spacecraft.satellite import Satellite
from swath.table import Table
from swath.time import format_utc, seconds

__all__ = ["RULES", "Violation", "verify"]

Floats = npt.NDArray[np.float64]
Row = Mapping[str, object]

RULES = {
    "number": "every value is a finite number or a time",
    "duplicate_id": "ids are unique",
    "unknown_id": "requests, satellites, stations and contacts exist",
    "request_twice": "a request is pictured once",
    "times": "start, middle and stop follow one another",
    "window": "a picture lies in its request's window",
    "horizon": "everything lies in the plan's span",
    "commanding": "nothing new before the satellite can be told",
    "frozen": "what is fixed stays as it was",
    "offered": "the look is one of the opportunities' passes",
    "pointing": "the line of sight meets the place",
    "off_nadir": "off-nadir angle as stated and within its limits",
    "sun": "Sun elevation as stated and above the limit",
    "gsd": "pixel size as stated",
    "coverage": "the whole place is seen while imaging",
    "data": "data volume fits the picture",
    "forecast": "P(clear) is the forecast's",
    "look_value": "value is request value x quality x P(clear)",
    "plan_value": "the plan's value is the sum",
    "bound": "no plan exceeds the bound",
    "overlap": "one picture at a time",
    "slew": "time to turn between activities",
    "imaging_in_contact": "no picture in contact",
    "contact_overlap": "one contact at a time",
    "antenna": "an antenna serves one satellite, after its set-up",
    "visibility": "in contact the satellite stands above the station's least elevation",
    "rate": "no faster than station and radio can",
    "volume": "a contact carries its pictures",
    "delivery": "a picture comes down after it was taken, in a contact of its satellite",
    "on_ground": "the last bit arrives when it can",
    "deadline": "on the ground in time",
    "memory": "the recorder never overflows",
    "battery": "the battery never falls below its floor",
    "unanswered": "every request is planned or refused",
    "refusal": "a refusal names a request that is not planned, once, with a reason",
}
"""the rules by name"""

_TIME = seconds(0.002)
_ANGLE_DEG = 0.02
_MISS_M = 50.0
_SHARE = 0.02
_ENERGY_WH = 0.1
_STEP_S = 10.0


@dataclass(frozen=True)
class Violation:
    """A broken rule: its name in :data:`RULES`, what breaks it (an id) and how, with numbers."""

    rule: str
    subject: str
    because: str


@dataclass(frozen=True)
class _Case:
    problem: Problem
    plan: Plan
    ephemerides: Mapping[str, Ephemeris]
    eop: EarthOrientation
    satellites: Mapping[str, Satellite]
    requests: Mapping[str, Request]
    looks: tuple[dict[str, object], ...]
    contacts: tuple[dict[str, object], ...]


def verify(
    problem: Problem, plan: Plan, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation
) -> tuple[Violation, ...]:
    """Every rule of ``swath.plan.problem`` that a plan breaks; empty: it is valid.

    ``ephemerides`` by satellite should be exact ones (``sgp4_ephemeris``). Tables with missing numbers or unknown ids
    are judged no further than that.
    """
    broken = [*_numbers(plan), *_ids(problem, plan)]
    if broken:
        return tuple(broken)
    case = _Case(
        problem,
        plan,
        ephemerides,
        eop,
        {satellite.id: satellite for satellite in problem.satellites},
        {request.id: request for request in problem.requests},
        tuple(plan.acquisitions.rows()),
        tuple(plan.contacts.rows()),
    )
    rules = (_times, _fixed, _offers, _views, _values, _order, _antennas, _contacts, _deliveries, _memory, _battery, _answers)
    return tuple(violation for rule in rules for violation in rule(case))


def _numbers(plan: Plan) -> Iterator[Violation]:
    for table in (plan.acquisitions, plan.contacts):
        for column in fields(table):
            values = getattr(table, column.name)
            bad = ~np.isfinite(values) if values.dtype.kind in "fM" else np.zeros(len(table), bool)
            for row in np.flatnonzero(bad):
                yield Violation("number", str(table.id[row]), f"{column.name} is {values[row]}")
    for name in ("value", "bound"):
        if not np.isfinite(getattr(plan, name)):
            yield Violation("number", "plan", f"{name} is {getattr(plan, name)}")


def _ids(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {
        "satellite": {satellite.id for satellite in problem.satellites},
        "request": {request.id for request in problem.requests},
        "station": {station.id for station in problem.stations},
        "contact": set(plan.contacts.id.tolist()),
    }
    for table in (plan.acquisitions, plan.contacts):
        for id in _twice(table.id.tolist()):
            yield Violation("duplicate_id", id, "used more than once")
        for row in table.rows():
            for name, ids in known.items():
                if name in row and row[name] not in ids:
                    yield Violation("unknown_id", str(row["id"]), f"there is no {name} {row[name]!r}")
    for id in _twice(plan.acquisitions.request.tolist()):
        yield Violation("request_twice", id, "pictured more than once")


def _twice(ids: list[str]) -> list[str]:
    return [id for id, count in Counter(ids).items() if count > 1]


def _times(case: _Case) -> Iterator[Violation]:
    problem = case.problem
    fixed = {*problem.frozen.id.tolist(), *problem.frozen_contacts.id.tolist()}
    setup_s = {station.id: station.setup_s for station in problem.stations}
    for row in (*case.looks, *case.contacts):
        id, start, stop = str(row["id"]), row["start"], row["stop"]
        middle = row.get("middle", start + (stop - start) / 2)
        if not start < middle < stop:
            yield Violation("times", id, f"starts {_t(start)}, middle {_t(middle)}, stops {_t(stop)}")
        if id not in fixed and (start < problem.start or stop > problem.stop):
            yield Violation("horizon", id, f"{_t(start)} to {_t(stop)} leaves the plan's span")
        told = problem.commandable_from(str(row["satellite"]))
        if id not in fixed and start - seconds(setup_s.get(str(row.get("station")), 0.0)) < told - _TIME:
            yield Violation("commanding", id, f"would begin at {_t(start)}, its satellite can be told from {_t(told)} on")
        if "request" in row:
            request = case.requests[str(row["request"])]
            if start < request.start or stop > request.stop:
                yield Violation("window", id, f"{_t(start)} to {_t(stop)} leaves {_t(request.start)} to {_t(request.stop)}")


def _fixed(case: _Case) -> Iterator[Violation]:
    kept = set(case.problem.frozen_contacts.id.tolist())
    pairs: tuple[tuple[Table, Table], ...] = (
        (case.problem.frozen, case.plan.acquisitions),
        (case.problem.frozen_contacts, case.plan.contacts),
    )
    for before, now in pairs:
        rows = {row["id"]: row for row in now.rows()}
        for row in before.rows():
            other = rows.get(row["id"], {})
            free = {"contact", "on_ground"} if "contact" in row and row["contact"] not in kept else set()
            changed = [name for name in row if name not in free and row[name] != other.get(name)]
            if changed:
                yield Violation("frozen", str(row["id"]), f"{', '.join(changed)} changed" if other else "is missing")


def _offers(case: _Case) -> Iterator[Violation]:
    offers, fixed = case.problem.opportunities, set(case.problem.frozen.id.tolist())
    for row in case.looks:
        if row["id"] in fixed:
            continue
        same = np.flatnonzero((offers.request == row["request"]) & (offers.satellite == row["satellite"]))
        away = np.abs(offers.middle[same] - row["middle"])
        if not len(same) or away.min() > seconds(60.0):
            yield Violation("offered", str(row["id"]), f"no opportunity of {row['request']} near {_t(row['middle'])}")
        elif abs(offers.p_clear[same[np.argmin(away)]] - row["p_clear"]) > 0.01:
            because = f"P(clear) {row['p_clear']:.3f}, the forecast says {offers.p_clear[same[np.argmin(away)]]:.3f}"
            yield Violation("forecast", str(row["id"]), because)


def _views(case: _Case) -> Iterator[Violation]:
    for row in case.looks:
        if row["start"] < row["middle"] < row["stop"]:
            yield from _view(case, row, case.satellites[str(row["satellite"])], case.requests[str(row["request"])])


def _view(case: _Case, row: Row, satellite: Satellite, request: Request) -> Iterator[Violation]:
    id, place, optics = str(row["id"]), request.place, satellite.optics
    before, after = row["middle"] - row["start"], row["stop"] - row["middle"]
    share = np.linspace(0.0, 1.0, 9)[1:]
    at = np.concatenate([row["start"] + share * before - share[0] * before, [row["middle"]], row["middle"] + share * after])
    r_m, v_m_s = case.ephemerides[satellite.id].states(at)
    axes = orbital_axes(r_m, v_m_s)
    roll, pitch = np.radians(row["roll_deg"]), np.radians(row["pitch_deg"])
    sight = np.array([np.sin(pitch), np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)])
    row_axis = np.array([0.0, np.cos(roll), -np.sin(roll)])
    ahead = np.cross(row_axis, sight)
    centre, now = _point(place), 8
    step = optics.ifov_rad * np.array([np.zeros(3), row_axis, ahead])
    hit = ray_to_ellipsoid(r_m[now], (sight + step) @ axes[now], altitude_m=place.altitude_m)
    miss_m = float(np.linalg.norm(hit[0] - centre))
    if not miss_m <= _MISS_M:
        yield Violation("pointing", id, f"the line of sight passes {miss_m:.0f} m from {place.id}")
        return
    off_deg = float(np.degrees(np.arccos(np.clip(sight[2], -1, 1))))
    limit_deg = min(request.max_off_nadir_deg, satellite.agility.max_off_nadir_deg)
    if abs(off_deg - row["off_nadir_deg"]) > _ANGLE_DEG or off_deg > limit_deg + _ANGLE_DEG:
        yield Violation("off_nadir", id, f"{off_deg:.2f} deg, stated {row['off_nadir_deg']:.2f}, allowed {limit_deg:g}")
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    sun_deg = float(np.degrees(np.arcsin(sun_direction_itrf(at[now], case.eop) @ up)))
    least_deg = request.min_sun_elevation_deg
    if abs(sun_deg - row["sun_elevation_deg"]) > _ANGLE_DEG or sun_deg < least_deg - _ANGLE_DEG:
        yield Violation("sun", id, f"{sun_deg:.2f} deg high, stated {row['sun_elevation_deg']:.2f}, asked {least_deg:g}")
    gsd_m = float(np.sqrt(np.linalg.norm(np.cross(hit[1] - hit[0], hit[2] - hit[0]))))
    if abs(gsd_m - row["gsd_m"]) > _SHARE * gsd_m:
        yield Violation("gsd", id, f"{gsd_m:.2f} m, stated {row['gsd_m']:.2f} m")
    yield from _coverage(row, satellite, request, at, r_m, axes, (sight, row_axis, ahead))
