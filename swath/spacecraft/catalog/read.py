"""The catalogue's files: what may stand in them is checked when they are read, so that a misspelt key is found."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import files
from typing import Any, TypeVar

from swath.errors import DataError
from swath.spacecraft.catalog.records import CatalogInstrument, CatalogSatellite, CatalogStation, Mode

__all__ = ["parse_family", "read_satellites", "read_stations"]

Kind = TypeVar("Kind", CatalogInstrument, CatalogSatellite, CatalogStation, Mode)

_SPANS = {
    "swath_m": ("swath_m", "swath_max_m"),
    "gsd_m": ("gsd_m", "gsd_max_m"),
    "altitude_m": ("altitude_m", "altitude_max_m"),
    "wavelength_m": ("wavelength_min_m", "wavelength_max_m"),
    "off_nadir_deg": ("min_off_nadir_deg", "max_off_nadir_deg"),
    "incidence_deg": ("min_incidence_deg", "max_incidence_deg"),
}
"""Keys that take one number or two, least and most."""


def read_satellites() -> tuple[CatalogSatellite, ...]:
    """Every satellite of the files in ``catalog/satellites``, sorted by id. Raises :class:`DataError` for a bad one."""
    found: list[CatalogSatellite] = []
    for name in (file.name for file in files(__package__).joinpath("satellites").iterdir()):
        if name.endswith(".toml"):
            text = files(__package__).joinpath("satellites", name).read_text(encoding="utf-8")
            found += parse_family(text, where=name)
    ids = [one.id for one in found]
    if twice := {id for id in ids if ids.count(id) > 1}:
        raise DataError(f"{', '.join(sorted(twice))} described twice", where="catalog/satellites", fix="Remove one")
    return tuple(sorted(found, key=lambda one: one.id))


def read_stations() -> tuple[CatalogStation, ...]:
    """Every station of ``stations.toml``, sorted by id."""
    table = tomllib.loads(files(__package__).joinpath("stations.toml").read_text(encoding="utf-8"))
    unknown = dict.fromkeys(("lon_deg", "lat_deg", "altitude_m"))
    return tuple(
        _filled(CatalogStation, {"id": id, **unknown, **table[id], "bands": tuple(table[id].get("bands", ()))}, id)
        for id in sorted(table)
    )


def parse_family(text: str, *, where: str) -> list[CatalogSatellite]:
    """The satellites of one file: ``[[satellites]]`` that share ``[orbit]``, ``[agility]`` and ``[[instruments]]``.

    Raises :class:`DataError` for a key that does not exist, and for numbers without a source.
    """
    try:
        table = tomllib.loads(text)
        about = {
            **_prefixed("orbit", _sourced(table.pop("orbit", {}), where)),
            **_prefixed("agility", _sourced(table.pop("agility", {}), where)),
            "instruments": tuple(_instrument(one, where) for one in table.pop("instruments")),
        }
        members = table.pop("satellites")
        return [
            _filled(
                CatalogSatellite,
                {"norad_id": None, "id": _id(one["name"]), **table, **about, **one}
                | {"aliases": tuple(one.get("aliases", ()))},
                where,
            )
            for one in members
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"not a catalogue file: {error}", where=where, fix="Compare it with sentinel-2.toml") from error


def _instrument(table: Mapping[str, Any], where: str) -> CatalogInstrument:
    modes = tuple(_filled(Mode, _spread(mode), where) for mode in table.get("modes", ()))
    values = _spread(_sourced(table, where)) | {"modes": modes}
    for least, most in (_SPANS["gsd_m"], _SPANS["swath_m"]):
        known = [v for one in modes for v in (getattr(one, least), getattr(one, most)) if v is not None]
        if known:
            values |= {least: min(known), most: max(known)}
    return _filled(CatalogInstrument, values, where)


def _spread(table: Mapping[str, Any]) -> dict[str, Any]:
    """``swath_m = [15000, 30000]`` as ``swath_m`` and ``swath_max_m``; of one number alone both ends are that number.

    A single largest angle leaves the least one open.
    """
    spread: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _SPANS:
            spread[key] = value
        elif isinstance(value, list):
            low, high = value
            spread |= dict(zip(_SPANS[key], (float(low), float(high)), strict=True))
        elif key.endswith("_deg"):
            spread[_SPANS[key][1]] = float(value)
        else:
            spread |= dict.fromkeys(_SPANS[key], float(value))
    return spread


def _prefixed(section: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """``note`` and ``source`` of a section under names of their own; ``kind`` of agility is what it is called by."""
    names = {"note": f"{section}_note", "source": f"{section}_source", "kind": section}
    return {names.get(key, key): value for key, value in _spread(table).items()}


def _sourced(table: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    numbers = [key for key, value in table.items() if isinstance(value, int | float | list)]
    if numbers and not table.get("source"):
        raise DataError(f"{', '.join(numbers)} without a source", where=where, fix="Add source = to that section")
    return table


def _id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _filled(kind: type[Kind], values: Mapping[str, Any], where: str) -> Kind:
    known = {field.name for field in fields(kind)}
    if strange := set(values) - known:
        raise DataError(
            f"{', '.join(sorted(strange))}: no such key", where=where, fix=f"A {kind.__name__} has {sorted(known)}"
        )
    return kind(**values)
