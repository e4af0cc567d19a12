"""Claims from a table: one a row, times in UTC or with a zone, element sets in the row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace

from swath.claim.gazetteer import suggestions
from swath.claim.moments import moment_of
from swath.claim.records import KINDS, Claim, ClaimFile, Kind, Moment, Quoted, Subject
from swath.claim.subjects import known_subject, picture_kind
from swath.errors import InputError
from swath.model import Elements, Place
from swath.orbit.elements import parse_tle
from swath.spacecraft.catalog import CatalogSatellite

__all__ = ["claims_of_rows"]

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "claim", "claim_id", "name"),
    "norad": ("norad", "norad_id", "norad_cat_id", "catalogue_number", "catalog_number", "satno"),
    "satellite": ("satellite", "spacecraft", "platform", "satellite_name"),
    "place": ("place", "location", "site", "place_name"),
    "lat": ("lat", "lat_deg", "latitude", "latitude_deg"),
    "lon": ("lon", "lon_deg", "lng", "long", "longitude", "longitude_deg"),
    "start": (
        *("claim_start_utc", "start_utc", "time_utc", "datetime_utc", "claim_time_utc", "utc", "datetime"),
        *("time", "claim_time", "claim_start", "start", "start_time", "stated", "when"),
    ),
    "stop": ("claim_end_utc", "end_utc", "stop_utc", "claim_end", "end", "stop", "end_time"),
    "day": ("date", "claim_date", "day"),
    "zone": ("zone", "timezone", "time_zone", "tz"),
    "within": ("within_s",),
    "kind": ("kind",),
    "text": ("claim_text", "text"),
    "source": ("claim_source", "source"),
    "one": ("tle_line1", "tle_line_1", "line1", "tle1"),
    "two": ("tle_line2", "tle_line_2", "line2", "tle2"),
    "sets": ("elements", "tle_source"),
    "off_nadir": ("stated_off_nadir_deg", "claimed_off_nadir_deg"),
    "elevation": ("stated_elevation_deg", "claimed_elevation_deg"),
    "who": ("who",),
}
_FIX = "Begin with a line id,norad,place,lat,lon,claim_start_utc,claim_end_utc,tle_line1,tle_line2"
_TOLD = 5
_POINT = re.compile(r"(-?\d{1,2}\.\d+)\s*,\s*(-?\d{1,3}\.\d+)")
_HEIGHTS = re.compile(r"perigee\s+(?:from\s+)?(\d{3,4})(?:\.\d+)?\s*(?:km)?\s*(?:->|to|→|-)\s*(\d{3,4})", re.IGNORECASE)
_RAISE = re.compile(r"\b(raise|raises|raised|raising|burn|burns|manoeuvre|maneuver)", re.IGNORECASE)
_CLOSEST = re.compile(r"\bclosest\b", re.IGNORECASE)
_EDGES: Mapping[Kind, re.Pattern[str]] = {"rise": re.compile(r"\bAOS\b"), "set": re.compile(r"\bLOS\b")}
"""acquisition and loss of signal, as radio amateurs write them"""
_DAY = re.compile(r"\d{4}|\d[ .-]\w+[ .-]\d")
_FILE = re.compile(r"[\w.-]+\.(?:csv|tle|json|xml|txt)")


def claims_of_rows(text: str, *, where: str = "") -> ClaimFile:
    """The claims of a table with headings; those of public claim tables (``claim_start_utc`` ...) are read as they are.

    Times without a zone are UTC under headings that end with ``_utc``. A row whose place begins with ``sub-satellite
    point`` claims the point below the satellite, at the coordinates that its text states, else at its own. A text that
    speaks of a closest approach claims its time; a row without place about a raise claims that. Rows that lack
    something are all named in one :class:`InputError`.
    """
    first, _, _ = text.lstrip().partition("\n")
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        head = [re.sub(r"[\s-]+", "_", name.strip().casefold()) for name in next(lines, [])]
        rows = [(lines.line_num, dict(zip(head, row, strict=False))) for row in lines if any(map(str.strip, row))]
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", where=f"{where}, line {lines.line_num}", fix=_FIX) from error
    if not any(name in head for name in (*_COLUMNS["start"], *_COLUMNS["day"])):
        raise InputError(f"no column of times among {', '.join(head)[:80] or 'none'}", where=where, fix=_FIX)
    claims, faults, files = [], [], []
    for number, (line, row) in enumerate(rows, 1):
        try:
            claims.append(_claim(_Row(row), str(number), f"{where}, line {line}"))
            files += [claims[-1].history] if claims[-1].history else []
        except InputError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        said = "; ".join(str(fault).removeprefix(f"{where}, ") for fault in faults[:_TOLD])
        more = f"; and {len(faults) - _TOLD} more" if len(faults) > _TOLD else ""
        raise InputError(f"{len(faults)} rows cannot be read: {said}{more}", where=where, fix=_FIX)
    return ClaimFile(where.rpartition("/")[2] or "claims", tuple(claims), elements=tuple(dict.fromkeys(files)))


class _Row:
    """The cells of a row by what they are."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = cells

    def get(self, key: str) -> str:
        return next((self.cells[n].strip() for n in _COLUMNS[key] if (self.cells.get(n) or "").strip()), "")

    def heading(self, key: str) -> str:
        return next((n for n in _COLUMNS[key] if (self.cells.get(n) or "").strip()), "")


