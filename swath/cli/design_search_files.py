"""What ``swath design search`` says: rows, a table for 80 columns, a report, the fleet itself."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from swath.cli.design_options import Budget
    from swath.design.atlas import Slot
    from swath.design.optimise import Optimum, Wish
    from swath.model import Elements

__all__ = ["FORMS", "search_answer", "search_file", "search_lines", "sets_of"]

FORMS = (".png", ".pdf")
"""besides those of every command"""
_GOALS = {
    "response_p95": "95 % of requests have a picture within",
    "response_mean": "mean waiting time to a picture",
    "gap_mean": "mean gap between looks",
    "gap_p95": "95 % of gaps are shorter than",
    "gap_largest": "largest gap anywhere",
    "delivery_p95": "95 % of requests have a picture on the ground within",
    "delivery_mean": "mean time until a picture is on the ground",
}


def _days(value: float, span_days: float) -> float | None:
    """``None`` where part of the region is not served within the span."""
    return None if value > span_days else value


def search_answer(
    wish: Wish, found: Sequence[Optimum], names: Sequence[str], asked: Mapping[str, Any], budget: Budget
) -> dict[str, Any]:
    """The answer as plain values."""
    from swath.design.growth import pareto

    if budget.per_launch < 1 or min(budget.price_satellite, budget.price_launch) < 0.0:
        raise InputError("a price below zero, or an empty launch", where="--per-launch", fix="Give 1 or more, and >= 0")
    rows = [_row(wish, one, names, budget, asked["days"]) for one in found]
    table = [(row["satellites"], row["largest_gap_days"] or 1e9, row["cost"]) for row in rows]
    for number, row in enumerate(rows):
        row["pareto"] = number in pareto(table)
    region = wish.terms.atlases[0].region
    return {
        "search": rows,
        "region": {"name": region.name, "sampling": region.how},
        "goal": wish.terms.goal,
        **asked,
        "cloud_fraction": list(wish.terms.cloud_fraction) or None,
        "orbits_tried": len(wish.shapes),
        "warnings": _notes(wish, asked),
    }


def _row(wish: Wish, one: Optimum, names: Sequence[str], budget: Budget, span_days: float) -> dict[str, Any]:
    new = one.found.slots[len(wish.flying) :]
    planes = [(slot.shape, round(slot.raan_deg, 3)) for slot in new]
    launches = sum(math.ceil(planes.count(plane) / budget.per_launch) for plane in set(planes))
    lost = [_days(value, span_days) for value in one.losses_days]
    return {
        "satellites": one.satellites,
        "found_days": _days(one.found.days, span_days),
        "low_days": _days(one.low_days, span_days),
        "high_days": _days(one.high_days, span_days),
        "kind": one.found.name,
        "planes": len(set(planes)),
        "walker": one.walker.name,
        "walker_days": _days(one.walker.days, span_days),
        "one_plane_days": _days(one.plane.days, span_days),
        "losses_days": lost,
        "worst_loss_days": None if None in lost else max(value for value in lost if value is not None),
        "largest_gap_days": _days(one.largest_gap_days, span_days),
        "stations": [names[number] for number in one.stations],
        "launches": launches,
        "cost": len(new) * budget.price_satellite + launches * budget.price_launch,
        "constellations_tried": one.tried,
        "slots": [_slot(wish, slot) for slot in one.found.slots],
    }


def _slot(wish: Wish, slot: Slot) -> dict[str, Any]:
    from swath.design.planes import local_time_h
    from swath.frames import WGS84_A_M

    atlas = wish.terms.atlases[slot.shape]
    return {
        "above_equatorial_m": atlas.shape.sma_m - WGS84_A_M,
        "inclination_deg": atlas.shape.inclination_deg,
        "raan_deg": slot.raan_deg,
        "local_time_h": local_time_h(slot.raan_deg, atlas.start),
        "argument_of_latitude_deg": round(slot.phase_deg, 6) % 360.0,
    }


def _notes(wish: Wish, asked: Mapping[str, Any]) -> list[str]:
    from swath.design.drift import air_notes

    terms, region = wish.terms, wish.terms.atlases[0].region
    lowest = min((atlas.shape for atlas in terms.atlases), key=lambda shape: shape.sma_m)
    weather = f"clouds {', '.join(f'{x:g}' for x in terms.cloud_fraction)}" if terms.cloud_fraction else "no weather"
    return [
        f"{_GOALS[terms.goal]}, over {region.how}, {asked['days']:g} days, seed {asked['seed']}; {weather}; "
        f"{len(wish.shapes)} orbits, each kept; no queue at stations: ask `swath design deliver`",
        "- : part of the region is not served within the span",
        "9 in 10: all shifted along together by the same amount, so that the tracks lie over other longitudes"
        + (", each under skies that were not searched" if terms.cloud_fraction else ""),
        "worst loss: any one satellite gone, the others where they are; front: no row has fewer satellites, a smaller "
        "largest gap and a lower cost at once",
        *air_notes(lowest, asked["days"]),
    ]


def _hours(value: float | None) -> str:
    return "-" if value is None else f"{24.0 * value:.1f}"


def search_lines(answer: dict[str, Any]) -> list[str]:
    """A table for people: hours."""
    head = (
        f"{'SATS':>4} {'PLANES':>6} {'FOUND h':>8} {'9 IN 10':>13} {'WALKER':>11} {'h':>6} {'PLANE h':>7} {'LOSS h':>6}"
    )
    lines = [f"{head} {'GAP h':>6}"]
    for row in answer["search"]:
        spread = f"{_hours(row['low_days'])}-{_hours(row['high_days'])}"
        lines.append(
            f"{row['satellites']:>4} {row['planes']:>6} {_hours(row['found_days']):>8} {spread:>13} "
            f"{row['walker']:>11} {_hours(row['walker_days']):>6} {_hours(row['one_plane_days']):>7} "
            f"{_hours(row['worst_loss_days']):>6} {_hours(row['largest_gap_days']):>6}"
        )
    lines += ["", f"{'SATS':>4} {'ORBIT':<22} {'LOCAL TIMES OF THE NODES':<30} {'COST':>9} FRONT"]
    for row in answer["search"]:
        first = row["slots"][-1]
        orbit = f"{first['above_equatorial_m'] / 1e3:.0f} km, {first['inclination_deg']:.2f} deg"
        lines.append(
            f"{row['satellites']:>4} {orbit:<22} {_clocks(row['slots'])[:30]:<30} {row['cost']:9.1f} "
            f"{'*' if row['pareto'] else ''}"
        )
    if any(row["stations"] for row in answer["search"]):
        lines += ["", *(f"{row['satellites']:>4} {', '.join(row['stations'])}" for row in answer["search"])]
    return lines


def _clocks(slots: Sequence[Mapping[str, Any]]) -> str:
    minutes = [round(slot["local_time_h"] * 60.0) % 1440 for slot in slots]
    said = [f"{one // 60:02d}:{one % 60:02d}" for one in sorted(set(minutes))]
    many = [minutes.count(one) for one in sorted(set(minutes))]
    return " ".join(f"{n}x{clock}" if n > 1 else clock for n, clock in zip(many, said, strict=True))


def search_file(out: Path, answer: dict[str, Any]) -> None:
    """Writes the answer in the form that the ending names."""
    from swath.cli.orbits import give_file
    from swath.report.design_search import search_page, search_pdf, search_png

    nested = ("slots", "losses_days")
    rows = [{key: value for key, value in row.items() if key not in nested} for row in answer["search"]]
    for row in rows:
        row["stations"] = " + ".join(row["stations"])
    forms: dict[str, Callable[[], str | bytes]] = {
        ".json": lambda: json.dumps(answer, indent=2, allow_nan=False) + "\n",
        ".png": lambda: search_png(answer),
        ".html": lambda: search_page(answer),
        ".pdf": lambda: search_pdf(answer),
    }
    give_file(out, rows, list(rows[0]), {"warnings": answer["warnings"]}, forms)


def sets_of(wish: Wish, found: Optimum) -> list[Elements]:
    """The element sets of a constellation, those that fly first."""
    from swath.cli.design_orbit import LATER_S
    from swath.design.atlas import elements_at
    from swath.design.motion import carried

    return [
        carried(elements_at(wish.terms.atlases[slot.shape], slot, f"best-{number + 1}", 99_000 + number), LATER_S)
        for number, slot in enumerate(found.found.slots)
    ]
