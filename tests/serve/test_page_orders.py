"""Order, archive, fields, floods and admin in Chromium: what a person does there reaches the service and comes back."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from tests.serve.browser import NEEDS_PAGE, console_folder, served, tab  # noqa: E402
from tests.serve.test_page import walks  # noqa: E402

pytestmark = NEEDS_PAGE
PLACE = '{"type":"Point","coordinates":[11.05,45]}'


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = console_folder(tmp_path_factory.mktemp("page") / "mission", orders=4)
    product(folder)
    with served(folder) as (address, _):
        yield address


def product(folder: Path) -> None:
    """A flood map of the first scene, as `swath run` writes one."""
    scene = json.loads((folder / "stac/scenes/SW-1-20260501/SW-1-20260501.json").read_text("utf-8"))
    estimate = {"value": 3.25, "unit": "km2", "interval": [3.0, 3.5], "confidence": 0.9, "because": "counted"}
    here = folder / "stac" / "products" / "a-flood"
    here.mkdir(parents=True)
    collection = json.loads((folder / "stac/scenes/collection.json").read_text("utf-8"))
    (here.parent / "collection.json").write_text(json.dumps({**collection, "id": "products"}))
    (here / "flood.tif").write_bytes((folder / "stac/scenes/SW-1-20260501/SW-1-20260501.tif").read_bytes())
    told = {"swath:kind": "flood", "swath:request": "flood-01", "swath:because": "water where there was none"}
    item = {
        **scene,
        "id": "a-flood",
        "collection": "products",
        "properties": {**scene["properties"], **told, "swath:estimates": {"flooded_km2": estimate}},
        "assets": {"flood": {"href": "flood.tif", "type": "image/tiff; application=geotiff", "title": "flooded"}},
    }
    (here / "a-flood.json").write_text(json.dumps(item))


def read(url: str, path: str) -> Any:
    with urllib.request.urlopen(url + path) as answer:
        return json.load(answer)


SLOW = pytest.mark.slow
CASES = [
    *(
        (view, size, colors)
        for view in ("order", "archive")
        for size, colors in (("wide", "dark"), ("narrow", "light"))
    ),
    *((view, "narrow", "dark") for view in ("fields", "floods", "admin?part=history")),
    *(pytest.param(view, "wide", "light", marks=SLOW) for view in ("fields", "floods", "admin?part=people")),
]


@pytest.mark.parametrize(("view", "size", "colors"), CASES)
def test_a_view_is_whole_and_sound(browser: Any, url: str, view: str, size: str, colors: str) -> None:
    with tab(browser, url, size=size, colors=colors) as one:
        one.go(view)
        one.until("() => document.querySelector('table')")
        assert "SIMULATED" in one.page.inner_text("header .truth")
        walks(one)


def test_from_a_pasted_place_to_an_order_and_its_history(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go("order")
        place = one.page.locator("#place")
        place.fill("45.0, 191.0")
        assert "no place" in one.page.inner_text(".ask .broken")
        place.fill("11.05, 45.0")
        assert one.page.inner_text(".ask .broken") == ""
        place.press("Tab")
        one.page.get_by_role("button", name="Can it be had?").focus()
        one.page.keyboard.press("Enter")
        one.until("() => document.querySelector('.answer table')")
        rows = one.page.locator(".answer tbody tr")
        assert rows.count() >= 1
        assert re.search(r"\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ", rows.first.inner_text())
        before = len(read(url, "stapi/orders?limit=100")["features"])
        rows.first.get_by_role("button").focus()
        one.page.keyboard.press("Enter")
        one.until("() => document.querySelector('.one table')")
        orders = read(url, "stapi/orders?limit=100")["features"]
        assert len(orders) == before + 1
        id = one.page.inner_text(".one h2").removeprefix("Order ")
        made = read(url, f"stapi/orders/{id}")
        assert made["geometry"] == {"type": "Point", "coordinates": [11.05, 45.0]}
        assert f"order={id}" in one.page.evaluate("location.hash")
        one.page.get_by_role("button", name="Cancel this order").click()
        one.until("() => document.querySelector('.one .status').textContent.startsWith('Cancelled')")
        assert "cancel" in read(url, f"stapi/orders/{id}")["properties"]["status"]["status_code"]
        walks(one)


def test_what_cannot_be_had_says_why_and_one_click_changes_it(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go(f"order?place={PLACE}&asked=1&off=1&from=2026-05-08T06:00:00Z&to=2026-05-08T09:00:00Z")
        one.until("() => document.querySelector('.answer .acts button')")
        assert "1 deg off nadir" in one.page.inner_text(".answer .trouble")
        one.page.locator(".answer .acts button").first.click()
        one.until("() => document.querySelector('.answer tbody tr')")
        assert float(one.page.locator("#angle").input_value()) > 1.0
        assert one.wrong == []


def test_a_refused_order_is_asked_again_with_one_click(browser: Any, url: str) -> None:
    limits = {"op": "<=", "args": [{"property": "view:off_nadir"}, 1]}
    body = {"datetime": "2026-05-08T06:00:00Z/2026-05-08T09:00:00Z", "geometry": json.loads(PLACE), "filter": limits}
    told = json.dumps({**body, "order_parameters": {}}).encode()
    asked = urllib.request.Request(f"{url}stapi/products/watch/orders", told, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        order = json.load(answer)
    assert order["properties"]["status"]["status_code"] == "rejected"
    with tab(browser, url) as one:
        one.go(f"order?order={order['id']}")
        one.page.get_by_role("button", name="Ask again").click()
        one.until("() => document.querySelector('.answer .acts button')")
        assert float(one.page.locator("#angle").input_value()) == 1.0
        assert one.page.locator("#from").input_value() == "2026-05-08T06:00"
        one.page.locator(".answer .acts button").first.click()
        one.until("() => document.querySelector('.answer tbody tr')")
        assert one.wrong == []


def test_a_polygon_is_drawn_with_the_mouse(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go("order")
        one.page.get_by_role("button", name="Polygon").click()
        box = one.page.locator(".stage canvas").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for dx, dy in ((0, 0), (90, 0), (90, 70), (0, 70)):
            one.page.mouse.click(x + dx, y + dy)
        one.page.get_by_role("button", name="Done").click()
        drawn = json.loads(one.page.locator("#place").input_value())
        ring = drawn["coordinates"][0]
        assert drawn["type"] == "Polygon" and len(ring) == 5 and ring[0] == ring[-1]
        twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
        assert twice > 0, "counter-clockwise"


def test_the_archive_finds_shows_compares_and_gives(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go("archive?from=2026-05-01T00:00:00Z&to=2026-05-07T00:00:00Z")
        one.until("() => document.querySelectorAll('section[aria-label^=Found] tbody tr').length === 7")
        one.page.get_by_role("button", name="SW-1-20260501").click()
        one.until("() => document.querySelector('.histogram') && document.querySelector('.readout .value')")
        assert one.page.locator(".histogram").count() == 4
        shown = [asked for asked in one.asked if "/tiles/" in asked]
        assert shown and all("/scenes/SW-1-20260501/data/" in asked for asked in shown)
        value = one.page.locator(".readout .value").first.inner_text()
        assert 1 <= float(value.split()[-1]) <= 64 * 64
        one.page.locator("#second").select_option("products/a-flood")
        one.until("() => !document.querySelector('.split').hidden")
        one.page.locator(".split").focus()
        one.page.keyboard.press("Home")
        one.until("() => document.querySelector('.curtain').style.clipPath.includes('0%')")
        with one.page.expect_download() as caught:
            one.page.locator(".files a").first.click()
        assert Path(caught.value.path()).read_bytes()[:2] in (b"II", b"MM")
        link = one.page.evaluate("location.href")
        walks(one)
    with tab(browser, url) as two:
        two.page.goto(link)
        two.ready()
        two.until("() => document.querySelector('.one h2')?.textContent === 'SW-1-20260501'")
        assert not two.page.locator(".split").is_hidden()


def test_a_flood_is_told_with_its_interval_and_leads_to_its_map(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go("floods")
        assert "(3.0–3.5, 90 %)" in one.page.inner_text("tbody")
        one.until("() => document.querySelector('.readout .value')")
        assert any("/tiles/products/a-flood/flood/" in asked for asked in one.asked)
        one.page.get_by_role("link", name="Flooded on the map").click()
        one.until("() => document.querySelector('.one h2')?.textContent === 'a-flood'")
        assert one.page.evaluate("location.hash").startswith("#/archive?item=products%2Fa-flood&layer=flood")


def test_a_map_is_ready_when_its_tiles_are_drawn_and_says_so(browser: Any, url: str) -> None:
    """Held back, they are told of, by a line on the map and in words; one that never comes is not passed over."""
    with tab(browser, url) as one:
        held: list[Any] = []

        def hold(route: Any) -> None:
            held.append(route)

        one.page.route("**/tiles/**", hold)
        with one.page.expect_request("**/tiles/**"):
            one.page.goto(f"{url}#/floods")
        said = "document.querySelector('.said')?.textContent"
        one.until(f"() => {said} === 'The picture is being drawn \u2026'")
        assert held and one.page.locator("progress.drawing").is_visible()
        assert one.page.locator(".stage").get_attribute("data-ready") is None
        one.page.unroute("**/tiles/**")  # which lets them go
        one.until(f"() => {said} === 'The picture is drawn'")
        one.ready()
        assert not one.page.locator("progress.drawing").is_visible() and one.wrong == []
        one.page.route("**/tiles/**", lambda route: route.abort())
        one.page.mouse.move(640, 700)
        one.page.get_by_role("button", name="Zoom in").click()
        one.until("() => !document.querySelector('.lost').hidden")
        one.ready()
        assert "could not be drawn" in one.page.inner_text(".lost")


def test_a_person_and_a_token_are_made_and_revoked(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go("admin?part=people")
        one.page.locator("#person-id").fill("ann")
        one.page.locator("#person-role").select_option("planner")
        one.page.get_by_role("button", name="Add").click()
        one.until("() => document.querySelector('tbody th')?.textContent === 'ann'")
        one.page.get_by_role("button", name="Tokens").click()
        one.until("() => document.querySelector('#token-person')")
        one.page.locator("#token-role").select_option("planner")
        one.page.get_by_role("button", name="Make a token").click()
        secret = one.until("() => document.querySelector('.secret')?.textContent")
        (kept,) = read(url, "admin/tokens")["tokens"]
        assert kept["person"] == "ann" and secret not in json.dumps(kept)
        one.page.get_by_role("button", name="Feeds").click()
        one.until("() => document.querySelector('#feed-person')")
        one.page.get_by_role("button", name="Make secret addresses").click()
        addresses = one.until("() => [...document.querySelectorAll('.secret')].map((one) => one.textContent)")
        with urllib.request.urlopen(next(one for one in addresses if one.endswith("orders.atom"))) as answer:
            assert b"<feed" in answer.read()
        one.page.get_by_role("button", name="People").click()
        one.until("() => document.querySelector('#person-id')")
        one.page.locator("tbody details summary").click()
        one.page.locator("#open_orders-ann").fill("3")
        one.page.get_by_role("button", name="Save", exact=True).click()
        one.until("() => document.querySelector('tbody details summary')?.textContent === 'open orders 3'")
        assert read(url, "admin/people")["people"][0]["limits"] == {"open_orders": 3}
        one.page.get_by_role("button", name="Stop: ann").click()
        one.until("() => document.querySelector('main').textContent.includes('Let in again')")
        assert read(url, "admin/people")["people"][0]["stopped"]
        one.page.get_by_role("button", name="History").click()
        one.until("() => document.querySelector('table caption')?.textContent.startsWith('History')")
        walks(one)
