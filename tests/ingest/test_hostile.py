"""Nothing that comes from outside breaks the archive: damaged, lying and malicious files are refused in words."""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from swath.archive import outside
from swath.archive.package import open_package, zip_names
from swath.archive.raster_file import open_raster
from swath.archive.readers.landsat_mtl import read_mtl
from swath.archive.readers.stac_item import read_item
from swath.archive.rpc_in import read_rpc_file
from swath.archive.xml_in import read_xml
from swath.errors import DataError, SwathError
from tests.ingest.conftest import try_add
from tests.ingest.made import RadarScene, s1_safe, s2_safe, write_raster
from tests.ingest.test_landsat_scenes import collection2
from tests.ingest.test_stac_scenes import earth_search

GRID = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 5_000_040.0)


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One product of each family, small."""
    base = tmp_path_factory.mktemp("products")
    strip = write_raster(base / "tif" / "a_20240310.tif", np.arange(900, dtype=np.uint16).reshape(30, 30), GRID, 32632)
    s2 = s2_safe(base / "s2", cells=2)
    shutil.make_archive(str(base / "zip" / s2.stem), "zip", s2.parent, s2.name)
    return {
        "sentinel-2": s2,
        "zip": base / "zip" / f"{s2.stem}.zip",
        "sentinel-1": s1_safe(base / "s1", RadarScene(lines=40, pixels=60)),
        "landsat": collection2(base / "landsat", "L2SP").parent,
        "geotiff": strip,
        "item": earth_search(base / "item", applied=False).parent,
    }


def check(place: Path, archive: Path) -> str:
    """Whatever was done to it: added whole, or refused in words with nothing left behind."""
    from swath.archive.outside import Hints
    from swath.operate.archive import Adding, add_scenes
    from tests.ingest.conftest import NOW

    for outcome in add_scenes([str(place)], Adding(archive, Hints(), NOW)):
        if outcome.status == "failed":
            assert len(outcome.because) > 10
        else:
            assert Path(outcome.path).is_file()
    left = [p.name for p in archive.rglob("*")] if archive.exists() else []
    assert not [name for name in left if name.startswith(".") or name.endswith(".part")]
    return ""


@pytest.mark.parametrize("family", ["sentinel-2", "zip", "sentinel-1", "landsat", "geotiff", "item"])
@settings(max_examples=12)
@given(data=st.data())
def test_any_file_of_a_product_may_be_damaged(
    family: str, products: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    base = tmp_path_factory.mktemp("damaged")
    source = products[family]
    place = base / source.name
    shutil.copytree(source, place) if source.is_dir() else shutil.copyfile(source, place)
    files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    victim = files[data.draw(st.integers(0, len(files) - 1))]
    whole = victim.read_bytes()
    at = data.draw(st.integers(0, max(len(whole) - 1, 0)))
    kind = data.draw(st.sampled_from(["cut", "flip", "insert", "empty", "gone"]))
    changed = {
        "cut": whole[:at],
        "flip": whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :] if whole else b"",
        "insert": whole[:at] + data.draw(st.binary(min_size=1, max_size=8)) + whole[at:],
        "empty": b"",
    }
    victim.unlink() if kind == "gone" else victim.write_bytes(changed[kind])
    check(place, base / "archive")
    shutil.rmtree(base)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_parsers_of_metadata_take_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any_RPC.TXT"
    path.write_bytes(data)
    calls: list[Any] = [
        lambda: read_xml(data, where="x"),
        lambda: read_mtl(data, where="x"),
        lambda: read_item(data, where="x"),
        lambda: read_rpc_file(path),
        lambda: open_raster(path),
        lambda: zip_names(path),
    ]
    for call in calls:
        with pytest.raises(SwathError):
            call()


BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]><b>&b;</b>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]><b>&a;</b>'


@pytest.mark.parametrize("data", [BOMB, OUTSIDE, BOMB.decode().encode("utf-16"), b"<a>" * 200 + b"</a>" * 200])
def test_xml_with_entities_or_too_deep_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"document type|nested"):
        read_xml(data.replace(b'"1.0"?', b'"1.0"?'), where="x")


def zipped(path: Path, members: dict[str, bytes], *, link: str = "", compress: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compress) as file:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = compress
            if name == link:
                entry.external_attr = 0o120777 << 16
            file.writestr(entry, content)
    return path


@pytest.mark.parametrize("name", ["../out.xml", "a/../../out.xml", "/etc/out.xml", "C:\\out.xml", "a\\..\\..\\out.xml"])
def test_names_in_a_zip_file_do_not_lead_out(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "a.zip", {"P.SAFE/MTD_MSIL2A.xml": b"<a/>", name: b"x"})
    with pytest.raises(DataError, match="leads out"):
        zip_names(path)
    assert try_add(path, tmp_path / "archive").status == "failed"


def test_links_and_bombs_in_a_zip_file_are_refused(tmp_path: Path) -> None:
    linked = zipped(tmp_path / "l.zip", {"P/MTD_MSIL2A.xml": b"/etc/passwd"}, link="P/MTD_MSIL2A.xml")
    with pytest.raises(DataError, match="leads out"):
        zip_names(linked)
    bomb = zipped(tmp_path / "b.zip", {"P/MTD_MSIL2A.xml": bytes(60_000_000)})
    with open_package(bomb, tmp_path / "scratch") as package, pytest.raises(DataError, match="grows"):
        package.content("MTD_MSIL2A.xml")
    assert not (tmp_path / "scratch").exists() or not list((tmp_path / "scratch").rglob("*.xml"))
    lying = bytearray(zipped(tmp_path / "y.zip", {"P/MTD_MSIL2A.xml": b"<a/>" * 999}).read_bytes())
    at = lying.rindex(b"PK\x01\x02") + 24
    lying[at : at + 4] = struct.pack("<I", 10)  # the directory says 10 bytes, there are 3996
    (tmp_path / "y.zip").write_bytes(lying)
    with open_package(tmp_path / "y.zip", tmp_path / "scratch2") as package, pytest.raises(DataError):
        package.content("MTD_MSIL2A.xml")


def sparse(path: Path, width: int, height: int) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8", tiled=True, SPARSE_OK=True,
        crs="EPSG:32632", transform=GRID, bigtiff="YES", compress="ZSTD", blockxsize=4096, blockysize=4096,
    ):  # fmt: skip
        pass
    return path


def test_absurd_sizes_are_refused_before_a_pixel_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "read_window", lambda *a, **k: pytest.fail("pixels were read"))
    assert "more than is read" in try_add(sparse(tmp_path / "a_20240310.tif", 300_000, 300_000), tmp_path / "x").because
    assert "claim to hold" in try_add(sparse(tmp_path / "b_20240310.tif", 60_000, 60_000), tmp_path / "x").because


@pytest.mark.parametrize("fill", [np.nan, np.inf, -np.inf, 3.4e38])
def test_values_that_are_no_numbers_are_no_data(tmp_path: Path, fill: float) -> None:
    pixels = np.full((80, 90), 5.0, np.float32)
    pixels[:40] = fill
    path = write_raster(tmp_path / "f_20240310.tif", pixels, GRID, 32632)
    outcome = try_add(path, tmp_path / "archive")
    import json

    band = json.loads(Path(outcome.path).read_text())["assets"]["data"]["bands"][0]
    quality = band["swath:quality"]
    assert quality["valid_share"] == (0.5 if not np.isfinite(fill) else 1.0)
    assert all(value is None or np.isfinite(value) for value in quality.values())


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (2, 3)])
def test_the_smallest_pictures_are_taken(tmp_path: Path, shape: tuple[int, int]) -> None:
    path = write_raster(tmp_path / "s_20240310.tif", np.ones(shape, np.uint16), GRID, 32632)
    assert try_add(path, tmp_path / "archive").status == "added"


def test_a_picture_of_nothing_says_so(tmp_path: Path) -> None:
    import json

    path = write_raster(tmp_path / "n_20240310.tif", np.zeros((50, 50), np.uint16), GRID, 32632, nodata=0)
    outcome = try_add(path, tmp_path / "archive")
    assert json.loads(Path(outcome.path).read_text())["properties"]["swath:valid_share"] == 0.0


@pytest.mark.parametrize(("epsg", "why"), [(4326, "not on Earth"), (32632, "")])
def test_a_wrong_system_is_found_where_it_shows(tmp_path: Path, epsg: int, why: str) -> None:
    path = write_raster(tmp_path / "w_20240310.tif", np.ones((9, 9), np.uint8), GRID, epsg)
    outcome = try_add(path, tmp_path / "archive")
    assert why in outcome.because and (outcome.status == "failed") == bool(why)


def test_types_that_are_not_read_are_told(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "c_20240310.tif", np.ones((9, 9), np.complex64), GRID, 32632)
    assert "complex64" in try_add(path, tmp_path / "archive").because
