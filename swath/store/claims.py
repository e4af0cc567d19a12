"""Claims from a file: TOML or JSON in the form of docs/reference/claim-file.md, or a table of rows."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from swath.claim.gazetteer import suggestions
from swath.claim.moments import moment_of
from swath.claim.plane import Plane
from swath.claim.records import KINDS, Claim, ClaimFile, CloudFile, Kind, Moment, Quoted, Shadow, Subject
from swath.claim.subjects import known_subject, picture_kind
from swath.errors import DataError, InputError
from swath.model import Elements, Place, Station
from swath.orbit.elements import parse_tle
from swath.store.claim_rows import claims_of_rows
from swath.store.section import Section

__all__ = ["parse_claims", "read_claims"]

_MOST_BYTES = 20_000_000
_MOST_CLAIMS = 5_000
_TOLD = 5
_EXAMPLE = "See docs/reference/claim-file.md or examples/claims/"


def read_claims(path: Path) -> ClaimFile:
    """The claims of a file, by its ending: ``.toml``, ``.json`` or ``.csv``.

    Raises :class:`DataError` where it cannot be read, and :class:`InputError` with every claim that lacks something.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError("more than 20 MB of claims", where=str(path), fix="Split the file")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read the claims: {error.strerror}", where=str(path), fix=_EXAMPLE) from error
    except UnicodeDecodeError as error:
        raise InputError("the claims are not UTF-8 text", where=str(path), fix=_EXAMPLE) from error
    return parse_claims(text, path.suffix.lower(), where=str(path))


def parse_claims(text: str, form: str, *, where: str = "") -> ClaimFile:
    """The same from the text itself; ``form`` is ``.toml``, ``.json`` or ``.csv``."""
    if form == ".csv":
        return _checked(claims_of_rows(text, where=where), where)
    if form not in (".toml", ".json"):
        raise InputError(f"claims cannot be read from {form or 'a file without an ending'}", where=where, fix=_EXAMPLE)
    try:
        data: Any = tomllib.loads(text) if form == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not {form[1:].upper()}: {error}", where=where, fix=_EXAMPLE) from error
    top = Section(data, where or "claims")
    title, about = top.text("title", ""), top.text("about", "")
    files = top.texts("elements", ()) if "elements" in top.values else ()
    common = top.values.get("satellite", {})
    top.optional_table("satellite")
    top._get("satellites", {})
    named = top.values.get("satellites", {})
    claims, faults = _each(top.tables("claims"), common, named, anchors=False)
    seen, more = _each(top.tables("observations"), common, named, anchors=True)
    top.done()
    _raise_faults([*faults, *more], where)
    notes = (about,) if about else ()
    return _checked(ClaimFile(title or Path(where).stem or "claims", (*claims, *seen), notes, files), where)


def _each(sections: list[Section], common: Any, named: Any, *, anchors: bool) -> tuple[list[Claim], list[InputError]]:
    found, faults = [], []
    for number, section in enumerate(sections, 1):
        try:
            found.append(_claim(section, common, named, str(number), anchors))
        except InputError as error:
            faults.append(error)
    return found, faults


def _raise_faults(faults: list[InputError], where: str) -> None:
    if len(faults) == 1:
        raise faults[0]
    if faults:
        said = "; ".join(str(fault).removeprefix(f"{where} ") for fault in faults[:_TOLD])
        more = f"; and {len(faults) - _TOLD} more" if len(faults) > _TOLD else ""
        raise InputError(f"{len(faults)} claims cannot be read: {said}{more}", where=where, fix=_EXAMPLE)


def _checked(file: ClaimFile, where: str) -> ClaimFile:
    if not file.claims:
        raise InputError("no claim is in it", where=where, fix=_EXAMPLE)
    if len(file.claims) > _MOST_CLAIMS:
        raise InputError(f"{len(file.claims)} claims", where=where, fix=f"At most {_MOST_CLAIMS} a file")
    ids = [claim.id for claim in file.claims]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise InputError(f"two claims are called {twice[0]!r}", where=where, fix="Give every one its own id")
    return file


