"""From one satellite to more, as a report that a minister and an engineer can both read."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.design.altitudes import altitude_notes
from swath.design.atlas import Slot
from swath.design.drift import upkeep
from swath.design.expansion import Expanded, Expansion, Worth
from swath.design.growth import pareto
from swath.design.planes import local_time_h
from swath.report.design_growth import growth_png
from swath.report.design_plots import points_png
from swath.report.parts import Grid, Heading, Part, Picture, Points, Words, parts_page, parts_pdf
from swath.time import format_utc

__all__ = ["expansion_page", "expansion_pdf", "needs_png"]

Floats = npt.NDArray[np.float64]
Deliveries = Sequence[Mapping[str, tuple[float, float, float]]]
"""of each stage: mean, least and most over the skies, by name"""

_NEEDS_RGB = ("#00796b", "#5b6fb5", "#d2691e", "#8a5ac8")
_NEVER_DAYS = 400.0  # no span is longer: part of the region is not served in it


def expansion_page(
    found: Expanded, deliveries: Deliveries, land: Sequence[Floats], *, digest: str, command: str
) -> str:
    """The page; the same case gives the same bytes. ``digest`` is that of the file it was read from."""
    return parts_page(found.asked.title, found.asked.about, _parts(found, deliveries, land, digest, command))


def expansion_pdf(
    found: Expanded, deliveries: Deliveries, land: Sequence[Floats], *, digest: str, command: str
) -> bytes:
    """The same to print."""
    return parts_pdf(found.asked.title, found.asked.about, _parts(found, deliveries, land, digest, command))


def _parts(found: Expanded, deliveries: Deliveries, land: Sequence[Floats], digest: str, command: str) -> list[Part]:
    asked = found.asked
    return [
        Heading("What it comes to"),
        Points(tuple(_answers(found, deliveries))),
        Picture("What each launch buys", needs_png(found)),
        _stages(found),
        Heading("Before and after"),
        *_maps(found, land),
        Heading("Same plane, new plane, one by one or aimed"),
        *_ways(found),
        Heading("When each can be launched, and if one fails"),
        *_season(found),
        Heading("If one is lost in orbit"),
        *_losses(found),
        *_planned(deliveries),
        Heading("Where they fly"),
        *_orbits(found),
        Heading("What this rests on"),
        Points((*(f"Known: {text}" for text in asked.known), *(f"Assumed: {text}" for text in asked.assumed))),
        Heading("Method, seeds, and how to make this again"),
        Points(tuple(_method(found, digest, command))),
    ]


def _time(days: float, asked: Expansion) -> str:
    """Hours up to three days, then days; what is not seen everywhere in the span says so."""
    if days > asked.days:
        return f"not all in {asked.days:g} d"
    return f"{24.0 * days:.1f} h" if days < 3.0 else f"{days:.1f} d"


def _range(worth: Worth, asked: Expansion) -> str:
    return f"{_time(worth.low_days, asked)} - {_time(worth.high_days, asked)}"


def _answers(found: Expanded, deliveries: Deliveries) -> list[str]:
    """The sentences that a minister reads."""
    asked, first, last = found.asked, found.stages[0], found.stages[-1]
    said = []
    for number, need in enumerate(asked.needs):
        one, four = first.worth[number], last.worth[number]
        how = "on average" if need.goal.endswith("mean") else "in 95 of 100 cases"
        said.append(
            f"{need.name.capitalize()} - {need.words}: {how} within {_time(four.days, asked)} with {len(last.slots)} "
            f"satellites ({_range(four, asked)}) instead of {_time(one.days, asked)} with {len(first.slots)}; after "
            f"the loss of any one {_time(four.worst_loss_days, asked)} at worst."
        )
    gains = [
        1.0 - after.worth[0].days / before.worth[0].days
        for before, after in zip(found.stages[:-1], found.stages[1:], strict=True)
    ]
    said.append(
        f"For {asked.needs[0].name} the launches take off "
        + ", ".join(f"{100.0 * gain:.0f} %" for gain in gains)
        + " of the waiting that was left, one after the other."
    )
    end = found.campaign.launches[-1].window.best
    said.append(
        f"From {asked.site.name} the {asked.launches} launches can be flown between "
        f"{format_utc(found.campaign.launches[0].window.best)[:10]} and {format_utc(end)[:10]}; launch "
        f"{found.campaign.again_for} is missed most if it fails."
    )
    if deliveries:
        least, most = deliveries[0], deliveries[-1]
        said.append(
            f"With the real planner, stations, memory, power and weather, a day brings {most['orders met'][0]:.0f} "
            f"orders instead of {least['orders met'][0]:.0f}, and {most['clear km2'][0]:,.0f} clear km2 instead of "
            f"{least['clear km2'][0]:,.0f}."
        )
    return said


def needs_png(found: Expanded) -> bytes:
    """What each launch buys for each need: bars with intervals, and what is left after the worst loss."""
    from matplotlib.figure import Figure

    asked = found.asked
    figure = Figure(figsize=(10.5, 3.9), layout="constrained")
    panels = figure.subplots(1, len(asked.needs), squeeze=False)[0]
    for number, (axes, need) in enumerate(zip(panels, asked.needs, strict=True)):
        rows = [(len(stage.slots), stage.worth[number]) for stage in found.stages]
        known = [(n, worth) for n, worth in rows if worth.days <= asked.days]
        hours = max([worth.days for _, worth in known], default=0.0) < 12.0
        scale, unit = (24.0, "hours") if hours else (1.0, "days")
        at = [n for n, _ in known]
        bars = [scale * worth.days for _, worth in known]
        low = [scale * max(worth.days - worth.low_days, 0.0) for _, worth in known]
        high = [scale * max(min(worth.high_days, asked.days) - worth.days, 0.0) for _, worth in known]
        axes.bar(at, bars, 0.62, color=_NEEDS_RGB[number % 4], yerr=(low, high), capsize=4, ecolor="0.25")
        for x, value in zip(at, bars, strict=True):
            axes.text(
                x - 0.3, value, f" {value:.0f}" if hours else f" {value:.1f}", va="bottom", fontsize=8, color="0.2"
            )
        lost = [(n, scale * worth.worst_loss_days) for n, worth in rows if worth.worst_loss_days <= asked.days]
        if lost:
            axes.plot(*zip(*lost, strict=True), "v", color="#a32020", markersize=7, label="after the worst loss")
            axes.legend(fontsize=8, frameon=False)
        top = 1.25 * max([*bars, *(value for _, value in lost)], default=1.0)
        axes.set(xlabel="satellites", ylabel=unit, title=need.name, ylim=(0, top))
        axes.set_xticks([n for n, _ in rows])
        axes.grid(axis="y", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    return file.getvalue()


def _stages(found: Expanded) -> Grid:
    asked = found.asked
    table = []
    for number, (stage, step) in enumerate(zip(found.stages, found.steps, strict=True)):
        cost = number * sum(asked.prices)
        table.append((step.satellites, float(stage.worth[0].worst_loss_days), stage.worth[0].days, cost))
    front = pareto(table)
    rows = []
    for number, (stage, line) in enumerate(zip(found.stages, table, strict=True)):
        for place, (need, worth) in enumerate(zip(asked.needs, stage.worth, strict=True)):
            ends = (f"{line[-1]:,.0f}", "yes" if number in front else "no") if not place else ("", "")
            name = f"{len(stage.slots)}: {need.name}"
            times = _time(worth.days, asked), _range(worth, asked), _time(worth.worst_loss_days, asked)
            rows.append((name, *times, *ends))
    said = (
        "The time within which 95 of 100 requests are met (or the mean), its interval, and what is left after the "
        "worst loss of one; the front is of satellites, worst loss, time and cost"
    )
    return Grid(said, ("satellites: need", "within", "9 in 10", "worst loss", "cost", "on the front"), tuple(rows))


def _maps(found: Expanded, land: Sequence[Floats]) -> list[Part]:
    pairs = (found.before, found.after)
    known = np.concatenate([24.0 * coverage.point_gap_days for _, coverage in pairs])
    known = known[np.isfinite(known)]
    scale = (0.0, float(known.max())) if len(known) else None
    name = found.asked.needs[0].name
    return [
        Picture(
            f"Mean time between looks for {name}, {_count(stage.slots)}; both maps have the same colours",
            points_png([pair], land, _count(stage.slots), scale=scale),
        )
        for pair, stage in zip(pairs, (found.stages[0], found.stages[-1]), strict=True)
    ]


def _ways(found: Expanded) -> list[Part]:
    asked = found.asked
    rows, bars = [], []
    for step in found.steps:
        values: dict[str, Any] = {
            "buy_days": step.chosen.days,
            "aim_days": step.toward.days,
            "one_plane_days": step.spread.days if step.spread is not None else None,
            "walker_days": step.pattern.days,
            "worst_loss_days": max(step.losses_days),
        }
        kept = {key: None if value is None or value > _NEVER_DAYS else value for key, value in values.items()}
        bars.append({"satellites": step.satellites, **kept})
        same, new = (None if one is None else one.days for one in (step.same_plane, step.new_plane))
        cells = (
            same,
            new,
            step.spread.days if step.spread else None,
            step.chosen.days,
            step.toward.days,
            step.free.days,
        )
        shown = ("-" if value is None else _time(value, asked) for value in cells)
        rows.append((str(step.satellites), *shown, step.pattern.name, _time(step.pattern.days, asked)))
    picture = growth_png({"growth": bars, "region": {"name": asked.region.name}, "goal": asked.needs[0].goal})
    heads = ("satellites", "same\nplane", "new\nplane", "all even in\none plane", "best\neach time", "aimed\n(taken)",
             "best found\nof all", "best\nWalker", "its\ntime")  # fmt: skip
    said = "For the first need, weather left out; in same and new plane the others stay where they are"
    return [Picture("Ways to grow", picture), Grid(said, heads, tuple(rows))]


def _season(found: Expanded) -> list[Part]:
    asked, rows = found.asked, []
    for launch, without in zip(found.campaign.launches, found.campaign.without_days, strict=True):
        window = launch.window
        rows.append(
            (
                str(launch.number), format_utc(window.best)[:16].replace("T", " "),
                f"{format_utc(window.opens)[11:16]} - {format_utc(window.closes)[11:16]}",
                format_utc(window.pad_plane)[11:16], _clock(window.local_time_s / 3600.0),
                f"{window.azimuth_deg:.1f}", f"{window.sun_elevation_deg:+.0f}", _time(launch.days, asked),
                _time(launch.failed_days, asked), _time(without, asked),
            )
        )  # fmt: skip
    heads = ("launch", "lift-off UTC", "window", "plane over\nthe pad", "local time\nof node", "azimuth\ndeg",
             "Sun at\npad deg", "after it", "if it\nfails", "at the end\nwithout it")  # fmt: skip
    again = found.campaign.again
    later = "only after the season" if again is None else f"on {format_utc(again.best)[:10]} at the earliest"
    corridor = (
        "no source states its azimuth limits"
        if asked.site.min_azimuth_deg is None
        else f"azimuths {asked.site.min_azimuth_deg:g} to {asked.site.max_azimuth_deg:g} deg ({asked.site.source})"
    )
    return [
        Grid(f"From {asked.site.name}, {corridor}; one every {asked.spacing_days:g} days at most", heads, tuple(rows)),
        Words(f"Launch {found.campaign.again_for}, missed most, could be flown again {later}."),
    ]


def _count(slots: Sequence[Slot]) -> str:
    return "1 satellite" if len(slots) == 1 else f"{len(slots)} satellites"


def _clock(hours: float) -> str:
    minutes = round(hours * 60.0) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _losses(found: Expanded) -> list[Part]:
    asked = found.asked
    rows = []
    for one in found.repairs:
        fuel = f"{one.most_m_s:.1f} / {one.total_m_s:.1f}" if one.angles_deg else "none"
        moved = ", ".join(f"{angle:+.0f}" for angle in one.angles_deg) if one.angles_deg else "not worth it"
        rows.append((f"number {one.lost + 1}", _time(one.left_days, asked), moved, _time(one.moved_days, asked), fuel))
    heads = ("lost", "others where\nthey are", "moved along, deg", "then", "m/s, most of one\n/ all")
    said = f"Each single loss at the end; the others move along their planes within {asked.repair_days:g} days"
    return [Grid(said, heads, tuple(rows))]


def _planned(deliveries: Deliveries) -> list[Part]:
    if not deliveries:
        return []
    names = tuple(deliveries[0])
    rows = tuple(
        (str(number + 1), *(f"{mean:,.1f} ({least:,.1f} - {most:,.1f})" for mean, least, most in row.values()))
        for number, row in enumerate(deliveries)
    )
    said = (
        "A day planned by the real planner with the mission's orders, stations, memory, power and queues; planned, not "
        "flown; SIMULATED skies: mean (least - most)"
    )
    return [Heading("What the planner makes of it"), Grid(said, ("satellites", *names), rows)]


def _orbits(found: Expanded) -> list[Part]:
    asked = found.asked
    rows = tuple(
        (
            f"number {number + 1}" + (" (flies)" if not number else ""),
            f"{(asked.shape.sma_m - 6378137.0) / 1e3:.1f}", f"{asked.shape.inclination_deg:.3f}",
            f"{slot.raan_deg:.2f}", _clock(local_time_h(slot.raan_deg, asked.start)), f"{slot.phase_deg % 360.0:.1f}",
        )
        for number, slot in enumerate(found.stages[-1].slots)
    )  # fmt: skip
    heads = ("satellite", "km above the\nequator's radius", "inclination\ndeg", "node\ndeg", "local time\nof node",
             "past its node\ndeg")  # fmt: skip
    held = upkeep(asked.shape, asked.drag_m2_kg)
    years = held.lifetime_days / 365.25, held.low_days / 365.25, held.high_days / 365.25
    return [
        Grid(f"At {format_utc(asked.start)}; local times by the mean Sun", heads, rows),
        Words(
            f"Left alone a satellite stays up {years[0]:.1f} years ({years[1]:.1f} to {years[2]:.1f}, nine in ten); "
            f"holding the altitude takes {held.drag_m_s_per_year:.1f} m/s a year, bringing it down at the end "
            f"{held.disposal_m_s:.0f} m/s. {altitude_notes(asked.shape.sma_m)[0].capitalize()}."
        ),
    ]


def _method(found: Expanded, digest: str, command: str) -> list[str]:
    asked = found.asked
    return [
        f"Orbits by SGP4, kept on their orbits; {asked.region.how}; {asked.days:g} days from "
        f"{format_utc(asked.start)[:10]}. Light is judged at the closest approach.",
        "The search is differential evolution over planes and places along them, begun with every Walker pattern and "
        "the even plane; the way taken is the best constellation of the last launch, in the order in which each launch "
        "buys most. Every number is of each satellite's own motion.",
        "Intervals: nine in ten of twelve answers with all satellites shifted along together, so that the tracks lie "
        "over other longitudes; where clouds count, each under four skies that were not searched. Numbers of the "
        "season, of losses and of the ways to grow have no interval: they leave the weather out and hold for tracks "
        "that are kept as given.",
        "With clouds the looks of one day are one trial. Pictures come down in their satellite's first pass over a "
        "station; only the planner's table knows queues.",
        "Launches are planes and times: no vehicle, no trajectory. The textbook's plane over the pad is early: ten "
        f"flown launches reached planes 3 to 34 minutes later; {asked.ascent_offset_s / 60.0:g} are taken here.",
        f"Seed {asked.seed}. Read from a file of SHA-256 {digest}. Made by: {command}",
    ]
