"""A STAC item (1.0 or 1.1) on this machine with its pictures beside it: other archives' and our own simulated scenes.

Items on the web are fetched first, item and pictures, by :mod:`swath.sources.checked`. An href that leads anywhere but
to a file in the item's own folder is refused. Scale, offset, no data and names are taken from ``bands``, or from
``eo:bands`` and ``raster:bands`` of older items, or from the asset itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swath.archive.mark import FRAME_TAG
from swath.archive.outside import Hints, OutsideAsset, OutsideBand, OutsideScene
from swath.archive.raster_file import open_raster
from swath.archive.readers.geotiff import band_of, file_asset_of, is_simulated, placed_of
from swath.errors import DataError, InputError
from swath.time import parse_utc

__all__ = ["StacItem", "is_picture", "picture_assets", "read_item", "stac_scene"]

_LONGEST = 20_000_000
_LEFT_OUT = {"thumbnail", "overview", "metadata", "visual"}
_KEPT = {
    "eo:cloud_cover": (0.0, 100.0),
    "view:off_nadir": (0.0, 90.0),
    "view:incidence_angle": (0.0, 90.0),
    "view:azimuth": (0.0, 360.0),
    "view:sun_azimuth": (0.0, 360.0),
    "view:sun_elevation": (-90.0, 90.0),
    "sat:relative_orbit": (1, 1e9),
    "sat:absolute_orbit": (1, 1e9),
    "swath:p_clear": (0.0, 1.0),
}
"""numbers that are taken over, and between what they must lie"""
_KEPT_TEXTS = ("sat:orbit_state", "processing:level", "sar:instrument_mode", "sar:frequency_band", "sar:product_type")


@dataclass(frozen=True)
class StacItem:
    """A STAC item in a JSON file."""

    name: str = "STAC item"
    rank: int = 30

    def claims(self, path: Path) -> bool:
        """By ``"stac_version"`` and ``"Feature"`` in a JSON file."""
        if path.suffix.lower() not in (".json", ".geojson") or not path.is_file():
            return False
        head = path.read_bytes()[:_LONGEST]
        return b'"stac_version"' in head and b'"Feature"' in head

    def files(self, path: Path) -> tuple[Path, ...]:
        """The item and its pictures."""
        item = _read(path)
        return (path, *(_inside(path, entry["href"]) for entry in picture_assets(item).values()))

    def identify(self, path: Path, hints: Hints) -> tuple[str, str]:
        """By what the item says."""
        item = _read(path)
        return str(item["id"]), _collection(item)

    def read(self, path: Path, scratch: Path, hints: Hints) -> OutsideScene:
        """See :func:`stac_scene`."""
        return stac_scene(path)


STAC_ITEM = StacItem()


def read_item(data: bytes, *, where: str) -> dict[str, Any]:
    """A STAC item as it is written. :class:`DataError` where it is none."""
    try:
        item: Any = json.loads(data) if len(data) <= _LONGEST else None
    except (ValueError, RecursionError) as error:
        raise DataError(f"is no JSON: {error}", where=where, fix="Get the item again") from error
    good = (
        isinstance(item, dict) and item.get("type") == "Feature" and str(item.get("stac_version", "")).startswith("1.")
    )
    if not good or not isinstance(item.get("properties"), dict) or not isinstance(item.get("assets"), dict):
        raise DataError("is no STAC 1.x item", where=where, fix="Give the address of an item, not of a collection")
    if not isinstance(item.get("id"), str) or not item["id"]:
        raise DataError("the item has no id", where=where, fix="Get the item again")
    return dict(item)


def is_picture(asset: Any) -> bool:
    """Is an asset a raster that may be read, and not a preview?"""
    if not isinstance(asset, Mapping) or not isinstance(asset.get("href"), str):
        return False
    roles = asset.get("roles")
    if isinstance(roles, list) and _LEFT_OUT & {str(role) for role in roles}:
        return False
    kind, name = str(asset.get("type", "")), asset["href"].partition("?")[0].lower()
    return kind.startswith(("image/tiff", "image/jp2")) or (not kind and name.endswith((".tif", ".tiff", ".jp2")))


def picture_assets(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The assets of an item that are pictures, by key. Of one band in two forms (COG and JPEG 2000) the first."""
    found: dict[str, dict[str, Any]] = {}
    for key, asset in item["assets"].items():
        twin = re.sub("-jp2$", "", str(key))
        if is_picture(asset) and not (str(key).endswith("-jp2") and twin in item["assets"]):
            found[str(key)] = dict(asset)
    return found


