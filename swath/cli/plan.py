"""``swath plan``: the best plan for a mission, why it is so, and what would change it."""

from __future__ import annotations

import json as to_json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from swath.cli.clock import Clock, Until, interruptible, say_compiled, seconds_of
from swath.cli.plan_again import again
from swath.cli.plan_words import print_summary, summary, wrapped
from swath.errors import DataError, InputError

if TYPE_CHECKING:
    from swath.operate.plan_only import PlannedMission

__all__ = ["app", "chances", "plan", "what_if", "why"]

app = App(
    name="plan",
    help_epilogue="Examples: swath plan examples/orders/mission.toml --out out/plan | "
    "swath plan why inn-valley examples/orders/mission.toml --plan out/plan | "
    "swath plan what-if examples/orders/mission.toml --add-station troll | "
    "swath plan again examples/orders/mission.toml --plan out/plan --at 2026-05-08T06:00:00Z",
)


app.command(again)

_MOST_SHOWN = 10
_SEARCH = 0.75
"""share of the stop time for the search; the rest is for the reasons of what is refused"""


@app.default
def plan(
    mission: Path, /, *, stop: str = "60s", seed: int | None = None, out: Path | None = None, json: bool = False
) -> int:
    """Plan a mission's orders and say what the plan is worth, what no plan could exceed, and what limits it.

    Parameters
    ----------
    mission
        The mission file (TOML).
    stop
        Wall-clock time for the search and the reasons, like 60s or 3min, without what compiling takes, once after an
        installation. Ctrl-C ends it early with the best plan so far and its bound.
    seed
        Instead of the mission's own.
    out
        Folder for plan.json, plan.csv, plan.czml, plan.ics, commands.csv, refused.json and timeline.png.
    json
        Print JSON instead of a summary.
    """
    clock = Clock(seconds_of(stop))
    from swath.cli.progress import progress_bar
    from swath.operate.plan_only import planned_mission, prepared, write_planned

    with interruptible(clock), progress_bar("plan") as bar:
        bar("orbits, looks, passes", 0.05)
        ready = prepared(mission, seed=seed)
        bar("search", 0.2)
        made = planned_mission(ready, stop=Until(clock, _SEARCH), late=Until(clock))
    _say_warnings(made)
    say_compiled(clock)
    assert made.plan is not None
    files = write_planned(made, out) if out is not None else ()
    if json:
        print(to_json.dumps(summary(made.problem, made.plan), indent=2, allow_nan=False))
    else:
        print_summary(made, interrupted=clock.interrupted)
        if out is not None:
            wrapped("files", f"{out}/: {', '.join(files)}")
    return 0


def _say_warnings(made: PlannedMission) -> None:
    for warning in made.warnings:
        print(f"swath: {warning}", file=sys.stderr)


def _made(mission: Path, plan: Path | None, seed: int | None) -> PlannedMission:
    """The mission with the plan of a file, or with one made now."""
    from dataclasses import replace

    from swath.cli.progress import progress_bar
    from swath.operate.plan_only import planned_mission, prepared, read_plan

    with progress_bar("plan") as bar:
        bar("orbits, looks, passes", 0.1)
        ready = prepared(mission, seed=seed)
        bar("search", 0.3)
        return planned_mission(ready) if plan is None else replace(ready, plan=read_plan(plan))


@app.command
def why(order: str, mission: Path, /, *, plan: Path | None = None, seed: int | None = None, json: bool = False) -> int:
    """Why is an order planned as it is, or why not, and what would get it in?

    Parameters
    ----------
    order
        Its id. "refused" stands for all refused orders.
    mission
        The mission file (TOML).
    plan
        A plan.json, or the folder that holds it; otherwise the plan is made now.
    seed
        Instead of the mission's own.
    json
        Print JSON instead of sentences.
    """
    from swath.plan.helping import cheapest_help

    made = _made(mission, plan, seed)
    assert made.plan is not None
    bundles = {bundle.id: bundle.requests for bundle in made.problem.bundles}
    refused = {r.request: r for r in made.plan.refused}
    planned = [str(id) for id in dict.fromkeys(made.plan.acquisitions.request) if id in bundles.get(order, (order,))]
    if order != "refused" and order not in refused and not planned:
        raise InputError(f"there is no order {order!r} in the plan or among the refused", fix="Give an order's id")
    if planned:
        rows = [_planned_row(made, id) for id in planned]
        if json:
            print(to_json.dumps({"planned": rows}, indent=2))
        for row in () if json else rows:
            _print_planned(row)
        return 0
    wanted = list(refused) if order == "refused" else [order]
    more, asked = _more_stations(made), made.mission.orders
    helps = cheapest_help(made.problem, made.plan, made.outlook, orders=wanted, stations=more, asked=asked)
    rows = [
        {
            "order": id,
            "reason": refused[id].reason,
            "because": refused[id].because,
            "help": None if helps[id] is None else {"what": helps[id].what, "change": helps[id].because},  # type: ignore[union-attr]
        }
        for id in wanted
    ]
    if json:
        print(to_json.dumps({"refused": rows}, indent=2))
        return 0
    for row in rows:
        print(row["order"])
        wrapped("", f"not planned: {row['because']} ({row['reason'].partition(':')[0]})")
        change = row["help"]["change"] + " would get it in" if row["help"] else "no single change gets it in"
        wrapped("", f"-> {change}")
    return 0


