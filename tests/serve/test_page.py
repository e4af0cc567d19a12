"""The console in Chromium: it draws what the service knows, asks nobody else, and works by keyboard."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from tests.serve.browser import NEEDS_PAGE, Tab, console_folder, served, tab  # noqa: E402

pytestmark = NEEDS_PAGE


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(console_folder(tmp_path_factory.mktemp("page") / "mission")) as (address, _):
        yield address


def read(url: str, path: str) -> Any:
    with urllib.request.urlopen(url + path) as answer:
        return json.load(answer)


def walks(one: Tab) -> None:
    """Nothing is broken, nobody else was asked, nothing sticks out, no serious fault for people who hear or type."""
    assert one.wrong == []
    assert [asked for asked in one.asked if not asked.startswith((one.url, "blob:", "data:"))] == []
    assert one.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert one.faults() == []


CASES = [
    *((view, "wide", "light") for view in ("now", "now?as=map", "plan")),
    *((view, "narrow", "dark") for view in ("now?as=map", "plan")),
    *(pytest.param(view, "narrow", "dark", marks=pytest.mark.slow) for view in ("now", "now?as=table")),
]


@pytest.mark.parametrize(("view", "size", "colors"), CASES)
def test_a_view_is_whole_and_sound(browser: Any, url: str, view: str, size: str, colors: str) -> None:
    with tab(browser, url, size=size, colors=colors) as one:
        one.go(view)
        assert "SIMULATED" in one.page.inner_text("header .truth")
        assert one.page.locator("table").count() >= 2
        walks(one)


def test_the_policy_allows_no_inline_script_and_no_other_machine(url: str) -> None:
    with urllib.request.urlopen(url) as answer:
        policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split("; ")}
        html = answer.read().decode()
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["worker-src"] == ["'self'"]
    assert "<style" not in html and " on" not in html.replace(" one", "")
    assert html.count("<script") == 1 and 'type="module"' in html


def test_the_globe_moves_with_the_slider_and_the_address_keeps_the_time(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go("now?t=2026-05-08T07:42:00Z")
        assert one.page.locator(".stage").get_attribute("data-ready") == "globe light", "software is drawn light"
        clock = one.page.inner_text(".clock")
        assert "2026-05-08 07:42:00Z" in clock and "16:42:00 GMT+9" in clock
        told = "m.hidden ? '' : m.textContent + m.style.transform"
        where = f"[...document.querySelectorAll('.room > .mark')].map(m => {told})"
        one.until(f"() => {where}.some(m => m.startsWith('SW-'))")
        before = one.page.evaluate(where)
        one.page.locator("#time").focus()
        for _ in range(30):
            one.page.keyboard.press("ArrowRight")
        one.until(f"() => JSON.stringify({where}) !== {json.dumps(json.dumps(before, separators=(',', ':')))}")
        one.until("() => location.hash.includes('07%3A47%3A00')")
        one.page.get_by_role("button", name="Play").click()
        one.until("() => Number(document.querySelector('#time').value) > Date.parse('2026-05-08T07:47:20Z')")
        walks(one)


def test_the_flat_map_puts_satellites_where_the_table_says(browser: Any, url: str) -> None:
    with tab(browser, url) as one:
        one.go("now?as=map&t=2026-05-08T09:00:00Z")
        rows = one.page.locator("section[aria-label^='Satellites at'] tbody tr")
        assert rows.count() == 4
        czml = read(url, "page/motion.czml")
        packet = next(p for p in czml if p["id"] == "satellite/SW-1")["position"]["cartesian"]
        x, y, _ = packet[packet.index(9 * 3600.0) + 1 :][:3]
        import math

        told = float(rows.nth(0).locator("td").nth(0).inner_text())
        assert told == pytest.approx(math.degrees(math.atan2(y, x)), abs=0.006)


def test_a_table_is_saved_as_it_is_shown(browser: Any, url: str, tmp_path: Path) -> None:
    plan = read(url, "plan")
    with tab(browser, url) as one:
        one.go("plan")
        pictures = one.page.locator("section.twin[aria-label='Pictures']")
        with one.page.expect_download() as caught:
            pictures.get_by_role("button", name="Save as CSV").click()
        rows = list(csv.DictReader(io.StringIO(Path(caught.value.path()).read_text("utf-8"))))
        assert [row["start"] for row in rows] == [row["start"] for row in plan["acquisitions"]]
        assert sum(float(row["value"]) for row in rows) == pytest.approx(sum(r["value"] for r in plan["acquisitions"]))
        with one.page.expect_download() as caught:
            pictures.get_by_role("button", name="Save as JSON").click()
        assert len(json.loads(Path(caught.value.path()).read_text("utf-8"))) == len(rows)
        pictures.get_by_role("button", name="Value").click()
        shown = [float(text) for text in pictures.locator("tbody tr td:nth-child(6)").all_inner_texts()]
        assert shown == sorted(shown)


def test_korean_is_whole_and_times_are_in_both_clocks(browser: Any, url: str) -> None:
    with tab(browser, url, locale="ko-KR") as one:
        one.go("now?as=table")
        assert one.page.locator("html").get_attribute("lang") == "ko"
        assert one.page.inner_text("h1") == "현재"
        one.page.get_by_label("언어").select_option("en")
        one.until("() => document.querySelector('h1')?.textContent === 'Now'")
        one.page.reload()
        one.ready()
        assert one.page.inner_text("h1") == "Now", "a choice is kept"
        walks(one)
