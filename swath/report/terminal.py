"""What does the terminal say at the end of a run? At most 24 lines of 80 columns, the answer first."""

from __future__ import annotations

import textwrap

from swath.report.facts import counts, first_map_text, refused_text, steps, verdict
from swath.report.outcome import Check, Outcome, Urgent
from swath.report.words import clock, count, quantity, shortened, span

__all__ = ["COLUMNS", "LINES", "summary_lines"]

LINES, COLUMNS = 24, 80
_LABEL = 10
_ROOM = COLUMNS - _LABEL


def summary_lines(outcome: Outcome) -> list[str]:
    """The whole run in at most 24 lines of 80 printable characters."""
    lines = _answer(outcome)
    for story in outcome.urgent[:1]:
        lines += _story(outcome, story)
    lines += _plan(outcome)
    lines += _checks(outcome.checks)
    if outcome.warnings:
        more = f" (and {len(outcome.warnings) - 1} more)" if len(outcome.warnings) > 1 else ""
        lines += _entry("WARNING", shortened(outcome.warnings[0], _ROOM - len(more)) + more, 1)
    lines += _entry("FILES", " ".join(_files(outcome)), 2)
    lines += _entry("NEXT", f"open {_inside(outcome, 'report.html')} | swath verify {outcome.folder}", 2)
    lines.append(
        shortened(f"done in {span(outcome.wall_s)} on {count(outcome.cores, 'core')}, seed {outcome.seed}", COLUMNS)
    )
    return lines


def _answer(outcome: Outcome) -> list[str]:
    found = verdict(outcome)
    headline = found.headline
    if found.unseen is not None:
        headline += f", {quantity(found.unseen, doubt=False)} could not be seen"
    lines = _entry("ANSWER", headline, 2)
    if found.status not in ("mapped", "routine") and found.because:
        lines += _entry("", found.because, 1)
    for story in outcome.urgent[:1]:
        lines += _entry("", first_map_text(story), 1)
    return [*lines, *_entry("", f"[{outcome.banner}]", 1)]


def _story(outcome: Outcome, story: Urgent) -> list[str]:
    lines = []
    for step in steps(outcome, story):
        if step.at is None:
            lines += _entry(step.name, f"not done: {story.because or 'no reason given'}", 1)
            break
        time = clock(step.at, day=outcome.start)
        lines += _entry(step.name, f"{time}  {step.text}", 1)
    if len(outcome.urgent) > 1:
        lines += _entry("", f"and {count(len(outcome.urgent) - 1, 'more urgent order')}: see report.html", 1)
    return lines


def _plan(outcome: Outcome) -> list[str]:
    plan, found = outcome.plan, counts(outcome)
    worth = f"value {plan.value:.1f}, at most {plan.bound:.1f} possible (gap {100 * plan.gap:.1f} %)"
    text = f"{found.planned} of {count(found.ordered, 'order')}, {worth}"
    return _entry("PLAN", text, 1) + _entry("refused", refused_text(outcome), 2)


def _checks(checks: tuple[Check, ...]) -> list[str]:
    parts = [f"{c.name} {c.summary}" if c.ok else f"{c.name} RED: {c.summary}" for c in checks]
    lines = _entry("CHECKS", " | ".join(parts) or "none were made", 2)
    red = [check for check in checks if not check.ok]
    for check in red[:2]:
        lines += _entry("RED", f"{check.name}: {check.details[0] if check.details else check.summary}", 1)
    return lines


def _files(outcome: Outcome) -> list[str]:
    names = list(outcome.files)
    return [_inside(outcome, names[0]), *names[1:]] if names else ["none"]


def _inside(outcome: Outcome, name: str) -> str:
    return f"{outcome.folder.rstrip('/')}/{name}"


def _entry(label: str, text: str, most: int) -> list[str]:
    """Text beside a label, wrapped to at most ``most`` lines."""
    flat = shortened(text, 100 * COLUMNS)
    rows = textwrap.wrap(flat, _ROOM, break_long_words=True, break_on_hyphens=False, max_lines=most, placeholder=" ...")
    return [f"{label if n == 0 else '':<{_LABEL}}{row}".rstrip() for n, row in enumerate(rows or [""])]
