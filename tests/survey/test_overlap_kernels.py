"""Where a photo's rays meet the ground: one walk outwards finds what looking along every ray finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.survey.overlap_kernels import _lands

HEIGHT_M = 80.0


@given(
    st.lists(st.floats(-30.0, 30.0), min_size=2, max_size=40),
    st.floats(1.0, 20.0),
    st.floats(-0.2, 1.2),
    st.sampled_from([-1.0, 1.0]),
)
def test_every_ray_lands_where_it_first_meets_the_ground(
    heights: list[float], step: float, share: float, side: float
) -> None:
    profile, first = np.array(heights), -0.5 * (len(heights) - 1) * step
    posts = first + step * np.arange(len(heights))
    y0 = first + share * (posts[-1] - first)
    top = float(np.interp(y0, posts, profile)) + HEIGHT_M
    slopes = (np.arange(20) + 0.5) / 20.0 * 0.9
    found = np.empty((20, 2))
    _lands(profile, step, first, y0, side, top, slopes, found)
    down = np.linspace(0.0, 200.0, 20_001)
    for slope, (y, height) in zip(slopes, found, strict=True):
        above = top - down - np.interp(y0 + side * slope * down, posts, profile)
        under = down[np.argmax(above <= 0.0)]
        assert height == pytest.approx(np.interp(y, posts, profile), abs=1e-9)
        # within a step of 1 cm of the first ground that the ray meets; one that only just grazes a post lands there
        grazes = np.abs(above[: np.argmax(above <= 0.0)]).min(initial=np.inf) < 0.5
        assert top - height == pytest.approx(under, abs=0.011) or (grazes and top - height < under)
        assert abs(y - y0) == pytest.approx(slope * (top - height), abs=1e-6)
