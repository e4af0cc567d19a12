"""Both databases answer searches through their indexes: asked of their own query planners."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from swath.store.database import Database
from swath.store.features import Feature, put_features
from swath.store.moments import moment_text
from swath.store.search import Asked, page_statement
from tests.store.databases import KINDS, fresh_database

_START_US = 1_767_225_600_000_000
_NUMBER = 6000


@pytest.fixture(scope="module", params=KINDS)
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    rng = random.Random(3)
    with fresh_database(request.param, tmp_path_factory.mktemp("plans")) as db:
        with db.writing(who="t") as write:
            put_features(write, [Feature(_item(n, rng)) for n in range(_NUMBER)], room="stac", collection="c")
        with db.writing(who="t") as write:
            write.connection.execute(sa.text("analyze feature" if db.kind == "postgresql" else "analyze"))
        yield db


def _item(n: int, rng: random.Random) -> dict[str, Any]:
    lon, lat = rng.uniform(-179, 178), rng.uniform(-80, 80)
    ring = [[lon, lat], [lon + 0.2, lat], [lon + 0.2, lat + 0.2], [lon, lat + 0.2], [lon, lat]]
    at = moment_text(_START_US + rng.randrange(365 * 24) * 3_600_000_000)
    properties = {"datetime": at, "eo:cloud_cover": rng.uniform(0, 100)}
    return {
        "type": "Feature",
        "id": f"i{n}",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": properties,
    }


def explained(db: Database, asked: Asked, few: list[int] | None = None) -> str:
    statement = page_statement(asked, db.kind, few)
    with db.reading() as connection:
        if db.kind == "postgresql":
            text = statement.compile(connection.engine, compile_kwargs={"literal_binds": False})
            raw = connection.connection.cursor()
            raw.execute("explain " + str(text), text.construct_params())
            return "\n".join(row[0] for row in raw.fetchall())
        compiled = statement.compile(connection.engine)
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        return "\n".join(str(row[3]) for row in connection.exec_driver_sql(f"explain query plan {compiled}", values))


def test_the_newest_come_from_the_time_index(full: Database) -> None:
    plan = explained(full, Asked("stac"))
    assert "feature_time" in plan and "SCAN feature\n" not in plan and "Seq Scan" not in plan
    assert full.kind == "postgresql" or "TEMP B-TREE" not in plan, plan


def test_an_interval_is_a_range_of_the_time_index(full: Database) -> None:
    plan = explained(full, Asked("stac", interval=(_START_US, _START_US + 86_400_000_000)))
    assert "feature_time" in plan and "Seq Scan" not in plan
    assert "time_us" in plan


def test_a_small_box_is_answered_by_place(full: Database) -> None:
    asked = Asked("stac", box=(10.0, 10.0, 14.0, 14.0))
    if full.kind == "postgresql":
        plan = explained(full, asked)
        assert "feature_geom" in plan and "Seq Scan" not in plan
    else:
        plan = explained(full, asked, few=[1, 2, 3])
        assert "SEARCH feature USING INTEGER PRIMARY KEY" in plan


def test_the_next_page_begins_where_the_last_one_ended(full: Database) -> None:
    from swath.store.search import find

    with full.reading() as connection:
        token = find(connection, Asked("stac", limit=50)).next
    plan = explained(full, Asked("stac", after=token))
    assert "feature_time" in plan and "Seq Scan" not in plan
    if full.kind == "sqlite":
        assert "time_us<" in plan.replace(" ", "")
