"""The search for constellations over several processes, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from swath.design.atlas import Atlas, Slot, atlas_of
from swath.design.growth import Goal, Grown, grow
from swath.design.optimise import Optimum, Wish, optimise
from swath.design.regions import Region
from swath.design.sensors import Sensor
from swath.design.shapes import OrbitShape
from swath.errors import InputError
from swath.operate.workers import cluster, worker_pool

__all__ = ["grown", "searched"]


def grown(
    shapes: Sequence[OrbitShape],
    sensors: Sequence[Sensor],
    region: Region,
    start: np.datetime64,
    days: float,
    flying: tuple[Slot, ...],
    launches: int,
    *,
    goal: Goal = "response_p95",
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> tuple[list[Atlas], list[Grown]]:
    """The atlases of the shapes (one sensor each), and what each launch buys (:func:`swath.design.growth.grow`).

    The same seed gives the same answer with any number of processes.
    """
    if workers < 1 or len(sensors) != len(shapes):
        raise InputError(f"{workers} workers", where="--workers", fix="Give 1 or more")
    progress("orbits", 0.0)
    atlases = [atlas_of(shape, sensor, region, start, days) for shape, sensor in zip(shapes, sensors, strict=True)]
    if workers == 1:
        return atlases, grow(atlases, flying, launches, goal=goal, seed=seed, progress=progress)
    with worker_pool(workers, ("swath.design.growth",)) as pool:
        return atlases, grow(atlases, flying, launches, goal=goal, seed=seed, executor=pool, progress=progress)


def searched(
    wish: Wish,
    counts: Sequence[int],
    *,
    seed: int = 0,
    workers: int = 2,
    address: str | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> list[Optimum]:
    """The best constellations (:func:`swath.design.optimise.optimise`), over processes or on a Dask cluster.

    The same seed gives the same answer with any number of processes, and on a cluster.
    """
    if workers < 1:
        raise InputError(f"{workers} workers", where="--workers", fix="Give 1 or more")
    if address is not None:
        with cluster(address) as client:
            return optimise(wish, counts, seed=seed, executor=client, progress=progress)
    if workers == 1:
        return optimise(wish, counts, seed=seed, progress=progress)
    with worker_pool(workers, ("swath.design.optimise",)) as pool:
        return optimise(wish, counts, seed=seed, executor=pool, progress=progress)
