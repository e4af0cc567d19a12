"""Conditions as a person writes them: ``off_nadir <= 30 and sun >= 10 and not eclipse``."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping

from swath.access.conditions import All, AnyOf, Condition, Horizon, Not, field_of_view, limit, nadir_swath
from swath.access.signals import QUANTITIES
from swath.errors import InputError

__all__ = ["WORDS", "condition"]

_LONGEST = 2000
_SHORT = {"sun": "sun_elevation_deg", "moon": "moon_elevation_deg", "solar_time": "local_solar_time_h"}
_UNITS = ("_deg", "_m", "_h", "_m_s", "_days", "_fraction")

WORDS: Mapping[str, tuple[str, Condition]] = {
    "eclipse": ("the satellite is in the Earth's full shadow", limit("umbra_deg", high=0.0)),
    "sunlit": ("the Sun's disc shines on the satellite, if only in part", limit("umbra_deg", low=0.0)),
    "penumbra": (
        "the satellite sees a part of the Sun's disc",
        limit("umbra_deg", low=0.0) & limit("penumbra_deg", high=0.0),
    ),
    "ascending": ("the satellite flies northward", limit("northward_m_s", low=0.0)),
    "descending": ("the satellite flies southward", limit("northward_m_s", high=0.0)),
    "right": ("the place lies to the right of the track", limit("roll_deg", low=0.0)),
    "left": ("the place lies to the left of the track", limit("roll_deg", high=0.0)),
    "day": ("the Sun stands above the place's horizon", limit("sun_elevation_deg", low=0.0)),
    "night": ("it is astronomical night at the place", limit("sun_elevation_deg", high=-18.0)),
    "horizon": ("the satellite stands above the station's horizon mask", Horizon()),
}
"""conditions that need no number: what they mean, and what they are"""

_MADE: Mapping[str, Callable[..., Condition]] = {"swath": nadir_swath, "field": field_of_view}


def condition(text: str) -> Condition:
    """The condition that a text states: comparisons of quantities with numbers, ``and``, ``or``, ``not``, brackets.

    Quantities go by their name, with or without the unit (``sun`` is the Sun's elevation); those that need another
    satellite take its name or number in brackets: ``separation(25544) <= 5``. ``20 <= incidence <= 45`` is one range,
    and on a circle it may run through nought: ``350 <= azimuth <= 10``. Words that need no number are in
    :data:`WORDS`; ``swath(290000)`` is the strip seen straight down, ``field(15)`` a fixed field of view in degrees.
    Raises :class:`InputError` with the place in the text.

    >>> condition("off_nadir <= 30 and sun >= 10 and not eclipse")
    All(parts=(Limit(quantity='off_nadir_deg', low=None, high=30.0, of=''), \
Limit(quantity='sun_elevation_deg', low=10.0, high=None, of=''), \
Not(part=Limit(quantity='umbra_deg', low=None, high=0.0, of=''))))
    """
    if len(text) > _LONGEST:
        raise InputError(f"a condition of {len(text):,} characters", fix=f"Say it in {_LONGEST:,}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refusal(text, "it cannot be read", getattr(error, "offset", None)) from error
    try:
        return _made(tree.body, text)
    except RecursionError as error:
        raise _refusal(text, "it is nested too deeply", None) from error


def _refusal(text: str, why: str, column: int | None) -> InputError:
    at = f" at character {column}" if column else ""
    return InputError(
        f"the condition {text[:60]!r} is not understood{at}: {why}",
        fix='Write it as "off_nadir <= 30 and sun >= 10 and not eclipse"',
    )


def _made(node: ast.expr, text: str) -> Condition:
    if isinstance(node, ast.BoolOp):
        parts = tuple(_made(part, text) for part in node.values)
        return All(parts) if isinstance(node.op, ast.And) else AnyOf(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Not(_made(node.operand, text))
    if isinstance(node, ast.Compare):
        return _compared(node, text)
    if isinstance(node, ast.Name):
        if node.id not in WORDS:
            raise _refusal(text, f"{node.id!r} is no word that stands alone", node.col_offset + 1)
        return WORDS[node.id][1]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MADE and not node.keywords:
        values = [_number(argument, text) for argument in node.args]
        if len(values) == 1:
            return _MADE[node.func.id](values[0])
    raise _refusal(text, "a comparison such as sun >= 10 belongs here", node.col_offset + 1)


def _compared(node: ast.Compare, text: str) -> Condition:
    """``quantity <= number``, the other way round, or a number on both sides of a quantity."""
    terms = [node.left, *node.comparators]
    upward = [isinstance(op, ast.Lt | ast.LtE) for op in node.ops]
    if not all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops) or len(set(upward)) != 1:
        raise _refusal(text, "compare with <= or >=", node.col_offset + 1)
    if not upward[0]:
        terms.reverse()
    names = [number for number, term in enumerate(terms) if isinstance(term, ast.Name | ast.Call)]
    if len(names) != 1 or len(terms) > 3 or (len(terms) == 3 and names != [1]):
        raise _refusal(text, "compare one quantity with numbers", node.col_offset + 1)
    quantity, of = _quantity(terms[names[0]], text)
    before, after = terms[: names[0]], terms[names[0] + 1 :]
    return limit(
        quantity,
        low=_number(before[0], text) if before else None,
        high=_number(after[0], text) if after else None,
        of=of,
    )


def _quantity(node: ast.expr, text: str) -> tuple[str, str]:
    of = ""
    if isinstance(node, ast.Call):
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.Constant | ast.Name):
            raise _refusal(text, "one satellite belongs in the brackets", node.col_offset + 1)
        argument = node.args[0]
        of = argument.id if isinstance(argument, ast.Name) else str(argument.value)
        node = node.func
    name = node.id if isinstance(node, ast.Name) else ""
    name = _SHORT.get(name, name)
    found = [full for full in (name, *(name + unit for unit in _UNITS)) if full in QUANTITIES]
    if not found:
        raise _refusal(text, f"{name!r} is no quantity; see docs/reference/conditions.md", node.col_offset + 1)
    return found[0], of


def _number(node: ast.expr, text: str) -> float:
    sign = 1.0
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        sign, node = (-sign if isinstance(node.op, ast.USub) else sign), node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        try:
            value = float(node.value)
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return sign * value
    raise _refusal(text, "a number belongs here", node.col_offset + 1)
