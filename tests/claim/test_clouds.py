"""Cloud masks and scenes near in time: read in every form, and what they settle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from swath.archive.cloud_view import cloud_view, mask_time
from swath.cli.main import main
from swath.errors import SwathError
from swath.model import Place

PLACE = Place.point("field", lon_deg=15.0, lat_deg=48.0)
TLE = """1 58400U 23179A   23343.17766162  .00004660  00000-0  21022-3 0  9996
2 58400  97.4270 227.7225 0014685 211.9163 148.1185 15.21407416  2676"""


def raster(path: Path, values: np.ndarray, *, crs: str = "EPSG:4326", step: float = 0.01, name: str = "") -> Path:
    """A mask whose middle is the place."""
    west, north = (15.0, 48.0) if crs == "EPSG:4326" else (500e3, 5316391.0)
    rows, columns = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype=values.dtype, crs=crs,
        transform=from_origin(west - step * columns / 2, north + step * rows / 2, step, step),
    ) as file:  # fmt: skip
        file.write(values, 1)
        file.descriptions = (name or "clouds",)
    return path


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633"])
def test_half_a_sky_is_half_a_sky(tmp_path: Path, crs: str) -> None:
    """Cloud north of the place: half of any disc about it."""
    values = np.zeros((200, 200), np.uint8)
    values[:100] = 1
    path = raster(tmp_path / "a.tif", values, crs=crs, step=0.01 if crs == "EPSG:4326" else 1000.0)
    view = cloud_view(path, PLACE, 30e3)
    assert view.known_share == 1.0
    assert abs(view.near_share - 0.5) < 0.05
    assert abs(view.here_share - 0.5) < 0.05


def test_codes_per_cent_and_shares(tmp_path: Path) -> None:
    clear_ground = np.full((200, 200), 5, np.uint8)  # bare soil of SCL
    assert cloud_view(raster(tmp_path / "x.tif", clear_ground, name="SCL"), PLACE, 20e3).near_share == 0.0
    assert cloud_view(raster(tmp_path / "scl_x.tif", np.full((200, 200), 9, np.uint8)), PLACE, 20e3).near_share == 1.0
    assert (
        cloud_view(raster(tmp_path / "qa_pixel.tif", np.full((200, 200), 8, np.uint16)), PLACE, 20e3).near_share == 1.0
    )
    assert cloud_view(
        raster(tmp_path / "p.tif", np.full((200, 200), 40.0, np.float32)), PLACE, 20e3
    ).near_share == pytest.approx(0.4)
    share = cloud_view(raster(tmp_path / "s.tif", np.full((200, 200), 0.25, np.float32)), PLACE, 20e3).near_share
    assert share == pytest.approx(0.25)
    no_data = cloud_view(raster(tmp_path / "n.tif", np.zeros((200, 200), np.uint8), name="scl"), PLACE, 20e3)
    assert (no_data.near_share, no_data.known_share) == (None, 0.0)


def test_a_mask_beside_the_place_says_nothing_of_it(tmp_path: Path) -> None:
    far = Place.point("far", lon_deg=100.0, lat_deg=-20.0)
    view = cloud_view(raster(tmp_path / "a.tif", np.ones((200, 200), np.uint8)), far, 30e3)
    assert (view.here_share, view.near_share, view.known_share) == (None, None, 0.0)


def polygons(
    path: Path, *boxes: tuple[float, float, float, float], bbox: list[float] | None = None, **more: object
) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
        }
        for w, s, e, n in boxes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, "bbox": bbox, **more}))
    return path


def test_polygons_of_clouds(tmp_path: Path) -> None:
    over = cloud_view(polygons(tmp_path / "a.geojson", (14.0, 47.0, 16.0, 49.0)), PLACE, 30e3)
    assert (over.here_share, over.near_share, over.kind) == (1.0, 1.0, "polygons")
    beside = polygons(tmp_path / "b.geojson", (10.0, 47.0, 11.0, 49.0), bbox=[5.0, 40.0, 25.0, 55.0])
    assert cloud_view(beside, PLACE, 30e3).near_share == 0.0
    untold = cloud_view(polygons(tmp_path / "c.geojson", (10.0, 47.0, 11.0, 49.0)), PLACE, 30e3)
    assert untold.near_share is None  # nobody said that it was clear there
    assert mask_time(
        polygons(tmp_path / "d.geojson", bbox=[0, 0, 1, 1], datetime="2023-12-09T10:00:00Z")
    ) == np.datetime64("2023-12-09T10:00:00")
    assert mask_time(raster(tmp_path / "m_20231209T101500.tif", np.zeros((2, 2), np.uint8))) == np.datetime64(
        "2023-12-09T10:15:00"
    )
    assert mask_time(tmp_path / "a.geojson") is None


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda x: (
            st.lists(x, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "features", "geometry", "coordinates", "bbox", "assets", "properties", "datetime"]
                ),
                x,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_a_file_holds_it_is_a_mask_or_an_error(tmp_path_factory: pytest.TempPathFactory, held: object) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "x.geojson"
    path.write_text(json.dumps(held))
    try:
        mask_time(path)
        cloud_view(path, PLACE, 20e3)
    except SwathError:
        return


def checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *lines: str, scenes: Path | None = None
) -> dict[str, object]:
    """The verdict on a claim that is consistent but for the sky."""
    text = f"""
