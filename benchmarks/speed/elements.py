"""How fast are element sets read, beside the ``sgp4`` package's own parsers, in one process and on one core?

    python benchmarks/speed/elements.py CATALOGUE.tle [--runs N]

CATALOGUE.tle is a file of three-line sets, such as CelesTrak's list of active satellites. A tenth of it and all of it
are read as TLE, and as OMM in each form (written from the same sets). CPU seconds of this process, the least of
``--runs``; for each form the peer, where it has one, in turn with swath. The peer checks no checksum against the line,
no range and no unit, and gives no line numbers: the ratio is the price of those. Results go to
benchmarks/results/elements.json.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sgp4 import omm
from sgp4.api import Satrec

from swath.orbit.element_text import elements_text
from swath.orbit.forms import parse_elements

__all__ = ["main", "measure"]

RESULTS = Path(__file__).parents[1] / "results" / "elements.json"
FORMS = ("tle", "json", "csv", "kvn", "xml")


def peer_tle(text: str) -> int:
    """The package's own reader of lines, set by set."""
    lines = text.splitlines()
    return len([Satrec.twoline2rv(one, two) for one, two in zip(lines[1::3], lines[2::3], strict=True)])


def peer_omm(read: Callable[[io.StringIO], object]) -> Callable[[str], int]:
    """The package's own reader of messages, and its start from each."""

    def run(text: str) -> int:
        count = 0
        for fields in read(io.StringIO(text, newline="")):  # type: ignore[attr-defined]
            omm.initialize(Satrec(), fields)
            count += 1
        return count

    return run


PEERS = {"tle": peer_tle, "csv": peer_omm(omm.parse_csv), "xml": peer_omm(omm.parse_xml)}


def least_s(job: Callable[[], int], runs: int) -> tuple[float, int]:
    """CPU seconds of the fastest run, and what it counted."""
    best, count = float("inf"), 0
    for _ in range(runs):
        begin = time.process_time()
        count = job()
        best = min(best, time.process_time() - begin)
    return best, count


def measure(lines: list[str], runs: int) -> list[dict[str, object]]:
    """A row a form: sets, seconds, and the peer's seconds where there is one."""
    sets = parse_elements("\n".join(lines)).elements
    rows: list[dict[str, object]] = []
    for form in FORMS:
        text = "\n".join(lines) if form == "tle" else elements_text(sets, form, created=np.datetime64("2026-05-08"))
        ours_s, count = least_s(lambda t=text: len(parse_elements(t).elements), runs)
        row: dict[str, object] = {"form": form, "sets": count, "swath_s": round(ours_s, 4)}
        if form in PEERS:
            theirs_s, theirs = least_s(lambda t=text, f=form: PEERS[f](t), runs)
            if theirs != count:
                raise SystemExit(f"{form}: swath read {count} sets, sgp4 {theirs}")
            row |= {"sgp4_s": round(theirs_s, 4), "ratio": round(ours_s / theirs_s, 2)}
        rows.append(row)
    return rows


def main() -> None:
    """Measure both sizes, print them and keep them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    lines = given.catalogue.read_text("utf-8").splitlines()
    rows = []
    for size in (len(lines) // 30 * 3, len(lines) // 3 * 3):
        rows += measure(lines[:size], given.runs)
    print(f"{'form':<5} {'sets':>6} {'swath s':>8} {'sgp4 s':>8} {'ratio':>6}")
    for row in rows:
        peer = f"{row['sgp4_s']:8.3f} {row['ratio']:6.2f}" if "sgp4_s" in row else f"{'-':>8} {'-':>6}"
        print(f"{row['form']:<5} {row['sets']:>6} {row['swath_s']:8.3f} {peer}")
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