def _claim(section: Section, common: Any, named: Any, number: str, anchors: bool) -> Claim:
    section._get("id", number)
    id = str(section.values.get("id", number))
    where = section.where
    subject, elements, own_kind = _subject(section, common, named, where)
    kind = section.text("kind", "closest approach" if anchors else own_kind)
    if kind not in KINDS:
        raise InputError(f"kind = {kind!r}", where=where, fix=f"Use one of: {', '.join(KINDS)}")
    zone = section.text("zone", "")
    within_s = section.number("within_s", None, low=0.0, high=86400.0) if "within_s" in section.values else None
    sources = _sources(section, zone, where)
    moment = _moment(section, sources, zone, within_s, where)
    claim = Claim(
        id=id,
        kind=_kind(kind),
        moment=moment,
        subject=subject,
        place=_place(section, kind, where),
        who=section.text("who", ""),
        text=section.text("text", ""),
        sources=tuple(quoted for quoted, _ in sources),
        elements=elements,
        off_nadir_deg=_with_error(section, "off_nadir", 90.0),
        elevation_deg=_with_error(section, "elevation", 90.0),
        detail_m=_optional(section, "detail_m", 0.001, 1e5),
        shadow=_shadow(section),
        announced=_announced(section, zone, where),
        cloud_share=_optional(section, "cloud_share", 0.0, 1.0),
        cloud_because=section.text("cloud_because", ""),
        clouds=_clouds(section, zone, where),
        heights_m=section.numbers("perigees_m", 2, low=1e5, high=5e7) if "perigees_m" in section.values else None,  # type: ignore[arg-type]
        anchors=anchors,
        outcome=section.text("outcome", ""),
    )
    section.done()
    return claim


def _kind(text: str) -> Kind:
    return next(kind for kind in KINDS if kind == text)


def _optional(section: Section, key: str, low: float, high: float) -> float | None:
    return section.number(key, low=low, high=high) if key in section.values else None


def _with_error(section: Section, name: str, high: float) -> tuple[float, float] | None:
    error_deg = section.number(f"{name}_error_deg", 2.0, low=0.0, high=90.0)
    stated = _optional(section, f"{name}_deg", 0.0, high)
    return None if stated is None else (stated, error_deg)


def _announced(section: Section, zone: str, where: str) -> Moment | None:
    stated = section._get("announced", None)
    return None if stated is None else moment_of(stated, zone=zone, where=f"{where} announced")


def _moment(
    section: Section,
    sources: list[tuple[Quoted, Moment | None]],
    zone: str,
    within_s: float | None,
    where: str,
) -> Moment:
    """The stated time, or what the sources agree on."""
    told = [(quoted, at) for quoted, at in sources if at is not None]
    stated = section._get("time", None)
    if stated is not None:
        return moment_of(stated, zone=zone, within_s=within_s, where=where)
    if not told:
        raise InputError(
            "no time is stated", where=where, fix='Add time = "2023-11-22 09:21" and zone = "Asia/Pyongyang"'
        )
    for one, at in told:
        for two, other in told:
            if at.latest < other.earliest:
                said = f"{one.text[:40]!r} says {at.words}, {two.text[:40]!r} says {other.words}"
                raise InputError(
                    f"the sources contradict each other: {said}",
                    where=where,
                    fix="Give one time, or make two claims of it",
                )
    first = max((at for _, at in told), key=lambda at: at.earliest)
    last = min((at for _, at in told), key=lambda at: at.latest)
    return replace(first, latest=last.latest)


def _sources(section: Section, zone: str, where: str) -> list[tuple[Quoted, Moment | None]]:
    given = section._get("sources", [])
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list):
        raise InputError("sources is no list", where=where, fix='Write sources = ["who, where, date"]')
    found: list[tuple[Quoted, Moment | None]] = []
    for number, one in enumerate(given, 1):
        if isinstance(one, str):
            found.append((Quoted(one), None))
            continue
        part = Section(one, f"{where} source {number}")
        quoted = Quoted(part.text("text"), str(part._get("date", "")), part.text("url", ""))
        own = part._get("time", None)
        own_zone = part.text("zone", zone)
        found.append((quoted, None if own is None else moment_of(own, zone=own_zone, where=part.where)))
        part.done()
    return found


