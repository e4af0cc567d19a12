"""A picture as the camera saw it, not yet on the map, with the polynomials that place it: file, sidecar, STAC."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.rpc import RPC

from swath import __version__
from swath.archive.camera import camera_of
from swath.archive.columns import FULL_COUNT, Broken, clear_broken
from swath.archive.mark import FRAME_TAG, SIMULATED_TAG, frame_rows, frame_width_px, require_marked_name
from swath.archive.picture import PictureHeader, ReceivedPicture, band_counts, require_header
from swath.archive.raster_file import dataset
from swath.archive.raster_out import Layout, Piece, write_raster
from swath.archive.rpc import Rpc, rpc_offset_px, rpc_text
from swath.archive.stac import file_asset
from swath.errors import DataError
from swath.model import SIMULATED, Grid

__all__ = ["gdal_rpc", "rpc_path", "sensor_assets", "write_sensor_picture"]

_DARK, _LIGHT = 1, FULL_COUNT
_COLUMNS = {"dead": "SWATH_DEAD_COLUMNS", "hot": "SWATH_HOT_COLUMNS"}
"""broken detectors of a band"""
_OFFSETS = {
    "line": "SWATH_RPC_LINE_OFFSET_PX",
    "sample": "SWATH_RPC_SAMPLE_OFFSET_PX",
    "residual_max": "SWATH_RPC_RESIDUAL_MAX_PX",
}
"""how a band's row of detectors sees beside the RPC: key in the STAC item, tag of the band"""


def rpc_path(path: Path) -> Path:
    """Where the coefficients lie beside a picture: ``NAME_RPC.TXT`` for ``NAME.tif``."""
    return path.with_name(f"{path.stem}_RPC.TXT")


def write_sensor_picture(path: Path, picture: ReceivedPicture, rpc: Rpc, *, simulated: bool) -> Path:
    """Write the counts of a received picture as a GeoTIFF with RPC tags, and ``_RPC.TXT`` beside it; returns ``path``.

    Bands in order, 0 where nothing has arrived or a detector is dead or hot; the bands' tags name such columns. A
    simulated picture gets the frame of :mod:`mark` round it, and the RPC's offsets count from the frame's corner,
    so that any program places the pixels rightly. One RPC stands for all bands: each band's tags say how its own
    row of detectors sees beside it. Files appear under their names when they are whole. Raises :class:`InputError`
    for a name without the mark and :class:`DataError` where it cannot be written.
    """
    header = require_header(picture)
    if simulated:
        require_marked_name(path)
    grid = Grid(0, 0.0, 0.0, 1.0, header.columns, header.lines)
    wide = frame_width_px(grid) if simulated else 0
    tags = _tags(header, rpc, wide, simulated=simulated)
    shape = header.lines + 2 * wide, header.columns + 2 * wide
    whole = np.stack([band_counts(picture, number) for number in range(len(header.bands))])
    broken = [clear_broken(counts) for counts in whole]
    layout = Layout(
        shape[1], shape[0], header.bands, "uint16", rpc=gdal_rpc(_moved(rpc, wide)), nodata=0, tags=tags,
        band_tags=tuple(_band_tags(picture, rpc, number) | _column_tags(one) for number, one in enumerate(broken)),
    )  # fmt: skip
    frame = frame_rows(grid, "uint16", values=(_DARK, _LIGHT)) if simulated else None
    part = path.with_name(f".{path.name}.rpc")
    try:
        part.write_text(rpc_text(_moved(rpc, wide)), "ascii")
        write_raster(path, layout, [Piece(wide, wide, whole)], background=frame)
        os.replace(part, rpc_path(path))
    except OSError as error:
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _tags(header: PictureHeader, rpc: Rpc, wide: int, *, simulated: bool) -> dict[str, str]:
    description = f"{header.acquisition} by {header.satellite}, counts as the camera saw them"
    return {
        "TIFFTAG_SOFTWARE": f"swath {__version__}",
        "TIFFTAG_IMAGEDESCRIPTION": f"{SIMULATED}: {description}" if simulated else description,
        SIMULATED_TAG: "true" if simulated else "false",
        FRAME_TAG: str(wide),
        "SWATH_RPC_RESIDUAL_RMS_PX": f"{rpc.residual_rms_px:.6f}",
        "SWATH_RPC_RESIDUAL_MAX_PX": f"{rpc.residual_max_px:.6f}",
    }