def _more_stations(made: PlannedMission) -> list[Any]:
    """Stations of the catalogue that the mission does not have, a few that lie far apart."""
    from swath.operate.plan_only import changed_fleet

    have = {station.id for station in made.mission.stations}
    names = [id for id in ("svalbard", "inuvik", "punta-arenas", "awarua", "troll") if id not in have]
    more = changed_fleet(made.mission, add_stations=names).stations
    return [station for station in more if station.id not in have]


def _planned_row(made: PlannedMission, id: str) -> dict[str, Any]:
    from swath.plan.why import why_planned
    from swath.time import format_utc

    assert made.plan is not None
    found = why_planned(made.problem, made.plan, id)
    return {
        "request": id,
        "looks": [{"satellite": satellite, "start": format_utc(at)} for satellite, at in found.looks],
        "value": found.value,
        "price": found.price.value,
        "displaced": list(found.displaced),
        "next_best": None
        if found.next_best is None
        else {"satellite": found.next_best[0], "start": format_utc(found.next_best[1]), "value": found.next_best[2]},
        "clear_chance": found.clear_chance,
        "on_ground": format_utc(found.on_ground),
        "on_ground_latest": format_utc(found.on_ground_latest),
        "because": found.because,
    }


def _print_planned(row: dict[str, Any]) -> None:
    looks = " and ".join(f"{look['satellite']} at {look['start']}" for look in row["looks"])
    print(row["request"])
    wrapped("", f"by {looks}, adds {row['value']:.2f} to the plan, clear with {row['clear_chance']:.0%}")
    others = ", ".join(row["displaced"]) or "nobody"
    wrapped("", f"price: without it others would gain {row['price']:.2f} ({others})")
    best = row["next_best"]
    text = "it has no other pass that fits"
    if best:
        text = f"next best: {best['satellite']} at {best['start']}, worth {best['value']:.2f}"
    wrapped("", text)
    wrapped("", f"on the ground {row['on_ground']}, at the latest {row['on_ground_latest']}: {row['because']}")


@app.command(name="what-if")
def what_if(
    mission: Path,
    /,
    *,
    add_station: list[str] | None = None,
    add_satellite: list[str] | None = None,
    drop_satellite: list[str] | None = None,
    drop_station: list[str] | None = None,
    stop: str = "60s",
    seed: int | None = None,
    json: bool = False,
) -> int:
    """What would another fleet be worth? Value and bound with and without the change.

    Parameters
    ----------
    mission
        The mission file (TOML).
    add_station
        A station of the catalogue, or LON,LAT[,ALT_M]; may be given several times.
    add_satellite
        ID+DEG: a twin of a satellite, so many degrees ahead in its orbit (SW-1+180); or a file with one element set,
        built like the mission's first. May be given several times.
    drop_satellite
        Id of a satellite to do without.
    drop_station
        Id of a station to do without.
    stop
        Wall-clock time for both searches and their reasons, one half each, like 60s or 3min, without what compiling
        takes, once after an installation. The best plans so far then count, with their bounds.
    seed
        Instead of the mission's own.
    json
        Print JSON instead of a table.
    """
    clock = Clock(seconds_of(stop))
    from swath.cli.progress import progress_bar
    from swath.operate.plan_only import changed_fleet, like, planned_mission, prepared
    from swath.store.mission import read_mission

    asked = read_mission(mission)
    other = changed_fleet(
        asked,
        add_stations=add_station or (),
        add_satellites=[_elements_text(one) for one in add_satellite or ()],
        drop_satellites=drop_satellite or (),
        drop_stations=drop_station or (),
    )
    if other == asked:
        raise InputError("nothing is changed", where="what-if", fix="Add or drop a station or satellite")
    with progress_bar("what-if") as bar:
        bar("as it is", 0.1)
        before = planned_mission(prepared(asked, seed=seed), stop=Until(clock, _SEARCH / 2.0), late=Until(clock, 0.5))
        bar("changed", 0.5)
        ready = like(prepared(other, seed=seed), before)
        after = planned_mission(ready, stop=Until(clock, (1.0 + _SEARCH) / 2.0), late=Until(clock))
    say_compiled(clock)
    rows = [summary(made.problem, made.plan) for made in (before, after) if made.plan is not None]
    _print_change(rows, as_json=json)
    return 0


