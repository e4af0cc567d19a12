"""AEOSSP-standard of AstroReason-Bench: agile satellites, point tasks, slews and batteries on a grid of time.

The rules are those of its README and verifier (github Mtrya/astro-reason, ``benchmarks/aeossp_standard``, MIT): the
data README of this project says them in short. Read here is the form of its three files and of a plan.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swath.errors import InputError
from swath.plan.bench.yaml_text import parse_yaml
from swath.time import format_utc, parse_utc

__all__ = ["Action", "Case", "Craft", "TaskRow", "actions_from_json", "actions_to_json", "read_case"]

_LARGEST_STEPS = 2_000_000


@dataclass(frozen=True)
class Craft:
    """One satellite of a case."""

    id: str
    line1: str
    line2: str
    sensor: str
    rate_deg_s: float
    acceleration_deg_s2: float
    settling_s: float
    max_off_nadir_deg: float
    capacity_wh: float
    initial_wh: float
    idle_w: float
    imaging_w: float
    slew_w: float
    charge_w: float


@dataclass(frozen=True)
class TaskRow:
    """One task: a place to be pictured once, for so long, within a window."""

    id: str
    lon_deg: float
    lat_deg: float
    altitude_m: float
    release_s: float
    """after the start of the case"""
    due_s: float
    duration_s: float
    sensor: str
    weight: float


@dataclass(frozen=True)
class Case:
    """A case: the grid of time, satellites and tasks."""

    id: str
    start: np.datetime64
    horizon_s: float
    action_step_s: int
    geometry_step_s: int
    resource_step_s: int
    crafts: tuple[Craft, ...]
    tasks: tuple[TaskRow, ...]


@dataclass(frozen=True)
class Action:
    """One observation of a plan, seconds after the start of the case."""

    satellite: str
    task: str
    start_s: float
    stop_s: float


def read_case(mission: str, satellites: str, tasks: str) -> Case:
    """The case that the texts of ``mission.yaml``, ``satellites.yaml`` and ``tasks.yaml`` describe.

    Raises :class:`InputError`, saying which file, entry and key, for whatever is not such a case.
    """
    head = _Entry(parse_yaml(mission, where="mission.yaml"), "mission.yaml").inner("mission")
    start, stop = head.time("horizon_start"), head.time("horizon_end")
    if not start < stop:
        raise InputError("the horizon ends before it starts", where="mission.yaml", fix="Correct horizon_end")
    horizon_s = _after_s(stop, start)
    steps = [head.whole(f"{name}_step_s", 1) for name in ("action_time", "geometry_sample", "resource_sample")]
    if head.inner("propagation").text("model") != "sgp4":
        raise InputError("the propagation is not sgp4", where="mission.yaml", fix="Only sgp4 is defined")
    if any(horizon_s % step for step in steps) or horizon_s / np.gcd.reduce(steps) > _LARGEST_STEPS:
        raise InputError(
            "the horizon is no whole number of steps, or too many", where="mission.yaml", fix="Correct a step"
        )
    crafts = tuple(_craft(e) for e in _entries(satellites, "satellites.yaml", "satellites"))
    rows = tuple(_task(e, start, horizon_s) for e in _entries(tasks, "tasks.yaml", "tasks"))
    for kind, ids in (("satellite", [c.id for c in crafts]), ("task", [r.id for r in rows])):
        if len(set(ids)) < len(ids):
            raise InputError(f"a {kind} id stands twice", where=f"{kind}s.yaml", fix="Rename one")
    return Case(head.text("case_id"), start, horizon_s, steps[0], steps[1], steps[2], crafts, rows)


@dataclass(frozen=True)
class _Entry:
    values: Any
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping):
            raise InputError(
                "a mapping of keys is needed", where=self.where, fix="Compare it with the benchmark's README"
            )

    def _get(self, key: str, kinds: type | tuple[type, ...], need: str) -> Any:
        value = self.values.get(key)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise InputError(f"{key} is {reprlib.repr(value)}", where=self.where, fix=f"It must be {need}")
        return value

    def inner(self, key: str) -> _Entry:
        return _Entry(self.values.get(key), f"{self.where} {key}")

    def text(self, key: str) -> str:
        return str(self._get(key, str, "text"))

    def time(self, key: str) -> np.datetime64:
        return parse_utc(self.text(key), where=f"{self.where} {key}")

    def number(self, key: str, low: float = 0.0, high: float = 1e12) -> float:
        value = float(self._get(key, (int, float), "a number"))
        if not low <= value <= high:
            raise InputError(f"{key} is {value}", where=self.where, fix=f"It must lie in {low:g} to {high:g}")
        return value

    def whole(self, key: str, low: int) -> int:
        value = int(self._get(key, int, "a whole number"))
        if value < low:
            raise InputError(f"{key} is {value}", where=self.where, fix=f"It must be at least {low}")
        return value


def _entries(text: str, where: str, key: str) -> list[_Entry]:
    found = _Entry(parse_yaml(text, where=where), where).values.get(key)
    if not isinstance(found, list) or not found:
        raise InputError(f"no list of {key}", where=where, fix="Compare it with the benchmark's README")
    return [_Entry(value, f"{where} {key}[{number}]") for number, value in enumerate(found)]


def _craft(entry: _Entry) -> Craft:
    turning, power = entry.inner("attitude_model"), entry.inner("resource_model")
    craft = Craft(
        entry.text("satellite_id"),
        entry.text("tle_line1"),
        entry.text("tle_line2"),
        entry.inner("sensor").text("sensor_type"),
        turning.number("max_slew_velocity_deg_per_s"),
        turning.number("max_slew_acceleration_deg_per_s2"),
        turning.number("settling_time_s"),
        turning.number("max_off_nadir_deg", 0.0, 180.0),
        power.number("battery_capacity_wh"),
        power.number("initial_battery_wh"),
        *(power.number(f"{name}_power_w") for name in ("idle", "imaging", "slew", "sunlit_charge")),
    )
    if craft.initial_wh > craft.capacity_wh:
        raise InputError("the battery begins fuller than full", where=entry.where, fix="Correct initial_battery_wh")
    return craft


def _task(entry: _Entry, start: np.datetime64, horizon_s: float) -> TaskRow:
    row = TaskRow(
        entry.text("task_id"),
        entry.number("longitude_deg", -360.0, 360.0),
        entry.number("latitude_deg", -90.0, 90.0),
        entry.number("altitude_m", -10_000.0, 100_000.0),
        _after_s(entry.time("release_time"), start),
        _after_s(entry.time("due_time"), start),
        float(entry.whole("required_duration_s", 1)),
        entry.text("required_sensor_type"),
        entry.number("weight"),
    )
    if row.due_s <= row.release_s:
        raise InputError("the window closes before it opens", where=entry.where, fix="Correct due_time")
    return row


def _after_s(moment: np.datetime64, start: np.datetime64) -> float:
    """Civil seconds, as the benchmark counts them."""
    return float((moment - start) / np.timedelta64(1, "ns")) * 1e-9


def actions_to_json(case: Case, actions: Sequence[Action]) -> str:
    """A plan in the benchmark's form, in the order of time."""

    def at(after_s: float) -> str:
        return format_utc(case.start + np.timedelta64(round(after_s * 1e9), "ns"))

    rows = [
        {
            "type": "observation",
            "satellite_id": action.satellite,
            "task_id": action.task,
            "start_time": at(action.start_s),
            "end_time": at(action.stop_s),
        }
        for action in sorted(actions, key=lambda a: (a.start_s, a.satellite))
    ]
    return json.dumps({"actions": rows}, indent=1) + "\n"


def actions_from_json(case: Case, text: str) -> list[Action]:
    """The actions that anybody's plan holds. Raises :class:`InputError`, saying where, for what is no such plan."""
    if not text.strip():
        raise InputError("the plan is empty", where="plan", fix="Give a file with a list of actions")
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"the plan is not JSON: {error}", where="plan", fix="Was it cut off? Write it again"
        ) from error
    rows = entry.get("actions") if isinstance(entry, dict) else None
    if not isinstance(rows, list):
        raise InputError("there is no list of actions", where="plan", fix='Write {"actions": [...]}')
    found = []
    for number, row in enumerate(rows):
        action = _Entry(row, f"actions[{number}]")
        if action.text("type") != "observation":
            raise InputError(f"type is {action.text('type')!r}", where=action.where, fix="Only observation is defined")
        times = [_after_s(action.time(f"{name}_time"), case.start) for name in ("start", "end")]
        found.append(Action(action.text("satellite_id"), action.text("task_id"), times[0], times[1]))
    return found
