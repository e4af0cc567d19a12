"""Scenes and products as other programs find them: SpatioTemporal Asset Catalog (STAC) 1.1.0 items and collections.

Layout: ``catalog.json``, ``<collection>/collection.json``, ``<collection>/<item>/<item>.json``; hrefs are relative, so
that the folder can be moved. What is simulated says ``swath:simulated: true``. Checked by :mod:`stac_check`.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.calibrate import REFLECTANCE_SCALE
from swath.archive.footprint import geojson_outline, grid_outline
from swath.archive.mark import FRAME_TAG, frame_width_px, framed_grid
from swath.model import Grid, Product, Scene
from swath.time import format_utc

__all__ = [
    "EXTENSIONS",
    "amplitude_bands",
    "assemble",
    "catalog",
    "collection",
    "file_asset",
    "item",
    "item_path",
    "layer_band",
    "product_item",
    "raster_asset",
    "reflectance_bands",
]

_SCHEMAS = "https://stac-extensions.github.io"
EXTENSIONS = {
    "eo": f"{_SCHEMAS}/eo/v2.0.0/schema.json",
    "file": f"{_SCHEMAS}/file/v2.1.0/schema.json",
    "processing": f"{_SCHEMAS}/processing/v1.1.0/schema.json",
    "proj": f"{_SCHEMAS}/projection/v2.0.0/schema.json",
    "raster": f"{_SCHEMAS}/raster/v2.0.0/schema.json",
    "sar": f"{_SCHEMAS}/sar/v1.3.2/schema.json",
    "sat": f"{_SCHEMAS}/sat/v1.2.0/schema.json",
    "view": f"{_SCHEMAS}/view/v1.0.0/schema.json",
}
"""prefix of the fields and the schema that an item which uses them names"""

_VERSION = "1.1.0"
_COMMON_NAMES = ("pan", "coastal", "blue", "green", "yellow", "red", "rededge", "nir", "nir08", "swir16", "swir22")
_MEDIA_TYPES = {
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".png": "image/png",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".csv": "text/csv",
    ".bin": "application/octet-stream",
}


def item_path(collection_id: str, item_id: str) -> Path:
    """Where an item lies under the catalog's folder."""
    return Path(collection_id) / item_id / f"{item_id}.json"


def file_asset(path: Path, item_folder: Path, *, title: str, roles: Sequence[str]) -> dict[str, Any]:
    """A file as an asset: relative href, media type, size and SHA-256 (a multihash, as the extension asks)."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {
        "href": Path(os.path.relpath(path, item_folder)).as_posix(),
        "type": _MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        "title": title,
        "roles": list(roles),
        "file:size": path.stat().st_size,
        "file:checksum": f"1220{digest.hexdigest()}",
    }


def raster_asset(
    path: Path,
    item_folder: Path,
    grid: Grid,
    bands: Sequence[Mapping[str, Any]],
    *,
    simulated: bool,
    title: str,
    roles: Sequence[str] = ("data",),
) -> dict[str, Any]:
    """A raster of :func:`cog.write_cog` as an asset; ``grid`` is the data's, the fields describe the file and frame."""
    outer = framed_grid(grid) if simulated else grid
    entry = file_asset(path, item_folder, title=title, roles=roles)
    entry |= {
        "gsd": grid.pixel_m,
        "proj:code": f"EPSG:{outer.epsg}",
        "proj:shape": list(outer.shape),
        "proj:transform": [outer.pixel_m, 0.0, outer.west_m, 0.0, -outer.pixel_m, outer.north_m, 0.0, 0.0, 1.0],
        "proj:bbox": list(outer.bounds_m),
        "bands": [{"raster:spatial_resolution": grid.pixel_m, "raster:sampling": "area", **band} for band in bands],
    }
    if simulated:
        entry[f"swath:{FRAME_TAG.removeprefix('SWATH_').lower()}"] = frame_width_px(grid)
    return entry


