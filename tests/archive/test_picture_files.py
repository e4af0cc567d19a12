"""The pictures that lie in files, and of what is damaged as much as is true."""

from __future__ import annotations

import binascii
import json
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.picture import (
    MAX_PICTURE_BYTES,
    ReceivedPicture,
    band_counts,
    picture_counts,
    read_header,
    read_records,
    require_header,
)
from swath.archive.source_packets import picture_in, source_packets
from swath.errors import DataError
from swath.fly.picture import Picture
from swath.fly.source_packets import encode_picture
from swath.frames import EarthOrientation
from swath.spacecraft.link_format import (
    CHUNK_BYTES,
    HEADER_KEYS,
    KIND_HEADER,
    KIND_LINES,
    KIND_PIXELS,
    LINE_RECORD,
    SECONDARY,
)


@pytest.fixture(scope="module")
def taken(flight: Any, eop: EarthOrientation) -> Picture:
    picture: Picture = flight.Flight(lines=200, columns=151, line_step=2).picture(eop)
    return picture


def read(packets: tuple[bytes, ...]) -> ReceivedPicture:
    return picture_in(b"".join(packets), spacecraft=77)


def same(received: ReceivedPicture, taken: Picture) -> bool:
    states = received.records
    found = {key: getattr(received.header, key) for key in HEADER_KEYS}
    lists = {key: list(value) for key, value in found.items() if isinstance(value, tuple)}
    return (
        dict(taken.header) == found | lists
        and np.array_equal(picture_counts(received), taken.pixels)
        and all(np.array_equal(getattr(states, name), getattr(taken.states, name)) for name in vars(taken.states))
    )


def forged(number: int, kind: int, chunk: int, body: bytes, time: tuple[int, int] = (1, 2)) -> bytes:
    """A packet whose error control agrees, whatever it says."""
    data = SECONDARY.pack(*time, number, kind, chunk) + body
    packet = b"\x08\x64\xc0\x00" + (len(data) + 2 - 1).to_bytes(2, "big") + data
    return packet + binascii.crc_hqx(packet, 0xFFFF).to_bytes(2, "big")


