"""Passes over stations as the kernels see them: clipped to what can be used, with what can flow through them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from swath.model import Station
from swath.plan.layout import FLOW, PASS
from swath.plan.problem import Problem
from swath.time import seconds

__all__ = ["pass_records", "usable"]

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Records = npt.NDArray[np.void]
Time = np.datetime64


def usable(station: Station, start: Time, stop: Time) -> Iterator[tuple[Time, Time]]:
    """The stretches of a pass in which a contact may lie, set-up and tear-down outside the station's maintenance."""
    at = start
    for closes, opens in sorted(station.maintenance):
        last, first = closes - seconds(station.teardown_s), opens + seconds(station.setup_s)
        if last > at:
            yield at, min(stop, last)
        at = max(at, first)
        if at >= stop:
            return
    if at < stop:
        yield at, stop


def pass_records(problem: Problem, satellites: dict[str, int]) -> tuple[Records, Records, Whole]:
    """Passes (``layout.PASS``) by satellite and time, what flows through them, and the row each came from.

    Clipped to what can be commanded, is no maintenance and lies in the plan; each fixed contact is a pass that is
    taken, with the row -1 - its own.
    """
    stations = {station.id: (number, station) for number, station in enumerate(problem.stations)}
    found: list[tuple[int, float, float, int, bool, str, str]] = []

    def after_s(at: Time) -> float:
        return float((at - problem.start) / np.timedelta64(1, "ns")) * 1e-9

    end_s = after_s(problem.stop)
    for row, (satellite, name, rise, sets) in enumerate(_rows(problem.passes, "subject")):
        station = stations[name][1]
        lowest_s = after_s(problem.commandable_from(satellite)) + station.setup_s
        for start, stop in usable(station, rise, sets):
            first_s = max(after_s(start), lowest_s)
            last_s = min(np.floor(after_s(stop) * 1e3) / 1e3, end_s)
            found.append((satellites[satellite], first_s, last_s, row, False, satellite, name))
    for row, (satellite, name, start, stop) in enumerate(_rows(problem.frozen_contacts, "station")):
        found.append((satellites[satellite], after_s(start), after_s(stop), -1 - row, True, satellite, name))
    found = sorted((f for f in found if f[2] > f[1]), key=lambda f: (f[0], f[1]))
    records = np.zeros(len(found), PASS)
    flow: list[Records] = []
    rates = _rates(problem)
    for record, (number, start_s, stop_s, _, fixed, satellite, name) in zip(records, found, strict=True):
        station = stations[name][1]
        record["satellite"], record["station"] = number, stations[name][0]
        record["start"], record["stop"], record["fixed"] = start_s, stop_s, fixed
        record["setup_s"], record["teardown_s"] = station.setup_s, station.teardown_s
        record["cost_per_s"] = station.cost_per_min / 60.0
        constant = min(station.rate_bit_s, problem.satellites[number].radio.max_rate_bit_s)
        rows = _flow(rates.get((satellite, name)), start_s, stop_s, constant)
        record["flow_first"] = sum(len(rows) for rows in flow)
        flow.append(rows)
        record["flow_last"] = record["flow_first"] + len(rows)
    return records, np.concatenate([np.zeros(0, FLOW), *flow]), np.array([f[3] for f in found], np.int64)


def _rows(table: object, station: str) -> Iterator[tuple[str, str, Time, Time]]:
    columns = (getattr(table, name) for name in ("satellite", station, "start", "stop"))
    for satellite, name, start, stop in zip(*columns, strict=True):
        yield str(satellite), str(name), start, stop


def _rates(problem: Problem) -> dict[tuple[str, str], tuple[Floats, Floats]]:
    """Times and rates by satellite and station."""
    table, found = problem.rates.sort_by("satellite", "station", "time"), {}
    at_s = (table.time - problem.start) / np.timedelta64(1, "ns") * 1e-9
    for key in set(zip(table.satellite.tolist(), table.station.tolist(), strict=True)):
        mine = (table.satellite == key[0]) & (table.station == key[1])
        found[key] = at_s[mine], table.rate_bit_s[mine]
    return found


def _flow(rates: tuple[Floats, Floats] | None, start_s: float, stop_s: float, constant_bit_s: float) -> Records:
    """What could have come down since the start of a pass: rows between which it grows evenly."""
    inside = np.zeros(0, np.bool_) if rates is None else (rates[0] >= start_s - 60.0) & (rates[0] < stop_s)
    if rates is None or not inside.any():
        at_s, rate = np.array([start_s]), np.array([constant_bit_s])
    else:
        at_s, rate = np.maximum(rates[0][inside], start_s), rates[1][inside]
        latest = np.flatnonzero(np.diff(at_s, append=np.inf) > 0.0)  # of rows before the start the last one holds
        at_s, rate = at_s[latest], rate[latest]
    edges = np.append(at_s, stop_s)
    flow = np.zeros(len(edges), FLOW)
    flow["at_s"], flow["bit"] = edges, np.concatenate([[0.0], np.cumsum(rate * np.diff(edges))])
    return flow
