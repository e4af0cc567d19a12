"""What lies in recorders and batteries, and what flows through passes: rows from stretch to stretch of the day."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed
from swath.plan.bound.ledger import Ledger, most_of
from swath.plan.layout import Fleet

__all__ = ["BATTERY", "RECORDER", "battery_rows", "recorder_rows"]

RECORDER, BATTERY = "recorder of ", "battery of "
"""how the names of rows begin that say what is held from one time to the next"""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]


def recorder_rows(indexed: Indexed, look: Whole, ledger: Ledger) -> None:
    """What is pictured lies in the recorder until passes have brought it down.

    Between two stretches in which a satellite can send, what is pictured is added to what lies there; never more than
    the capacity. Through each pass flows no more than its rate lets, through passes at one time no more than the best
    of them, and an antenna has its time only once. Parts are what lies there before and after, and what flows.
    """
    fleet = indexed.fleet
    drawn = fleet.look[look]
    open_ones = np.flatnonzero(~fleet.passes["fixed"])
    antenna = _antennas(indexed, open_ones, ledger)
    for s in range(len(fleet.satellite)):
        mine = np.flatnonzero(drawn["satellite"] == s)
        passes = open_ones[fleet.passes["satellite"][open_ones] == s]
        if len(mine) and len(passes):
            _recorder(indexed, s, drawn[mine], mine, passes, ledger, antenna)


def _recorder(
    indexed: Indexed, s: int, drawn: Records, nodes: Whole, passes: Whole, ledger: Ledger, antenna: Whole
) -> None:
    """One satellite's recorder, in units of its largest picture."""
    fleet, id = indexed.fleet, indexed.problem.satellites[s].id
    unit = max(float(drawn["bit"].max()), 1.0)
    room = float(fleet.satellite[s]["capacity_bit"]) / unit
    start_s, stop_s = fleet.passes["start"][passes], fleet.passes["stop"][passes]
    together = _clusters(start_s, stop_s)
    start, stop = (
        np.array([f(times[some]) for some in together]) for f, times in ((np.min, start_s), (np.max, stop_s))
    )
    edges = np.stack([start, stop], -1).ravel()
    # before and after each stretch of sending
    holds = ledger.rows(np.zeros(len(edges)), f"{RECORDER}{id}", edges, unit).tolist()
    # A picture begun while it could send counts from the end of that stretch on: it may come down before.
    row = np.searchsorted(start, drawn["start"]) + np.searchsorted(stop, drawn["start"])
    inside = row < len(holds)
    ledger.draw(np.array(holds)[row[inside]], nodes[inside], drawn["bit"][inside] / unit)
    for n in range(len(together)):
        here = row == 2 * n
        _whole_pictures(ledger, nodes[here], drawn["bit"][here] / unit / room, f"whole pictures in {id}", start[n])
    for n, some in enumerate(together):
        alone = len(some) == 1
        most = 0.0 if alone else _together_bit(fleet, passes[some]) / unit
        flows = -1 if alone else ledger.row(most, f"passes of {id}", start[n], unit)
        for p in passes[some].tolist():
            most_bit, fastest_bit_s = _flow(fleet, p)
            drawn_on = {holds[2 * n + 1]: -1.0}
            if flows >= 0:
                drawn_on[flows] = 1.0
            if antenna[p] >= 0:
                drawn_on[int(antenna[p])] = unit / fastest_bit_s
            ledger.part(most_bit / unit, -float(fleet.passes[p]["cost_per_s"]) * unit / fastest_bit_s, drawn_on)
        ledger.part(room, 0.0, {holds[2 * n]: -1.0, holds[2 * n + 1]: 1.0})
        if n + 1 < len(together):
            ledger.part(room, 0.0, {holds[2 * n + 1]: -1.0, holds[2 * n + 2]: 1.0})


def _whole_pictures(ledger: Ledger, nodes: Whole, share: Floats, words: str, at_s: float) -> None:
    """Of pictures that take such shares of the recorder not k fit whose shares are above 1 / k (Fekete, Schepers)."""
    for k in (1, 2, 3, 4, 5, 6):
        weight = np.floor((k + 1) * share * (1.0 - 1e-9)) / k
        if weight.any():
            ledger.draw(ledger.row(1.0, f"{words}, {k} at most", at_s), nodes, weight)


def _flow(fleet: Fleet, p: int) -> tuple[float, float]:
    """What flows through a pass in all, and how fast at most."""
    rows = fleet.flow[fleet.passes[p]["flow_first"] : fleet.passes[p]["flow_last"]]
    return float(rows["bit"][-1]), max(float((np.diff(rows["bit"]) / np.diff(rows["at_s"])).max()), 1e-300)