def _claim(row: _Row, number: str, where: str) -> Claim:
    id, text, named = row.get("id") or number, row.get("text"), row.get("place")
    where = f"{where} ({id})"
    elements = _elements(row, where)
    subject, entry = _subject(row, elements, where)
    kind = _kind(row, named, text, picture_kind(entry), where)
    off = row.get("off_nadir")
    heights = _HEIGHTS.search(text) if kind == "raise" else None
    return Claim(
        id=id,
        kind=kind,
        moment=_moment(row, where),
        subject=subject,
        place=_place(row, kind, named, text, where),
        who=row.get("who"),
        text=text,
        sources=(Quoted(row.get("source")),) if row.get("source") else (),
        elements=elements,
        history=next(iter(_FILE.findall(row.get("sets"))), "") if not elements else "",
        off_nadir_deg=(_number(off, "an off-nadir angle", where), 2.0) if off else None,
        elevation_deg=(_number(high, "an elevation", where), 2.0) if (high := row.get("elevation")) else None,
        heights_m=(float(heights.group(1)) * 1e3, float(heights.group(2)) * 1e3) if heights else None,
    )


def _subject(row: _Row, elements: tuple[Elements, ...], where: str) -> tuple[Subject, CatalogSatellite | None]:
    number, name = row.get("norad"), row.get("satellite")
    if name.casefold() == "unknown":
        name = ""
    if number and not (number.isascii() and number.isdigit() and int(number) > 0):
        raise InputError(
            f"{number[:20]!r} is no catalogue number", where=where, fix="Write it as 58400, or leave it empty"
        )
    norad_id = int(number) if number else elements[0].norad_id if elements else None
    if elements and norad_id != elements[0].norad_id:
        raise InputError(
            f"the element set is of {elements[0].norad_id}, the row says {norad_id}",
            where=where,
            fix="Give its own set",
        )
    return known_subject(name, norad_id, where=where) if name or norad_id is not None else (Subject(), None)


def _kind(row: _Row, named: str, text: str, usual: Kind, where: str) -> Kind:
    stated = row.get("kind").casefold()
    if stated:
        found = next((kind for kind in KINDS if kind == stated), None)
        if found is None:
            raise InputError(f"kind {stated!r}", where=where, fix=f"Use one of: {', '.join(KINDS)}")
        return found
    if named.casefold().startswith("sub-satellite point"):
        return "sub-satellite point"
    if not row.get("lat") and not row.get("lon") and _RAISE.search(f"{named} {text}"):
        return "raise"
    if _CLOSEST.search(f"{named} {text}"):
        return "closest approach"
    return next((kind for kind, said in _EDGES.items() if said.search(f"{named} {text}")), usual)


def _moment(row: _Row, where: str) -> Moment:
    start, stop, day = row.get("start"), row.get("stop"), row.get("day")
    if day and not _DAY.search(start):
        start = f"{day} {start}".strip()
    if day and stop and not _DAY.search(stop):
        stop = f"{day} {stop}"
    if not start:
        raise InputError("no time is stated", where=where, fix="Fill in claim_start_utc")
    zone = row.get("zone") or ("UTC" if row.heading("start").endswith("utc") else "")
    within = row.get("within")
    within_s = abs(_number(within, "a number of seconds", where, 86400.0)) if within else None
    first = moment_of(start, zone=zone, within_s=within_s, where=where)
    if not stop:
        return first
    last = moment_of(stop, zone=zone, within_s=within_s, where=where)
    if last.latest < first.earliest:
        raise InputError("the stated time ends before it begins", where=where, fix="Write the earlier time first")
    same = stop == start
    return replace(
        first,
        latest=last.latest,
        words=start if same else f"{start} to {stop}",
        because="" if same else "stated as a span",
    )


def _place(row: _Row, kind: Kind, named: str, text: str, where: str) -> Place | None:
    lat, lon = row.get("lat"), row.get("lon")
    if kind == "sub-satellite point" and (point := _POINT.search(text)):
        lat, lon = point.groups()
    if not lat or not lon:
        if kind == "raise":
            return None
        near = "; ".join(f"{one.name}: lon {one.lon_deg}, lat {one.lat_deg}" for one in suggestions(named))
        what = f"the place {named[:60]!r} has no coordinates" if named else "no place is stated"
        raise InputError(what, where=where, fix=f"Did you mean {near}?" if near else "Fill in lat and lon")
    lon_deg, lat_deg = _number(lon, "a longitude", where), _number(lat, "a latitude", where)
    try:
        return Place.point(named or f"{lon},{lat}", lon_deg=lon_deg, lat_deg=lat_deg)
    except InputError as error:
        raise InputError(error.what, where=where, fix=error.fix) from error


def _number(text: str, what: str, where: str, most: float = 360.0) -> float:
    """A number; ``37,57`` where commas do not part columns, ``37.57 N`` and ``122.4 W`` with their sign."""
    bare = re.sub(r"\s*°?\s*([NSEWnsew])?$", "", text)
    try:
        value = float(bare.replace(",", ".")) * (-1.0 if re.search(r"[SWsw]$", text) else 1.0)
    except ValueError as error:
        raise InputError(f"{text[:20]!r} is not {what}", where=where, fix="Write a number such as 126.98") from error
    if not abs(value) <= most:
        raise InputError(f"{text[:20]!r} is not {what}", where=where, fix="Write a number such as 126.98")
    return value


def _elements(row: _Row, where: str) -> tuple[Elements, ...]:
    one, two = row.get("one"), row.get("two")
    if not one and not two:
        return ()
    loaded = parse_tle(f"{one}\n{two}", source=row.get("sets") or "the claim's own row")
    if not loaded.elements:
        why = loaded.rejected[0].what if loaded.rejected else "it is empty"
        raise InputError(f"no usable element set: {why}", where=where, fix="Copy both lines unchanged")
    return loaded.elements
