"""The report is one sound page: whole, closed to the network, marked, safe against what stands in the data."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from swath.model import Refusal
from swath.report.forms import forms
from swath.report.html import report_html
from swath.report.outcome import Check, Outcome
from tests.report.synthetic import outcome, stopped

VOID = {"meta", "img", "input", "br", "hr", "link"}
HOSTILE = "<script>alert(1)</script>\"'&"
SECTIONS = [
    "answer",
    "story",
    "flood",
    "world",
    "day",
    "plan",
    "refused",
    "contacts",
    "flown",
    "waits",
    "board",
    "commands",
    "fields",
    "pictures",
    "checks",
]


class Page(HTMLParser):
    """Elements with their attributes, text by element, and whether every tag was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"self-closed {tag}")

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def html() -> str:
    return report_html(outcome())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_every_section_is_there_and_can_be_reached(page: Page) -> None:
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert set(SECTIONS) <= set(ids)
    assert {a["href"].removeprefix("#") for a in page.all("a")} <= set(ids)


def test_nothing_is_loaded_from_anywhere(html: str, page: Page) -> None:
    for name, attributes in page.elements:
        assert name not in ("script", "link", "iframe", "object", "embed", "base"), name
        assert not [key for key in attributes if key.startswith("on")], "an event handler"
        for key in ("src", "href", "srcset", "poster", "action", "data"):
            value = attributes.get(key, "#")
            assert value.startswith(("#", "data:image/")), f"{name} {key}={value[:60]}"
    assert not re.search(r"url\(|@import|https?://", html)


def test_the_banner_says_simulated_and_stays_in_sight(html: str, page: Page) -> None:
    banner = next(a for _, a in page.elements if "banner" in a.get("class", ""))
    assert banner["role"] == "note"
    assert "SIMULATED FLIGHT AND IMAGERY" in page.words()
    assert re.search(r"\.banner\s*{[^}]*position:\s*sticky", html)
    assert "<title>[SIMULATED]" in html


def test_a_real_run_is_not_called_simulated() -> None:
    real = report_html(dataclasses.replace(outcome(), simulated=False, truth=()))
    assert "REAL DATA" in real and "SIMULATED FLIGHT" not in real and 'class="stamp"' not in real


def test_the_answer_has_its_interval_and_the_story_its_times(page: Page) -> None:
    words = page.words()
    assert "41.8 km² flooded" in words and "38.2-45.9 km² with 90 % confidence" in words and "3.1 km²" in words
    story = outcome().urgent[0]
    for at in (story.ordered, story.accepted, story.imaged, story.on_ground, story.mapped):
        assert str(np.datetime_as_string(at, unit="s"))[11:19] + "Z" in words