def test_a_whole_picture_comes_back_bit_by_bit(flight: Any, taken: Picture) -> None:
    packets = encode_picture(taken, flight.SATELLITE, 9)
    received = read(packets)
    assert (received.spacecraft, received.number) == (77, 9) and received.complete
    assert received.missing_fraction == 0.0
    assert same(received, taken)
    for kind in (bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)):
        assert same(picture_in(kind(b"".join(packets)), spacecraft=77), taken)
    found = source_packets(b"".join(packets))
    assert (len(found.packets), found.breaks) == (len(packets), 0)


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 60), st.integers(1, 60)),
    step=st.integers(1, 70), hole=st.tuples(st.floats(0.0, 1.0), st.integers(0, 4000)), noise=st.booleans(),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_a_hole_costs_what_it_touches_and_no_more(
    flight: Any, eop: EarthOrientation, shape: tuple[int, int, int], step: int, hole: tuple[float, int], noise: bool,
    seed: int,
) -> None:  # fmt: skip
    """Odd sizes, one line, one column, holes anywhere, of zeros or of anything."""
    bands, lines, columns = shape
    picture = flight.Flight(lines=lines, columns=columns, bands=1, line_step=step).picture(eop)
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 4096, shape, dtype=np.uint16)
    samples = (pixels.size + 1) // 2 * 3
    header = {
        **picture.header,
        "bands": [f"b{k}" for k in range(bands)],
        "band_row_px": [1.5 * k for k in range(bands)],
        "band_lead_lines": [float(k) for k in range(bands)],
        "pixel_bytes": samples,
        "pixel_chunks": -(-samples // CHUNK_BYTES),
    }
    taken = Picture(pixels, picture.states, header)
    packets = encode_picture(taken, flight.SATELLITE, 1)
    content = bytearray(b"".join(packets))
    begin = int(hole[0] * len(content))
    end = min(begin + hole[1], len(content))
    content[begin:end] = rng.integers(0, 256, end - begin, dtype=np.uint8).tobytes() if noise else bytes(end - begin)
    ends = np.cumsum([len(packet) for packet in packets])
    starts = ends - [len(packet) for packet in packets]
    # A hole of no bytes, or of zeros where zeros were, harms nothing.
    kept = [flight.packet_name(p) for p, a, b in zip(packets, starts, ends, strict=True) if content[a:b] == p]
    found = source_packets(bytes(content))
    table = found.packets
    names = list(zip(table.picture.tolist(), table.kind.tolist(), table.chunk.tolist(), strict=True))
    assert [name for name in names if name in kept] == kept  # what a hole does not touch is there
    received = picture_in(bytes(content), spacecraft=77)
    if len(kept) == len(packets):
        assert received.complete and same(received, taken) and found.breaks == 0
    elif (1, KIND_HEADER, 0) in kept:
        there = set(range(header["pixel_chunks"])) - set(received.pixels_missing.tolist())
        assert there >= {chunk for _, kind, chunk in kept if kind == KIND_PIXELS}
        assert found.breaks >= 1


def test_what_is_missing_is_known(flight: Any, taken: Picture) -> None:
    lost = {(KIND_LINES, 1), (KIND_PIXELS, 0), (KIND_PIXELS, 7)}
    received = flight.bring_down(taken, without=lambda *name: name in lost)
    assert received.lines_missing.tolist() == [1] and received.pixels_missing.tolist() == [0, 7]
    assert len(received.records) == len(taken.states) - (len(taken.states) - 64)
    assert 0.0 < received.missing_fraction < 0.2 and not received.complete


def test_holes_are_marked_and_nothing_else_is(flight: Any, taken: Picture) -> None:
    """Chunk 7 is bytes 21504 .. 24575: with two samples in three bytes, samples 14336 .. 16383 are touched."""
    received = flight.bring_down(taken, without=lambda *name: name == (KIND_PIXELS, 7))
    want = taken.pixels.ravel().copy()
    want[14336 : 16383 + 1] = 0
    assert np.array_equal(picture_counts(received).ravel(), want)
    assert np.array_equal(band_counts(received, 1), want.reshape(taken.pixels.shape)[1])
    assert not received.complete


def test_without_a_header_there_is_no_picture(flight: Any, taken: Picture) -> None:
    packets = encode_picture(taken, flight.SATELLITE, 9)
    received = read(packets[1:])
    assert received.missing_fraction == 1.0 and not received.complete
    with pytest.raises(DataError, match="no header"):
        require_header(received)
    assert same(read((*packets[1:], packets[0])), taken)


def test_a_number_used_again_does_not_mix_two_pictures(flight: Any, eop: EarthOrientation, taken: Picture) -> None:
    other = replace(flight.Flight(lines=60, columns=151), start=flight.START + np.timedelta64(9, "s")).picture(eop)
    both = encode_picture(other, flight.SATELLITE, 9) + encode_picture(taken, flight.SATELLITE, 9)
    assert same(read(both), taken)  # the one with most packets


def test_what_comes_later_never_harms_a_whole_picture(flight: Any, taken: Picture) -> None:
    packets = encode_picture(taken, flight.SATELLITE, 9)
    time = SECONDARY.unpack_from(packets[0], 6)[:2]
    header = json.dumps({**taken.header, "lines": 1}).encode()
    lies = (
        forged(9, KIND_HEADER, 0, header, time),
        forged(9, KIND_PIXELS, 0, bytes(CHUNK_BYTES), time),
        forged(9, KIND_PIXELS, 3, b"short", time),
        forged(9, KIND_PIXELS, 2**32 - 1, bytes(CHUNK_BYTES), time),
        forged(9, KIND_LINES, 0, bytes(64 * LINE_RECORD.size), time),
        forged(9, 200, 0, b"?", time),
    )
    assert same(read(packets + lies), taken)
    # Chunks of the wrong size and records that cannot be true give way to the right ones even when they came first.
    assert same(read(lies[2:] + packets), taken)


@pytest.mark.parametrize("data", [b"", b"\x08", bytes(5000), b"\xff" * 2300, b"\x08\x64\xc0\x00\x00\x20" * 900])
def test_nothing_comes_of_nothing(data: bytes) -> None:
    found = source_packets(data)
    assert len(found.packets) == 0 and found.breaks == bool(data)
    assert picture_in(data, spacecraft=3).header is None


@pytest.fixture(scope="module")
def header(taken: Picture) -> dict[str, Any]:
    return dict(taken.header)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lines", 0), ("lines", -5), ("lines", 10**9), ("lines", 200.0), ("lines", True), ("lines", "200"),
        ("columns", 10**6), ("columns", None), ("bands", []), ("bands", "blue"), ("bands", ["a"] * 4), ("bands", [1]),
        ("bands", [f"b{k}" for k in range(17)]), ("line_step", 0), ("line_chunks", 99), ("pixel_chunks", 1),
        ("pixel_bytes", 10**15), ("pixel_bytes", 181201), ("ifov_rad", 0.0), ("ifov_rad", -1e-5), ("ifov_rad", 1e300),
        ("ifov_rad", float("nan")), ("gsd_m", float("inf")), ("reflectance_per_count", 0), ("offset_count", -1),
        ("offset_count", 5000), ("simulated", 1), ("simulated", "true"), ("acquisition", "../../etc/passwd"),
        ("acquisition", ""), ("request", "a" * 101), ("satellite", ".hidden"), ("acquisition", "a/b"),
        ("acquisition", "a\n"), ("request", ["r"]), ("lines", 10**400),
        ("band_row_px", [0.0]), ("band_row_px", None), ("band_row_px", ["0"] * 4), ("band_lead_lines", [1e7] * 4),
        ("band_lead_lines", [float("nan")] * 4), ("band_lead_lines", {}),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_true_is_no_header(header: dict[str, Any], key: str, value: Any) -> None:
    assert read_header(json.dumps(header).encode()) is not None
    assert read_header(json.dumps({**header, key: value}).encode()) is None


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 60_000, b'{"lines": ' + b"9" * 60_000 + b"}", b"nan"]
)
def test_a_header_that_is_no_header(text: bytes) -> None:
    assert read_header(text) is None


