"""Landsat level 1 and 2 (TM, ETM+, OLI/TIRS) with their MTL file in text or JSON; level 1 bands without one as counts.

Level 1: reflectance by the file's REFLECTANCE_MULT and _ADD over the sine of the sun's elevation, or, where an old file
has none, from radiance with the published solar irradiance; thermal bands as brightness temperature. Level 2: surface
reflectance and surface temperature as scaled. Sources: USGS LSDS-1618, LSDS-1619 (Landsat 8-9 level 2 science product
guide), LSDS-1570 (Landsat 7), and :mod:`swath.archive.toa`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.outside import Hints, OutsideAsset, OutsideBand, OutsideScene, Placed, file_parts, file_strips
from swath.archive.raster_file import RasterFile, open_raster
from swath.archive.readers.landsat_mtl import Mtl, read_mtl
from swath.archive.toa import (
    ESUN_W_M2_UM,
    THERMAL,
    brightness_temperature_k,
    earth_sun_ratio,
    reflectance_from_radiance,
    reflectance_from_scaling,
)
from swath.errors import DataError
from swath.time import parse_utc

__all__ = ["QA_PIXEL_BITS", "Landsat", "band_names", "landsat_scene", "qa_mask"]

QA_PIXEL_BITS = {
    0: "fill",
    1: "dilated cloud",
    2: "cirrus",
    3: "cloud",
    4: "cloud shadow",
    5: "snow",
    6: "clear",
    7: "water",
    8: "cloud confidence",
    10: "cloud shadow confidence",
    12: "snow confidence",
    14: "cirrus confidence",
}
"""first bit of each field of QA_PIXEL, collection 2 (LSDS-1619, table 6-2); confidences have two bits"""

_TEMPERATURE_STEP_K = 0.01
_TM = {"1": "blue", "2": "green", "3": "red", "4": "nir", "5": "swir16", "6": "lwir", "7": "swir22", "8": "pan"}
_OLI = {
    "1": "coastal",
    "2": "blue",
    "3": "green",
    "4": "red",
    "5": "nir08",
    "6": "swir16",
    "7": "swir22",
    "8": "pan",
    "9": "cirrus",
    "10": "lwir11",
    "11": "lwir12",
}
_LOOSE = re.compile(
    r"(L[COTEM]0[45789]_L1[A-Z]{2}_\d{6}_(\d{8})_\d{8}_\d\d_[A-Z0-9]{2})_B(\d\d?)\.tiff?", re.IGNORECASE
)


@dataclass(frozen=True)
class Landsat:
    """A Landsat MTL file with its bands beside it, or loose level-1 bands."""

    name: str = "Landsat"
    rank: int = 20

    def claims(self, path: Path) -> bool:
        """By an MTL file's name, or the name of a level-1 band without one beside it."""
        if re.fullmatch(r".*_MTL\.(txt|json)", path.name, re.IGNORECASE):
            twin = path.with_suffix(".txt")
            return path.suffix.lower() == ".txt" or not twin.is_file()
        match = _LOOSE.fullmatch(path.name)
        return match is not None and path == _loose(path.parent, match.group(1))[0] and not _mtl_beside(path)

    def files(self, path: Path) -> tuple[Path, ...]:
        """The MTL file and the bands that it names and that are there; or the loose bands."""
        match = _LOOSE.fullmatch(path.name)
        if match:
            return tuple(_loose(path.parent, match.group(1)))
        mtl = _read(path)
        return (path, *(p for p in _named_files(path, mtl) if p.is_file()))

    def identify(self, path: Path, hints: Hints) -> tuple[str, str]:
        """By the MTL file, or the bands' names."""
        match = _LOOSE.fullmatch(path.name)
        return (match.group(1), _loose_collection(match.group(1))) if match else _identity(path, _read(path))

    def read(self, path: Path, scratch: Path, hints: Hints) -> OutsideScene:
        """See :func:`landsat_scene`."""
        return _loose_scene(path, hints) if _LOOSE.fullmatch(path.name) else landsat_scene(path)


LANDSAT = Landsat()


def band_names(spacecraft: str) -> dict[str, str]:
    """The common name of each band of a spacecraft: ``LANDSAT_8``."""
    return _OLI if spacecraft in ("LANDSAT_8", "LANDSAT_9") else _TM


