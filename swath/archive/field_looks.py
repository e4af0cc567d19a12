"""Which dates do these pictures show, and what was each field like on each? Scenes as items and files, cloud-masked.

A *look* is one date on one grid: the bands of a STAC item (``eo:bands`` or ``bands`` with common names, scale and
offset from ``raster:bands``), or one GeoTIFF whose bands are named. What a cloud hides is taken from the picture's own
mask where it has one (Sentinel-2's SCL, Landsat's QA_PIXEL, a mask of 0 and 1), else from the rules of
``product.clouds`` where blue, green, red and near infrared are there, else every pixel with data counts as seen, and
that is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.raster_file import RasterFile, open_raster, read_window
from swath.archive.zonal import block_reader
from swath.errors import DataError, InputError
from swath.model import SIMULATED, Estimate, Grid, Scene
from swath.product.clouds import SEEN, average_cells, find_unseen
from swath.product.fields import Block, Coverages, ZonalStatistics, stream_statistics
from swath.product.indices import INDICES

__all__ = ["BandFile", "Look", "find_looks", "hidden_codes", "measure_look", "stamp_in", "unseen_mask"]

Mask = npt.NDArray[np.bool_]

_ENDINGS = (".tif", ".tiff", ".jp2")
_MASKS = ("scl", "qa_pixel", "cloud_mask", "clouds", "clm", "unseen", "mask")
_SCL_SEEN = (4, 5, 6, 7, 11)
"""vegetation, bare soil, water, unclassified, snow (Sentinel-2 L2A product definition)"""
_QA_BITS = 0b0011_1110
"""dilated cloud, cirrus, cloud, cloud shadow, snow (Landsat collection 2, QA_PIXEL)"""
_ALIASES = {
    "b01": "coastal",
    "b02": "blue",
    "b03": "green",
    "b04": "red",
    "b08": "nir",
    "b05": "rededge071",
    "b06": "rededge075",
    "b07": "rededge078",
    "b8a": "nir08",
    "b11": "swir16",
    "b12": "swir22",
    "nir08": "nir",
}
_TIME = re.compile(r"(20\d\d|19\d\d)-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d))?")
_RULE_PIXELS = 150_000_000
"""of one band: the rules of clouds take a whole picture at once"""


@dataclass(frozen=True)
class BandFile:
    """One band: where its numbers are, and what they mean: reflectance = number x scale + offset."""

    path: Path
    band: int
    """from 0"""
    scale_ratio: float
    offset_reflectance: float


@dataclass(frozen=True)
class Look:
    """One date on one grid."""

    id: str
    time: np.datetime64
    bands: Mapping[str, BandFile]
    """by common name"""
    mask: tuple[str, BandFile] | None
    """what kind of mask, and where; None where there is none"""
    grid: Grid
    simulated: bool
    sun_deg: tuple[float, float] | None = None
    """elevation and azimuth of the Sun, where the item says so"""


def find_looks(paths: Sequence[Path]) -> tuple[list[Look], list[str]]:
    """All looks in files and folders, in order of time; and a word on each file that is none.

    A folder is searched for STAC items; where it has none, for GeoTIFF files. :class:`DataError` where nothing is.
    """
    looks, told = [], []
    for path in _candidates(paths):
        try:
            look = _of_item(path) if path.suffix.lower() in (".json", ".geojson") else _of_file(path)
        except (DataError, InputError) as error:
            told.append(str(error))
            continue
        if look is not None:
            looks.append(look)
    if not looks:
        raise DataError(
            "no picture with a date and named bands" + (f": {told[0]}" if told else ""),
            where=", ".join(map(str, paths))[:120],
            fix="Give STAC items, a folder of them, or GeoTIFF files with dates in their names",
        )
    return sorted(looks, key=lambda look: (look.time, look.id)), told


def _candidates(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            items = [p for p in sorted(path.rglob("*.json")) if _is_item(p)]
            yield from items or (p for p in sorted(path.rglob("*")) if p.suffix.lower() in _ENDINGS)
        else:
            yield path


def _is_item(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b'"Feature"' in file.read(4_000_000) and path.stat().st_size < 4_000_000
    except OSError:
        return False


def _of_item(path: Path) -> Look | None:
    """A look from a STAC item; None for a JSON file that is something else. Only files beside it are opened."""
    try:
        item = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix="Get the item again") from error
    if not isinstance(item, dict) or item.get("type") != "Feature" or not isinstance(item.get("assets"), dict):
        return None
    said: dict[str, Any] = item["properties"] if isinstance(item.get("properties"), dict) else {}
    time = _time(str(said.get("datetime") or said.get("start_datetime") or ""), str(path))
    bands: dict[str, BandFile] = {}
    masks: dict[str, BandFile] = {}
    for key, asset in item["assets"].items():
        for name, band in _asset_bands(path, str(key), asset):
            (masks if name in _MASKS else bands).setdefault(name, band)
    if not bands:
        return None
    sun = (said.get("view:sun_elevation"), said.get("view:sun_azimuth"))
    known = all(isinstance(angle, int | float) for angle in sun)
    simulated = bool(said.get("swath:simulated")) or SIMULATED in str(item.get("id", "")).upper()
    return _look(str(item.get("id") or path.stem), time, bands, masks, simulated, sun if known else None)


def _asset_bands(item: Path, key: str, asset: Any) -> Iterator[tuple[str, BandFile]]:
    """Common name and place of every band of an asset that is a file beside the item."""
    href = asset.get("href") if isinstance(asset, dict) else None
    if not isinstance(href, str) or "://" in href.removeprefix("file://") or not href.lower().endswith(_ENDINGS):
        return
    file = (item.parent / href.removeprefix("file://")).resolve()
    given = [b for b in (asset.get("bands") or asset.get("eo:bands") or []) if isinstance(b, dict)]
    raster = [b for b in (asset.get("raster:bands") or []) if isinstance(b, dict)]
    if not given:
        if key.lower() in (*_MASKS, *_ALIASES, *_all_bands()):
            given = [{"name": key}]
        elif raster and all("name" in band for band in raster):
            given = raster
    for number, band in enumerate(given):
        numbers = {**(raster[number] if number < len(raster) else {}), **band}
        name = str(band.get("eo:common_name") or band.get("common_name") or band.get("name") or "").lower()
        scale = numbers.get("raster:scale", numbers.get("scale"))
        offset = numbers.get("raster:offset", numbers.get("offset", 0.0))
        good = all(isinstance(value, int | float) for value in (scale if scale is not None else 1.0, offset))
        if name and good:
            yield (
                _ALIASES.get(name, name),
                BandFile(file, number, float(1e-4 if scale is None else scale), float(offset)),
            )


def _all_bands() -> set[str]:
    return {"blue", *(band for entry in INDICES.values() for band in entry.bands)}


def _of_file(path: Path) -> Look | None:
    """A look from a GeoTIFF whose bands are named and whose name or tags have a date."""
    raster = open_raster(path)
    names = [_ALIASES.get(name.lower(), name.lower()) for name in raster.names]
    places = {name: BandFile(path, number, 1e-4, 0.0) for number, name in enumerate(names)}
    masks = {name: band for name, band in places.items() if name in _MASKS}
    bands = {name: band for name, band in places.items() if name in _all_bands()}
    if not bands:
        raise InputError(
            f"its bands are called {', '.join(names)[:60]}",
            where=str(path),
            fix="Name them red, nir, ... or give an item",
        )
    return _look(path.stem, _time(path.name, str(path)), bands, masks, SIMULATED in path.name.upper(), None)


def _look(
    id: str, time: np.datetime64, bands: dict[str, BandFile], masks: dict[str, BandFile], simulated: bool, sun: Any
) -> Look:
    grids = {name: open_raster(band.path).grid for name, band in bands.items()}
    finest = min(grids.values(), key=lambda grid: grid.pixel_m)
    same = {name: bands[name] for name, grid in grids.items() if grid == finest}
    kind = next((name for name in _MASKS if name in masks), None)
    return Look(id, time, same, (kind, masks[kind]) if kind else None, finest, simulated, sun)


def _time(text: str, where: str) -> np.datetime64:
    match = _TIME.search(text)
    if match is None:
        raise InputError("no date", where=where, fix="Give an item with a datetime, or a file name with 20260512")
    year, month, day, *clock = match.groups()
    hours = ":".join(clock) if clock[0] else "12:00:00"
    try:
        return np.datetime64(f"{year}-{month}-{day}T{hours}", "s")
    except ValueError as error:
        raise InputError(f"{match[0]} is no date", where=where, fix="Write 20260512") from error


def stamp_in(text: str) -> np.datetime64 | None:
    """The moment that a text names to the second (``20260512T101530``, ``2026-05-12T10:15:30Z``); None for less."""
    match = _TIME.search(text)
    if match is None or not match[4]:
        return None
    try:
        at: np.datetime64 = _time(match[0], text).astype("datetime64[ns]")
        return at
    except InputError:
        return None


def unseen_mask(look: Look) -> tuple[Mask, str]:
    """Which pixels of a look show no ground, ``(row, column)`` of its grid, and by which word of whom."""
    if look.mask is not None:
        kind, band = look.mask
        raster = open_raster(band.path)
        codes = read_window(raster, 0, 0, raster.height, raster.width, bands=[band.band])[0]
        return _on_grid(hidden_codes(kind, codes), raster, look.grid), kind
    wanted = ("blue", "green", "red", "nir")
    if all(name in look.bands for name in wanted) and look.grid.width * look.grid.height <= _RULE_PIXELS:
        scene = _whole(look, wanted)
        return find_unseen(average_cells(scene)) != SEEN, "rules"
    return np.zeros(look.grid.shape, np.bool_), "no mask"


def hidden_codes(kind: str, codes: npt.NDArray[Any]) -> Mask:
    """Which codes of a picture's own mask (``scl``, ``qa_pixel`` or one of 0 and 1) show no ground?"""
    if kind == "scl":
        return ~np.isin(codes, _SCL_SEEN)
    if kind == "qa_pixel":
        return np.asarray((codes.astype(np.uint32) & (_QA_BITS | 1)) != 0)
    return np.asarray(codes != 0)


