"""Earth orientation from the International Earth Rotation and Reference Systems Service, as a package brings it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import astropy_iers_data
import numpy as np

from swath.errors import DataError
from swath.frames import EarthOrientation

__all__ = ["packaged_eop", "parse_finals2000a"]

_COLUMNS = ((7, 15), (58, 68), (18, 27), (37, 46))
"""modified Julian day, UT1-UTC (s), pole x, pole y (arcsec)"""


@cache
def packaged_eop() -> EarthOrientation:
    """Measured since 1973 and predicted for about a year after the ``astropy-iers-data`` package was made."""
    path = Path(astropy_iers_data.IERS_A_FILE)
    return parse_finals2000a(
        path.read_text("ascii"), source=f"IERS finals2000A, astropy-iers-data {astropy_iers_data.__version__}"
    )


def parse_finals2000a(text: str, *, source: str) -> EarthOrientation:
    """Earth orientation from the text of ``finals2000A.all``: Bulletin A, measured (``I``) and then predicted (``P``).

    The table ends before the first day without pole or UT1-UTC. Columns: IERS ``readme.finals2000A``. The Bulletin B
    columns of the same lines are not taken: they lie up to 0.48 ms from the IERS C04 series since 2000, Bulletin A 0.17
    ms (tests/authorities/test_earth_orientation.py). Raises :class:`DataError` where a line does not follow the columns
    or a day is missing.
    """
    days = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = [line[slice(*columns)].strip() for columns in _COLUMNS]
        if not all(fields[1:]):
            break
        try:
            days.append([float(field) for field in fields])
        except ValueError as error:
            raise DataError(f"not Earth orientation data: {error}", where=f"{source}, line {number}") from error
    table = np.array(days, np.float64).reshape(-1, len(_COLUMNS))
    if len(table) < 2 or not (np.diff(table[:, 0]) == 1.0).all() or not np.isfinite(table).all():
        raise DataError("the days do not follow one another", where=source, fix="Install astropy-iers-data again")
    mjd, ut1_minus_utc_s, pole_x_arcsec, pole_y_arcsec = np.ascontiguousarray(table.T)
    return EarthOrientation(mjd, ut1_minus_utc_s, pole_x_arcsec, pole_y_arcsec, source)
