"""The looks that a plan may still take, as nodes: which there are, how late at best, and which may follow which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed
from swath.plan.engine.budget import Budget
from swath.plan.engine.kernels import turn_s as turn_of
from swath.plan.engine.net import Net
from swath.plan.engine.turning import Looks, net_of_looks
from swath.plan.layout import Fleet
from swath.plan.problem import BEYOND_SHARE
from swath.plan.sequence_kernels import turn_s
from swath.spacecraft.agility import slew_s
from swath.spacecraft.satellite import Satellite

__all__ = ["Offered", "net_of", "offered"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Records = npt.NDArray[np.void]

_MARGIN = 1e-9
_BLUR_DEG = 1e-6
"""a turn this much too far counts as possible: the cosine of a small angle has no more digits"""
_SLACK_S = 1e-6
_ROUNDED_S = 2e-3
"""times of plans are on whole milliseconds"""


@dataclass(frozen=True)
class Offered:
    """Nodes by satellite and start. A stereo picture is a node for its group, which stands at the first look, and one
    for each second and third look, which groups share.
    """

    look: Whole
    """row of ``Fleet.look``"""
    leads: Flags
    """the look (or its group) is a picture; false for second and third looks"""
    group: Whole
    """nodes of a group never follow one another: a request's pictures; a second or third look is by itself"""
    on_time: Floats
    """share of its worth that a picture keeps if it is on the ground as early as can be"""
    counts: Floats
    """share of its worth that counts: a picture of an owner with a fair share is two nodes, within it and beyond it"""
    follows: tuple[tuple[int, int], ...]
    """(node of a group, node of a look that belongs to it)"""


def offered(indexed: Indexed) -> Offered:
    """Every look that some plan could take beyond what is fixed.

    It fits the recorder, some pass could bring it down in time, and it leaves the fixed pictures time to turn.
    """
    fleet = indexed.fleet
    first = fleet.choice[fleet.look["value"][fleet.choice] > 0.0]
    count = fleet.look["count"][first]
    ground_s = np.full(len(first), -np.inf)
    good = np.ones(len(first), np.bool_)
    for k in range(int(count.max(initial=1))):
        some = np.flatnonzero(count > k)
        ground_s[some] = np.maximum(ground_s[some], _soonest_s(indexed, fleet.look[first[some] + k]))
        good[some] &= _leaves_time(indexed, first[some] + k)
    good &= np.isfinite(ground_s)
    first, count, ground_s = first[good], count[good], ground_s[good]
    asked = fleet.request[fleet.look["request"][first]]
    waited_s = np.maximum(ground_s - asked["ordered_s"], 0.0)
    on_time = 0.5 ** (waited_s / asked["halves_s"])
    limited = np.append(fleet.fair < 1.0, False)[asked["owner"]]
    counts = np.append(np.ones(len(first)), np.full(limited.sum(), BEYOND_SHARE))
    first, count, on_time = (np.append(a, a[limited]) for a in (first, count, on_time))
    later, belongs = _later_looks(fleet, first, count)
    look = np.concatenate([first, later])
    order = np.lexsort([fleet.look["start"][look], fleet.look["satellite"][look]])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    group = np.concatenate([fleet.look["request"][first], len(fleet.request) + np.arange(len(later))])
    return Offered(
        look[order],
        (np.arange(len(look)) < len(first))[order],
        group[order].astype(np.int64),
        np.append(on_time, np.zeros(len(later)))[order],
        np.append(counts, np.ones(len(later)))[order],
        tuple((int(place[a]), int(place[len(first) + b])) for a, b in belongs),
    )


def _later_looks(fleet: Fleet, first: Whole, count: Whole) -> tuple[Whole, list[tuple[int, int]]]:
    """Second and third looks, each once however many groups it belongs to; and (group, look) by their places."""
    known: dict[tuple[int, int, float], int] = {}
    rows: list[int] = []
    belongs: list[tuple[int, int]] = []
    for n in np.flatnonzero(count > 1).tolist():
        for row in range(first[n] + 1, first[n] + count[n]):
            look = fleet.look[row]
            key = int(look["request"]), int(look["satellite"]), float(look["start"])
            if key not in known:
                known[key] = len(rows)
                rows.append(row)
            belongs.append((n, known[key]))
    return np.array(rows, np.int64), belongs


