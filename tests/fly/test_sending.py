"""Links without bytes: the plan's own, and one that loses frames, held to what files by CFDP take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.fly.activities import Activity
from swath.fly.channel import Channel
from swath.fly.frames import UNIT_BYTES
from swath.fly.sending import LossyLink, book_link
from swath.operate.file_day import DownFile, FileDay
from swath.operate.file_link import LinkTerms
from swath.spacecraft.link_format import FILE_SEGMENT_BYTES

DAY = np.datetime64("2026-05-08", "ns")


def contact(rate_bit_s: float, stop_s: float) -> Activity:
    return Activity(0, "c", True, 0.0, stop_s, np.eye(3), rate_bit_s)


def test_by_the_book_bits_flow_at_the_rate_in_the_order_given() -> None:
    parts = book_link(contact(10.0, 8.0), 0.0, 8.0, {4: 30.0, 2: 20.0, 9: 40.0})
    told = [(part.row, part.begin_s, part.stop_s, part.bit) for part in parts]
    assert told == [(4, 0.0, 3.0, 30.0), (2, 3.0, 5.0, 20.0), (9, 5.0, 8.0, 30.0)]


@given(
    loss=st.floats(0.0, 0.9), burst=st.floats(1.0, 30.0), seed=st.integers(0, 999),
    sizes=st.lists(st.integers(1, 2_000_000), min_size=1, max_size=6),
)  # fmt: skip
def test_what_leaves_memory_is_what_got_through(loss: float, burst: float, seed: int, sizes: list[int]) -> None:
    held = {k: float(size) for k, size in enumerate(sizes)}
    link = LossyLink(Channel(loss, burst), seed)
    parts = link(contact(1e6, 6.0), 0.0, 6.0, held)
    assert parts == LossyLink(Channel(loss, burst), seed)(contact(1e6, 6.0), 0.0, 6.0, held)
    (told,) = link.carried
    assert all(0.0 < part.bit <= held[part.row] for part in parts)
    assert [part.row for part in parts] == list(range(len(parts)))
    assert all(part.bit == held[part.row] for part in parts[:-1])  # only the last may be cut off
    edges = [0.0, *(part.stop_s for part in parts)]
    assert edges == sorted(edges) and edges[-1] <= 6.0
    needed = sum(-(-int(part.bit) // (8 * UNIT_BYTES)) for part in parts)
    assert told.frames_sent - told.frames_lost == needed or told.frames_sent == int(6e6 // (8 * UNIT_BYTES))
    assert told.pictures_whole == sum(part.bit == held[part.row] for part in parts)


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.3])
def test_files_by_cfdp_take_hardly_longer(tmp_path: Path, loss: float) -> None:
    """The same bytes over the same kind of channel: frames within 5 %, time and the waits for the last answers."""
    rate_bit_s, size, channel = 10e6, 12_000_000, Channel(loss, 4.0)
    day = FileDay({"a": 1}, tmp_path, DAY, seed=1)
    key = day.load(DownFile("a", "x", np.zeros(size, np.uint8), DAY))
    row: dict[str, Any] = {"id": "c", "satellite": "a", "station": "s"}
    made = day.hold(row, LinkTerms(rate_bit_s, 64e3, channel), 0.0, 60.0)
    took_s = day.whole[key][1]
    on_air_bit = 8.0 * size * UNIT_BYTES / FILE_SEGMENT_BYTES
    link = LossyLink(channel, 1)
    (part,) = link(contact(rate_bit_s, 60.0), 0.0, 60.0, {0: on_air_bit})
    assert part.bit == on_air_bit
    assert made.frames_sent == pytest.approx(link.carried[0].frames_sent, rel=0.05, abs=20)
    assert 0.95 * part.stop_s - 0.5 < took_s < 1.05 * part.stop_s + 1.0 + 60.0 * loss
