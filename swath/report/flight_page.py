"""report.html of a flight alone: what ``swath fly`` writes; the same sections as the report of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swath.report.document import document, section
from swath.report.flown import FlownDay, outcome_counts
from swath.report.flown_section import board_section, commands_section, flown_section, strip_section, waits_section
from swath.report.svg import esc, tag
from swath.report.tables import table
from swath.report.words import clock, count, percent, size, span_between

__all__ = ["flight_html"]


def flight_html(day: FlownDay) -> str:
    """The page as text: same day, same bytes; everything is inside, nothing is loaded."""
    counted = outcome_counts(day.outcomes)
    told = ", ".join(f"{amount} {name}" for name, amount in counted.items())
    period = f"{str(day.start)[:10]}, {span_between(day.start, day.stop)}"
    fleet = count(len(day.satellites), "satellite")
    lead = f"{period}. {fleet} flew a plan of {count(len(day.plan.acquisitions), 'picture')}: {told}."
    sections = [
        ("flown", "Planned and flown", flown_section(day)),
        ("waits", "How long orders waited", waits_section(day)),
        ("board", "On board", board_section(day)),
        ("contacts", "Contacts", _contacts(day)),
        ("commands", "What went up", commands_section(day)),
        *([("strip", "The day in pictures", strip_section(day))] if day.strip else []),
    ]
    links = "".join(tag("li", tag("a", esc(name), href=f"#{id}")) for id, name, _ in sections)
    body = "\n".join(section(id, name, text) for id, name, text in sections)
    note = "published orbits, computed flight; nothing on this page was observed"
    banner = tag("div", tag("strong", "SIMULATED FLIGHT"), " ", tag("span", note), class_="banner", role="note")
    return document(
        f"[SIMULATED] {day.title}",
        banner,
        tag("header", tag("h1", esc(day.title)), tag("p", esc(lead), class_="lead")),
        tag("main", tag("nav", tag("ol", links), aria_label="Contents"), body),
        tag("footer", tag("p", "Made by swath. SIMULATED FLIGHT.")),
        kind="simulated",
    )


def _contacts(day: FlownDay) -> str:
    """Every planned contact, and what became of it."""
    flown = {str(row["contact"]): row for row in day.contacts.rows()}
    links = {str(row["contact"]): row for row in day.links.rows()}
    planned, rows = day.plan.contacts.sort_by("start", "id"), []
    for row in planned.rows():
        one = flown.get(str(row["id"]))
        became = ("not commanded", "-", "-", "") if one is None else (
            str(one["status"]), clock(one["start"], day=day.start), size(one["sent_bit"]), str(one["because"])
        )  # fmt: skip
        rows.append(
            (
                tag("code", esc(row["id"])),
                clock(row["start"], day=day.start),
                became[1],
                size(row["volume_bit"]),
                became[2],
                *_frames(links.get(str(row["id"]))),
                tag("span", esc(became[0]), class_=f"word {became[0]}"),
                esc(became[3]),
            )
        )
    lost = sum(row["status"] == "lost" for row in day.contacts.rows())
    lead = (
        f"{size(float(day.contacts.sent_bit.sum()))} of {size(float(planned.volume_bit.sum()))} came down in "
        f"{count(len(planned), 'contact')}, {lost} of them lost."
    )
    sent, gone = int(day.links.frames_sent.sum()), int(day.links.frames_lost.sum())
    lead += f" {count(sent, 'frame')} were sent, {gone:,} of them lost on the way and sent again." if sent else ""
    heads = ("contact", "planned start", "flown start", "planned", "sent", "frames", "lost", "became", "because")
    return tag("p", esc(lead)) + table("Contacts", heads, rows, numeric=(3, 4, 5, 6))


def _frames(link: Mapping[str, Any] | None) -> tuple[str, str]:
    if link is None:
        return "-", "-"
    sent, lost = int(link["frames_sent"]), int(link["frames_lost"])
    return f"{sent:,}", f"{lost:,} ({percent(lost / sent)})" if sent else "0"
