"""Keeps long runs of pictures small: large blocks of memory go back to the system as soon as they are free."""

from __future__ import annotations

import ctypes

__all__ = ["give_back_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 1 << 18


def give_back_memory() -> None:
    """Ask the C library of this process to return free blocks of 256 KiB and more at once; call it early.

    glibc otherwise raises that limit by itself after the first large array and keeps what later pictures leave behind,
    some 150 MB a run (benchmarks/demo.py). Other C libraries have no such switch and are left alone.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in ((_MMAP_THRESHOLD, _LARGE_BYTES), (_TRIM_THRESHOLD, _LARGE_BYTES), (_ARENA_MAX, 1)):
        mallopt(option, value)
