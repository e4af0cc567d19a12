"""Fields from the files people have: GeoJSON, GeoPackage, Shapefile, KML and KMZ, CSV with WKT, and a zip of one.

What a file is comes from its first bytes, never from a driver's guess: GDAL sees GeoPackages and Shapefiles, copied
under names of ours into a folder of ours, and nothing else. So no path, archive or driver that a file or a
user names is ever opened by it.
"""

from __future__ import annotations

import io
import struct
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from swath.errors import DataError, InputError
from swath.product.field_set import FieldFault, FieldSet, RawFields, clean_fields
from swath.sources.field_columns import find_column, parse_days
from swath.sources.field_kml import parse_kml
from swath.sources.field_text import Columns, parse_field_csv, parse_field_geojson, to_degrees

__all__ = ["MOST_BYTES", "read_fields", "read_shapes"]

MOST_BYTES = 1 << 30
"""of a file, and of what comes out of an archive"""
_MOST_MEMBERS = 1000
_SHAPE_PARTS = ("shp", "shx", "dbf", "prj", "cpg")
_FORMS = "GeoJSON, GeoPackage, Shapefile (or a zip of it), KML, KMZ, or CSV with a column of WKT"


def read_fields(
    path: Path,
    *,
    id: str | None = None,
    crop: str | None = None,
    sown: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
) -> FieldSet:
    """The fields of a file, in its order, with every fault told (:func:`swath.product.field_set.clean_fields`).

    ``id``, ``crop``, ``sown``: names of columns, found by :data:`swath.sources.field_columns.NAMES` unless given.
    ``layer``: of a GeoPackage or an archive with several. ``crs``: of coordinates whose file does not say
    ("EPSG:32633"); a file that does say is believed. Times: benchmarks/speed/fields.py.

    :class:`DataError` where it cannot be read, :class:`InputError` where it is no such file or holds no field.
    """
    where = str(path)
    columns = _columns(_content(path), path, layer, crs, where)
    return clean_fields(_raw(columns, id, crop, sown, where), where=where)


def read_shapes(path: Path, *, layer: str | None = None, crs: str | None = None) -> Columns:
    """Shapes of any kind (points, lines, polygons) with their columns, longitude and latitude, from the same files.

    For roads, houses, areas of interest. Rows without a shape hold None, and why in ``faults``. Errors as
    :func:`read_fields`.
    """
    return _columns(_content(path), path, layer, crs, str(path))


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise DataError("there is no such file", where=str(path), fix=f"Give {_FORMS}")
        if path.stat().st_size > MOST_BYTES:
            raise InputError("it is larger than 1 GiB", where=str(path), fix="Split it")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the fields: {error}", where=str(path), fix=f"Give {_FORMS}") from error


