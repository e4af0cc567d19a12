"""From "where and when" to the first map: how long? ``python benchmarks/speed/first_map.py SCENE.tif``

The whole command in a fresh process (Python's start, reading, warping, water, GeoTIFF, GeoPackage, four A3 sheets), on
the scene as it is and on mosaics of 4 x 4 and 16 x 16 of it, beside the least a script could do (rasterio, Otsu on
MNDWI with scikit-image, one GeoTIFF: no map, no doubt, no outlines), which holds all in memory. The first run is told
apart: it may compile kernels. Target: under 60 s on the sample scene. Memory is the most that is private to the
process: pages of files (layers larger than memory lie in such) can be taken from it at any time. Writes
benchmarks/results/first-map.json.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio

RESULT = Path(__file__).resolve().parents[1] / "results" / "first-map.json"
PEER = """
import sys, numpy as np, rasterio
from skimage.filters import threshold_otsu
with rasterio.open(sys.argv[1]) as file:
    green, swir = file.read(3).astype("f4"), file.read(12).astype("f4")
    profile = file.profile | {"count": 1, "dtype": "uint8", "nodata": None}
index = (green - swir) / np.maximum(green + swir, 1)
with rasterio.open(sys.argv[2], "w", **profile) as file:
    file.write((index > threshold_otsu(index)).astype("u1"), 1)
"""


def timed(command: list[str]) -> dict[str, float]:
    """Wall and CPU seconds of a command, and the most private memory (MB) it had when looked at, every 20 ms."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    most_mb = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most_mb = max(most_mb, private_mb(process.pid))
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(time.monotonic() - begun, 2), "cpu_s": round(cpu_s, 2), "private_mb": round(most_mb)}


def private_mb(pid: int) -> float:
    """Memory of a process that is backed by no file; 0 where it has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1024.0 for line in lines if line.startswith("RssAnon:")), 0.0)


def mosaic(scene: Path, path: Path, times: int) -> Path:
    """The scene beside itself, ``times`` by ``times``."""
    with rasterio.open(scene) as file:
        pixels = np.tile(file.read(), (1, times, times))
        profile = file.profile | {"height": pixels.shape[1], "width": pixels.shape[2]}
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels)
    return path


def main() -> None:
    """Time both at both sizes."""
    scene, rows = Path(sys.argv[1]), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for times in (1, 4, 16):
            path = mosaic(scene, folder / f"{times}.tif", times)
            swath = [str(Path(sys.executable).with_name("swath")), "product", "flood", f"--optical={path}"]
            first = timed([*swath, f"--out={folder / f'first{times}'}"])
            again = timed([*swath, f"--out={folder / f'again{times}'}"])
            peer = timed([sys.executable, "-c", PEER, str(path), str(folder / f"peer{times}.tif")])
            with rasterio.open(path) as file:
                megapixels = file.width * file.height / 1e6
            rows.append({"megapixels": megapixels, "first": first, "again": again, "least_script": peer})
            ratio = again["cpu_s"] / peer["cpu_s"]
            print(f"{megapixels:.2f} Mpixel: {again['wall_s']} s wall, {again['cpu_s']} s CPU", end="; ")
            print(f"first run {first['wall_s']} s; least script {peer['cpu_s']} s CPU, ratio {ratio:.1f}", end="; ")
            print(f"private memory {again['private_mb']} MB, the script's {peer['private_mb']} MB")
    RESULT.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
