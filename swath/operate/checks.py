"""What is checked after every run, on what lies in the folder. Any red one makes the exit code 1."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from swath.archive.channels import find_recording
from swath.archive.mark import is_marked
from swath.archive.stac_check import problems
from swath.errors import SwathError
from swath.frames import EarthOrientation
from swath.model import SIMULATED, Plan
from swath.operate.downlink import contact_file
from swath.operate.ground import Mapped
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.plan.form import plan_from_json
from swath.plan.problem import Problem
from swath.plan.verify import verify
from swath.report.outcome import Check, Comparison, Links
from swath.spacecraft.link_format import CHANNEL_IDLE, FRAME_BYTES, SYNC_MARKER

__all__ = ["FAR_OUTSIDE", "check_ccsds", "check_marks", "check_plan", "check_stac", "check_truth"]

FAR_OUTSIDE = 2.5
"""a truth outside its 90 % interval is chance one time in ten; this many half-widths off it is a fault"""
LEAST_INSIDE, FEWEST_FIELDS = 0.8, 50


def check_plan(folder: Path, problem: Problem, eop: EarthOrientation) -> Check:
    """Does the plan as it was written keep every rule, judged by other code than made it?"""
    try:
        plan: Plan = plan_from_json((folder / "plan.json").read_text(encoding="utf-8"))
        exact = {s.id: sgp4_ephemeris(s.elements, eop) for s in problem.satellites}
        found = [f"{v.rule} {v.subject}: {v.because}" for v in verify(problem, plan, exact, eop)]
    except SwathError as error:
        found = [str(error)]
    return Check("replay", not found, f"{len(found)} violations" if len(found) != 1 else "1 violation", tuple(found))


def check_ccsds(folder: Path, links: Links, archived: Sequence[str], faults: Sequence[str]) -> Check:
    """Do the contact files hold just the frames that were not lost, and were the pictures put together as taken?

    ``archived`` are the names under which pictures from before came down, of which no frame may be missing.
    """
    found = list(faults)
    for link in links.rows():
        kept = int(link["frames_sent"] - link["frames_lost"])
        found += _frames_differ(folder / contact_file(str(link["contact"])), kept)
    for name in archived:
        found += _frames_differ(folder / contact_file(name), None)
    return Check("CCSDS", not found, "ok" if not found else f"{len(found)} faults", tuple(found))


def _frames_differ(path: Path, expected: int | None) -> list[str]:
    try:
        size = path.stat().st_size
        heard = find_recording(np.memmap(path, np.uint8, "r") if size else b"")
    except (OSError, ValueError) as error:
        return [f"{path.name}: {error}"]
    good = len(heard.offsets) if expected is None else int(np.count_nonzero(heard.channel != CHANNEL_IDLE))
    whole = size // (FRAME_BYTES + len(SYNC_MARKER)) if expected is None else expected
    if good != whole or (expected is None and heard.bad):
        return [f"{path.name}: {good} good frames, {whole} expected"]
    return []


def check_stac(folder: Path) -> Check:
    """Is every item in the catalogue valid, with its files beside it and their hashes right?"""
    items = sorted((folder / "stac").glob("*/*/*.json"))
    found = []
    for path in items:
        try:
            faults = problems(json.loads(path.read_text(encoding="utf-8")), path.parent)
        except ValueError as error:
            faults = [f"not JSON: {error}"]
        found += [f"{path.parent.name}: {fault}" for fault in faults]
    bad = len({text.split(":")[0] for text in found})
    return Check("STAC", bool(items) and not found, f"{len(items) - bad}/{len(items)}", tuple(found))


def check_marks(folder: Path) -> Check:
    """Does every picture, raster and byte file say that it is simulated?"""
    rasters = sorted(p for p in folder.rglob("*") if p.suffix in (".tif", ".png"))
    found = [f"{p.relative_to(folder)} carries no mark" for p in rasters if not _marked(p)]
    named = [*sorted((folder / "downlink").glob("*")), *sorted((folder / "telemetry").glob("*[!l]"))]
    found += [f"{p.relative_to(folder)} does not say so in its name" for p in named if SIMULATED not in p.name]
    total = len(rasters) + len(named)
    return Check("marks", total > 0 and not found, f"{total - len(found)}/{total}", tuple(found))


def _marked(path: Path) -> bool:
    try:
        return is_marked(path)
    except SwathError:
        return False


def check_truth(compared: Sequence[Comparison], mapped: Mapping[str, Mapped]) -> Check:
    """Do the intervals hold the simulated truth?

    A 90 % interval misses one time in ten, and that is no fault: red is a truth further off than ``FAR_OUTSIDE``
    half-widths, an estimate without an interval, or fields of which fewer than ``LEAST_INSIDE`` are held.
    """
    found, missed = [], 0
    for one in compared:
        low, high = one.estimate.low, one.estimate.high
        if low is None or high is None:
            found.append(f"{one.name} has no interval: {one.estimate.because}")
            continue
        missed += not one.inside
        middle, half = (low + high) / 2.0, (high - low) / 2.0
        if abs(one.truth - middle) > FAR_OUTSIDE * half:
            found.append(f"{one.name}: truth {one.truth:.3g} is far from {low:.3g} to {high:.3g}")
    inside, seen = (sum(getattr(m, name) for m in mapped.values()) for name in ("fields_inside", "fields_seen"))
    if seen >= FEWEST_FIELDS and inside < LEAST_INSIDE * seen:
        found.append(f"the NDVI of only {inside} of {seen} fields lies in its interval")
    said = "inside the 90 % band" if not missed else "outside the 90 % band (1 in 10 is)"
    fields = f"; {inside}/{seen} fields" if seen else ""
    return Check("truth", not found, (said if compared else "no flood mapped") + fields, tuple(found))