def reflectance_bands(names: Sequence[str]) -> list[dict[str, Any]]:
    """The bands of a scene's raster: reflectance = stored value x 0.0001, 0 no data."""
    return [
        {
            "name": name,
            **({"eo:common_name": name} if name in _COMMON_NAMES else {}),
            "description": "top-of-atmosphere reflectance",
            "data_type": "uint16",
            "nodata": 0,
            "unit": "1",
            "raster:scale": 1.0 / REFLECTANCE_SCALE,
            "raster:offset": 0.0,
        }
        for name in names
    ]


def amplitude_bands(scene: Scene) -> list[dict[str, Any]]:
    """The band of a radar scene's raster: amplitude (root of sigma nought) = stored value x scale, 0 no data."""
    return [
        {
            "name": name,
            "description": f"amplitude, root of sigma nought, {scene.properties['looks']:g} looks",
            "data_type": "uint16",
            "nodata": 0,
            "unit": "1",
            "raster:scale": float(scene.properties["scale"]),
            "raster:offset": 0.0,
        }
        for name in scene.bands
    ]


def layer_band(
    name: str, layer: npt.NDArray[Any], *, nodata: float, description: str, scale: float = 1.0
) -> dict[str, Any]:
    """A product's layer as a band: what is meant is the stored value x ``scale``."""
    value = "nan" if math.isnan(nodata) else nodata
    told = {"name": name, "description": description, "data_type": layer.dtype.name, "nodata": value}
    return told if scale == 1.0 else {**told, "unit": "1", "raster:scale": scale, "raster:offset": 0.0}


