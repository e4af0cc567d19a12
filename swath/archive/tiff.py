"""How is a TIFF file laid out? Its first directory read, its blocks decoded; a Cloud-Optimized file put together.

GDAL says what pixels mean (systems, names, coefficients): its directory is read and copied, never invented. Blocks are
decoded and encoded by the codecs of ``imagecodecs``, which takes half of GDAL's time and leaves the interpreter to
other threads. Whatever is unusual (JPEG, interleaved pixels, big-endian, a block that is not there) is left to GDAL.

Sources: TIFF 6.0 (Adobe, 1992), sections 2, 14 and 15; BigTIFF (libtiff); TIFF Technical Note 3 (predictor of floating
point); the ghost area of GDAL's COG driver, by which a reader knows that directories come before data.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
import numpy.typing as npt

from swath.errors import DataError

__all__ = ["Blocks", "Level", "blocks_of", "encode_block", "put_together", "read_blocks", "read_directory"]

Array = npt.NDArray[Any]
Entry = tuple[int, int, bytes]
"""type, count and bytes of a value"""
Directory = Mapping[int, Entry]
"""entries by tag"""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = {1: "<u1", 3: "<u2", 4: "<u4", 16: "<u8"}
_MOST_ENTRIES = 4096
_SUBFILE, _WIDTH, _LENGTH, _BITS, _COMPRESSION, _SAMPLES, _PLANAR, _PREDICTOR = 254, 256, 257, 258, 259, 277, 284, 317
_STRIP_OFFSETS, _STRIP_ROWS, _STRIP_SIZES = 273, 278, 279
_TILE_WIDTH, _TILE_LENGTH, _TILE_OFFSETS, _TILE_SIZES, _FORMAT, _FILL_ORDER = 322, 323, 324, 325, 339, 266
_OF_OVERVIEWS = {
    _BITS,
    _COMPRESSION,
    262,
    _SAMPLES,
    _PLANAR,
    _PREDICTOR,
    _TILE_WIDTH,
    _TILE_LENGTH,
    338,
    _FORMAT,
    42113,
}
_GHOST = (
    b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    b"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nINTERLEAVE=BAND\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
)
"""Each block stands between its size and its last four bytes: a reader over a network needs no directory."""
_ROUND_BYTES = 8
"""of leader and trailer"""
_ZSTD_LEVEL = 1
_CHECKED = (8, 32946, 50000)
"""whose blocks tell by themselves that they are damaged"""
_CLASSIC_BYTES = 2**32
"""what a classic TIFF can address"""
_DECODERS: dict[int, Callable[..., Any]] = {
    5: imagecodecs.lzw_decode,
    8: imagecodecs.deflate_decode,
    32946: imagecodecs.deflate_decode,
    50000: imagecodecs.zstd_decode,
}


@dataclass(frozen=True)
class Blocks:
    """Where the pixels of a file lie, when :func:`read_blocks` can read them."""

    rows: int
    columns: int
    """of a block"""
    compression: int
    predictor: int
    dtype: np.dtype[Any]
    width: int
    height: int
    bands: int
    padded: bool
    """tiles are whole at the border, strips are cut"""
    offsets: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    """bytes, in the order band, row of blocks, column of blocks"""
    stamp: tuple[int, int]
    """size (bytes) and time of change (ns) of the file as it was looked at"""


@dataclass(frozen=True)
class Level:
    """Finished blocks of a picture or one of its overviews."""

    width: int
    height: int
    spool: Path
    """all blocks, one after the other"""
    offsets: npt.NDArray[np.int64]
    """in the spool"""
    sizes: npt.NDArray[np.int64]
    """bytes, in the order band, row of blocks, column of blocks"""


def read_directory(path: Path) -> dict[int, Entry] | None:
    """The first directory of a little-endian TIFF file, classic or big; None for anything else or damaged."""
    with path.open("rb") as file:
        try:
            return _directory(file, path.stat().st_size)
        except (struct.error, OverflowError, KeyError):
            return None


def _directory(file: BinaryIO, size: int) -> dict[int, Entry] | None:
    head = file.read(16)
    big = head[:4] == b"II+\0"
    if head[:4] != b"II*\0" and not (big and head[4:8] == b"\x08\0\0\0"):
        return None
    at = struct.unpack("<Q", head[8:16])[0] if big else struct.unpack("<I", head[4:8])[0]
    file.seek(at)
    count = struct.unpack("<Q" if big else "<H", file.read(8 if big else 2))[0]
    if not 0 < count <= _MOST_ENTRIES:
        return None
    form = struct.Struct("<HHQ8s" if big else "<HHI4s")
    raw = file.read(form.size * count)
    found: dict[int, Entry] = {}
    for tag, kind, number, inline in form.iter_unpack(raw[: len(raw) // form.size * form.size]):
        length = _SIZES[kind] * number
        if length > size:
            return None
        value = inline
        if length > len(inline):
            file.seek(struct.unpack("<Q" if big else "<I", inline)[0])
            value = file.read(length)
        if len(value) < length:
            return None
        found[tag] = (kind, number, value[:length])
    return found if list(found) == sorted(found) and len(found) == count else None


def _numbers(directory: Directory, tag: int) -> npt.NDArray[np.int64]:
    kind, _, value = directory.get(tag, (3, 0, b""))
    if kind not in _WHOLE:
        return np.empty(0, np.int64)
    return np.frombuffer(value, _WHOLE[kind]).astype(np.int64)


def _number(directory: Directory, tag: int, missing: int) -> int:
    """The one number of a tag; -1, which fits nothing, where it is of another type or count than the standard says."""
    if tag not in directory:
        return missing
    kind, count, _ = directory[tag]
    return int(_numbers(directory, tag)[0]) if kind in (3, 4) and count == 1 else -1


def blocks_of(path: Path, *, width: int, height: int, bands: int, dtype: np.dtype[Any]) -> Blocks | None:
    """Where the blocks of a file lie that GDAL describes so; None where :func:`read_blocks` cannot read them."""
    about = path.stat()
    found = read_directory(path)
    if found is None:
        return None
    tiled = _TILE_OFFSETS in found
    rows = _number(found, _TILE_LENGTH if tiled else _STRIP_ROWS, 0 if tiled else height)
    columns = _number(found, _TILE_WIDTH, 0) if tiled else width
    rows = rows if tiled else min(rows, height)
    compression, predictor = _number(found, _COMPRESSION, 1), _number(found, _PREDICTOR, 1)
    kinds = {"u": 1, "i": 2, "f": 3}
    plain = (
        (_number(found, _WIDTH, 0), _number(found, _LENGTH, 0), _number(found, _SAMPLES, 1)) == (width, height, bands)
        and (bands == 1 or _number(found, _PLANAR, 1) == 2)
        and set(_numbers(found, _BITS).tolist()) == {8 * dtype.itemsize}
        and set(_numbers(found, _FORMAT).tolist() or [1]) == {kinds.get(dtype.kind)}
        and compression in (1, *_DECODERS)
        and (predictor == 1 or predictor == (3 if dtype.kind == "f" else 2))
        and _number(found, _FILL_ORDER, 1) == 1
        and rows > 0
        and columns > 0
    )
    offsets = _numbers(found, _TILE_OFFSETS if tiled else _STRIP_OFFSETS)
    sizes = _numbers(found, _TILE_SIZES if tiled else _STRIP_SIZES)
    if not plain or not len(offsets) == len(sizes) == bands * -(-height // rows) * -(-width // columns):
        return None
    return Blocks(
        rows, columns, compression, predictor, dtype, width, height, bands, tiled, offsets, sizes,
        (about.st_size, about.st_mtime_ns),
    )  # fmt: skip


def read_blocks(path: Path, blocks: Blocks, window: tuple[int, int, int, int], bands: Sequence[int]) -> Array | None:
    """Pixels ``(band, row, column)`` of ``window`` (top, left, rows, columns); None where GDAL should look at it.

    That is where the file has changed since, a block is missing, or is not what the directory promises. Raises
    :class:`DataError` for a damaged block.
    """
    top, left, rows, columns = window
    out = np.empty((len(bands), rows, columns), blocks.dtype)
    down, across = -(-blocks.height // blocks.rows), -(-blocks.width // blocks.columns)
    with path.open("rb", buffering=0) as file:
        about = path.stat()
        if (about.st_size, about.st_mtime_ns) != blocks.stamp:
            return None
        for into, band in zip(out, bands, strict=True):
            for i in range(top // blocks.rows, -(-(top + rows) // blocks.rows)):
                for j in range(left // blocks.columns, -(-(left + columns) // blocks.columns)):
                    number = (band * down + i) * across + j
                    block = _block(file, blocks, number, i)
                    if block is None:
                        return None
                    y, x = i * blocks.rows, j * blocks.columns
                    a, b = max(top, y), min(top + rows, y + blocks.rows)
                    c, d = max(left, x), min(left + columns, x + blocks.columns)
                    into[a - top : b - top, c - left : d - left] = block[a - y : b - y, c - x : d - x]
    return out


def _block(file: io.FileIO, blocks: Blocks, number: int, i: int) -> Array | None:
    """One block; None where it is not there or not what it should be."""
    rows = blocks.rows if blocks.padded else min(blocks.rows, blocks.height - i * blocks.rows)
    at, size = int(blocks.offsets[number]), int(blocks.sizes[number])
    length = rows * blocks.columns * blocks.dtype.itemsize
    if at <= 0 or not 0 < size <= 2 * length + 65536:
        return None
    file.seek(at)
    raw = file.read(size)
    if len(raw) != size:
        return None
    if blocks.compression != 1:
        plain = np.empty(length, np.uint8)
        try:
            found = _DECODERS[blocks.compression](raw, out=plain)
        except (RuntimeError, ValueError) as error:
            if blocks.compression in _CHECKED:  # GDAL would give back what it happens to have
                raise DataError(f"a block is damaged: {error}", fix="Get the file again") from error
            return None
        if len(found) != length:
            return None
    elif size != length:
        return None
    else:
        plain = np.frombuffer(raw, np.uint8)
    if blocks.predictor == 3:
        return np.asarray(imagecodecs.floatpred_decode(plain.view(blocks.dtype).reshape(rows, -1), axis=-1))
    if blocks.predictor == 2:
        counts = plain.view(f"<u{blocks.dtype.itemsize}").reshape(rows, -1)
        return np.asarray(imagecodecs.delta_decode(counts, axis=-1, out=counts)).view(blocks.dtype)
    return plain.view(blocks.dtype).reshape(rows, -1)


def encode_block(image: Array, size_px: int) -> bytes:
    """A square block of zstd with the predictor of its type, filled up with the border's pixels where it is cut."""
    short = [(0, size_px - length) for length in image.shape]
    block = np.pad(image, short, "edge") if any(more for _, more in short) else np.ascontiguousarray(image)
    if block.dtype.kind == "f":
        coded = imagecodecs.floatpred_encode(block, axis=-1)
    else:
        coded = imagecodecs.delta_encode(block.view(f"<u{block.dtype.itemsize}"), axis=-1)
    return bytes(imagecodecs.zstd_encode(coded.tobytes(), level=_ZSTD_LEVEL))


