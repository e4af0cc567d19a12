from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import DataError, InputError
from swath.fly import materials as looks
from swath.fly.motion import LINE_STEP, PERFECT, Disturbance, Exposure, after_s, draw_motion
from swath.fly.picture import Picture
from swath.fly.pushbroom import OFFSET_COUNT, SHOT_SHARE, _look, take_picture
from swath.fly.site import Site, Sky, make_site, make_sky, nodes
from swath.spacecraft.link_format import HEADER_KEYS
from tests.fly.craft import Circle, ecef_m, exposure, pixel_of, place_in_view, plain_site, satellite

ORBIT = Circle()


def light(picture: Picture, band: int = 2) -> np.ndarray:
    """Reflectance x cos(zenith)."""
    counts = picture.pixels[band].astype(float) - picture.header["offset_count"]
    return np.asarray(counts * picture.header["reflectance_per_count"])


def dot(site: Site, lon_deg: float, lat_deg: float, radius: int = 40) -> tuple[float, float]:
    """Paint a bright hill round a point, ``radius`` in truth pixels; returns the true place of its middle.

    Bright in the middle and fading outwards in 60 looks: the 2 x 2 samples of a pixel place sharp edges no better than
    a tenth of a pixel.
    """
    grid = site.grid
    east, north = site.projection(lon_deg, lat_deg)
    column, row = round((east - grid.west_m) / grid.pixel_m), round((grid.north_m - north) / grid.pixel_m)
    rows, columns = np.indices(site.cover.shape)
    height = 1.0 - (np.hypot(rows + 0.5 - row, columns + 0.5 - column) / radius) ** 2
    site.cover[height > 0.0] = 64 + (60.0 * height[height > 0.0]).astype(np.uint8)
    site.looks.green[64:], site.looks.bare[64:] = 0.0, np.linspace(0.06, 0.6, 64)[:, None]
    lon, lat = site.projection(grid.west_m + column * grid.pixel_m, grid.north_m - row * grid.pixel_m, inverse=True)
    return float(lon), float(lat)


def centroid(picture: Picture, line: float, column: float, reach: int = 40) -> tuple[float, float]:
    """Middle of the bright patch near a pixel."""
    top, left = round(line) - reach, round(column) - reach
    window = light(picture)[max(top, 0) : top + 2 * reach + 1, max(left, 0) : left + 2 * reach + 1]
    weight = window - np.median(light(picture))
    weight[weight < 0.002] = 0.0
    lines, columns = np.indices(window.shape)
    whole = weight.sum()
    return max(top, 0) + float((lines * weight).sum() / whole), max(left, 0) + float((columns * weight).sum() / whole)


@settings(max_examples=25)
@given(
    st.floats(-38, 38),
    st.floats(-20, 20),
    st.floats(-1, 1),
    st.floats(0, 359),
    st.sampled_from([0.0, 1500.0]),
    st.floats(-0.35, 0.35),
    st.floats(-0.35, 0.35),
)
def test_a_ground_point_appears_at_the_pixel_that_independent_geometry_says(
    roll_deg: float, pitch_deg: float, yaw_deg: float, phase_deg: float, altitude_m: float, north: float, east: float
) -> None:
    orbit = Circle(phase_deg=phase_deg)
    wanted = exposure(lines=400, columns=400, roll_deg=roll_deg, pitch_deg=pitch_deg, yaw_deg=yaw_deg)
    place = place_in_view(wanted, orbit, altitude_m)
    site = plain_site(place, extent_m=1600.0, margin_m=900.0)
    east_m, north_m = site.projection(place.lon_deg, place.lat_deg)
    lon, lat = site.projection(east_m + 1200.0 * east, north_m + 1200.0 * north, inverse=True)
    lon, lat = dot(site, lon, lat)
    craft = satellite()
    picture = take_picture(site, None, craft, orbit, wanted, seed=1, disturbance=PERFECT)
    line, column = pixel_of(wanted, orbit, craft.optics.ifov_rad, ecef_m(lon, lat, altitude_m))
    seen = centroid(picture, line, column)
    assert seen == pytest.approx((line, column), abs=0.02)