def stac_scene(path: Path) -> OutsideScene:
    """The scene of an item. Raises :class:`DataError` where it is none, or a picture is missing or elsewhere."""
    item = _read(path)
    pictures = picture_assets(item)
    if not pictures:
        raise DataError("the item names no picture", where=str(path), fix="Give an item with GeoTIFF assets")
    notes: list[str] = []
    assets, files = [], []
    for key, entry in pictures.items():
        file = _inside(path, entry["href"])
        files.append(file)
        assets.append(_asset(file, key, entry, item, notes))
    found = item["properties"]
    start, stop = _when(found, str(path))
    claimed = found.get("swath:simulated") is True
    constellation = found.get("constellation")
    instruments = found.get("instruments")
    return OutsideScene(
        id=item["id"],
        collection=_collection(item),
        start=start,
        stop=stop,
        assets=tuple(assets),
        platform=str(found.get("platform") or "unknown"),
        instruments=tuple(map(str, instruments)) if isinstance(instruments, list) else (),
        constellation=constellation if isinstance(constellation, str) else "",
        properties=dict(_kept(found)),
        simulated=claimed or any(is_simulated(open_raster(file)) for file in files),
        notes=tuple(dict.fromkeys(notes)),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_item(path.read_bytes(), where=str(path))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Look where it is") from error


def _collection(item: Mapping[str, Any]) -> str:
    name = item.get("collection")
    return name if isinstance(name, str) and name else "pictures"


def _inside(path: Path, href: str) -> Path:
    """The file that a relative href names, in the item's own folder or below it."""
    folder = path.parent.resolve()
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]", href) or "\0" in href:
        raise DataError(f"href {href[:80]!r} is not relative", where=str(path), fix="Add the item by its web address")
    file = (folder / href).resolve()
    if folder not in file.parents:
        raise DataError(f"href {href[:80]!r} leads out of the item's folder", where=str(path), fix="Do not use it")
    if not file.is_file():
        raise DataError(f"there is no file {href[:80]!r}", where=str(path), fix="Get the item's pictures")
    return file


def _when(found: Mapping[str, Any], where: str) -> tuple[Any, Any]:
    first, last = (
        found.get("start_datetime") or found.get("datetime"),
        found.get("end_datetime") or found.get("datetime"),
    )
    if not isinstance(first, str) or not isinstance(last, str):
        raise DataError("the item has no datetime", where=where, fix="Get the item again")
    start, stop = parse_utc(first, where=where), parse_utc(last, where=where)
    if stop < start:
        raise DataError("the item ends before it starts", where=where, fix="Get the item again")
    return start, stop


def _kept(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, (low, high) in _KEPT.items():
        value = found.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            yield key, value
    for key in _KEPT_TEXTS:
        if isinstance(found.get(key), str) and found[key]:
            yield key, found[key]
    polarisations = found.get("sar:polarizations")
    if isinstance(polarisations, list) and polarisations and set(polarisations) <= {"VV", "VH", "HH", "HV"}:
        yield "sar:polarizations", list(polarisations)


def _described(entry: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """What an item says of each band, in whatever form its version has."""
    said = [dict(entry) for _ in range(count)]
    for name in ("eo:bands", "raster:bands", "bands"):
        listed = entry.get(name)
        if isinstance(listed, list) and len(listed) == count:
            for known, more in zip(said, listed, strict=True):
                known.update(more if isinstance(more, dict) else {})
    return said


def _number(said: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = said.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def _asset(path: Path, key: str, entry: Mapping[str, Any], item: Mapping[str, Any], notes: list[str]) -> OutsideAsset:
    file = open_raster(path).framed
    placed = placed_of(file)
    said = _described(entry, file.bands)
    applied = item["properties"].get("earthsearch:boa_offset_applied") is True
    bands = []
    for number, words in enumerate(said):
        scale = _number(words, "raster:scale", "scale")
        offset = _number(words, "raster:offset", "offset")
        if applied and offset:
            offset = 0.0
            notes.append("the item says that its offset is in the counts already: it is not added again")
        bands.append(_band(key, words, number, file.bands, scale, offset, str(item.get("collection", ""))))
    if len({band.name for band in bands}) != len(bands):
        raise InputError(f"two bands of asset {key} have one name", where=str(path), fix="Correct the item")
    nodata = next((v for words in said if (v := _number(words, "nodata")) is not None), file.nodata)
    roles = tuple(map(str, entry["roles"])) if isinstance(entry.get("roles"), list) and entry["roles"] else ("data",)
    title = str(entry.get("title") or key)
    categorical = key.lower() in ("scl", "qa_pixel", "fmask") or "classification" in roles
    asset = file_asset_of(
        file, placed, tuple(bands), key=_plain(key), title=title, nodata=nodata, roles=roles, categorical=categorical
    )
    return replace(
        asset, more={f"swath:{FRAME_TAG.removeprefix('SWATH_').lower()}": asset.frame_px} if asset.frame_px else {}
    )


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", key.lower()).strip("-") or "data"


def _band(
    key: str, words: Mapping[str, Any], number: int, count: int, scale: float | None, offset: float | None, kind: str
) -> OutsideBand:
    common = words.get("eo:common_name") or words.get("common_name")
    name = words.get("name") or (key if count == 1 else f"band{number + 1}")
    quantity = "value"
    text = " ".join(str(words.get(word, "")) for word in ("description", "title")).lower()
    if "reflectance" in text or (scale is not None and common):
        quantity = "surface reflectance" if "l2" in kind or "surface" in text else "toa reflectance"
    elif text.startswith("amplitude"):
        quantity = "amplitude"
    elif "sigma" in text or key.lower() in ("vv", "vh", "hh", "hv"):
        quantity = "sigma nought"
    if key.lower() in ("scl", "qa_pixel", "fmask"):
        quantity = "class"
    ours = "swath:quality" in words and isinstance(words.get("description"), str)
    if ours:  # an item of ours says what its numbers are
        quantity = str(words["description"])
    unit = words.get("unit")
    band = band_of(
        str(name),
        quantity,
        unit=unit if isinstance(unit, str) else "1" if "reflectance" in quantity else "",
        scale=1.0 if scale is None else scale,
        offset=0.0 if offset is None else offset,
    )
    kept = {name: value for name, value in words.items() if name in ("swath:codes", "swath:formula", "swath:source")}
    band = replace(band, more={**band.more, **kept}) if ours else band
    return replace(band, common_name=str(common)) if isinstance(common, str) and common else band
