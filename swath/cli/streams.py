"""Windows of any number, straight into a file: what they will cost, who works on them, and how far it is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.errors import DataError, InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from swath.access.cost import Cost
    from swath.access.questions import AccessQuestion, PassQuestion
    from swath.cli.orbits import Asked

__all__ = ["MOST_WINDOWS", "STREAMED", "Wish", "columns_of", "small", "streamed"]

STREAMED = (".parquet", ".csv")
"""forms that hold any number of windows"""
MOST_WINDOWS = 200_000
"""of the other forms, and of a terminal"""
_WORTH_TELLING_S = 10.0


def columns_of(text: str | None, out: Path | None) -> tuple[str, ...]:
    """The columns that ``--columns`` names; none named: all of them."""
    from swath.access.stream import TIMES

    if text is None:
        return ()
    if out is None or out.suffix.lower() not in STREAMED:
        raise InputError("it chooses the columns of a file", where="--columns", fix="Give --out FILE.parquet or .csv")
    return TIMES if text.strip() == "times" else tuple(name.strip() for name in text.split(",") if name.strip())


@dataclass(frozen=True)
class Wish:
    """How the answer is wanted."""

    out: Path | None
    as_json: bool
    first_only: bool
    columns: tuple[str, ...]
    workers: int | None
    confirmed: bool


def streamed(key: str, question: AccessQuestion | PassQuestion, asked: Asked, cost: Cost, wish: Wish) -> bool:
    """Does the answer go straight into a file? Then it is written. Refuses what no other form can hold."""
    if wish.first_only or (cost.windows <= MOST_WINDOWS and not wish.columns):
        small(cost, wish)
        return False
    if wish.as_json:
        raise InputError("a file of this size and the same again as JSON", where="--json", fix="Leave --json out")
    if wish.out is None or wish.out.suffix.lower() not in STREAMED:
        small(cost, wish)
        return False
    _stream(key, question, asked, cost, wish.out, wish)
    return True


def small(cost: Cost, wish: Wish) -> None:
    """Is the answer small enough to be held and shown? Says what it will cost; refuses what is too large."""
    if cost.windows > MOST_WINDOWS and wish.first_only:
        raise InputError(
            f"{cost.windows:,} pairs of satellite and place", where="--next", fix=f"Ask for at most {MOST_WINDOWS:,}"
        )
    if cost.windows > MOST_WINDOWS:
        form = wish.out.suffix if wish.out else "a table"
        raise InputError(
            f"about {cost.windows:,} windows are more than {form} is good for",
            fix=f"At most {MOST_WINDOWS:,}: shorten --hours, choose satellites, tighten the conditions, or write a "
            "file of any size with --out FILE.parquet or FILE.csv",
        )
    _tell_cost(cost, 1, to_file=False)


def _tell_cost(cost: Cost, workers: int, *, to_file: bool) -> None:
    """Say what a large question will cost before it is begun."""
    if cost.seconds_s / workers > _WORTH_TELLING_S or to_file:
        size = f", {_size(cost.file_bytes)} in Parquet" if to_file else ""
        cores = "" if workers == 1 else f" on {workers} cores"
        print(f"swath: about {cost.windows:,} windows, {_time(cost.seconds_s / workers)}{cores}{size}", file=sys.stderr)


def _stream(key: str, question: AccessQuestion | PassQuestion, asked: Asked, cost: Cost, out: Path, wish: Wish) -> None:
    """Write the whole answer to ``out`` as it is found, whole or not at all. Notes go to stderr."""
    from swath.access.cost import check_cost
    from swath.access.stream import answer_schema
    from swath.cli.orbits import say
    from swath.cli.progress import progress_bar
    from swath.operate.workers import worker_pool
    from swath.store.batches import write_batches

    schema, hands = answer_schema(question, wish.columns), _hands(wish.workers)
    try:
        check_cost(cost, confirmed=wish.confirmed)
    except InputError as error:
        raise InputError(error.what, fix="Ask for fewer satellites, places or days, or add --yes") from error
    _check_room(out, cost)
    _leave_out_unfit(asked, question.span)
    _tell_cost(cost, hands, to_file=True)
    pool: Any = nullcontext() if hands == 1 else worker_pool(hands, ("swath.access.stream",))
    with pool as executor, progress_bar(key) as progress:
        batches = _batches(question, asked, cost, schema, executor, lambda n, of: progress(key, n / of))
        rows = write_batches(out, schema, batches, notes=asked.notes)
    print(f"{rows:,} {key} -> {out}", file=sys.stderr)
    say(
        asked.notes,
        "the file's own metadata has them" if out.suffix.lower() == ".parquet" else "ask of fewer satellites",
    )


def _batches(
    question: AccessQuestion | PassQuestion,
    asked: Asked,
    cost: Cost,
    schema: pa.Schema,
    executor: Any,
    done: Callable[[int, int], None],
) -> Iterator[pa.RecordBatch]:
    """The times alone come the fast way where the question is plain."""
    from swath.access.questions import AccessQuestion
    from swath.access.stream import TIMES, access_batches, answer_batches

    def refused(name: str, why: str) -> None:
        asked.notes["failed"].append({"satellite": name, "because": why})

    limits = question.limits(asked.fleet) if isinstance(question, AccessQuestion) else None
    if isinstance(question, AccessQuestion) and limits is not None and set(schema.names) <= set(TIMES):
        elements = {name: orbit.elements for name, orbit in asked.fleet.items() if orbit.elements is not None}
        for batch in access_batches(
            elements, question.places, *question.span, question.eop, limits,
            executor=executor, refused=refused, done=done, confirmed=True,
        ):  # fmt: skip
            yield batch.select(schema.names)
        return
    each = cost.windows / max(len(asked.fleet) * question.places_asked, 1)
    yield from answer_batches(question, asked.fleet, schema, each=each, executor=executor, refused=refused, done=done)


def _leave_out_unfit(asked: Asked, span: Sequence[Any]) -> None:
    """Note what is to be said about each orbit, and which are no good for the span at all."""
    first: DataError | None = None
    fleet = dict(asked.fleet)
    for name, orbit in asked.fleet.items():
        try:
            asked.notes["warnings"] += orbit.warnings(span[0], span[1])
        except DataError as error:
            first = first or error
            asked.notes["failed"].append({"satellite": name, "because": str(error)})
            del fleet[name]
    if first is not None and not fleet:
        raise first
    asked.fleet = fleet


def _hands(workers: int | None) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers is not None and not 1 <= workers <= 4 * max(cores, 16):
        raise InputError(f"{workers} workers", where="--workers", fix=f"Give 1 to {4 * max(cores, 16)}")
    return workers or cores


def _check_room(out: Path, cost: Cost) -> None:
    free = shutil.disk_usage(out.absolute().parent).free
    if cost.file_bytes > free:
        raise InputError(
            f"about {_size(cost.file_bytes)} would be written, {_size(free)} are free",
            where=str(out),
            fix="Write to another disk, or fewer --columns (times: the least)",
        )


def _size(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number > 0.95e9 else f"{max(number / 1e6, 1):.0f} MB"


def _time(seconds_s: float) -> str:
    if seconds_s < 90.0:
        return f"{max(seconds_s, 1.0):.0f} s"
    return f"{seconds_s / 60.0:.0f} min" if seconds_s < 5400.0 else f"{seconds_s / 3600.0:.1f} h"
