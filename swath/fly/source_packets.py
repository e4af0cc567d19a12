"""What lies in the file of a picture? Source packets of the camera, back to back: header, line records, pixels.

This is the space end; the ground's is ``archive.source_packets``, written apart. What they share is
``spacecraft.link_format``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.compress import Compression, Measured, compress
from swath.fly.link_kernels import pack_samples, seal_packets
from swath.fly.picture import LineStates, Picture, Strips
from swath.spacecraft.link_format import (
    CHUNK_BYTES,
    KIND_HEADER,
    KIND_LINES,
    KIND_PIXELS,
    KIND_STRIPS,
    LINE_RECORD,
    LINES_PER_CHUNK,
    SECONDARY,
)
from swath.spacecraft.satellite import Satellite
from swath.time import elapsed_s

__all__ = ["encode_picture", "encode_strips"]

_SAMPLES_AT_ONCE = 1024 * CHUNK_BYTES // 3 * 2
"""a chunk holds a whole number of sample pairs: batches are packed without looking at their neighbours"""

_TAI_1972_S = 441763210
"""TAI seconds from 1958-01-01 to 1972-01-01 UTC: 5113 days and the first ten leap seconds."""


def encode_picture(
    picture: Picture, satellite: Satellite, number: int, *, compression: Compression | None = None
) -> tuple[bytes, ...]:
    """Which space packets bring a picture down? Header, line records, pixels as they are or compressed, in that order.

    A camera's or a radar's. ``number`` names the picture for this satellite (32 bits). Raises :class:`InputError` where
    a sample exceeds 12 bits or the number does not fit. The bytes follow ``spacecraft.link_format``; tests/authorities
    reads them with the ``spacepackets`` package.
    """
    if compression is not None:
        taken = Strips(picture.header, picture.states, iter([picture.pixels]))
        return tuple(encode_strips(taken, satellite, number, compression))
    front, packets = _opened(picture.header, picture.states, satellite, number)
    ahead = len(packets)
    samples = np.ascontiguousarray(picture.pixels).reshape(-1)
    for first in range(0, len(samples), _SAMPLES_AT_ONCE):
        part = samples[first : first + _SAMPLES_AT_ONCE]
        packed = np.empty((len(part) + 1) // 2 * 3, np.uint8)
        if pack_samples(part, packed) > 4095:
            raise InputError("a sample exceeds 12 bits", where=f"picture {number}", fix="Clip counts to 0 .. 4095")
        chunk = len(packets) - ahead
        packets += front.packets(KIND_PIXELS, packed, CHUNK_BYTES, chunk, ahead + chunk)
    return tuple(packets)


def encode_strips(
    taken: Strips,
    satellite: Satellite,
    number: int,
    compression: Compression,
    *,
    measured: Callable[[Measured], None] = lambda made: None,
) -> Iterator[bytes]:
    """The packets of :func:`encode_picture`, compressed, one by one while a picture is taken: memory is a few strips.

    ``measured`` is told what compression did to each strip.
    """
    front, packets = _opened(taken.header, taken.states, satellite, number)
    yield from packets
    ahead, count, waiting = len(packets), len(packets), b""
    for strip in compress(taken.strips, compression):
        measured(strip.measured)
        waiting += strip.data
        whole = len(waiting) // CHUNK_BYTES * CHUNK_BYTES
        yield from front.packets(
            KIND_STRIPS, np.frombuffer(waiting[:whole], np.uint8), CHUNK_BYTES, count - ahead, count
        )
        count, waiting = count + whole // CHUNK_BYTES, waiting[whole:]
    yield from front.packets(KIND_STRIPS, np.frombuffer(waiting, np.uint8), CHUNK_BYTES, count - ahead, count)


def _opened(
    header: Mapping[str, Any], states: LineStates, satellite: Satellite, number: int
) -> tuple[_Front, list[bytes]]:
    """What all packets of a picture begin with, and the first ones: header and line records."""
    if not 0 <= number < 2**32:
        raise InputError(f"picture number {number} does not fit in 32 bits", fix="Number pictures from 0")
    front = _Front(satellite.radio.apid, _time_code(states), number)
    text = np.frombuffer(json.dumps(dict(header), separators=(",", ":")).encode(), np.uint8)
    packets = list(front.packets(KIND_HEADER, text, len(text), 0, 0))
    records = np.frombuffer(_line_records(states), np.uint8)
    packets += front.packets(KIND_LINES, records, LINES_PER_CHUNK * LINE_RECORD.size, 0, len(packets))
    return front, packets


@dataclass(frozen=True)
class _Front:
    """What stands at the head of every packet of one picture."""

    apid: int
    time_code: tuple[int, int]
    number: int

    def packets(
        self, kind: int, body: npt.NDArray[np.uint8], chunk_bytes: int, first_chunk: int, count: int
    ) -> Iterator[bytes]:
        head = (0x0800 | self.apid).to_bytes(2, "big") + bytes(4)  # version 0, telemetry, secondary header
        front = np.frombuffer(head + SECONDARY.pack(*self.time_code, self.number, kind, 0), np.uint8)
        chunks = -(-len(body) // chunk_bytes)
        stride = len(front) + chunk_bytes + 2
        out = np.empty(len(body) + chunks * (len(front) + 2), np.uint8)
        seal_packets(body, chunk_bytes, front, count, first_chunk, out)
        return (out[k * stride : (k + 1) * stride].tobytes() for k in range(chunks))


def _time_code(states: LineStates) -> tuple[int, int]:
    """CCSDS unsegmented time of the first line: TAI seconds since 1958 and 1/65536 s."""
    ns = int(states.utc_ns[0])
    whole, rest = divmod(ns, 1_000_000_000)
    civil = np.datetime64(whole, "s")
    return _TAI_1972_S + round(float(elapsed_s(np.datetime64("1972-01-01", "s"), civil))), (rest << 16) // 1_000_000_000


def _line_records(states: LineStates) -> bytes:
    record = np.dtype([("line", ">u4"), ("utc_ns", ">i8"), ("state", ">f8", (9,))])
    table = np.empty(len(states), record)
    table["line"], table["utc_ns"] = states.line, states.utc_ns
    angles_deg = np.stack([states.roll_deg, states.pitch_deg, states.yaw_deg], -1)
    table["state"] = np.concatenate([states.r_itrf_m, states.v_itrf_m_s, angles_deg], -1)
    return table.tobytes()
