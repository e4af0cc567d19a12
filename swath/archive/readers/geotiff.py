"""Any GeoTIFF or JPEG 2000 picture with a place: by its transform, or by rational polynomials (RPC).

What such a file does not say (time, bands, what its numbers mean) the user says (:class:`Hints`), or it is guessed from
names and a look at the values, and the guess is noted. Without any time it is refused: a scene without one cannot be
found again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swath.archive.mark import FRAME_TAG, SIMULATED_TAG
from swath.archive.outside import (
    COMMON_NAMES,
    Hints,
    OutsideAsset,
    OutsideBand,
    OutsideScene,
    Placed,
    file_parts,
    file_strips,
)
from swath.archive.raster_file import RasterFile, open_raster, read_window
from swath.archive.readers.sentinel2 import BANDS as SENTINEL2_BANDS
from swath.archive.rpc_in import read_rpc_file, rpc_beside, rpc_of_tags
from swath.archive.sensor_picture import gdal_rpc
from swath.errors import DataError, InputError
from swath.model import SIMULATED
from swath.time import parse_utc

__all__ = ["GeoTiff", "band_of", "file_asset_of", "is_simulated", "placed_of", "time_in"]

_STAMP = re.compile(
    r"(?<!\d)((?:19[6-9]|20[0-4])\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])"
    r"(?:[T_ -]?([01]\d|2[0-3])[-:]?([0-5]\d)(?:[-:]?([0-5]\d))?)?(?!\d)"
)
_POLARISATIONS = ("vv", "vh", "hh", "hv")
_PRESETS = {"sentinel-2": tuple(SENTINEL2_BANDS)}
_LOOK_PX = 512


@dataclass(frozen=True)
class GeoTiff:
    """One picture file by itself."""

    name: str = "GeoTIFF"
    rank: int = 90

    def claims(self, path: Path) -> bool:
        """By its ending."""
        return path.suffix.lower() in (".tif", ".tiff", ".jp2") and path.is_file()

    def files(self, path: Path) -> tuple[Path, ...]:
        """The picture, and the coefficients beside it where it has no other place."""
        beside = rpc_beside(path)
        return (path, beside) if beside else (path,)

    def identify(self, path: Path, hints: Hints) -> tuple[str, str]:
        """By its name, and whether it says that it is simulated."""
        simulated = is_simulated(open_raster(path))
        return hints.id or path.stem, hints.collection or ("simulated" if simulated else "pictures")

    def read(self, path: Path, scratch: Path, hints: Hints) -> OutsideScene:
        """One asset with the file's bands. Raises :class:`DataError` without a place, :class:`InputError` for time."""
        file = open_raster(path).framed
        placed = placed_of(file)
        notes: list[str] = []
        start, stop = _when(file, hints, notes)
        names = _names(file, hints)
        bands = tuple(_guessed(file, number, name, hints, notes) for number, name in enumerate(names, 1))
        id, collection = self.identify(path, hints)
        platform = hints.platform or "unknown"
        return OutsideScene(
            id=id,
            collection=collection,
            start=start,
            stop=stop,
            assets=(file_asset_of(file, placed, bands, key="data", title="Pixels as given", nodata=hints.nodata),),
            platform=platform,
            simulated=is_simulated(file),
            notes=tuple(dict.fromkeys(notes)),
        )


GEOTIFF = GeoTiff()


def is_simulated(file: RasterFile) -> bool:
    """Does the file say that it is simulated, in its tags or its name?"""
    return file.tags.get(SIMULATED_TAG) == "true" or SIMULATED in file.path.name


def placed_of(file: RasterFile) -> Placed:
    """Where a file lies, by itself or by the coefficients beside it. :class:`DataError` where nothing says so."""
    if file.transform is not None:
        return Placed(file.transform, file.crs)
    if file.rpc is not None:
        return Placed(rpc=gdal_rpc(rpc_of_tags(file.rpc, where=str(file.path))))
    beside = rpc_beside(file.path)
    if beside:
        return Placed(rpc=gdal_rpc(read_rpc_file(beside)))
    what = "is placed by ground control points alone" if file.has_control_points else "has no place on the map"
    raise DataError(what, where=str(file.path), fix="Give a picture with a geotransform and its system, or with RPC")


def time_in(text: str) -> tuple[np.datetime64, np.datetime64] | None:
    """The time in a name: ``20200518T134211``, ``2020-05-18``, of a day alone its first and last second; or None."""
    match = _STAMP.search(text)
    if not match:
        return None
    year, month, day, hour, minute, second = match.groups()
    moment = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}Z"
    try:
        first = parse_utc(moment)
    except InputError:
        return None
    return first, first if hour else first + np.timedelta64(86_399, "s")


def _when(file: RasterFile, hints: Hints, notes: list[str]) -> tuple[np.datetime64, np.datetime64]:
    if hints.time:
        begun, slash, ended = hints.time.partition("/")
        start = parse_utc(begun, where="--time")
        stop = parse_utc(ended, where="--time") if slash else start
        if stop < start:
            raise InputError("the time ends before it begins", where="--time", fix="Give START/END")
        return start, stop
    found = time_in(file.path.stem)
    if found:
        notes.append("time from the file's name" + ("" if found[0] == found[1] else ": only the day is known"))
        return found
    match = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)", file.tags.get("TIFFTAG_DATETIME", ""))
    if match:
        notes.append("time from the TIFF's date, which may be when it was written; taken as UTC")
        written = parse_utc(f"{match[1]}-{match[2]}-{match[3]}T{match[4]}Z", where=str(file.path))
        return written, written
    raise InputError(
        "when it was taken is not in the file", where=str(file.path), fix="Give --time 2026-05-08T10:30:00Z"
    )


