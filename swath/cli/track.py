"""``swath orbit track``: the ground a satellite passes over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import ElementsOption, JsonOption, SatelliteOption, StartOption

if TYPE_CHECKING:
    from swath.orbit.ground_track import GroundTrack
    from swath.orbit.orbits import Orbit

__all__ = ["track"]

_SWATH = ("left_lon_deg", "left_lat_deg", "right_lon_deg", "right_lat_deg")
_COLUMNS = ("satellite", "time", "lon_deg", "lat_deg", "altitude_m", *_SWATH)
_SHOWN = 40


def track(
    *,
    start: StartOption,
    hours: float = 1.6,
    step_s: float = 30.0,
    swath_m: float = 0.0,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Over which ground does each satellite pass, and how far does its swath reach?

    Example: swath orbit track --elements fleet.tle --start 2026-05-08T06:00:00Z --out track.png

    Parameters
    ----------
    hours
        Length of the span; about one revolution of a low orbit unless told otherwise.
    step_s
        Seconds between points.
    swath_m
        Width of the swath about the nadir, in metres on the ground.
    out
        Write to this file instead: .json, .csv, .parquet, .html, .geojson, .kml, .czml or .png (a map).
    """
    from swath.cli.orbits import ask_each, asked_for, check_form, give, span
    from swath.orbit.ground_track import ground_track
    from swath.report.orbit_files import track_czml, track_geojson, track_kml

    check_form(out, (".geojson", ".kml", ".czml", ".png"))
    first, last = span(start, hours)
    asked = asked_for(elements, satellite or [], first, last)

    def question(name: str, one: Orbit) -> tuple[str, GroundTrack]:
        return name, ground_track(one.ephemeris, first, hours * 3600.0, step_s=step_s, swath_m=swath_m)

    found = dict(ask_each(asked, "track", question, (first, last)))
    rows = [{"satellite": name, **row} for name, one in found.items() for row in one.to_json()]
    if not swath_m:
        rows = [{key: value for key, value in row.items() if key not in _SWATH} for row in rows]
    title = f"Ground tracks for {hours:g} h from {start}"
    forms: dict[str, Callable[[], str | bytes]] = {
        ".geojson": lambda: track_geojson(found),
        ".kml": lambda: track_kml(found, title),
        ".czml": lambda: track_czml(found, title),
        ".png": lambda: _map(found, title),
    }
    columns = _COLUMNS if swath_m else _COLUMNS[:5]
    give("points", rows, _lines(rows), asked, out=out, as_json=json, columns=columns, forms=forms, title=title)
    return 0


def _map(found: dict[str, GroundTrack], title: str) -> bytes:
    from swath.report.orbit_plots import track_png
    from swath.sources.land import land_rings

    return track_png(found, land_rings(), title)


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<24} {'UTC':<19} {'LON deg':>9} {'LAT deg':>8} {'ALT km':>8}"
    more = [f"... and {len(rows) - _SHOWN} more points; --out or --json gives all"] if len(rows) > _SHOWN else []
    return [
        head,
        *(
            f"{row['satellite'][:24]:<24} {row['time'][:19].replace('T', ' ')} {row['lon_deg']:9.4f} "
            f"{row['lat_deg']:8.4f} {row['altitude_m'] / 1e3:8.1f}"
            for row in rows[:_SHOWN]
        ),
        *more,
    ]
