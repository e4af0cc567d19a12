"""How fast are the pixel engines beside the field's tools? ``python benchmarks/speed/rasters.py [--quick]``

Same inputs, one run, two sizes each, CPU seconds of the process (wall time where two threads work): field statistics
beside exactextract, decode included and excluded; warping beside rasterio's WarpedVRT at 0.001 pixel; masked medians
beside numpy and dask; break detection beside pyxccd on a real Landsat history (``../shared/data``, skipped without).
Pictures are textured (sums of waves and noise), tiles of 512, deflate. What agrees and by how much is printed too.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from rasterio.transform import Affine

RESULT = Path(__file__).resolve().parents[1] / "results" / "rasters.json"
SERIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "imagery" / "pixel_series"


def clocked(work: Callable[[], Any], times: int = 3) -> tuple[float, float, Any]:
    """Least CPU and wall seconds of some runs, and what the last gave."""
    cpu = wall = np.inf
    found = None
    for _ in range(times):
        c, w = time.process_time(), time.perf_counter()
        found = work()
        cpu, wall = min(cpu, time.process_time() - c), min(wall, time.perf_counter() - w)
    return cpu, wall, found


def texture(size: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    row, column = np.ogrid[0:size, 0:size]
    image = 1500.0 + 400.0 * np.sin(row / 37.0) * np.cos(column / 53.0) + 300.0 * np.sin((row + 2 * column) / 211.0)
    return (image + rng.normal(0, 40, (size, size))).clip(1, 9999).astype(np.uint16)


def written(path: Path, image: np.ndarray, west: float = 600000.0) -> Path:
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "nodata": 0, "crs": "EPSG:32633", "tiled": True}
    profile |= {"height": len(image), "width": len(image), "blockxsize": 512, "blockysize": 512, "predictor": 2}
    with rasterio.open(
        path, "w", compress="deflate", transform=Affine(10.0, 0, west, 0, -10.0, 5300040.0), **profile
    ) as file:
        file.write(image, 1)
    return path


def fields(side: int, size: int) -> list[Any]:
    """``side`` x ``side`` fields of 5 to 11 corners, 3,600 pixels on average where they fill 10,980."""
    rng, step = np.random.default_rng(0), size * 10.0 / side
    made = []
    for i, j in np.ndindex(side, side):
        corners = int(rng.integers(5, 12))
        angle, radius = np.sort(rng.uniform(0, 2 * np.pi, corners)), rng.uniform(0.27, 0.48, corners) * step
        x, y = 600000.0 + (j + 0.5) * step, 5300040.0 - (i + 0.5) * step
        ring = shapely.Polygon(np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)]))
        made.append(ring if ring.is_valid else ring.convex_hull)
    return made


def zonal(size: int, side: int, folder: Path) -> dict[str, float]:
    import geopandas
    from exactextract import exact_extract

    from swath.archive.raster_file import open_raster
    from swath.archive.zonal import zonal_files
    from swath.product.fields import cover_polygons, zonal_statistics

    path, image, polygons = folder / "z.tif", texture(size, 1), fields(side, size)
    written(path, image)
    grid, seen = open_raster(path).grid, np.ones(image.shape, np.bool_)
    frame = geopandas.GeoDataFrame(geometry=polygons, crs=32633)
    warm = cover_polygons(polygons[:2], grid)
    zonal_statistics(image, seen, warm)
    setup, _, covered = clocked(lambda: cover_polygons(polygons, grid))
    memory, _, _ = clocked(lambda: zonal_statistics(image, seen, covered))
    one, one_wall, mine = clocked(lambda: zonal_files([path], covered))
    _, two_wall, _ = clocked(lambda: zonal_files([path], covered, workers=2))
    options = {"ops": ["count", "mean", "stdev"], "output": "pandas"}
    best: dict[str, float] = {}
    for strategy in ("feature-sequential", "raster-sequential"):
        best[strategy], _, theirs = clocked(lambda s=strategy: exact_extract(path, frame, strategy=s, **options), 1)
    decode, _, _ = clocked(lambda: rasterio.open(path).read(1))
    peer = min(best.values())
    apart = np.abs(mine.mean[0] / theirs["mean"].to_numpy() - 1.0)
    return {
        "size": size, "fields": len(polygons), "setup_cpu_s": setup, "date_cpu_s": one, "decode_cpu_s": decode,
        "in_memory_cpu_s": memory, "one_thread_wall_s": one_wall, "two_threads_wall_s": two_wall,
        "exactextract_cpu_s": peer, "ratio_date": peer / one, "ratio_first_date": peer / (one + setup),
        "ratio_without_decode": (peer - decode) / memory, "most_apart_share": float(apart.max()),
    }  # fmt: skip


def index_files(size: int, folder: Path) -> dict[str, float]:
    """`swath product index` (overviews, quality, hashes, item, lineage) beside rasterio: two decoded, one encoded."""
    from swath.operate.derive import derive

    paths = []
    for name, seed in (("red", 1), ("nir", 2)):
        paths.append(folder / f"{name}.tif")
        image = texture(size, seed)
        profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "nodata": 0, "crs": "EPSG:32633", "tiled": True}
        profile |= {"height": size, "width": size, "blockxsize": 512, "blockysize": 512, "predictor": 2}
        with rasterio.open(
            paths[-1],
            "w",
            compress="zstd",
            zstd_level=1,
            transform=Affine(10.0, 0, 6e5, 0, -10.0, 5300040.0),
            **profile,
        ) as file:
            file.write(image, 1)
    assets = {
        name: {"href": path.name, "type": "image/tiff", "bands": [{"name": name, "eo:common_name": name}]}
        for name, path in zip(("red", "nir"), paths, strict=True)
    }
    item = {
        "type": "Feature", "stac_version": "1.1.0", "id": "tile", "geometry": None, "links": [], "assets": assets,
        "properties": {"datetime": "2026-05-08T10:00:00Z"},
    }  # fmt: skip
    place = folder / "tile.json"
    place.write_text(json.dumps(item))
    now = np.datetime64("2026-05-08T12:00:00", "ns")
    small = folder / "warm"
    derive("index", [str(place)], small, now, {"indices": ["ndvi"]})
    cpu, wall, made = clocked(lambda: derive("index", [str(place)], small, now, {"indices": ["ndvi"]}))
    with rasterio.open(made.folder / made.item["assets"]["ndvi"]["href"]) as file:
        ndvi, plain = file.read(), file.profile

    def bare() -> None:
        # Plain tiles without overviews, by rasterio alone.
        with rasterio.open(paths[0]) as a, rasterio.open(paths[1]) as b:
            a.read(1)
            b.read(1)
        flat = {k: v for k, v in plain.items() if k in ("width", "height", "crs", "transform", "nodata", "dtype")}
        with rasterio.open(
            folder / "bare.tif", "w", driver="GTiff", count=1, tiled=True, blockxsize=512, blockysize=512,
            compress="zstd", zstd_level=1, predictor=2, **flat,
        ) as file:  # fmt: skip
            file.write(ndvi)

    bare_cpu, bare_wall, _ = clocked(bare)
    return {
        "size": size, "cpu_s": cpu, "wall_s": wall, "floor_cpu_s": bare_cpu, "floor_wall_s": bare_wall,
        "ratio_cpu": cpu / bare_cpu, "ratio_wall": wall / bare_wall,
    }  # fmt: skip


def warped(size: int, folder: Path) -> dict[str, float]:
    from rasterio.vrt import WarpedVRT

    from swath.archive import warp
    from swath.archive.raster_file import open_raster

    image = texture(size, 2)
    path = written(folder / "w.tif", image, 400000.0 - 5.0 * size)
    raster = open_raster(path)
    grid = warp.covering(raster, 32632, pixel_m=10.0)
    transform = Affine(10.0, 0, grid.west_m, 0, -10.0, grid.north_m)

    def ours() -> np.ndarray:
        out = np.zeros(grid.shape, np.uint16)
        for top in range(0, grid.height, 2048):
            for left in range(0, grid.width, 2048):
                tile = (top, left, min(2048, grid.height - top), min(2048, grid.width - left))
                found = warp.warp_pixels(
                    image[None], warp.places_in(raster, grid, tile), tile[2:], method="bilinear", nodata=0.0
                )
                out[top : top + tile[2], left : left + tile[3]] = found[0]
        return out

    def gdal() -> np.ndarray:
        profile = {"driver": "MEM", "dtype": "uint16", "count": 1, "height": size, "width": size, "nodata": 0}
        with rasterio.open("", "w", crs="EPSG:32633", transform=Affine(*raster.affine), **profile) as file:
            file.write(image, 1)
            with WarpedVRT(
                file, crs="EPSG:32632", transform=transform, width=grid.width, height=grid.height,
                resampling=rasterio.enums.Resampling.bilinear, tolerance=0.001,
            ) as view:  # fmt: skip
                return np.asarray(view.read(1))

    ours()
    cpu, _, mine = clocked(ours)
    peer, _, theirs = clocked(gdal)
    both = (mine > 0) & (theirs > 0)
    difference = np.abs(mine.astype(int) - theirs)[both]
    return {
        "size": size, "cpu_s": cpu, "gdal_0.001_cpu_s": peer, "ratio": peer / cpu,
        "equal_share": float((difference == 0).mean()), "most_apart": float(difference.max()),
    }  # fmt: skip


def medians(size: int) -> dict[str, float]:
    import dask
    import dask.array as da

    from swath.product.composites import median_composite

    rng = np.random.default_rng(3)
    stack = rng.integers(1, 9999, (12, 1, size, size)).astype(np.uint16)
    seen = rng.uniform(size=(12, size, size)) < 0.67
    median_composite(stack[:, :, :4, :300], seen[:, :4, :300])
    cpu, _, mine = clocked(lambda: median_composite(stack, seen))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")

        def with_dask() -> np.ndarray:
            chunks = (12, 512, 512)
            cube = da.where(da.from_array(seen, chunks), da.from_array(stack[:, 0], chunks).astype(np.float32), np.nan)
            with dask.config.set(scheduler="synchronous"):
                return np.asarray(da.nanmedian(cube, axis=0).compute())

        peer, _, theirs = clocked(with_dask, 1)
        plain, _, numpys = clocked(
            lambda: np.nanmedian(np.where(seen, stack[:, 0], np.nan).astype(np.float32), axis=0), 1
        )
    return {
        "size": size, "cpu_s": cpu, "dask_cpu_s": peer, "numpy_cpu_s": plain, "ratio_dask": peer / cpu,
        "ratio_numpy": plain / cpu, "bits_equal": float(np.array_equal(mine.pixels[0], numpys, equal_nan=True)),
        "dask_equal": float(np.array_equal(theirs, numpys, equal_nan=True)),
    }  # fmt: skip


def breaks(pixels: int) -> dict[str, float]:
    import pyxccd

    from swath.product.breaks import find_breaks, move_on

    rows = np.genfromtxt(SERIES / "landsat_336_3980_obs.csv", delimiter=",").astype(np.int64)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    good = (rows[:, 8] < 2) & ((rows[:, 1:7] > 0) & (rows[:, 1:7] < 10000)).all(1)
    stack = np.repeat(rows[:, 2:7, None].astype(np.int16), pixels, 2)
    stack += np.random.default_rng(4).integers(-20, 20, stack.shape).astype(np.int16)
    seen = np.repeat(good[:, None], pixels, 1)
    find_breaks(rows[:, 0], stack[:, :, :2], seen[:, :2])
    cpu, _, found = clocked(lambda: find_breaks(rows[:, 0], stack, seen))
    some = min(pixels, 200)
    qa = np.where(good, 0, 4)

    def theirs() -> list[int]:
        first = []
        for pixel in range(some):
            bands = [np.ascontiguousarray(stack[:, band, pixel].astype(np.int64)) for band in range(5)]
            told = pyxccd.cold_detect(rows[:, 0].copy(), rows[:, 1].copy(), *bands, rows[:, 7].copy(), qa)
            first.append(int(told["t_break"][0]) if len(told) and told["change_prob"][0] == 100 else 0)
        return first

    peer, _, first = clocked(theirs, 1)
    agree = float((np.abs(found.days[:some, 0] - np.array(first)) <= 32).mean())
    day, values = int(rows[-1, 0]) + 16, stack[-1]
    move_on(found.watch, day, values, seen[-1], in_place=True)
    update, _, _ = clocked(lambda: move_on(found.watch, day, values, np.ones(pixels, np.bool_), in_place=True))
    return {
        "pixels": pixels, "cpu_us_per_pixel": cpu / pixels * 1e6, "pyxccd_us_per_pixel": peer / some * 1e6,
        "ratio": peer / some / (cpu / pixels), "agreement_share": agree,
        "update_cpu_s_per_million": update / pixels * 1e6,
    }  # fmt: skip


def main() -> None:
    """Every engine at two sizes; prints a line each and writes the results."""
    quick = "--quick" in sys.argv
    found: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "load_average": os.getloadavg(),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs: list[tuple[str, Callable[[], dict[str, float]]]] = [
            ("fields", lambda: zonal(2745, 25, folder)),
            *([] if quick else [("fields", lambda: zonal(10980, 100, folder))]),
            ("index", lambda: index_files(2745, folder)),
            *([] if quick else [("index", lambda: index_files(10980, folder))]),
            ("warp", lambda: warped(1024, folder)),
            ("warp", lambda: warped(4096, folder)),
            ("median", lambda: medians(512)),
            ("median", lambda: medians(2048)),
        ]
        if SERIES.is_dir():
            jobs += [("breaks", lambda: breaks(1000)), ("breaks", lambda: breaks(10000))]
        for kind, job in jobs:
            row = job()
            found.setdefault(kind, []).append(row)
            print(kind, "  ".join(f"{key} {value:.4g}" for key, value in row.items()), flush=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