def _names(file: RasterFile, hints: Hints) -> tuple[str, ...]:
    """Names of the bands, the alpha band last; user's words first, then the file's, then colours, then numbers."""
    given = hints.bands
    if len(given) == 1 and given[0] in _PRESETS:
        given = _PRESETS[given[0]]
    count = file.bands
    if given and len(given) not in (count, count - 1 if file.colours[-1] == "alpha" else count):
        raise InputError(f"{len(given)} names for {count} bands", where="--bands", fix="Name every band of the file")
    colours = tuple(c if c in ("red", "green", "blue", "alpha") else "" for c in file.colours)
    alone = ("pan",) if count == 1 and file.dtype.name in ("uint8", "uint16") else ()
    names = tuple(
        next(filter(None, (
            given[k] if k < len(given) else "",
            file.names[k] if file.named[k] else "",
            colours[k] if len(set(filter(None, colours))) == len(tuple(filter(None, colours))) else "",
            alone[k] if alone else "",
            f"band{k + 1}",
        )))
        for k in range(count)
    )  # fmt: skip
    if len(set(names)) != count:
        raise InputError("two bands have one name", where=str(file.path), fix="Name the bands with --bands")
    return (*names, "alpha") if file.masked else names


def band_of(name: str, quantity: str, **more: object) -> OutsideBand:
    """A band by a name of any usage: of Sentinel-2 (``B8A``), a common name, a polarisation, or anything else."""
    known = SENTINEL2_BANDS.get(name.upper())
    common = known[1] if known else (name.lower() if name.lower() in COMMON_NAMES else "")
    centre = (known[2] * 1e-9, known[3] * 1e-9) if known else (None, None)
    return OutsideBand(
        name,
        quantity,
        common_name=common,
        centre_wavelength_m=centre[0],
        width_m=centre[1],
        **more,  # type: ignore[arg-type]
    )


def _guessed(file: RasterFile, number: int, name: str, hints: Hints, notes: list[str]) -> OutsideBand:
    if name == "alpha":
        return OutsideBand("alpha", "validity", "")
    scale = file.scales[number - 1] if hints.scale is None else hints.scale
    offset = file.offsets[number - 1] if hints.offset is None else hints.offset
    quantity = hints.quantity
    radar = name.lower() in _POLARISATIONS
    if not quantity and radar:
        quantity = "sigma nought" if file.dtype.kind == "f" or scale != 1.0 else "counts"
        if quantity == "sigma nought":
            notes.append(f"{name} taken as sigma nought by its name")
    unit = "dB" if quantity == "sigma nought" and _is_db(file, number) else "1" if quantity else ""
    if "temperature" in quantity:
        unit = "K"
    top = float(np.iinfo(file.dtype).max) if file.dtype.kind == "u" and not radar else None
    return band_of(name, quantity or "counts", unit=unit, scale=scale, offset=offset, saturated=top)


def _is_db(file: RasterFile, number: int) -> bool:
    """Are these decibels? A part of the middle holds values below zero."""
    rows, columns = min(file.height, _LOOK_PX), min(file.width, _LOOK_PX)
    part = read_window(file, (file.height - rows) // 2, (file.width - columns) // 2, rows, columns, bands=[number - 1])[
        0
    ]
    part = part[np.isfinite(part)] if part.dtype.kind == "f" else part
    known = part[part != file.nodata] if file.nodata is not None else part
    return bool(known.size and np.mean(known < 0) > 0.2)


def file_asset_of(
    file: RasterFile,
    placed: Placed,
    bands: tuple[OutsideBand, ...],
    *,
    key: str,
    title: str,
    nodata: float | None = None,
    roles: tuple[str, ...] = ("data",),
    categorical: bool = False,
) -> OutsideAsset:
    """A file's bands as they are; ``nodata`` instead of the file's own."""
    value = file.nodata if nodata is None else nodata
    if value is None and file.dtype.kind == "f":
        value = float("nan")
    frame = file.tags.get(FRAME_TAG, "0")
    wide = int(frame) if frame.isdigit() and 2 * int(frame) < min(file.width, file.height) else 0
    return OutsideAsset(
        key=key,
        title=title,
        bands=bands,
        width=file.width,
        height=file.height,
        dtype=file.dtype.name,
        placed=placed,
        strip=file_strips(file),
        window=file_parts(file),
        nodata=value,
        roles=roles,
        categorical=categorical,
        alpha=bands[-1].name == "alpha",
        frame_px=wide,
        tags={
            **{k: v for k, v in file.tags.items() if k.startswith("SWATH_") or k == "TIFFTAG_IMAGEDESCRIPTION"},
            **({SIMULATED_TAG: "true"} if is_simulated(file) else {}),
        },
    )
