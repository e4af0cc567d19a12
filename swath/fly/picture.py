"""What does the camera hand to the radio? Raw pixels, the states of the lines as measured on board, and a header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.spacecraft.link_format import CHUNK_BYTES, HEADER_KEYS, LINES_PER_CHUNK

__all__ = ["LineStates", "Picture", "picture_header"]

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
    """One raw picture as it lies in the satellite's memory. Simulated: ``header["simulated"]`` is always true."""

    pixels: npt.NDArray[np.uint16]
    """``(band, line, column)`` 12-bit counts, 0 to 4095; 0 is a dead sample"""
    states: LineStates
    header: Mapping[str, Any]
    """exactly the keys ``spacecraft.link_format.HEADER_KEYS``, plain JSON values"""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.dtype != np.uint16:
            what = f"pixels are {self.pixels.dtype} {self.pixels.shape}"
            raise InputError(what, fix="Give uint16 (band, line, column)")
        if set(self.header) != set(HEADER_KEYS):
            wrong = sorted(set(self.header) ^ set(HEADER_KEYS))
            raise InputError(f"picture header has wrong keys: {', '.join(wrong)}", fix="Use picture_header()")


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
) -> dict[str, Any]:
    """The header that goes with a picture of this shape; sizes in chunks follow from ``spacecraft.link_format``."""
    pixel_bytes = (len(bands) * lines * columns + 1) // 2 * 3
    return {
        "acquisition": acquisition,
        "request": request,
        "satellite": satellite,
        "lines": lines,
        "columns": columns,
        "bands": list(bands),
        "line_step": line_step,
        "line_chunks": -(-records // LINES_PER_CHUNK),
        "pixel_chunks": -(-pixel_bytes // CHUNK_BYTES),
        "pixel_bytes": pixel_bytes,
        "ifov_rad": ifov_rad,
        "reflectance_per_count": reflectance_per_count,
        "offset_count": offset_count,
        "gsd_m": gsd_m,
        "simulated": True,
    }
