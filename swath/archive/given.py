"""What is a picture that a user gives, and where does each of its bands lie? Headers are read, no pixels.

A picture is a GeoTIFF or JPEG 2000, or a STAC item (ours or anybody's) beside its pictures, be they one or one for each
band: its time, scale and ``swath:simulated`` are believed. Bands go by their names; a file without names is known by
how many it has, or by what the user says. Nothing but those two forms is ever opened (:mod:`raster_file`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.raster_file import RasterFile, open_raster
from swath.errors import DataError, InputError
from swath.time import parse_utc

__all__ = ["BandPlace", "Given", "open_given"]

_ALIASES = {
    "blue": ("b02", "b2", "blue"), "green": ("b03", "b3", "green"), "red": ("b04", "b4", "red"),
    "nir": ("b08", "b8", "nir"), "swir16": ("b11", "swir16", "swir1"), "swir22": ("b12", "swir22", "swir2"),
    "vv": ("vv",), "vh": ("vh",), "hh": ("hh",), "hv": ("hv",),
}  # fmt: skip
_BY_COUNT: Mapping[int, tuple[str, ...]] = {
    2: ("vv", "vh"),
    3: ("red", "green", "blue"),
    4: ("blue", "green", "red", "nir"),
    6: ("blue", "green", "red", "nir", "swir16", "swir22"),
    12: ("", "blue", "green", "red", "", "", "", "nir", "", "", "swir16", "swir22"),
    13: ("", "blue", "green", "red", "", "", "", "nir", "", "", "", "swir16", "swir22"),
}
"""Sentinel-2 level 2A has 12 bands, level 1C 13; of others the usual order"""


@dataclass(frozen=True)
class BandPlace:
    """Where a band's numbers are and what they mean: value = stored x scale + offset."""

    raster: RasterFile
    number: int
    """of the band in it, from 0"""
    scale: float
    """as the item says, or the file; 1 where nothing says"""
    offset: float
    unit: str
    """of values; empty where nothing says"""


@dataclass(frozen=True)
class Given:
    """A picture as a user gave it, in one file or in one for each band, and what is known of it."""

    raster: RasterFile
    """that products lie on: of the finest pixels"""
    bands: tuple[str, ...]
    """a name each; empty where it is not known"""
    places: tuple[BandPlace, ...]
    """of each of these"""
    time: np.datetime64 | None
    """middle of the picture, UTC"""
    simulated: bool
    id: str
    sun_deg: tuple[float, float]
    """elevation and azimuth of the Sun"""

    @property
    def scaled(self) -> bool:
        """Does anything say that values are not what is stored?"""
        return any(place.scale != 1.0 for place in self.places)


def open_given(path: Path, *, bands: Sequence[str] = ()) -> Given:
    """What is this picture? Headers are read, no pixels.

    A file, or a STAC item beside its files: the bands of the asset that has most, and of the others those that it
    lacks. ``bands``: their names in order, where the file does not say (blue, green, red, nir, swir16, swir22, vv, vh,
    hh, hv; ``-`` for others). :class:`InputError` for names that do not fit, :class:`DataError` where it cannot be
    read.
    """
    properties: Mapping[str, Any] = {}
    id = path.stem
    files: list[tuple[Path, Mapping[str, Any]]] = [(path, {})]
    if path.suffix.lower() in (".json", ".geojson"):
        item, files = _of_item(path)
        properties, id = item.get("properties", {}), str(item.get("id") or path.stem)
    names: list[str] = []
    places: list[BandPlace] = []
    for number, (file, asset) in enumerate(files):
        if number and not {_known(b) for b in _told_names(asset)} - set(names) - {""}:
            continue
        raster = _checked(file)
        for band, name in enumerate(_band_names(raster, asset, tuple(bands) if number == 0 else ())):
            if number == 0 or (name and name not in names):
                names.append(name)
                places.append(_place(raster, band, asset))
    finest = max((place.raster for place, name in zip(places, names, strict=True) if name or not any(names)),
                 key=lambda one: one.width)  # fmt: skip
    return Given(
        finest,
        tuple(names),
        tuple(places),
        _time(properties, path),
        bool(properties.get("swath:simulated", any(place.raster.simulated for place in places))),
        id,
        (float(properties.get("view:sun_elevation", 45.0)), float(properties.get("view:sun_azimuth", 150.0))),
    )


