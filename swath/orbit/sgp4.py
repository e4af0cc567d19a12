"""SGP4: from published mean elements to position and velocity.

The model is Vallado, Crawford, Hujsak & Kelso, "Revisiting Spacetrack Report #3", AIAA 2006-6753, as in the ``sgp4``
package, with the WGS-72 constants the elements are made with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sgp4.api import SGP4_ERRORS, WGS72, Satrec, SatrecArray

from swath.errors import DataError
from swath.model import Elements
from swath.time import elapsed_s, format_utc, julian_date, terrestrial_julian_date

__all__ = ["decay_of_mean_motion", "propagate", "propagate_many", "propagate_where_possible", "secular_rates"]

Floats = npt.NDArray[np.float64]

_MINUTES_PER_DAY = 1440.0


def propagate(elements: Elements, at: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Where do the elements put the satellite? TEME position (m) and velocity (m/s), ``(..., 3)``, at UTC times.

    Equal to the published verification vectors in every printed digit (tests/authorities/test_sgp4_vectors.py). Time
    since the epoch is counted in SI seconds. Raises :class:`DataError`, naming satellite and time, where the orbit has
    decayed or the theory breaks down; never returns NaN.
    """
    times = np.asarray(at, "datetime64[ns]")
    errors, r_teme_m, v_teme_m_s = _states(elements, times)
    if why := _failure(elements, errors, r_teme_m, times.ravel()):
        raise DataError(why, where=elements.source, fix=_FIX)
    shape = (*times.shape, 3)
    return r_teme_m.reshape(shape), v_teme_m_s.reshape(shape)