def _on_grid(hidden: Mask, raster: RasterFile, grid: Grid) -> Mask:
    """A mask of coarser or equal pixels on a grid, by where the middles of its pixels lie."""
    own = raster.grid
    if own == grid:
        return hidden
    if own.epsg != grid.epsg:
        raise InputError("the mask lies in another projection", where=str(raster.path), fix="Warp it first")
    east, north = grid.centres_m()
    column = np.floor((east - own.west_m) / own.pixel_m).astype(np.int64)
    row = np.floor((own.north_m - north) / own.pixel_m).astype(np.int64)
    inside = ((row >= 0) & (row < own.height))[:, None] & ((column >= 0) & (column < own.width))[None, :]
    there = hidden[np.clip(row, 0, own.height - 1)[:, None], np.clip(column, 0, own.width - 1)[None, :]]
    return np.asarray(there | ~inside)


def _whole(look: Look, names: Sequence[str]) -> Scene:
    """The picture in memory, as the rules of clouds take it: reflectance x 10000, 0 where there is no data."""
    pixels = np.empty((len(names), *look.grid.shape), np.uint16)
    for at, name in enumerate(names):
        band = look.bands[name]
        raster = open_raster(band.path)
        stored = read_window(raster, 0, 0, raster.height, raster.width, bands=[band.band])[0]
        value = (stored * np.float32(band.scale_ratio) + np.float32(band.offset_reflectance)) * np.float32(1e4)
        there = stored != raster.nodata if raster.nodata is not None else np.ones(stored.shape, np.bool_)
        pixels[at] = np.where(there & np.isfinite(value), np.clip(value, 1.0, 65535.0), 0.0)
    elevation, azimuth = look.sun_deg or (45.0, 150.0)
    return Scene(
        id=look.id, request="", acquisition="", satellite="", station="", start=look.time, stop=look.time,
        received=look.time, grid=look.grid, bands=tuple(names), pixels=pixels, gsd_m=look.grid.pixel_m,
        off_nadir_deg=0.0, sun_elevation_deg=elevation, sun_azimuth_deg=azimuth,
        ce90_m=Estimate(0.0, "m", because="not asked"), missing_fraction=0.0, simulated=look.simulated,
    )  # fmt: skip


