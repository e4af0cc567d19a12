"""``swath design stations``: where to put or rent the next one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.design_options import Sight, Stations, Where
from swath.cli.options import ElementsOption, JsonOption, SatelliteOption, StartOption
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.design.stations import Latency

__all__ = ["stations"]


def stations(
    *,
    start: StartOption,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    days: float = 10.0,
    where: Where | None = None,
    sight: Sight | None = None,
    have: Stations | None = None,
    candidate: list[str] | None = None,
    more: int = 3,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Which station shortens the way from a look to the ground most, and which after that?

    Example: swath design stations --elements four.json --latitudes 36,44 --max-off-nadir-deg 30 --station svalbard
    --start 2027-01-01T00:00:00Z

    --station names those that you have. Queues are left out: ask `swath design deliver` what the planner makes of it.

    Parameters
    ----------
    days
        Length of the span.
    candidate
        A station of the catalogue or LON,LAT; without it all of the catalogue's. May be given several times.
    more
        How many to add.
    out
        Write to this file instead: .json or .csv, .html.
    """
    from json import dumps

    from swath.cli.design_files import table_file
    from swath.cli.orbits import check_form

    check_form(out)
    if elements is None or not 1 <= more <= 20:
        fix = "Give --elements FILE and --more 1 to 20"
        raise InputError("of which satellites?" if elements is None else f"{more} more", where="--elements", fix=fix)
    groups = where or Where(), sight or Sight(), have or Stations()
    sets, first = _found(elements, satellite or [], (start, days), groups, candidate or [], more)
    answer = {"sets": [_row(one) for one in sets], "first": [_row(one) for one in first], "warnings": [_NOTE]}
    if out is not None:
        table_file(out, answer, "sets", "Latency from look to ground, station by station")
        print(f"{len(sets)} sets -> {out}", file=sys.stderr)
    if json:
        print(dumps(answer, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(answer)))
    if not json:
        print(f"swath: {_NOTE}", file=sys.stderr)
    return 0


_NOTE = (
    "from the end of a look to the last bit of its own download; no queue, one antenna a pass; no interval beside the "
    "median and 90 %: every look of the span counts"
)


def _found(
    elements: str,
    names: list[str],
    span: tuple[str, float],
    groups: tuple[Where, Sight, Stations],
    candidates: list[str],
    more: int,
) -> tuple[list[Latency], list[Latency]]:
    from dataclasses import replace

    from swath.cli.design_fleet import read_fleet, regions_for, sensor_for, stations_for
    from swath.cli.progress import progress_bar
    from swath.design.looks import looks_of
    from swath.design.motion import tables_of
    from swath.design.regions import joined
    from swath.design.stations import best_stations
    from swath.spacecraft.catalog import stations as known
    from swath.time import parse_utc

    where, sight, have = groups
    held = have.station or []
    others = candidates or [one.id for one in known() if one.lon_deg is not None and one.id not in held]
    grounds = stations_for(replace(have, station=[*held, *others]))
    assert grounds is not None
    fleet, regions = read_fleet(elements, names), regions_for(where)
    region = regions[0] if len(regions) == 1 else joined("all places", regions)
    with progress_bar("stations") as progress:
        tables = tables_of(fleet, parse_utc(span[0], where="--start"), span[1])
        looks = looks_of(tables, region, sensor_for(fleet, sight))
        if not len(looks):
            raise InputError("no look at the region in the span", where="--days", fix="Look further or at more days")
        return best_stations(
            looks, tables, *grounds, len(held), more=more, min_elevation_deg=have.min_station_elevation_deg,
            download_s=have.download_s, progress=progress,
        )  # fmt: skip


def _row(one: Latency) -> dict[str, Any]:
    import math

    return {
        "stations": list(one.stations),
        "p50_s": one.p50_s if math.isfinite(one.p50_s) else None,
        "p90_s": one.p90_s if math.isfinite(one.p90_s) else None,
        "delivery_p95_days": one.delivery_p95_days,
        "contact_s_day": one.contact_s_per_day,
        "undelivered_share": one.undelivered_fraction,
    }


def _minutes(value: float | None) -> str:
    return "never" if value is None else f"{value / 60.0:.1f}"


def _lines(answer: dict[str, Any]) -> list[str]:
    def line(name: str, row: dict[str, Any]) -> str:
        wait = "-" if row["delivery_p95_days"] is None else f"{24.0 * row['delivery_p95_days']:.1f}"
        return (
            f"{name[:34]:<34} {_minutes(row['p50_s']):>8} {_minutes(row['p90_s']):>8} {wait:>11} "
            f"{row['contact_s_day'] / 60.0:11.1f}"
        )

    head = f"{'MEDIAN':>8} {'90 %':>8} {'REQUEST h':>11} {'CONTACT':>11}"
    lines = [f"{'LOOK TO GROUND, min':<34} {head}"]
    lines += [line(("+ " if n else "  ") + row["stations"][-1], row) for n, row in enumerate(answer["sets"])]
    lines += ["", f"{'EACH ALONE, BEST FIRST':<34} {head}"]
    return lines + [line(row["stations"][-1], row) for row in answer["first"][:12]]