def _soonest_s(indexed: Indexed, looks: Records) -> Floats:
    """When could looks be on the ground, if nothing else were sent? Endless: not in time, or never."""
    fleet, ground = indexed.fleet, np.full(len(looks), np.inf)
    level_s = looks["stop"] + _to_nadir_s(indexed.problem.satellites, looks)
    due_s = fleet.request["due_s"][looks["request"]]
    for seen in fleet.passes[~fleet.passes["fixed"]]:
        flow = fleet.flow[seen["flow_first"] : seen["flow_last"]]
        begin = np.maximum(level_s, seen["start"])
        need = np.interp(begin, flow["at_s"], flow["bit"]) + looks["bit"] * (1.0 - _MARGIN) - 1e-3
        rising = np.append(True, np.diff(flow["bit"]) > 0.0)
        done = np.maximum(np.interp(need, flow["bit"][rising], flow["at_s"][rising]), begin)
        good = (looks["satellite"] == seen["satellite"]) & (begin < seen["stop"]) & (need <= flow["bit"][-1])
        ground = np.where(good & (done <= due_s + _ROUNDED_S), np.minimum(ground, done - _ROUNDED_S), ground)
    fits = looks["bit"] <= fleet.satellite["capacity_bit"][looks["satellite"]]
    return np.where(fits, ground, np.inf)


def _to_nadir_s(satellites: Sequence[Satellite], looks: Records) -> Floats:
    """How long turns from looks to straight down take: in contact a satellite looks there."""
    angle_deg = np.maximum(np.degrees(np.arccos(np.clip(looks["z"], -1.0, 1.0))) - _BLUR_DEG, 0.0)
    found_s = np.zeros(len(looks))
    for s, satellite in enumerate(satellites):
        mine = looks["satellite"] == s
        found_s[mine] = slew_s(satellite.agility, angle_deg[mine])
    return found_s


def _leaves_time(indexed: Indexed, rows: Whole) -> Flags:
    """Which looks leave the fixed pictures of their satellite time to turn?"""
    fleet = indexed.fleet
    looks, good = fleet.look[rows], np.ones(len(rows), np.bool_)
    reach_s = _always_s(fleet, np.arange(len(fleet.look))) + (fleet.look["stop"] - fleet.look["start"]).max(initial=0.0)
    for fixed in fleet.look[indexed.source < 0]:
        close = np.abs(looks["start"] - fixed["start"]) <= reach_s[fixed["satellite"]]
        near = np.flatnonzero(good & close & (looks["satellite"] == fixed["satellite"]))
        good[near] &= np.array([_apart(fleet, look, fixed) for look in looks[near]], np.bool_)
    return good


def _apart(fleet: Fleet, one: np.void, other: np.void) -> bool:
    a, b = (one, other) if one["start"] < other["start"] else (other, one)
    turn = turn_s(fleet, int(a["satellite"]), b["start"], a["x"], a["y"], a["z"], b["x"], b["y"], b["z"])
    return bool(a["stop"] + turn <= b["start"])


def _always_s(fleet: Fleet, looks: Whole) -> Floats:
    """By satellite: a gap that is long enough for every turn between its looks."""
    always = np.zeros(len(fleet.satellite))
    for s, craft in enumerate(fleet.satellite):
        mine = fleet.look[looks[fleet.look["satellite"][looks] == s]]
        if len(mine):
            widest_deg = 2.0 * np.degrees(np.arccos(np.clip(mine["z"].min(), -1.0, 1.0)))
            turn = turn_of(widest_deg + 0.01, float(craft["rate_deg_s"]), float(craft["acceleration_deg_s2"]))
            always[s] = turn + craft["settling_s"] + 0.01
    return always


def net_of(fleet: Fleet, nodes: Offered, parts: int, budget: Budget) -> Net:
    """Which nodes may follow which, each satellite a chain; then ``parts`` chains of one node each.

    Raises :class:`Over` where the budget is used up before.
    """
    look = fleet.look[nodes.look]
    satellites = len(fleet.satellite)
    first = np.searchsorted(look["satellite"], np.arange(satellites + 1)).astype(np.int64)
    sight = np.stack([look[name] for name in "xyz"], -1).astype(np.float64)
    craft = fleet.satellite
    net = net_of_looks(
        Looks(
            chain_first=first,
            group=nodes.group,
            start_s=np.ascontiguousarray(look["start"], np.float64),
            stop_s=np.ascontiguousarray(look["stop"], np.float64),
            before=sight,
            after=sight,
            opens=np.ones(len(look), np.bool_),
            agility=np.stack([craft["rate_deg_s"], craft["acceleration_deg_s2"], craft["settling_s"]], -1),
            always_s=_always_s(fleet, nodes.look),
            blur_deg=np.full(len(look), _BLUR_DEG),
        ),
        slack_s=_SLACK_S,
        budget=budget,
    )
    extra = len(look) + np.arange(parts)
    above = int(nodes.group.max(initial=-1)) + 1
    return Net(
        np.concatenate([net.chain_first, extra + 1]),
        np.concatenate([net.group, above + np.arange(parts)]),
        np.ones(len(look) + parts, np.bool_),
        np.concatenate([net.by_stop, extra]),
        np.concatenate([net.far, np.zeros(parts, np.int64)]),
        np.concatenate([net.arc_first, np.full(parts, net.arc_first[-1])]),
        net.tail,
    )
