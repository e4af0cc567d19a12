"""The questions that are put to a claim besides the orbit: the Sun, shadows, resolution, clouds, and the way down."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.claim.looks import passes_over
from swath.claim.motion import Track
from swath.claim.published import Published
from swath.claim.records import Claim, Moment, Shadow, Sky, Test
from swath.frames import EarthOrientation
from swath.model import Place
from swath.orbit.sun import sun_angles_deg
from swath.spacecraft.sharpness import aperture_mtf, detector_mtf, giqe5, relative_edge_response
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["cloud_reach_m", "clouds", "daylight", "downlink", "resolution", "shadows", "sun_at", "sun_matches"]

Floats = npt.NDArray[np.float64]

_TWILIGHT_DEG = -6.0
"""below this even the brightest imagers see no ground by sunlight (end of civil twilight)"""
_LOW_DEG = 5.0
_MAST_M = 10.0
"""the shadow of so high an object is told where no other is stated"""
_WAVELENGTH_M = 550e-9
_SIGNAL_TO_NOISE = 50.0
_MINUTE_S = 60.0
_PARALLAX_M, _WIND_M_S = 10e3, 20.0
_SETTLED_S = 3600.0
"""clouds form and dissolve: a mask that is further away in time settles nothing"""
_OVERCAST, _MOSTLY = 0.98, 0.9
_DOWN_H = 48.0
"""how long the way to a station is looked for where no announcement is stated"""


def sun_at(place: Place, moment: Moment, eop: EarthOrientation) -> tuple[float, float, float]:
    """Least, middle and highest elevation of the Sun (deg) at a place during a moment."""
    at = moment.earliest + seconds(np.linspace(0.0, 2.0 * moment.half_width_s, 49))
    high, _ = sun_angles_deg(place.lon_deg, place.lat_deg, at, eop)
    return float(high.min()), float(high[24]), float(high.max())


def daylight(claim: Claim, eop: EarthOrientation) -> Test:
    """Was there light for the picture, and how did shadows lie? Asked of pictures by daylight only."""
    if claim.place is None or claim.kind not in ("picture", "optical"):
        return Test("daylight", "not asked", f"not asked of a claim of this kind: {claim.kind}")
    low, middle, high = sun_at(claim.place, claim.moment, eop)
    span = f"{low:.1f} to {high:.1f}" if high - low > 0.5 else f"{middle:.1f}"
    numbers = {"sun_elevation_deg": round(middle, 2), "low_deg": round(low, 2), "high_deg": round(high, 2)}
    if high < _TWILIGHT_DEG:
        return Test("daylight", "not met", f"night at the place: the Sun stood at {span} deg", numbers)
    if low < _LOW_DEG:
        return Test("daylight", "open", f"the Sun stood at {span} deg: low light or none for part of it", numbers)
    height_m = (claim.shadow.height_m if claim.shadow is not None else None) or _MAST_M
    _, azimuth = sun_angles_deg(claim.place.lon_deg, claim.place.lat_deg, np.array([claim.moment.middle]), eop)
    length_m, bearing_deg = float(height_m / np.tan(np.radians(middle))), float((azimuth[0] + 180.0) % 360.0)
    numbers |= {"shadow_of_m": height_m, "shadow_m": round(length_m, 2), "shadow_bearing_deg": round(bearing_deg, 1)}
    shadow = f"an upright {height_m:g} m throw a shadow of {length_m:.3g} m towards {bearing_deg:.0f} deg"
    return Test("daylight", "met", f"the Sun stood {span} deg high: {shadow}", numbers)


def shadows(place: Place, moment: Moment, shadow: Shadow, eop: EarthOrientation) -> Test:
    """Do stated shadows, or stated angles of the Sun, agree with the stated time?

    Elevation from height over length; azimuth opposite to where the shadow points. The Sun's own angles here are good
    to 0.01 deg; refraction (below 0.1 deg above 10 deg) is left out.
    """
    said, outcomes = [], []
    numbers: dict[str, object] = {}
    if not _stated(place, moment, shadow, eop):
        return Test("shadows", "not asked", "neither length nor direction of a shadow is stated")
    for what, stated, error, computed in _stated(place, moment, shadow, eop):
        low, high = float(computed.min()), float(computed.max())
        off = max(low - stated, stated - high, 0.0) if what != "azimuth" else _off_circle(stated, computed)
        outcomes.append("met" if off <= error else "open" if off <= 2.0 * error else "not met")
        here = f"{low:.1f}" if high - low < 0.2 else f"{low:.1f} to {high:.1f}"
        said.append(f"Sun's {what} stated {stated:.1f} +/- {error:.1f} deg, computed {here} deg")
        numbers |= {f"stated_{what}_deg": round(stated, 2), f"computed_{what}_deg": round(float(np.mean(computed)), 2)}
    outcome = "not met" if "not met" in outcomes else "open" if "open" in outcomes else "met"
    text = "; ".join(said)
    if outcome != "met" and (times := sun_matches(place, moment, shadow, eop)):
        numbers["matches"] = [format_utc(at) for at in times]
        text += "; on that day they fit at " + " and ".join(format_utc(at)[11:16] + "Z" for at in times)
    return Test("shadows", outcome, text, numbers)  # type: ignore[arg-type]


def _stated(
    place: Place, moment: Moment, shadow: Shadow, eop: EarthOrientation
) -> list[tuple[str, float, float, Floats]]:
    """Name, stated angle, its 90 % error, and the computed ones during the moment."""
    at = moment.earliest + seconds(np.linspace(0.0, max(2.0 * moment.half_width_s, 0.0), 25))
    high, azimuth = sun_angles_deg(place.lon_deg, place.lat_deg, at, eop)
    found = []
    if shadow.height_m is not None and shadow.length_m is not None:
        stated = float(np.degrees(np.arctan2(shadow.height_m, shadow.length_m)))
        error = float(np.degrees(shadow.error_share * 0.5 * np.sin(2.0 * np.radians(stated))))
        found.append(("elevation", stated, max(error, 0.1), high))
    elif shadow.sun_elevation_deg is not None:
        found.append(("elevation", shadow.sun_elevation_deg, shadow.angle_error_deg, high))
    if shadow.bearing_deg is not None:
        found.append(("azimuth", (shadow.bearing_deg + 180.0) % 360.0, shadow.bearing_error_deg, azimuth))
    elif shadow.sun_azimuth_deg is not None:
        found.append(("azimuth", shadow.sun_azimuth_deg, shadow.angle_error_deg, azimuth))
    return found


def _off_circle(stated: float, computed: Floats) -> float:
    return float(np.abs((computed - stated + 180.0) % 360.0 - 180.0).min())


def sun_matches(place: Place, moment: Moment, shadow: Shadow, eop: EarthOrientation) -> list[np.datetime64]:
    """At which times of the stated local day, to a minute, would stated shadows or angles of the Sun fit best?"""
    local = moment.middle + seconds(moment.offset_s)
    midnight = local.astype("datetime64[D]").astype("datetime64[ns]") - seconds(moment.offset_s)
    at = midnight + seconds(_MINUTE_S * np.arange(1441, dtype=np.float64))
    high, azimuth = sun_angles_deg(place.lon_deg, place.lat_deg, at, eop)
    off = np.zeros(len(at))
    for what, stated, error, _ in _stated(place, moment, shadow, eop):
        computed = high if what == "elevation" else (azimuth - stated + 180.0) % 360.0 - 180.0 + stated
        off = np.maximum(off, np.abs(computed - stated) / error)
    lows = np.flatnonzero((off <= 1.0) & (off <= np.append(off[1:], np.inf)) & (off < np.append(np.inf, off[:-1])))
    return [np.datetime64(at[k], "ns") for k in lows.tolist()]


def resolution(claim: Claim, range_m: float, elevation_deg: float) -> Test:
    """What could be made out from there, for the stated or assumed aperture?

    Diffraction (Rayleigh 1.22 wavelength x range / aperture at 550 nm), pixels from half to once wavelength x range /
    aperture, and NIIRS by GIQE-5 at a signal-to-noise of 50 without sharpening: a range, best case to usual one.
    """
    aperture = claim.subject.aperture_m
    if aperture is None or elevation_deg <= 0.0 or claim.kind not in ("picture", "optical"):
        return Test("resolution", "not asked", "no aperture is stated or assumed")
    small, large = aperture
    rayleigh = [1.22 * _WAVELENGTH_M * range_m / d for d in (large, small)]
    finest_m, coarsest_m = (share * _WAVELENGTH_M * range_m / d for share, d in ((0.5, large), (1.0, small)))
    scale = [_niirs(range_m, d, share, elevation_deg) for d, share in ((large, 0.5), (small, 1.0))]
    numbers = {
        "rayleigh_m": [round(value, 3) for value in rayleigh],
        "pixel_m": [round(finest_m, 3), round(coarsest_m, 3)],
        "niirs": [round(min(scale), 1), round(max(scale), 1)],
    }
    text = (
        f"from {range_m / 1e3:.0f} km an aperture of {_both(small, large)} m separates {_both(*rayleigh)} m at best "
        f"(diffraction), NIIRS {min(scale):.1f} to {max(scale):.1f}"
    )
    detail_m = claim.detail_m
    if detail_m is None:
        return Test("resolution", "met", text, numbers)
    outcome = "met" if detail_m >= rayleigh[1] else "not met" if detail_m < finest_m else "open"
    word = {"met": "within that", "not met": "finer than any such aperture passes", "open": "only in the best case"}
    return Test("resolution", outcome, f"{text}; details of {detail_m:g} m are {word[outcome]}", numbers)  # type: ignore[arg-type]


def _both(low: float, high: float) -> str:
    return f"{low:.2g}" if abs(high - low) < 0.005 * high else f"{low:.2g} to {high:.2g}"


def _niirs(range_m: float, aperture_m: float, share: float, elevation_deg: float) -> float:
    pixel_rad = share * _WAVELENGTH_M / aperture_m
    f = np.linspace(0.0, 3.0, 1501)
    mtf = aperture_mtf(f / pixel_rad, wavelength_m=_WAVELENGTH_M, aperture_m=aperture_m)
    edge = relative_edge_response(mtf * detector_mtf(f / pixel_rad, width_rad=pixel_rad), f)
    return giqe5(
        rer_across_ratio=edge,
        rer_along_ratio=edge,
        gsd_m=pixel_rad * range_m,
        signal_to_noise=_SIGNAL_TO_NOISE,
        elevation_deg=elevation_deg,
    )


def cloud_reach_m(apart_s: float) -> float:
    """From how far may clouds over a place have come in a time? The wind at their height, and their own parallax."""
    return _PARALLAX_M + _WIND_M_S * abs(apart_s)


def clouds(claim: Claim) -> Test:
    """Would clouds have been in the way, by a mask or scene near in time, or by what is stated?"""
    if claim.kind == "radar":
        return Test("clouds", "not asked", "radar sees through clouds")
    if claim.sky:
        return _sky(claim, claim.sky[0])
    share = claim.cloud_share
    if share is None:
        return Test("clouds", "not asked", "no cloud mask or scene near in time was given")
    source = f" ({claim.cloud_because})" if claim.cloud_because else ""
    numbers = {"cloud_share": share}
    if share >= 0.95:
        return Test("clouds", "not met", f"overcast: {share:.0%} cloud over the place{source}", numbers)
    if share >= 0.3:
        return Test(
            "clouds", "open", f"{share:.0%} cloud over the place{source}: it may have been seen in a gap", numbers
        )
    return Test("clouds", "met", f"{share:.0%} cloud over the place{source}", numbers)


def _sky(claim: Claim, sky: Sky) -> Test:
    """Overcast, or clear, as far as clouds may have drifted since: then it was so at the stated time as well."""
    apart_s = float(elapsed_s(claim.moment.middle, sky.at))
    when = f"{abs(apart_s) / 60.0:.0f} min {'later' if apart_s >= 0.0 else 'earlier'}"
    numbers = {
        "source": sky.source,
        "at": format_utc(sky.at),
        "here_share": None if sky.here_share is None else round(sky.here_share, 3),
        "near_share": None if sky.near_share is None else round(sky.near_share, 3),
        "known_share": round(sky.known_share, 3),
        "reach_m": round(sky.reach_m),
    }
    if sky.near_share is None:
        return Test("clouds", "open", f"{sky.source} ({when}) says nothing about this place", numbers)
    here = "-" if sky.here_share is None else f"{sky.here_share:.0%}"
    said = f"{here} cloud over the place, {sky.near_share:.0%} within {sky.reach_m / 1e3:.0f} km, {when} ({sky.source})"
    settled = abs(apart_s) + claim.moment.half_width_s <= _SETTLED_S and sky.known_share >= _MOSTLY
    if settled and sky.near_share >= _OVERCAST:
        return Test("clouds", "not met", f"overcast: {said}", numbers)
    if settled and sky.near_share <= 1.0 - _OVERCAST:
        return Test("clouds", "met", f"clear: {said}", numbers)
    return Test("clouds", "open", f"{said}: it may have been seen in a gap", numbers)


def downlink(claim: Claim, track: Track, eop: EarthOrientation) -> Test:
    """Did the satellite come over the station between the picture and the announcement?"""
    station = claim.subject.station
    if station is None or claim.kind not in ("picture", "optical", "radar", "thermal"):
        return Test("downlink", "not asked", "no station is stated or known")
    last = claim.announced.latest if claim.announced is not None else claim.moment.latest + seconds(_DOWN_H * 3600.0)
    if last < claim.moment.earliest:
        return Test("downlink", "not met", "announced before the picture is said to have been taken")
    until = min(last, claim.moment.latest + seconds(_DOWN_H * 3600.0))
    found = passes_over(
        track.elements, station, claim.moment.earliest, until, eop, late_s=track.late_s, min_elevation_deg=5.0
    )
    found = [one for one in found if one[1] > claim.moment.earliest]
    if not found and isinstance(track.elements, Published) and track.elements.oem.span[1] < until:
        return Test("downlink", "open", f"the ephemeris ends before a pass over {station.id} can be told")
    if not found:
        span = "and the announcement" if claim.announced is not None else f"and {_DOWN_H:.0f} h later"
        return Test(
            "downlink", "open", f"no pass over {station.id} between the picture {span}: another station is needed"
        )
    rise, fall, high = found[0]
    wait_min = max(float(elapsed_s(claim.moment.middle, rise)) / 60.0, 0.0)
    text = (
        f"next over {station.id} {format_utc(rise)[11:]} to {format_utc(fall)[11:]}, {high:.0f} deg high, "
        f"{wait_min:.0f} min later"
    )
    if claim.announced is not None:
        text += f"; {len(found)} passes before the announcement"
    return Test("downlink", "met", text, {"rise": format_utc(rise), "set": format_utc(fall), "passes": len(found)})
