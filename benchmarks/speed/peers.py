"""Other people's searches for access, each asked the same: windows per satellite and place, seconds after the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from swath.model import Place
from swath.time import to_datetime

__all__ = ["Found", "Lines", "brahe_elevation", "brahe_off_nadir", "skyfield_elevation", "tatc_off_nadir"]

Lines = tuple[str, str]
Found = dict[tuple[str, int], list[tuple[float, float]]]
"""windows by satellite and number of the place"""
Search = Callable[[Mapping[str, Lines], Sequence[Place], np.datetime64, float, float], Found]
"""satellites, places, start, length (s), limit (deg)"""


def skyfield_elevation(
    fleet: Mapping[str, Lines], places: Sequence[Place], start: np.datetime64, length_s: float, least_deg: float
) -> Found:
    """``EarthSatellite.find_events``; passes that the span cuts are left out."""
    from skyfield.api import EarthSatellite, load, wgs84

    ts = load.timescale(builtin=True)
    t0 = ts.from_datetime(to_datetime(start))
    t1 = ts.from_datetime(to_datetime(start) + timedelta(seconds=length_s))
    found: Found = {}
    for name, (one, two) in fleet.items():
        satellite = EarthSatellite(one, two, name, ts)
        for number, place in enumerate(places):
            at, what = satellite.find_events(wgs84.latlon(place.lat_deg, place.lon_deg, 0.0), t0, t1, least_deg)
            seconds = (at.tt - t0.tt) * 86400.0
            rises, sets = seconds[what == 0], seconds[what == 2]
            sets = sets[np.searchsorted(sets, rises[0]) :] if len(rises) else sets[:0]
            found[name, number] = list(zip(rises.tolist(), sets.tolist(), strict=False))
    return found


def brahe_elevation(
    fleet: Mapping[str, Lines], places: Sequence[Place], start: np.datetime64, length_s: float, least_deg: float
) -> Found:
    """``location_accesses`` with a step of 60 s, on one thread."""
    import brahe

    return _brahe(brahe.ElevationConstraint(least_deg), fleet, places, start, length_s)


def brahe_off_nadir(
    fleet: Mapping[str, Lines], places: Sequence[Place], start: np.datetime64, length_s: float, most_deg: float
) -> Found:
    """The same with an off-nadir limit and the horizon; its nadir is the geocentric one."""
    import brahe

    both = brahe.ConstraintAll([brahe.OffNadirConstraint(max_off_nadir_deg=most_deg), brahe.ElevationConstraint(0.0)])
    return _brahe(both, fleet, places, start, length_s)


def _brahe(
    constraint: object, fleet: Mapping[str, Lines], places: Sequence[Place], start: np.datetime64, length_s: float
) -> Found:
    import brahe

    brahe.set_global_eop_provider_from_static_provider(brahe.StaticEOPProvider.from_zero())
    day = to_datetime(start)
    begin = brahe.Epoch(day.year, day.month, day.day, day.hour, day.minute, float(day.second))
    config = brahe.AccessSearchConfig(initial_time_step=60.0, parallel=False, time_tolerance=0.01)
    spots = [brahe.PointLocation(p.lon_deg, p.lat_deg, 0.0).with_id(n) for n, p in enumerate(places)]
    found: Found = {}
    for name, (one, two) in fleet.items():
        moving = brahe.SGPPropagator.from_tle(one, two, 60.0)
        for window in brahe.location_accesses(spots, moving, begin, begin + length_s, constraint, config=config):
            found.setdefault((name, window.location_id), []).append(
                (window.window_open - begin, window.window_close - begin)
            )
    return found


def tatc_off_nadir(
    fleet: Mapping[str, Lines], places: Sequence[Place], start: np.datetime64, length_s: float, most_deg: float
) -> Found:
    """``collect_observations`` of all points at once, satellite by satellite; its nadir is the geodetic one."""
    import shapely
    from tatc.analysis import collect_observations
    from tatc.schemas import Instrument, Satellite, TwoLineElements

    begin = to_datetime(start)
    points = [shapely.Point(p.lon_deg, p.lat_deg, 0.0) for p in places]
    number = {(p.lon_deg, p.lat_deg): n for n, p in enumerate(places)}
    found: Found = {}
    for name, lines in fleet.items():
        camera = Instrument(name="camera", field_of_regard=2.0 * most_deg)
        satellite = Satellite(name=name, orbit=TwoLineElements(tle=list(lines)), instruments=[camera])
        seen = collect_observations(points, satellite, begin, begin + timedelta(seconds=length_s))
        for spot, rise, fall in zip(seen.geometry, seen["start"], seen["end"], strict=True):
            found.setdefault((name, number[spot.x, spot.y]), []).append((_after(begin, rise), _after(begin, fall)))
    return found


def _after(begin: datetime, moment: datetime) -> float:
    return (moment.astimezone(UTC) - begin).total_seconds()
