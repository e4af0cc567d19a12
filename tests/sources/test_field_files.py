"""Fields come out of every form of file the same, every fault of theirs is told, and no file leads anywhere else."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import SwathError
from swath.product.field_set import FieldSet
from swath.sources.field_columns import parse_days
from swath.sources.field_files import read_fields
from tests.product.field_shapes import lattice

CROPS = ("wheat", "maize")
DAYS = np.array(["2026-04-05", "2026-05-20"], "datetime64[D]")


def outlines() -> list[Any]:
    """Twelve fields near Bologna; one with a hole, one in two parts."""
    made = lattice(12, lon_deg=11.3, lat_deg=44.5, side_m=150.0, seed=3)
    west, south, east, north = made[1].bounds
    hole = shapely.box(
        west + (east - west) * 0.4,
        south + (north - south) * 0.4,
        west + (east - west) * 0.6,
        north - (north - south) * 0.4,
    )
    made[1] = shapely.box(west, south, east, north).difference(hole)
    made[2] = shapely.multipolygons([made[2], shapely.transform(made[2], lambda at: np.add(at, (0.1, 0.0)))])
    return made


def properties(number: int) -> dict[str, str]:
    return {"name": f"f-{number}", "Crop": CROPS[number % 2].title(), "sowing_date": str(DAYS[number % 2])}


def geojson(shapes: list[Any]) -> str:
    features = [
        {"type": "Feature", "properties": properties(n), "geometry": json.loads(shapely.to_geojson(shape))}
        for n, shape in enumerate(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def by_gdal(path: Path, shapes: list[Any], driver: str, crs: str = "EPSG:4326") -> Path:
    turn = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    moved = shapely.transform(np.array(shapes, object), lambda at: np.column_stack(turn.transform(at[:, 0], at[:, 1])))
    names = [key[:10] for key in properties(0)] if driver == "ESRI Shapefile" else list(properties(0))
    columns = [np.array([properties(n)[key] for n in range(len(shapes))], object) for key in properties(0)]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(moved),
        columns,
        names,
        driver=driver,
        crs=crs,
        geometry_type="Unknown" if driver == "GPKG" else "Polygon",
    )
    return path


def kml(shapes: list[Any]) -> str:
    def ring(line: Any, side: str) -> str:
        points = " ".join(f"{x!r},{y!r},12" for x, y in shapely.get_coordinates(line).tolist())
        return f"<{side}BoundaryIs><LinearRing><coordinates>{points}</coordinates></LinearRing></{side}BoundaryIs>"

    def polygon(part: Any) -> str:
        holes = "".join(ring(hole, "inner") for hole in part.interiors)
        return f"<Polygon>{ring(part.exterior, 'outer')}{holes}</Polygon>"

    marks = []
    for n, shape in enumerate(shapes):
        named = properties(n)
        data = "".join(f'<Data name="{k}"><value>{named[k]}</value></Data>' for k in ("Crop", "sowing_date"))
        parts = "".join(map(polygon, shapely.get_parts(shape)))
        marks.append(
            f"<Placemark><name>{named['name']}</name><ExtendedData>{data}</ExtendedData><MultiGeometry>{parts}</MultiGeometry></Placemark>"
        )
    return (
        f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(marks)}</Document></kml>'
    )


def table(shapes: list[Any]) -> str:
    rows = [
        f"{p['name']};{p['Crop']};{p['sowing_date']};{shape.wkt}"
        for n, shape in enumerate(shapes)
        if (p := properties(n))
    ]
    return "\n".join(["name;Crop;sowing_date;WKT", *rows])


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def shapefile(folder: Path, shapes: list[Any], crs: str = "EPSG:4326") -> Path:
    return by_gdal(folder / "plots.shp", shapes, "ESRI Shapefile", crs)


def zip_of_shapefile(folder: Path, shapes: list[Any]) -> Path:
    made = shapefile(folder, shapes)
    files = {f"deep/{p.name}": p.read_bytes() for p in folder.glob("plots.*")}
    made.with_suffix(".zip").write_bytes(zipped(files))
    return made.with_suffix(".zip")


def kept(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


FORMS: dict[str, Callable[[Path, list[Any]], Path]] = {
    "geojson": lambda folder, shapes: kept(folder / "f.geojson", geojson(shapes)),
    "gpkg": lambda folder, shapes: by_gdal(folder / "f.gpkg", shapes, "GPKG"),
    "gpkg, UTM": lambda folder, shapes: by_gdal(folder / "f.gpkg", shapes, "GPKG", "EPSG:32632"),
    "shp": shapefile,
    "shp, Lambert": lambda folder, shapes: shapefile(folder, shapes, "EPSG:3035"),
    "zip": zip_of_shapefile,
    "kml": lambda folder, shapes: kept(folder / "f.kml", kml(shapes)),
    "kmz": lambda folder, shapes: kept(folder / "f.kmz", zipped({"doc.kml": kml(shapes).encode()})),
    "csv": lambda folder, shapes: kept(folder / "f.csv", table(shapes)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_fields(form: str, tmp_path: Path) -> None:
    shapes = outlines()
    fields = read_fields(FORMS[form](tmp_path, shapes))
    assert fields.faults == ()
    assert list(fields.id) == [f"f-{n}" for n in range(12)]
    assert list(fields.crop) == [CROPS[n % 2] for n in range(12)]
    assert list(fields.sown) == [DAYS[n % 2] for n in range(12)]
    off = [shapely.symmetric_difference(a, b).area / b.area for a, b in zip(fields.shapes, shapes, strict=True)]
    assert max(off) < 1e-4, "of the area: a Shapefile rounds the words of its projection, to 1 mm here"


def test_area_is_that_of_the_ellipsoid(tmp_path: Path) -> None:
    fields = read_fields(FORMS["geojson"](tmp_path, outlines()))
    geod = pyproj.Geod(ellps="WGS84")
    truth = [abs(geod.geometry_area_perimeter(shape)[0]) for shape in fields.shapes]
    np.testing.assert_allclose(fields.area_m2(), truth, rtol=0.007)


def one(tmp_path: Path, *geometries: Any, data: dict[str, Any] | None = None) -> FieldSet:
    """A good field and then the given ones."""
    good = {"type": "Polygon", "coordinates": [[[11, 44], [11.01, 44], [11.01, 44.01], [11, 44]]]}
    features = [
        {"type": "Feature", "properties": {"id": f"n{n}", **(data or {})}, "geometry": geometry}
        for n, geometry in enumerate([good, *geometries])
    ]
    return read_fields(kept(tmp_path / "x.geojson", json.dumps({"type": "FeatureCollection", "features": features})))


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


BAD = {
    "crosses itself": (
        polygon([[12, 44], [12.01, 44.01], [12.01, 44], [12, 44.01], [12, 44]]),
        "left out",
        "self-inter",
    ),
    "a spike": (
        polygon([[12, 44], [12.01, 44], [12.01, 44.01], [12.02, 44.02], [12.01, 44.01], [12, 44.01], [12, 44]]),
        "repaired",
        "changed by 0.00%",
    ),
    "no geometry": (None, "left out", "no outline"),
    "a point": ({"type": "Point", "coordinates": [12, 44]}, "left out", "no field"),
    "empty": ({"type": "Polygon", "coordinates": []}, "left out", "empty"),
    "latitude first, far": (polygon([[44, 112], [44, 113], [45, 113], [44, 112]]), "left out", "longitude comes first"),
    "a line of no area": (polygon([[12, 44], [12.01, 44], [12.02, 44], [12, 44]]), "left out", ""),
    "unclosed": (polygon([[12, 44], [12.01, 44], [12.01, 44.01]]), "left out", "cannot be read"),
    "words": ({"type": "Polygon", "coordinates": "here"}, "left out", ""),
    "the first one again, from another corner": (
        polygon([[11.01, 44.01], [11, 44], [11.01, 44], [11.01, 44.01]]),
        "left out",
        "same outline as n0",
    ),
    "a collection": (
        {
            "type": "GeometryCollection",
            "geometries": [
                polygon([[12, 44], [12.01, 44], [12.01, 44.01], [12, 44]]),
                {"type": "Point", "coordinates": [1, 2]},
            ],
        },
        "kept",
        "only its polygons",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_faults_of_one_field_are_told_and_the_others_stay(case: str, tmp_path: Path) -> None:
    geometry, done, words = BAD[case]
    fields = one(tmp_path, geometry)
    (fault,) = fields.faults
    assert (fault.row, fault.field, fault.done) == (2, "n1", done)
    assert words in fault.fault
    assert list(fields.id) == (["n0"] if done == "left out" else ["n0", "n1"])
    assert shapely.is_valid(fields.shapes).all()


def test_heights_are_dropped(tmp_path: Path) -> None:
    fields = one(tmp_path, polygon([[12, 44, 5], [12.01, 44, 6], [12.01, 44.01, 7], [12, 44, 5]]))
    assert not shapely.has_z(fields.shapes).any() and not fields.faults


@pytest.mark.parametrize("style", ["short way", "0 to 360"])
def test_a_field_across_the_date_line_has_two_parts_and_its_area(style: str, tmp_path: Path) -> None:
    east = 180.01 if style == "0 to 360" else -179.99
    fields = one(tmp_path, polygon([[179.99, 60], [east, 60], [east, 60.01], [179.99, 60.01], [179.99, 60]]))
    assert "date line" in fields.faults[0].fault and fields.faults[0].done == "kept"
    west, _, right, _ = fields.shapes[1].bounds
    assert (west, right) == (-180.0, 180.0) and shapely.get_num_geometries(fields.shapes[1]) == 2
    assert fields.shapes[1].area == pytest.approx(0.02 * 0.01, rel=1e-9)
    lon, _ = fields.centres_deg()
    assert abs(lon[1]) > 179.98


def test_equal_names_get_numbers(tmp_path: Path) -> None:
    text = (
        "id,wkt\n"
        + "\n".join(f'a,"{shapely.box(n, 1, n + 0.01, 1.01).wkt}"' for n in range(3))
        + f'\na-2,"{shapely.box(7, 1, 7.1, 1.1).wkt}"'
    )
    fields = read_fields(kept(tmp_path / "x.csv", text))
    assert len(set(fields.id)) == 4 and {"a", "a-2"} < set(fields.id)
    assert len(fields.faults) == 2 and all(fault.done == "kept" for fault in fields.faults)


def test_columns_by_name_and_by_option(tmp_path: Path) -> None:
    path = kept(tmp_path / "x.csv", f'plot no,what,seed day,wkt\n7,Rye,1.10.2025,"{shapely.box(1, 1, 1.1, 1.1).wkt}"')
    plain = read_fields(path)
    assert (plain.id[0], plain.crop[0], np.isnat(plain.sown[0])) == ("1", "", True)
    named = read_fields(path, id="plot no", crop="what", sown="seed day")
    assert (named.id[0], named.crop[0], str(named.sown[0])) == ("7", "rye", "2025-10-01")
    with pytest.raises(SwathError, match=r"no column is called 'gone'.*Its columns: plot no"):
        read_fields(path, crop="gone")


@pytest.mark.parametrize(
    ("texts", "days", "unclear"),
    [
        (
            ["2026-04-05T10:00:00", "20260406", "7.4.2026", "", None],
            ["2026-04-05", "2026-04-06", "2026-04-07", "NaT", "NaT"],
            0,
        ),
        (["04/05/2026", "04/25/2026"], ["2026-04-05", "2026-04-25"], 0),
        (["04/05/2026", "25/04/2026"], ["2026-05-04", "2026-04-25"], 0),
        (["04/05/2026", "04/06/2026"], ["NaT", "NaT"], 2),
        (["soon", "2026-13-01", "31.2.2026"], ["NaT"] * 3, 3),
    ],
)
def test_days(texts: list[Any], days: list[str], unclear: int) -> None:
    found, faults = parse_days(texts)
    np.testing.assert_array_equal(found, np.array(days, "datetime64[D]"))
    assert len(faults) == unclear


def test_coordinates_in_metres_without_a_system_are_not_guessed(tmp_path: Path) -> None:
    text = f'id,wkt\na,"{shapely.box(686000, 4929000, 686100, 4929100).wkt}"'
    path = kept(tmp_path / "x.csv", text)
    with pytest.raises(SwathError, match="--crs"):
        read_fields(path)
    assert read_fields(path, crs="EPSG:32632").area_m2()[0] == pytest.approx(10_000, rel=0.01)
    ewkt = kept(tmp_path / "y.csv", text.replace("POLYGON", "SRID=32632;POLYGON"))
    assert read_fields(ewkt).shapes[0].equals(read_fields(path, crs="EPSG:32632").shapes[0])
    old = json.loads(geojson([shapely.box(686000, 4929000, 686100, 4929100)]))
    old["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    assert read_fields(kept(tmp_path / "z.geojson", json.dumps(old))).shapes[0].equals(read_fields(ewkt).shapes[0])


def hostile(folder: Path) -> dict[str, Path]:
    secret = kept(folder / "secret.geojson", geojson(outlines()))
    layer = f'<OGRVRTLayer name="f"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>'
    vrt = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
    other = sqlite3.connect(folder / "d.gpkg")
    other.execute("create table t (a)")
    other.commit()
    other.close()
    entity = (
        f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY x SYSTEM "file://{secret}">]><kml><Placemark>&x;</Placemark></kml>'
    )
    return {
        "a VRT called GeoPackage": kept(folder / "a.gpkg", vrt),
        "a VRT called Shapefile": kept(folder / "b.shp", vrt),
        "a VRT in a zip": kept(folder / "b.zip", zipped({"b.shp": vrt.encode(), "b.shx": b"", "b.dbf": b""})),
        "an entity": kept(folder / "c.kml", entity),
        "a database": folder / "d.gpkg",
        "a virtual path": Path(f"/vsizip/{folder}/b.zip"),
        "an address": Path("https://example.org/fields.geojson"),
        "nothing": kept(folder / "e.geojson", b""),
        "a picture": kept(folder / "f.kml", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        "a nest": kept(folder / "g.zip", zipped({"a.kml": zipped({"b.kml": kml(outlines()).encode()})})),
        "a folder": folder,
        "deep JSON": kept(folder / "h.geojson", "[" * 100_000),
    }


@pytest.mark.parametrize(
    "case",
    [
        "a VRT called GeoPackage",
        "a VRT called Shapefile",
        "a VRT in a zip",
        "an entity",
        "a database",
        "a virtual path",
        "an address",
        "nothing",
        "a picture",
        "a nest",
        "a folder",
        "deep JSON",
    ],
)
def test_nothing_leads_out_of_the_file(case: str, tmp_path: Path) -> None:
    with pytest.raises(SwathError) as told:
        read_fields(hostile(tmp_path)[case])
    assert told.value.what and told.value.where and told.value.fix


def test_an_archive_larger_than_it_looks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from swath.sources import field_files

    monkeypatch.setattr(field_files, "MOST_BYTES", 1_000_000)
    path = kept(tmp_path / "x.zip", zipped({"x.geojson": b" " * 2_000_000}))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(SwathError, match="the archive holds more"):
        read_fields(path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, dict[str, bytes]]]:
    """By form: the name of the file and the bytes of all that belongs to it."""
    made = {}
    for form in ("geojson", "gpkg", "shp", "zip", "kml", "kmz", "csv"):
        folder = tmp_path_factory.mktemp("form")
        path = FORMS[form](folder, outlines()[:4])
        made[form] = (path.name, {p.name: p.read_bytes() for p in folder.iterdir()})
    return made


SHARES = st.floats(0.0, 1.0, exclude_max=True)


@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp", "zip", "kml", "kmz", "csv"])
@settings(max_examples=25, deadline=None)
@given(victim=SHARES, hits=st.lists(st.tuples(SHARES, st.integers(0, 255)), max_size=12), kept_share=st.none() | SHARES)
def test_damaged_files_give_fields_or_an_error_in_words(
    form: str,
    samples: dict[str, tuple[str, dict[str, bytes]]],
    tmp_path_factory: pytest.TempPathFactory,
    victim: float,
    hits: list[tuple[float, int]],
    kept_share: float | None,
) -> None:
    name, files = samples[form]
    names = sorted(files)
    damaged = names[int(victim * len(names))]
    content = bytearray(files[damaged])
    for at, byte in hits:
        content[int(at * len(content))] = byte
    cut = len(content) if kept_share is None else int(kept_share * len(content))
    folder = tmp_path_factory.mktemp("damaged")
    for other in names:
        (folder / other).write_bytes(bytes(content[:cut]) if other == damaged else files[other])
    with contextlib.suppress(SwathError):
        fields = read_fields(folder / name)
        assert len(fields) and shapely.is_valid(fields.shapes).all() and len(set(fields.id)) == len(fields)
    shutil.rmtree(folder)
