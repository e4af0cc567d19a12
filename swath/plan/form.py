"""A plan as JSON text and back: ``plan.json``. Times are kept to the millisecond, numbers exactly."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, TypeVar

import numpy as np

from swath.errors import InputError
from swath.model import Acquisitions, Contacts, Multipliers, Plan, Refusal, Share
from swath.table import Table
from swath.time import format_utc, parse_utc

__all__ = ["FORMAT", "plan_from_json", "plan_to_json"]

FORMAT = "swath plan 1"
"""value of the key ``format``"""

_LARGEST = 1e300
_Rows = TypeVar("_Rows", bound=Table)


def plan_to_json(plan: Plan) -> str:
    """The text of ``plan.json``: one object with the numbers of the plan and its tables as lists of objects."""
    entry = {
        "format": FORMAT,
        "made": format_utc(plan.made, decimals=3),
        "solver": plan.solver,
        "seed": plan.seed,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "bound_because": plan.bound_because,
        "acquisitions": plan.acquisitions.to_json(),
        "contacts": plan.contacts.to_json(),
        "refused": [{"request": r.request, "reason": r.reason, "because": r.because} for r in plan.refused],
        "shares": [asdict(share) for share in plan.shares],
        "fairness": plan.fairness,
        "multipliers": plan.multipliers.to_json(),
    }
    return json.dumps(entry, indent=1, allow_nan=False) + "\n"


def plan_from_json(text: str) -> Plan:
    """The plan that a text describes. Raises :class:`InputError`, and nothing else, for whatever is no such text."""
    if not text.strip():
        raise InputError("the plan is empty", where="plan", fix="Give the text that plan_to_json wrote")
    try:
        entry = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"the plan is not JSON: {error}", where="plan", fix="Was it cut off? Write it again"
        ) from error
    entry = _object(entry, "plan")
    if entry.get("format") != FORMAT:
        raise InputError(f"format is {entry.get('format')!r}", where="plan", fix=f"This version reads {FORMAT!r}")
    seed = entry.get("seed")
    if type(seed) is not int:
        raise InputError(f"seed is {seed!r}", where="plan", fix="Write a whole number")
    refused = [_object(row, f"refused[{n}]") for n, row in enumerate(_list(entry, "refused"))]
    return Plan(
        acquisitions=_table(entry, "acquisitions", Acquisitions),
        contacts=_table(entry, "contacts", Contacts),
        refused=tuple(
            Refusal(*(str(_cell(row, name, "U", f"refused[{n}]")) for name in ("request", "reason", "because")))
            for n, row in enumerate(refused)
        ),
        value=_cell(entry, "value", "f", "plan"),
        bound=_cell(entry, "bound", "f", "plan"),
        bound_because=_cell(entry, "bound_because", "U", "plan"),
        solver=_cell(entry, "solver", "U", "plan"),
        seed=seed,
        made=_cell(entry, "made", "M", "plan"),
        shares=tuple(
            _share(_object(row, f"shares[{n}]"), f"shares[{n}]")
            for n, row in enumerate(_list(entry, "shares") if "shares" in entry else [])
        ),
        multipliers=_table(entry, "multipliers", Multipliers) if "multipliers" in entry else Multipliers.empty(),
    )


def _share(row: dict[str, Any], where: str) -> Share:
    """One owner's share; plans written before shares were told have none."""
    pictures = row.get("pictures")
    if type(pictures) is not int or not 0 <= pictures <= _LARGEST:
        raise InputError(f"pictures is {str(pictures)[:40]!r}", where=where, fix="Write a whole number")
    owner = str(_cell(row, "owner", "U", where))
    row = {"due_s": 0.0, "left_over": [], **row}
    image_s, asked_s, share, fair_share, due_s = (
        float(_cell(row, name, "f", where)) for name in ("image_s", "asked_s", "share", "fair_share", "due_s")
    )
    spare = [str(_cell({"left_over": id}, "left_over", "U", where)) for id in _list(row, "left_over")]
    return Share(owner, pictures, image_s, asked_s, share, fair_share, due_s, tuple(spare))


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{type(value).__name__} where an object is needed", where=where, fix="Write the plan again")
    return value


def _list(entry: dict[str, Any], name: str) -> list[Any]:
    value = entry.get(name)
    if not isinstance(value, list):
        raise InputError(f"{name} is missing or no list", where="plan", fix="Was it cut off? Write it again")
    return value


def _table(entry: dict[str, Any], name: str, kind: type[_Rows]) -> _Rows:
    columns: dict[str, list[Any]] = {column.name: [] for column in fields(kind)}
    for number, value in enumerate(_list(entry, name)):
        where = f"{name}[{number}]"
        row = _object(value, where)
        strange = sorted(set(row) - set(columns))
        if strange:
            raise InputError(f"unknown key {strange[0]!r}", where=where, fix=f"Known are {', '.join(columns)}")
        for column in fields(kind):
            columns[column.name].append(_cell(row, column.name, column.metadata["dtype"].kind, where))
    return kind(**columns) if next(iter(columns.values())) else kind.empty()


def _cell(row: dict[str, Any], name: str, kind: str, where: str) -> Any:
    """A value of a kind of dtype: text, time or finite number."""
    value: Any = row.get(name)
    if kind == "M" and isinstance(value, str):
        return parse_utc(value, where=f"{where}.{name}")
    if kind == "U" and isinstance(value, str):
        return value
    if kind == "f" and type(value) in (int, float) and abs(value) <= _LARGEST:
        return np.float64(value)
    need = {"M": "a time like 2026-05-08T06:00:00.000Z", "U": "text", "f": "a finite number"}[kind]
    raise InputError(f"{name} is {str(value)[:40]!r}", where=where, fix=f"It must be {need}")
