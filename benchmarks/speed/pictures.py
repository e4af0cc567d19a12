"""How long does a simulated picture take, and how much memory? ``python benchmarks/speed/pictures.py``

Four bands of 2 m over relief, woods and villages, 12 bits, two workers, at three sizes, each in a process of its own;
the kernels are compiled before the clock runs. Time of drawing the land and of taking the picture apart; peak memory of
the process, the finished picture (8 bytes a pixel) in it. No other program was found that does this whole job; what is
measured is that time grows with the pixels and memory with the picture. The issue's target: 10,000 x 10,000 in 60 s.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

RESULT = Path(__file__).resolve().parents[1] / "results" / "pictures.json"
SIZES = (2500, 5000, 10000)


def take(pixels: int) -> dict[str, float]:
    """One picture of ``pixels`` x ``pixels``."""
    from dataclasses import replace

    import numpy as np

    from swath.fly.motion import Exposure
    from swath.fly.scanner import scan
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
    world = make_world(Place.point("b", lon_deg=float(lon), lat_deg=float(lat)), extent_m=2.1 * pixels, seed=3)
    drawn = time.perf_counter()
    scan(world, satellite, Circle(), replace(exposure, lines=130, columns=130), seed=1)
    warm, cpu = time.perf_counter(), time.process_time()
    picture = scan(world, satellite, Circle(), exposure, seed=1, workers=2)
    done = time.perf_counter()
    return {
        "pixels": float(picture.pixels[0].size),
        "bands": float(len(picture.pixels)),
        "world_s": drawn - began,
        "picture_s": done - warm,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        "picture_mb": picture.pixels.nbytes / 1e6,
    }


def main() -> None:
    """All sizes, each in its own process; prints a table and writes the results."""
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        print(json.dumps(take(int(sys.argv[2]))))
        return
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    rows = []
    print(f"{'size':>7} {'picture':>9} {'CPU':>9} {'Mpixel/s':>9} {'peak':>9} {'less picture':>13}")
    for size in sizes:
        command = [sys.executable, __file__, "--one", str(size)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(run.stdout) | {"size": size}
        rows.append(row)
        rate = row["pixels"] / row["picture_s"] / 1e6
        print(
            f"{size:>7} {row['picture_s']:>7.1f} s {row['cpu_s']:>7.1f} s {rate:>9.2f} {row['peak_mb']:>6.0f} MB"
            f" {row['peak_mb'] - row['picture_mb'] / 1.048576:>10.0f} MB",
            flush=True,
        )
    RESULT.write_text(
        json.dumps({"machine": f"{platform.machine()}, {os.cpu_count()} cores", "rows": rows}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
