"""``swath design season``: several launches from one site, and what flies after each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from swath.cli.design_launch import known_site
from swath.cli.design_options import OrbitOptions, Sight, Where
from swath.cli.options import JsonOption, StartOption
from swath.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.design.launch import Site
    from swath.design.season import Campaign

__all__ = ["season"]

Goal = Literal["response_p95", "response_mean", "gap_mean", "gap_p95", "gap_largest"]
_NEVER_DAYS = 400.0  # no span is longer: part of the region is not served in it


def season(
    *,
    elements: str,
    site: str,
    start: StartOption,
    flying: int = 1,
    season_days: int = 365,
    spacing_days: float = 60.0,
    where: Where | None = None,
    sight: Sight | None = None,
    goal: Goal = "response_p95",
    days: float = 30.0,
    ascent_offset_min: float = 24.0,
    tolerance_min: float = 10.0,
    min_pad_sun_deg: float | None = None,
    site_file: Path | None = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Several launches from one site: in which order and when, what flies after each, and after one failure?

    Example: swath design season --elements four.json --flying 1 --site Vostochny --latitudes 36,44
    --max-off-nadir-deg 30 --min-sun-elevation-deg 10 --start 2027-03-01T00:00:00Z

    The first satellites of --elements fly; the others are launched, the one that buys most first.

    Parameters
    ----------
    elements
        The whole constellation, as swath design orbit writes it.
    site
        A known site, LON,LAT, or one of --site-file.
    flying
        So many of them fly already.
    season_days
        Length of the season from --start on.
    spacing_days
        From one launch to the next at the least.
    goal
        What is to be least: waiting time to the picture (response) or gap, mean, 95th percentile or largest.
    days
        Of the span over which it is measured.
    ascent_offset_min
        Local time that the vehicle gains on its way up (ten flown launches: 3 to 34).
    tolerance_min
        How early or late the local time may be.
    min_pad_sun_deg
        How high the Sun must stand at the pad at lift-off; without it any hour will do.
    site_file
        CSV of sites: name,lat,lon,az_min_deg,az_max_deg,source.
    out
        Write to this file instead: .json or .csv, .html.
    """
    from swath.cli.orbits import check_form
    from swath.time import parse_utc

    check_form(out)
    first = parse_utc(start, where="--start")
    terms: dict[str, Any] = {
        "spacing_days": spacing_days,
        "goal": goal,
        "ascent_offset_min": ascent_offset_min,
        "tolerance_min": tolerance_min,
        "min_sun_elevation_deg": min_pad_sun_deg,
    }
    pad = known_site(site, site_file)
    groups = where or Where(), sight or Sight()
    found, how = _planned(elements, flying, pad, (first, days, season_days), groups, terms)
    _give(_answer(found, pad.name, goal, how, days), out, json)
    return 0


def _planned(
    elements: str,
    flying: int,
    pad: Site,
    span: tuple[np.datetime64, float, int],
    groups: tuple[Where, Sight],
    terms: dict[str, Any],
) -> tuple[Campaign, str]:
    from swath.cli.design_fleet import regions_for, sensor_for
    from swath.cli.design_grow import flying_slots, one_region
    from swath.cli.progress import progress_bar
    from swath.design.atlas import atlas_of
    from swath.design.season import season as planned
    from swath.design.shapes import elements_of

    first, days, season_days = span
    region = one_region(regions_for(groups[0]))
    shapes, slots = flying_slots(elements, [], OrbitOptions(), first, "22:30")
    if not 0 <= flying < len(slots):
        fix = f"Give 0 to {len(slots) - 1}: the others are launched"
        raise InputError(f"{flying} of {len(slots)} fly", where="--flying", fix=fix)
    sensors = sensor_for([elements_of(one) for one in shapes], groups[1])
    with progress_bar("season") as progress:
        progress("looks of each satellite", 0.1)
        atlases = [atlas_of(one, sensor, region, first, days) for one, sensor in zip(shapes, sensors, strict=True)]
        progress("windows and failures", 0.4)
        found = planned(atlases, slots[:flying], slots[flying:], pad, first, season_days, **terms)
    return found, region.how