def _antennas(indexed: Indexed, passes: Whole, ledger: Ledger) -> Whole:
    """By pass: the row of its antenna's time while passes over it overlap, or -1."""
    fleet, stations = indexed.fleet, indexed.problem.stations
    row = np.full(len(fleet.passes), -1)
    for station in np.unique(fleet.passes["station"][passes]):
        mine = passes[fleet.passes["station"][passes] == station]
        start, stop = fleet.passes["start"][mine], fleet.passes["stop"][mine]
        for some in _clusters(start, stop):
            if len(some) > 1:
                begin, end = start[some].min(), stop[some].max()
                row[mine[some]] = ledger.row(end - begin, f"antenna of {stations[station].id}", begin)
    return row


def _clusters(start: Floats, stop: Floats) -> list[Whole]:
    """Which stretches overlap, one with another? In the order of time."""
    order = np.argsort(start, kind="stable")
    if not len(order):
        return []
    reach = np.maximum.accumulate(stop[order])
    return np.split(order, np.flatnonzero(start[order][1:] >= reach[:-1]) + 1)


def _together_bit(fleet: Fleet, passes: Whole) -> float:
    """What flows through passes of one satellite at most, if at each moment it sends to the best."""
    pieces = [fleet.flow[fleet.passes[p]["flow_first"] : fleet.passes[p]["flow_last"]] for p in passes]
    edges = np.unique(np.concatenate([piece["at_s"] for piece in pieces]))
    rate = [np.diff(np.interp(edges, piece["at_s"], piece["bit"])) for piece in pieces]
    return float(np.max(rate, axis=0).sum())


def battery_rows(indexed: Indexed, look: Whole, ledger: Ledger) -> None:
    """What imaging draws lacks in the battery until the Sun has given more than it can take.

    Against a day without pictures, what lacks grows by what is drawn and shrinks by what would have been too much; it
    is never more than what the battery then held. Contacts, warming up and turns are not counted, but for settling
    before each picture.
    """
    fleet = indexed.fleet
    for s, craft in enumerate(fleet.satellite):
        nodes = np.flatnonzero(fleet.look["satellite"][look] == s)
        drawn = fleet.look[look[nodes]]
        edge, held, spilled = _bare_day(fleet, craft)
        settle = craft["slew_w"] * craft["settling_s"]
        need = (craft["image_w"] * (drawn["stop"] - drawn["start"]) + settle) / 3600.0
        if need.sum() <= 0.0 or most_of(drawn["request"], need) <= held.min():
            continue
        rows = ledger.rows(spilled, f"{BATTERY}{indexed.problem.satellites[s].id}", edge[:-1])
        for load_w, begin, end in (
            (craft["image_w"], drawn["start"], drawn["stop"]),
            (craft["slew_w"], drawn["start"] - craft["settling_s"], drawn["start"]),
        ):
            first = np.clip(np.searchsorted(edge, begin, side="right") - 1, 0, len(rows) - 1)
            for k in (0, 1):  # a look meets two stretches at most
                at = np.minimum(first + k, len(rows) - 1)
                part = np.minimum(end, edge[at + 1]) - np.maximum(begin, edge[at])
                ledger.draw(
                    rows[at], nodes, np.where((k == 0) | (at > first), np.maximum(part, 0.0), 0.0) * load_w / 3600.0
                )
        for k in range(len(rows)):
            ledger.part(held[k], 0.0, {int(rows[k]): -1.0, **({int(rows[k + 1]): 1.0} if k + 1 < len(rows) else {})})


def _bare_day(fleet: Fleet, craft: np.void) -> tuple[Floats, Floats, Floats]:
    """Edges of light and dark, and by stretch what is held above the floor at its end and what was too much in it."""
    dark = fleet.dark[craft["dark_first"] : craft["dark_last"]]
    inner = np.concatenate([dark["start"], dark["stop"]])
    edge = np.unique(np.concatenate([[0.0, craft["horizon_s"]], inner[(inner > 0.0) & (inner < craft["horizon_s"])]]))
    middle = 0.5 * (edge[:-1] + edge[1:])
    shadow = ((dark["start"][None] <= middle[:, None]) & (middle[:, None] < dark["stop"][None])).any(1)
    gained = (np.where(shadow, 0.0, craft["charge_w"]) - craft["idle_w"]) * np.diff(edge) / 3600.0
    room = float(craft["battery_wh"] - craft["min_wh"])
    level = float(craft["initial_wh"] - craft["min_wh"])
    held, spilled = np.empty(len(gained)), np.empty(len(gained))
    for k, more in enumerate(gained.tolist()):
        spilled[k] = max(level + more - room, 0.0)
        level = held[k] = min(max(level + more, 0.0), room)
    return edge, held, spilled
