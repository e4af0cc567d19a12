"""Planned beside flown: what the sections say is what the tables hold, and the page of a flight alone is sound."""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from swath.report.flight_page import flight_html
from swath.report.flown import FlownDay, OrderTimes, outcome_counts, waits
from swath.report.flown_section import board_section, flown_section, strip_section, waits_section
from swath.report.outcome import QuickLook
from tests.report.synthetic import GRID, outcome
from tests.report.test_html import HOSTILE, Page

DAY = np.datetime64("2026-05-08T00:00", "ns")
HOUR = np.timedelta64(3600 * 10**9, "ns")


def day() -> FlownDay:
    made = outcome().flight
    assert made is not None
    return made


def test_what_became_of_the_pictures_is_counted_and_told() -> None:
    told, count = Page(flown_section(day())), len(day().outcomes)
    assert outcome_counts(day().outcomes) == {"done": count - 3, "late": 1, "blurred": 1, "lost": 1}
    words = told.words()
    assert f"Of {count} planned pictures {count - 3} went as planned." in words
    assert "on the ground 95 min after the plan" in words and "memory full" in words
    assert len(told.all("tr")) == 1 + 3 + 1 + count  # both tables with their heads


def test_waits_are_medians_and_ninths_of_ten() -> None:
    hours = np.arange(1, 11)
    never = np.full(10, np.datetime64("NaT"), "datetime64[ns]")
    times = OrderTimes(
        [f"r{k}" for k in hours], np.zeros(10, bool), np.full(10, DAY), np.full(10, DAY + HOUR), DAY + hours * HOUR,
        np.where(hours < 6, DAY + (hours + 1) * HOUR, never), never,
    )  # fmt: skip
    accepted, imaged, down = waits(times)
    assert (accepted.stage, accepted.orders, accepted.median_s, accepted.p90_s) == ("accepted", 10, 3600.0, 3600.0)
    assert (imaged.orders, imaged.median_s) == (10, 5.5 * 3600.0) and imaged.p90_s == 9.1 * 3600.0
    assert (down.stage, down.orders, down.median_s) == ("down", 5, 4.0 * 3600.0)
    assert waits(OrderTimes.empty()) == ()
    text = Page(waits_section(dataclasses.replace(day(), times=times))).words()
    assert "10 planned routine orders" in text and "5 h 30 min" in text and "9 h 6 min" in text
    assert "mapped" not in text.split("All 10")[0]  # no order came so far


def test_the_board_says_how_far_battery_and_memory_were_from_what_was_foreseen() -> None:
    text = board_section(day())
    assert "At most 0.5 Wh of battery" in Page(text).words()
    assert text.count('class="curve planned"') == 2 * len(day().satellites)
    assert text.count('class="curve flown') == 5 * len(day().satellites)  # battery, memory, three temperatures


def test_the_page_of_a_flight_is_whole_closed_and_marked() -> None:
    html = flight_html(day())
    page = Page(html)
    assert html == flight_html(day()) and html.startswith("<!DOCTYPE html>")
    assert "[SIMULATED]" in html and "SIMULATED FLIGHT" in page.words()
    assert not page.all("script") and not re.search(r"(src|href)=\"(?!data:|#)", html)
    ids = {attributes["id"] for attributes in page.all("h2")}
    assert {a["href"][1:] for a in page.all("a")} == ids == {"flown", "waits", "board", "contacts", "commands"}


def test_what_stands_in_a_flight_cannot_act() -> None:
    bad = dataclasses.replace(
        day(),
        title=HOSTILE,
        outcomes=dataclasses.replace(day().outcomes, because=np.full(len(day().outcomes), HOSTILE)),
        contacts=dataclasses.replace(day().contacts, because=np.full(len(day().contacts), HOSTILE)),
        satellites=tuple(dataclasses.replace(s, id=HOSTILE) for s in day().satellites),
        commands=dataclasses.replace(day().commands, satellite=np.array([HOSTILE])),
    )
    page = Page(flight_html(bad))
    assert not page.all("script") and HOSTILE in page.words()


def test_a_strip_shows_pictures_with_their_mark() -> None:
    look = outcome().quicklooks["SIMULATED_flood-01"]
    id = str(day().outcomes.acquisition[1])
    page = Page(strip_section(dataclasses.replace(day(), strip={id: QuickLook(look.png, GRID, DAY + HOUR, "a & b")})))
    (image,) = page.all("img")
    assert image["src"].startswith("data:image/") and image["alt"] == "a & b. Simulated."
    assert page.words() == "01:00Z SIMULATED late"


def test_a_day_on_which_nothing_happened_is_told_too() -> None:
    empty = {
        name: type(getattr(day(), name)).empty()
        for name in ("outcomes", "times", "telemetry", "foreseen", "contacts", "commands", "eclipses", "links")
    }
    plan = dataclasses.replace(
        day().plan, acquisitions=day().plan.acquisitions.empty(), contacts=day().plan.contacts.empty()
    )
    words = Page(flight_html(dataclasses.replace(day(), plan=plan, **empty))).words()
    assert "Of 0 planned pictures 0 went as planned." in words and "Nothing went up." in words
