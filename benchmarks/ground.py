"""How fast are the link and the ground half, picture by picture, on one core?

    python benchmarks/ground.py [--runs N]

A picture as large as the flood's and one of a field, of random samples (nothing compresses: the slow case), go through
packets, frames, reception, orthorectification and writing. CPU seconds of this process, the least of ``--runs`` after a
small one that compiles.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from swath.archive.cog import write_cog
from swath.archive.incoming import IncomingFiles
from swath.archive.quicklook import natural_colour, write_quicklook
from swath.archive.scene import build_scene
from swath.archive.source_packets import picture_in
from swath.fly.outbox import Outbox
from swath.fly.picture import LineStates, Picture, picture_header
from swath.fly.source_packets import encode_picture
from swath.frames import EarthOrientation, itrf_from_geodetic, itrf_from_teme
from swath.operate.file_link import LinkTerms, hold_file_contact
from swath.sources.eop import packaged_eop

__all__ = ["main", "measure", "picture"]

T = TypeVar("T")
START = np.datetime64("2026-05-08T09:41:22", "ns")
SATELLITE: Any = SimpleNamespace(radio=SimpleNamespace(spacecraft_id=77, apid=100))
SIZES = {"field": (440, 440), "flood": (3800, 4500)}
"""lines, columns; four bands each"""


def picture(lines: int, columns: int, eop: EarthOrientation) -> Picture:
    """Random samples seen from a circular orbit at 520 km, eight degrees off nadir, by day."""
    line = np.append(np.arange(0, lines - 1, 16), lines - 1)
    at = START + (line * 720_000).astype("timedelta64[ns]")
    there = itrf_from_geodetic(lon_deg=12.0, lat_deg=45.0, altitude_m=520e3)
    turn = itrf_from_teme(np.eye(3), np.zeros((3, 3)), at=np.full(3, START), eop=eop)[0]
    up, north = turn @ there / np.linalg.norm(there), turn @ np.array([0.0, 0.0, 1.0])
    ahead = -(north - up * (north @ up))
    radius, rate = np.linalg.norm(there), 1.103e-3
    angle = rate * line[:, None] * 0.72e-3
    ahead /= np.linalg.norm(ahead)
    r, v = itrf_from_teme(
        radius * (np.cos(angle) * up + np.sin(angle) * ahead),
        radius * rate * (np.cos(angle) * ahead - np.sin(angle) * up),
        at=at, eop=eop,
    )  # fmt: skip
    level = np.zeros(len(line))
    header = picture_header(
        acquisition="a", request="r", satellite="s", bands=("blue", "green", "red", "nir"), lines=lines,
        columns=columns, line_step=16, records=len(line), ifov_rad=1e-5, reflectance_per_count=3e-4, offset_count=60,
        gsd_m=5.0,
    )  # fmt: skip
    pixels = np.random.default_rng(0).integers(100, 1500, (4, lines, columns), dtype=np.uint16)
    return Picture(pixels, LineStates(line, at.astype(np.int64), r, v, level + 8.0, level, level), header)


def brought_down(file: npt.NDArray[np.uint8], folder: Path) -> None:
    """The file over a link without loss: CFDP, packets, frames, and back into a file."""
    with tempfile.TemporaryDirectory(dir=folder) as ground:
        space = Outbox(77, 1)
        space.add("p", file)
        terms = LinkTerms(1e9, 1e6)
        hold_file_contact(space, IncomingFiles(Path(ground), entity=1), terms, start_s=0.0, stop_s=60.0, seed=0)
        assert (Path(ground) / "p").stat().st_size == len(file)


def measure(taken: Picture, eop: EarthOrientation, folder: Path) -> dict[str, float]:
    """CPU seconds of each step for one picture."""
    steps: dict[str, float] = {}

    def timed(name: str, step: Callable[[], T]) -> T:
        begin = time.process_time()
        result = step()
        steps[name] = time.process_time() - begin
        return result

    file = timed("encode", lambda: np.frombuffer(b"".join(encode_picture(taken, SATELLITE, 1)), np.uint8))
    timed("link", lambda: brought_down(file, folder))
    got = timed("read", lambda: picture_in(file, spacecraft=77))
    options: Any = {"station": "s", "received": START, "eop": eop, "knowledge_sigma_deg": 1e-3}
    scene = timed("scene", lambda: build_scene(got, **options))
    layers = dict(zip(scene.bands, scene.pixels, strict=True))
    said: Any = {"simulated": True, "description": "benchmark"}
    timed("cog", lambda: write_cog(folder / "b_SIMULATED.tif", layers, scene.grid, nodata=0, **said))
    image = timed("stretch", lambda: natural_colour(scene.pixels, scene.bands))
    timed("png", lambda: write_quicklook(folder / "b_SIMULATED.png", image, **said))
    return steps


def main() -> None:
    """Print a table of both sizes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    eop = packaged_eop()
    with tempfile.TemporaryDirectory() as folder:
        measure(picture(64, 64, eop), eop, Path(folder))
        for size, shape in SIZES.items():
            taken = picture(*shape, eop)
            mega = int(taken.header["pixel_bytes"]) / 1e6
            rows = [measure(taken, eop, Path(folder)) for _ in range(runs)]
            best = {name: min(row[name] for row in rows) for name in rows[0]}
            print(f"{size}: {shape[0]} x {shape[1]} x 4, {mega:.1f} MB on the link")
            for name, seconds in best.items():
                print(f"  {name:9s} {seconds * 1e3:8.1f} ms {mega / seconds:8.0f} MB/s")


if __name__ == "__main__":
    main()
