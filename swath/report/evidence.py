"""The sections that let a reader doubt: checks, truth, assumptions, and how to make the run again."""

from __future__ import annotations

from swath.model import Estimate
from swath.report.answer_card import unit_words
from swath.report.file_notes import note_for
from swath.report.outcome import Check, Outcome
from swath.report.plots import interval_plot
from swath.report.svg import esc, tag
from swath.report.tables import inputs_table, table
from swath.report.words import count, quantity

__all__ = ["assumptions", "checks", "how_to_reproduce", "truth_table"]


def checks(outcome: Outcome) -> str:
    """Every check with its result; a red one is open."""
    red = sum(not check.ok for check in outcome.checks)
    if not outcome.checks:
        return tag("p", "No checks were made.", class_="red")
    lead = (
        f"{count(red, 'check')} of {len(outcome.checks)} failed: do not rely on this run before you know why."
        if red
        else "All checks passed."
    )
    return tag("p", lead, class_="red" if red else "green") + tag(
        "ul", *(_check(c) for c in outcome.checks), class_="checks"
    )


def _check(check: Check) -> str:
    sign = tag("span", "pass" if check.ok else "FAIL", class_="green" if check.ok else "red")
    head = f"{sign} {tag('b', esc(check.name))} {esc(check.summary)}"
    if not check.details:
        return tag("li", head)
    details = tag("ul", *(tag("li", esc(text)) for text in check.details))
    opened = "" if check.ok else " open"
    return tag("li", f"<details{opened}>{tag('summary', head)}{details}</details>")


def truth_table(outcome: Outcome) -> str:
    """Estimates beside what the simulator knows."""
    inside = sum(c.inside for c in outcome.truth)
    lead = (
        f"The places were simulated, so the right answers are known. {inside} of "
        f"{count(len(outcome.truth), 'interval')} {'holds' if inside == 1 else 'hold'} the truth; of 90 % intervals "
        "about one in ten should not."
    )
    rows = [
        (
            esc(c.name),
            unit_words(quantity(c.estimate)),
            unit_words(quantity(Estimate(c.truth, c.estimate.unit, because="known"))),
            tag("span", "inside", class_="green") if c.inside else tag("span", "outside", class_="red"),
            interval_plot(c.estimate, truth=c.truth, label=c.name),
        )
        for c in outcome.truth
    ]
    return tag("p", lead) + table(
        "Estimates and simulated truth", ("what", "estimate", "truth", "", ""), rows, class_="truths"
    )


def assumptions(outcome: Outcome) -> str:
    """What was taken as given, and what the run warned of."""
    parts = []
    if outcome.warnings:
        parts.append(tag("ul", *(tag("li", esc(text)) for text in outcome.warnings), class_="warnings"))
    given = outcome.assumptions or ("No assumptions were stated.",)
    return "".join([*parts, tag("ul", *(tag("li", esc(text)) for text in given))])


def how_to_reproduce(outcome: Outcome) -> str:
    """Command, seed, versions, inputs with hashes, and what else lies beside this page."""
    versions = ", ".join(f"{name} {outcome.versions[name]}" for name in sorted(outcome.versions))
    orbits = [
        (
            esc(s.id),
            esc(s.elements.name),
            str(s.elements.norad_id),
            str(s.elements.epoch)[:19] + "Z",
            esc(s.elements.source),
        )
        for s in outcome.satellites
    ]
    rows = [(tag("code", esc(name)), esc(note_for(name))) for name in outcome.files]
    return "".join(
        [
            tag("pre", esc(outcome.command)),
            tag(
                "p",
                esc(
                    f"Seed {outcome.seed}. Versions: {versions}. The same command and versions give the same files, "
                    "byte for byte."
                ),
            ),
            table("Orbits", ("satellite", "flies on the orbit of", "catalogue number", "epoch", "source"), orbits),
            inputs_table(outcome),
            table("Files beside this page", ("file", "what it is"), rows),
        ]
    )
