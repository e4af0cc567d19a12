"""The story of the urgent order in words and as a line of moments."""

from __future__ import annotations

from swath.report.facts import Step, acquisition_row, extent, first_map_text, steps
from swath.report.outcome import Outcome, Urgent
from swath.report.svg import Axis, esc, tag
from swath.report.words import clock, count, sentence, span_between, spoken
from swath.time import format_utc, seconds

__all__ = ["lead", "story_section"]

_WORDS = (
    "Look: a way to take the picture in one pass. Off-nadir: angle from straight down. P(clear): forecast chance of a "
    "cloud-free view. GSD: size of a pixel on the ground. CE90: nine of ten points lie within this distance of their "
    "true place."
)
_LEAST_APART = 3.4
"""per cent of the line between the middles of two numbered marks"""


def lead(outcome: Outcome) -> str:
    """The paragraph under the title: who was asked what, and what came of it."""
    routine = sum(not order.request.urgent for order in outcome.orders)
    period = f"{format_utc(outcome.start)[:10]}, {span_between(outcome.start, outcome.stop)}"
    fleet = f"{count(len(outcome.satellites), 'satellite')} and {count(len(outcome.stations), 'ground station')}"
    texts = [f"{period}. {fleet} had {count(routine, 'routine order')} to serve."]
    texts += [_told(outcome, story) for story in outcome.urgent[:1]]
    return tag("p", esc(" ".join(texts)), class_="lead")


def _told(outcome: Outcome, story: Urgent) -> str:
    request = outcome.request(story.request)
    area = f" for a {extent(request)} area" if request else ""
    text = f"At {clock(story.ordered, day=outcome.start)} an urgent order{area} came in, {story.request}."
    row = acquisition_row(outcome, story.acquisition)
    if row is None:
        return f"{text} It could not be planned: {story.because}."
    acquisitions = outcome.plan.acquisitions
    text += f" {count(story.looks_offered, 'look')} {'was' if story.looks_offered == 1 else 'were'} possible."
    if story.imaged is None:
        return f"{text} {acquisitions.satellite[row]} was to take it but did not: {story.because}."
    text += (
        f" {acquisitions.satellite[row]} took the picture at {clock(story.imaged, day=outcome.start)}, "
        f"looking {acquisitions.off_nadir_deg[row]:.0f} degrees off the vertical."
    )
    if story.on_ground is None:
        return f"{text} It did not come down: {story.because}."
    text += f" The data was on the ground at {spoken(story.station)} at {clock(story.on_ground, day=outcome.start)}"
    if story.mapped is None:
        return f"{text} but was not mapped: {story.because}."
    return f"{text} and the map was ready at {clock(story.mapped, day=outcome.start)}."


def story_section(outcome: Outcome) -> str:
    """A line per urgent order: numbered moments at their true distance in time, and what each was."""
    return "".join(_story(outcome, story) for story in outcome.urgent) + tag("p", _WORDS, class_="note")


def _story(outcome: Outcome, story: Urgent) -> str:
    told = steps(outcome, story)
    name = tag("h3", tag("code", esc(story.request))) if len(outcome.urgent) > 1 else ""
    items = [_item(outcome, number, step, told) for number, step in enumerate(told, 1)]
    return name + _line(told) + tag("ol", *items, class_="story") + tag("p", esc(_best(story)), class_="note")


def _best(story: Urgent) -> str:
    look = f" ({story.earliest_look})" if story.earliest_look and story.earliest_mapped is not None else ""
    return " ".join(sentence(text) for text in (f"{first_map_text(story)}{look}", story.because) if text)


def _item(outcome: Outcome, number: int, step: Step, told: tuple[Step, ...]) -> str:
    before = told[number - 2].at if number > 1 else None
    happened = step.at is not None
    wait = f"{span_between(before, step.at)} {step.wait}" if happened and before is not None else ""
    return tag(
        "li",
        tag("span", wait or "\u00a0", class_="wait"),
        tag("span", str(number), class_="dot", aria_hidden="true"),
        tag("b", esc(step.name)),
        _moment(outcome, step),
        tag("span", esc(step.text) if happened or number == 2 else ""),
        class_=None if happened else "missing",
    )


def _moment(outcome: Outcome, step: Step) -> str:
    if step.at is None:
        return tag("span", "not done", class_="when")
    return tag("time", clock(step.at, day=outcome.start), datetime=format_utc(step.at), class_="when")


def _line(told: tuple[Step, ...]) -> str:
    """Segments true to scale; marks that would cover each other are pushed on."""
    done = [(number, step.at, step.wait) for number, step in enumerate(told, 1) if step.at is not None]
    first, last = done[0][1], done[-1][1]
    if last <= first:
        return ""
    axis = Axis(first, max(last, first + seconds(1.0)), 0.0, 100.0)
    at = [float(axis(time)) for _, time, _ in done]
    parts = [
        tag("span", class_=f"segment w{number}", style=f"left:{a:.2f}%;width:{b - a:.2f}%", title=wait)
        for (number, _, wait), a, b in zip(done[1:], at[:-1], at[1:], strict=True)
    ]
    shown = [at[0]]
    for place in at[1:]:
        shown.append(max(place, shown[-1] + _LEAST_APART))
    for n in range(len(shown) - 1, -1, -1):
        shown[n] = min(shown[n], 100.0 - _LEAST_APART * (len(shown) - 1 - n))
    marks = [
        tag("span", str(number), class_="dot", style=f"left:{x:.2f}%")
        for (number, _, _), x in zip(done, shown, strict=True)
    ]
    return tag("div", *parts, *marks, class_="line", aria_hidden="true")
