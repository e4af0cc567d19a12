"""Is a STAC item of ours sound? The checker that runs each time one is written; it knows nothing of how it was made.

It holds what STAC 1.1.0 and the extensions ask for where we use them, and what we promise beyond: files that are there
with the checksum stated, an honest simulated flag, UTC, relative hrefs. The full schemas are the tests' business.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from swath.model import SIMULATED

__all__ = ["problems"]

_REQUIRED = ("datetime", "start_datetime", "end_datetime", "created", "platform", "gsd", "swath:simulated")
_TIMES = ("datetime", "start_datetime", "end_datetime", "created", "updated", "swath:received")
_EXTENSION_NAMES = {
    "eo": "eo",
    "file": "file",
    "proj": "projection",
    "raster": "raster",
    "view": "view",
    "processing": "processing",
    "sar": "sar",
    "sat": "sat",
}
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_RANGES = {
    "gsd": (0.0, 1e5),
    "eo:cloud_cover": (0.0, 100.0),
    "view:off_nadir": (0.0, 90.0),
    "view:incidence_angle": (0.0, 90.0),
    "view:azimuth": (0.0, 360.0),
    "view:sun_azimuth": (0.0, 360.0),
    "view:sun_elevation": (-90.0, 90.0),
    "swath:p_clear": (0.0, 1.0),
    "swath:missing_fraction": (0.0, 1.0),
    "swath:seen_fraction": (0.0, 1.0),
}
_CLOSE_DEG = 1e-5


def problems(item: Any, folder: Path | None = None, *, checksums: bool = True) -> list[str]:
    """What is wrong with an item? Sentences, none where it is sound.

    ``folder`` is where the item's file lies: with it, assets must be there with their size and checksum (without
    ``checksums`` the size is enough: for whoever took them of the same files a moment ago). Never raises on any JSON
    value.
    """
    if not isinstance(item, Mapping):
        return ["the item is no JSON object"]
    return [
        *_frame(item),
        *_place(item),
        *_properties(item),
        *_extensions(item),
        *_links(item),
        *_assets(item, folder, checksums),
    ]


def _frame(item: Mapping[str, Any]) -> Iterator[str]:
    if item.get("type") != "Feature":
        yield f"type is {item.get('type')!r}, not 'Feature'"
    if item.get("stac_version") != "1.1.0":
        yield f"stac_version is {item.get('stac_version')!r}, not '1.1.0'"
    for key in ("id", "collection"):
        if not (isinstance(item.get(key), str) and item[key]):
            yield f"{key} is missing or empty"
    for key, kind in (("properties", Mapping), ("assets", Mapping), ("links", list), ("stac_extensions", list)):
        if not isinstance(item.get(key), kind):
            yield f"{key} is missing"


def _rings(geometry: Any) -> list[Any] | None:
    """Rings of a polygon or multipolygon, or None where it is neither."""
    if not isinstance(geometry, Mapping) or not isinstance(geometry.get("coordinates"), list):
        return None
    if geometry.get("type") == "Polygon":
        return list(geometry["coordinates"])
    if geometry.get("type") == "MultiPolygon" and all(isinstance(part, list) for part in geometry["coordinates"]):
        return [ring for part in geometry["coordinates"] for ring in part]
    return None


def _is_position(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(x, int | float) and not isinstance(x, bool) for x in point)
        and abs(point[0]) <= 180.0
        and abs(point[1]) <= 90.0
    )


def _place(item: Mapping[str, Any]) -> Iterator[str]:
    rings, bbox = _rings(item.get("geometry")), item.get("bbox")
    if not rings:
        yield "geometry is no polygon"
        return
    for ring in rings:
        if not isinstance(ring, list) or len(ring) < 4 or not all(_is_position(point) for point in ring):
            yield "geometry holds a ring of fewer than four positions, or one outside the world"
            return
        if ring[0] != ring[-1]:
            yield "geometry holds a ring that is not closed"
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
        if area <= 0:
            yield "geometry's outer ring does not run counter-clockwise"
    if not isinstance(bbox, list) or len(bbox) != 4 or not (_is_position(bbox[:2]) and _is_position(bbox[2:])):
        yield "bbox is not west, south, east, north"
        return
    lons = [[point[0] for point in ring] for ring in rings]
    lats = [point[1] for ring in rings for point in ring]
    if bbox[0] <= bbox[2]:
        want = [min(map(min, lons)), min(lats), max(map(max, lons)), max(lats)]
    else:  # across the antimeridian: the west edge is that of the parts east of Greenwich
        eastern = [min(part) for part in lons if min(part) >= 0.0]
        western = [max(part) for part in lons if max(part) <= 0.0]
        want = [min(eastern, default=math.nan), min(lats), max(western, default=math.nan), max(lats)]
    if not all(abs(have - need) <= _CLOSE_DEG for have, need in zip(bbox, want, strict=True)):
        yield f"bbox {bbox} is not that of the geometry, {want}"


def _time(text: Any) -> datetime | None:
    if not isinstance(text, str) or not _UTC.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _properties(item: Mapping[str, Any]) -> Iterator[str]:
    found = item.get("properties")
    if not isinstance(found, Mapping):
        return
    for key in _REQUIRED:
        if key not in found:
            yield f"properties lack {key}"
    times = {key: _time(found[key]) for key in _TIMES if key in found}
    for key, moment in times.items():
        if moment is None:
            yield f"{key} {found[key]!r} is no UTC time with Z"
    start, middle, end = (times.get(key) for key in ("start_datetime", "datetime", "end_datetime"))
    if start and middle and end and not start <= middle + timedelta(microseconds=1) <= end + timedelta(microseconds=2):
        yield "datetime does not lie between start_datetime and end_datetime"
    for key, (low, high) in _RANGES.items():
        value = found.get(key, low)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            yield f"{key} is {value!r}, not a number from {low:g} to {high:g}"
    if "swath:simulated" in found and not isinstance(found["swath:simulated"], bool):
        yield "swath:simulated is neither true nor false"


def _fields(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield str(key)
            yield from _fields(member)
    elif isinstance(value, list):
        for member in value:
            yield from _fields(member)


def _extensions(item: Mapping[str, Any]) -> Iterator[str]:
    named = item.get("stac_extensions")
    urls = [str(url) for url in named] if isinstance(named, list) else []
    used = {key.partition(":")[0] for part in ("properties", "assets") for key in _fields(item.get(part)) if ":" in key}
    for prefix in sorted(used - {"swath"}):
        name = _EXTENSION_NAMES.get(prefix)
        if name is None:
            yield f"fields {prefix}: belong to no extension known here"
        elif not any(f"/{name}/v" in url for url in urls):
            yield f"fields {prefix}: are used but the {name} extension is not named"


def _links(item: Mapping[str, Any]) -> Iterator[str]:
    found = item.get("links")
    links = found if isinstance(found, list) else []
    for link in links:
        if not isinstance(link, Mapping) or not all(isinstance(link.get(key), str) for key in ("rel", "href")):
            yield "a link lacks rel or href"
    relations = {str(link.get("rel")) for link in links if isinstance(link, Mapping)}
    for relation in ("root", "parent", "collection"):
        if relation not in relations:
            yield f"there is no link to the {relation}"


def _assets(item: Mapping[str, Any], folder: Path | None, checksums: bool) -> Iterator[str]:
    assets, found = item.get("assets"), item.get("properties")
    if not isinstance(assets, Mapping):
        return
    if not assets:
        yield "there are no assets"
    simulated = isinstance(found, Mapping) and found.get("swath:simulated") is True
    for key, asset in assets.items():
        href = asset.get("href") if isinstance(asset, Mapping) else None
        if not isinstance(href, str) or not href:
            yield f"asset {key} has no href"
            continue
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]", href):
            yield f"asset {key}: href {href} is not relative"
            continue
        image = str(asset.get("type", "")).startswith("image/")
        if simulated and image and SIMULATED not in href.rpartition("/")[2]:
            yield f"asset {key}: the picture {href} is simulated and its name does not say so"
        if not re.fullmatch(r"1220[0-9a-f]{64}", str(asset.get("file:checksum", ""))):
            yield f"asset {key}: file:checksum is no SHA-256 multihash"
        yield from _raster(key, asset)
        if folder is not None:
            yield from _file(key, asset, folder / href, checksums)


def _raster(key: str, asset: Mapping[str, Any]) -> Iterator[str]:
    names = ("proj:code", "proj:wkt2", "proj:shape", "proj:transform", "proj:bbox")
    fields = {name: asset[name] for name in names if name in asset}
    if not fields or (fields.get("proj:code", "") is None and set(fields) == {"proj:code", "proj:shape"}):
        return  # nothing said, or a picture as the camera saw it
    try:
        rows, columns = fields["proj:shape"]
        a, b, c, d, e, f = fields["proj:transform"][:6]
        corners = [(a * x + b * y + c, d * x + e * y + f) for x in (0, columns) for y in (0, rows)]
        east, north = zip(*corners, strict=True)
        box = [min(east), min(north), max(east), max(north)]
        near = max(1e-3, 1e-9 * max(map(abs, box)))
        sound = all(abs(a - b) < near for a, b in zip(box, fields["proj:bbox"], strict=True))
        # A system without a code stands in words, as the extension asks.
        named = fields["proj:code"] is None and isinstance(fields.get("proj:wkt2"), str)
        sound = sound and (named or re.fullmatch(r"EPSG:\d{4,5}", fields["proj:code"]) is not None)
    except (KeyError, TypeError, ValueError, OverflowError):
        sound = False
    if not sound:
        yield f"asset {key}: proj:code, shape, transform and bbox do not fit together"


def _file(key: str, asset: Mapping[str, Any], path: Path, checksums: bool) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest() if checksums else ""
            size = file.seek(0, os.SEEK_END)
    except (OSError, ValueError):  # not there, no file, or no name that a file can have
        yield f"asset {key}: there is no file {asset['href']}"
        return
    if size != asset.get("file:size"):
        yield f"asset {key}: the file has {size} bytes, file:size says {asset.get('file:size')}"
    if checksums and f"1220{digest}" != asset.get("file:checksum"):
        yield f"asset {key}: the file's SHA-256 is not its file:checksum"
