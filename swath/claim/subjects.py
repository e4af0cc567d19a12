"""Which satellite is meant, and what do the catalogue and published analyses say about it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from swath.claim.records import Kind, Subject
from swath.errors import InputError
from swath.frames import WGS84_A_M
from swath.model import Station
from swath.spacecraft.catalog import CatalogInstrument, CatalogSatellite, satellite

__all__ = ["CENTRES", "known_subject", "look_limit_deg", "picture_kind"]

CENTRES: Mapping[int, Station] = {
    58400: Station(
        "Pyongyang control centre",
        125.71,
        39.0425,
        0.0,
        0.0,
        0.0,
        source="Marco Langbroek, sattrackcam.blogspot.com, November 2023",
    )
}
"""where satellites are commanded from, by catalogue number, with who said so"""

_SLACK_DEG = 0.5
"""beside a fixed swath: steering to follow the Earth, and places that are no points"""
_HEIGHT_M = 500e3
"""where the catalogue knows no height"""
_LARGEST_DEG = 65.0
_WIDE_DEG = 45.0
"""an instrument that looks further than most would is taken for the widest, whatever is not known of the others"""


def known_subject(name: str, norad_id: int | None, *, where: str = "") -> tuple[Subject, CatalogSatellite | None]:
    """The satellite of a name or number, with what the catalogue says. Names that it does not know stay as they are.

    Raises :class:`InputError` where the catalogue has the name under another number.
    """
    found: CatalogSatellite | None = None
    try:
        found = satellite(name if name else norad_id or "")
    except InputError:
        if norad_id is not None:
            try:
                found = satellite(norad_id)
            except InputError:
                found = None
    if found is not None and norad_id is not None and found.norad_id not in (None, norad_id):
        raise InputError(
            f"{name!r} is number {found.norad_id} in the catalogue, here it is said to be {norad_id}",
            where=where,
            fix="Give the one that is meant",
        )
    number = norad_id if norad_id is not None else found.norad_id if found is not None else None
    subject = Subject(name or (found.name if found is not None else str(norad_id)), number)
    if found is None:
        return replace(subject, station=CENTRES.get(number or 0)), None
    limit_deg = look_limit_deg(found)
    because = f"catalogue: {found.name} looks to {limit_deg:.1f} deg off-nadir" if limit_deg is not None else ""
    return replace(subject, max_off_nadir_deg=limit_deg, station=CENTRES.get(number or 0), because=because), found


def look_limit_deg(found: CatalogSatellite) -> float | None:
    """How far off the nadir can any of its instruments see, as far as sources say? ``None`` where one is unknown."""
    height_m = found.altitude_m or _HEIGHT_M
    limits = [_limit_deg(one, height_m) for one in found.instruments]
    known = [limit for limit in limits if limit is not None]
    if not known or (len(known) < len(limits) and max(known) < _WIDE_DEG):
        return None
    return max(known)


def _limit_deg(one: CatalogInstrument, height_m: float) -> float | None:
    """Of one instrument; the geocentric angle at the satellite for a width on a spherical Earth."""
    angles = [one.max_off_nadir_deg] if one.max_off_nadir_deg else []
    angles += [one.max_roll_deg] if one.max_roll_deg else []
    if one.max_incidence_deg is not None:
        sine = np.sin(np.radians(one.max_incidence_deg)) * WGS84_A_M / (WGS84_A_M + height_m)
        angles.append(float(np.degrees(np.arcsin(sine))) + _SLACK_DEG)
    width_m = one.swath_max_m or one.swath_m
    half_deg = 0.0
    if width_m is not None and one.kind != "sar":
        turn = width_m / 2.0 / WGS84_A_M
        below = height_m + WGS84_A_M * (1.0 - np.cos(turn))
        half_deg = float(np.degrees(np.arctan2(WGS84_A_M * np.sin(turn), below)))
        if one.looks_down or one.tilt_deg is not None:
            angles.append(half_deg + (one.tilt_deg or 0.0) + _SLACK_DEG)
            half_deg = 0.0
    return min(max(angles) + half_deg, _LARGEST_DEG) if angles else None


def picture_kind(found: CatalogSatellite | None) -> Kind:
    """What kind of picture does it take? ``picture`` where it carries several kinds or nothing is known."""
    kinds = {one.kind for one in found.instruments} if found is not None else set()
    if kinds and kinds <= {"optical", "hyperspectral"}:
        return "optical"
    return "radar" if kinds == {"sar"} else "picture"