def test_a_header_may_not_ask_for_more_than_the_limit(header: dict[str, Any]) -> None:
    lines, columns = 200_000, 1000
    samples = lines * columns * 4 // 2 * 3
    assert samples > MAX_PICTURE_BYTES
    large = {
        **header,
        "lines": lines,
        "columns": columns,
        "line_step": 1,
        "line_chunks": lines // 64,
        "pixel_bytes": samples,
    }
    assert read_header(json.dumps({**large, "pixel_chunks": -(-samples // CHUNK_BYTES)}).encode()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"line": 7}, {"utc_ns": -(2**63)}, {"x": float("nan")}, {"x": float("inf")}, {"x": 0.0}, {"x": 1e300},
        {"vx": 1e5}, {"roll": 1e4}, {"roll": float("nan")},
    ],
)  # fmt: skip
def test_records_that_cannot_be_true_have_not_arrived(change: dict[str, float]) -> None:
    def chunk(**values: float) -> Any:
        row = {"line": 0, "utc_ns": 10**18, "x": 7e6, "y": 0.0, "z": 0.0, "vx": 7e3, "vy": 0.0, "vz": 0.0}
        row |= {"roll": 0.0, "pitch": 0.0, "yaw": 0.0}
        rows = [row, {**row, "line": 3, "utc_ns": 10**18 + 1, **values}]
        return np.frombuffer(b"".join(LINE_RECORD.pack(*r.values()) for r in rows), np.uint8)

    lines = np.array([0, 3])
    found = read_records(chunk(), lines)
    assert found is not None and found.line.tolist() == [0, 3]
    assert read_records(chunk(**change), lines) is None
    assert read_records(chunk()[:-1], lines) is None


def test_lying_headers_take_little_memory(header: dict[str, Any]) -> None:
    """Each announces half a gigabyte; together they may not cost more than a few megabytes."""
    lines, columns = 178_000, 502
    samples = lines * columns * 4 // 2 * 3
    large = {
        **header, "lines": lines, "columns": columns, "line_step": 1, "line_chunks": -(-lines // 64),
        "pixel_bytes": samples, "pixel_chunks": -(-samples // CHUNK_BYTES),
    }  # fmt: skip
    body = json.dumps(large).encode()
    assert read_header(body) is not None
    lies = tuple(forged(number, KIND_HEADER, 0, body) for number in range(1050))
    read(lies)
    tracemalloc.start()
    picture = read(lies)
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()
    assert picture.missing_fraction == 1.0 and len(picture.pixels_missing) == large["pixel_chunks"]


def test_lying_lengths_do_not_make_reading_slow() -> None:
    """Every sixth byte begins a header that claims 6 kB: checked in vain, but only so often."""
    lie = (b"\x08\x64\xc0\x00\x17\x00" * 200_000)[:1_000_000]
    assert len(source_packets(lie).packets) == 0  # without a limit this takes 10**9 checked bytes
