"""``swath bench``: how good is a planner?"""

from __future__ import annotations

import json as to_json
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from swath.cli.clock import Clock, interruptible, say_compiled, seconds_of
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.plan.bench.protocol import Answer, InstanceSet, Told, Verdict

__all__ = ["app", "plan"]

app = App(name="bench", help="Measure planners on instance sets, with an independent judge.")


@app.command(
    name="plan",
    help_epilogue="Examples: swath bench plan aeossp CASE_DIR --stop 60s --out plan.json | "
    "swath bench plan own --satellites 4 --orders 2000 | swath bench plan aeossp CASE_DIR --plan theirs.json",
)
def plan(
    instances: str,
    case: Path | None = None,
    *,
    stop: str = "60s",
    seed: int = 1,
    planner: str | None = None,
    plan: Path | None = None,
    satellites: int = 1,
    orders: int = 500,
    days: int = 1,
    continuous: bool = False,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """How good is a plan of a benchmark's case, how far from the best can it be, and does it keep every rule?

    Parameters
    ----------
    instances
        The set of instances: aeossp, own, satnet, spot5, or any that a plugin names in the group swath.instances.
    case
        The case: a folder or a file, as the set has it. Without one, own generates a case from the options.
    stop
        Wall-clock time from the start of the command to the plan, like 60s or 3min, without what compiling takes, once
        after an installation. Kept to within 1 s; interrupting (Ctrl-C) ends the search early with the best plan so far
        and its bound.
    seed
        Of the search, and of a generated case.
    planner
        Another planner than swath's own: an entry point of the group swath.planners.
    plan
        Judge this plan, made by whomever, instead of making one. Its gap is measured against swath's bound.
    satellites
        Of a generated case (own).
    orders
        Of a generated case (own).
    days
        Of a generated case (own).
    continuous
        Afterwards, and as long again, prove a bound for looks at any times as well (own).
    out
        Write the plan here, in the form of its instance set.
    json
        Print JSON instead of a table.
    """
    clock = Clock(seconds_of(stop))
    from swath.registry import find

    known: InstanceSet = find("swath.instances", instances)
    generated = f"satellites = {satellites}\norders = {orders}\ndays = {days}\nseed = {seed}\n"
    problem = known.read({"own.toml": generated} if case is None and instances == "own" else _texts(known, case))
    make = known.solve if planner is None else find("swath.planners", planner)
    with interruptible(clock), _progress(instances, clock) as told:
        answer: Answer = make(problem, budget=clock, seed=seed, told=told)
    took_s = clock.passed_s()
    say_compiled(clock)
    text = answer.text if plan is None else _text(plan)
    verdict = known.judge(problem, text)
    row = _row(instances, case, seed, answer, verdict, took_s, clock)
    if continuous:
        row["bound_continuous"] = _any_times(known, problem, Clock(seconds_of(stop)))
    if out is not None and plan is None:
        from swath.store.folder import write_whole

        write_whole(out, text)
    _print(row, as_json=json)
    return 0 if verdict.valid else 1


def _any_times(known: InstanceSet, problem: Any, clock: Clock) -> float:
    if not hasattr(known, "continuous_bound"):
        raise InputError("this set has no other times than its grid", where="--continuous", fix="Leave it out")
    with interruptible(clock):
        return float(known.continuous_bound(problem, budget=clock))


def _texts(known: InstanceSet, case: Path | None) -> dict[str, str]:
    if case is None:
        raise InputError("which case?", where="CASE", fix="Name its " + ("folder" if known.files else "file"))
    if not known.files:
        return {case.name: _text(case)}
    return {name: _text(case / name) for name in known.files}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), fix="Name another file") from error


@contextmanager
def _progress(title: str, clock: Clock) -> Iterator[Told]:
    from swath.cli.progress import progress_bar

    with progress_bar(title) as bar:

        def told(what: str, value: float, bound: float) -> None:
            if value > 0.0 and clock.first_plan_s is None:
                clock.first_plan_s = round(clock.passed_s(), 3)
            bar(f"{what}: {value:.1f} of {bound:.1f}", min(clock.used(), 1.0))

        yield told


def _row(
    instances: str, case: Path | None, seed: int, answer: Answer, verdict: Verdict, took_s: float, clock: Clock
) -> dict[str, Any]:
    known = answer.bound < float("inf")
    gap = max(answer.bound - verdict.value, 0.0) / answer.bound if known and answer.bound > 0.0 else None
    return {
        "instances": instances,
        "case": str(case) if case is not None else None,
        "seed": seed,
        "value": verdict.value,
        "bound": answer.bound if known else None,
        "gap": 0.0 if answer.bound == 0.0 else gap,
        "first_plan_s": clock.first_plan_s,
        "seconds": round(took_s, 3),
        "valid": verdict.valid,
        "interrupted": clock.interrupted,
        **answer.more,
        **verdict.measures,
        "broken": list(verdict.broken),
        "bound_because": answer.because,
    }


def _print(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(to_json.dumps(row, indent=2, allow_nan=False))
        return
    gap, rest = row["gap"], {k: v for k, v in row.items() if k not in ("gap", "broken", "bound_because", "interrupted")}
    rest["valid"] = "yes" if row["valid"] else "NO"
    rest["gap"] = "unknown" if gap is None else f"{100 * gap:.3f} %"
    for key, value in rest.items():
        print(f"{key.replace('_', ' '):<14} {value:.7g}" if isinstance(value, float) else f"{key:<14} {value}")
    print(*textwrap.wrap(f"The bound: {row['bound_because']}.", 80), sep="\n")
    if row["interrupted"]:
        print("Interrupted: this is the best plan so far.")
    for words in row["broken"][:20]:
        print(f"  broken: {words}", file=sys.stderr)
