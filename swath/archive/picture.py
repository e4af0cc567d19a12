"""What is a received picture? Its header as checked, its line records, and the samples that have arrived.

Headers and records come over the link: every number is checked against its neighbours before memory is asked for.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.decompress import Strip, read_strips
from swath.archive.link_kernels import unpack_samples
from swath.errors import DataError
from swath.spacecraft.link_format import (
    CHUNK_BYTES,
    HEADER_KEYS,
    LINE_RECORD,
    LINES_PER_CHUNK,
    RADAR_HEADER_KEYS,
)

__all__ = [
    "MAX_PICTURE_BYTES",
    "LineRecords",
    "PictureHeader",
    "RadarHeader",
    "ReceivedPicture",
    "band_counts",
    "chunk_bytes",
    "chunk_lines",
    "picture_counts",
    "read_header",
    "read_records",
    "require_header",
    "require_radar_header",
]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

MAX_PICTURE_BYTES = 2**30
"""Larger pictures (179 million pixels of four bands, packed) are refused: a header is 200 bytes and could ask for any
amount of memory."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,99}")
_ROWS = ("band_row_px", "band_lead_lines")
_MAX_LINES = 200_000
_MAX_COLUMNS = 100_000
_MAX_BANDS = 16
_LATEST_NS = 4_102_444_800_000_000_000
"""the year 2100"""


@dataclass(frozen=True)
class PictureHeader:
    """The header of a picture as it came down, every value checked; names as in ``link_format.HEADER_KEYS``."""

    acquisition: str
    request: str
    satellite: str
    lines: int
    columns: int
    bands: tuple[str, ...]
    line_step: int
    line_chunks: int
    pixel_chunks: int
    pixel_bytes: int
    ifov_rad: float
    reflectance_per_count: float
    offset_count: float
    gsd_m: float
    band_row_px: tuple[float, ...]
    """pitches by which each band's row of detectors looks ahead"""
    band_lead_lines: tuple[float, ...]
    """lines by which it is read earlier"""
    simulated: bool


@dataclass(frozen=True)
class RadarHeader:
    """The header of a radar's picture, likewise; names as in ``link_format.RADAR_HEADER_KEYS``."""

    acquisition: str
    request: str
    satellite: str
    lines: int
    columns: int
    bands: tuple[str, ...]
    line_step: int
    line_chunks: int
    pixel_chunks: int
    pixel_bytes: int
    near_range_m: float
    range_spacing_m: float
    right: bool
    looks: int
    counts_per_amplitude: float
    incidence_deg: float
    gsd_m: float
    simulated: bool


