"""What could no plan exceed? A task for the engine into which every plan of a problem fits, and prices that prove it.

A node is a look; arcs are turns. Kept are: one picture a request; all looks of a stereo picture or none, with whatever
lies between them; what recorders hold from pass to pass and what flows through passes and antennas; what batteries lack
from dark to dark; duty in any window; quotas, distances, how many pictures a bundle takes, and what bundles are worth
together. Everything else is dropped, which can only raise the value: heat, keeping out of the Sun, the time and the
least length of contacts, the energy of turns, warming up and sending; every picture is as early on the ground as if it
were the only one. The bound holds for the looks offered (times on the grid of slots), any contacts, any order.

The engine finds the prices that prove most by columns of whole paths (``plan/engine``) and works the bound out anew at
them. The columns then make the start of a plan (``packing``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from swath.model import Multipliers
from swath.plan.arrays import Indexed, index
from swath.plan.bound.bundles import bundle_rows, fixed_worth, simple_bound, worths
from swath.plan.bound.ledger import Ledger, RowName
from swath.plan.bound.multipliers import begin_at, multipliers_of
from swath.plan.bound.offered import Offered, net_of, offered
from swath.plan.bound.packing import Dearer, agreed, packed
from swath.plan.bound.rules import camera_rows, distance_rows, picture_rows, quota_rows, share_rows
from swath.plan.bound.stores import battery_rows, recorder_rows
from swath.plan.engine.budget import Budget, Over, Until
from swath.plan.engine.certificate import certify
from swath.plan.engine.descent import Prices, descend
from swath.plan.engine.master import Columns, generate
from swath.plan.engine.net import Task
from swath.plan.engine.pricing import Pricer
from swath.plan.problem import Problem

__all__ = ["Relaxation", "relax", "upper_bound"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_MARGIN = 1e-9
_SIMPLE = "every request at its best look"
_ROUNDS = 400
_DESCENT = 250
_HELD = 60
"""steps for the bound with urgent pictures held where they are"""
_NEAR = 0.3
"""first factor of steps from prices of an earlier planning"""
_LARGE = 1_000_000
"""nodes and arcs from which on subgradient steps come first"""
_WORK = 5e15
"""rounds of columns times the square of nodes and arcs, at most: programs, too, take longer the larger the net is"""


@dataclass(frozen=True)
class Relaxation:
    """A bound, and looks of nearly best choices that keep what the relaxation keeps."""

    bound: float
    because: str
    choices: tuple[Whole, ...] = ()
    """numbers in ``Fleet.look``, of stereo pictures the first ones, what to take first first: good starts for a plan"""
    multipliers: Multipliers = field(default_factory=Multipliers.empty)
    """the prices that prove the bound"""


def upper_bound(problem: Problem) -> tuple[float, str]:
    """A value that no plan of this problem exceeds, and how it was found. A fixed picture counts as it is.

    More memory, energy or satellites never lower it. Tests: never below the exact optimum of small instances, nor below
    any plan found (tests/plan/test_bound.py).
    """
    relaxation = relax(index(problem))
    return relaxation.bound, relaxation.because


def relax(
    indexed: Indexed,
    stop: Callable[[], bool] = lambda: False,
    *,
    seed: int = 0,
    known: tuple[Whole, float] | None = None,
    dearer: Dearer | None = None,
) -> Relaxation:
    """The relaxation of an indexed problem, solved as well as ``stop`` lets it be.

    ``known``: looks of a plan and its value; ``dearer``: looks that count more when looks are chosen (stereo pictures
    by their first ones). Neither changes what the bound holds for.
    """
    indexed = _without_sun(indexed)
    nodes = offered(indexed)
    fixed_value = fixed_worth(indexed) * (1.0 + _MARGIN)
    if not len(nodes.look):
        return Relaxation(fixed_value, "no look can be taken beyond what is fixed")
    none = nodes.look[:0]
    looks, value = (none, 0.0) if known is None else known
    worth = worths(indexed, nodes)
    simple = fixed_value + simple_bound(indexed, nodes, worth) * (1.0 + _MARGIN)
    try:
        task, names = _task(indexed, nodes, worth, Until(stop))
    except Over:
        return Relaxation(simple, f"{_SIMPLE}: the planning was stopped before more was known")
    pricer, columns = Pricer(task, task.net), Columns(task)
    known_ones = indexed.problem.multipliers
    begin = begin_at(indexed, names, task, known_ones) if len(known_ones) else None
    prices, sure = _prices(pricer, columns, begin, stop, value - fixed_value)
    bound, words = fixed_value + certify(task, prices.price).bound, _words(nodes, sure)
    if simple <= bound:
        bound, words = simple, f"{_SIMPLE}: nothing that is relaxed makes a difference"
    dearer = (none, np.empty(0)) if dearer is None else dearer
    if not stop() and (held := _held(task, prices, nodes, dearer[0][np.isinf(dearer[1])], stop)) < bound - fixed_value:
        words += f"; with the urgent pictures where this plan has them no plan exceeds {fixed_value + held:.2f}"
    choices = _choices(pricer, columns, prices, nodes, looks, dearer, seed=seed, stop=stop)
    return Relaxation(bound, words, choices, multipliers_of(indexed, names, task, prices.price))


def _held(task: Task, prices: Prices, nodes: Offered, urgent: Whole, stop: Callable[[], bool]) -> float:
    """What could no plan exceed in which urgent requests have no other looks than these? Endless, if there are none."""
    lead = np.isin(nodes.look, urgent) & nodes.leads
    others = nodes.leads & np.isin(nodes.group, nodes.group[lead]) & ~lead
    if not lead.any():
        return np.inf
    alone = replace(task, value=np.where(np.append(others, np.zeros(task.parts, np.bool_)), 0.0, task.value))
    pricer = Pricer(alone, alone.net)
    begin = Prices(prices.price, pricer.sweep(prices.price))
    found = descend(pricer, begin, _HELD, stop=stop, seen=lambda taken: 0.0, by_row=True, factor=_NEAR)
    return certify(alone, found.price).bound


def _choices(
    pricer: Pricer,
    columns: Columns,
    prices: Prices,
    nodes: Offered,
    known: Whole,
    dearer: Dearer,
    *,
    seed: int,
    stop: Callable[[], bool],
) -> tuple[Whole, ...]:
    """What columns pack, and on large nets, of few long paths, what the paths settle on."""
    found: tuple[Whole, ...] = ()
    if _size(pricer) > _LARGE:
        found = agreed(pricer, columns, prices, nodes, dearer, budget=Until(stop))
    if not stop():
        taken = packed(pricer, columns, prices, nodes, known, dearer, seed=seed, budget=Until(stop))
        by_node = np.zeros(int(nodes.look.max()) + 1)
        by_node[nodes.look] = np.where(nodes.leads, pricer.task.value[: len(nodes.look)], 0.0)
        found = (taken[np.argsort(-by_node[taken], kind="stable")], *found)
    return found


def _size(pricer: Pricer) -> int:
    return len(pricer.task.value) + len(pricer.net.tail)


def _words(nodes: Offered, sure: bool) -> str:
    """How the bound was found; ``sure``: at the best prices there are."""
    return (
        f"prices (Lagrangian duality) on {len(np.unique(nodes.look[nodes.leads]))} looks of "
        f"{len(np.unique(nodes.group[nodes.leads]))} requests: chains with time to turn, one picture a request, "
        "recorder, battery, downlink, duty, quotas and shares; "
        f"holds for the looks offered{'' if sure else '; the prices are not yet the best there are'}"
    )


def _without_sun(indexed: Indexed) -> Indexed:
    """Turns as if nothing had to keep out of the Sun: only then no way round is shorter than the way straight on."""
    craft = indexed.fleet.satellite.copy()
    craft["keep_out_cos"] = 2.0
    return replace(indexed, fleet=indexed.fleet._replace(satellite=craft))


def _task(indexed: Indexed, nodes: Offered, value: Floats, budget: Budget) -> tuple[Task, list[RowName]]:
    """The relaxation as the engine sees it: looks by satellite, then what may be taken in part; and what rows mean."""
    ledger = Ledger(len(nodes.look))
    picture_rows(indexed, nodes, ledger)
    recorder_rows(indexed, nodes.look, ledger)
    battery_rows(indexed, nodes.look, ledger)
    quota_rows(indexed, nodes, ledger)
    share_rows(indexed, nodes, ledger)
    camera_rows(indexed, nodes, ledger)
    distance_rows(indexed, nodes, ledger)
    bundle_rows(indexed, nodes, value, ledger)
    parts = len(ledger.most)
    net = net_of(indexed.fleet, nodes, parts, budget)
    return Task(net, net, np.append(value, ledger.value), ledger.closed(), parts=parts), ledger.name


def _prices(
    pricer: Pricer, columns: Columns, begin: Floats | None, stop: Callable[[], bool], value: float
) -> tuple[Prices, bool]:
    """The prices that prove most, and whether they are that or the best there was time for.

    ``begin``: those of an earlier planning, from where it is not far.
    """
    size, factor = _size(pricer), 1.0
    nothing = np.zeros(len(pricer.task.rows.limit))
    prices = Prices(nothing, pricer.sweep(nothing))
    if begin is not None and (proven := pricer.sweep(begin)) < prices.bound:
        prices, factor = Prices(begin, proven), _NEAR
    if size > _LARGE or factor < 1.0:
        prices = descend(pricer, prices, _DESCENT, stop=stop, seen=lambda taken: value, by_row=True, factor=factor)
    rounds = int(np.clip(_WORK / size**2, 4, _ROUNDS))
    return generate(pricer, columns, prices, rounds, used_up=stop, left_s=lambda: np.inf, heeded=Until(stop))
