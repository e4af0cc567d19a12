"""Sentinel-2 level 1C and 2A products in SAFE form: a folder or a zip file of JPEG 2000 pictures and XML.

Source: Sentinel-2 Products Specification Document (S2-PDGS-TAS-DI-PSD), issues 14 and 15. From processing baseline
04.00 on counts carry an offset: reflectance = (count + offset) / quantification, with RADIO_ADD_OFFSET (1C) or
BOA_ADD_OFFSET (2A) of each band; before there is none. Count 0 is no data, 65535 saturated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine

from swath.archive.outside import Hints, OutsideAsset, OutsideBand, OutsideScene, Placed, file_parts, file_strips
from swath.archive.package import Package, open_package, zip_names
from swath.archive.raster_file import open_raster
from swath.archive.xml_in import Node, read_xml
from swath.errors import DataError
from swath.time import parse_utc

__all__ = ["BANDS", "SCENE_CLASSES", "Sentinel2", "sentinel2_scene"]

BANDS = {
    # name: (band id in the XML, common name, centre and width in nm of Sentinel-2A, metres)
    "B01": (0, "coastal", 442.7, 21.0, 60),
    "B02": (1, "blue", 492.4, 66.0, 10),
    "B03": (2, "green", 559.8, 36.0, 10),
    "B04": (3, "red", 664.6, 31.0, 10),
    "B05": (4, "rededge071", 704.1, 15.0, 20),
    "B06": (5, "rededge075", 740.5, 15.0, 20),
    "B07": (6, "rededge078", 782.8, 20.0, 20),
    "B08": (7, "nir", 832.8, 106.0, 10),
    "B8A": (8, "nir08", 864.7, 21.0, 20),
    "B09": (9, "nir09", 945.1, 20.0, 60),
    "B10": (10, "cirrus", 1373.5, 31.0, 60),
    "B11": (11, "swir16", 1613.7, 91.0, 20),
    "B12": (12, "swir22", 2202.4, 175.0, 20),
}
"""band id, common name, centre and width (nm, Sentinel-2A, ESA spectral responses 3.0), pixel (m)"""

SCENE_CLASSES = (
    *("no data", "saturated or defective", "dark", "cloud shadow", "vegetation", "bare", "water", "unclassified"),
    *("cloud, medium probability", "cloud, high probability", "thin cirrus", "snow or ice"),
)
"""codes 0 to 11 of the scene classification (SCL)"""

_SATURATED = 65535.0


@dataclass(frozen=True)
class Sentinel2:
    """Sentinel-2 SAFE, level 1C or 2A, folder or zip."""

    name: str = "Sentinel-2 SAFE"
    rank: int = 10

    def claims(self, path: Path) -> bool:
        """By its MTD_MSIL*.xml."""
        if path.is_dir():
            return any(path.glob("MTD_MSIL*.xml"))
        return path.suffix.lower() == ".zip" and any("MTD_MSIL" in name for name in zip_names(path))

    def files(self, path: Path) -> tuple[Path, ...]:
        """The folder or zip file."""
        return (path,)

    def identify(self, path: Path, hints: Hints) -> tuple[str, str]:
        """By the names of its folder and metadata file."""
        with open_package(path, path) as package:
            return package.title, f"sentinel-2-l{package.one('MTD_MSIL??.xml')[8:10].lower()}"

    def read(self, path: Path, scratch: Path, hints: Hints) -> OutsideScene:
        """See :func:`sentinel2_scene`."""
        with open_package(path, scratch) as package:
            return sentinel2_scene(package)


SENTINEL2 = Sentinel2()


def sentinel2_scene(package: Package) -> OutsideScene:
    """What a product of one tile holds: bands at their finest pixel, scene classes, angles, orbit, cloud share.

    Raises :class:`DataError` where a file or an element is missing, or the grid of a band is not the one of the tile.
    """
    top = _xml(package, package.one("MTD_MSIL??.xml"))
    tile = _xml(package, package.one("GRANULE/*/MTD_TL.xml"))
    level = "2A" if "2A" in top.word("PROCESSING_LEVEL") else "1C"
    epsg = tile.word("HORIZONTAL_CS_CODE")
    match = re.fullmatch(r"EPSG:(\d{4,5})", epsg)
    if not match:
        raise DataError(f"reference system {epsg!r} of the tile", where=tile.where, fix="Get the product again")
    crs = rasterio.crs.CRS.from_epsg(int(match.group(1))).to_wkt()
    assets = [_band_asset(package, top, tile, level, name, crs) for name in BANDS if _images(package, level, name)]
    if not assets:
        raise DataError("there is no band in it", where=str(package.path), fix="Get the product again, whole")
    scl = package.matching("GRANULE/*/IMG_DATA/*_SCL_20m.jp2")
    if scl:
        assets.append(_classes_asset(package, tile, scl[0], crs))
    start, stop = (parse_utc(top.word(name), where=top.where) for name in ("PRODUCT_START_TIME", "PRODUCT_STOP_TIME"))
    sensed = parse_utc(tile.word("SENSING_TIME"), where=tile.where)
    return OutsideScene(
        id=package.title,
        collection=f"sentinel-2-l{level.lower()}",
        start=min(start, sensed),
        stop=max(stop, sensed),
        assets=tuple(assets),
        platform=top.word("SPACECRAFT_NAME").lower(),
        instruments=("msi",),
        constellation="sentinel-2",
        properties=_properties(top, tile, level, sensed),
    )


def _xml(package: Package, name: str) -> Node:
    return read_xml(package.content(name), where=f"{package.path}/{name}")


def _properties(top: Node, tile: Node, level: str, sensed: np.datetime64) -> dict[str, Any]:
    views = [(n.number("ZENITH_ANGLE"), n.number("AZIMUTH_ANGLE")) for n in tile.deep("Mean_Viewing_Incidence_Angle")]
    sun = tile.find("Mean_Sun_Angle")
    found: dict[str, Any] = {
        "datetime": sensed,
        "processing:level": f"L{level}",
        "processing:software": {"Sentinel-2 processing baseline": top.word("PROCESSING_BASELINE")},
        "eo:cloud_cover": top.number("Cloud_Coverage_Assessment"),
        "sat:orbit_state": top.word("SENSING_ORBIT_DIRECTION").lower(),
        "sat:relative_orbit": int(top.number("SENSING_ORBIT_NUMBER")),
        "view:sun_elevation": round(90.0 - sun.number("ZENITH_ANGLE"), 6),
        "view:sun_azimuth": round(sun.number("AZIMUTH_ANGLE") % 360.0, 6),
        "swath:tile": tile.word("TILE_ID"),
    }
    if views:
        zenith, azimuth = np.radians(np.array(views)).T
        along = np.arctan2(np.sin(azimuth).mean(), np.cos(azimuth).mean())
        found["view:incidence_angle"] = round(float(np.degrees(zenith.mean())), 6)
        found["view:azimuth"] = round(float(np.degrees(along)) % 360.0, 6)
    return found


def _images(package: Package, level: str, name: str) -> tuple[str, ...]:
    """Pictures of a band: of level 2A the finest resolution it comes in."""
    if level == "1C":
        return package.matching(f"GRANULE/*/IMG_DATA/*_{name}.jp2")
    return next((f for m in (10, 20, 60) if (f := package.matching(f"GRANULE/*/IMG_DATA/*_{name}_{m}m.jp2"))), ())


def _quantification(top: Node, level: str, name: str) -> tuple[float, float]:
    """Counts of reflectance 1, and the offset that is added to counts first."""
    band = str(BANDS[name][0])
    quantity = "BOA_QUANTIFICATION_VALUE" if level == "2A" else "QUANTIFICATION_VALUE"
    offset = "BOA_ADD_OFFSET" if level == "2A" else "RADIO_ADD_OFFSET"
    counts = top.number(quantity)
    if counts <= 0:
        raise DataError(f"<{quantity}> is {counts:g}", where=top.where, fix="Get the product again")
    offsets = {node.attributes.get("band_id", ""): node for node in top.deep(offset)}
    if not offsets:
        return counts, 0.0
    if band not in offsets:
        raise DataError(f"<{offset}> of band {name} is missing", where=top.where, fix="Get the product again")
    try:
        return counts, float(offsets[band].text)
    except ValueError as error:
        raise DataError(f"<{offset}> of band {name} is no number", where=top.where, fix="Get it again") from error


def _place(tile: Node, metres: int, path: Path, width: int, height: int, crs: str) -> Placed:
    """The grid that the tile's XML gives for pixels of this size, held against the picture's."""
    for size in tile.deep("Size"):
        if size.attributes.get("resolution") == str(metres):
            told = int(size.number("NCOLS")), int(size.number("NROWS"))
            if told != (width, height):
                raise DataError(f"{width} x {height} pixels, the tile has {told}", where=str(path), fix="Get it again")
    for corner in tile.deep("Geoposition"):
        if corner.attributes.get("resolution") == str(metres):
            west, north = corner.number("ULX"), corner.number("ULY")
            across, down = corner.number("XDIM"), corner.number("YDIM")
            if (across, -down) != (metres, metres):
                raise DataError(f"pixels of {across:g} x {down:g} m", where=tile.where, fix="Get the product again")
            return Placed(Affine(across, 0.0, west, 0.0, down, north), crs)
    raise DataError(f"no corner for pixels of {metres} m", where=tile.where, fix="Get the product again")


def _metres(name: str, image: str) -> int:
    match = re.search(r"_(10|20|60)m\.jp2$", image)
    return int(match.group(1)) if match else BANDS[name][4]


def _band_asset(package: Package, top: Node, tile: Node, level: str, name: str, crs: str) -> OutsideAsset:
    image = _images(package, level, name)[0]
    file = open_raster(package.file(image))
    counts, offset = _quantification(top, level, name)
    _, common, centre, width, _ = BANDS[name]
    quantity = "surface reflectance" if level == "2A" else "toa reflectance"
    band = OutsideBand(
        name=name,
        quantity=quantity,
        scale=1.0 / counts,
        offset=offset / counts,
        common_name=common,
        centre_wavelength_m=centre * 1e-9,
        width_m=width * 1e-9,
        saturated=_SATURATED,
    )
    return OutsideAsset(
        key=common,
        title=f"{name}, {quantity}",
        bands=(band,),
        width=file.width,
        height=file.height,
        dtype=file.dtype.name,
        placed=_place(tile, _metres(name, image), file.path, file.width, file.height, crs),
        strip=file_strips(file, (1,)),
        window=file_parts(file, (1,)),
        nodata=0.0,
        roles=("data", "reflectance"),
    )


def _classes_asset(package: Package, tile: Node, image: str, crs: str) -> OutsideAsset:
    file = open_raster(package.file(image))
    codes = {str(code): word for code, word in enumerate(SCENE_CLASSES)}
    return OutsideAsset(
        key="scl",
        title="Scene classes",
        bands=(OutsideBand(name="SCL", quantity="class", unit="", more={"swath:codes": codes}),),
        width=file.width,
        height=file.height,
        dtype=file.dtype.name,
        placed=_place(tile, 20, file.path, file.width, file.height, crs),
        strip=file_strips(file, (1,)),
        window=file_parts(file, (1,)),
        nodata=0.0,
        roles=("data", "classification"),
        categorical=True,
    )
