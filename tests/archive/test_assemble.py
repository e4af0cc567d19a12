"""Pictures put together from what arrived, and exactly the rest asked for again."""

from __future__ import annotations

import binascii
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.assemble import MAX_PICTURES, assemble
from swath.archive.picture import (
    MAX_PICTURE_BYTES,
    ReceivedPicture,
    band_counts,
    picture_counts,
    read_header,
    read_records,
    require_header,
)
from swath.archive.receive import Reception, keep_packets, receive
from swath.errors import DataError
from swath.fly.downlink import encode_picture, packets_by_name, packets_for, transmit
from swath.fly.picture import Picture
from swath.frames import EarthOrientation
from swath.spacecraft.link_format import (
    CHUNK_BYTES,
    HEADER_KEYS,
    KIND_HEADER,
    KIND_LINES,
    KIND_PIXELS,
    LINE_RECORD,
    SECONDARY,
    WHOLE_PICTURE,
)


@pytest.fixture(scope="module")
def taken(flight: Any, eop: EarthOrientation) -> Picture:
    picture: Picture = flight.Flight(lines=200, columns=151, line_step=2).picture(eop)
    return picture


def heard(flight: Any, packets: tuple[bytes, ...], loss: float = 0.0, seed: int = 0) -> Reception:
    return receive(transmit(packets, flight.SATELLITE, first_frame=0, loss=loss, seed=seed).data)


def same(received: ReceivedPicture, taken: Picture) -> bool:
    states = received.records
    return (
        dict(taken.header) == {k: getattr(received.header, k) for k in HEADER_KEYS} | {"bands": taken.header["bands"]}
        and np.array_equal(picture_counts(received), taken.pixels)
        and all(np.array_equal(getattr(states, name), getattr(taken.states, name)) for name in vars(taken.states))
    )


def forged(number: int, kind: int, chunk: int, body: bytes, time: tuple[int, int] = (1, 2)) -> bytes:
    """A packet whose error control agrees, whatever it says."""
    data = SECONDARY.pack(*time, number, kind, chunk) + body
    packet = b"\x08\x64\xc0\x00" + (len(data) + 2 - 1).to_bytes(2, "big") + data
    return packet + binascii.crc_hqx(packet, 0xFFFF).to_bytes(2, "big")


