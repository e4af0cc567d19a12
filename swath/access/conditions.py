"""What must hold for a window? Limits to quantities, joined with ``&``, ``|`` and ``~`` in any way.

A condition is one of six frozen records: a :class:`Limit` to a quantity of ``access.signals``, a station's own
:class:`Horizon`, :class:`All`, :class:`AnyOf`, :class:`Not` of other conditions, and :class:`Always`. Each answers one
question, :meth:`Condition.within`: where inside these spans do you hold? ``All`` passes on what is left from part to
part, ``AnyOf`` unites, ``Not`` subtracts; so windows are combined, never signals, and no kink is searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swath.access.search import ManySignals, Spans, positive_spans
from swath.access.signals import QUANTITIES, Quantity, Situation
from swath.access.span_sets import subtract_spans, unite_spans
from swath.errors import InputError

__all__ = [
    "All",
    "Always",
    "AnyOf",
    "Condition",
    "Horizon",
    "Limit",
    "Not",
    "field_of_view",
    "limit",
    "limits_in",
    "nadir_swath",
    "satellites_named",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

_WIDEST_SECTOR_DEG = 30.0


class Condition(Protocol):
    """Something that holds at some times and not at others, for a satellite and a place."""

    def within(self, situation: Situation, where: Spans) -> Spans:
        """Where inside the spans (their ``signal`` numbers the places) does it hold? Spans inside them, sorted.

        Edges are good to 0.1 ms of the motion that is asked; stretches below 1 ms do not count
        (tests/access/test_conditions.py).
        """

    def __and__(self, other: Condition) -> Condition:
        """Both hold."""
        return All((self, other))

    def __or__(self, other: Condition) -> Condition:
        """At least one holds."""
        return AnyOf((self, other))

    def __invert__(self) -> Condition:
        """It does not hold."""
        return Not(self)


@dataclass(frozen=True)
class Always(Condition):
    """No condition at all."""

    def within(self, situation: Situation, where: Spans) -> Spans:
        """All of it."""
        return unite_spans([where])


@dataclass(frozen=True)
class Limit(Condition):
    """A quantity lies between two values; ``None`` leaves a side open. Made by :func:`limit`, which checks it.

    On a circle (azimuth, local time) the range runs upwards from ``least`` to ``most``, through nought if need be.
    """

    quantity: str
    low: float | None = None
    high: float | None = None
    of: str = ""
    """the other satellite, where the quantity needs one"""

    def within(self, situation: Situation, where: Spans) -> Spans:
        """Search each side inside what the other has left."""
        rule = QUANTITIES[self.quantity]
        if self.quantity == "azimuth_deg":
            return _in_sector(situation, where, *self._range(rule))
        for signal in self._signals(rule, situation):
            where = positive_spans(signal, where, step_s=rule.step_s)
        return unite_spans([where])

    def _signals(self, rule: Quantity, situation: Situation) -> list[ManySignals]:
        low, high = self.low, self.high

        def value(which: Ints, t_s: Floats) -> Floats:
            return rule.of(situation, which, t_s, self.of)

        if rule.turn:
            first, width = self._range(rule)
            to_rad = 2.0 * np.pi / rule.turn
            middle, edge = first + width / 2.0, np.cos(width / 2.0 * to_rad)
            return [lambda which, t_s: np.asarray(np.cos((value(which, t_s) - middle) * to_rad) - edge, np.float64)]
        sides: list[ManySignals] = []
        if low is not None:
            sides.append(lambda which, t_s: value(which, t_s) - low)
        if high is not None:
            sides.append(lambda which, t_s: high - value(which, t_s))
        return sides

    def _range(self, rule: Quantity) -> tuple[float, float]:
        """On a circle: where the range begins, and how wide it is."""
        first = 0.0 if self.low is None else self.low
        return first, ((rule.turn if self.high is None else self.high) - first) % rule.turn or rule.turn


@dataclass(frozen=True)
class All(Condition):
    """Every part holds."""

    parts: tuple[Condition, ...]

    def within(self, situation: Situation, where: Spans) -> Spans:
        """Each part looks only where those before it hold."""
        for part in self.parts:
            where = part.within(situation, where)
        return where


@dataclass(frozen=True)
class AnyOf(Condition):
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def within(self, situation: Situation, where: Spans) -> Spans:
        """The parts' windows, united."""
        return unite_spans([part.within(situation, where) for part in self.parts])


