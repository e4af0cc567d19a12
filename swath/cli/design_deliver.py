"""``swath design deliver``: what a fleet delivers, with the planner, stations and weather in the loop."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import ElementsOption, JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.operate.design_loop import Delivered

__all__ = ["deliver"]

_KEYS = (
    "planned",
    "clear_km2_day",
    "response_p50_s",
    "response_p90_s",
    "latency_p90_s",
    "value",
    "bound",
    "contact_share",
)


def deliver(
    mission: Path,
    /,
    *,
    elements: ElementsOption = None,
    count: list[int] | None = None,
    seeds: int = 3,
    workers: int = 2,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """What does each further satellite deliver in a day, planned with real stations, memory, power, weather and queues?

    Example: swath design deliver examples/flood/mission.toml --elements four.json --count 1 --count 2 --count 4

    The mission's first satellite is put on the orbits of --elements, in their order; orders and stations are its own.

    Parameters
    ----------
    mission
        A mission file.
    count
        How many of the satellites fly; several are compared. All of 1 to the whole fleet unless given.
    seeds
        Skies that are tried: what they differ by is the interval.
    workers
        Processes.
    out
        Write to this file instead: .json or .csv, .html.
    """
    from json import dumps

    from swath.cli.design_files import table_file
    from swath.cli.design_fleet import read_fleet
    from swath.cli.orbits import check_form

    check_form(out)
    if elements is None or not 1 <= seeds <= 100 or workers < 1:
        fix = "Give --elements FILE, 1 to 100 --seeds and 1 or more --workers"
        raise InputError("which fleet, under how many skies?", where="--elements", fix=fix)
    fleet = read_fleet(elements, [])
    counts = count or list(range(1, len(fleet) + 1))
    if not all(1 <= number <= len(fleet) for number in counts):
        raise InputError(f"{counts} of {len(fleet)} satellites", where="--count", fix=f"Give 1 to {len(fleet)}")
    days = _days(mission, [fleet[:number] for number in counts], seeds, workers)
    rows = [_row(days[n * seeds : (n + 1) * seeds]) for n in range(len(counts))]
    answer = {"deliveries": rows, "warnings": [_note(seeds)]}
    if out is not None:
        table_file(out, answer, "deliveries", "What each further satellite delivers in a day")
        print(f"{len(rows)} fleets -> {out}", file=sys.stderr)
    if json:
        print(dumps(answer, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(rows)))
    if not json:
        print(f"swath: {_note(seeds)}", file=sys.stderr)
    return 0


def _note(seeds: int) -> str:
    return (
        f"planned, not flown; a day under {seeds} SIMULATED skies (seeds 0 to {seeds - 1}), least and most in brackets"
    )


def _days(mission: Path, fleets: list[Any], seeds: int, workers: int) -> list[Delivered]:
    from swath.cli.progress import progress_bar
    from swath.operate.design_loop import delivered
    from swath.operate.workers import worker_pool

    with progress_bar("days") as progress:
        if workers == 1:
            return delivered(mission, fleets, range(seeds), progress=progress)
        with worker_pool(workers, ("swath.operate.design_loop",)) as pool:
            return delivered(mission, fleets, range(seeds), executor=pool, progress=progress)


def _row(days: list[Delivered]) -> dict[str, Any]:
    row: dict[str, Any] = {"satellites": days[0].satellites, "orders": days[0].orders, "seeds": len(days)}
    for key in _KEYS:
        known = [value for day in days if (value := getattr(day, key)) is not None]
        row[key] = sum(known) / len(known) if known else None
        row[f"{key}_range"] = [min(known), max(known)] if known else None
    return row


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATS':>4} {'ORDERS MET':>15} {'CLEAR km2/day':>18} {'ORDER TO GROUND h':>17} {'90 % h':>6}"
    lines = [f"{head} {'STATIONS BUSY':>14}"]
    for row in rows:
        met = f"{row['planned']:.0f} of {row['orders']} [{row['planned_range'][0]}-{row['planned_range'][1]}]"
        low, high = row["clear_km2_day_range"]
        clear = f"{row['clear_km2_day']:.0f} [{low:.0f}-{high:.0f}]"
        half, most = (
            "-" if row[key] is None else f"{row[key] / 3600.0:.1f}" for key in ("response_p50_s", "response_p90_s")
        )
        lines.append(
            f"{row['satellites']:>4} {met:>15} {clear:>18} {half:>17} {most:>6} {100.0 * row['contact_share']:13.0f}%"
        )
    return lines
