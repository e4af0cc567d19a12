from __future__ import annotations

import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.fly.scanner import scan, scan_strips
from swath.fly.sight_kernels import Rays, meet_ground
from swath.fly.world import make_world
from tests.fly.craft import place_in_view
from tests.fly.test_scanner import ORBIT, craft, shot


def test_strips_are_the_lines_of_the_picture_and_stopping_early_leaves_nothing_behind() -> None:
    wanted = shot(1200, 90)
    world = make_world(place_in_view(wanted, ORBIT), extent_m=2500.0, seed=7, margin_m=600.0)
    whole = scan(world, craft(), ORBIT, wanted, seed=1)
    taken = scan_strips(world, craft(), ORBIT, wanted, seed=1)
    strips = list(taken.strips)
    assert [strip.shape for strip in strips] == [(4, 512, 90), (4, 512, 90), (4, 176, 90)]
    assert (np.concatenate(strips, axis=1) == whole.pixels).all() and taken.header == whole.header
    threads = threading.active_count()
    some = scan_strips(world, craft(), ORBIT, wanted, seed=1)
    next(some.strips)
    some.strips.close()  # type: ignore[attr-defined]
    assert threading.active_count() == threads


@settings(max_examples=20)
@given(seed=st.integers(0, 999), slant=st.floats(0.0, 0.9), steep=st.floats(1.0, 120.0))
def test_lines_of_sight_settle_where_a_march_down_the_line_meets_the_ground(
    seed: int, slant: float, steep: float
) -> None:
    """Both ways of :func:`meet_ground` on ground that meets each line once, and the height under the place it says."""
    rng = np.random.default_rng(seed)
    heights = rng.uniform(0.0, steep, (40, 40)).astype(np.float32)
    steepest = float(np.hypot(*(np.abs(np.diff(heights, axis=axis)).max() for axis in (0, 1)))) / 16.0
    angle = rng.uniform(0.0, 2.0 * np.pi)
    node = np.array([[150.0, 400.0], [150.0, 400.0]])[None]
    dx, dy = (np.full_like(node, slant * part) for part in (np.cos(angle), np.sin(angle)))
    rays = Rays(node, node.transpose(0, 2, 1).copy(), dx, dy, 32.0, 32.0)
    settled, marched = np.empty((12, 12), np.float32), np.empty((12, 12), np.float32)
    meet_ground(rays, heights, 16.0, -1.0, steep + 1.0, steepest, 4, 4, settled)
    meet_ground(rays, heights, 16.0, -1.0, steep + 1.0, 1e9, 4, 4, marched)
    if slant * steepest < 0.98:
        assert np.abs(settled - marched).max() < 0.03
