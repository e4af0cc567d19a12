"""Hot loops of the downlink: packing 12-bit samples, sealing packets, filling frames. Byte arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["crc16", "fill_frames", "pack_samples", "seal_packets", "seal_rows", "seal_segments"]

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]


def _crc_tables() -> Array:
    """``tables[k, b]``: CRC-16-CCITT (polynomial 0x1021, no preset) of byte ``b`` followed by ``k`` zero bytes."""
    tables = np.zeros((16, 256), np.uint16)
    for byte in range(256):
        value = byte << 8
        for _ in range(8):
            value = (value << 1) ^ (0x1021 if value & 0x8000 else 0)
        tables[0, byte] = value & 0xFFFF
    for zeros in range(1, 16):
        before = tables[zeros - 1]
        tables[zeros] = (before << 8) ^ tables[0, before >> 8]
    return tables


_TABLES = _crc_tables()


@njit(cache=True, nogil=True, boundscheck=False)
def crc16(data: Bytes, start: int, stop: int) -> int:
    """CRC-16-CCITT, preset to ones, of ``data[start:stop]``, sixteen bytes a step (slicing by sixteen)."""
    crc = np.uint32(0xFFFF)
    i = start
    while i + 16 <= stop:
        following = _TABLES[15, data[i] ^ (crc >> 8)] ^ _TABLES[14, data[i + 1] ^ (crc & 0xFF)]
        for k in range(2, 16):
            following ^= _TABLES[15 - k, data[i + k]]
        crc = np.uint32(following)
        i += 16
    while i < stop:
        crc = np.uint32(((crc << 8) & 0xFFFF) ^ _TABLES[0, data[i] ^ (crc >> 8)])
        i += 1
    return int(crc)


@njit(cache=True, nogil=True)
def pack_samples(samples: Array, out: Bytes) -> int:
    """12-bit ``samples`` two in three bytes into ``out``; returns all samples or-ed together (above 4095: too big)."""
    seen = np.uint16(0)
    for pair in range((len(samples) + 1) // 2):
        first = samples[2 * pair]
        second = samples[2 * pair + 1] if 2 * pair + 1 < len(samples) else np.uint16(0)
        seen |= first | second
        out[3 * pair] = (first >> 4) & 0xFF
        out[3 * pair + 1] = ((first & 0xF) << 4) | (second >> 8)
        out[3 * pair + 2] = second & 0xFF
    return int(seen)


@njit(cache=True, nogil=True)
def seal_packets(body: Bytes, chunk_bytes: int, front: Bytes, first_count: int, first_chunk: int, out: Bytes) -> None:
    """Wrap ``body``, cut in chunks, in packets that stand back to back in ``out``.

    ``front`` is the first packet's header and secondary header; count, length and chunk number (its last four bytes)
    are written for each packet.
    """
    head = len(front)
    begin, at = 0, 0
    number = 0
    while begin < len(body):
        size = min(chunk_bytes, len(body) - begin)
        out[at : at + head] = front
        count = (first_count + number) & 0x3FFF
        length = head - 6 + size + 2 - 1
        chunk = first_chunk + number
        out[at + 2] = 0xC0 | (count >> 8)
        out[at + 3] = count & 0xFF
        out[at + 4] = length >> 8
        out[at + 5] = length & 0xFF
        for k in range(4):
            out[at + head - 1 - k] = (chunk >> (8 * k)) & 0xFF
        out[at + head : at + head + size] = body[begin : begin + size]
        end = at + head + size
        crc = crc16(out, at, end)
        out[end] = crc >> 8
        out[end + 1] = crc & 0xFF
        begin, at, number = begin + size, end + 2, number + 1


@njit(cache=True, nogil=True)
def seal_segments(content: Bytes, pieces: Array, front: Bytes, wide: int, first_count: int, out: Bytes) -> None:
    """Wrap pieces of a file (start, stop) in CFDP file data units in packets that stand back to back in ``out``.

    ``front``: packet header and unit header of one of them; count and lengths are written for each. ``wide``: bytes of
    an offset.
    """
    head = len(front)
    at = 0
    for number in range(len(pieces)):
        begin = pieces[number, 0]
        size = pieces[number, 1] - begin
        out[at : at + head] = front
        count = (first_count + number) & 0x3FFF
        unit = wide + size
        length = head - 6 + unit + 2 - 1
        out[at + 2] = 0xC0 | (count >> 8)
        out[at + 3] = count & 0xFF
        out[at + 4] = length >> 8
        out[at + 5] = length & 0xFF
        out[at + 7] = unit >> 8
        out[at + 8] = unit & 0xFF
        for k in range(wide):
            out[at + head + k] = (begin >> (8 * (wide - 1 - k))) & 0xFF
        body = at + head + wide
        out[body : body + size] = content[begin : begin + size]
        end = body + size
        crc = crc16(out, at, end)
        out[end] = crc >> 8
        out[end + 1] = crc & 0xFF
        at = end + 2


@njit(cache=True, nogil=True)
def seal_rows(packets: Bytes) -> None:
    """Error control into the last two bytes of each row."""
    for k in range(len(packets)):
        size = packets.shape[1]
        crc = crc16(packets[k], 0, size - 2)
        packets[k, size - 2] = crc >> 8
        packets[k, size - 1] = crc & 0xFF


@njit(cache=True, nogil=True)
def fill_frames(
    stream: Bytes,
    pointers: Array,
    counts: Array,
    spacecraft: int,
    channel: int,
    control: Bytes,
    marker: Bytes,
    out: Array,
) -> None:
    """Put ``stream`` in the channel units ``out`` (frame, byte): marker, header, data, control field, error control.

    ``pointers`` holds the first header pointer of each frame; ``counts`` the master and the channel frame counter of
    the first; ``control`` four bytes or none.
    """
    units, width = out.shape
    size = width - len(marker) - 8 - len(control)
    for k in range(units):
        unit = out[k]
        unit[:4] = marker
        unit[4] = spacecraft >> 4
        unit[5] = ((spacecraft & 0xF) << 4) | (channel << 1) | (1 if len(control) else 0)
        unit[6] = (counts[0] + k) & 0xFF
        unit[7] = (counts[1] + k) & 0xFF
        unit[8] = 0x18 | (pointers[k] >> 8)  # segment length 11: packets, forward, unsegmented
        unit[9] = pointers[k] & 0xFF
        unit[10 : 10 + size] = stream[k * size : (k + 1) * size]
        unit[10 + size : width - 2] = control
        crc = crc16(unit, 4, width - 2)
        unit[width - 2] = crc >> 8
        unit[width - 1] = crc & 0xFF