def _checked(path: Path) -> RasterFile:
    raster = open_raster(path)
    if raster.width < 2 or raster.height < 2:
        raise InputError(
            f"{raster.width} x {raster.height} pixels are no picture", where=str(path), fix="Give a larger"
        )
    if not raster.crs:
        raise InputError("it does not say where it lies (no CRS)", where=str(path), fix="Give it a georeference first")
    return raster


def _of_item(path: Path) -> tuple[Mapping[str, Any], list[tuple[Path, Mapping[str, Any]]]]:
    """An item and its pictures, that of the most bands first."""
    try:
        item = json.loads(path.read_text("utf-8"))
        pictures = [a for a in item["assets"].values() if str(a["href"]).lower().endswith((".tif", ".tiff", ".jp2"))]
        here = [a for a in pictures if "://" not in str(a["href"]) and not str(a["href"]).startswith("/vsi")]
        if pictures and not here:
            raise ValueError(f"its picture lies elsewhere: {pictures[0]['href'][:60]}")
        named = {id(asset): str(key) for key, asset in item["assets"].items()}
        here = [a if _told_names(a) else {**a, "bands": [{"name": named[id(a)]}]} for a in here]
        here.sort(key=lambda a: -len(_told_names(a)))
        if not here:
            raise ValueError("it names no GeoTIFF")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"is no STAC item of a picture here: {error}", where=str(path), fix="Add it with swath archive add"
        ) from error
    return item, [(path.parent / str(a["href"]), a) for a in here]


def _told(asset: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an item says of each band of an asset: ``bands``, or the older ``eo:bands`` and ``raster:bands``."""
    lists = [asset[key] for key in ("eo:bands", "raster:bands", "bands") if isinstance(asset.get(key), list)]
    said: list[dict[str, Any]] = [{} for _ in range(max(map(len, lists), default=0))]
    for listed in lists:
        for known, more in zip(said, listed, strict=False):
            known.update(more if isinstance(more, dict) else {})
    return said


def _told_names(asset: Mapping[str, Any]) -> list[str]:
    return [str(b.get("eo:common_name") or b.get("common_name") or b.get("name", "")) for b in _told(asset)]


def _known(name: str) -> str:
    """The name that products know a band by; empty for one that none of them takes."""
    return next((known for known, alias in _ALIASES.items() if name.lower() in alias), "")


def _place(raster: RasterFile, band: int, asset: Mapping[str, Any]) -> BandPlace:
    listed = _told(asset)
    said = listed[band] if band < len(listed) else {}
    scale, offset = (
        float(value) if isinstance(value, int | float) and np.isfinite(value) else own
        for value, own in (
            (said.get("raster:scale", said.get("scale")), raster.scales[band]),
            (said.get("raster:offset", said.get("offset")), raster.offsets[band]),
        )
    )
    unit = "amplitude" if str(said.get("description", "")).startswith("amplitude") else said.get("unit")
    return BandPlace(raster, band, scale, offset, str(unit or raster.units[band]))


def _time(properties: Mapping[str, Any], path: Path) -> np.datetime64 | None:
    text = properties.get("datetime") or properties.get("start_datetime")
    return None if text is None else parse_utc(str(text), where=str(path))


def _band_names(raster: RasterFile, asset: Mapping[str, Any], said: tuple[str, ...]) -> tuple[str, ...]:
    if said:
        if len(said) != raster.bands:
            raise InputError(
                f"{len(said)} names for {raster.bands} bands", where=str(raster.path), fix="Name each band"
            )
        return tuple(name.strip().lower() for name in said)
    listed = _told_names(asset)
    known = tuple(_known(name) for name in (listed if len(listed) == raster.bands else raster.names))
    if any(known):
        return known
    return _BY_COUNT.get(raster.bands, ("",) * raster.bands)
