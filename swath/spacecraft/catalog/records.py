"""What the catalogue says about a satellite, its instruments and a station; ``None`` where no source said anything."""

from __future__ import annotations

from dataclasses import dataclass

from swath.errors import InputError
from swath.model import Station

__all__ = ["CatalogInstrument", "CatalogSatellite", "CatalogStation", "Mode"]


@dataclass(frozen=True)
class Mode:
    """One way in which an instrument takes pictures: a group of bands, a radar mode."""

    name: str
    swath_m: float | None = None
    """width on the ground, the least where a range is stated"""
    swath_max_m: float | None = None
    length_m: float | None = None
    """along track, of modes that picture a spot"""
    gsd_m: float | None = None
    """ground sample distance or resolution, the finest where a range is stated"""
    gsd_max_m: float | None = None
    product_gsd_m: float | None = None
    """pixel size of what is sold, which may be finer than what was measured"""


@dataclass(frozen=True)
class CatalogInstrument:
    """What looks down: where it can look and how sharply it sees."""

    name: str
    kind: str
    """``optical``, ``thermal``, ``hyperspectral`` or ``sar``"""
    source: str = ""
    """of every number here"""
    bands: str = ""
    """in the words of the field: ``pan + 4``"""
    band_count: int | None = None
    wavelength_min_m: float | None = None
    wavelength_max_m: float | None = None
    radar_band: str = ""
    frequency_hz: float | None = None
    bandwidth_hz: float | None = None
    modes: tuple[Mode, ...] = ()
    gsd_m: float | None = None
    """the finest of all modes"""
    gsd_max_m: float | None = None
    """the coarsest"""
    swath_m: float | None = None
    """the narrowest of all modes"""
    swath_max_m: float | None = None
    """the widest"""
    side: str = ""
    """``left``, ``right`` or ``both`` of the track; empty where unknown, and for what looks down"""
    min_off_nadir_deg: float | None = None
    max_off_nadir_deg: float | None = None
    """how far the middle of a picture may lie off the nadir; 0 for a swath fixed under the satellite"""
    usual_off_nadir_deg: float | None = None
    """what the operator sells as standard, where less than the largest"""
    max_roll_deg: float | None = None
    max_pitch_deg: float | None = None
    min_incidence_deg: float | None = None
    max_incidence_deg: float | None = None
    """angle between the line of sight and the vertical at the place"""
    tilt_deg: float | None = None
    """of a fixed swath that does not lie evenly about the track, towards ``tilt_side``"""
    tilt_side: str = ""
    field_of_regard_m: float | None = None
    """width of the ground that can be looked at"""
    note: str = ""

    @property
    def looks_down(self) -> bool:
        """Is its swath fixed, with the middle under the satellite?"""
        return self.max_off_nadir_deg == 0.0


@dataclass(frozen=True)
class CatalogSatellite:
    """A satellite that flies: how to find its elements, and what it carries."""

    id: str
    """how commands and files call it: ``sentinel-2a``"""
    name: str
    norad_id: int | None
    norad_source: str
    aliases: tuple[str, ...]
    """other names, that of CelesTrak's list among them"""
    instruments: tuple[CatalogInstrument, ...]
    agility: str = ""
    """``fixed`` (it does not turn to look), ``agile``, or empty: unknown"""
    slew_deg: float | None = None
    slew_s: float | None = None
    """time of a turn by ``slew_deg``, settling included where the source says so"""
    area_per_day_km2: float | None = None
    agility_note: str = ""
    agility_source: str = ""
    altitude_m: float | None = None
    altitude_max_m: float | None = None
    inclination_deg: float | None = None
    period_s: float | None = None
    repeat_days: int | None = None
    repeat_orbits: int | None = None
    node: str = ""
    """``ascending`` or ``descending``: which crossing of the equator ``node_local_time`` is of"""
    node_local_time: str = ""
    orbit_note: str = ""
    orbit_source: str = ""
    note: str = ""


@dataclass(frozen=True)
class CatalogStation:
    """Where a ground station stands, to about 1 km."""

    id: str
    name: str
    provider: str
    source: str
    lon_deg: float | None
    lat_deg: float | None
    altitude_m: float | None
    """above the WGS84 ellipsoid, to 50 m"""
    bands: tuple[str, ...] = ()
    """radio bands: ``S``, ``X``, ``Ka``, ...; empty where unknown"""
    note: str = ""

    def station(self, *, min_elevation_deg: float = 5.0, rate_bit_s: float = 0.0) -> Station:
        """The station as passes and plans take it. Raises :class:`InputError` where nobody said where it stands.

        An unknown height counts as 0 m: 1,000 m of height moves a rise or set by about a second.
        """
        if self.lon_deg is None or self.lat_deg is None:
            raise InputError(
                f"no source says where {self.name} stands",
                where=f"station {self.id}",
                fix="Give longitude and latitude yourself",
            )
        return Station(
            id=self.id,
            lon_deg=self.lon_deg,
            lat_deg=self.lat_deg,
            altitude_m=self.altitude_m or 0.0,
            min_elevation_deg=min_elevation_deg,
            rate_bit_s=rate_bit_s,
            source=self.source,
        )
