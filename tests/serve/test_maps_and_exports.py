"""Features, tiles, values, exports and feeds: each against the file or the table it comes from."""

from __future__ import annotations

import io
import json
import math
import shutil
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
import rasterio
import rasterio.warp
from PIL import Image
from starlette.testclient import TestClient

from swath.serve.service import Service
from swath.store.people import add_person
from tests.serve.conftest import bearer
from tests.serve.world import serve

Guarded = tuple[TestClient, Service, dict[str, str]]
ASSET = "scenes/SW-1-20260501/data"


def tile_over(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**zoom), int(y * 2**zoom)


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def test_pixels_are_drawn_and_told_as_the_item_means_them(folder: Path, tmp_path: Path) -> None:
    """An index that is stored x 10000: half green on the map, and one number under the cursor and in the histogram."""
    here = shutil.copytree(folder, tmp_path / "mission")
    place = here / "stac" / "scenes" / "SW-1-20260501" / "SW-1-20260501.json"
    item = json.loads(place.read_text("utf-8"))
    item["assets"]["data"]["bands"] = [{"name": "ndvi", "raster:scale": 1e-4, "raster:offset": 0.1}]
    place.write_text(json.dumps(item))
    other = here / "stac" / "scenes" / "SW-2-20260502" / "SW-2-20260502.json"
    layer = json.loads(other.read_text("utf-8"))
    layer["assets"]["data"]["bands"] = [{"name": "depth", "description": "millimetres"}]
    other.write_text(json.dumps(layer))
    app, service, _ = serve(here)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        lon, lat = 9.012, 45.144
        value = client.get(f"/values/{ASSET}?lon={lon}&lat={lat}").json()["bands"]["ndvi"]
        (band, *_) = client.get(f"/page/histogram/{ASSET}").json()["bands"]
        assert band["low"] == pytest.approx(1e-4 + 0.1) and band["high"] == pytest.approx(64 * 64 * 1e-4 + 0.1)
        assert band["low"] < value < band["high"]
        x, y = tile_over(lon, lat, 16)
        drawn = picture(client.get(f"/tiles/{ASSET}/16/{x}/{y}.png").content)
        seen = drawn[drawn[..., 3] > 0]
        green = np.asarray(mpl.colormaps["YlGn"](np.array([band["low"], band["high"]]) / 0.9))[:, :3] * 255.0
        assert len(seen) and green[1].min() - 2 <= seen[:, :3].min() and seen[:, :3].max() <= green[0].max() + 2
        # A layer that no style is made for is drawn between its own values, the same on every tile.
        x, y = tile_over(9.0634 + 0.012, lat, 13)
        drawn = picture(client.get(f"/tiles/scenes/SW-2-20260502/data/13/{x}/{y}.png").content)
        assert len(np.unique(drawn[drawn[..., 3] > 0], axis=0)) > 100
    service.db.close()


def test_collections_hold_what_was_brought_in(client: TestClient) -> None:
    told = client.get("/ogc/collections").json()["collections"]
    assert {c["id"] for c in told} == {"orders", "places", "passes", "plans", "alerts"}
    for id, number in (("orders", 7), ("places", 7), ("passes", 1), ("plans", 1), ("alerts", 0)):
        found = client.get(f"/ogc/collections/{id}/items?limit=3").json()
        assert found["numberMatched"] == number, id
        seen = list(found["features"])
        while more := [link["href"] for link in found["links"] if link["rel"] == "next"]:
            found = client.get(more[0]).json()
            seen += found["features"]
        assert len({f["id"] for f in seen}) == number
        assert client.get(f"/ogc/collections/{id}/queryables").json()["properties"]
    one = client.get("/ogc/collections/plans/items/SW-1-a").json()
    assert one["properties"]["request"] == "farm-po-1" and one["geometry"]["type"] == "Polygon"


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("status=received", 7),
        ("status=completed", 0),
        ("filter=offer = 'field'", 6),
        ("bbox=10,44,11,46", 3),
        ("bbox=100,0,101,1", 0),
        ("datetime=2026-05-08T00:00:00Z/2026-05-08T01:00:00Z", 6),
        ("datetime=2031-01-01T00:00:00Z/..", 0),
    ],
)
def test_features_are_found_by_place_time_and_property(client: TestClient, query: str, number: int) -> None:
    answer = client.get(f"/ogc/collections/orders/items?{query}")
    assert answer.status_code == 200
    if number != 3:
        assert answer.json()["numberMatched"] == number
    else:
        assert 0 < answer.json()["numberMatched"] < 7


