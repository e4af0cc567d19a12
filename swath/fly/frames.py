"""How do packets become transfer frames? One virtual channel at a time, filled up with an idle packet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.link_kernels import fill_frames
from swath.spacecraft.link_format import (
    CHANNEL_IDLE,
    FRAME_BYTES,
    FRAME_DATA_BYTES,
    IDLE_APID,
    NO_PACKET_START,
    ONLY_IDLE,
    SYNC_MARKER,
)

__all__ = [
    "UNIT_BYTES",
    "FrameCounts",
    "PacketStream",
    "first_header_pointers",
    "frame_count",
    "idle_frames",
    "idle_packet",
    "in_frames",
]

Bytes = npt.NDArray[np.uint8]

UNIT_BYTES = len(SYNC_MARKER) + FRAME_BYTES
_HEAD_BYTES = 6
_FILL = 0x55
_MARKER = np.frombuffer(SYNC_MARKER, np.uint8)


@dataclass(frozen=True)
class FrameCounts:
    """How many frames a spacecraft has sent, in all and on each virtual channel; the headers show them modulo 256."""

    master: int = 0
    channels: tuple[int, ...] = (0,) * 8


@dataclass(frozen=True, eq=False)
class PacketStream:
    """Packets back to back."""

    data: Bytes
    starts: npt.NDArray[np.int64]
    """where each begins"""

    @classmethod
    def of(cls, packets: list[bytes]) -> PacketStream:
        """A few packets one behind the other."""
        sizes = np.array([len(packet) for packet in packets], np.int64)
        return cls(np.frombuffer(b"".join(packets), np.uint8), np.cumsum(sizes) - sizes)

    @classmethod
    def joined(cls, streams: list[PacketStream]) -> PacketStream:
        """Streams one behind the other."""
        if len(streams) == 1:
            return streams[0]
        bases = np.cumsum([0, *(len(stream.data) for stream in streams)])
        starts = [stream.starts + base for stream, base in zip(streams, bases[:-1], strict=True)]
        data = [np.empty(0, np.uint8), *(stream.data for stream in streams)]
        return cls(np.concatenate(data), np.concatenate([np.empty(0, np.int64), *starts]))


def in_frames(
    packets: PacketStream, *, spacecraft_id: int, channel: int, counts: FrameCounts, control: bytes = b""
) -> tuple[Bytes, FrameCounts]:
    """Channel units ``(n, UNIT_BYTES)`` that hold these packets on a virtual channel, and the counts after them.

    ``control``: the four bytes of an operational control field (CCSDS 132.0-B-3, 4.1.5), in every frame, or none. A
    channel always has one or never does.
    """
    if len(control) not in (0, 4) or not 0 <= channel < 8:
        raise InputError(f"channel {channel} with a control field of {len(control)} bytes", fix="0 to 7; 0 or 4 bytes")
    size = FRAME_DATA_BYTES - len(control)
    frames = frame_count(len(packets.data), size)
    idle = idle_packet(frames * size - len(packets.data))
    starts = np.append(packets.starts, len(packets.data)) if idle else packets.starts
    stream = np.concatenate([packets.data, np.frombuffer(idle, np.uint8)]) if idle else packets.data
    units = np.empty((frames, UNIT_BYTES), np.uint8)
    counters = np.array([counts.master, counts.channels[channel]], np.int64)
    fill_frames(
        stream, first_header_pointers(starts, frames, size), counters, spacecraft_id, channel,
        np.frombuffer(control, np.uint8), _MARKER, units,
    )  # fmt: skip
    return units, _counted(counts, channel, frames)


def idle_frames(frames: int, *, spacecraft_id: int, counts: FrameCounts) -> tuple[Bytes, FrameCounts]:
    """Channel units ``(frames, UNIT_BYTES)`` that hold nothing, and the counts after them (CCSDS 132.0-B-3, 4.1.4.6).

    They keep the receiver on the ground in lock while there is nothing to say.
    """
    units = np.empty((frames, UNIT_BYTES), np.uint8)
    counters = np.array([counts.master, counts.channels[CHANNEL_IDLE]], np.int64)
    fill_frames(
        np.full(frames * FRAME_DATA_BYTES, _FILL, np.uint8), np.full(frames, ONLY_IDLE, np.int64), counters,
        spacecraft_id, CHANNEL_IDLE, np.frombuffer(b"", np.uint8), _MARKER, units,
    )  # fmt: skip
    return units, _counted(counts, CHANNEL_IDLE, frames)


def _counted(counts: FrameCounts, channel: int, frames: int) -> FrameCounts:
    sent = tuple(count + (frames if number == channel else 0) for number, count in enumerate(counts.channels))
    return replace(counts, master=counts.master + frames, channels=sent)


def frame_count(stream_bytes: int, size: int = FRAME_DATA_BYTES) -> int:
    """Frames for that many bytes. The last is filled by an idle packet; too little room for one takes another frame."""
    frames, rest = divmod(stream_bytes, size)
    return frames + (0 if rest == 0 else 1 if size - rest > _HEAD_BYTES else 2)


def idle_packet(size: int) -> bytes:
    """An idle packet of that many bytes, seven or more; nothing for none."""
    if size == 0:
        return b""
    head = IDLE_APID.to_bytes(2, "big") + (0xC000).to_bytes(2, "big") + (size - _HEAD_BYTES - 1).to_bytes(2, "big")
    return head + bytes([_FILL]) * (size - _HEAD_BYTES)


def first_header_pointers(
    starts: npt.NDArray[np.int64], frames: int, size: int = FRAME_DATA_BYTES
) -> npt.NDArray[np.int64]:
    """Where in each frame does the first packet start that starts in it?"""
    edges = np.arange(frames, dtype=np.int64) * size
    following = np.append(starts, np.iinfo(np.int64).max)[np.searchsorted(starts, edges)]
    return np.where(following - edges < size, following - edges, NO_PACKET_START)
