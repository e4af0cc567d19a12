"""One date over another to a tenth of a pixel: known shifts, turns and bends, clouds, noise, other contrast and bands;
and nothing claimed of waves, clouds, stripes, plains or another place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.archive.coregister import Registration, align, coregister
from swath.errors import DataError, InputError
from swath.model import Grid

Floats = npt.NDArray[np.float64]
RNG = np.random.default_rng(5)


def grid_of(image: Floats) -> Grid:
    return Grid(32632, 0.0, 0.0, 10.0, image.shape[1], image.shape[0])


def moved(image: Floats, down: float, across: float) -> Floats:
    """The features of a picture so much further down and across, exactly (Fourier; mirrored at the border)."""
    wide = 64
    spectrum = np.fft.rfft2(np.pad(image, wide, mode="reflect"))
    shape = image.shape[0] + 2 * wide, image.shape[1] + 2 * wide
    turn = np.fft.fftfreq(shape[0])[:, None] * down + np.fft.rfftfreq(shape[1])[None] * across
    return np.asarray(np.fft.irfft2(spectrum * np.exp(-2j * np.pi * turn), s=shape)[wide:-wide, wide:-wide])


def bent(image: Floats, displacement: Floats) -> Floats:
    """A picture that shows at p what ``image`` shows at p + displacement: cubic convolution, as a judge of its own."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    y, x = rows + displacement[..., 0], columns + displacement[..., 1]
    out = np.zeros(image.shape)
    for a in range(-1, 3):
        for b in range(-1, 3):
            i, j = np.floor(y).astype(int) + a, np.floor(x).astype(int) + b
            weight = _cubic(y - i) * _cubic(x - j)
            out += weight * image[np.clip(i, 0, image.shape[0] - 1), np.clip(j, 0, image.shape[1] - 1)]
    return out


def _cubic(t: Floats) -> Floats:
    t = np.abs(t)
    near, far = (1.5 * t - 2.5) * t * t + 1.0, ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0
    return np.where(t <= 1.0, near, np.where(t < 2.0, far, 0.0))


def land(size: int = 400, seed: int = 3) -> Floats:
    """Fields with edges and grain, as a camera blurs them."""
    rng = np.random.default_rng(seed)
    image = np.full((size, size), 900.0)
    for _ in range(size * size // 300):
        row, column = rng.integers(-20, size, 2)
        height, width = rng.integers(8, 40, 2)
        image[max(row, 0) : row + height, max(column, 0) : column + width] = rng.uniform(400, 3000)
    spectrum = np.fft.rfft2(image + rng.normal(0, 60, image.shape))
    square = np.fft.fftfreq(size)[:, None] ** 2 + np.fft.rfftfreq(size)[None] ** 2
    return np.asarray(np.fft.irfft2(spectrum * np.exp(-2.0 * (np.pi * 0.7) ** 2 * square), s=image.shape))


def clouds(size: int, share: float, seed: int) -> npt.NDArray[np.bool_]:
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=(size, size)))
    square = np.fft.fftfreq(size)[:, None] ** 2 + np.fft.rfftfreq(size)[None] ** 2
    smooth = np.fft.irfft2(noise * np.exp(-square * 16000.0), s=(size, size))
    return np.asarray(smooth > np.quantile(smooth, 1.0 - share))


def worst(found: Registration, truth: Floats | tuple[float, float], margin: int = 0) -> float:
    rows, columns = np.mgrid[: found.grid.height, : found.grid.width]
    apart = np.hypot(*np.moveaxis(found.displacement.at(rows, columns) - np.asarray(truth), -1, 0))
    inner = apart[margin : apart.shape[0] - margin, margin : apart.shape[1] - margin]
    return float(inner.max())


@pytest.fixture(scope="module")
def image() -> Floats:
    return land()


@settings(max_examples=6)
@given(st.floats(-30, 30), st.floats(-30, 30), st.integers(0, 99))
def test_a_known_shift_is_found_to_a_twentieth_of_a_pixel(down: float, across: float, seed: int) -> None:
    image = land()
    noise = np.random.default_rng(seed).normal(0, 30, image.shape)
    found = coregister(moved(image, down, across) + noise, image, grid_of(image))
    assert found.displacement.model == "shift" and found.matched_on == "light"
    assert worst(found, (down, across)) < 0.05 and found.doubt_px < 0.1
    assert found.shift_east_m == pytest.approx(across * 10.0, abs=0.5)
    assert found.shift_north_m == pytest.approx(-down * 10.0, abs=0.5)


