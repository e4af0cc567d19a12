"""Checksums of files against published vectors and Python's own; sets of ranges against sets of numbers."""

from __future__ import annotations

import zlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.spacecraft.cfdp_format import Checksum
from swath.spacecraft.checksum import blocks_of, file_checksum
from swath.spacecraft.ranges import byte_count, clipped, gaps, subtract, union


def checksum(kind: int, data: bytes) -> int:
    return file_checksum(kind, blocks_of(np.frombuffer(data, np.uint8)))


def test_published_vectors() -> None:
    """CRC-32C: RFC 3720, B.4; check values of "123456789": CRC-32C E3069283, CRC-32 CBF43926; sum: CFDP annex F."""
    assert checksum(Checksum.CRC_32C, bytes(32)) == 0x8A9136AA
    assert checksum(Checksum.CRC_32C, b"\xff" * 32) == 0x62A8AB43
    assert checksum(Checksum.CRC_32C, bytes(range(32))) == 0x46DD794E
    assert checksum(Checksum.CRC_32C, b"123456789") == 0xE3069283
    assert checksum(Checksum.CRC_32, b"123456789") == 0xCBF43926
    assert checksum(Checksum.MODULAR, bytes(range(15))) == 0x181C2015  # 00010203 + 04050607 + 08090a0b + 0c0d0e00
    assert checksum(Checksum.NULL, b"anything") == 0


@given(data=st.binary(max_size=500), cuts=st.lists(st.integers(0, 100), max_size=4))
def test_blocks_do_not_matter(data: bytes, cuts: list[int]) -> None:
    array = np.frombuffer(data, np.uint8)
    edges = sorted({0, len(data), *(min(4 * cut, len(data)) for cut in cuts)})
    blocks = [array[a:b] for a, b in pairwise(edges)]
    for kind in (0, 2, 3, 15):
        assert file_checksum(kind, blocks) == checksum(kind, data)
    assert checksum(Checksum.CRC_32, data) == zlib.crc32(data)
    words = [int.from_bytes(data[at : at + 4].ljust(4, b"\0"), "big") for at in range(0, len(data), 4)]
    assert checksum(Checksum.MODULAR, data) == sum(words) % 2**32


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="kind 7"):
        checksum(7, b"")


ROWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


def numbers(rows: object) -> set[int]:
    return {n for start, stop in np.asarray(rows, np.int64).reshape(-1, 2).tolist() for n in range(start, stop)}


@given(one=ROWS, two=ROWS, stop=st.integers(0, 70))
def test_ranges_are_sets_of_numbers(one: list[tuple[int, int]], two: list[tuple[int, int]], stop: int) -> None:
    a, b = union(one), union(two)
    for made, want in (
        (a, numbers(one)),
        (union(one, two), numbers(one) | numbers(two)),
        (gaps(a, stop), set(range(stop)) - numbers(one)),
        (subtract(a, b), numbers(one) - numbers(two)),
        (clipped(a, 10, stop), numbers(one) & set(range(10, stop))),
    ):
        assert numbers(made) == want and byte_count(made) == len(want)
        assert (made[:, 1] > made[:, 0]).all() and (made[1:, 0] > made[:-1, 1]).all()
