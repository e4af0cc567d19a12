"""The space end of the link, read here byte by byte as the standards say, not by the ground's code."""

from __future__ import annotations

import binascii
import json
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from swath.errors import InputError
from swath.fly.picture import LineStates, Picture, picture_header
from swath.fly.source_packets import (
    encode_picture,
)
from swath.spacecraft.link_format import (
    CHUNK_BYTES,
    FRAME_BYTES,
    KIND_HEADER,
    KIND_LINES,
    KIND_PIXELS,
    LINE_RECORD,
    SECONDARY,
    SYNC_MARKER,
)
from swath.spacecraft.satellite import Satellite

SATELLITE = cast(Satellite, SimpleNamespace(radio=SimpleNamespace(spacecraft_id=0x2A7, apid=0x123)))
UTC_NS = int(np.datetime64("2026-05-08T09:41:22.500", "ns").astype(np.int64))
UNIT_BYTES = len(SYNC_MARKER) + FRAME_BYTES


def picture(lines: int = 40, columns: int = 31, bands: int = 2, step: int = 1, seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    line = np.append(np.arange(0, lines - 1, step), lines - 1)
    n = len(line)
    states = LineStates(
        line, UTC_NS + line * 700_000, rng.normal(7e6, 10, (n, 3)), rng.normal(7e3, 1, (n, 3)),
        rng.normal(size=n), rng.normal(size=n), rng.normal(size=n),
    )  # fmt: skip
    header = picture_header(
        acquisition="a-1", request="r-1", satellite="SW-1", bands=("blue", "nir")[:bands], lines=lines,
        columns=columns, line_step=step, records=n, ifov_rad=1e-5, reflectance_per_count=3e-4, offset_count=60,
        gsd_m=5.0,
    )  # fmt: skip
    return Picture(rng.integers(0, 4096, (bands, lines, columns), dtype=np.uint16), states, header)


def payload(packet: bytes) -> bytes:
    return packet[6 + SECONDARY.size : -2]


def test_a_picture_becomes_header_lines_and_pixels_in_order() -> None:
    taken = picture(lines=400, columns=300, step=4)
    packets = encode_picture(taken, SATELLITE, 7)
    names = [SECONDARY.unpack_from(packet, 6)[2:] for packet in packets]
    pixel_bytes = 400 * 300 * 2 * 3 // 2
    assert names == [
        (7, KIND_HEADER, 0),
        *((7, KIND_LINES, k) for k in range(2)),
        *((7, KIND_PIXELS, k) for k in range(-(-pixel_bytes // CHUNK_BYTES))),
    ]
    assert json.loads(payload(packets[0])) == dict(taken.header)
    assert b"".join(map(payload, packets[1:3])) == b"".join(
        LINE_RECORD.pack(line, ns, *r, *v, roll, pitch, yaw)
        for line, ns, r, v, roll, pitch, yaw in zip(
            taken.states.line.tolist(), taken.states.utc_ns.tolist(), taken.states.r_itrf_m, taken.states.v_itrf_m_s,
            taken.states.roll_deg, taken.states.pitch_deg, taken.states.yaw_deg, strict=True,
        )
    )  # fmt: skip
    bits = "".join(f"{value:012b}" for value in taken.pixels.ravel())
    assert b"".join(map(payload, packets[3:])) == int(bits, 2).to_bytes(pixel_bytes, "big")


def test_packet_headers_and_error_control() -> None:
    packets = encode_picture(picture(), SATELLITE, 7)
    for count, packet in enumerate(packets):
        assert int.from_bytes(packet[:2], "big") == 0b000_0_1 << 11 | 0x123  # version 0, telemetry, secondary header
        assert int.from_bytes(packet[2:4], "big") == 0b11 << 14 | count
        assert int.from_bytes(packet[4:6], "big") == len(packet) - 7
        assert binascii.crc_hqx(packet, 0xFFFF) == 0


def test_time_code_is_tai_since_1958_of_the_first_line() -> None:
    coarse, fine, *_ = SECONDARY.unpack_from(encode_picture(picture(), SATELLITE, 7)[-1], 6)
    since_1958 = np.datetime64("2026-05-08T09:41:22", "s") - np.datetime64("1958-01-01", "s")
    assert coarse == int(since_1958.astype(int)) + 37  # TAI - UTC in 2026, IERS Bulletin C
    assert fine == 0x8000


def test_an_odd_number_of_samples_is_padded_with_a_zero_sample() -> None:
    taken = picture(lines=3, columns=3, bands=1)
    packed = payload(encode_picture(taken, SATELLITE, 0)[-1])
    assert len(packed) == taken.header["pixel_bytes"] == 15
    assert packed[-3:] == bytes([taken.pixels[0, 2, 2] >> 4, (taken.pixels[0, 2, 2] & 0xF) << 4, 0])


@pytest.mark.parametrize("number", [-1, 2**32])
def test_a_picture_number_has_32_bits(number: int) -> None:
    with pytest.raises(InputError, match="32 bits"):
        encode_picture(picture(), SATELLITE, number)


def test_a_sample_above_12_bits_is_refused() -> None:
    taken = picture()
    taken.pixels[1, 2, 3] = 4096
    with pytest.raises(InputError, match="12 bits"):
        encode_picture(taken, SATELLITE, 0)
