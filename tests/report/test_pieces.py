"""Words, scales, land and layers: the small parts of the report."""

from __future__ import annotations

import dataclasses
import io
import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from swath.model import Estimate, Place, Refusal
from swath.report.chart import track_pieces
from swath.report.facts import FLOODED, counts, displaced, extent, reason_words, refused_groups, verdict
from swath.report.land import land_within
from swath.report.outcome import Tracks
from swath.report.raster import edge_png, hatch_png, likelihood_png, photo_uri, shrink
from swath.report.svg import Axis, esc, hours_between, line_path, nice_step, tag, ticks
from swath.report.words import clock, count, degrees, interval, listed, number, percent, quantity, shortened, size, span
from swath.sources.land import land_rings
from swath.time import seconds
from tests.report.synthetic import outcome, stopped

finite = st.floats(allow_nan=False, allow_infinity=False)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        *((0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (471, "7 min 51 s"), (991, "17 min"), (3599.7, "1 h")),
        *((18720, "5 h 12 min"), (86400, "24 h"), (-90, "-1 min 30 s"), (200000, "2 d 8 h"), (math.nan, "-")),
    ],
)
def test_durations(duration_s: float, text: str) -> None:
    assert span(duration_s) == text


@given(st.floats(0, 1e7))
def test_a_duration_in_words_is_true_to_its_last_unit(duration_s: float) -> None:
    unit_s = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    parts = span(duration_s).split()
    read_s = sum(int(n) * unit_s[u] for n, u in zip(parts[::2], parts[1::2], strict=True))
    slack = 0.5 if duration_s < 599 else 30.5 if duration_s < 172000 else 1831
    assert abs(read_s - duration_s) <= slack


def test_times_show_the_date_only_where_it_differs() -> None:
    at, day = np.datetime64("2026-05-08T23:59:59.7", "ns"), np.datetime64("2026-05-08", "ns")
    assert clock(at, day=day) == "2026-05-09 00:00:00Z"
    assert clock(at - seconds(1.0), day=day) == "23:59:59Z"
    assert clock(None) == clock(np.datetime64("NaT")) == "-"


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(41.83, "km2", 38.2, 45.9), "41.8 km2 (38.2-45.9, 90 %)"),
        (Estimate(0.1234, "1", 0.1, 0.15, 0.95), "0.123 (0.100-0.150, 95 %)"),
        (Estimate(-1.0, "m", -2.04, 0.1), "-1.0 m (-2.0 to 0.1, 90 %)"),
        (Estimate(3.1, "km2", because="counted"), "3.1 km2"),
        (Estimate(math.nan, "km2", because="not seen"), "unknown km2"),
        (Estimate(12345.6, "m", 12000.0, 13000.0), "12346 m (12000-13000, 90 %)"),
    ],
)
def test_quantities(estimate: Estimate, text: str) -> None:
    assert quantity(estimate) == text


@given(finite, st.floats(1e-9, 1e12), st.floats(0, 1))
def test_an_interval_in_words_never_hides_that_it_is_one(value: float, width: float, share: float) -> None:
    assume(abs(value) < 1e12 and width > 2e-4)
    low, high = value - share * width, value + (1 - share) * width
    assume(high - low > 2e-4)
    first, last = (
        interval(Estimate(value, "m", low, high))
        .rsplit(",", 1)[0]
        .replace(" to ", "|")
        .rsplit("|" if low < 0 else "-", 1)
    )
    assert float(first) < float(last)


@given(st.floats(0, 1))
def test_a_small_share_is_never_printed_as_nothing(share: float) -> None:
    assert (percent(share) == "0.0 %") == (share == 0)


@pytest.mark.parametrize(
    ("bits", "text"), [(0, "0 B"), (8e3, "1.0 kB"), (1.52e10, "1.9 GB"), (7.9999e9, "1.0 GB"), (8e15, "1000 TB")]
)  # fmt: skip
def test_sizes(bits: float, text: str) -> None:
    assert size(bits) == text


