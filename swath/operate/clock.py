"""On what was each hour spent? From the event to the map: ordered, tasked, imaged, down, mapped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swath.archive.given import Given
from swath.errors import InputError
from swath.store.lineage import Recipe
from swath.time import format_utc, parse_utc

__all__ = ["clock_of"]

_OF_RUN = {
    "ordered": "ordered",
    "accepted": "tasked",
    "imaged": "imaged",
    "on_ground": "down",
    "mapped": "first map",
}
"""keys of a run's urgent order, and the steps they are"""


def clock_of(recipe: Recipe, given: Sequence[Given]) -> tuple[Mapping[str, Any], ...]:
    """Steps in order of time: ``step``, ``time``, ``hours`` since the step before, ``source``.

    Times of our own runs come from their answer (input ``run``, its ``answer.json``), of others from their STAC
    items; the event from ``parameters["event"]``; the map's from the recipe's own moment.
    """
    found: list[tuple[str, str, str]] = []
    event = recipe.parameters.get("event")
    if event:
        found.append(("event", format_utc(parse_utc(str(event), where="--event")), "the user"))
    for path in recipe.inputs.get("run", ()):
        found += _of_run(path)
    for one in given:
        if one.time is not None and not any(step == "imaged" for step, _, _ in found):
            found.append(("imaged", format_utc(one.time), one.id))
    found += [("mapped", format_utc(recipe.made), "this command")] if found else []
    found.sort(key=lambda entry: parse_utc(entry[1], where="clock"))
    out: list[Mapping[str, Any]] = []
    last: Any = None
    for step, time, source in found:
        moment = parse_utc(time, where="clock")
        hours = None if last is None else round(float((moment - last) / _hour()), 3)
        out.append({"step": step, "time": time, "hours": hours, "source": source})
        last = moment
    return tuple(out)


def _hour() -> Any:
    import numpy as np

    return np.timedelta64(3600, "s")


def _of_run(path: Path) -> list[tuple[str, str, str]]:
    """The steps of the urgent order in an ``answer.json`` of a run."""
    try:
        answer = json.loads((path / "answer.json" if path.is_dir() else path).read_text("utf-8"))
        story = answer["urgent"]
        return [(step, str(story[key]), path.name) for key, step in _OF_RUN.items() if story.get(key)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"no run's answer: {error}", where=str(path), fix="Give a run's folder") from error
