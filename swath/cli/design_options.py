"""Options that the design commands share, in groups: which region, which looks count, which stations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

__all__ = ["Budget", "Candidates", "Effort", "OrbitOptions", "Sight", "Stations", "Tries", "Where"]


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """The regions that are looked at."""

    places: Annotated[
        Path | None,
        Parameter(help="GeoJSON or CSV file of places; areas are sampled inside, points along their parallel."),
    ] = None
    place: Annotated[list[str] | None, Parameter(help="[NAME=]LON,LAT. May be given several times.")] = None
    latitudes: Annotated[str | None, Parameter(help="SOUTH,NORTH: a band of latitudes, all round.")] = None
    globe: Annotated[bool, Parameter(help="The whole Earth.")] = False
    longitudes: Annotated[int, Parameter(help="Samples along a parallel, 36 or more.")] = 72
    here: Annotated[
        bool, Parameter(help="Places where they are, not along their parallel: for tracks that are kept over them.")
    ] = False


@Parameter(name="*")
@dataclass(frozen=True)
class Sight:
    """Which looks count."""

    max_off_nadir_deg: Annotated[float | None, Parameter(help="How far from its nadir a satellite may look.")] = None
    max_gsd_m: Annotated[
        float | None,
        Parameter(help="The largest pixel that counts (with --nadir-gsd-m): an angle of each satellite's altitude."),
    ] = None
    nadir_gsd_m: Annotated[float | None, Parameter(help="The pixel straight below.")] = None
    field_deg: Annotated[
        float,
        Parameter(help="Of the camera, across: the whole image must keep the limit, with the place in its middle."),
    ] = 0.0
    min_sun_elevation_deg: Annotated[
        float | None, Parameter(help="How high the Sun must stand at the place; without it nights count.")
    ] = None
    min_elevation_deg: Annotated[float, Parameter(help="How high the satellite must stand at the place.")] = 0.0
    nadir: Annotated[
        Literal["geodetic", "geocentric"],
        Parameter(help="Down along the ellipsoid's normal, or to the Earth's centre."),
    ] = "geodetic"


@Parameter(name="*")
@dataclass(frozen=True)
class Stations:
    """Where pictures come down."""

    station: Annotated[
        list[str] | None,
        Parameter(help="A station of the catalogue or LON,LAT: until the picture is on the ground. Several times."),
    ] = None
    min_station_elevation_deg: Annotated[float, Parameter(help="How high a satellite must stand there.")] = 5.0
    download_s: Annotated[float, Parameter(help="What a picture takes to come down.")] = 60.0
    processing_s: Annotated[float, Parameter(help="From the ground to the product.")] = 0.0


@Parameter(name="*")
@dataclass(frozen=True)
class OrbitOptions:
    """Size, shape and tilt of an orbit."""

    altitude_m: Annotated[float | None, Parameter(help="Of the mean orbit, above what --above says.")] = None
    above: Annotated[
        Literal["sma", "equatorial", "mean"],
        Parameter(
            help="The altitude is the semi-major axis (sma), or above the equatorial (6378.137 km) or the mean radius "
            "(6371.009 km)."
        ),
    ] = "equatorial"
    inclination_deg: Annotated[
        float | None, Parameter(help="Of the plane; without it the orbit is sun-synchronous.")
    ] = None
    repeat: Annotated[
        str | None, Parameter(help="ORBITS/DAYS: comes back over its own track; instead of an altitude.")
    ] = None
    eccentricity: Annotated[float, Parameter(help="0 is a circle.")] = 0.0
    frozen: Annotated[
        bool, Parameter(help="The eccentricity that keeps the perigee over one latitude, by the odd zonals.")
    ] = False


@Parameter(name="*")
@dataclass(frozen=True)
class Budget:
    """Prices, in the user's own unit."""

    price_satellite: Annotated[float, Parameter(help="Of one, in your own unit.")] = 0.0
    price_launch: Annotated[float, Parameter(help="Of one, in your own unit; each plane takes its own launches.")] = 0.0
    per_launch: Annotated[int, Parameter(help="Satellites that one launch carries into a plane.")] = 1


@Parameter(name="*")
@dataclass(frozen=True)
class Tries:
    """What a search may try."""

    satellites: Annotated[str, Parameter(help="How many, those that fly counted: 4, or 1-8, or 1,2,4.")] = "1-4"
    altitudes_m: Annotated[str, Parameter(help="LOW,HIGH,STEP: altitudes that may be flown.")] = "450e3,650e3,50e3"
    above: Annotated[Literal["equatorial", "mean"], Parameter(help="Which radius the altitudes are above.")] = (
        "equatorial"
    )
    inclinations_deg: Annotated[
        str | None, Parameter(help="LOW,HIGH,STEP: inclined orbits besides the sun-synchronous ones.")
    ] = None
    local_time: Annotated[
        str | None, Parameter(help="HH:MM of the first new plane's ascending node; searched for unless given.")
    ] = None


@Parameter(name="*")
@dataclass(frozen=True)
class Candidates:
    """Stations that a search may add."""

    candidate: Annotated[
        list[str] | None,
        Parameter(
            help="Of the catalogue or LON,LAT, 16 at most; without it those of the catalogue seen longest or nearest."
        ),
    ] = None
    more_stations: Annotated[int, Parameter(help="How many of the candidates are added.")] = 0


@Parameter(name="*")
@dataclass(frozen=True)
class Effort:
    """How long and where a search runs."""

    generations: Annotated[int, Parameter(help="How long the search goes on.")] = 40
    seed: Annotated[int, Parameter(help="Of the search: the same gives the same.")] = 0
    workers: Annotated[int, Parameter(help="Processes.")] = 2
    cluster: Annotated[
        str | None, Parameter(help="Address of a Dask scheduler to search on instead, tcp://HOST:PORT.")
    ] = None