def test_lines_of_sight_between_the_exact_ones_are_good_to_a_hundredth_of_a_pixel() -> None:
    craft, wanted = satellite(), exposure(lines=3001, columns=5000, roll_deg=35.0, pitch_deg=8.0)
    site = plain_site(place_in_view(wanted, ORBIT))
    rng = np.random.default_rng(3)
    lattice, _ = _look(site, ORBIT, wanted, draw_motion(rng, wanted, PERFECT), craft.optics)
    worst = 0.0
    for _ in range(40):
        # The middles of cells, where bilinear interpolation is at its worst, carried back to the ground and seen anew.
        i, j = rng.integers(lattice.x.shape[0] - 1), rng.integers(lattice.x.shape[1] - 1)
        x, y = lattice.x[i : i + 2, j : j + 2].mean(), lattice.y[i : i + 2, j : j + 2].mean()
        lon, lat = site.projection(
            site.grid.west_m + x * site.grid.pixel_m, site.grid.north_m - y * site.grid.pixel_m, inverse=True
        )
        line, column = pixel_of(wanted, ORBIT, craft.optics.ifov_rad, ecef_m(lon, lat))
        worst = max(worst, abs(line - (i + 0.5) * lattice.line_step), abs(column - (j + 0.5) * lattice.column_step))
    assert worst < 0.01


def test_vibration_between_the_exact_lines_stays_below_a_hundredth_of_a_pixel() -> None:
    wanted = exposure(lines=4500, columns=100)
    ifov_deg = np.degrees(satellite().optics.ifov_rad)
    for seed in range(20):
        motion = draw_motion(np.random.default_rng(seed), wanted, Disturbance())
        lines, _ = nodes(wanted.lines)
        every = np.arange(wanted.lines, dtype=float)
        exact = motion.at(after_s(wanted, every))
        coarse = motion.at(after_s(wanted, lines))
        between = np.stack([np.interp(every, lines, coarse[:, k]) for k in range(3)], -1)
        assert np.abs(between - exact).max() / ifov_deg < 0.01


@pytest.mark.parametrize(("roll_deg", "pitch_deg"), [(0.02, 0.0), (0.0, 0.02), (-0.015, 0.01)])
def test_a_pointing_error_displaces_the_picture_by_range_times_angle(roll_deg: float, pitch_deg: float) -> None:
    craft, wanted = satellite(), exposure(lines=500, columns=500)
    place = place_in_view(wanted, ORBIT)
    site = plain_site(place)
    lon, lat = dot(site, place.lon_deg, place.lat_deg)
    off = replace(wanted, roll_deg=roll_deg, pitch_deg=pitch_deg)
    line, column = pixel_of(wanted, ORBIT, craft.optics.ifov_rad, ecef_m(lon, lat))
    picture = take_picture(site, None, craft, ORBIT, off, seed=1, disturbance=PERFECT)
    seen_line, seen_column = centroid(picture, line, column, reach=100)
    # Looking further right, the ground moves left; looking further forward, it comes earlier. 620 km up:
    gsd_m = picture.header["gsd_m"]
    moved_m = (seen_column - column) * gsd_m
    assert moved_m == pytest.approx(-np.radians(roll_deg) * 620e3, abs=2.0 + 0.02 * abs(np.radians(roll_deg) * 620e3))
    ground_speed_m_s = 7.55e3 * 6378.0 / 6998.0
    moved_m = (seen_line - line) * wanted.line_period_s * ground_speed_m_s
    assert moved_m == pytest.approx(-np.radians(pitch_deg) * 620e3, abs=8.0 + 0.03 * abs(np.radians(pitch_deg) * 620e3))


def test_reported_position_and_attitude_err_as_the_sensors_do() -> None:
    craft, wanted = satellite(), exposure(lines=40, columns=40, roll_deg=5.0)
    site = plain_site(place_in_view(wanted, ORBIT), extent_m=300.0)
    errors_deg, errors_m, scatter_deg = [], [], []
    for number in range(250):
        shot = replace(wanted, acquisition=f"a-{number}")
        states = take_picture(
            site, None, craft, ORBIT, shot, seed=4, disturbance=Disturbance(drift_deg_s=0.0, jitter=())
        ).states
        attitude = np.stack([states.roll_deg - 5.0, states.pitch_deg, states.yaw_deg], -1)
        r_true, _ = ORBIT.states(states.utc_ns.astype("datetime64[ns]"))
        errors_deg.append(attitude.mean(0))
        scatter_deg.append((attitude - attitude.mean(0)).std())
        errors_m.append((states.r_itrf_m - r_true).mean(0))
    sigma_deg = craft.agility.knowledge_sigma_deg
    assert np.std(errors_deg, axis=0) == pytest.approx(np.full(3, sigma_deg), rel=0.15)
    assert np.abs(np.mean(errors_deg, axis=0)).max() < 4 * sigma_deg / np.sqrt(250)
    assert np.mean(scatter_deg) < 0.06 * sigma_deg
    assert np.std(errors_m, axis=0) == pytest.approx(np.ones(3), rel=0.15)


