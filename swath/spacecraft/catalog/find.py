"""Which satellite or station is meant? Names are taken as people write them."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeVar

from swath.errors import InputError
from swath.spacecraft.catalog.read import read_satellites, read_stations
from swath.spacecraft.catalog.records import CatalogSatellite, CatalogStation

__all__ = ["number_of", "satellite", "satellites", "station", "stations"]

Entry = TypeVar("Entry", CatalogSatellite, CatalogStation)


@cache
def satellites() -> tuple[CatalogSatellite, ...]:
    """Which satellites does swath know? Sorted by id."""
    return read_satellites()


@cache
def stations() -> tuple[CatalogStation, ...]:
    """Which ground stations does swath know? Sorted by id."""
    return read_stations()


def satellite(name: str | int) -> CatalogSatellite:
    """The satellite of a name or catalogue number: ``"sentinel-2a"``, ``"SENTINEL 2A"``, ``40697``.

    Case, blanks and signs in a name do not matter. Raises :class:`InputError` with the nearest names where there is
    none of that name.

    >>> satellite("Sentinel 2A").norad_id
    40697
    """
    key = str(name).strip()
    if re.fullmatch(r"[0-9]{1,9}", key):
        for one in satellites():
            if one.norad_id == int(key):
                return one
    return _named(key, _satellite_names(), "satellite")


def number_of(name: str | int) -> int | None:
    """The catalogue number of a satellite's name; ``None`` where the name or its number is not known here."""
    try:
        return satellite(name).norad_id
    except InputError:
        return None


def station(name: str) -> CatalogStation:
    """The ground station of a name or id: ``"svalbard"``, ``"Punta Arenas"``, ``"punta-arenas-aws"``.

    Where several providers have antennas at one place, the bare name is the first one's (KSAT's, if it is there); the
    others carry the provider's name behind it. Raises :class:`InputError` as :func:`satellite` does.
    """
    return _named(name, _station_names(), "station")


@cache
def _satellite_names() -> Mapping[str, CatalogSatellite]:
    return _by_name((name, one) for one in satellites() for name in (one.id, one.name, *one.aliases))


@cache
def _station_names() -> Mapping[str, CatalogStation]:
    ids = [(one.id, one) for one in stations()]
    return _by_name([*ids, *((name, one) for one in stations() for name in (one.name, f"{one.name} {one.provider}"))])


def _by_name(pairs: Iterable[tuple[str, Entry]]) -> dict[str, Entry]:
    """The first of a name keeps it."""
    found: dict[str, Entry] = {}
    for name, one in pairs:
        found.setdefault(_plain(name), one)
    return found


def _plain(name: str) -> str:
    """Letters and digits alone, without accents and case."""
    bare = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in bare if c.isalnum())


def _named(name: str, known: Mapping[str, Entry], kind: str) -> Entry:
    found = known.get(_plain(name))
    if found is not None:
        return found
    near: dict[str, None] = {}
    for key in difflib.get_close_matches(_plain(name), known, n=5, cutoff=0.6):
        near.setdefault(known[key].id)
    for key, one in known.items():
        if len(near) < 5 and _plain(name) and (key.startswith(_plain(name)) or _plain(name) in key):
            near.setdefault(one.id)
    raise InputError(
        f"no {kind} {name[:40]!r} in the catalogue",
        where=kind,
        fix=f"Near it: {', '.join(near)}" if near else f"`swath orbit catalogue` lists the {kind}s",
    )
