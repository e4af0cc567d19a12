"""What lies in the inbox comes in: scenes to the archive; element sets, forecasts, results to the planner."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.outside import Hints
from swath.errors import DataError, InputError
from swath.operate.archive import Adding, add_scenes
from swath.operate.bring_in import bring_items, mission_file
from swath.operate.loop.work import Commit, Shift, Told
from swath.orbit.forms import parse_elements
from swath.store.database import Writing
from swath.store.forecast import read_forecast
from swath.store.jobs import Job
from swath.store.mission import read_mission
from swath.store.notes import note, recall
from swath.time import seconds

__all__ = [
    "ARCHIVE",
    "ELEMENTS",
    "FORECAST",
    "USABLE_AHEAD",
    "take_elements",
    "take_forecast",
    "take_results",
    "take_scene",
]

ARCHIVE = "archive"
ELEMENTS, FORECAST = "loop.elements", "loop.forecast"
USABLE_AHEAD = seconds(86400.0)
"""an element set of so much later is planned with already"""
_MOST_BYTES = 20_000_000
_RESULTS = {"contacts": ("contact", "lost"), "pictures": ("picture", "failed")}


def _path(shift: Shift, job: Job) -> Path:
    path = (shift.folder / str(job.asked["path"])).resolve()
    if not path.is_relative_to(shift.folder.resolve()) or not path.exists():
        raise InputError("it is not there any more", where=str(job.asked["path"]), fix="Put it into the inbox again")
    return path


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"is longer than {_MOST_BYTES / 1e6:.0f} MB", where=path.name, fix="Look what it is")
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"this is no text: {error}", where=path.name, fix="Save it as UTF-8") from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=path.name, fix="Look at the file") from error


def take_scene(shift: Shift, job: Job, told: Told) -> Commit:
    """A product becomes items of the archive in the mission's folder. Adding it twice changes nothing."""
    path = _path(shift, job)
    archive = shift.folder / ARCHIVE
    how = Adding(archive, Hints(), np.datetime64(shift.clock() * 1000, "ns"))
    outcomes = add_scenes([str(path)], how, progress=told)
    bad = [one for one in outcomes if one.status == "failed"]
    if bad or not outcomes:
        because = "; ".join(one.because for one in bad) or "nothing in it is a scene"
        raise InputError(because, where=path.name, fix="See swath archive add")
    written = [Path(one.path) for one in outcomes]

    def commit(write: Writing) -> Mapping[str, Any]:
        return {"items": bring_items(write, shift.folder, written)}

    return commit


def take_elements(shift: Shift, job: Job, told: Told) -> Commit:
    """Element sets of the fleet, by catalogue number; of each satellite the newest is planned with."""
    path = _path(shift, job)
    text = _text(path)
    loaded = parse_elements(text, source=path.name)
    fleet = {s.elements.norad_id: s.id for s in read_mission(mission_file(shift.folder)).satellites}
    ours = sorted({fleet[one.norad_id] for one in loaded.elements if one.norad_id in fleet})
    if not ours:
        raise InputError("no element set is of the fleet", where=path.name, fix="Compare the catalogue numbers")

    def commit(write: Writing) -> Mapping[str, Any]:
        known = [one for one in recall(write.connection, ELEMENTS, []) if one["name"] != path.name]
        every = [*known, {"name": path.name, "text": text}]
        note(write, ELEMENTS, _not_overtaken(every, set(fleet), np.datetime64(shift.clock() * 1000, "ns")))
        for id in ours:
            write.record("elements", id, "new", {"file": path.name})
        return {"satellites": ours, "refused": [fault.what for fault in loaded.rejected]}

    return commit


def _not_overtaken(files: list[dict[str, str]], fleet: set[int], now: np.datetime64) -> list[dict[str, str]]:
    """The files that planning may still need: with the newest set of a satellite, or one of a time to come.

    At most one file a satellite is kept beside those of the future, however many arrive.
    """
    newest: dict[int, tuple[np.datetime64, int]] = {}
    kept: set[int] = set()
    for number, one in enumerate(files):
        for elements in parse_elements(one["text"], source=one["name"]).elements:
            if elements.norad_id not in fleet:
                continue
            if elements.epoch > now + USABLE_AHEAD:
                kept.add(number)
            elif elements.norad_id not in newest or elements.epoch >= newest[elements.norad_id][0]:
                newest[elements.norad_id] = elements.epoch, number
    kept |= {number for _, number in newest.values()}
    return [one for number, one in enumerate(files) if number in kept]


def take_forecast(shift: Shift, job: Job, told: Told) -> Commit:
    """A forecast of clear sky: planned with from now on, in the place of the one before."""
    path = _path(shift, job)
    read_forecast(path)

    def commit(write: Writing) -> Mapping[str, Any]:
        name = path.relative_to(shift.folder.resolve()).as_posix()
        note(write, FORECAST, name)
        write.record("forecast", path.name, "new")
        return {"forecast": name}

    return commit


def take_results(shift: Shift, job: Job, told: Told) -> Commit:
    """What went wrong up there: ``{"contacts": {"ID": "why"}, "pictures": {"ID": "why"}}``, ids of the plan."""
    path = _path(shift, job)
    try:
        given = json.loads(_text(path))
        rows = [
            (kind, what, str(id)[:128], str(why)[:500])
            for name, (kind, what) in _RESULTS.items()
            for id, why in dict(given.get(name, {})).items()
        ]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        fix = 'Write {"contacts": {"ID": "why it was lost"}, "pictures": {"ID": "why it failed"}}'
        raise InputError(f"these are no results: {error}", where=path.name, fix=fix) from error
    if not rows or set(given) - set(_RESULTS):
        raise InputError("it names no contact and no picture", where=path.name, fix="Give contacts, pictures or both")

    def commit(write: Writing) -> Mapping[str, Any]:
        for kind, what, id, why in rows:
            write.record(kind, id, what, {"because": why})
        return {"told": len(rows)}

    return commit
