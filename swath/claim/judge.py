"""What comes of one claim: the questions put to it, the other readings of its time, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from swath.claim.looks import Approach, Seen, approaches, elevations_during, passes_over, seen_during, sight
from swath.claim.motion import Track, late_states
from swath.claim.published import Published
from swath.claim.questions import clouds, daylight, downlink, resolution, shadows, sun_at
from swath.claim.readings import readings_of
from swath.claim.records import Claim, Reading, Test, Verdict, Word
from swath.frames import EarthOrientation, geodetic_from_itrf, geodetic_up, itrf_from_geodetic
from swath.model import Place
from swath.orbit.uncertainty import age_days
from swath.time import elapsed_s, format_utc, seconds

__all__ = [
    "CONSISTENT_S",
    "USUAL_OFF_NADIR_DEG",
    "judge_approach",
    "judge_picture",
    "judge_sun",
    "judge_under",
    "undetermined",
]

USUAL_OFF_NADIR_DEG = 45.0
"""where nobody said how far its camera looks: few civil imagers look further"""
_STANDARD_DEG = 20.0
"""``consistent`` asks for more than that it could have been. A place 300 km aside is seen at the same second at another
angle: near the vertical that angle is rarely one that cameras look at, so that little else fits as well"""
CONSISTENT_S = 10.0
"""further apart than this in all is `possible`, no more"""
_ALONE_S = 8.0
"""of a claim that no other supports: places 300 km to the side of the track fit the more, the more seconds are allowed;
chosen on seeds 1 to 3 of benchmarks/quality/claims.py"""
_UNLIKELY, _LIKELY = 0.1, 0.5
_RIVAL_UNLIKELY = 0.2
"""the stated reading is given up for another where it holds for less than this share, and the other for ``_LIKELY``"""
_VAGUE_90_S = 300.0
_HORIZON_S = 15.0
"""refraction lets a satellite near 500 km rise so much earlier at the most, hills later"""
_EARTH_M = 6371008.8


@dataclass(frozen=True)
class _Look:
    """What the orbit says to a claim about a place."""

    limit_deg: float
    seen: Seen
    near: Approach | None
    readings: tuple[Reading, ...]


def undetermined(claim: Claim, why: str, tests: tuple[Test, ...] = ()) -> Verdict:
    """Nothing can be said, and why."""
    return Verdict(claim.id, "undetermined", "undetermined", (why,), claim, tests=tests)


def judge_picture(claim: Claim, track: Track, eop: EarthOrientation) -> Verdict:
    """Could the satellite have taken this picture then? ``claim.place`` is given."""
    place = claim.place
    assert place is not None
    limit_deg = claim.subject.max_off_nadir_deg or USUAL_OFF_NADIR_DEG
    seen = seen_during(track, place, claim.moment, eop, limit_deg=limit_deg)
    near = _nearest(claim, place, track, eop)
    readings = tuple(readings_of(claim, place, track, eop, limit_deg=limit_deg))
    look = _Look(limit_deg, seen, near, readings)
    tests = [_horizon(seen), _angle(claim, look), _elevation(claim, track, eop), daylight(claim, eop)]
    if claim.shadow is not None:
        tests.append(shadows(place, claim.moment, claim.shadow, eop))
    tests += [resolution(claim, seen.range_m, seen.elevation_deg), clouds(claim), downlink(claim, track, eop)]
    word, says, because = _word(claim, track, look, tests)
    return replace(
        _numbers(claim, track, seen, near, eop),
        verdict=word,
        says=says,
        because=because,
        limit_deg=limit_deg,
        within_s=_within(claim, track, look) if word == "consistent" else None,
        tests=tuple(tests),
        readings=readings,
    )


def _nearest(claim: Claim, place: Place, track: Track, eop: EarthOrientation) -> Approach | None:
    """The closest approach to the place that is nearest to the stated time: inside a long span, the best look."""
    reach_s = max(43200.0, 3.0 * track.along_90_s)
    moment = claim.moment
    found = approaches(
        track.elements,
        place,
        moment.earliest - seconds(reach_s),
        moment.latest + seconds(reach_s),
        eop,
        late_s=track.late_s,
    )
    if not found:
        return None
    inside = [one for one in found if moment.earliest <= one.time <= moment.latest]
    if inside:
        return min(inside, key=lambda one: one.off_nadir_deg)
    return min(found, key=lambda one: abs(float(elapsed_s(moment.middle, one.time))))


def _horizon(seen: Seen) -> Test:
    numbers = {"elevation_deg": round(seen.elevation_deg, 2), "probability": round(seen.above_probability, 3)}
    here = f"highest {seen.elevation_deg:.1f} deg during the stated time"
    if not seen.ever:
        return Test("horizon", "not met", f"below the horizon of the place, far outside all doubt: {here}", numbers)
    if seen.above_probability < _UNLIKELY:
        return Test(
            "horizon", "not met", f"below the horizon in {1 - seen.above_probability:.0%} of the doubt: {here}", numbers
        )
    if seen.above_probability < 1.0 - _UNLIKELY:
        return Test(
            "horizon", "open", f"above the horizon in {seen.above_probability:.0%} of the doubt: {here}", numbers
        )
    return Test("horizon", "met", f"above the horizon: {here}", numbers)


def _angle(claim: Claim, look: _Look) -> Test:
    seen, limit_deg = look.seen, look.limit_deg
    assumed = "" if claim.subject.max_off_nadir_deg is not None else ", assumed"
    low, high = seen.off_nadir_90_deg
    numbers = {
        "off_nadir_deg": round(seen.off_nadir_deg, 2),
        "limit_deg": limit_deg,
        "probability": round(seen.within_probability, 3),
    }
    if seen.off_nadir_deg >= 90.0:
        return Test("angle", "not met", "not in view at all", numbers)
    span = f"{low:.0f} to {min(high, 90.0):.0f}, 90 %"
    here = f"{seen.off_nadir_deg:.1f} deg off-nadir ({span}); its camera looks to {limit_deg:.3g}{assumed}"
    if claim.off_nadir_deg is not None:
        stated, error = claim.off_nadir_deg
        off = max(low - stated, stated - high, 0.0)
        outcome = "met" if off <= error else "not met"
        return Test("angle", outcome, f"{here}; stated {stated:g} +/- {error:g}", numbers | {"stated_deg": stated})  # type: ignore[arg-type]
    outcome = (
        "met"
        if seen.within_probability >= 1.0 - _UNLIKELY
        else "not met"
        if seen.within_probability < _UNLIKELY
        else "open"
    )
    return Test("angle", outcome, here, numbers)  # type: ignore[arg-type]


def _elevation(claim: Claim, track: Track, eop: EarthOrientation) -> Test:
    """Did the satellite stand as high above the place's horizon as is stated?"""
    place, stated = claim.place, claim.elevation_deg
    if stated is None or place is None:
        return Test("elevation", "not asked", "no elevation is stated")
    low, high = elevations_during(track, place, claim.moment, eop)
    off = max(low - stated[0], stated[0] - high, 0.0)
    said = f"{low:.1f} to {high:.1f} deg above the horizon (90 %); stated {stated[0]:g} +/- {stated[1]:g}"
    numbers = {"low_deg": round(low, 2), "high_deg": round(high, 2), "stated_deg": stated[0]}
    return Test("elevation", "met" if off <= stated[1] else "not met", said, numbers)


