"""``swath orbit maneuvers``: when a satellite changed its orbit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from swath.cli.options import JsonOption, SatelliteOption
from swath.errors import DataError, InputError

if TYPE_CHECKING:
    from swath.model import Station
    from swath.orbit.orbits import Orbit

__all__ = ["maneuvers"]

_COLUMNS = (
    *("satellite", "after", "before", "earliest", "latest", "kind", "size_m_s", "size_90_m_s"),
    *("along_m_s", "across_m_s", "raised_m", "seen_to_begin"),
)


def maneuvers(
    *,
    elements: str,
    satellite: SatelliteOption = None,
    station: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    min_elevation_deg: float = 5.0,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """When did each satellite change its orbit, by how much, and in which plane? Found in a history of element sets.

    Example: swath orbit maneuvers --elements history.tle --satellite 58400 --out maneuvers.png

    Parameters
    ----------
    elements
        File or folder that holds many sets of the same satellites: TLE or OMM in any form, or spacetrack:NUMBER.
    station
        LON,LAT[,ALT_M]: could it see the satellite when the manoeuvre began?
    min_elevation_deg
        From here up the station sees it.
    out
        Write to this file instead: .json, .csv, .parquet, .html, or .png (the history of one satellite's orbit).
    """
    import numpy as np

    from swath.cli.orbits import ask_each, asked_for, check_form, give

    check_form(out, (".png",))
    place = _station(station, min_elevation_deg) if station else None
    newest = np.datetime64("2200-01-01", "ns")
    asked = asked_for(elements, satellite or [], newest, newest)
    if satellite is None:  # an archive holds many objects of which it has one set
        asked.fleet = {name: orbit for name, orbit in asked.fleet.items() if len(orbit.history) > 1} or asked.fleet
    if out is not None and out.suffix.lower() == ".png" and len(asked.fleet) != 1:
        raise InputError(
            f"a picture shows one satellite, there are {len(asked.fleet)}", where=str(out), fix="Give --satellite"
        )
    found = ask_each(asked, "maneuvers", lambda name, orbit: _rows(name, orbit, place), ())
    rows = [row for some in found for row in some]
    one = len(asked.fleet) == 1
    forms = {".png": lambda: _picture(next(iter(asked.fleet.items())))} if one else {}
    give("maneuvers", rows, _lines(rows), asked, out=out, as_json=json, columns=_COLUMNS, forms=forms)
    return 0


def _rows(name: str, orbit: Orbit, station: Station | None) -> list[dict[str, Any]]:
    if len(orbit.history) < 2:
        raise DataError(
            f"{len(orbit.history)} element set of {name}: a change shows between two",
            where=orbit.source,
            fix="Give a file with its history, or spacetrack:NUMBER",
        )
    rows = [{"satellite": name, **row} for row in orbit.maneuvers.to_json()]
    if station is None:
        return [row | {"seen_to_begin": None} for row in rows]

    from swath.access.events import seen_to_begin
    from swath.orbit.ephemeris import sgp4_ephemeris
    from swath.sources.eop import packaged_eop

    by_epoch = {one.epoch: one for one in orbit.history}
    eop = packaged_eop()
    seen = seen_to_begin(orbit.maneuvers, lambda epoch: sgp4_ephemeris(by_epoch[epoch], eop), station, eop)
    return [row | {"seen_to_begin": said} for row, said in zip(rows, seen, strict=True)]


def _station(text: str, min_elevation_deg: float) -> Station:
    from swath.cli.windows import position_of
    from swath.model import Station

    id, lon_deg, lat_deg, altitude_m = position_of(text, "--station")
    return Station(id, lon_deg, lat_deg, altitude_m, min_elevation_deg, rate_bit_s=0.0)


def _picture(one: tuple[str, Orbit]) -> bytes:
    from swath.orbit.maneuver import steps_of
    from swath.report.orbit_plots import maneuvers_png

    name, orbit = one
    return maneuvers_png(steps_of(orbit.history), orbit.maneuvers, name)


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<13} {'AFTER UTC':<16} {'BEFORE':<16} {'KIND':<12} {'m/s':>6} {'90 %':>6}"
    with_station = any(row["seen_to_begin"] for row in rows)
    return [
        (head + (" SEEN" if with_station else "")) if rows else "no manoeuvre found",
        *(
            f"{row['satellite'][:13]:<13} {row['after'][:16].replace('T', ' ')} {row['before'][:16].replace('T', ' ')} "
            f"{row['kind']:<12} {row['size_m_s']:6.3f} {row['size_90_m_s']:6.3f}"
            + (f" {row['seen_to_begin'][:4]}" if with_station else "")
            for row in rows
        ),
    ]
