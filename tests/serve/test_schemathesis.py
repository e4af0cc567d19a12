"""Schemathesis asks every operation of the service what its OpenAPI allows, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from swath.operate.watch_book import DatabaseBook
from swath.watch.days import LookState
from tests.serve.world import make_folder, serve
from tests.watch.made_alerts import made_alert

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = {"/events"}
"""a stream without an end"""


def local(app: Any) -> Any:
    """The same, asked as this machine: Schemathesis calls the host by a name of its own."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        others = [(name, value) for name, value in scope.get("headers", ()) if name != b"host"]
        await app({**scope, "headers": [*others, (b"host", b"127.0.0.1:8000")]}, receive, send)

    return asked


KNOWN = {
    "place": "dam",
    "collection": "scenes",
    "id": {"/watch/": "dam-0123456789", "/stac/": "SW-1-20260501", "/ogc/": "farm-po-1", "/stapi/orders": "farm-po-1"},
}
"""what is there, and is asked for in every second question: most addresses that chance finds lead nowhere"""


def to_known(case: Any, path: str) -> None:
    for name in case.path_parameters or {}:
        told = KNOWN.get(name)
        found = next((v for k, v in told.items() if path.startswith(k)), None) if isinstance(told, dict) else told
        if found is not None and not (name == "collection" and not path.startswith("/stac/")):
            case.path_parameters[name] = found


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = make_folder(tmp_path_factory.mktemp("schema") / "mission")
    (folder / "watch.toml").write_text(
        'title = "places"\n[[places]]\nid = "dam"\nlon_deg = 10.5\nlat_deg = 45.1\nradius_m = 900.0\n', "utf-8"
    )
    app, service, _ = serve(folder)
    DatabaseBook(service.db).keep(
        alerts=[made_alert()],
        looks=[("dam", LookState(made_alert().after, "S2_B", "changed"))],
        who="swath",
        why="test",
    )
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False):
        yield schemathesis.openapi.from_asgi("/openapi.json", local(app))
    service.db.close()


def ask_all(schema: Any, cases: int) -> int:
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in LEFT_OUT:
            continue

        @given(
            case=st.one_of(
                operation.as_strategy(), operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
            ),
            known=st.booleans(),
        )
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def one(case: Any, known: bool) -> None:
            nonlocal asked
            if known and (case.operation.method == "get" or case.operation.path.startswith("/watch/")):
                to_known(case, case.operation.path)
            asked += 1
            case.call_and_validate(checks=CHECKS)

        one()
    return asked


@pytest.mark.filterwarnings("ignore")
def test_every_operation_answers_as_described(schema: Any) -> None:
    assert ask_all(schema, 3) > 150


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_five_thousand_questions_find_no_fault(schema: Any) -> None:
    assert ask_all(schema, 100) >= 5000
