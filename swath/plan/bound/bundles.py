"""What bundles can be worth at most: each picture at the steepest step, less what counts for nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed
from swath.plan.bound.ledger import Ledger, most_of
from swath.plan.bound.offered import Offered
from swath.plan.layout import Fleet

__all__ = ["bundle_rows", "fixed_worth", "on_line", "simple_bound", "worths"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_LINES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""where the lines above what several pictures of a cell are worth together touch it: shares of one picture"""


def worths(indexed: Indexed, nodes: Offered) -> Floats:
    """By node: no less than what it adds to any plan, at the steepest step of its bundle's gain."""
    fleet = indexed.fleet
    look = fleet.look[nodes.look]
    value = np.where(nodes.leads, look["value"] * nodes.on_time * nodes.counts, 0.0)
    for b, mine in enumerate(_by_bundle(fleet, nodes)):
        if len(mine):
            covered, missed = _cells(fleet, look["request"][mine], b), _missed(indexed, b)
            share = look["share"][mine] * (nodes.on_time * nodes.counts)[mine]
            value[mine] = share * (covered @ missed) / missed.size * _lines(indexed, b)[0, 1]
    return np.asarray(value, np.float64)


def fixed_worth(indexed: Indexed) -> float:
    """What the fixed pictures are worth at most, as if each came down at once."""
    fleet = indexed.fleet
    fixed = np.flatnonzero(indexed.source < 0)
    single = fixed[fleet.request["bundle"][fleet.look["request"][fixed]] < 0]
    return float(fleet.look["value"][single].sum() + sum(_lines(indexed, b)[0, 0] for b in range(len(fleet.bundle))))


def _by_bundle(fleet: Fleet, nodes: Offered) -> list[Whole]:
    """The pictures of each bundle."""
    bundle = np.where(nodes.leads, fleet.request["bundle"][fleet.look["request"][nodes.look]], -1)
    order = np.argsort(bundle, kind="stable")
    begin = np.searchsorted(bundle, np.arange(len(fleet.bundle) + 1), sorter=order)
    return [order[a:b] for a, b in pairwise(begin.tolist())]


def _cells(fleet: Fleet, request: Whole, b: int) -> Floats:
    """``(requests, cells)`` 1 where a request covers a cell."""
    bits = np.unpackbits(
        fleet.request["cells"][request].astype("<u8")[:, None].view(np.uint8), axis=1, bitorder="little"
    )
    return bits[:, : fleet.bundle[b]["count"]].astype(np.float64)


def _missed(indexed: Indexed, b: int) -> Floats:
    """By cell: what fixed pictures leave of it, as if each came down at once."""
    fleet = indexed.fleet
    fixed = fleet.look[indexed.source < 0]
    fixed = fixed[(fleet.request["bundle"][fixed["request"]] == b) & (fixed["share"] > 0.0)]
    return np.asarray(np.prod(1.0 - _cells(fleet, fixed["request"], b) * fixed["share"][:, None], axis=0), np.float64)


def _lines(indexed: Indexed, b: int) -> Floats:
    """Straight lines above what a bundle is worth by the share of it that is new: rows (at 0, slope), steepest first.

    The first one begins at what the fixed pictures are worth.
    """
    fleet = indexed.fleet
    bundle = fleet.bundle[b]
    points = fleet.gain[bundle["gain_first"] : bundle["gain_last"]]
    share = 1.0 - float(_missed(indexed, b).mean())
    slope = np.diff(points[:, 1]) / np.diff(points[:, 0])
    first = min(int(np.searchsorted(points[1:, 0], share, side="right")), len(slope) - 1)
    at = points[:-1, 1] + slope * (share - points[:-1, 0])
    lines = [[at[k], slope[k]] for k in range(first, len(slope))]
    if slope[-1] > 0.0:
        lines.append([points[-1, 1], 0.0])
    return np.array(lines) * float(bundle["value"])


def simple_bound(indexed: Indexed, nodes: Offered, value: Floats) -> float:
    """What every request at its best look adds, bundles at most up to their greatest gain: no rule is asked."""
    fleet = indexed.fleet
    best = np.zeros(len(fleet.request))
    np.maximum.at(best, fleet.look["request"][nodes.look], value)
    total = float(best[fleet.request["bundle"] < 0].sum())
    for b, bundle in enumerate(fleet.bundle):
        lines = _lines(indexed, b)
        members = fleet.member[bundle["first"] : bundle["last"]]
        total += min(float(best[members].sum()), float((lines[-1] @ [1.0, 1.0]) - lines[0, 0]))
    return total


def bundle_rows(indexed: Indexed, nodes: Offered, value: Floats, ledger: Ledger) -> None:
    """Rows for the bends of gains and for cells that several pictures cover; what lies above them counts for nothing.

    A cell that pictures with shares s cover is worth f = 1 - prod(1 - s). For any r from 0 to 1, f <= r^2 + sum(t) with
    t = (1 - r) s for s <= r, else s - r^2. First for pictures with s <= r: the right side less f is linear in each s,
    so least where each is 0 or r, and there f is a concave function of how many are r against its chord from one to
    two. Then one with s > r more adds s (1 - f) to f, which is no more than s - r^2 and the difference so far: with
    others s <= r because (1 - r) sum >= (1 - r) f, and after another s > r because f >= r. r = 1 says f <= 1. Which r
    are tried does not depend on what is offered, so that more looks never lower the bound.
    """
    fleet = indexed.fleet
    look = fleet.look[nodes.look]
    for b, pictures in enumerate(_by_bundle(fleet, nodes)):
        mine = pictures[value[pictures] > 0.0]
        if not len(mine):
            continue
        lines = _lines(indexed, b)
        unit = lines[0, 1]
        id = indexed.problem.bundles[b].id
        bends = [
            (ledger.row((line[0] - lines[0, 0]) / unit, f"gain of {id} at {line[1]:.6g}"), 1.0 - line[1] / unit)
            for line in lines[1:]
        ]
        for row, less in bends:
            ledger.draw(row, mine, value[mine] / unit * less)
        ledger.part(1.0, -unit, {row: -1.0 for row, _ in bends})
        share = look["share"][mine] * (nodes.on_time * nodes.counts)[mine]
        covered, missed = _cells(fleet, look["request"][mine], b), _missed(indexed, b)
        kinds, members = np.unique(covered, axis=1, return_inverse=True)
        for kind in range(kinds.shape[1]):
            part = missed[members.ravel() == kind].sum() / fleet.bundle[b]["count"]
            some = np.flatnonzero(kinds[:, kind] > 0.0)
            if len(np.unique(look["request"][mine[some]])) > 1 and part > 0.0:
                first = int(np.argmax(members.ravel() == kind))
                rows = _cell(ledger, mine[some], share[some], f"cell {first} of {id}")
                excess = dict.fromkeys(rows, -1.0) | {row: -less * part for row, less in bends}
                ledger.part(most_of(look["request"][mine[some]], share[some]), -part * unit, excess)


def on_line(share: Floats, r: float) -> Floats:
    """What each picture adds to r^2 on the line that touches at r (see :func:`bundle_rows`)."""
    return np.where(share <= r, (1.0 - r) * share, share - r * r)


def _cell(ledger: Ledger, nodes: Whole, share: Floats, words: str) -> list[int]:
    """Rows of one cell, one for each line: its pictures' shares above the line."""
    rows = []
    for r in _LINES:
        row = ledger.row(r * r, f"{words} above {r:g}")
        ledger.draw(row, nodes, share - on_line(share, r))
        rows.append(row)
    return rows
