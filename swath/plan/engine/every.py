"""Tasks so small that all their paths can be listed: packed of these, a plan is the best there is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.plan.engine.net import Task

__all__ = ["every_path"]

Whole = npt.NDArray[np.int64]
Path = tuple[int, ...]

_ROUNDING = 1e-9


def every_path(task: Task, block: Whole, most: int) -> list[tuple[int, Path]] | None:
    """Which paths could a plan take at all: no order twice, no row broken by the path alone? ``None``: over ``most``.

    ``block``: as :func:`net.block_starts` gives them. With each path comes the number of its block.
    """
    found: list[tuple[int, Path]] = []
    if len(task.value) > most:
        return None
    for number, (begin, end) in enumerate(zip(block[:-1].tolist(), block[1:].tolist(), strict=True)):
        follows = _followers(task, begin, end)
        waiting: list[Path] = [(j,) for j in range(begin, end) if task.net.opens[j]]
        while waiting:
            path = waiting.pop()
            if not _allowed(task, path):
                continue
            found.append((number, path))
            if len(found) > most:
                return None
            waiting += [(*path, j) for j in follows[path[-1] - begin]]
    return found


def _followers(task: Task, begin: int, end: int) -> list[list[int]]:
    """By node of a block: which nodes of the block may come next."""
    net = task.net
    first = int(net.chain_first[np.searchsorted(net.chain_first, begin, side="right") - 1])
    follows: list[list[int]] = [[] for _ in range(end - begin)]
    for j in range(begin, end):
        near = net.tail[net.arc_first[j] : net.arc_first[j + 1]].tolist()
        for i in {*net.by_stop[first : first + net.far[j]].tolist(), *near}:
            if i >= begin:
                follows[i - begin].append(j)
    return follows


def _allowed(task: Task, path: Path) -> bool:
    last = path[-1]
    if not task.plannable((last,)) or task.net.group[last] in task.net.group[list(path[:-1])]:
        return False
    rows = task.rows
    at = np.concatenate([np.arange(rows.first[j], rows.first[j + 1]) for j in path])
    drawn = np.bincount(rows.row[at], rows.weight[at], len(rows.limit))
    return bool((drawn <= rows.limit * (1.0 + _ROUNDING) + _ROUNDING).all())
