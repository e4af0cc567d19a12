"""Files of places as a user gives them: every form, limits, and anything at all through the command."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swath.cli.main import main
from swath.errors import InputError
from swath.model import Place, Station
from swath.sources.places import parse_places, parse_places_csv, read_places
from tests.cli.test_window_commands import PLACES, SETS, SPAN, elements  # noqa: F401
from tests.sources.test_files import collection, feature


def test_a_table_of_points_is_read(tmp_path: Path) -> None:
    (file := tmp_path / "fields.csv").write_text(
        '﻿Name,Latitude,Longitude,altitude,crop\n"Po, north",45.1,10.3,20,rice\n\n서울,37.57,126.98,,\n', "utf-8"
    )
    assert read_places(file) == (
        Place.point("Po, north", lon_deg=10.3, lat_deg=45.1, altitude_m=20.0),
        Place.point("서울", lon_deg=126.98, lat_deg=37.57),
    )
    assert [place.id for place in parse_places_csv("lon,lat\n1,2\n3,4\n")] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "headings are missing"),
        ("a,b\n1,2\n", "headings are a, b"),
        ("id,lon,lat\n", "no place is in it"),
        ("id,lon,lat\nx,12\n", "line 2.*not a place"),
        ("id,lon,lat\nx,12,north\n", "line 2.*not a place"),
        ("id,lon,lat\nx,200,10\n", "line 2, place x.*outside the world"),
        ("id,lon,lat\nx,nan,10\n", "outside the world"),
        ("id,lon,lat\nx,1,1\nx,2,2\n", "two places are called 'x'"),
        ("id,lon,lat,altitude\nx,1,1,1e6\n", "an altitude of 1e\\+06 m"),
        ('id,lon,lat\n"x,1,1\n' + "y" * 200_000, "not CSV"),
    ],
)
def test_bad_tables_are_told_with_their_line(text: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_places_csv(text, where="typed")
    assert re.search(why, str(caught.value))


@pytest.mark.parametrize("altitude_m", [-12_001.0, 60_001.0, float("nan"), float("inf")])
def test_heights_beyond_the_limits_are_refused(altitude_m: float) -> None:
    with pytest.raises(InputError, match="an altitude of"):
        Place.point("p", lon_deg=1.0, lat_deg=2.0, altitude_m=altitude_m)
    with pytest.raises(InputError, match="an altitude of"):
        Station("s", 1.0, 2.0, altitude_m, 5.0, 1e6)
    with pytest.raises(InputError, match="an altitude of"):
        parse_places(collection(feature("Point", [1.0, 2.0, altitude_m])))


@pytest.mark.parametrize("altitude_m", [-12_000.0, 0.0, 60_000.0])
def test_places_at_the_limits_are_seen(elements: str, altitude_m: float, capsys: Any) -> None:  # noqa: F811
    words = ["access", "--elements", elements, "--place", f"126.98,37.57,{altitude_m:.0f}", *SPAN, "--json"]
    assert main(words) == 0
    assert len(json.loads(capsys.readouterr().out)["accesses"]) > 10


def test_coordinates_of_another_system_are_refused() -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32652"}}
    data = json.loads(collection(feature("Point", [1.0, 2.0])))
    with pytest.raises(InputError, match="32652"):
        parse_places(json.dumps(data | {"crs": named}))
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"):
        named["properties"]["name"] = name
        assert len(parse_places(json.dumps(data | {"crs": named}))) == 1


def test_a_command_takes_a_table(elements: str, tmp_path: Path, capsys: Any) -> None:  # noqa: F811
    (file := tmp_path / "p.csv").write_text("id,lon,lat\nseoul,126.98,37.57\n")
    words = ["access", "--elements", elements, *SPAN, "--json"]
    assert main([*words, "--places", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)["accesses"]
    assert main([*words, "--place", "seoul=126.98,37.57"]) == 0
    assert told == json.loads(capsys.readouterr().out)["accesses"] != []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
RINGS = st.lists(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list), min_size=3, max_size=6
).map(lambda ring: [[*ring, ring[0]]])  # fmt: skip
GEOMETRIES = st.one_of(
    st.builds(lambda ring: {"type": "Polygon", "coordinates": ring}, RINGS),
    st.builds(lambda rings: {"type": "MultiPolygon", "coordinates": rings}, st.lists(RINGS, max_size=3)),
    st.builds(lambda kind, value: {"type": kind, "coordinates": value},
              st.sampled_from(["Point", "Polygon", "MultiPolygon", "LineString", ""]), JSON),
    JSON,
)  # fmt: skip
FEATURES = st.builds(
    lambda id, geometry, properties: {"type": "Feature", "id": id, "geometry": geometry, "properties": properties},
    JSON, GEOMETRIES, JSON,
)  # fmt: skip
TABLES = st.lists(st.lists(st.text(max_size=8) | st.floats().map(str), max_size=4), max_size=4).map(
    lambda rows: "id,lon,lat\n" + "\n".join(",".join(row) for row in rows)
)


@given(
    st.one_of(
        st.binary(max_size=80).map(lambda text: ("json", text)),
        st.lists(FEATURES, max_size=3).map(lambda f: ("json", collection(*f).encode("utf-8", "surrogatepass"))),
        JSON.map(lambda value: ("json", json.dumps(value).encode("utf-8", "surrogatepass"))),
        TABLES.map(lambda text: ("csv", text.encode("utf-8", "surrogatepass"))),
        st.binary(max_size=60).map(lambda text: ("csv", text)),
        st.integers(0, 900).map(lambda n: ("json", json.dumps(PLACES).encode()[: -n or None])),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=80)
def test_any_file_of_places_is_answered_or_refused(
    tmp_path_factory: pytest.TempPathFactory, capsys: Any, file: tuple[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (path := folder / f"places.{file[0]}").write_bytes(file[1])
    (sets := folder / "fleet.tle").write_text(SETS)
    code = main(["access", "--elements", str(sets), "--places", str(path), *SPAN[:2], "--hours", "0.3"])
    caught = capsys.readouterr()
    assert code in (0, 2)
    assert "Traceback" not in caught.err


def test_areas_over_the_poles_and_the_date_line_are_answered(elements: str, tmp_path: Path, capsys: Any) -> None:  # noqa: F811
    shapes = {
        "north": [[[0, 80], [120, 80], [-120, 80], [0, 80]]],
        "south": [[[-180, -70], [-60, -70], [60, -70], [180, -70], [180, -90], [-180, -90], [-180, -70]]],
        "fiji": [[[177, -20], [-178, -20], [-178, -16], [177, -16], [177, -20]]],
    }
    (file := tmp_path / "p.json").write_text(
        collection(*(feature("Polygon", ring, id=name) for name, ring in shapes.items()))
    )
    words = ["access", "--elements", elements, "--places", str(file), *SPAN, "--max-off-nadir-deg", "20", "--json"]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)["accesses"]
    seen = {name: [row for row in rows if row["place"] == name] for name in shapes}
    assert len(seen["north"]) > 40 and len(seen["south"]) > 40 and 0 < len(seen["fiji"]) < 15
    assert all(0.0 < row["covered_fraction"] <= 1.0 for row in rows)
    assert seen["north"][-1]["covered_so_far_fraction"] > 0.5
    bow = [[[0, 0], [3, 3], [3, 0], [0, 2], [0, 0]]]
    (bad := tmp_path / "bow.json").write_text(collection(feature("Polygon", bow)))
    assert main([*words[:4], str(bad), *words[5:]]) == 2
    assert "outline is no area" in capsys.readouterr().err
