"""Which picture lies in this file? Source packets found, checked and put together, holes and all.

The ground's reading of ``fly.source_packets``, written apart; ``spacecraft.link_format`` is what they share. The bytes
are taken as hostile: nothing in them can make reading fail, loop or ask for more than a few times their own size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.decompress import Strip, find_strips
from swath.archive.link_kernels import cut_file
from swath.archive.picture import (
    LineRecords,
    PictureHeader,
    RadarHeader,
    ReceivedPicture,
    chunk_bytes,
    chunk_lines,
    read_header,
    read_records,
)
from swath.spacecraft.link_format import CHUNK_BYTES, KIND_HEADER, KIND_LINES, KIND_PIXELS, KIND_STRIPS, SECONDARY
from swath.spacecraft.strip_format import MAGIC
from swath.table import Table, column

__all__ = ["PacketTable", "SourcePackets", "picture_in", "source_packets"]

Bytes = npt.NDArray[np.uint8]

_HEAD_BYTES = 6 + SECONDARY.size
_TAIL_BYTES = 2
_LEAST_BYTES = _HEAD_BYTES + 1 + _TAIL_BYTES
_MOST_BYTES = 2 * CHUNK_BYTES
"""no source packet is longer: what claims to be is passed over"""
_PATIENCE = 64
"""bytes that may be checked in vain for each byte of the file: packets that lie cost no more than that"""


@dataclass(frozen=True)
class PacketTable(Table):
    """Source packets whose error control agrees, in the order of the file."""

    time_code: npt.NDArray[np.uint64] = column("u8", "-", "48-bit CUC time of the picture's first line")
    picture: npt.NDArray[np.uint32] = column("u4", "-", "picture number")
    kind: npt.NDArray[np.uint8] = column("u1", "-", "as in spacecraft.link_format")
    chunk: npt.NDArray[np.uint32] = column("u4", "-", "chunk number")
    start: npt.NDArray[np.int64] = column("i8", "-", "where the chunk begins in the file")
    size: npt.NDArray[np.int32] = column("i4", "-", "bytes of the chunk")


@dataclass(frozen=True, eq=False)
class SourcePackets:
    """The packets of a file."""

    packets: PacketTable
    stream: Bytes
    """the file; ``packets`` say where in it their chunks are"""
    breaks: int
    """stretches that hold no whole packet: holes, damage, what is no packet"""

    def payload(self, row: int) -> Bytes:
        """The chunk of one packet, a view."""
        start = int(self.packets.start[row])
        return self.stream[start : start + int(self.packets.size[row])]


def source_packets(data: bytes | bytearray | memoryview | Bytes) -> SourcePackets:
    """Which whole packets lie in the bytes of a file?

    After a hole (zeros, or anything else) the next packet is looked for byte by byte: a header that can be true and an
    error control that agrees. Never raises on any bytes; work is linear in them (tests/archive/test_fuzz.py).
    """
    stream = np.frombuffer(data, np.uint8)
    found = np.empty((len(stream) // _LEAST_BYTES + 1, 2), np.int64)
    patience = _PATIENCE * len(stream)
    good, breaks = cut_file(stream, _LEAST_BYTES, _MOST_BYTES, patience, found)
    return SourcePackets(_read(stream, found[:good]), stream, breaks)


def picture_in(data: bytes | bytearray | memoryview | Bytes, *, spacecraft: int) -> ReceivedPicture:
    """The picture in a file from a spacecraft (its CCSDS identifier): what has arrived of it.

    Of a chunk that lies there twice the first whole one counts; chunks whose size or contents cannot be true are taken
    as not arrived. Of several pictures, which an honest file never holds, the one with most packets is taken. Without
    a header the picture has none. Nothing is copied: the picture looks into ``data``.
    """
    found = source_packets(data)
    table = found.packets
    if not len(table):
        return ReceivedPicture(spacecraft, 0, 0, None, {}, {})
    names = np.stack([table.picture.astype(np.int64), table.time_code.view(np.int64)], -1)
    _, which, count = np.unique(names, axis=0, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(which.reshape(-1) == np.argmax(count))
    rows = rows[np.lexsort((table.chunk[rows], table.kind[rows]))]  # stable
    return _put_together(spacecraft, table.take(rows), [found.payload(int(row)) for row in rows])


def _put_together(spacecraft: int, table: PacketTable, payloads: list[Bytes]) -> ReceivedPicture:
    """One picture from its packets, sorted by kind and chunk and, among equals, by place in the file."""
    headers = (read_header(payloads[k].tobytes()) for k in np.flatnonzero(table.kind == KIND_HEADER))
    header = next((header for header in headers if header is not None), None)
    key = spacecraft, int(table.picture[0]), int(table.time_code[0])
    if header is None:
        return ReceivedPicture(*key, None, {}, {})
    chunk = table.chunk.astype(np.int64)
    records: dict[int, LineRecords] = {}
    for k in np.flatnonzero((table.kind == KIND_LINES) & (chunk < header.line_chunks)):
        number = int(chunk[k])
        if number not in records and (found := read_records(payloads[k], chunk_lines(header, number))) is not None:
            records[number] = found
    if not (table.kind == KIND_PIXELS).any():
        # Strips of noise are stored as they are: no more than the pixels themselves and a head a line.
        least = (table.kind == KIND_STRIPS) & (chunk < header.pixel_chunks + header.lines * len(header.bands))
        strips = {int(chunk[k]): payloads[k] for k in np.flatnonzero(least)[::-1]}
        return ReceivedPicture(*key, header, records, {}, _whole_strips(header, strips))
    fits = (table.kind == KIND_PIXELS) & (chunk < header.pixel_chunks)
    fits &= table.size == chunk_bytes(header, chunk)
    numbers, firsts = np.unique(chunk[fits], return_index=True)
    rows = np.flatnonzero(fits)[firsts]
    return ReceivedPicture(*key, header, records, {int(n): payloads[k] for n, k in zip(numbers, rows, strict=True)})


def _whole_strips(header: PictureHeader | RadarHeader, chunks: dict[int, Bytes]) -> tuple[Strip, ...]:
    """The strips that arrived whole, in one copy of what arrived of the file."""
    stream = bytearray((max(chunks, default=-1) + 1) * CHUNK_BYTES)
    for number, payload in chunks.items():
        size = min(len(payload), CHUNK_BYTES)
        stream[number * CHUNK_BYTES : number * CHUNK_BYTES + size] = payload[:size].data
    if stream.find(MAGIC) < 0:
        return ()  # without a strip no room for the picture is asked for
    return find_strips(stream, (len(header.bands), header.lines, header.columns))


def _read(stream: Bytes, found: npt.NDArray[np.int64]) -> PacketTable:
    """Headers of packets as a table; ``found``: start and length of each."""
    primary = [("id", ">u2"), ("sequence", ">u2"), ("length", ">u2")]
    secondary = [("coarse", ">u4"), ("fine", ">u2"), ("picture", ">u4"), ("kind", "u1"), ("chunk", ">u4")]
    dtype = np.dtype([*primary, *secondary])
    head = stream[found[:, :1] + np.arange(_HEAD_BYTES)].view(dtype).reshape(-1)
    return PacketTable(
        time_code=head["coarse"].astype(np.uint64) << np.uint64(16) | head["fine"],
        picture=head["picture"],
        kind=head["kind"],
        chunk=head["chunk"],
        start=found[:, 0] + _HEAD_BYTES,
        size=(found[:, 1] - _HEAD_BYTES - _TAIL_BYTES).astype(np.int32),
    )
