"""Which rational polynomials came with somebody's picture? From its tags, or the text file beside it.

Three forms are read: GeoTIFF tags (by GDAL), ``_RPC.TXT`` (``KEY: value unit``) and ``.RPB`` (``key = value;``).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from rasterio.rpc import RPC

from swath.archive.rpc import Rpc
from swath.errors import DataError

__all__ = ["read_rpc_file", "rpc_beside", "rpc_of_tags"]

_KEYS = ("LINE_OFF", "SAMP_OFF", "LAT_OFF", "LONG_OFF", "HEIGHT_OFF", "LINE_SCALE", "SAMP_SCALE", "LAT_SCALE")
_SCALARS = (*_KEYS, "LONG_SCALE", "HEIGHT_SCALE")
_LISTS = ("LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF")
_RPB = {
    "lineOffset": "LINE_OFF",
    "sampOffset": "SAMP_OFF",
    "latOffset": "LAT_OFF",
    "longOffset": "LONG_OFF",
    "heightOffset": "HEIGHT_OFF",
    "lineScale": "LINE_SCALE",
    "sampScale": "SAMP_SCALE",
    "latScale": "LAT_SCALE",
    "longScale": "LONG_SCALE",
    "heightScale": "HEIGHT_SCALE",
    "lineNumCoef": "LINE_NUM_COEFF",
    "lineDenCoef": "LINE_DEN_COEFF",
    "sampNumCoef": "SAMP_NUM_COEFF",
    "sampDenCoef": "SAMP_DEN_COEFF",
}
_LONGEST = 1_000_000


def rpc_of_tags(tags: RPC, *, where: str) -> Rpc:
    """The coefficients that GDAL found in a picture. :class:`DataError` where they cannot be."""
    values = {
        "LINE_OFF": tags.line_off,
        "SAMP_OFF": tags.samp_off,
        "LAT_OFF": tags.lat_off,
        "LONG_OFF": tags.long_off,
        "HEIGHT_OFF": tags.height_off,
        "LINE_SCALE": tags.line_scale,
        "SAMP_SCALE": tags.samp_scale,
        "LAT_SCALE": tags.lat_scale,
        "LONG_SCALE": tags.long_scale,
        "HEIGHT_SCALE": tags.height_scale,
    }
    lists = {
        "LINE_NUM_COEFF": tags.line_num_coeff,
        "LINE_DEN_COEFF": tags.line_den_coeff,
        "SAMP_NUM_COEFF": tags.samp_num_coeff,
        "SAMP_DEN_COEFF": tags.samp_den_coeff,
    }
    return _checked(
        {k: [float(v)] for k, v in values.items()} | {k: list(map(float, v)) for k, v in lists.items()}, where
    )


def rpc_beside(path: Path) -> Path | None:
    """The file with coefficients beside a picture: ``NAME_RPC.TXT``, ``NAME_rpc.txt``, ``NAME.RPB``, or none."""
    stem = path.with_suffix("")
    names = [
        Path(f"{stem}_RPC.TXT"),
        Path(f"{stem}_rpc.txt"),
        Path(f"{stem}_RPC.txt"),
        *map(stem.with_suffix, (".RPB", ".rpb")),
    ]
    return next((name for name in names if name.is_file()), None)


def read_rpc_file(path: Path) -> Rpc:
    """Read ``_RPC.TXT`` or ``.RPB``. :class:`DataError` where keys are missing or values cannot be."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Look where it is") from error
    if len(data) > _LONGEST:
        raise DataError("is too long for coefficients", where=str(path), fix="Look what it is")
    text = data.decode("ascii", errors="replace")
    found: dict[str, list[float]] = {}
    number = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
    for key, value in re.findall(rf"^\s*([A-Z_]+?)(?:_\d+)?\s*[:=]\s*({number})", text, re.MULTILINE):
        found.setdefault(key, []).append(_real(value))
    for key, value in re.findall(r"(\w+)\s*=\s*(\([^()]*\)|[^;=]*);", text):
        if key in _RPB:
            found[_RPB[key]] = [_real(word) for word in re.findall(number, value)]
    return _checked(found, str(path))


def _real(text: str) -> float:
    return float(text.replace("D", "e").replace("d", "e"))


def _checked(found: dict[str, list[float]], where: str) -> Rpc:
    for key in (*_SCALARS, *_LISTS):
        have, want = found.get(key, []), 20 if key in _LISTS else 1
        if len(have) != want or not all(map(math.isfinite, have)):
            raise DataError(f"{key} has {len(have)} values, {want} belong there", where=where, fix="Get the RPC again")
    one = {key: found[key][0] for key in _SCALARS}
    if min(one[key] for key in _SCALARS if key.endswith("SCALE")) <= 0.0 or abs(one["LAT_OFF"]) > 90.0:
        raise DataError("a scale is not positive, or the place is nowhere", where=where, fix="Get the RPC again")
    if any(found[key][0] == 0.0 and not any(found[key]) for key in ("LINE_DEN_COEFF", "SAMP_DEN_COEFF")):
        raise DataError("a denominator is all zeros", where=where, fix="Get the RPC again")
    return Rpc(
        line_offset_px=one["LINE_OFF"],
        sample_offset_px=one["SAMP_OFF"],
        lat_offset_deg=one["LAT_OFF"],
        lon_offset_deg=one["LONG_OFF"],
        height_offset_m=one["HEIGHT_OFF"],
        line_scale_px=one["LINE_SCALE"],
        sample_scale_px=one["SAMP_SCALE"],
        lat_scale_deg=one["LAT_SCALE"],
        lon_scale_deg=one["LONG_SCALE"],
        height_scale_m=one["HEIGHT_SCALE"],
        line_numerator=tuple(found["LINE_NUM_COEFF"]),
        line_denominator=tuple(found["LINE_DEN_COEFF"]),
        sample_numerator=tuple(found["SAMP_NUM_COEFF"]),
        sample_denominator=tuple(found["SAMP_DEN_COEFF"]),
    )
