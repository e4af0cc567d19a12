"""``swath run``: a mission file, from its orders to the answers."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from swath.cli.progress import progress_bar

__all__ = ["run"]


def run(mission: Path, /, *, out: Path, seed: int | None = None, json: bool = False) -> int:
    """Plan the day, fly it, take the pictures, bring them down, map them, and answer.

    Example: swath run examples/flood/mission.toml --out out/flood

    Parameters
    ----------
    mission
        The mission file (TOML). Copy examples/flood/mission.toml and change it.
    out
        Folder to write; replaced if swath made it, refused if it holds anything else.
    seed
        Instead of the mission's own seed.
    json
        Print answer.json instead of the summary.
    """
    started = time.monotonic()
    print(f"swath run {mission} ...", file=sys.stderr, flush=True)
    from swath.operate.run import run_mission, summary

    with progress_bar("run") as progress:
        outcome = run_mission(mission, out, seed=seed, progress=progress)
    if json:
        print((out / "answer.json").read_text(encoding="utf-8"), end="")
    else:
        print("\n".join(summary(outcome, out, wall_s=time.monotonic() - started)))
    return 0 if outcome.ok else 1
