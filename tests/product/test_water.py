"""Water by short-wave infrared and by radar: many kinds of flood, none at all, all water, and what cannot be seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.calibrate_floods import both_sights
from swath.errors import InputError
from swath.model import Grid
from swath.product import room
from swath.product.flood import optical_sight
from swath.product.flood_map import flood_of
from swath.product.radar_view import clutter_codes, steep_ground, terrain_codes
from swath.product.score import reliability_of, score_maps
from swath.product.sight import EXCLUDED, LAYOVER, RADAR_SHADOW, TOWN, WOOD, Sight, hide, join_sights
from swath.product.split import Known, split_threshold
from swath.product.water_radar import RadarLook, radar_sight
from tests.product.simulated_disasters import Seen, make_seen, scene_of_seen


@pytest.fixture(scope="module")
def floods() -> list[tuple[Seen, Sight, Sight]]:
    """Twelve floods of 3 to 60 %, along rivers, coasts, in fields and hollows, calm and windy; seeds of no table."""
    made = [make_seen(3000 + seed, size=192) for seed in range(12)]
    return [(seen, *both_sights(seen)) for seen in made]


def iou(water: np.ndarray, seen: Seen, sight: Sight) -> float:
    known = sight.unseen == 0
    return score_maps([water], [seen.water > 0.5], [known]).estimates["iou_pooled"].value


def test_floods_of_every_kind_are_found_by_both(floods: list[tuple[Seen, Sight, Sight]]) -> None:
    camera = [iou(sight.water, seen, sight) for seen, sight, _ in floods]
    radar = [iou(sight.water, seen, sight) for seen, _, sight in floods]
    both = [join_sights(a, b) for _, a, b in floods]
    joined = [iou(j.water, seen, j) for (seen, _, _), j in zip(floods, both, strict=True)]
    print("camera", np.round(camera, 2), "radar", np.round(radar, 2), "both", np.round(joined, 2))
    assert min(camera) > 0.90
    assert min(radar) > 0.60 and np.median(radar) > 0.85
    assert np.mean(joined) >= np.mean(camera) - 0.002


@pytest.mark.parametrize(("which", "worst"), [(0, 0.05), (1, 0.20)], ids=["camera", "radar"])
def test_likelihood_is_reliable(floods: list[tuple[Seen, Sight, Sight]], which: int, worst: float) -> None:
    """Radar: within 0.05 up to half, off by up to 0.2 between 0.6 and 0.9, where wind decides flood by flood."""
    sights = [flood[1 + which] for flood in floods]
    found = reliability_of(
        [s.likelihood for s in sights], [flood[0].water for flood in floods], [s.unseen == 0 for s in sights]
    )
    print(np.round(found.said_share, 2), np.round(found.true_share, 2), found.count_px)
    assert found.mean_error_share < 0.015
    assert found.worst_error_share < worst


@pytest.mark.parametrize("seed", range(4))
def test_no_water_gives_none_and_all_water_gives_all(seed: int) -> None:
    dry, full = make_seen(3100 + seed, size=128, share=0.0), make_seen(3200 + seed, size=128, share=1.0)
    for sight in both_sights(dry):
        assert sight.water.mean() < 0.002
        assert np.where(sight.likelihood <= 100, sight.likelihood, 0).mean() < 1.0
    for sight in both_sights(full):
        known = sight.unseen == 0
        assert (sight.water & (full.water > 0.5))[known].sum() > 0.97 * (full.water > 0.5)[known].sum()


def test_the_same_flood_is_found_whatever_the_haze_and_the_light() -> None:
    seen = make_seen(3300, size=128)
    scene = scene_of_seen(seen)
    clear = np.zeros(seen.grid.shape, np.uint8)
    for gain, haze in ((0.8, 0.0), (1.2, 0.0), (1.0, 150.0)):
        pixels = (scene.pixels * gain + haze * np.array([1.5, 1.0, 0.6, 0.3, 0.1, 0.05])[:, None, None]).astype(
            np.uint16
        )
        assert iou(optical_sight(replace(scene, pixels=pixels), clear).water, seen, optical_sight(scene, clear)) > 0.9


def test_area_interval_holds_the_truth(floods: list[tuple[Seen, Sight, Sight]]) -> None:
    """Of 12 floods by 2 instruments, seen water: at least 20 of 24 inside 90 %."""
    inside = 0
    for seen, *sights in floods:
        for sight in sights:
            found = flood_of(replace(sight, ce90_m=5.0), id="f").estimates["flooded_km2"]
            known = sight.unseen == 0
            true = seen.water[known].sum() * 1e-4, seen.water.sum() * 1e-4
            assert found.low is not None and found.high is not None
            inside += found.low <= true[1] and found.high >= true[0]
    print(f"{inside} of 24 inside")
    assert inside >= 20


def test_what_is_hidden_is_never_called_dry_or_wet() -> None:
    _, camera, _ = make_seen(3301, size=64), *both_sights(make_seen(3301, size=64))
    codes = np.zeros(camera.grid.shape, np.uint8)
    codes[10:30, 10:30] = EXCLUDED
    hidden = hide(camera, codes)
    assert not hidden.water[10:30, 10:30].any()
    assert (hidden.likelihood[10:30, 10:30] == 255).all() and (hidden.unseen[10:30, 10:30] == EXCLUDED).all()
    product = flood_of(hidden, id="f")
    assert product.estimates["unseen_km2"].value == pytest.approx(400 * 1e-4)
    with pytest.raises(InputError, match="same grid"):
        hide(camera, codes[:5])


def test_radar_sees_through_cloud_and_the_camera_decides_elsewhere() -> None:
    seen = make_seen(3302, size=96)
    camera, radar = both_sights(seen)
    cloud = np.zeros(seen.grid.shape, np.uint8)
    cloud[:48] = 1
    joined = join_sights(hide(camera, cloud), radar)
    np.testing.assert_array_equal(joined.water[:48], radar.water[:48])
    assert (joined.unseen[:48] == np.where(radar.unseen[:48] == 0, 0, 1)).all()
    wet = (camera.likelihood > 97) & (camera.likelihood <= 100) & camera.water
    sure = wet | ((camera.likelihood < 3) & ~camera.water)
    np.testing.assert_array_equal(joined.water[48:][sure[48:]], camera.water[48:][sure[48:]])


def test_normal_water_is_no_flood() -> None:
    seen = make_seen(3303, size=96)
    camera, _ = both_sights(seen)
    lake = np.rint(100.0 * seen.water).astype(np.uint8)
    product = flood_of(camera, normal_water=lake, id="f")
    assert product.layers["flood"].sum() == 0
    assert product.estimates["flooded_km2"].value < 0.03 * seen.water.sum() * 1e-4
    assert product.estimates["normal_water_km2"].value == pytest.approx(seen.water.sum() * 1e-4, rel=0.02)
    assert "the map" in product.because
    unknown = flood_of(camera, normal_water=np.full(lake.shape, 255, np.uint8), id="f")
    assert unknown.estimates["flooded_km2"].value > 0.2 * seen.water.sum() * 1e-4


def test_woods_and_towns_are_not_judged_by_radar() -> None:
    shape = (90, 90)
    rng = np.random.default_rng(1)
    vv, vh = np.full(shape, -11.0), np.full(shape, -18.0)
    vv[:30], vh[:30] = -8.0, -13.0
    vv[60:], vh[60:] = 1.0, -5.0
    vv, vh = vv + rng.normal(0, 1.5, shape), vh + rng.normal(0, 1.5, shape)
    codes = clutter_codes({"vv": vv, "vh": vh}, 10.0)
    assert (codes[5:25] == WOOD).mean() > 0.95
    assert (codes[38:52] == 0).mean() > 0.95
    assert (codes[65:85] == TOWN).mean() > 0.95


def test_shadow_and_layover_of_a_ridge() -> None:
    """A ridge 300 m high with slopes of 45 degrees, looked at eastwards at 30 degrees: geometry by hand."""
    x = np.arange(200) * 10.0
    height = np.broadcast_to(np.maximum(0.0, 300.0 - np.abs(x - 1000.0)), (20, 200))
    codes = terrain_codes(height, 10.0, incidence_deg=30.0, look_azimuth_deg=90.0)
    assert set(np.unique(codes[:, 75:98])) == {LAYOVER}
    assert (codes[:, 102:] == 0).all(), "45 degrees behind is seen at 30 degrees of incidence"
    low = terrain_codes(height, 10.0, incidence_deg=70.0, look_azimuth_deg=90.0)
    reach_m = 300.0 * np.tan(np.radians(70.0))
    shadow = np.flatnonzero(low[10] == RADAR_SHADOW) * 10.0
    assert shadow.min() == pytest.approx(1010.0, abs=10.0)
    assert shadow.max() == pytest.approx(1000.0 + reach_m, abs=20.0)
    assert (terrain_codes(height, 10.0, incidence_deg=70.0, look_azimuth_deg=270.0)[:, 110:] != RADAR_SHADOW).all()
    assert steep_ground(height, 10.0)[:, 80:95].all() and not steep_ground(height, 10.0)[:, :60].any()


def test_without_two_kinds_the_known_threshold_stays() -> None:
    known = Known(0.3, 0.05, 0.0, 0.6, 0.2)
    middles = np.linspace(-0.995, 0.995, 200)
    one_kind = np.exp(-0.5 * ((middles + 0.2) / 0.05) ** 2)[None] * 100
    assert split_threshold(one_kind.astype(int), middles, known, "x").value == 0.3
    two = one_kind + np.exp(-0.5 * ((middles - 0.7) / 0.05) ** 2)[None] * 100
    found = split_threshold(two.astype(int), middles, known, "x")
    assert 0.24 < found.value < 0.3 and found.tiles == 1 and found.sigma < 0.05
    assert split_threshold(np.zeros((0, 200), int), middles, known, "x").tiles == 0


def test_bad_radar_is_refused_and_holes_are_not_pictured() -> None:
    grid = Grid(32632, 0.0, 0.0, 10.0, 40, 30)
    with pytest.raises(InputError, match="shape"):
        radar_sight(RadarLook("r", grid, {"vv": np.zeros((3, 3))}, 1.0, False))
    with pytest.raises(InputError, match="polarisation"):
        radar_sight(RadarLook("r", grid, {"xx": np.zeros(grid.shape)}, 1.0, False))
    holes = np.full(grid.shape, np.nan, np.float32)
    sight = radar_sight(RadarLook("r", grid, {"vv": holes}, 1.0, False))
    assert (sight.unseen == 3).all() and (sight.likelihood == 255).all() and not sight.water.any()
    assert "not seen" in flood_of(sight, id="f").because
    holes[5:20] = np.where(np.arange(40) % 7 == 0, np.inf, -22.0)
    sight = radar_sight(RadarLook("r", grid, {"vv": holes}, 1.0, False))
    assert (sight.unseen[:5] == 3).all() and sight.water[8:15, 8:13].all()


def test_strips_give_the_answer_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures larger than memory are gone through in strips: bit for bit the same, in camera and radar."""
    seen = make_seen(3304, size=256)
    whole = both_sights(seen)
    monkeypatch.setattr(room, "STRIP_PX", 1)
    for one, other in zip(whole, both_sights(seen), strict=True):
        np.testing.assert_array_equal(one.likelihood, other.likelihood)
        np.testing.assert_array_equal(one.water, other.water)
        assert one.because == other.because
