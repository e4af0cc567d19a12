"""What is drawn from recorder, passes and battery, as rows that every plan keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed
from swath.plan.layout import Fleet

__all__ = ["Rows", "joined", "resource_rows"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Rows sum(weight x look) <= limit, none empty: row i holds entries ``first[i]`` .. ``first[i + 1]`` - 1."""

    first: Whole
    column: Whole
    weight: Floats
    limit: Floats
    group: Whole
    """-1: any price; else the prices of all rows of a group are together at most 1"""

    def lawful(self, prices: Floats) -> Floats:
        """The prices, made less where those of a group are together more than 1."""
        lawful = prices.copy()
        for group in np.unique(self.group[self.group >= 0]):
            mine = self.group == group
            lawful[mine] /= max(1.0, float(lawful[mine].sum()))
        return lawful

    def __len__(self) -> int:
        return len(self.limit)

    def priced(self, y: Floats, columns: int) -> Floats:
        """Each column's sum of weight x price."""
        prices = np.repeat(y, np.diff(self.first))
        return np.bincount(self.column, self.weight * prices, columns).astype(np.float64)


def resource_rows(indexed: Indexed, looks: Whole) -> Rows:
    """The rows of all satellites over ``looks``, scaled so that the heaviest look of each weighs 1."""
    return joined([*_resources(indexed, looks), *_quotas(indexed, looks)])


def joined(parts: list[Rows]) -> Rows:
    """The rows of several."""
    lengths = [np.diff(part.first) for part in parts]
    return Rows(
        np.concatenate([[0], np.cumsum(np.concatenate([np.empty(0, np.int64), *lengths]))]).astype(np.int64),
        np.concatenate([np.empty(0, np.int64), *(part.column for part in parts)]),
        np.concatenate([np.empty(0), *(part.weight for part in parts)]),
        np.concatenate([np.empty(0), *(part.limit for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.group for part in parts)]),
    )


def _resources(indexed: Indexed, looks: Whole) -> Iterator[Rows]:
    """What is drawn from the recorder, the passes and the battery of each satellite, stretch by stretch.

    Recorder: of the pictures begun in a .. b, those not down by b lie in it, the others came down in between. Passes:
    what is pictured after a and due by b comes down in between. Battery: what is drawn in a .. b was stored at a, at
    most all of it, or came from the Sun.
    """
    fleet = indexed.fleet
    for s, craft in enumerate(fleet.satellite):
        mine = np.flatnonzero(fleet.look["satellite"][looks] == s)
        chosen = fleet.look[looks[mine]]
        passes = fleet.passes[craft["pass_first"] : craft["pass_last"]]
        passes = passes[~passes["fixed"]]
        dark = fleet.dark[craft["dark_first"] : craft["dark_last"]]
        due_s = fleet.request["due_s"][chosen["request"]]
        dark_s = _total(dark["start"], dark["stop"], np.ones(len(dark)))
        sent = _total(*_flows(fleet, passes))
        recorded = _Demand(mine, chosen["request"], chosen["bit"])
        for a in np.unique([0.0, *passes["stop"]]):
            for b in np.unique([*passes["start"], craft["horizon_s"]]):
                within = (chosen["start"] >= a) & (chosen["start"] <= b)
                yield from recorded.row(within, craft["capacity_bit"] + max(sent(b) - sent(a), 0.0))
            for b in np.unique(due_s):
                yield from recorded.row((chosen["start"] >= a) & (due_s <= b), max(sent(b) - sent(a), 0.0))
        drawn = _Demand(mine, chosen["request"], craft["image_w"] * (chosen["stop"] - chosen["start"]) / 3600.0)
        for a in (0.0, *dark["start"][dark["start"] > 0.0]):
            stored_wh = (craft["initial_wh"] if a == 0.0 else craft["battery_wh"]) - craft["min_wh"]
            for b in (*dark["stop"][dark["stop"] > a], craft["horizon_s"]):
                sunny_s = b - a - dark_s(b) + dark_s(a)
                given_wh = (craft["charge_w"] * sunny_s - craft["idle_w"] * (b - a)) / 3600.0
                yield from drawn.row((chosen["start"] >= a) & (chosen["stop"] <= b), stored_wh + given_wh)


