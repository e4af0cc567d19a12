"""Watch, Claims, Design and what-if in Chromium: what a person does there reaches the service and comes back."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

playwright = pytest.importorskip("playwright.sync_api")

from swath.operate.loop.checking import CHECK, check_claims  # noqa: E402
from swath.operate.loop.supposing import WHAT_IF, suppose  # noqa: E402
from swath.operate.loop.work import Shift, do_next  # noqa: E402
from swath.operate.watch_book import DatabaseBook  # noqa: E402
from swath.serve.service import Service  # noqa: E402
from swath.watch.days import LookState  # noqa: E402
from tests.serve.browser import NEEDS_PAGE, console_folder, served, tab  # noqa: E402
from tests.serve.test_page import walks  # noqa: E402
from tests.serve.test_watching import FILE  # noqa: E402
from tests.watch.made_alerts import made_alert  # noqa: E402

pytestmark = NEEDS_PAGE
Served = tuple[str, Service]
STATES = ("no change", "not seen", "no change", "changed")


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = console_folder(tmp_path_factory.mktemp("page") / "mission", orders=4)
    (folder / "watch.toml").write_text(FILE, "utf-8")
    (folder / "design").mkdir()
    words = "<!DOCTYPE html><title>{}</title><h1>What a launch buys</h1>{}"
    (folder / "design" / "grow.html").write_text(words.format("One to four", ""))
    (folder / "design" / "sly.html").write_text(
        words.format("Sly", "<script>document.body.textContent = 'no'</script>")
    )
    with served(folder) as (url, service):
        at = np.datetime64("2026-05-01T09:00:00", "ns")
        looks = [LookState(at + np.timedelta64(5 * n, "D"), f"S{n}", state, "cloud") for n, state in enumerate(STATES)]
        book = DatabaseBook(service.db)
        book.keep(alerts=[made_alert()], looks=[("dam", one) for one in looks], who="swath", why="test")
        yield url, service


def read(url: str, path: str) -> Any:
    with urllib.request.urlopen(url + path) as answer:
        return json.load(answer)


CASES = [
    ("watch?place=dam", "wide", "light"),
    *(
        pytest.param(view, size, colors, marks=pytest.mark.slow)
        for view in ("watch?alert=dam-0123456789", "claims", "design?report=grow")
        for size, colors in (("wide", "dark"), ("narrow", "light"))
    ),
]


@pytest.mark.parametrize(("view", "size", "colors"), CASES)
def test_a_view_is_whole_and_sound(browser: Any, mission: Served, view: str, size: str, colors: str) -> None:
    with tab(browser, mission[0], size=size, colors=colors) as one:
        one.go(view)
        assert "SIMULATED" in one.page.inner_text("header .truth")
        assert one.page.locator("table").count() >= 1
        walks(one)


def test_an_alert_is_looked_at_and_confirmed_by_keyboard(browser: Any, mission: Served) -> None:
    url, _ = mission
    with tab(browser, url) as one:
        one.go("watch?place=dam")
        days = one.page.locator(".month .day")
        signs = {one.page.locator(f".month .day.{name}").count() for name in ("changed", "no_change", "not_seen")}
        assert days.count() == 31 and signs == {1, 2, 13}, "16 days from the first look to the last"
        assert "not seen 13" in one.page.locator(".month").get_attribute("aria-label").lower()
        one.page.get_by_role("button", name="new bare ground").click()
        one.until("() => document.querySelector('iframe')")
        frame = one.page.frame_locator("iframe")
        assert "new bare ground" in frame.locator("h1").inner_text()
        assert frame.locator("form").count() == 0, "the buttons are in the console"
        assert "alert=dam-0123456789" in one.page.evaluate("location.hash")
        one.page.locator("#verdict-why").fill("seen on site")
        one.page.keyboard.press("Tab")
        one.page.keyboard.press("Enter")
        one.until("() => document.querySelector('.one .status.alert-confirmed')")
        kept = read(url, "watch/alerts/dam-0123456789")
        assert kept["status"] == "confirmed" and kept["verdicts"][0]["why"] == "seen on site"
        one.until("() => document.querySelector('.twin[aria-label=Places] tbody').textContent.includes('100 % (')")
        assert one.wrong == []


@pytest.mark.slow
def test_a_place_is_put_under_watch(browser: Any, mission: Served) -> None:
    url, _ = mission
    with tab(browser, url) as one:
        one.go("watch")
        one.page.get_by_text("Put another place under watch").click()
        for field, value in (("id", "port"), ("lon", "8.9"), ("lat", "44.4"), ("radius", "1500")):
            one.page.locator(f"#watch-{field}").fill(value)
        one.page.get_by_role("button", name="Watch it").click()
        one.until("() => location.hash.includes('place=port')")
        one.until("() => document.querySelector('.twin[aria-label=\"Looks ahead\"] tbody')")
        assert {place["id"] for place in read(url, "watch/places")["places"]} == {"dam", "port"}
        assert one.wrong == []


@pytest.mark.slow
def test_a_report_is_shown_and_does_nothing(browser: Any, mission: Served) -> None:
    with tab(browser, mission[0]) as one:
        one.go("design?report=sly")
        assert one.page.inner_text("main h2") == "Sly"
        assert one.page.frame_locator("iframe").locator("h1").inner_text() == "What a launch buys"
        with one.page.expect_download() as caught:
            one.page.locator(".files a").first.click()
        assert "<script>" in Path(caught.value.path()).read_text("utf-8")
        assert [wrong for wrong in one.wrong if "sandboxed" not in wrong] == [], "its script is refused"


@pytest.mark.slow
def test_a_claim_is_checked(browser: Any, mission: Served) -> None:
    url, service = mission
    shutil.rmtree(service.folder / "claims", ignore_errors=True)
    with tab(browser, url) as one:
        one.go("claims")
        one.page.get_by_text("Check a claim", exact=True).click()
        one.page.locator("#claim-name").fill("a-tile")
        one.page.get_by_role("button", name="Check", exact=True).click()
        one.until("() => document.querySelector('progress')")
        assert do_next(Shift(service.db, service.folder, "w", {CHECK: check_claims}, service.clock)) == "done"
        one.until("() => document.querySelector('.verdict-consistent')")
        assert "report=a-tile" in one.page.evaluate("location.hash")
        walks(one)


@pytest.mark.slow
def test_another_fleet_is_asked_about(browser: Any, mission: Served) -> None:
    url, service = mission
    before = read(url, "plan")
    with tab(browser, url) as one:
        one.go("plan")
        one.page.get_by_text("What if the fleet were another?").click()
        one.until("() => document.querySelector('#whatif-satellite').options.length === 5")
        table = ".twin[aria-label='Worth of the two fleets']"
        one.page.locator("#whatif-satellite").select_option("SW-3")
        one.page.get_by_role("button", name="What would it be worth?").click()
        one.until("() => document.querySelector('progress')")
        assert do_next(Shift(service.db, service.folder, "w", {WHAT_IF: suppose}, service.clock)) == "done"
        one.until(f'() => document.querySelector("{table}")')
        rows = one.page.locator(f"{table} tbody tr").all_inner_texts()
        assert rows[0].startswith("Value") and "−" in rows[0], rows
        one.page.locator("#whatif-satellite").select_option("")
        one.page.locator("#whatif-like").select_option("SW-1")
        one.page.locator("#whatif-ahead").fill("90")
        one.page.get_by_role("button", name="What would it be worth?").click()
        one.until("() => document.querySelector('progress')")
        assert do_next(Shift(service.db, service.folder, "w", {WHAT_IF: suppose}, service.clock)) == "done"
        one.until(f'() => document.querySelector("{table}")')
        rows = one.page.locator(f"{table} tbody tr").all_inner_texts()
        assert "−" not in rows[1] and "−" not in rows[0], "one satellite more loses nothing"
        one.page.set_viewport_size({"width": 390, "height": 844})
        hidden = f"""(box => box.scrollWidth - box.clientWidth)(document.querySelector("{table} .scroll"))"""
        assert one.page.evaluate(hidden) <= 0, "the difference is in sight"
        walks(one)
    assert read(url, "plan") == before