@dataclass(frozen=True)
class Not(Condition):
    """The part does not hold."""

    part: Condition

    def within(self, situation: Situation, where: Spans) -> Spans:
        """What the part leaves over."""
        return subtract_spans(where, self.part.within(situation, where))


@dataclass(frozen=True)
class Horizon(Condition):
    """The satellite stands above a station's least elevation and its mask; of a place that has neither, it holds."""

    def within(self, situation: Situation, where: Spans) -> Spans:
        """Sector by sector of the mask: in the sector, and above its straight line."""
        if (least_deg := situation.ground.least_deg) is not None:
            elevation = QUANTITIES["elevation_deg"].of
            where = positive_spans(lambda which, t_s: elevation(situation, which, t_s, "") - least_deg[which], where)
        masks = {number: _sectors(*mask) for number, mask in situation.ground.masks.items()}
        masked = np.isin(where.signal, list(masks))
        found = [_chosen(where, ~masked)]
        where = _chosen(where, masked)
        for row in range(max((len(sectors) for sectors in masks.values()), default=0)):
            # Places with fewer sectors keep their last one: a window found twice is one window.
            table = np.zeros((len(situation.ground.up), 4))
            for number, sectors in masks.items():
                table[number] = sectors[min(row, len(sectors) - 1)]
            inside = positive_spans(_clockwise_of(situation, table[:, 0], 1.0), where)
            inside = positive_spans(_clockwise_of(situation, table[:, 2], -1.0), inside)
            found.append(positive_spans(_above_line(situation, table), inside))
        return unite_spans(found)


def limit(quantity: str, *, low: float | None = None, high: float | None = None, of: str = "") -> Limit:
    """A condition: the quantity lies between ``low`` and ``high``, in the unit that its name ends with.

    Raises :class:`InputError` for a quantity that does not exist, limits that are no numbers, and a missing or needless
    name of another satellite.

    >>> by_day = limit("off_nadir_deg", high=30.0) & limit("sun_elevation_deg", low=10.0)
    >>> steep_or_high = by_day | ~limit("range_m", low=800e3)
    """
    if quantity not in QUANTITIES:
        raise InputError(f"no quantity {quantity!r}", fix=f"There are {', '.join(sorted(QUANTITIES))}")
    rule = QUANTITIES[quantity]
    if bool(of) != rule.named:
        need = "needs the name of another satellite" if rule.named else "takes no other satellite"
        raise InputError(f"{quantity} {need}", fix=f"Write {quantity}{'(NAME)' if rule.named else ''}")
    values = [value for value in (low, high) if value is not None]
    if not values or not all(np.isfinite(value) for value in values):
        raise InputError(f"limits {low} to {high} of {quantity}", fix="Give at least one number")
    if rule.turn and not all(0.0 <= value <= rule.turn for value in values):
        raise InputError(f"limits {low} to {high} of {quantity}", fix=f"Give 0 to {rule.turn:g}")
    if not rule.turn and low is not None and high is not None and low > high:
        raise InputError(f"{quantity} cannot be above {low:g} and below {high:g}", fix="Exchange the limits")
    return Limit(quantity, low, high, of)


def limits_in(condition: Condition) -> list[Limit]:
    """Every limit to a quantity in a condition, however deep."""
    if isinstance(condition, All | AnyOf):
        return [limit for part in condition.parts for limit in limits_in(part)]
    if isinstance(condition, Not):
        return limits_in(condition.part)
    return [condition] if isinstance(condition, Limit) else []


def satellites_named(condition: Condition) -> set[str]:
    """Which other satellites does a condition compare with?"""
    return {limit.of for limit in limits_in(condition) if limit.of}


