"""An outsider's view of a programme, from a TOML file in the form of examples/programme/programme.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

from swath.design.launch import Site
from swath.design.programme import Fact, Programme
from swath.design.sites import site_named
from swath.errors import DataError, InputError
from swath.model import Elements, Place
from swath.orbit.elements import parse_tle
from swath.store.section import Section

__all__ = ["parse_programme", "read_programme"]

_EXAMPLE = "See examples/programme/programme.toml"
_MOST_PLACES, _MOST_MORE = 40, 11


def read_programme(path: Path) -> Programme:
    """The programme of a file. :class:`DataError` where it cannot be read, :class:`InputError` for its faults."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix=_EXAMPLE) from error
    return parse_programme(text, where=str(path))


def parse_programme(text: str, *, where: str = "") -> Programme:
    """The same from the text itself. What is known and what is assumed has to be said; so has what is not known."""
    try:
        top = Section(tomllib.loads(text), where or "programme")
    except (ValueError, RecursionError) as error:
        raise InputError(f"not TOML: {error}", where=where, fix=_EXAMPLE) from error
    terms = top.table("terms")
    found = Programme(
        title=top.text("title"),
        about=top.text("about", ""),
        known=_facts(top, "known"),
        assumed=_facts(top, "assumed"),
        unknown=_facts(top, "unknown"),
        satellite=_satellite(top.text("tle"), where),
        more=top.whole("more", low=0, high=_MOST_MORE),
        plane_step_deg=terms.number("plane_step_deg", 45.0, low=1.0, high=180.0),
        places=tuple(_place(one) for one in top.tables("places")[:_MOST_PLACES]),
        station=_place(top.table("station")),
        sites=tuple(_site(one) for one in top.tables("sites")),
        max_off_nadir_deg=terms.number("max_off_nadir_deg", low=1.0, high=60.0),
        min_sun_elevation_deg=terms.number("min_sun_elevation_deg", 5.0, low=-90.0, high=60.0),
        min_station_elevation_deg=terms.number("min_station_elevation_deg", 5.0, low=0.0, high=60.0),
        start=terms.time("start"),
        days=terms.number("days", 30.0, low=1.0, high=400.0),
        season_days=terms.whole("season_days", 30, low=1, high=400),
        ascent_offset_s=terms.number("ascent_offset_s", 1440.0, low=0.0, high=3600.0),
    )
    terms.done()
    top.done()
    if not found.places:
        raise InputError("no place", where=where, fix="Add [[places]] with name, lon_deg and lat_deg")
    return found


def _facts(top: Section, key: str) -> tuple[Fact, ...]:
    found = []
    for one in top.tables(key):
        found.append(Fact(one.text("text"), one.text("source", "")))
        one.done()
    if not found:
        raise InputError(f"nothing is {key}", where=top.where, fix=f"Add [[{key}]] with a text, and its source")
    return tuple(found)


def _satellite(tle: str, where: str) -> Elements:
    loaded = parse_tle("\n".join(line.strip() for line in tle.strip().splitlines()), source=where)
    if not loaded.elements:
        why = loaded.rejected[0].what if loaded.rejected else "it is empty"
        raise InputError(f"no usable element set: {why}", where=where, fix="Copy both lines unchanged")
    return loaded.elements[0]


def _place(given: Section) -> Place:
    place = Place.point(
        given.text("name"),
        lon_deg=given.number("lon_deg", low=-180.0, high=180.0),
        lat_deg=given.number("lat_deg", low=-89.0, high=89.0),
    )
    given.text("source", "")
    given.done()
    return place


def _site(given: Section) -> Site:
    name = given.text("name")
    if "lon_deg" not in given.values:
        given.done()
        return site_named(name)
    low, high = (
        given.number(key, low=0.0, high=360.0) if key in given.values else None
        for key in ("min_azimuth_deg", "max_azimuth_deg")
    )
    lon_deg, lat_deg = given.number("lon_deg", low=-180.0, high=180.0), given.number("lat_deg", low=-89.0, high=89.0)
    site = Site(name, lon_deg, lat_deg, low, high, given.text("source", ""))
    given.done()
    return site