def propagate_where_possible(
    elements: Elements, at: npt.NDArray[np.datetime64]
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """The same for times ``(n,)`` some of which the elements may not reach: position, velocity, and which are good.

    For comparing many sets with one another, where a failure is a number to count; rows that are not good hold zeros.
    """
    errors, r_teme_m, v_teme_m_s = _states(elements, at)
    good = (errors == 0) & np.isfinite(r_teme_m).all(-1) & np.isfinite(v_teme_m_s).all(-1)
    return np.where(good[:, None], r_teme_m, 0.0), np.where(good[:, None], v_teme_m_s, 0.0), good


def _states(elements: Elements, times: npt.NDArray[np.datetime64]) -> tuple[npt.NDArray[np.uint8], Floats, Floats]:
    """Error codes ``(n,)`` and TEME states ``(n, 3)`` in m and m/s, for times of any shape."""
    satrec = _satrec(elements)
    days = np.atleast_1d(elapsed_s(elements.epoch, times).ravel() / 86400.0)
    # Measured from the record's own idea of the epoch, so that its rounding (0.3 us) cancels.
    errors, r_km, v_km_s = satrec.sgp4_array(np.full(days.shape, satrec.jdsatepoch), satrec.jdsatepochF + days)
    return errors, np.asarray(r_km, np.float64) * 1e3, np.asarray(v_km_s, np.float64) * 1e3


def propagate_many(elements: Sequence[Elements], at: npt.ArrayLike) -> tuple[Floats, Floats, dict[int, str]]:
    """Where do many sets put their satellites at the same ``(m,)`` UTC times?

    TEME positions (m) and velocities (m/s) ``(n - failed, m, 3)`` of those that SGP4 can carry to all the times, in
    order, and the number of each set that it cannot, with the reason: the sentence that :func:`propagate` would raise.
    States are those of :func:`propagate` to 1 um (tests/orbit/test_sgp4_many.py), about a million a second on a core;
    they take 48 bytes each.
    """
    times = np.asarray(at, "datetime64[ns]").ravel()
    if not elements or not times.size:
        return np.empty((len(elements), times.size, 3)), np.empty((len(elements), times.size, 3)), {}
    records = [_satrec(one) for one in elements]
    # Terrestrial time has no leap seconds, and the epochs are set exactly, not rounded to the package's 1e-8 day.
    for record, jd, fraction in zip(
        records, *terrestrial_julian_date(np.array([one.epoch for one in elements], "datetime64[ns]")), strict=True
    ):
        record.jdsatepoch, record.jdsatepochF = float(jd), float(fraction)
    errors, r_km, v_km_s = SatrecArray(records).sgp4(*terrestrial_julian_date(times))
    failed = {}
    for number in map(int, np.flatnonzero((errors != 0).any(-1) | ~np.isfinite(r_km).all((-2, -1)))):
        failed[number] = _failure(elements[number], errors[number], r_km[number], times)
    good = [number for number in range(len(elements)) if number not in failed]
    if failed:
        r_km, v_km_s = r_km[good], v_km_s[good]
    r_km *= 1e3
    v_km_s *= 1e3
    return r_km, v_km_s, failed


_FIX = "The object has decayed or the set is unfit for that time: use a set from nearer to it"


def _failure(elements: Elements, errors: npt.NDArray[np.uint8], r_km: Floats, times: npt.NDArray[np.datetime64]) -> str:
    """What stops SGP4 at the first of the times that it cannot reach; empty where nothing does."""
    failed = (errors != 0) | ~np.isfinite(r_km).all(-1)
    if not failed.any():
        return ""
    first = int(np.argmax(failed))
    reason = SGP4_ERRORS.get(int(errors[first]), "the result is not a number")
    return (
        f"SGP4 cannot carry {elements.name} from {format_utc(elements.epoch)} to {format_utc(times[first])}: {reason}"
    )


def decay_of_mean_motion(elements: Elements) -> float:
    """How fast does drag, as SGP4 takes it from ``bstar``, speed the satellite up? Half of rev/day2, as TLEs print it.

    Half of the change of mean motion over the first day, so that it stands beside ``mean_motion_dot`` (over 750,000
    sets of 1,745 objects the middle half of the two agrees within 4 %). Zero where SGP4 cannot reach so far.
    """
    satrec = _satrec(elements)
    failed_now, _, _ = satrec.sgp4_tsince(0.0)
    first = satrec.nm
    failed_later, _, _ = satrec.sgp4_tsince(_MINUTES_PER_DAY)
    if failed_now or failed_later:
        return 0.0
    return float((satrec.nm - first) * _MINUTES_PER_DAY / (4.0 * np.pi))


def secular_rates(elements: Elements) -> tuple[float, float, float]:
    """How fast do node, perigee, and (beyond the mean motion) argument of latitude turn without drag? Degrees a day."""
    satrec = _satrec(replace(elements, bstar=0.0))
    seen = []
    for minutes in (0.0, _MINUTES_PER_DAY / 24.0):
        satrec.sgp4_tsince(minutes)
        seen.append((satrec.Om, satrec.om, satrec.om + satrec.mm))
    moved = [later - first for first, later in zip(*seen, strict=True)]
    moved[2] -= elements.mean_motion_rev_day * 2.0 * np.pi / 24.0
    node, perigee, latitude = (float(np.degrees((angle + np.pi) % (2.0 * np.pi) - np.pi)) * 24.0 for angle in moved)
    return node, perigee, latitude


def _satrec(elements: Elements) -> Satrec:
    """The package's record. The catalogue number stays outside: it takes none above 339,999."""
    jd, fraction = julian_date(elements.epoch)
    satrec = Satrec()
    satrec.sgp4init(
        WGS72,
        "i",
        0,
        # Rounded to 40 us here as in the published program: it only sets the phase of the Moon and the Sun, but the
        # last bits count in the most eccentric test orbit. propagate() measures time from the exact epoch.
        float(jd + fraction) - 2433281.5,
        elements.bstar,
        0.0,  # SGP4 does not use the derivatives of mean motion
        0.0,
        elements.eccentricity,
        np.radians(elements.argument_of_perigee_deg),
        np.radians(elements.inclination_deg),
        np.radians(elements.mean_anomaly_deg),
        elements.mean_motion_rev_day * 2.0 * np.pi / 1440.0,
        np.radians(elements.raan_deg),
    )
    return satrec
