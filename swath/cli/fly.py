"""``swath fly``: how does a plan go in flight?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from swath.cli.progress import progress_bar

if TYPE_CHECKING:
    from swath.operate.flying import FlownPlan

__all__ = ["fly"]

_FORMS = (".html", ".json", ".csv", ".png")
_SHOWN = 5
"""pictures of each outcome"""


def fly(
    plan: Path,
    /,
    *,
    mission: Path | None = None,
    faults: Path | None = None,
    seed: int | None = None,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Fly a plan in simulation and say, picture by picture, what became of it and why.

    Example: swath fly out/demo --out flight-SIMULATED.html

    Exit code 0 if every picture was done, 1 if one was late, blurred or lost.

    Parameters
    ----------
    plan
        A plan.json, or the folder of a run.
    mission
        The mission file with the fleet; without it the one that the run was made from.
    faults
        TOML file of what shall go wrong: late and lost contacts, wheels, restarts, safe modes, memory.
    seed
        Of chance; without it the mission's.
    out
        Write .html (the report), .json (all), .csv (telemetry) or .png (curves); the name must say SIMULATED, but for
        a report, which says so itself.
    json
        Print JSON instead of a table.
    """
    from swath.archive.mark import require_marked_name
    from swath.cli.orbits import check_form
    from swath.operate.flying import fly_file
    from swath.store.craft import read_faults
    from swath.store.mission import checked_seed

    check_form(out, _FORMS)
    if out is not None and out.suffix.lower() != ".html":
        require_marked_name(out)
    if seed is not None:
        seed = checked_seed(seed)
    with progress_bar("fly") as progress:
        told = fly_file(plan, mission, seed=seed, faults=read_faults(faults) if faults else None, progress=progress)
    if out is not None:
        _write(told, out)
    if json:
        from json import dumps

        print(dumps(told.to_json(), indent=1, allow_nan=False))
    else:
        print("\n".join(_lines(told)))
        if out is not None:
            print(f"written: {out}", file=sys.stderr)
    counts = told.counts()
    return 0 if counts["done"] == len(told.outcomes) else 1


def _write(told: FlownPlan, out: Path) -> None:
    from swath.store.folder import write_json, write_whole

    ending = out.suffix.lower()
    if ending == ".json":
        write_json(out, told.to_json())
    elif ending == ".csv":
        write_whole(out, _csv(told))
    elif ending == ".html":
        from swath.report.flight_page import flight_html

        write_whole(out, flight_html(told.day))
    else:
        from swath.report.flight_plot import flight_png

        write_whole(out, flight_png(told.log.telemetry, told.day.foreseen, title=told.mission.title))


def _csv(told: FlownPlan) -> str:
    import csv
    import io

    rows = told.log.telemetry.to_json()
    text = io.StringIO()
    table = csv.DictWriter(text, ["simulated", *rows[0]], lineterminator="\n")
    table.writeheader()
    table.writerows({"simulated": "true", **row} for row in rows)
    return text.getvalue()


def _lines(told: FlownPlan) -> list[str]:
    from swath.report.words import count

    counts, waits = told.counts(), told.latency_min()
    head = ", ".join(f"{number} {name}" for name, number in counts.items())
    lines = [f"SIMULATED flight of {count(len(told.outcomes), 'picture')}: {head}"]
    for name, value in waits.items():
        if value["median"] is not None:
            lines.append(
                f"from order to {name}: median {value['median']:.0f} min, 9 in 10 within {value['p90']:.0f} min"
            )
    lines += [
        "",
        f"{'SATELLITE':<12} {'PICTURES':>8} {'DONE':>5} {'LOWEST BATTERY Wh':>22} {'FULLEST MEMORY Gbit':>23}",
    ]
    for satellite in told.mission.satellites:
        mine = told.outcomes.take(told.outcomes.satellite == satellite.id)
        true, book = (t.take(t.satellite == satellite.id) for t in (told.log.telemetry, told.day.foreseen))
        lines.append(
            f"{satellite.id[:12]:<12} {len(mine):8} {(mine.outcome == 'done').sum():5} "
            f"{true.battery_wh.min():8.1f} (plan {book.battery_wh.min():6.1f}) "
            f"{true.memory_bit.max() / 1e9:9.2f} (plan {book.memory_bit.max() / 1e9:6.2f})"
        )
    return lines + _wrong(told)


def _wrong(told: FlownPlan) -> list[str]:
    """What did not go as planned, the worst first, some of each kind, with the whole reason."""
    from textwrap import wrap

    from swath.report.words import shortened

    lines, more = ["", f"{'PICTURE':<26} {'':<8} WHY"], 0
    for kind in ("lost", "blurred", "late"):
        rows = list(told.outcomes.take(told.outcomes.outcome == kind).rows())
        more += max(len(rows) - _SHOWN, 0)
        for row in rows[:_SHOWN]:
            first, *rest = wrap(str(row["because"]), 43)
            lines.append(f"{shortened(str(row['acquisition']), 26):<26} {kind:<8} {first}")
            lines += [f"{'':<36}{line}" for line in rest]
    if len(lines) == 2:
        return []
    return [*lines, f"and {more} more: --json and the report (--out) tell them all"] if more else lines
