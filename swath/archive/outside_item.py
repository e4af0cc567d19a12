"""The STAC 1.1.0 item of an outside scene: what its reader found out, where it lies, how good its pixels are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from swath import __version__
from swath.archive.cog_stream import Written
from swath.archive.footprint import geojson_outline
from swath.archive.outside import OutsideAsset, OutsideBand, OutsideScene, Placed
from swath.archive.rpc import rpc_ground
from swath.archive.rpc_in import rpc_of_tags
from swath.archive.stac import assemble, file_asset
from swath.errors import DataError
from swath.time import format_utc

__all__ = ["asset_gsd_m", "outside_item", "pixels_to_degrees"]

Floats = npt.NDArray[np.float64]

_EDGE_POINTS = 9


def pixels_to_degrees(placed: Placed, column: Floats, row: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude of pixel corners (0, 0 is the upper left corner of the first); RPC at their mean height.

    Raises :class:`DataError` where the reference system cannot be understood, or the points have no place in it.
    """
    if placed.transform is None:
        assert placed.rpc is not None
        rpc = rpc_of_tags(placed.rpc, where="picture")
        return rpc_ground(rpc, row - 0.5, column - 0.5, height_m=rpc.height_offset_m)
    east, north = placed.transform * (column, row)
    try:
        way = pyproj.Transformer.from_crs(placed.crs, "EPSG:4326", always_xy=True)
        lon, lat = way.transform(east, north)
    except pyproj.exceptions.ProjError as error:
        raise DataError(f"its reference system is not understood: {error}", fix="Warp it to a common one") from error
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()) or np.abs(lat).max() > 90.0 or np.abs(lon).max() > 540.0:
        raise DataError("its place is not on Earth in the system that it names", fix="Give the right system")
    return (lon + 180.0) % 360.0 - 180.0, lat


def asset_gsd_m(asset: OutsideAsset) -> float:
    """Size of a pixel in the middle of an asset (m): the root of its area on the ellipsoid."""
    x, y = asset.width / 2.0, asset.height / 2.0
    lon, lat = pixels_to_degrees(asset.placed, np.array([x, x + 1.0, x]), np.array([y, y, y + 1.0]))
    geod = pyproj.Geod(ellps="WGS84")
    azimuth, _, across = geod.inv(lon[0], lat[0], lon[1], lat[1])
    other, _, down = geod.inv(lon[0], lat[0], lon[2], lat[2])
    return math.sqrt(abs(across * down * math.sin(math.radians(azimuth - other))))


def _border(asset: OutsideAsset, written: Written) -> tuple[Floats, Floats]:
    """Longitudes and latitudes round what has data."""
    if written.outline is not None:
        column, row = written.outline
    else:
        across, down = np.linspace(0, asset.width, _EDGE_POINTS)[:-1], np.linspace(0, asset.height, _EDGE_POINTS)[:-1]
        zero, one = np.zeros(_EDGE_POINTS - 1), np.ones(_EDGE_POINTS - 1)
        column = np.concatenate([across, asset.width * one, asset.width - across, zero])
        row = np.concatenate([zero, down, asset.height * one, asset.height - down])
    return pixels_to_degrees(asset.placed, column.astype(np.float64), row.astype(np.float64))


def outside_item(
    scene: OutsideScene,
    written: Sequence[Written],
    folder: Path,
    *,
    id: str,
    created: np.datetime64,
) -> dict[str, Any]:
    """The item of a scene whose assets have been written into ``folder``, in the scene's order."""
    pairs = list(zip(scene.assets, written, strict=True))
    middle = scene.start + (scene.stop - scene.start) // 2
    more = dict(scene.properties)
    at = more.pop("datetime", middle)
    software = {**more.pop("processing:software", {}), "swath": __version__}
    sizes = [asset_gsd_m(asset) for asset in scene.assets]
    finest = int(np.argmin(sizes))
    valid = [numbers["valid_share"] for one in written for numbers in one.quality]
    properties = {
        "datetime": format_utc(at, decimals=6),
        "start_datetime": format_utc(scene.start, decimals=6),
        "end_datetime": format_utc(scene.stop, decimals=6),
        "created": format_utc(created),
        "platform": scene.platform,
        **({"instruments": list(scene.instruments)} if scene.instruments else {}),
        **({"constellation": scene.constellation} if scene.constellation else {}),
        "gsd": round(sizes[finest], 4),
        "processing:software": software,
        **more,
        "swath:simulated": scene.simulated,
        "swath:valid_share": min(valid),
        **({"swath:notes": list(scene.notes)} if scene.notes else {}),
    }
    lon, lat = scene.geometry if scene.geometry is not None else _border(*pairs[finest])
    geometry, bbox = geojson_outline(lon, lat)
    assets = {
        asset.key: _asset(asset, one, folder, round(size, 4)) for (asset, one), size in zip(pairs, sizes, strict=True)
    }
    return assemble(id, scene.collection, geometry, bbox, properties, assets, {})


def _asset(asset: OutsideAsset, written: Written, folder: Path, gsd_m: float) -> dict[str, Any]:
    entry = file_asset(written.path, folder, title=asset.title, roles=asset.roles) | {"gsd": gsd_m}
    entry |= _projection(asset)
    entry["bands"] = [_band(asset, band, quality) for band, quality in zip(asset.bands, written.quality, strict=True)]
    return entry | dict(asset.more)


def _projection(asset: OutsideAsset) -> dict[str, Any]:
    transform = asset.placed.transform
    if transform is None:
        return {"proj:code": None, "proj:shape": [asset.height, asset.width]}
    crs = pyproj.CRS.from_user_input(asset.placed.crs)
    authority = crs.to_authority("EPSG", min_confidence=90)
    corners = [transform * (x, y) for x in (0, asset.width) for y in (0, asset.height)]
    east, north = zip(*corners, strict=True)
    return {
        "proj:code": f"EPSG:{authority[1]}" if authority else None,
        **({} if authority else {"proj:wkt2": crs.to_wkt("WKT2_2019")}),
        "proj:shape": [asset.height, asset.width],
        "proj:transform": [*map(float, tuple(transform)[:6]), 0.0, 0.0, 1.0],
        "proj:bbox": [min(east), min(north), max(east), max(north)],
    }


def _band(asset: OutsideAsset, band: OutsideBand, quality: Mapping[str, Any]) -> dict[str, Any]:
    nodata = asset.nodata
    wave, width = band.centre_wavelength_m, band.width_m
    return {
        "name": band.name,
        **({"eo:common_name": band.common_name} if band.common_name else {}),
        **({"eo:center_wavelength": round(wave * 1e6, 5)} if wave else {}),
        **({"eo:full_width_half_max": round(width * 1e6, 5)} if width else {}),
        "description": band.quantity,
        "data_type": asset.dtype,
        **({} if nodata is None else {"nodata": "nan" if math.isnan(nodata) else nodata}),
        **({"unit": band.unit} if band.unit else {}),
        "raster:scale": band.scale,
        "raster:offset": band.offset,
        "raster:sampling": "area",
        "swath:quality": dict(quality),
        **band.more,
    }
