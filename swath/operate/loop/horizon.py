"""Which stretch of time is planned now, and what of the plan in force lies in it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from swath.model import Acquisitions, Plan
from swath.plan.levels import Levels
from swath.plan.problem import Problem
from swath.spacecraft import Power, Satellite
from swath.store.mission import Mission
from swath.time import format_utc

__all__ = ["carried", "charged", "charges", "rolled"]


def rolled(mission: Mission, now: np.datetime64) -> Mission:
    """The mission over the stretch that is planned at a time: as long as its own, moved on in quarters of its length.

    Between a quarter and a half of it lies behind: what was pictured there is down, or coming down, by the plan in
    force, and what was commanded stays as it is. Before the mission begins, its own stretch is planned. Its batteries
    begin as the mission file says: see :func:`charged`.
    """
    length = mission.stop - mission.start
    quarter = length // 4
    steps = max(0, int((now - mission.start - quarter) // quarter))
    moved = steps * quarter
    return replace(mission, start=mission.start + moved, stop=mission.stop + moved)


def charges(mission: Mission, at: Levels) -> dict[str, dict[str, float]]:
    """How full every battery is, by the plan's levels, when its stretch begins and where a later one may begin."""
    quarter = (mission.stop - mission.start) // 4
    found: dict[str, dict[str, float]] = {}
    for number in range(4):
        begin = mission.start + number * quarter
        rows = at.take(at.time <= begin).sort_by("time")
        found[format_utc(begin)] = {str(row["satellite"]): float(row["battery_wh"]) for row in rows.rows()}
    return found


def charged(mission: Mission, known: Mapping[str, Mapping[str, float]]) -> Mission:
    """The mission with batteries as the plan before left them at its begin, where that is known.

    Never fuller than the battery, nor below what it may fall to: less could not be planned with at all.
    """
    levels = known.get(format_utc(mission.start), {})

    def power(satellite: Satellite) -> Power:
        own = satellite.power
        return replace(own, initial_wh=min(max(levels.get(satellite.id, own.initial_wh), own.min_wh), own.battery_wh))

    return replace(mission, satellites=tuple(replace(s, power=power(s)) for s in mission.satellites))


def carried(plan: Plan, problem: Problem) -> Plan:
    """What of a plan lies in a problem's stretch, its pictures under the names that the problem has for their requests.

    Orders of several looks (areas, series, repeated points) number their requests by the passes of a stretch: when it
    moves on, so do the numbers. A picture whose request is no longer there (cancelled, or of a pass that is over) is
    left out, and so is a contact before the stretch.
    """
    names = _names(plan.acquisitions, problem)
    kept = np.array([bool(name) for name in names], bool) & (plan.acquisitions.start >= problem.start)
    looks = plan.acquisitions.take(kept)
    named = [name for name, stays in zip(names, kept.tolist(), strict=True) if stays]
    looks = replace(looks, request=np.array(named, np.str_)) if named else looks
    stations, craft = {s.id for s in problem.stations}, {s.id for s in problem.satellites}
    contacts = plan.contacts
    inside = (contacts.start >= problem.start) & np.isin(contacts.station, list(stations))
    return replace(plan, acquisitions=looks, contacts=contacts.take(inside & np.isin(contacts.satellite, list(craft))))


def _names(looks: Acquisitions, problem: Problem) -> list[str]:
    """For each picture the request that it serves in this problem; empty where there is none."""
    requests = {request.id: request for request in problem.requests}
    craft = {satellite.id for satellite in problem.satellites}
    of_order: dict[str, list[str]] = {}
    for bundle in problem.bundles:
        of_order[bundle.id] = list(bundle.requests)
    found = []
    for row in looks.rows():
        id, satellite = str(row["request"]), str(row["satellite"])
        known = requests.get(id)
        fits = [id] if known is not None and (not known.satellites or satellite in known.satellites) else []
        fits = [name for name in fits if requests[name].start <= row["start"] < requests[name].stop]
        if not fits:
            order = next((o for o in of_order if id.startswith(f"{o}.")), "")
            tail = id.removeprefix(f"{order}.").partition(".")[2]
            for name in of_order.get(order, []):
                one = requests[name]
                same = name.removeprefix(f"{order}.").partition(".")[2] == tail
                mine = not one.satellites or satellite in one.satellites
                if same and mine and one.start <= row["start"] < one.stop:
                    fits.append(name)
        found.append(fits[0] if fits and satellite in craft else "")
    return found