def test_a_whole_picture_comes_back_bit_by_bit(flight: Any, taken: Picture) -> None:
    (received,) = assemble([heard(flight, encode_picture(taken, flight.SATELLITE, 9))])
    assert received.key == (77, 9) and received.complete and received.missing == ()
    assert received.missing_fraction == 0.0
    assert same(received, taken)


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 60), st.integers(1, 60)),
    step=st.integers(1, 70),
    loss=st.sampled_from([0.0, 0.05, 0.3]),
    seed=st.integers(0, 1000),
)
def test_asking_again_completes_any_picture(
    flight: Any, eop: EarthOrientation, shape: tuple[int, int, int], step: int, loss: float, seed: int
) -> None:
    """Odd sizes, one line, one column, samples that straddle chunks; each round sends just what is missing."""
    bands, lines, columns = shape
    picture = flight.Flight(lines=lines, columns=columns, bands=1, line_step=step).picture(eop)
    pixels = np.random.default_rng(seed).integers(0, 4096, shape, dtype=np.uint16)
    samples = (pixels.size + 1) // 2 * 3
    header = {
        **picture.header,
        "bands": [f"b{k}" for k in range(bands)],
        "pixel_bytes": samples,
        "pixel_chunks": -(-samples // CHUNK_BYTES),
    }
    taken = Picture(pixels, picture.states, header)
    held = packets_by_name(encode_picture(taken, flight.SATELLITE, 1))
    asked, contacts = [(1, WHOLE_PICTURE, 0)], []
    for contact in range(60):
        sent = packets_for(held, asked)
        contacts.append(heard(flight, sent, loss, seed + contact))
        (received,) = assemble(contacts, expected=[(77, 1)])
        asked = list(received.missing)
        if received.complete:
            break
        assert set(asked) <= {*held, (1, WHOLE_PICTURE, 0)}
    assert received.complete and same(received, taken)


def test_at_ten_per_cent_loss_a_quarter_more_than_the_ideal_is_sent(flight: Any, eop: EarthOrientation) -> None:
    """A perfect repeat of just the lost frames takes 1 / (1 - loss) times the picture."""
    held = packets_by_name(encode_picture(flight.Flight(lines=600, columns=500).picture(eop), flight.SATELLITE, 1))
    asked, contacts, sent = [(1, WHOLE_PICTURE, 0)], [], []
    while asked:
        contact = transmit(packets_for(held, asked), flight.SATELLITE, first_frame=sum(sent), loss=0.1, seed=len(sent))
        sent.append(contact.frames_sent)
        contacts.append(receive(contact.data))
        (received,) = assemble(contacts, expected=[(77, 1)])
        asked = list(received.missing)
    assert received.complete
    assert sum(sent) < 1.25 * sent[0] / 0.9


def test_missing_names_exactly_what_was_lost(flight: Any, taken: Picture) -> None:
    packets = packets_by_name(encode_picture(taken, flight.SATELLITE, 9))
    lost = {(9, KIND_LINES, 1), (9, KIND_PIXELS, 0), (9, KIND_PIXELS, 7), (9, KIND_PIXELS, len(packets) - 4)}
    lost &= set(packets)
    (received,) = assemble([heard(flight, tuple(p for name, p in packets.items() if name not in lost))])
    assert set(received.missing) == lost and len(received.missing) == len(lost)
    assert len(received.records) == len(taken.states) - (len(taken.states) - 64)
    assert 0.0 < received.missing_fraction < 0.2


def test_holes_are_marked_and_nothing_else_is(flight: Any, taken: Picture) -> None:
    """Chunk 7 is bytes 14336 .. 16383: with two samples in three bytes, samples 9557 .. 10922 are touched."""
    packets = packets_by_name(encode_picture(taken, flight.SATELLITE, 9))
    (received,) = assemble([heard(flight, tuple(p for name, p in packets.items() if name != (9, KIND_PIXELS, 7)))])
    want = taken.pixels.ravel().copy()
    want[9557 : 10922 + 1] = 0
    assert np.array_equal(picture_counts(received).ravel(), want)
    assert np.array_equal(band_counts(received, 1), want.reshape(taken.pixels.shape)[1])
    assert not received.complete


def test_without_a_header_the_whole_picture_is_asked_for(flight: Any, taken: Picture) -> None:
    packets = encode_picture(taken, flight.SATELLITE, 9)
    (received,) = assemble([heard(flight, packets[1:])])
    assert received.missing == ((9, WHOLE_PICTURE, 0),)
    assert received.missing_fraction == 1.0 and not received.complete
    with pytest.raises(DataError, match="no header"):
        require_header(received)
    assert same(assemble([heard(flight, packets[1:]), heard(flight, packets[:1])])[0], taken)


def test_expected_pictures_that_were_never_heard_are_missing(flight: Any, taken: Picture) -> None:
    contact = heard(flight, encode_picture(taken, flight.SATELLITE, 9))
    pictures = assemble([contact], expected=[(77, 9), (77, 10), (3, 1)])
    assert [(p.key, p.complete) for p in pictures] == [((3, 1), False), ((77, 9), True), ((77, 10), False)]
    assert pictures[2].missing == ((10, WHOLE_PICTURE, 0),)
    assert assemble([]) == ()


def test_a_number_used_again_does_not_mix_two_pictures(flight: Any, eop: EarthOrientation, taken: Picture) -> None:
    other = flight.Flight(lines=60, columns=151).picture(eop)
    both = encode_picture(taken, flight.SATELLITE, 9) + encode_picture(other, flight.SATELLITE, 9)
    pictures = assemble([heard(flight, both)])
    assert [p.key for p in pictures] == [(77, 9), (77, 9)]
    assert sorted(require_header(p).lines for p in pictures) == [60, 200]
    assert all(same(p, taken if require_header(p).lines == 200 else other) for p in pictures)


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
    assert same(assemble([heard(flight, packets), heard(flight, lies)])[0], taken)
    # Chunks of the wrong size and records that cannot be true give way to the right ones even when they came first.
    assert same(assemble([heard(flight, lies[2:]), heard(flight, packets)])[0], taken)


def test_packets_kept_for_the_next_contact_complete_the_picture(flight: Any, taken: Picture) -> None:
    packets = encode_picture(taken, flight.SATELLITE, 9)
    first = heard(flight, packets, loss=0.2, seed=4)
    (part,) = assemble([first])
    assert not part.complete
    again = heard(flight, packets_for(packets_by_name(packets), part.missing))
    assert same(assemble([keep_packets([first], {part.key}), again])[0], taken)


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


def test_a_thousand_lying_headers_take_little_memory(
    flight: Any, header: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each announces half a gigabyte; together they may not cost more than a few megabytes."""
    assert MAX_PICTURES == 10_000
    monkeypatch.setattr("swath.archive.assemble.MAX_PICTURES", 1000)
    lines, columns = 178_000, 502
    samples = lines * columns * 4 // 2 * 3
    large = {
        **header, "lines": lines, "columns": columns, "line_step": 1, "line_chunks": -(-lines // 64),
        "pixel_bytes": samples, "pixel_chunks": -(-samples // CHUNK_BYTES),
    }  # fmt: skip
    body = json.dumps(large).encode()
    assert read_header(body) is not None
    lies = tuple(forged(number, KIND_HEADER, 0, body) for number in range(1050))
    contact = heard(flight, lies)
    tracemalloc.start()
    pictures = assemble([contact])
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()
    assert len(pictures) == 1000
    assert pictures[0].missing_fraction == 1.0
    assert len(pictures[0].missing) == large["line_chunks"] + large["pixel_chunks"]