def test_everyone_can_read_it(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    assert all(image.get("alt") for image in page.all("img"))
    assert all(drawing.get("aria-label") for drawing in page.all("svg"))
    names = [name for name, _ in page.elements]
    assert names.count("caption") == names.count("table") > 5
    assert names.count("h1") == 1 and names.count("main") == 1
    assert all(head.get("scope") == "col" for head in page.all("th"))


def test_every_refused_and_planned_order_is_listed(page: Page) -> None:
    words = page.words()
    for refusal in outcome().plan.refused:
        assert refusal.request in words and refusal.because in words
    assert all(str(id) in words for id in outcome().plan.acquisitions.request)


def test_fields_under_cloud_or_flood_are_not_called_poor_crops() -> None:
    base = outcome()
    green, hidden, wet = (
        {
            "field": name,
            "area_m2": 1e4,
            "ndvi_mean": value,
            "ndvi_low": value - 0.02,
            "ndvi_high": value + 0.02,
            "seen_share": seen,
        }
        for name, value, seen in (("green", 0.7, 0.9), ("hidden", 0.05, 0.2), ("wet", -0.3, 1.0))
    )
    own = dataclasses.replace(base.products[1], rows=(green, hidden))
    flooded = dataclasses.replace(base.products[1], id="f", request="flood-01", rows=(wet,))
    words = Page(report_html(dataclasses.replace(base, products=(base.products[0], own, flooded)))).words()
    assert "1 field in 1 picture. 1 field could not be seen, or less than half." in words
    assert "Left out: 1 field on the flood map, of which 1 look like water." in words
    assert "green 0.700 0.680-0.720" in words and "hidden 0.05" not in words


def test_pictures_and_map_layers_are_inside(page: Page) -> None:
    classes = [image.get("class", "") for image in page.all("image")]
    assert {"layer-likelihood", "layer-normal", "layer-edge", "layer-unseen", "ground"} <= set(classes)
    assert sum(image["src"].startswith("data:image/jpeg") for image in page.all("img")) == 5
    assert len([a for a in page.all("rect") if a.get("class", "").startswith("picture")]) == 188


def test_it_is_small_and_the_same_every_time(html: str) -> None:
    assert len(html.encode()) < 6_000_000
    assert report_html(dataclasses.replace(outcome(), folder="elsewhere", wall_s=1.0, cores=9)) == html


def test_what_stands_in_the_data_cannot_act() -> None:
    base = outcome()

    def spoilt(text: str) -> str:
        return HOSTILE + text

    first = base.requests[-1]
    requests = (*base.requests[:-1], dataclasses.replace(first, id=spoilt(first.id)))
    named = np.where(
        base.plan.acquisitions.request == first.id, spoilt(first.id), base.plan.acquisitions.request.astype("U80")
    )
    plan = dataclasses.replace(
        base.plan,
        acquisitions=dataclasses.replace(base.plan.acquisitions, request=named),
        refused=(Refusal(spoilt("r"), spoilt("reason"), spoilt("because")),),
        bound_because=spoilt("bound"),
        solver=spoilt("solver"),
    )
    run = dataclasses.replace(
        base,
        title=spoilt("title"),
        command=spoilt("command"),
        requests=requests,
        plan=plan,
        urgent=(
            dataclasses.replace(base.urgent[0], request=spoilt(first.id), station=spoilt("s"), because=spoilt("b")),
        ),
        products=tuple(dataclasses.replace(p, request=spoilt(p.request), because=spoilt("p")) for p in base.products),
        stations=tuple(dataclasses.replace(s, id=spoilt(s.id)) for s in base.stations),
        checks=(Check(spoilt("check"), False, spoilt("summary"), (spoilt("detail"),)),),
        warnings=(spoilt("warning"),),
        assumptions=(spoilt("assumption"),),
        files=(spoilt("file"),),
    )
    page = Page(report_html(run))
    assert not page.all("script")
    assert page.words().count("alert(1)") > 15


@pytest.mark.parametrize("stage", ["not_planned", "not_imaged", "not_delivered", "not_mapped", "nothing_seen"])
def test_a_failed_order_is_told_as_one(stage: str) -> None:
    page = Page(report_html(stopped(stage)))
    words = page.words()
    assert "km² flooded" not in words
    assert "a stated reason" in words.lower()
    assert f"card {stage}" in [a.get("class", "") for a in page.all("section")]


def test_two_urgent_orders_have_a_story_and_a_map_each() -> None:
    story = outcome().urgent[0]
    page = Page(report_html(dataclasses.replace(outcome(), urgent=(story, story))))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids)) and {"flood", "flood1"} <= set(ids)
    assert [a.get("class") for a in page.all("ol")].count("story") == 2


def test_a_red_check_is_open_and_the_card_says_so() -> None:
    red = Check("replay", False, "2 violations", ("A007 turns too fast",))
    html = report_html(dataclasses.replace(outcome(), checks=(red, *outcome().checks[1:])))
    page = Page(html)
    assert "1 of 4 checks red" in page.words()
    assert "<details open>" in html and "A007 turns too fast" in page.words()


def bare(base: Outcome) -> Outcome:
    """A run in which nothing could be done."""
    plan = dataclasses.replace(
        base.plan, acquisitions=base.plan.acquisitions.empty(), contacts=base.plan.contacts.empty()
    )
    return dataclasses.replace(
        base,
        plan=plan,
        first_plan=plan,
        tracks=base.tracks.empty(),
        opportunities=base.opportunities.empty(),
        eclipses=base.eclipses.empty(),
        flown=base.flown.empty(),
        telemetry=base.telemetry.empty(),
        links=base.links.empty(),
        scenes=(),
        quicklooks={},
        before={},
        products=(),
        urgent=(),
        truth=(),
        checks=(),
        inputs=(),
        files=(),
        assumptions=(),
    )


def test_a_run_without_anything_still_makes_every_form() -> None:
    made = forms(bare(outcome()))
    assert set(made) == {
        *("report.html", "answer.json", "orders.json", "opportunities.geojson", "refused.json"),
        *("plan.csv", "plan.czml", "plan.ics"),
    }
    page = Page(made["report.html"].decode())
    assert "0 of 201 orders pictured and delivered" in page.words()
