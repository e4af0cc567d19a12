"""``swath design coverage``: how often is a region seen, and how long does a request wait?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.design_options import Sight, Stations, Where
from swath.cli.options import ElementsOption, JsonOption, SatelliteOption, StartOption
from swath.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.design.coverage import Coverage, Spread
    from swath.design.looks import Looks
    from swath.model import Elements

__all__ = ["coverage", "coverage_row"]


def coverage(
    *,
    start: StartOption,
    elements: ElementsOption = None,
    days: float = 30.0,
    where: Where | None = None,
    sight: Sight | None = None,
    cloud_fraction: list[float] | None = None,
    seeds: int = 5,
    stations: Stations | None = None,
    satellite: SatelliteOption = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """How often is each region seen, with what gaps, and how long does a request wait for its picture?

    Example: swath design coverage --elements fleet.json --place 127,39 --max-off-nadir-deg 30 --start
    2027-01-01T00:00:00Z

    Orbits count as kept. A place is sampled along its whole parallel: a single longitude lies where an orbit nearly
    repeats. Without --min-sun-elevation-deg night looks count.

    Parameters
    ----------
    days
        Length of the span.
    cloud_fraction
        Share of days with cloud; twelve times for the months. Looks of one day are one trial.
    seeds
        Draws of the weather: what they differ by is the interval.
    out
        Write to this file instead: .json or .csv, .html (a report with distributions), .png (a map).
    """
    from json import dumps

    from swath.cli.design_fleet import decay_notes, read_fleet
    from swath.time import parse_utc

    _check(elements, out, seeds)
    first = parse_utc(start, where="--start")
    fleet = read_fleet(elements or "", satellite or [])
    groups = where or Where(), sight or Sight(), stations or Stations()
    found = _found(fleet, (first, days), *groups, cloud_fraction, seeds)
    rows = [coverage_row(looks.region.name, looks.region.how, covered) for looks, covered in found]
    notes = _notes(rows, cloud_fraction, seeds, days) + decay_notes(fleet, days)
    if out is not None:
        title = f"Coverage by {len(fleet)} satellites, {days:g} days from {start[:10]}"
        _write(out, rows, [(looks, covered[0]) for looks, covered in found], notes, title)
    if json:
        print(dumps({"coverage": rows, "warnings": notes}, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(rows)))
    _say(notes if not json else [])
    return 0


def _found(
    fleet: list[Elements],
    span: tuple[np.datetime64, float],
    where: Where,
    sight: Sight,
    stations: Stations,
    cloud_fraction: list[float] | None,
    seeds: int,
) -> list[tuple[Looks, list[Coverage]]]:
    """Of each region its looks, and its coverage under each draw of the weather."""
    from swath.cli.design_fleet import regions_for, sensor_for, stations_for
    from swath.cli.progress import progress_bar
    from swath.design.looks import looks_of, passes_of
    from swath.design.motion import tables_of

    sensors, regions, grounds = sensor_for(fleet, sight), regions_for(where), stations_for(stations)
    found = []
    with progress_bar("coverage") as progress:
        tables = tables_of(fleet, *span)
        passes = passes_of(tables, grounds[0], stations.min_station_elevation_deg) if grounds else None
        for number, region in enumerate(regions):
            progress(region.name, number / len(regions))
            looks = looks_of(tables, region, sensors)
            draws = _weathers(looks, cloud_fraction, seeds)
            found.append((looks, [_covered(draw, passes, stations) for draw in draws]))
    return found


def _check(elements: str | None, out: Path | None, seeds: int) -> None:
    from swath.cli.orbits import check_form

    if elements is None:
        raise InputError("of which satellites?", where="--elements", fix="Make them: swath design orbit ... --out F")
    if seeds < 1 or seeds > 1000:
        raise InputError(f"{seeds} draws", where="--seeds", fix="Give 1 to 1000")
    check_form(out, (".png",))


def _weathers(looks: Looks, cloud_fraction: list[float] | None, seeds: int) -> list[Looks]:
    from swath.design.coverage import with_clouds

    return [looks] if cloud_fraction is None else with_clouds(looks, cloud_fraction, range(seeds))


def _covered(looks: Looks, passes: Any, stations: Stations) -> Coverage:
    from swath.design.coverage import coverage_of, deliveries

    ready = None
    if passes is not None:
        ready = deliveries(looks, passes, download_s=stations.download_s, processing_s=stations.processing_s)
    return coverage_of(looks, ready)


def coverage_row(name: str, how: str, covered: list[Coverage]) -> dict[str, Any]:
    """One region as plain values: times in days, the mean over draws of the weather, and both intervals."""
    import numpy as np

    first = covered[0]
    row: dict[str, Any] = {
        "region": name,
        "sampling": how,
        "looks_per_day": float(np.mean([one.looks_per_day for one in covered])),
        "seen_share": float(np.mean([one.seen_fraction for one in covered])),
        "unanswered_share": float(np.mean([one.unanswered_fraction for one in covered])),
        "largest_is_cut": any(one.largest_is_cut for one in covered),
    }
    row["days_per_look"] = 1.0 / row["looks_per_day"] if row["looks_per_day"] > 0.0 else None
    row["days_per_look_over_draws"] = _interval([one.days_per_look for one in covered]) if len(covered) > 1 else None
    per_day = first.spread_over_points(first.point_looks_per_day)
    row["looks_per_day_over_points"] = list(per_day)
    for kind in ("gap", "revisit", "response", "delivery"):
        spreads = [getattr(one, kind) for one in covered]
        row[kind] = _mean_spread([one for one in spreads if one is not None])
        if len(covered) > 1 and row[kind] is not None:
            row[kind]["p95_over_draws_days"] = _interval([one.p95_days for one in spreads if one is not None])
    return row


def _interval(values: list[float | None]) -> list[float] | None:
    known = [value for value in values if value is not None]
    return [min(known), max(known)] if known else None


def _mean_spread(spreads: list[Spread]) -> dict[str, Any] | None:
    from dataclasses import fields

    if not spreads:
        return None
    names = [field.name for field in fields(spreads[0])]
    return {name: sum(getattr(one, name) for one in spreads) / len(spreads) for name in names}


def _notes(rows: list[dict[str, Any]], cloud_fraction: list[float] | None, seeds: int, days: float) -> list[str]:
    notes = []
    for row in rows:
        if row["largest_is_cut"] and row["gap"]:
            notes.append(f"{row['region']}: the largest gap runs into an end of the {days:g} days; look at more days")
        if row["seen_share"] < 1.0 - 1e-9:
            notes.append(f"{row['region']}: {100.0 * (1.0 - row['seen_share']):.2g} % of it is not seen in the span")
    if cloud_fraction is None:
        notes.append("no interval over weather: geometry and light alone; 9 IN 10 POINTS is the spread over places")
    else:
        notes.append(
            f"means over {seeds} draws of the weather, seeds 0 to {seeds - 1}; the looks of a day are one trial"
        )
    return notes


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"{'REGION':<17} {'LOOKS/DAY':>9} {'9 IN 10 POINTS':>14} {'DAYS/LOOK':>9} {'SEEN':>5}"]
    for row in rows:
        low, high = row["looks_per_day_over_points"]
        each = "-" if row["days_per_look"] is None else f"{row['days_per_look']:.3f}"
        lines.append(
            f"{row['region'][:17]:<17} {row['looks_per_day']:9.3f} {f'{low:.2f} - {high:.2f}':>14} {each:>9} "
            f"{100.0 * row['seen_share']:4.0f}%"
        )
    lines += ["", f"{'HOURS':<17} {'':<10} {'MEAN':>8} {'MEDIAN':>8} {'90 %':>8} {'95 %':>8} {'LARGEST':>9}"]
    words = {"gap": "gap", "revisit": "look-look", "response": "to picture", "delivery": "to ground"}
    for row in rows:
        for kind, said in words.items():
            if (spread := row[kind]) is not None:
                hours = [24.0 * spread[f"{key}_days"] for key in ("mean", "p50", "p90", "p95", "largest")]
                first = " ".join(f"{value:8.2f}" for value in hours[:-1])
                cut = "+" if row["largest_is_cut"] and kind == "gap" else ""
                lines.append(f"{row['region'][:17]:<17} {said:<10} {first} {f'{hours[-1]:.2f}{cut}':>9}")
    return lines


def _say(notes: list[str]) -> None:
    import sys

    for note in notes:
        print(f"swath: {note}", file=sys.stderr)


def _write(
    out: Path, rows: list[dict[str, Any]], found: list[tuple[Looks, Coverage]], notes: list[str], title: str
) -> None:
    import sys

    from swath.cli.design_files import coverage_file

    coverage_file(out, rows, found, notes, title)
    print(f"{len(rows)} regions -> {out}", file=sys.stderr)
