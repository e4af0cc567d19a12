"""What picture lies in these strips? Read one by one; damaged ones are holes. The bytes are taken as hostile.

A decoder of images is never given a strip that announces another size than it may have, so that no strip can ask for
more memory than the picture itself takes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import imagecodecs
import numpy as np
import numpy.typing as npt

from swath.archive.link_kernels import unpack_samples
from swath.spacecraft.strip_format import AEC, AEC_BLOCK, JPEG_2000, JPEG_LS, MAGIC, RAW, STRIP

__all__ = ["Strip", "decompress", "find_strips", "read_strips"]

Samples = npt.NDArray[np.uint16]
Bytes = npt.NDArray[np.uint8]

_BITS = 12


@dataclass(frozen=True, eq=False)
class Strip:
    """One strip that arrived whole, not yet decoded."""

    codec: int
    band: int
    first: int
    """line"""
    lines: int
    body: memoryview


def find_strips(data: bytes | bytearray | memoryview, shape: tuple[int, int, int]) -> tuple[Strip, ...]:
    """The whole strips of a picture ``(band, line, column)`` in a run of them; views, nothing is copied.

    After a damaged strip the next is looked for, so a hole in the file costs the strips that it touches. Never raises
    on any bytes.
    """
    return tuple(_strips(data, shape))


def read_strips(strips: Iterable[Strip], band: int, out: Samples) -> npt.NDArray[np.bool_]:
    """Decode the strips of one band into ``out`` (line, column), which holds 0 where there are none.

    Returns which lines are there; a strip whose body does not give just its samples is not. Of strips that overlap the
    first counts. Memory: one strip.
    """
    there = np.zeros(len(out), np.bool_)
    for strip in strips:
        rows = slice(strip.first, strip.first + strip.lines)
        if strip.band != band or there[rows].any():
            continue
        samples = _decoded(strip.codec, bytes(strip.body), (strip.lines, out.shape[1]))
        if samples is not None:
            out[rows], there[rows] = samples, True
    return there


def decompress(data: bytes | Bytes, shape: tuple[int, int, int]) -> tuple[Samples, npt.NDArray[np.bool_]]:
    """The picture ``(band, line, column)`` of a known shape, and which lines ``(band, line)`` are there.

    Lines that are not hold 0. As :func:`find_strips` and :func:`read_strips`, for all bands. Never raises on any bytes.
    """
    pixels = np.zeros(shape, np.uint16)
    strips = find_strips(bytes(data), shape)
    return pixels, np.stack([read_strips(strips, band, pixels[band]) for band in range(shape[0])])


def _strips(data: bytes | bytearray | memoryview, shape: tuple[int, int, int]) -> Iterator[Strip]:
    """Every whole strip that fits the picture."""
    view, stream = memoryview(data), data if isinstance(data, bytes | bytearray) else bytes(data)
    at = stream.find(MAGIC)
    while at >= 0 and at + STRIP.size <= len(stream):
        _, codec, band, first, lines, columns, size, check = STRIP.unpack_from(stream, at)
        begin = at + STRIP.size
        fits = band < shape[0] and lines > 0 and first + lines <= shape[1] and columns == shape[2]
        if fits and begin + size <= len(stream):
            body = view[begin : begin + size]
            if zlib.crc32(body, zlib.crc32(view[at : begin - 4])) == check:
                yield Strip(codec, band, first, lines, body)
                at = stream.find(MAGIC, begin + size)
                continue
        at = stream.find(MAGIC, at + 1)


def _decoded(codec: int, body: bytes, shape: tuple[int, int]) -> Samples | None:
    """The samples of a strip, or None where its body does not give just those."""
    count = shape[0] * shape[1]
    try:
        if codec == RAW and len(body) == (count + 1) // 2 * 3:
            samples = np.empty(count, np.uint16)
            unpack_samples(np.frombuffer(body, np.uint8), 0, samples)
            return samples.reshape(shape)
        if codec == AEC:
            room = 2 * (-(-count // AEC_BLOCK) * AEC_BLOCK)
            flags = imagecodecs.AEC.FLAG.DATA_PREPROCESS
            made = imagecodecs.aec_decode(body, out=room, bitspersample=_BITS, flags=flags, blocksize=AEC_BLOCK, rsi=64)
            plain = np.frombuffer(made, "<u2")[:count]
            return _checked(plain.reshape(shape) if len(plain) == count else plain, shape)
        if codec == JPEG_LS and _jpeg_ls_size(body) == shape:
            return _checked(imagecodecs.jpegls_decode(body), shape)
        if codec == JPEG_2000 and _jpeg_2000_size(body) == shape:
            return _checked(imagecodecs.jpeg2k_decode(body), shape)
    except (RuntimeError, ValueError, TypeError):  # the codecs' own errors are RuntimeErrors
        return None
    return None


def _checked(samples: npt.NDArray[np.generic], shape: tuple[int, int]) -> Samples | None:
    if samples.shape != shape or samples.dtype != np.uint16 or int(samples.max(initial=0)) >= 1 << _BITS:
        return None
    return np.asarray(samples, np.uint16)


def _jpeg_ls_size(body: bytes) -> tuple[int, int] | None:
    """Lines and columns that the first frame header (SOF55) announces, of one component of 9 to 16 bits."""
    at = body.find(b"\xff\xf7")
    if not 0 <= at <= 64 or body[:2] != b"\xff\xd8" or len(body) < at + 10:
        return None
    if body.count(b"\xff\xf7") != 1 or not 8 < body[at + 4] <= 16 or body[at + 9] != 1:
        return None
    return int.from_bytes(body[at + 5 : at + 7], "big"), int.from_bytes(body[at + 7 : at + 9], "big")


def _jpeg_2000_size(body: bytes) -> tuple[int, int] | None:
    """Lines and columns that the size marker (SIZ, ISO 15444-1, A.5.1) announces, of one tile and one component."""
    if body[:4] != b"\xff\x4f\xff\x51" or len(body) < 44:
        return None
    width, height, left, top, tile_width, tile_height, tile_left, tile_top = (
        int.from_bytes(body[at : at + 4], "big") for at in range(8, 40, 4)
    )
    alone = (left, top, tile_left, tile_top) == (0, 0, 0, 0) and tile_width >= width and tile_height >= height
    return (height, width) if alone and body[40:42] == b"\0\1" else None
