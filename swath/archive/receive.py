"""What did the antenna hear? From the bytes of a contact to checked space packets.

The ground end of the link, written apart from the space end; ``spacecraft.link_format`` is what they share. The bytes
are taken as hostile: nothing in them can make reception fail, loop or allocate more than three times their own size.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.channels import ChannelPackets, channel_packets, find_recording
from swath.spacecraft.link_format import CHANNEL_PICTURES, SECONDARY
from swath.table import Table, column

__all__ = ["PacketTable", "Reception", "keep_packets", "receive"]

Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64]

_HEAD_BYTES = 6 + SECONDARY.size
_TAIL_BYTES = 2
_LEAST_BYTES = _HEAD_BYTES + 1 + _TAIL_BYTES


@dataclass(frozen=True)
class PacketTable(Table):
    """Picture packets whose error control agrees, in the order of arrival."""

    spacecraft: npt.NDArray[np.uint16] = column("u2", "-", "CCSDS spacecraft identifier of the frame")
    time_code: npt.NDArray[np.uint64] = column("u8", "-", "48-bit CUC time of the picture's first line")
    picture: npt.NDArray[np.uint32] = column("u4", "-", "picture number")
    kind: npt.NDArray[np.uint8] = column("u1", "-", "as in spacecraft.link_format")
    chunk: npt.NDArray[np.uint32] = column("u4", "-", "chunk number")
    start: npt.NDArray[np.int64] = column("i8", "-", "where the chunk begins in the reception's stream")
    size: npt.NDArray[np.int32] = column("i4", "-", "bytes of the chunk")


@dataclass(frozen=True)
class Reception:
    """What one contact brought: packets, and how well it went."""

    packets: PacketTable
    stream: Bytes
    """the frames' data fields; ``packets`` say where in it their chunks are"""
    frames_good: int
    frames_bad: int
    """at a sync marker, but cut short or with a wrong error control"""
    frames_missing: int
    """by the gaps in the counters, modulo 256 a gap; damaged ones are among them, those lost at either end are not"""
    frames_other: int
    """good ones of other virtual channels than the pictures', or of another version"""
    packets_bad: int
    """with a wrong error control, or a length that the frames' pointers contradict"""

    def payload(self, row: int) -> Bytes:
        """The chunk of one packet, a view."""
        start = int(self.packets.start[row])
        return self.stream[start : start + int(self.packets.size[row])]


def receive(data: bytes | bytearray | memoryview | Bytes) -> Reception:
    """Which whole packets lie in the bytes of a contact?

    Finds sync markers, checks each frame, resumes after loss or garbage, follows packets over frame boundaries and
    checks each packet. Never raises on any bytes. Work is linear, at worst (bytes that are nothing but sync markers)
    280 checked bytes a byte. Speed and fuzz: benchmarks and tests/archive/test_receive.py.
    """
    recording = find_recording(data)
    channels = channel_packets(recording, CHANNEL_PICTURES, least_bytes=_LEAST_BYTES)
    joined = _join([_read_channel(channel) for channel in channels])
    ours = (recording.channel == CHANNEL_PICTURES) & ~recording.control
    return dataclasses.replace(
        joined,
        frames_good=len(recording.offsets),
        frames_bad=recording.bad,
        frames_other=int(len(recording.offsets) - ours.sum()),
    )


def _read_channel(channel: ChannelPackets) -> Reception:
    """The packets of one spacecraft's picture channel."""
    return Reception(
        packets=_read_heads(channel.stream, channel.rows, channel.spacecraft),
        stream=channel.stream,
        frames_good=channel.frames_good,
        frames_bad=0,
        frames_missing=channel.frames_missing,
        frames_other=0,
        packets_bad=channel.packets_bad,
    )


def _read_heads(stream: Bytes, found: Whole, spacecraft: int) -> PacketTable:
    """Read packet headers; packets that are not unsegmented telemetry with a secondary header are not pictures."""
    primary = [("id", ">u2"), ("sequence", ">u2"), ("length", ">u2")]
    secondary = [("coarse", ">u4"), ("fine", ">u2"), ("picture", ">u4"), ("kind", "u1"), ("chunk", ">u4")]
    dtype = np.dtype([*primary, *secondary])
    head = stream[found[:, :1] + np.arange(_HEAD_BYTES)].view(dtype).reshape(-1)
    ours = (head["id"] >> 11 == 1) & (head["sequence"] >> 14 == 3)
    head, found = head[ours], found[ours]
    return PacketTable(
        spacecraft=np.full(len(head), spacecraft),
        time_code=head["coarse"].astype(np.uint64) << np.uint64(16) | head["fine"],
        picture=head["picture"],
        kind=head["kind"],
        chunk=head["chunk"],
        start=found[:, 0] + _HEAD_BYTES,
        size=(found[:, 1] - _HEAD_BYTES - _TAIL_BYTES).astype(np.int32),
    )


def _join(parts: Sequence[Reception]) -> Reception:
    """Several receptions as one, in order."""
    bases = np.cumsum([0, *(len(part.stream) for part in parts)])
    tables = [_moved(part.packets, part.packets.start + base) for part, base in zip(parts, bases[:-1], strict=True)]
    streams = [part.stream for part in parts]
    return Reception(
        packets=PacketTable.join(tables),
        stream=streams[0] if len(streams) == 1 else np.concatenate([np.empty(0, np.uint8), *streams]),
        frames_good=sum(part.frames_good for part in parts),
        frames_bad=sum(part.frames_bad for part in parts),
        frames_missing=sum(part.frames_missing for part in parts),
        frames_other=sum(part.frames_other for part in parts),
        packets_bad=sum(part.packets_bad for part in parts),
    )


def _moved(table: PacketTable, start: Whole) -> PacketTable:
    columns = {name: getattr(table, name) for name in ("spacecraft", "time_code", "picture", "kind", "chunk", "size")}
    return PacketTable(start=start, **columns)


def keep_packets(receptions: Sequence[Reception], pictures: set[tuple[int, int]]) -> Reception:
    """The same receptions as one that holds only the packets of some pictures, to wait for what is asked for again.

    ``pictures`` are (spacecraft, picture number). Memory falls to those packets; all counts are summed.
    """
    parts = []
    for reception in receptions:
        table = reception.packets
        keys = zip(table.spacecraft.tolist(), table.picture.tolist(), strict=True)
        rows = [row for row, key in enumerate(keys) if key in pictures]
        chunks = [reception.payload(row) for row in rows]
        sizes = table.size[np.array(rows, np.int64)].astype(np.int64)
        kept = dataclasses.replace(
            reception,
            packets=_moved(table.take(rows), np.cumsum(sizes) - sizes),
            stream=np.concatenate([np.empty(0, np.uint8), *chunks]),
        )
        parts.append(kept)
    return _join(parts)
