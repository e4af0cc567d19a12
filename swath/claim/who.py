"""Which satellites could have taken a picture of this place at this time, and which one most easily?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from swath.access.instruments import altitude_m, camera_of
from swath.claim.judge import USUAL_OFF_NADIR_DEG
from swath.claim.looks import seen_during, sight
from swath.claim.motion import History, Track, best_track, late_states
from swath.claim.published import Published
from swath.claim.questions import sun_at
from swath.claim.records import Claim, Kind
from swath.claim.subjects import known_subject, picture_kind
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic
from swath.time import format_utc, seconds

__all__ = ["Candidate", "who_could"]

_STEP_S = 20.0
_DARK_DEG = -6.0
_LOWEST_DEG = 0.0


@dataclass(frozen=True)
class Candidate:
    """A satellite that was near, and how it saw the place."""

    satellite: str
    norad_id: int
    able: bool
    """within what its camera is known, or assumed, to look, and with light where it needs it"""
    probability: float
    """share of where it may have been in which that holds"""
    kind: Kind
    off_nadir_deg: float
    limit_deg: float
    limit_known: bool
    elevation_deg: float
    range_m: float
    gsd_m: float | None
    """finest pixel at that look, where a source gives one at nadir"""
    best: np.datetime64
    age_days: float
    along_90_s: float
    says: str


def who_could(claim: Claim, known: Mapping[int, History], eop: EarthOrientation) -> tuple[Candidate, ...]:
    """All satellites of ``known`` above the place's horizon during the stated time; the able ones first, by angle.

    A satellite without a set within 30 days is left out. ``claim.kind`` ``optical`` asks for light and no radar,
    ``radar`` for radar; ``picture`` leaves both open.
    """
    assert claim.place is not None
    found = []
    for number, history in known.items():
        try:
            track = best_track(history, claim.moment.middle, eop)
            if not _near(track, claim, eop):
                continue
            one = _candidate(claim, number, history, track, eop)
        except DataError:
            continue
        if one is not None:
            found.append(one)
    return tuple(sorted(found, key=lambda one: (not one.able, one.off_nadir_deg)))


def _near(track: Track, claim: Claim, eop: EarthOrientation) -> bool:
    """Is it anywhere near at all? Cheap, and never wrong by more than the doubt."""
    place = claim.place
    assert place is not None
    reach_s = track.along_90_s + _STEP_S
    length_s = 2.0 * claim.moment.half_width_s + 2.0 * reach_s
    at = claim.moment.earliest - seconds(reach_s) + seconds(np.arange(0.0, length_s + _STEP_S, _STEP_S))
    r, _ = late_states(track.elements, at, 0.0, eop)
    ground = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    return bool(sight(r, ground, geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg))[1].max() > -2.0)


def _candidate(claim: Claim, number: int, history: History, track: Track, eop: EarthOrientation) -> Candidate | None:
    place, newest = claim.place, history.sets[-1]
    assert place is not None
    try:
        subject, entry = known_subject("", number)
    except InputError:
        subject, entry = None, None
    limit_deg = subject.max_off_nadir_deg if subject is not None else None
    kind = picture_kind(entry)
    seen = seen_during(track, place, claim.moment, eop, limit_deg=limit_deg or USUAL_OFF_NADIR_DEG)
    if seen.elevation_deg <= _LOWEST_DEG:
        return None
    assert not isinstance(track.elements, Published)  # of many satellites there are sets only
    camera = camera_of(entry, altitude_m(track.elements)) if entry is not None else None
    gsd_m = None if camera is None else float(camera.gsd_m(seen.range_m, 90.0 - seen.elevation_deg))
    dark = kind == "optical" and sun_at(place, claim.moment, eop)[2] < _DARK_DEG
    wrong = (claim.kind == "radar") != (kind == "radar") and claim.kind in ("radar", "optical") and kind != "picture"
    fine = claim.detail_m is None or gsd_m is None or gsd_m <= claim.detail_m
    able = seen.within_probability >= 0.5 and not dark and not wrong and fine
    name = entry.name if entry is not None else newest.name
    pixel = f", pixel {gsd_m:.2g} m" if gsd_m is not None else ""
    why = (
        ""
        if able
        else " (night)"
        if dark
        else " (another kind)"
        if wrong
        else " (too coarse)"
        if not fine
        else " (too far aside)"
    )
    says = f"{name} at {format_utc(seen.best)[11:]}, {seen.off_nadir_deg:.0f} deg off-nadir{pixel}{why}"
    age = float((claim.moment.middle - track.elements.epoch) / np.timedelta64(1, "s")) / 86400.0
    return Candidate(
        name, number, able, seen.within_probability, kind, seen.off_nadir_deg, limit_deg or USUAL_OFF_NADIR_DEG,
        limit_deg is not None, seen.elevation_deg, seen.range_m, gsd_m, seen.best, age, track.along_90_s, says,
    )  # fmt: skip
