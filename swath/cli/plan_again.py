"""``swath plan again``: the next plan, after something happened."""

from __future__ import annotations

import json as to_json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.clock import Clock, Until, interruptible, say_compiled, seconds_of
from swath.cli.plan_words import print_summary, summary, wrapped

if TYPE_CHECKING:
    from swath.operate.plan_only import PlannedMission
    from swath.plan.replan import Change

__all__ = ["again"]

_MOST_SHOWN = 20
_SEARCH = 0.75


def again(
    mission: Path,
    /,
    *,
    plan: Path,
    at: str,
    lost_contact: list[str] | None = None,
    failed_picture: list[str] | None = None,
    lock: list[str] | None = None,
    forbid: list[str] | None = None,
    churn_loss: float = 0.0,
    stop: str = "10s",
    seed: int | None = None,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Plan again at any time: what is commanded stays, and who is new, moved or dropped is told, with the reason.

    Parameters
    ----------
    mission
        The mission file (TOML), with the orders as they are now: new ones, urgent ones too, are planned.
    plan
        The plan in force: a plan.json, or the folder that holds it.
    at
        When it is planned, UTC, like 2026-05-08T06:00:00Z. What satellites do before they can be told stays.
    lost_contact
        Id of a contact of the plan that will not take place; may be given several times.
    failed_picture
        Id of a picture of the plan that was not taken or is spoiled; may be given several times.
    lock
        A planned request that stays as it is; may be given several times.
    forbid
        An order that is not to be taken; may be given several times.
    churn_loss
        How much more a picture must be worth that takes the place of a planned one.
    stop
        Wall-clock time for the search and the reasons, like 10s.
    seed
        Instead of the mission's own.
    out
        Folder for the new plan.json, plan.csv, plan.czml, plan.ics, commands.csv, refused.json and timeline.png.
    json
        Print JSON instead of a summary.
    """
    clock = Clock(seconds_of(stop))
    made, changes = _made(
        mission,
        plan,
        at,
        clock,
        seed,
        lost=lost_contact or (),
        failed=failed_picture or (),
        locked=lock or (),
        forbidden=forbid or (),
        churn_loss=churn_loss,
    )
    files = _written(made, out)
    rows = [{"request": one.request, "what": one.what, "because": one.because} for one in changes]
    if json:
        told: dict[str, Any] = {"changes": rows, "plan": summary(made.problem, made.plan)}  # type: ignore[arg-type]
        print(to_json.dumps(told, indent=2, allow_nan=False))
        return 0
    print_summary(made, interrupted=clock.interrupted)
    _print_changes(rows)
    if files:
        wrapped("files", f"{out}/: {', '.join(files)}")
    return 0


def _made(
    mission: Path, plan: Path, at: str, clock: Clock, seed: int | None, **asked: Any
) -> tuple[PlannedMission, tuple[Change, ...]]:
    """The next plan and what it changes; Ctrl-C ends the search."""
    from swath.cli.progress import progress_bar
    from swath.operate.again import planned_again
    from swath.operate.plan_only import prepared, read_plan
    from swath.time import parse_utc

    before, moment = read_plan(plan), parse_utc(at, where="--at")
    with interruptible(clock), progress_bar("plan again") as bar:
        bar("orbits, looks, passes", 0.05)
        ready = prepared(mission, seed=seed)
        bar("search", 0.2)
        found = planned_again(ready, before, moment, stop=Until(clock, _SEARCH), late=Until(clock), **asked)
    say_compiled(clock)
    for warning in found[0].warnings:
        print(f"swath: {warning}", file=sys.stderr)
    return found


def _written(made: PlannedMission, out: Path | None) -> tuple[str, ...]:
    from swath.operate.plan_only import write_planned

    return write_planned(made, out) if out is not None else ()


def _print_changes(rows: list[dict[str, str]]) -> None:
    counts = {what: sum(row["what"] == what for row in rows) for what in ("dropped", "moved", "new")}
    wrapped("changes", ", ".join(f"{count} {what}" for what, count in counts.items()))
    for row in rows[:_MOST_SHOWN]:
        wrapped(f"  {row['what']}", f"{row['request']}: {row['because']}")
    if len(rows) > _MOST_SHOWN:
        wrapped("", f"and {len(rows) - _MOST_SHOWN} more: --json lists all")
