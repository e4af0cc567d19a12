"""By how much would a condition have to give way for a look, and how is that said?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from swath.model import Opportunities, Request
from swath.plan.arrays import Indexed
from swath.plan.problem import Problem
from swath.time import seconds

__all__ = ["Times", "amount", "exact"]

Times = npt.NDArray[np.datetime64]


def amount(
    problem: Problem, indexed: Indexed, look: int, asked: Request, what: str, others: Mapping[str, Times]
) -> float:
    """How far a look lies outside what is asked, in order to sort; ``others`` as in :func:`exact`."""
    row, looks = int(indexed.source[look]), problem.opportunities
    if what == "off_nadir":
        return float(looks.off_nadir_deg[row])
    if what == "sun":
        return -float(looks.sun_elevation_deg[row])
    if what == "cloud":
        return -float(looks.p_clear[row])
    if what == "pixel":
        return float(looks.gsd_m[row])
    if what == "window":
        early = (asked.start - looks.start[row]) / np.timedelta64(1, "s")
        late = (looks.stop[row] - asked.stop) / np.timedelta64(1, "s")
        return float(max(early, late, 0.0))
    if what == "apart":
        return sum(max(apart_s - _gap_s(looks.start[row : row + 1], others[o]), 0.0) for o, apart_s in asked.apart)
    return float(indexed.fleet.look[look]["stop"])


def exact(
    rows: Opportunities, asked: Request, what: str, on_ground: np.datetime64, others: Mapping[str, Times]
) -> tuple[Request, str, float] | None:
    """The request as it would have to be for one of its looks, in words, and how large the change is; None: as it is.

    ``rows``: the look, of a stereo picture all of them; ``others``: when orders that it keeps away from are pictured.
    """
    if what == "off_nadir":
        need = float(np.ceil(rows.off_nadir_deg.max() * 10.0 + 1e-6) / 10.0)
        words = f"a largest off-nadir angle of {need:.1f} deg instead of {asked.max_off_nadir_deg:g}"
        return replace(asked, max_off_nadir_deg=need), words, need - asked.max_off_nadir_deg
    if what == "sun":
        need = float(np.floor(rows.sun_elevation_deg.min() * 10.0 - 1e-6) / 10.0)
        words = f"a least Sun elevation of {need:.1f} deg instead of {asked.min_sun_elevation_deg:g}"
        return replace(asked, min_sun_elevation_deg=need), words, asked.min_sun_elevation_deg - need
    if what == "cloud":
        need = float(np.floor(rows.p_clear.min() * 100.0 - 1e-6) / 100.0)
        words = f"a least P(clear) of {need:.2f} instead of {asked.min_p_clear:g}"
        return replace(asked, min_p_clear=max(need, 0.0)), words, 100.0 * (asked.min_p_clear - need)
    if what == "pixel":
        need = float(np.ceil(rows.gsd_m.max() * 100.0 + 1e-6) / 100.0)
        words = f"pixels of up to {need:.2f} m instead of {asked.max_gsd_m:g}"
        return replace(asked, max_gsd_m=need), words, 100.0 * (need / asked.max_gsd_m - 1.0)
    if what == "side":
        return replace(asked, side="any"), f"either side of the track instead of {asked.side} only", 1.0
    if what == "satellite":
        also = (*asked.satellites, str(rows.satellite[0]))
        return replace(asked, satellites=also), f"{also[-1]} as well as {' and '.join(asked.satellites)}", 1.0
    if what == "sensor":
        return replace(asked, sensor="any"), f"any sensor instead of {asked.sensor} only", 1.0
    if what == "apart":
        return _exact_apart(rows, asked, others)
    return _exact_times(rows, asked, what, on_ground)


def _exact_apart(rows: Opportunities, asked: Request, others: Mapping[str, Times]) -> tuple[Request, str, float] | None:
    """As far from the other orders' pictures as the look is, in whole minutes."""
    apart, words, less_s = [], [], 0.0
    for other, wanted_s in asked.apart:
        need_s = 60.0 * float(np.floor(_gap_s(rows.start, others[other]) / 60.0))
        if need_s < wanted_s:
            words.append(f"{need_s / 3600.0:.2g} h between it and {other} instead of {wanted_s / 3600.0:g}")
            less_s += wanted_s - need_s
        apart.append((other, min(need_s, wanted_s)))
    return (replace(asked, apart=tuple(apart)), " and ".join(words), less_s / 3600.0) if words else None


def _gap_s(some: Times, others: Times) -> float:
    """The shortest time between any two; endless where there are none."""
    between_s = np.abs((some[:, None] - others[None, :]) / np.timedelta64(1, "s"))
    return float(between_s.min(initial=np.inf))


def _exact_times(
    rows: Opportunities, asked: Request, what: str, on_ground: np.datetime64
) -> tuple[Request, str, float] | None:
    hour = seconds(3600.0)
    if what == "deadline":
        late = (on_ground - asked.deadline) / hour
        need = float(np.ceil(late * 10.0) / 10.0)
        moved = replace(asked, deadline=asked.deadline + seconds(3600.0 * need))
        return (moved, f"a deadline {need:.1f} h later", need) if need > 0.0 else None
    early = max(float((asked.start - rows.start.min()) / hour), 0.0)
    late = max(float((rows.stop.max() - asked.stop) / hour), 0.0)
    early, late = (float(np.ceil(x * 10.0) / 10.0) for x in (early, late))
    stop = asked.stop + seconds(3600.0 * late)
    due = max(asked.deadline, on_ground + seconds(1.0)) if late or on_ground > asked.deadline else asked.deadline
    moved = replace(asked, start=asked.start - seconds(3600.0 * early), stop=stop, deadline=due)
    sides = [f"{x:.1f} h {which}" for x, which in ((early, "earlier"), (late, "later")) if x > 0.0]
    return (moved, f"a window that opens or closes {' and '.join(sides)}", early + late) if sides else None