def _flows(fleet: Fleet, passes: npt.NDArray[np.void]) -> tuple[Floats, Floats, Floats]:
    """From when to when what flows through passes, piece by piece."""
    pieces = [fleet.flow[seen["flow_first"] : seen["flow_last"]] for seen in passes]
    ends = [(row["at_s"][:-1], row["at_s"][1:], np.diff(row["bit"]) / np.diff(row["at_s"])) for row in pieces]
    start, stop, rate = (np.concatenate([np.empty(0), *(end[n] for end in ends)]) for n in range(3))
    return start, stop, rate


def _quotas(indexed: Indexed, looks: Whole) -> Iterator[Rows]:
    """What owners are allowed, and how many pictures a bundle takes."""
    fleet, chosen = indexed.fleet, indexed.fleet.look[looks]
    q, fixed = chosen["request"], fleet.look[indexed.source < 0]
    for owner, (pictures, image_s) in enumerate(fleet.allowed):
        mine = np.flatnonzero(fleet.request["owner"][q] == owner)
        theirs = fixed[fleet.request["owner"][fixed["request"]] == owner]
        some = chosen[mine]
        yield from _Demand(mine, q[mine], some["count"].astype(np.float64)).row(
            np.ones(len(mine), np.bool_), pictures - len(theirs)
        )
        length_s = (theirs["stop"] - theirs["start"]).sum()
        yield from _Demand(mine, q[mine], some["stop"] - some["start"]).row(
            np.ones(len(mine), np.bool_), image_s - length_s + 1e-6
        )
    for b, bundle in enumerate(fleet.bundle):
        if bundle["most"] > 0:
            mine = np.flatnonzero(fleet.request["bundle"][q] == b)
            taken = len(np.unique(fixed["request"][fleet.request["bundle"][fixed["request"]] == b]))
            yield from _Demand(mine, q[mine], np.ones(len(mine))).row(
                np.ones(len(mine), np.bool_), float(bundle["most"] - taken)
            )


@dataclass(frozen=True)
class _Demand:
    """What each look of a satellite would take of something limited."""

    column: Whole
    request: Whole
    weight: Floats

    @cached_property
    def most(self) -> float:
        """What all requests together could take."""
        return self._most(np.ones(len(self.column), np.bool_))

    def _most(self, within: npt.NDArray[np.bool_]) -> float:
        largest = np.zeros(int(self.request.max(initial=-1)) + 1)
        np.maximum.at(largest, self.request[within], self.weight[within])
        return float(largest.sum())

    def row(self, within: npt.NDArray[np.bool_], limit: float) -> Iterator[Rows]:
        """A row, unless nothing could break it."""
        limit = max(limit, 0.0)
        if limit < self.most and limit < self._most(within):
            at = np.flatnonzero(within & (self.weight > 0.0))
            unit = self.weight[at].max()
            yield Rows(
                np.array([0, len(at)]),
                self.column[at],
                self.weight[at] / unit,
                np.array([limit / unit]),
                np.array([-1]),
            )


def _total(start: Floats, stop: Floats, rate: Floats) -> Callable[[float], float]:
    """How much has come together by a time, where of several open windows the best counts?"""
    edges = np.unique(np.concatenate([[0.0], start, stop]))
    open_now = (start[:, None] <= edges[None, :-1]) & (stop[:, None] >= edges[None, 1:])
    flow = np.where(open_now, rate[:, None], 0.0).max(0, initial=0.0)
    reached = np.concatenate([[0.0], np.cumsum(flow * np.diff(edges))])
    return lambda at: float(np.interp(at, edges, reached))
