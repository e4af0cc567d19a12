"""Sentinel-2 products of both levels: every count kept, its meaning, place, angles and classes as the XML says."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.ingest.conftest import Add, read_asset, try_add
from tests.ingest.made import NORTH, S2_BANDS, S2_PIXEL_M, WEST, s2_counts, s2_safe

KEYS = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus")


@pytest.mark.parametrize(
    ("level", "baseline", "offset"),
    [("1C", "214", None), ("1C", "400", -1000), ("2A", "500", -1000), ("2A", "214", None)],
)
def test_reflectance_is_count_and_offset_over_quantification(
    tmp_path: Path, add: Add, level: str, baseline: str, offset: int | None
) -> None:
    item = add(s2_safe(tmp_path, level=level, baseline=baseline, offset=offset))
    keys = dict(zip(S2_BANDS, (*KEYS, "swir16", "swir22"), strict=True))
    for band in S2_BANDS:
        if level == "2A" and band == "B10":
            assert "cirrus" not in item["assets"]
            continue
        metres = S2_PIXEL_M.get(band, 20)
        stored, values, transform = read_asset(item, keys[band])
        counts = s2_counts(band, metres, 8)
        assert np.array_equal(stored, counts)  # the finest pixels, and not one of them changed
        known = counts != 0
        # Products Specification Document, and the format change notice of baseline 04.00:
        # reflectance = (count + offset) / quantification
        assert np.allclose(values[known], (counts[known] + float(offset or 0)) / 10000.0, rtol=0, atol=1e-12)
        assert np.isnan(values[~known]).all()
        assert (transform.a, transform.e, transform.c, transform.f) == (metres, -metres, WEST, NORTH)
        entry = item["assets"][keys[band]]
        assert entry["bands"][0]["name"] == band and entry["bands"][0]["eo:common_name"] == keys[band]
        assert entry["bands"][0]["swath:quality"]["valid_share"] == pytest.approx(known.mean(), abs=1e-6)
        assert entry["bands"][0]["swath:quality"]["saturated_share"] == pytest.approx(1 / known.sum(), abs=1e-6)
        assert entry["proj:code"] == "EPSG:32722"


def test_angles_orbit_cloud_and_time(tmp_path: Path, add: Add) -> None:
    item = add(s2_safe(tmp_path))
    found = item["properties"]
    assert item["id"].startswith("S2B_MSIL2A_20200518T134209") and item["collection"] == "sentinel-2-l2a"
    assert (
        found["datetime"] == "2020-05-18T13:42:11.456789Z" and found["start_datetime"] == "2020-05-18T13:42:09.024000Z"
    )
    assert found["view:sun_elevation"] == 51.75 and found["view:sun_azimuth"] == 41.5
    assert found["view:incidence_angle"] == pytest.approx(7.0) and found["view:azimuth"] == pytest.approx(1.0)
    assert found["eo:cloud_cover"] == 12.345 and found["sat:relative_orbit"] == 124
    assert (
        found["platform"] == "sentinel-2b"
        and found["sat:orbit_state"] == "descending"
        and found["gsd"] == pytest.approx(10, rel=2e-3)
    )
    classes = item["assets"]["scl"]["bands"][0]
    assert classes["swath:codes"]["9"] == "cloud, high probability" and "mean" not in classes["swath:quality"]


def test_a_zip_file_gives_the_same_pictures_as_the_folder(tmp_path: Path, add: Add) -> None:
    safe = s2_safe(tmp_path / "a")
    shutil.make_archive(str(tmp_path / safe.stem), "zip", safe.parent, safe.name)
    zipped = add(tmp_path / f"{safe.stem}.zip")
    folder = try_add(safe, tmp_path / "other")
    assert folder.status == "added" and folder.id == zipped["id"]
    for asset in zipped["assets"].values():
        assert (zipped["folder"] / asset["href"]).read_bytes() == (
            Path(folder.path).parent / asset["href"]
        ).read_bytes()


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("MTD_MSIL2A.xml", ">10000<", ">0<", "BOA_QUANTIFICATION_VALUE"),
        ("MTD_MSIL2A.xml", "band_id='3'", "band_id='33'", "BOA_ADD_OFFSET> of band B04"),
        ("MTD_MSIL2A.xml", "Cloud_Coverage_Assessment>12.345", "Cloud_Coverage_Assessment>nan", "not numbers"),
        ("MTD_MSIL2A.xml", "<?xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><?xml", "no XML|document type"),
        ("MTD_TL.xml", "EPSG:32722", "EPSG:abc", "reference system"),
        ("MTD_TL.xml", "<NCOLS>48<", "<NCOLS>47<", "the tile has"),
        ("MTD_TL.xml", "<XDIM>10<", "<XDIM>30<", "pixels of 30"),
        ("MTD_TL.xml", "EPSG:32722", "EPSG:4326", "not on Earth"),
    ],
)
def test_metadata_that_is_wrong_is_told(tmp_path: Path, name: str, old: str, new: str, why: str) -> None:
    safe = s2_safe(tmp_path)
    path = next(safe.rglob(name))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    outcome = try_add(safe, tmp_path / "archive")
    import re

    assert outcome.status == "failed" and re.search(why, outcome.because)
    assert not list((tmp_path / "archive").rglob("*.tif")) if (tmp_path / "archive").exists() else True
