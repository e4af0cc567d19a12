"""Hot loops of crop maps: trees with chance cuts, grown on many series and asked about others. Plain arrays in and out.

Extremely randomized trees (Geurts, Ernst and Wehenkel, Machine Learning 63, 2006, 3-42): at each node a few features
are drawn, each with one threshold drawn between its least and greatest value there, and the one that lowers Gini's
impurity most is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["ask_trees", "grow_tree"]

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]


@njit(cache=True)
def _gini(sums: Floats) -> float:
    """Weight x impurity of a part, from the weights of its classes."""
    total, squares = 0.0, 0.0
    for k in range(len(sums)):
        total += sums[k]
        squares += sums[k] * sums[k]
    return total - squares / total if total > 0.0 else 0.0


@njit(cache=True)
def _chance(state: npt.NDArray[np.uint64]) -> float:
    """The next number from 0 to 1 of a generator that is one word (splitmix64, Steele et al. 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True)
def _best_cut(
    features: Floats32, label: Whole, weight: Floats, rows: Whole, tries: int, state: npt.NDArray[np.uint64]
) -> tuple[int, float]:
    """Feature and threshold of the best of some random cuts of these rows; feature -1 where none cuts."""
    best, chosen, at = -1.0, -1, 0.0
    left, right = np.empty(len(weight)), np.empty(len(weight))
    for _ in range(tries):
        feature = int(_chance(state) * features.shape[1])
        low, high = features[rows[0], feature], features[rows[0], feature]
        for row in rows:
            low, high = min(low, features[row, feature]), max(high, features[row, feature])
        if not high > low:
            continue
        cut = low + (high - low) * _chance(state)
        left[:], right[:] = 0.0, 0.0
        for row in rows:
            side = left if features[row, feature] <= cut else right
            side[label[row]] += weight[label[row]]
        gain = -_gini(left) - _gini(right)
        if chosen < 0 or gain > best:
            best, chosen, at = gain, feature, cut
    return chosen, at


@njit(cache=True)
def grow_tree(
    features: Floats32, label: Whole, weight: Floats, tries: int, least: int, seed: int
) -> tuple[Whole, Floats, Whole, Floats]:
    """One tree on all rows: feature, threshold and first child of every node, and the share of each class there.

    ``label`` numbers classes, ``weight`` is one a class; a node of fewer than ``2 least`` rows or of one class is a
    leaf (feature -1). The children of a node stand next to each other.
    """
    state = np.full(1, seed, np.uint64)
    classes, n = len(weight), len(label)
    most = 2 * (n // max(least, 1)) + 3
    feature, cut = np.full(most, -1, np.int64), np.zeros(most)
    child, share = np.zeros(most, np.int64), np.zeros((most, classes))
    order, start, stop = np.arange(n), np.zeros(most, np.int64), np.zeros(most, np.int64)
    stop[0], count, node = n, 1, 0
    while node < count:
        rows = order[start[node] : stop[node]]
        for row in rows:
            share[node, label[row]] += weight[label[row]]
        kinds = np.sum(share[node] > 0.0)
        share[node] /= share[node].sum()
        if kinds > 1 and len(rows) >= 2 * least and count + 2 <= most:
            chosen, at = _best_cut(features, label, weight, rows, tries, state)
            below = 0
            if chosen >= 0:
                for i in range(len(rows)):
                    if features[rows[i], chosen] <= at:
                        rows[i], rows[below] = rows[below], rows[i]
                        below += 1
            if least <= below <= len(rows) - least:
                feature[node], cut[node], child[node] = chosen, at, count
                middle = start[node] + below
                start[count], stop[count] = start[node], middle
                start[count + 1], stop[count + 1] = middle, stop[node]
                count += 2
        node += 1
    return feature[:count], cut[:count], child[:count], share[:count]


@njit(cache=True)
def ask_trees(
    features: Floats32, feature: Whole, cut: Floats, child: Whole, share: Floats, first: Whole, out: Floats
) -> None:
    """Add to ``out`` ``(row, class)`` the mean of the trees' shares; ``first`` is the first node of each tree."""
    trees = len(first)
    for row in range(len(features)):
        for tree in range(trees):
            node = first[tree]
            while feature[node] >= 0:
                down = features[row, feature[node]] > cut[node]
                node = first[tree] + child[node] + (1 if down else 0)
            for k in range(out.shape[1]):
                out[row, k] += share[node, k] / trees
