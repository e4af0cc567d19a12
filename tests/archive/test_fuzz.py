"""Hostile bytes: nothing crashes the ground, nothing makes it ask for absurd memory, no whole picture is lost."""

from __future__ import annotations

import binascii
import contextlib
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.channels import channel_packets, find_recording
from swath.archive.ortho import orthorectify
from swath.archive.picture import picture_counts
from swath.archive.source_packets import picture_in
from swath.errors import SwathError
from swath.fly.frames import FrameCounts, PacketStream, in_frames
from swath.fly.picture import Picture
from swath.fly.source_packets import encode_picture
from swath.frames import EarthOrientation
from swath.spacecraft.link_format import CHANNEL_FILES, FRAME_BYTES, SECONDARY, SYNC_MARKER

UNIT = FRAME_BYTES + len(SYNC_MARKER)
Change = Callable[[bytearray, np.random.Generator], bytearray]


@pytest.fixture(scope="module")
def pictures(flight: Any, eop: EarthOrientation) -> dict[int, Picture]:
    return {
        1: flight.Flight(lines=40, columns=50, line_step=4).picture(eop),
        2: flight.Flight(lines=33, columns=41, bands=3, line_step=1).picture(eop),
        3: flight.Flight(lines=70, columns=64, bands=1).picture(eop),
    }


@pytest.fixture(scope="module")
def packets(flight: Any, pictures: dict[int, Picture]) -> tuple[bytes, ...]:
    return tuple(p for number, picture in pictures.items() for p in encode_picture(picture, flight.SATELLITE, number))


@pytest.fixture(scope="module")
def data(flight: Any, packets: tuple[bytes, ...]) -> bytes:
    return framed(packets)


def framed(packets: tuple[bytes, ...]) -> bytes:
    begun = FrameCounts(200, (200,) * 8)
    units, _ = in_frames(PacketStream.of(list(packets)), spacecraft_id=77, channel=CHANNEL_FILES, counts=begun)
    return units.tobytes()


def _cut(data: bytearray, rng: np.random.Generator) -> bytearray:
    a, b = sorted(rng.integers(0, len(data) + 1, 2))
    return data[:a] + data[b:] if rng.random() < 0.5 else data[a:b]


def _flip(data: bytearray, rng: np.random.Generator) -> bytearray:
    for at in rng.integers(0, max(len(data), 1), rng.integers(1, 30)) if data else ():
        data[at] ^= 1 << rng.integers(0, 8)
    return data


def _noise(data: bytearray, rng: np.random.Generator) -> bytearray:
    at, size = rng.integers(0, len(data) + 1), rng.integers(0, 3000)
    return data[:at] + rng.integers(0, 256, size, dtype=np.uint8).tobytes() + data[at + size * (rng.random() < 0.5) :]


def _reorder(data: bytearray, rng: np.random.Generator) -> bytearray:
    units = [data[k : k + UNIT] for k in range(0, len(data), UNIT)]
    return bytearray(b"".join(units[k] for k in rng.permutation(len(units))))


def _twice(data: bytearray, rng: np.random.Generator) -> bytearray:
    a, b = sorted(rng.integers(0, len(data) + 1, 2))
    return data[:b] + data[a:b] + data[b:]


def _lie(data: bytearray, rng: np.random.Generator) -> bytearray:
    """Change bytes inside frames and make the frames' error control right again: pointers, counters, lengths, names."""
    for start in range(0, len(data) - UNIT + 1, UNIT):
        if rng.random() < 0.2:
            for at in start + 4 + rng.integers(0, 60 if rng.random() < 0.7 else FRAME_BYTES - 2, rng.integers(1, 5)):
                data[at] = rng.integers(0, 256)
            sum16 = binascii.crc_hqx(bytes(data[start + 4 : start + UNIT - 2]), 0xFFFF)
            data[start + UNIT - 2 : start + UNIT] = sum16.to_bytes(2, "big")
    return data


CHANGES: list[Change] = [_cut, _flip, _noise, _reorder, _twice, _lie]


