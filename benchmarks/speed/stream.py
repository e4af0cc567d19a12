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
from swath.access.accesses import looking
from swath.access.cost import estimate
from swath.access.questions import AccessQuestion, Limits
from swath.access.stream import WINDOWS, Executor, access_batches, answer_batches, answer_schema
from swath.model import Elements, Place
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.orbits import Orbit
from swath.sources.eop import packaged_eop
from swath.store.batches import write_batches
from swath.time import seconds

__all__ = ["run_scaling", "run_stream", "run_told"]

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


def run_told(fleet: Mapping[str, Elements], places: Sequence[Place], days: float, kind: str) -> dict[str, Any]:
    """Every column of every window (angles, doubt, ...) into one Parquet file, in this process: CPU seconds."""
    eop, span = packaged_eop(), (START, START + seconds(days * 86400.0))
    limits = LIMITS[kind]
    look = looking(min_elevation_deg=limits.min_elevation_deg, max_off_nadir_deg=limits.max_off_nadir_deg)
    orbits = {name: Orbit(name, sgp4_ephemeris(one, eop), one, one.norad_id) for name, one in fleet.items()}
    question = AccessQuestion(places, span, eop, dict.fromkeys(orbits, look))
    each = estimate(fleet.values(), len(places), *span, limits).windows / len(fleet) / len(places)
    schema, failed = answer_schema(question), list[str]()
    with tempfile.TemporaryDirectory(dir=os.environ.get("SWATH_BENCH_DIR")) as folder:
        path = Path(folder) / "windows.parquet"
        begin = time.process_time()
        batches = answer_batches(
            question, orbits, schema, each=each, refused=lambda name, why: failed.append(f"{name}: {why}")
        )
        rows = write_batches(path, schema, batches)
        cpu_s, size_bytes = time.process_time() - begin, path.stat().st_size
    print(
        f"told {kind}: {len(fleet)} satellites x {len(places)} places x {days:g} days: {rows:,} windows with "
        f"{len(schema)} columns in {cpu_s:.1f} s of CPU ({cpu_s / max(rows, 1) * 1e6:.1f} us a window), "
        f"{size_bytes / max(rows, 1):.0f} bytes a window"
    )
    return {
        "days": days,
        "windows": rows,
        "cpu_s": cpu_s,
        "us_a_window": cpu_s / max(rows, 1) * 1e6,
        "bytes": size_bytes,
    }


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