def item(
    scene: Scene,
    assets: Mapping[str, Mapping[str, Any]],
    *,
    collection_id: str,
    created: np.datetime64,
    derived_from: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The STAC item of a scene; ``derived_from`` holds hrefs (relative to the item) of its origins, with titles."""
    properties = {
        "datetime": format_utc(scene.start + (scene.stop - scene.start) // 2, decimals=6),
        "start_datetime": format_utc(scene.start, decimals=6),
        "end_datetime": format_utc(scene.stop, decimals=6),
        "created": format_utc(created),
        "platform": scene.satellite,
        "instruments": [scene.properties.get("instrument", "camera")],
        "gsd": round(scene.gsd_m, 4),
        "view:off_nadir": round(scene.off_nadir_deg, 4),
        "view:sun_elevation": round(scene.sun_elevation_deg, 4),
        "view:sun_azimuth": round(scene.sun_azimuth_deg, 4),
        **_known(scene.properties, {"incidence_deg": "view:incidence_angle", "view_azimuth_deg": "view:azimuth"}),
        "swath:simulated": scene.simulated,
        "swath:request": scene.request,
        "swath:acquisition": scene.acquisition,
        "swath:station": scene.station,
        "swath:received": format_utc(scene.received, decimals=3),
        "swath:ce90": scene.ce90_m.to_json(),
        "swath:missing_fraction": round(scene.missing_fraction, 6),
        **_known(scene.properties, {name: f"swath:{name}" for name in ("p_clear", "seen_fraction", "control_tiles")}),
        **_known(scene.properties, {name: f"swath:{name}" for name in ("shift_east_m", "shift_north_m")}),
    }
    geometry, bbox = scene.properties.get("geometry"), scene.properties.get("bbox")
    if geometry is None or bbox is None:
        geometry, bbox = geojson_outline(*grid_outline(scene.grid))
    return assemble(scene.id, collection_id, geometry, bbox, properties, assets, derived_from or {})


def product_item(
    product: Product,
    scenes: Sequence[Scene],
    assets: Mapping[str, Mapping[str, Any]],
    *,
    collection_id: str,
    created: np.datetime64,
    derived_from: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The STAC item of a product: when its scenes were taken, what was estimated, from what it was made."""
    first, last = min(scene.start for scene in scenes), max(scene.stop for scene in scenes)
    properties = {
        "datetime": format_utc(first + (last - first) // 2, decimals=6),
        "start_datetime": format_utc(first, decimals=6),
        "end_datetime": format_utc(last, decimals=6),
        "created": format_utc(created),
        "platform": "+".join(sorted({scene.satellite for scene in scenes})),
        "gsd": product.grid.pixel_m,
        "swath:simulated": product.simulated,
        "swath:request": product.request,
        "swath:kind": product.kind,
        "swath:scenes": list(product.scenes),
        "swath:estimates": {name: estimate.to_json() for name, estimate in product.estimates.items()},
        **({"swath:because": product.because} if product.because else {}),
    }
    geometry, bbox = geojson_outline(*grid_outline(product.grid))
    return assemble(product.id, collection_id, geometry, bbox, properties, assets, derived_from or {})


def _known(found: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The properties that a scene has, under other names, numbers to six decimals."""
    values = {new: found[old] for old, new in names.items() if found.get(old) is not None}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in values.items()}


def assemble(
    id: str,
    collection_id: str,
    geometry: Mapping[str, Any],
    bbox: Sequence[float],
    properties: Mapping[str, Any],
    assets: Mapping[str, Mapping[str, Any]],
    derived_from: Mapping[str, str],
) -> dict[str, Any]:
    """An item of its parts, in the layout of this module, naming the extensions whose fields it has."""
    entry = {
        "type": "Feature",
        "stac_version": _VERSION,
        "stac_extensions": [],
        "id": id,
        "collection": collection_id,
        "geometry": dict(geometry),
        "bbox": list(bbox),
        "properties": dict(properties),
        "links": [
            _link("root", "../../catalog.json"),
            _link("parent", "../collection.json"),
            _link("collection", "../collection.json"),
            *({**_link("derived_from", href, kind=None), "title": title} for href, title in derived_from.items()),
        ],
        "assets": {key: dict(asset) for key, asset in assets.items()},
    }
    used = set(_prefixes(entry["properties"])) | set(_prefixes(entry["assets"]))
    entry["stac_extensions"] = [url for prefix, url in EXTENSIONS.items() if prefix in used]
    return entry


def _prefixes(value: Any) -> list[str]:
    """Prefixes of all field names in a JSON value."""
    if isinstance(value, Mapping):
        inner = [prefix for member in value.values() for prefix in _prefixes(member)]
        return inner + [key.partition(":")[0] for key in value if ":" in key]
    if isinstance(value, list):
        return [prefix for member in value for prefix in _prefixes(member)]
    return []


def _link(rel: str, href: str, *, kind: str | None = "application/json") -> dict[str, Any]:
    return {"rel": rel, "href": href} | ({"type": kind} if kind else {})


def collection(
    id: str, items: Sequence[Mapping[str, Any]], *, title: str, description: str, licence: str = "other"
) -> dict[str, Any]:
    """The STAC collection of some items (at least one), with their common extent."""
    boxes = [entry["bbox"] for entry in items]
    times = [entry["properties"][key] for entry in items for key in ("start_datetime", "end_datetime")]
    south, north = min(box[1] for box in boxes), max(box[3] for box in boxes)
    crosses = any(box[0] > box[2] for box in boxes)
    west, east = (-180.0, 180.0) if crosses else (min(box[0] for box in boxes), max(box[2] for box in boxes))
    return {
        "type": "Collection",
        "stac_version": _VERSION,
        "id": id,
        "title": title,
        "description": description,
        "license": licence,
        "extent": {
            "spatial": {"bbox": [[west, south, east, north]]},
            "temporal": {"interval": [[min(times), max(times)]]},
        },
        "summaries": {"swath:simulated": sorted({entry["properties"]["swath:simulated"] for entry in items})},
        "links": [
            _link("root", "../catalog.json"),
            _link("parent", "../catalog.json"),
            *({**_link("item", f"{e['id']}/{e['id']}.json", kind="application/geo+json")} for e in items),
        ],
    }


def catalog(id: str, collections: Sequence[Mapping[str, Any]], *, title: str, description: str) -> dict[str, Any]:
    """The STAC catalog over some collections."""
    children = [{**_link("child", f"{c['id']}/collection.json"), "title": c["title"]} for c in collections]
    return {
        "type": "Catalog",
        "stac_version": _VERSION,
        "id": id,
        "title": title,
        "description": description,
        "links": [_link("root", "catalog.json"), *children],
    }