def _band_tags(picture: ReceivedPicture, rpc: Rpc, number: int) -> dict[str, str]:
    offset_px = rpc_offset_px(rpc, camera_of(picture, band=number))
    return {tag: f"{px:.6f}" for tag, px in zip(_OFFSETS.values(), offset_px, strict=True)}


def _column_tags(broken: Broken) -> dict[str, str]:
    return {tag: " ".join(map(str, getattr(broken, name))) for name, tag in _COLUMNS.items() if getattr(broken, name)}


def _columns_told(tags: Mapping[str, str]) -> dict[str, list[int]]:
    """Broken columns as an asset names them, counted from the first of the camera; none where there are none."""
    return {
        f"swath:{name}_columns": [int(column) for column in tags[tag].split()]
        for name, tag in _COLUMNS.items()
        if tag in tags
    }


def gdal_rpc(rpc: Rpc) -> RPC:
    """The coefficients as rasterio and GDAL take them."""
    return RPC(
        height_off=rpc.height_offset_m,
        height_scale=rpc.height_scale_m,
        lat_off=rpc.lat_offset_deg,
        lat_scale=rpc.lat_scale_deg,
        line_den_coeff=list(rpc.line_denominator),
        line_num_coeff=list(rpc.line_numerator),
        line_off=rpc.line_offset_px,
        line_scale=rpc.line_scale_px,
        long_off=rpc.lon_offset_deg,
        long_scale=rpc.lon_scale_deg,
        samp_den_coeff=list(rpc.sample_denominator),
        samp_num_coeff=list(rpc.sample_numerator),
        samp_off=rpc.sample_offset_px,
        samp_scale=rpc.sample_scale_px,
        err_bias=None,
        err_rand=None,
    )


def sensor_assets(path: Path, picture: ReceivedPicture, rpc: Rpc, *, simulated: bool) -> dict[str, dict[str, Any]]:
    """The two files as assets of a STAC item, hrefs relative to it (they lie beside its page).

    With size and checksum, and how far the RPC is from each band's own camera, as the written file says.
    """
    with dataset(path) as file:
        bands = [
            {"name": name, "swath:rpc_offset_px": {key: float(file.tags(number)[tag]) for key, tag in _OFFSETS.items()}}
            | _columns_told(file.tags(number))
            for number, name in enumerate(require_header(picture).bands, 1)
        ]
    word = f"{SIMULATED.title()} picture" if simulated else "Picture"
    said = f"Rational polynomial coefficients, {rpc.residual_max_px:.3f} pixel off the camera at most"
    files = {
        "sensor": (path, f"{word} as the camera saw it, with RPC", ("data", "sensor")),
        "rpc": (rpc_path(path), said, ("metadata",)),
    }
    assets = {
        key: file_asset(file, path.parent, title=title, roles=roles) | {"href": f"./{file.name}"}
        for key, (file, title, roles) in files.items()
    }
    assets["sensor"] |= {
        "type": "image/tiff; application=geotiff",
        "swath:rpc_residual_max_px": round(rpc.residual_max_px, 6),
        "bands": bands,
    }
    assets["rpc"]["type"] = "text/plain"
    return assets


def _moved(rpc: Rpc, wide_px: int) -> Rpc:
    return replace(rpc, line_offset_px=rpc.line_offset_px + wide_px, sample_offset_px=rpc.sample_offset_px + wide_px)
