"""Does nine in ten hold on your satellites? ``python benchmarks/doubt.py HISTORY...``

Each file holds many element sets of some satellites (TLE or OMM), such as an archive of CelesTrak's lists joined
together. Every set is carried to the epochs of the later and earlier ones; printed are the shares of the comparisons
inside the 90 % bounds of ``swath.orbit.uncertainty``, by age: with nothing known of the satellite, and with the first
half of its history known, for the sets of the second half. A satellite counts as much as any other, whatever the
number of its sets. It measures errors, not time; with ``--json`` it prints what docs/explanation/doubt.md quotes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from swath.model import Elements
from swath.orbit.growth import learned_growth
from swath.orbit.history import Comparisons, compare, histories
from swath.orbit.uncertainty import EXPECTED, Growth, doubt
from swath.sources.elements import read_elements

EDGES_DAYS = (0.05, 0.5, 2.0, 5.0, 10.0, 20.0, 30.0)
FEWEST_SETS = 20
MOST_PAIRS = 4000


def inside(history: Sequence[Elements], pairs: Comparisons, growth: Growth) -> tuple[np.ndarray, np.ndarray]:
    """Which comparisons lie inside the bounds, along and across?"""
    along, cross = np.empty(len(pairs), bool), np.empty(len(pairs), bool)
    for held in np.unique(pairs.held):
        rows = np.flatnonzero(pairs.held == held)
        wide = doubt(history[int(held)], np.array([history[int(k)].epoch for k in pairs.later[rows]]), growth)
        along[rows] = np.abs(pairs.along_track_s[rows]) <= wide.along_track_90_s
        cross[rows] = np.abs(pairs.cross_track_m[rows]) <= wide.cross_track_90_m
    return along, cross


def by_age(pairs: Comparisons, held: np.ndarray) -> np.ndarray:
    """Shares for each span of age, before the epoch and after it; NaN where there is nothing."""
    shares = []
    for sign in (-1.0, 1.0):
        for low, high in pairwise(EDGES_DAYS):
            rows = (sign * pairs.age_days > low) & (sign * pairs.age_days <= high)
            shares.append(held[rows].mean() if rows.any() else np.nan)
    return np.array(shares)


def measure(history: Sequence[Elements]) -> dict[str, np.ndarray]:
    """Shares of one satellite by age, for each of the four questions."""
    pairs = compare(history)
    pairs = pairs.take(slice(None, None, max(len(pairs) // MOST_PAIRS, 1)))
    half = len(history) // 2
    later = pairs.take((pairs.held >= half) & (pairs.later >= half))
    along, cross = inside(history, pairs, EXPECTED)
    known_along, known_cross = inside(history, later, learned_growth(history[:half]))
    return {
        "along, nothing known": by_age(pairs, along),
        "across, nothing known": by_age(pairs, cross),
        "along, first half known": by_age(later, known_along),
        "across, first half known": by_age(later, known_cross),
    }


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    sets = [one for file in asked.files for one in read_elements(file).elements]
    found = [measure(history) for history in histories(sets).values() if len(history) >= FEWEST_SETS]
    if not found:
        raise SystemExit(f"no satellite with {FEWEST_SETS} sets")
    shares = {question: np.nanmean([one[question] for one in found], axis=0) for question in found[0]}
    if asked.json:
        print(json.dumps({"satellites": len(found), **{key: np.round(v, 3).tolist() for key, v in shares.items()}}))
        return
    spans = [f"{low:g}-{high:g}" for low, high in pairwise(EDGES_DAYS)]
    print(f"{len(found)} satellites; shares inside the 90 % bounds by age in days, before | after the epoch")
    print(f"{'':26}" + "".join(f"{span:>8}" for span in spans) + "  |" + "".join(f"{span:>8}" for span in spans))
    for question, values in shares.items():
        cells = [f"{value:8.2f}" for value in values]
        print(f"{question:26}" + "".join(cells[: len(spans)]) + "  |" + "".join(cells[len(spans) :]))


if __name__ == "__main__":
    main()
