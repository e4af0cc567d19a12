from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from swath.access.windows import Stretches, clip, intersect, subtract, unite

LONG = 60
STRETCHES = st.lists(st.tuples(st.integers(0, LONG), st.integers(0, LONG)), max_size=8)


def pair(stretches: list[tuple[int, int]], unit: str) -> Stretches:
    table = np.array(stretches, np.int64).reshape(-1, 2)
    return (table[:, 0].astype(unit), table[:, 1].astype(unit))


def cells(stretches: list[tuple[int, int]]) -> np.ndarray:
    """The same as one flag for each second."""
    held = np.zeros(LONG, bool)
    for start, stop in stretches:
        held[start:stop] = True
    return held


def as_cells(found: Stretches) -> np.ndarray:
    return cells([(int(a.astype(np.int64)), int(b.astype(np.int64))) for a, b in zip(*found, strict=True)])


UNITS = st.sampled_from(["f8", "datetime64[ns]"])


@given(STRETCHES, STRETCHES, STRETCHES, UNITS)
def test_set_operations_are_those_of_the_seconds(
    a: list[tuple[int, int]], b: list[tuple[int, int]], c: list[tuple[int, int]], unit: str
) -> None:
    pa, pb, pc = (pair(s, unit) for s in (a, b, c))
    ca, cb, cc = (cells(s) for s in (a, b, c))
    for found, want in (
        (unite(pa), ca),
        (unite(pa, pb, pc), ca | cb | cc),
        (intersect(pa, pb), ca & cb),
        (subtract(pa, pb), ca & ~cb),
        (
            clip(pa, *(pair([(10, 40)], unit)[n][0] for n in (0, 1))),
            ca & (np.arange(LONG) // 10 % 10 >= 1) & (np.arange(LONG) < 40),
        ),
    ):
        np.testing.assert_array_equal(as_cells(found), want)
        start, stop = found
        assert start.dtype == stop.dtype == np.dtype(unit)
        assert (stop > start).all()
        assert (start[1:] > stop[:-1]).all()  # sorted and apart


@given(STRETCHES, STRETCHES)
def test_a_set_is_its_common_part_and_the_rest(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> None:
    pa, pb = pair(a, "f8"), pair(b, "f8")
    again = unite(intersect(pa, pb), subtract(pa, pb))
    for got, want in zip(again, unite(pa), strict=True):
        np.testing.assert_array_equal(got, want)
