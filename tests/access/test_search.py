from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.access.search import Spans, positive_spans, windows_where
from swath.access.windows import Stretches
from swath.errors import DataError, InputError

START = np.datetime64("2026-05-08T00:00:00", "ns")
HOUR = np.timedelta64(1, "h")


def seconds_since(at: np.ndarray) -> np.ndarray:
    return (at - START) / np.timedelta64(1, "ns") * 1e-9


def lengths_s(found: Stretches) -> np.ndarray:
    return (found[1] - found[0]) / np.timedelta64(1, "ns") * 1e-9


@given(st.floats(200.0, 5000.0), st.floats(0.0, 6.28), st.floats(-0.98, 0.98))
def test_windows_of_a_sine_are_known(period_s: float, phase: float, level: float) -> None:
    found = windows_where(
        lambda at: np.sin(2 * np.pi * seconds_since(at) / period_s + phase) - level, START, START + 6 * HOUR
    )
    # sin(x) > level for x in (asin level, pi - asin level) + 2 pi k
    turns = np.arange(-2, 6 * 3600 / period_s + 3)
    first = (np.arcsin(level) - phase + 2 * np.pi * turns) / (2 * np.pi) * period_s
    last = (np.pi - np.arcsin(level) - phase + 2 * np.pi * turns) / (2 * np.pi) * period_s
    want = np.clip(np.stack([first, last], -1), 0.0, 21600.0)
    got = np.stack([seconds_since(found[0]), seconds_since(found[1])], -1)
    got, want = (w[w[:, 1] - w[:, 0] > 1e-3] for w in (got, want))  # the ends of the span may leave a sliver
    np.testing.assert_allclose(got, want, atol=2e-4)


@given(st.floats(1.0, 3599.0), st.floats(0.11, 25.0), st.booleans())
def test_what_hides_between_samples_is_found(middle_s: float, length_s: float, dip: bool) -> None:
    """A hump of 0.11 to 25 s between samples 30 s apart, and a dip of the same form."""

    def hump(at: np.ndarray) -> np.ndarray:
        x = (seconds_since(at) - middle_s) / 100.0
        return (1.0 / (1.0 + x * x) - 1.0 / (1.0 + (length_s / 200.0) ** 2)) * (-1.0 if dip else 1.0)

    found = windows_where(hump, START, START + HOUR)
    edges_s = np.clip([middle_s - length_s / 2, middle_s + length_s / 2], 0.0, 3600.0)
    want_s = [(0.0, edges_s[0]), (edges_s[1], 3600.0)] if dip else [tuple(edges_s)]
    want_s = [(a, b) for a, b in want_s if b - a > 1e-6]
    assert len(found[0]) == len(want_s)
    for got, want in zip(zip(*map(seconds_since, found), strict=True), want_s, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-3)


@given(st.integers(0, 2**31))
def test_a_wavy_signal_against_a_dense_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, period_s, phase = rng.uniform(0.1, 1.0, 4), rng.uniform(240.0, 9000.0, 4), rng.uniform(0, 6.28, 4)
    level = rng.uniform(-1.0, 1.0)

    def g(t_s: np.ndarray) -> np.ndarray:
        return np.sin(np.asarray(t_s)[..., None] / period_s * 2 * np.pi + phase) @ size - level

    found = windows_where(lambda at: g(seconds_since(at)), START, START + 3 * HOUR)
    t_s = np.arange(0.0, 10800.01, 0.2)
    dense = g(t_s) > 0
    inside = np.zeros(len(t_s), bool)
    for start_s, stop_s in zip(*map(seconds_since, found), strict=True):
        inside |= (t_s >= start_s) & (t_s <= stop_s)
    # every sample agrees, unless it lies on an edge
    assert (np.abs(g(t_s))[dense != inside] < 1e-5).all()
    assert lengths_s(found).min(initial=1.0) > 0


def test_always_and_never() -> None:
    always = windows_where(lambda at: np.ones(len(at)), START, START + HOUR)
    assert [w.tolist() for w in always] == [[START.astype(int)], [(START + HOUR).astype(int)]]
    assert len(windows_where(lambda at: np.zeros(len(at)), START, START + HOUR)[0]) == 0


def test_a_kink_is_no_obstacle() -> None:
    found = windows_where(lambda at: 5.0 - np.abs(seconds_since(at) - 1234.5), START, START + HOUR)
    np.testing.assert_allclose([seconds_since(found[0])[0], seconds_since(found[1])[0]], [1229.5, 1239.5], atol=1e-4)


def test_not_a_number_is_an_error_not_a_gap() -> None:
    with pytest.raises(DataError, match="not a number"):
        windows_where(lambda at: np.where(seconds_since(at) > 1800, np.nan, 1.0), START, START + HOUR)


@pytest.mark.parametrize("stop", [START, START - HOUR])
def test_an_empty_span_is_refused(stop: np.datetime64) -> None:
    with pytest.raises(InputError, match="is empty"):
        windows_where(lambda at: np.ones(len(at)), START, stop)


def test_many_signals_at_once_keep_their_numbers_and_order() -> None:
    middles_s = np.array([100.0, 500.0, 900.0])
    where = Spans(np.array([2, 0, 1, 2]), np.array([850.0, 0.0, 0.0, 0.0]), np.array([1000.0, 1000.0, 400.0, 800.0]))
    found = positive_spans(lambda which, t_s: 20.0 - np.abs(t_s - middles_s[which]), where)
    assert found.signal.tolist() == [2, 0]
    np.testing.assert_allclose(found.start_s, [880.0, 80.0], atol=1e-4)
    np.testing.assert_allclose(found.stop_s, [920.0, 120.0], atol=1e-4)
    nothing = Spans(np.empty(0, np.intp), np.empty(0), np.empty(0))
    assert len(positive_spans(lambda which, t_s: t_s, nothing)) == 0
