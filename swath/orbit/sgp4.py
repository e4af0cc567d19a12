"""SGP4: from published mean elements to position and velocity.

The model is Vallado, Crawford, Hujsak & Kelso, "Revisiting Spacetrack Report #3", AIAA 2006-6753, as in the ``sgp4``
package, with the WGS-72 constants the elements are made with.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sgp4.api import SGP4_ERRORS, WGS72, Satrec

from swath.errors import DataError
from swath.model import Elements
from swath.time import elapsed_s, format_utc, julian_date

__all__ = ["propagate"]

Floats = npt.NDArray[np.float64]


def propagate(elements: Elements, at: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Where do the elements put the satellite? TEME position (m) and velocity (m/s), ``(..., 3)``, at UTC times.

    Equal to the published verification vectors in every printed digit (tests/authorities/test_sgp4_vectors.py). Time
    since the epoch is counted in SI seconds. Raises :class:`DataError`, naming satellite and time, where the orbit has
    decayed or the theory breaks down; never returns NaN.
    """
    times = np.asarray(at, "datetime64[ns]")
    satrec = _satrec(elements)
    days = np.atleast_1d(elapsed_s(elements.epoch, times).ravel() / 86400.0)
    # Measured from the record's own idea of the epoch, so that its rounding (0.3 us) cancels.
    errors, r_km, v_km_s = satrec.sgp4_array(np.full(days.shape, satrec.jdsatepoch), satrec.jdsatepochF + days)
    failed = (errors != 0) | ~np.isfinite(r_km).all(-1)
    if failed.any():
        first = int(np.argmax(failed))
        reason = SGP4_ERRORS.get(int(errors[first]), "the result is not a number")
        raise DataError(
            f"SGP4 cannot carry {elements.name} from {format_utc(elements.epoch)} to "
            f"{format_utc(times.ravel()[first])}: {reason}",
            where=elements.source,
            fix="The object has decayed or the set is unfit for that time: use a set from nearer to it",
        )
    shape = (*times.shape, 3)
    return np.asarray(r_km, np.float64).reshape(shape) * 1e3, np.asarray(v_km_s, np.float64).reshape(shape) * 1e3


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