def put_together(out: BinaryIO, face: Directory, levels: Sequence[Level]) -> None:
    """Write a Cloud-Optimized GeoTIFF: directories first, then the blocks, those of the smallest overview first.

    ``face`` is the directory of the whole picture, as GDAL wrote it for a file of zstd blocks without any block;
    ``levels`` begin with the whole picture. Above 4 GB the file becomes a BigTIFF.
    """
    data = [int(level.sizes.sum()) + _ROUND_BYTES * len(level.sizes) for level in levels]
    big = sum(data) + sum(64 * len(level.sizes) for level in levels) + 2**20 > _CLASSIC_BYTES
    directories = [dict(face)] + [_smaller(face, level) for level in levels[1:]]
    place = _head(out, big)
    at = place + sum(_length(directory, level, big) for directory, level in zip(directories, levels, strict=True))
    starts = [0] * len(levels)
    for number in reversed(range(len(levels))):
        starts[number], at = at, at + data[number]
    for number, (directory, level) in enumerate(zip(directories, levels, strict=True)):
        place += _write_directory(out, directory, level, starts[number], place, big, last=number + 1 == len(levels))
    for level in reversed(levels):
        with level.spool.open("rb") as spool:
            for offset, size in zip(level.offsets.tolist(), level.sizes.tolist(), strict=True):
                spool.seek(offset)
                block = spool.read(size)
                out.write(struct.pack("<I", size))
                out.write(block)
                out.write(block[-4:])


