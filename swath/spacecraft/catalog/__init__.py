"""Satellites that fly and stations that listen: facts with sources, in TOML files. Adding one needs no code."""

from swath.spacecraft.catalog.find import number_of, satellite, satellites, station, stations
from swath.spacecraft.catalog.records import CatalogInstrument, CatalogSatellite, CatalogStation, Mode

__all__ = [
    "CatalogInstrument",
    "CatalogSatellite",
    "CatalogStation",
    "Mode",
    "number_of",
    "satellite",
    "satellites",
    "station",
    "stations",
]