def _word(claim: Claim, track: Track, look: _Look, tests: list[Test]) -> tuple[Word, str, tuple[str, ...]]:
    """The verdict, in full words, and the reasons with the deciding one first."""
    by_name = {test.name: test for test in tests}
    reasons = [test.says for test in tests if test.outcome != "not asked"]
    stated = look.readings[0].fits_probability
    rivals = [one for one in look.readings[1:] if one.fits_probability >= _LIKELY]
    if not look.seen.ever:
        return "impossible", "impossible", _first(by_name["horizon"].says, [*_fits(rivals), *reasons])
    if claim.kind == "optical" and by_name["daylight"].outcome == "not met":
        return "impossible", "impossible as a picture by daylight", _first(by_name["daylight"].says, reasons)
    failed = [test for test in tests if test.outcome == "not met"]
    crowded_out = stated < _RIVAL_UNLIKELY and any(one.fits_probability >= _LIKELY for one in rivals[:3])
    vague = (
        track.along_90_s > _VAGUE_90_S
        and look.seen.ever_within
        and [t.name for t in failed] in ([], ["angle"], ["horizon", "angle"])
    )
    if vague and stated < 1.0 - _UNLIKELY:
        said = f"the orbit is known to {track.along_90_s:,.0f} s only"
        return "undetermined", "undetermined", _first(said, [*track.warnings, *reasons])
    if failed or crowded_out:
        best = max(rivals, key=lambda one: one.fits_probability, default=None)
        says = "inconsistent as stated" + (f"; it would fit as {_named(best)}" if best is not None else "")
        lead = failed[0].says if failed else by_name["angle"].says
        return "inconsistent", says, _first(lead, [*_fits(rivals), *reasons])
    reasons = [*_span_of_pass(claim, look), *reasons]
    within = _within(claim, track, look)
    if within is not None and "open" not in {by_name[name].outcome for name in ("horizon", "angle", "daylight")}:
        return "consistent", f"consistent to within {within:.0f} s", tuple(reasons)
    return "possible", "possible", tuple(reasons)


