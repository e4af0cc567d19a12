"""Which frames did the antenna hear, and which packets lie on each virtual channel of each spacecraft?

The bytes are taken as hostile: nothing in them can make this fail, loop or ask for more than three times their size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.link_kernels import cut_packets, find_frames, join_fields
from swath.spacecraft.link_format import FRAME_BYTES, FRAME_DATA_BYTES, IDLE_APID, SYNC_MARKER

__all__ = ["ChannelPackets", "Recording", "channel_packets", "find_recording"]

Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64]

_CONTROL_BYTES = 4


@dataclass(frozen=True, eq=False)
class Recording:
    """The good frames in the bytes of a contact."""

    heard: Bytes
    offsets: Whole
    """where each begins, after its marker"""
    spacecraft: Whole
    """CCSDS spacecraft identifier of each"""
    channel: Whole
    """virtual channel of each; -1 for another version of frame"""
    control: npt.NDArray[np.bool_]
    """does it carry an operational control field?"""
    bad: int
    """at a sync marker, but cut short or with a wrong error control"""


@dataclass(frozen=True, eq=False)
class ChannelPackets:
    """One virtual channel of one spacecraft."""

    spacecraft: int
    stream: Bytes
    """the frames' data fields"""
    rows: Whole
    """``(n, 2)`` start and length in it of each packet whose error control agrees"""
    frames_good: int
    frames_missing: int
    """by the gaps in the counter, modulo 256 a gap"""
    packets_bad: int
    control: bytes = b""
    """the last operational control field, if frames carry one"""


def find_recording(data: bytes | bytearray | memoryview | Bytes) -> Recording:
    """Find sync markers and check each frame; what is between is passed over. Never raises."""
    heard = np.frombuffer(data, np.uint8)
    room = np.empty(len(heard) // (FRAME_BYTES + len(SYNC_MARKER)) + 1, np.int64)
    good, bad = find_frames(heard, np.frombuffer(SYNC_MARKER, np.uint8), FRAME_BYTES, room)
    offsets = room[:good]
    first, second = heard[offsets].astype(np.int64), heard[offsets + 1].astype(np.int64)
    channel = np.where(first >> 6 == 0, second >> 1 & 7, -1)
    return Recording(heard, offsets, (first & 0x3F) << 4 | second >> 4, channel, (second & 1).astype(bool), bad)


def channel_packets(
    recording: Recording, channel: int, *, least_bytes: int, control: bool = False
) -> tuple[ChannelPackets, ...]:
    """The packets on a virtual channel, for each spacecraft that was heard on it.

    ``least_bytes``: shorter packets are bad. ``control``: frames with an operational control field are looked at
    instead of those without.
    """
    ours = (recording.channel == channel) & (recording.control == control)
    owners = recording.spacecraft[ours]
    return tuple(
        _one_channel(recording.heard, recording.offsets[ours][owners == number], int(number), least_bytes, control)
        for number in np.unique(owners)
    )


def _one_channel(heard: Bytes, offsets: Whole, spacecraft: int, least_bytes: int, control: bool) -> ChannelPackets:
    counter = heard[offsets + 3].astype(np.int64)
    step = np.diff(counter, prepend=counter[0] - 1) & 0xFF
    again = np.flatnonzero(step == 0)
    twice = [k for k in again if np.array_equal(_frame(heard, offsets[k]), _frame(heard, offsets[k - 1]))]
    offsets, step = np.delete(offsets, twice), np.delete(step, twice)
    pointers = (heard[offsets + 4].astype(np.int64) & 7) << 8 | heard[offsets + 5]
    size = FRAME_DATA_BYTES - (_CONTROL_BYTES if control else 0)
    stream = np.empty(len(offsets) * size, np.uint8)
    join_fields(heard, offsets, size, stream)
    found = np.empty((len(stream) // least_bytes + 1, 2), np.int64)
    good, bad = cut_packets(stream, pointers, step != 1, size, IDLE_APID, least_bytes, found)
    end = offsets[-1] + FRAME_BYTES - 2
    return ChannelPackets(
        spacecraft=spacecraft,
        stream=stream,
        rows=found[:good],
        frames_good=len(offsets),
        frames_missing=int(((step - 1) & 0xFF).sum()),
        packets_bad=bad,
        control=heard[end - _CONTROL_BYTES : end].tobytes() if control else b"",
    )


def _frame(heard: Bytes, offset: int) -> Bytes:
    return heard[offset : offset + FRAME_BYTES]
