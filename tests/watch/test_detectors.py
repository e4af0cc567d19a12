"""Every kind of change that a place may ask for, found by ``swath watch run``'s detector in an archive's pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from scipy import ndimage

from swath.archive.outside import Hints
from swath.model import Grid
from swath.operate.alert_evidence import evidence_page
from swath.operate.archive import Adding, add_scenes
from swath.operate.detecting import detect, dismissed
from swath.operate.kept_state import opened
from swath.operate.place_looks import laid_over
from swath.operate.watching import judge_alert, run_watch, scenes_of
from swath.watch.book import MemoryBook
from swath.watch.days import days_of
from swath.watch.file import round_place
from swath.watch.radar_pair import RADAR_TESTS
from swath.watch.records import WatchedPlace, WatchFile
from swath.watch.state import Look, series_key
from tests.watch.made_scenes import LAT_DEG, LON_DEG, archive_of
from tests.watch.places import smooth_noise

START = np.datetime64("2026-03-01", "s")
NOW = np.datetime64("2026-09-01", "ns")
WEST_M, NORTH_M, SIDE = 500_000.0, 4_980_000.0, 160


def watch_of(archive: Path, *kinds: str, radius_m: float = 200.0, rate: float = 1.0) -> WatchFile:
    place = WatchedPlace(round_place("here", LON_DEG, LAT_DEG, radius_m), kinds, rate)
    return WatchFile("t", (place,), (), archive=str(archive))


def shelved(folder: Path, days: Sequence[int], picture: Callable[[int], np.ndarray], bands: Sequence[str]) -> Path:
    """An archive of pictures of 160 x 160 pixels of 10 m about the same place, one a day of ``days``."""
    archive = folder / "archive"
    for day in days:
        at = START + np.timedelta64(day, "D") + np.timedelta64(36000, "s")
        values = picture(day).astype(np.float32)
        path = folder / f"p{day:03d}_SIMULATED.tif"
        where = Affine(10.0, 0.0, WEST_M - 560.0, 0.0, -10.0, NORTH_M + 560.0)
        profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": len(bands), "dtype": "float32"}
        with rasterio.open(path, "w", crs="EPSG:32633", transform=where, nodata=np.nan, **profile) as file:
            file.write(values)
            for number, name in enumerate(bands, 1):
                file.set_band_description(number, name)
        hints = Hints(time=f"{np.datetime_as_string(at)}Z", bands=tuple(bands), platform="made-up")
        (outcome,) = add_scenes([str(path)], Adding(archive, hints, at))
        assert outcome.status == "added", outcome.because
    return archive


def test_two_dates_tell_at_once_what_a_series_tells_with_its_third_look(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "raw", tmp_path / "a", START, [0, 10, 20, 30, 40, 50, 60], change_from=50)
    watch, book = watch_of(archive, "surface", rate=100.0), MemoryBook()
    (turn,) = run_watch(watch, book, NOW, detect)
    assert not turn.failed
    (alert,) = book.alerts()
    scenes = scenes_of(watch, watch.places[0])
    assert alert.kind == "surface" and alert.scenes[1] == scenes[5].id and alert.scenes[0] in [s.id for s in scenes[:5]]
    assert alert.area_m2.low <= 14400.0 <= alert.area_m2.high  # type: ignore[operator]
    words = [look.state for look in book.looks("here")]
    assert words[:6] == ["not seen", *["no change"] * 4, "changed"]
    # A person says no: the same patch must be further off from then on.
    peaks = len(opened(book.state("here") or b"").pairs["optical"].peaks)
    judge_alert(watch, book, alert.id, "dismissed", NOW, who="her")
    kept = opened(book.state("here") or b"").pairs["optical"]
    assert len(kept.peaks) == peaks + 1 and kept.peaks[-1, 0] == pytest.approx(alert.tests[0].value)


def test_two_radar_pictures_tell_at_once_and_the_evidence_is_in_decibels(tmp_path: Path) -> None:
    rng = np.random.default_rng(17)
    texture = 1.5 * smooth_noise((SIDE, SIDE), 1.5, rng)

    def field(day: int) -> np.ndarray:
        db = np.stack([-11.0 + texture, -17.0 + texture]) + rng.gamma(0.7, 1.0)
        if day >= 72:
            db[:, 70:84, 74:90] -= 7.0
        return db + 10.0 * np.log10(rng.gamma(4.4, 1 / 4.4, db.shape))

    archive = shelved(tmp_path, [0, 12, 24, 36, 48, 60, 65, 72], field, ["vv", "vh"])
    watch, book = watch_of(archive, "surface", radius_m=350.0, rate=300.0), MemoryBook()
    scenes = scenes_of(watch, watch.places[0])
    for scene, incidence in zip(scenes, [38.0, 38.1, 38.0, 38.2, 38.0, 38.1, 24.0, 38.0], strict=True):
        item = json.loads(scene.path.read_text())
        item["properties"] |= {"view:incidence_angle": incidence, "view:azimuth": 100.0}
        scene.path.write_text(json.dumps(item))
    (turn,) = run_watch(watch, book, NOW, detect)
    assert not turn.failed
    (alert,) = book.alerts()
    looks = book.looks("here")
    assert [one.state for one in looks] == ["not seen", *["no change"] * 5, "not seen", "changed"]
    assert days_of(looks, looks[6].at, looks[6].at).because[0] == "no look is like enough in angle to compare with"
    assert alert.kind == "surface" and alert.scenes == (scenes[5].id, scenes[7].id)
    assert alert.area_m2.low <= 14 * 16 * 100.0 <= alert.area_m2.high  # type: ignore[operator]
    change, apart = (next(one for one in alert.tests if one.name.startswith(n)) for n in ("change in V", "directions"))
    assert change.unit == "dB" and change.value == pytest.approx(-7.0, abs=1.0) and apart.value == pytest.approx(0.1)
    assert f"{change.value:+.1f} dB" in alert.headline
    page = evidence_page(watch, book, alert)
    assert "VV backscatter from" in page and "dB (black)" in page and "directions of view 0° apart" in page
    # A person says no: that test alone asks for more from then on.
    past = opened(book.state("here") or b"").pairs
    judge_alert(watch, book, alert.id, "dismissed", NOW)
    after = opened(book.state("here") or b"").pairs
    more = {test: len(after[test].peaks) - len(past[test].peaks) for test in RADAR_TESTS}
    assert more == {test: int(test == alert.provenance["test"]) for test in RADAR_TESTS}


def test_a_look_is_laid_over_the_first_clear_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    ground = 1500.0 + 400.0 * smooth_noise((4, SIDE, SIDE), 2.0, rng)
    grid = Grid(32633, WEST_M, NORTH_M, 10.0, SIDE, SIDE)
    unseen = np.zeros((SIDE, SIDE), np.uint8)

    def look(id: str, values: np.ndarray) -> Look:
        noisy = (values + rng.normal(0.0, 15.0, values.shape)).astype(np.float32)
        return Look(id, NOW, "optical", ("blue", "green", "red", "nir"), noisy, unseen, 0.0)

    first, moved = (
        look("a", ground),
        look("b", np.stack([ndimage.shift(v, (0.7, -1.3), mode="nearest") for v in ground])),
    )
    references: dict = {}
    assert laid_over(first, references, grid) is first and references[series_key(first)].id == "a"
    over = laid_over(moved, references, grid)
    core = (slice(None), slice(8, -8), slice(8, -8))
    off = [float(np.abs(one.values[core] - ground[core]).mean()) for one in (moved, over)]
    assert off[1] < 0.35 * off[0]
    same = look("c", ground)
    assert laid_over(same, references, grid) is same


def test_ships_are_counted_and_a_fleet_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)

    def sea(day: int) -> np.ndarray:
        power = np.where(np.arange(SIDE)[:, None] < 120, 0.01, 0.12) * rng.gamma(4.4, 1 / 4.4, (SIDE, SIDE))
        for _ in range(22 if day == 120 else int(rng.integers(1, 4))):
            row, column = rng.integers(8, 108), rng.integers(8, 150)
            power[row : row + 2, column : column + 9] = 3.0 * rng.gamma(4.4, 1 / 4.4, (2, 9))
        return 10.0 * np.log10(power)[None]

    archive = shelved(tmp_path, [*range(0, 120, 10), 120], sea, ["vv"])
    watch, book = watch_of(archive, "ships", radius_m=700.0, rate=1000.0), MemoryBook()
    (turn,) = run_watch(watch, book, NOW, detect)
    assert not turn.failed
    (alert,) = book.alerts()
    assert alert.kind == "ships" and "more than the usual" in alert.headline
    looks = book.looks("here")
    assert [one.state for one in looks[:2]] == ["not seen"] * 2 and "where water is" in looks[0].why
    assert looks[-1].state == "changed" and [one.state for one in looks[-3:-1]] == ["no change"] * 2
    number = next(one for one in alert.tests if one.name == "ships counted")
    assert 10 <= number.value <= 22  # within 700 m of the middle
    counts = opened(book.state("here") or b"").counts["ships"]
    assert len(counts) == 10 and max(counts) <= 4
    state = dismissed(book.state("here") or b"", alert)
    assert opened(state).counts["ships"][-1] == alert.provenance["count"]


def test_things_on_the_ground_are_counted_and_fewer_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)

    def yard(day: int) -> np.ndarray:
        ground = 0.15 + 0.005 * rng.normal(size=(4, SIDE, SIDE))
        if day < 100:
            for row in range(44, 116, 9):
                for column in range(44, 116, 9):
                    ground[:, row : row + 2, column : column + 2] += 0.15
        return ground

    archive = shelved(tmp_path, list(range(0, 110, 10)), yard, ["blue", "green", "red", "nir"])
    watch, book = watch_of(archive, "objects", radius_m=300.0, rate=10_000.0), MemoryBook()
    (turn,) = run_watch(watch, book, NOW, detect)
    assert not turn.failed
    (alert,) = book.alerts()
    assert alert.kind == "objects" and alert.headline.startswith("0 objects, fewer than the usual")
    assert [one.state for one in book.looks("here")] == [*["not seen"] * 8, "no change", "no change", "changed"]


def test_each_kind_has_its_share_of_the_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archive_of(tmp_path / "raw", tmp_path / "a", START, [0, 10])
    watch = watch_of(archive, "cover", "radar", "surface", "ships", rate=8.0)
    asked: dict[str, float] = {}

    def told(name: str) -> Callable[..., object]:
        def step(
            place: object, scenes: object, fresh: object, kept: object, *, rate_per_unit: float, **_: object
        ) -> object:
            asked[name] = rate_per_unit
            return kept, [], []

        return step

    for name in ("_series", "compare_pairs", "count_objects"):
        monkeypatch.setattr(f"swath.operate.detecting.{name}", told(name))
    book = MemoryBook()
    run_watch(replace(watch), book, NOW, detect)
    assert asked == {"_series": 4.0, "compare_pairs": 2.0, "count_objects": 2.0}
    # No detector had anything to say: each picture is not seen, with why, and is not looked at for ever.
    assert [one.state for one in book.looks("here")] == ["not seen"] * 2
    assert run_watch(watch, book, NOW, detect)[0].pictures == 0
