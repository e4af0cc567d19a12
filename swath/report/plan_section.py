"""The sections about the plan: its worth, who lost to the urgent order, what was refused, what came down."""

from __future__ import annotations

from swath.report.facts import counts, displaced, refused_groups
from swath.report.outcome import Outcome
from swath.report.plots import value_bar
from swath.report.svg import esc, tag
from swath.report.tables import contacts_table, plan_table, refused_summary, refused_table
from swath.report.words import clock, count, listed, percent, size

__all__ = ["contacts_section", "plan_section", "refused_section"]


def plan_section(outcome: Outcome) -> str:
    """Worth, bound and gap, what the urgent order cost, and every picture in a folded table."""
    plan, found = outcome.plan, counts(outcome)
    lead = (
        f"{found.planned} of {count(found.ordered, 'order')} are in the plan. It is worth {plan.value:.1f}; no plan "
        f"could be worth more than {plan.bound:.1f}, so at most {percent(plan.gap)} is missing to the best."
    )
    parts = [tag("p", esc(lead)), value_bar(plan.value, plan.bound)]
    lost = displaced(outcome)
    if outcome.urgent:
        before = outcome.first_plan
        held = count(len(before.acquisitions), "picture")
        cost = f"Before the urgent order the plan held {held}, worth {before.value:.1f}. "
        cost += (
            f"Making room for it cost {count(len(lost), 'order')}: {listed(lost)}."
            if lost
            else "No other order was lost to it."
        )
        parts.append(tag("p", esc(cost)))
    made = f"Solver: {plan.solver}, seed {plan.seed}, made {clock(plan.made)}. Bound: {plan.bound_because}."
    folded = tag(
        "details", tag("summary", f"All {count(len(plan.acquisitions), 'planned picture')}"), plan_table(outcome)
    )
    return "".join([*parts, tag("p", esc(made), class_="note"), folded])


def refused_section(outcome: Outcome) -> str:
    """Reasons first, then every order."""
    refused = outcome.plan.refused
    if not refused:
        return tag("p", "No order was refused.")
    groups = len(refused_groups(outcome))
    lead = f"{count(len(refused), 'order')} could not be served, for {count(groups, 'reason')}."
    folded = tag("details", tag("summary", f"All {count(len(refused), 'refused order')}"), refused_table(outcome))
    return tag("p", lead) + refused_summary(outcome) + folded


def contacts_section(outcome: Outcome) -> str:
    """Frames sent, lost and sent again, in sum and per contact."""
    links = outcome.links
    sent, lost, again = (int(column.sum()) for column in (links.frames_sent, links.frames_lost, links.frames_resent))
    missing = sum(scene.missing_fraction > 0 for scene in outcome.delivered)
    share = f" ({percent(lost / sent)})" if sent else ""
    lead = (
        f"{size(float(links.received_bit.sum()))} came down in {count(len(outcome.plan.contacts), 'contact')}: "
        f"{count(sent, 'frame')} sent, {lost:,} lost on the way{share}, {again:,} sent "
        f"again on {count(int(links.requests.sum()), 'request')} (CFDP NAK). "
        + (
            f"{count(missing, 'picture')} still {'has' if missing == 1 else 'have'} gaps."
            if missing
            else "No picture has gaps."
        )
    )
    folded = tag(
        "details", tag("summary", f"All {count(len(outcome.plan.contacts), 'contact')}"), contacts_table(outcome)
    )
    return tag("p", esc(lead)) + folded
