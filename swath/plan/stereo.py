"""Which looks of one pass make a stereo picture?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.frames import itrf_from_geodetic
from swath.model import Opportunities, Refusal, Request
from swath.orbit.ephemeris import Ephemeris
from swath.plan.problem import Groups
from swath.spacecraft.agility import slew_angle_deg, slew_s
from swath.spacecraft.satellite import Satellite

__all__ = ["find_groups"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_MOST_A_PASS = 60
"""groups offered of each pass, the most valuable"""


def find_groups(
    requests: Sequence[Request],
    looks: Opportunities,
    satellites: Sequence[Satellite],
    ephemerides: Mapping[str, Ephemeris],
) -> tuple[Groups, dict[str, Refusal]]:
    """The pairs and triples of looks that stereo requests can be pictured by, and a reason for those without any.

    Neighbours in time converge at the place by an angle within the request's limits, and leave time to turn between
    them. Of every pass at most the 60 most valuable are offered.
    """
    craft = {satellite.id: satellite for satellite in satellites}
    rows: list[dict[str, object]] = []
    refused = {}
    for request in (request for request in requests if request.looks > 1):
        mine = np.flatnonzero(looks.request == request.id)
        widest_deg, found = 0.0, False
        for satellite, window in sorted({(str(looks.satellite[n]), int(looks.window[n])) for n in mine}):
            some = mine[(looks.satellite[mine] == satellite) & (looks.window[mine] == window)]
            some = some[np.argsort(looks.start[some])]
            angle_deg = _convergence_deg(request, looks, some, ephemerides[satellite])
            widest_deg = max(widest_deg, float(angle_deg.max(initial=0.0)))
            for group in _best(request, looks, some, angle_deg, craft[satellite]):
                found = True
                starts = [looks.start[some[n]] for n in group]
                least_deg = min(float(angle_deg[a, b]) for a, b in pairwise(group))
                rows.append(
                    {
                        "request": request.id,
                        "satellite": satellite,
                        "first": starts[0],
                        "second": starts[1],
                        "third": starts[2] if len(starts) > 2 else np.datetime64("NaT", "ns"),
                        "convergence_deg": least_deg,
                    }
                )
        if len(mine) and not found:
            low_deg, high_deg = request.convergence_deg
            words = (
                f"no pass has {request.looks} looks, with time to turn, that converge by {low_deg:g} to "
                f"{high_deg:g} deg; the widest two of a pass converge by {widest_deg:.1f} deg"
            )
            refused[request.id] = Refusal(request.id, "no_stereo", words)
    return Groups.from_rows(rows), refused


def _convergence_deg(request: Request, looks: Opportunities, some: Whole, ephemeris: Ephemeris) -> Floats:
    """Angle at the place between every two looks."""
    place = request.place
    way = ephemeris.states(looks.middle[some])[0] - itrf_from_geodetic(
        lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m
    )
    unit = way / np.linalg.norm(way, axis=-1, keepdims=True)
    return np.asarray(np.degrees(np.arccos(np.clip(unit @ unit.T, -1.0, 1.0))), np.float64)


def _best(
    request: Request, looks: Opportunities, some: Whole, angle_deg: Floats, satellite: Satellite
) -> list[tuple[int, ...]]:
    """The most valuable groups of a pass, as places in ``some``."""
    low_deg, high_deg = request.convergence_deg
    roll, pitch = looks.roll_deg[some], looks.pitch_deg[some]
    turn = slew_s(satellite.agility, slew_angle_deg(roll[:, None], pitch[:, None], roll, pitch))
    gap = (looks.start[some] - looks.stop[some][:, None]) / np.timedelta64(1, "s")
    good = (angle_deg >= low_deg) & (angle_deg <= high_deg) & (gap >= turn)
    pairs = np.argwhere(good)
    if request.looks == 2:
        groups = pairs
    else:
        groups = np.array([(a, b, c) for a, b in pairs for c in np.flatnonzero(good[b])], np.int64).reshape(-1, 3)
    if not len(groups):
        return []
    clear = looks.p_clear[some]
    each = np.divide(looks.value[some], clear, out=np.zeros(len(some)), where=clear > 0.0)
    value = each[groups].mean(1) * clear[groups].min(1)
    best = np.argsort(-value, kind="stable")[:_MOST_A_PASS]
    return [tuple(int(n) for n in groups[k]) for k in sorted(best.tolist())]
