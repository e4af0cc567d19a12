"""Checksums of whole files, fast. Byte arrays and the running register in, the register out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["crc32c"]

Array = npt.NDArray[Any]


def _tables() -> Array:
    """``tables[k, b]``: CRC-32C (reflected polynomial 0x82F63B78) of byte ``b`` followed by ``k`` zero bytes."""
    tables = np.zeros((16, 256), np.uint32)
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        tables[0, byte] = value
    for zeros in range(1, 16):
        before = tables[zeros - 1]
        tables[zeros] = before >> 8 ^ tables[0, before & 0xFF]
    return tables


_TABLES = _tables()


@njit(cache=True, nogil=True, boundscheck=False)
def crc32c(data: Array, register: int) -> int:
    """Carry the register (preset 0xFFFFFFFF, at the end inverted) over ``data``, sixteen bytes a step."""
    crc = np.uint32(register)
    at, size = 0, len(data)
    while at + 16 <= size:
        following = (
            _TABLES[15, data[at] ^ (crc & 0xFF)]
            ^ _TABLES[14, data[at + 1] ^ (crc >> 8 & 0xFF)]
            ^ _TABLES[13, data[at + 2] ^ (crc >> 16 & 0xFF)]
            ^ _TABLES[12, data[at + 3] ^ (crc >> 24)]
        )
        for k in range(4, 16):
            following ^= _TABLES[15 - k, data[at + k]]
        crc = np.uint32(following)
        at += 16
    while at < size:
        crc = np.uint32(crc >> 8 ^ _TABLES[0, (crc ^ data[at]) & 0xFF])
        at += 1
    return int(crc)
