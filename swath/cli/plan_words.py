"""A plan in words: its worth, what limits it, who got what."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swath.model import Plan
    from swath.operate.plan_only import PlannedMission
    from swath.plan.problem import Problem

__all__ = ["print_summary", "summary", "wrapped"]


def summary(problem: Problem, plan: Plan) -> dict[str, Any]:
    """What is the plan worth, what limits it, who got what? As ``--json`` prints it."""
    from dataclasses import asdict

    from swath.plan.why import limits

    bundled = {id: bundle.id for bundle in problem.bundles for id in bundle.requests}
    planned = {bundled.get(str(id), str(id)) for id in plan.acquisitions.request}
    return {
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "bound_because": plan.bound_because,
        "solver": plan.solver,
        "seed": plan.seed,
        "orders": len(planned) + len(plan.refused),
        "planned": len(planned),
        "pictures": len(plan.acquisitions),
        "contacts": len(plan.contacts),
        "shares": [asdict(share) for share in plan.shares],
        "fairness": plan.fairness,
        "limits": [{"what": row.what, "orders": list(row.orders), "value": row.value} for row in limits(problem, plan)],
        "refused": [{"order": r.request, "reason": r.reason, "because": r.because} for r in plan.refused],
    }


def wrapped(head: str, text: str) -> None:
    """Print a text in a column beside its heading."""
    lines = textwrap.wrap(text, 68) or [""]
    for number, line in enumerate(lines):
        print(f"{head if number == 0 else '':<12}{line}")


def print_summary(made: PlannedMission, *, interrupted: bool) -> None:
    """Print what :func:`summary` says, for people."""
    assert made.plan is not None
    from collections import Counter

    from swath.report.facts import reason_words
    from swath.report.words import count

    told = summary(made.problem, made.plan)
    wrapped(
        "plan",
        f"{told['planned']} of {told['orders']} orders in {told['pictures']} pictures, {told['contacts']} contacts",
    )
    wrapped("worth", f"{told['value']:.1f}, at most {told['bound']:.1f} possible (gap {100 * told['gap']:.2f} %)")
    wrapped("bound", told["bound_because"])
    wrapped("solver", f"{told['solver']}, seed {told['seed']}")
    for number, row in enumerate(told["limits"][:5]):
        ids = ", ".join(row["orders"][:4]) + (", ..." if len(row["orders"]) > 4 else "")
        wrapped("limited by" if number == 0 else "", f"{row['what']}: {count(len(row['orders']), 'order')} ({ids})")
    for number, row in enumerate(told["shares"]):
        wrapped("shares" if number == 0 else "", _share_words(row))
    if len(told["shares"]) > 1:
        wrapped("fairness", _fairness_words(told["shares"], told["fairness"]))
    counts = Counter(reason_words(r["reason"].partition(":")[0]) for r in told["refused"])
    if counts:
        words = ", ".join(f"{many} {reason}" for reason, many in counts.most_common())
        wrapped("refused", f"{sum(counts.values())}: {words}")
        wrapped("next", f"swath plan why {told['refused'][0]['order']} MISSION")
    if interrupted:
        print("Interrupted: this is the best plan so far, with its bound.")


def _share_words(row: dict[str, Any]) -> str:
    from swath.report.words import count

    words = f"{row['owner']}: {count(row['pictures'], 'picture')}, "
    words += f"{row['image_s']:.0f} of {row['asked_s']:.0f} s asked for, "
    words += f"{100 * row['share']:.0f} % of the imaging"
    if row["fair_share"] >= 1.0:
        return words
    over = f" ({count(len(row['left_over']), 'picture')} beyond it: a tenth counts)" if row["left_over"] else ""
    return f"{words}, its fair share is {100 * row['fair_share']:.0f} %{over}"


def _fairness_words(rows: list[dict[str, Any]], fairness: float) -> str:
    due = [row for row in rows if row["due_s"] > 0.0]
    if fairness >= 1.0 or not due:
        return "1.00: everybody has what an even division of the imaging would give"
    worst = min(due, key=lambda row: row["image_s"] / row["due_s"])
    return (
        f"{fairness:.2f}: {worst['owner']} has {worst['image_s']:.0f} s, an even division of the imaging by fair "
        f"shares would give it {worst['due_s']:.0f} s"
    )