[[claims]]
id = "a"
kind = "optical"
satellite = {{ name = "Malligyong-1", norad_id = 58400 }}
place = {{ name = "Seoul", lon_deg = 126.98, lat_deg = 37.57 }}
time = "{SEEN}"
tle = '''
{TLE}'''
""" + "\n".join(lines)
    (tmp_path / "claim.toml").write_text(text)
    more = [] if scenes is None else ["--scenes", str(scenes)]
    main(["claim", "check", str(tmp_path / "claim.toml"), "--json", *more])
    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    return verdict


SEEN = "2023-12-09T01:16:17Z"
SEOUL = (124.0, 35.0, 130.0, 40.0)


def sky(verdict: dict[str, object]) -> dict[str, object]:
    return next(test for test in verdict["tests"] if test["name"] == "clouds")  # type: ignore[attr-defined]


def test_what_a_sky_settles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    polygons(tmp_path / "over.geojson", SEOUL)
    polygons(tmp_path / "clear.geojson", bbox=list(SEOUL))
    polygons(tmp_path / "half.geojson", (124.0, 37.57, 130.0, 40.0), bbox=list(SEOUL))
    soon, later = "2023-12-09T01:10:00Z", "2023-12-09T06:00:00Z"
    plain = checked(tmp_path, capsys)
    assert sky(plain)["outcome"] == "not asked"
    for name, time, outcome in (
        ("over", soon, "not met"),
        ("over", later, "open"),
        ("clear", soon, "met"),
        ("half", soon, "open"),
    ):
        verdict = checked(tmp_path, capsys, f'clouds = [{{ file = "{name}.geojson", time = "{time}" }}]')
        assert sky(verdict)["outcome"] == outcome, (name, time)
        assert verdict["verdict"] == ("inconsistent" if outcome == "not met" else plain["verdict"])
    near_and_far = checked(
        tmp_path,
        capsys,
        f'clouds = [{{ file = "over.geojson", time = "{later}" }}, {{ file = "clear.geojson", time = "{soon}" }}]',
    )
    assert sky(near_and_far)["numbers"]["source"] == "clear.geojson"  # type: ignore[index]


def test_masks_that_are_no_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    polygons(tmp_path / "over.geojson", SEOUL)
    (tmp_path / "bad.tif").write_bytes(b"II*\0 no picture")
    for line, said in (
        ('clouds = ["over.geojson"]', "does not say when"),
        ('clouds = ["absent.tif"]', "cannot be read"),
        ('clouds = [{ file = "bad.tif", time = "2023-12-09T01:00:00Z" }]', "cannot be read"),
        ('clouds = ["../over.geojson"]', "lies elsewhere"),
    ):
        text = tmp_path / "claim.toml"
        with pytest.raises(json.JSONDecodeError):
            checked(tmp_path, capsys, line)
        assert main(["claim", "check", str(text)]) in (2, 3)
        assert said in capsys.readouterr().err, line


def test_scenes_of_a_folder_and_evidence_that_can_be_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    polygons(scenes / "over_20231209T010000.geojson", SEOUL)
    polygons(scenes / "other_day_20231211T010000.geojson", bbox=list(SEOUL))
    verdict = checked(tmp_path, capsys, scenes=scenes)
    assert sky(verdict)["outcome"] == "not met"
    polygons(tmp_path / "mask.geojson", bbox=list(SEOUL), datetime="2023-12-09T00:50:00Z")
    checked(tmp_path, capsys, 'clouds = ["mask.geojson"]')
    out = tmp_path / "out"
    assert main(["claim", "check", str(tmp_path / "claim.toml"), "--scenes", str(scenes), "--out", str(out)]) == 0
    assert (out / "mask.geojson").is_file()
    assert "over_20231209T010000.geojson" in (out / "REPRODUCE.txt").read_text()
    assert main(["verify", str(out)]) == 0