def test_the_records_say_which_line_was_when_and_the_header_is_complete() -> None:
    wanted = exposure(lines=100, columns=60)
    picture = take_picture(plain_site(place_in_view(wanted, ORBIT)), None, satellite(), ORBIT, wanted, seed=1)
    states, header = picture.states, picture.header
    assert states.line.tolist() == [*range(0, 100, LINE_STEP), 99]
    expected_ns = wanted.start.astype(np.int64) + np.round((states.line + 0.5) * 0.7e6).astype(np.int64)
    assert (states.utc_ns == expected_ns).all()
    assert tuple(sorted(header)) == tuple(sorted(HEADER_KEYS))
    assert header["simulated"] is True and header["pixel_bytes"] == 100 * 60 * 4 * 3 // 2
    assert header["gsd_m"] == pytest.approx(620e3 * 8e-6, rel=0.03)


def flat(reflectance: float, snr: float, *, lines: int = 400) -> tuple[Picture, Exposure]:
    """A picture of even ground: ``reflectance`` at the top of the atmosphere in every band."""
    wanted = exposure(lines=lines, columns=500)
    site = plain_site(place_in_view(wanted, ORBIT), looks.ROAD)
    site.looks.bare[looks.ROAD] = reflectance - looks.HAZE
    site.looks.green[looks.ROAD] = 0.0
    return take_picture(site, None, satellite(signal_to_noise=snr), ORBIT, wanted, seed=9, disturbance=PERFECT), wanted


