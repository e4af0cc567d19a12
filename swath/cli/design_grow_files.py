"""What ``swath design grow`` says: rows, a table for 80 columns, a report with pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swath.design.atlas import Atlas, Slot
    from swath.design.growth import Found, Grown

__all__ = ["growth_answer", "growth_file", "growth_lines"]

_NEVER_DAYS = 400.0  # no span is longer: part of the region is not served in it
_GOALS = {
    "response_p95": "95 % of requests have a picture within",
    "response_mean": "mean waiting time to a picture",
    "gap_mean": "mean gap between looks",
    "gap_p95": "95 % of gaps are shorter than",
    "gap_largest": "largest gap anywhere",
}


def _days(value: float | None) -> float | None:
    """``None`` where part of the region is never seen."""
    return None if value is None or value > _NEVER_DAYS else value


def _worth(found: Found | None) -> float | None:
    return None if found is None else _days(found.days)


def _slots(atlases: Sequence[Atlas], slots: Sequence[Slot]) -> list[dict[str, Any]]:
    from swath.design.planes import local_time_h
    from swath.frames import WGS84_A_M

    return [
        {
            "above_equatorial_m": atlases[slot.shape].shape.sma_m - WGS84_A_M,
            "inclination_deg": atlases[slot.shape].shape.inclination_deg,
            "raan_deg": slot.raan_deg,
            "local_time_h": local_time_h(slot.raan_deg, atlases[0].start),
            "argument_of_latitude_deg": round(slot.phase_deg, 6) % 360.0,
        }
        for slot in slots
    ]


def growth_answer(atlases: Sequence[Atlas], steps: Sequence[Grown], terms: dict[str, Any]) -> dict[str, Any]:
    """The answer as plain values."""
    from swath.design.growth import exact_coverage, pareto

    rows = []
    for step in steps:
        bought = step.satellites - terms["flying"] + (1 if terms["bought"] else 0)
        losses = [_days(value) for value in step.losses_days]
        rows.append(
            {
                "satellites": step.satellites,
                "launch": step.chosen.name,
                "buy_days": _days(step.chosen.days),
                "aim_days": _days(step.toward.days),
                "same_plane_days": _worth(step.same_plane),
                "new_plane_days": _worth(step.new_plane),
                "one_plane_days": _worth(step.spread),
                "walker": step.pattern.name,
                "walker_days": _days(step.pattern.days),
                "free_days": _days(step.free.days),
                "losses_days": losses,
                "worst_loss_days": None if None in losses else max(value for value in losses if value is not None),
                "largest_gap_days": _days(float(exact_coverage(atlases, step.chosen.slots).point_largest_days.max())),
                "cost": bought * (terms["price_satellite"] + terms["price_launch"]),
                "slots": _slots(atlases, step.chosen.slots),
                "aim_slots": _slots(atlases, step.toward.slots),
                "free_slots": _slots(atlases, step.free.slots),
            }
        )
    table = [(row["satellites"], row["largest_gap_days"] or 1e9, row["cost"]) for row in rows]
    for number, row in enumerate(rows):
        row["pareto"] = number in pareto(table)
    region = atlases[0].region
    return {
        "growth": rows,
        "region": {"name": region.name, "sampling": region.how},
        **{key: terms[key] for key in ("goal", "seed", "days", "price_satellite", "price_launch")},
        "warnings": _notes(rows, atlases, terms),
    }


def _notes(rows: Sequence[dict[str, Any]], atlases: Sequence[Atlas], terms: dict[str, Any]) -> list[str]:
    from swath.design.drift import air_notes

    notes = [
        f"{_GOALS[terms['goal']]}, over {atlases[0].region.how}, {terms['days']:g} days, seed {terms['seed']}; orbits "
        "kept, weather and queues left out; no interval: geometry alone, exact for tracks kept as given (`swath design "
        "search` and `report` give one over other longitudes and skies)"
    ]
    notes += air_notes(min((atlas.shape for atlas in atlases), key=lambda shape: shape.sma_m), terms["days"])
    last = rows[-1]
    if last["aim_days"] and last["buy_days"] and last["aim_days"] < 0.97 * last["buy_days"]:
        notes.append(
            f"aiming at the best {last['satellites']} from the start ends at {24 * last['aim_days']:.1f} h instead of "
            f"{24 * last['buy_days']:.1f}: decide before the first launch"
        )
    return notes


def _hours(value: float | None) -> str:
    return "never" if value is None else f"{24.0 * value:.1f}"


def growth_lines(answer: dict[str, Any]) -> list[str]:
    """A table for people: hours."""
    head = f"{'SATS':>4} {'LAUNCH':<13} {'BUY h':>7} {'AIM h':>7} {'PLANE h':>7} {'WALKER':>11} {'h':>6} {'FREE h':>7}"
    lines = [f"{head} {'LOSS h':>7}"]
    for row in answer["growth"]:
        plane = "-" if row["one_plane_days"] is None else _hours(row["one_plane_days"])
        lines.append(
            f"{row['satellites']:>4} {row['launch']:<13} {_hours(row['buy_days']):>7} {_hours(row['aim_days']):>7} "
            f"{plane:>7} {row['walker']:>11} {_hours(row['walker_days']):>6} {_hours(row['free_days']):>7} "
            f"{_hours(row['worst_loss_days']):>7}"
        )
    lines += ["", f"{'SATS':>4} {'WHERE THE AIM PUTS IT':<26} {'NODE':>7} {'LOCAL':>5} {'ALONG':>6} {'COST':>10} FRONT"]
    for row in answer["growth"]:
        slot = row["aim_slots"][-1]
        minutes = round(slot["local_time_h"] * 60.0) % 1440
        size = f"{slot['above_equatorial_m'] / 1e3:.1f} km, {slot['inclination_deg']:.2f} deg"
        lines.append(
            f"{row['satellites']:>4} {size:<26} {slot['raan_deg']:7.2f} {minutes // 60:02d}:{minutes % 60:02d} "
            f"{slot['argument_of_latitude_deg']:6.1f} {row['cost']:10.1f} {'*' if row['pareto'] else ''}"
        )
    return lines


def growth_file(out: Path, answer: dict[str, Any], atlases: Sequence[Atlas], steps: Sequence[Grown]) -> None:
    """Writes the answer in the form that the ending names."""
    from swath.cli.orbits import give_file
    from swath.report.design_growth import growth_page, growth_png

    nested = ("slots", "aim_slots", "free_slots", "losses_days")
    rows = [{key: value for key, value in row.items() if key not in nested} for row in answer["growth"]]
    forms: dict[str, Callable[[], str | bytes]] = {
        ".json": lambda: json.dumps(answer, indent=2, allow_nan=False) + "\n",
        ".png": lambda: growth_png(answer),
        ".html": lambda: growth_page(answer, rows, atlases, steps, _land()),
    }
    give_file(out, rows, list(rows[0]), {"warnings": answer["warnings"]}, forms)


def _land() -> Any:
    from swath.sources.land import land_rings

    return land_rings()
