"""Frames hold the packets and point at them; the channel loses what it says."""

from __future__ import annotations

import binascii

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.fly.channel import Channel, arriving
from swath.fly.frames import UNIT_BYTES, FrameCounts, PacketStream, in_frames
from swath.spacecraft.link_format import FRAME_DATA_BYTES, NO_PACKET_START, SYNC_MARKER


@given(sizes=st.lists(st.integers(24, 3000), min_size=1, max_size=6), first=st.integers(0, 1000))
def test_frames_hold_the_packets_and_point_at_them(sizes: list[int], first: int) -> None:
    """Read as CCSDS 132.0-B-3, 4.1.2 says: whatever the sizes, also those that leave 1 to 6 bytes in the last frame."""
    packets = [bytes([k + 1]) * size for k, size in enumerate(sizes)]
    begun = FrameCounts(first, (first,) * 8)
    units, counts = in_frames(PacketStream.of(packets), spacecraft_id=0x2A7, channel=2, counts=begun)
    assert all(unit.tobytes().startswith(SYNC_MARKER) for unit in units)
    frames = [unit[4:].tobytes() for unit in units]
    assert counts.master == counts.channels[2] == first + len(frames) and counts.channels[1] == first
    for k, frame in enumerate(frames):
        assert binascii.crc_hqx(frame, 0xFFFF) == 0
        assert int.from_bytes(frame[:2], "big") == 0x2A7 << 4 | 2 << 1  # version 0, channel 2, no control field
        assert frame[2] == frame[3] == (first + k) % 256
        assert frame[4] >> 3 == 0b00011
    stream = b"".join(frame[6:-2] for frame in frames)
    starts = list(np.cumsum([0, *map(len, packets)]))
    idle = stream[starts[-1] :]
    assert stream[: starts[-1]] == b"".join(packets)
    if idle:
        assert idle[:4] == bytes.fromhex("07ffc000") and int.from_bytes(idle[4:6], "big") == len(idle) - 7
    else:
        starts.pop()
    for k, frame in enumerate(frames):
        inside = [s - k * FRAME_DATA_BYTES for s in starts if 0 <= s - k * FRAME_DATA_BYTES < FRAME_DATA_BYTES]
        assert int.from_bytes(frame[4:6], "big") & 0x7FF == (inside[0] if inside else NO_PACKET_START)


def test_the_channel_loses_and_damages_what_it_says_and_the_same_seed_does_the_same() -> None:
    packets = [np.random.default_rng(k).integers(0, 256, 1000, dtype=np.uint8).tobytes() for k in range(900)]
    units, _ = in_frames(PacketStream.of(packets), spacecraft_id=5, channel=2, counts=FrameCounts())
    channel = Channel(0.2, 3.0, damaged_share=0.5)
    came, whole = arriving(units, channel, np.random.default_rng(3))
    again, _ = arriving(units, channel, np.random.default_rng(3))
    assert np.array_equal(came, again)
    other, _ = arriving(units, channel, np.random.default_rng(4))
    assert len(other) != len(came) or not np.array_equal(other, came)
    assert came.shape[1] == UNIT_BYTES  # bits are damaged, lengths are not
    clean = {unit.tobytes() for unit in units}
    good = [u for u in map(bytes, came) if u.startswith(SYNC_MARKER) and binascii.crc_hqx(u[4:], 0xFFFF) == 0]
    assert len(good) == whole and set(good) <= clean  # error control finds every damaged one
    assert whole < len(came) < len(units)
    assert 0.1 < 1.0 - whole / len(units) < 0.3
    assert np.array_equal(arriving(units, Channel(), np.random.default_rng(0))[0], units)
    assert arriving(units[:0], channel, np.random.default_rng(0))[1] == 0


@pytest.mark.parametrize("loss", [-0.1, 1.1, float("nan")])
def test_a_loss_is_a_share(loss: float) -> None:
    with pytest.raises(InputError, match="loss"):
        Channel(loss)
