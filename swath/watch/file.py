"""What does a watch file say? Places, where scenes come from, who is told: ``docs/reference/watch-file.md``."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence

import numpy as np

from swath.access.polygons import area_centre, unrolled
from swath.errors import InputError
from swath.model import Place
from swath.store.section import Section
from swath.watch.records import USUAL, Target, WatchedPlace, WatchFile

__all__ = ["NEW_FILE", "parse_watch", "place_text", "round_place"]

PlacesOf = Callable[[str], Sequence[Place]]

_EARTH_M = 6_371_008.8
_CORNERS = 48
NEW_FILE = """\
# Places under watch. Every key is explained in docs/reference/watch-file.md.
title = "{title}"
archive = "archive"          # folder of scenes: swath archive add
false_alarms = 1.0           # where nothing happened, per 1,000 km2 and year; a place may say otherwise
"""


def parse_watch(text: str, *, where: str, places_of: PlacesOf) -> WatchFile:
    """The watch file of a text. ``places_of`` reads the places of a file that it names.

    Raises :class:`InputError` for anything wrong in it: unknown keys, outlines that cross themselves or are too small,
    deliveries that nobody defined. Names of files stay as they stand there.
    """
    try:
        root = Section(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"this is not TOML: {error}", where=where, fix="Correct it there") from error
    rate = root.number("false_alarms", 1.0, low=1e-3, high=1e4)
    look = root.optional_table("look_ahead")
    found = WatchFile(
        title=root.text("title"),
        places=tuple(_place(one, rate, places_of) for one in root.tables("places")),
        targets=tuple(_target(one) for one in root.tables("deliveries")),
        archive=root.text("archive", "archive"),
        mission=root.text("mission", ""),
        elements=_names(look, "elements"),
        plans=_names(look, "plans"),
        forecast=look.text("forecast", ""),
        sender=root.text("sender", "swath@localhost"),
    )
    look.done()
    root.done()
    _check(found, where)
    return found


def _names(section: Section, key: str) -> tuple[str, ...]:
    """A list of texts; empty where absent."""
    return section.texts(key) if key in section.values else ()


def _check(found: WatchFile, where: str) -> None:
    for kind, ids in (("place", [p.place.id for p in found.places]), ("delivery", [t.id for t in found.targets])):
        twice = {id for id in ids if ids.count(id) > 1}
        if twice:
            raise InputError(f"two are called {sorted(twice)[0]!r}", where=f"{where} [[{kind}]]", fix="Rename one")
    known = {one.id for one in found.targets}
    for place in found.places:
        strange = [id for id in place.deliver if id not in known]
        if strange:
            names = ", ".join(sorted(known)) or "none"
            here = f"{where}, place {place.place.id}"
            raise InputError(f"no delivery is called {strange[0]!r}", where=here, fix=f"There are: {names}")


def _place(section: Section, rate_per_unit: float, places_of: PlacesOf) -> WatchedPlace:
    id = section.text("id")
    if "file" in section.values:
        place = _from_file(id, section.text("file"), section.where, places_of)
    elif "polygon" in section.values:
        place = _polygon(id, section.pairs("polygon"), section.where)
    else:
        lon_deg = section.number("lon_deg", low=-180, high=180)
        lat_deg = section.number("lat_deg", low=-90, high=90)
        place = round_place(id, lon_deg, lat_deg, section.number("radius_m", low=10.0, high=200_000.0))
    watched = WatchedPlace(
        place,
        look_for=section.texts("look_for", USUAL),
        false_alarms_per_unit=section.number("false_alarms", rate_per_unit, low=1e-3, high=1e4),
        deliver=_names(section, "deliver"),
        follow_up=section.flag("follow_up", False),
        note=section.text("note", ""),
    )
    section.done()
    return watched


def _from_file(id: str, name: str, where: str, places_of: PlacesOf) -> Place:
    places = places_of(name)
    mine = [one for one in places if one.id == id] or list(places)
    if len(mine) != 1 or not mine[0].ring:
        raise InputError(f"{len(mine)} outlines in {name}", where=where, fix="Give a file of one polygon")
    return Place(id, mine[0].lon_deg, mine[0].lat_deg, ring=mine[0].ring, holes=mine[0].holes, further=mine[0].further)


def _polygon(id: str, ring: tuple[tuple[float, float], ...], where: str) -> Place:
    ring = ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
    if len(ring) < 3:
        raise InputError("a polygon has three corners or more", where=where, fix="Give [[lon, lat], ...]")
    place = Place(id, *ring[0], ring=ring)
    unrolled(place)  # refuses an outline that crosses itself
    lon_deg, lat_deg = area_centre(place)
    return Place(id, lon_deg, lat_deg, ring=ring)


def round_place(id: str, lon_deg: float, lat_deg: float, radius_m: float) -> Place:
    """The place within so many metres of a point, as a ring of 48 corners on a sphere, of a circle's area to 0.3 %.

    Raises :class:`InputError` where that reaches over a pole.
    """
    reach = radius_m / _EARTH_M
    lat = math.radians(lat_deg)
    if abs(lat_deg) + math.degrees(reach) >= 90.0:
        raise InputError("the circle holds a pole", where=f"place {id}", fix="Give a polygon")
    turn = np.linspace(0.0, -2.0 * np.pi, _CORNERS, endpoint=False)  # counter-clockwise as seen from above
    sine = math.sin(lat) * math.cos(reach) + math.cos(lat) * math.sin(reach) * np.cos(turn)
    east = np.sin(turn) * math.sin(reach) * math.cos(lat)
    lon = lon_deg + np.degrees(np.arctan2(east, math.cos(reach) - math.sin(lat) * sine))
    ring = zip(((lon + 180.0) % 360.0 - 180.0).tolist(), np.degrees(np.arcsin(sine)).tolist(), strict=True)
    return Place(id, lon_deg, lat_deg, ring=tuple((round(x, 7), round(y, 7)) for x, y in ring))


def _target(section: Section) -> Target:
    target = Target(
        id=section.text("id"),
        kind=section.text("kind"),
        address=section.text("address"),
        secret=section.text("secret", ""),
        server=section.text("server", ""),
        user=section.text("user", ""),
        sender=section.text("sender", ""),
        private=section.flag("private", False),
    )
    section.done()
    return target


def place_text(watched: WatchedPlace, circle_m: float | None = None) -> str:
    """A place as a table of the watch file. ``circle_m``: it is a circle of this radius."""
    place = watched.place
    lines = ["[[places]]", f"id = {_quoted(place.id)}"]
    if circle_m is not None:
        lines += [f"lon_deg = {place.lon_deg!r}", f"lat_deg = {place.lat_deg!r}", f"radius_m = {circle_m!r}"]
    else:
        lines.append("polygon = [" + ", ".join(f"[{x!r}, {y!r}]" for x, y in place.ring) + "]")
    lines.append("look_for = [" + ", ".join(map(_quoted, watched.look_for)) + "]")
    lines.append(f"false_alarms = {watched.false_alarms_per_unit!r}")
    if watched.deliver:
        lines.append("deliver = [" + ", ".join(map(_quoted, watched.deliver)) + "]")
    if watched.follow_up:
        lines.append("follow_up = true")
    if watched.note:
        lines.append(f"note = {_quoted(watched.note)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'
