"""Which CFDP units lie in the packets of the file channel? Pieces of files by the thousand, directives one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.channels import ChannelPackets, Recording, channel_packets
from swath.spacecraft.cfdp_format import Pdu, read_pdu
from swath.spacecraft.link_format import CHANNEL_FILES, FILES_APID
from swath.table import Table, column

__all__ = ["FileUnits", "Pieces", "file_units", "pieces_of"]

Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64]

_HEAD_BYTES, _TAIL_BYTES = 6, 2
_LEAST_BYTES = _HEAD_BYTES + 1 + _TAIL_BYTES
_COMMON_WIDTHS = 0x13
"""entities of two bytes, transaction numbers of four: units with these are read by the thousand"""
_COMMON_HEAD = 12


@dataclass(frozen=True)
class Pieces(Table):
    """Pieces of files, in the order of arrival."""

    source: npt.NDArray[np.int64] = column("i8", "-", "entity that sends the file")
    sequence: npt.NDArray[np.int64] = column("i8", "-", "transaction number")
    destination: npt.NDArray[np.int64] = column("i8", "-", "entity that the file is for")
    large: npt.NDArray[np.bool_] = column("?", "-", "offsets of 64 bits")
    offset: npt.NDArray[np.int64] = column("i8", "-", "in the file; negative where it exceeds 63 bits")
    start: npt.NDArray[np.int64] = column("i8", "-", "where the piece begins in the stream")
    size: npt.NDArray[np.int64] = column("i8", "-", "bytes")


@dataclass(frozen=True, eq=False)
class FileUnits:
    """What one recording brought of files."""

    pieces: Pieces
    stream: Bytes
    pdus: tuple[Pdu, ...]
    """directives, and pieces whose header has other widths than the usual"""
    bad: int
    """packets that hold no well-formed unit, or whose error control was wrong"""


def file_units(recording: Recording) -> tuple[FileUnits, ...]:
    """The units of each spacecraft on the file channel. Never raises on any bytes."""
    return tuple(pieces_of(c) for c in channel_packets(recording, CHANNEL_FILES, least_bytes=_LEAST_BYTES))


def pieces_of(channel: ChannelPackets) -> FileUnits:
    """Sort the packets of a channel: pieces of files in a table, directives read one by one."""
    stream, rows = channel.stream, channel.rows
    begin = rows[:, 0]
    ours = _big_endian(stream, begin, 2) == FILES_APID
    ours &= stream[begin + 2] >> 6 == 3
    rows, other = rows[ours], int((~ours).sum())
    fast = _is_common_piece(stream, rows)
    pieces = _read_pieces(stream, rows[fast])
    pdus = [
        read_pdu(stream[start + _HEAD_BYTES : start + length - _TAIL_BYTES].tobytes())
        for start, length in rows[~fast].tolist()
    ]
    read = tuple(pdu for pdu in pdus if pdu is not None)
    return FileUnits(pieces, stream, read, channel.packets_bad + other + len(pdus) - len(read))


def _is_common_piece(stream: Bytes, rows: Whole) -> npt.NDArray[np.bool_]:
    """File data toward the receiver, acknowledged mode, no CRC, the usual widths, lengths that agree."""
    long = rows[:, 1] > _HEAD_BYTES + _COMMON_HEAD + 8 + _TAIL_BYTES
    unit = np.where(long, rows[:, 0] + _HEAD_BYTES, 0)
    if not len(stream):
        return long
    fits = _big_endian(stream, unit + 1, 2) == rows[:, 1] - _HEAD_BYTES - _TAIL_BYTES - _COMMON_HEAD
    return np.asarray(long & fits & (stream[unit] & 0xFE == 0x30) & (stream[unit + 3] == _COMMON_WIDTHS), np.bool_)


def _read_pieces(stream: Bytes, rows: Whole) -> Pieces:
    unit = rows[:, 0] + _HEAD_BYTES
    large = (stream[unit] & 1).astype(bool)
    offset = np.where(large, _big_endian(stream, unit + _COMMON_HEAD, 8), _big_endian(stream, unit + _COMMON_HEAD, 4))
    start = unit + _COMMON_HEAD + np.where(large, 8, 4)
    return Pieces(
        source=_big_endian(stream, unit + 4, 2),
        sequence=_big_endian(stream, unit + 6, 4),
        destination=_big_endian(stream, unit + 10, 2),
        large=large,
        offset=offset,
        start=start,
        size=rows[:, 0] + rows[:, 1] - _TAIL_BYTES - start,
    )


def _big_endian(stream: Bytes, at: Whole, size: int) -> Whole:
    """Numbers of ``size`` bytes at places in the stream; of eight bytes the highest bit makes them negative."""
    value = np.zeros(len(at), np.int64)
    for k in range(size):
        value = value << 8 | stream[at + k]
    return value
