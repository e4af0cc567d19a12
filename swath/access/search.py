"""When is a signal positive? The search, which knows nothing of orbits.

A signal is sampled, its hidden extrema between samples are found (a peak that rises above zero and falls back, a dip
that does the reverse), and each crossing is refined. What is needed of a signal: at most one extremum between
neighbouring samples, so ``step_s`` must be shorter than half of its fastest swing. Many signals are searched at once:
``Spans`` say where to look on each, and the signals are asked together, as arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.windows import Stretches
from swath.errors import DataError, InputError
from swath.time import format_utc, seconds

__all__ = ["ManySignals", "Signal", "Spans", "positive_spans", "windows_where"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Times = npt.NDArray[np.datetime64]

Signal = Callable[[Times], Floats]
"""g(t) for UTC times ``(n,)``; a condition holds where g > 0"""
ManySignals = Callable[[Ints, Floats], Floats]
"""g of signal number ``which`` at seconds ``t``, both ``(n,)``"""

_FEWEST_STEPS = 4
_SUMMIT_S = 1e-3
_ZOOM = 7
"""points inside a bracket in each round of narrowing down on an extremum"""


@dataclass(frozen=True)
class Spans:
    """Stretches of the seconds axis, each on one of many signals."""

    signal: Ints
    """number of the signal a stretch belongs to"""
    start_s: Floats
    stop_s: Floats

    def __len__(self) -> int:
        return len(self.signal)


def windows_where(
    signal: Signal, start: np.datetime64, stop: np.datetime64, *, step_s: float = 30.0, tolerance_s: float = 1e-4
) -> Stretches:
    """When, from ``start`` to ``stop``, is one signal positive? ``(starts, stops)``, UTC, sorted.

    Edges are good to ``tolerance_s`` of the signal's own truth. Raises :class:`InputError` for an empty span and
    :class:`DataError` where the signal is not a number.

    >>> import numpy as np
    >>> noon = np.datetime64("2026-05-08T12:00", "ns")
    >>> starts, stops = windows_where(lambda t: 5.0 - abs((t - noon) / np.timedelta64(1, "s")), noon - 60, noon + 60)
    >>> float((stops[0] - starts[0]) / np.timedelta64(1, "s"))
    10.0
    """
    first = start.astype("datetime64[ns]")
    length_s = float((stop - first) / np.timedelta64(1, "s"))
    if not length_s > 0.0:
        raise InputError(
            f"the span from {format_utc(start)} to {format_utc(stop)} is empty", fix="Give a stop after the start"
        )
    whole = Spans(np.zeros(1, np.intp), np.zeros(1), np.array([length_s]))
    found = positive_spans(lambda _, t_s: signal(first + seconds(t_s)), whole, step_s=step_s, tolerance_s=tolerance_s)
    return first + seconds(found.start_s), first + seconds(found.stop_s)


def positive_spans(signals: ManySignals, where: Spans, *, step_s: float = 30.0, tolerance_s: float = 1e-4) -> Spans:
    """Inside the given spans, where is each signal positive? In the order of the spans."""
    ask = _checked(signals)
    span, t_s = _samples(where, step_s)
    g = ask(where.signal[span], t_s)
    extra = [_hidden(ask, where, span, t_s, sign * g, sign) for sign in (1.0, -1.0)]
    span = np.concatenate([span, *(e[0] for e in extra)])
    t_s = np.concatenate([t_s, *(e[1] for e in extra)])
    g = np.concatenate([g, *(e[2] for e in extra)])
    order = np.lexsort((t_s, span))
    span, t_s, holds, g = span[order], t_s[order], g[order] > 0.0, g[order]

    joined = span[1:] == span[:-1]
    edge = np.flatnonzero(joined & (holds[1:] != holds[:-1]))
    root_s = _roots(ask, where.signal[span[edge]], t_s[edge], t_s[edge + 1], g[edge], g[edge + 1], tolerance_s)
    opens = holds & ~np.append(False, joined & holds[:-1])
    closes = holds & ~np.append(joined & holds[1:], False)
    before, after = t_s.copy(), t_s.copy()
    before[edge + 1], after[edge] = root_s, root_s
    found = Spans(where.signal[span[opens]], before[opens], after[closes])
    real = found.stop_s > found.start_s
    return Spans(found.signal[real], found.start_s[real], found.stop_s[real])


def _checked(signals: ManySignals) -> ManySignals:
    def ask(which: Ints, t_s: Floats) -> Floats:
        g = np.asarray(signals(which, t_s), np.float64)
        if np.isnan(g).any():
            raise DataError(
                "a signal is not a number inside the span it is searched in",
                where=f"{t_s[np.isnan(g)][0]:.3f} s after the start",
                fix="Search only where its data reaches",
            )
        return g

    return ask


def _samples(where: Spans, step_s: float) -> tuple[Ints, Floats]:
    """Number of the span and time of each sample; both ends of every span are sampled."""
    length_s = where.stop_s - where.start_s
    steps = np.maximum(np.ceil(length_s / step_s), _FEWEST_STEPS).astype(np.intp)
    span = np.repeat(np.arange(len(where)), steps + 1)
    number = np.arange(len(span)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    return span, where.start_s[span] + number / steps[span] * length_s[span]


def _neighbours(span: Ints, t_s: Floats, rows: Ints) -> tuple[Floats, Floats]:
    """Times of the samples before and after the given ones, on the same span; the sample itself at its ends."""
    before, after = np.maximum(rows - 1, 0), np.minimum(rows + 1, len(span) - 1)
    before = np.where(span[before] == span[rows], before, rows)
    after = np.where(span[after] == span[rows], after, rows)
    return t_s[before], t_s[after]


def _hidden(
    ask: ManySignals, where: Spans, span: Ints, t_s: Floats, g: Floats, sign: float
) -> tuple[Ints, Floats, Floats]:
    """Peaks of ``sign x signal`` that rise above zero between samples which do not: span, time and signal there."""
    joined = span[1:] == span[:-1]
    falls_before = np.append(True, ~joined | (g[1:] >= g[:-1]))
    falls_after = np.append(~joined | (g[:-1] >= g[1:]), True)
    rows = np.flatnonzero((g <= 0.0) & falls_before & falls_after)
    low_s, high_s = _neighbours(span, t_s, rows)
    top_s, top = _summit(
        lambda which, t: sign * ask(which, t), where.signal[span[rows]], low_s, high_s, t_s[rows], g[rows]
    )
    risen = top > 0.0
    return span[rows[risen]], top_s[risen], sign * top[risen]


def _summit(
    ask: ManySignals,
    which: Ints,
    low_s: Floats,
    high_s: Floats,
    best_s: Floats,
    best: Floats,
) -> tuple[Floats, Floats]:
    """Narrow brackets of one maximum each down to a millisecond, or until it is above zero."""
    low_s, high_s, best_s, best = low_s.copy(), high_s.copy(), best_s.copy(), best.copy()
    inside = np.arange(1, _ZOOM + 1) / (_ZOOM + 1)
    while (busy := np.flatnonzero((high_s - low_s > _SUMMIT_S) & (best <= 0.0))).size:
        step_s = (high_s[busy] - low_s[busy]) / (_ZOOM + 1)
        t_s = low_s[busy, None] + (high_s - low_s)[busy, None] * inside
        g = ask(np.repeat(which[busy], _ZOOM), t_s.ravel()).reshape(t_s.shape)
        column = np.argmax(g, axis=1)
        rows = np.arange(len(busy))
        better = g[rows, column] > best[busy]
        best_s[busy] = np.where(better, t_s[rows, column], best_s[busy])
        best[busy] = np.where(better, g[rows, column], best[busy])
        low_s[busy] = np.maximum(low_s[busy], best_s[busy] - step_s)
        high_s[busy] = np.minimum(high_s[busy], best_s[busy] + step_s)
    return best_s, best


def _roots(
    ask: ManySignals, which: Ints, a_s: Floats, b_s: Floats, at_a: Floats, at_b: Floats, tolerance_s: float
) -> Floats:
    """The zero in each bracket ``a .. b``, by Chandrupatla's method (Adv. Eng. Software 28 (1997) 145), all at once."""
    x1, f1, x2, f2 = b_s.copy(), at_b.copy(), a_s.copy(), at_a.copy()
    t = np.full(len(which), 0.5)
    while (busy := np.flatnonzero((np.abs(x2 - x1) > tolerance_s) & (f1 != 0.0) & (f2 != 0.0))).size:
        x = x1[busy] + t[busy] * (x2[busy] - x1[busy])
        f = ask(which[busy], x)
        same = np.sign(f) == np.sign(f1[busy])
        x3, f3 = np.where(same, x1[busy], x2[busy]), np.where(same, f1[busy], f2[busy])
        x2[busy], f2[busy] = np.where(same, x2[busy], x1[busy]), np.where(same, f2[busy], f1[busy])
        x1[busy], f1[busy] = x, f
        t[busy] = _next_share(x1[busy], f1[busy], x2[busy], f2[busy], x3, f3, tolerance_s)
    return np.where(np.abs(f1) < np.abs(f2), x1, x2)


def _next_share(x1: Floats, f1: Floats, x2: Floats, f2: Floats, x3: Floats, f3: Floats, tolerance_s: float) -> Floats:
    """Where in the bracket to look next: inverse quadratic interpolation where it is safe, the middle elsewhere."""
    with np.errstate(all="ignore"):
        xi, phi = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
        safe = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        quadratic = f1 / (f2 - f1) * f3 / (f2 - f3) + (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f3 - f2)
        least = np.minimum(0.5 * tolerance_s / np.abs(x2 - x1), 0.5)
    return np.clip(np.where(safe & np.isfinite(quadratic), quadratic, 0.5), least, 1.0 - least)