def _place(section: Section, kind: str, where: str) -> Place | None:
    given = section._get("place", None)
    if given is None:
        if kind == "raise":
            return None
        raise InputError(
            "no place is stated", where=where, fix="Add place = { name = ..., lon_deg = ..., lat_deg = ... }"
        )
    if isinstance(given, str):
        raise _name_only(given, where)
    part = Section(given, f"{where} place")
    name = part.text("name", "place")
    if "lon_deg" not in part.values and "lat_deg" not in part.values:
        raise _name_only(name, where)
    lon_deg = part.number("lon_deg", low=-180.0, high=180.0)
    if isinstance(lat := part.values.get("lat_deg"), int | float) and 90.0 < abs(lat) <= 180.0 >= 2.0 * abs(lon_deg):
        raise InputError(f"a latitude of {lat:g} deg", where=part.where, fix="Are the two swapped? Longitude: lon_deg")
    lat_deg = part.number("lat_deg", low=-90.0, high=90.0)
    altitude_m = part.number("altitude_m", 0.0, low=-500.0, high=9000.0)
    part.done()
    return Place.point(name, lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)


def _name_only(name: str, where: str) -> InputError:
    near = "; ".join(f"{one.name}: lon_deg = {one.lon_deg}, lat_deg = {one.lat_deg}" for one in suggestions(name))
    fix = f"Did you mean {near}?" if near else "Look them up, longitude first"
    return InputError(f"the place {name[:60]!r} has no coordinates", where=where, fix=fix)


def _clouds(section: Section, zone: str, where: str) -> tuple[CloudFile, ...]:
    """Names of masks, or tables of a name and a time."""
    given = section._get("clouds", [])
    found = []
    for number, one in enumerate(given if isinstance(given, list) else [given], 1):
        part = Section({"file": one} if isinstance(one, str) else one, f"{where} clouds {number}")
        stated, own_zone = part._get("time", None), part.text("zone", zone)
        at = None if stated is None else moment_of(stated, zone=own_zone, where=part.where).middle
        name = part.text("file")
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{name[:60]!r} lies elsewhere", where=part.where, fix="Put the mask beside the claims")
        found.append(CloudFile(name, at))
        part.done()
    return tuple(found)


def _shadow(section: Section) -> Shadow | None:
    if "shadow" not in section.values:
        return None
    part = section.table("shadow")
    found = Shadow(
        height_m=_optional(part, "height_m", 0.01, 1e4),
        length_m=_optional(part, "length_m", 0.0, 1e5),
        error_share=part.number("error_share", 0.05, low=0.001, high=1.0),
        bearing_deg=_optional(part, "bearing_deg", 0.0, 360.0),
        bearing_error_deg=part.number("bearing_error_deg", 3.0, low=0.01, high=90.0),
        sun_elevation_deg=_optional(part, "sun_elevation_deg", -90.0, 90.0),
        sun_azimuth_deg=_optional(part, "sun_azimuth_deg", 0.0, 360.0),
        angle_error_deg=part.number("angle_error_deg", 1.0, low=0.01, high=45.0),
    )
    part.done()
    if found.height_m is None and found.length_m is not None:
        raise InputError("height and length belong together", where=part.where, fix="Give height_m and length_m")
    if (
        found.height_m is None
        and found.bearing_deg is None
        and found.sun_elevation_deg is None
        and found.sun_azimuth_deg is None
    ):
        raise InputError(
            "the shadow says nothing", where=part.where, fix="Give height_m and length_m, or sun_elevation_deg"
        )
    return found