def _elements_text(given: str) -> str:
    """The text of a file where there is one of that name, else what was given."""
    path = Path(given)
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else given
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=given, fix="Name a file with one element set") from error


def _print_change(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    keys = ("value", "bound", "gap", "planned", "pictures", "contacts")
    table = {key: (rows[0][key], rows[1][key]) for key in keys}
    before = {row["order"] for row in rows[0]["refused"]}
    lost = [row for row in rows[1]["refused"] if row["order"] not in before]
    if as_json:
        told: dict[str, Any] = {key: {"before": a, "after": b, "change": b - a} for key, (a, b) in table.items()}
        print(to_json.dumps({**told, "newly_refused": lost}, indent=2))
        return
    print(f"{'':<10}{'before':>12}{'after':>12}{'change':>12}")
    for key, (a, b) in table.items():
        change = b - a if abs(b - a) > 1e-6 * abs(a) else 0.0  # bounds are proven to seven digits
        shown = [f"{100 * x:.2f} %" if key == "gap" else f"{x:.6g}" for x in (a, b, change)]
        print(f"{key:<10}{shown[0]:>12}{shown[1]:>12}{shown[2]:>12}")
    for number, row in enumerate(lost[:_MOST_SHOWN]):
        wrapped("no longer" if number == 0 else "", f"{row['order']}: {row['because']}")
    if len(lost) > _MOST_SHOWN:
        wrapped("", f"and {len(lost) - _MOST_SHOWN} more: --json lists all")


@app.command
def chances(
    mission: Path,
    /,
    *,
    lon_deg: float,
    lat_deg: float,
    days: float = 14.0,
    max_off_nadir_deg: float = 30.0,
    min_sun_elevation_deg: float = 10.0,
    json: bool = False,
) -> int:
    """Could a new order at a place be served? Every pass of the next days, the best look of each, the best first.

    Example: swath plan chances examples/orders/mission.toml --lon-deg 11.4 --lat-deg 47.3

    Parameters
    ----------
    mission
        The mission file (TOML): whose satellites are asked, from its start on.
    lon_deg
        Longitude of the place.
    lat_deg
        Latitude of the place.
    days
        How far ahead, up to 30.
    max_off_nadir_deg
        How far from nadir the camera may look.
    min_sun_elevation_deg
        How high the Sun must stand.
    json
        Print JSON instead of a table.
    """
    from swath.operate.plan_only import chances_of

    found = chances_of(mission, lon_deg, lat_deg, days, max_off_nadir_deg, min_sun_elevation_deg)
    rows = found.chances.to_json()
    if json:
        because = None if found.refusal is None else found.refusal.because
        print(to_json.dumps({"chances": rows, "clear_chance": found.clear_chance, "because": because}, indent=2))
    elif found.refusal is not None:
        wrapped("no chance", found.refusal.because)
    else:
        print(f"{'SATELLITE':<12} {'START UTC':<20} {'OFF':>5} {'SUN':>5} {'GSD m':>6} {'P(CLEAR)':>8} {'SHARE':>6}")
        for row in rows:
            print(
                f"{row['satellite'][:12]:<12} {row['start'][:19].replace('T', ' '):<20} {row['off_nadir_deg']:5.1f} "
                f"{row['sun_elevation_deg']:5.1f} {row['gsd_m']:6.2f} {row['p_clear']:8.2f} {row['value']:6.3f}"
            )
        chance = "more than 99 %" if found.clear_chance > 0.99 else f"{found.clear_chance:.0%}"
        print(f"A clear picture in one of these {len(rows)} passes: {chance}.")
    return 0 if len(rows) else 1
