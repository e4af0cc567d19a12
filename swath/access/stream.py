"""Every window of many satellites over many places, in batches: for answers larger than memory, on any number of cores.

The work is cut into units of a few satellites that know nothing of each other. They run here, in a pool of processes or
on a cluster; the batches come back in the order of the satellites all the same, and only a few are held at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from swath.access.bulk import base_windows_of_many
from swath.access.cost import Cost, check_cost, estimate
from swath.access.kernels import stamped
from swath.access.look import Nadir
from swath.access.many import Ground, ground_of
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation
from swath.model import Elements, Place
from swath.orbit.many import tabulate_many
from swath.time import elapsed_s, later

__all__ = ["Executor", "Limits", "WINDOWS", "access_batches"]

Stamps = npt.NDArray[np.int64]
_Found = tuple[list[str], list[int], npt.NDArray[np.int32], Stamps, Stamps, Stamps, dict[str, str]]

_UNIT = 250_000
"""windows that a unit of work should find: some 7 MB"""
_AHEAD = 6
"""units under way at a time"""

_UTC = pa.timestamp("ns", "UTC")
WINDOWS = pa.schema(
    [
        pa.field("satellite", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("place", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("start", _UTC, nullable=False),
        pa.field("closest", _UTC, nullable=False),
        pa.field("stop", _UTC, nullable=False),
    ]
)
"""columns of a batch; ``closest`` is when the range is least inside the window"""


class _Result(Protocol):
    def result(self) -> Any:
        """Waits for the value."""


class Executor(Protocol):
    """Anything that runs functions elsewhere: ``concurrent.futures`` pools, ``dask.distributed.Client``."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> _Result:
        """Begin a call; its value comes from the result's ``result()``."""


@dataclass(frozen=True)
class Limits:
    """What must hold in every window."""

    min_elevation_deg: float = 0.0
    max_off_nadir_deg: float | None = None
    nadir: Nadir = "geodetic"

    def __post_init__(self) -> None:
        """Limits that cannot hold are refused."""
        if not -90.0 <= self.min_elevation_deg <= 90.0:
            raise InputError(f"min_elevation_deg is {self.min_elevation_deg}", fix="Give -90 to 90 degrees")
        if self.max_off_nadir_deg is not None and not 0.0 <= self.max_off_nadir_deg <= 90.0:
            raise InputError(f"max_off_nadir_deg is {self.max_off_nadir_deg}", fix="Give 0 to 90 degrees")


def access_batches(
    elements: Mapping[str, Elements],
    places: Sequence[Place],
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    limits: Limits,
    *,
    executor: Executor | None = None,
    refused: Callable[[str, str], None] | None = None,
    done: Callable[[int, int], None] | None = None,
    confirmed: bool = False,
) -> Iterator[pa.RecordBatch]:
    """When, from ``start`` to ``stop``, can each satellite see each place? Batches of :data:`WINDOWS`, as they come.

    Rows come by satellite in the order given, then by place, then by time: the same rows with every executor and
    without one (tests/access/test_stream.py). Windows are those of :func:`~swath.access.bulk.base_windows` on SGP4.

    ``refused`` is told the name of each satellite whose elements cannot be carried through the span, and why; without
    it that raises :class:`DataError`. ``done`` is told how many satellites of how many are finished. Raises
    :class:`InputError` for a run beyond ``cost.LARGEST`` that is not ``confirmed``.
    """
    cost = estimate(elements.values(), len(places), start, stop, limits)
    check_cost(cost, confirmed=confirmed)
    ids, ground = [place.id for place in places], ground_of(places)
    satellites, spots = pa.array(list(elements), pa.string()), pa.array(ids, pa.string())
    number = {name: n for n, name in enumerate(elements)}
    finished = 0
    for found in _in_order(_units(elements, cost), (ground, start, stop, eop, limits), executor):
        names, counts, place, *stamps, failed = found
        for name, why in failed.items():
            if refused is None:
                raise DataError(why, where=elements[name].source, fix="Leave it out, or pass refused= to go on without")
            refused(name, why)
        finished += len(names) + len(failed)
        if len(place):
            who = np.repeat(np.array([number[name] for name in names], np.int32), counts)
            columns = [pa.DictionaryArray.from_arrays(who, satellites), pa.DictionaryArray.from_arrays(place, spots)]
            yield pa.record_batch([*columns, *(pa.array(stamp).cast(_UTC) for stamp in stamps)], schema=WINDOWS)
        if done is not None:
            done(finished, len(elements))


def _units(elements: Mapping[str, Elements], cost: Cost) -> Iterator[dict[str, Elements]]:
    """Satellites in groups, each of work for about ``_UNIT`` windows."""
    size = int(np.clip(_UNIT * len(elements) / max(cost.windows, 1), 1, 64))
    rest = iter(elements.items())
    while unit := dict(islice(rest, size)):
        yield unit


def _in_order(
    units: Iterator[dict[str, Elements]], asked: tuple[Any, ...], executor: Executor | None
) -> Iterator[_Found]:
    if executor is None:
        yield from (_find(unit, *asked) for unit in units)
        return
    under_way: deque[_Result] = deque()
    for unit in units:
        under_way.append(executor.submit(_find, unit, *asked))
        if len(under_way) >= _AHEAD:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _find(
    unit: dict[str, Elements],
    ground: Ground,
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    limits: Limits,
) -> _Found:
    """One unit of work: names and numbers of windows of its satellites, places, times (ns of UTC), and who failed."""
    tables, failed = tabulate_many(unit, start, stop, eop)
    found = list(base_windows_of_many(tables, ground, limits.min_elevation_deg, limits.max_off_nadir_deg, limits.nadir))
    first = start.astype("datetime64[ns]")
    leaps = abs(float(elapsed_s(first, stop)) - float((stop - first) / np.timedelta64(1, "ns")) * 1e-9) > 0.5

    def stamps(name: str) -> Stamps:
        parts = [getattr(windows, name) for windows in found]
        seconds_s = np.concatenate(parts) if parts else np.empty(0)
        # later() knows leap seconds but looks each moment up.
        return later(first, seconds_s).astype(np.int64) if leaps else stamped(seconds_s, int(first.astype(np.int64)))

    place = np.concatenate([windows.place for windows in found]) if found else np.empty(0, np.int32)
    names, counts = [table.name for table in tables], [len(windows) for windows in found]
    return names, counts, place, stamps("start_s"), stamps("closest_s"), stamps("stop_s"), failed