def qa_mask(values: np.ndarray[Any, np.dtype[np.uint16]], *words: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which pixels of QA_PIXEL have one of these single-bit flags set: ``cloud``, ``cloud shadow``, ``snow``?"""
    bits = sum(1 << bit for bit, word in QA_PIXEL_BITS.items() if bit < 8 and word in words)
    return np.asarray((values & bits) != 0)


def landsat_scene(path: Path) -> OutsideScene:
    """The scene of an MTL file. Raises :class:`DataError` where keys, bands or files are missing or do not fit."""
    mtl = _read(path)
    spacecraft = mtl.text("SPACECRAFT_ID")
    level2 = _is_level2(mtl)
    at = parse_utc(f"{mtl.text('DATE_ACQUIRED')}T{mtl.text('SCENE_CENTER_TIME').rstrip('Z')[:15]}Z", where=str(path))
    assets = tuple(_assets(path, mtl, spacecraft, at, level2))
    if not assets:
        raise DataError("none of its bands is beside it", where=str(path), fix="Give the folder with all its files")
    id, collection = _identity(path, mtl)
    return OutsideScene(
        id=id,
        collection=collection,
        start=at - np.timedelta64(14, "s"),  # a scene of 185 km takes some 28 s, the time given is its centre's
        stop=at + np.timedelta64(14, "s"),
        assets=assets,
        platform=spacecraft.lower().replace("_", "-"),
        instruments=tuple(word.lower() for word in mtl.text("SENSOR_ID").split("_")),
        constellation="landsat",
        properties=_properties(mtl, level2),
    )


def _read(path: Path) -> Mtl:
    try:
        return read_mtl(path.read_bytes(), where=str(path))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Look where it is") from error


def _is_level2(mtl: Mtl) -> bool:
    return "LEVEL2_PROCESSING_RECORD" in mtl.groups or mtl.text("PROCESSING_LEVEL", "").startswith("L2")


def _identity(path: Path, mtl: Mtl) -> tuple[str, str]:
    number = int(mtl.maybe("COLLECTION_NUMBER") or 0)
    collection = f"landsat-{f'c{number}' if number else 'pre'}-l{2 if _is_level2(mtl) else 1}"
    return mtl.text("LANDSAT_PRODUCT_ID", mtl.text("LANDSAT_SCENE_ID", re.sub("_MTL$", "", path.stem))), collection


def _loose_collection(product: str) -> str:
    return f"landsat-c{int(product.split('_')[5])}-l1"


def _properties(mtl: Mtl, level2: bool) -> dict[str, Any]:
    cloud, roll = mtl.maybe("CLOUD_COVER"), mtl.maybe("ROLL_ANGLE")
    row = mtl.maybe("WRS_PATH"), mtl.maybe("WRS_ROW")
    software = mtl.text("PROCESSING_SOFTWARE_VERSION", "")
    return {
        "processing:level": mtl.text("PROCESSING_LEVEL", mtl.text("DATA_TYPE", "L2" if level2 else "L1")),
        **({"processing:software": {"LPGS": software}} if software else {}),
        **({"eo:cloud_cover": cloud} if cloud is not None and 0 <= cloud <= 100 else {}),
        "view:sun_elevation": mtl.number("SUN_ELEVATION"),
        "view:sun_azimuth": mtl.number("SUN_AZIMUTH") % 360.0,
        **({"view:off_nadir": abs(roll)} if roll is not None else {}),
        **({"swath:wrs": f"{row[0]:03.0f}{row[1]:03.0f}"} if None not in row else {}),
    }


def _named_files(path: Path, mtl: Mtl) -> Iterator[Path]:
    for key, value in mtl.merged.items():
        if key.startswith(("FILE_NAME_BAND_", "FILE_NAME_QUALITY_L1_PIXEL")) and Path(value).name == value:
            yield path.parent / value


def _assets(path: Path, mtl: Mtl, spacecraft: str, at: np.datetime64, level2: bool) -> Iterator[OutsideAsset]:
    for key, value in sorted(mtl.merged.items()):
        match = re.fullmatch(r"FILE_NAME_BAND_(?:ST_B)?(\d\d?(?:_VCID_\d)?)", key)
        if Path(value).name != value:
            if key.startswith("FILE_NAME_"):
                raise DataError(f"{key} leads out of the folder: {value!r}", where=str(path), fix="Do not open it")
            continue
        if match and (path.parent / value).is_file():
            file = open_raster(path.parent / value)
            _require_place(file)
            yield _band(file, mtl, spacecraft, match.group(1), at, surface="ST_B" in key, level2=level2)
        elif key == "FILE_NAME_QUALITY_L1_PIXEL" and (path.parent / value).is_file():
            file = open_raster(path.parent / value)
            _require_place(file)
            more = {"swath:bits": {str(bit): word for bit, word in QA_PIXEL_BITS.items()}}
            band = OutsideBand(name="QA_PIXEL", quantity="flags", unit="", more=more)
            yield _asset(file, "qa_pixel", "Quality flags of each pixel", band, nodata=1.0, categorical=True)


def _require_place(file: RasterFile) -> None:
    if file.transform is None:
        raise DataError("has no place on the map", where=str(file.path), fix="Get the product again")


def _asset(
    file: RasterFile,
    key: str,
    title: str,
    band: OutsideBand,
    *,
    nodata: float | None = 0.0,
    categorical: bool = False,
    roles: tuple[str, ...] = ("data",),
) -> OutsideAsset:
    return OutsideAsset(
        key=key,
        title=title,
        bands=(band,),
        width=file.width,
        height=file.height,
        dtype=file.dtype.name,
        placed=Placed(file.transform, file.crs),
        strip=file_strips(file, (1,)),
        window=file_parts(file, (1,)),
        nodata=file.nodata if file.nodata is not None and nodata == 0.0 else nodata,
        roles=roles,
        categorical=categorical,
    )


def _band(
    file: RasterFile, mtl: Mtl, spacecraft: str, name: str, at: np.datetime64, *, surface: bool, level2: bool
) -> OutsideAsset:
    common = band_names(spacecraft).get(name.partition("_")[0], f"band{name}")
    high_gain = "_2" if name.endswith("VCID_2") else ""
    sensor = spacecraft, mtl.text("SENSOR_ID", "").rstrip("+")
    if surface:
        group = mtl.group_with(f"TEMPERATURE_MULT_BAND_ST_B{name}", "LEVEL2")
        scale, offset = (mtl.number(f"TEMPERATURE_{word}_BAND_ST_B{name}", group=group) for word in ("MULT", "ADD"))
        band = OutsideBand(f"ST_B{name}", "surface temperature", "K", scale, offset, common)
        return _asset(file, common, f"Band {name}, surface temperature", band, roles=("data", "temperature"))
    if level2:
        group = mtl.group_with(f"REFLECTANCE_MULT_BAND_{name}", "LEVEL2_SURFACE_REFLECTANCE")
        scale, offset = (mtl.number(f"REFLECTANCE_{word}_BAND_{name}", group=group) for word in ("MULT", "ADD"))
        band = OutsideBand(f"SR_B{name}", "surface reflectance", "1", scale, offset, common)
        return _asset(file, common, f"Band {name}, surface reflectance", band, roles=("data", "reflectance"))
    constants = _thermal(mtl, sensor, name)
    if constants:
        return _thermal_asset(file, mtl, name, f"{common}{high_gain}", constants)
    scale, offset = _toa(mtl, sensor, name, at)
    most = mtl.maybe(f"QUANTIZE_CAL_MAX_BAND_{name}")
    band = OutsideBand(f"B{name}", "toa reflectance", "1", scale, offset, common, saturated=most)
    return _asset(file, common, f"Band {name}, toa reflectance", band, roles=("data", "reflectance"))


def _toa(mtl: Mtl, sensor: tuple[str, str], name: str, at: np.datetime64) -> tuple[float, float]:
    """Scale and offset of top-of-atmosphere reflectance, by the file's own scaling or from radiance."""
    sun_deg = mtl.number("SUN_ELEVATION")
    multiply = mtl.maybe(f"REFLECTANCE_MULT_BAND_{name}")
    if multiply is not None:
        return reflectance_from_scaling(multiply, mtl.number(f"REFLECTANCE_ADD_BAND_{name}"), sun_elevation_deg=sun_deg)
    esun = ESUN_W_M2_UM.get(sensor, {}).get(name)
    if esun is None:
        raise DataError(
            f"the file has no reflectance scaling for band {name}, and no irradiance of {' '.join(sensor)} is known",
            where=mtl.where,
            fix="Order the product in collection 2",
        )
    return reflectance_from_radiance(
        *_radiance(mtl, name),
        esun_w_m2_um=esun,
        distance_ratio=mtl.maybe("EARTH_SUN_DISTANCE") or earth_sun_ratio(at),
        sun_elevation_deg=sun_deg,
    )


def _radiance(mtl: Mtl, name: str) -> tuple[float, float]:
    """Gain and bias of radiance (W/m2/sr/um).

    Old files round the gain to three digits (0.055 for 0.05537: 0.4 K); there it is taken from the range of radiance.
    """
    gain, bias = mtl.number(f"RADIANCE_MULT_BAND_{name}"), mtl.number(f"RADIANCE_ADD_BAND_{name}")
    ends = [
        mtl.maybe(f"{what}_{name}")
        for what in ("RADIANCE_MAXIMUM_BAND", "RADIANCE_MINIMUM_BAND", "QUANTIZE_CAL_MAX_BAND", "QUANTIZE_CAL_MIN_BAND")
    ]
    digits = re.sub(r"[eE].*|[^0-9]", "", mtl.text(f"RADIANCE_MULT_BAND_{name}")).lstrip("0")
    high, low, most, least = ends
    if len(digits) > 4 or high is None or low is None or most is None or least is None or not most > least:
        return gain, bias
    gain = (high - low) / (most - least)
    return gain, low - gain * least


def _thermal(mtl: Mtl, sensor: tuple[str, str], name: str) -> tuple[float, float] | None:
    k1, k2 = mtl.maybe(f"K1_CONSTANT_BAND_{name}"), mtl.maybe(f"K2_CONSTANT_BAND_{name}")
    return (k1, k2) if k1 and k2 else THERMAL.get(sensor, {}).get(name)


def _thermal_asset(file: RasterFile, mtl: Mtl, name: str, key: str, constants: tuple[float, float]) -> OutsideAsset:
    """Brightness temperature in steps of 0.01 K: rounding adds 0.003 K, the sensors' own noise is 0.05 K and more."""
    gain, bias = _radiance(mtl, name)
    counts, nodata = file_strips(file, (1,)), file.nodata or 0.0

    def strip(first: int, rows: int) -> np.ndarray[Any, np.dtype[Any]]:
        stored = counts(first, rows)
        kelvin = brightness_temperature_k(stored * gain + bias, k1=constants[0], k2_k=constants[1])
        known = np.isfinite(kelvin) & (stored != nodata) & (stored != 0)
        return np.where(known, np.round(np.where(known, kelvin, 0.0) / _TEMPERATURE_STEP_K), 0).astype(np.uint16)

    band = OutsideBand(f"B{name}", "brightness temperature", "K", _TEMPERATURE_STEP_K, 0.0, key.partition("_")[0])
    return OutsideAsset(
        key=key,
        title=f"Band {name}, brightness temperature",
        bands=(band,),
        width=file.width,
        height=file.height,
        dtype="uint16",
        placed=Placed(file.transform, file.crs),
        strip=strip,
        nodata=0.0,
        roles=("data", "temperature"),
    )


def _mtl_beside(path: Path) -> bool:
    return any(path.parent.glob("*_MTL.txt")) or any(path.parent.glob("*_MTL.json"))


def _loose(folder: Path, product: str) -> list[Path]:
    return sorted(p for p in folder.iterdir() if (m := _LOOSE.fullmatch(p.name)) and m.group(1) == product)


def _loose_scene(path: Path, hints: Hints) -> OutsideScene:
    """Level-1 bands without their MTL: counts, and the day alone unless the time is told."""
    match = _LOOSE.fullmatch(path.name)
    assert match is not None
    product, day = match.group(1), match.group(2)
    spacecraft = f"LANDSAT_{product[3]}"
    bands = _loose(path.parent, product)
    assets = []
    for file in map(open_raster, bands):
        found = _LOOSE.fullmatch(file.path.name)
        assert found is not None
        name = found.group(3)
        _require_place(file)
        common = band_names(spacecraft).get(name, f"band{name}")
        band = OutsideBand(f"B{name}", "counts", "", common_name=common)
        assets.append(_asset(file, common, f"Band {name}, counts", band))
    first = parse_utc(hints.time or f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00Z", where=str(path))
    return OutsideScene(
        id=product,
        collection=_loose_collection(product),
        start=first,
        stop=first if hints.time else first + np.timedelta64(86_399, "s"),
        assets=tuple(assets),
        platform=spacecraft.lower().replace("_", "-"),
        constellation="landsat",
        notes=(
            "without an MTL file the bands are counts, not reflectance"
            + ("" if hints.time else ", and only the day is known"),
        ),
    )
