"""Where does everything go on the plan's day? What a globe shows of a plan, without working out its problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from swath.frames import geodetic_from_itrf
from swath.model import Plan
from swath.operate.planning import ephemerides_of
from swath.report.outcome import Tracks
from swath.report.planned import PlannedDay
from swath.sources.eop import packaged_eop
from swath.store.manifest import versions
from swath.store.mission import Mission
from swath.time import seconds, time_grid

__all__ = ["day_in_motion"]

_MARGIN = seconds(3600.0)
_STEP_S = 60.0


def day_in_motion(mission: Mission, plan: Plan) -> PlannedDay:
    """A mission's satellites each minute of its period, its stations, and the pictures and contacts of a plan.

    Pictures of parts of an order (strips of an area, cells) have no outline of their own in a mission file and are left
    out; a plan's tables hold them.
    """
    orbits = ephemerides_of(mission.satellites, mission.start - _MARGIN, mission.stop + _MARGIN, packaged_eop())
    times, parts = time_grid(mission.start, mission.stop, _STEP_S), []
    for id, ephemeris in orbits.items():
        lon_deg, lat_deg, altitude_m = geodetic_from_itrf(ephemeris.states(times)[0])
        parts.append(Tracks(np.full(len(times), id), times, lon_deg, lat_deg, altitude_m))
    requests = (*(order.request for order in mission.orders), *mission.urgent)
    known = np.isin(plan.acquisitions.request, [request.id for request in requests])
    return PlannedDay(
        title=mission.title,
        start=mission.start,
        stop=mission.stop,
        seed=mission.seed,
        plan=replace(plan, acquisitions=plan.acquisitions.take(known)),
        satellites=mission.satellites,
        stations=mission.stations,
        requests=requests,
        tracks=Tracks.join(parts),
        versions=versions(),
    )
