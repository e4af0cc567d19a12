"""Tables of the report: refused and planned orders, contacts, inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from swath.report.facts import refused_groups
from swath.report.outcome import Outcome
from swath.report.svg import esc, tag
from swath.report.words import clock, count, percent, size

__all__ = ["contacts_table", "inputs_table", "plan_table", "refused_summary", "refused_table", "table"]


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[int] = (), class_: str = ""
) -> str:
    """A table with a caption and column headers; cells are markup. Columns in ``numeric`` stand right."""

    def cell(name: str, column: int, content: str) -> str:
        scope = "col" if name == "th" else None
        return tag(name, content, class_="num" if column in numeric else None, scope=scope)

    head = tag("tr", *(cell("th", n, esc(text)) for n, text in enumerate(heads)))
    body = "\n".join(tag("tr", *(cell("td", n, text) for n, text in enumerate(row))) for row in rows)
    inner = tag("table", tag("caption", esc(caption)), tag("thead", head), tag("tbody", body), class_=class_ or None)
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def refused_summary(outcome: Outcome) -> str:
    """Reasons, the most frequent first, each with a bar and one case in full."""
    groups = refused_groups(outcome)
    most = max((len(g.refusals) for g in groups), default=1)
    rows = [
        (
            tag("b", esc(g.words)),
            str(len(g.refusals)),
            tag("span", class_="meter", style=f"width:{100 * len(g.refusals) / most:.0f}%"),
            f"{tag('code', esc(g.refusals[0].request))} {esc(g.refusals[0].because)}",
        )
        for g in groups
    ]
    return table(
        "Why orders were refused", ("reason", "orders", "", "for example"), rows, numeric=(1,), class_="refused-summary"
    )


def refused_table(outcome: Outcome) -> str:
    """Every refused order with its reason in a sentence."""
    requests = {order.request.id: order.request for order in outcome.orders}
    rows = []
    for group in refused_groups(outcome):
        for refusal in group.refusals:
            request = requests.get(refusal.request)
            worth = f"{request.value:g}" if request else "-"
            kind = esc(request.kind) if request else "-"
            rows.append((tag("code", esc(refusal.request)), kind, worth, esc(group.words), esc(refusal.because)))
    return table("Refused orders", ("order", "kind", "value", "reason", "because"), rows, numeric=(2,))


def plan_table(outcome: Outcome) -> str:
    """Every planned picture, in order of time, with what became of it."""
    stations = dict(zip(outcome.plan.contacts.id.tolist(), outcome.plan.contacts.station.tolist(), strict=True))
    became = _became(outcome)
    rows = [
        (
            tag("code", esc(row["request"])),
            esc(row["satellite"]),
            clock(row["start"], day=outcome.start),
            f"{row['off_nadir_deg']:.1f}",
            f"{row['sun_elevation_deg']:.0f}",
            f"{row['gsd_m']:.1f}",
            f"{row['p_clear']:.2f}",
            f"{row['value']:.2f}",
            esc(stations.get(str(row["contact"]), row["contact"])),
            clock(row["on_ground"], day=outcome.start),
            esc(became.get(str(row["id"]), "not flown")),
        )
        for row in outcome.plan.acquisitions.sort_by("start", "id").rows()
    ]
    heads = (
        *("order", "satellite", "imaged", "off-nadir, deg", "sun, deg", "GSD, m", "P(clear)", "value"),
        *("station", "on ground", "became"),
    )
    return table("Planned pictures", heads, rows, numeric=(3, 4, 5, 6, 7))


def _became(outcome: Outcome) -> dict[str, str]:
    """Acquisition id -> delivered, done, blurred or skipped, with the reason."""
    delivered = {scene.acquisition for scene in outcome.delivered}
    texts = {}
    for row in outcome.flown.rows():
        id, state = str(row["acquisition"]), str(row["status"])
        if state == "done" and id in delivered:
            state = "delivered"
        texts[id] = f"{state}: {row['because']}" if row["because"] else state
    return texts


_CONTACT_HEADS = (
    *("contact", "satellite", "station", "start", "seconds", "planned", "received"),
    *("frames sent", "lost", "sent again", "requests (NAK)", "files whole"),
)


def contacts_table(outcome: Outcome) -> str:
    """Every planned contact with the frames and files it carried."""
    links = {str(row["contact"]): row for row in outcome.links.rows()}
    rows = []
    for row in outcome.plan.contacts.sort_by("start", "id").rows():
        seconds = float((row["stop"] - row["start"]) / np.timedelta64(1, "s"))
        cells = (
            tag("code", esc(row["id"])),
            esc(row["satellite"]),
            esc(row["station"]),
            clock(row["start"], day=outcome.start),
            f"{seconds:.0f}",
            size(row["volume_bit"]),
        )
        rows.append((*cells, *_carried(links.get(str(row["id"])))))
    return table(f"{count(len(rows), 'contact')}", _CONTACT_HEADS, rows, numeric=tuple(range(4, 12)))


def _carried(link: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What a contact carried; dashes where it was not held."""
    if link is None:
        return ("-",) * 6
    sent, lost = int(link["frames_sent"]), int(link["frames_lost"])
    share = f"{lost} ({percent(lost / sent)})" if sent else "0"
    counted = (f"{int(link[name])}" for name in ("frames_resent", "requests", "files_whole"))
    return size(link["received_bit"]), f"{sent}", share, *counted


def inputs_table(outcome: Outcome) -> str:
    """What the run was made from."""
    rows = [(esc(i.name), tag("code", esc(i.sha256)), esc(i.source)) for i in outcome.inputs]
    return table("Inputs", ("input", "SHA-256", "source"), rows, class_="inputs")
