"""What a look can add to a plan at most, and what bundles can be worth at most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed
from swath.plan.bound.rows import Rows

__all__ = ["bundle_rows", "fixed_worth", "greatest", "relaxed_values"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def relaxed_values(indexed: Indexed, looks: Whole) -> Floats:
    """By look, no less than what it adds to any plan: at the steepest step of its bundle's gain, sent at once."""
    fleet = indexed.fleet
    chosen = fleet.look[looks]
    return _linear(indexed, looks) * _soonest(indexed, chosen)


def _linear(indexed: Indexed, looks: Whole) -> Floats:
    fleet = indexed.fleet
    chosen, asked = fleet.look[looks], fleet.request[fleet.look["request"][looks]]
    value = chosen["value"].astype(np.float64)
    for b in range(len(fleet.bundle)):
        mine = asked["bundle"] == b
        value[mine] = _steepest(indexed, b) * chosen["share"][mine] * _part(indexed, asked[mine], b)
    return value


def _part(indexed: Indexed, asked: npt.NDArray[np.void], b: int) -> Floats:
    """Which part of a bundle's cells do requests cover?"""
    bits = np.unpackbits(asked["cells"].astype("<u8")[:, None].view(np.uint8), axis=1).sum(1)
    return np.asarray(bits / indexed.fleet.bundle[b]["count"], np.float64)


def _steepest(indexed: Indexed, b: int) -> float:
    points = _points(indexed, b)
    return float(indexed.fleet.bundle[b]["value"] * (points[1, 1] / points[1, 0]))


def _points(indexed: Indexed, b: int) -> Floats:
    bundle = indexed.fleet.bundle[b]
    return np.asarray(indexed.fleet.gain[bundle["gain_first"] : bundle["gain_last"]])


def _soonest(indexed: Indexed, chosen: npt.NDArray[np.void]) -> Floats:
    """What is left of values if each picture comes down as early as its satellite can send anything."""
    fleet, left = indexed.fleet, np.ones(len(chosen))
    asked = fleet.request[chosen["request"]]
    for s in range(len(fleet.satellite)):
        mine = np.flatnonzero((chosen["satellite"] == s) & np.isfinite(asked["halves_s"]))
        passes = fleet.passes[(fleet.passes["satellite"] == s) & ~fleet.passes["fixed"]]
        ground = np.full(len(mine), np.inf)
        for seen in passes:
            begin = np.maximum(seen["start"], chosen["stop"][mine])
            ground = np.where(begin < seen["stop"], np.minimum(ground, begin), ground)
        waited = np.maximum(ground - asked["ordered_s"][mine], 0.0)
        left[mine] = 0.5 ** (waited / asked["halves_s"][mine])
    return left


def fixed_worth(indexed: Indexed) -> float:
    """What the fixed pictures are worth at most, bundles at their steepest step."""
    fixed = np.flatnonzero(indexed.source < 0)
    if not len(fixed):
        return 0.0
    return float(_linear(indexed, fixed).sum())


def bundle_rows(indexed: Indexed, looks: Whole, value: Floats) -> Iterator[Rows]:
    """One row for each straight line above a bundle's gain, but the steepest: sum of its looks is at most ... .

    With V x gain(t) <= V (a + b t) and the steepest slope b0, the row is sum (1 - b / b0) v <= V a, where v = V b0 t
    is what looks are worth at the steepest step. Fixed pictures take their part of the limit, which may be negative.
    """
    fleet = indexed.fleet
    request = fleet.look["request"][looks]
    fixed = np.flatnonzero(indexed.source < 0)
    for b, bundle in enumerate(fleet.bundle):
        mine = np.flatnonzero((fleet.request["bundle"][request] == b) & (value > 0.0))
        old = fixed[fleet.request["bundle"][fleet.look["request"][fixed]] == b]
        taken = float(_linear(indexed, old).sum()) if len(old) else 0.0
        points = _points(indexed, b)
        slopes = np.diff(points[:, 1]) / np.diff(points[:, 0])
        steepest = slopes[0]
        # the steps after the first, and the flat line at the top
        lines = [(points[k, 1] - slope * points[k, 0], slope) for k, slope in enumerate(slopes)][1:]
        if slopes[-1] > 0.0:
            lines.append((points[-1, 1], 0.0))
        for offset, slope in lines if len(mine) else []:
            less = 1.0 - slope / steepest
            yield Rows(
                np.array([0, len(mine)]),
                mine,
                value[mine] * less,
                np.array([bundle["value"] * offset - taken * less]),
                np.array([b]),
            )


def greatest(indexed: Indexed, best: Floats) -> float:
    """Every request at its best look, bundles at their greatest gain."""
    fleet, total = indexed.fleet, 0.0
    total += float(best[fleet.request["bundle"] < 0].sum())
    for b, bundle in enumerate(fleet.bundle):
        members = fleet.member[bundle["first"] : bundle["last"]]
        total += min(float(best[members].sum()), float(bundle["value"] * _points(indexed, b)[-1, 1]))
    return total
