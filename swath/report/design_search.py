"""The report of a search: what more satellites bring, what they cost, and the front between the two."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from swath.report.parts import Grid, Heading, Part, Picture, Points, parts_page, parts_pdf

__all__ = ["search_page", "search_pdf", "search_png"]

_GOALS = {
    "response_p95": "wait for a picture that 95 % of requests stay below",
    "response_mean": "mean wait for a picture",
    "gap_mean": "mean gap between looks",
    "gap_p95": "gap that 95 % of gaps stay below",
    "gap_largest": "largest gap",
    "delivery_p95": "wait for a picture on the ground that 95 % stay below",
    "delivery_mean": "mean wait for a picture on the ground",
}
_METHOD = (
    "Method: looks by SGP4 on kept orbits; differential evolution over orbit, number of planes, first plane, step from "
    "plane to plane, step along and first place, begun with every Walker pattern (delta and star) and the even plane "
    "on every orbit; then over each satellite's own plane and place. The best are measured again by their own motion: "
    "the answer is never worse than the best pattern or the best even plane.",
    "Who has the same inputs and seed makes the same page.",
)


def search_png(answer: Mapping[str, Any]) -> bytes:
    """The goal by number of satellites beside Walker and one plane, and the front of cost and largest gap."""
    from matplotlib.figure import Figure

    rows = [row for row in answer["search"] if row["found_days"] is not None]
    figure = Figure(figsize=(10.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1.0))
    at = [row["satellites"] for row in rows]
    for key, words, style in (
        ("one_plane_days", "best even plane", {"color": "#8a8a8a", "marker": "s"}),
        ("walker_days", "best Walker pattern", {"color": "#5b6fb5", "marker": "o"}),
        ("found_days", "found", {"color": "#00796b", "marker": "D", "linewidth": 2.2}),
    ):
        pairs = [(row["satellites"], 24.0 * row[key]) for row in rows if row[key] is not None]
        if pairs:
            left.plot(*zip(*pairs, strict=True), label=words, markersize=5, **style)
    if rows:
        low = [24.0 * row["low_days"] if row["low_days"] is not None else float("nan") for row in rows]
        high = [24.0 * row["high_days"] if row["high_days"] is not None else float("nan") for row in rows]
        left.fill_between(at, low, high, color="#00796b", alpha=0.18, linewidth=0, label="9 in 10")
    lost = [(row["satellites"], 24.0 * row["worst_loss_days"]) for row in rows if row["worst_loss_days"]]
    if lost:
        left.plot(*zip(*lost, strict=True), "v", color="#a32020", markersize=6, label="after the worst loss of one")
    left.set(xlabel="satellites", ylabel="hours", title=_GOALS[answer["goal"]], ylim=(0, None))
    left.set_xticks(at)
    left.legend(fontsize=8)
    _front(right, rows)
    for axes in (left, right):
        axes.grid(color="0.88", linewidth=0.6)
        axes.set_axisbelow(True)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    return file.getvalue()


def _front(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    priced = any(row["cost"] for row in rows)
    across = "cost" if priced else "satellites"
    known = [row for row in rows if row["largest_gap_days"] is not None]
    for best, color, words in ((True, "#00796b", "on the front"), (False, "0.6", "beaten by another")):
        some = [row for row in known if row["pareto"] is best]
        if some:
            axes.plot(
                [row[across] for row in some], [24.0 * row["largest_gap_days"] for row in some], "o", color=color,
                label=words,
            )  # fmt: skip
    for row in known:
        axes.annotate(
            str(row["satellites"]), (row[across], 24.0 * row["largest_gap_days"]), xytext=(5, 5), fontsize=8,
            textcoords="offset points",
        )  # fmt: skip
    axes.set(xlabel="cost (user's unit)" if priced else "satellites", ylabel="largest gap anywhere [h]", ylim=(0, None))
    axes.set_title("Satellites, worst case, cost")
    if known:
        axes.legend(fontsize=8)


def _title(answer: Mapping[str, Any]) -> str:
    return f"The best constellations for {answer['region']['name']}"


def search_page(answer: Mapping[str, Any]) -> str:
    """One page that opens from disk."""
    return parts_page(_title(answer), _lead(answer), _parts(answer))


def search_pdf(answer: Mapping[str, Any]) -> bytes:
    """The same to print."""
    return parts_pdf(_title(answer), _lead(answer), _parts(answer))


def _lead(answer: Mapping[str, Any]) -> str:
    return f"Goal: the {_GOALS[answer['goal']]}; {answer['days']:g} days, seed {answer['seed']}."


def _parts(answer: Mapping[str, Any]) -> list[Part]:
    heads = ("satellites", "planes", "found\nh", "9 in 10\nh", "Walker\nh", "one plane\nh", "worst loss\nh",
             "largest gap\nh", "cost", "front")  # fmt: skip
    rows = tuple(
        (
            str(row["satellites"]), str(row["planes"]), _h(row["found_days"]),
            f"{_h(row['low_days'])} - {_h(row['high_days'])}", _h(row["walker_days"]), _h(row["one_plane_days"]),
            _h(row["worst_loss_days"]), _h(row["largest_gap_days"]), f"{row['cost']:,.1f}",
            "yes" if row["pareto"] else "",
        )
        for row in answer["search"]
    )  # fmt: skip
    stations = [f"{row['satellites']}: {', '.join(row['stations'])}" for row in answer["search"] if row["stations"]]
    said: list[Part] = [Heading("Stations"), Points(tuple(stations))] if stations else []
    return [
        Picture("What more satellites bring, and the front of largest gap and cost", search_png(answer)),
        Grid("Each number of satellites", heads, rows),
        *said,
        Heading("The constellations, satellite by satellite"),
        Points(tuple(_orbit(row) for row in answer["search"])),
        Heading("Assumptions and method"),
        Points((*answer["warnings"], *_METHOD)),
    ]


def _h(days: float | None) -> str:
    return "-" if days is None else f"{24.0 * days:.1f}"


def _orbit(row: Mapping[str, Any]) -> str:
    each = "; ".join(
        f"{slot['above_equatorial_m'] / 1e3:.1f} km above the equatorial radius, {slot['inclination_deg']:.3f} deg, "
        f"node {slot['raan_deg']:.2f} deg (local time {slot['local_time_h']:.2f} h), "
        f"{slot['argument_of_latitude_deg']:.1f} deg past it"
        for slot in row["slots"]
    )
    return f"{row['satellites']}: {each}"