def test_plain_words() -> None:
    assert count(1, "order") == "1 order" and count(1640000, "frame") == "1,640,000 frames"
    assert degrees(-70.87, -52.93) == "52.93 S 70.87 W"
    assert listed("abcdefg", most=3) == "a, b, c and 4 more"
    assert number(-0.0004, 2) == "0.00" and number(3.10) == "3.1" and number(0.0) == "0"


@given(st.text(max_size=300), st.integers(0, 100))
def test_shortened_text_is_one_printable_line(text: str, width: int) -> None:
    short = shortened(text, width)
    assert len(short) <= width and (short.isprintable() or not short)


# --- facts -----------------------------------------------------------------------------------------------------------


def test_orders_are_counted_once_wherever_they_got_to() -> None:
    found = counts(outcome())
    assert (found.ordered, found.planned, found.imaged, found.delivered) == (201, 188, 188, 188)
    assert found.refused == found.ordered - found.planned
    assert counts(stopped("not_delivered")).delivered == 187


def test_groups_of_refusals_hold_each_once_most_frequent_first() -> None:
    groups = refused_groups(outcome())
    sizes = [len(g.refusals) for g in groups]
    assert sizes == sorted(sizes, reverse=True) and sum(sizes) == len(outcome().plan.refused)
    assert "lost to flood-01" in [g.words for g in groups]
    assert reason_words("a_new_reason") == "a new reason" and reason_words("lost_to:a,b") == "lost to a, b"


def test_orders_that_lost_to_routine_ones_are_one_group() -> None:
    refused = tuple(Refusal(f"r{n}", f"lost_to:field-{n}", "because") for n in range(5))
    run = dataclasses.replace(outcome(), plan=dataclasses.replace(outcome().plan, refused=refused))
    assert [(g.reason, g.words, len(g.refusals)) for g in refused_groups(run)] == [
        ("lost_to", "lost to orders worth more", 5)
    ]


def test_a_picture_from_before_the_mission_is_not_a_delivery() -> None:
    run = stopped("not_delivered")
    earlier = dataclasses.replace(run.scenes[0], request="flood-01", acquisition="before-SW-1", id="before-SW-1")
    assert counts(dataclasses.replace(run, scenes=(*run.scenes, earlier))).delivered == 187


def test_displaced_orders_are_those_of_the_first_plan_only() -> None:
    run = outcome()
    gone = dataclasses.replace(
        run, plan=dataclasses.replace(run.plan, acquisitions=run.plan.acquisitions.take(slice(2, None)))
    )
    assert set(displaced(gone)) == set(run.first_plan.acquisitions.request) - set(gone.plan.acquisitions.request)
    assert len(displaced(gone)) == 2


def test_the_extent_is_said_as_ordered() -> None:
    flood = outcome().requests[-1]
    assert extent(flood) == "20 x 15 km"
    assert extent(outcome().requests[50]) == "2.0 km square"
    assert flood.place.ring != Place.point("x", lon_deg=0, lat_deg=0).ring


def test_the_verdict_keeps_the_estimate_as_it_is() -> None:
    assert verdict(outcome()).flooded == outcome().products[0].estimates[FLOODED]
    assert verdict(stopped("nothing_seen")).flooded is None


# --- drawing ---------------------------------------------------------------------------------------------------------


def test_markup_is_escaped() -> None:
    assert esc("<b a='\"'>&\x00") == "&lt;b a=&#x27;&quot;&#x27;&gt;&amp; "
    assert tag("g", class_='a"b', stroke_width=1.0, x=None) == '<g class="a&quot;b" stroke-width="1"></g>'


@given(st.floats(1e-6, 1e9), st.integers(1, 20))
def test_a_nice_step_is_round_and_coarse_enough(whole: float, most: int) -> None:
    step = nice_step(whole, most)
    assert whole / step <= most * (1 + 1e-6)
    assert min(abs(step / 10 ** math.floor(math.log10(step) + 1e-9) - m) for m in (1, 2, 5)) < 1e-6
    assert step <= whole / most * 2.5 * (1 + 1e-6)


