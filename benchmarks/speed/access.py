"""How fast is access, beside skyfield, brahe and TAT-C, and are the windows the same?

    python benchmarks/speed/access.py --catalogue FILE.tle [--case NAME] [--kind KIND]
                                      [--stream [--quick] | --scaling | --told]

Satellites picked at random (fixed seed) from a catalogue, places at random between 60 S and 75 N. Everything on one
core and thread in one run, in CPU seconds: ours whole and five times (the least counts, the first call with the
compilation is told apart), each peer on a stated share of the satellites, its time scaled up. Windows are matched by
overlap, those that the span cuts left out: what a peer has not (missing), what only it has (extra), and how far the
edges lie apart.

``--stream``: 1,000 satellites x 10,000 places x 7 days into a Parquet file on two workers, with the time and the peak
memory of all processes; ``--quick`` takes a hundredth of it. ``--scaling``: one worker against two, in a pool of
processes and on a ``dask.distributed`` cluster. ``--told``: all columns of every window, a day and a
week. Results go to benchmarks/results/access.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed import peers
from benchmarks.speed.stream import run_scaling, run_stream, run_told
from swath.access.bulk import base_windows_of_many
from swath.access.many import ground_of
from swath.model import Elements, Place
from swath.orbit.elements import parse_tle
from swath.orbit.many import tabulate_many
from swath.sources.eop import packaged_eop
from swath.time import seconds

__all__ = ["CASES", "compare", "main", "ours", "pick", "run_case"]

RESULTS = Path(__file__).resolve().parents[1] / "results" / "access.json"
START = np.datetime64("2026-05-08T00:00:00", "ns")
SEED = 1
CASES: dict[str, tuple[int, int, float]] = {"wide": (100, 1000, 1.0), "long": (10, 100, 7.0)}
"""satellites, places, days"""
PEERS: dict[str, list[tuple[str, peers.Search, dict[str, float]]]] = {
    "elevation": [
        ("skyfield", peers.skyfield_elevation, {"wide": 0.03, "long": 0.3}),
        ("brahe", peers.brahe_elevation, {"wide": 0.03, "long": 0.3}),
    ],
    "off_nadir": [
        ("tatc", peers.tatc_off_nadir, {"wide": 0.1, "long": 0.5}),
        ("brahe", peers.brahe_off_nadir, {"wide": 0.03, "long": 0.3}),
    ],
}
"""and the share of the satellites that each is asked for"""
LIMIT_DEG = {"elevation": 10.0, "off_nadir": 30.0}


def pick(
    catalogue: Path, satellites: int, places: int
) -> tuple[dict[str, Elements], dict[str, peers.Lines], list[Place]]:
    """The same satellites, with their lines, and the same places every time."""
    text = catalogue.read_text("utf-8")
    lines = {int(one[2:7]): (one, two) for one, two in _pairs(text.splitlines()) if one[2:7].strip().isdigit()}
    known = [one for one in parse_tle(text).elements if one.norad_id in lines]
    rng = np.random.default_rng(SEED)
    chosen = [known[n] for n in rng.permutation(len(known))[:satellites]]
    fleet = {f"{one.name} {one.norad_id}": one for one in chosen}
    sine = rng.uniform(np.sin(np.radians(-60.0)), np.sin(np.radians(75.0)), places)
    lon_deg = rng.uniform(-180.0, 180.0, places)
    spots = [
        Place.point(f"p{n:05d}", lon_deg=float(lon), lat_deg=float(np.degrees(np.arcsin(s))))
        for n, (lon, s) in enumerate(zip(lon_deg, sine, strict=True))
    ]
    return fleet, {name: lines[one.norad_id] for name, one in fleet.items()}, spots


def _pairs(lines: Sequence[str]) -> list[peers.Lines]:
    return [(a, b) for a, b in pairwise(lines) if a.startswith("1 ") and b.startswith("2 ")]


def ours(
    fleet: Mapping[str, Elements], places: Sequence[Place], days: float, kind: str, nadir: Any = "geodetic"
) -> peers.Found:
    """Elements and places in, windows out."""
    stop = START + seconds(days * 86400.0)
    tables, failed = tabulate_many(fleet, START, stop, packaged_eop())
    assert not failed, failed
    limits = (LIMIT_DEG[kind], None) if kind == "elevation" else (0.0, LIMIT_DEG[kind])
    found = base_windows_of_many(tables, ground_of(places), *limits, nadir)
    return {table.name: windows for table, windows in zip(tables, found, strict=True)}  # type: ignore[misc]


def compare(
    fleet: Mapping[str, Elements], mine: Any, theirs: peers.Found, places: int, length_s: float
) -> dict[str, float]:
    """Windows that the other has not, or only it has, and the distances of edges (s) of those that both have."""
    missing = extra = 0
    longest_s, edges = 0.0, []
    for name in fleet:
        windows = mine[name]
        for number in range(places):
            rows = windows.place == number
            a = _inside(np.stack([windows.start_s[rows], windows.stop_s[rows]], -1), length_s)
            b = _inside(np.array(theirs.get((name, number), []), np.float64).reshape(-1, 2), length_s)
            meet = (a[:, None, 0] < b[None, :, 1]) & (b[None, :, 0] < a[:, None, 1])
            lone = a[~meet.any(1)]
            missing, extra = missing + len(lone), extra + int((~meet.any(0)).sum())
            longest_s = max(longest_s, float((lone[:, 1] - lone[:, 0]).max(initial=0.0)))
            i, j = np.nonzero(meet)
            edges.append(np.abs(a[i] - b[j]).ravel())
    off_s = np.concatenate(edges) if edges else np.empty(0)
    quantiles = np.quantile(off_s, [0.5, 0.99, 1.0]) if len(off_s) else np.full(3, np.nan)
    return {
        "windows": len(off_s) // 2 + missing, "missing": missing, "longest_missing_s": longest_s, "extra": extra,
        "edge_median_s": float(quantiles[0]), "edge_p99_s": float(quantiles[1]), "edge_max_s": float(quantiles[2]),
    }  # fmt: skip


def _inside(windows: Any, length_s: float) -> Any:
    return windows[(windows[:, 0] > 1.0) & (windows[:, 1] < length_s - 1.0)]


def timed(what: Callable[[], Any], runs: int = 1) -> tuple[Any, float]:
    """The result, and the least CPU time of so many runs: all is on one thread, and other work must not count."""
    best = float("inf")
    for _ in range(runs):
        begin = time.process_time()
        result = what()
        best = min(best, time.process_time() - begin)
    return result, best


def run_case(catalogue: Path, case: str, kind: str) -> list[dict[str, Any]]:
    """A row for each peer beside ours."""
    satellites, places, days = CASES[case]
    fleet, lines, spots = pick(catalogue, satellites, places)
    _, first_s = timed(lambda: ours(dict(list(fleet.items())[:1]), spots[:10], 0.1, kind))
    mine, own_s = timed(lambda: ours(fleet, spots, days, kind), 5)
    count = sum(map(len, mine.values()))
    print(f"\n{case} {kind}: {satellites} satellites x {places} places x {days:g} days, {count:,} windows")
    print(f"  swath     {own_s:9.3f} s, {own_s / count * 1e9:.0f} ns a window (first call {first_s:.1f} s)")
    rows = []
    for name, search, share in PEERS[kind]:
        some = dict(list(fleet.items())[: max(round(satellites * share[case]), 1)])
        peer = {key: lines[key] for key in some}
        found, wall_s = timed(lambda s=search, p=peer: s(p, spots, START, days * 86400.0, LIMIT_DEG[kind]))
        whole_s = wall_s * satellites / len(some)
        same = mine if name != "brahe" or kind == "elevation" else ours(some, spots, days, kind, "geocentric")
        told = compare(some, same, found, places, days * 86400.0)
        ratio = whole_s / own_s
        print(
            f"  {name:9s} {whole_s:9.1f} s ({len(some)}/{satellites} of the satellites, scaled): {ratio:,.0f}x; of "
            f"{told['windows']:,} it misses {told['missing']} (longest {told['longest_missing_s']:.1f} s), "
            f"{told['extra']} only it has; edges median {told['edge_median_s']:.4f}, p99 {told['edge_p99_s']:.3f}, "
            f"max {told['edge_max_s']:.3f} s"
        )
        rows.append({
            "case": case, "kind": kind, "peer": name, "swath_s": own_s, "first_call_s": first_s, "peer_s": whole_s,
            "share": len(some) / satellites, "ratio": ratio, "swath_windows": count, **told,
        })  # fmt: skip
    return rows


def main() -> None:
    """Prints the rows and keeps them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--kind", choices=PEERS, action="append")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--told", action="store_true")
    asked = parser.parse_args()
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if asked.stream:
        satellites, places = (100, 1000) if asked.quick else (1000, 10_000)
        fleet, _, spots = pick(asked.catalogue, satellites, places)
        for kind in asked.kind or PEERS:
            kept[f"stream {satellites} {kind}"] = run_stream(fleet, spots, 7.0, kind)
    elif asked.told:
        for satellites, days in ((100, 1.0), (100, 7.0)):
            fleet, _, spots = pick(asked.catalogue, satellites, 1000)
            for kind in asked.kind or PEERS:
                kept[f"told {satellites} x {days:g} {kind}"] = run_told(fleet, spots, days, kind)
    elif asked.scaling:
        fleet, _, spots = pick(asked.catalogue, 100, 1000)
        for kind in asked.kind or PEERS:
            kept[f"scaling {kind}"] = run_scaling(fleet, spots, 7.0, kind)
    else:
        os.sched_setaffinity(0, {0})
        for case in asked.case or CASES:
            for kind in asked.kind or PEERS:
                kept[f"{case} {kind}"] = run_case(asked.catalogue, case, kind)
                RESULTS.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
