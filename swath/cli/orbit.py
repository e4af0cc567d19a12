"""``swath orbit``: where a satellite is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from swath.cli.catalogue import catalogue
from swath.cli.elements import elements
from swath.cli.maneuvers import maneuvers
from swath.cli.options import ElementsOption, JsonOption, SatelliteOption
from swath.cli.repeat import lifetime, repeat
from swath.cli.sky import eclipses, nodes
from swath.cli.track import track

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from swath.cli.orbits import Asked
    from swath.orbit.orbits import Orbit

__all__ = ["app", "grid_reference", "position"]

app = App(name="orbit", help="Where is a satellite, and what does its orbit do?")
for command in (elements, catalogue, track, nodes, eclipses, maneuvers, repeat, lifetime):
    app.command(command)

_TRACKED = 6
_REVOLUTION_S = 5700.0

_DOUBT = (
    *("along_track_sigma_s", "along_track_90_s", "cross_track_90_m"),
    *("position_error_90_m", "epoch", "age_days"),
)
_PLACE = ("argument_of_latitude_deg", "beta_deg", "path", "row", "relative_orbit")
_COLUMNS = ("satellite", "norad_id", "time", "lon_deg", "lat_deg", "altitude_m", "sunlit", *_DOUBT, *_PLACE)


@app.command
def position(
    *,
    at: str,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Where over the Earth is each satellite at one moment, is it in sunlight, and how sure is that?

    Example: swath orbit position --elements fleet.tle --at 2026-05-08T06:00:00Z

    Parameters
    ----------
    at
        The moment, ISO 8601 with Z.
    out
        Write to this file instead: .json, .csv, .parquet, .html, .geojson, .kml or .png (a map).
    """
    from swath.cli.orbits import ask_each, asked_for, check_form, give
    from swath.orbit.sun import sun_direction_itrf
    from swath.report.orbit_files import points_geojson, points_kml
    from swath.sources.eop import packaged_eop
    from swath.time import parse_utc

    check_form(out, (".geojson", ".kml", ".png"))
    moment = parse_utc(at, where="--at")
    asked = asked_for(elements, satellite or [], moment, moment)
    sun = sun_direction_itrf(moment, packaged_eop())
    rows = ask_each(asked, "positions", lambda name, one: _row(name, one, moment, sun), (moment,))
    title = f"Positions at {at}"
    forms: dict[str, Callable[[], str | bytes]] = {
        ".geojson": lambda: points_geojson(rows),
        ".kml": lambda: points_kml(rows, title),
        ".png": lambda: _map(asked, rows, moment, title),
    }
    give("positions", rows, _table(rows), asked, out=out, as_json=json, columns=_COLUMNS, forms=forms, title=title)
    return 0


def _map(asked: Asked, rows: list[dict[str, Any]], at: np.datetime64, title: str) -> bytes:
    """Dots and, of a few satellites, the revolution that follows as far as it is known."""
    from swath.errors import DataError
    from swath.orbit.ground_track import ground_track
    from swath.report.orbit_plots import track_png
    from swath.sources.land import land_rings

    few = len(rows) <= _TRACKED
    tracks = {}
    for row in rows:
        motion = asked.fleet[row["satellite"]].ephemeris
        try:
            tracks[row["satellite"]] = ground_track(motion, at, _REVOLUTION_S if few else 1.0)
        except DataError:
            continue  # it ends here: the table has the position
    return track_png(tracks, land_rings(), title + (" and the 95 minutes after" if few else ""))


def _row(name: str, orbit: Orbit, at: np.datetime64, sun: npt.NDArray[np.float64]) -> dict[str, Any]:
    import numpy as np

    from swath.frames import geodetic_from_itrf
    from swath.orbit.eclipse import beta_deg
    from swath.orbit.node import argument_of_latitude_deg
    from swath.orbit.sun import sunlit_signal
    from swath.time import format_utc

    r_itrf_m, v_itrf_m_s = orbit.ephemeris.states(np.asarray(at))
    lon_deg, lat_deg, altitude_m = geodetic_from_itrf(r_itrf_m)
    return {
        "satellite": name,
        "norad_id": orbit.norad_id,
        "time": format_utc(at, decimals=3),
        "lon_deg": float(lon_deg),
        "lat_deg": float(lat_deg),
        "altitude_m": float(altitude_m),
        "sunlit": bool(sunlit_signal(r_itrf_m, sun) > 0),
        **_doubt(orbit, at),
        "argument_of_latitude_deg": float(argument_of_latitude_deg(r_itrf_m, v_itrf_m_s)),
        "beta_deg": float(beta_deg(r_itrf_m, v_itrf_m_s, sun)),
        **grid_reference(orbit, at),
    }


def grid_reference(orbit: Orbit, at: np.datetime64) -> dict[str, Any]:
    """What the mission calls this part of its track: WRS-2 path and row, or a relative orbit; unknown for others."""
    from swath.orbit.grids import TrackGrid, grid_of, relative_orbit, wrs2_path_row
    from swath.sources.eop import packaged_eop

    found: dict[str, Any] = dict.fromkeys(("path", "row", "relative_orbit"))
    grid = None if orbit.elements is None else grid_of(orbit.elements.norad_id)
    if orbit.elements is None or grid is None:
        return found
    if isinstance(grid, TrackGrid):
        number, _ = relative_orbit(orbit.elements, at, packaged_eop(), grid)
        return found | {"relative_orbit": int(number)}
    path, row = wrs2_path_row(orbit.elements, at, packaged_eop())
    return found | {"path": int(path), "row": int(row)}


def _doubt(orbit: Orbit, at: np.datetime64) -> dict[str, Any]:
    """How sure the position is; of positions that are published without a covariance nobody knows."""
    from swath.orbit.uncertainty import age_days
    from swath.time import format_utc

    wide = orbit.doubt(at)
    if wide is None:
        return dict.fromkeys((*_DOUBT, "because"))
    one = orbit.elements
    return {
        "along_track_sigma_s": float(wide.along_track_sigma_s),
        "along_track_90_s": float(wide.along_track_90_s),
        "cross_track_90_m": float(wide.cross_track_90_m),
        "position_error_90_m": float(wide.position_90_m),
        "epoch": None if one is None else format_utc(one.epoch, decimals=3),
        "age_days": None if one is None else float(age_days(one, at)),
        "because": wide.because,
    }


def _table(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<24} {'LON deg':>9} {'LAT deg':>8} {'ALT km':>8} {'LIGHT':<6} {'AGE d':>6} {'90 % km':>7}"
    return [
        f"at {rows[0]['time']}" if rows else "no satellite",
        head,
        *(
            f"{row['satellite'][:24]:<24} {row['lon_deg']:9.4f} {row['lat_deg']:8.4f} {row['altitude_m'] / 1e3:8.1f} "
            f"{'sun' if row['sunlit'] else 'shadow':<6} {_told(row)}"
            for row in rows
        ),
    ]


def _told(row: dict[str, Any]) -> str:
    age, wide_m = row["age_days"], row["position_error_90_m"]
    return (
        f"{'-' if age is None else format(age, '.1f'):>6} {'-' if wide_m is None else format(wide_m / 1e3, '.2g'):>7}"
    )
