"""The sections about the flight: planned beside flown, on board, how long orders waited, commands, a picture strip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from swath.fly.outcomes import furthest_apart
from swath.report.board import board_figure
from swath.report.flown import FlownDay, OrderTimes, outcome_counts, waits
from swath.report.raster import photo_uri
from swath.report.svg import esc, tag
from swath.report.tables import table
from swath.report.words import clock, count, number, span, span_between, spoken

__all__ = ["board_section", "commands_section", "flown_section", "strip_section", "waits_section"]

_WORDS = {
    "done": "taken, and on the ground within a minute of the plan",
    "late": "whole on the ground, but later",
    "blurred": "taken before the turn had settled",
    "lost": "not taken, not kept, or not down whole",
}
_WORST = ("lost", "blurred", "late")
_SHOWN = 15


def flown_section(day: FlownDay) -> str:
    """How many went as planned, what did not and why, and every picture in a folded table."""
    counted, all_ = outcome_counts(day.outcomes), len(day.outcomes)
    lead = f"Of {count(all_, 'planned picture')} {counted['done']} went as planned."
    key = [
        tag("span", tag("span", class_=f"swatch {name}"), f"{amount} {name}: {_WORDS[name]}")
        for name, amount in counted.items()
    ]
    bar = "".join(
        tag(
            "span", class_=f"part {name}", style=f"width:{100.0 * amount / max(all_, 1):.3f}%", title=f"{amount} {name}"
        )
        for name, amount in counted.items()
        if amount
    )
    worst = [row for name in _WORST for row in np.flatnonzero(day.outcomes.outcome == name).tolist()]
    told = f": {_SHOWN} of {len(worst)}, the worst first, all of them below" if len(worst) > _SHOWN else ""
    parts = [tag("p", esc(lead)), tag("div", bar, class_="parts", role="img", aria_label=lead)]
    parts.append(tag("p", *key, class_="legend"))
    if worst:
        parts.append(_outcome_table(day, day.outcomes.take(worst[:_SHOWN]), f"What went otherwise{told}"))
    folded = (
        tag("summary", f"All {count(all_, 'planned picture')}"),
        _outcome_table(day, day.outcomes, "Planned and flown"),
    )
    return "".join([*parts, tag("details", *folded)])


def _outcome_table(day: FlownDay, told: Any, caption: str) -> str:
    rows = [
        (
            tag("code", esc(row["request"])),
            tag("code", esc(row["acquisition"])),
            tag("span", esc(row["outcome"]), class_=f"word {row['outcome']}"),
            clock(row["planned"], day=day.start),
            clock(row["down"], day=day.start),
            esc(row["because"]),
        )
        for row in told.rows()
    ]
    return table(caption, ("order", "picture", "became", "planned on ground", "on ground", "because"), rows)


def board_section(day: FlownDay) -> str:
    """Curves of every satellite, and how far battery and memory were from what the plan foresaw."""
    apart = furthest_apart(day.foreseen, day.telemetry)
    worst = max(apart, key=lambda id: apart[id]["battery_wh"], default="")
    text = ""
    if worst:
        fullest = max(apart, key=lambda id: apart[id]["memory_bit"])
        text = (
            f"At most {number(apart[worst]['battery_wh'], 1)} Wh of battery ({worst}) and "
            f"{number(apart[fullest]['memory_bit'] / 1e9, 2)} Gbit of memory ({fullest}) from what was foreseen."
        )
    key = [
        tag(
            "span", tag("span", class_="swatch stroke planned"), "foreseen: the same plan, everything going by the book"
        ),
        tag("span", tag("span", class_="swatch stroke flown"), "flown"),
        tag("span", tag("span", class_="swatch night"), "in the Earth's shadow"),
        tag("span", tag("span", class_="swatch limit"), "limit"),
    ]
    rows = [_lowest(day, satellite.id) for satellite in day.satellites]
    heads = ("satellite", "lowest battery", "foreseen", "fullest memory", "foreseen", "warmest camera, battery, radio")
    drawn = tag("div", board_figure(day), class_="scroll wide", tabindex="0", role="region", aria_label="On board")
    figure = tag("figure", tag("p", *key, class_="legend"), drawn, tag("figcaption", "UTC. Hover for names."))
    return tag("p", esc(text)) + table("Extremes of the day", heads, rows, numeric=(1, 2, 3, 4, 5)) + figure


def _lowest(day: FlownDay, id: str) -> tuple[str, ...]:
    true, book = (t.take(t.satellite == id) for t in (day.telemetry, day.foreseen))
    if not len(true) or not len(book):
        return (esc(id), "-", "-", "-", "-", "-")
    warmest = ", ".join(f"{column.max():.1f}" for column in (true.temperature_k, true.battery_k, true.radio_k))
    return (
        esc(id),
        f"{true.battery_wh.min():.1f} Wh",
        f"{book.battery_wh.min():.1f} Wh",
        f"{true.memory_bit.max() / 1e9:.2f} Gbit",
        f"{book.memory_bit.max() / 1e9:.2f} Gbit",
        f"{warmest} K",
    )


def waits_section(day: FlownDay) -> str:
    """From the order to each stage: median and nine in ten, routine and urgent apart; every order folded."""
    parts = []
    for name, urgent in (("planned urgent order", True), ("planned routine order", False)):
        times = day.times.take(day.times.urgent == urgent)
        rows = [(wait.stage, f"{wait.orders}", span(wait.median_s), span(wait.p90_s)) for wait in waits(times)]
        if rows:
            heads = ("from the order until", "orders", "median", "nine in ten within")
            parts.append(table(count(len(times), name), heads, rows, numeric=(1, 2, 3)))
    folded = tag("summary", f"All {count(len(day.times), 'planned order')}"), _times_table(day, day.times)
    return "".join([*parts, tag("details", *folded)])


def _times_table(day: FlownDay, times: OrderTimes) -> str:
    stages = ("ordered", "accepted", "imaged", "down", "mapped")
    rows = [
        (
            tag("code", esc(row["request"])),
            *(clock(row[stage], day=day.start) for stage in stages),
            span_between(row["ordered"], row["mapped"]) if not np.isnat(row["mapped"]) else "-",
        )
        for row in times.rows()
    ]
    return table("Moments of each order", ("order", *stages, "order to map"), rows)


def commands_section(day: FlownDay) -> str:
    """What went up, pass by pass."""
    told = day.commands
    missed = told.take(told.acknowledged == 0)
    used = len(told) - len(missed)
    lead = (
        f"{int(told.acknowledged.sum()):,} commands went up in {count(used, 'pass', 'passes')}, in "
        f"{int(told.frames.sum()):,} frames, and were acknowledged one by one; what each satellite accepted, began and "
        "completed it reported itself."
        if used
        else "Nothing went up."
    )
    if len(missed):
        lead += f" In {count(len(missed), 'pass', 'passes')} nothing got through: what waited went on waiting."
    rows = [
        (
            esc(row["satellite"]),
            esc(spoken(str(row["station"]))),
            clock(row["start"], day=day.start),
            f"{row['commands']}",
            f"{row['frames']}",
            f"{row['acknowledged']}",
        )
        for row in told.sort_by("start", "satellite").rows()
    ]
    heads = ("satellite", "station", "pass", "commands waiting", "frames sent", "acknowledged")
    return tag("p", esc(lead)) + (table("Passes", heads, rows, numeric=(3, 4, 5)) if rows else "")


def strip_section(day: FlownDay) -> str:
    """Small pictures in the order of time."""
    became = dict(zip(day.outcomes.acquisition.tolist(), day.outcomes.outcome.tolist(), strict=True))
    strip = tag("div", *(_frame(id, look, became) for id, look in day.strip.items()), class_="strip")
    if day.compression_ratio is None:
        return strip
    said = f"On board the samples of 12 bits were made {day.compression_ratio:.2f} times smaller without loss"
    return strip + tag("p", f"{said} (CCSDS 121), each strip read back and compared.")


def _frame(id: str, look: Any, became: Mapping[str, str]) -> str:
    said = esc(f"{look.caption}. Simulated.")
    picture = f'<img src="{photo_uri(look.png, longest_px=132)}" alt="{said}" title="{said}" loading="lazy">'
    word = became.get(id, "")
    mark = tag("span", word, class_=f"word {word}") if word not in ("", "done") else ""
    return tag("figure", picture, tag("figcaption", clock(look.taken)[11:16] + "Z ", tag("b", "SIMULATED"), " ", mark))