def _head(out: BinaryIO, big: bool) -> int:
    ghost = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_GHOST) + _GHOST
    size = 16 if big else 8
    at = size + len(ghost) + (-(size + len(ghost)) % 8)
    out.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, at) if big else struct.pack("<2sHI", b"II", 42, at))
    out.write(ghost.ljust(at - size, b"\0"))
    return at


def _smaller(face: Directory, level: Level) -> dict[int, Entry]:
    """The directory of an overview: no place and no names, those are the whole picture's."""
    kept = {tag: entry for tag, entry in face.items() if tag in _OF_OVERVIEWS}
    sides = {_WIDTH: level.width, _LENGTH: level.height}
    return kept | {_SUBFILE: (4, 1, struct.pack("<I", 1))} | {k: (4, 1, struct.pack("<I", v)) for k, v in sides.items()}


def _entries(directory: Directory, level: Level, start: int, big: bool) -> list[tuple[int, Entry]]:
    form = "<u8" if big else "<u4"
    ends = start + np.cumsum(level.sizes + _ROUND_BYTES)
    where = (ends - level.sizes - _ROUND_BYTES // 2).astype(form).tobytes()
    blocks: dict[int, Entry] = {
        _TILE_OFFSETS: (16 if big else 4, len(level.sizes), where),
        _TILE_SIZES: (4, len(level.sizes), level.sizes.astype("<u4").tobytes()),
    }
    return sorted({**directory, **blocks}.items())


def _length(directory: Directory, level: Level, big: bool) -> int:
    entries, inline = _entries(directory, level, 0, big), 8 if big else 4
    values = sum(len(value) + -len(value) % 8 for _, (_, _, value) in entries if len(value) > inline)
    size = (16 + 20 * len(entries)) if big else (6 + 12 * len(entries))
    return size + -size % 8 + values


def _write_directory(
    out: BinaryIO, directory: Directory, level: Level, start: int, place: int, big: bool, *, last: bool
) -> int:
    """One directory and its values behind it; how many bytes that is."""
    entries, inline = _entries(directory, level, start, big), 8 if big else 4
    head, form = ("<Q", "<HHQ8s") if big else ("<H", "<HHI4s")
    size = (16 + 20 * len(entries)) if big else (6 + 12 * len(entries))
    behind = place + size + -size % 8
    rows, values = [], b""
    for tag, (kind, count, value) in entries:
        held = value
        if len(value) > inline:
            held = struct.pack("<Q" if big else "<I", behind + len(values))
            values += value + bytes(-len(value) % 8)
        rows.append(struct.pack(form, tag, kind, count, held.ljust(inline, b"\0")))
    following = 0 if last else behind + len(values)
    raw = struct.pack(head, len(entries)) + b"".join(rows) + struct.pack("<Q" if big else "<I", following)
    written = raw.ljust(size + -size % 8, b"\0") + values
    out.write(written)
    return len(written)
