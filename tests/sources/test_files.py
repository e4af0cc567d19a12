from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from swath.errors import DataError, InputError
from swath.model import Place
from swath.sources.elements import read_elements
from swath.sources.places import parse_places, read_places
from tests.orbit.messages import FORMS, fields_of
from tests.orbit.test_elements import ONE, TWO


def collection(*features: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def feature(kind: str, coordinates: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": coordinates}, **more}


SPIRAL = [[lon % 360 - 180, 50 + lon / 99] for lon in range(0, 720, 60)]


def test_good_sets_are_read_and_bad_ones_listed(tmp_path: Path) -> None:
    file = tmp_path / "mixed.tle"
    file.write_bytes(f"ISS\n{ONE}\n{TWO}\nBAD\n{ONE}\n{TWO[:-1]}0\n\xff\xfe\n".encode("latin-1"))
    loaded = read_elements(file)
    assert [e.name for e in loaded.elements] == ["ISS"]
    assert loaded.elements[0].source == "mixed.tle"
    assert [r.line for r in loaded.rejected] == [6, 7]


def test_messages_are_read_by_what_they_hold_not_by_their_ending(tmp_path: Path) -> None:
    good, bad = fields_of("ISS", ONE, TWO), fields_of("ISS", ONE, TWO) | {"INCLINATION": "190"}
    for form, write in FORMS.items():
        (file := tmp_path / "sets.txt").write_bytes(write([good, bad]).encode())
        loaded = read_elements(file)
        assert [(e.name, e.source) for e in loaded.elements] == [("ISS", "sets.txt")], form
        assert ["INCLINATION 190 is outside 0 to 180" in r.what for r in loaded.rejected] == [True], form


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "the file is empty"), (b"hello", "line 1: not part of"), (None, "No such")]
)
def test_files_without_sets_are_errors(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "x.tle"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=why):
        read_elements(file)
    with pytest.raises(DataError, match="cannot read" if content is None else why.rsplit(": ", maxsplit=1)[-1]):
        read_elements(tmp_path)  # a folder is the files in it


def test_points_and_polygons_are_read(tmp_path: Path) -> None:
    box = [[11.0, 44.0], [12.0, 44.0], [12.0, 46.0], [11.0, 46.0], [11.0, 44.0]]
    text = collection(
        feature("Point", [11.9, 44.95], id="po"),
        feature("Point", [-70.0, -53.0, 40.0], properties={"name": "punta arenas"}),
        feature("Polygon", [box], id=7),
        feature("Point", [0, 0], properties=None),
    )
    (file := tmp_path / "p.geojson").write_text(text)
    po, punta, seven, last = read_places(file)
    assert (po.id, po.lon_deg, po.lat_deg, po.altitude_m) == ("po", 11.9, 44.95, 0.0)
    assert (punta.id, punta.altitude_m) == ("punta arenas", 40.0)
    assert (seven.id, seven.ring) == ("7", tuple(map(tuple, box[:-1])))
    assert (seven.lon_deg, seven.lat_deg) == (pytest.approx(11.5), pytest.approx(45.0))
    assert last.id == "4"


def test_a_bare_geometry_is_a_place_too() -> None:
    assert parse_places('{"type": "Point", "coordinates": [1, 2]}')[0] == Place.point("1", lon_deg=1.0, lat_deg=2.0)


@example(178.99999999999997, 0.0, 2.2979592848062858, 1.0, 0)
@given(st.floats(-179, 179), st.floats(-60, 60), st.floats(0.1, 20.0), st.floats(0.1, 20.0), st.integers(0, 3))
def test_the_centre_of_a_box_is_its_centre_even_across_the_date_line(
    lon_deg: float, lat_deg: float, width_deg: float, height_deg: float, first: int
) -> None:
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    corners = corners[first:] + corners[:first]
    ring = [[(lon_deg + x * width_deg / 2 + 180.0) % 360.0 - 180.0, lat_deg + y * height_deg / 2] for x, y in corners]
    (place,) = parse_places(collection(feature("Polygon", [[*ring, ring[0]]])))
    assert abs((place.lon_deg - lon_deg + 180.0) % 360.0 - 180.0) < 1e-6
    assert place.lat_deg == pytest.approx(lat_deg, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no GeoJSON features"),
        ('{"type": "FeatureCollection"}', "no GeoJSON features"),
        (collection(), "no GeoJSON features"),
        (collection(3), "feature 1: not a GeoJSON feature"),
        (collection({"type": "Feature", "geometry": None}), "'1' has no geometry"),
        (collection(feature("LineString", [[0, 0], [1, 1]])), "'1' is a LineString"),
        (collection(feature("Point", [190, 0])), r"feature 1, place 1: longitude 190\.0"),
        (collection(feature("Point", [0, "north"])), "coordinates of '1'"),
        (collection(feature("Point", [0])), "coordinates of '1'"),
        (collection(feature("Polygon", [[[0, 0], [1, 0], [1, 1]]])), "coordinates of '1'"),
        (collection(feature("Polygon", [[[0, 0], [1, 0], [2, 0], [0, 0]]])), "has no area"),
        (collection(feature("Polygon", [[[0, 0], [1, 0], [1, 1], [0, 0]]] * 2)), "it has no area"),
        (collection(feature("Polygon", [[[0, 0], [2, 2], [2, 0], [0, 3], [0, 0]]])), "Self-intersection"),
        (
            collection(feature("Polygon", [[[0, 0], [9, 0], [9, 9], [0, 0]], [[20, 0], [21, 0], [21, 1], [20, 0]]])),
            "Hole lies outside",
        ),
        (
            collection(
                feature("MultiPolygon", [[[[0, 0], [2, 0], [2, 2], [0, 0]]], [[[1, 0], [3, 0], [3, 2], [1, 0]]]])
            ),
            "polygons overlap",
        ),
        (collection(feature("Polygon", [[*SPIRAL, SPIRAL[0]]])), "winds 2 times round"),
        (collection(feature("MultiPolygon", [[[[0, 0], [1, 0], [1, 1]]]])), "coordinates of '1'"),
        (collection(feature("Point", [0, 0], id="a"), feature("Point", [1, 0], id="a")), "two places are called 'a'"),
        (collection(feature("Point", [float("nan"), 0])), "longitude nan"),
    ],
)
def test_what_is_no_place_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse_places(text, where="typed")


KEYS = st.sampled_from(["type", "features", "geometry", "coordinates", "id"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["Feature", "Point", "Polygon"]),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
)


@given(JSON)
def test_any_json_gives_places_or_an_input_error(data: Any) -> None:
    try:
        places = parse_places(json.dumps(data))
    except InputError:
        return
    assert all(np.isfinite([place.lon_deg, place.lat_deg]).all() for place in places)


def test_missing_files_are_data_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_places(tmp_path / "none.geojson")
    (tmp_path / "bad").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_places(tmp_path / "bad")


def test_an_enormous_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (file := tmp_path / "all.tle").open("wb") as sparse:
        sparse.truncate(400_000_001)  # a hole: takes no room
    with pytest.raises(DataError, match="400 MB; at most 400 are read"):
        read_elements(file)