def test_far_shifts_are_found_by_the_whole_picture(image: Floats) -> None:
    found = coregister(moved(image, -61.3, 50.6), image, grid_of(image))
    assert worst(found, (-61.3, 50.6)) < 0.1


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_clouds_that_are_masked_do_not_matter(image: Floats, share: float) -> None:
    one, two = clouds(400, share, 1), clouds(400, 0.3, 2)
    picture = np.where(one, 9000.0 + 300 * RNG.normal(size=image.shape), moved(image, 1.2, -0.6))
    reference = np.where(two, 9000.0 + 300 * RNG.normal(size=image.shape), image)
    found = coregister(picture, reference, grid_of(image), seen=~one, reference_seen=~two)
    assert worst(found, (1.2, -0.6)) < 0.1


def test_some_clouds_without_a_mask_are_left_out(image: Floats) -> None:
    one, two = clouds(400, 0.2, 3), clouds(400, 0.15, 4)
    picture, reference = np.where(one, 9000.0, moved(image, 1.2, -0.6)), np.where(two, 8000.0, image)
    found = coregister(picture, reference, grid_of(image))
    assert worst(found, (1.2, -0.6)) < 0.1 and found.points.used.mean() < 0.9


def test_another_season_and_another_contrast(image: Floats) -> None:
    """Every field another brightness, half of them inverted: edges stay where they are."""
    other = np.sqrt(moved(image, 0.4, -0.7).clip(1))
    assert worst(coregister(other, image, grid_of(image)), (0.4, -0.7)) < 0.05
    assert worst(coregister(5000.0 - moved(image, 0.4, -0.7), image, grid_of(image)), (0.4, -0.7)) < 0.05
    folded = coregister(np.abs(moved(image, 0.4, -0.7) - 1700.0), image, grid_of(image))
    assert worst(folded, (0.4, -0.7)) < 0.1 and folded.matched_on == "edges"


@pytest.mark.parametrize("turn_deg", [0.1, 0.6])
def test_a_turn_is_an_affine_map(image: Floats, turn_deg: float) -> None:
    rows, columns = np.mgrid[:400, :400] - 200.0
    angle = np.radians(turn_deg)
    truth = np.stack([-np.sin(angle) * columns + 1.4, np.sin(angle) * rows - 2.2], -1)
    found = coregister(image, bent(image, truth), grid_of(image))
    assert found.displacement.model == "affine" and worst(found, truth) < 0.1


def test_a_bend_is_a_field_and_never_passes_for_a_shift() -> None:
    image = land(700, 8)
    rows, columns = np.mgrid[:700, :700]
    truth = np.stack([1.2 * np.sin(columns / 110.0) + 0.2, 0.9 * np.cos(rows / 120.0)], -1)
    reference = bent(image, truth)
    found = coregister(image, reference, grid_of(image), most_doubt_px=0.2)
    assert found.displacement.model == "field" and worst(found, truth, margin=40) < 0.25
    rows, columns = np.mgrid[40:660:20, 40:660:20]
    apart = np.hypot(*np.moveaxis(found.displacement.at(rows, columns) - truth[40:660:20, 40:660:20], -1, 0))
    assert np.quantile(apart, 0.9) < found.doubt_px and apart.mean() < 0.1
    with pytest.raises(DataError, match="cannot tell"):
        coregister(image, reference, grid_of(image), model="shift", most_doubt_px=0.05)


def test_what_is_said_holds_as_often_as_it_is_said() -> None:
    """Of 20 noisy pairs the true shift lies within the circle of 90 % in 16 at least (less by chance: one in 20)."""
    inside = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        image, (down, across) = land(200, 100 + seed), rng.uniform(-2, 2, 2)
        picture = moved(image, down, across) + rng.normal(0, 250, image.shape)
        found = coregister(picture, image + rng.normal(0, 250, image.shape), grid_of(image), most_doubt_px=1.0)
        inside.append(worst(found, (down, across)) <= found.worst_doubt_px)
    assert sum(inside) >= 16


ROWS, COLUMNS = np.mgrid[:300, :300]


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("noise", RNG.normal(size=(300, 300)), RNG.normal(size=(300, 300))),
        ("a plain", np.full((300, 300), 7.0), np.full((300, 300), 7.0)),
        ("a ramp", COLUMNS + RNG.normal(size=(300, 300)), COLUMNS + RNG.normal(size=(300, 300))),
        ("stripes", 100 * np.sin(COLUMNS / 3.0), 100 * np.sin(COLUMNS / 3.0 + 1.0)),
        ("rows of trees", np.sin(ROWS / 2.0) * np.sin(COLUMNS / 2.0), np.cos(ROWS / 2.0) * np.sin(COLUMNS / 2.0)),
        ("other clouds", clouds(300, 0.5, 1) * 900.0 + 90, clouds(300, 0.5, 2) * 900.0 + 90),
        ("another place", land(300, 1), land(300, 2)),
        ("nothing", np.full((300, 300), np.nan), land(300, 2)),
        ("no data", np.zeros((300, 300)), land(300, 2)),
        ("infinite", np.full((300, 300), np.inf), land(300, 2)),
    ],
)
def test_where_it_cannot_tell_it_says_so(name: str, one: Floats, two: Floats) -> None:
    with pytest.raises(DataError, match="cannot tell"):
        coregister(one, two, grid_of(one))


