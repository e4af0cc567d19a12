"""A full-size scene into the archive, beside GDAL making a Cloud-Optimized GeoTIFF of it with the same codec.

    PYTHONPATH=. python benchmarks/speed/scenes.py [--runs N] [--out FILE.json]

One band of 16 bits like a Sentinel-2 tile (10980 x 10980 pixels) and one of a quarter of its pixels: smooth land,
fields with sharp borders, noise of 8 counts, a corner of no data; deflate, blocks of 512. ``swath archive add`` reads
it, looks at every pixel (validity, moments, noise, blur), makes overviews by the mean of known pixels, hashes source
and result, and writes item, lineage and index. GDAL's COG driver makes the same file and nothing else: zstd level 1,
predictor 2, blocks of 512, overviews by averages. Each in a process of its own; CPU seconds of it and all its threads,
and its largest resident memory (the system's own count). The machine may be shared: compare CPU seconds. The first run
on a fresh machine compiles for some seconds more: the least of the runs counts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine

SIZES = (5490, 10980)
RESULTS = Path(__file__).resolve().parents[1] / "results" / "scenes.json"

GDAL = """
import sys, rasterio, rasterio.shutil
with rasterio.Env(GDAL_CACHEMAX=64 * 2**20):
    rasterio.shutil.copy(sys.argv[1], sys.argv[2], driver="COG", COMPRESS="ZSTD", LEVEL="1", PREDICTOR="YES",
                         BLOCKSIZE="512", OVERVIEWS="AUTO", OVERVIEW_RESAMPLING="AVERAGE", NUM_THREADS="2")
"""
IMPORTS = "import rasterio, swath.operate.archive, swath.archive.readers.geotiff, swath.archive.scene_maker"
SWATH = "import sys; from swath.cli.main import main; raise SystemExit(main(sys.argv[1:]))"


def make(path: Path, size: int) -> None:
    """The scene."""
    rng = np.random.default_rng(1)
    profile: dict[str, Any] = {
        "driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "uint16", "nodata": 0, "tiled": True,
        "blockxsize": 512, "blockysize": 512, "compress": "deflate", "predictor": 2, "crs": "EPSG:32633",
        "transform": Affine(10.0, 0.0, 300_000.0, 0.0, -10.0, 5_000_040.0),
    }  # fmt: skip
    fields = rng.integers(400, 3000, (size // 40 + 2, size // 55 + 2))
    x = np.arange(size)
    with rasterio.open(path, "w", **profile) as file:
        for top in range(0, size, 512):
            rows = min(512, size - top)
            y = np.arange(top, top + rows)
            land = fields[np.ix_(y // 40, x // 55)] + 200.0 * np.sin(x / 900.0) * np.cos(y / 700.0)[:, None]
            image = np.clip(land + rng.normal(0.0, 8.0, land.shape), 1, 60_000).astype(np.uint16)
            image[(y[:, None] + x) < size // 4] = 0
            file.write(image, 1, window=rasterio.windows.Window(0, top, size, rows))


def run(words: list[str]) -> dict[str, float]:
    """Wall and CPU seconds and peak memory (MB) of one process."""
    code = (
        "import os, resource, subprocess, sys, json\n"
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "_, status, used = os.wait4(child.pid, 0)\n"
        "print(json.dumps([status, used.ru_utime + used.ru_stime, used.ru_maxrss]))"
    )
    begin = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    wall_s = time.perf_counter() - begin
    status, cpu_s, rss_kib = json.loads(told.stdout)
    if status:
        raise SystemExit(f"failed: {' '.join(words)}\n{told.stderr}")
    return {"wall_s": round(wall_s, 2), "cpu_s": round(cpu_s, 2), "peak_mb": round(rss_kib * 1024 / 1e6, 1)}


def measure(size: int, runs: int) -> dict[str, Any]:
    """The least CPU of some runs of each, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        source = base / "scene_20240310T101500.tif"
        make(source, size)
        starts = run([sys.executable, "-c", IMPORTS])
        ours, theirs = [], []
        for number in range(runs):
            archive = base / f"archive{number}"
            ours.append(run([sys.executable, "-c", SWATH, "archive", "add", str(source), "--archive", str(archive)]))
            theirs.append(run([sys.executable, "-c", GDAL, str(source), str(base / f"gdal{number}.tif")]))
        (kept,) = (base / "archive0").glob("*/*/*.tif")
        sizes = {"source_mb": source, "swath_mb": kept, "gdal_mb": base / "gdal0.tif"}
        bytes_mb = {name: round(path.stat().st_size / 1e6, 1) for name, path in sizes.items()}
    mine, other = (min(entries, key=lambda entry: entry["cpu_s"]) for entries in (ours, theirs))
    print(
        f"{size} x {size}: swath archive add {mine['cpu_s']:.1f} s of CPU ({mine['wall_s']:.1f} s wall, "
        f"{mine['peak_mb']:.0f} MB; of it {starts['cpu_s']:.1f} s imports), GDAL {other['cpu_s']:.1f} s "
        f"({other['wall_s']:.1f} s wall, {other['peak_mb']:.0f} MB): ratio {other['cpu_s'] / mine['cpu_s']:.2f}; "
        f"files {bytes_mb['swath_mb']:.0f} and {bytes_mb['gdal_mb']:.0f} MB of {bytes_mb['source_mb']:.0f}"
    )
    return {"size_px": size, "swath": mine, "gdal": other, "imports": starts, **bytes_mb}


def main() -> None:
    """Both sizes; prints a line each and writes the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    rows = [measure(size, given.runs) for size in SIZES]
    versions = {"rasterio": rasterio.__version__, "gdal": rasterio.__gdal_version__}
    given.out.write_text(json.dumps({"versions": versions, "rows": rows}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
