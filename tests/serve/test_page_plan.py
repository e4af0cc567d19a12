"""The planners' desk: asked as a program does, and worked by keyboard and by mouse."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.serve.browser import BUILT, CHROMIUM, console_folder, served

try:
    from playwright.sync_api import sync_playwright

    from tests.serve.browser import tab
except ImportError:  # pragma: no cover
    CHROMIUM = None

by_hand = pytest.mark.skipif(CHROMIUM is None or not BUILT, reason="no Chromium, or the page is not built (make page)")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(console_folder(tmp_path_factory.mktemp("desk") / "mission")) as (address, _):
        yield address


def ask(url: str, path: str, body: Any = None) -> tuple[int, Any]:
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, raw, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_day_is_the_plan_with_its_levels(url: str) -> None:
    _, plan = ask(url, "plan")
    status, day = ask(url, "page/plan/day")
    assert status == 200 and day["id"] == plan["id"]
    assert [row["id"] for row in day["pictures"]] == [row["id"] for row in plan["acquisitions"]]
    assert 0.0 <= day["gap"] < 1.0 and day["value"] <= day["bound"]
    for craft in day["satellites"]:
        assert len(craft["stored_wh"]) == len(craft["held_bit"]) == 86400 / day["step_s"]
        assert craft["min_wh"] - 0.1 <= min(craft["stored_wh"]) and max(craft["stored_wh"]) <= craft["battery_wh"]
        assert max(craft["held_bit"]) <= craft["capacity_bit"]


def test_why_and_why_not(url: str) -> None:
    _, day = ask(url, "page/plan/day")
    status, why = ask(url, f"page/plan/why/{day['pictures'][0]['request']}")
    assert status == 200 and why["planned"]["because"] and why["looks"] and why["refused"] is None
    assert why["planned"]["value"] == pytest.approx(day["pictures"][0]["value"], rel=0.5)
    assert ask(url, "page/plan/why/nobody")[0] == 404
    for refused in day["refused"]:
        _, told = ask(url, f"page/plan/why/{refused['request']}")
        assert told["refused"]["because"] == refused["because"] and told["planned"] is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "object"),
        ({"satellite": "SW-1", "at": "2026-05-08T00:00:00Z"}, "acquisition is missing"),
        ({"acquisition": 1, "satellite": "SW-1", "at": "2026-05-08T00:00:00Z"}, "acquisition is no string"),
        ({"acquisition": "x", "satellite": "SW-1", "at": "soon"}, "soon"),
        ({"acquisition": "x", "satellite": "SW-1", "at": "2026-05-08T00:00:00Z"}, "no picture"),
        ({"acquisition": "x", "satellite": "SW-1", "at": "2026-05-08T00:00:00Z", "keep": "yes"}, "keep is no boolean"),
    ],
)
def test_a_wrong_question_is_told_so(url: str, body: Any, words: str) -> None:
    status, told = ask(url, "page/plan/moves", body)
    assert status == 400 and words in told["detail"]


def test_an_urgent_order_is_tried_and_nothing_is_kept(url: str) -> None:
    _, before = ask(url, "plan")
    status, told = ask(url, "page/plan/urgent", {"lon_deg": 11.05, "lat_deg": 45.0})
    assert status == 200, told
    assert told["look"]["satellite"].startswith("SW-") and told["gain"] > 0
    assert ask(url, "page/plan/urgent", {"lon_deg": 11.05, "lat_deg": 95.0})[0] == 400
    status, told = ask(url, "page/plan/urgent", {"lon_deg": 0.0, "lat_deg": -90.0, "max_off_nadir_deg": 1.0})
    assert status == 409 and "pass" in told["detail"]
    assert ask(url, "plan")[1] == before


def test_a_move_that_is_kept_is_in_force_and_stays(url: str) -> None:
    _, day = ask(url, "page/plan/day")
    done = None
    for picture in day["pictures"]:
        _, why = ask(url, f"page/plan/why/{picture['request']}")
        for look in why["looks"]:
            body = {"acquisition": picture["id"], "satellite": look["satellite"], "at": look["middle"]}
            _, tried = ask(url, "page/plan/moves", body)
            assert tried["possible"] == (tried["violations"] == [])
            if tried["possible"] and look["start"] != picture["start"]:
                done = picture, look, body, tried
                break
        if done:
            break
    assert done is not None
    picture, look, body, tried = done
    assert ask(url, "page/plan/day")[1]["id"] == day["id"], "trying changes nothing"
    assert ask(url, "page/plan/moves", {**body, "keep": True, "why": "a test"})[1]["possible"]
    _, after = ask(url, "page/plan/day")
    assert after["id"] != day["id"] and after["locked"] == [picture["request"]]
    assert after["value"] == pytest.approx(day["value"] + tried["gain"])
    now = next(row for row in after["pictures"] if row["request"] == picture["request"])
    assert now["start"] == look["start"]
    _, again = ask(url, "page/plan/moves", {**body, "acquisition": now["id"]})
    assert [one["rule"] for one in again["violations"]] == ["frozen"]
    assert ask(url, "page/plan/locks", {"requests": [picture["request"]], "locked": False})[1] == {"locked": []}
    assert ask(url, "page/plan/locks", {"requests": ["nobody"], "locked": True})[0] == 400


@by_hand
def test_by_keyboard_from_the_first_key_to_a_lock(url: str) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with tab(browser, url) as one:
            one.go("plan")
            press = one.page.keyboard.press
            press("Tab")
            assert one.page.evaluate("document.activeElement.className") == "skip"
            press("Enter")
            assert one.page.evaluate("document.activeElement.id") == "main"
            for _ in range(20):
                press("Tab")
                if one.page.evaluate("Boolean(document.activeElement.closest('[role=treegrid]'))"):
                    break
            assert one.page.evaluate("document.activeElement.getAttribute('role')") == "rowheader"
            press("ArrowRight")
            assert one.page.locator(".row.curve").count() == 2, "right opens a satellite"
            assert "open=" in one.page.evaluate("location.hash")
            press("ArrowRight")
            label = one.page.evaluate("document.activeElement.getAttribute('aria-label')")
            press("Enter")
            one.until("() => document.querySelector('.panel dl.why') || document.querySelector('.panel h2')")
            assert one.page.evaluate("document.activeElement.dataset.focus"), "the focus stays in the timeline"
            press("+")
            press("+")
            assert one.page.evaluate("document.activeElement.getAttribute('aria-label')") == label
            one.page.locator(".bar.picture").first.focus()
            press("Enter")
            one.until("() => document.querySelector('.panel dl.why')")
            one.page.get_by_role("button", name="Lock where it is").focus()
            press("Enter")
            one.until("() => document.querySelector('.bar.locked')")
            assert len(ask(url, "page/plan/day")[1]["locked"]) == 1
            one.page.get_by_role("button", name="Free it").focus()
            press("Enter")
            one.until("() => !document.querySelector('.bar.locked')")
            assert one.wrong == []


@by_hand
def test_dragging_says_what_it_would_break(url: str) -> None:
    _, day = ask(url, "page/plan/day")
    ask(url, "page/plan/locks", {"requests": day["locked"], "locked": False})
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with tab(browser, url) as one:
            one.go(f"plan?picture={day['pictures'][0]['id']}")
            box = one.page.locator(f".bar[data-focus='{day['pictures'][0]['id']}']").bounding_box()
            assert box is not None
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            one.page.mouse.move(x, y)
            one.page.mouse.down()
            one.page.mouse.move(x + 60, y, steps=5)
            one.until("() => document.querySelector('.told').dataset.checked")
            one.page.mouse.up()
            one.until("() => document.querySelector('.told .fine, .told .broken, .told .trouble')")
            assert ask(url, "page/plan/day")[1]["id"] == day["id"], "dropping asks before it changes anything"