def nadir_swath(width_m: float, *, length_m: float = 20e3) -> Condition:
    """Does a camera that looks straight down see the place? It lies in a strip ``width_m`` wide under the track.

    A line scanner sees a place for an instant; the window is the time for which the place is within half of
    ``length_m`` of that line (20 km: three seconds). Distances are great circles on a sphere through the place, within
    0.4 % of those on the ellipsoid.
    """
    half_m, reach_m = width_m / 2.0, length_m / 2.0
    return limit("along_m", low=-reach_m, high=reach_m) & limit("across_m", low=-half_m, high=half_m)


def field_of_view(across_deg: float, *, along_deg: float = 1.5, roll_deg: float = 0.0) -> Condition:
    """Does a camera fixed at a roll see the place? It lies in a field ``across_deg`` wide and ``along_deg`` long."""
    across, along = across_deg / 2.0, along_deg / 2.0
    return limit("pitch_deg", low=-along, high=along) & limit("roll_deg", low=roll_deg - across, high=roll_deg + across)


def _chosen(spans: Spans, rows: npt.NDArray[np.bool_]) -> Spans:
    return Spans(spans.signal[rows], spans.start_s[rows], spans.stop_s[rows])


def _sectors(azimuth_deg: Floats, elevation_deg: Floats) -> Floats:
    """Rows (from azimuth, elevation, to azimuth, elevation) once round, none wider than 30 degrees."""
    round_deg = np.concatenate([azimuth_deg, azimuth_deg[:1] + 360.0])
    heights = np.concatenate([elevation_deg, elevation_deg[:1]])
    first, last = round_deg[:-1], round_deg[1:]
    pieces = np.maximum(np.ceil((last - first) / _WIDEST_SECTOR_DEG), 0).astype(int)
    cuts = [np.linspace(a, b, n + 1)[:-1] for a, b, n in zip(first, last, pieces, strict=True)]
    edges = np.append(np.concatenate(cuts), round_deg[-1])
    level = np.interp(edges, round_deg, heights)
    return np.column_stack([edges[:-1], level[:-1], edges[1:], level[1:]])


def _in_sector(situation: Situation, where: Spans, first_deg: float, width_deg: float) -> Spans:
    """A sector of azimuth lies between two planes, which a pass overhead crosses smoothly where its azimuth leaps."""
    if width_deg > 180.0:
        if width_deg == 360.0:
            return unite_spans([where])
        outside = _in_sector(situation, where, first_deg + width_deg, 360.0 - width_deg)
        return subtract_spans(where, outside)
    for azimuth_deg, sign in ((first_deg, 1.0), (first_deg + width_deg, -1.0)):
        every = np.full(len(situation.ground.up), azimuth_deg)
        where = positive_spans(_clockwise_of(situation, every, sign), where)
    return unite_spans([where])


def _clockwise_of(situation: Situation, azimuth_deg: Floats, sign: float) -> ManySignals:
    """Is the satellite to the right (sign 1) or left (-1) of a vertical plane through the place? Metres from it."""

    def ask(which: Ints, t_s: Floats) -> Floats:
        east, north = situation.ground.level(which)
        sight, azimuth = situation.sight(which, t_s), np.radians(azimuth_deg[which])
        aside = np.sum(sight * east, -1) * np.cos(azimuth) - np.sum(sight * north, -1) * np.sin(azimuth)
        return np.asarray(sign * aside, np.float64)

    return ask


def _above_line(situation: Situation, table: Floats) -> ManySignals:
    def ask(which: Ints, t_s: Floats) -> Floats:
        azimuth = QUANTITIES["azimuth_deg"].of(situation, which, t_s, "")
        from_deg, from_level, to_deg, to_level = table[which].T
        along = ((azimuth - from_deg + 180.0) % 360.0 - 180.0) / (to_deg - from_deg)
        level = from_level + np.clip(along, 0.0, 1.0) * (to_level - from_level)
        return np.asarray(QUANTITIES["elevation_deg"].of(situation, which, t_s, "") - level, np.float64)

    return ask