def chunk_lines(header: PictureHeader | RadarHeader, chunk: int) -> Whole:
    """The lines whose records are in one record chunk: every ``line_step``-th and the last."""
    records = np.arange(chunk * LINES_PER_CHUNK, (chunk + 1) * LINES_PER_CHUNK)
    count = -(-(header.lines - 1) // header.line_step) + 1
    return np.minimum(records[records < count] * header.line_step, header.lines - 1)


def chunk_bytes(header: PictureHeader | RadarHeader, chunk: Whole) -> Whole:
    """Size of pixel chunks: the last one holds the rest."""
    return np.minimum(CHUNK_BYTES, header.pixel_bytes - chunk * CHUNK_BYTES)


@dataclass(frozen=True)
class LineRecords:
    """Where the camera was and which way it looked, as measured on board, at some lines (rising)."""

    line: npt.NDArray[np.int64]
    utc_ns: npt.NDArray[np.int64]
    """middle of the line, nanoseconds since 1970"""
    r_itrf_m: Floats
    """``(n, 3)``"""
    v_itrf_m_s: Floats
    """``(n, 3)``, Earth-fixed"""
    roll_deg: Floats
    pitch_deg: Floats
    yaw_deg: Floats

    def __len__(self) -> int:
        return len(self.line)


@dataclass(frozen=True)
class ReceivedPicture:
    """A picture as far as it has arrived. ``header`` is None while no header has."""

    spacecraft: int
    number: int
    time_code: int
    """48-bit CUC time of the first line: two pictures of one number (a reset on board) differ here"""
    header: PictureHeader | RadarHeader | None
    record_chunks: Mapping[int, LineRecords]
    """line records that have arrived, by chunk"""
    pixel_chunks: Mapping[int, Bytes]
    """pixel chunks that have arrived, views of the file they came in; none of a compressed picture"""
    strips: tuple[Strip, ...] = ()
    """of a compressed picture: those that arrived whole; they are decoded band by band when they are asked for"""

    @property
    def empty(self) -> bool:
        """Has nothing of its pixels arrived?"""
        return not (self.pixel_chunks or self.strips)

    @property
    def lines_missing(self) -> Whole:
        """Numbers of record chunks that have not arrived."""
        return _absent(self.record_chunks, self.header.line_chunks if self.header else 0)

    @property
    def pixels_missing(self) -> Whole:
        """Numbers of pixel chunks that have not arrived."""
        if self.header is None or not self.strips:
            return _absent(self.pixel_chunks, self.header.pixel_chunks if self.header else 0)
        # A chunk is there when all lines that it holds samples of are.
        gone = np.concatenate([[0], np.cumsum(~self._lines_there(self.header).reshape(-1))])
        first = np.arange(self.header.pixel_chunks) * (CHUNK_BYTES * 2 // 3)
        stop = np.minimum(
            first + CHUNK_BYTES * 2 // 3, len(self.header.bands) * self.header.lines * self.header.columns
        )
        columns = self.header.columns
        return np.flatnonzero(gone[-(-stop // columns)] - gone[first // columns])

    @property
    def complete(self) -> bool:
        """Has every packet arrived?"""
        header = self.header
        if header is None or len(self.record_chunks) != header.line_chunks:
            return False
        if self.strips:
            return bool(self._lines_there(header).all())
        return len(self.pixel_chunks) == header.pixel_chunks

    def _lines_there(self, header: PictureHeader | RadarHeader) -> npt.NDArray[np.bool_]:
        """Which lines ``(band, line)`` of a compressed picture lie in strips that have arrived?"""
        there = np.zeros((len(header.bands), header.lines), np.bool_)
        for strip in self.strips:
            there[strip.band, strip.first : strip.first + strip.lines] = True
        return there

    @property
    def missing_fraction(self) -> float:
        """Share of the picture's pixel bytes that have not arrived; 1 while there is no header."""
        if self.header is None:
            return 1.0
        if self.strips:
            return 1.0 - float(self._lines_there(self.header).mean())
        return 1.0 - sum(map(len, self.pixel_chunks.values())) / self.header.pixel_bytes

    @property
    def records(self) -> LineRecords:
        """The line records that have arrived, in order of line."""
        parts = [self.record_chunks[chunk] for chunk in sorted(self.record_chunks)]
        return LineRecords(
            line=np.concatenate([np.empty(0, np.int64), *(part.line for part in parts)]),
            utc_ns=np.concatenate([np.empty(0, np.int64), *(part.utc_ns for part in parts)]),
            r_itrf_m=np.concatenate([np.empty((0, 3)), *(part.r_itrf_m for part in parts)]),
            v_itrf_m_s=np.concatenate([np.empty((0, 3)), *(part.v_itrf_m_s for part in parts)]),
            roll_deg=np.concatenate([np.empty(0), *(part.roll_deg for part in parts)]),
            pitch_deg=np.concatenate([np.empty(0), *(part.pitch_deg for part in parts)]),
            yaw_deg=np.concatenate([np.empty(0), *(part.yaw_deg for part in parts)]),
        )


def _absent(present: Iterable[int], count: int) -> Whole:
    absent = np.ones(count, bool)
    absent[np.fromiter(present, np.int64)] = False
    return np.flatnonzero(absent)


def require_header(picture: ReceivedPicture) -> PictureHeader:
    """The header of a camera's picture, or :class:`DataError` while none has arrived, or where a radar took it."""
    header = _require_any(picture)
    if isinstance(header, RadarHeader):
        raise DataError(
            "a radar's picture has no lines of sight", where=f"picture {header.acquisition}", fix="Use archive.radar"
        )
    return header


def require_radar_header(picture: ReceivedPicture) -> RadarHeader:
    """The header of a radar's picture, or :class:`DataError` while none has arrived, or where a camera took it."""
    header = _require_any(picture)
    if isinstance(header, PictureHeader):
        raise DataError("a camera took it", where=f"picture {header.acquisition}", fix="Use archive.ortho")
    return header


def _require_any(picture: ReceivedPicture) -> PictureHeader | RadarHeader:
    if picture.header is None:
        raise DataError(
            "no header has arrived",
            where=f"picture {picture.number} of spacecraft {picture.spacecraft}",
            fix="Ask for the file's beginning again",
        )
    return picture.header


def read_header(text: bytes) -> PictureHeader | RadarHeader | None:
    """The header in a header packet, or None where any of it is wrong, absurd or does not fit together.

    A radar's is known by its keys, see ``link_format``.
    """
    try:
        found = json.loads(text.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    radar = set(RADAR_HEADER_KEYS) <= set(found)
    if not radar and not set(HEADER_KEYS) - set(_ROWS) <= set(found):
        return None
    if not (_names_are_sound(found) and _sizes_are_sound(found)):
        return None
    # Of a camera whose bands stand in one row nothing need be said.
    found = {key: [0.0] * len(found["bands"]) for key in _ROWS} | found
    if not (_radar_is_sound(found) if radar else _camera_is_sound(found)):
        return None
    known: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
    if radar:
        return RadarHeader(**{key: known[key] for key in RADAR_HEADER_KEYS})
    return PictureHeader(**{key: known[key] for key in HEADER_KEYS})


def _names_are_sound(found: Mapping[str, Any]) -> bool:
    """Ids become file names: no separators, no hidden files, not long."""
    bands = found["bands"]
    if not isinstance(bands, list) or not 1 <= len(bands) <= _MAX_BANDS:
        return False
    names = [found["acquisition"], found["request"], found["satellite"], *bands]
    sound = all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
    return sound and len(set(bands)) == len(bands) and isinstance(found["simulated"], bool)


def _sizes_are_sound(found: Mapping[str, Any]) -> bool:
    limits = {"lines": _MAX_LINES, "columns": _MAX_COLUMNS, "line_step": _MAX_LINES, "line_chunks": _MAX_LINES}
    limits |= {"pixel_chunks": MAX_PICTURE_BYTES, "pixel_bytes": MAX_PICTURE_BYTES}
    return all(type(found[key]) is int and 1 <= found[key] <= limit for key, limit in limits.items()) and _sizes_agree(
        found
    )


def _camera_is_sound(found: Mapping[str, Any]) -> bool:
    offset, rows = found["offset_count"], (found["band_row_px"], found["band_lead_lines"])
    if not (_are_positive(found, "ifov_rad", "reflectance_per_count", "gsd_m") and _is_number(offset)):
        return False
    listed = all(isinstance(row, list) and len(row) == len(found["bands"]) for row in rows)
    return (
        listed
        and all(_is_number(value) and abs(value) < _MAX_LINES for row in rows for value in row)
        and (0 <= offset < 4096)
    )


def _radar_is_sound(found: Mapping[str, Any]) -> bool:
    numbers = ("near_range_m", "range_spacing_m", "looks", "counts_per_amplitude", "incidence_deg", "gsd_m")
    kinds = type(found["looks"]) is int and isinstance(found["right"], bool)
    return kinds and _are_positive(found, *numbers) and found["incidence_deg"] < 90.0


def _are_positive(found: Mapping[str, Any], *keys: str) -> bool:
    return all(_is_number(found[key]) and found[key] > 0 for key in keys)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -1e9 < value < 1e9 and math.isfinite(value)


def _sizes_agree(found: Mapping[str, Any]) -> bool:
    samples = found["lines"] * found["columns"] * len(found["bands"])
    records = -(-(found["lines"] - 1) // found["line_step"]) + 1
    return bool(
        found["pixel_bytes"] == (samples + 1) // 2 * 3
        and found["pixel_chunks"] == -(-found["pixel_bytes"] // CHUNK_BYTES)
        and found["line_chunks"] == -(-records // LINES_PER_CHUNK)
    )


def read_records(chunk: Bytes, lines: Whole) -> LineRecords | None:
    """The line records in one chunk, which must be those of ``lines``; None where a value cannot be true."""
    dtype = np.dtype([("line", ">u4"), ("utc_ns", ">i8"), ("state", ">f8", (9,))])
    if len(chunk) != len(lines) * LINE_RECORD.size:
        return None
    table = np.ascontiguousarray(chunk).view(dtype)
    state = table["state"].astype(np.float64)
    if not np.array_equal(table["line"], lines) or not np.isfinite(state).all():
        return None
    r_itrf_m, v_itrf_m_s, angles_deg = state[:, :3], state[:, 3:6], state[:, 6:]
    with np.errstate(over="ignore"):
        radius_m, speed_m_s = np.linalg.norm(r_itrf_m, axis=1), np.linalg.norm(v_itrf_m_s, axis=1)
    utc_ns = table["utc_ns"].astype(np.int64)
    in_orbit = (radius_m > 6.4e6) & (radius_m < 1e8) & (speed_m_s > 10.0) & (speed_m_s < 2e4)
    in_time = (utc_ns > 0) & (utc_ns < _LATEST_NS)
    rising = utc_ns[1:] > utc_ns[:-1]
    if not (in_orbit.all() and in_time.all() and rising.all()) or (np.abs(angles_deg) > 360.0).any():
        return None
    return LineRecords(table["line"].astype(np.int64), utc_ns, r_itrf_m, v_itrf_m_s, *angles_deg.T.copy())


def band_counts(
    picture: ReceivedPicture, band: int, *, out: npt.NDArray[np.uint16] | None = None
) -> npt.NDArray[np.uint16]:
    """One band's counts ``(line, column)``, in ``out`` if given; 0 is a dead sample or one that has not arrived.

    Memory: two bytes a sample, and while it runs 1.5 for the packed ones or one strip.
    """
    header = _require_any(picture)
    samples = header.lines * header.columns
    first = band * samples
    counts = np.empty((header.lines, header.columns), np.uint16) if out is None else out
    if picture.strips:
        counts[:] = 0
        read_strips(picture.strips, band, counts)
        return counts
    flat = counts.reshape(-1)
    # The band's bytes, from the start of a pair of samples; a band can begin in the middle of one.
    begin, end = first // 2 * 3, (first + samples + 1) // 2 * 3
    packed = np.zeros(end - begin, np.uint8)
    first_chunk, last_chunk = begin // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
    for number in range(first_chunk, last_chunk + 1):
        chunk = picture.pixel_chunks.get(number)
        if chunk is not None:
            low, high = max(begin, number * CHUNK_BYTES), min(end, number * CHUNK_BYTES + len(chunk))
            packed[low - begin : high - begin] = chunk[low - number * CHUNK_BYTES : high - number * CHUNK_BYTES]
    unpack_samples(packed, first % 2, flat)
    for number in picture.pixels_missing.tolist():
        # A sample that lies half in a missing chunk is missing.
        low, high = number * CHUNK_BYTES * 8 // 12, -(-(number + 1) * CHUNK_BYTES * 8 // 12)
        flat[max(low - first, 0) : max(high - first, 0)] = 0
    return counts


def picture_counts(picture: ReceivedPicture) -> npt.NDArray[np.uint16]:
    """All counts ``(band, line, column)``; 0 is a dead sample or one that has not arrived."""
    return np.stack([band_counts(picture, band) for band in range(len(_require_any(picture).bands))])
