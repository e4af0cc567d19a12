"""The report of a growth: a picture of what each launch buys, maps before and after, the table, assumptions, method."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.design.atlas import Atlas, fleet_looks, own_columns
from swath.design.coverage import Coverage, coverage_of
from swath.design.growth import Grown
from swath.design.looks import Looks
from swath.report.design_plots import points_png
from swath.report.page import answer_page

__all__ = ["growth_page", "growth_png"]

Floats = npt.NDArray[np.float64]

_COLORS = {"buy_days": "#d2691e", "aim_days": "#00796b", "one_plane_days": "#8a8a8a", "walker_days": "#5b6fb5"}
_WORDS = {
    "buy_days": "best next one each time",
    "aim_days": "aiming at the best of the last",
    "one_plane_days": "all in one plane",
    "walker_days": "best Walker pattern",
}
_GOALS = {
    "response_p95": "wait that 95 % of requests stay below",
    "response_mean": "mean wait for a picture",
    "gap_mean": "mean gap between looks",
    "gap_p95": "gap that 95 % of gaps stay below",
    "gap_largest": "largest gap",
}


def growth_png(answer: Mapping[str, Any]) -> bytes:
    """What each launch buys, by each way to grow, with the worst loss of one satellite above it."""
    from matplotlib.figure import Figure

    rows = answer["growth"]
    figure = Figure(figsize=(10.5, 4.8), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(_WORDS)
    for number, (key, words) in enumerate(_WORDS.items()):
        at = [row["satellites"] + (number - 1.5) * width for row in rows if row[key] is not None]
        hours = [24.0 * row[key] for row in rows if row[key] is not None]
        axes.bar(at, hours, width * 0.92, color=_COLORS[key], label=words)
        for x, value in zip(at, hours, strict=True):
            axes.text(x, value, f"{value:.0f}", ha="center", va="bottom", fontsize=7, color="0.3")
    lost = [(row["satellites"] - 1.5 * width, 24.0 * row["worst_loss_days"]) for row in rows if row["worst_loss_days"]]
    if lost:
        axes.plot(*zip(*lost, strict=True), "v", color="#a32020", markersize=6, label="... after the worst loss of one")
    axes.set(xlabel="satellites", ylabel="hours", title=f"{answer['region']['name']}: {_GOALS[answer['goal']]}")
    axes.set_xticks([row["satellites"] for row in rows])
    axes.set_ylim(0, None)
    axes.grid(axis="y", color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(fontsize=8)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    return file.getvalue()


def growth_page(
    answer: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    atlases: Sequence[Atlas],
    steps: Sequence[Grown],
    land: Sequence[Floats],
) -> str:
    """One page that a minister and an engineer can read; who has the same inputs and seed makes it again."""
    before, after = (_seen(atlases, grown) for grown in (steps[0], steps[-1]))
    known = np.concatenate([24.0 * coverage.point_gap_days for _, coverage in (before, after)])
    known = known[np.isfinite(known)]
    scale = (0.0, float(known.max())) if len(known) else None
    pictures = [
        ("What each launch buys", growth_png(answer)),
        (
            f"Mean gap with {steps[0].satellites}",
            points_png([before], land, f"{steps[0].satellites} flying", scale=scale),
        ),
        (
            f"Mean gap with {steps[-1].satellites}, aimed",
            points_png([after], land, f"{steps[-1].satellites}, aimed", scale=scale),
        ),
    ]
    orbits = [
        f"{row['satellites']}: {slot['above_equatorial_m'] / 1e3:.1f} km above the equatorial radius, "
        f"{slot['inclination_deg']:.3f} deg, node {slot['raan_deg']:.2f} deg (local time {slot['local_time_h']:.2f} h "
        f"by the mean Sun), {slot['argument_of_latitude_deg']:.1f} deg past it at the start"
        for row in answer["growth"]
        for slot in row["aim_slots"][-1:]
    ]
    notes = {"warnings": [*answer["warnings"], *_METHOD, "The aim, satellite by satellite:", *orbits]}
    title = f"What each launch buys: {answer['region']['name']}"
    return answer_page(title, rows, list(rows[0]), notes=notes, pictures=pictures)


_METHOD = (
    "Method: looks by SGP4 on kept orbits; the search is differential evolution over planes and places along them, "
    "begun with every Walker pattern and the even plane, and all results measured again by their own motion.",
    "A launch is one satellite. After the worst loss: any one satellite or launch gone, the others where they are.",
    "buy: the best for each launch alone, a new plane only where it is 5 % better; aim: on the way to the best of the "
    "last launch; free: the best if all that do not fly could be placed anew.",
)


def _seen(atlases: Sequence[Atlas], grown: Grown) -> tuple[Looks, Coverage]:
    slots = grown.toward.slots
    looks = fleet_looks(atlases[0], [own_columns(atlases[slot.shape], slot) for slot in slots])
    return looks, coverage_of(looks)