def _known(value: float) -> float | None:
    return None if value > _NEVER_DAYS else value


def _answer(found: Campaign, site: str, goal: str, how: str, days: float) -> dict[str, Any]:
    from swath.time import format_utc

    rows = []
    for one, without in zip(found.launches, found.without_days, strict=True):
        rows.append(
            {
                "launch": one.number,
                "best": format_utc(one.window.best),
                "opens": format_utc(one.window.opens),
                "closes": format_utc(one.window.closes),
                "leg": one.window.leg,
                "azimuth_deg": one.window.azimuth_deg,
                "raan_deg": one.window.raan_deg,
                "local_time_h": one.window.local_time_s / 3600.0,
                "sun_elevation_deg": one.window.sun_elevation_deg,
                "windows": one.windows,
                "after_days": _known(one.days),
                "failed_days": _known(one.failed_days),
                "worst_loss_days": _known(one.worst_days),
                "end_without_days": _known(without),
            }
        )
    again = None if found.again is None else format_utc(found.again.best)
    end = _known(found.launches[-1].days)
    return {
        "season": rows,
        "site": site,
        "goal": goal,
        "before_days": _known(found.before_days),
        "end_days": end,
        "again": again,
        "warnings": _notes(found, goal, how, days),
    }


def _notes(found: Campaign, goal: str, how: str, days: float) -> list[str]:
    from swath.time import format_utc

    again = None if found.again is None else format_utc(found.again.best)
    return [
        f"{goal.replace('_', ' ')} over {how}, {days:g} days, each satellite's own motion; weather and queues left out",
        "no interval: geometry alone, exact for tracks kept as given; windows are as wide as the local time may be off",
        "planes and times only: no vehicle; places along a plane are reached by drift after the launch",
        f"launch {found.again_for} is missed most; flown again "
        + (f"on {again[:10]} at the earliest" if again else "only after the season"),
    ]


def _give(answer: dict[str, Any], out: Path | None, as_json: bool) -> None:
    from json import dumps

    from swath.cli.design_files import table_file

    if out is not None:
        table_file(out, answer, "season", f"A season of {len(answer['season'])} launches from {answer['site']}")
        print(f"{len(answer['season'])} launches -> {out}", file=sys.stderr)
    if as_json:
        print(dumps(answer, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(answer)))
    for note in answer["warnings"] if not as_json else ():
        print(f"swath: {note}", file=sys.stderr)


def _hours(value: float | None) -> str:
    return "never" if value is None else f"{24.0 * value:.1f}"


def _lines(answer: dict[str, Any]) -> list[str]:
    head = f"{'#':>2} {'LIFT-OFF UTC':<17} {'LOCAL':<5} {'AZIM':>6} {'SUN':>4} {'OPEN':>4} {'AFTER h':>8}"
    lines = [
        f"{answer['site']}; {answer['goal'].replace('_', ' ')} before the first launch: "
        f"{_hours(answer['before_days'])} h",
        f"{head} {'FAILED h':>8} {'LOSS h':>8} {'END W/O':>8}",
    ]
    for row in answer["season"]:
        minutes = round(row["local_time_h"] * 60.0) % 1440
        lines.append(
            f"{row['launch']:>2} {row['best'][:16].replace('T', ' '):<17} {minutes // 60:02d}:{minutes % 60:02d} "
            f"{row['azimuth_deg']:6.1f} {row['sun_elevation_deg']:+4.0f} {row['windows']:>4} "
            f"{_hours(row['after_days']):>8} {_hours(row['failed_days']):>8} {_hours(row['worst_loss_days']):>8} "
            f"{_hours(row['end_without_days']):>8}"
        )
    lines += ["", "OPEN: windows left in the season. AFTER: all launches so far. FAILED: this one",
              "failed. LOSS: any one lost by then. END W/O: at the end had this one failed."]  # fmt: skip
    return lines