@pytest.mark.parametrize(
    "path", ["items?surprise=1", "items?bbox=1,2,3", "items?filter=((", "items/none", "items?token=x"]
)
def test_questions_that_make_no_sense_are_refused(client: TestClient, path: str) -> None:
    assert client.get(f"/ogc/collections/orders/{path}").status_code in (400, 404)


def test_a_tile_shows_the_files_pixels_where_they_are(client: TestClient, service: Service) -> None:
    """The band rises to the east and south: so does the tile; outside of the picture it is clear."""
    told = client.get(f"/tiles/{ASSET}/tilejson.json").json()
    west, south, east, north = told["bounds"]
    with rasterio.open(service.folder / "stac" / "scenes" / "SW-1-20260501" / "SW-1-20260501.tif") as file:
        box = rasterio.warp.transform_bounds(file.crs, "EPSG:4326", *file.bounds)
    assert np.allclose((west, south, east, north), box, atol=2e-3)
    zoom = 13
    x, y = tile_over((west + east) / 2, (south + north) / 2, zoom)
    address = told["tiles"][0].format(z=zoom, x=x, y=y)
    answer = client.get(f"{address}?bands=1&style=grey&low=0&high=5000")
    assert answer.headers["content-type"] == "image/png"
    shown = picture(answer.content)
    seen = shown[..., 3] > 0
    assert shown.shape == (256, 256, 4) and 0.05 < seen.mean() < 1.0
    rows, columns = np.nonzero(seen)
    grey = shown[rows, columns, 0].astype(float)
    assert np.corrcoef(rows, grey)[0, 1] > 0.9
    again = client.get(
        f"{address}?bands=1&style=grey&low=0&high=5000", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    web = client.get(address.replace(".png", ".webp"))
    assert web.headers["content-type"] == "image/webp" and picture(web.content).shape == (256, 256, 4)
    far = client.get(f"/tiles/{ASSET}/3/0/0.png")
    assert far.status_code == 200 and not picture(far.content)[..., 3].any()
    whole = client.get(f"/tiles/{ASSET}/5/{tile_over(9, 45, 5)[0]}/{tile_over(9, 45, 5)[1]}.png")
    assert whole.status_code == 200


def test_the_value_under_the_cursor_is_the_files(client: TestClient, service: Service) -> None:
    with rasterio.open(service.folder / "stac" / "scenes" / "SW-1-20260501" / "SW-1-20260501.tif") as file:
        pixels = file.read()
        for row, column in ((0, 0), (17, 40), (63, 63)):
            x, y = file.xy(row, column)
            (lon,), (lat,) = rasterio.warp.transform(file.crs, "EPSG:4326", [x], [y])
            told = client.get(f"/values/{ASSET}?lon={lon}&lat={lat}").json()
            assert list(told["bands"].values()) == pixels[:, row, column].tolist()
    assert client.get(f"/values/{ASSET}?lon=0&lat=0").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        f"/tiles/{ASSET}/30/0/0.png",
        f"/tiles/{ASSET}/3/9/0.png",
        f"/tiles/{ASSET}/3/0/0.gif",
        f"/tiles/{ASSET}/3/0/0.png?size=5000",
        f"/tiles/{ASSET}/3/0/0.png?style=none",
        f"/tiles/{ASSET}/3/0/0.png?bands=none",
        f"/tiles/{ASSET}/13/4301/2945.png?bands=9",
        "/tiles/scenes/none/data/3/0/0.png",
        "/tiles/scenes/SW-1-20260501/outside/3/0/0.png",
        "/tiles/scenes/..%2f..%2fsecret.txt/data/3/0/0.png",
        "/tiles/scenes/%2fvsicurl%2fhttp:%2f%2f127.0.0.1/data/3/0/0.png",
    ],
)
def test_tiles_that_do_not_exist_are_refused(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404) and answer.headers["content-type"] == "application/problem+json"


