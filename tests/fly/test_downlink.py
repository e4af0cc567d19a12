"""The space end of the link, read here byte by byte as the standards say, not by the ground's code."""

from __future__ import annotations

import binascii
import json
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.fly.downlink import (
    airtime_s,
    encode_picture,
    frames_for,
    packet_name,
    packets_by_name,
    packets_for,
    transmit,
)
from swath.fly.picture import LineStates, Picture, picture_header
from swath.spacecraft.link_format import (
    CHUNK_BYTES,
    FRAME_BYTES,
    FRAME_DATA_BYTES,
    KIND_HEADER,
    KIND_LINES,
    KIND_PIXELS,
    LINE_RECORD,
    NO_PACKET_START,
    SECONDARY,
    SYNC_MARKER,
    WHOLE_PICTURE,
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


def frames_of(data: bytes) -> list[bytes]:
    assert len(data) % UNIT_BYTES == 0
    units = [data[k : k + UNIT_BYTES] for k in range(0, len(data), UNIT_BYTES)]
    assert all(unit.startswith(SYNC_MARKER) for unit in units)
    return [unit[4:] for unit in units]


def test_a_picture_becomes_header_lines_and_pixels_in_order() -> None:
    taken = picture(lines=400, columns=300, step=4)
    packets = encode_picture(taken, SATELLITE, 7)
    names = [packet_name(packet) for packet in packets]
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


@given(sizes=st.lists(st.integers(24, 3000), min_size=1, max_size=6), first=st.integers(0, 1000))
def test_frames_hold_the_packets_and_point_at_them(sizes: list[int], first: int) -> None:
    """Read as CCSDS 132.0-B-3, 4.1.2 says: whatever the sizes, also those that leave 1 to 6 bytes in the last frame."""
    packets = [bytes([k + 1]) * size for k, size in enumerate(sizes)]
    sent = transmit(packets, SATELLITE, first_frame=first, loss=0.0, seed=0)
    frames = frames_of(sent.data)
    assert (sent.frames_sent, sent.frames_lost, sent.next_frame) == (len(frames), 0, first + len(frames))
    for k, frame in enumerate(frames):
        assert binascii.crc_hqx(frame, 0xFFFF) == 0
        assert int.from_bytes(frame[:2], "big") == 0x2A7 << 4  # version 0, channel 0, no control field
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


def test_air_time_is_that_of_the_frames_that_are_sent() -> None:
    packets = encode_picture(picture(lines=100, columns=100), SATELLITE, 1)
    sent = transmit(packets, SATELLITE, first_frame=0, loss=0.0, seed=0)
    assert frames_for(packets) == sent.frames_sent
    assert airtime_s(packets, 1e6) == pytest.approx(len(sent.data) * 8 / 1e6)


def test_nothing_to_send_sends_nothing() -> None:
    sent = transmit([], SATELLITE, first_frame=5, loss=0.5, seed=0)
    assert (sent.data, sent.frames_sent, sent.next_frame) == (b"", 0, 5)


def test_the_channel_loses_what_it_says_and_the_same_seed_loses_the_same() -> None:
    packets = encode_picture(picture(lines=500, columns=500), SATELLITE, 1)
    clean = frames_of(transmit(packets, SATELLITE, first_frame=0, loss=0.0, seed=3).data)
    sent = transmit(packets, SATELLITE, first_frame=0, loss=0.2, seed=3)
    assert sent == transmit(packets, SATELLITE, first_frame=0, loss=0.2, seed=3)
    assert sent.data != transmit(packets, SATELLITE, first_frame=0, loss=0.2, seed=4).data
    assert len(sent.data) % UNIT_BYTES == 0  # bits are damaged, lengths are not
    units = [sent.data[k : k + UNIT_BYTES] for k in range(0, len(sent.data), UNIT_BYTES)]
    whole = [u for u in units if u.startswith(SYNC_MARKER) and binascii.crc_hqx(u[4:], 0xFFFF) == 0]
    assert sent.frames_sent - sent.frames_lost == len(whole)
    assert len(whole) < len(units) < sent.frames_sent == len(clean)  # some damaged, some dropped
    assert {unit[4:] for unit in whole} <= set(clean)
    assert 0.13 < sent.frames_lost / sent.frames_sent < 0.27  # 700 frames: 0.2 within five deviations


@pytest.mark.parametrize("loss", [-0.1, 1.1, float("nan")])
def test_a_loss_is_a_probability(loss: float) -> None:
    with pytest.raises(InputError, match="probability"):
        transmit([], SATELLITE, first_frame=0, loss=loss, seed=0)


def test_what_is_asked_for_again_is_the_same_bytes_once() -> None:
    packets = encode_picture(picture(lines=200, columns=200), SATELLITE, 4)
    held = packets_by_name((*packets, *encode_picture(picture(), SATELLITE, 5)))
    asked = [(4, KIND_PIXELS, 3), (4, KIND_LINES, 0), (4, KIND_PIXELS, 3), (4, KIND_PIXELS, 999), (9, KIND_HEADER, 0)]
    lines = next(packet for packet in packets if packet_name(packet) == (4, KIND_LINES, 0))
    pixels = next(packet for packet in packets if packet_name(packet) == (4, KIND_PIXELS, 3))
    assert packets_for(held, asked) == (lines, pixels)
    assert packets_for(held, [(4, WHOLE_PICTURE, 0)]) == packets
