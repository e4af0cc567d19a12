"""What does the camera hand to the radio? Raw pixels, the states of the lines as measured on board, and a header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.spacecraft.link_format import CHUNK_BYTES, HEADER_KEYS, LINES_PER_CHUNK, RADAR_HEADER_KEYS

__all__ = ["LineStates", "Picture", "Strips", "picture_header", "radar_header"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LineStates:
    """Where was the camera and which way did it look, as measured on board, at every ``line_step``-th line?"""

    line: npt.NDArray[np.int64]
    """``(n,)`` line numbers from 0, rising; the last line of the picture is the last record"""
    utc_ns: npt.NDArray[np.int64]
    """``(n,)`` UTC of the line's middle, nanoseconds since 1970"""
    r_itrf_m: Floats
    """``(n, 3)`` ITRF position, with the error of the satellite's GPS receiver"""
    v_itrf_m_s: Floats
    """``(n, 3)`` Earth-fixed velocity"""
    roll_deg: Floats
    """``(n,)`` in the orbital frame, with the error of the star tracker; likewise pitch and yaw"""
    pitch_deg: Floats
    yaw_deg: Floats

    def __len__(self) -> int:
        return len(self.line)


@dataclass(frozen=True)
class Picture:
    """One raw picture as it lies in the satellite's memory, a camera's or a radar's.

    Simulated: ``header["simulated"]`` is always true.
    """

    pixels: npt.NDArray[np.uint16]
    """``(band, line, column)`` 12-bit counts, 0 to 4095; 0 is a dead sample, a radar's columns are distances"""
    states: LineStates
    header: Mapping[str, Any]
    """exactly the keys ``spacecraft.link_format.HEADER_KEYS`` or ``RADAR_HEADER_KEYS``, plain JSON values"""

    @property
    def by_radar(self) -> bool:
        """Is it a radar's?"""
        return "near_range_m" in self.header

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.dtype != np.uint16:
            what = f"pixels are {self.pixels.dtype} {self.pixels.shape}"
            raise InputError(what, fix="Give uint16 (band, line, column)")
        wanted = set(RADAR_HEADER_KEYS if self.by_radar else HEADER_KEYS)
        if set(self.header) != wanted:
            wrong = sorted(set(self.header) ^ wanted)
            raise InputError(f"picture header has wrong keys: {', '.join(wrong)}", fix="Use picture_header()")


@dataclass(frozen=True)
class Strips:
    """A picture that comes strip by strip, so that it need not fit into memory."""

    header: Mapping[str, Any]
    states: LineStates
    strips: Iterator[npt.NDArray[np.uint16]]
    """``(band, line, column)``, all columns, in the order of the lines, for :func:`swath.fly.compress.compress`"""


def radar_header(
    *,
    acquisition: str,
    request: str,
    satellite: str,
    lines: int,
    columns: int,
    line_step: int,
    records: int,
    near_range_m: float,
    range_spacing_m: float,
    right: bool,
    looks: int,
    counts_per_amplitude: float,
    incidence_deg: float,
    gsd_m: float,
) -> dict[str, Any]:
    """The header that goes with a radar's picture; exactly the keys ``spacecraft.link_format.RADAR_HEADER_KEYS``."""
    return {
        "acquisition": acquisition,
        "request": request,
        "satellite": satellite,
        "bands": ["vv"],
        **_sizes(1, lines, columns, line_step, records),
        "near_range_m": near_range_m,
        "range_spacing_m": range_spacing_m,
        "right": right,
        "looks": looks,
        "counts_per_amplitude": counts_per_amplitude,
        "incidence_deg": incidence_deg,
        "gsd_m": gsd_m,
        "simulated": True,
    }


def _sizes(bands: int, lines: int, columns: int, line_step: int, records: int) -> dict[str, int]:
    pixel_bytes = (bands * lines * columns + 1) // 2 * 3
    return {
        "lines": lines,
        "columns": columns,
        "line_step": line_step,
        "line_chunks": -(-records // LINES_PER_CHUNK),
        "pixel_chunks": -(-pixel_bytes // CHUNK_BYTES),
        "pixel_bytes": pixel_bytes,
    }


def picture_header(
    *,
    acquisition: str,
    request: str,
    satellite: str,
    bands: tuple[str, ...],
    lines: int,
    columns: int,
    line_step: int,
    records: int,
    ifov_rad: float,
    reflectance_per_count: float,
    offset_count: int,
    gsd_m: float,
    band_row_px: Sequence[float] | None = None,
    band_lead_lines: Sequence[float] | None = None,
) -> dict[str, Any]:
    """The header that goes with a picture of this shape; sizes in chunks follow from ``spacecraft.link_format``.

    Bands stand in one row where nothing else is said.
    """
    return {
        "acquisition": acquisition,
        "request": request,
        "satellite": satellite,
        "bands": list(bands),
        **_sizes(len(bands), lines, columns, line_step, records),
        "ifov_rad": ifov_rad,
        "reflectance_per_count": reflectance_per_count,
        "offset_count": offset_count,
        "gsd_m": gsd_m,
        "band_row_px": list(band_row_px or [0.0] * len(bands)),
        "band_lead_lines": list(band_lead_lines or [0.0] * len(bands)),
        "simulated": True,
    }