def _columns(content: bytes, path: Path, layer: str | None, crs: str | None, where: str) -> Columns:
    """By what the file begins with."""
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(b"PK\x03\x04"):
        return _of_archive(content, layer, crs, where)
    if content.startswith(b"SQLite format 3\x00"):
        return _of_geopackage(content, layer, where)
    if content[:4] == struct.pack(">i", 9994):
        parts = {"shp": content}
        for ending in _SHAPE_PARTS[1:]:
            beside = next(
                (p for p in (path.with_suffix(f".{ending}"), path.with_suffix(f".{ending.upper()}")) if p.is_file()),
                None,
            )
            parts |= {ending: _content(beside)} if beside else {}
        return _of_shapefile(parts, crs, where)
    if head.startswith((b"<?xml", b"<kml")):
        return _of_kml(content, where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("neither text nor a form that is known", where=where, fix=f"Give {_FORMS}") from error
    if head.startswith((b"{", b"[")):
        return parse_field_geojson(text, where=where)
    if path.suffix.lower() in (".csv", ".tsv", ".txt") or b"," in head or b";" in head:
        return parse_field_csv(text, crs=crs, where=where)
    raise InputError("its form is not known", where=where, fix=f"Give {_FORMS}")


def _of_archive(content: bytes, layer: str | None, crs: str | None, where: str) -> Columns:
    """A zipped Shapefile, a KMZ, or one file of another form; members are read here, under a limit."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir() and "__MACOSX" not in e.filename]
            if len(entries) > _MOST_MEMBERS or sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise InputError("the archive holds more than 1,000 files or 1 GiB", where=where, fix="Take it apart")
            names = {entry.filename: archive.read(entry) for entry in entries if _wanted(entry.filename)}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        raise InputError(f"the archive cannot be read: {error}", where=where, fix="Was it cut off?") from error
    except (struct.error, zlib.error) as error:
        raise InputError(f"the archive is damaged: {error}", where=where, fix="Pack it again") from error
    found = sorted(n for n in names if n.lower().endswith((".shp", ".kml", ".geojson", ".json", ".gpkg", ".csv")))
    if layer is not None and len(found) > 1:
        found = [name for name in found if Path(name).stem == layer] or found
    if len(found) > 1 and "doc.kml" in found:
        found = ["doc.kml"]
    if len(found) != 1:
        listed = ", ".join(found)[:200] or "none"
        raise InputError(f"files of fields in the archive: {listed}", where=where, fix="Pack one, or name it: --layer")
    (name,) = found
    inside = f"{where}, {name}"
    if name.lower().endswith(".shp"):
        stem = name[:-4].lower()
        parts = {
            n[-3:].lower(): c for n, c in names.items() if n[:-4].lower() == stem and n[-3:].lower() in _SHAPE_PARTS
        }
        return _of_shapefile(parts, crs, inside)
    if names[name].startswith(b"PK\x03\x04"):
        raise InputError("an archive in an archive", where=inside, fix="Take it apart")
    return _columns(names[name], Path(Path(name).name), layer, crs, inside)


def _wanted(name: str) -> bool:
    endings = (*_SHAPE_PARTS, "kml", "geojson", "json", "gpkg", "csv")
    return name.lower().endswith(tuple(f".{ending}" for ending in endings))


def _of_kml(content: bytes, where: str) -> Columns:
    rows = parse_kml(content, where=where)
    return Columns.of_rows([(shape, data, fault) for shape, data, fault in rows])


def _of_shapefile(parts: dict[str, bytes], crs: str | None, where: str) -> Columns:
    if parts["shp"][:4] != struct.pack(">i", 9994):
        raise InputError("no Shapefile", where=where, fix="Pack it again")
    missing = [ending for ending in ("shx", "dbf") if ending not in parts]
    if missing:
        raise InputError(
            f"its .{' and .'.join(missing)} is missing", where=where, fix="A Shapefile is .shp, .shx, .dbf and .prj"
        )
    return _of_gdal(parts, "shp", None, crs, where)


def _of_geopackage(content: bytes, layer: str | None, where: str) -> Columns:
    if content[68:72] not in (b"GPKG", b"GP10", b"GP11", b"\x00\x00\x00\x00"):
        raise InputError("a database, but no GeoPackage", where=where, fix=f"Give {_FORMS}")
    return _of_gdal({"gpkg": content}, "gpkg", layer, None, where)


def _of_gdal(parts: dict[str, bytes], main: str, layer: str | None, crs: str | None, where: str) -> Columns:
    """The one door to GDAL: a GeoPackage or a Shapefile under a name of ours in a folder of ours."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError

    try:
        with tempfile.TemporaryDirectory(prefix="swath-") as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's opinions of forms; what is wrong with a field is found here
            for ending, content in parts.items():
                (Path(folder) / f"fields.{ending}").write_bytes(content)
            source = Path(folder) / f"fields.{main}"
            layer = _layer(pyogrio.list_layers(source), layer, where) if main == "gpkg" else None
            meta, _, blobs, values = pyogrio.raw.read(source, layer=layer, force_2d=True, datetime_as_string=True)
    except (DataSourceError, DataLayerError, FeatureError, GeometryError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"it cannot be read: {str(error)[:150]}", where=where, fix="Was it cut off?") from error
    shapes, faults = _from_wkb(blobs if blobs is not None else [None] * len(values[0]) if values else [])
    data = {str(name): list(column) for name, column in zip(meta["fields"], values, strict=True)}
    said = meta["crs"] or crs
    return Columns(to_degrees(shapes, said, where=where), data, faults)


def _layer(listed: Any, asked: str | None, where: str) -> str:
    """The layer asked for, or the only one that has outlines."""
    names = [str(name) for name, kind in listed if kind is not None]
    if asked is not None and asked in names:
        return asked
    areas = [str(name) for name, kind in listed if kind is not None and "Polygon" in str(kind)] or names
    if asked is not None or len(areas) != 1:
        raise InputError(
            f"its layers with outlines: {', '.join(names)[:200] or 'none'}", where=where, fix="Name one: --layer"
        )
    return areas[0]


def _from_wkb(blobs: Any) -> tuple[list[Any], dict[int, str]]:
    shapes: list[Any] = []
    faults: dict[int, str] = {}
    for row, blob in enumerate(blobs):
        try:
            shapes.append(None if blob is None else shapely.from_wkb(blob))
        except shapely.errors.GEOSException as error:
            shapes.append(None)
            faults[row] = f"its outline cannot be read: {str(error).splitlines()[0][:80]}"
    return shapes, faults


def _raw(columns: Columns, id: str | None, crop: str | None, sown: str | None, where: str) -> RawFields:
    """Names, crops and days from the columns that hold them."""
    names = list(columns.data)
    found = {
        kind: find_column(kind, names, asked, where=where)
        for kind, asked in (("id", id), ("crop", crop), ("sown", sown))
    }
    none = [""] * len(columns.shapes)
    ids, crops = ([_text(v) for v in columns.data[c]] if (c := found[kind]) else none for kind in ("id", "crop"))
    days, unclear = parse_days(columns.data[found["sown"]] if found["sown"] else [None] * len(none))
    called = [name or str(number) for number, name in enumerate(ids, 1)]
    faults = [FieldFault(row + 1, called[row], fault, "left out") for row, fault in columns.faults.items()]
    faults += [FieldFault(row + 1, called[row], f"day of sowing: {words}", "kept") for row, words in unclear]
    shapes = np.empty(len(none), object)
    shapes[:] = columns.shapes
    return RawFields(shapes, ids, crops, days, tuple(faults))


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