def measure_look(look: Look, coverages: Coverages, indices: Sequence[str], hidden: Mask) -> ZonalStatistics:
    """Statistics of indices under polygons on a look's grid, ``(index, polygon)``; ``hidden`` is :func:`unseen_mask`.

    :class:`InputError` where the look lacks a band of an index.
    """
    needed = sorted({band for name in indices for band in INDICES[name].bands})
    missing = [band for band in needed if band not in look.bands]
    if missing:
        raise InputError(f"has no band {', '.join(missing)}", where=look.id, fix=f"It has {', '.join(look.bands)}")
    places = [look.bands[name] for name in needed]
    files = list(dict.fromkeys(place.path for place in places))

    def blocks(asked: Coverages) -> Iterator[Block]:
        readers = [
            block_reader([file], bands=[place.band for place in places if place.path == file])(asked) for file in files
        ]
        for parts in zip(*readers, strict=True):
            yield _block(parts, files, places, needed, indices, hidden)

    return stream_statistics(blocks, coverages, bands=len(indices))


def _block(
    parts: Sequence[Block], files: Sequence[Path], places: Sequence[BandFile], needed: Sequence[str],
    indices: Sequence[str], hidden: Mask,
) -> Block:  # fmt: skip
    """Indices of one block of a picture."""
    top, left = parts[0].top, parts[0].left
    rows, columns = parts[0].seen.shape
    seen = ~hidden[top : top + rows, left : left + columns]
    bands: dict[str, Any] = {}
    for part, file in zip(parts, files, strict=True):
        seen = seen & part.seen
        here = [(name, place) for name, place in zip(needed, places, strict=True) if place.path == file]
        for (name, place), stored in zip(here, part.values, strict=True):
            value = stored * np.float32(place.scale_ratio * 1e4) + np.float32(place.offset_reflectance * 1e4)
            seen = seen & np.isfinite(value)
            bands[name] = np.where(np.isfinite(value), value, np.float32(0.0))
    made = [INDICES[name].function(**{band: bands[band] for band in INDICES[name].bands}) for name in indices]
    return Block(top, left, np.stack(made), seen)
