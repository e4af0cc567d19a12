"""``swath orbit catalogue``: what swath knows of real satellites and ground stations, and from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swath.spacecraft.catalog import CatalogInstrument, CatalogSatellite, CatalogStation

__all__ = ["catalogue"]


def catalogue(name: str | None = None, /, *, stations: bool = False, json: bool = False) -> int:
    """Which real satellites and ground stations does swath know, and what does it know of one?

    Example: swath orbit catalogue sentinel-2a

    Parameters
    ----------
    name
        All about this one: its name as people write it, or a catalogue number. Without it, a list.
    stations
        Ground stations instead of satellites.
    json
        Print JSON instead of a table.
    """
    from dataclasses import asdict
    from json import dumps

    from swath.spacecraft import catalog

    chosen: list[CatalogSatellite] | list[CatalogStation]
    if stations:
        chosen = [catalog.station(name)] if name else list(catalog.stations())
    else:
        chosen = [catalog.satellite(name)] if name else list(catalog.satellites())
    if json:
        print(dumps({"stations" if stations else "satellites": [asdict(one) for one in chosen]}, indent=2))
    elif name:
        print("\n".join(_facts(asdict(chosen[0]))))
    else:
        print("\n".join(_station_lines(catalog.stations()) if stations else _satellite_lines(catalog.satellites())))
    return 0


def _satellite_lines(known: tuple[CatalogSatellite, ...]) -> Iterator[str]:
    yield f"{'SATELLITE':<19} {'NUMBER':>6} {'CAMERA':<13} {'GSD m':>10} {'SWATH km':>11} LOOKS deg"
    for one in known:
        for number, camera in enumerate(one.instruments):
            head = f"{one.id[:19]:<19} {one.norad_id or '-':>6}" if number == 0 else " " * 26
            gsd, width = _span(camera.gsd_m, camera.gsd_max_m), _span(camera.swath_m, camera.swath_max_m, 1e3)
            yield f"{head} {camera.name[:13]:<13} {gsd:>10} {width:>11} {_looks(camera)}".rstrip()


def _looks(camera: CatalogInstrument) -> str:
    """Where it can look, in a few signs; empty where nobody said."""
    if camera.looks_down:
        return "down"
    if camera.max_incidence_deg is not None:
        return f"{_span(camera.min_incidence_deg, camera.max_incidence_deg)} inc. {camera.side}".strip()
    if camera.max_off_nadir_deg is not None:
        off = _span(camera.min_off_nadir_deg or 0.0, camera.max_off_nadir_deg)
        return f"{off} off {camera.side}".strip()
    if camera.max_roll_deg is not None:
        return f"roll {camera.max_roll_deg:g}"
    return camera.side


def _span(low: float | None, high: float | None, unit: float = 1.0) -> str:
    if low is None or high is None:
        return ""
    return f"{low / unit:g}" if low == high else f"{low / unit:g}-{high / unit:g}"


def _station_lines(known: tuple[CatalogStation, ...]) -> Iterator[str]:
    yield f"{'STATION':<29} {'PROVIDER':<12} {'LON deg':>9} {'LAT deg':>8} {'ALT m':>6} BANDS"
    for one in known:
        where = "  unknown        " if one.lon_deg is None else f"{one.lon_deg:9.3f} {one.lat_deg:8.3f}"
        height = "" if one.altitude_m is None else f"{one.altitude_m:.0f}"
        yield f"{one.id[:29]:<29} {one.provider[:12]:<12} {where:>18} {height:>6} {' '.join(one.bands)}".rstrip()


def _facts(record: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """One fact a line; what is unknown is not printed, nor the upper end of a range that is a single number."""
    for key, value in record.items():
        if value in (None, "", ()) or ("_max_" in key and value == record.get(key.replace("_max_", "_"))):
            continue
        if isinstance(value, tuple) and isinstance(value[0], dict):
            for one in value:
                yield f"{indent}{key.removesuffix('s')} {one['name']}"
                yield from _facts({k: v for k, v in one.items() if k != "name"}, indent + "  ")
            continue
        shown = f"{value:g}" if isinstance(value, float) else ", ".join(value) if isinstance(value, tuple) else value
        head = f"{indent}{key:<{22 - len(indent)}} "
        yield from wrap(f"{head}{shown}", 80, subsequent_indent=" " * 23, break_on_hyphens=False)
