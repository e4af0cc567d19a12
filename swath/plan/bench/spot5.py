"""SPOT5: the daily selection of photographs, read, written and judged.

A photograph takes one camera (1, 2 or 3) or, as a stereo pair, two of them (13); pairs and triples of choices are
forbidden; the multi-orbit instances have a memory (Bensana, Lemaitre, Verfaillie 1999). The form of the files is that
of Mendeley data 2kbzg9nw3b; the usual scaling of memory is round(use / 451) against a capacity of 200.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from swath.errors import InputError
from swath.plan.bench.protocol import Verdict

__all__ = ["Forbidden", "Photo", "Selection", "choices_from_text", "choices_to_json", "judge_choices", "read_selection"]

CAPACITY = 200
UNIT = 451.0
_MULTI_ORBIT_FROM = 1000
"""instances with a number above this have a memory"""


@dataclass(frozen=True)
class Photo:
    """What taking a photograph earns, and what each choice of camera takes of the memory (scaled)."""

    profit: int
    choices: tuple[tuple[int, int], ...]
    """(choice, scaled memory)"""


@dataclass(frozen=True)
class Forbidden:
    """Choices of two or three photographs that may not come together."""

    photos: tuple[int, ...]
    tuples: frozenset[tuple[int, ...]]


@dataclass(frozen=True)
class Selection:
    """An instance."""

    photos: tuple[Photo, ...]
    constraints: tuple[Forbidden, ...]
    capacity: int
    """0: none"""


def read_selection(text: str, *, name: str) -> Selection:
    """The instance that a text describes; ``name`` of the file: a number above 1000 means a memory.

    Raises :class:`InputError`, saying which line, for what is no such instance.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    at = 0

    def count(what: str) -> int:
        nonlocal at
        if at >= len(lines):
            raise InputError(f"the file ends before the number of {what}", where=name, fix="Was it cut off?")
        number, words = lines[at]
        at += 1
        if len(words) != 1 or not words[0].isdigit() or int(words[0]) > len(lines):
            raise InputError(f"no number of {what}", where=f"{name} line {number}", fix="Was it cut off?")
        return int(words[0])

    photos: list[Photo] = []
    for _ in range(count("photographs")):
        photos.append(_photo(lines, at, len(photos), name))
        at += 1
    constraints = []
    for _ in range(count("constraints")):
        if at < len(lines) and len(lines[at][1]) == 1:
            break  # some files promise more constraints than they hold before the capacity
        constraints.append(_constraint(lines, at, photos, name))
        at += 1
    digits = re.match(r"\d+", name)
    multi = bool(digits) and int(digits[0]) > _MULTI_ORBIT_FROM if digits else False
    return Selection(tuple(photos), tuple(constraints), CAPACITY if multi else 0)


def _words(lines: list[tuple[int, list[str]]], at: int, name: str) -> tuple[str, list[float]]:
    if at >= len(lines):
        raise InputError("the file ends too early", where=name, fix="Was it cut off?")
    where = f"{name} line {lines[at][0]}"
    try:
        return where, [float(word) for word in lines[at][1]]
    except ValueError as error:
        raise InputError(f"a word is no number: {error}", where=where, fix="Correct it") from error


def _photo(lines: list[tuple[int, list[str]]], at: int, number: int, name: str) -> Photo:
    where, words = _words(lines, at, name)
    size = int(words[2]) if len(words) > 2 and 0 < words[2] < 10 else 0
    if not size or len(words) < 3 + 2 * size or words[0] != number or not 0 <= words[1] < 1e9:
        raise InputError("this is no photograph: id, profit, number of choices, choices with memory", where=where)
    pairs = [(words[3 + 2 * k], words[4 + 2 * k]) for k in range(size)]
    if any(value not in (1, 2, 3, 13) or not 0 <= use < 1e9 for value, use in pairs):
        raise InputError("a choice is not 1, 2, 3 or 13, or takes no possible memory", where=where, fix="Correct it")
    return Photo(int(words[1]), tuple((int(value), round(use / UNIT)) for value, use in pairs))


def _constraint(lines: list[tuple[int, list[str]]], at: int, photos: Sequence[Photo], name: str) -> Forbidden:
    where, words = _words(lines, at, name)
    arity = int(words[0]) if words and words[0] in (2, 3) else 0
    numbers = [int(word) for word in words[1:]]
    if not arity or len(numbers) < arity or (len(numbers) - arity) % arity:
        raise InputError("this is no constraint: 2 or 3, so many ids, forbidden tuples", where=where, fix="Correct it")
    ids = tuple(numbers[:arity])
    if any(not 0 <= id < len(photos) for id in ids) or len(set(ids)) < arity:
        raise InputError("a constraint names an unknown photograph, or one twice", where=where, fix="Correct it")
    rest = numbers[arity:]
    return Forbidden(ids, frozenset(tuple(rest[k : k + arity]) for k in range(0, len(rest), arity)))


def choices_to_json(selection: Selection, chosen: Sequence[int]) -> str:
    """A plan as JSON: the choice for each photograph, 0 where it is not taken."""
    verdict = judge_choices(selection, chosen)
    taken = sum(1 for value in chosen if value)
    weight = verdict.measures["weight"]
    entry = {
        "claimed_profit": int(verdict.value),
        "claimed_weight": weight,
        "n_candidates": len(chosen),
        "n_selected": taken,
        "assignments": [int(value) for value in chosen],
    }
    return json.dumps(entry) + "\n"


def choices_from_text(selection: Selection, text: str) -> list[int]:
    """The choices of anybody's plan: JSON with ``assignments``, or a text of two head lines and a number a line."""
    try:
        if text.lstrip()[:1] == "{":
            chosen = [int(value) for value in json.loads(text)["assignments"]]
        else:
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            chosen = [int(line) for line in lines if re.fullmatch(r"-?\d+", line)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"this is no plan: {error}", where="plan", fix='Write {"assignments": [...]}') from error
    if len(chosen) != len(selection.photos):
        raise InputError(
            f"{len(chosen)} choices for {len(selection.photos)} photographs", where="plan", fix="Give one for each"
        )
    return chosen


def judge_choices(selection: Selection, chosen: Sequence[int]) -> Verdict:
    """Which rules does a choice break, and what does it earn?"""
    broken = []
    profit = weight = 0
    for number, (photo, value) in enumerate(zip(selection.photos, chosen, strict=True)):
        use = dict(photo.choices)
        if value and value not in use:
            broken.append(f"photograph {number} has no choice {value}")
        elif value:
            profit += photo.profit
            weight += use[value]
    for number, rule in enumerate(selection.constraints):
        values = tuple(chosen[id] for id in rule.photos)
        if values in rule.tuples:
            broken.append(f"constraint {number}: photographs {rule.photos} may not be {values}")
    if selection.capacity and weight > selection.capacity:
        broken.append(f"the memory holds {selection.capacity}, not {weight}")
    taken = sum(1 for value in chosen if value)
    earned = float(profit) if not broken else 0.0
    return Verdict(not broken, earned, tuple(broken), {"weight": weight, "photographs": taken})
