"""The answer, large, with its doubt, what could not be seen, and whether to trust it."""

from __future__ import annotations

from swath.report.facts import Verdict, counts, verdict
from swath.report.outcome import Outcome
from swath.report.plots import interval_plot
from swath.report.svg import esc, tag
from swath.report.words import count, interval, number, quantity, sentence, span_between

__all__ = ["answer_card", "unit_words"]


def answer_card(outcome: Outcome) -> str:
    """The first thing that is read."""
    found = verdict(outcome)
    figure = (
        _number(outcome, found)
        if found.flooded is not None
        else tag("p", esc(sentence(found.headline)), class_="headline")
    )
    because = tag("p", esc(sentence(found.because)), class_="note") if found.because else ""
    inner = tag("div", tag("h2", "Answer", id="answer"), figure, because) + tag("dl", *_facts(outcome, found))
    return tag("section", inner, class_=f"card {found.status}", aria_labelledby="answer")


def unit_words(text: str) -> str:
    """Units as a page can show them."""
    return esc(text).replace("km2", "km²")


def _number(outcome: Outcome, found: Verdict) -> str:
    flooded = found.flooded
    assert flooded is not None
    value = quantity(flooded, doubt=False).split(" ")[0]
    doubt = interval(flooded)
    confidence = f"{100 * flooded.confidence:.3g} %"
    said = f"{doubt.rsplit(',', 1)[0]} km² with {confidence} confidence" if doubt else esc(flooded.because)
    truth = next((c.truth for c in outcome.truth if c.estimate == flooded), None)
    legend = "bar: interval; dot: estimate" + ("; diamond: the simulated truth" if truth is not None else "")
    plot = interval_plot(flooded, truth=truth, label="flooded area")
    caption = tag("figcaption", legend) if plot else ""
    return (
        tag("p", tag("span", value, class_="big"), " ", unit_words(flooded.unit), " flooded", class_="headline")
        + tag("p", said.replace("km2", "km²"), class_="doubt")
        + (tag("figure", plot, caption) if plot else "")
    )


def _facts(outcome: Outcome, found: Verdict) -> list[str]:
    facts = []
    if found.unseen is not None:
        facts.append(("Could not be seen", unit_words(quantity(found.unseen)), "the interval allows for flood there"))
    for story in outcome.urgent[:1]:
        took = span_between(story.ordered, story.mapped) if story.mapped is not None else "no map"
        best = span_between(story.ordered, story.earliest_mapped)
        facts.append(("From order to map", took, f"the earliest this fleet could: {best}" if best != "-" else ""))
        scene = outcome.scene(story.acquisition) if story.acquisition else None
        if scene is not None:
            facts.append(
                ("Placed within", unit_words(quantity(scene.ce90_m)), "of its true position, in 9 of 10 cases (CE90)")
            )
    found_counts = counts(outcome)
    facts.append(
        (
            "Orders planned",
            f"{found_counts.planned} of {found_counts.ordered}",
            f"{found_counts.delivered} delivered, {found_counts.refused} refused",
        )
    )
    red = [check.name for check in outcome.checks if not check.ok]
    state = (
        f"{len(red)} of {count(len(outcome.checks), 'check')} red"
        if red
        else f"all {number(len(outcome.checks), 0)} green"
    )
    facts.append(
        ("Checks", tag("span", esc(state), class_="red" if red else "green"), esc(", ".join(red)) if red else "")
    )
    return [
        tag("div", tag("dt", name), tag("dd", tag("b", value), tag("span", note) if note else ""))
        for name, value, note in facts
    ]
