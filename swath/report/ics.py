"""plan.ics: the plan as a calendar (RFC 5545), contacts and acquisitions as events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from swath.report.outcome import Outcome
from swath.report.planned import PlannedDay
from swath.report.words import size
from swath.time import format_utc, seconds

__all__ = ["calendar", "escaped", "event_id", "folded", "lasting", "plan_ics", "stamped"]

_FOLD_OCTETS = 75


def plan_ics(outcome: Outcome | PlannedDay) -> str:
    """The text of ``plan.ics``: one event per contact and per acquisition, in order of time."""
    events = sorted([*_contacts(outcome), *_acquisitions(outcome)], key=lambda e: (e[0], e[1]))
    named = ((_uid(outcome, id), event) for _, id, event in events)
    return calendar(_marked(outcome, outcome.title), outcome.plan.made, named, outcome.versions.get("swath", ""))


def calendar(
    title: str, made: np.datetime64, events: Iterable[tuple[str, Iterable[str]]], version: str = "windows"
) -> str:
    """A calendar of events: the id of each, and its lines from ``DTSTART`` on (:func:`lasting` and what is said)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//swath//{escaped(version)}//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(title)}",
    ]
    for id, event in events:
        lines += ["BEGIN:VEVENT", f"UID:{id}@swath", f"DTSTAMP:{stamped(made)}", *event]
        lines += ["TRANSP:TRANSPARENT", "END:VEVENT"]
    return "".join(folded(line) for line in [*lines, "END:VCALENDAR"])


def event_id(*names: str) -> str:
    """The same names make the same id, so that a calendar read twice shows an event once."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:32]


def lasting(start: np.datetime64, stop: np.datetime64) -> list[str]:
    """When an event begins and ends: whole seconds, and never none."""
    return [f"DTSTART:{stamped(start)}", f"DTEND:{stamped(max(stop + seconds(0.999), start + seconds(1.0)))}"]


def _contacts(outcome: Outcome | PlannedDay) -> Iterable[tuple[str, str, list[str]]]:
    for row in outcome.plan.contacts.rows():
        text = f"Contact {row['satellite']} with {row['station']}"
        body = f"{row['id']}: {size(row['volume_bit'])} planned at {row['rate_bit_s'] / 1e6:.0f} Mbit/s"
        yield _event(
            outcome,
            row["id"],
            row["start"],
            row["stop"],
            text,
            body,
            [f"LOCATION:{escaped(row['station'])}", "CATEGORIES:contact"],
        )


def _acquisitions(outcome: Outcome | PlannedDay) -> Iterable[tuple[str, str, list[str]]]:
    places = {request.id: request.place for request in outcome.requests}
    for row in outcome.plan.acquisitions.rows():
        text = f"Picture of {row['request']} by {row['satellite']}"
        body = (
            f"{row['id']}: roll {row['roll_deg']:.2f} deg, pitch {row['pitch_deg']:.2f} deg, "
            f"{size(row['data_bit'])}, down by {row['contact']}"
        )
        place = places.get(str(row["request"]))
        extra = [f"GEO:{place.lat_deg:.5f};{place.lon_deg:.5f}"] if place else []
        yield _event(outcome, row["id"], row["start"], row["stop"], text, body, [*extra, "CATEGORIES:acquisition"])


def _event(
    outcome: Outcome | PlannedDay,
    id: str,
    start: np.datetime64,
    stop: np.datetime64,
    text: str,
    body: str,
    extra: list[str],
) -> tuple[str, str, list[str]]:
    lines = [
        *lasting(start, stop),
        f"SUMMARY:{escaped(_marked(outcome, text))}",
        f"DESCRIPTION:{escaped(_marked(outcome, body))}",
    ]
    return stamped(start), str(id), lines + extra


def _marked(outcome: Outcome | PlannedDay, text: str) -> str:
    return f"[SIMULATED] {text}" if outcome.simulated else text


def _uid(outcome: Outcome | PlannedDay, id: str) -> str:
    return event_id(outcome.title, str(outcome.seed), str(outcome.start), id)


def stamped(at: np.datetime64) -> str:
    """A moment in UTC, cut to the second (RFC 5545 3.3.5)."""
    return format_utc(at.astype("datetime64[s]")).replace("-", "").replace(":", "")


def escaped(text: str) -> str:
    """RFC 5545 3.3.11; control characters, which it forbids, become spaces."""
    clean = "".join(c if c == "\n" or c.isprintable() else " " for c in text.replace("\r\n", "\n"))
    for mark in ("\\", ";", ","):
        clean = clean.replace(mark, "\\" + mark)
    return clean.replace("\n", "\\n")


def folded(line: str) -> str:
    """RFC 5545 3.1: at most 75 octets a line, never through a character."""
    parts, room = [""], _FOLD_OCTETS
    for character in line:
        octets = len(character.encode())
        if octets > room:
            parts.append(" ")
            room = _FOLD_OCTETS - 1
        parts[-1] += character
        room -= octets
    return "\r\n".join(parts) + "\r\n"
