"""How full are batteries and recorders all along a plan? As the judge works them out, not as the planner does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.frames import EarthOrientation
from swath.model import Plan
from swath.orbit.ephemeris import Ephemeris
from swath.plan.judge.case import Case, since_s
from swath.plan.judge.craft import stored_energy
from swath.plan.problem import Problem
from swath.spacecraft.satellite import Satellite
from swath.table import Table, column
from swath.time import seconds

__all__ = ["Levels", "levels"]


@dataclass(frozen=True)
class Levels(Table):
    """Battery and recorder of each satellite at even times."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    battery_wh: npt.NDArray[np.float64] = column("f8", "Wh", "energy stored; the least of the step that begins here")
    memory_bit: npt.NDArray[np.float64] = column("f8", "bit", "pictures held; the most of the step that begins here")


def levels(
    problem: Problem, plan: Plan, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation, *, step_s: float = 60.0
) -> Levels:
    """Both levels from the plan's start to its stop, ``step_s`` apart, so that no dip or peak between steps is lost.

    By the judge's own simulation (``plan.judge.craft``), which ``verify`` holds against battery floor and capacity.
    """
    case = Case.of(problem, plan, ephemerides, eop)
    parts = [_of(case, satellite, step_s) for satellite in problem.satellites]
    return Levels.join(parts) if parts else Levels.empty()


def _of(case: Case, satellite: Satellite, step_s: float) -> Levels:
    grid_s = np.arange(0.0, float(since_s(case, case.problem.stop)), step_s)
    edge_s, stored_wh = stored_energy(case, satellite)
    mine = [row for row in case.looks if row["satellite"] == satellite.id]
    at_s = np.array([since_s(case, row[name]) for row in mine for name in ("start", "on_ground")], np.float64)
    change = np.array([sign * row["data_bit"] for row in mine for sign in (1.0, -1.0)], np.float64)
    order = np.lexsort([change, at_s])  # what comes down frees its room first, as in the judge
    at_s, held_bit = at_s[order], np.cumsum(change[order])
    return Levels(
        satellite=np.full(len(grid_s), satellite.id),
        time=case.problem.start + seconds(grid_s),
        battery_wh=_extreme(np.minimum, edge_s, stored_wh, grid_s),
        memory_bit=_extreme(np.maximum, np.append(-1.0, at_s), np.append(0.0, held_bit), grid_s),
    )


def _extreme(
    which: np.ufunc, at_s: npt.NDArray[np.float64], level: npt.NDArray[np.float64], grid_s: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Of a level that holds from each moment to the next: its extreme from each step of the grid to the next."""
    held = level[np.searchsorted(at_s, grid_s, "right") - 1]
    moments = np.concatenate([grid_s, at_s[at_s >= grid_s[0]]])
    values = np.concatenate([held, level[at_s >= grid_s[0]]])
    order = np.argsort(moments, kind="stable")
    first = np.searchsorted(moments[order], grid_s, "left")
    return np.asarray(which.reduceat(values[order], first), np.float64)
