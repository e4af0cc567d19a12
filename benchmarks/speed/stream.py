"""The large run of benchmarks/speed/access.py: windows by the hundred million into a file, and how it scales."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.demo import watched
from swath.access.stream import WINDOWS, Executor, Limits, access_batches
from swath.model import Elements, Place
from swath.sources.eop import packaged_eop
from swath.store.batches import write_batches
from swath.time import seconds

__all__ = ["run_scaling", "run_stream"]

START = np.datetime64("2026-05-08T00:00:00", "ns")
LIMITS = {"elevation": Limits(min_elevation_deg=10.0), "off_nadir": Limits(max_off_nadir_deg=30.0)}


def run_stream(fleet: Mapping[str, Elements], places: Sequence[Place], days: float, kind: str) -> dict[str, Any]:
    """One Parquet file by two workers: rows, seconds, bytes, and the peak memory of all processes (MB)."""
    stop = START + seconds(days * 86400.0)
    failed: list[str] = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("SWATH_BENCH_DIR")) as folder:
        path = Path(folder) / "windows.parquet"
        with watched(os.getpid(), 0.5) as (memory_kib, cpu_s), _pool(2) as pool:
            begin = time.perf_counter()
            batches = access_batches(
                fleet, places, START, stop, packaged_eop(), LIMITS[kind], executor=pool,
                refused=lambda name, why: failed.append(f"{name}: {why}"),
            )  # fmt: skip
            rows = write_batches(path, WINDOWS, batches)
            wall_s = time.perf_counter() - begin
        size_bytes = path.stat().st_size
    peak_mb, all_s = max(memory_kib) * 1024 / 1e6, sum(cpu_s.values())
    print(
        f"stream {kind}: {len(fleet)} satellites x {len(places)} places x {days:g} days: {rows:,} windows "
        f"in {wall_s:.1f} s, {all_s:.1f} s of CPU ({all_s / max(rows, 1) * 1e9:.0f} ns a window), "
        f"{size_bytes / 1e9:.2f} GB, peak memory {peak_mb:.0f} MB, {len(failed)} satellites refused"
    )
    return {
        "satellites": len(fleet), "places": len(places), "days": days, "windows": rows, "wall_s": wall_s,
        "cpu_s": all_s, "file_bytes": size_bytes, "peak_mb": peak_mb, "refused": len(failed),
    }  # fmt: skip


def run_scaling(fleet: Mapping[str, Elements], places: Sequence[Place], days: float, kind: str) -> dict[str, float]:
    """Seconds of the search alone with one and with two workers, in a pool of processes and in a dask cluster."""
    from distributed import Client, LocalCluster

    told: dict[str, float] = {}
    for workers in (1, 2):
        with _pool(workers) as pool:
            told[f"pool_{workers}_s"] = _search_s(fleet, places, days, kind, pool)
        options: dict[str, Any] = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        with LocalCluster(**options) as cluster, Client(cluster) as client:
            told[f"dask_{workers}_s"] = _search_s(fleet, places, days, kind, client)
    for name in ("pool", "dask"):
        told[f"{name}_efficiency"] = told[f"{name}_1_s"] / told[f"{name}_2_s"] / 2.0
        print(
            f"scaling {kind}, {name}: {told[f'{name}_1_s']:.2f} s with one worker, "
            f"{told[f'{name}_2_s']:.2f} s with two: efficiency {told[f'{name}_efficiency']:.2f}"
        )
    return told


def _search_s(fleet: Mapping[str, Elements], places: Sequence[Place], days: float, kind: str, where: Executor) -> float:
    """Least of three, the workers warm."""
    stop, best = START + seconds(days * 86400.0), float("inf")
    for _ in range(4):
        begin = time.perf_counter()
        batches = access_batches(
            fleet, places, START, stop, packaged_eop(), LIMITS[kind], executor=where, refused=lambda *_: None
        )
        rows = sum(map(len, batches))
        best = min(best, time.perf_counter() - begin) if _ else best
    assert rows > 0
    return best


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
