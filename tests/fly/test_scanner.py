from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from swath.errors import DataError, InputError
from swath.fly.blur import pixel_weights, realised_mtf
from swath.fly.change import add_building, lay_panel
from swath.fly.clouds import draw_clouds
from swath.fly.edits import Edit
from swath.fly.motion import PERFECT, Exposure
from swath.fly.picture import Picture
from swath.fly.scanner import scan
from swath.fly.terrain import height_at
from swath.fly.world import World, make_world, to_geodetic, to_world
from swath.model import Place
from swath.spacecraft import Optics, Satellite
from swath.spacecraft.imager import Imager
from swath.spacecraft.imager_design import design_imager
from swath.spacecraft.light import Atmosphere, air_light, full_scale_electrons, noise_electrons
from swath.spacecraft.sharpness import imager_mtf
from tests.fly.craft import START, Circle, ecef_m, exposure, pixel_of, place_in_view, satellite

ORBIT = Circle()
PERIOD_S = 2.9e-4
EAST, SOUTH = np.array([1.0, 0.0]), np.array([0.0, 1.0])
BANDS = ("blue", "green", "red", "nir")


def craft() -> Satellite:
    """A camera of about 2 m from 620 km."""
    return replace(satellite(), optics=Optics(2.5, 8e-6, 6000, BANDS, 12, 0.9, 150.0))


def shot(lines: int, columns: int, *, roll_deg: float = 0.0, pitch_deg: float = 0.0, sun: float = 45.0) -> Exposure:
    taken = exposure(lines=lines, columns=columns, roll_deg=roll_deg, pitch_deg=pitch_deg)
    return replace(taken, line_period_s=PERIOD_S, sun_elevation_deg=sun, sun_azimuth_deg=135.0)


def still(*, quiet: bool = True, one_row: bool = True) -> Imager:
    """The camera without noise of its columns; ``quiet`` without any noise, ``one_row`` all bands in one place."""
    imager = design_imager(craft().optics, line_period_s=PERIOD_S)
    if one_row:
        imager = replace(imager, bands=tuple(replace(band, row_px=0) for band in imager.bands))
    imager = replace(imager, prnu_share=0.0, dsnu_electron_count=0.0)
    if quiet:
        # A million times the light, so that noise is a thousandth of its share.
        bands = tuple(replace(b, transmission_share=b.transmission_share * 1e6) for b in imager.bands)
        imager = replace(imager, bands=bands, read_electron_count=0.0, dark_electrons_per_s=0.0)
    return imager


@cache
def bare_world(place: Place, relief_m: float = 0.0, pixel_m: float = 0.5) -> World:
    """Nothing but grass."""
    land = make_world(place, extent_m=1600.0, seed=4, relief_m=relief_m, pixel_m=pixel_m, margin_m=800.0)
    looks = replace(land.looks, grain=0.0 * land.looks.grain, vigour=0.0 * land.looks.vigour)
    return replace(land, layers=(), looks=looks, vigour=0.0 * land.vigour)


def middle_m(world: World) -> np.ndarray:
    return np.array([float(edge) for edge in to_world(world, lon_deg=world.place.lon_deg, lat_deg=world.place.lat_deg)])


def pixel(world: World, wanted: Exposure, place: np.ndarray, height_m: float) -> tuple[float, float]:
    """Where independent geometry sees a place of the world at a height above the ellipsoid."""
    lon, lat = to_geodetic(world, *place)
    return pixel_of(wanted, ORBIT, craft().optics.ifov_rad, ecef_m(float(lon), float(lat), height_m))


def square(middle: np.ndarray, side: float, turn_deg: float = 0.0) -> np.ndarray:
    angle = np.radians(turn_deg + np.array([45.0, 135.0, 225.0, 315.0]))
    return np.asarray(middle + side / np.sqrt(2.0) * np.stack([np.cos(angle), np.sin(angle)], -1))


