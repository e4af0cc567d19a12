from __future__ import annotations

from pathlib import Path

import astropy_iers_data
import numpy as np
import pytest

from swath.errors import DataError
from swath.sources.eop import packaged_eop, parse_finals2000a

LINES = Path(astropy_iers_data.IERS_A_FILE).read_text("ascii").splitlines()


def test_the_packaged_table_reaches_from_1973_into_the_future() -> None:
    eop = packaged_eop()
    assert eop.mjd[0] == 41684.0  # 2 January 1973
    measured = sum(line[57:58] == "I" for line in LINES)
    predicted = sum(line[57:58] == "P" for line in LINES)
    assert len(eop.mjd) == measured + predicted
    assert 300 < predicted < 400  # a year ahead
    assert "finals2000A" in eop.source
    assert packaged_eop() is eop


def test_one_day_as_the_iers_prints_it() -> None:
    # finals2000A.all, 2 January 1973: x 0.120733, y 0.136966 arcsec, UT1-UTC 0.8084178 s
    ut1_utc_s, x_rad, y_rad = packaged_eop().at(np.datetime64("1973-01-02", "ns"))
    assert ut1_utc_s == pytest.approx(0.8084178, abs=1e-9)
    assert np.degrees(x_rad) * 3600 == pytest.approx(0.120733, abs=1e-9)
    assert np.degrees(y_rad) * 3600 == pytest.approx(0.136966, abs=1e-9)


def test_the_table_ends_before_the_first_empty_day() -> None:
    text = "\n".join([*LINES[:5], LINES[-1], *LINES[5:8]])
    assert len(parse_finals2000a(text, source="typed").mjd) == 5


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([*LINES[:3], LINES[3][:60] + "," + LINES[3][61:]], "line 4: not Earth orientation data"),
        ([*LINES[:3], *LINES[4:7]], "do not follow one another"),
        ([LINES[0]], "do not follow one another"),
        ([], "do not follow one another"),
        (["<html>"], "do not follow one another"),
    ],
)
def test_damaged_tables_are_refused(lines: list[str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        parse_finals2000a("\n".join(lines), source="typed")