def test_a_picture_that_is_a_virtual_raster_is_not_read(client: TestClient, service: Service) -> None:
    path = service.folder / "stac" / "scenes" / "SW-2-20260502" / "SW-2-20260502.tif"
    other = service.folder / "stac" / "scenes" / "SW-1-20260501" / "SW-1-20260501.tif"
    kept = path.read_bytes()
    path.write_text(
        '<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="UInt16" band="1"><SimpleSource>'
        f"<SourceFilename>{other}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    answer = client.get("/tiles/scenes/SW-2-20260502/data/3/4/2.png")
    assert answer.status_code == 503 and str(service.folder) not in answer.text
    path.write_bytes(kept)


def test_the_plan_leaves_in_the_forms_of_others(client: TestClient) -> None:
    packets = json.loads(client.get("/exports/plan.czml").text)
    assert (
        packets[0]["version"] == "1.0" and sum("position" in p and "cartesian" in p["position"] for p in packets) == 4
    )
    kml = ElementTree.fromstring(client.get("/exports/plan.kml").content)
    space = "{http://www.opengis.net/kml/2.2}"
    assert len(kml.findall(f".//{space}Polygon")) == 1 and len(kml.findall(f".//{space}LineString")) > 4
    assert client.get("/exports/plan.ics").text.count("BEGIN:VEVENT") == 2
    stack = client.get("/exports/commands.json").json()
    names = [command["name"] for command in stack["commands"]]
    assert "/SW-1/IMAGE_ON" in names and "/SW-1/SEND_ON" in names
    times = [command["arguments"][0]["value"] for command in stack["commands"]]
    assert times == sorted(times)
    (contact,) = client.get("/exports/observations.json").json()
    assert (contact["norad_cat_id"], contact["ground_station"], contact["start"]) == (
        *(48268, "svalbard"),
        "2026-05-08T10:30:00Z",
    )


def test_feeds_open_to_whoever_has_the_address(guarded: Guarded) -> None:
    client, service, tokens = guarded
    admin = bearer(tokens["admin"])
    with service.db.writing(who="t") as write:
        add_person(write, "reader", "viewer")
        add_person(write, "buyer", "customer")
    made = client.post("/admin/feeds", json={"person": "reader"}, headers=admin).json()
    by_name = {address.rpartition("/")[2]: address for address in made["addresses"]}
    orders = ElementTree.fromstring(client.get(by_name["orders.atom"]).content)
    space = "{http://www.w3.org/2005/Atom}"
    assert len(orders.findall(f"{space}entry")) == 7
    assert "BEGIN:VEVENT" in client.get(by_name["plan.ics"]).text
    assert client.get(by_name["alerts.atom"]).status_code == 200
    theirs = client.post("/admin/feeds", json={"person": "buyer"}, headers=admin).json()["addresses"]
    own = ElementTree.fromstring(client.get(next(a for a in theirs if a.endswith("orders.atom"))).content)
    assert own.findall(f"{space}entry") == []
    assert "BEGIN:VEVENT" not in client.get(next(a for a in theirs if a.endswith("plan.ics"))).text
    assert client.delete(f"/admin/feeds/{made['id']}", headers=admin).status_code == 204
    assert client.get(by_name["orders.atom"]).status_code == 404
    assert client.get("/feeds/guessed/orders.atom").status_code == 404
