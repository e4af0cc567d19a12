"""The STAC community's own judge of STAC APIs, and its client, against the service.

Judge: ``stac-api-validator`` 0.6.8 (stac-utils, 2026-02-20) with ``stac-validator`` 4.1.0 and the schemas of STAC 1.1.0
that ``pystac`` 1.15.2 ships: the validator would fetch them (its wheels lack the files), so they are put first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
import requests

from swath.serve.service import Service
from swath.store.database import open_database
from swath.store.features import Feature, put_features
from tests.serve.live import listening
from tests.serve.world import make_folder, serve

pytestmark = pytest.mark.filterwarnings("ignore")
SCHEMAS = files("pystac.validation.jsonschemas")
CLASSES = (
    *("core", "browseable", "children", "collections", "features", "item-search", "filter", "transaction"),
    *(
        "item-search#sort",
        "item-search#fields",
        "item-search#query",
        "features#sort",
        "features#fields",
        "features#query",
    ),
)


def schema(url: str) -> dict[str, Any] | None:
    """A published schema that lies on this machine."""
    name = url.partition("#")[0].rpartition("/")[2]
    for place in ("stac-spec/v1.1.0", "geojson"):
        if ("schemas.stacspec.org" in url or "geojson.org" in url) and (path := SCHEMAS / place / name).is_file():
            return json.loads(path.read_text("utf-8"))
    return None


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = make_folder(tmp_path_factory.mktemp("stac") / "mission")
    app, service, _ = serve(folder, db=open_database(folder))
    _across_the_antimeridian(service)
    with listening(app) as url:
        yield f"{url}/stac"
    service.db.close()


def _across_the_antimeridian(service: Service) -> None:
    from swath.store.search import feature_of

    with service.db.writing(who="t") as write:
        found = feature_of(write.connection, "stac", "scenes", "SW-1-20260501")
        assert found is not None
        item = json.loads(found.body)
        left = [[[179.5, 10], [180, 10], [180, 11], [179.5, 11], [179.5, 10]]]
        right = [[[-180, 10], [-179.5, 10], [-179.5, 11], [-180, 11], [-180, 10]]]
        place = {"geometry": {"type": "MultiPolygon", "coordinates": [left, right]}, "bbox": [179.5, 10, -179.5, 11]}
        text = json.dumps({**item, **place, "id": "across"}).replace("SW-1-20260501", "across")
        put_features(write, [Feature(json.loads(text))], room="stac", collection="scenes")


@pytest.fixture
def local_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    from stac_validator import utilities

    plain = requests.sessions.Session.request

    def request(self: requests.Session, method: str, url: str, *args: Any, **more: Any) -> requests.Response:
        found = schema(url)
        if found is None:
            return plain(self, method, url, *args, **more)
        answer = requests.Response()
        answer.status_code, answer._content = 200, json.dumps(found).encode()
        answer.headers["content-type"] = "application/json"
        return answer

    monkeypatch.setattr(requests.sessions.Session, "request", request)
    fetch = utilities.fetch_and_parse_file
    monkeypatch.setattr(utilities, "fetch_and_parse_file", lambda path, *rest: schema(str(path)) or fetch(path, *rest))


@pytest.mark.slow
@pytest.mark.usefixtures("local_schemas")
def test_the_validator_finds_no_error(address: str) -> None:
    from stac_api_validator.validations import QueryConfig, validate_api

    asked = QueryConfig(
        "eo:cloud_cover", "20", "20", "20", "20", "20", "20", "platform", "SW", "2", "W-", "instruments", "camera,radar"
    )
    outline = {"type": "Polygon", "coordinates": [[[8, 45], [11, 45], [11, 46], [8, 46], [8, 45]]]}
    _, errors = validate_api(
        root_url=address,
        ccs_to_validate=list(CLASSES),
        collection="scenes",
        geometry=json.dumps(outline),
        auth_bearer_token=None,
        auth_query_parameter=None,
        fields_nested_property="properties.eo:cloud_cover",
        validate_pagination=True,
        query_config=asked,
        transaction_collection="scenes",
        headers={},
        stac_check_config=None,
    )
    told = [str(error) for error in errors]
    assert told == [], "\n".join(told)


def test_the_client_reads_searches_and_follows_pages(address: str) -> None:
    from pystac_client import Client

    client = Client.open(address)
    assert [c.id for c in client.get_collections()] == ["scenes"]
    found = list(client.search(bbox=[8, 45, 11, 46], datetime="2026-05-01/2026-05-04", limit=1).items())
    assert [item.id for item in found] == ["SW-2-20260504", "SW-1-20260503", "SW-2-20260502", "SW-1-20260501"]
    clear = client.search(collections=["scenes"], filter={"op": "<", "args": [{"property": "eo:cloud_cover"}, 15]})
    assert {item.id for item in clear.items()} == {"SW-1-20260501", "SW-2-20260502", "across"}
    sorted_up = client.search(sortby=[{"field": "properties.eo:cloud_cover", "direction": "asc"}], max_items=3, limit=2)
    assert [item.properties["eo:cloud_cover"] for item in sorted_up.items()] == [0.0, 0.0, 10.0]
    asset = found[0].assets["data"]
    assert requests.get(asset.href, timeout=10).content[:4] in (b"II*\0", b"MM\0*")


@pytest.mark.parametrize(
    ("box", "ids"),
    [
        ([170, 0, -100, -170, 20, 9000], {"across"}),  # six numbers, across the antimeridian
        ([179, 0, -179, 20], {"across"}),
        ([-180, 10.2, -179.9, 10.4], {"across"}),
        ([8.9, 45, 0, 9.04, 46, 100], {"SW-1-20260501"}),
        ([0, 0, 1, 1], set()),
    ],
)
def test_boxes_of_four_and_six_numbers_and_across_the_antimeridian(
    address: str, box: list[float], ids: set[str]
) -> None:
    texts = ",".join(map(str, box))
    got = requests.get(f"{address}/search", params={"bbox": texts}, timeout=10)
    sent = requests.post(f"{address}/search", json={"bbox": box}, timeout=10)
    assert got.status_code == sent.status_code == 200
    assert {f["id"] for f in got.json()["features"]} == {f["id"] for f in sent.json()["features"]} == ids
