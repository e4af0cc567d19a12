"""Heights of the geoid against NGA's own test points for EGM96.

Source: OUTINTPT.DAT, which NGA gives with its interpolation program INTPT.F for the 15-minute EGM96 grid.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from swath.archive.heights import geoid_file, read_geoid
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


@pytest.mark.needs_shared_data
def test_the_same_grid_as_a_geotiff_says_the_same(shared_data: Path, tmp_path: Path) -> None:
    """PROJ ships it in both forms: rows from the north, pixels about the grid's points."""
    geoid = read_geoid(shared_data / "imagery" / "geoid" / "egm96_15.gtx")
    step = geoid.step_lat_deg
    rows, columns = geoid.undulation_m.shape
    place = Affine(step, 0, geoid.west_deg - step / 2, 0, -step, geoid.south_deg + (rows - 0.5) * step)
    with rasterio.open(
        tmp_path / "us_nga_egm96_15.tif", "w", driver="GTiff", dtype="float32", count=1, height=rows, width=columns,
        crs="EPSG:4326", transform=place, tiled=True, compress="deflate", predictor=3,
    ) as file:  # fmt: skip
        file.write(geoid.undulation_m[::-1], 1)
    lat, lon, height = np.array(POINTS).T
    other = read_geoid(tmp_path / "us_nga_egm96_15.tif")
    assert np.abs(other.at(lon, lat) - height).max() < 0.12
    assert np.allclose(other.at(lon, lat), geoid.at(lon, lat), atol=1e-9)


def test_a_geoid_by_name_is_proj_s_own_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyproj.datadir.get_user_data_dir", lambda *a: str(tmp_path))
    monkeypatch.setattr("pyproj.datadir.get_data_dir", lambda: str(tmp_path / "none"))
    with pytest.raises(DataError, match="no grid of egm96"):
        geoid_file(Path("egm96"))
    (tmp_path / "egm96_15.gtx").write_bytes(b"")
    assert geoid_file(Path("egm96")) == tmp_path / "egm96_15.gtx"
    assert geoid_file(Path("mine.gtx")) == Path("mine.gtx")