def _span_of_pass(claim: Claim, look: _Look) -> list[str]:
    """A stated span that is that of a station's pass says when data came, not when a picture was taken."""
    return [
        f"the stated span is that of the {one.name}: {one.says}; it need not be the time of a picture"
        for one in look.readings[1:]
        if one.name.startswith("pass over") and "horizon to horizon" in one.says and one.fits_probability >= _LIKELY
    ]


def _within(claim: Claim, track: Track, look: _Look) -> float | None:
    """To within how many seconds does the stated time agree with the closest approach; ``None`` beyond eight."""
    if look.near is None or min(look.near.off_nadir_deg, look.seen.off_nadir_deg) > min(_STANDARD_DEG, look.limit_deg):
        return None
    miss_s = abs(float(elapsed_s(claim.moment.middle, look.near.time)))
    within = max(float(np.ceil(miss_s + claim.moment.half_width_s + track.along_90_s)), 1.0)
    return within if within <= _ALONE_S else None


def _named(reading: Reading) -> str:
    return f"{reading.name} ({reading.says})"


def _fits(rivals: list[Reading]) -> list[str]:
    return [f"would fit: {_named(one)}" for one in sorted(rivals, key=lambda one: -one.fits_probability)[:3]]


def _first(lead: str, reasons: list[str]) -> tuple[str, ...]:
    return (lead, *(reason for reason in reasons if reason != lead))


def _numbers(claim: Claim, track: Track, seen: Seen, near: Approach | None, eop: EarthOrientation) -> Verdict:
    """A verdict that holds the numbers and no word yet."""
    assert claim.place is not None
    return Verdict(
        claim.id,
        "undetermined",
        "",
        (),
        claim,
        off_nadir_deg=seen.off_nadir_deg,
        off_nadir_90_deg=seen.off_nadir_90_deg,
        miss_s=None if near is None else float(elapsed_s(claim.moment.middle, near.time)),
        sigma_s=track.sigma_s,
        closest=None if near is None else near.time,
        closest_90_s=track.along_90_s,
        closest_off_nadir_deg=None if near is None else near.off_nadir_deg,
        max_elevation_deg=None if near is None else near.elevation_deg,
        sun_elevation_deg=sun_at(claim.place, claim.moment, eop)[1],
        under=_under(track, claim.moment.middle, eop),
        elements=track.elements,
        age_days=None
        if isinstance(track.elements, Published)
        else float(age_days(track.elements, claim.moment.middle)),
        late_s=track.late_s,
        orbit_because="; ".join([track.because, *track.warnings]),
    )


def _under(track: Track, at: np.datetime64, eop: EarthOrientation) -> tuple[float, float, float]:
    r, _ = late_states(track.elements, np.array([at]), track.late_s, eop)
    lon, lat, height = geodetic_from_itrf(r)
    return float(lon[0]), float(lat[0]), float(height[0])


def judge_approach(claim: Claim, track: Track, eop: EarthOrientation) -> Verdict:
    """Was the satellite closest to the place, rising, setting or over the station, at the stated time?"""
    place = claim.place
    assert place is not None
    seen = seen_during(track, place, claim.moment, eop, limit_deg=90.0)
    near = _nearest(claim, place, track, eop)
    blank = _numbers(claim, track, seen, near, eop)
    tests = (_horizon(seen),)
    if near is None or not seen.ever:
        return replace(blank, verdict="impossible", says="impossible", because=(tests[0].says,), tests=tests)
    when, what = _edge(claim, place, near, track, eop)
    miss_s = float(elapsed_s(claim.moment.middle, when))
    blank = replace(blank, miss_s=miss_s)
    outside_s = max(abs(miss_s) - claim.moment.half_width_s, 0.0)
    doubt = f"+/- {track.along_90_s:.1f} s (90 %)"
    said = f"{what} {format_utc(when)}, {doubt}, {miss_s:+.1f} s from the stated middle"
    within = max(float(np.ceil(abs(miss_s) + claim.moment.half_width_s + track.along_90_s)), 1.0)
    if within <= CONSISTENT_S and claim.kind != "pass":
        return replace(
            blank,
            verdict="consistent",
            says=f"consistent to within {within:.0f} s",
            within_s=within,
            because=(said,),
            tests=tests,
        )
    if claim.kind == "pass":
        good = seen.above_probability >= _UNLIKELY
    else:
        good = outside_s <= max(2.0 * track.along_90_s, _HORIZON_S if claim.kind in ("rise", "set") else 1.0)
    word: Word = "possible" if good else "inconsistent"
    says = "possible" if good else f"inconsistent as stated; it would fit at {format_utc(when)}"
    return replace(blank, verdict=word, says=says, because=(said,), tests=tests)


