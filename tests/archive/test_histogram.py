"""A histogram counts what is there: not what a file calls nothing, not a mark's frame, and the same of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from swath.archive.histogram import histogram
from swath.archive.mark import FRAME_TAG
from swath.errors import DataError, InputError


def written(path: Path, pixels: np.ndarray, *, nodata: float | None = None, frame: int = 0) -> Path:
    bands, height, width = pixels.shape
    told = {
        "driver": "GTiff",
        "count": bands,
        "height": height,
        "width": width,
        "dtype": pixels.dtype,
        "nodata": nodata,
    }
    with rasterio.open(path, "w", **told, crs="EPSG:32632", transform=from_origin(5e5, 5e6, 10, 10)) as file:
        file.write(pixels)
        if frame:
            file.update_tags(**{FRAME_TAG: str(frame)})
    return path


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=4, max_size=60), st.integers(1, 40), st.data())
def test_every_pixel_with_a_value_is_counted_once(
    tmp_path_factory: pytest.TempPathFactory, values: list[int], bins: int, data: st.DataObject
) -> None:
    nodata = data.draw(st.sampled_from([None, 0, values[0]]))
    pixels = np.array(values, np.uint16).reshape(1, 1, -1)
    path = written(tmp_path_factory.mktemp("h") / "a.tif", pixels, nodata=nodata)
    found = histogram(path, bins=bins)
    kept = [value for value in values if value != nodata]
    (band,) = found.bands
    assert len(band.counts) == bins and band.counts.sum() == len(kept)
    assert found.pixel_count == found.seen_count == len(values)
    if kept:
        assert (band.low, band.high) == (min(kept), max(kept))
        assert band.mean == pytest.approx(np.mean(kept))
        assert band.counts[0] >= 1 and (band.counts[-1] >= 1 or min(kept) == max(kept))


def test_nothing_is_not_a_value_and_a_frame_is_no_picture(tmp_path: Path) -> None:
    pixels = np.full((2, 20, 20), 7.0, np.float32)
    pixels[0, 5, 5], pixels[1] = np.nan, np.nan
    pixels[:, :4], pixels[:, -4:], pixels[:, :, :4], pixels[:, :, -4:] = (1e9,) * 4
    first, empty = histogram(written(tmp_path / "a.tif", pixels, frame=4)).bands
    assert first.counts.sum() == 12 * 12 - 1 and (first.low, first.high) == (7.0, 7.0)
    assert empty.counts.sum() == 0 and empty.mean == 0.0


def test_a_large_picture_is_looked_at_coarsely(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(3000, dtype=np.uint16), (1, 1200, 1))
    found = histogram(written(tmp_path / "a.tif", ramp), bins=10)
    assert (found.pixel_count, found.seen_count) == (3000 * 1200, 512 * 512)
    share = found.bands[0].counts / found.seen_count
    assert share == pytest.approx(np.full(10, 0.1), abs=0.01)


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("<VRTDataset></VRTDataset>")
    with pytest.raises(DataError, match="neither GeoTIFF"):
        histogram(tmp_path / "a.tif")
    with pytest.raises(InputError, match="0 bins"):
        histogram(tmp_path / "a.tif", bins=0)
