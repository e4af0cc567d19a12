"""Every window of many satellites over many places, in batches: for answers larger than memory, on any number of cores.

:func:`answer_batches` gives every column of any question; :func:`access_batches` gives the times alone, under plain
limits, forty times faster.

The work is cut into units of a few satellites that know nothing of each other. They run here, in a pool of processes or
on a cluster; the batches come back in the order of the satellites all the same, and only a few are held at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from swath.access.accesses import Accesses
from swath.access.bulk import base_windows_of_many
from swath.access.cost import check_cost, estimate
from swath.access.kernels import stamped
from swath.access.many import Ground, ground_of
from swath.access.questions import Limits, Question
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation
from swath.model import Elements, Place
from swath.orbit.many import tabulate_many
from swath.orbit.orbits import Orbit
from swath.time import elapsed_s, later

__all__ = ["Executor", "Limits", "TIMES", "WINDOWS", "access_batches", "answer_batches", "answer_schema"]

Stamps = npt.NDArray[np.int64]
Fleet = TypeVar("Fleet")
Unit = TypeVar("Unit")
Found = TypeVar("Found")
_Times = tuple[list[str], list[int], npt.NDArray[np.int32], Stamps, Stamps, Stamps, dict[str, str]]

_UNIT = 250_000
"""windows that a unit of work should find: some 7 MB"""
_UNIT_TOLD = 20_000
"""the same with all columns: some 4 MB"""
_AHEAD = 6
"""units under way at a time"""

TIMES = ("satellite", "place", "start", "stop", "closest")
WINDOWS = pa.schema([Accesses.arrow_schema(worded=False).field(name) for name in TIMES])
"""columns of :func:`access_batches`: the first of an :class:`~swath.access.accesses.Accesses` table"""
_UTC = WINDOWS.field("start").type


class _Result(Protocol):
    def result(self) -> Any:
        """Waits for the value."""


class Executor(Protocol):
    """Anything that runs functions elsewhere: ``concurrent.futures`` pools, ``dask.distributed.Client``."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> _Result:
        """Begin a call; its value comes from the result's ``result()``."""


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
    units = _units(elements, _UNIT * len(elements) / max(cost.windows, 1))
    for found in _in_order(units, partial(_find, asked=(ground, start, stop, eop, limits)), executor):
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


def answer_schema(question: Question, columns: Sequence[str] = ()) -> pa.Schema:
    """The columns of :func:`answer_batches`: all, or those of a name among ``columns``, in the order of the tables.

    Raises :class:`InputError` for a column that does not exist.
    """
    fields = [field for kind in question.kinds for field in kind.arrow_schema(worded=False)]
    if unknown := sorted(set(columns) - {field.name for field in fields}):
        raise InputError(f"no column {unknown[0]!r}", fix=f"There are {', '.join(field.name for field in fields)}")
    return pa.schema([field for field in fields if not columns or field.name in columns])


def answer_batches(
    question: Question,
    fleet: Mapping[str, Orbit],
    schema: pa.Schema,
    *,
    each: float,
    executor: Executor | None = None,
    refused: Callable[[str, str], None] | None = None,
    done: Callable[[int, int], None] | None = None,
) -> Iterator[pa.RecordBatch]:
    """The answer of each satellite in turn, with the columns of ``schema`` (:func:`answer_schema`), as they come.

    Rows come by satellite in the order given, then by place, then by time: the same rows with every executor and
    without one, and the rows that ``find_accesses`` and ``describe`` give (tests/access/test_stream.py). What no column
    asks for is not worked out. ``each``: how many windows one satellite and one place may have (``cost.estimate``), so
    that a unit of work is neither small nor large. ``refused`` is told as by :func:`access_batches`; ``done`` is told
    how many pieces of the work, of how many, are finished.
    """
    parts = question.parts(max(int(_UNIT_TOLD / max(each, 1e-6)), 1))
    many = _UNIT_TOLD / max(each, 1e-6) / max(question.places_asked, 1)
    units = ((unit, part) for unit in _units(fleet, many) for part in parts)
    ended, failures = 0, set()
    for tables, failed in _in_order(units, partial(_answer, schema=schema), executor):
        for name, why in failed.items():
            if refused is None:
                raise DataError(why, where=fleet[name].source, fix="Leave it out, or pass refused= to go on without")
            if name not in failures:
                refused(name, why)
            failures.add(name)
        for table in tables:
            yield from table.to_batches()
        ended += len(tables) + len(failed)
        if done is not None:
            done(ended, len(fleet) * len(parts))


def _answer(work: tuple[dict[str, Orbit], Question], schema: pa.Schema) -> tuple[list[pa.Table], dict[str, str]]:
    """The tables of some satellites, and why each that has none has none."""
    (unit, question), tables, failed = work, [], {}
    brief = {field.name for field in question.kinds[0].arrow_schema()}
    for name, orbit in unit.items():
        try:
            windows = question.in_order(question.find(name, orbit, question.span))
            more = [] if brief.issuperset(schema.names) else [question.describe(windows, unit)]
        except DataError as error:
            failed[name] = error.what
            continue
        parts = [table.to_arrow(worded=False) for table in (windows, *more)]
        columns = {field.name: part.column(field.name) for part in parts for field in part.schema}
        tables.append(pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema))
    return tables, failed


def _units(fleet: Mapping[str, Fleet], size: float) -> Iterator[dict[str, Fleet]]:
    """Satellites in groups of about a size."""
    rest = iter(fleet.items())
    while unit := dict(islice(rest, int(np.clip(size, 1, 64)))):
        yield unit


def _in_order(units: Iterator[Unit], work: Callable[[Unit], Found], executor: Executor | None) -> Iterator[Found]:
    if executor is None:
        yield from map(work, units)
        return
    under_way: deque[_Result] = deque()
    for unit in units:
        under_way.append(executor.submit(work, unit))
        if len(under_way) >= _AHEAD:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _find(
    unit: dict[str, Elements],
    asked: tuple[Ground, np.datetime64, np.datetime64, EarthOrientation, Limits],
) -> _Times:
    """One unit of work: names and numbers of windows of its satellites, places, times (ns of UTC), and who failed."""
    ground, start, stop, eop, limits = asked
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
    return names, counts, place, stamps("start_s"), stamps("stop_s"), stamps("closest_s"), failed
