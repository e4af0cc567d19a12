"""STAPI's own models (``stapi-pydantic`` 0.1.0, stapi-spec/pystapi, 2025-12-18) read every answer of the service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import stapi_pydantic as stapi
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from swath.operate.offers import OFFERS
from tests.serve.world import make_folder, serve

POINT = {"type": "Point", "coordinates": [10.5, 45.1]}
RING = [[10.4, 45.0], [10.5, 45.0], [10.5, 45.1], [10.4, 45.1], [10.4, 45.0]]
DAY = "2026-05-08T00:00:00Z/2026-05-09T00:00:00Z"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app, service, _ = serve(make_folder(tmp_path_factory.mktemp("stapi") / "mission"))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client
    service.db.close()


def read(model: Any, value: Any) -> Any:
    return TypeAdapter(model).validate_python(value)


def comparison(op: str, name: str, value: Any) -> dict[str, Any]:
    return {"op": op, "args": [{"property": name}, value]}


def test_what_is_on_offer(client: TestClient) -> None:
    root = read(stapi.RootResponse, client.get("/stapi").json())
    rels = {link.rel for link in root.links}
    assert {"self", "conformance", "service-desc", "products", "orders", "opportunity-search-records"} <= rels
    assert any(one.endswith("/core") for one in root.conformsTo)
    offered = read(stapi.ProductsCollection, client.get("/stapi/products").json())
    assert [product.id for product in offered.products] == [offer.id for offer in OFFERS]
    first = client.get("/stapi/products?limit=1").json()
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    assert client.get(following).json()["products"][0]["id"] == OFFERS[1].id
    for product in offered.products:
        for link in product.links:
            if link.method != "POST":
                assert client.get(str(link.href)).status_code == 200, link.href
        assert {"opportunities", "create-order", "queryables", "order-parameters"} <= {k.rel for k in product.links}
    read(stapi.Queryables, client.get("/stapi/products/watch/queryables").json())
    assert "value" in client.get("/stapi/products/watch/order-parameters").json()["properties"]
    assert client.get("/stapi/products/none").status_code == 404


def test_opportunities_at_once_in_pages_and_filtered(client: TestClient) -> None:
    asked = {"datetime": DAY, "geometry": POINT, "limit": 2}
    found, body = [], asked
    while True:
        answer = client.post("/stapi/products/watch/opportunities", json=body)
        assert answer.status_code == 200
        read(stapi.OpportunityCollection, answer.json())
        found += answer.json()["features"]
        more = [link for link in answer.json()["links"] if link["rel"] == "next"]
        if not more:
            break
        body = more[0]["body"]
    assert len({f["id"] for f in found}) == len(found) >= 3
    assert all(f["stapi_type"] == "Opportunity" and f["properties"]["swath:on_ground"] for f in found)
    values = [f["properties"]["swath:value"] for f in found]
    assert values == sorted(values, reverse=True)
    for op, name, test in (
        ("<=", "view:off_nadir", lambda p: p["view:off_nadir"] <= 15),
        (">", "view:off_nadir", lambda p: p["view:off_nadir"] > 15),
    ):
        narrowed = {**asked, "limit": 100, "filter": comparison(op, name, 15)}
        some = client.post("/stapi/products/watch/opportunities", json=narrowed).json()["features"]
        assert some and all(test(f["properties"]) for f in some)
        assert len(some) == sum(test(f["properties"]) for f in found)


def test_opportunities_later(client: TestClient) -> None:
    asked = {"datetime": DAY, "geometry": {"type": "Polygon", "coordinates": [RING]}}
    answer = client.post("/stapi/products/field/opportunities", json=asked, headers={"Prefer": "respond-async"})
    assert answer.status_code == 201 and answer.headers["preference-applied"] == "respond-async"
    record = read(stapi.OpportunitySearchRecord, answer.json())
    assert client.get(answer.headers["location"]).json()["id"] == record.id
    for _ in range(600):
        told = client.get(answer.headers["location"]).json()
        if read(stapi.OpportunitySearchRecord, told).status.status_code in ("completed", "failed"):
            break
        time.sleep(0.1)
    assert told["status"]["status_code"] == "completed"
    where = next(link["href"] for link in told["links"] if link["rel"] == "opportunities")
    assert read(stapi.OpportunityCollection, client.get(where).json()).features
    read(stapi.OpportunitySearchRecords, client.get("/stapi/searches/opportunities").json())
    assert client.get(f"/stapi/searches/opportunities/{record.id}/statuses").json()["statuses"]
    assert client.get("/stapi/searches/opportunities/none").status_code == 404


def test_an_order_is_accepted_or_rejected_with_the_change_that_helps(client: TestClient) -> None:
    asked = {"datetime": DAY, "geometry": POINT, "order_parameters": {"value": 3.0, "priority": 2}}
    answer = client.post("/stapi/products/watch/orders", json=asked)
    assert answer.status_code == 201
    order = read(stapi.Order, answer.json())
    assert order.properties.status.status_code == "accepted" and "plan decides" in str(
        order.properties.status.reason_text
    )
    assert answer.json()["request"]["order_parameters"]["value"] == 3.0
    assert client.get(answer.headers["location"]).json() == answer.json()
    narrow = {**asked, "filter": comparison("<=", "view:off_nadir", 3)}
    refused = client.post("/stapi/products/watch/orders", json=narrow).json()
    status = refused["properties"]["status"]
    assert (status["status_code"], status["reason_code"]) == ("rejected", "no_access")
    assert status["swath:help"]["what"] == "off_nadir"
    statuses = client.get(f"/stapi/orders/{refused['id']}/statuses").json()
    assert [s.status_code for s in read(stapi.OrderStatuses, statuses).statuses] == ["rejected", "received"]
    helped = float(status["swath:help"]["change"].split(" deg")[0].split()[-1])
    wider = {**asked, "filter": comparison("<=", "view:off_nadir", helped)}
    again = client.post("/stapi/products/watch/orders", json=wider).json()
    assert again["properties"]["status"]["status_code"] == "accepted"
    listed = client.get("/stapi/orders?limit=2").json()
    assert len(read(stapi.OrderCollection, listed).features) == 2 and listed["orders"] == listed["features"]
    following = next(link["href"] for link in listed["links"] if link["rel"] == "next")
    assert not {f["id"] for f in client.get(following).json()["features"]} & {f["id"] for f in listed["features"]}
    only = client.get("/stapi/orders?status=rejected&limit=100").json()["features"]
    assert refused["id"] in {f["id"] for f in only} and order.id not in {f["id"] for f in only}


@pytest.mark.parametrize(
    "wrong",
    [
        {"datetime": "2026-05-09T00:00:00Z/2026-05-08T00:00:00Z"},
        {"datetime": "yesterday"},
        {"datetime": "2031-05-08T00:00:00Z/2031-05-09T00:00:00Z"},
        {"datetime": None},
        {"geometry": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}},
        {"geometry": {"type": "Point", "coordinates": [181, 0]}},
        {"geometry": None},
        {"order_parameters": {"value": -1}},
        {"order_parameters": {"surprise": 1}},
        {"order_parameters": {"deadline": "2026-05-08"}},
        {"order_parameters": []},
        {"filter": [None, None]},
        {"filter": {"op": "or", "args": [comparison("=", "platform", "SW-1"), comparison("<", "gsd", 5)]}},
        {"filter": comparison("<=", "view:off_nadir", "x")},
        {"filter": comparison("<=", "view:off_nadir", 80)},
        {"filter": comparison("=", "platform", "SPY-1")},
        {"filter": "platform = 'SW-1'"},
    ],
)
def test_what_is_wrong_with_an_order_is_told(client: TestClient, wrong: dict[str, Any]) -> None:
    good = {"datetime": DAY, "geometry": POINT, "order_parameters": {}}
    before = len(client.get("/stapi/orders?limit=100").json()["features"])
    answer = client.post("/stapi/products/watch/orders", json={**good, **wrong})
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["detail"] and told["fix"] and told["where"]
    assert len(client.get("/stapi/orders?limit=100").json()["features"]) == before


def test_open_ends_are_the_missions(client: TestClient) -> None:
    answer = client.post("/stapi/products/watch/opportunities", json={"datetime": "../..", "geometry": POINT})
    assert answer.status_code == 400
    answer = client.post("/stapi/products/watch/opportunities", json={"datetime": f"{DAY[:20]}/..", "geometry": POINT})
    assert answer.status_code == 200 and answer.json()["features"]
    for limit in (0, -1, "x", True):
        asked = {"datetime": DAY, "geometry": POINT, "limit": limit}
        assert client.post("/stapi/products/watch/opportunities", json=asked).status_code == 400
    assert client.get("/stapi/orders?limit=-1000001").status_code == 400
