"""Is the stated time meant otherwise? Each way to read it, and whether the orbit would fit it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from swath.claim.looks import approaches, never_near, passes_over, seen_during
from swath.claim.motion import Track
from swath.claim.questions import sun_at
from swath.claim.records import Claim, Moment, Reading
from swath.errors import DataError
from swath.frames import EarthOrientation
from swath.model import Place
from swath.orbit.uncertainty import SIGMAS_90
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["readings_of", "shifted"]

_BEFORE_H = 12.0
"""how long before a downlink the picture may have been taken"""
_DARK_DEG = -6.0


def shifted(moment: Moment, by_s: float, words: str) -> Moment:
    """The same moment so many seconds later."""
    return replace(moment, earliest=moment.earliest + seconds(by_s), latest=moment.latest + seconds(by_s), words=words)


def readings_of(claim: Claim, place: Place, track: Track, eop: EarthOrientation, *, limit_deg: float) -> list[Reading]:
    """The stated time as it stands, as one of another clock, and as that of a station's pass.

    Clocks: UTC read as local and local as UTC, an hour more and less (summer time), twelve hours (am and pm), a day
    more and less (the date of another zone). The station's pass counts as fitting where a stated span is that of the
    pass, horizon to horizon, or a stated instant lies inside it; the picture may be from the hours before.
    """
    found = [_picture("picture, as stated", claim.moment, claim, place, track, eop, limit_deg)]
    found += _station(claim, place, track, eop, limit_deg)
    offset_s = claim.moment.offset_s
    clocks = [("one hour earlier", -3600.0), ("one hour later", 3600.0)]
    if offset_s:
        clocks.append((f"stated in UTC, not in {claim.moment.zone}", offset_s))
    else:
        local_s = round(place.lon_deg / 15.0) * 3600.0
        clocks += [("stated in the local time of the place", -local_s)] if local_s else []
    clocks += [("twelve hours earlier", -43200.0), ("twelve hours later", 43200.0)]
    clocks += [("one day earlier", -86400.0), ("one day later", 86400.0)]
    for name, by_s in clocks:
        found.append(_picture(name, shifted(claim.moment, by_s, name), claim, place, track, eop, limit_deg))
    return found


def _picture(
    name: str, moment: Moment, claim: Claim, place: Place, track: Track, eop: EarthOrientation, limit_deg: float
) -> Reading:
    dark = claim.kind in ("picture", "optical") and sun_at(place, moment, eop)[2] < _DARK_DEG
    try:
        if never_near(track, place, moment, eop):
            says = "night at the place" if dark else "below the horizon"
            return Reading(name, moment.earliest, moment.latest, 0.0, None, says)
        seen = seen_during(track, place, moment, eop, limit_deg=limit_deg)
    except DataError:  # of the stated time itself the orbit is known
        return Reading(name, moment.earliest, moment.latest, 0.0, None, "no orbit is known for then")
    fits = 0.0 if dark else seen.within_probability
    angle = seen.off_nadir_deg if seen.off_nadir_deg < 90.0 else None
    says = "night at the place" if dark else "below the horizon" if angle is None else f"{angle:.0f} deg off-nadir"
    return Reading(name, moment.earliest, moment.latest, fits, angle, says)


def _station(claim: Claim, place: Place, track: Track, eop: EarthOrientation, limit_deg: float) -> list[Reading]:
    station = claim.subject.station
    if station is None:
        return []
    moment, doubt_s = claim.moment, track.along_90_s
    near = passes_over(
        track.elements,
        station,
        moment.earliest - seconds(doubt_s + 60.0),
        moment.latest + seconds(doubt_s + 60.0),
        eop,
        late_s=track.late_s,
    )
    name = f"pass over {station.id}"
    if not near:
        return [Reading(name, moment.earliest, moment.latest, 0.0, None, "no pass over the station then")]
    rise, fall, _ = min(near, key=lambda one: abs(float(elapsed_s(moment.middle, one[0] + (one[1] - one[0]) // 2))))
    length_s, stated_s = float(elapsed_s(rise, fall)), 2.0 * moment.half_width_s
    if stated_s > 0.5 * length_s:
        off_s = max(abs(float(elapsed_s(rise, moment.earliest))), abs(float(elapsed_s(fall, moment.latest))))
        fits = _share(off_s - 60.0, track)
        text = f"horizon to horizon {format_utc(rise)[11:]} to {format_utc(fall)[11:]}: both ends within {off_s:.0f} s"
    else:
        late = [float(elapsed_s(edge, one)) for edge, one in ((moment.latest, rise), (fall, moment.earliest))]
        fits = _share(max(*late, -track.along_90_s), track)
        text = f"above its horizon {format_utc(rise)[11:]} to {format_utc(fall)[11:]}"
    readings = [Reading(name, rise, fall, fits, None, text)]
    if claim.kind in ("picture", "optical", "radar", "thermal") and stated_s <= 0.5 * length_s:
        readings.append(_brought_down(claim, place, track, eop, limit_deg, fits, station.id))
    return readings


def _share(off_s: float, track: Track) -> float:
    """How well does a time fit that is off by so much? One inside, falling as a normal distribution with the doubt."""
    return float(np.exp(-0.5 * (max(off_s, 0.0) / max(track.along_90_s / SIGMAS_90, 1.0)) ** 2))


def _brought_down(
    claim: Claim, place: Place, track: Track, eop: EarthOrientation, limit_deg: float, fits: float, station: str
) -> Reading:
    """The picture was taken in the hours before, and came down at the stated time."""
    start = claim.moment.earliest - seconds(_BEFORE_H * 3600.0)
    near = approaches(track.elements, place, start, claim.moment.latest, eop, late_s=track.late_s)
    looks = [
        one
        for one in near
        if one.off_nadir_deg <= limit_deg
        and not (claim.kind in ("picture", "optical") and sun_at(place, _at(one.time), eop)[2] < _DARK_DEG)
    ]
    name = f"reception at {station}"
    if not looks:
        return Reading(name, claim.moment.earliest, claim.moment.latest, 0.0, None, "no look in the hours before")
    last = looks[-1]
    wait_min = float(elapsed_s(last.time, claim.moment.middle)) / 60.0
    says = f"seen at {format_utc(last.time)[11:]}, {last.off_nadir_deg:.0f} deg off-nadir, {wait_min:.0f} min before"
    return Reading(name, claim.moment.earliest, claim.moment.latest, fits, last.off_nadir_deg, says)


def _at(moment: np.datetime64) -> Moment:
    return Moment(moment, moment, "")