def lying_packets(packets: tuple[bytes, ...], rng: np.random.Generator) -> tuple[bytes, ...]:
    """The same packets, some with other contents and an error control that agrees."""
    changed = []
    for packet in packets:
        if rng.random() < 0.5:
            head, body = bytearray(packet[: 6 + SECONDARY.size]), bytearray(packet[6 + SECONDARY.size : -2])
            choice = rng.integers(0, 5)
            if choice == 0 and body[:1] == b"{":
                body = _lying_header(body, rng)
            elif choice == 1:
                body = body[: rng.integers(0, len(body) + 1)]
            elif choice == 2:
                at = rng.integers(6, len(head))
                head[at] = rng.integers(0, 256)
            elif choice == 3 and len(body) > 84:
                offset = 84 * rng.integers(0, len(body) // 84) + 12 + 8 * rng.integers(0, 9)
                body[offset : offset + 8] = struct.pack(">d", rng.choice([0.0, np.nan, 1e308, -7e6, 7e6, 90.0, 1e-300]))
            else:
                _flip(body, rng)
            head[4:6] = (len(head) - 6 + len(body) + 2 - 1).to_bytes(2, "big")
            changed.append(_sealed(bytes(head + body)))
        else:
            changed.append(packet)
    return tuple(changed[k] for k in rng.permutation(len(changed)))


def _sealed(packet: bytes) -> bytes:
    return packet + binascii.crc_hqx(packet, 0xFFFF).to_bytes(2, "big")


def _lying_header(body: bytearray, rng: np.random.Generator) -> bytearray:
    header = json.loads(body)
    key = rng.choice(sorted(header))
    strange = [0, -1, 1, 10**9, 2**63, 1e308, 1e-300, None, True, "", "..", [], ["x"], {}, [[[]]], 3.5]
    header[str(key)] = strange[rng.integers(0, len(strange))]
    return bytearray(json.dumps(header).encode())


def check(
    flight: Any, eop: EarthOrientation, pictures: dict[int, Picture], packets: tuple[bytes, ...], data: bytes, seed: int
) -> None:
    """One case: the ground takes it, as frames and as a file, and what comes behind a whole picture does no harm."""
    rng = np.random.default_rng(seed)
    number = int(rng.integers(1, 4))
    mine = tuple(p for p in packets if SECONDARY.unpack_from(p, 6)[2] == number)
    lies = lying_packets(mine if rng.random() < 0.5 else packets, rng)
    hostile = bytearray(framed(lies) if rng.random() < 0.4 else data)
    file = bytearray(b"".join(lies if rng.random() < 0.5 else mine))
    for change in rng.choice(len(CHANGES), rng.integers(1, 4)):
        hostile = CHANGES[change](hostile, rng)
    for change in rng.choice(len(CHANGES) - 1, rng.integers(1, 3)):
        file = CHANGES[change](file, rng)
    for channel in channel_packets(find_recording(bytes(hostile)), CHANNEL_FILES, least_bytes=24):
        assert channel.rows[:, 1].sum() <= len(channel.stream)
    # The honest packets many times over outvote one set of lies, whatever their names.
    honest = b"".join(mine) * (2 + len(file) // 20 // len(mine))
    assert np.array_equal(picture_counts(picture_in(honest + bytes(file), spacecraft=77)), pictures[number].pixels)
    found = picture_in(bytes(file), spacecraft=77)
    if rng.random() < 0.1 and found.header is not None and found.header.pixel_bytes < 1e6:
        with contextlib.suppress(SwathError):
            assert orthorectify(found, eop=eop, pixel_m=20.0).pixels.dtype == np.uint16


@given(seed=st.integers(0, 2**32))
def test_hostile_bytes(
    flight: Any,
    eop: EarthOrientation,
    pictures: dict[int, Picture],
    packets: tuple[bytes, ...],
    data: bytes,
    seed: int,
) -> None:
    check(flight, eop, pictures, packets, data, seed)


@given(data=st.binary(max_size=5000))
def test_any_bytes_at_all(data: bytes) -> None:
    assert picture_in(data, spacecraft=1).header is None
    assert channel_packets(find_recording(SYNC_MARKER + data), CHANNEL_FILES, least_bytes=24) == ()


@pytest.mark.slow
def test_hostile_bytes_twenty_thousand_times(
    flight: Any, eop: EarthOrientation, pictures: dict[int, Picture], packets: tuple[bytes, ...], data: bytes
) -> None:
    for seed in range(20_000):
        check(flight, eop, pictures, packets, data, seed)
