"""Is a file the file that was sent? The checksums of CFDP over files of any size, block by block."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.spacecraft.cfdp_format import Checksum
from swath.spacecraft.checksum_kernels import crc32c

__all__ = ["BLOCK_BYTES", "blocks_of", "file_checksum"]

Bytes = npt.NDArray[np.uint8]

BLOCK_BYTES = 4 << 20
"""what is looked at in one step; a multiple of four"""


def blocks_of(content: Bytes) -> Iterable[Bytes]:
    """An array in blocks, views of it."""
    return (content[at : at + BLOCK_BYTES] for at in range(0, len(content), BLOCK_BYTES))


def file_checksum(kind: int, blocks: Iterable[Bytes]) -> int:
    """Which checksum does a file have? Blocks in order, each but the last a multiple of four bytes.

    ``kind`` as in :class:`Checksum`: sum of big-endian words modulo 2^32 (the last padded with zeros), CRC-32C, CRC-32,
    or none (0). About 1 GB/s. Vectors: tests/spacecraft/test_checksum.py. Raises :class:`InputError` for other kinds.
    """
    if kind == Checksum.MODULAR:
        total = 0
        for block in blocks:
            whole = len(block) // 4 * 4
            total += int(block[:whole].view(">u4").sum(dtype=np.uint64))
            total += int.from_bytes(block[whole:].tobytes().ljust(4, b"\0"), "big") if whole < len(block) else 0
        return total % 2**32
    if kind == Checksum.CRC_32C:
        register = 0xFFFFFFFF
        for block in blocks:
            register = crc32c(block, register)
        return register ^ 0xFFFFFFFF
    if kind == Checksum.CRC_32:
        crc = 0
        for block in blocks:
            crc = zlib.crc32(block.data, crc)
        return crc
    if kind == Checksum.NULL:
        return 0
    raise InputError(f"no checksum of kind {kind}", fix="0 modular, 2 CRC-32C, 3 CRC-32 or 15 none")
