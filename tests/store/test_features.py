"""Search by place, time and property, against plain Python that looks at every feature, on both databases."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import mapping, shape

from swath.errors import InputError
from swath.store.database import Database
from swath.store.features import Feature, box_of, put_features, remove_features
from swath.store.filters import parse_filter
from swath.store.moments import moment_of_text, moment_text
from swath.store.search import Asked, count, feature_of, find, sort_of
from tests.store.databases import KINDS, fresh_database

_START_US = moment_of_text("2026-01-01T00:00:00Z")
_DAY_US = 86_400_000_000


def made(n: int, rng: random.Random) -> dict[str, Any]:
    """A tilted square somewhere, every tenth across the antimeridian, every fifteenth without a place."""
    lon, lat, half = rng.uniform(-178, 178), rng.uniform(-85, 85), rng.uniform(0.1, 2.0)
    if n % 10 == 0:
        left = shapely.Polygon([(179.5, lat), (180, lat - half), (180, lat + half)])
        right = shapely.Polygon([(-179.5, lat), (-180, lat + half), (-180, lat - half)])
        outline: Any = shapely.MultiPolygon([left, right])
        box = [179.5, lat - half, -179.5, lat + half]
    else:
        outline = shapely.Polygon([(lon - half, lat), (lon, lat - half), (lon + half, lat), (lon, lat + half)])
        box = list(outline.bounds)
    start = _START_US + rng.randrange(300) * _DAY_US
    properties: dict[str, Any] = {
        "datetime": moment_text(start),
        "platform": f"SW-{n % 3}",
        "gsd": rng.choice([5, 7.5, 10]),
        "end_datetime": moment_text(start + rng.randrange(3) * _DAY_US),
        "start_datetime": moment_text(start),
        "mode": rng.choice(["a", "B", "a_b", "a%b", "[x]"]),
        "flag": bool(n % 2),
        "created": moment_text(start),
    }
    if n % 4:
        properties["eo:cloud_cover"] = round(rng.uniform(0, 100), 1)
    if n % 6 == 0:
        properties["gsd"] = "unknown"  # of another kind: numbers never fit it
    place = None if n % 15 == 7 else mapping(outline)
    more = {} if place is None else {"bbox": box}
    return {"type": "Feature", "id": f"f{n:03}", "geometry": place, "properties": properties, **more}


FEATURES = [made(n, random.Random(n)) for n in range(300)]


@pytest.fixture(scope="module", params=KINDS)
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("features")
    with fresh_database(request.param, folder) as database:
        with database.writing(who="t") as write:
            for n in range(3):
                some = [Feature(f, "ada" if i % 20 == 0 else None) for i, f in enumerate(FEATURES) if i % 3 == n]
                put_features(write, some, room="stac", collection=f"c{n}")
        yield database


def ids(db: Database, asked: Asked) -> list[str]:
    """All pages."""
    found: list[str] = []
    with db.reading() as connection:
        while True:
            page = find(connection, asked)
            found += [f.id for f in page.found]
            if not page.next:
                return found
            asked = dataclasses.replace(asked, after=page.next)


def expected(test: Any) -> set[str]:
    return {f["id"] for f in FEATURES if test(f)}


def value(feature: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    got = feature["properties"].get(name)
    return got if isinstance(got, kind) and (kind is bool or not isinstance(got, bool)) else None


@pytest.mark.parametrize("seed", range(8))
def test_a_box_gives_the_outlines_that_meet_it(full: Database, seed: int) -> None:
    rng = random.Random(seed)
    west, south = rng.uniform(-180, 150), rng.uniform(-90, 50)
    east, north = west + rng.uniform(1, 60), south + rng.uniform(1, 60)
    if seed % 2:
        west, east = rng.uniform(150, 180), rng.uniform(-180, -150)
    north = min(north, 90.0)
    parts = [(west, min(east, 180.0))] if west <= east else [(west, 180.0), (-180.0, east)]
    around = shapely.union_all([shapely.box(a, south, b, north) for a, b in parts])
    box = (west, south, min(east, 180.0), north)
    want = expected(lambda f: f["geometry"] is not None and shape(f["geometry"]).intersects(around))
    assert set(ids(full, Asked("stac", box=box, limit=7))) == want
    triangle = shapely.Polygon([(west, south), (min(west + 40, 180), south), (west, north)])
    want = expected(lambda f: f["geometry"] is not None and shape(f["geometry"]).intersects(triangle))
    assert set(ids(full, Asked("stac", shape=triangle, limit=50))) == want


def test_times_meet_when_they_touch(full: Database) -> None:
    first, last = _START_US + 100 * _DAY_US, _START_US + 120 * _DAY_US

    def lasts(f: dict[str, Any]) -> bool:
        p = f["properties"]
        return moment_of_text(p["start_datetime"]) <= last and moment_of_text(p["end_datetime"]) >= first

    assert set(ids(full, Asked("stac", interval=(first, last)))) == expected(lasts)
    box = (-60.0, -60.0, 60.0, 60.0)
    inside = expected(
        lambda f: lasts(f) and f["geometry"] is not None and shape(f["geometry"]).intersects(shapely.box(*box))
    )
    assert set(ids(full, Asked("stac", interval=(first, last), box=box))) == inside


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ('"eo:cloud_cover" < 30', lambda f: (c := value(f, "eo:cloud_cover", (int, float))) is not None and c < 30),
        ("gsd >= 7.5", lambda f: (g := value(f, "gsd", (int, float))) is not None and g >= 7.5),
        ("7.5 <= gsd", lambda f: (g := value(f, "gsd", (int, float))) is not None and g >= 7.5),
        ("gsd = 'unknown'", lambda f: f["properties"]["gsd"] == "unknown"),
        (
            "platform = 'SW-1' AND flag = true",
            lambda f: f["properties"]["platform"] == "SW-1" and f["properties"]["flag"],
        ),
        ("NOT (platform = 'SW-1')", lambda f: f["properties"]["platform"] != "SW-1"),
        ("platform IN ('SW-1','SW-2')", lambda f: f["properties"]["platform"] in ("SW-1", "SW-2")),
        ('"eo:cloud_cover" IS NULL', lambda f: "eo:cloud_cover" not in f["properties"]),
        ("nothing IS NULL", lambda f: True),
        ("nothing > 3", lambda f: False),
        ("mode LIKE 'a%'", lambda f: f["properties"]["mode"].startswith("a")),
        ("mode LIKE 'a\\_b'", lambda f: f["properties"]["mode"] == "a_b"),
        ("mode LIKE 'a_b'", lambda f: f["properties"]["mode"] in ("a_b", "a%b")),
        ("mode LIKE '[%'", lambda f: f["properties"]["mode"] == "[x]"),
        ("CASEI(mode) = CASEI('b')", lambda f: f["properties"]["mode"] == "B"),
        ("CASEI(mode) LIKE CASEI('B%')", lambda f: f["properties"]["mode"] == "B"),
        ('"eo:cloud_cover" BETWEEN 10 AND 20', lambda f: 10 <= f["properties"].get("eo:cloud_cover", -1) <= 20),
        (
            "T_AFTER(datetime, TIMESTAMP('2026-06-01T00:00:00Z'))",
            lambda f: f["properties"]["start_datetime"] > "2026-06-01T00:00:00Z",
        ),
        (
            "T_INTERSECTS(datetime, INTERVAL('2026-06-01','2026-06-05'))",
            lambda f: (
                f["properties"]["start_datetime"] <= "2026-06-05T00:00:00Z"
                and f["properties"]["end_datetime"] >= "2026-06-01T00:00:00Z"
            ),
        ),
        (
            "datetime >= TIMESTAMP('2026-06-01T00:00:00Z')",
            lambda f: f["properties"]["datetime"] >= "2026-06-01T00:00:00Z",
        ),
        ("created < TIMESTAMP('2026-03-01T00:00:00Z')", lambda f: f["properties"]["created"] < "2026-03-01T00:00:00Z"),
        (
            "S_INTERSECTS(geometry, POLYGON((0 0, 90 0, 90 80, 0 80, 0 0)))",
            lambda f: f["geometry"] is not None and shape(f["geometry"]).intersects(shapely.box(0, 0, 90, 80)),
        ),
        (
            "S_WITHIN(geometry, POLYGON((0 0, 90 0, 90 80, 0 80, 0 0)))",
            lambda f: f["geometry"] is not None and shape(f["geometry"]).within(shapely.box(0, 0, 90, 80)),
        ),
        ("id = 'f012' OR collection = 'c1'", lambda f: f["id"] == "f012" or int(f["id"][1:]) % 3 == 1),
    ],
)
def test_filters_say_what_python_says(full: Database, text: str, test: Any) -> None:
    assert set(ids(full, Asked("stac", where=parse_filter(text, "cql2-text"), limit=100))) == expected(test)


@pytest.mark.parametrize(
    "sort", ["", "-datetime", "+datetime", "gsd,-id", "-eo:cloud_cover", "+platform,-properties.mode"]
)
@pytest.mark.parametrize("limit", [1, 13, 300])
def test_pages_hold_everything_once_and_in_order(full: Database, sort: str, limit: int) -> None:
    if limit == 1 and sort not in ("", "-eo:cloud_cover"):
        limit = 2
    names = sort_of(sort) if sort else ()
    found = ids(full, Asked("stac", sort=names, limit=limit))
    assert sorted(found) == sorted(f["id"] for f in FEATURES)
    by_id = {f["id"]: f["properties"] for f in FEATURES}
    if sort in ("", "-datetime"):
        times = [by_id[id]["datetime"] for id in found]
        assert times == sorted(times, reverse=True)
    if sort == "-eo:cloud_cover":
        clouds = [by_id[id].get("eo:cloud_cover") for id in found]
        known = [c for c in clouds if c is not None]
        assert known == sorted(known, reverse=True) and clouds == known + [None] * (len(clouds) - len(known))


def test_whoever_is_not_the_owner_does_not_see_it(full: Database) -> None:
    own = {f["id"] for i, f in enumerate(FEATURES) if i % 20 == 0}
    assert set(ids(full, Asked("stac", viewer="bob"))) == {f["id"] for f in FEATURES} - own
    assert set(ids(full, Asked("stac", viewer="ada"))) == {f["id"] for f in FEATURES}
    with full.reading() as connection:
        assert feature_of(connection, "stac", "c0", "f000", viewer="bob") is None
        assert feature_of(connection, "stac", "c0", "f000", viewer="ada") is not None
        assert count(connection, Asked("stac", viewer="bob")) == len(FEATURES) - len(own)


def test_collections_and_ids_narrow_it(full: Database) -> None:
    assert len(ids(full, Asked("stac", collections=("c1",)))) == 100
    assert len(ids(full, Asked("stac", collections=("c1", "c2")))) == 200
    assert ids(full, Asked("stac", ids=("f005", "f006", "none"))) in (["f005", "f006"], ["f006", "f005"])
    assert ids(full, Asked("ogc")) == []


def test_what_is_there_stays_and_what_changes_moves(db: Database) -> None:
    one = FEATURES[1]
    with db.writing(who="t", at_us=1) as write:
        assert put_features(write, [Feature(one)], room="stac", collection="c") == [one["id"]]
    with db.writing(who="t", at_us=2) as write:
        assert put_features(write, [Feature(one)], room="stac", collection="c") == []
    moved = {**one, "geometry": mapping(shapely.box(10, 10, 11, 11))}
    moved.pop("bbox", None)
    with db.writing(who="t", at_us=3) as write:
        assert put_features(write, [Feature(moved)], room="stac", collection="c") == [one["id"]]
    assert ids(db, Asked("stac", box=(9.9, 9.9, 10.1, 10.1))) == [one["id"]]
    with db.reading() as connection:
        found = feature_of(connection, "stac", "c", one["id"])
    assert found is not None and found.changed_us == 3 and json.loads(found.body) == json.loads(json.dumps(moved))
    with db.writing(who="t") as write:
        assert remove_features(write, [one["id"]], room="stac", collection="c") == 1
    assert ids(db, Asked("stac", box=(-180, -90, 180, 90))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": ""},
        {"id": 7},
        {"id": "a/b"},
        {"properties": None},
        {"properties": {}},
        {"properties": {"datetime": "yesterday"}},
        {
            "properties": {
                "datetime": None,
                "start_datetime": "2026-01-02T00:00:00Z",
                "end_datetime": "2026-01-01T00:00:00Z",
            }
        },
        {"geometry": {"type": "Polygon", "coordinates": []}},
        {"geometry": {"type": "Point", "coordinates": [200, 0]}},
        {"geometry": {"type": "Point", "coordinates": [float("nan"), 0]}},
        {"geometry": {"type": "Point"}},
        {"geometry": "here"},
        {"bbox": [1, 2, 3]},
        {"bbox": [0, 10, 0, -10]},
    ],
)
def test_what_is_wrong_with_a_feature_is_told_and_nothing_is_kept(db: Database, wrong: dict[str, Any]) -> None:
    good = {**FEATURES[1], "id": "good"}
    with pytest.raises(InputError), db.writing(who="t") as write:
        put_features(write, [Feature(good), Feature({**FEATURES[1], **wrong})], room="stac", collection="c")
    assert ids(db, Asked("stac")) == []


def test_six_numbers_are_a_box_too() -> None:
    assert box_of([1, 2, -5, 3, 4, 100], where="t") == (1, 2, 3, 4) == box_of([1, 2, 3, 4], where="t")
    assert box_of([170, -10, 0, -170, 10, 0], where="t") == (170, -10, -170, 10)
    for wrong in ([1, 2, 9, 3, 4, 0], [1, 2, 3], [True, 0, 1, 1], [0, 0, 0, 91], [float("inf")] * 4, "1,2,3,4"):
        with pytest.raises(InputError):
            box_of(wrong, where="t")
