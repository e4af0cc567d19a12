"""What is needed to show the plan in force: its satellites in motion, its places, its commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from swath.frames import geodetic_from_itrf
from swath.model import Opportunities, Place, Plan, Request, Windows
from swath.operate.asking import Asking
from swath.plan.commands import Commands, commands_of
from swath.plan.form import plan_from_json
from swath.plan.problem import Problem
from swath.report.outcome import Tracks
from swath.report.planned import PlannedDay
from swath.store.manifest import versions
from swath.store.orders_book import Ordered
from swath.time import parse_utc, time_grid

__all__ = ["plan_commands", "planned_day"]

_TRACK_STEP_S = 60.0


def planned_day(asking: Asking, text: str, ordered: Mapping[str, Ordered], *, simulated: bool) -> PlannedDay:
    """The plan of a ``plan.json`` with tracks and requests; ``ordered`` has orders that the mission file does not."""
    mission, plan = asking.mission, plan_from_json(text)
    outlook = asking.outlook(mission.start, mission.stop - np.timedelta64(1, "s"))
    known = {request.id: request for request in (*mission.routine, *mission.urgent)}
    for id in dict.fromkeys(plan.acquisitions.request.tolist()):
        if id not in known and id in ordered:
            known[id] = _request(ordered[id])
    kept = np.array([id in known for id in plan.acquisitions.request.tolist()], np.bool_)
    parts = []
    for id, ephemeris in outlook.ephemerides.items():
        times = time_grid(mission.start, mission.stop, _TRACK_STEP_S)
        lon_deg, lat_deg, altitude_m = geodetic_from_itrf(ephemeris.states(times)[0])
        parts.append(Tracks(np.full(len(times), id), times, lon_deg, lat_deg, altitude_m))
    return PlannedDay(
        title=mission.title,
        start=mission.start,
        stop=mission.stop,
        seed=plan.seed,
        plan=Plan(**{**plan.__dict__, "acquisitions": plan.acquisitions.take(kept)}),
        satellites=mission.satellites,
        stations=mission.stations,
        requests=tuple(known.values()),
        tracks=Tracks.join(parts),
        versions=versions(),
        simulated=simulated,
        banner="SIMULATED FLIGHT AND IMAGERY" if simulated else "plan; nothing has flown",
    )


def _request(order: Ordered) -> Request:
    """An order's place and times, for showing it."""
    start, _, stop = str(order.asked["datetime"]).partition("/")
    ends = parse_utc(start), parse_utc(stop)
    geometry: Mapping[str, Any] = order.geometry
    if geometry["type"] == "Point":
        lon, lat = geometry["coordinates"][:2]
        place = Place.point(order.id, lon_deg=float(lon), lat_deg=float(lat))
    else:
        part = geometry["coordinates"][0]
        ring = [tuple(map(float, at[:2])) for at in (part if geometry["type"] == "Polygon" else part[0])][:-1]
        lons, lats = [at[0] for at in ring], [at[1] for at in ring]
        place = Place(order.id, (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2, ring=tuple(ring))  # type: ignore[arg-type]
    return Request(order.id, place, order.offer, 1.0, *ends[:1], *ends, ends[1], -90.0, 90.0, 2000.0)


def plan_commands(asking: Asking, text: str) -> Commands:
    """The commands that carry the plan of a ``plan.json`` out."""
    mission = asking.mission
    problem = Problem(
        satellites=mission.satellites,
        requests=(),
        stations=mission.stations,
        opportunities=Opportunities.empty(),
        passes=Windows.empty(),
        eclipses=Windows.empty(),
        start=mission.start,
        stop=mission.stop,
    )
    return commands_of(problem, plan_from_json(text))
