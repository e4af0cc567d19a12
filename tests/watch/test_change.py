"""A made-up place: what is seeded is found on its day, what could not be seen is said, the state is kept and learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import DataError, InputError
from swath.model import Grid
from swath.watch.change import begin_watch, dismiss_change, look_on, renew_watch
from swath.watch.change_rows import outlines_of
from swath.watch.state import CHANGED, NO_CHANGE, NOT_SEEN, Look, PlaceState, Wish, from_arrays, to_arrays
from tests.watch.places import DAY_0, place_looks

CLEARED = {"row": 20, "column": 24, "size_px": 8, "day": 800, "values": [900, 1500, -1500, 2200]}
"""some hectare of bare, dry ground where anything grew"""
WISH = Wish(2000.0)


@pytest.fixture(scope="module")
def made() -> tuple[Grid, list[Look]]:
    return place_looks(48, 3.0, 3, changes=[CLEARED])


@pytest.fixture(scope="module")
def begun(made: tuple[Grid, list[Look]]) -> dict[str, np.ndarray]:
    """The state after two years, as it is kept."""
    grid, looks = made
    early = [look for look in looks if look.at < DAY_0 + np.timedelta64(730, "D")]
    return to_arrays(begin_watch(grid, np.ones(grid.shape, bool), early, WISH)[0])


def after(begun: dict[str, np.ndarray], looks: list[Look]) -> tuple[PlaceState, list[Look]]:
    state = from_arrays({k: v.copy() for k, v in begun.items()})
    return state, [look for look in looks if look.at >= DAY_0 + np.timedelta64(730, "D")]


def test_a_clearing_is_told_where_and_when_it_was(made, begun) -> None:  # type: ignore[no-untyped-def]
    grid, looks = made
    state, late = after(begun, looks)
    found, days = [], []
    for look in late:
        state, one = look_on(state, look)
        found += [(one, row) for row in range(len(one.changes))]
        days += [(look.at, s) for s in one.states.state]
    box = np.zeros(grid.shape, bool)
    box[20:28, 24:32] = True
    right = [(f, row) for f, row in found if box.ravel()[f.pixels[row]].mean() > 0.5]
    assert len(right) == 1 and len(found) <= 3
    one, row = right[0]
    changes = one.changes
    began = DAY_0 + np.timedelta64(CLEARED["day"], "D")
    assert changes.last_same[row] < began <= changes.first_off[row] + np.timedelta64(1, "D")
    clear = [look.at for look in late if look.at >= began and look.unseen[20:28, 24:32].mean() < 0.5]
    assert changes.detected[row] <= clear[5]
    assert changes.size_low_m2[row] <= changes.size_m2[row] <= changes.size_high_m2[row]
    assert 0.4 * 6400 < changes.size_m2[row] < 1.6 * 6400
    assert changes.score_ratio[row] >= changes.threshold_ratio[row] and changes.chance[row] < 0.9
    ring = np.array(one.outlines[row][0])
    assert ring.min(0)[0] <= changes.lon_deg[row] <= ring.max(0)[0]
    words = {str(w) for _, w in days}
    assert words <= {CHANGED, NO_CHANGE, NOT_SEEN} and NO_CHANGE in words and CHANGED in words


def test_a_state_kept_and_read_gives_the_same(made, begun) -> None:  # type: ignore[no-untyped-def]
    _, looks = made
    one, late = after(begun, looks)
    other, _ = after(to_arrays(from_arrays(begun)), looks)
    for look in late[:8]:
        one, a = look_on(one, look)
        other, b = look_on(other, look)
        assert a.states.because.tolist() == b.states.because.tolist()
        assert a.changes.id.tolist() == b.changes.id.tolist()
    broken = {k: v for k, v in begun.items() if k != "0.rings"}
    with pytest.raises(DataError, match="damaged"):
        from_arrays(broken)


def test_what_could_not_be_seen_is_said(made, begun) -> None:  # type: ignore[no-untyped-def]
    grid, looks = made
    state, late = after(begun, looks)
    cloudy = replace(late[0], unseen=np.ones(grid.shape, np.uint8))
    _, found = look_on(state, cloudy)
    assert found.states.state.tolist() == [NOT_SEEN] and "cloud 100%" in found.states.because[0]
    _, few = begin_watch(grid, np.ones(grid.shape, bool), looks[:8], WISH)
    assert set(few.states.state) == {NOT_SEEN} and "too young" in few.states.because[0]


def test_ground_that_changed_is_watched_again_after_a_year(made, begun) -> None:  # type: ignore[no-untyped-def]
    grid, looks = made
    state, late = after(begun, looks)
    later = replace(late[-1], at=late[-1].at + np.timedelta64(1, "D"), id="later")
    for look in late:
        state, _ = look_on(state, look)
    series = next(iter(state.series.values()))
    cleared = np.zeros(grid.shape, bool)
    cleared[22:26, 26:30] = True
    assert (series.watch.status[cleared.ravel()] != 1).mean() > 0.9
    longer = [*looks, *(replace(x, at=x.at + np.timedelta64(366, "D"), id=x.id + "b") for x in late)]
    state = renew_watch(state, looks)
    for look in longer[len(looks) :]:
        state, _ = look_on(state, look)
    state = renew_watch(state, longer)
    assert (next(iter(state.series.values())).watch.status == 1).mean() > 0.95
    with pytest.raises(InputError, match="order of time"):
        look_on(state, later)


def test_a_dismissed_change_raises_the_threshold(made, begun) -> None:  # type: ignore[no-untyped-def]
    state, late = after(begun, made[1])
    for look in late:
        state, found = look_on(state, look)
        if len(found.changes):
            break
    before = len(next(iter(state.series.values())).peaks)
    state = dismiss_change(state, found.changes, 0)
    assert len(next(iter(state.series.values())).peaks) > before


def test_outlines_follow_the_pixels() -> None:
    grid = Grid(32633, 500000.0, 5100000.0, 10.0, 20, 20)
    rings = outlines_of(grid, np.array([21, 22, 41, 42, 210]))
    assert len(rings) == 2 and sorted(len(r) for r in rings) == [5, 5]


def test_looks_that_do_not_fit_are_told(made) -> None:  # type: ignore[no-untyped-def]
    grid, looks = made
    with pytest.raises(InputError, match="one pixel inside"):
        begin_watch(grid, np.zeros(grid.shape, bool), looks)
    with pytest.raises(InputError, match="on the place's grid"):
        begin_watch(grid, np.ones(grid.shape, bool), [replace(looks[0], values=looks[0].values[:, 1:])])
    with pytest.raises(InputError, match="optical or radar"):
        begin_watch(grid, np.ones(grid.shape, bool), [replace(looks[0], sensor="sonar")])
    with pytest.raises(InputError, match="rate above 0"):
        Wish(0.0)