def _subject(section: Section, common: Any, named: Any, where: str) -> tuple[Subject, tuple[Elements, ...], str]:
    """The satellite: that of the claim, of the file, or unknown."""
    given = section._get("satellite", common)
    if isinstance(given, str) and isinstance(named, dict) and given in named:
        given = {"name": given, **named[given]}
    if isinstance(given, int) and not isinstance(given, bool):
        given = {"norad_id": given}
    if isinstance(given, str):
        given = {} if given.strip().casefold() == "unknown" else {"name": given}
    tle = section.text("tle", "")
    part = Section(given, f"{where} satellite")
    name = part.text("name", "")
    norad_id = part.whole("norad_id", low=1, high=999_999_999) if "norad_id" in part.values else None
    tle = tle or part.text("tle", "")
    elements = _sets(tle, name, where) if tle else ()
    if elements and norad_id not in (None, elements[0].norad_id):
        raise InputError(
            f"the element set is of {elements[0].norad_id}, the satellite is said to be {norad_id}",
            where=where,
            fix="Give its own",
        )
    norad_id = norad_id if norad_id is not None else elements[0].norad_id if elements else None
    subject, entry = known_subject(name, norad_id, where=where) if name or norad_id is not None else (Subject(), None)
    launched, decayed = (_time(part, key) for key in ("launched", "decayed"))
    subject = replace(
        subject,
        launched=launched,
        decayed=decayed,
        max_off_nadir_deg=_optional(part, "max_off_nadir_deg", 0.1, 70.0) or subject.max_off_nadir_deg,
        aperture_m=_aperture(part),
        plane=_plane(part),
        station=_station(part) or subject.station,
        because=part.text("because", subject.because),
    )
    part.done()
    return subject, elements, picture_kind(entry)


def _time(part: Section, key: str) -> Any:
    given = part._get(key, None)
    return None if given is None else moment_of(given, zone="UTC", where=f"{part.where} {key}").earliest


def _aperture(part: Section) -> tuple[float, float] | None:
    given = part._get("aperture_m", None)
    if given is None:
        return None
    if isinstance(given, list):
        low, high = part.numbers("aperture_m", 2, low=0.01, high=10.0)
        return (min(low, high), max(low, high))
    one = part.number("aperture_m", low=0.01, high=10.0)
    return one, one


def _plane(part: Section) -> Plane | None:
    if "orbit" not in part.values:
        return None
    given = part.table("orbit")
    found = Plane(
        altitude_m=given.number("altitude_m", low=150e3, high=5e6),
        node_time_s=_of_day_s(given.text("node_local_time"), given.where),
        node_error_s=given.number("node_error_s", 240.0, low=1.0, high=43200.0),
        inclination_deg=_optional(given, "inclination_deg", 0.1, 179.9),
    )
    given.done()
    return found


def _of_day_s(text: str, where: str) -> float:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", text.strip())
    if match is None:
        raise InputError(f"{text[:20]!r} is no time of day", where=where, fix='Write node_local_time = "10:00"')
    hour, minute, second = (int(part or 0) for part in match.groups())
    return 3600.0 * hour + 60.0 * minute + second


def _station(part: Section) -> Station | None:
    if "station" not in part.values:
        return None
    given = part.table("station")
    station = Station(
        given.text("name"),
        given.number("lon_deg", low=-180.0, high=180.0),
        given.number("lat_deg", low=-90.0, high=90.0),
        given.number("altitude_m", 0.0, low=-500.0, high=9000.0),
        0.0,
        0.0,
        source=given.text("source", ""),
    )
    given.done()
    return station


def _sets(text: str, name: str, where: str) -> tuple[Elements, ...]:
    loaded = parse_tle("\n".join(line.strip() for line in text.strip().splitlines()), source="the claim file")
    if loaded.rejected or not loaded.elements:
        why = loaded.rejected[0].what if loaded.rejected else "it is empty"
        raise InputError(f"no usable element set: {why}", where=where, fix="Copy both lines unchanged")
    if len({one.norad_id for one in loaded.elements}) > 1:
        raise InputError("element sets of several objects", where=where, fix="Give those of one, others by --elements")
    named = name and not re.search(r"[A-Za-z]", loaded.elements[0].name)
    return tuple(replace(one, name=name) if named else one for one in loaded.elements)
