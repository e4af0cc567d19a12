"""Surveys that the tests of this folder ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from swath.survey.area import survey_area
from swath.survey.camera import find_drone
from swath.survey.flight import Limits
from swath.survey.ground import Plane, Terrain, flat
from swath.survey.plan import Ask, Survey, plan_survey
from swath.survey.spacing import Overlap

PLANE = Plane(16.4, 46.52)


def in_degrees(shape: Any) -> Any:
    """A shape in metres about the plane's middle, as users draw it."""
    return shapely.transform(shape, PLANE.to_deg)


def hills(slope_deg: float = 0.0, bumps_m: float = 0.0, wave_m: float = 90.0, step_m: float = 10.0) -> Terrain:
    """A slope towards north-east with hills on it, 1.6 km wide."""
    x = np.arange(-800.0, 800.0, step_m)
    east, north = np.meshgrid(x, x)
    rise = np.tan(np.deg2rad(slope_deg)) * (0.6 * east + 0.8 * north)
    return Terrain(-800.0, -800.0, step_m, 300.0 + rise + bumps_m * np.sin(east / wave_m) * np.cos(north / wave_m))


def survey_of(
    shape: Any, *, keep_out: tuple[Any, ...] = (), fence: Any = None, take_off: Any = None, **asked: Any
) -> Survey:
    """A survey with the defaults of the command; areas in metres."""
    where = survey_area(
        PLANE,
        in_degrees(shape),
        keep_out=[in_degrees(zone) for zone in keep_out],
        fence=None if fence is None else in_degrees(fence),
        take_off_deg=None if take_off is None else PLANE.to_deg(take_off),
    )
    chosen = {"gsd_m": 0.02, "overlap": Overlap(0.8, 0.7), "terrain": flat(), "drone": find_drone("mavic3e"), **asked}
    chosen.setdefault("limits", Limits())
    return plan_survey(Ask(plane=PLANE, where=where, **chosen))
