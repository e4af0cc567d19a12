"""Small random tasks of the engine, and their exact optimum by an integer program over arcs that shares no code."""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np

from swath.plan.engine.net import Rows, Task
from swath.plan.engine.turning import Looks, net_of_looks


def random_looks(seed: int, *, chains: int = 2, nodes: int = 14, groups: int = 8) -> Looks:
    """Looks at random times in random directions, dense enough that turns bind."""
    rng = np.random.default_rng(seed)
    count = rng.integers(0, nodes + 1, chains)
    total = int(count.sum())
    chain = np.repeat(np.arange(chains), count)
    start_s = np.round(rng.uniform(0.0, 150.0, total))
    order = np.lexsort([start_s, chain])
    start_s = start_s[order]
    stop_s = start_s + rng.integers(1, 12, total)

    def sight() -> np.ndarray:
        away = np.stack([rng.uniform(-0.6, 0.6, total), rng.uniform(-0.6, 0.6, total), np.ones(total)], -1)
        return away / np.linalg.norm(away, axis=-1, keepdims=True)

    agility = np.stack([rng.uniform(1, 3, chains), rng.uniform(0.2, 1, chains), rng.uniform(0, 4, chains)], -1)
    return Looks(
        chain_first=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        group=rng.integers(0, groups, total),
        start_s=start_s,
        stop_s=stop_s,
        before=sight(),
        after=sight(),
        opens=rng.uniform(size=total) < 0.9,
        agility=agility,
        always_s=62.0 * np.sqrt(2.0) / agility[:, 0] + agility[:, 0] / agility[:, 1] + agility[:, 2] + 1.0,
    )


def random_task(seed: int, *, scarce: bool = True, **sizes: int) -> Task:
    """Order rows, and with ``scarce`` some rows of weights that bind."""
    looks = random_looks(seed, **sizes)
    rng = np.random.default_rng(seed + 10_000)
    total, groups = len(looks.group), int(looks.group.max(initial=0)) + 1
    value = np.round(rng.uniform(0.5, 9.0, total) * (2 if seed % 2 else 1000)) / (2 if seed % 2 else 1000)
    row, weight, limit = [[g] for g in looks.group], [[1.0] for _ in range(total)], [1.0] * groups
    for _ in range(2 if scarce else 0):
        drawn = rng.uniform(0.0, 3.0, total)
        some = np.flatnonzero(rng.uniform(size=total) < 0.7)
        for j in some:
            row[j].append(len(limit))
            weight[j].append(drawn[j])
        limit.append(0.25 * float(drawn[some].sum()))
    first = np.concatenate([[0], np.cumsum([len(r) for r in row])]).astype(np.int64)
    drawn_on = np.concatenate([np.empty(0), *row]).astype(np.int64)
    rows = Rows(first, drawn_on, np.concatenate([np.empty(0), *weight]), np.array(limit, np.float64))
    net = net_of_looks(looks)
    return Task(net, net, value, rows)


def with_limits(task: Task, factor: float) -> Task:
    """The same task with larger limits on the rows of weights (those of orders stay)."""
    limit = np.where(task.rows.limit == 1.0, 1.0, task.rows.limit * factor)
    return replace(task, rows=task.rows._replace(limit=limit))


def all_arcs(task: Task) -> list[tuple[int, int]]:
    """Every pair of nodes that may follow one another, listed one by one."""
    net, found = task.net, []
    for c in range(len(net.chain_first) - 1):
        a, b = net.chain_first[c], net.chain_first[c + 1]
        for j in range(a, b):
            near = net.tail[net.arc_first[j] : net.arc_first[j + 1]].tolist()
            before = {*net.by_stop[a : a + net.far[j]].tolist(), *near}
            found += [(int(i), j) for i in before if net.group[i] != net.group[j]]
    return found


def exact_optimum(task: Task) -> float:
    """The greatest value of any plan: flow on arcs, one unit a chain, rows kept."""
    count, arcs = len(task.value), all_arcs(task)
    if not count:
        return 0.0
    solver = highspy.Highs.__mro__[1]()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # HiGHS has one pool of threads in a process
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    # variables: node taken, path opened at node, arc used
    total = 2 * count + len(arcs)
    solver.addVars(total, np.zeros(total), np.ones(total))
    cost = np.concatenate([-task.value, np.zeros(count + len(arcs))])
    solver.changeColsCost(total, np.arange(total, dtype=np.int32), cost)
    solver.changeColsIntegrality(total, np.arange(total, dtype=np.int32), np.ones(total, np.uint8))
    for j in range(count):
        if not task.net.opens[j]:
            solver.changeColBounds(count + j, 0.0, 0.0)
        into = [2 * count + k for k, (_, b) in enumerate(arcs) if b == j]
        out = [2 * count + k for k, (a, _) in enumerate(arcs) if a == j]
        index = np.array([count + j, *into, j], np.int32)
        solver.addRow(0.0, 0.0, len(index), index, np.array([1.0] * (1 + len(into)) + [-1.0]))
        index = np.array([*out, j], np.int32)
        solver.addRow(-highspy.kHighsInf, 0.0, len(index), index, np.array([1.0] * len(out) + [-1.0]))
    for a, b in zip(task.net.chain_first[:-1], task.net.chain_first[1:], strict=True):
        index = np.arange(count + a, count + b, dtype=np.int32)
        solver.addRow(-highspy.kHighsInf, 1.0, len(index), index, np.ones(len(index)))
    owner = np.repeat(np.arange(count), np.diff(task.rows.first))
    for r, limit in enumerate(task.rows.limit):
        at = np.flatnonzero(task.rows.row == r)
        solver.addRow(-highspy.kHighsInf, limit, len(at), owner[at].astype(np.int32), task.rows.weight[at])
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return -solver.getInfo().objective_function_value
