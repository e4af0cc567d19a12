"""Growth: the atlas sees what satellites see, and the search is never worse than what it begins with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.design.atlas import Atlas, Slot, atlas_of, own_columns, slot_columns
from swath.design.evolve import evolve
from swath.design.growth import Grown, best_pattern, exact_coverage, grow, pareto, search, slots_coverage, value_of
from swath.design.planes import node_of_local_time_deg
from swath.design.regions import area, globe, parallel
from swath.design.sensors import Sensor
from swath.design.shapes import OrbitShape, sun_synchronous
from swath.errors import InputError
from swath.frames import EARTH_ROTATION_RAD_S
from swath.model import Place
from swath.operate.design_search import grown

START = np.datetime64("2027-03-01T00:00:00", "ns")
COUNTRY = area(Place.box("country", lon_deg=127.0, lat_deg=40.0, width_m=500e3, height_m=600e3), points=12)
FIRST = Slot(0, node_of_local_time_deg(22.5, START), 0.0)


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return atlas_of(sun_synchronous(6_878_137.0), Sensor(30.0, 10.0), COUNTRY, START, 16.0)


@pytest.fixture(scope="module")
def steps(atlas: Atlas) -> list[Grown]:
    return grow([atlas], (FIRST,), 3, seed=1)


@given(st.integers(0, 719), st.floats(0.0, 359.9))
@settings(max_examples=8)
def test_the_atlas_sees_what_the_satellite_sees(halves: int, phase_deg: float) -> None:
    """Exactly so where the turn of the plane comes to whole half degrees."""
    held = _tilted()
    late_s = phase_deg / 360.0 * held.period_s
    raan_deg = halves / 2.0 - (np.degrees(EARTH_ROTATION_RAD_S) - held.node_deg_s) * late_s
    point, start_s, closest_s, stop_s = slot_columns(held, raan_deg, phase_deg)
    own_point, own_start_s, own_closest_s, own_stop_s = own_columns(held, Slot(0, raan_deg, phase_deg))
    inside = [(c > 300.0) & (c < held.span_s - 300.0) for c in (closest_s, own_closest_s)]
    order = [np.lexsort((c, p)) for p, c in ((point, closest_s), (own_point, own_closest_s))]
    ours = [column[order[0]][inside[0][order[0]]] for column in (point, start_s, closest_s, stop_s)]
    theirs = [c[order[1]][inside[1][order[1]]] for c in (own_point, own_start_s, own_closest_s, own_stop_s)]
    lasts = theirs[3] - theirs[1]
    assert abs(len(ours[0]) - len(theirs[0])) <= 1  # a look that just grazes
    if len(ours[0]) == len(theirs[0]):
        assert (ours[0] == theirs[0]).all()
        assert np.abs(ours[2] - theirs[2]).max() < 1.0
        assert np.abs((ours[3] - ours[1] - lasts)[lasts > 40.0]).max() < 3.0


_HELD: list[Atlas] = []


def _tilted() -> Atlas:
    if not _HELD:
        region = parallel("30 N", 30.0, 36)
        _HELD.append(atlas_of(OrbitShape(6_950e3, 52.0), Sensor(35.0), region, START, 10.0))
    return _HELD[0]


def test_growth_is_never_worse_than_the_pattern_or_the_plane(steps: list[Grown]) -> None:
    assert [step.satellites for step in steps] == [1, 2, 3, 4]
    for step in steps:
        assert step.free.days <= min(step.pattern.days, step.chosen.days, step.toward.days) + 1e-9
        assert step.spread is None or step.free.days <= step.spread.days + 1e-9
        assert len(step.losses_days) == step.satellites
        assert min(step.losses_days) >= step.chosen.days - 1e-9
        assert step.chosen.slots[0] == step.free.slots[0] == step.toward.slots[0] == FIRST
    values = [step.chosen.days for step in steps]
    assert values == sorted(values, reverse=True)
    assert steps[-1].toward.days == pytest.approx(steps[-1].free.days, rel=0.15)


def test_answers_are_measured_by_their_own_motion(atlas: Atlas, steps: list[Grown]) -> None:
    for found in (steps[2].chosen, steps[3].free):
        assert value_of(exact_coverage([atlas], found.slots), "response_p95") == pytest.approx(found.days)


def test_one_plane_cannot_beat_a_day_and_two_can(steps: list[Grown]) -> None:
    """In one sun-synchronous plane there is one local time: the 95th percentile stops near 0.93 days."""
    plane = steps[-1].spread
    assert plane is not None and plane.days == pytest.approx(0.94, abs=0.03)
    assert steps[-1].free.days < plane.days


def test_the_same_seed_gives_the_same_with_any_number_of_processes() -> None:
    shape, sensor = sun_synchronous(7_100_000.0), Sensor(45.0)
    region = parallel("60 N", 60.0, 36)
    runs = [
        grown([shape], [sensor], region, START, 4.0, (FIRST,), 1, seed=3, workers=workers)[1] for workers in (1, 1, 2)
    ]
    assert runs[0] == runs[1] == runs[2]


def test_a_second_shape_may_be_chosen_and_what_flies_stays(atlas: Atlas) -> None:
    higher = atlas_of(sun_synchronous(7_100e3), Sensor(45.0, 10.0), COUNTRY, START, 16.0)
    flying = (FIRST, Slot(0, FIRST.raan_deg + 40.0, 100.0))
    one = grow([atlas, higher], flying, 1, seed=0)[-1]
    assert one.chosen.slots[:2] == flying and one.free.slots[:2] == flying
    assert one.chosen.name == "new plane" and one.chosen.slots[2].shape == 1
    assert one.spread is None


def test_search_begins_with_what_is_known(atlas: Atlas) -> None:
    pattern = best_pattern([atlas], FIRST, 4, "gap_largest")
    found = search([atlas], (FIRST,), 4, "gap_largest", 0)
    assert found.days <= pattern.days
    assert value_of(slots_coverage([atlas], found.slots), "gap_largest") == found.days


def test_evolution_finds_the_bottom_and_keeps_the_best_known() -> None:
    aim = np.array([350.0, 20.0, 180.0])

    def cost(angles: np.ndarray) -> float:
        return float(np.sum(((angles - aim + 180.0) % 360.0 - 180.0) ** 2))

    angles, value = evolve(cost, 3, seed=5, generations=80)
    assert value < 5.0 and cost(angles) == value
    assert evolve(cost, 3, seed=5, known=[aim], generations=1)[1] == 0.0
    assert evolve(cost, 3, seed=5)[1] == evolve(cost, 3, seed=5)[1]


def test_fronts_and_refusals(atlas: Atlas) -> None:
    assert pareto([(1, 5.0, 1), (2, 3.0, 2), (3, 3.0, 3), (4, 1.0, 4)]) == [0, 1, 3]
    with pytest.raises(InputError):
        grow([atlas], (), 1)
    with pytest.raises(InputError):
        grow([atlas], (FIRST,), 99)
    with pytest.raises(InputError, match="Say one of"):
        grow([atlas], (FIRST,), 1, goal="best")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="latitudes"):
        atlas_of(atlas.shape, atlas.sensor, globe(rows=60), START, 1.0)