def _edge(claim: Claim, place: Place, near: Approach, track: Track, eop: EarthOrientation) -> tuple[np.datetime64, str]:
    """The moment that a stated rise, set or closest approach is held against."""
    if claim.kind in ("rise", "set"):
        reach = seconds(1200.0)
        passes = passes_over(track.elements, place, near.time - reach, near.time + reach, eop, late_s=track.late_s)
        edges = [one[0] if claim.kind == "rise" else one[1] for one in passes]
        if edges:
            word = "rises at" if claim.kind == "rise" else "sets at"
            return min(edges, key=lambda edge: abs(float(elapsed_s(claim.moment.middle, edge)))), word
    return near.time, "closest at"


def judge_under(claim: Claim, track: Track, eop: EarthOrientation) -> Verdict:
    """Was the point below the satellite where it is said to have been?"""
    place = claim.place
    assert place is not None
    seen = seen_during(track, place, claim.moment, eop, limit_deg=90.0)
    blank = _numbers(claim, track, seen, _nearest(claim, place, track, eop), eop)
    r, v = late_states(track.elements, np.array([claim.moment.middle]), track.late_s, eop)
    lon, lat, _ = geodetic_from_itrf(r)
    ground = itrf_from_geodetic(lon_deg=lon, lat_deg=lat, altitude_m=0.0)
    speed_m_s = float(np.linalg.norm(v) * _EARTH_M / np.linalg.norm(r))
    there = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=0.0)
    off_m = float(np.linalg.norm(ground - there))
    doubt_m = float(np.hypot(track.along_90_s * speed_m_s, track.cross_90_m))
    off_s, room_s = off_m / speed_m_s, doubt_m / speed_m_s
    said = (
        f"below it at {lon[0]:.4f}, {lat[0]:.4f} (lon, lat), {off_m / 1e3:.2f} km from the stated point; "
        f"90 % doubt {doubt_m / 1e3:.1f} km"
    )
    within = float(np.ceil(off_s + room_s + claim.moment.half_width_s))
    test = Test("sub-satellite point", "met" if off_m <= 2 * doubt_m else "not met", said, {"distance_m": round(off_m)})
    angle, _, _ = sight(r, there, geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg))
    blank = replace(blank, off_nadir_deg=float(angle[0]), tests=(test,), because=(said,))
    if within <= CONSISTENT_S:
        return replace(blank, verdict="consistent", says=f"consistent to within {within:.0f} s", within_s=within)
    if off_m <= 2.0 * doubt_m + claim.moment.half_width_s * speed_m_s:
        return replace(blank, verdict="possible", says="possible")
    word: Word = "inconsistent" if seen.ever else "impossible"
    return replace(blank, verdict=word, says="inconsistent as stated" if seen.ever else "impossible")


def judge_sun(claim: Claim, eop: EarthOrientation) -> Verdict:
    """Do the stated shadows fit the stated place and time? No satellite is asked for."""
    place, shadow = claim.place, claim.shadow
    assert place is not None
    assert shadow is not None
    test = shadows(place, claim.moment, shadow, eop)
    light = daylight(claim, eop)
    if test.outcome == "not asked":
        return undetermined(claim, f"{test.says}; {light.says}", (light,))
    sun = sun_at(place, claim.moment, eop)[1]
    blank = Verdict(claim.id, "possible", "possible", (test.says,), claim, sun_elevation_deg=sun, tests=(test, light))
    if test.outcome == "not met":
        times = test.numbers.get("matches", [])
        fits = (
            f"; the Sun would fit at {' or '.join(at[11:16] + 'Z' for at in times)}"
            if times
            else "; no time of that day fits"
        )
        return replace(blank, verdict="inconsistent", says="inconsistent as stated" + fits)
    return blank
