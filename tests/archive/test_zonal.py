"""Statistics of fields straight from files: the same as in memory, reading only what is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin

from swath.archive import zonal
from swath.archive.raster_file import in_order, open_raster, read_window, strips
from swath.archive.zonal import read_coverages, write_coverages, zonal_files
from swath.errors import DataError, InputError
from swath.model import Grid
from swath.product.fields import cover_polygons, zonal_statistics

GRID = Grid(32633, 500000.0, 5000000.0, 10.0, 700, 1300)


def write(path: Path, pixels: np.ndarray, grid: Grid = GRID, **options: object) -> Path:
    profile = {"driver": "GTiff", "dtype": pixels.dtype, "count": len(pixels), "crs": f"EPSG:{grid.epsg}"}
    profile |= {"width": grid.width, "height": grid.height, "nodata": 0, "tiled": True}
    profile |= {"blockxsize": 256, "blockysize": 256, "compress": "deflate"} | options
    with rasterio.open(path, "w", transform=from_origin(grid.west_m, grid.north_m, 10.0, 10.0), **profile) as file:
        file.write(pixels)
    return path


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 4000, (2, *GRID.shape)).astype(np.uint16)


def fields(number: int = 30, south_m: float = 12900.0) -> list[shapely.Polygon]:
    rng = np.random.default_rng(4)
    at = np.column_stack([rng.uniform(0, 6900, number), -rng.uniform(0, south_m, number)])
    return [
        shapely.box(5e5 + x, 5e6 + y - h, 5e5 + x + w, 5e6 + y)
        for (x, y), w, h in zip(at, rng.uniform(5, 900, number), rng.uniform(5, 900, number), strict=True)
    ]


@pytest.mark.parametrize("options", [{}, {"tiled": False, "blockysize": 3}, {"compress": "zstd", "blockysize": 1024}])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_says_what_its_pixels_say(
    tmp_path: Path, pixels: np.ndarray, options: dict[str, object], workers: int
) -> None:
    path = write(tmp_path / "a.tif", pixels, **options)
    covered = cover_polygons(fields(), GRID)
    found = zonal_files([path, path], covered, bands=[1], quantiles=[0.5], workers=workers)
    expected = zonal_statistics(pixels[1], pixels[1] != 0, covered, quantiles=[0.5])
    for band in range(2):
        np.testing.assert_allclose(found.mean[band], expected.mean[0], rtol=1e-12)
        np.testing.assert_allclose(found.count_px[band], expected.count_px[0], rtol=1e-12)
        np.testing.assert_allclose(found.quantiles[band], expected.quantiles[0], rtol=1e-12)


def test_only_blocks_that_a_field_touches_are_read(
    tmp_path: Path, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.tif", pixels)
    read = []

    def counted(raster, top, left, rows, columns, **options):  # type: ignore[no-untyped-def]
        read.append((top, left, rows, columns))
        return read_window(raster, top, left, rows, columns, **options)

    monkeypatch.setattr(zonal, "read_window", counted)
    corner = shapely.box(500010.0, 4999000.0, 500900.0, 4999900.0)
    zonal_files([path], cover_polygons([corner], GRID))
    assert read == [(0, 0, 512, 256)]


def test_an_index_of_masked_bands_is_summed_as_it_is_read(tmp_path: Path, pixels: np.ndarray) -> None:
    path = write(tmp_path / "a.tif", pixels)
    covered = cover_polygons(fields(), GRID)

    def ratio(values: np.ndarray, seen: np.ndarray):  # type: ignore[no-untyped-def]
        a, b = values.astype(np.float32)
        return ((a - b) / np.maximum(a + b, 1))[None], seen & (a < 3000)

    found = zonal_files([path], covered, change=ratio)
    expected = zonal_statistics(*ratio(pixels, (pixels != 0).all(0)), covered)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-9)
    assert found.mean.shape == (1, 30)


def test_coverages_are_kept_for_the_next_date(tmp_path: Path, pixels: np.ndarray) -> None:
    covered = cover_polygons(fields(), GRID)
    kept = read_coverages(write_coverages(tmp_path / "c.npz", covered))
    assert kept.grid == GRID
    a, b = (zonal_statistics(pixels, pixels[0] > 0, c) for c in (covered, kept))
    np.testing.assert_array_equal(a.mean, b.mean)


@given(st.data())
def test_a_damaged_file_of_coverages_is_refused_or_whole(tmp_path_factory: pytest.TempPathFactory, data) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("c") / "c.npz"
    whole = write_coverages(path, cover_polygons(fields(2), GRID)).read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.binary(max_size=8))
    path.write_bytes(whole[:cut] + noise + whole[cut + len(noise) :][: data.draw(st.integers(0, len(whole)))])
    try:
        count = len(read_coverages(path))
    except DataError:
        return
    assert count == 2


def test_files_that_do_not_fit_are_refused(tmp_path: Path, pixels: np.ndarray) -> None:
    path = write(tmp_path / "a.tif", pixels)
    other = Grid(32633, 500010.0, 5000000.0, 10.0, 700, 1300)
    with pytest.raises(InputError, match="lies on another grid"):
        zonal_files([path], cover_polygons(fields(), other))
    with pytest.raises(InputError, match="no file is given"):
        zonal_files([], cover_polygons(fields(), GRID))
    with pytest.raises(DataError, match="cannot be read"):
        zonal_files([tmp_path / "none.tif"], cover_polygons(fields(), GRID))
    (tmp_path / "cut.tif").write_bytes(path.read_bytes()[:30000])
    with pytest.raises(DataError, match="cannot be read"):
        zonal_files([tmp_path / "cut.tif"], cover_polygons(fields(), GRID))


def test_a_virtual_raster_by_another_name_is_refused(tmp_path: Path, pixels: np.ndarray) -> None:
    """It could name any file or address of the machine that reads it."""
    write(tmp_path / "a.tif", pixels)
    text = '<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1"/></VRTDataset>'
    (tmp_path / "b.tif").write_text(text)
    with pytest.raises(DataError, match="neither GeoTIFF nor JPEG 2000"):
        open_raster(tmp_path / "b.tif")


def test_a_header_that_claims_too_much_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "width": 400000, "height": 400000}
    profile["transform"] = from_origin(0.0, 0.0, 10.0, 10.0)
    with rasterio.open(path, "w", tiled=True, sparse_ok=True, bigtiff="yes", **profile):
        pass
    with pytest.raises(DataError, match="claims 1 bands of 400000 x 400000"):
        open_raster(path)


def test_strips_begin_with_the_files_own_blocks(tmp_path: Path, pixels: np.ndarray) -> None:
    raster = open_raster(write(tmp_path / "a.tif", pixels, blockysize=384))
    assert list(strips(raster, rows=800)) == [(0, 768), (768, 532)]
    assert raster.grid == GRID
    assert (raster.names, raster.nodata, raster.dtype) == (("1", "2"), 0.0, np.dtype("uint16"))


def test_work_in_threads_keeps_its_order_and_its_errors() -> None:
    assert list(in_order(lambda k: k * k, range(20), workers=3)) == [k * k for k in range(20)]
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda k: 1 // (k - 5), range(20), workers=2))


def test_a_nodata_value_that_no_pixel_can_hold_is_none(tmp_path: Path, pixels: np.ndarray) -> None:
    """GDAL lets a file of whole numbers name NaN or a fraction; nothing is unknown there."""
    import rasterio.shutil

    path = write(tmp_path / "a.tif", pixels, nodata=None)
    for value in ("nan", "0.5", "-9999"):
        text = '<VRTDataset rasterXSize="700" rasterYSize="1300"><SRS>EPSG:32633</SRS><GeoTransform>5e5,10,0,5e6,0,-10'
        text += (
            f'</GeoTransform><VRTRasterBand dataType="UInt16" band="1"><NoDataValue>{value}</NoDataValue><SimpleSource>'
        )
        text += f'<SourceFilename relativeToVRT="0">{path}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'
        (tmp_path / "a.vrt").write_text(text + "</VRTRasterBand></VRTDataset>")
        rasterio.shutil.copy(tmp_path / "a.vrt", tmp_path / "b.tif", driver="GTiff")
        assert open_raster(tmp_path / "b.tif").nodata is None
        found = zonal_files([tmp_path / "b.tif"], cover_polygons(fields(3), GRID))
        whole = zonal_statistics(pixels[0], np.ones(GRID.shape, bool), cover_polygons(fields(3), GRID))
        np.testing.assert_allclose(found.count_px, whole.count_px)
