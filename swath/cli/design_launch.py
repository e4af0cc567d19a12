"""``swath design launch``: in which direction and when is a plane reached from a site?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.design_options import OrbitOptions
from swath.cli.design_shape import parse_clock_h, shape_for
from swath.cli.options import JsonOption
from swath.errors import DataError, InputError

if TYPE_CHECKING:
    from swath.design.launch import Site, Window
    from swath.design.shapes import OrbitShape
    from swath.model import Elements

__all__ = ["known_site", "launch"]

_LATE_MIN = 24.0
_Terms = tuple[float, float, float, float]
"""ascent offset (min), dog-leg (deg), errors of injection (m, deg)"""


def launch(
    *,
    site: str,
    start: str,
    days: int = 7,
    shape: OrbitOptions | None = None,
    local_time: str | None = None,
    to_plane: str | None = None,
    ascent_offset_min: float = _LATE_MIN,
    tolerance_min: float = 10.0,
    dog_leg_deg: float = 0.0,
    altitude_error_m: float = 5e3,
    inclination_error_deg: float = 0.05,
    any_azimuth: bool = False,
    site_file: Path | None = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """In which direction, and when day by day, is a plane reached from a launch site? Planes only: no vehicle.

    Example: swath design launch --site Vostochny --repeat 76/5 --local-time 22:30 --start 2027-03-01T00:00:00Z

    swath design launch --site Sohae --to-plane fleet.json --start 2027-03-01T00:00:00Z

    Parameters
    ----------
    site
        A known site, LON,LAT, or one of --site-file.
    start
        First day, ISO 8601 with Z.
    days
        Of the season.
    local_time
        HH:MM of the ascending node wanted, by the mean Sun.
    to_plane
        A file whose first satellite's plane is to be joined; its orbit too, unless one is given.
    ascent_offset_min
        Local time that the vehicle gains on its way up: the plane reached lies so much later than the one through the
        pad at lift-off. Ten flown launches gained 3 to 34.
    tolerance_min
        How early or late the local time may be.
    dog_leg_deg
        A turn of the plane on the way: adds what it costs.
    altitude_error_m
        Of the injection: what it does to local time and phase is said.
    inclination_error_deg
        The same.
    any_azimuth
        Directions outside the site's corridor too.
    site_file
        CSV of sites: name,lat,lon,az_min_deg,az_max_deg,source.
    out
        Write to this file instead: .json or .csv, .html.
    """
    from swath.cli.orbits import check_form
    from swath.design.launch import launch_windows
    from swath.time import parse_utc

    check_form(out)
    first = parse_utc(start, where="--start")
    pad, joined = known_site(site, site_file), _joined(to_plane)
    size = _shape(shape, joined)
    hours = parse_clock_h(local_time) if local_time is not None else None
    if (hours is None) == (joined is None):
        raise InputError("which plane?", where="--local-time", fix="Give --local-time or --to-plane, one of them")
    plane: dict[str, Any] = {"wanted_local_time_h": hours}
    if joined is not None:
        plane = {"raan_deg": joined.raan_deg, "raan_at": joined.epoch}
    limits: dict[str, Any] = {"ascent_offset_min": ascent_offset_min, "tolerance_min": tolerance_min}
    windows = launch_windows(pad, size, first, days, **plane, **limits, any_azimuth=any_azimuth)
    terms = ascent_offset_min, dog_leg_deg, altitude_error_m, inclination_error_deg
    _give(_answer(pad, size, windows, terms), out, json)
    return 0


def known_site(text: str, site_file: Path | None) -> Site:
    """A known site, LON,LAT, or one of a file of sites."""
    from swath.cli.windows import place_of
    from swath.design.launch import Site
    from swath.design.sites import parse_sites, site_named

    if "," in text:
        place = place_of(text)
        return Site(place.id, place.lon_deg, place.lat_deg, source="given")
    if site_file is None:
        return site_named(text)
    try:
        return site_named(text, parse_sites(site_file.read_text("utf-8"), where=str(site_file)))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=str(site_file), fix="Give a CSV file of sites") from error


def _joined(to_plane: str | None) -> Elements | None:
    from swath.cli.design_fleet import read_fleet

    return read_fleet(to_plane, [])[0] if to_plane is not None else None


def _shape(asked: OrbitOptions | None, joined: Elements | None) -> OrbitShape:
    from swath.design.shapes import shape_of

    if joined is not None and (asked is None or (asked.altitude_m is None and asked.repeat is None)):
        return shape_of(joined)
    return shape_for(asked or OrbitOptions())


def _clock(hours: float) -> str:
    minutes = round(hours * 60.0) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _rows(windows: list[Window]) -> list[dict[str, Any]]:
    from swath.time import format_utc

    return [
        {
            "leg": window.leg,
            "azimuth_deg": window.azimuth_deg,
            "allowed": window.allowed,
            **{key: format_utc(getattr(window, key)) for key in ("opens", "best", "closes", "pad_plane")},
            "raan_deg": window.raan_deg,
            "local_time_h": window.local_time_s / 3600.0,
            "sun_elevation_deg": window.sun_elevation_deg,
        }
        for window in windows
    ]


def _answer(pad: Site, size: OrbitShape, windows: list[Window], terms: _Terms) -> dict[str, Any]:
    from swath.design.launch import headings, reachable_inclinations_deg

    speed_m_s = (3.986004418e14 / size.sma_m) ** 0.5
    limits = None if pad.min_azimuth_deg is None else [pad.min_azimuth_deg, pad.max_azimuth_deg]
    keys = ("leg", "azimuth_deg", "inertial_azimuth_deg", "allowed")
    return {
        "site": {
            "name": pad.name,
            "lon_deg": pad.lon_deg,
            "lat_deg": pad.lat_deg,
            "azimuths_deg": limits,
            "source": pad.source,
        },
        "inclination_deg": size.inclination_deg,
        "reachable_inclinations_deg": list(reachable_inclinations_deg(pad, speed_m_s)),
        "headings": [{key: getattr(way, key) for key in keys} for way in headings(pad, size)],
        "windows": _rows(windows),
        "warnings": _notes(pad, size, terms),
    }


def _give(answer: dict[str, Any], out: Path | None, as_json: bool) -> None:
    from json import dumps

    from swath.cli.design_files import table_file

    if out is not None:
        title = f"Launch windows from {answer['site']['name']} to {answer['inclination_deg']:.2f} deg"
        table_file(out, answer, "windows", title)
        print(f"{len(answer['windows'])} windows -> {out}", file=sys.stderr)
    if as_json:
        print(dumps(answer, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(answer)))
    for note in answer["warnings"] if not as_json else ():
        print(f"swath: {note}", file=sys.stderr)


def _notes(pad: Site, size: OrbitShape, terms: _Terms) -> list[str]:
    from swath.design.drift import injection_drift_deg_day, injection_drift_min_year
    from swath.design.launch import FLOWN_OFFSET_MIN, dog_leg_m_s

    offset_min, dog_leg_deg, high_m, tilt_deg = terms
    least, most = FLOWN_OFFSET_MIN
    notes = [
        f"PAD PLANE is the textbook's lift-off; LIFT-OFF is {offset_min:g} min of local time earlier, for what the "
        f"vehicle gains on its way up: ten flown launches gained {least:g} to {most:g} min"
    ]
    if pad.min_azimuth_deg is None:
        notes.append(f"no source states the azimuth limits of {pad.name}: none are applied")
    if dog_leg_deg:
        notes.append(f"a dog-leg of {dog_leg_deg:g} deg costs {dog_leg_m_s(size, dog_leg_deg):.0f} m/s at most")
    by_tilt = injection_drift_min_year(size, inclination_error_deg=tilt_deg)
    by_height = injection_drift_min_year(size, altitude_error_m=high_m)
    notes.append(
        f"an injection {tilt_deg:g} deg or {high_m / 1e3:g} km too high makes the local time drift {by_tilt:+.1f} or "
        f"{by_height:+.1f} min a year; the altitude moves the phase {injection_drift_deg_day(size, high_m):+.2f} deg a "
        "day"
    )
    return notes


def _lines(answer: dict[str, Any]) -> list[str]:
    import numpy as np

    place, (low, high) = answer["site"], answer["reachable_inclinations_deg"]
    lines = [
        f"{place['name']}: {place['lat_deg']:.3f} N, {place['lon_deg']:.3f} E; reaches {low:.1f} to {high:.1f} deg",
        *(
            f"{way['leg']:>5}ward azimuth {way['azimuth_deg']:6.2f} deg (without the Earth's rotation "
            f"{way['inertial_azimuth_deg']:6.2f}){'' if way['allowed'] else ', outside its corridor'}"
            for way in answer["headings"]
        ),
        "",
        f"{'LEG':<5} {'AZIMUTH':>7} {'LIFT-OFF UTC':<20} {'+/-':>4} {'PAD PLANE':>9} {'NODE':>6} LOCAL   SUN",
    ]
    for row in answer["windows"]:
        half = (np.datetime64(row["closes"][:-1]) - np.datetime64(row["opens"][:-1])) / np.timedelta64(2, "m")
        lines.append(
            f"{row['leg']:<5} {row['azimuth_deg']:7.2f} {row['best']} {half:3.0f}m {row['pad_plane'][11:19]:>9} "
            f"{row['raan_deg']:6.2f} {_clock(row['local_time_h'])} {row['sun_elevation_deg']:+5.0f}"
        )
    return lines
