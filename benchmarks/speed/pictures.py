"""How long does a simulated picture take, and how much memory? ``python benchmarks/speed/pictures.py``

Four bands of 2 m over relief, woods and villages, 12 bits, two workers, at three sizes, each in a process of its own.
Apart: drawing the land, the kernels (compiled before the clock runs), and the picture, strip by strip: each strip is
dropped when it is there, so that the peak memory of the process is that of the simulation. First, in an empty cache,
what compiling costs on a fresh machine. No other program was found that does this whole job; what is measured is that
time grows with the pixels and memory hardly. The target: 10,000 x 10,000 in 60 s on 2 cores.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULT = Path(__file__).resolve().parents[1] / "results" / "pictures.json"
SIZES = (2500, 5000, 10000)


def take(pixels: int) -> dict[str, float]:
    """One picture of ``pixels`` x ``pixels``."""
    from dataclasses import replace

    import numpy as np

    from swath.fly.motion import Exposure
    from swath.fly.scanner import scan_strips
    from swath.fly.world import make_world
    from swath.frames import geodetic_from_itrf, orbital_axes, ray_to_ellipsoid
    from swath.model import Elements, Place
    from swath.spacecraft import Agility, Memory, Optics, Power, Radio, Satellite

    start = np.datetime64("2026-05-08T10:00:00", "ns")
    optics = Optics(2.5, 8e-6, 12000, ("blue", "green", "red", "nir"), 12, 0.9, 150.0)
    satellite = Satellite(
        "BENCH",
        Elements("none", 1, start, 15.0, 0.0, 97.5, 0.0, 0.0, 0.0, 0.0),
        optics,
        Agility(2.0, 0.4, 4.0, 40.0, 0.004, 0.0003),
        Power(160.0, 120.0, 80.0, 150.0, 55.0, 25.0, 60.0, 45.0),
        Memory(32e9),
        Radio(40e6, 1, 1),
    )

    class Circle:
        """A circular orbit at 620 km, over 45 N at the start."""

        def states(self, at):  # type: ignore[no-untyped-def]
            after_s = (np.asarray(at, "datetime64[ns]") - start) / np.timedelta64(1, "ns") * 1e-9
            a, spin = 6998137.0, 7.292115e-5
            n = np.sqrt(3.986004418e14 / a**3)
            u, i, node = np.pi / 4 + n * after_s, np.radians(97.8), np.radians(20.0) - spin * after_s
            x, y, z = a * np.cos(u), a * np.sin(u) * np.cos(i), a * np.sin(u) * np.sin(i)
            dx, dy, dz = -a * n * np.sin(u), a * n * np.cos(u) * np.cos(i), a * n * np.cos(u) * np.sin(i)
            c, s = np.cos(node), np.sin(node)
            r = np.stack([c * x - s * y, s * x + c * y, z], -1)
            v = np.stack([c * dx - s * dy, s * dx + c * dy, dz], -1)
            return r, v + spin * np.stack([r[..., 1], -r[..., 0], 0 * z], -1)

    period_s = 2.0 / (7550.0 * 6378.0 / 6998.0)
    r, v = Circle().states(start + np.timedelta64(round(pixels / 2 * period_s * 1e9), "ns"))
    down = orbital_axes(r, v).T @ [0.0, np.sin(np.radians(5.0)), np.cos(np.radians(5.0))]
    lon, lat, _ = geodetic_from_itrf(ray_to_ellipsoid(r, down))
    exposure = Exposure("bench", "bench", start, pixels, pixels, period_s, 5.0, 0.0, 0.0, 45.0, 140.0)
    began = time.perf_counter()
    place = Place.point("b", lon_deg=float(lon), lat_deg=float(lat))
    make_world(place, extent_m=600.0, seed=3)
    ready = time.perf_counter()
    world = make_world(place, extent_m=2.1 * pixels, seed=3)
    drawn, cpu_drawn = time.perf_counter(), time.process_time()
    for strip in scan_strips(world, satellite, Circle(), replace(exposure, lines=130, columns=130), seed=1).strips:
        del strip
    warm, cpu = time.perf_counter(), time.process_time()
    size, total = 0, 0.0
    for strip in scan_strips(world, satellite, Circle(), exposure, seed=1, workers=2).strips:
        size, total = size + strip[0].size, total + float(strip[1].sum(dtype=np.int64))
    done, cpu_done = time.perf_counter(), time.process_time()
    return {
        "pixels": float(size),
        "bands": 4.0,
        "compile_world_s": ready - began,
        "compile_picture_cpu_s": cpu - cpu_drawn,
        "world_s": drawn - ready,
        "picture_s": done - warm,
        "cpu_s": cpu_done - cpu,
        "cpu_ns_per_pixel": (cpu_done - cpu) / size * 1e9,
        "mean_count": total / size,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
    }


def cold() -> dict[str, float]:
    """CPU seconds until a small picture is there, with nothing compiled yet and with everything."""
    found = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in ("first", "again"):
            command = [sys.executable, __file__, "--one", "200"]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, capture_output=True, check=True, env=os.environ | {"NUMBA_CACHE_DIR": cache})
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[f"{name}_cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found


def main() -> None:
    """All sizes, each in its own process; prints a table and writes the results."""
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        print(json.dumps(take(int(sys.argv[2]))))
        return
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    started = cold()
    print(
        f"first picture ever, 200 x 200: {started['first_cpu_s']:.1f} s of CPU; again: {started['again_cpu_s']:.1f} s"
    )
    rows = []
    print(f"{'size':>7} {'land':>8} {'picture':>9} {'CPU':>9} {'ns/pixel':>9} {'Mpixel/s':>9} {'peak':>9}")
    for size in sizes:
        command = [sys.executable, __file__, "--one", str(size)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(run.stdout) | {"size": size}
        rows.append(row)
        rate = row["pixels"] / row["picture_s"] / 1e6
        print(
            f"{size:>7} {row['world_s']:>6.1f} s {row['picture_s']:>7.1f} s {row['cpu_s']:>7.1f} s"
            f" {row['cpu_ns_per_pixel']:>9.0f} {rate:>9.2f} {row['peak_mb']:>6.0f} MB",
            flush=True,
        )
    found = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "load_average": os.getloadavg(),
        "fresh": started,
        "rows": rows,
    }
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
