"""What the design commands share: fleets, regions, sensors and stations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from swath.errors import DataError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from swath.access.many import Ground
    from swath.cli.design_options import Sight, Stations, Where
    from swath.design.regions import Region
    from swath.design.sensors import Sensor
    from swath.model import Elements, Place

__all__ = ["decay_notes", "read_fleet", "regions_for", "sensor_for", "stations_for"]


def read_fleet(elements: str, names: Sequence[str]) -> list[Elements]:
    """The newest set of each satellite in a file or source: all, or those of the names."""
    from dataclasses import replace

    import numpy as np

    from swath.orbit.elements import newest_for
    from swath.orbit.orbits import called
    from swath.sources.elements import fetch_elements

    fetched = fetch_elements(elements)
    newest = newest_for(fetched.loaded.elements, np.datetime64("2200-01-01", "ns"))
    sets = [replace(one, name=name) for name, one in newest.items()]
    if names:
        sets = [one for one in sets if any(called(n, one.name, one.norad_id, one.cospar_id) for n in names)]
    if not sets:
        raise DataError("no satellite with mean elements", where=elements, fix="Give a file of TLE or OMM")
    return sets


def decay_notes(fleet: Sequence[Elements], days: float) -> list[str]:
    """What the air does to the lowest satellite in the days that are looked at, if it is worth saying."""
    from swath.design.drift import air_notes
    from swath.design.shapes import shape_of

    lowest = min(map(shape_of, fleet), key=lambda shape: shape.sma_m * (1.0 - shape.eccentricity))
    return air_notes(lowest, days)


def regions_for(where: Where) -> list[Region]:
    """The regions asked for: points along their parallel (or ``here``), areas, a band of latitudes, the globe."""
    from swath.cli.windows import place_of
    from swath.design import regions

    found = []
    for spot in (
        *(_places(where.places) if where.places is not None else ()),
        *(place_of(text) for text in where.place or ()),
    ):
        if spot.ring:
            found.append(regions.area(spot))
        elif where.here:
            found.append(regions.point(spot))
        else:
            found.append(regions.parallel(spot.id, spot.lat_deg, where.longitudes))
    if where.latitudes is not None:
        try:
            south_deg, north_deg = (float(part) for part in where.latitudes.split(","))
        except ValueError as error:
            raise InputError(f"{where.latitudes!r}", where="--latitudes", fix="Give SOUTH,NORTH as 36,44") from error
        name = f"{south_deg:g} to {north_deg:g} deg"
        found.append(regions.latitude_band(name, south_deg, north_deg, longitudes=max(where.longitudes, 36)))
    if where.globe:
        found.append(regions.globe(longitudes=max(where.longitudes, 36)))
    if not found:
        raise InputError("of which places?", fix="Give --places FILE, --place LON,LAT, --latitudes S,N or --globe")
    return found


def _places(path: Path) -> tuple[Place, ...]:
    from swath.sources.places import read_places

    try:
        return read_places(path)
    except InputError as error:
        if "no area" not in error.what:
            raise
        fix = "Give it some width, or ask of a place: --place LON,LAT"
        raise InputError(error.what, where=error.where, fix=fix) from error


def sensor_for(fleet: Sequence[Elements], sight: Sight) -> list[Sensor]:
    """One sensor for each satellite: a limit of pixel size becomes an angle at its own altitude."""
    from swath.design.altitudes import MEAN_RADIUS_M
    from swath.design.sensors import Sensor, off_nadir_of_gsd_deg
    from swath.design.shapes import shape_of

    max_gsd_m, nadir_gsd_m, limit_deg = sight.max_gsd_m, sight.nadir_gsd_m, sight.max_off_nadir_deg
    if (max_gsd_m is None) != (nadir_gsd_m is None):
        raise InputError("half a pixel", where="--max-gsd-m", fix="Give --max-gsd-m with --nadir-gsd-m, both or none")
    if limit_deg is None and max_gsd_m is None:
        raise InputError("how far may it look?", where="--max-off-nadir-deg", fix="Give it, or --max-gsd-m")
    found = []
    for one in fleet:
        angle = limit_deg if limit_deg is not None else 90.0
        if max_gsd_m is not None and nadir_gsd_m is not None:
            altitude_m = shape_of(one).sma_m - MEAN_RADIUS_M
            angle = min(angle, off_nadir_of_gsd_deg(nadir_gsd_m, altitude_m, max_gsd_m))
        found.append(Sensor(angle, sight.min_sun_elevation_deg, sight.min_elevation_deg, sight.field_deg, sight.nadir))
    return found


def stations_for(stations: Stations) -> tuple[Ground, list[str]] | None:
    """Stations by a name of the catalogue or LON,LAT[,ALT_M]."""
    from swath.access.many import ground_of
    from swath.cli.windows import place_of
    from swath.model import Place
    from swath.spacecraft.catalog import station

    spots = []
    for text in stations.station or ():
        if "," in text:
            spots.append(place_of(text))
        else:
            known = station(text).station(min_elevation_deg=5.0)
            spots.append(Place(known.id, known.lon_deg, known.lat_deg, known.altitude_m))
    return (ground_of(spots), [spot.id for spot in spots]) if spots else None
