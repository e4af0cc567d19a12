"""What owners, bundles, cameras and deadlines allow, as rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed
from swath.plan.bound.ledger import Ledger, most_of
from swath.plan.bound.offered import Offered
from swath.plan.layout import LOOKS, Fleet

__all__ = ["PICTURE", "camera_rows", "distance_rows", "picture_rows", "quota_rows", "share_rows"]

PICTURE = "picture of "
"""how the names of rows begin that say that a request is pictured once"""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def quota_rows(indexed: Indexed, nodes: Offered, ledger: Ledger) -> None:
    """What owners are allowed, and how many pictures a bundle takes, less what is fixed."""
    fleet = indexed.fleet
    look, fixed = fleet.look[nodes.look], fleet.look[indexed.source < 0]
    length = look["stop"] - look["start"]
    owner = fleet.request["owner"][look["request"]]
    for o, (pictures, image_s) in enumerate(fleet.allowed):
        mine = np.flatnonzero(owner == o)
        theirs = fixed[fleet.request["owner"][fixed["request"]] == o]
        counted = mine[nodes.leads[mine]]
        for what, limit, taken, some, weight in (
            ("pictures", pictures, float(len(theirs)), counted, look["count"][counted].astype(np.float64)),
            ("seconds", image_s, (theirs["stop"] - theirs["start"]).sum() - 1e-6, mine, length[mine]),
        ):
            if len(some) and limit - taken < weight.sum():
                unit = max(weight.max(), 1e-9)
                row = ledger.row((limit - taken) / unit, f"{what} of {indexed.problem.owners[o].id}", unit=unit)
                ledger.draw(row, some, weight / unit)
    bundle = fleet.request["bundle"][look["request"]]
    for b in np.flatnonzero(fleet.bundle["most"] > 0):
        mine = np.flatnonzero((bundle == b) & nodes.leads)
        taken = len(np.unique(fixed["request"][fleet.request["bundle"][fixed["request"]] == b]))
        if len(mine):
            row = ledger.row(
                float(fleet.bundle[b]["most"] - taken), f"pictures of order {indexed.problem.bundles[b].id}"
            )
            ledger.draw(row, mine, 1.0)


def share_rows(indexed: Indexed, nodes: Offered, ledger: Ledger) -> None:
    """What counts in full is no more than an owner's fair share of all imaging.

    A plan that has a picture in part beyond it lies between those of both nodes. Fixed pictures that are d more than
    the share of the fixed ones leave max(0, f T - d) of T others; T is never more than the sum of the longest pictures,
    and the straight line from nothing to that lies above it.
    """
    fleet = indexed.fleet
    lead = np.flatnonzero(nodes.leads)
    owner, length = fleet.request["owner"][fleet.look["request"][nodes.look[lead]]], _picture_s(fleet, nodes.look[lead])
    fixed = fleet.look[indexed.source < 0]
    fixed_s, fixed_owner = fixed["stop"] - fixed["start"], fleet.request["owner"][fixed["request"]]
    unit, most_s = max(float(length.max(initial=0.0)), 1e-9), most_of(fleet.look["request"][nodes.look[lead]], length)
    for o in np.flatnonzero(fleet.fair < 1.0).tolist():
        within = (owner == o) & (nodes.counts[lead] == 1.0)
        if within.any():
            left_s = fleet.fair[o] * fixed_s.sum() - fixed_s[fixed_owner == o].sum()
            share = max(fleet.fair[o] + min(left_s, 0.0) / most_s, 0.0)
            words = f"fair share of {indexed.problem.owners[o].id}"
            row = ledger.row(max(left_s, 0.0) / unit + 1e-6, words, unit=unit)
            ledger.draw(row, lead, (np.where(within, length, 0.0) - share * length) / unit)


def _picture_s(fleet: Fleet, first: Whole) -> Floats:
    """How long all looks of pictures image, by their first ones."""
    length = np.append(fleet.look["stop"] - fleet.look["start"], np.zeros(LOOKS))
    count = fleet.look["count"][first]
    return np.asarray(sum(np.where(count > k, length[first + k], 0.0) for k in range(LOOKS)), np.float64)


def camera_rows(indexed: Indexed, nodes: Offered, ledger: Ledger) -> None:
    """How long a camera may image within any window, for windows that begin every half of its length."""
    fleet = indexed.fleet
    look = fleet.look[nodes.look]
    for s, craft in enumerate(fleet.satellite):
        mine = np.flatnonzero(look["satellite"] == s)
        if not np.isfinite(craft["duty_s"]) or not len(mine):
            continue
        start, stop, half = look["start"][mine], look["stop"][mine], 0.5 * craft["window_s"]
        for begin in np.arange(-half, craft["horizon_s"], half):
            within = np.minimum(stop, begin + 2.0 * half) - np.maximum(start, begin)
            some = np.flatnonzero(within > 0.0)
            largest = np.zeros(len(fleet.request))
            np.maximum.at(largest, look["request"][mine[some]], within[some])
            if len(some) and largest.sum() > craft["duty_s"]:
                unit = within[some].max()
                row = ledger.row(craft["duty_s"] / unit, f"duty of {indexed.problem.satellites[s].id}", begin, unit)
                ledger.draw(row, mine[some], within[some] / unit)


def distance_rows(indexed: Indexed, nodes: Offered, ledger: Ledger) -> None:
    """Of two requests that stay apart no more than one is pictured within such a time."""
    fleet, requests = indexed.fleet, indexed.problem.requests
    request, start = fleet.look["request"][nodes.look], fleet.look["start"][nodes.look]
    for q in np.flatnonzero(fleet.request["near_first"] < fleet.request["near_last"]).tolist():
        for near in fleet.near[fleet.request[q]["near_first"] : fleet.request[q]["near_last"]]:
            mine = np.flatnonzero(((request == q) | (request == near["request"])) & nodes.leads)
            mine = mine[np.argsort(start[mine], kind="stable")]
            if near["request"] < q or not len(mine):
                continue
            last = np.searchsorted(start[mine], start[mine] + near["apart_s"], side="left")
            words = f"{requests[q].id} apart from {requests[near['request']].id}"
            for n in np.flatnonzero(np.diff(last, prepend=0) > 0).tolist():
                some = mine[n : last[n]]
                if len(np.unique(request[some])) > 1:
                    ledger.draw(ledger.row(1.0, words, start[mine[n]]), some, 1.0)


def picture_rows(indexed: Indexed, nodes: Offered, ledger: Ledger) -> None:
    """One picture a request; a second or third look of a stereo picture for each group that needs it."""
    fleet, requests, satellites = indexed.fleet, indexed.problem.requests, indexed.problem.satellites
    lead = np.flatnonzero(nodes.leads)
    once = ledger.rows(np.ones(len(requests)), [PICTURE + request.id for request in requests])
    ledger.draw(once[fleet.look["request"][nodes.look[lead]]], lead, 1.0)
    later = np.flatnonzero(~nodes.leads)
    look = fleet.look[nodes.look[later]]
    words = [
        f"look of {requests[q].id} by {satellites[s].id}"
        for q, s in zip(look["request"], look["satellite"], strict=True)
    ]
    row = np.zeros(len(nodes.look), np.int64)
    row[later] = ledger.rows(np.zeros(len(later)), words, look["start"])
    ledger.draw(row[later], later, -1.0)
    if len(nodes.follows):
        group, look = np.array(nodes.follows).T
        ledger.draw(row[look], group, 1.0)
