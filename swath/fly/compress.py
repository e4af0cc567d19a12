"""How small does a picture become on board, and what does it lose? Strip by strip, so that memory stays small.

Lossless by CCSDS 121 (``aec``) or JPEG-LS; a strip that would grow (noise does) is stored as it is. Lossy by JPEG 2000
at a target rate. Each strip is read back on board and its errors are measured: what is said of a picture is true of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import imagecodecs
import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.link_kernels import pack_samples
from swath.spacecraft.strip_format import AEC, AEC_BLOCK, CODECS, JPEG_2000, JPEG_LS, MAGIC, RAW, STRIP

__all__ = ["Compression", "Measured", "Strip", "compress"]

Samples = npt.NDArray[np.uint16]

BITS = 12
_DB_PER_BIT = 6.02


@dataclass(frozen=True)
class Compression:
    """What is done to pictures before they are sent."""

    codec: str = "jpegls"
    """``raw``, ``aec``, ``jpegls`` or ``jpeg2000``"""
    bits_per_sample: float | None = None
    """the target of ``jpeg2000``: no more than that, on the average over a strip; None: lossless"""
    strip_lines: int = 256

    def __post_init__(self) -> None:
        rate = self.bits_per_sample
        if self.codec not in CODECS or self.strip_lines < 1 or (rate is not None and not 0.05 <= rate <= 12.0):
            raise InputError(
                f"compression {self.codec!r} at {rate} bits a sample in strips of {self.strip_lines} lines",
                fix=f"Codecs: {', '.join(CODECS)}; 0.05 to 12 bits; strips of 1 line or more",
            )
        if rate is not None and self.codec != "jpeg2000":
            raise InputError(f"{self.codec} is lossless and takes no rate", fix="Choose jpeg2000 for a target rate")


@dataclass(frozen=True)
class Measured:
    """What compression did, as found by reading it back."""

    samples: int = 0
    compressed_bytes: int = 0
    max_error_count: int = 0
    """largest difference of a sample; 0: lossless"""
    squared_error: int = 0
    """sum over samples, counts squared"""

    @property
    def ratio(self) -> float:
        """Bits before (12 a sample) over bits after, headers of strips counted."""
        return self.samples * BITS / 8.0 / self.compressed_bytes if self.compressed_bytes else 1.0

    @property
    def rms_error_count(self) -> float:
        """Root of the mean squared error, counts."""
        return float(np.sqrt(self.squared_error / self.samples)) if self.samples else 0.0

    def __add__(self, other: Measured) -> Measured:
        return Measured(
            self.samples + other.samples,
            self.compressed_bytes + other.compressed_bytes,
            max(self.max_error_count, other.max_error_count),
            self.squared_error + other.squared_error,
        )


@dataclass(frozen=True)
class Strip:
    """Some lines of one band, compressed."""

    data: bytes
    measured: Measured


def compress(blocks: Iterable[Samples], compression: Compression) -> Iterator[Strip]:
    """The strips of a picture: ``blocks`` of it ``(band, line, column)`` from its first line on, as they come.

    Blocks of any height; a strip is never higher than ``strip_lines``. Memory: one block and a few strips. Raises
    :class:`InputError` where a sample exceeds 12 bits or blocks differ in width or bands.
    """
    first, shape = 0, None
    for block in blocks:
        if block.ndim != 3 or (shape is not None and (block.shape[0], block.shape[2]) != shape):
            raise InputError(
                f"a block of shape {block.shape}", fix="Blocks are (band, line, column), alike but in lines"
            )
        shape = block.shape[0], block.shape[2]
        for line in range(0, block.shape[1], compression.strip_lines):
            for band in range(block.shape[0]):
                yield _strip(block[band, line : line + compression.strip_lines], band, first + line, compression)
        first += block.shape[1]


def _strip(samples: npt.NDArray[np.uint16], band: int, first: int, compression: Compression) -> Strip:
    lines = np.ascontiguousarray(samples, np.uint16)
    if lines.size and int(lines.max()) >= 1 << BITS:
        raise InputError("a sample exceeds 12 bits", where=f"band {band}, line {first}", fix="Clip counts to 0 .. 4095")
    codec = CODECS.index(compression.codec)
    body, read_back = _encoded(lines, codec, compression.bits_per_sample)
    plain = (lines.size * BITS + 23) // 24 * 3
    if len(body) >= plain:
        codec, (body, read_back) = RAW, _encoded(lines, RAW, None)
    head = STRIP.pack(MAGIC, codec, band, first, *lines.shape, len(body), 0)[:-4]
    data = head + struct.pack(">I", zlib.crc32(body, zlib.crc32(head))) + body
    error = np.abs(read_back.astype(np.int64) - lines)
    worst = int(error.max()) if error.size else 0
    return Strip(data, Measured(lines.size, len(data), worst, int((error * error).sum())))


def _encoded(lines: Samples, codec: int, bits_per_sample: float | None) -> tuple[bytes, Samples]:
    """The body of a strip, and what it reads back as."""
    if codec == JPEG_2000 and lines.size:
        return _jpeg_2000(lines, bits_per_sample)
    if codec == JPEG_LS and lines.size:
        body = bytes(imagecodecs.jpegls_encode(lines))
        return body, imagecodecs.jpegls_decode(body)
    if codec == AEC and lines.size:
        options = {
            "bitspersample": BITS,
            "flags": imagecodecs.AEC.FLAG.DATA_PREPROCESS,
            "blocksize": AEC_BLOCK,
            "rsi": 64,
        }
        whole = np.pad(lines.reshape(-1), (0, -lines.size % AEC_BLOCK), mode="edge")
        body = bytes(imagecodecs.aec_encode(whole, out=whole.nbytes + 1024, **options))
        plain = imagecodecs.aec_decode(body, out=whole.nbytes, **options)
        return body, np.frombuffer(plain, "<u2")[: lines.size].reshape(lines.shape)
    packed = np.empty((lines.size + 1) // 2 * 3, np.uint8)
    pack_samples(lines.reshape(-1), packed)
    return packed.tobytes(), lines


def _jpeg_2000(lines: Samples, bits_per_sample: float | None) -> tuple[bytes, Samples]:
    """At the highest quality whose size is within the target: whole decibels are searched, 6 dB being one bit."""

    def at(quality: int) -> bytes:
        return bytes(imagecodecs.jpeg2k_encode(lines, level=quality, codecformat="J2K", bitspersample=BITS))

    best = at(0)  # lossless
    if bits_per_sample is not None and len(best) * 8 > bits_per_sample * lines.size:
        best = _searched(at, bits_per_sample * lines.size / 8.0, lines.size)
    return best, imagecodecs.jpeg2k_decode(best)


def _searched(at: Callable[[int], bytes], room: float, samples: int) -> bytes:
    """The largest result within ``room``, by secants of 6 dB a bit inside a bracket; at worst the lowest quality."""
    low, high = 1, 100
    quality, best = round(min(max(_DB_PER_BIT * 8.0 * room / samples + 24.0, low), high)), b""
    while low < high:
        made = at(quality)
        if len(made) <= room:
            low, best = quality, max(made, best, key=len)
        else:
            high = quality
        if high - low <= 1 and best:
            break
        wanted = quality + round(_DB_PER_BIT * 8.0 * (room - len(made)) / samples)
        quality = wanted if low < wanted < high else (low + high) // 2
        if quality == low and (best or low == 1):
            break
    return best or at(1)
