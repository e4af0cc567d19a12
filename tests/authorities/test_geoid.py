"""Heights of the geoid against NGA's own test points for EGM96.

Source: OUTINTPT.DAT, which NGA gives with its interpolation program INTPT.F for the 15-minute EGM96 grid.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swath.archive.heights import read_geoid
from swath.errors import DataError

# Latitude, longitude east, undulation (m)
POINTS = [
    (38.6281550, 269.7791550, -31.628),
    (-14.6212170, 305.0211140, -2.969),
    (46.8743190, 102.4487290, -43.575),
    (-23.6174460, 133.8747120, 15.871),
    (38.6254730, 359.9995000, 50.066),
    (-0.4667440, 0.0023000, 17.329),
]


@pytest.mark.needs_shared_data
def test_the_published_points(shared_data: Path) -> None:
    geoid = read_geoid(shared_data / "imagery" / "geoid" / "egm96_15.gtx")
    lat, lon, height = np.array(POINTS).T
    # Bilinear where NGA's program takes a spline: some centimetres.
    assert np.abs(geoid.at(lon, lat) - height).max() < 0.12
    assert np.allclose(geoid.at(lon - 360.0, lat), geoid.at(lon, lat), atol=1e-6)


@pytest.mark.parametrize("size", [0, 39, 40, 100])
def test_files_that_are_none(size: int, tmp_path: Path) -> None:
    (tmp_path / "g.gtx").write_bytes(b"\x7f" * size)
    with pytest.raises(DataError, match="GTX"):
        read_geoid(tmp_path / "g.gtx")