def panel(world: World, id: str, ring: np.ndarray, reflectance: float) -> Edit:
    return lay_panel(world, id, ring_m=ring, reflectance=reflectance, since=START - np.timedelta64(1, "D"))


def light(picture: Picture, band: int = 2) -> np.ndarray:
    counts = picture.pixels[band].astype(float) - picture.header["offset_count"]
    return np.asarray(counts * picture.header["reflectance_per_count"])


def centroid(picture: Picture, band: int, line: float, column: float, reach: int) -> tuple[float, float]:
    top, left = round(line) - reach, round(column) - reach
    window = light(picture, band)[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    # What shines less than a third as much as the mark is ground, lit or in its shadow.
    low = float(window.min())
    weight = np.clip(window - low - 0.33 * (window.max() - low), 0.0, None)
    lines, columns = np.indices(window.shape)
    return top + float((lines * weight).sum() / weight.sum()), left + float((columns * weight).sum() / weight.sum())


@pytest.mark.parametrize(
    ("roll_deg", "pitch_deg", "hill_m"), [(0.0, 0.0, 0.0), (24.0, -6.0, 0.0), (-31.0, 4.0, 400.0), (12.0, 15.0, 300.0)]
)
def test_a_mark_on_the_relief_appears_where_independent_geometry_says(
    roll_deg: float, pitch_deg: float, hill_m: float
) -> None:
    wanted = shot(300, 320, roll_deg=roll_deg, pitch_deg=pitch_deg)
    world = bare_world(place_in_view(wanted, ORBIT, 400.0))
    y, x = np.indices(world.terrain.height_m.shape) * 16.0 - 1500.0
    hill = hill_m * np.exp(-((x / 1400.0) ** 2) - (y / 900.0) ** 2) + 0.0 * world.terrain.height_m
    world = replace(world, terrain=replace(world.terrain, height_m=hill.astype(np.float32)))
    # The rays come down to the hill, not to the place's own height: put a mark near where the picture looks.
    spot = middle_m(world)

    def height() -> float:
        return 400.0 + float(height_at(world.terrain, *spot))

    for _ in range(6):
        here = np.array(pixel(world, wanted, spot, height()))
        ahead, beside = (np.array(pixel(world, wanted, spot + 20.0 * way, height())) for way in (EAST, SOUTH))
        spot = spot + np.linalg.solve(np.array([ahead - here, beside - here]).T / 20.0, [150.0, 160.0] - here)
    marks = [panel(world, "dark", square(spot, 260.0), 0.04), panel(world, "mark", square(spot, 24.0, 17.0), 0.5)]
    picture = scan(world.with_edits(marks), craft(), ORBIT, wanted, seed=1, imager=still(), disturbance=PERFECT)
    expected = pixel(world, wanted, spot, height())
    for band in range(4):
        # A mark is drawn in whole truth pixels; on a hill it is a curved surface.
        assert centroid(picture, band, *expected, reach=16) == pytest.approx(expected, abs=0.03)


def test_a_roof_is_displaced_by_height_times_the_tangent_of_the_view() -> None:
    wanted = shot(260, 260, roll_deg=22.0)
    world = bare_world(place_in_view(wanted, ORBIT))
    spot, lon, lat = middle_m(world), world.place.lon_deg, world.place.lat_deg
    size = {"lon_deg": lon, "lat_deg": lat, "length_m": 30.0, "width_m": 30.0, "since": START - np.timedelta64(9, "D")}
    dark = panel(world, "dark", square(spot, 300.0), 0.04)
    base = float(height_at(world.terrain, *spot))
    seen = []
    for height_m in (0.25, 60.0):
        hall = add_building(world, "hall", height_m=height_m, **size)  # type: ignore[arg-type]
        picture = scan(
            world.with_edits([dark, hall]), craft(), ORBIT, wanted, seed=1, imager=still(), disturbance=PERFECT
        )
        expected = pixel(world, wanted, spot, base + height_m)
        top, left = round(expected[0]) - 14, round(expected[1]) - 14
        window = light(picture)[top : top + 29, left : left + 29]
        lines, columns = np.nonzero(window > 0.85 * window.max())  # roofs shine more than walls and the yard
        seen.append((top + lines.mean(), left + columns.mean()))
        assert seen[-1] == pytest.approx(expected, abs=0.6)
    # The satellite stands 22 deg off its nadir; seen from the ground that is the incidence.
    incidence = np.arcsin(6998137.0 / 6378137.0 * np.sin(np.radians(22.0)))
    range_m = 620e3 / np.cos(np.radians(22.0)) * 1.015
    across_m = (seen[1][1] - seen[0][1]) * craft().optics.ifov_rad * range_m / np.cos(incidence)
    assert abs(across_m) == pytest.approx(59.75 * np.tan(incidence), rel=0.05)


def test_a_shadow_is_as_long_as_height_over_tangent_of_the_sun() -> None:
    wanted = shot(260, 260, sun=38.0)
    world = bare_world(place_in_view(wanted, ORBIT))
    spot = middle_m(world)
    pale = panel(world, "pale", square(spot, 320.0), 0.32)
    hall = add_building(
        world,
        "h",
        lon_deg=world.place.lon_deg,
        lat_deg=world.place.lat_deg,
        length_m=40.0,
        width_m=40.0,
        height_m=40.0,
        heading_deg=45.0,
        since=START - np.timedelta64(9, "D"),
    )
    lone = replace(hall, pieces=replace(hall.pieces, look=np.array([125, 125], np.uint8)))  # all of the panels' colour
    picture = scan(world.with_edits([pale, lone]), craft(), ORBIT, wanted, seed=1, imager=still(), disturbance=PERFECT)
    image = light(picture, 3)
    dark = image < 0.5 * (image[20:60, 20:60].mean() * 0.1 + np.quantile(image, 0.95))
    # Under a Sun in the south-east a hall that stands athwart throws a shadow 40 m wide to the north-west.
    steps = np.arange(-20.0, 110.0, 0.25)
    base = float(height_at(world.terrain, *spot))
    away = -(EAST + SOUTH) / np.sqrt(2.0)
    pixels = np.array([pixel(world, wanted, spot + step * away, base) for step in steps])
    along = dark[np.round(pixels[:, 0]).astype(int), np.round(pixels[:, 1]).astype(int)]
    length_m = along[(steps > 20.0)].sum() * 0.25
    assert length_m == pytest.approx(40.0 / np.tan(np.radians(38.0)), abs=2.1)  # a pixel is 2 m


def edge_windows(along: bool, imager: Imager, *, dark: float, bright: float, seed: int = 1) -> list[np.ndarray]:
    """Each band's picture of a straight edge, 5 deg off the lines (``along``) or the columns; columns cross it."""
    wanted = shot(240, 240)
    world = bare_world(place_in_view(wanted, ORBIT))
    spot = middle_m(world)
    here = pixel(world, wanted, spot, float(height_at(world.terrain, *spot)))
    turn = 5.0 + _track_deg(world, wanted, spot) + (90.0 if along else 0.0)
    tangent = np.array([np.sin(np.radians(turn)), -np.cos(np.radians(turn))])
    normal = np.array([-tangent[1], tangent[0]])
    half = [
        spot - 160 * tangent,
        spot + 160 * tangent,
        spot + 160 * tangent + 160 * normal,
        spot - 160 * tangent + 160 * normal,
    ]
    world = world.with_edits(
        [panel(world, "dark", square(spot, 420.0, turn), dark), panel(world, "half", np.array(half), bright)]
    )
    picture = scan(world, craft(), ORBIT, wanted, seed=seed, imager=imager, disturbance=PERFECT)
    reach = 50
    top, left = round(here[0]) - reach, round(here[1]) - reach
    windows = [
        light(picture, band)[top : top + 2 * reach, left : left + 2 * reach] for band in range(len(imager.bands))
    ]
    return [window.T if along else window for window in windows]


@pytest.mark.parametrize("along", [False, True])
def test_a_slanted_edge_gives_the_models_transfer_function(along: bool) -> None:
    """ISO 12233: pixels sorted by their distance from the edge, its derivative, its spectrum."""
    imager = still()
    for window, band in zip(edge_windows(along, imager, dark=0.08, bright=0.4), imager.bands, strict=True):
        f, measured = _edge_transfer(window)
        zero = np.zeros_like(f)
        model = imager_mtf(imager, band, zero, f) if along else imager_mtf(imager, band, f, zero)
        middle = (f >= 0.15) & (f <= 0.5)
        assert np.abs(measured - model)[middle].max() < 0.025, band.name
        assert np.abs(measured - model)[f < 0.15].max() < 0.08, band.name


def _track_deg(world: World, wanted: Exposure, spot: np.ndarray) -> float:
    """Heading of the lines on the map."""
    here, ahead, beside = (np.array(pixel(world, wanted, spot + 50.0 * way, 0.0)) for way in (0.0 * EAST, EAST, SOUTH))
    step = np.array([ahead - here, beside - here]).T
    down = np.linalg.solve(step, np.array([1.0, 0.0]))
    return float(np.degrees(np.arctan2(down[0], -down[1])))


def edge_profile(window: np.ndarray, times: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Distance from the edge (pixels, ``times`` to one) and the mean there, 0 to 1 from one side to the other.

    A straight line goes through the half-way points of the rows; pixels are sorted by how far from it they lie.
    """
    low, high = np.quantile(window, [0.05, 0.95])
    window = (window - low) / (high - low)
    rows, columns = np.indices(window.shape)
    rising = np.sign(window[:, -20:].mean() - window[:, :20].mean())
    slope = rising * np.gradient(window, axis=1)
    near = np.abs(columns - window.shape[1] / 2.0) < 15.0
    core = np.where(near, np.clip(slope, 0.02, None) - 0.02, 0.0)
    crossing = (core * columns).sum(1) / core.sum(1)
    fit = np.polyfit(np.arange(len(window)), crossing, 1)
    away = rising * (columns - np.polyval(fit, rows)) * np.cos(np.arctan(fit[0]))
    bins = np.round(away * times).astype(int)
    reach = 20 * times
    return np.arange(-reach, reach + 1) / times, np.array([window[bins == k].mean() for k in range(-reach, reach + 1)])


def _edge_transfer(window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spectrum of the edge's derivative, its own bins' share taken off."""
    away, edge = edge_profile(window)
    spread = np.diff(edge)
    f = np.arange(0.02, 0.51, 0.02)
    wave = np.exp(-2j * np.pi * np.outer(f, (away[1:] + away[:-1]) / 2.0))
    # The bins are a box of 1/8 pixel and so is the difference of neighbours.
    return f, np.abs(wave @ spread) / abs(spread.sum()) / np.sinc(f * (away[1] - away[0])) ** 2


def test_the_weights_of_a_pixel_have_the_cameras_transfer_function() -> None:
    imager = still()
    f = np.linspace(0.17, 1.0, 60)
    for band in imager.bands:
        weights = pixel_weights(imager, band)
        assert realised_mtf(weights, 0.0, 0.0) == pytest.approx(1.0, abs=1e-12)
        for across, along in ((f, 0 * f), (0 * f, f), (f * np.sqrt(0.5), f * np.sqrt(0.5))):
            model = imager_mtf(imager, band, across, along)
            assert realised_mtf(weights, across, along) == pytest.approx(model, abs=0.02)


def test_flat_ground_has_the_models_radiance_and_noise() -> None:
    wanted = shot(200, 200)
    world = bare_world(place_in_view(wanted, ORBIT))
    world = world.with_edits([panel(world, "grey", square(middle_m(world), 600.0), 0.24)])
    imager = still(quiet=False)
    picture = scan(world, craft(), ORBIT, wanted, seed=1, imager=imager)
    sun, up = np.sin(np.radians(45.0)), np.sin(np.radians(45.0))
    assert sun == up
    for number, band in enumerate(imager.bands):
        # At nadir: the light turns by 90 deg + the Sun's elevation.
        air = air_light(
            Atmosphere(),
            wavelength_m=band.wavelength_m,
            sun_elevation_deg=45.0,
            view_elevation_deg=90.0,
            scattering_deg=135.0,
        )
        expected = (air.path_reflectance + 0.24 * air.transmission_share) * sun
        window = light(picture, number)[60:140, 60:140]
        assert window.mean() == pytest.approx(expected, rel=0.01)  # the land is not quite level
        full = full_scale_electrons(imager, band, line_period_s=PERIOD_S)
        electrons = expected / imager.full_scale_reflectance * full
        noise = noise_electrons(imager, band, electrons, line_period_s=PERIOD_S)
        # Differences of neighbours leave out slow changes of the light; 6,400 pixels give the deviation to 1 %.
        measured = np.std(np.diff(window, axis=1)) / np.sqrt(2.0)
        assert window.mean() / measured == pytest.approx(electrons / noise, rel=0.04)


def test_columns_differ_dead_ones_are_dark_and_hot_ones_full() -> None:
    wanted = shot(150, 400)
    world = bare_world(place_in_view(wanted, ORBIT))
    world = world.with_edits([panel(world, "grey", square(middle_m(world), 1500.0), 0.24)])
    imager = replace(still(quiet=False), prnu_share=0.02, dead_share=0.02, hot_share=0.02)
    picture = scan(world, craft(), ORBIT, wanted, seed=2, imager=imager)
    less = replace(wanted, acquisition="a-2", columns=100)
    narrow = scan(world, craft(), ORBIT, less, seed=3, imager=imager)
    other = scan(world, replace(craft(), id="another"), ORBIT, less, seed=3, imager=imager)
    for number, band in enumerate(picture.pixels):
        dead, hot = (band == 0).all(0), (band == imager.top_count).all(0)
        assert 0.005 < dead.mean() < 0.05 and 0.005 < hot.mean() < 0.05
        assert not ((band == 0).any(0) & ~dead).any()
        assert np.array_equal(hot[150:250], (narrow.pixels[number] == imager.top_count).all(0))  # the same detectors
        columns = band[:, ~dead & ~hot].mean(0) - imager.offset_count
        assert np.std(columns) / columns.mean() == pytest.approx(0.02, rel=0.2)
        # Gains are the camera's own, like what is broken: 2 % among columns, 0.2 % of noise in their means.
        whole = (~dead & ~hot)[150:250] & (other.pixels[number] != 0).all(0)
        whole &= (other.pixels[number] != imager.top_count).all(0)
        gains = [pixels.mean(0)[whole] for pixels in (band[:, 150:250], narrow.pixels[number], other.pixels[number])]
        again, elsewhere = np.corrcoef(gains)[0, 1:]
        assert again > 0.95 and abs(elsewhere) < 0.4  # 80 columns or more: 0.4 is 3.6 standard deviations


def test_too_much_light_saturates() -> None:
    wanted = shot(120, 120)
    world = bare_world(place_in_view(wanted, ORBIT))
    world = world.with_edits([panel(world, "white", square(middle_m(world), 500.0), 0.6)])
    imager = replace(still(), full_scale_reflectance=0.2)
    assert (scan(world, craft(), ORBIT, wanted, seed=1, imager=imager).pixels[:, 50:70, 50:70] == 4095).all()


def test_bands_of_other_rows_see_heights_a_little_apart() -> None:
    """Rows 900 pitches apart see a point h metres up, h x 900 x ifov / cos metres apart along track."""
    wanted = shot(300, 240)
    world = bare_world(place_in_view(wanted, ORBIT))
    spot, ids = middle_m(world), ("dark", "mark")
    base = float(height_at(world.terrain, *spot))
    imager = still()
    imager = replace(
        imager, bands=tuple(replace(b, row_px=r) for b, r in zip(imager.bands, (0, 0, 900, -900), strict=True))
    )
    shifts = []
    for height_m in (0.0, 60.0):
        mark = panel(world, ids[1], square(spot, 24.0, 17.0), 0.5)
        mark = replace(mark, pieces=replace(mark.pieces, height_m=np.array([height_m], np.float32)))
        marked = world.with_edits([panel(world, ids[0], square(spot, 260.0), 0.04), mark])
        picture = scan(marked, craft(), ORBIT, wanted, seed=1, imager=imager, disturbance=PERFECT)
        here = pixel_of(
            wanted, ORBIT, imager.ifov_rad, ecef_m(world.place.lon_deg, world.place.lat_deg, base + height_m)
        )
        found = [centroid(picture, band, *here, reach=20)[0] for band in range(4)]
        shifts.append((found[2] - found[0], found[3] - found[0]))
    ground_m = 7.55e3 * 6378.0 / 6998.0 * PERIOD_S
    expected = 60.0 * 900.0 * imager.ifov_rad / ground_m
    assert shifts[1][0] - shifts[0][0] == pytest.approx(expected, abs=0.02)
    assert shifts[1][1] - shifts[0][1] == pytest.approx(-expected, abs=0.02)


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers() -> None:
    wanted = shot(700, 600, roll_deg=8.0)
    place = place_in_view(wanted, ORBIT)
    world = make_world(place, extent_m=1500.0, seed=7, pixel_m=0.5, margin_m=600.0, relief_m=200.0)
    sky = draw_clouds(world, cover_share=0.3, seed=3)
    told: list[float] = []
    one = scan(world, craft(), ORBIT, wanted, seed=1, clouds=sky, workers=1, progress=told.append)
    two = scan(world, craft(), ORBIT, wanted, seed=1, clouds=sky, workers=3)
    again = scan(
        make_world(place, extent_m=1500.0, seed=7, pixel_m=0.5, margin_m=600.0, relief_m=200.0),
        craft(),
        ORBIT,
        wanted,
        seed=2,
    )
    assert (one.pixels == two.pixels).all() and one.states.roll_deg.tolist() == two.states.roll_deg.tolist()
    assert (one.pixels != again.pixels).mean() > 0.5
    assert told == sorted(told) and told[-1] == 1.0
    assert one.header["simulated"] is True
    # The parts of a picture join without a seam: neighbours differ across the seam as much as elsewhere.
    step = np.abs(np.diff(one.pixels[1].astype(float), axis=1)).mean(0)
    assert step[511] < 2.0 * np.median(step)
    # Lines are worked on by sixteen: no seam there either.
    step = np.abs(np.diff(one.pixels[1].astype(float), axis=0)).mean(1)
    assert step[511] < 2.0 * np.median(step) and step[15::16].mean() == pytest.approx(step.mean(), rel=0.1)


def test_what_cannot_be_taken_says_why() -> None:
    wanted = shot(100, 100)
    world = bare_world(place_in_view(wanted, ORBIT))
    with pytest.raises(InputError, match="azimuth nan"):
        scan(world, craft(), ORBIT, replace(wanted, sun_azimuth_deg=np.nan), seed=1)
    with pytest.raises(InputError, match="7000 columns"):
        scan(world, craft(), ORBIT, replace(wanted, columns=7000), seed=1)
    with pytest.raises(InputError, match="over truth"):
        scan(replace(world, pixel_m=3.0), craft(), ORBIT, wanted, seed=1)
    with pytest.raises(DataError, match="misses the land"):
        scan(world, craft(), ORBIT, replace(wanted, roll_deg=20.0), seed=1)
    with pytest.raises(DataError, match="past the Earth"):
        scan(world, craft(), ORBIT, replace(wanted, roll_deg=80.0), seed=1)