@pytest.mark.parametrize("shape", [(1, 1), (20, 500), (71, 71)])
def test_too_small_is_said(shape: tuple[int, int]) -> None:
    image = RNG.uniform(1, 2, shape)
    with pytest.raises(DataError, match="too few"):
        coregister(image, image, grid_of(image))


def test_wrong_shapes_and_models_are_refused(image: Floats) -> None:
    with pytest.raises(InputError, match="grid"):
        coregister(image[:-1], image, grid_of(image))
    with pytest.raises(InputError, match="no model"):
        coregister(image, image, grid_of(image), model="spline")


@pytest.mark.parametrize("method", ["cubic", "bilinear", "nearest"])
def test_laid_over_the_reference_it_fits(image: Floats, method: str) -> None:
    picture = moved(image, 3.3, -2.6)
    picture[:, :50] = 0.0
    found = coregister(picture, image, grid_of(image), nodata=0.0)
    laid = align(picture[None].astype(np.float32), found, nodata=0.0, method=method)[0]
    inner = np.s_[20:-20, 80:-20]
    assert np.abs(laid - image)[inner].std() < {"cubic": 25.0, "bilinear": 60.0, "nearest": 140.0}[method]
    assert (laid[:, :51] == 0.0).all() and (laid[:, 54:-4][5:-5] != 0).all()


@pytest.mark.needs_shared_data
def test_real_pictures_moved_by_known_shifts(shared_data: Path) -> None:
    """Landsat 8 (red against itself and green), Landsat 7 and Sentinel-2: green, blue and red say the same shift."""
    folder = shared_data / "imagery"
    scene = "landsat8_20200518/LC08_L1TP_224077_20200518_20200518_01_RT"
    with rasterio.open(folder / f"{scene}_B4.TIF") as red, rasterio.open(folder / f"{scene}_B3.TIF") as green:
        window = rasterio.windows.Window(500, 500, 600, 600)
        landsat8 = [file.read(1, window=window).astype(float) for file in (red, green)]
    with rasterio.open(folder / "landsat7_etm" / "L7_ETMs.tif") as file:
        landsat7 = list(file.read([3, 2, 1]).astype(float))
    with rasterio.open(folder / "flood_spain" / "s2_l1c_13bands.tif") as file:
        sentinel2 = list(file.read([4, 3, 2]).astype(float))
    for bands in (landsat8, landsat7, sentinel2):
        for band in bands:
            for shift in ((0.0, 0.0), (1.3, -2.45)):
                found = coregister(moved(band, *shift), bands[0], grid_of(band))
                # Bands of one picture lie within some hundredths of a pixel of each other themselves.
                assert worst(found, shift) < 0.1, shift


@pytest.mark.needs_shared_data
def test_real_dates_answer_to_a_shift_as_they_should(shared_data: Path) -> None:
    """Sentinel-2 NDVI over Slovenia, years apart: what is added to a date is found again, whatever lay between them."""
    folder = shared_data / "imagery" / "sentinel2_slovenia"
    ndvi, cloud = np.load(folder / "NDVI.npy").squeeze(), np.load(folder / "CLM.npy").squeeze() != 0
    told = 0
    clear = [k for k in range(len(ndvi)) if cloud[k].mean() < 0.1 and np.isfinite(ndvi[k]).all()]
    for k in clear[1:16]:
        reference, seen, reference_seen = ndvi[clear[0]], ~cloud[k], ~cloud[clear[0]]
        two = []
        for shift in ((0.0, 0.0), (1.3, -0.6)):
            try:
                found = coregister(
                    moved(ndvi[k].astype(float), *shift), reference, grid_of(reference), nodata=None, seen=seen,
                    reference_seen=reference_seen, model="shift", most_doubt_px=0.25,
                )  # fmt: skip
            except DataError:
                break
            two.append(found.displacement.at(50, 50))
        if len(two) == 2:
            told += 1
            assert np.hypot(*(two[1] - two[0] - (1.3, -0.6))) < 0.15
            assert np.hypot(*two[0]) < 1.5  # what Sentinel-2 promised of its first years
    assert told >= 3