@pytest.mark.parametrize("reflectance", [0.08, 0.2, 0.7])
def test_even_ground_gives_the_stated_counts_and_noise(reflectance: float) -> None:
    picture, wanted = flat(reflectance, 90.0)
    cosine = np.sin(np.radians(wanted.sun_elevation_deg))
    assert light(picture).mean() == pytest.approx(reflectance * cosine, rel=2e-3)
    signal = reflectance * cosine / picture.header["reflectance_per_count"]
    tenth = (4095 - OFFSET_COUNT) / 10
    variance = (tenth / 90.0) ** 2 * (SHOT_SHARE * signal / tenth + 1 - SHOT_SHARE) + 1 / 12
    for band in picture.pixels:
        assert band.std() == pytest.approx(np.sqrt(variance), rel=0.02)
    # Noise is white: neither along a line nor between bands does one sample tell about another.
    noise = picture.pixels.astype(float) - picture.pixels.mean((1, 2), keepdims=True)
    assert abs(np.corrcoef(noise[0, :, 1:].ravel(), noise[0, :, :-1].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.01


def test_at_a_tenth_of_full_scale_the_signal_to_noise_is_that_of_the_optics() -> None:
    cosine = np.sin(np.radians(40.0))
    picture, _ = flat(0.09 / cosine, 90.0)
    signal = picture.pixels[1].astype(float) - OFFSET_COUNT
    assert signal.mean() / signal.std() == pytest.approx(90.0, rel=0.02)


def test_too_much_light_saturates_and_none_is_no_dead_sample() -> None:
    assert (flat(1.6, 1e9, lines=20)[0].pixels == 4095).all()
    assert flat(0.0, 5.0, lines=20)[0].pixels.min() >= 1


def test_a_thick_cloud_hides_the_ground_and_its_shadow_falls_away_from_the_sun() -> None:
    wanted = exposure(lines=400, columns=400)
    place = place_in_view(wanted, ORBIT)
    site = plain_site(place, looks.SAND)
    opacity = np.zeros((site.grid.height // 8, site.grid.width // 8), np.float32)
    row, column = opacity.shape[0] // 2, opacity.shape[1] // 2
    opacity[row - 6 : row + 6, column - 6 : column + 6] = 1.0
    craft = satellite()
    clear = light(take_picture(site, None, craft, ORBIT, wanted, seed=1, disturbance=PERFECT))
    sky = Sky(opacity, 8, 300.0, -200.0, 1000.0, 0.1)
    seen = light(take_picture(site, sky, craft, ORBIT, wanted, seed=1, disturbance=PERFECT))
    bright, dark = np.argwhere(seen > clear + 0.05), np.argwhere(seen < clear - 0.05)
    assert (seen[tuple(bright.mean(0).astype(int))]) == pytest.approx(
        (0.68 + looks.HAZE[2]) * np.sin(np.radians(40)), rel=0.01
    )
    # The shadow's middle lies 361 m from the cloud's.
    gsd_m, ground_speed_m_s = 620e3 * 8e-6, 7.55e3 * 6378.0 / 6998.0
    step = (dark.mean(0) - bright.mean(0)) * [wanted.line_period_s * ground_speed_m_s, gsd_m]
    assert np.hypot(*step) == pytest.approx(np.hypot(300.0, 200.0), rel=0.08)


def test_the_flood_is_in_the_picture_only_when_it_has_come() -> None:
    wanted = exposure(lines=500, columns=500)
    site = make_site(place_in_view(wanted, ORBIT), "flood", 2200.0, 5)
    craft = satellite()
    after, before = (
        take_picture(site, None, craft, ORBIT, wanted, seed=1, flooded=flooded).pixels.astype(float)
        for flooded in (True, False)
    )
    changed = np.abs(after[3] - before[3]) > 40
    assert 0.02 < changed.mean() < 0.6
    assert np.median((after[1] - after[3])[changed]) > 0 > np.median((before[1] - before[3])[changed])


def test_the_same_arguments_give_the_same_bytes_and_others_do_not() -> None:
    wanted = exposure(lines=120, columns=130)
    place = place_in_view(wanted, ORBIT)

    def shot(seed: int, land: int = 1, acquisition: str = "a-1") -> Picture:
        site = make_site(place, "watch", 1000.0, land)
        sky = make_sky(site, cover=0.3, sun_elevation_deg=40.0, sun_azimuth_deg=120.0, seed=seed)
        return take_picture(
            site, sky, satellite(signal_to_noise=90), ORBIT, replace(wanted, acquisition=acquisition), seed=seed
        )

    one, same = shot(1), shot(1)
    assert one.pixels.tobytes() == same.pixels.tobytes()
    assert (one.states.r_itrf_m == same.states.r_itrf_m).all() and dict(one.header) == dict(same.header)
    for other in (shot(2), shot(1, land=2), shot(1, acquisition="a-2")):
        assert (one.pixels != other.pixels).any()
    assert (one.states.roll_deg != shot(1, acquisition="a-2").states.roll_deg).any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": 6001}, "6001 columns"),
        ({"lines": 1}, "1 lines"),
        ({"line_period_s": 0.0}, "0.0 s a line"),
        ({"sun_elevation_deg": -3.0}, "Sun stands at -3.0"),
    ],
)
def test_impossible_pictures_are_refused(change: dict[str, float], said: str) -> None:
    wanted = exposure(lines=100, columns=100)
    site = plain_site(place_in_view(wanted, ORBIT))
    with pytest.raises(InputError, match=said):
        take_picture(site, None, satellite(), ORBIT, replace(wanted, **change), seed=1)


def test_a_picture_of_space_or_of_somewhere_else_is_refused() -> None:
    wanted = exposure(lines=100, columns=100)
    site = plain_site(place_in_view(wanted, ORBIT))
    with pytest.raises(DataError, match="past the Earth"):
        take_picture(site, None, satellite(), ORBIT, replace(wanted, roll_deg=75.0), seed=1)
    with pytest.raises(DataError, match="misses the site"):
        take_picture(site, None, satellite(), ORBIT, replace(wanted, roll_deg=10.0), seed=1)


def test_an_unknown_band_is_refused() -> None:
    wanted = exposure(lines=100, columns=100)
    craft = satellite()
    strange = replace(craft, optics=replace(craft.optics, bands=("red", "thermal")))
    with pytest.raises(InputError, match="thermal"):
        take_picture(plain_site(place_in_view(wanted, ORBIT)), None, strange, ORBIT, wanted, seed=1)


def test_a_camera_with_fewer_bands_sees_the_same_in_those_it_has() -> None:
    wanted = exposure(lines=80, columns=80)
    site = make_site(place_in_view(wanted, ORBIT), "field", 900.0, 2)
    craft = satellite()
    fewer = replace(craft, optics=replace(craft.optics, bands=("nir", "red")))
    whole, part = (
        take_picture(site, None, c, ORBIT, wanted, seed=1, disturbance=PERFECT).pixels for c in (craft, fewer)
    )
    assert (part[0] == whole[3]).all() and (part[1] == whole[2]).all()


def test_places_at_the_pole_and_on_the_date_line_can_be_pictured() -> None:
    for orbit in (
        Circle(inclination_deg=90.0, phase_deg=89.9),
        Circle(phase_deg=10.0, node_deg=181.3),
        Circle(phase_deg=272.0),
    ):
        wanted = exposure(lines=200, columns=200)
        place = place_in_view(wanted, orbit)
        site = plain_site(place)
        lon, lat = dot(site, place.lon_deg, place.lat_deg)
        picture = take_picture(site, None, satellite(), orbit, wanted, seed=1, disturbance=PERFECT)
        where = pixel_of(wanted, orbit, 8e-6, ecef_m(lon, lat))
        assert centroid(picture, *where) == pytest.approx(where, abs=0.02)
