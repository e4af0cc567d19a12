"""Hot loops of reception: finding frames, checking sums, cutting packets, unpacking samples. Byte arrays in and out.

Everything here reads hostile input: no index is taken from the data without a bound, and every loop moves forward.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["check_sum", "cut_file", "cut_packets", "find_frames", "join_fields", "unpack_samples"]

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]


def _remainders() -> Array:
    """``table[k, b]``: remainder of byte ``b`` times x^(8 (k + 2)) modulo x^16 + x^12 + x^5 + 1 (CCSDS 132.0-B-3)."""
    table = np.zeros((16, 256), np.uint16)
    for byte in range(256):
        remainder = byte
        for power in range(16 + 8 * 15):
            remainder <<= 1
            if remainder & 0x10000:
                remainder ^= 0x11021
            if power >= 15 and (power - 15) % 8 == 0:
                table[(power - 15) // 8, byte] = remainder
    return table


_REMAINDERS = _remainders()


@njit(cache=True, nogil=True, boundscheck=False)
def check_sum(data: Bytes, start: int, stop: int) -> int:
    """Remainder of ``data[start:stop]``, preset to ones: 0 where the last two bytes are the right error control."""
    register = np.uint32(0xFFFF)
    at = start
    while at + 16 <= stop:
        following = _REMAINDERS[15, data[at] ^ (register >> 8)] ^ _REMAINDERS[14, data[at + 1] ^ (register & 0xFF)]
        for k in range(2, 16):
            following ^= _REMAINDERS[15 - k, data[at + k]]
        register = np.uint32(following)
        at += 16
    while at < stop:
        register = np.uint32(((register << 8) & 0xFFFF) ^ _REMAINDERS[0, data[at] ^ (register >> 8)])
        at += 1
    return int(register)


@njit(cache=True, nogil=True)
def find_frames(data: Bytes, marker: Bytes, frame_bytes: int, offsets: Array) -> tuple[int, int]:
    """Write where good frames begin (after their markers) to ``offsets``; return how many, and how many failed.

    After a good frame the next marker is looked for where it must stand, otherwise byte by byte, also inside frames
    that failed: a false or damaged marker costs itself only.
    """
    good = bad = 0
    at = 0
    while at + 4 <= len(data):
        if data[at] != marker[0] or data[at + 1] != marker[1] or data[at + 2] != marker[2] or data[at + 3] != marker[3]:
            at += 1
            continue
        frame = at + 4
        if frame + frame_bytes > len(data):
            bad += 1
            at += 4
        elif check_sum(data, frame, frame + frame_bytes) == 0:
            offsets[good] = frame
            good += 1
            at = frame + frame_bytes
        else:
            bad += 1
            at += 4
    return good, bad


@njit(cache=True, nogil=True)
def join_fields(data: Bytes, offsets: Array, size: int, out: Bytes) -> None:
    """Copy the data fields (after the six bytes of header) of frames back to back."""
    for k in range(len(offsets)):
        begin = offsets[k] + 6
        out[k * size : (k + 1) * size] = data[begin : begin + size]


@njit(cache=True, nogil=True)
def _contradiction(pointers: Array, size: int, begin: int, end: int, last: int) -> int:
    """First frame whose first header pointer denies a packet at ``begin`` .. ``end`` of the stream, or -1."""
    frame = begin // size + 1
    stop = min(end // size, last - 1)
    while frame <= stop:
        inside = end - frame * size
        if inside < size and pointers[frame] != inside:
            return frame
        if inside >= size and pointers[frame] < size:
            return frame
        frame += 1
    return -1


@njit(cache=True, nogil=True)
def cut_packets(
    stream: Bytes, pointers: Array, breaks: Array, size: int, idle_apid: int, least: int, found: Array
) -> tuple[int, int]:
    """Cut one channel's data fields in packets: rows (start, length) to ``found``; returns good and bad counts.

    ``breaks[k]`` is true where frame ``k`` does not follow frame ``k - 1``. Packets run over frames that follow each
    other; after a break, or where a first header pointer contradicts a length, the next pointed-at packet starts anew.
    Packets shorter than ``least`` bytes are bad, idle ones are passed over.
    """
    frames = len(pointers)
    good = bad = 0
    frame, last, at = 0, 0, -1
    while True:
        if at < 0:
            while frame < frames and pointers[frame] >= size:
                frame += 1
            if frame >= frames:
                return good, bad
            at = frame * size + pointers[frame]
        if last <= frame:
            last = frame + 1
            while last < frames and not breaks[last]:
                last += 1
        whole = at + 7 <= last * size
        end = at + 7 + int(stream[at + 4]) * 256 + int(stream[at + 5]) if whole else last * size + 1
        wrong = _contradiction(pointers, size, at, end, last) if whole else -1
        if wrong >= 0:
            bad += 1
            frame, at = wrong, -1
            continue
        if end > last * size:
            frame, at = last, -1
            continue
        if int(stream[at] & 7) * 256 + int(stream[at + 1]) != idle_apid:
            if end - at >= least and check_sum(stream, at, end) == 0:
                found[good, 0] = at
                found[good, 1] = end - at
                good += 1
            else:
                bad += 1
        frame = end // size
        at = -1 if frame >= last else end


@njit(cache=True, nogil=True)
def cut_file(stream: Bytes, least: int, most: int, patience: int, found: Array) -> tuple[int, int]:
    """Cut a file in telemetry packets with a secondary header: rows (start, length) to ``found``; good and breaks.

    Where no packet of ``least`` to ``most`` bytes begins whose error control agrees, the next byte is tried, until
    ``patience`` bytes have been checked in vain.
    """
    good = breaks = 0
    at = 0
    searching = False
    while at + least <= len(stream):
        if stream[at] >> 3 == 1 and stream[at + 2] >> 6 == 3:
            length = 7 + int(stream[at + 4]) * 256 + int(stream[at + 5])
            if least <= length <= most and at + length <= len(stream) and length <= patience:
                if check_sum(stream, at, at + length) == 0:
                    found[good, 0] = at
                    found[good, 1] = length
                    good += 1
                    at += length
                    searching = False
                    continue
                patience -= length
        breaks += 0 if searching else 1
        searching = True
        at += 1
    if not searching and at < len(stream):
        breaks += 1
    return good, breaks


@njit(cache=True, nogil=True)
def unpack_samples(packed: Bytes, first: int, out: Array) -> None:
    """12-bit samples number ``first``, ``first + 1``, ... of ``packed`` into ``out``."""
    for k in range(len(out)):
        sample = first + k
        byte = sample // 2 * 3
        if sample % 2 == 0:
            out[k] = np.uint16(packed[byte]) << 4 | np.uint16(packed[byte + 1]) >> 4
        else:
            out[k] = np.uint16(packed[byte + 1] & 0xF) << 8 | np.uint16(packed[byte + 2])