def test_ticks_are_inside_and_complete() -> None:
    assert ticks(-0.3, 1.0, 0.2) == [-0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_the_time_axis_is_linear_and_holds_its_ends() -> None:
    start = np.datetime64("2026-05-08T00:00", "ns")
    axis = Axis(start, start + seconds(100.0), 10.0, 20.0)
    assert axis(start + seconds(np.array([-5.0, 0.0, 25.0, 100.0, 1e6]))).tolist() == [10.0, 10.0, 12.5, 20.0, 20.0]
    assert [str(h)[11:13] for h in hours_between(start + seconds(60.0), start + seconds(86400.0), most=8)] == [
        f"{h % 24:02d}" for h in range(3, 25, 3)
    ]


def test_a_path_skips_points_that_do_not_move_the_pen() -> None:
    assert line_path([0, 0.01, 1], [0, 0.01, 2], close=True) == "M0 0L1 2Z"
    assert line_path([], []) == ""


def test_a_track_is_cut_at_the_date_line_and_nowhere_else() -> None:
    for satellite in outcome().satellites:
        track = outcome().tracks.take(outcome().tracks.satellite == satellite.id)
        pieces = track_pieces(track)
        assert all(np.abs(np.diff(x)).max() < 90 for x, _ in pieces)
        wraps = int(np.sum(np.abs(np.diff(track.lon_deg)) > 180))
        assert len(pieces) == wraps + 1
        inside = sum(int(np.sum(np.abs(x) <= 180)) for x, _ in pieces)
        assert inside == len(track)
    assert track_pieces(Tracks.empty()) == []


@pytest.mark.parametrize(
    ("name", "lon", "lat", "land"),
    [
        ("Kansas", -98.5, 38.5, True),
        ("Mid Atlantic", -35.0, 30.0, False),
        ("Po plain", 11.0, 45.1, True),
        ("Adriatic", 14.0, 44.0, False),
        ("Lake Victoria, which GLOBE counts as land", 33.0, -1.0, True),
        ("Tasmania", 146.6, -42.1, True),
        ("Antarctica", 60.0, -80.0, True),
    ],
)
def test_land_is_where_the_atlas_has_it(name: str, lon: float, lat: float, land: bool) -> None:
    rings = land_within(land_rings(), lon - 3, lat - 3, lon + 3, lat + 3, tolerance_deg=0.02)
    inside = sum(shapely.contains_xy(shapely.polygons(ring), lon, lat) for ring in rings)
    assert bool(inside % 2) == land, name


# --- layers ----------------------------------------------------------------------------------------------------------


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 40))
def test_shrinking_keeps_means(rows: int, columns: int, longest: int) -> None:
    values = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    small = shrink(values, longest)
    assert max(small.shape) <= longest
    step = -(-max(rows, columns) // longest)
    assert small[0, 0] == pytest.approx(values[:step, :step].mean(), rel=1e-5)
    assert small[-1, -1] == pytest.approx(
        values[(rows - 1) // step * step :, (columns - 1) // step * step :].mean(), rel=1e-5
    )


def test_likelihood_is_clear_below_a_fifth_and_darkens() -> None:
    pixels = opened(likelihood_png(np.array([[0.0, 19.9, 20.0, 60.0, 100.0]], np.float32)))[0].astype(int)
    assert pixels[:, 3].tolist()[:2] == [0, 0] and (pixels[2:, 3] > 100).all()
    brightness = pixels[2:, :3].sum(1)
    assert brightness[0] > brightness[1] > brightness[2]


def test_edges_and_hatching_stay_inside_their_mask() -> None:
    mask = np.zeros((30, 30), bool)
    mask[5:20, 5:25] = True
    edge, hatch = opened(edge_png(mask))[..., 3] > 0, opened(hatch_png(mask))[..., 3] > 0
    assert not edge[~mask].any() and edge[5, 5:25].all() and not edge[8:17, 8:22].any()
    assert np.array_equal(hatch, mask)
    assert len(np.unique(opened(hatch_png(mask))[mask], axis=0)) == 2


def test_photos_are_small_enough_for_a_page() -> None:
    look = next(iter(outcome().quicklooks.values()))
    uri = photo_uri(look.png, longest_px=300)
    assert uri.startswith("data:image/jpeg;base64,") and len(uri) < 60_000
