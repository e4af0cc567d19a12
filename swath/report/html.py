"""report.html: one page that opens from disk, without a network and without scripts."""

from __future__ import annotations

from swath.report.answer_card import answer_card
from swath.report.document import document, section
from swath.report.evidence import assumptions, checks, how_to_reproduce, truth_table
from swath.report.fields import fields_section
from swath.report.flown_section import (
    board_section,
    commands_section,
    flown_section,
    strip_section,
    waits_section,
)
from swath.report.outcome import Outcome
from swath.report.place_section import flood_section, gallery_section, world_section
from swath.report.plan_section import contacts_section, plan_section, refused_section
from swath.report.story import lead, story_section
from swath.report.svg import esc, tag
from swath.report.timeline import timeline_section

__all__ = ["report_html"]


def report_html(outcome: Outcome) -> str:
    """The whole report as text. Same outcome, same bytes; everything that is drawn or said is inside."""
    sections = _sections(outcome)
    links = "".join(tag("li", tag("a", esc(name), href=f"#{id}")) for id, name, _ in sections)
    body = "\n".join(section(id, name, content) for id, name, content in sections)
    return document(
        f"{'[SIMULATED] ' if outcome.simulated else ''}{outcome.title}",
        '<a class="skip" href="#answer">To the answer</a>',
        _banner(outcome),
        tag("header", tag("h1", esc(outcome.title)), lead(outcome)),
        tag("main", answer_card(outcome), tag("nav", tag("ol", links), aria_label="Contents"), body),
        tag("footer", tag("p", esc(f"Made by swath {outcome.versions.get('swath', '')}. {outcome.banner}."))),
        kind="simulated" if outcome.simulated else "real",
    )


def _banner(outcome: Outcome) -> str:
    text = (
        "published orbits, computed weather, flight and pictures; nothing on this page was observed"
        if outcome.simulated
        else "from satellites that flew"
    )
    return tag("div", tag("strong", outcome.banner), " ", tag("span", text), class_="banner", role="note")


def _flight(outcome: Outcome) -> list[tuple[str, str, str]]:
    """The sections about the flight."""
    day = outcome.flight
    if day is None:
        return []
    sections = [
        ("flown", "Planned and flown", flown_section(day)),
        ("waits", "How long orders waited", waits_section(day)),
        ("board", "On board", board_section(day)),
        ("commands", "What went up", commands_section(day)),
    ]
    return [*sections, ("strip", "The day in pictures", strip_section(day))] if day.strip else sections


def _sections(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Id, heading and content of each section, in order of reading."""
    sections = [("story", "What happened", story_section(outcome))] if outcome.urgent else []
    sections += flood_section(outcome)
    sections += [
        ("world", "Where", world_section(outcome)),
        ("day", "The fleet's day", timeline_section(outcome)),
        ("plan", "What was planned", plan_section(outcome)),
        ("refused", "What was refused, and why", refused_section(outcome)),
        ("contacts", "How it came down", contacts_section(outcome)),
        *_flight(outcome),
        ("fields", "The fields", fields_section(outcome)),
        *gallery_section(outcome),
        ("checks", "Checks", checks(outcome)),
    ]
    if outcome.truth:
        sections.append(("truth", "Estimates beside the truth", truth_table(outcome)))
    return [
        *sections,
        ("limits", "What was assumed, and limits", assumptions(outcome)),
        ("reproduce", "How to make this again", how_to_reproduce(outcome)),
    ]
