"""When could the mission's own satellites look at a place, and which of these looks does the plan in force have?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.frames import geodetic_from_itrf, geodetic_up, itrf_from_geodetic
from swath.model import Acquisitions, Place, Request
from swath.operate.asking import Asking, checked_span
from swath.plan.build import Outlook
from swath.plan.feasible import feasibility
from swath.store.mission import Mission
from swath.time import seconds
from swath.watch.looks_ahead import LooksAhead

__all__ = ["own_looks"]

_SLACK_S = 60.0
_EXTENT_M = 1000.0


def own_looks(
    asking: Asking,
    place: Place,
    start: np.datetime64,
    stop: np.datetime64,
    *,
    taken: Acquisitions | None = None,
) -> tuple[LooksAhead, list[str]]:
    """The best look of every pass of the fleet at a place's centre, by day and night, and what there is to know of it.

    ``taken`` are pictures of the plan in force that show the place's centre: a look within a minute of one of the same
    satellite is ``planned``, every other ``could``. :class:`InputError` for a time that the orbits are not known for.
    """
    mission = asking.mission
    start, stop = checked_span(mission, start, stop)
    spot = Place.point(place.id, lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    request = Request(
        "look", spot, "watch", 1.0, ordered=start, start=start, stop=stop, deadline=stop,
        min_sun_elevation_deg=-90.0, max_off_nadir_deg=max(s.agility.max_off_nadir_deg for s in mission.satellites),
        extent_m=_EXTENT_M,
    )  # fmt: skip
    outlook = asking.outlook(start, stop)
    chances = feasibility(request, mission.satellites, outlook, start=start, stop=stop).chances
    planned = Acquisitions.empty() if taken is None else taken
    rows = [_row(mission, outlook, place, look, planned) for look in chances.rows()]
    note = f"the {len(mission.satellites)} satellites of the mission alone: the watch file names nobody's elements"
    return (LooksAhead.from_rows(rows).sort_by("time", "satellite") if rows else LooksAhead.empty()), [note]


def _row(
    mission: Mission, outlook: Outlook, place: Place, look: Mapping[str, Any], planned: Acquisitions
) -> dict[str, Any]:
    satellite = next(one for one in mission.satellites if one.id == look["satellite"])
    near = (planned.satellite == satellite.id) & (np.abs(planned.middle - look["middle"]) <= seconds(_SLACK_S))
    orders = ", ".join(sorted(set(planned.request[near].tolist())))
    r_m = outlook.ephemerides[satellite.id].states(np.array([look["middle"]]))[0][0]
    azimuth_deg, elevation_deg = _direction(place, r_m)
    lon_deg, lat_deg, _ = geodetic_from_itrf(r_m)
    return {
        "time": look["middle"], "satellite": satellite.id, "norad_id": satellite.elements.norad_id or 0,
        "kind": "radar" if satellite.sensor == "radar" else "optical", "state": "planned" if orders else "could",
        "off_nadir_deg": look["off_nadir_deg"], "limit_deg": satellite.agility.max_off_nadir_deg, "limit_known": True,
        "elevation_deg": elevation_deg, "azimuth_deg": azimuth_deg,
        "track_lon_deg": float(lon_deg), "track_lat_deg": float(lat_deg),
        "gsd_m": look["gsd_m"], "sun_elevation_deg": look["sun_elevation_deg"], "p_clear": look["p_clear"],
        "along_track_90_s": np.nan, "because": f"the plan in force, for {orders}" if orders else "",
    }  # fmt: skip


def _direction(place: Place, r_m: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Azimuth and elevation (deg) of a position from a place."""
    ground = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    north = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg + 90.0)
    away = r_m - ground
    azimuth_deg = float(np.degrees(np.arctan2(away @ np.cross(north, up), away @ north)) % 360.0)
    return azimuth_deg, float(np.degrees(np.arcsin(away @ up / np.linalg.norm(away))))
