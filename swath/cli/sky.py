"""``swath orbit nodes`` and ``swath orbit eclipses``: when a satellite crosses the equator, and the Earth's shadow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import ElementsOption, HoursOption, JsonOption, SatelliteOption, StartOption

if TYPE_CHECKING:
    import numpy as np

    from swath.access.events import Eclipses
    from swath.cli.orbits import Asked
    from swath.orbit.orbits import Orbit

__all__ = ["eclipses", "nodes"]

_NODES = ("satellite", "time", "direction", "lon_deg", "local_mean_time", "path", "relative_orbit")
_ECLIPSES = ("satellite", "start", "umbra_start", "umbra_stop", "stop", "duration_s", "umbra_s", "beta_deg")


def nodes(
    *,
    start: StartOption,
    hours: HoursOption = 24.0,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """When and where does each satellite cross the equator?

    Example: swath orbit nodes --elements fleet.tle --start 2026-05-08T00:00:00Z --hours 24

    Parameters
    ----------
    out
        Write to this file instead: .json, .csv, .parquet, .html or .geojson.
    """
    import numpy as np

    from swath.access.events import find_nodes
    from swath.cli.orbit import grid_reference
    from swath.cli.orbits import ask_each, asked_for, check_form, give, span
    from swath.report.orbit_files import points_geojson

    check_form(out, (".geojson",))
    first, last = span(start, hours)
    asked = asked_for(elements, satellite or [], first, last)
    found = ask_each(asked, "nodes", lambda name, one: find_nodes(name, one.ephemeris, first, last), (first, last))
    rows = []
    for table in found:
        for row, at in zip(table.to_json(), table.time, strict=True):
            called = grid_reference(asked.fleet[row["satellite"]], at + np.timedelta64(1, "s"))  # the orbit that begins
            rows.append(row | {"path": called["path"], "relative_orbit": called["relative_orbit"]})
    forms = {".geojson": lambda: points_geojson(rows)}
    title = f"Crossings of the equator in {hours:g} h from {start}"
    lines = _node_lines(rows)
    give("nodes", rows, lines, asked, out=out, as_json=json, columns=_NODES, forms=forms, title=title)
    return 0


def _node_lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<24} {'UTC':<19} {'NODE':<10} {'LON deg':>9} {'LOCAL':>8} {'TRACK':>5}"
    return [
        head if rows else "no crossing of the equator",
        *(
            f"{row['satellite'][:24]:<24} {row['time'][:19].replace('T', ' ')} {row['direction']:<10} "
            f"{row['lon_deg']:9.4f} {row['local_mean_time']:>8} {row['path'] or row['relative_orbit'] or '-':>5}"
            for row in rows
        ),
    ]


def eclipses(
    *,
    start: StartOption,
    hours: HoursOption = 24.0,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """When is each satellite in the Earth's shadow, and how does the Sun stand to its orbit?

    Example: swath orbit eclipses --elements fleet.tle --start 2026-05-08T00:00:00Z --hours 720 --out eclipses.png

    Parameters
    ----------
    out
        Write to this file instead: .json, .csv, .parquet, .html, .ics or .png (beta and the length of eclipses).
    """
    from swath.access.events import find_eclipses
    from swath.cli.orbits import ask_each, asked_for, check_form, give, now, span
    from swath.report.orbit_files import eclipses_ics
    from swath.sources.eop import packaged_eop

    check_form(out, (".ics", ".png"))
    first, last = span(start, hours)
    asked = asked_for(elements, satellite or [], first, last)
    eop = packaged_eop()

    def question(name: str, one: Orbit) -> tuple[str, Eclipses]:
        return name, find_eclipses(name, one.ephemeris, first, last, eop)

    found = dict(ask_each(asked, "eclipses", question, (first, last)))
    rows = []
    for name, table in found.items():
        middle = table.start + (table.stop - table.start) // 2
        rows += [
            row | {"beta_deg": round(beta, 3)}
            for row, beta in zip(table.to_json(), _beta(asked, name, middle), strict=True)
        ]
    title = f"Eclipses in {hours:g} h from {start}"
    forms: dict[str, Callable[[], str | bytes]] = {
        ".png": lambda: _picture(asked, found, first, last),
        ".ics": lambda: eclipses_ics(found, title, now()),
    }
    lines = _eclipse_lines(rows)
    give("eclipses", rows, lines, asked, out=out, as_json=json, columns=_ECLIPSES, forms=forms, title=title)
    return 0


def _beta(asked: Asked, name: str, at: Any) -> list[float]:
    from swath.orbit.eclipse import beta_deg
    from swath.orbit.sun import sun_direction_itrf
    from swath.sources.eop import packaged_eop

    if not len(at):
        return []
    r_m, v_m_s = asked.fleet[name].ephemeris.states(at)
    return [float(value) for value in beta_deg(r_m, v_m_s, sun_direction_itrf(at, packaged_eop()))]


def _picture(asked: Asked, found: dict[str, Eclipses], first: np.datetime64, last: np.datetime64) -> bytes:
    import numpy as np

    from swath.report.orbit_plots import eclipses_png
    from swath.time import format_utc

    at = first + (last - first) * np.arange(201) // 200
    beta = {name: np.array(_beta(asked, name, at)) for name in found}
    ends = " to ".join(format_utc(edge)[:16].replace("T", " ") for edge in (first, last))
    title = f"Beta and eclipses, {ends} UTC"
    return eclipses_png(at, beta, found, title)


def _eclipse_lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<18} {'SHADOW FROM UTC':<19} {'UMBRA':<8} {'TO':<8} {'LIGHT':<8} {'UMBRA s':>7} {'BETA':>5}"
    return [
        head if rows else "no eclipse",
        *(
            f"{row['satellite'][:18]:<18} {row['start'][:19].replace('T', ' ')} {_clock(row['umbra_start'])} "
            f"{_clock(row['umbra_stop'])} {_clock(row['stop'])} {row['umbra_s']:7.0f} {row['beta_deg']:5.1f}"
            for row in rows
        ),
    ]


def _clock(time: str | None) -> str:
    return "-       " if time is None else time[11:19]
