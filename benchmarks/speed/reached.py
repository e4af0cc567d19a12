"""Damage and exposure on large pictures: how much memory? ``python benchmarks/speed/reached.py [SIDE ...]``

The whole commands in fresh processes, on simulated pictures of two sizes (sides in pixels; 1500 and 4500 unless said):
``swath product damage`` of a pair with a building every 60 pixels, and ``swath product flood`` without and with people
(a raster as fine as the picture, so that every pixel counts), fields over all of it and roads. Memory is the most that
is private to the process, as in ``first_map.py``: layers larger than memory lie in files. Beside it what the pixels
alone would take that were held at once before (24 bytes a part of a feature and some 80 more while it is summed).
Writes benchmarks/results/reached.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyogrio
import rasterio
import shapely
from first_map import timed
from rasterio.transform import Affine

RESULT = Path(__file__).resolve().parents[1] / "results" / "reached.json"
SIDES = (1500, 4500)
PIXEL_M, WEST_M, NORTH_M = 10.0, 600_000.0, 4_900_000.0


def write(path: Path, pixels: np.ndarray, names: tuple[str, ...]) -> Path:
    """Bands as a plain GeoTIFF."""
    bands, rows, columns = pixels.shape
    with rasterio.open(
        path, "w", driver="GTiff", dtype=pixels.dtype, count=bands, height=rows, width=columns, crs="EPSG:32633",
        transform=Affine(PIXEL_M, 0, WEST_M, 0, -PIXEL_M, NORTH_M), tiled=True, compress="zstd", nodata=0,
    ) as file:  # fmt: skip
        file.write(pixels)
        file.descriptions = names
    return path


def shapes(path: Path, made: list[shapely.Geometry], kind: str) -> Path:
    """Shapes as a GeoPackage."""
    pyogrio.raw.write(
        path, np.array(shapely.to_wkb(made), object), [np.arange(len(made))], ["id"], driver="GPKG",
        geometry_type=kind, crs="EPSG:32633",
    )  # fmt: skip
    return path


def boxes(side: int, step_px: int, share: float) -> list[shapely.Geometry]:
    """A box in each cell of so many pixels."""
    corner = np.arange(0, side - step_px + 1, step_px) * PIXEL_M
    x, y = (part.ravel() for part in np.meshgrid(WEST_M + corner, NORTH_M - corner))
    size = share * step_px * PIXEL_M
    return list(shapely.box(x, y - size, x + size, y))


def scene(folder: Path, side: int) -> dict[str, Path]:
    """Pictures and vectors of one size."""
    rng = np.random.default_rng(side)
    wet = np.zeros((side, side), bool)
    for top in range(0, side, 600):
        wet[top : top + 150] = True
    land = np.array([900, 1100, 1000, 3200], np.uint16)[:, None, None]
    water = np.array([700, 800, 500, 250], np.uint16)[:, None, None]
    noise = rng.integers(0, 300, (4, 256, 256)).astype(np.uint16)
    tiled = np.tile(noise, (1, -(-side // 256), -(-side // 256)))[:, :side, :side]
    names = ("blue", "green", "red", "nir")
    found = {"flood": write(folder / "flood.tif", np.where(wet, water, land).astype(np.uint16) + tiled, names)}
    roof = np.tile(rng.integers(500, 4000, (60, 60)).astype(np.uint16), (-(-side // 60), -(-side // 60)))[:side, :side]
    after = roof.copy()
    after[: side // 4] = after[: side // 4, ::-1]
    found["before"] = write(folder / "before.tif", roof[None], ("pan",))
    found["after"] = write(folder / "after.tif", after[None], ("pan",))
    people = rng.exponential(0.5, (1, side, side)).astype(np.float32)
    found["people"] = write(folder / "people.tif", people, ("people",))
    found["homes"] = shapes(folder / "homes.gpkg", boxes(side, 60, 0.3), "Polygon")
    found["fields"] = shapes(folder / "fields.gpkg", boxes(side, 100, 1.0), "Polygon")
    ends = np.arange(0, side, 200) * PIXEL_M
    roads = [shapely.LineString([(WEST_M + e, NORTH_M), (WEST_M + e, NORTH_M - side * PIXEL_M)]) for e in ends]
    found["roads"] = shapes(folder / "roads.gpkg", roads, "LineString")
    return found


def main() -> None:
    """Both commands at every size."""
    rows = []
    for side in [int(arg) for arg in sys.argv[1:]] or SIDES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            given = scene(folder, side)
            swath = [str(Path(sys.executable).with_name("swath")), "product"]
            reached = [f"--exposure={given[name]}" for name in ("people", "fields", "roads")]
            pair = [f"--optical={given['after']}", f"--before={given['before']}", f"--buildings={given['homes']}"]
            flood = [*swath, "flood", f"--optical={given['flood']}"]
            row = {
                "megapixels": side * side / 1e6,
                "buildings": len(boxes(side, 60, 0.3)),
                "damage": timed([*swath, "damage", *pair, f"--out={folder / 'damage'}"]),
                "flood": timed([*flood, f"--out={folder / 'flood'}"]),
                "flood_with_exposure": timed([*flood, *reached, f"--out={folder / 'reached'}"]),
                "people_held_at_once_mb": round(104 * side * side / 1e6),
            }
        rows.append(row)
        print(json.dumps(row))
    RESULT.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
